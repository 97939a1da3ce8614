"""The Chromium that the page is tested in, driven by Playwright.

Belongs here: finding it, installing it where that is allowed (``python -m tests.browser``), opening a page in it. Not here:
what a page should be.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from platform import freedesktop_os_release
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEBIAN = ("chromium", "libatomic1")  # the latter for Playwright
FLAGS = ["--disable-gpu", "--disable-quic"]
INSTALL_SECONDS = 600
WAIT_MS = 30_000
APT = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=60", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=30"]


def is_debian() -> bool:
    with suppress(OSError):
        return freedesktop_os_release()["ID"] == "debian"
    return False


def command() -> str:
    """What a person types to enable the tests of the page. Playwright's own Chromium is for systems without Debian's."""
    if is_debian():
        return f"sudo apt-get install {' '.join(DEBIAN)}"
    return ".venv/bin/playwright install --with-deps chromium"


def installed() -> str | None:
    """The Chromium of this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def is_driven() -> bool:
    """Whether Playwright starts here: it brings programs of its own, and they want libraries that a bare system lacks."""
    done = subprocess.run([sys.executable, "-m", "playwright", "--version"], capture_output=True, timeout=60, check=False)
    return done.returncode == 0


@contextmanager
def chromium() -> Iterator[Browser | None]:
    """A Chromium for the block, by preference this machine's; None where there is none that can be driven."""
    if not is_driven():
        yield None
        return
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        path = installed() or (own if Path(own).exists() else None)
        if path is None:
            yield None
            return
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


def install() -> str | None:
    """Install what is missing where that is allowed: as root on Debian. Says why it could not, if so."""
    if not is_debian() or os.geteuid() != 0 or (installed() and is_driven()):
        return None
    sys.stdout.write(f"installing {' and '.join(DEBIAN)} for the tests of the page\n")
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *DEBIAN]):
        try:
            done = subprocess.run(
                [*APT, *arguments],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        if done.returncode:
            return (done.stderr.strip().splitlines() or [f"apt-get {arguments[0]} failed"])[-1]
    return None


@dataclass
class Tab:
    """A page in a browser that keeps nothing. ``complaints`` are errors and warnings, ``requested`` the addresses."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)
        self.page.on("request", lambda request: self.requested.append(request.url))

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            self.complaints.append(message.text)

    def run(self, script: str) -> Any:
        """The value of an expression, awaited."""
        return self.page.evaluate(script)

    def wait_for(self, condition: str) -> None:
        """Look at every frame until the condition holds; half a minute at most."""
        # Playwright's own wait evaluates a text again and again, which the policy of the page forbids.
        self.run(
            f"(async () => {{ const end = performance.now() + {WAIT_MS};"
            f" while (!({condition})) {{ if (performance.now() > end) throw new Error('waited in vain');"
            " await new Promise(requestAnimationFrame); } })()"
        )

    def draw_all(self) -> None:
        """Wait until the page's script has drawn every chart."""
        self.wait_for("!document.querySelector('.chart > svg, .chart.wait, .chart > .drawing')")

    def screenshot(self, path: Path) -> None:
        """The whole page, as "capture full page" gives it."""
        self.page.screenshot(path=path, full_page=True)


@contextmanager
def opened(
    browser: Browser,
    url: str,
    *,
    width: int = 900,
    height: int = 900,
    is_dark: bool = False,
    has_scripts: bool = True,
    before: str = "",
) -> Iterator[Tab]:
    """A page in a window of its own, once its script has said that it is ready. The script ``before`` runs first."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if is_dark else "light",
        java_script_enabled=has_scripts,
    )
    try:
        tab = Tab(context.new_page())
        context.add_init_script(before)
        tab.page.goto(url)
        if has_scripts and url != "about:blank":
            tab.wait_for("document.documentElement.dataset.ready === 'yes'")
        yield tab
    finally:
        context.close()


if __name__ == "__main__":
    if cause := install():
        sys.stderr.write(f"Chromium could not be installed ({cause}). The tests of the page need: {command()}\n")
