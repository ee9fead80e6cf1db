"""What the demo data attaches as the signed letter: pages with the letter's code, and a signature on the last."""

import io

from PIL import Image
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas


def make_signed_letter(code, company, representative, pages):
    """Draw pages that are recognised as the letter of a code, and say that they are not a real one.

    :param str code: the letter's
    :param str company: whose letter it is
    :param str representative: who signs
    :param int pages: of the letter
    :return: a PDF
    :rtype: bytes
    """
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    for page in range(1, pages + 1):
        _draw_page(canvas, code, company, f"{code} {page}/{pages}")
        if page == pages:
            _draw_signature(canvas, representative)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw_page(canvas, code, company, qr):
    width, height = A4
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(25 * mm, height - 40 * mm, "Carta de exoneración")
    canvas.setFont("Helvetica", 12)
    for line, text in enumerate(
        (company, code, "", "Documento de demostración: no es válido como carta firmada.")
    ):
        canvas.drawString(25 * mm, height - (55 + 7 * line) * mm, text)
    # As pixels, as in a scan: codes are not searched in vector graphics.
    side = 30 * mm
    canvas.drawImage(ImageReader(_make_qr_code(qr)), (width - side) / 2, 20 * mm, side, side)


def _draw_signature(canvas, representative):
    canvas.setLineWidth(1.2)
    for step in range(6):
        left = (30 + 9 * step) * mm
        canvas.bezier(
            left, 92 * mm, left + 4 * mm, 118 * mm, left + 8 * mm, 78 * mm, left + 12 * mm, 96 * mm
        )
    canvas.setLineWidth(0.5)
    canvas.line(25 * mm, 85 * mm, 110 * mm, 85 * mm)
    canvas.drawString(25 * mm, 78 * mm, representative)


def _make_qr_code(text):
    """Return the picture of a QR code with its white border, 8 pixels a module."""
    code = QrCodeWidget(text, barLevel="L").qr
    code.make()
    rows, border, scale = code.modules, 4, 8
    image = Image.new("L", (len(rows) + 2 * border,) * 2, 255)
    for y, row in enumerate(rows, border):
        for x, dark in enumerate(row, border):
            if dark:
                image.putpixel((x, y), 0)
    return image.resize((image.width * scale,) * 2, Image.Resampling.NEAREST)
