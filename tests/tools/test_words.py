"""Sentences for pages that wrap them."""

from odoo.tests import BaseCase

from ...tools.words import split_codes


class TestWords(BaseCase):
    def test_codes_are_kept_whole(self):
        for sentence, codes in (
            ("The letter 75F4-EJZS-LVZN-ZLEM was downloaded.", ["75F4-EJZS-LVZN-ZLEM"]),
            ("Café · NIT 900.987.321-1", ["900.987.321-1"]),
            ("Reference CERT-2026-00001-ABCDEFGHJK.", ["CERT-2026-00001-ABCDEFGHJK"]),
            ("A well-kept e-mail, and nothing else", []),
            ("", []),
            (None, []),
        ):
            with self.subTest(sentence):
                parts = split_codes(sentence)
                self.assertEqual(parts[1::2], codes)
                self.assertEqual("".join(parts), sentence or "")
