#!/usr/bin/env python3
"""Opens a report in headless Chromium: no console errors, no request beyond the page, every anchor
resolves, nothing is wider than a phone; screenshots (desktop, dark, phone) and a PDF for the eye.

    python3 tests/browser/check.py REPORT.html [FOLDER for the pictures]

Chromium: `apt-get install -y chromium`; the Python standard library is enough. Exit code: 0 all right,
1 something is wrong with the page, 77 no Chromium here. `--self-test` checks that a bad page is refused.
"""
import base64
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

PROBE = """
(() => {
  const ids = new Map();
  for (const e of document.querySelectorAll('[id]')) ids.set(e.id, (ids.get(e.id) || 0) + 1);
  const links = [...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute('href').slice(1));
  const wide = [...document.querySelectorAll('main *')].filter(e => {
    if (e.closest('.scroll, pre, figure, math')) return false;
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

    def open(self, address, width, height, dark):
        self.events.clear()
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=2 if width < 500 else 1, mobile=width < 500)
        self.call("Page.navigate", url=address)
        self.wait("Page.loadEventFired")
        value = self.call("Runtime.evaluate", expression=PROBE)["result"]["value"]
        return json.loads(value)

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


def check(page, pictures):
    """What is wrong with the page, as a list of sentences."""
    address = pathlib.Path(page).resolve().as_uri()
    wrong = []
    with tempfile.TemporaryDirectory() as home:
        command = [browser(), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0",
                   "--remote-allow-origins=*", f"--user-data-dir={home}", "--no-first-run", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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
            backgrounds = []
            for name, width, height, dark in [("desktop", 1280, 900, False), ("dark", 1280, 900, True), ("phone", 390, 844, False)]:
                seen = tab.open(address, width, height, dark)
                wrong += [f"{name}: {c}" for c in tab.complaints()]
                wrong += [f"{name}: link to #{d}, which is not there" for d in seen["dead"]]
                wrong += [f"{name}: the anchor {d} is there twice" for d in seen["twice"]]
                if seen["broken"]:
                    wrong.append(f"{name}: {seen['broken']} pictures do not load")
                if seen["scrolls"] or seen["wide"]:
                    wrong.append(f"{name}: wider than {width} px: {seen['wide']}")
                backgrounds.append(seen["background"])
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
    return wrong


def self_test():
    """A page with every fault must be refused for each of them."""
    bad = ('<!doctype html><meta name="viewport" content="width=device-width"><main><a href="#none">x</a><b id=a></b><b id=a></b>'
           '<img src="data:image/png,no"><img src="http://127.0.0.1:9/x.png"><div style="width:3000px">w</div></main>'
           '<script>console.error("e")</script>')
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder, "bad.html")
        page.write_text(bad)
        found = "\n".join(check(page, None))
    missed = [w for w in ["#none", "a is there twice", "do not load", "wider than", "console:", "request:", "same background"] if w not in found]
    print("self-test: " + ("missed " + ", ".join(missed) if missed else "every fault found"))
    return bool(missed)


def main(arguments):
    if not browser():
        print("no Chromium here: apt-get install -y chromium")
        return 77
    if arguments == ["--self-test"]:
        return int(self_test())
    if not 1 <= len(arguments) <= 2:
        print(__doc__)
        return 2
    if len(arguments) == 2:
        pathlib.Path(arguments[1]).mkdir(parents=True, exist_ok=True)
    wrong = check(arguments[0], arguments[1] if len(arguments) == 2 else None)
    print("\n".join(wrong) if wrong else "all right")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
