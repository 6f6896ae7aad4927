// How files of a message are called: no page is touched here.
const SIZES = ["byte", "kilobyte", "megabyte"];

export function size(bytes, language) {
  const unit = bytes < 1000 ? 0 : bytes < 1e6 ? 1 : 2;
  const style = { style: "unit", unit: SIZES[unit], unitDisplay: "short", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(language, style).format(bytes / 1000 ** unit);
}

// Pictures from the clipboard all have the same name: the next one gets a number.
export function distinct(name, taken) {
  const dot = name.lastIndexOf(".");
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  let number = 1;
  let called = name;
  while (taken.includes(called)) called = `${stem}-${(number += 1)}${ending}`;
  return called;
}
