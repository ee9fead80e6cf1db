# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""PDF files for the tests, made at run time. Each function returns the bytes of one file."""

import io
import time
import zlib
from itertools import accumulate

from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

ONE_PAGE = (
    b"<< /Type /Catalog /Pages 2 0 R >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
)


def text_pdf(text="Exoneration letter", pages=1, **canvas_options):
    """Real text: one line on each of `pages` pages; the same arguments give the same bytes."""
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1, **canvas_options)
    for _page in range(pages):
        canvas.drawString(72, 720, text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def scan_pdf(pages=1, dpi=72):
    """Images without text, as a scanner gives them: grey A4 with some ink, `dpi` dots an inch."""
    width, height = round(8.27 * dpi), round(11.69 * dpi)
    scans = []
    for page in range(pages):
        scan = Image.new("L", (width, height), 250)
        draw = ImageDraw.Draw(scan)
        for line in range(dpi, height - dpi, dpi // 4):
            draw.line((dpi, line, width - dpi - 7 * page, line), fill=40, width=2)
        scans.append(scan)
    file = io.BytesIO()
    then = time.gmtime(0)  # the same arguments give the same bytes
    scans[0].save(
        file,
        "PDF",
        resolution=dpi,
        save_all=True,
        append_images=scans[1:],
        creationDate=then,
        modDate=then,
    )
    return file.getvalue()


def padded_pdf(size, data=None):
    """A valid file of exactly `size` bytes: `data` (else a page of text) and a long comment."""
    before, keyword, after = (data or text_pdf()).rpartition(b"startxref")
    padding = size - len(before + keyword + after)
    if padding < 2:
        raise ValueError(f"A file of {size} bytes is too small.")
    return before + b"%".ljust(padding - 1) + b"\n" + keyword + after


def raw_pdf(objects=ONE_PAGE, trailer=b""):
    """A file of these object bodies, numbered from 1; object 1 is the catalog."""
    data = b"%PDF-1.7\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return data + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R %s >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, rows, size, trailer, len(data))
    )


def compressed_pdf(objects=ONE_PAGE):
    """As `raw_pdf`, with all objects in one object stream and a cross reference stream."""
    offsets = accumulate((len(body) + 1 for body in objects[:-1]), initial=0)
    index = b" ".join(b"%d %d" % pair for pair in enumerate(offsets, 1)) + b"\n"
    holder, table = len(objects) + 1, len(objects) + 2
    data = b"%%PDF-1.7\n%d 0 obj\n%s\nendobj\n" % (
        holder,
        stream(
            index + b"\n".join(objects),
            b"/Type /ObjStm /N %d /First %d" % (len(objects), len(index)),
        ),
    )
    rows = [(0, 0, 65535), *((2, holder, index) for index in range(len(objects)))]
    rows += [(1, 9, 0), (1, len(data), 0)]
    entries = b"".join(
        kind.to_bytes(1, "big") + where.to_bytes(4, "big") + last.to_bytes(2, "big")
        for kind, where, last in rows
    )
    keys = b"/Type /XRef /W [1 4 2] /Size %d /Root 1 0 R" % (table + 1)
    return data + b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        stream(entries, keys),
        len(data),
    )


def stream(content, keys=b""):
    """The body of a stream object, compressed; `keys` are further entries of its dictionary."""
    packed = zlib.compress(content, 9)
    return b"<< /Filter /FlateDecode /Length %d %s >>\nstream\n%s\nendstream" % (
        len(packed),
        keys,
        packed,
    )


def drawn_pdf(operators):
    """A page on which a stream of operators draws, without a text."""
    page = ONE_PAGE[2].replace(b">>", b"/Contents 4 0 R >>")
    return raw_pdf((*ONE_PAGE[:2], page, stream(operators)))
