"""A real Chromium without a window, driven by the DevTools protocol over a pipe: no library, no port, no network."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import HANG_SECONDS

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on the path: apt-get install chromium")
_OPTIONS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
)


class BrowserFault(AssertionError):
    """The browser answered a command with an error, or a page threw one."""


class Chromium:
    """One browser with one page, which is used for one file after the other."""

    def __init__(self, process: subprocess.Popen[bytes], to_browser: int, from_browser: int) -> None:
        self._process = process
        self._to, self._from = to_browser, from_browser
        self._buffer = b""
        self._ids = count(1)
        self.events: list[dict[str, Any]] = []
        """What the browser has said by itself since `open`."""
        target = self.do("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.do(f"{domain}.enable")

    def do(self, method: str, **params: Any) -> dict[str, Any]:
        """Carry out a command of the protocol, and return its result."""
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if not method.startswith("Target."):
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        while (answer := self._next()).get("id") != number:
            self.events.append(answer)
        if "error" in answer:
            raise BrowserFault(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            piece = os.read(self._from, 1 << 20)
            if not piece:
                raise BrowserFault("the browser has ended")
            self._buffer += piece
        message, _, self._buffer = self._buffer.partition(b"\0")
        value: dict[str, Any] = json.loads(message)
        return value

    def wait_for(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first event since `open` that fits."""
        for event in self.events:
            if fits(event):
                return event
        while not fits(event := self._next()):
            self.events.append(event)
        self.events.append(event)
        return event

    def open(self, file: Path) -> None:
        """Open a file from disk, and wait until it has loaded."""
        self.events.clear()
        self.do("Page.navigate", url=file.resolve().as_uri())
        self.wait_for(lambda event: event.get("method") == "Page.loadEventFired")

    def value(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript in the page; a promise is waited for."""
        answer = self.do("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserFault(json.dumps(answer["exceptionDetails"])[:2_000])
        return answer["result"].get("value")

    def checked(self) -> str:
        """Wait until a report in the page has ended its check, and return what its bar says."""
        return str(self.value(_CHECKED))

    def requests(self) -> list[str]:
        """Return the addresses of all requests since `open`, the page's own file among them."""
        sent = (event for event in self.events if event.get("method") == "Network.requestWillBeSent")
        return [event["params"]["request"]["url"] for event in sent]

    def pdf(self) -> bytes:
        """Return the page as it is printed."""
        return base64.b64decode(self.do("Page.printToPDF", printBackground=True)["data"])

    def picture(self, *, width: int = 1280, height: int = 900, dark: bool = False, whole: bool = False) -> bytes:
        """Return the page as a PNG."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.do("Emulation.setEmulatedMedia", features=scheme)
        self.do("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        taken = self.do("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(taken["data"])


# Where the script does not run at all, nothing will ever change: the bar is as it stands in the file.
_CHECKED = """new Promise((done) => {
  const root = document.documentElement;
  const look = () => {
    const state = root.dataset.state;
    if (state === "checking") return;
    observer.disconnect();
    done((document.querySelector("output") || document.body || root).innerText);
  };
  const observer = new MutationObserver(look);
  observer.observe(root, { attributes: true });
  look();
})"""


@contextmanager
def chromium(home: Path) -> Iterator[Chromium]:
    """Start a browser whose profile is in a folder, and end it."""
    assert PROGRAM is not None
    read_commands, to_browser = os.pipe()
    from_browser, write_answers = os.pipe()
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    # The browser reads its commands from descriptor 3 and writes its answers to 4.
    words = [PROGRAM, *_OPTIONS, *sandbox, f"--user-data-dir={home}", "about:blank"]
    script = f'exec "$@" 3<&{read_commands} 4>&{write_answers}'
    process = subprocess.Popen(
        ["/bin/bash", "-c", script, "browser", *words],
        pass_fds=(read_commands, write_answers),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(read_commands)
    os.close(write_answers)
    try:
        yield Chromium(process, to_browser, from_browser)
    finally:
        os.close(to_browser)
        with suppress(subprocess.TimeoutExpired):
            process.wait(HANG_SECONDS)
        process.kill()
        process.wait()
        os.close(from_browser)
