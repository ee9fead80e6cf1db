# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How much can be uploaded, in numbers for programs and in words for people.

The limits themselves are constants of the tools that apply them. Sentences and the browser, which
refuses a file before the upload, take them from here.
"""

from . import certificate_chain, pdf_check, pdf_shrink, pkcs12


def format_size(size):
    """Return a limit in words: `1 MB`, `128 kB`.

    :param int size: bytes, a multiple of 1,024
    :rtype: str
    """
    unit, step = ("MB", 1024**2) if size >= 1024**2 else ("kB", 1024)
    return f"{size // step} {unit}"


PDF_SIZE = format_size(pdf_check.MAX_SIZE)
PDF_PAGES = pdf_check.MAX_PAGES
# Of files that a PDF is made of.
INPUT_SIZE = format_size(pdf_shrink.MAX_INPUT)
INPUT_FILES = pdf_shrink.MAX_FILES
CERTIFICATE_SIZE = format_size(pkcs12.MAX_SIZE)
ANCHOR_SIZE = format_size(certificate_chain.MAX_ANCHOR_SIZE)

BROWSER_LIMITS = {
    "pdf": {"bytes": pdf_check.MAX_SIZE, "label": PDF_SIZE},
    "input": {"bytes": pdf_shrink.MAX_INPUT, "label": INPUT_SIZE, "files": INPUT_FILES},
    "certificate": {"bytes": pkcs12.MAX_SIZE, "label": CERTIFICATE_SIZE},
}
