"""A real Chromium against a live server. Skipped without one, but never where CI asks for it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

# Playwright runs an event loop in this thread, which Django takes for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

AXE = Path(__file__).parents[2] / "theme/static_src/node_modules/axe-core/axe.min.js"
CHROMIUM = shutil.which("chromium")

# A colour on its way to the other theme, a menu that still fades in: neither is one to judge.
AT_REST = """
for (const one of document.getAnimations()) {
  if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
}
"""

expect.set_options(timeout=15_000)  # a busy machine is no fault of the page


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("REQUIRE_BROWSER is set, but there is no chromium on the PATH")
        pytest.skip("no chromium on the PATH")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


@pytest.fixture
def errors() -> list[str]:
    """What the page's console complained of."""
    return []


@pytest.fixture
def page(browser: Browser, live_server, errors: list[str]) -> Iterator[Page]:
    """A page that fails the test on any error in its console: CSP's refusals are such errors."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    opened = context.new_page()
    opened.on(
        "console",
        lambda said: errors.append(f"{opened.url} {said.text}") if said.type == "error" else None,
    )
    opened.on("pageerror", lambda error: errors.append(f"{opened.url} {error}"))
    yield opened
    context.close()
    # A page that refuses on purpose makes the browser note its status.
    unexpected = [text for text in errors if "responded with a status of 4" not in text]
    assert unexpected == []


@pytest.fixture
def axe(page: Page, errors: list[str]) -> Callable[[], dict[str, str]]:
    """What axe-core finds wrong with the page that is open."""

    def violations() -> dict[str, str]:
        before = len(errors)
        page.evaluate(AT_REST)
        if not page.evaluate("'axe' in window"):  # half a megabyte, once a page
            page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run().then(result => result.violations)")
        del errors[before:]  # axe itself tries inline styles, which the page's policy refuses
        return {f"{page.url} {one['id']}": one["nodes"][0]["html"] for one in found}

    return violations
