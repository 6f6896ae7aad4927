// What scripts add to a part of a page when it comes in: each module says what, once.
const dressers = [];

// Call `dresser` with each part that comes in, the whole page first.
export function onDress(dresser) {
  dressers.push(dresser);
}

export function dress(within) {
  for (const dresser of dressers) dresser(within);
}
