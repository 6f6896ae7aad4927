// Completion in the composer: @ names colleagues and teams in a note, / in an empty reply searches
// canned replies, with a preview. The focus stays in the text.
import { askDesk } from "./ask.js";
import { matching, wanted } from "./completing.js";
import { words } from "./words.js";

const LISTS = { note_content: "mention", reply_content: "canned" };
let open = null; // {text, kind, start, options, at}
let names; // whom a note can mention, once asked for
const previews = new Map();

const box = () => document.getElementById("completion");

async function optionsOf(kind) {
  if (kind === "canned") {
    const replies = document.querySelectorAll("[data-canned] option[data-url]");
    return [...replies].map((one) => ({ name: one.textContent, url: one.dataset.url }));
  }
  names ??= askDesk(box().dataset.mentions).then((answer) => answer.json());
  try {
    return (await names).names;
  } catch {
    names = undefined; // away for a moment: the next letter asks again
    return [];
  }
}

export async function filledIn(url) {
  if (!previews.has(url)) {
    const answer = await askDesk(url).catch(() => null);
    if (answer?.status !== 200) return null;
    previews.set(url, await answer.text());
  }
  return previews.get(url);
}

document.body.addEventListener("ticket-changed", () => previews.clear());

function close() {
  if (!open) return;
  open.text.removeAttribute("aria-activedescendant");
  open = null;
  box().hidden = true;
}

function show() {
  const list = box().querySelector("[role=listbox]");
  list.replaceChildren(
    ...open.options.map((option, place) => {
      const line = document.createElement("li");
      line.id = `completion-${place}`;
      line.role = "option";
      line.ariaSelected = place === open.at;
      line.dataset.place = place;
      const name = document.createElement("bdi");
      name.textContent = option.name;
      line.append(name);
      if (option.handle) {
        const handle = document.createElement("span");
        handle.className = "quiet";
        handle.textContent = `@${option.handle}`;
        line.append(" ", handle);
      }
      return line;
    }),
  );
  box().hidden = false;
  open.text.setAttribute("aria-activedescendant", `completion-${open.at}`);
  list.children[open.at].scrollIntoView({ block: "nearest" });
  preview(open.options[open.at]);
}

async function preview(option) {
  const shown = box().querySelector("[data-preview]");
  shown.hidden = !option.url;
  if (!option.url) return;
  const text = await filledIn(option.url);
  if (open?.options[open.at] === option) shown.textContent = text ?? words.away;
}

async function look(text) {
  const found = wanted(text.value, text.selectionStart);
  if (!found || found.kind !== LISTS[text.id]) return close();
  const all = await optionsOf(found.kind);
  const now = wanted(text.value, text.selectionStart); // more may have been typed meanwhile
  if (now?.kind !== found.kind || document.activeElement !== text) return close();
  const options = matching(all, now.query);
  if (!options.length) return close();
  open = { text, ...now, options, at: 0 };
  show();
}

async function choose(option) {
  const { text, start } = open;
  const end = text.selectionStart;
  const typed = text.value;
  close();
  const put = option.url ? await filledIn(option.url) : `@${option.handle} `;
  if (put === null || text.value !== typed) return; // typed on: that is not overwritten
  text.setRangeText(put, start, end, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("input", (event) => {
  if (event.target.id in LISTS && event.isTrusted) look(event.target);
});
document.addEventListener("focusout", (event) => {
  if (event.target === open?.text) close();
});
// Before the keys of the page, which never hear of these.
document.addEventListener(
  "keydown",
  (event) => {
    if (!open || event.target !== open.text || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (step) {
      open.at = (open.at + step + open.options.length) % open.options.length;
      show();
    } else if (plain && ["Enter", "Tab"].includes(event.key)) choose(open.options[open.at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
// Pressed, not clicked: a click would take the focus out of the text first.
document.addEventListener("mousedown", (event) => {
  const line = event.target.closest?.("#completion [data-place]");
  if (!line) return;
  event.preventDefault();
  choose(open.options[Number(line.dataset.place)]);
});
