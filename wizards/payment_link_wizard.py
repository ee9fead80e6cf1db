from odoo import models
from odoo.exceptions import AccessError


class PaymentLinkWizard(models.TransientModel):
    """Odoo signs the values of this wizard, so they must be the document's.

    The signature covers partner, amount and currency. With somebody else's values it would open
    their documents on the payment page, and offer their saved cards.
    """

    _inherit = "payment.link.wizard"

    def _compute_link(self):  # pylint: disable=missing-return
        for wizard in self:
            wizard._check_document()
        certificates = self.browse()
        for wizard in self.filtered(lambda wizard: wizard.res_model == "account.move"):
            invoice = self.env["account.move"].browse(wizard.res_id)
            if activation := invoice._get_certificate_activation():
                # The amount due, with a link that pays for this certificate only and expires.
                wizard.link = invoice.get_base_url() + activation._get_payment_url()
                certificates |= wizard
        super(PaymentLinkWizard, self - certificates)._compute_link()

    def _check_document(self):
        """Check that the user may read the document, and that partner and currency are the document's.

        :raise AccessError: otherwise
        """
        self.ensure_one()
        document = self.env[self.res_model].browse(self.res_id)
        document.check_access("read")
        get_values = getattr(document, "_get_default_payment_link_values", None)
        values = get_values() if get_values and document else {}
        if self.partner_id.id != values.get("partner_id") or self.currency_id.id != values.get(
            "currency_id"
        ):
            raise AccessError(
                self.env._(
                    "A payment link is for the customer and the currency of its document. Open it "
                    "from the document."
                )
            )
