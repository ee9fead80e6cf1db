from odoo import api, models
from odoo.exceptions import AccessError

# What a letter says of a department, or what makes it one of Colombia.
_LETTER_FIELDS = frozenset(("name", "code", "country_id"))


class ResCountryState(models.Model):
    """A department stands by its name in the letters of every company."""

    _inherit = "res.country.state"

    def write(self, vals):
        """Let administrators alone rename Colombia's departments; whoever edits contacts could."""
        if not _LETTER_FIELDS.isdisjoint(vals):
            self._check_may_change()
        result = super().write(vals)
        if "country_id" in vals:
            # Nor does another country's become one of them.
            self._check_may_change()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_department(self):
        self._check_may_change()

    def _check_may_change(self):
        """Refuse that others than administrators change what is one of Colombia's departments.

        :raise AccessError: when they do
        """
        is_department = "CO" in self.sudo().country_id.mapped("code")
        if is_department and not self.env["res.partner"]._is_for([]):
            raise AccessError(
                self.env._(
                    "The departments of Colombia appear in the letters of every company. Only "
                    "an administrator can change them."
                )
            )
