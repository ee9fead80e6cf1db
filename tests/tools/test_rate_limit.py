# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

from odoo.tests import BaseCase

from ...tools import rate_limit


class TestRateLimit(BaseCase):
    def test_a_window_ends(self):
        now = 100.0
        limit = rate_limit.RateLimit(2, 60, clock=lambda: now)
        self.assertFalse(limit.is_reached("a"))
        limit.add("a")
        self.assertFalse(limit.is_reached("a"))
        now = 159
        limit.add("a")
        self.assertTrue(limit.is_reached("a"))
        self.assertFalse(limit.is_reached("b"))
        now = 160
        self.assertFalse(limit.is_reached("a"))
        limit.add("a")
        self.assertFalse(limit.is_reached("a"))

    def test_a_flood_of_addresses_fills_no_memory(self):
        limit = rate_limit.RateLimit(1, 60, clock=lambda: 0)
        for number in range(rate_limit._KEYS_MAX + 10):
            limit.add(str(number))
        self.assertEqual(len(limit._windows), rate_limit._KEYS_MAX)
        self.assertTrue(limit.is_reached(str(number)))
