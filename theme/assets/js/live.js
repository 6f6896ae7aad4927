// Live: every few seconds, has anything changed, and who else is here?
import { askDesk } from "./ask.js";
import { askWhatCame, noteLook, tells } from "./browser_notifications.js";
import { lastTyped } from "./composer.js";

let opened = "1"; // the first time: what told of this ticket has been read
let seen = ""; // the last message that was told to be seen

async function ask() {
  if (!document.body.dataset.live) return;
  if (document.hidden) return tells() && askWhatCame();
  noteLook();
  const ticket = document.querySelector("[data-live-ticket]");
  let heard;
  if (ticket) {
    const { "X-CSRFToken": token } = JSON.parse(document.body.getAttribute("hx-headers"));
    // Asked while the page is visible alone: what came since then is seen now.
    const shown = document.querySelector("[data-last-message]")?.dataset.lastMessage ?? "";
    const typing = Date.now() - lastTyped() < 10000 ? "1" : "0";
    const answer = await askDesk(ticket.dataset.liveTicket, {
      background: typing === "0",
      method: "POST",
      headers: { "X-CSRFToken": token },
      body: new URLSearchParams({ typing, opened, seen: shown === seen ? "" : shown }),
    });
    if (answer.status !== 200) return;
    opened = "";
    seen = shown;
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
