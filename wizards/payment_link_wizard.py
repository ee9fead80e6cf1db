from odoo import models
from odoo.exceptions import AccessError


class PaymentLinkWizard(models.TransientModel):
    """Odoo signs what this says, so that it must say what the document says.

    The signature is one over partner, amount and currency. With those of somebody else it would open
    that one's documents on the payment page, and offer that one's saved cards.
    """

    _inherit = "payment.link.wizard"

    def _compute_link(self):  # pylint: disable=missing-return
        for wizard in self:
            wizard._check_document()
        certificates = self.browse()
        for wizard in self.filtered(lambda wizard: wizard.res_model == "account.move"):
            invoice = self.env["account.move"].browse(wizard.res_id)
            if activation := invoice._get_certificate_activation():
                # What is due, by a link that pays this certificate alone and ends.
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
