# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Lay out a letter written in HTML as a PDF, within a deadline. It is done by `letter_pdf_child.py`."""

import base64
import hashlib
import json
from pathlib import Path

from .sandbox import parse_facts, run_child

PAGE_SIZES = ("A4", "Letter")
"""Names of the page sizes."""

CODE_LENGTH_MAX = 64
"""Characters. A longer code makes modules too small to be read from a scan of a 30 mm square."""

QR_LENGTH_MAX = 200
"""Characters of what else a QR code says: an address that is read from a screen or a print."""

HTML_LENGTH_MAX = 400_000
"""Characters of the HTML, its pictures included: twice a letter's own text, for what is filled in."""

CPU_SECONDS = 5
"""CPU time of one letter. The default letter takes 0.03."""

_CHILD = Path(__file__).with_name("letter_pdf_child.py")
_OUTPUT = 16 * 1024**2  # bytes of the PDF


class LayoutRefused(ValueError):
    """The letter cannot be laid out at a reasonable cost.

    :ivar str code: `too_long`, `too_deep` or `too_complex`: it took more time or memory than it gets.
    """

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def find_unwritable(text: str) -> str:
    """Return the characters of a text that a letter cannot print, each once: its fonts lack them.

    Letters of other alphabets and pictures. What has a base letter is printed as that, as on passports.
    """
    # The fonts have Latin-1: they are opened for other texts only.
    if max(map(ord, text), default=0) < 256:
        return ""
    from .letter_pdf_child import find_unwritable as find

    return find(text)


def render_letter(
    html: str | bytes,
    code: str,
    *,
    title="",
    author="",
    page_size="A4",
    logo: bytes = b"",
    qr: str | None = None,
) -> bytes:
    """Return a PDF of the letter; the same arguments give the same bytes.

    :param html: a document or a fragment; bytes are UTF-8. Text is never dropped, save that of
        script, style, head, template and comments. Images: `data:` URIs of PNG and JPEG only.
    :param code: the text at the foot of each page, and what the QR code above it says, with the number of
        the page and of all pages: `CODE 2/3`; of a letter of more than 10 pages, only the code.
    :param title: title in the PDF's properties, the code when empty.
    :param author: author in the PDF's properties.
    :param page_size: one of `PAGE_SIZES`; portrait.
    :param logo: a PNG or JPEG file that stands at the top of the first page, at most 60 x 16 mm;
        nothing stands there when it is not such a file.
    :param qr: what the QR code says instead of the code; none is drawn when empty.
    :raises LayoutRefused: the HTML is too long, nested too deep or too complex. It is a `ValueError`.
    :raises ValueError: unknown page size; code that is empty or longer than `CODE_LENGTH_MAX`;
        `qr` longer than `QR_LENGTH_MAX`.
    :raises sandbox.ChildUnavailable: no process or no reportlab; it says nothing of the letter.
    """
    if page_size not in PAGE_SIZES:
        raise ValueError(f"Unknown page size {page_size!r}; known are {', '.join(PAGE_SIZES)}.")
    if not code or len(code) > CODE_LENGTH_MAX:
        raise ValueError(f"The code must have 1 to {CODE_LENGTH_MAX} characters.")
    if len(qr or "") > QR_LENGTH_MAX:
        raise ValueError(f"The QR code must say at most {QR_LENGTH_MAX} characters.")
    if len(html) > HTML_LENGTH_MAX:
        raise LayoutRefused("too_long")
    arguments = {
        "html": html.decode("utf-8", "replace") if isinstance(html, bytes) else html,
        "code": code,
        "title": title,
        "author": author,
        "page_size": page_size,
        "logo": base64.b64encode(logo).decode(),
        "qr": qr,
    }
    written = run_child(
        _CHILD,
        json.dumps(arguments).encode(),
        cpu_seconds=CPU_SECONDS,
        output=_OUTPUT,
        pool="letters",
    )
    # The digest comes first, so that a truncated file is not taken for a complete one.
    line, _newline, data = written.partition(b"\n")
    facts = parse_facts(line, {"sha256": str, "refused": str})
    if hashlib.sha256(data).hexdigest() != facts.get("sha256"):
        raise LayoutRefused("too_deep" if facts.get("refused") == "too_deep" else "too_complex")
    return data
