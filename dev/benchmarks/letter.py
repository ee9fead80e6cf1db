"""The letter's layout against a bare reportlab document of the same text, fonts and QR code.

Both are laid out in turns in one process, warm, and the ratio is taken of the medians of CPU time.
The bare document is what anyone would write with reportlab's own classes: a paragraph for each block of
text, a grid for the table, and on each page the code's picture, drawn once a document.

What is compared is the layout. It is done in a process of its own, whose start and end come on top: that is a
row of its own, in the seconds that somebody waits.

Promise: at most 1.1 times the bare document, the same bytes each time, in the process of its own as well, and
at most a second with its process.
"""

import re
import statistics
import sys
import time
from html import escape
from io import BytesIO
from pathlib import Path

from kit.row import Row, spread
from lxml import etree, html
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors, pagesizes
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from tools import letter_pdf, letter_pdf_child

LIMIT = 1.1
APART = 1000  # milliseconds with the process of its own
CODE = "ABCD-EFGH-IJKL-MNOP"
TEMPLATES = Path(__file__).parents[2] / "reports" / "exoneration_letter_templates.xml"
VALUE = "Café de la Sierra SAS"


def get_letter():
    """The default letter as HTML: the template with one value in each place."""
    (template,) = etree.parse(TEMPLATES).xpath("//template[@id='exoneration_letter_document']/div")
    text = re.sub(r"<t t-if[^>]*>", "<span>", etree.tostring(template, encoding="unicode"))
    text = re.sub(r"<(\w+) t-out=[^>]*/>", rf"<\1>{VALUE}</\1>", text)
    text = re.sub(r"<t>(.*?)</t>", r"\1", text).replace("</t>", "</span>")
    return text


class Bare:
    """The same text without what the layout does besides: reading HTML, widths, widows, page numbers."""

    def __init__(self, letter):
        root = html.fromstring(letter)
        self.blocks = [
            self.get_markup(element)
            for element in root.iter("p", "h2", "li")
            if not element.xpath("ancestor::table")
        ]
        self.rows = [[self.get_markup(cell) for cell in row] for row in root.xpath("//table//tr")]
        self.style = ParagraphStyle(
            "bare", fontName="LetterVera", fontSize=10, leading=14, alignment=4, spaceAfter=6
        )
        self.cell = ParagraphStyle("cell", self.style, fontSize=9, leading=12)
        widget = QrCodeWidget(CODE, barLevel="L", barWidth=30 * mm, barHeight=30 * mm)
        self.code = Drawing(30 * mm, 30 * mm)
        self.code.add(widget.draw())  # its shapes: choosing them takes longer than the letter

    @staticmethod
    def get_markup(element):
        parts = []
        for part in element.iter():
            text = escape(re.sub(r"\s+", " ", part.text or ""), quote=False)
            tail = escape(re.sub(r"\s+", " ", part.tail or ""), quote=False)
            bold = part.tag == "strong"
            parts.append(f"<b>{text}</b>" if bold and text.strip() else text)
            parts.append("<br/>" if part.tag == "br" else "")
            parts.append(tail if part is not element else "")
        return "".join(parts).strip()

    def draw_foot(self, canvas, _document):
        canvas.setFont("LetterVera", 7)
        canvas.drawRightString(190 * mm, 10 * mm, CODE)
        if not canvas.hasForm("qr"):
            canvas.beginForm("qr", 0, 0, 30 * mm, 30 * mm)
            renderPDF.draw(self.code, canvas, 0, 0)
            canvas.endForm()
        canvas.translate(160 * mm, 12 * mm)
        canvas.doForm("qr")

    def render(self):
        output = BytesIO()
        document = SimpleDocTemplate(
            output,
            pagesize=pagesizes.A4,
            leftMargin=22 * mm,
            rightMargin=22 * mm,
            topMargin=22 * mm,
            bottomMargin=43 * mm,
            invariant=1,
        )
        story = [Paragraph(block, self.style) for block in self.blocks]
        rows = [[Paragraph(cell, self.cell) for cell in row] for row in self.rows]
        widths = [40 * mm, 126 * mm]
        story.insert(3, Table(rows, widths, style=[("GRID", (0, 0), (-1, -1), 0.5, colors.grey)]))
        document.build(story, onFirstPage=self.draw_foot, onLaterPages=self.draw_foot)
        return output.getvalue()


def measure(functions, rounds, clock=time.process_time):
    """The seconds of each function each time, called in turns."""
    times = [[] for _function in functions]
    for _round in range(rounds):
        for function, own in zip(functions, times, strict=True):
            start = clock()
            function()
            own.append(clock() - start)
    return times


def main():
    row = Row(__doc__)
    letter = get_letter()

    def render():
        return letter_pdf_child.render_letter(letter, CODE)

    def render_apart():
        return letter_pdf.render_letter(letter, CODE)

    first = render()
    bare = Bare(letter)
    bare.render()
    ours, theirs = measure((render, bare.render), 40 if row.quick else 200)
    ratio = statistics.median(ours) / statistics.median(theirs)
    is_same = all(make() == first for make in (render, render_apart) for _round in range(5))
    row.add(
        "letter, against a page of reportlab",
        f"{ratio:.2f} x: {spread([1000 * value for value in ours], 1)} ms of CPU "
        f"and {spread([1000 * value for value in theirs], 1)} ms",
        f"{LIMIT} x",
        ratio <= LIMIT,
    )
    row.add(
        "letters with other bytes for the same data, of 10", 0 if is_same else "some", 0, is_same
    )
    apart, _same = measure((render_apart, render), 5 if row.quick else 20, clock=time.perf_counter)
    row.add(
        "letter, with the process in which it is laid out",
        f"{spread([1000 * value for value in apart], 0)} ms",
        f"{APART} ms",
        1000 * statistics.median(apart) <= APART,
    )
    return row.finish()


if __name__ == "__main__":
    sys.exit(main())
