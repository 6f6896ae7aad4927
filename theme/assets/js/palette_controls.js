// What the command palette does with a page: it opens the control that the page has, and does nothing by
// itself. What has no control here is not offered.
import { chosenRows } from "./triage.js";

const last = (selector) => [...document.querySelectorAll(selector)].at(-1);
const CONTROLS = {
  assign: () => last("#assigned_to"),
  category: () => last("#category"),
  tags: () => last("#tags"),
  escalate: () => last("#escalate"),
  follow: () => last("#follow[name]"),
  unfollow: () => last("#follow:not([name])"),
  snooze: () => last("#snooze"),
  remind: () => last("#remind"),
  link: () => last("#other"),
  merge: () => last('#facts a[href$="/merge/"]'),
  forward: () => last('details[id^="forward-"]'), // of the newest message that has one
};

// What the desk is told of the page: its ticket, its controls, and how many tickets of a list are chosen.
export function situation() {
  return {
    ticket: document.querySelector("[data-ticket-number]")?.dataset.ticketNumber ?? "",
    can: Object.keys(CONTROLS).filter((name) => CONTROLS[name]()),
    rows: chosenRows(),
  };
}

export function openControl(name) {
  const control = CONTROLS[name]?.();
  if (!control) return;
  for (let around = control; around; around = around.parentElement?.closest("details")) {
    if (around.matches("details")) around.open = true;
  }
  if (control.matches("a, button")) return control.click();
  control.scrollIntoView({ block: "nearest" });
  const field = control.matches("details")
    ? control.querySelector(":scope > :not(summary) :is(input, select, textarea, button):not([type=hidden])")
    : control;
  field?.focus();
}
