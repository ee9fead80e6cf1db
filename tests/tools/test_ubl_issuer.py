"""Whose document it is, by its own words."""

from odoo.tests import BaseCase, tagged

from ...tools.ubl_issuer import read_issuer
from ..common.link import DIGITS, NIT, make_invoice


@tagged("post_install", "-at_install")
class TestUblIssuer(BaseCase):
    def test_the_issuer_stands_where_dian_has_it(self):
        for kind in (
            "Invoice",
            "CreditNote",
            "DebitNote",
            "ApplicationResponse",
            "AttachedDocument",
        ):
            with self.subTest(kind=kind):
                facts = read_issuer(make_invoice(kind=kind, number="SETP1"))
                self.assertEqual((facts.number, facts.issuers), ("SETP1", (DIGITS,)))

    def test_a_number_is_that_of_a_nit_with_its_digit_behind_a_hyphen_alone(self):
        for number, is_same in (
            (DIGITS, True),
            (NIT, True),
            ("901.555.444", True),
            (f" {DIGITS}\n", True),
            (NIT.replace("-", ""), False),
            (f"{DIGITS}-1", False),
            (f"0{DIGITS}", False),
            ("", False),
        ):
            with self.subTest(number=number):
                self.assertEqual(read_issuer(make_invoice(number)).is_issued_by(NIT), is_same)

    def test_what_names_nobody_is_nobodys(self):
        document = make_invoice().replace(b"AccountingSupplierParty", b"PayeeParty")
        self.assertEqual(read_issuer(document).issuers, ())
        self.assertFalse(read_issuer(document).is_issued_by(NIT))
        self.assertFalse(read_issuer(make_invoice()).is_issued_by(""))
        self.assertEqual(read_issuer(b"<x/>").issuers, ())
