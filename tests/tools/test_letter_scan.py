# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io
import random
import sys
import tempfile
from functools import partial
from pathlib import Path
from unittest.mock import patch

import PIL
import pypdf
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps
from pypdf import PdfReader, PdfWriter, Transformation, generic
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from odoo.tests import BaseCase

from ...tools import letter_scan, letter_scan_child
from ...tools.certificate_chain import Anchor, get_sha256, to_pem
from ...tools.letter_pdf_child import render_letter
from ...tools.pdf_check import check_pdf
from ..common import letter_samples, own_samples, pdf_samples, person_files, scan_pictures

CODE = "ABCD-EFGH-IJKL-MN23"
OTHER = "ZYXW-VUTS-RQPO-7654"
TEXT = "<h2>Carta de exoneración</h2>" + "<p>Declaro que los datos son ciertos.</p>" * 30


def resaved(data, change=None):
    """The file as another program writes it."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    if change:
        change(writer)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def printed(data):
    """The file as printing it to PDF gives it, a little smaller."""
    writer = PdfWriter()
    for page in PdfReader(io.BytesIO(data)).pages:
        sheet = writer.add_blank_page(612, 792)
        sheet.merge_transformed_page(page, Transformation().scale(0.9).translate(20, 10))
        sheet.compress_content_streams()
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def added(data):
    """The file with a page that was appended without touching what is there."""
    writer = PdfWriter(io.BytesIO(data), incremental=True)
    writer.add_blank_page(200, 200)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def scan_with_text(image, text):
    """A scan under which a program has put the text that it believes to read."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842), invariant=1)
    canvas.drawImage(ImageReader(image), 0, 0, 595, 842)
    words = canvas.beginText(72, 72)
    words.setTextRenderMode(3)
    words.textOut(text)
    canvas.drawText(words)
    canvas.save()
    return file.getvalue()


def doubled(bits):
    """Each bit twice: samples of two bits, which are black or white."""
    return bytes(
        sum((byte >> bit & 1) * 3 << 2 * bit % 8 for bit in half)
        for byte in bits
        for half in ((7, 6, 5, 4), (3, 2, 1, 0))
    )


def picture_pdf(keys, content=b"\0" * 1000, *objects, names=b"/A 4 0 R"):
    """A page with one picture, whose entries are `keys`: object 4, which further ones follow."""
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]"
        b" /Resources << /XObject << %s >> >> >>" % names
    )
    body = pdf_samples.stream(content, b"/Type /XObject /Subtype /Image " + keys)
    return pdf_samples.raw_pdf((*pdf_samples.ONE_PAGE[:2], page, body, *objects))


def look_at(data):
    """What the script reports of the pictures, in this process."""
    facts = {}
    with (
        patch.object(letter_scan_child, "_SECONDS", 10**6),
        patch.object(letter_scan_child, "_report", lambda **fact: facts.update(fact)),
    ):
        letter_scan_child._look_at(data, *letter_scan_child._open_pages(data))
    return facts


class TestLetterScan(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.letter = render_letter(TEXT, CODE)
        cls.signer = letter_samples.make_trusted_signer("Ana Gómez")
        cls.signed = letter_samples.signed_pdf(cls.letter, cls.signer)
        root = own_samples.get_chain()[1]
        cls.trust = letter_scan.Trust((Anchor(get_sha256(root), to_pem(root)),), {"52123456"})

    def match(self, data):
        return letter_scan.match_letter(data, check_pdf(data), CODE, self.letter, self.trust)

    def assertKind(self, kind, data):
        self.assertEqual(self.match(data).kind, kind)

    def assertRefused(self, code, data):
        self.assertIn(code, letter_scan.CODES)
        with self.assertRaises(letter_scan.LetterRefused) as refusal:
            self.match(data)
        self.assertEqual(refusal.exception.code, code)
        return refusal.exception

    # === SCANS === #

    def test_the_code_is_read_from_every_kind_of_scan(self):
        for mode, dpi, turn in (
            ("1", 300, 0),
            ("1", 150, 90),
            ("L", 200, 180),
            ("RGB", 150, 3),
            ("RGB", 100, 270),
            ("P", 70, 0),
            ("CMYK", 100, 0),
        ):
            with self.subTest(mode=mode, dpi=dpi, turn=turn):
                self.assertKind(
                    "match", letter_samples.letter_scan(CODE, dpi=dpi, mode=mode, turn=turn)
                )

    def test_the_code_is_read_however_the_picture_is_stored(self):
        page = letter_samples.letter_page(CODE).crop((200, 1000, 1000, 1754))
        bits = page.convert("1", dither=Image.Dither.NONE).tobytes()
        size = b"/Width %d /Height %d " % page.size
        one = size + b"/BitsPerComponent 1 /ColorSpace "
        for kind, keys, content in (
            ("black and white", one + b"/DeviceGray", bits),
            ("a mask", size + b"/ImageMask true", bits),
            ("2 bits", size + b"/BitsPerComponent 2 /ColorSpace /DeviceGray", doubled(bits)),
            ("a palette", one + b"[/Indexed /DeviceRGB 1 <000000ffffff>]", bits),
            ("a palette in a stream", one + b"[/Indexed /DeviceRGB 1 5 0 R]", bits),
            ("a palette of gray", one + b"[/Indexed /DeviceGray 1 <00ff>]", bits),
        ):
            with self.subTest(kind):
                table = pdf_samples.stream(b"\0\0\0\xff\xff\xff")
                self.assertKind("match", picture_pdf(keys, content, table))

    def test_pages_are_read_as_drivers_write_them(self):
        page = letter_samples.letter_page(CODE, dpi=100)
        page = page.crop((0, 0, page.width // 8 * 8, page.height))
        kinds = dict(scan_pictures.make_all(page))
        for kind, data in kinds.items():
            # Without the library that draws pages, too.
            for library in (None, letter_scan_child.pypdfium2):
                with (
                    self.subTest(kind, library=bool(library)),
                    patch.object(letter_scan_child, "pypdfium2", library),
                ):
                    self.assertEqual(look_at(data)["codes"], [CODE])
        # In the process without rights, too.
        self.assertKind("match", kinds["strips"])
        self.assertKind("match", scan_pictures.on_page(*scan_pictures.as_jbig2(page)))

    def test_what_a_scanner_believes_to_read_on_strips_accuses_nobody(self):
        def change(writer):
            writer.pages[0].merge_page(PdfReader(io.BytesIO(words)).pages[0])

        words = pdf_samples.text_pdf(f"Carta {OTHER}")
        page = letter_samples.letter_page(None)
        self.assertKind("unread", resaved(scan_pictures.in_cells(page, 1, 20), change))

    def test_blank_strips_are_refused(self):
        page = Image.new("L", (1240, 1754), 250)
        self.assertRefused("blank", scan_pictures.in_cells(page, 1, 20))

    def test_a_code_that_the_letter_draws_is_no_scan_of_it(self):
        """The letter as downloaded, with the picture of a signature: a person looks."""
        scrawl = letter_samples.letter_page(None).crop((100, 100, 800, 700))
        for kind, data in (
            ("a picture", scan_pictures.on_page(*scan_pictures.as_jpeg(scrawl))),
            ("strips", scan_pictures.in_cells(scrawl, 1, 9)),
            ("in the content", scan_pictures.in_content(scrawl)),
        ):

            def change(writer, data=data):
                for page in writer.pages:
                    sheet = PdfReader(io.BytesIO(data)).pages[0]
                    page.merge_transformed_page(sheet, Transformation().scale(0.2), over=True)

            for library in (None, letter_scan_child.pypdfium2):
                with (
                    self.subTest(kind, library=bool(library)),
                    patch.object(letter_scan_child, "pypdfium2", library),
                ):
                    self.assertEqual(look_at(resaved(self.letter, change))["codes"], [])

    def test_a_grainy_picture_is_read_when_it_is_made_smaller(self):
        page = letter_samples.letter_page(CODE, dpi=200).filter(ImageFilter.GaussianBlur(2))
        grain = random.Random(2026).randbytes(page.width * page.height)
        page = ImageChops.add(page, Image.frombytes("L", page.size, grain), 2)
        self.assertKind("match", letter_samples.images_pdf(page, dpi=200, quality=20))

    def test_a_page_that_the_file_turns_and_a_picture_in_a_form_are_read(self):
        scan = letter_samples.letter_scan(CODE)
        self.assertKind("match", resaved(scan, lambda writer: writer.pages[0].rotate(90)))
        self.assertKind("match", printed(scan))

    def test_one_page_of_several_suffices(self):
        pages = [letter_samples.letter_page(code) for code in (None, None, CODE)]
        self.assertKind("match", letter_samples.images_pdf(*pages))

    def drawn(self, dpi=150):
        """The letter as it is printed, and where its codes are: boxes in pixels."""
        height = round(297 / 25.4 * dpi)
        with patch.object(letter_scan_child, "_DRAWN_PIXELS", round(210 / 25.4 * dpi)):
            sheet = PdfReader(io.BytesIO(self.letter)).pages[0]
            scale = letter_scan_child._get_scale(*map(float, sheet.mediabox[2:]))
        page = Image.new("L", (round(595.276 * scale), height), 255)
        draw = ImageDraw.Draw(page)
        boxes = []
        modules = letter_samples.drawn_modules(sheet)
        for operands, operator in generic.ContentStream(sheet.get_contents(), None).operations:
            if operator == b"cm" and operands[0] not in (0, 1):
                module, left, bottom = (float(operands[at]) * scale for at in (0, 4, 5))
                top = height - bottom - module * len(modules)
                for row, line in enumerate(modules):
                    for column, dark in enumerate(line):
                        if dark:
                            x, y = left + column * module, top + row * module
                            draw.rectangle((x, y, x + module - 1, y + module - 1), fill=0)
                side = module * len(modules)
                boxes.append((left, top, left + side, top + side))
        return page, boxes

    def test_the_code_survives_a_pen_a_stamp_and_a_cut(self):
        """A glass of Letter is 18 mm shorter than a page of A4."""
        page, boxes = self.drawn()
        self.assertEqual(len(boxes), 3)
        self.assertLess(boxes[0][2], boxes[1][0])
        self.assertKind("match", letter_samples.images_pdf(page))
        foot = page.crop((0, 0, page.width, round(boxes[0][1]) - 20))
        self.assertKind("match", letter_samples.images_pdf(foot))
        # The others suffice without the one in the head.
        ImageDraw.Draw(page).rectangle(boxes[2], fill=255)
        shorter = page.height - round(18 / 25.4 * 150)
        self.assertKind("match", letter_samples.images_pdf(page.crop((0, 0, page.width, shorter))))
        for box in boxes[:2]:
            crossed = page.copy()
            ImageDraw.Draw(crossed).line(box, fill=40, width=6)
            self.assertKind("match", letter_samples.images_pdf(crossed))
            left, top, right, bottom = box
            ImageDraw.Draw(crossed).rectangle((left, top, right, bottom), fill=90)
            self.assertKind("match", letter_samples.images_pdf(crossed))
        # Half of the letter is missing at either side.
        for left, right in ((0, boxes[1][0] - 5), (boxes[0][2] + 5, page.width)):
            half = page.crop((round(left), 0, round(right), page.height))
            self.assertKind("match", letter_samples.images_pdf(half))

    def numbered(self, *numbers, total=2):
        """A scan of some pages of a letter; a page of None shows no code, one of 0 nothing."""
        pages = [
            Image.new("L", (1240, 1754), 250)
            if number == 0
            else letter_samples.letter_page(number and f"{CODE} {number}/{total}")
            for number in numbers
        ]
        return letter_samples.images_pdf(*pages)

    def test_all_pages_of_the_letter_are_needed(self):
        for numbers, total in (
            ((1,), 1),
            ((1, 2), 2),
            ((2, 1), 2),
            ((1, 0, 2, 0), 2),  # both sides were scanned
            ((1, 2, None), 2),  # an annex
            ((1, 1, 2), 2),
        ):
            with self.subTest(numbers=numbers):
                self.assertKind("match", self.numbered(*numbers, total=total))
        # The code of a page was not read: a person looks which page it is.
        match = self.match(self.numbered(1, None))
        self.assertEqual((match.kind, match.pages), ("unread", (2,)))
        for numbers, total, missing in (
            ((1,), 2, (2,)),
            ((2,), 2, (1,)),
            ((1, 0), 2, (2,)),
            ((2, 4), 4, (1, 3)),
            ((1, None), 3, ()),
        ):
            with self.subTest(numbers=numbers):
                refusal = self.assertRefused("missing_pages", self.numbered(*numbers, total=total))
                self.assertEqual(refusal.pages, missing)

    def test_two_pages_in_one_picture_are_both_there(self):
        pages = [letter_samples.letter_page(f"{CODE} {number}/2") for number in (1, 2)]
        sheet = Image.new("L", (2 * pages[0].width, pages[0].height))
        for number, page in enumerate(pages):
            sheet.paste(page, (number * page.width, 0))
        self.assertKind("match", letter_samples.images_pdf(sheet))

    def test_a_sheet_with_room_beside_the_page_that_was_read(self):
        """A copy of two or four pages on one sheet, of which a code was not read: a person looks."""
        first, other = (letter_samples.letter_page(qr, dpi=200) for qr in (f"{CODE} 1/2", None))
        reduced = [page.resize((1169, 1654), Image.Resampling.LANCZOS) for page in (first, other)]

        def put(size, *places):
            sheet = Image.new("L", size, 248)
            for page, place in places:
                sheet.paste(page, place)
            return sheet

        two = put((2339, 1654), (reduced[0], (0, 0)), (reduced[1], (1170, 0)))
        cut_off = two.crop((60, 30, two.width - 60, two.height - 30))
        four = put(
            (1654, 2339),
            *((page.resize((827, 1169)), place) for page, place in (
                (other, (0, 0)), (other, (827, 0)), (first, (0, 1170)), (other, (827, 1170)),
            )),
        )  # fmt: skip
        glass = put((3307, 2339), (first, (0, 0)), (other, (1654, 0)))
        for kind, sheet in (
            ("two pages", two),
            ("swapped", ImageOps.mirror(ImageOps.mirror(two).rotate(180))),
            ("on its side", two.rotate(90, expand=True)),
            ("cut off and askew", cut_off.rotate(2, fillcolor=248)),
            ("four pages", four),
            ("a large glass", glass),
        ):
            with self.subTest(kind):
                match = self.match(letter_samples.images_pdf(sheet, dpi=200))
                self.assertEqual((match.kind, match.pages), ("unread", (2,)))
        # There is no room for it on these.
        for kind, sheet in (
            ("one page", first),
            ("on its side", first.rotate(90, expand=True)),
            ("a photo", put((2200, 2900), (first, (273, 280)))),
            ("reduced", put((1654, 2339), (reduced[0], (100, 100)))),
        ):
            with self.subTest(kind):
                refusal = self.assertRefused(
                    "missing_pages", letter_samples.images_pdf(sheet, dpi=200)
                )
                self.assertEqual(refusal.pages, (2,))

    def test_what_persons_put_into_one_file(self):
        pages = [letter_samples.letter_page(f"{CODE} {number}/2") for number in (1, 2)]
        one, two = pages
        turned = [page.rotate(180) for page in pages]
        back, annex = Image.new("L", one.size, 250), letter_samples.letter_page(None)
        card = Image.new("L", one.size, 252)
        card.paste(letter_samples.letter_page("PDF417 52123456").resize((500, 320)), (300, 200))
        cover = letter_samples.letter_page("https://muisca.dian.gov.co/rut")
        for kind, sheets in (
            ("upside down", turned),
            ("one upside down", (one, turned[1])),
            ("one on its side", (one.rotate(90, expand=True), two)),
            ("both sides", (one, back, two, back)),
            ("swapped", (two, one)),
            ("one twice", (one, two, two)),
            ("an identity card", (one, two, card)),
            ("a cover", (cover, one, two)),
            ("an annex", (one, two, annex, annex)),
            ("all of it", (cover, turned[1], back, one, annex, card, one)),
        ):
            with self.subTest(kind):
                self.assertKind("match", letter_samples.images_pdf(*sheets))
        # The annex may be the page of which no code was read.
        for kind, sheets in (("an annex", (one, annex)), ("a card", (card, one))):
            with self.subTest(f"{kind} and one page"):
                match = self.match(letter_samples.images_pdf(*sheets))
                self.assertEqual((match.kind, match.pages), ("unread", (2,)))
        self.assertKind("unread", letter_samples.images_pdf(annex, card))

    def test_the_letter_as_downloaded_with_a_scan_of_its_signed_page(self):
        """Its first page is there, but drawn, as in any copy of the file: a person looks."""
        scan = letter_samples.images_pdf(letter_samples.letter_page(f"{CODE} 2/2"))
        joined = resaved(self.letter, lambda writer: writer.append(io.BytesIO(scan)))
        match = self.match(joined)
        self.assertEqual((match.kind, match.pages), ("unread", (1,)))

    def test_pages_of_a_letter_that_does_not_number_them(self):
        longer = render_letter(TEXT * 2, CODE)
        for numbers, kind in (((1,), None), ((1, 0), None), ((1, 1), "match"), ((1, 2), "match")):
            pages = [
                letter_samples.letter_page((None, CODE, None)[number])
                if number
                else Image.new("L", (1240, 1754), 250)
                for number in numbers
            ]
            data = letter_samples.images_pdf(*pages)
            with self.subTest(numbers=numbers):
                facts = check_pdf(data)
                if kind:
                    match = letter_scan.match_letter(data, facts, CODE, longer)
                    self.assertEqual(match.kind, kind)
                    continue
                with self.assertRaises(letter_scan.LetterRefused) as refusal:
                    letter_scan.match_letter(data, facts, CODE, longer)
                self.assertEqual(refusal.exception.code, "missing_pages")
                self.assertEqual(refusal.exception.pages, ())

    def test_another_letter_is_refused_also_among_the_right_pages(self):
        refusal = self.assertRefused("other_letter", letter_samples.letter_scan(OTHER))
        self.assertEqual(refusal.found, OTHER)
        pages = [letter_samples.letter_page(code) for code in (CODE, OTHER)]
        self.assertRefused("other_letter", letter_samples.images_pdf(*pages))

    def test_what_shows_no_letter_code_is_left_to_a_person(self):
        for kind, data in (
            ("no code", letter_samples.letter_scan(None)),
            ("a code of something else", letter_samples.letter_scan("https://example.com/a")),
            ("a text", pdf_samples.text_pdf()),
        ):
            with self.subTest(kind):
                self.assertKind("unread", data)

    def test_what_a_scanner_believes_to_read_accuses_nobody(self):
        page = letter_samples.letter_page(CODE)
        self.assertKind("match", scan_with_text(page, f"Carta {OTHER}"))
        self.assertKind(
            "unread", scan_with_text(letter_samples.letter_page(None), f"Carta {OTHER}")
        )

    def test_a_blank_page_is_refused(self):
        white = Image.new("L", (1240, 1754), 255)
        # Paper and light are uneven, and the scanner has dust and a dark edge.
        # The same in each run: among many papers there is one with a speck as dark as ink.
        noise = random.Random(2026)
        grains = bytes(min(int(noise.gauss(218, 12)), 255) for _grain in range(620 * 877))
        paper = Image.frombytes("L", (620, 877), grains).resize(white.size)
        draw = ImageDraw.Draw(paper)
        draw.rectangle((0, 0, 20, 1754), fill=10)
        draw.point([(300 + step * 70, 400 + step * 90) for step in range(8)], fill=0)
        for kind, data in (
            ("white", letter_samples.images_pdf(white)),
            ("black and white", letter_samples.images_pdf(white.convert("1"))),
            ("paper", letter_samples.images_pdf(white, paper)),
            ("no content", pdf_samples.raw_pdf()),
        ):
            with self.subTest(kind):
                self.assertRefused("blank", data)

    def test_faint_and_dark_pages_are_not_blank(self):
        dice = random.Random(2026)
        page = letter_samples.letter_page(None)
        for kind, paper, ink, grain in (
            ("a faint copy", 245, 225, 2),
            ("a pencil on gray paper", 190, 172, 2),
            ("a dark photo", 40, 22, 2),
            ("a negative", 20, 60, 3),
            ("grainy paper", 200, 165, 6),
        ):
            noise = bytes(
                128 + max(-99, min(99, round(dice.gauss(0, grain)))) for _grain in range(65536)
            )
            sheet = Image.frombytes("L", (256, 256), noise).resize(page.size)
            faint = page.point(lambda grey, a=ink, b=paper: a + (b - a) * grey // 248)
            faint = ImageChops.add(faint, sheet, 1, -128)
            # Light from one side.
            light = Image.linear_gradient("L").rotate(90).resize(page.size)
            lit = ImageChops.add(faint, light.point(lambda grey: grey // 8), 1, -16)
            with self.subTest(kind):
                self.assertKind("unread", letter_samples.images_pdf(lit, quality=80))

    def test_a_page_on_which_a_code_is_read_is_not_blank(self):
        found = letter_scan.LetterFacts(
            codes=frozenset({CODE}), complete=True, text_codes=frozenset(),
            scan_text_codes=frozenset(), scanned=True, blank=True, signers=(), intact=None,
        )  # fmt: skip
        self.assertEqual(letter_scan.judge_letter(found, False, CODE).kind, "match")

    def test_a_page_with_a_little_ink_is_not_blank(self):
        page = Image.new("L", (1240, 1754), 250)
        ImageDraw.Draw(page).line([(500, 900), (700, 850), (760, 930)], fill=60, width=4)
        white = Image.new("L", page.size, 250)
        self.assertKind("unread", letter_samples.images_pdf(white, page))
        self.assertKind("unread", pdf_samples.text_pdf("."))

    # === THE UNSIGNED ORIGINAL === #

    def test_the_letter_itself_is_refused_however_it_is_saved(self):
        for kind, data in (
            ("as downloaded", self.letter),
            ("saved again", resaved(self.letter)),
            (
                "compressed",
                resaved(self.letter, lambda writer: writer.compress_identical_objects()),
            ),
            ("printed again", printed(self.letter)),
        ):
            with self.subTest(kind):
                self.assertRefused("unsigned", data)
        self.assertRefused("other_letter", render_letter(TEXT, OTHER))

    def test_what_is_signed_on_the_screen_is_not_the_letter_as_downloaded(self):
        def on_page(content, **annotation):
            def change(writer):
                page = writer.pages[0]
                if annotation:
                    note = generic.DictionaryObject()
                    for key, value in annotation.items():
                        note[generic.NameObject(f"/{key}")] = value
                    note[generic.NameObject("/Rect")] = generic.ArrayObject(
                        map(generic.NumberObject, (100, 100, 200, 150))
                    )
                    writer.add_annotation(page, note)
                if content:
                    sheet = PdfReader(io.BytesIO(content)).pages[0]
                    page.merge_page(sheet)

            return resaved(self.letter, change)

        name = generic.NameObject
        curve = pdf_samples.drawn_pdf(b"2 w 100 100 m 120 180 140 60 180 120 c S")
        area = pdf_samples.drawn_pdf(b"100 100 20 5 re f")
        inline = pdf_samples.drawn_pdf(
            b"q 50 0 0 20 100 100 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI Q"
        )
        scan = letter_samples.letter_scan(None)
        joined = resaved(self.letter, lambda writer: writer.append(io.BytesIO(scan)))

        def in_form(writer):
            """A picture that a form paints by a name of the page."""
            sheet = PdfReader(io.BytesIO(scan)).pages[0]
            picture = next(iter(sheet["/Resources"]["/XObject"].values())).get_object()
            form = generic.DecodedStreamObject()
            form.update(
                {
                    name("/Subtype"): name("/Form"),
                    name("/BBox"): generic.RectangleObject((0, 0, 99, 99)),
                }
            )
            form.set_data(b"q 90 0 0 30 0 0 cm /Scrawl Do Q")
            page = writer.pages[-1]
            named = page["/Resources"]["/XObject"].get_object()
            named[name("/Scrawl")] = writer._add_object(picture.clone(writer))
            named[name("/Outer")] = writer._add_object(form)
            paint = generic.DecodedStreamObject()
            paint.set_data(page.get_contents().get_data() + b"\nq /Outer Do Q")
            page[name("/Contents")] = writer._add_object(paint)

        for kind, data in (
            ("a picture in a form without resources", resaved(self.letter, in_form)),
            ("ink", on_page(None, Subtype=name("/Ink"))),
            ("a stamp", on_page(None, Subtype=name("/Stamp"))),
            (
                "a typed name",
                on_page(
                    None,
                    Subtype=name("/FreeText"),
                    Contents=generic.TextStringObject("Ana"),
                    DA=generic.TextStringObject("/Helv 9 Tf"),
                ),
            ),
            ("a picture", on_page(scan)),
            ("a picture in the content", on_page(inline)),
            ("a line", on_page(curve)),
            ("a stroke of the brush", on_page(area)),
            ("the page with the signature, scanned", joined),
            *person_files.make_signed_on_screen(self.letter).items(),
        ):
            with self.subTest(kind):
                self.assertIn(self.match(data).kind, ("unread", "match"))

    # === DIGITAL SIGNATURES === #

    def test_a_digital_signature_is_verified_and_its_signer_named(self):
        match = self.match(self.signed)
        self.assertEqual((match.kind, match.signers), ("signature", "Ana Gómez"))
        second = letter_samples.make_trusted_signer("Luis Díaz")
        twice = letter_samples.signed_pdf(self.signed, second, field="Signature2")
        self.assertEqual(self.match(twice).signers, "Ana Gómez, Luis Díaz")
        # Whoever is not verified is not named beside who is, and proves nothing when signing last.
        third = letter_samples.make_signer("Nadie")
        first = letter_samples.signed_pdf(self.letter, third)
        twice = letter_samples.signed_pdf(first, self.signer, field="Signature2")
        self.assertEqual(self.match(twice).signers, "Ana Gómez")
        twice = letter_samples.signed_pdf(self.signed, third, field="Signature2")
        self.assertEqual(self.match(twice).kind, "unread")

    def test_a_digital_signature_that_proves_nothing_is_looked_at(self):
        for kind, signer in (
            ("an authority of one's own", letter_samples.make_signer("Ana Gómez")),
            ("expired", letter_samples.make_trusted_signer(started_days_ago=9, days=8)),
            ("not yet valid", letter_samples.make_trusted_signer(started_days_ago=-1)),
            ("of somebody else", letter_samples.make_trusted_signer("Luis Díaz", "79123456")),
            (
                "issued by no authority",
                letter_samples.signer_of(
                    own_samples.issue(
                        own_samples.make_subject("52123456"),
                        own_samples.get_key("person"),
                        own_samples.make_subject(),
                        own_samples.get_key(),
                    ),
                    own_samples.get_key("person"),
                    [own_samples.issue(), *own_samples.get_chain()],
                ),
            ),
        ):
            with self.subTest(kind):
                match = self.match(letter_samples.signed_pdf(self.letter, signer))
                self.assertEqual((match.kind, match.anchors), ("unread", ""))
                self.assertTrue(match.signers, "as the file says")
        untrusted = letter_scan.match_letter(self.signed, check_pdf(self.signed), CODE, self.letter)
        self.assertEqual(untrusted.kind, "unread", "nobody is trusted")

    def test_a_signed_scan_is_known_by_its_code(self):
        scan = letter_samples.signed_pdf(letter_samples.letter_scan(CODE), self.signer)
        self.assertKind("signature", scan)
        scan = letter_samples.signed_pdf(letter_samples.letter_scan(None), self.signer)
        self.assertKind("unread", scan)

    def test_a_signature_proves_the_words_of_the_letter_only(self):
        """Who signs could change what the letter says, and leave its code there."""
        changed = render_letter(TEXT.replace("son ciertos", "no son ciertos"), CODE)
        longer = render_letter(TEXT * 4, CODE)
        shorter = resaved(longer, lambda writer: writer.remove_page(1))
        for kind, data, letter in (
            ("other words", changed, self.letter),
            (
                "another document with the code",
                pdf_samples.text_pdf(f"Contrato {CODE}"),
                self.letter,
            ),
            ("a page is missing", shorter, longer),
        ):
            with self.subTest(kind):
                file = letter_samples.signed_pdf(data, self.signer)
                match = letter_scan.match_letter(file, check_pdf(file), CODE, letter, self.trust)
                self.assertEqual((match.kind, match.signers), ("unread", "Ana Gómez"))
        scan = letter_samples.images_pdf(letter_samples.letter_page(f"{CODE} 1/2"))
        refusal = self.assertRefused("missing_pages", letter_samples.signed_pdf(scan, self.signer))
        self.assertEqual(refusal.pages, (2,))

    def test_a_signed_file_that_is_not_the_letter_is_refused(self):
        other = letter_samples.signed_pdf(render_letter(TEXT, OTHER), self.signer)
        self.assertRefused("other_letter", other)
        self.assertRefused(
            "no_letter", letter_samples.signed_pdf(pdf_samples.text_pdf(), self.signer)
        )

    def test_a_broken_signature_is_refused(self):
        def flipped(position):
            # Another digit, which is a hexadecimal one as well.
            digit = b"1" if self.signed[position : position + 1] == b"0" else b"0"
            return self.signed[:position] + digit + self.signed[position + 1 :]

        contents = self.signed.rindex(b"/Contents <")
        # The value of the signature comes last, before the zeros that fill up its place.
        digits = self.signed[contents : self.signed.index(b">", contents)].rstrip(b"0")
        digit = contents + len(digits) - 50
        for kind, data in (
            ("a byte of the document", flipped(self.signed.index(b"/Producer") + 12)),
            ("a byte of the signature", flipped(digit)),
            ("saved again", resaved(self.signed)),
        ):
            with self.subTest(kind):
                self.assertRefused("broken_signature", data)

    def test_a_signature_of_an_unknown_kind_is_not_called_broken(self):
        """SHA-3 with RSA, and the plain numbers of BSI TR-03111, are tried as what they are not."""
        rsa, unknown = b"06092A864886F70D01010B", b"060960864801650304030E"
        unknown_kind = unknown.join(self.signed.rsplit(rsa, 1))
        plain = letter_samples.signed_pdf(self.letter, letter_samples.make_plain_signer())
        for kind, data in (("unknown", unknown_kind), ("plain", plain)):
            with self.subTest(kind):
                self.assertKind("unread", data)
                at = data.index(b"/Producer") + 12
                wrong = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
                self.assertRefused("broken_signature", wrong)

    def test_what_was_added_to_a_signed_file_is_looked_at(self):
        stamp = letter_samples.stamped_pdf(self.signed)
        store = letter_samples.with_store(self.signed)
        for kind, data in (
            ("a page", added(self.signed)),
            ("a page before the second", letter_samples.signed_pdf(added(self.signed), field="B")),
            ("a time stamp", stamp),
            ("a time stamp after a store of proofs", letter_samples.stamped_pdf(store)),
            ("a form that no program leaves", self.signed.replace(b"/ByteRange", b"/ByteRanga")),
            ("another kind", self.signed.replace(b"/ETSI.CAdES.detached", b"/adbe.x509.rsa_sha1")),
        ):
            with self.subTest(kind):
                self.assertIn(self.match(data).kind, ("unread", "signature"))

    def test_a_signed_letter_whose_words_are_outlines(self):
        drawn = pdf_samples.drawn_pdf(b"100 100 20 5 re f")
        self.assertKind("unread", letter_samples.signed_pdf(drawn, self.signer))

    # === LIMITS === #

    def test_hostile_pictures_are_left_to_a_person(self):
        plain = b"/ColorSpace /DeviceGray /BitsPerComponent 8 /Width %d /Height %d"
        for kind, data in (
            ("claims a huge size", picture_pdf(plain % (10**6, 10**6))),
            ("claims no size", picture_pdf(b"")),
            ("claims what it is not", picture_pdf(plain % (600, 600) + b" /Filter /DCTDecode")),
            ("a bomb", picture_pdf(plain % (6000, 6000), b"\0" * 200_000_000)),
            ("refers to itself", picture_pdf(plain % (600, 600) + b" /SMask 4 0 R")),
        ):
            with self.subTest(kind):
                self.assertKind("unread", data)
        self.assertRefused("blank", picture_pdf(plain % (20, 50)))
        self.assertRefused("blank", picture_pdf(plain % (600, 600), names=b"/A null /B 1 0 R"))

    def test_a_signed_file_that_nobody_can_verify(self):
        for data in (b"%PDF-1.7\n", b"nothing"):
            found = letter_scan.read_letter(data, signed=True)
            self.assertEqual((found.signers, found.intact, found.codes), (("",), None, set()))
        # A table of references that is larger than the memory.
        zeros = pdf_samples.stream(bytes(100 << 20), b"/Type /XRef /W [1 1 1] /Root 1 0 R")
        data = b"%%PDF-1.7\n1 0 obj\n%s\nendobj\nstartxref\n9\n%%%%EOF\n" % zeros
        with patch.object(letter_scan, "_MEMORY", 200 << 20):
            found = letter_scan.read_letter(data, signed=True)
        self.assertEqual((found.signers, found.intact), ((), None))

    def test_reading_ends_with_its_time(self):
        page = PdfReader(io.BytesIO(letter_samples.letter_scan(None))).pages[0]
        with (
            patch.object(letter_scan_child, "_SECONDS", 0),
            patch.object(letter_scan_child, "_read") as read,
        ):
            sheet = letter_scan_child._Sheet()
            (picture,) = letter_scan_child._pictures(page)
            sheet.is_filled, sheet.open_again = True, partial(letter_scan_child._open, picture)
            letter_scan_child._read_harder([sheet])
        self.assertEqual((sheet.codes, read.call_count), ([], 0))

    def test_a_server_that_cannot_read_leaves_it_to_a_person(self):
        with patch.object(letter_scan, "_CHILD", "/nonexistent.py"):
            self.assertKind("unread", letter_samples.letter_scan(OTHER))

    def test_without_optional_packages_a_person_has_to_look(self):
        with tempfile.TemporaryDirectory() as folder:
            for package in (pypdf, PIL):
                path = Path(package.__file__).parent
                (Path(folder) / path.name).symlink_to(path)
            python = getattr(sys, "_base_executable", sys.executable)
            with patch.object(sys, "path", [folder]), patch.object(sys, "executable", python):
                found = letter_scan.read_letter(self.signed, signed=True)
                scan = letter_scan.read_letter(letter_samples.letter_scan(CODE), signed=False)
        self.assertEqual(found.text_codes, {CODE})
        self.assertIsNone(found.intact)
        self.assertEqual(letter_scan.judge_letter(found, True, CODE).kind, "unread")
        self.assertEqual((scan.codes, scan.scanned, scan.blank), (frozenset(), True, False))
        self.assertEqual(letter_scan.judge_letter(scan, False, CODE).kind, "unread")
