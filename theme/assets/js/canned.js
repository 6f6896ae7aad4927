// A canned reply is filled in at the cursor.
import { askDesk } from "./ask.js";
import { showTab } from "./composer.js";
import { say } from "./say.js";
import { words } from "./words.js";

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
