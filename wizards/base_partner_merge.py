from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..models.core.concerned import forget


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Refuse to merge contacts that represent somebody.

        The merge moves companies, invitations and logins to another contact by SQL, without the
        checks of a write.
        """
        partners = src_partners | dst_partner
        if setup := src_partners._get_nit_locks()[:1]:
            raise UserError(setup._get_nit_lock_sentence())
        if invitation := partners._get_invitations()[:1]:
            raise UserError(
                self.env._(
                    "%s is invited to activate a digital certificate. Withdraw the invitation "
                    "before you merge the contact.",
                    invitation.partner_id.name,
                )
            )
        for partner in src_partners:
            if not partner._may_write_company_facts():
                raise AccessError(
                    self.env._(
                        "%s is a company of this database: only its own users can merge it with "
                        "another contact. Ask one of them, or an administrator.",
                        partner.name,
                    )
                )
        self._check_certificate_invoices(partners)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        # Of `res.partner._read_company_partners`.
        forget(self.env)
        return result

    @api.model
    def _check_certificate_invoices(self, partners):
        """Check that the merge gives nobody a payment that somebody else made for a certificate.

        An invoice pays for the company whose contact it names, and the merge gives it another one.

        :raise AccessError: for contacts to whom others sold certificates
        """
        if self.env.su or self.env.is_admin():
            return
        own = self.env.user.company_ids
        sellers = self.env["res.company"].sudo().search([("id", "!=", False)])
        invoice = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("partner_id", "in", (partners - own.partner_id).ids),
                    ("company_id", "not in", own.ids),
                    ("invoice_line_ids.product_id", "in", sellers._get_certificate_products().ids),
                ],
                limit=1,
            )
        )
        if invoice:
            raise AccessError(
                self.env._(
                    "A certificate was sold to %s: only the seller can merge this contact with "
                    "another one.",
                    invoice.partner_id.name,
                )
            )
