// What pages do beyond links and forms. Everything works without it; that a notification is read when
// its ticket is opened takes a button then, on the page of notifications.

// --- time left counts down; the words come from the page, so that they are translated
const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

function span(seconds) {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86400),
    Math.floor((seconds % 86400) / 3600),
    Math.floor((seconds % 3600) / 60),
  ];
  const part = (n, word) => (n ? word.replace("%(n)s", n) : "");
  let parts = [part(Math.floor(seconds), words.s) || words.s.replace("%(n)s", 0)];
  if (days) parts = [part(days, words.d), days < 100 ? part(hours, words.h) : ""];
  else if (hours) parts = [part(hours, words.h), part(minutes, words.min)];
  else if (minutes) parts = [part(minutes, words.min)];
  return parts.filter(Boolean).join(" ");
}

function countDown() {
  const now = Date.now();
  for (const shown of document.querySelectorAll("time[data-due]")) {
    const left = (Date.parse(shown.dateTime) - now) / 1000;
    const text = (left < 0 ? words.overdue : words.left).replace("%(span)s", span(Math.abs(left)));
    if (shown.textContent !== text) shown.textContent = text;
    if (left < 0) shown.closest("[data-sla-status]")?.setAttribute("data-sla-status", "overdue");
  }
}
if (words.left) setInterval(countDown, 15000);

// --- keys; the map is in the page, under ?
const places = { m: "/", t: "teams", u: "unassigned", a: "active", o: "overdue" };
let going = 0;

function rows() {
  return [...document.querySelectorAll("a.row-link")];
}

// A field that goes away under somebody's hands leaves letters behind: they are no shortcuts.
const FIELDS = "input:not([type=checkbox]), textarea, select, [contenteditable]";
const TYPING_GOES_ON = 2000; // milliseconds after the last letter
let lastField = null;
let lastLetter = 0;
document.addEventListener(
  "keydown",
  (event) => {
    if (!event.target.matches?.(FIELDS)) return;
    lastField = event.key === "Escape" ? null : event.target; // Escape leaves it on purpose
    lastLetter = Date.now();
  },
  true,
);

function fieldWentAway() {
  const there = lastField?.isConnected && lastField.checkVisibility();
  return lastField && !there && Date.now() - lastLetter < TYPING_GOES_ON;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form[data-draft]");
    if (form) form.requestSubmit(form.querySelector("[data-send]"));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target.matches?.("input, textarea, select")) event.target.blur();
  if (event.target.closest(`${FIELDS}, dialog[open]`)) return;
  if (fieldWentAway()) {
    lastLetter = Date.now(); // it is still the same typing
    event.preventDefault();
    return;
  }
  if (Date.now() - going < 1500 && event.key in places) {
    const place = places[event.key];
    location.href = place === "/" ? "/" : `/tickets/?view=${place}`;
    return;
  }
  going = event.key === "g" ? Date.now() : 0;
  const go = {
    c: "[data-key-new]",
    "/": "[data-key-search]",
    a: "[data-key-assign]",
    p: "[data-key-priority]",
    s: "[data-key-step] button",
  }[event.key];
  if (go) {
    const target = document.querySelector(go);
    if (!target) return;
    event.preventDefault();
    target.matches("a") ? target.click() : target.focus();
  }
  const links = rows();
  const here = document.activeElement.closest?.("[data-ticket]")?.querySelector("a.row-link");
  if ((event.key === "j" || event.key === "k") && links.length) {
    const step = event.key === "j" ? 1 : -1;
    links[Math.min(Math.max(links.indexOf(here) + step, 0), links.length - 1)].focus();
  }
  if (event.key === "x" && here) here.closest("[data-ticket]").querySelector("input[type=checkbox]").click();
  if (event.key === "r" || event.key === "n") {
    const tab = document.querySelector(`[data-tab="${event.key === "r" ? "reply" : "note"}"]`);
    if (tab) {
      event.preventDefault();
      showTab(tab, true);
    }
  }
  if (event.key === "?") document.getElementById("keys")?.showModal();
});

// --- the composer's two forms become tabs
function showTab(tab, focus) {
  const composer = tab.closest("[data-composer]");
  for (const other of composer.querySelectorAll("[data-tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", chosen);
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) document.getElementById(tab.getAttribute("aria-controls")).querySelector("textarea").focus();
}

function dress(within) {
  for (const composer of within.querySelectorAll("[data-composer]:not([data-dressed])")) {
    composer.dataset.dressed = "";
    composer.querySelector("[role=tablist]").hidden = false;
    for (const title of composer.querySelectorAll("[data-without-tabs]")) title.hidden = true;
    const tabs = [...composer.querySelectorAll("[data-tab]")];
    showTab(tabs.find((tab) => tab.dataset.chosen) ?? tabs[0], false);
    for (const form of composer.querySelectorAll("form[data-draft]")) restoreDraft(form);
  }
  for (const form of within.querySelectorAll("form[data-submit-on-change], form[data-canned]")) {
    for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;
  }
  for (const shown of within.querySelectorAll("[data-with-script]")) shown.hidden = false;
  for (const form of within.querySelectorAll("form[data-bulk]")) dressBulk(form);
  // A refusal is read out where it comes in, unless somebody types on.
  if (!document.activeElement?.matches?.(FIELDS)) within.querySelector("[data-focus]")?.focus();
}

// --- drafts: what is typed survives a reload on this machine, until it is sent or one signs out
function draftKey(form) {
  const number = document.querySelector("[data-ticket-number]")?.dataset.ticketNumber;
  return `draft:${document.body.dataset.user}:${number}:${form.id}`;
}

function restoreDraft(form) {
  const text = form.querySelector("textarea");
  if (!text.value) text.value = localStorage.getItem(draftKey(form)) ?? "";
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-draft]");
  if (!form || !event.target.matches("textarea")) return;
  typedAt = Date.now();
  if (event.target.value) localStorage.setItem(draftKey(form), event.target.value);
  else localStorage.removeItem(draftKey(form));
});
// What was sent is taken out of its form, and the composer stays where it is for the next one.
document.addEventListener("composed", (event) => {
  const form = document.getElementById(event.detail.form);
  if (!form) return;
  localStorage.removeItem(draftKey(form));
  form.querySelector("textarea").value = "";
  form.querySelector("input[type=file]").value = "";
  form.querySelector("textarea").focus({ preventScroll: true });
});

// --- a canned reply is filled in at the cursor
document.addEventListener("change", async (event) => {
  const form = event.target.closest("form[data-canned]");
  const url = form && event.target.selectedOptions[0].dataset.url;
  if (!url) return;
  event.target.value = "";
  const answer = await askDesk(url).catch(() => null);
  if (answer?.status !== 200) return say(answer?.status === 403 ? words.forbidden : words.away);
  const tab = document.querySelector("[data-tab=reply]");
  showTab(tab, true);
  const text = document.getElementById("reply_content");
  text.setRangeText(await answer.text(), text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
});

// --- changes to many: the bar shows when something is chosen; all of a page, and all of the list is
// offered, with its number
function dressBulk(form) {
  const bar = form.querySelector("[data-bulk-bar]");
  if (!bar) return;
  const chosen = form.querySelectorAll("[name=ticket]:checked").length;
  const all = form.querySelectorAll("[name=ticket]").length;
  const every = form.querySelector("[data-choose-all]");
  bar.hidden = !chosen;
  every.checked = chosen > 0 && chosen === all;
  every.indeterminate = chosen > 0 && chosen < all;
  const matching = form.querySelector("[data-matching]");
  if (matching) {
    matching.hidden = !every.checked;
    if (matching.hidden) matching.replaceChildren();
    else if (!matching.childElementCount) matching.dispatchEvent(new Event("page-chosen"));
  }
  const count = form.querySelector("[name=all]:checked")?.dataset.count ?? chosen;
  bar.querySelector("[data-bulk-count]").textContent = chosen ? words.chosen.replace("%(n)s", count) : "";
  const action = bar.querySelector("[data-bulk-action]").value;
  for (const value of bar.querySelectorAll("[data-bulk-value]")) {
    value.hidden = value.dataset.bulkValue !== action;
    value.required = !value.hidden && chosen > 0;
  }
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-bulk]");
  if (!form) return;
  if (event.target.matches("[data-choose-all]")) {
    for (const box of form.querySelectorAll("[name=ticket]")) box.checked = event.target.checked;
  }
  dressBulk(form);
});

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tab]");
  if (tab) showTab(tab, true);
});
document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[data-tab]");
  if (!tab || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const other = [...tab.parentElement.querySelectorAll("[data-tab]")].find((found) => found !== tab);
  showTab(other, false);
  other.focus();
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form) form.requestSubmit();
});

// --- a partial that failed says so, where a screen reader hears it
function say(text) {
  const region = document.getElementById("said");
  region.replaceChildren();
  const box = document.createElement("div");
  box.className = "alert alert-error";
  box.textContent = text;
  region.append(box);
}
function notSaved(event, text) {
  say(text);
  const form = event.detail.elt.closest?.("form[data-submit-on-change]");
  if (form) form.reset(); // it shows what is saved
}
document.addEventListener("htmx:sendError", (event) => notSaved(event, words.away));
document.addEventListener("htmx:responseError", (event) =>
  notSaved(event, event.detail.xhr.status === 403 ? words.forbidden : words.away),
);
document.addEventListener("htmx:afterSwap", (event) => {
  dress(event.detail.target.isConnected ? event.detail.target : document);
  focusAgain();
  countDown();
});
// A list that refreshes itself leaves somebody who is in it alone.
document.addEventListener("htmx:beforeRequest", (event) => {
  const list = event.detail.elt;
  if (!list.matches("[data-refreshes]")) return;
  const busy = list.contains(document.activeElement) || list.querySelector(":checked") || scrollY > 200;
  if (busy) event.preventDefault();
});
// --- parts of a ticket that are swapped leave everything else as it was: what is typed, where the
// caret is, what is unfolded, and where on the screen one looks. The composer is never swapped.
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

function remember(request) {
  const active = document.activeElement;
  const anchor = active?.matches?.(FIELDS) ? active : document.querySelector("[data-composer]");
  const typed = [...document.querySelectorAll(TEXTS)].filter(
    (field) => field.value !== field.defaultValue && !request?.contains(field),
  );
  return {
    listening: request?.matches?.("[data-listens]") ?? false,
    active,
    focused: active && active !== document.body ? address(active) : null,
    selection: active?.matches?.(TEXTS) ? [active.selectionStart, active.selectionEnd] : null,
    anchor: anchor && { where: address(anchor), at: anchor, top: anchor.getBoundingClientRect().top },
    typed: typed.map((field) => [address(field), field.value]),
    ticked: [...document.querySelectorAll("[type=checkbox][id]")].filter(
      (box) => box.checked !== box.defaultChecked && !request?.contains(box),
    ),
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
  const { at, where } = before.anchor ?? {};
  const anchor = at?.isConnected ? at : where && fieldAt(where);
  if (anchor) scrollBy({ top: anchor.getBoundingClientRect().top - before.anchor.top, behavior: "instant" });
}

// Which line of the log a ticket page ends with; ids are in the order of time.
const lastLine = (text) => /name="seen" value="(\w+)"/.exec(text ?? "")?.[1];
document.addEventListener("htmx:beforeSwap", (event) => {
  before = remember(event.detail.requestConfig?.elt);
  // An answer that a newer one has overtaken shows the ticket as it was.
  const shown = document.querySelector("#seen input")?.value;
  const comes = lastLine(event.detail.serverResponse);
  if (shown && comes && comes < shown) event.detail.shouldSwap = false;
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
  countDown();
});

// --- what a page asks by itself is no activity of its user: the session may end meanwhile
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (!detail.triggeringEvent?.isTrusted) detail.headers["Helpdesk-Background"] = "1";
});
async function askDesk(url, { background = false, headers, ...options } = {}) {
  const own = { "Helpdesk-Background": background ? "1" : "0", "HX-Current-URL": location.href };
  const answer = await fetch(url, { ...options, headers: { ...headers, ...own } });
  const login = answer.headers.get("HX-Redirect");
  if (login) location.assign(login);
  return answer;
}

// --- live: every few seconds, has anything changed, and who else is here?
let typedAt = 0;
let opened = "1"; // the first time: what told of this ticket has been read

async function ask() {
  if (document.hidden || !document.body.dataset.live) return;
  const ticket = document.querySelector("[data-live-ticket]");
  let heard;
  if (ticket) {
    const { "X-CSRFToken": token } = JSON.parse(document.body.getAttribute("hx-headers"));
    const typing = Date.now() - typedAt < 10000 ? "1" : "0";
    const answer = await askDesk(ticket.dataset.liveTicket, {
      background: typing === "0",
      method: "POST",
      headers: { "X-CSRFToken": token },
      body: new URLSearchParams({ typing, opened }),
    });
    if (answer.status !== 200) return;
    opened = "";
    heard = await answer.json();
    if (heard.read) document.body.dispatchEvent(new Event("notifications-read"));
    const others = document.getElementById("others");
    const marks = heard.others.map((text) => {
      const mark = document.createElement("span");
      mark.className = "badge badge-warning badge-outline";
      mark.textContent = text;
      return mark;
    });
    if (others.textContent !== heard.others.join("")) others.replaceChildren(...marks);
    if (heard.ticket !== ticket.dataset.stamp) {
      ticket.dataset.stamp = heard.ticket;
      document.body.dispatchEvent(new Event("ticket-changed"));
    }
  } else {
    const seen = encodeURIComponent(document.body.dataset.stamp);
    const answer = await askDesk(`${document.body.dataset.live}?seen=${seen}`, { background: true });
    if (answer.status !== 200) return;
    heard = await answer.json();
  }
  if (heard.desk !== document.body.dataset.stamp) {
    document.body.dataset.stamp = heard.desk;
    document.body.dispatchEvent(new Event("desk-changed"));
  }
}
if (document.body.dataset.live) {
  const patiently = () => ask().catch(() => {}); // away for a moment: the next time will do
  setInterval(patiently, 4000);
  document.addEventListener("visibilitychange", patiently);
  setTimeout(patiently, 500);
}
dress(document);
