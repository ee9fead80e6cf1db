# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Turn scans that are too large, and photos, into one PDF within a limit.

The work is done by `pdf_shrink_child.py`, in a process of its own. Here are the rules: a PDF goes in
only when `check_pdf` accepts it in all but its size, so that nothing is laundered on the way, and what
comes out is checked like any other file. A PDF keeps its pages with all that is drawn on them, and
only their images are made smaller; a photo becomes an A4 page, without its place and time.
"""

import json
from pathlib import Path

from .pdf_check import CODES as _CHECK_CODES
from .pdf_check import MAX_PAGES, MAX_SIZE, PdfCheckUnavailable, PdfRefused, check_pdf
from .sandbox import ChildUnavailable, parse_facts, run_child

MAX_INPUT = 20 * 1024**2
"""Bytes of all files together."""

MAX_FILES = 10
"""Files that become one."""

# Why files are refused, besides what `check_pdf` says of each.
CODES = (
    *_CHECK_CODES,
    "unknown_kind",
    "heic",
    "signed",
    "too_many_files",
    "too_much",
    "cannot_shrink",
)

_CHILD = Path(__file__).with_name("pdf_shrink_child.py")
# How photos begin: JPEG, PNG, and TIFF, which scanners of offices write: its pictures are pages.
_PHOTOS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*")
_PDF = b"%PDF-"
_BEFORE = 1024  # bytes that may stand before a PDF; `check_pdf` decides which
# Phones' own format, and its relatives: not read by Odoo's requirements, and what reads it starts threads.
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"hevc", b"hevx", b"mif1", b"msf1")


class ShrinkRefused(PdfRefused):
    """No PDF can be made of the files.

    :ivar str code: the reason, one of `CODES`.
    :ivar int | None position: of the file that is the reason, from 0; None when it is all of them.
    """

    def __init__(self, code, position=None, pages=None):
        super().__init__(code, pages)
        self.position = position


def shrink_pdf(data: bytes, limit: int = MAX_SIZE) -> bytes:
    """Make one PDF smaller; see `make_pdf`."""
    return make_pdf([data], limit)


def make_pdf(files, limit: int = MAX_SIZE, max_pages: int = MAX_PAGES) -> bytes:
    """Make one PDF of scans and photos, in their order, that `check_pdf` accepts.

    The gentlest means that reaches the limit is used: leaving out what is unused or there twice, then
    gray images of less and less resolution and quality, and black and white at last.

    :param list[bytes] files: PDF, JPEG, PNG or TIFF, at most `MAX_FILES` of them
    :param limit: the largest size of the result, in bytes
    :param max_pages: the most pages of the result
    :return: the PDF; the same bytes for the same files
    :raise ShrinkRefused: with a `code` of `CODES`
    :raise PdfCheckUnavailable: the server cannot do it with any file
    :raise ChildBusy: the server is too busy to do it now
    """
    check_sizes([len(data) for data in files])
    pages = 0
    for position, data in enumerate(files):
        try:
            pages += _count_pages(data, max_pages)
        except PdfRefused as refused:
            raise ShrinkRefused(refused.code, position, refused.pages) from refused
    if pages > max_pages:
        raise ShrinkRefused("too_many_pages", pages=max_pages)
    result = _ask_child(files, limit, max_pages)
    try:
        check_pdf(result, limit, max_pages)
    except PdfRefused as refused:  # not observed, but not trusted either
        raise ShrinkRefused("cannot_shrink") from refused
    return result


def check_sizes(sizes):
    """Refuse too many or too large files before they are read.

    :param list[int] sizes: bytes of each file
    :raise ShrinkRefused: with a `code` of `CODES`
    """
    if not sizes:
        raise ShrinkRefused("empty")
    if len(sizes) > MAX_FILES:
        raise ShrinkRefused("too_many_files")
    if sum(sizes) > MAX_INPUT:
        raise ShrinkRefused("too_much")


def _count_pages(data, max_pages):
    """Return the least number of pages that a file becomes, if it is acceptable."""
    if not data:
        raise PdfRefused("empty")
    if data.startswith(_PHOTOS):
        return 1
    if _PDF not in data[:_BEFORE]:
        is_heic = data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS
        raise PdfRefused("heic" if is_heic else "unknown_kind")
    facts = check_pdf(data, MAX_INPUT, max_pages)
    if facts.signed:
        raise PdfRefused("signed")
    return facts.pages


def _ask_child(files, limit, max_pages):
    sizes = [len(data) for data in files]
    arguments = {
        "limit": limit,
        "max_pages": max_pages,
        "sizes": sizes,
        "photos": [data.startswith(_PHOTOS) for data in files],
    }
    header = json.dumps(arguments).encode()
    try:
        written = run_child(
            _CHILD,
            b"\n".join((header, b"".join(files))),
            wall_seconds=60,
            cpu_seconds=20,
            memory=1024**3,
            output=limit + 1024,
        )
    except ChildUnavailable as error:
        raise PdfCheckUnavailable(str(error)) from error
    if written.startswith(_PDF):
        return written
    refusal = parse_facts(written, {"code": str, "position": (int, type(None))})
    if refusal.get("code") in CODES and refusal.get("position") in (None, *range(len(files))):
        raise ShrinkRefused(refusal["code"], refusal.get("position"), max_pages)
    # Its own limit ended it before it could say anything.
    raise ShrinkRefused("too_complex")
