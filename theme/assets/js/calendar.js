// The form of a calendar: another country or region shows its regions and holidays at once.
// Without it “Preview” does.

const country = document.getElementById("id_holiday_country");
const region = document.getElementById("id_holiday_region");
const place = document.querySelector("[data-holidays]");

async function show() {
  const query = new URLSearchParams({ country: country.value, region: region.value });
  const answer = await fetch(`${place.dataset.holidays}?${query}`);
  if (!answer.ok) return;
  const { regions, holidays } = await answer.json();
  const chosen = region.value;
  region.replaceChildren(...regions.map(([value, name]) => new Option(name, value, false, value === chosen)));
  const shown = new DOMParser().parseFromString(holidays, "text/html").getElementById("public-holidays");
  document.getElementById("public-holidays").replaceWith(shown);
}

country?.addEventListener("change", show);
region?.addEventListener("change", show);
