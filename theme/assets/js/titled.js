// A title with a count before it, in place of the count that it had.
export const titled = (title, count) => {
  const plain = title.replace(/^\(\d+\) /, "");
  return count ? `(${count}) ${plain}` : plain;
};
