from odoo import api, models
from odoo.exceptions import AccessError

# Fields of a department that a letter states, or that make it Colombian.
_LETTER_FIELDS = frozenset(("name", "code", "country_id"))


class ResCountryState(models.Model):
    """The letters of every company state a department's name."""

    _inherit = "res.country.state"

    def write(self, vals):
        """Let only administrators rename Colombia's departments; otherwise any user who edits
        contacts could.
        """
        if not _LETTER_FIELDS.isdisjoint(vals):
            self._check_may_change()
        result = super().write(vals)
        if "country_id" in vals:
            # Nor may another country's state become a Colombian department.
            self._check_may_change()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_department(self):
        self._check_may_change()

    def _check_may_change(self):
        """Refuse to let anyone but an administrator change Colombia's departments.

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
