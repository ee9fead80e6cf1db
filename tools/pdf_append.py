# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Append pages to an uploaded PDF. The parsing is done by `pdf_append_child.py`, in the sandbox."""

import hashlib
import struct
from pathlib import Path

from .sandbox import run_child

MAX_SIZE = 8 * 1024**2  # bytes of the result

_CHILD = Path(__file__).with_name("pdf_append_child.py")
_DIGEST = hashlib.sha256().digest_size


class PdfNotAppended(Exception):
    """The file could not be parsed at a reasonable cost; it may still be a good PDF."""


def append_pdf(data: bytes, pages: bytes) -> bytes:
    """Return a PDF of the pages of `data`, then those of `pages`; the same files give the same bytes.

    A signature in `data` would become invalid: callers must keep such a file as it is.

    :param data: a PDF that passed `pdf_check.check_pdf`.
    :param pages: a PDF that the server made.
    :raises PdfNotAppended: the file is too complex or damaged, or the result too large.
    :raises sandbox.ChildUnavailable: no process or no pypdf; it says nothing of the file.
    :raises sandbox.ChildBusy: the server is too busy to do it now.
    """
    written = run_child(_CHILD, struct.pack(">I", len(data)) + data + pages, output=MAX_SIZE)
    # The digest comes first, so that a truncated file is not taken for a complete one.
    digest, result = written[:_DIGEST], written[_DIGEST:]
    if not digest or hashlib.sha256(result).digest() != digest:
        raise PdfNotAppended("The pages could not be put behind the file.")
    return result
