"""The rules of form of what DIAN gives to an issuer."""

from datetime import date

from odoo.tests import BaseCase

from ...tools import dian


class TestDian(BaseCase):
    def check(self, rule, expected, values):
        for value in values:
            with self.subTest(value):
                self.assertIs(rule(value), expected)

    def test_identifiers_are_uuids(self):
        good = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
        self.check(dian.is_uuid, True, (good, good.upper()))
        self.check(
            dian.is_uuid,
            False,
            (None, False, "", "a1b2", good[:-1], good + "0", good.replace("-", ""), f"{{{good}}}"),
        )

    def test_a_resolution_has_fourteen_digits(self):
        self.check(dian.is_resolution_number, True, ("18764000000001", "18760123456789"))
        self.check(
            dian.is_resolution_number,
            False,
            (None, "", "18760000001", "187640000000011", "28764000000001", "1876400000000A"),
        )
        self.check(dian.is_test_resolution_number, True, ("18760000001",))
        self.check(dian.is_test_resolution_number, False, ("18764000000001", None))

    def test_a_prefix_is_short(self):
        self.check(dian.is_prefix, True, ("", None, False, "FE", "SETP", "1", "A1"))
        self.check(dian.is_prefix, False, ("fe", "SETPX", "F-E", "F E", "É"))

    def test_a_numbering_is_authorised_for_at_most_two_years(self):
        for start, end, is_longer in (
            (date(2026, 1, 15), date(2028, 1, 15), False),
            (date(2026, 1, 15), date(2028, 1, 16), True),
            (date(2026, 1, 15), date(2028, 2, 1), True),
            (date(2028, 2, 29), date(2030, 2, 28), False),
            (date(2028, 2, 29), date(2030, 3, 1), True),
            (date(2026, 12, 31), date(2028, 12, 31), False),
            (date(2019, 1, 19), date(2030, 1, 19), True),
            (date(9999, 1, 1), date(9999, 12, 31), False),
            (None, date(2030, 1, 1), False),
            (date(2030, 1, 1), False, False),
        ):
            with self.subTest(start=start, end=end):
                self.assertIs(dian.is_longer_than_authorised(start, end), is_longer)

    def test_a_technical_key_is_hexadecimal(self):
        self.check(dian.is_technical_key, True, ("a1" * 20, "0f" * 32))
        self.check(dian.is_technical_key, False, (None, "", "a1", "g" * 40, "A1" * 20))

    def test_a_code_loses_its_blanks(self):
        for typed, written in ((" 1876 400\n", "1876400"), (None, ""), (18764, "18764")):
            with self.subTest(typed):
                self.assertEqual(dian.normalize(typed), written)

    def test_an_invoice_belongs_to_its_prefix(self):
        for prefix, sequence_prefix, belongs in (
            ("FE", "FE", True),
            ("FE", "fe-", True),
            ("FE", "FE/2026/", True),
            ("FE", "FEX", False),
            ("FE", "", False),
            ("", "", True),
            ("", "/2026/", True),
            (False, "FE", False),
            ("FE", None, False),
        ):
            with self.subTest(prefix=prefix, sequence_prefix=sequence_prefix):
                self.assertIs(dian.is_numbered_under(prefix, sequence_prefix), belongs)
