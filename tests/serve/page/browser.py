"""Debian's Chromium, and a page whose every complaint is kept."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright

# Runs before the page's own scripts: what the policy refused, and what a hostile reply would set or open.
WATCH = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => window.refused.push(event.violatedDirective));
"""


@dataclass
class Watched:
    """page: open at the server. complaints: console errors, uncaught errors, dialogs. elsewhere: URLs of other
    origins that it asked for; none of them is let through."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def send(self, text: str) -> None:
        """Type a message and send it; does not wait for the reply."""
        self.page.fill("#message", text)
        self.page.press("#message", "Enter")

    def finished(self) -> None:
        """Wait until the reply is over."""
        self.page.locator("#send:visible").wait_for()

    def said(self) -> list[str]:
        """What stands in each turn, without names and buttons."""
        return self.page.locator("#log .turn > .said").all_inner_texts()

    def announced(self) -> str:
        """What a screen reader was told last; waits until there is something."""
        line = self.page.locator("#announcer").filter(has_text=re.compile("."))
        line.wait_for(state="attached")
        return line.inner_text()

    def assert_quiet(self) -> None:
        """Nothing went wrong, nothing was asked of anybody else, nothing was refused by the policy."""
        assert self.complaints == []
        assert self.elsewhere == []
        assert self.page.evaluate("window.refused") == []


@contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium: apt install chromium")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@contextmanager
def watched(
    browser: Browser,
    address: str,
    *,
    locale: str = "ca-ES",
    size: tuple[int, int] = (1100, 760),
    dark: bool = False,
    setup: str = "",
) -> Iterator[Watched]:
    """A fresh profile with the page open. setup: a script that runs before the page's own."""
    context = browser.new_context(
        locale=locale,
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        accept_downloads=True,
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(20_000)
    context.add_init_script(WATCH + setup)
    page = context.new_page()
    watch = Watched(page)
    _listen(watch, address)
    page.goto(address)
    page.locator("#app:visible").wait_for()
    yield watch
    context.close()


def _listen(watch: Watched, address: str) -> None:
    origin = urlsplit(address).netloc

    def guard(route: Route, request: Request) -> None:
        if urlsplit(request.url).netloc == origin:
            route.continue_()
        else:
            watch.elsewhere.append(request.url)
            route.abort()

    watch.page.route(lambda url: not url.startswith(("data:", "blob:")), guard)
    watch.page.on(
        "console", lambda line: watch.complaints.append(line.text) if line.type in ("error", "warning") else None
    )
    watch.page.on("pageerror", lambda error: watch.complaints.append(str(error)))

    def dialog(opened: object) -> None:
        watch.complaints.append("a dialog")
        opened.dismiss()  # type: ignore[attr-defined]  # Playwright's Dialog

    watch.page.on("dialog", dialog)
