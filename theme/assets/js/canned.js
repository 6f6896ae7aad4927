// A canned reply is filled in at the cursor of the reply; a template for third parties, in its own form.
import { showTab } from "./composer.js";
import { filledIn } from "./completion.js";
import { say } from "./say.js";
import { words } from "./words.js";

document.addEventListener("change", async (event) => {
  const choice = event.target;
  if (!choice.matches("[data-canned] select, select[data-template]")) return;
  const url = choice.selectedOptions[0].dataset.url;
  if (!url) return;
  choice.value = "";
  const filled = await filledIn(url);
  if (filled === null) return say(words.away);
  // Who writes somewhere else by now goes on there.
  const elsewhere = document.activeElement?.matches("textarea, input");
  const template = choice.matches("[data-template]");
  const text = template ? choice.form.querySelector("textarea") : document.getElementById("reply_content");
  if (!template && !elsewhere) showTab(document.querySelector("[data-tab=reply]"), true);
  text.setRangeText(filled, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
  if (!elsewhere) text.focus();
});
