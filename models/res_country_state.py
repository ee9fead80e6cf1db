from odoo import models
from odoo.exceptions import AccessError

# What a letter says of a department, or what makes it one of Colombia.
_LETTER_FIELDS = frozenset(("name", "code", "country_id"))


class ResCountryState(models.Model):
    """A department stands by its name in the letters of every company."""

    _inherit = "res.country.state"

    def write(self, vals):
        """Let administrators alone rename Colombia's departments; whoever edits contacts could."""
        if not _LETTER_FIELDS.isdisjoint(vals) and not self._may_rename():
            raise AccessError(
                self.env._(
                    "The departments of Colombia stand in the letters of every company. Only an "
                    "administrator changes them."
                )
            )
        return super().write(vals)

    def _may_rename(self):
        return "CO" not in self.sudo().country_id.mapped("code") or self.env["res.partner"]._is_for(
            []
        )
