// What the wallboard says and how it moves, without a page.

const CLOCK = { hour: "2-digit", minute: "2-digit" };

// The words with the times in them: since when the desk is away, and of when the figures are.
export function sentence(words, times, language) {
  const written = (at) => at.toLocaleTimeString(language, CLOCK);
  return words.replace(/\{(\w+)\}/g, (_all, name) => written(times[name]));
}

// Where the wall is after so many turns, in hundredths of its shorter side: round a small circle of eight
// places, so that no edge stays where it is.
export function offset(turns) {
  const angle = ((turns % 8) / 8) * 2 * Math.PI;
  return [Math.sin(angle), 1 - Math.cos(angle)].map((part) => Math.round(part * 100) / 100);
}

// Whether a page that came later has another script: the desk has another release.
export function stale(before, after) {
  const script = (page) => page.querySelector("script[type=module]")?.getAttribute("src");
  return script(before) !== script(after);
}
