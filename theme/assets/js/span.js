// A length of time in words: two units at most, the larger first.
export function span(seconds, words) {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86400),
    Math.floor((seconds % 86400) / 3600),
    Math.floor((seconds % 3600) / 60),
  ];
  const part = (n, word) => (n ? word.replace("%(n)s", n) : "");
  let parts = [part(Math.floor(seconds), words.s) || words.s.replace("%(n)s", 0)];
  if (days) parts = [part(days, words.d), days < 100 ? part(hours, words.h) : ""];
  else if (hours) parts = [part(hours, words.h), part(minutes, words.min)];
  else if (minutes) parts = [part(minutes, words.min)];
  return parts.filter(Boolean).join(" ");
}
