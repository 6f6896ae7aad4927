// Parts of a ticket that are swapped leave everything else as it was: what is typed, where the caret
// is, what is unfolded, and where on the screen one looks. The composer is never swapped.
import { atEnd, readMessage, toEnd } from "./conversation.js";
import { dress } from "./dress.js";
import { FIELDS } from "./fields.js";

const TEXTS = "input:not([type=hidden], [type=file], [type=checkbox]), textarea";
let before = null;

// Where something stands: by its id, else by what tells it from others (an attribute that it lacks
// tells, too) and its form, within the nearest part that has an id; among its equals, by its place.
const TELLING = ["name", "value", "href", "form", "formaction", "type", "role", "aria-label", "tabindex"];

function address(element) {
  if (element.id) return { like: `#${CSS.escape(element.id)}`, place: 0 };
  const said = (name) => (name === "value" && element.matches(TEXTS) ? null : element.getAttribute(name));
  const telling = TELLING.map((name) => {
    const value = said(name);
    if (value !== null) return `[${name}="${CSS.escape(value)}"]`;
    return element.hasAttribute(name) ? "" : `:not([${name}])`;
  });
  const form = element.parentElement?.closest("form[action]");
  const of = form ? `form[action="${CSS.escape(form.getAttribute("action"))}"] ` : "";
  const like = of + element.localName + telling.join("");
  const within = element.parentElement?.closest("[id]")?.id;
  const equals = [...(document.getElementById(within) ?? document).querySelectorAll(like)];
  return { within, like, place: equals.indexOf(element) };
}

function fieldAt({ within, like, place }) {
  const part = within ? document.getElementById(within) : document;
  return part?.querySelectorAll(like)[place];
}

// Focus that a swap took away goes back, unless something has claimed it meanwhile.
function focusAgain() {
  const lost = !document.activeElement || document.activeElement === document.body;
  if (!lost || !before?.focused || before.active.isConnected) return;
  const again = fieldAt(before.focused);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (before.selection?.[0] != null) again.setSelectionRange?.(...before.selection);
}

function remember(request, done) {
  const active = document.activeElement;
  // The composer stays in view by itself: who writes in it, or nowhere, is reading a message.
  const writing = active?.matches?.(FIELDS) && !active.closest("[data-composer]");
  const anchor = writing ? active : (readMessage() ?? active);
  const begun = (field) => !done || !request?.contains(field);
  const typed = [...document.querySelectorAll(TEXTS)].filter(
    (field) => field.value !== field.defaultValue && begun(field),
  );
  return {
    listening: request?.matches?.("[data-listens]") ?? false,
    active,
    focused: active && active !== document.body ? address(active) : null,
    selection: active?.matches?.(TEXTS) ? [active.selectionStart, active.selectionEnd] : null,
    anchor: anchor && { where: address(anchor), at: anchor, top: anchor.getBoundingClientRect().top },
    typed: typed.map((field) => [address(field), field.value]),
    ticked: [...document.querySelectorAll("[type=checkbox][id]")].filter(
      (box) => box.checked !== box.defaultChecked && begun(box),
    ),
    end: !writing && atEnd(),
    open: [...document.querySelectorAll("details[open][id]")].map((details) => details.id),
  };
}

function restore(part) {
  for (const [where, value] of before.typed) {
    const field = fieldAt(where);
    if (field && part.contains(field)) field.value = value;
  }
  for (const { id, value, checked } of before.ticked) {
    const box = document.getElementById(id);
    if (box?.value === value && part.contains(box)) box.checked = checked;
  }
  for (const id of before.open) {
    const details = document.getElementById(id);
    if (details && part.contains(details)) details.open = true;
  }
  focusAgain();
  if (before.end) return toEnd();
  const { at, where } = before.anchor ?? {};
  const anchor = at?.isConnected ? at : where && fieldAt(where);
  if (anchor) scrollBy({ top: anchor.getBoundingClientRect().top - before.anchor.top, behavior: "instant" });
}

// Which line of the log a ticket page ends with; ids are in the order of time.
const lastLine = (text) => /name="seen" value="(\w+)"/.exec(text ?? "")?.[1];
document.addEventListener("htmx:beforeSwap", (event) => {
  // A form that was sent begins anew; one that was refused stays as it is.
  const done = event.detail.xhr?.status < 400;
  before = remember(event.detail.requestConfig?.elt, done);
  // An answer that a newer one has overtaken shows the ticket as it was.
  const shown = document.querySelector("#seen input")?.value;
  const comes = lastLine(event.detail.serverResponse);
  if (shown && comes && comes < shown) event.detail.shouldSwap = false;
  // htmx looks for the parts where the form stands that asked. One that was replaced meanwhile stands
  // nowhere: its answer, which may be a refusal, would be lost.
  const { requestConfig, target, xhr, shouldSwap, serverResponse } = event.detail;
  if (!shouldSwap || requestConfig?.elt.isConnected || xhr?.getResponseHeader("HX-Reswap") !== "none") return;
  event.detail.shouldSwap = false;
  const how = { swapStyle: "none", ignoreTitle: true };
  window.htmx.swap(target, serverResponse, how, { eventInfo: event.detail });
});
let waiting = null; // the id of a part that somebody was in when it was to be replaced
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  // What a colleague changed waits while somebody types in the very part, or has begun a reply: then
  // they are asked when they send it.
  if (!before?.listening) return;
  const { target } = event.detail;
  const typing = before.active?.matches?.("input, textarea, select") && target.contains(before.active);
  const begun = target.id === "seen" && document.getElementById("reply_content")?.value;
  if (typing) waiting = target.id;
  if (typing || begun) event.detail.shouldSwap = false;
});
document.addEventListener("focusout", async () => {
  await null; // the focus is in its new place
  if (!waiting || document.getElementById(waiting)?.contains(document.activeElement)) return;
  waiting = null;
  document.body.dispatchEvent(new Event("ticket-changed"));
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  const part = document.getElementById(event.detail.target.id);
  if (!part || !before) return;
  if (part !== event.detail.target) {
    dress(part);
    restore(part);
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  dress(event.detail.target.isConnected ? event.detail.target : document);
  focusAgain();
});
// A list that refreshes itself leaves somebody who is in it alone.
document.addEventListener("htmx:beforeRequest", (event) => {
  const list = event.detail.elt;
  if (!list.matches("[data-refreshes]")) return;
  const busy = list.contains(document.activeElement) || list.querySelector(":checked") || scrollY > 200;
  if (busy) event.preventDefault();
});
