"""The rungs of reminders: how they are written, and which one is the nearest."""

from odoo.tests import BaseCase

from ...tools import expiry


class TestExpiryDays(BaseCase):
    def test_days_are_read_as_people_type_them(self):
        for text, days in (
            ("90/60/30/15/7/1", (90, 60, 30, 15, 7, 1)),
            ("1, 7; 15 30\n60/90", (90, 60, 30, 15, 7, 1)),
            ("7/7/07", (7,)),
            ("999", (999,)),
            (" / ", ()),
            ("", ()),
            (False, ()),
        ):
            with self.subTest(text):
                self.assertEqual(expiry.parse_days(text), days)

    def test_other_texts_are_refused(self):
        for text in ("0", "90/0", "1000", "-1", "30 days", "1.5", "٣", "90//x"):
            with self.subTest(text), self.assertRaises(ValueError):
                expiry.parse_days(text)

    def test_each_day_has_the_nearest_rung(self):
        rungs = expiry.get_rungs((90, 30, 7, 1))
        expected = {
            **dict.fromkeys((365, 91), 0),
            **dict.fromkeys((90, 60, 31), 90),
            **dict.fromkeys((30, 8), 30),
            **dict.fromkeys((7, 2), 7),
            **dict.fromkeys((1, 0), 1),
            -1: 0,
        }
        found = {left: expiry.find_rung(rungs, left) for left in expected}
        self.assertEqual(found, expected)
        self.assertEqual(expiry.find_rung(expiry.get_rungs(()), 5), 0)
