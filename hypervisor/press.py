"""The process that makes one PDF: `python -m hypervisor.press`, an order on its input, the PDF in base64 on its output.

It reads the fonts of the house and nothing else: no address that a text names is asked, no file opened.
"""

import base64
import logging
import os
import resource
import sys
from pathlib import Path

import msgspec

MEMORY = 3 << 30
"""Bytes it may map."""
CPU = 170
"""Seconds it may reckon."""
FONTS = Path(__file__).resolve().parent.parent / "node_modules" / "@fontsource-variable" / "inter" / "files"
FACES = {"Inter": "inter-latin-wght-normal.woff2", "Inter beyond": "inter-latin-ext-wght-normal.woff2"}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.nice(10)
    from hypervisor.paper import Order

    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(base64.b64encode(_pdf(order.html.decode(), order.annexes)))


def _pdf(html: str, annexes: list[tuple[str, str, str]]) -> bytes:
    try:
        from weasyprint import CSS, HTML, Attachment
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher
    except OSError as error:
        sys.exit(f"the system library Pango is missing: {str(error).splitlines()[0]}")
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    fonts = FontConfiguration()
    faces = "".join(_face(name, FONTS / file) for name, file in FACES.items() if (FONTS / file).exists())
    sheet = CSS(string=faces, font_config=fonts, url_fetcher=URLFetcher(allowed_protocols={"file"}))
    files = [
        Attachment(string=content, name=name, description=description, relationship="Data")
        for name, description, content in annexes
    ]
    document = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=set()))
    pdf = document.write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1", attachments=files)
    return bytes(pdf)


def _face(name: str, file: Path) -> str:
    return f'@font-face {{ font-family: "{name}"; font-weight: 100 900; src: url("{file.as_uri()}") }}'


if __name__ == "__main__":
    main()
