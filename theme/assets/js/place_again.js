// Where somebody continues in a list that has changed: at the same ticket, else at the next one of those
// that followed it, else at the last.
export function placeAgain(before, at, now) {
  const there = new Set(now);
  return before.slice(before.indexOf(at)).find((ticket) => there.has(ticket)) ?? now.at(-1);
}
