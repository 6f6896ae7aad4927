// A list that somebody came from, as far as they have seen it: {url, title, rows, next, previous}, with
// addresses of its pages before and after. No page is touched here.

// Where one is in it: {place, count, before, after}; null: not in it. Beyond a page's end `before` and
// `after` are true: there is a page to be looked up.
export function around(list, path) {
  const place = list.rows.indexOf(path);
  if (place < 0) return null;
  return {
    place: place + 1,
    count: list.rows.length,
    before: list.rows[place - 1] ?? Boolean(list.previous),
    after: list.rows[place + 1] ?? Boolean(list.next),
  };
}

// The list on another page of it, which was just read; without rows there is nothing to walk on to.
export const turned = (list, page) => (page.rows.length ? { ...page, title: list.title } : null);
