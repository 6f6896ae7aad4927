// What a completion offers for what is typed: no page is touched here.

// What stands before the caret and may be completed: {kind, query, start}; null: nothing.
// "/" only opens a message, so that no path or date does; "@" begins a word.
export function wanted(text, caret) {
  const before = text.slice(0, caret);
  const mention = /(?<![\p{L}\p{N}_@./])@([\p{L}\p{N}_.+-]*)$/u.exec(before);
  if (mention) return { kind: "mention", query: mention[1], start: mention.index };
  if (/^\/[^\n]{0,60}$/.test(before) && caret === text.length)
    return { kind: "canned", query: before.slice(1), start: 0 };
  return null;
}

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// The options that fit, best first: those that begin with the query, then those with a word that does,
// then those that have it somewhere. An option is {name, handle?, …}; every word has to be found.
export function matching(options, query, most = 8) {
  const words = folded(query).split(/\s+/).filter(Boolean);
  const rank = (option) => {
    const texts = [option.handle, option.name].filter(Boolean).map(folded);
    if (!words.every((word) => texts.some((text) => text.includes(word)))) return null;
    if (!words.length || texts.some((text) => text.startsWith(words[0]))) return 0;
    return texts.some((text) => text.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(words[0]))) ? 1 : 2;
  };
  return options
    .map((option) => ({ option, rank: rank(option) }))
    .filter((one) => one.rank !== null)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map((one) => one.option);
}
