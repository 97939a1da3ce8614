"""A headless Chromium, spoken to by the Chrome DevTools Protocol.

Belongs here: starting it, opening a page, asking it. Not here: what a page should be.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-port=0",
]  # fmt: skip


class Tab:
    """One tab. ``events`` are what the browser said so far: requests, console messages, violations."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._number = socket, 0
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=30))
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return dict(message["result"])
            self.events.append(message)

    def run(self, script: str) -> Any:
        """The value of an expression, awaited."""
        done = self.call(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            allowUnsafeEvalBlockedByCSP=False,
        )
        if "exceptionDetails" in done:
            raise RuntimeError(str(done["exceptionDetails"])[:500])
        return done["result"].get("value")

    def open(
        self, url: str, *, width: int = 900, height: int = 900, is_dark: bool = False, has_scripts: bool = True
    ) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not has_scripts)
        self.call("Page.navigate", url="about:blank")  # else another fragment of the same page would load nothing
        self.events.clear()
        self.call("Page.navigate", url=url)
        there = "document.documentElement?.dataset.ready === 'yes'" if has_scripts else "document.readyState === 'complete'"
        while not self.run(f"location.href !== 'about:blank' && {there}"):
            pass

    def wait_for(self, condition: str) -> None:
        """Look at every frame until the condition holds."""
        self.run(f"(async () => {{ while (!({condition})) await new Promise(requestAnimationFrame); }})()")

    def draw_all(self) -> None:
        """Scroll every chart into view, and wait until each is drawn."""
        self.run(
            "(async () => { const frame = () => new Promise(requestAnimationFrame);"
            " for (const one of document.querySelectorAll('.chart')) { one.scrollIntoView();"
            " while (one.classList.contains('wait')) await frame(); } scrollTo(0, 0); })()"
        )

    def click(self, x: float, y: float) -> None:
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self, path: Path) -> None:
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    @property
    def complaints(self) -> list[str]:
        """Errors and warnings of the console, exceptions, refused styles and scripts."""
        said = [event["params"]["entry"]["text"] for event in self.events if event["method"] == "Log.entryAdded"]
        said += [
            str(event["params"]["exceptionDetails"])[:400]
            for event in self.events
            if event["method"] == "Runtime.exceptionThrown"
        ]
        return said + [
            str(event["params"]["args"])[:400] for event in self.events
            if event["method"] == "Runtime.consoleAPICalled" and event["params"]["type"] in ("error", "warning", "assert")
        ]  # fmt: skip

    @property
    def requested(self) -> list[str]:
        urls = [event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith("data:")]


@contextmanager
def chromium() -> Iterator[Tab]:
    """A browser with a profile of its own, ended with the block."""
    binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if binary is None:
        raise RuntimeError("no Chromium was found: install the package chromium (apt-get install chromium), then test again")
    with TemporaryDirectory() as profile:
        browser = subprocess.Popen(
            [binary, *FLAGS, f"--user-data-dir={profile}", "about:blank"], stderr=subprocess.PIPE, text=True
        )
        try:
            assert browser.stderr is not None
            port = next(
                found[1] for line in browser.stderr if (found := re.search(r"listening on ws://127.0.0.1:(\d+)/", line))
            )
            tabs = httpx.get(f"http://127.0.0.1:{port}/json", trust_env=False).json()
            page = next(one for one in tabs if one["type"] == "page")
            with connect(page["webSocketDebuggerUrl"], max_size=None) as socket:
                yield Tab(socket)
        finally:
            browser.terminate()
            with suppress(subprocess.TimeoutExpired):
                browser.wait(10)
