from odoo import models
from odoo.exceptions import AccessError


class L10nLatamIdentificationType(models.Model):
    """A letter names the representative's document by the code of its type."""

    _inherit = "l10n_latam.identification.type"

    def write(self, vals):
        """Let only administrators change the codes; otherwise any user who edits contacts could."""
        if "l10n_co_document_code" in vals and not self.env["res.partner"]._is_for([]):
            raise AccessError(
                self.env._(
                    "The codes of identification types appear in the letters of every company. "
                    "Only an administrator can change them."
                )
            )
        return super().write(vals)
