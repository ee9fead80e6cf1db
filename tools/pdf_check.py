# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Decide whether an uploaded file is a PDF that may be kept.

This process only looks at the size, the first and the last bytes, and hashes. A PDF can be built to
exhaust its parser, so the parsing is done by `pdf_check_child.py`, in a process of its own with
limits of its own. The child reports facts; every rule is here.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from .sandbox import ChildUnavailable, find_facts

MAX_SIZE = 1_048_576  # bytes
MAX_PAGES = 10
"""Pages of a file, unless more are asked for."""

# Why a file is refused, in the order of the checks.
CODES = (
    "empty",
    "too_large",
    "not_pdf",
    "truncated",
    "damaged",
    "too_complex",
    "encrypted",
    "no_pages",
    "too_many_pages",
    "active_content",
)

# Readers look for the beginning in the first 1,024 bytes (Adobe's implementation note 13), and find a file there
# that a program has written behind its messages, or an editor behind a byte order mark. What stands before it is
# lines of text, but no markup and no comment or program of another language.
_BEFORE = 1024  # bytes
_HEADER = re.compile(rb"(?:^|(?<=\xef\xbb\xbf)|(?<=[\r\n]))%PDF-[12]\.\d")
_LINES_BEFORE = re.compile(rb"(?!\s*#!)(?:[\t\n\f\r !-;=-~\x80-\xff](?<!/\*))*")
_TAIL = 1024  # bytes in which readers look for the end marker, before what only fills the file up
_FILLING = b"\0\t\n\f\r \x1a"  # the last by transfers of whole blocks
_CHILD = Path(__file__).with_name("pdf_check_child.py")
# The child limits its own CPU time; this is for a machine too busy to give it any.
_WALL_SECONDS = 20
_MEMORY = 256 * 1024**2  # bytes of address space beyond what the child needs to start


class PdfRefused(Exception):
    """The file is not acceptable.

    :ivar str code: the reason, one of `CODES`.
    :ivar int | None pages: how many are accepted, of `too_many_pages`.
    """

    def __init__(self, code, pages=None):
        super().__init__(code)
        self.code = code
        self.pages = pages


class PdfCheckUnavailable(RuntimeError):
    """The check itself could not run (no child process, no pypdf). It says nothing of the file."""


@dataclass(frozen=True)
class PdfFacts:
    """What is known of an accepted file.

    :ivar int pages: number of pages, at least 1.
    :ivar int size: size in bytes.
    :ivar str sha256: SHA-256 of the file, 64 lower case hexadecimal digits.
    :ivar bool signed: whether a digital signature field is filled. The signature is not verified.
    :ivar str | None text_sha256: SHA-256 of the text without its white space. None when there is no
        text (a scan), or when it could not be read at a reasonable cost.
    """

    pages: int
    size: int
    sha256: str
    signed: bool
    text_sha256: str | None


_FACTS = {
    "active": bool,
    "encrypted": bool,
    "pages": int,
    "signed": bool,
    "stopped": str,
    "text_sha256": (str, type(None)),
}


def check_pdf(data: bytes, limit: int = MAX_SIZE, pages: int = MAX_PAGES) -> PdfFacts:
    """Check an uploaded file without ever parsing it in this process.

    :param data: the decoded file.
    :param limit: the largest size accepted, in bytes.
    :param pages: the most pages accepted.
    :raise PdfRefused: the file is not acceptable; its `code` is one of `CODES`.
    :raise PdfCheckUnavailable: the server cannot check any file.
    :raise ChildBusy: the server is too busy to check this one now.
    """
    if not data:
        raise PdfRefused("empty")
    if len(data) > limit:
        raise PdfRefused("too_large")
    header = _HEADER.search(data, 0, _BEFORE)
    if not header or not _LINES_BEFORE.fullmatch(data, 0, header.start()):
        raise PdfRefused("not_pdf")
    if b"%%EOF" not in data.rstrip(_FILLING)[-_TAIL:]:
        raise PdfRefused("truncated")
    found = _ask_child(data)
    if found.get("encrypted"):
        raise PdfRefused("encrypted")
    # A fact is judged as soon as it is known, even when the child did not survive the next one.
    if "pages" in found:
        if found["pages"] < 1:
            raise PdfRefused("no_pages")
        if found["pages"] > pages:
            raise PdfRefused("too_many_pages", pages)
    if found.get("active"):
        raise PdfRefused("active_content")
    if "signed" not in found:
        stopped = found.get("stopped")
        raise PdfRefused(stopped if stopped in CODES else "too_complex")
    return PdfFacts(
        pages=found["pages"],
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        signed=found["signed"],
        text_sha256=found.get("text_sha256"),
    )


def _ask_child(data):
    """Return the facts that the child reported before it ended, however it ended."""
    try:
        return find_facts(_CHILD, data, _FACTS, wall_seconds=_WALL_SECONDS, memory=_MEMORY)
    except ChildUnavailable as error:
        raise PdfCheckUnavailable(str(error)) from error
