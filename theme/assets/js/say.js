// A partial that failed says so, where a screen reader hears it.
export function say(text) {
  const region = document.getElementById("said");
  region.replaceChildren();
  const box = document.createElement("div");
  box.className = "alert alert-error";
  box.textContent = text;
  region.append(box);
}
