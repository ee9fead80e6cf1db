from odoo import models

# A change to any of these can give the login to somebody else.
_PERSON_FIELDS = frozenset(("partner_id", "login", "active"))


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        """Make a login that may have changed hands open the link of its invitation again."""
        result = super().write(vals)
        accesses = self.env["certificate.portal.access"].sudo()
        if _PERSON_FIELDS.isdisjoint(vals) or accesses._get_invited_ids() == frozenset():
            return result
        if opened := accesses.search([("opened_by_id", "in", self.ids)]):
            opened._trusted().write({"opened_by_id": False})
        return result
