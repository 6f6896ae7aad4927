// A list whose items are dragged to another place; its form, which has buttons for each, gets the order.
const list = document.querySelector("[data-sortable]");
let dragged = null;

function send() {
  const form = document.getElementById(list.dataset.sortable);
  const ids = [...list.querySelectorAll("[data-id]")].map((item) => item.dataset.id);
  for (const [place, field] of [...form.querySelectorAll("[name=order]")].entries()) field.value = ids[place];
  form.submit();
}

if (list) {
  for (const item of list.children) item.draggable = true;
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-id]");
    event.dataTransfer.effectAllowed = "move";
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-id]");
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    const { top, height } = over.getBoundingClientRect();
    over[event.clientY < top + height / 2 ? "before" : "after"](dragged);
  });
  list.addEventListener("drop", (event) => event.preventDefault());
  list.addEventListener("dragend", () => {
    if (dragged) send();
    dragged = null;
  });
}
