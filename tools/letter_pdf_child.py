# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Lay out a letter written in HTML as a PDF: real text, embedded fonts, a vector QR code, no network, no disk.

It is the process behind `letter_pdf.py`, run by `sandbox.py`, because reportlab's time grows with the
square of a paragraph, and so does what a picture unpacks to. On standard input come the arguments of
`render_letter` as one JSON object, the logo as base64. On standard output goes a line of JSON, with the
SHA-256 of the PDF or the code of a refusal, and the PDF.
"""

import base64
import hashlib
import json
import logging
import re
import sys
import unicodedata
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from html import escape
from io import BytesIO
from itertools import groupby
from pathlib import Path

import reportlab
from lxml import etree
from PIL import Image as PillowImage
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.lib.colors import Color, black
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.sequencer import Sequencer
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    HRFlowable,
    Image,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)
from reportlab.platypus.doctemplate import LayoutError
from reportlab.platypus.flowables import DDIndenter, PageBreakIfNotEmpty

_PAGE_SIZES = {"A4": A4, "Letter": LETTER}

# All lengths are in points.
_MARGIN = 22 * mm
_FOOTER = 43 * mm  # from the paper's edge to the text; the QR code stands in it
_FOOTER_PLAIN = 20 * mm  # the same without a QR code
_QR_QUIET = 4  # modules; the white border that a reader needs
# Of the letter's own codes, their black: on both sides of each page, since a pen or a stamp crosses one, and so
# high that one survives where a page of A4 is scanned on a glass of Letter, which is 18 mm shorter.
_QR_BOTTOM = 20 * mm
_QR_SIDE = 20 * mm
# A third, small one in the upper margin, for a page whose foot is cut off: clear of what printers leave white.
_QR_TOP = 7 * mm
_QR_SMALL_SIDE = 10 * mm
# Of another code, such as an address, which is longer: with its quiet zone.
_LONG_QR_BOTTOM = 12 * mm
_LONG_QR_SIDE = 30 * mm
_NUMBERED_PAGES = 10  # of a longer letter, no scan is accepted whole, and each code takes its time
_BASELINE = 10 * mm  # of the code and the page number

_FONT = "LetterVera"
_FONT_FILES = {"": "Vera", "-Bold": "VeraBd", "-Italic": "VeraIt", "-BoldItalic": "VeraBI"}
_SIZES = {"h1": (15, 20), "h2": (12.5, 17), "h3": (11, 15), "h4": (10, 14)}
_BODY_SIZE = (10, 14)  # font size and leading, as in _SIZES
_CELL_SIZE = (9, 12)
_SPACES = {  # before and after
    "p": (0, 6),
    "li": (0, 3),
    "h1": (12, 12),
    "h2": (12, 10),
    "h3": (8, 4),
    "h4": (6, 3),
}
_INDENT = 20
_NARROWEST = 60  # an indent or a column never leaves less than this
_CELL_PADDING = 5
_RULE = Color(0.62, 0.62, 0.62)
_SHADE = Color(0.94, 0.94, 0.94)
_GREY = Color(0.35, 0.35, 0.35)
_PX = 0.75  # points of a CSS pixel
_LOGO_SIZE = (60 * mm, 16 * mm)  # at most
_PIXELS_MAX = 16_000_000  # of one image; a small file can claim to be a huge picture
_PIXELS_TOTAL_MAX = 32_000_000  # of all images that are drawn: twice what a letter's text may have

_DROPPED = ("script", "style", "head", "template")
_MARKUP = {
    "b": "b",
    "strong": "b",
    "em": "i",
    "i": "i",
    "u": "u",
    "ins": "u",
    "s": "strike",
    "del": "strike",
    "strike": "strike",
    "sup": "super",
    "sub": "sub",
}
_SMALL = '<font size="-1.5">'  # points
_INLINE = {*_MARKUP, "a", "abbr", "br", "cite", "code", "font", "label", "mark", "q", "small"}
_INLINE |= {"span", "time", "wbr"}
_ALIGNMENTS = {
    "left": TA_LEFT,
    "start": TA_LEFT,
    "center": TA_CENTER,
    "right": TA_RIGHT,
    "end": TA_RIGHT,
    "justify": TA_JUSTIFY,
}
_ALIGN_STYLE = re.compile(r"(?<![\w-])text-align\s*:\s*(\w+)", re.IGNORECASE)
_ALIGN_CLASS = re.compile(r"(?<!\S)text-(\w+)(?!\S)")
_BREAK_STYLE = re.compile(r"page-break-(before|after)\s*:\s*always", re.IGNORECASE)
_LINK = re.compile(r"(https?://|mailto:|tel:)", re.IGNORECASE)
_IMAGE = re.compile(r"data:image/(?:png|jpe?g);base64,(.*)", re.IGNORECASE | re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n\f]+")  # a no-break space is text
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px)?\s*$")


class LetterTooDeep(ValueError):
    """The HTML is nested so deep (2048) that its parser would lose text."""


def render_letter(html, code, *, title="", author="", page_size="A4", logo=b"", qr=None):
    """Return a PDF of the letter, laid out in this process: see `letter_pdf.render_letter`.

    :raises LetterTooDeep: the HTML cannot be read whole.
    """
    body = _parse(html)
    build = partial(_build, code, qr, title or code, author, _PAGE_SIZES[page_size], logo)
    try:
        return build(_Layout, body)
    except LayoutError:  # a table row taller than a page
        return build(_PlainLayout, body)
    except RecursionError:  # hundreds of nested elements
        return build(_PlainLayout, _flat(body))


def _parse(html):
    """Return the root element of the HTML, without what is never printed."""
    text = html.decode("utf-8", "replace") if isinstance(html, bytes) else html
    # Composed letters, because the fonts have no combining accents.
    text = unicodedata.normalize("NFC", _CONTROL.sub(" ", text))
    data = text.encode("utf-8", "replace")
    # Without huge_tree what is nested deeper than 256 elements is lost, with it from 2048.
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    root = etree.HTML(data, parser) if data.strip() else None
    if any(error.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for error in parser.error_log):
        raise LetterTooDeep("The HTML is nested too deep to be read whole.")
    if root is None:
        return etree.Element("body")
    etree.strip_elements(root, *_DROPPED, with_tail=False)
    return root


def _flat(body):
    """Return an element with a paragraph for each run of text in the body."""
    flat = etree.Element("body")
    for text in body.itertext():
        etree.SubElement(flat, "p").text = text
    return flat


def _build(code, qr, title, author, page_size, logo, layout_class, body):
    width, height = page_size
    footer = _FOOTER_PLAIN if qr == "" else _FOOTER
    frame_width, frame_height = width - 2 * _MARGIN, height - _MARGIN - footer
    layout = layout_class(_glyphs(), frame_height)
    story = _letterhead(logo) + layout.flow(body, _Context(frame_width))
    while story and isinstance(story[-1], PageBreakIfNotEmpty):
        story.pop()
    frame = Frame(_MARGIN, footer, frame_width, frame_height, 0, 0, 0, 0)
    output = BytesIO()
    document = BaseDocTemplate(
        output,
        pagesize=page_size,
        pageTemplates=[PageTemplate(frames=[frame])],
        title=title,
        author=author,
        subject=code,
        creator="",
        initialFontName=_FONT,
        invariant=1,
    )
    # An empty story would make a document without a page.
    document.build(story or [Spacer(0, 0)], canvasmaker=partial(_LetterCanvas, code=code, qr=qr))
    return output.getvalue()


@cache
def _glyphs():
    """Register the fonts once a process; return the pattern of the characters they lack."""
    folder = Path(reportlab.__file__).parent / "fonts"  # by its full path: no font of the machine
    for suffix, file in _FONT_FILES.items():
        pdfmetrics.registerFont(TTFont(_FONT + suffix, str(folder / f"{file}.ttf")))
    pdfmetrics.registerFontFamily(_FONT, *(_FONT + suffix for suffix in _FONT_FILES))
    known = pdfmetrics.getFont(_FONT).face.charToGlyph
    return re.compile(f"[^{''.join(re.escape(chr(code)) for code in sorted(known))}]")


def _substitute(missing):
    """Return what is printed for a character (a match) that the fonts lack."""
    character = missing[0]
    plain = unicodedata.normalize("NFKD", character)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    category = unicodedata.category(character)
    if category in ("Cf", "Mn"):  # joiners, direction marks, variation selectors: no ink
        return ""
    if category[0] == "Z":
        return " "
    if category == "Pd":
        return "-"
    # The base letter, as on passports; printable ASCII is in each font.
    return plain if plain and plain.isascii() and plain.isprintable() else "?"


def find_unwritable(text):
    """Return the characters for which a letter would print a question mark, in their order.

    :rtype: str
    """
    missing = dict.fromkeys(_glyphs().finditer(unicodedata.normalize("NFC", text)))
    return "".join(dict.fromkeys(match[0] for match in missing if _substitute(match) == "?"))


class _LetterCanvas(Canvas):
    """Draws the head and the foot of each page at the end, when the number of pages is known."""

    def __init__(self, *args, code, qr, **kwargs):
        super().__init__(*args, **kwargs)
        self._letter_code = code
        self._letter_qr = qr
        self._letter_pages = []

    def showPage(self):
        self._letter_pages.append(dict(self.__dict__))
        self._startPage()

    def save(self):
        pages = self._letter_pages
        says = [self._get_qr(number) for number in range(1, len(pages) + 1)]
        names = {qr: f"qr{place}" for place, qr in enumerate(dict.fromkeys(says))}
        for qr, name in names.items():
            self._define_qr(qr, name)
        for number, (page, qr) in enumerate(zip(pages, says, strict=True), 1):
            self.__dict__.update(page)
            self._draw_margins(f"{number} / {len(pages)}", qr, names[qr])
            super().showPage()  # pylint: disable=super-method-mismatch
        return super().save()

    def _get_qr(self, number):
        """Return what the QR code of a page says: `letter_scan.py` finds out whether a page is missing."""
        pages = len(self._letter_pages)
        if self._letter_qr is not None or pages > _NUMBERED_PAGES:
            return self._letter_code if self._letter_qr is None else self._letter_qr
        return f"{self._letter_code} {number}/{pages}"

    def _define_qr(self, qr, name):
        if not qr:
            return
        side, runs = _qr_runs(qr)
        self.beginForm(name, 0, 0, side, side)
        self.setFillColor(black)
        path = self.beginPath()
        for column, row, length in runs:
            path.rect(column, row, length, 1)
        self.drawPath(path, stroke=0, fill=1)
        self.endForm()

    def _draw_margins(self, number, qr, name):
        right = self._pagesize[0] - _MARGIN
        self.saveState()
        self.setFillColor(_GREY)
        self.setFont(_FONT, 8)
        self.drawString(_MARGIN, _BASELINE, number)
        self.setFont(_FONT, 7)
        code = _glyphs().sub(_substitute, self._letter_code)
        self.drawRightString(right, _BASELINE, code)
        # The black of a code, not its quiet zone, is aligned with the text.
        if self._letter_qr:
            side, _runs = _qr_runs(qr)
            module = _LONG_QR_SIDE / (side + 2 * _QR_QUIET)
            bottom = _LONG_QR_BOTTOM + _QR_QUIET * module
            self._draw_qr(name, right - side * module, bottom, module)
        elif qr:
            side, _runs = _qr_runs(qr)
            for left in (_MARGIN, right - _QR_SIDE):
                self._draw_qr(name, left, _QR_BOTTOM, _QR_SIDE / side)
            bottom = self._pagesize[1] - _QR_TOP - _QR_SMALL_SIDE
            self._draw_qr(name, right - _QR_SMALL_SIDE, bottom, _QR_SMALL_SIDE / side)
        self.restoreState()

    def _draw_qr(self, name, left, bottom, module):
        self.saveState()
        self.translate(left, bottom)
        self.scale(module, module)
        self.doForm(name)
        self.restoreState()


@lru_cache(maxsize=64)
def _qr_runs(code):
    """Return the side of the code in modules and its dark runs (column, row from below, length).

    Choosing the mask takes longer than laying out the letter, and depends on the code alone.
    """
    widget = QrCodeWidget(code, barLevel="L")
    widget.qr.make()
    rows = widget.qr.modules
    runs = []
    for number, row in enumerate(reversed(rows)):
        column = 0
        for dark, group in groupby(map(bool, row)):  # pylint: disable=bad-builtin-groupby
            length = len(list(group))
            if dark:
                runs.append((column, number, length))
            column += length
    return len(rows), tuple(runs)


@dataclass(frozen=True)
class _Context:
    """What a block inherits from those around it; lengths in points."""

    width: float  # left for the block, after the indent
    indent: float = 0
    alignment: int = TA_LEFT
    size: tuple = _BODY_SIZE
    space: tuple = (0, 0)
    bold: bool = False
    heading: bool = False
    in_page: bool = True  # and not in a cell, where no page can break

    def indented(self):
        """Return the context of an indented block; the same where there is no room."""
        if self.width - _INDENT < _NARROWEST:
            return self
        return replace(self, width=self.width - _INDENT, indent=self.indent + _INDENT)


class _Line:
    """Collects the markup of one paragraph; a space after a space is dropped, as a browser does."""

    def __init__(self):
        self.parts = []
        self.blank = True  # no text yet in the current line
        self.space = True  # the last character is a space, so another adds nothing
        self.last_break = None

    def text(self, text):
        """Add text whose white space is already single spaces."""
        if self.space:
            text = text.lstrip(" ")
        if text:
            self.parts.append(escape(text, quote=False))
            self.blank = False
            self.space = text[-1] == " "

    def tag(self, markup):
        self.parts.append(markup)

    def line_break(self):
        if self.blank:
            self.parts.append("\xa0")
        self.last_break = len(self.parts)
        self.parts.append("<br/>")
        self.blank = self.space = True

    def markup(self):
        """Return the markup, empty when there is neither text nor an empty line."""
        if self.blank and self.last_break is None:
            return ""
        if self.blank:  # a break at the end ends the line, it opens no other
            self.parts[self.last_break] = ""
        return "".join(self.parts)


class _Layout:
    """Turns elements into flowables for a page of a given height (points) of text."""

    def __init__(self, missing, height):
        self.missing = missing
        self.height = height
        self.styles = {}
        self.pixels = _PIXELS_TOTAL_MAX  # that may still be drawn

    def flow(self, element, context):
        """Return the flowables of what is inside the element."""
        flowables = []
        line = self.run(_Line(), element.text)
        for child in element:
            if _is_inline(child):
                self.inline(child, line)
            else:
                flowables += self.paragraph(line, context)
                line = _Line()
                flowables += self.block(child, context)
            self.run(line, child.tail)
        return flowables + self.paragraph(line, context)

    def run(self, line, text):
        if text:
            text = _SPACE.sub(" ", text).replace("\xad", "")  # soft hyphens would be printed
            line.text(self.missing.sub(_substitute, text))
        return line

    def inline(self, element, line):
        if element.tag == "br":
            line.line_break()
            return
        href = element.get("href", "").strip() if element.tag == "a" else ""
        if _LINK.match(href):
            before, after = f'<link href="{escape(href)}"><u>', "</u></link>"
        elif element.tag in _MARKUP:
            before, after = f"<{_MARKUP[element.tag]}>", f"</{_MARKUP[element.tag]}>"
        elif element.tag == "small":
            before, after = _SMALL, "</font>"
        else:
            before = after = ""
        line.tag(before)
        self.run(line, element.text)
        for child in element:
            self.inline(child, line)
            self.run(line, child.tail)
        line.tag(after)

    def block(self, element, context):
        """Return the flowables of a block, with the page breaks around it."""
        context = replace(context, space=_SPACES.get(element.tag, (0, 0)))
        context = replace(context, alignment=_alignment(element, context.alignment))
        if "small" in element.get("class", "").split():
            context = replace(context, size=_CELL_SIZE)
        breaks = _BREAK_STYLE.findall(element.get("style", "")) if context.in_page else ()
        if context.in_page and "o_letter_signature" in element.get("class", "").split():
            flowables = self.together(element, replace(context, in_page=False))
        else:
            draw = getattr(self, f"draw_{element.tag}", self.flow)
            flowables = draw(element, context)
        if "before" in breaks:
            flowables = [PageBreakIfNotEmpty(), *flowables]
        if "after" in breaks:
            flowables = [*flowables, PageBreakIfNotEmpty()]
        return flowables

    def together(self, element, context):
        flowables = self.flow(element, context)
        return [KeepTogether(flowables)] if flowables else []

    def heading(self, element, context):
        size = _SIZES[element.tag]
        return self.flow(element, replace(context, size=size, bold=True, heading=True))

    draw_h1 = draw_h2 = draw_h3 = draw_h4 = heading

    def draw_center(self, element, context):
        return self.flow(element, replace(context, alignment=TA_CENTER))

    def draw_blockquote(self, element, context):
        return self.flow(element, context.indented())

    def draw_hr(self, element, context):
        rule = HRFlowable("100%", 0.6, color=_RULE, spaceBefore=6, spaceAfter=6)
        return [_indent(rule, context), *self.flow(element, context)]

    def draw_img(self, element, context):
        picture, pixels = _picture(element, context.width, self.height, self.pixels)
        self.pixels -= pixels
        if picture is None:  # its alternative text is all there is to print
            return self.paragraph(self.run(_Line(), element.get("alt")), context)
        picture.hAlign = {TA_CENTER: "CENTER", TA_RIGHT: "RIGHT"}.get(context.alignment, "LEFT")
        return [_indent(picture, context)]

    def draw_ul(self, element, context):
        return self.list(element, context, lambda item: "•")

    def draw_ol(self, element, context):
        number = _integer(element.get("start"), 1) - 1

        def label(item):
            nonlocal number
            number = _integer(item.get("value"), number + 1)
            return _numeral(number, element.get("type")) + "."

        return self.list(element, context, label)

    def list(self, element, context, label):
        """Return the flowables of a list whose items have the labels that `label(item)` gives."""
        context = context.indented()
        flowables = self.run_in(element.text, context)
        for item in element:
            if item.tag == "li":
                flowables += self.labelled(self.block(item, context), label(item), context)
            else:
                flowables += self.block(item, context)
            flowables += self.run_in(item.tail, context)
        if flowables and context.in_page:
            flowables.append(Spacer(0, 3))
        return flowables

    def labelled(self, flowables, label, context):
        first = flowables[0] if flowables else None
        if not isinstance(first, Paragraph) or first.bulletText:
            first = Paragraph("\xa0", self.style(context))
            flowables = [first, *flowables]
        first.bulletText = label
        return flowables

    def run_in(self, text, context):
        """Return the flowables of bare text where HTML expects elements only."""
        return self.paragraph(self.run(_Line(), text), context)

    def draw_table(self, element, context):
        loose, rows, headers = self.rows(element, context)
        columns = max((sum(span for _cell, span in row) for row in rows), default=0)
        if not columns:
            return loose
        if context.width / columns < _NARROWEST / 2:
            return loose + self.plain_table(rows, context)
        widths = _column_widths(rows, columns, context.width)
        data, spans = [], []
        for number, row in enumerate(rows):
            line = []
            for cell, span in row:
                start, end = len(line), len(line) + span - 1
                if span > 1:
                    spans.append(("SPAN", (start, number), (end, number)))
                if cell.tag == "th":
                    spans.append(("BACKGROUND", (start, number), (end, number), _SHADE))
                inside = replace(
                    context,
                    width=sum(widths[start : end + 1]) - 2 * _CELL_PADDING,
                    indent=0,
                    size=_CELL_SIZE,
                    space=(0, 0),
                    bold=context.bold or cell.tag == "th",
                    alignment=_alignment(cell, context.alignment),
                    in_page=False,
                )
                line += [self.flow(cell, inside)] + [""] * (span - 1)
            data.append(line + [""] * (columns - len(line)))
        table = Table(
            data,
            widths,
            repeatRows=headers if headers < len(rows) else 0,
            style=[*_TABLE_STYLE, *_borders(element), *spans],
            spaceBefore=4,
            spaceAfter=10,
        )
        return [*loose, _indent(table, context)]

    def rows(self, element, context):
        """Return what is in the table but in no cell (flowables), the rows, how many are headers.

        A row is a list of pairs: cell, number of columns that it spans.
        """
        loose, rows, headers = self.run_in(element.text, context), [], 0
        for child in element:
            if child.tag in ("thead", "tbody", "tfoot"):
                outside, inside, _headers = self.rows(child, context)
                loose += outside
                if child.tag == "thead" and not rows:
                    headers = len(inside)
                rows += inside
            elif child.tag == "tr":
                loose += self.run_in(child.text, context)
                row = []
                for cell in child:
                    row.append((cell, min(max(_integer(cell.get("colspan"), 1), 1), 100)))
                    loose += self.run_in(cell.tail, context)
                rows.append(row)
            else:
                loose += self.block(child, context)
            loose += self.run_in(child.tail, context)
        return loose, [row for row in rows if row], headers

    def plain_table(self, rows, context):
        return [part for row in rows for cell, _span in row for part in self.flow(cell, context)]

    def paragraph(self, line, context):
        markup = line.markup()
        return [Paragraph(markup, self.style(context))] if markup else []

    def style(self, context):
        style = self.styles.get(context)
        if style is None:
            font = _FONT + ("-Bold" if context.bold else "")
            style = self.styles[context] = ParagraphStyle(
                "letter",
                fontName=font,
                fontSize=context.size[0],
                leading=context.size[1],
                alignment=context.alignment,
                leftIndent=context.indent,
                bulletIndent=max(context.indent - _INDENT + 4, 0),
                bulletFontName=font,
                bulletFontSize=context.size[0],
                spaceBefore=context.space[0],
                spaceAfter=context.space[1],
                keepWithNext=context.heading and context.in_page,
                allowWidows=0,
                allowOrphans=0,
            )
        return style


class _PlainLayout(_Layout):
    """The layout for what does not fit a page otherwise: a table's cells become paragraphs."""

    def draw_table(self, element, context):
        loose, rows, _headers = self.rows(element, context)
        return loose + self.plain_table(rows, context)


_TABLE_STYLE = [
    ("FONT", (0, 0), (-1, -1), _FONT),  # else Helvetica is referred to, which is not embedded
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), _CELL_PADDING),
    ("RIGHTPADDING", (0, 0), (-1, -1), _CELL_PADDING),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
]


def _borders(table):
    """Return the lines of a table: a grid, or lines between the rows (Bootstrap's `table`)."""
    classes = table.get("class", "").split()
    if "table-bordered" in classes or table.get("border", "0") != "0":
        return [("GRID", (0, 0), (-1, -1), 0.5, _RULE)]
    if "table" in classes and "table-borderless" not in classes:
        return [("LINEBELOW", (0, 0), (-1, -1), 0.5, _RULE)]
    return []


def _column_widths(rows, columns, width):
    """Share the width (points) out: narrow columns get what they want, the wide ones the rest."""
    font, size = _FONT + "-Bold", _CELL_SIZE[0]  # the widest face
    share = width / columns
    wanted = [min(share, _NARROWEST / 2)] * columns
    for row in rows:
        column = 0
        for cell, span in row:
            if span == 1:
                text = " ".join(" ".join(cell.itertext()).split())
                length = pdfmetrics.stringWidth(text, font, size) + 2 * _CELL_PADDING + 1
                wanted[column] = max(wanted[column], length)
            column += span
    widths, left = [0.0] * columns, width
    for done, column in enumerate(sorted(range(columns), key=wanted.__getitem__)):
        widths[column] = min(wanted[column], left / (columns - done))
        left -= widths[column]
    return [size * width / (width - left) for size in widths]


def _picture(element, width, height, pixels):
    """Return the image of the element, at most width x height points, and how many pixels it has.

    :param pixels: at most that many; None and 0 are returned for an image that is not drawn.
    """
    source = _IMAGE.match(element.get("src", "").strip())
    if not source:
        return None, 0
    try:
        data = base64.b64decode(source[1])
    except ValueError:
        return None, 0
    size = _image_size(data, pixels)
    if not size:
        return None, 0
    own_width, own_height = size
    wide, high = (_LENGTH.match(element.get(name, "")) for name in ("width", "height"))
    wide = float(wide[1]) if wide else None
    high = float(high[1]) if high else None
    draw_width = wide or (high * own_width / own_height if high else own_width)
    draw_height = high or draw_width * own_height / own_width
    # Room for a cell's padding and a line above it.
    factor = min(_PX, width / draw_width, (height - 40) / draw_height)
    image = Image(BytesIO(data), draw_width * factor, draw_height * factor)
    return image, own_width * own_height


def _image_size(data, pixels=_PIXELS_MAX):
    """Return width and height of an image that can be drawn, of at most so many pixels; otherwise None."""
    try:
        # Named formats only: Pillow would start other programs for some.
        with PillowImage.open(BytesIO(data), formats=("PNG", "JPEG")) as image:
            if image.width * image.height > min(pixels, _PIXELS_MAX):
                return None
            image.load()
            return image.size
    except (ValueError, OSError, SyntaxError, PillowImage.DecompressionBombError):
        return None


def _letterhead(logo):
    """Return the flowables at the top of the first page: the logo, when it can be drawn."""
    size = logo and _image_size(logo)
    if not size:
        return []
    factor = min(limit / own for limit, own in zip(_LOGO_SIZE, size, strict=True))
    picture = Image(BytesIO(logo), size[0] * factor, size[1] * factor, hAlign="LEFT")
    return [picture, Spacer(0, 10)]


def _numeral(number, kind):
    """Return the number as HTML's list type says: letters, Roman numerals or (None, "1") digits."""
    if kind not in ("a", "A", "i", "I") or not 1 <= number <= 26:
        return str(number)
    sequencer = Sequencer()
    sequencer.setFormat("li", kind)
    sequencer.reset("li", number - 1)
    return sequencer.nextf("li")


def _indent(flowable, context):
    return DDIndenter(flowable, context.indent) if context.indent else flowable


def _is_inline(element):
    return element.tag in _INLINE and all(map(_is_inline, element))


def _alignment(element, inherited):
    found = (
        _ALIGN_STYLE.findall(element.get("style", ""))[-1:]
        + _ALIGN_CLASS.findall(element.get("class", ""))
        + [element.get("align", "")]
    )
    return next((_ALIGNMENTS[name] for name in found if name in _ALIGNMENTS), inherited)


def _integer(text, default):
    try:
        return int(text)
    except (TypeError, ValueError):
        return default


def main():
    logging.disable(logging.CRITICAL)
    _glyphs()  # its files are opened before anything is read
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    arguments = json.loads(sys.stdin.buffer.read())
    arguments["logo"] = base64.b64decode(arguments["logo"])
    try:
        data = render_letter(**arguments)
        facts = {"sha256": hashlib.sha256(data).hexdigest()}
    except LetterTooDeep:
        data, facts = b"", {"refused": "too_deep"}
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + data)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
