from odoo import api, models
from odoo.exceptions import UserError


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Refuse to let the contact of a company with a locked NIT go up in another.

        The merge moves the company to the other contact by SQL, past every check of a write.
        """
        if setup := src_partners._get_nit_locks()[:1]:
            raise UserError(setup._get_nit_lock_sentence())
        return super()._update_foreign_keys(src_partners, dst_partner)
