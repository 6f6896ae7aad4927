// What scripts say, in the reader's language: the page brings it along.
export const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
