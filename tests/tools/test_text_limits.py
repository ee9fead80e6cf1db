# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is kept of a text that a person writes, and what a file is called."""

import time

from odoo.tests import BaseCase

from ...const import LETTER_PLACEHOLDERS
from ...tools import text_limits
from ...tools.text_limits import FILENAME_LENGTH, clean_filename, clean_text, is_clean


class TestTextLimits(BaseCase):
    def test_what_nobody_sees_is_left_out_and_lines_end_where_they_did(self):
        for text, one_line, lines in (
            ("  Calle  1 \u00a0# 2 ", "Calle 1 # 2", "Calle  1 \u00a0# 2"),
            ("uno\r\ndos\rtres\x0bcuatro", "uno dos tres cuatro", "uno\ndos\ntres\x0bcuatro"),
            ("a\u2028b\u0085c\td", "a b c d", "a\u2028b\u0085c\td"),
            ("a\x00b\x1b[31m\x7f\x9f", "ab[31m", "ab[31m"),
            ("\u202e\u2066fdp\u2069.exe\u200f\u061c\ufeff", "fdp.exe", "fdp.exe"),
            ("a\ud800b", "a\ufffdb", "a\ufffdb"),
            ("Ñandú 👩‍💻 José", "Ñandú 👩‍💻 José", "Ñandú 👩‍💻 José"),
            ("\x00 \r\n", "", ""),
        ):
            with self.subTest(text):
                self.assertEqual(clean_text(text), one_line)
                self.assertEqual(clean_text(text, lines=True), lines)
                self.assertEqual(clean_text(one_line), one_line)
                self.assertTrue(is_clean(clean_text(text)))
        for text in ("a\nb", "a\tb", "a\x00", "\u202eb", "a\ud800", "a\u2029"):
            self.assertFalse(is_clean(text), text)

    def test_a_file_has_a_name_of_one_line_and_no_folder(self):
        for name, expected in (
            ("carta.pdf", "carta.pdf"),
            ("ESCANEO.PDF", "ESCANEO.PDF"),
            ("carta", "carta.pdf"),
            ("../../etc/passwd", "-..-etc-passwd.pdf"),
            ("C:\\x\\carta.Pdf", "C:-x-carta.Pdf"),
            ("a\r\nSet-Cookie: b.pdf", "a Set-Cookie: b.pdf"),
            ("\u202efdp.exe", "fdp.exe.pdf"),
            ("", ""),
            ("..", ""),
            (" \x00\n", ""),
        ):
            with self.subTest(name):
                self.assertEqual(clean_filename(name, ".pdf"), expected)
        for long in ("é" * 300 + ".PDF", "é" * 100_000):
            name = clean_filename(long, ".pdf")
            self.assertEqual(len(name), FILENAME_LENGTH)
            self.assertTrue(name.lower().endswith(".pdf"))
            self.assertLess(len(name.encode()), 255)

    def test_each_rule_writes_what_it_keeps_the_same_way_again(self):
        rules = {rule for rules in text_limits.TEXT_RULES.values() for rule in rules.values()}
        for rule in rules:
            for text in ("x", " 52.123.456 ", "a\x00\ud800\u202e", "9" * 5000, "x" * 10**6):
                cleaned = rule.clean(text)
                self.assertEqual(rule.clean(cleaned), cleaned)

    def test_no_text_takes_long(self):
        """Texts on which an expression that tries every way would take minutes."""
        started = time.process_time()
        for text in ("\u200e" * 10**6, " \r" * 500_000, "a@" + "a." * 500_000, "- " * 500_000):
            clean_text(text)
            is_clean(text)
            for rules in text_limits.TEXT_RULES.values():
                for rule in rules.values():
                    rule.clean(text[:1400])
        self.assertLess(time.process_time() - started, 10)

    def test_html_has_tags_that_end(self):
        for html in ("<p>a &lt; b</p>" * 5000, "", '<img alt="a < b"/>', "<p>" * 50_000):
            self.assertTrue(text_limits.is_tidy_html(html))
        for html in ("<" * 1000, "<!--" * 1000, "<a href='" * 1000, "<p>x</p>" + "<b " * 50):
            self.assertFalse(text_limits.is_tidy_html(html))

    def test_each_word_of_a_letter_has_a_limit(self):
        self.assertEqual(text_limits.LETTER_LIMITS.keys(), LETTER_PLACEHOLDERS.keys())
