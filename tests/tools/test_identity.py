"""The rules of form of Colombian identities."""

from stdnum.co import nit

from odoo.tests import BaseCase

from ...tools import identity


class TestIdentity(BaseCase):
    def test_a_document_number_can_come_as_a_number(self):
        self.assertEqual(identity.normalize_document(52123456), "52123456")

    def check(self, rule, expected, values):
        for value in values:
            with self.subTest(value):
                self.assertIs(rule(value), expected)

    def test_a_nit_is_written_as_dian_writes_it(self):
        for typed, written in (
            ("901414515-7", "901414515-7"),
            ("901.414.515-7", "901414515-7"),
            (" 901 414 515-7\n", "901414515-7"),
            ("213.123.432-1", "213123432-1"),
            ("1032456789-7", "1032456789-7"),  # a person's
            ("901'414'515-7", "901414515-7"),
            ("901,414,515\u20137", "901414515-7"),
            ("NIT 901.414.515-7", "901414515-7"),
            ("N.I.T.: 901.414.515 - 7", "901414515-7"),
            ("\u200b901414515-7\ufeff", "901414515-7"),
            ("\uff19\uff10\uff11414515-7", "901414515-7"),
            ("901\u00b4414\u00b4515-7", "901414515-7"),
            ("NIT N\u00ba 901.414.515-7", "901414515-7"),
            ("NIT-901414515-7", "901414515-7"),
            ("901.414.515 DV 7", "901414515-7"),
            ("901414515, D.V.: 7", "901414515-7"),
            ("0901414515-7", "901414515-7"),
        ):
            with self.subTest(typed):
                self.assertEqual(identity.format_nit(typed), written)

    def test_a_cedula_is_shown_with_points(self):
        for number, shown in (
            ("52123456", "52.123.456"),
            ("1032456789", "1.032.456.789"),
            ("5212345a", "5212345a"),
            ("0123", "0123"),
            ("", ""),
            (False, False),
        ):
            with self.subTest(number):
                self.assertEqual(identity.show_cedula(number), shown)

    def test_a_nit_is_shown_with_points(self):
        self.assertEqual(identity.show_nit("830114921-1"), "830.114.921-1")
        self.assertEqual(identity.show_nit("12345"), "12345")
        self.assertFalse(identity.show_nit(False))

    def test_what_is_no_nit_has_no_written_form(self):
        for typed in (
            None,
            False,
            "",
            "901414515",
            "9014145157",
            "901414515-",
            "-7",
            "901414515-6",
            "901414515-77",
            "901-414515-7",
            "90141451A-7",
            "CO901414515-7",
            "1234-5",
            "1234567890123456-1",
            "901414515-\u0667",  # a seven of another script
        ):
            with self.subTest(typed):
                self.assertIsNone(identity.format_nit(typed))

    def test_a_nit_without_its_digit_is_refused_even_when_it_passes_the_check_by_chance(self):
        trap = "900123455"
        self.assertTrue(nit.is_valid(trap), "its last digit must be right by chance")
        self.assertIsNone(identity.format_nit(trap))
        self.assertIsNone(identity.format_nit("900.123.455"))

    def test_a_nit_without_its_digit_is_completed_to_be_compared(self):
        for typed, nit_with_digit in (
            ("900987321-1", "900987321-1"),
            ("901312112", "901312112-4"),
            ("NIT 901.312.112", "901312112-4"),
            ("CO9013121124", "901312112-4"),
            ("90131211-2", "901312112-4"),
            ("0901312112", "901312112-4"),
            ("1032456789", "1032456789-7"),
            ("901312112-5", None),
            ("1234", None),
            ("", None),
            (None, None),
        ):
            with self.subTest(typed):
                self.assertEqual(identity.complete_nit(typed), nit_with_digit)

    def test_a_nit_of_a_legal_entity_has_nine_digits_and_begins_with_eight_or_nine(self):
        self.check(identity.is_juridical_nit, True, ("901414515-7", "901.414.515-7", "830114921-1"))
        self.check(
            identity.is_juridical_nit,
            False,
            (None, "", "901414515", "901414515-6", "213123432-1", "1032456789-7"),
        )

    def test_citizenship_cards_have_six_to_ten_digits(self):
        def is_card(number):
            return identity.is_document_number("national_citizen_id", number)

        self.check(
            is_card, True, ("123456", "52.123.456", "52 123 456", "52,123,456", "1032456789")
        )
        self.check(
            is_card,
            True,
            (
                "52'123.456",
                "1\u00b4032.456.789",
                '1"032.456.789',
                "N\u00ba 52.123.456",
                "52\u2019123\u2019456",
                "52\u00a0123\u202f456",
                "\u200e52123456",
            ),
        )
        self.check(
            is_card,
            False,
            (
                None,
                "",
                "12345",
                "12345678901",
                "A123456",
                "52123456X",
                "5212/3456",
                "5212345\u0666",
                "52.123.456-1",  # with the check digit of its NIT
                "052123456",
                "52123456.0",
                "000000",
            ),
        )

    def test_other_documents_have_four_to_twenty_letters_and_digits(self):
        for kind in ("foreign_resident_card", "passport", "PEP", "PPT"):

            def is_number(number, kind=kind):
                return identity.is_document_number(kind, number)

            self.check(is_number, True, ("1234", "AB-12 34", "ab1234", "A" * 20))
            self.check(is_number, False, (None, "", "123", "A" * 21, "AB_1234", "ÑÑÑÑ"))

    def test_a_document_is_kept_without_what_stands_between_its_characters(self):
        for typed, kept in (
            ("52.123.456", "52123456"),
            ("52\u00b4123.456", "52123456"),
            ("N\u00ba AB123456", "AB123456"),
            ("No. 52.123.456", "52123456"),
            ("NO123456", "NO123456"),
            (" ab-12\t34\n", "AB1234"),
            (None, ""),
            (False, ""),
        ):
            with self.subTest(typed):
                self.assertEqual(identity.normalize_document(typed), kept)

    def test_an_email_is_one_address(self):
        self.check(
            identity.is_email,
            True,
            ("maria@example.com", " maria@example.com ", "m.p+x@mail.example.co", "ñ@correo.co"),
        )
        self.check(
            identity.is_email,
            False,
            (
                None,
                "",
                "maria",
                "maria@",
                "@example.com",
                "maria@example",
                "maria@.com",
                "maria@example.",
                "maria@example..com",
                "maria@@example.com",
                "maria@example.com, jose@example.com",
                "maria@example.com;jose@example.com",
                "María <maria@example.com>",
                "mailto:maria@example.com",
                "(maria@example.com)",
                '"maria@example.com"',
                "maria@example.com/",
                "maria@example.com:",
                "maria@example.com!",
                "maria@example.c",
                "maria perez@example.com",
                "maria@example.com\nBcc: jose@example.com",
            ),
        )

    def test_a_phone_is_colombian_or_has_its_prefix(self):
        self.check(
            identity.is_phone,
            True,
            (
                "3001234567",
                "300 123 4567",
                "+57 300 123 4567",
                "57 300 123 4567",
                "(601) 234-5678",
                "+57 601 234 5678",
                "+1 212 555 0100",
                "+34.912.345.678",
            ),
        )
        self.check(
            identity.is_phone,
            False,
            (
                None,
                "",
                "2345678",
                "1234567890",
                "300123456",
                "30012345678",
                "+57 200 123 4567",
                "212 555 0100",
                "+123456",
                "+1234567890123456",
                "300123456\u0667",
            ),
        )

    def test_a_telephone_as_people_write_it(self):
        self.check(
            identity.is_phone,
            True,
            (
                "601 1234567 ext 102",
                "(601) 123 4567 Ext. 102",
                "6011234567, extensión 7",
                "6011234567 x102",
                "6011234567#102",
                "0057 300 123 4567",
                "00 57 (601) 123-4567",
                "001 305 555 0199",
                "300\u00a0123\u20114567",
                "\u202a+57 300 123 4567\u202c",
                "300/123/4567",
            ),
        )
        self.check(
            identity.is_phone,
            False,
            (
                "ext 102",
                "601 1234567 ext",
                "300 123 4567 / 601 123 4567",
                "00",
                "0057 12",
                "57ext3001234567",
            ),
        )

    def test_what_nobody_sees_is_no_part_of_an_address(self):
        self.check(
            identity.is_email, True, ("\u200bana@example.com", "ana@example\u200d.com\ufeff")
        )
        self.assertEqual(identity.remove_joiners("Ana\u200d\u200b Gómez"), "Ana Gómez")
        self.assertEqual(identity.tidy_name("\u200cAna\u200d Gó\u200dmez\u200d"), "Ana Gómez")
        for name in ("\u0645\u06cc\u200c\u062e\u0648", "👩\u200d👧 Ana"):
            self.assertEqual(identity.tidy_name(name), name)
