import math

from odoo import models
from odoo.tools import float_round

# How many pesos above and below the computed total are tried.
_WHOLE_TRIES = 5


class AccountMove(models.Model):
    """The invoice of a certificate before it is stored, from which the price is read."""

    _inherit = "account.move"

    def _round_to_whole_pesos(self):
        """Adjust the price of the only line so that the total has no cents, by less than a peso if possible.

        Not every whole total has a price with cents that gives it: then take the next one.
        """
        line, currency = self.invoice_line_ids, self.currency_id
        unit, total = line.price_unit, self.tax_totals["total_amount_currency"]
        if total <= 0 or currency.is_zero(total - round(total)):
            return

        def price(amount):
            line.price_unit = amount
            return self.tax_totals["total_amount_currency"]

        digits = self.env["decimal.precision"].precision_get("Product Price")
        # What one peso more before taxes adds to the total; some taxes do not depend on the price.
        slope = (price(unit + 1000) - total) / 1000
        wholes = range(math.floor(total) - _WHOLE_TRIES, math.ceil(total) + _WHOLE_TRIES + 1)
        for whole in sorted(wholes, key=lambda whole: abs(whole - total)):
            nearest = unit + (whole - total) / slope
            for steps in (0, 1, -1):
                tried = float_round(nearest + steps * 10**-digits, precision_digits=digits)
                if tried > 0 and currency.compare_amounts(price(tried), whole) == 0:
                    return
        line.price_unit = unit

    def _get_withheld_amount(self):
        """Return the sum of the withholdings of this invoice, as a positive amount."""
        return -sum(
            group["tax_amount_currency"]
            for subtotal in self.tax_totals["subtotals"]
            for group in subtotal["tax_groups"]
            if group["tax_amount_currency"] < 0
        )
