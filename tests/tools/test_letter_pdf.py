# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The letter's PDF: no text lost, the same bytes each time, a QR code that says the letter's code."""

import base64
import random
import re
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pypdf
from PIL import Image
from pypdf.generic import ContentStream

from odoo.tests import BaseCase

from ...tools import letter_pdf, letter_pdf_child
from ..common.letter_samples import data_uri, drawn_modules, possible_modules

CODE = "CA-2026-000123-8F3A"


LETTER = f"""<!DOCTYPE html><html><head><title>DROPPED</title><style>DROPPED</style></head><body>
bare0 <!-- DROPPED --><h1 class="text-center">Título <em>señalado</em></h1> tail1
<p class="text-justify">uno <b>dos <i>tres</i></b><sup>2</sup> <script>DROPPED</script>cuatro<br/>
    cinco <a href="https://example.com/?a=1&amp;b=2">enlace</a>, <a href="file:///x">local</a></p>tail2
<template>DROPPED</template>
<ol><li>primero<ul><li>anidado</li>suelto</ul>después</li><li><p>segundo</p></li></ol>
<table class="table-bordered">fuera1<caption>leyenda</caption>
<thead><tr><th>Nombre</th><th>Valor</th></tr></thead>
<tbody><tr><td>celda <b>negra</b> cola</td><td><ul><li>en celda</li></ul></td>fuera2</tr>
<tr><td colspan="2"><table><tr><td>interior</td></tr></table>cola3</td></tr></tbody></table>tail4
<img src="{data_uri("PNG")}"/><p>antes<img src="{data_uri("JPEG")}"/>detrás</p>
<img src="https://example.com/x.png" alt="alternativo"/>
<blockquote>cita</blockquote><hr/>
<unknown>raro<other>más raro</other>cola5</unknown>tail6
<div class="o_letter_signature"><p>Firma</p>Peña Núñez, Bogotá: ¿ü?</div>fin
</body></html>"""
TEXT = """bare0 Título señalado tail1 uno dos tres2 cuatro cinco enlace, local tail2
1. primero • anidado suelto después 2. segundo
fuera1 leyenda fuera2 Nombre Valor celda negra cola • en celda interior cola3 tail4
antes detrás alternativo cita raro más raro cola5 tail6 Firma Peña Núñez, Bogotá: ¿ü? fin"""


class TestLetterPdf(BaseCase):
    def pages(self, html, **options):
        return pypdf.PdfReader(BytesIO(letter_pdf_child.render_letter(html, CODE, **options))).pages

    def text(self, html):
        """The text without white space, whose amount is the reader's guess, and without the foot."""
        pages = self.pages(html)
        texts = []
        for number, page in enumerate(pages, 1):
            text = "".join(page.extract_text().split())
            foot = f"{number}/{len(pages)}{CODE}"
            self.assertTrue(text.endswith(foot), text[-80:])
            texts.append(text.removesuffix(foot))
        return "".join(texts)

    def test_no_text_is_lost(self):
        self.assertEqual(self.text(LETTER), "".join(TEXT.split()))

    def test_lists_are_counted_as_html_says(self):
        for kind, numerals in (("a", "abc"), ("A", "ABC"), ("i", ("i", "ii", "iii")), ("I", "I")):
            items = "".join(f"<li>x{number}</li>" for number in range(len(numerals)))
            expected = "".join(f"{numeral}.x{at}" for at, numeral in enumerate(numerals))
            self.assertEqual(self.text(f"<ol type={kind!r}>{items}</ol>"), expected)
        # Further than letters go, and where no paragraph can bear the number.
        self.assertEqual(self.text('<ol type="a" start="27"><li>x</li></ol>'), "27.x")
        self.assertEqual(self.text("<ol><li><table><tr><td>x</td></tr></table></li></ol>"), "1.x")

    def test_what_the_fonts_lack_is_written_plainly(self):
        self.assertEqual(self.text("<p>a\u200db\u2e3ac\u2003d</p>"), "ab-cd")

    def test_a_break_at_the_end_adds_no_line_and_two_add_an_empty_one(self):
        def read(html):
            return self.pages(html)[0].get_contents().get_data()

        self.assertEqual(read("<p>uno<br/></p><p>dos</p>"), read("<p>uno</p><p>dos</p>"))
        one = read("<p>uno</p>").count(b"T*")
        for html, more in (("uno<br/>dos", 1), ("uno<br/><br/>dos", 2), ("<br/>uno<br/>dos", 2)):
            self.assertEqual(read(f"<p>{html}</p>").count(b"T*"), one + more)
        self.assertEqual(read("<p>uno</p><p><br/></p>").count(b"T*"), one + 1)

    def test_deep_nesting_leaves_room_for_the_text(self):
        depth = 60
        html = f"{'<blockquote>' * depth}palabra{'</blockquote>' * depth}"
        self.assertEqual(self.text(html), "palabra")

    def test_a_picture_that_cannot_be_drawn_is_left_out(self):
        large = data_uri("PNG", (5000, 5000))
        nothing = base64.b64encode(b"no picture").decode()
        for source in (large, "data:image/png;base64,A", f"data:image/png;base64,{nothing}"):
            html = f'<p>antes</p><img src="{source}"/><p>detrás</p>'
            self.assertEqual(self.text(html), "antesdetrás")
            self.assertFalse(self.pages(html)[0].images[1:])

    def test_a_table_has_the_lines_that_its_classes_say(self):
        row = "<tr><td>uno</td></tr><tr><td>dos</td></tr>"
        contents = {
            classes: self.pages(f'<table class="{classes}">{row}</table>')[0]
            .get_contents()
            .get_data()
            for classes in ("table", "table table-bordered", "table table-borderless")
        }
        self.assertEqual(len(set(contents.values())), 3)

    def test_no_word_is_lost_in_any_nesting(self):
        """Trees at random, of tags that the layout knows and of others, in places HTML forbids too."""
        tags = (
            "p div h2 ul ol li table tr td th b span small br hr img blockquote pre dl dt section"
        )
        tags = [*tags.split(), "unknown", "o-widget", "caption", "thead", "label", "center", "a"]
        for seed in range(60):
            generator = random.Random(seed)
            words = []

            def tree(depth, generator=generator, words=words):
                parts = []
                for _part in range(generator.randint(1, 4)):
                    words.append(f"w{len(words)}x")
                    parts.append(f" {words[-1]} ")
                    if depth:
                        tag = generator.choice(tags)
                        parts.append(f"<{tag}>{tree(depth - 1)}</{tag}>")
                return "".join(parts)

            html = tree(5)
            printed = " ".join(page.extract_text() for page in self.pages(html))
            with self.subTest(seed=seed):
                # A word may be broken where a column is narrow.
                self.assertEqual(Counter(self.words(printed)), Counter(words))

    @staticmethod
    def words(text):
        return re.findall(r"w\d+x", "".join(text.split()))

    def test_bytes_are_utf_8(self):
        self.assertEqual(self.text("ñandú".encode()), "ñandú")

    def test_markup_characters_are_text(self):
        self.assertEqual(self.text("<p>a &lt;b&gt; &amp;amp; c</p>"), "a<b>&amp;c")

    def test_words_stay_apart(self):
        text = self.pages("<p>uno <b> dos</b>\n tres<br>cuatro</p>")[0].extract_text()
        self.assertIn("uno dos tres\ncuatro", text)

    def test_characters_the_fonts_lack(self):
        decomposed = unicodedata.normalize("NFD", "ñá")
        self.assertEqual(self.text(f"{decomposed} ẽ a\u2011b c\xadd \U0001f600"), "ñáea-bcd?")

    def test_fonts_are_embedded(self):
        for page in self.pages(LETTER):
            for font in page["/Resources"]["/Font"].values():
                self.assertIn("/FontFile2", font.get_object()["/FontDescriptor"], font)

    def test_links(self):
        found = [note.get_object()["/A"]["/URI"] for note in self.pages(LETTER)[0]["/Annots"]]
        self.assertEqual(found, ["https://example.com/?a=1&b=2"])

    def test_images_are_drawn(self):
        page = self.pages(LETTER)[0]
        self.assertEqual(len(page.images), 2)

    def test_what_is_larger_than_a_page(self):
        words = "palabra " * 4000
        for name, html, expected in (
            ("word", "x" * 5000, "x" * 5000),
            ("row", f"<table><tr><td>a</td><td>{words}</td></tr></table>", "a" + words),
            ("signature", f'<div class="o_letter_signature">{words}</div>', words),
            ("image", f'a<img src="{data_uri("PNG", (900, 9000))}"/>b', "ab"),
            ("columns", f"<table><tr>{'<td>c</td>' * 90}</tr></table>", "c" * 90),
            ("nesting", "<div>" * 1000 + "hondo" + "</div>" * 1000 + "fin", "hondofin"),
        ):
            with self.subTest(name):
                self.assertEqual(self.text(html), "".join(expected.split()))

    def test_page_breaks(self):
        always = 'style="page-break-before: always; page-break-after: always"'
        pages = self.pages(f"<p {always}>uno</p><p {always}>dos</p>")
        self.assertEqual(len(pages), 2)  # none before the first, none after the last

    def test_signature_stays_together(self):
        lines = "<p>firma</p>" * 10
        for before in range(20, 40):
            block = f'<div class="o_letter_signature">{lines}</div>'
            last = self.pages("<p>texto</p>" * before + block)[-1].extract_text()
            self.assertEqual(last.count("firma"), 10)

    def test_empty_letter_is_a_page(self):
        for html in ("", b"", " \n", "<!-- x -->"):
            self.assertEqual(self.text(html), "")

    def test_page_sizes(self):
        for name, size in (("A4", (595, 842)), ("Letter", (612, 792))):
            box = self.pages("x", page_size=name)[0].mediabox
            self.assertEqual((round(box.width), round(box.height)), size)

    def test_refusals(self):
        for html, code, options in (
            ("x", "", {}),
            ("x", "C" * 65, {}),
            ("x", CODE, {"page_size": "A3"}),
            ("x", CODE, {"qr": "x" * 201}),
            ("<div>" * 3000 + "lost", CODE, {}),
        ):
            with self.assertRaises(ValueError):
                letter_pdf.render_letter(html, code, **options)

    def test_logo_at_the_top(self):
        for kind, size in (("PNG", (400, 100)), ("JPEG", (100, 900)), ("PNG", (3000, 1000))):
            stream = BytesIO()
            Image.new("RGB", size, "navy").save(stream, kind)
            pages = self.pages("<p>texto</p>" * 60, logo=stream.getvalue())
            self.assertEqual([len(page.images) for page in pages], [1, 0])
            width, _b, _c, height = next(
                operands
                for operands, operator in ContentStream(pages[0].get_contents(), None).operations
                if operator == b"cm" and operands[0] not in (0, 1)
            )[:4]
            self.assertLessEqual((width, height), (170.1, 45.4))
            self.assertAlmostEqual(float(width / height), size[0] / size[1], places=2)
        for other in (b"", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"x" * 99):
            self.assertEqual(len(self.pages("x", logo=other)[0].images), 0)

    def test_what_else_the_qr_code_says(self):
        url = "https://example.com/certificate/verify/" + CODE
        page = self.pages("x", qr=url)[0]
        self.assertIn(drawn_modules(page), possible_modules(url))
        self.assertIn(CODE, page.extract_text())
        self.assertNotIn("/XObject", self.pages("x", qr="")[0]["/Resources"])

    def test_properties(self):
        pdf = letter_pdf_child.render_letter("x", CODE, title="Carta", author="Ñandú")
        info = pypdf.PdfReader(BytesIO(pdf)).metadata
        self.assertEqual((info.title, info.author), ("Carta", "Ñandú"))

    def test_the_process_of_its_own_gives_the_same_bytes(self):
        """Several at once as well, and all that is passed on."""
        stream = BytesIO()
        Image.new("RGB", (40, 10), "navy").save(stream, "PNG")
        options = {
            "title": "Ñandú",
            "author": "\u202eÑ",
            "page_size": "Letter",
            "logo": stream.getvalue(),
            "qr": "https://example.com/x",
        }
        letters = [LETTER.replace("Título", f"Capítulo {number}") for number in range(4)]
        expected = [letter_pdf_child.render_letter(html, CODE, **options) for html in letters]

        def render(html):
            return letter_pdf.render_letter(html, CODE, **options)

        with ThreadPoolExecutor(4) as pool:
            self.assertEqual(list(pool.map(render, letters)), expected)
        expected = letter_pdf_child.render_letter("ñandú", CODE, qr="")
        self.assertEqual(letter_pdf.render_letter("ñandú".encode(), CODE, qr=""), expected)

    def test_what_takes_too_long_is_given_up(self):
        """Reportlab's time grows with the square of a paragraph: this one would take an hour."""
        for code, html in (
            ("too_complex", f"<p>{'x' * 390_000}</p>"),
            ("too_complex", f"<table>{'<tr><td>' * 900}{'x ' * 100_000}</table>"),
            ("too_deep", "<div>" * 3000 + "lost"),
            ("too_long", "x" * (letter_pdf.HTML_LENGTH_MAX + 1)),
        ):
            with (
                self.subTest(code, html=html[:20]),
                self.assertRaises(letter_pdf.LayoutRefused) as refused,
            ):
                letter_pdf.render_letter(html, CODE)
            self.assertEqual(refused.exception.code, code)

    def test_pictures_have_a_bound_together(self):
        """Each is small as a file, and large once it is unpacked."""
        picture = data_uri("PNG", (3900, 4000))
        pages = self.pages(f'<p>texto</p><img src="{picture}"/>' * 6)
        self.assertEqual(sum(len(page.images) for page in pages), 2)

    def test_qr_code_says_the_code_on_each_page(self):
        for code in (CODE, "x9", "Ñ-1"):
            pdf = letter_pdf_child.render_letter("<p>texto</p>" * 60, code)
            pages = pypdf.PdfReader(BytesIO(pdf)).pages
            self.assertEqual(len(pages), 2)
            for number, page in enumerate(pages, 1):
                self.assertIn(drawn_modules(page), possible_modules(f"{code} {number}/2"))
                self.assertNotIn(drawn_modules(page), possible_modules(f"{code} {3 - number}/2"))
        # Of a letter that no scan can hold, pages are not numbered.
        pages = pypdf.PdfReader(
            BytesIO(letter_pdf_child.render_letter("<p>texto</p>" * 400, CODE))
        ).pages
        self.assertGreater(len(pages), 10)
        self.assertEqual(len({str(drawn_modules(page)) for page in pages}), 1)
        self.assertIn(drawn_modules(pages[0]), possible_modules(CODE))

    def test_what_a_letter_cannot_print_is_known_before(self):
        self.assertEqual(letter_pdf.find_unwritable("Núñez Ñáñez, S. A. S. — “Año” €"), "")
        # What has a base letter is printed as that.
        self.assertEqual(letter_pdf.find_unwritable("Ștefan Nguyễn"), "")
        self.assertEqual(letter_pdf.find_unwritable("Анна 王 Ана ☕"), "\u0410\u043d\u0430王☕")
