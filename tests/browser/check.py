#!/usr/bin/env python3
"""Opens a report in headless Chromium: no console errors, no request beyond the page, every anchor
resolves, nothing is wider than a phone or cut off in print; screenshots and a PDF for the eye.

    python3 tests/browser/check.py --build TAUBER [FOLDER]    makes a report with two figures and checks it
    python3 tests/browser/check.py REPORT.html [FOLDER]       checks a report; pictures go to FOLDER
    python3 tests/browser/check.py --self-test                a page with every fault must be refused for each

Chromium is installed by apt-get if it is not there and this is root; the Python standard library is enough for
the rest. Exit code: 0 all right, 1 something is wrong with the page, 77 no Chromium and no way to get it.
"""
import base64
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

FIGURES = ["3", "12"]
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

# Print: an A4 page between its margins, at 96 dots an inch.
VIEWS = [
    ("desktop", 1280, 900, False, ""), ("dark", 1280, 900, True, ""), ("phone", 390, 844, False, ""),
    ("narrow", 320, 640, True, ""), ("print", 672, 986, False, "print"),
]

PROBE = """
(() => {
  const ids = new Map();
  for (const e of document.querySelectorAll('[id]')) ids.set(e.id, (ids.get(e.id) || 0) + 1);
  const links = [...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute('href').slice(1));
  const wide = [...document.querySelectorAll('main *')].filter(e => {
    const box = e.closest('.scroll, pre, figure');
    if (e.closest('math') || (box && getComputedStyle(box).overflowX !== 'visible')) return false;
    return e.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
  }).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 60));
  return JSON.stringify({
    dead: links.filter(l => !ids.has(l)), twice: [...ids].filter(p => p[1] > 1).map(p => p[0]),
    links: links.length, formulas: document.querySelectorAll('math').length,
    broken: [...document.images].filter(i => !i.complete || !i.naturalWidth).length,
    scrolls: document.documentElement.scrollWidth > document.documentElement.clientWidth + 1, wide: wide.slice(0, 8),
    background: getComputedStyle(document.body).backgroundColor,
  });
})()
"""

# How much the first picture grows when it is chosen, and whether the page stays as wide; null without pictures.
ZOOM = """
(() => {
  const figure = document.querySelector('figure[tabindex]');
  if (!figure) return 'null';
  const image = figure.querySelector('img'), before = image.getBoundingClientRect().width;
  const fits = () => document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1;
  figure.focus({preventScroll: true});
  const grown = [image.getBoundingClientRect().width / before, fits()];
  figure.blur();
  return JSON.stringify(grown);
})()
"""


class Tab:
    """A tab over the DevTools protocol: one WebSocket, client frames masked, as RFC 6455 says."""

    def __init__(self, address):
        url = urllib.parse.urlsplit(address)
        self.socket = socket.create_connection((url.hostname, url.port), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.file = self.socket.makefile("rb")
        status = self.file.readline()
        if b"101" not in status:
            raise RuntimeError(f"no WebSocket: {status!r}")
        while self.file.readline().strip():
            pass
        self.number = 0
        self.events = []

    def _send(self, text):
        data, mask = text.encode(), os.urandom(4)
        size = len(data)
        if size < 126:
            head = struct.pack("!BB", 0x81, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x81, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x81, 0x80 | 127, size)
        masked = bytes(b ^ mask[k % 4] for k, b in enumerate(data))
        self.socket.sendall(head + mask + masked)

    def _receive(self):
        text = b""
        while True:
            first, size = self.file.read(2)
            size &= 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", self.file.read(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self.file.read(8))
            text += self.file.read(size)
            if first & 0x80:
                return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        self._send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = self._receive()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def wait(self, method):
        while not any(e.get("method") == method for e in self.events):
            self.events.append(self._receive())

    def open(self, address, width, height, dark, media=""):
        self.events.clear()
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=2 if width < 500 else 1, mobile=width < 500)
        self.call("Page.navigate", url=address)
        self.wait("Page.loadEventFired")
        return self.value(PROBE)

    def value(self, expression):
        return json.loads(self.call("Runtime.evaluate", expression=expression)["result"]["value"])

    def complaints(self):
        """Errors of the console, and requests that leave the page."""
        bad = []
        for event in self.events:
            method, about = event.get("method"), event.get("params", {})
            if method == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
                bad.append("console: " + about["entry"]["text"])
            elif method == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
                bad.append("console: " + json.dumps(about["args"]))
            elif method == "Runtime.exceptionThrown":
                bad.append("exception: " + about["exceptionDetails"]["text"])
            elif method == "Network.requestWillBeSent":
                url = about["request"]["url"]
                if not url.startswith(("data:", "file:")):
                    bad.append("request: " + url[:120])
        return bad

    def picture(self, path, full, height):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], full or height), "scale": 1}
        data = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))


def browser():
    return next((found for found in map(shutil.which, NAMES) if found), None)


def install():
    """Whether Chromium is there, after an attempt to install it."""
    if not browser() and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in ["apt-get update -qq", "apt-get install -y -qq chromium"]:
            subprocess.run(command.split(), stdout=subprocess.DEVNULL, check=False)
    return browser() is not None


def build(program, folder):
    """A report of a quick run with two figures, one of lines and one of maps."""
    program = str(pathlib.Path(program).resolve())
    figures, report = pathlib.Path(folder, "figures"), pathlib.Path(folder, "report")
    lines = [["figure", number, "--quick", "--out", figures] for number in FIGURES]
    for line in [*lines, ["verify", "--quick", "--report", report, "--figures", figures]]:
        done = subprocess.run([program, *map(str, line)], capture_output=True, text=True, check=False)
        # 1 is a verdict, which the page shows.
        if done.returncode not in (0, 1):
            sys.exit(f"{line}: exit code {done.returncode}\n{done.stderr}")
    return report / "index.html"


def check(page, pictures):
    """What is wrong with the page, as a list of sentences."""
    address = pathlib.Path(page).resolve().as_uri()
    wrong = []
    # Helper processes of the browser may still write while the folder is removed.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        command = [browser(), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0",
                   "--remote-allow-origins=*", f"--user-data-dir={home}", "--no-first-run", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            port_file = pathlib.Path(home, "DevToolsActivePort")
            until = time.monotonic() + 60
            while not (port_file.exists() and port_file.read_text().strip()):
                if time.monotonic() > until:
                    raise RuntimeError("Chromium did not start within a minute")
                time.sleep(0.1)
            port = port_file.read_text().split()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                targets = json.load(answer)
            tab = Tab(next(t for t in targets if t["type"] == "page")["webSocketDebuggerUrl"])
            for domain in ("Page", "Runtime", "Log", "Network"):
                tab.call(f"{domain}.enable")
            tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
            backgrounds = []
            for name, width, height, dark, media in VIEWS:
                seen = tab.open(address, width, height, dark, media)
                wrong += [f"{name}: {c}" for c in tab.complaints()]
                wrong += [f"{name}: link to #{d}, which is not there" for d in seen["dead"]]
                wrong += [f"{name}: the anchor {d} is there twice" for d in seen["twice"]]
                if seen["broken"]:
                    wrong.append(f"{name}: {seen['broken']} pictures do not load")
                if seen["scrolls"] or seen["wide"]:
                    wrong.append(f"{name}: wider than {width} px: {seen['wide']}")
                backgrounds.append(seen["background"])
                grown = tab.value(ZOOM)
                if media != "print" and grown is not None and not (grown[0] > 1.5 and grown[1]):
                    wrong.append(f"{name}: a picture that is chosen does not grow in its frame: {grown}")
                if pictures:
                    tab.picture(pathlib.Path(pictures, f"{name}.png"), 12000, height)
                print(f"{name}: {seen['links']} links inside the page, {seen['formulas']} formulas")
            if backgrounds[0] == backgrounds[1]:
                wrong.append("dark and light have the same background")
            if pictures:
                data = tab.call("Page.printToPDF", preferCSSPageSize=True, paperWidth=8.27, paperHeight=11.69)["data"]
                pathlib.Path(pictures, "print.pdf").write_bytes(base64.b64decode(data))
        finally:
            process.terminate()
            process.wait()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return wrong


def self_test():
    """A page with every fault must be refused for each of them."""
    bad = (
        '<!doctype html><meta name="viewport" content="width=device-width"><main><a href="#none">x</a><b id=a></b><b id=a></b>'
        '<img src="data:image/png,no"><img src="http://127.0.0.1:9/x.png">'
        '<figure tabindex=0><img width=90 height=90 src="data:image/svg+xml,%3Csvg/%3E"></figure>'
        '<div style="width:3000px">w</div></main><script>console.error("e")</script>'
    )
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder, "bad.html")
        page.write_text(bad)
        found = "\n".join(check(page, None))
    missed = [w for w in ["#none", "a is there twice", "do not load", "wider than", "console:", "request:", "same background", "does not grow"] if w not in found]
    print("self-test: " + ("missed " + ", ".join(missed) if missed else "every fault found"))
    return bool(missed)


def main(arguments):
    if not install():
        print("no Chromium here: apt-get install -y chromium")
        return 77
    if arguments == ["--self-test"]:
        return int(self_test())
    building = arguments[:1] == ["--build"]
    rest = arguments[1:] if building else arguments
    if not 1 <= len(rest) <= 2 or rest[0].startswith("--"):
        print(__doc__)
        return 2
    pictures = rest[1] if len(rest) == 2 else None
    if pictures:
        pathlib.Path(pictures).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = build(rest[0], folder) if building else rest[0]
        wrong = check(page, pictures)
    print("\n".join(wrong) if wrong else "all right")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
