from contextlib import suppress

from odoo import api, models
from odoo.exceptions import ValidationError

from odoo.addons.base.models.ir_qweb import QWebError

from ..tools import identity

# What a letter may say of a company, which has it from its contact.
LETTER_FIELDS = frozenset(
    ("name", "vat", "street", "street2", "zip", "city", "state_id", "country_id", "email", "phone")
)


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        if LETTER_FIELDS & vals.keys():
            companies = self.env["res.company"].sudo().search([("partner_id", "in", self.ids)])
            # With a broken text nothing can be compared now: that is not the fault of whoever writes
            # an address, and is noticed when the letter is used.
            if companies:
                with suppress(QWebError):
                    self.env["certificate.activation"]._follow_letter_change("company", companies)
        return result

    # === NIT LOCK === #

    @api.constrains("vat", "l10n_latam_identification_type_id")
    def _check_nit_lock(self):
        """Compare with the NIT that was confirmed: a check of values holds for every way in.

        :raise ValidationError: when it is another one
        """
        nit_type = self.env.ref("l10n_co.rut")
        for setup in self._get_nit_locks():
            partner = setup.company_id.partner_id
            if (
                identity.format_nit(partner.vat) != setup.locked_nit
                or partner.l10n_latam_identification_type_id != nit_type
            ):
                raise ValidationError(setup._get_nit_lock_sentence())

    def can_edit_vat(self):
        return super().can_edit_vat() and not self._get_nit_locks()

    def _get_nit_locks(self):
        """Return the set-ups, in sudo mode, that lock the NIT of these contacts.

        :rtype: electronic.invoicing.setup
        """
        setups = self.env["electronic.invoicing.setup"].sudo().with_context(active_test=False)
        return setups.search(
            [("company_id.partner_id", "in", self.ids), ("locked_nit", "!=", False)]
        )
