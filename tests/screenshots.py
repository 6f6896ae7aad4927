"""Take the README's pictures of a running Helpdesk with demo data: `make screenshots`.

    python -m tests.screenshots               # docs/img, as the README shows them
    python -m tests.screenshots FOLDER        # every page, language, theme and size, to look at

Needs a `chromium` on the PATH.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.chaos.desk import RunningDesk

IMAGES = Path(__file__).parents[1] / "docs/img"
LOCALES = Path(__file__).parents[1] / "locale"
DESK, PHONE = (1280, 800), (390, 844)


@dataclass(frozen=True)
class Shot:
    """A page, by the name of its picture; and what is done in it before."""

    name: str
    address: str
    who: str = "rep"
    act: Callable[[Page], None] = lambda page: None


def _first_customer(page: Page) -> None:
    page.locator("#main a.row-link").first.click()


def _every_column(page: Page) -> None:
    display = page.locator("details", has=page.locator("[name=column]"))
    display.locator("summary").click()
    for box in display.locator("[name=column]").all():
        box.check()
    display.get_by_role("button").click()
    page.wait_for_load_state()


def _mention_in_a_reply(page: Page) -> None:
    page.fill("#reply_content", "@supervisor shall we pay for the storage?")
    page.click("#reply [data-send]")
    page.locator("#composer-errors p").wait_for()


def _new_and_half_filled_in(page: Page) -> None:
    page.check("[name=customer][value=new]")
    page.fill("[name=new_customer-phone]", "12")
    page.fill("[name=new_vehicle-vin]", "WVW")
    page.click("[data-send]")
    page.locator("[role=alert][data-focus]").wait_for()


README = (
    Shot("list", "/tickets/?view=active"),
    Shot("ticket", "/tickets/{ticket}/"),
    Shot("home", "/"),
    Shot("new", "/tickets/new/"),
    Shot("sla", "/sla/", "supervisor"),
    Shot("report", "/reports/", "supervisor"),
    Shot("admin", "/admin/tickets/ticket/", "supervisor"),
)

MORE = (
    Shot("notifications", "/notifications/"),
    Shot("arabic", "/customers/?name=محمد", act=_first_customer),
    Shot("long", "/customers/?name=Oldenbarnevelt", act=_first_customer),
    Shot("ticket-error", "/tickets/{ticket}/", act=_mention_in_a_reply),
    Shot("new-error", "/tickets/new/", act=_new_and_half_filled_in),
    Shot("wall", "/sla/wall/", "supervisor"),
    Shot("screens", "/sla/wall/screens/", "supervisor"),
    Shot("columns", "/tickets/?view=active", "supervisor", act=_every_column),
)
"""Pages as they seldom are: to look at."""


@dataclass(frozen=True)
class Look:
    """How somebody sees a page."""

    language: str = "en"
    theme: str = "light"
    size: tuple[int, int] = DESK

    def __str__(self) -> str:
        return f"{self.language}-{self.theme}-{'phone' if self.size == PHONE else 'desk'}"


def main(folders: list[str]) -> int:
    """Return the exit status."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("There is no chromium on the PATH.", file=sys.stderr)
        return 2
    everything = Path(folders[0]) if folders else None
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        desk = RunningDesk(Path(data))
        desk.start()
        try:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for path in _pictures(browser, f"http://127.0.0.1:{desk.port}", everything):
                print(f"{path.name}: {path.stat().st_size // 1_000} kB", flush=True)
        finally:
            desk.kill()
    return 0


def _pictures(browser: Browser, base: str, everything: Path | None) -> Iterator[Path]:
    folder = everything or IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    looks = [Look()]
    if everything:
        languages = ["en", *sorted(path.name for path in LOCALES.iterdir())]
        looks = [Look(*way) for way in product(languages, ("light", "dark"), (DESK, PHONE))]
    shots = (*README, *MORE) if everything else README
    for look, who in product(looks, sorted({shot.who for shot in shots})):
        page = _signed_in(browser, base, who, look)
        for shot in (one for one in shots if one.who == who):
            page.goto(shot.address.format(ticket=_ticket(page)))
            shot.act(page)
            page.wait_for_load_state("networkidle")
            path = folder / (f"{shot.name}-{look}.png" if everything else f"{shot.name}.png")
            page.screenshot(path=path, full_page=bool(everything))
            yield path
        page.context.close()


def _signed_in(browser: Browser, base: str, who: str, look: Look) -> Page:
    context = browser.new_context(
        base_url=base,
        viewport={"width": look.size[0], "height": look.size[1]},
        color_scheme="dark" if look.theme == "dark" else "light",
        locale="en-GB" if look.language == "en" else look.language,
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=username]", who)
    page.fill("[name=password]", "demo")
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    return page


def _ticket(page: Page) -> str:
    """The number of a ticket with a conversation: the first that waits for its customer."""
    page.goto("/tickets/?view=waiting")
    address = page.locator("a.row-link").first.get_attribute("href") or ""
    return address.strip("/").rpartition("/")[2]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    sys.exit(main(sys.argv[1:]))
