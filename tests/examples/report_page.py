# SPDX-License-Identifier: MIT
"""Checks a page of mnist --report.

    report_page.py structure MNIST DATA FOLDER     trains on a small part of DATA and checks the page
    report_page.py screens CHROMIUM FOLDER PAGE... shows pages at 1280 and 390 pixels, light and dark, and checks that
                                                   nothing is wider than the window; the screenshots are in FOLDER
"""

import base64
import gzip
import html
import html.parser
import pathlib
import re
import struct
import subprocess
import sys
import zlib

VOID = {"meta", "img", "br", "link", "hr", "input"}
TEST_IMAGES = 300
SKIPPED = 77


def require(condition, sentence):
    if not condition:
        sys.exit(f"report_page.py: {sentence}")


class Page(html.parser.HTMLParser):
    """The tags of a page, each of which must be closed."""

    def __init__(self):
        super().__init__()
        self.open, self.texts, self.table, self.cell = [], [], None, False
        self.images, self.names, self.tables = [], [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            require("alt" in attributes, "an image has no alt text")
            self.images.append(attributes["src"])
        if tag == "svg":
            require(attributes.get("role") == "img" and attributes.get("aria-label"), "a drawing has no label")
        if tag == "script" or tag == "link":
            sys.exit(f"report_page.py: the page has a <{tag}>")
        if tag == "th":
            require(attributes.get("scope") in ("row", "col"), "a header of a table says not of what")
        if tag == "table" and attributes.get("id") == "confusion":
            self.table = []
        if tag == "tr" and self.table is not None:
            self.table.append([])
        self.cell = tag == "td" and attributes.get("class") != "rate"

    def handle_startendtag(self, tag, attributes):
        require("svg" in self.open, f"<{tag}/> outside of a drawing")

    def handle_endtag(self, tag):
        require(self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]} in line {self.getpos()[0]}")
        self.open.pop()
        if tag == "table" and self.table is not None:
            self.tables.append([row for row in self.table if row])
            self.table = None
        self.cell = False

    def handle_data(self, data):
        self.texts.append(data)
        if self.cell and self.table is not None:
            self.table[-1].append(int(data))


def check_png(uri):
    start = "data:image/png;base64,"
    require(uri.startswith(start), f"a picture comes from {uri[:40]}")
    png = base64.b64decode(uri[len(start):], validate=True)
    require(png[:8] == b"\x89PNG\r\n\x1a\n", "a picture is no PNG")
    chunks, at = {}, 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        data = png[at + 8 : at + 8 + size]
        (crc,) = struct.unpack(">I", png[at + 8 + size : at + 12 + size])
        require(crc == zlib.crc32(kind + data), "a picture has a wrong checksum")
        chunks[kind] = data
        at += 12 + size
    width, height, bits, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    pixels = zlib.decompress(chunks[b"IDAT"])
    require((bits, colour) == (8, 3) and len(pixels) == height * (width + 1), "a picture has another size")
    require(max(pixels) < len(chunks[b"PLTE"]) // 3, "a pixel has no colour")


def write_part(folder, data, name, count):
    """The first images of one half of MNIST, as plain idx files."""
    for kind, header, size in (("images-idx3-ubyte", 16, 784), ("labels-idx1-ubyte", 8, 1)):
        with gzip.open(data / f"{name}-{kind}.gz") as source:
            old = source.read(header)
            body = source.read(count * size)
        (folder / f"{name}-{kind}").write_bytes(old[:4] + struct.pack(">I", count) + old[8:] + body)


def check_page(text):
    page = Page()
    page.feed(text)
    page.close()
    require(not page.open, f"never closed: {page.open}")
    require("http" not in text and "@import" not in text and "url(" not in text, "the page refers to something else")
    for uri in page.images:
        check_png(uri)
    require(len(page.tables) == 1, "there is no confusion matrix")
    return page


def structure(mnist, data, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_part(folder, pathlib.Path(data), "train", 2000)
    write_part(folder, pathlib.Path(data), "t10k", TEST_IMAGES)
    report = folder / "report.html"
    report.unlink(missing_ok=True)
    run = [mnist, "--net", "quick", "--data", folder, "--threads", "2"]
    subprocess.run([*run, "--epochs", "2", "--quiet", "--report", report], check=True)
    text = report.read_text(encoding="utf-8")
    page = check_page(text)
    matrix = page.tables[0]
    require([len(row) for row in matrix] == [10] * 10, "the confusion matrix is not 10 by 10")
    require(sum(map(sum, matrix)) == TEST_IMAGES, "the confusion matrix has not all test images")
    wrong = TEST_IMAGES - sum(matrix[n][n] for n in range(10))
    shown = len(re.findall(r'class="wrong"', text))
    require(shown == min(wrong, 36) != 0, f"{shown} of {wrong} mistakes are shown")
    # The image, planes of convolutions, ReLUs and pools, the values of four layers behind them, and filters.
    planes = 1 + 3 * 12 + 3 * 24 + 4 + 12
    require(len(page.images) == planes + shown, f"{len(page.images)} pictures in place of {planes + shown}")
    words = " ".join(page.texts)
    for word in ("Conv2d", "600, 96", "61,594", "Seed", "0.018", "Compiler", "Processor", "GFLOP/s", "2 epochs"):
        require(word in words, f"the page does not say '{word}'")

    # Nothing is trained for a report that cannot be written, and nothing is left of it.
    for place in (folder / "missing" / "report.html", folder):
        failed = subprocess.run([*run, "--quiet", "--report", place], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        require(failed.returncode == 1 and not failed.stdout and failed.stderr.count(b"\n") == 1,
                f"a report in {place} was not refused: {failed}")
    require(not list(folder.glob("*.tmp")), "a part of a report was left")


def screens(chromium, folder, pages):
    if "NOTFOUND" in chromium:
        skip("there is no Chromium here")
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for page in map(pathlib.Path, pages):
        text = html.escape(page.read_text(encoding="utf-8"), quote=True)
        for width, height in ((1280, 5200), (390, 7600)):
            # In a frame, since a window cannot be as narrow as a telephone.
            probe = folder / f"{page.stem}-{width}.html"
            probe.write_text(f"""<!DOCTYPE html><meta charset="utf-8"><body style="margin:0"><script>
function measure(frame) {{
    const page = frame.contentDocument, window = frame.contentWindow;
    const outside = e => e.getBoundingClientRect().right > window.innerWidth + 0.5 && !e.closest(".wide");
    const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    document.body.dataset.found = [page.documentElement.scrollWidth, window.innerWidth, dark, page.title.length,
                                   ...[...page.body.querySelectorAll("*")].filter(outside).map(e => e.localName)];
}}
</script><iframe style="border:0;display:block;width:{width}px;height:{height}px" onload="measure(this)"
srcdoc="{text}"></iframe></body>""", encoding="utf-8")
            for dark in (False, True):
                image = folder / f"{page.stem}-{width}-{'dark' if dark else 'light'}.png"
                image.unlink(missing_ok=True)
                run = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                       "--disable-dev-shm-usage", f"--user-data-dir={folder.resolve()}/profile",
                       f"--blink-settings=preferredColorScheme={0 if dark else 1}", f"--window-size={width},{height}",
                       f"--screenshot={image.resolve()}", "--dump-dom", probe.resolve().as_uri()]
                try:
                    done = subprocess.run(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
                except subprocess.TimeoutExpired:
                    skip("Chromium does not answer here")
                found = re.search(r'data-found="([^"]*)"', done.stdout.decode(errors="replace"))
                if found is None:
                    skip("Chromium does not run here")
                wide, window, is_dark, title, *outside = found[1].split(",")
                require(int(title) > 0 and int(window) == width, f"the page was not shown: {found[1]}")
                require(is_dark == str(dark).lower(), f"the page is not {'dark' if dark else 'light'}")
                require(int(wide) <= width and not outside,
                        f"{page.name} is {wide} pixels wide in a window of {width}; outside of it: {outside}")
                print(f"{image}: {wide} of {width} pixels")
            probe.unlink()


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


if __name__ == "__main__":
    if sys.argv[1] == "structure":
        structure(*sys.argv[2:5])
    elif sys.argv[1] == "page":
        check_page(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"))
    else:
        screens(sys.argv[2], sys.argv[3], sys.argv[4:])
