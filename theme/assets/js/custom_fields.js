// Custom fields that are for some categories alone: in the form of a new ticket they are there while
// one of these is chosen. What was typed into another is not sent.

export const isFor = (categories, chosen) => !chosen || categories.split(" ").includes(chosen);

function follow(select) {
  for (const part of select.form.querySelectorAll("[data-for-categories]")) {
    const shown = isFor(part.dataset.forCategories, select.value);
    part.hidden = !shown;
    for (const field of part.querySelectorAll("input, select")) field.disabled = !shown;
  }
}

if (typeof document !== "undefined") {
  const categories = () => document.querySelectorAll("form:has([data-for-categories]) select[name=category]");
  document.addEventListener("change", (event) => {
    if (event.target.matches("select[name=category]")) follow(event.target);
  });
  categories().forEach(follow);
}
