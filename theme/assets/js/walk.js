// Back to the list that one came from, and to the ticket before and after in it. The list is remembered
// in this tab when a ticket is opened from it: numbers and an address. A page of it is read when one
// walks beyond its end, so a ticket page costs nothing more.
import { askDesk } from "./ask.js";
import { onDress } from "./dress.js";
import { say } from "./say.js";
import { around, turned } from "./walk_list.js";
import { words } from "./words.js";

const KEPT = "walk";

function listOf(page, url) {
  const link = (rel) => page.querySelector(`main a[rel=${rel}]`)?.getAttribute("href") ?? "";
  const rows = [...page.querySelectorAll("#rows a.row-link")].map((one) => one.getAttribute("href"));
  return { url, title: page.querySelector("h1")?.textContent.trim() ?? "", rows, next: link("next"), previous: link("prev") };
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("#rows a.row-link")) return;
  sessionStorage.setItem(KEPT, JSON.stringify(listOf(document, location.pathname + location.search)));
});

const remembered = () => JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
let beyond = false; // a page is being read

export async function walk(step) {
  const list = remembered();
  const here = list && around(list, location.pathname);
  const to = here?.[step > 0 ? "after" : "before"];
  if (typeof to === "string") return location.assign(to);
  if (!to || beyond) return;
  beyond = true;
  const url = new URL(step > 0 ? list.next : list.previous, new URL(list.url, location.href));
  const answer = await askDesk(url).catch(() => null);
  beyond = false;
  if (answer?.status !== 200) return say(words.away);
  const read = new DOMParser().parseFromString(await answer.text(), "text/html");
  const page = turned(list, listOf(read, url.pathname + url.search));
  if (!page) return;
  sessionStorage.setItem(KEPT, JSON.stringify(page));
  location.assign(page.rows.at(step > 0 ? 0 : -1));
}

onDress(() => {
  const nav = document.getElementById("walk");
  const list = nav?.hidden && remembered();
  const here = list && around(list, location.pathname);
  if (!here) return;
  const back = nav.querySelector("[data-back]");
  back.href = list.url;
  back.querySelector("[data-title]").textContent = list.title;
  nav.querySelector("[data-place]").textContent = `${here.place} / ${here.count}`;
  nav.querySelector("[data-step='-1']").disabled = !here.before;
  nav.querySelector("[data-step='1']").disabled = !here.after;
  nav.hidden = false;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("#walk [data-step]");
  if (button) walk(Number(button.dataset.step));
});
