# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Join two PDFs: the process behind `pdf_append.py`, run by `sandbox.py`.

On standard input comes the length of the first file (four bytes, big-endian), then both files. On
standard output goes the SHA-256 (32 bytes) of the result and the result, or nothing.
"""

import hashlib
import io
import logging
import struct
import sys

from pypdf import PdfReader, PdfWriter


def main():
    logging.disable(logging.CRITICAL)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    data = sys.stdin.buffer.read()
    (length,) = struct.unpack_from(">I", data)
    writer = PdfWriter()
    # The producer, and nothing of the scanner's or of the time: the same files give the same bytes.
    writer.metadata = {"/Producer": "pypdf"}
    for part in (data[4 : 4 + length], data[4 + length :]):
        # Pages alone: no outline, no form, nothing that acts when the file is opened.
        for page in PdfReader(io.BytesIO(part), strict=False).pages:
            writer.add_page(page)
    output = io.BytesIO()
    writer.write(output)
    sys.stdout.buffer.write(hashlib.sha256(output.getvalue()).digest() + output.getvalue())
    sys.stdout.flush()


if __name__ == "__main__":
    main()
