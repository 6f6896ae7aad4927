// Which notifications a browser tells of: each once, and none while its user looks at the desk.
const KEPT = 200; // ids; the bell has 50
const AT_ONCE = 3; // more of them would hide one another

// What to show, the newest first, and the ids that are told from now on.
export function toTell(unread, told, looking) {
  const fresh = unread.filter(({ id }) => !told.includes(id));
  return {
    show: looking ? [] : fresh.slice(0, AT_ONCE),
    told: [...told, ...fresh.map(({ id }) => id)].slice(-KEPT),
  };
}
