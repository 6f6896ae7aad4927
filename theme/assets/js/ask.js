// What a page asks by itself is no activity of its user: the session may end meanwhile.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (!detail.triggeringEvent?.isTrusted) detail.headers["Helpdesk-Background"] = "1";
});

export async function askDesk(url, { background = false, headers, ...options } = {}) {
  const own = { "Helpdesk-Background": background ? "1" : "0", "HX-Current-URL": location.href };
  const answer = await fetch(url, { ...options, headers: { ...headers, ...own } });
  const login = answer.headers.get("HX-Redirect");
  if (login) location.assign(login);
  return answer;
}
