from odoo import models

# With these a login is somebody else's, or nobody's.
_PERSON_FIELDS = frozenset(("partner_id", "login", "active"))


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        """Let a login whose person may be another one open the link of its invitation again."""
        result = super().write(vals)
        if not _PERSON_FIELDS.isdisjoint(vals):
            accesses = self.env["certificate.portal.access"].sudo()
            if opened := accesses.search([("opened_by_id", "in", self.ids)]):
                opened._trusted().write({"opened_by_id": False})
        return result
