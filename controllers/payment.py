from odoo.exceptions import ValidationError
from odoo.http import request

from odoo.addons.account_payment.controllers.payment import PaymentPortal

from ..const import WIZARD_PATH


class CertificatePaymentPortal(PaymentPortal):
    def _get_extra_payment_form_values(self, invoice_id=None, **kwargs):
        """Override of `account_payment` to lead from the payment of a certificate to the wizard.

        The invoice is the seller's and the user belongs to the buying company: that is as it should
        be, and no reason to hide the form.
        """
        form_values = super()._get_extra_payment_form_values(invoice_id=invoice_id, **kwargs)
        if activation := self._get_activation(self._cast_as_int(invoice_id)):
            form_values.update(
                {
                    "reference_prefix": activation.name,
                    "landing_route": WIZARD_PATH,
                    "company_mismatch": False,
                    "partner_is_different": False,
                }
            )
        return form_values

    def _process_transaction(
        self, partner_id, currency_id, invoice_ids, payment_reference, **kwargs
    ):
        """Override of `account_payment` to take for a certificate only what was offered.

        The amount and the landing address come from the browser, and the partner is whoever is
        logged in.
        """
        if len(invoice_ids) == 1 and (activation := self._get_activation(invoice_ids[0])):
            invoice = activation.payment_move_id
            due = invoice.amount_total - invoice._get_settled_amount()
            if (
                invoice.currency_id.compare_amounts(float(kwargs.get("amount") or 0), due) != 0
                or kwargs.get("landing_route") != WIZARD_PATH
            ):
                raise ValidationError(
                    request.env._("The certificate is paid as a whole. Start the payment again.")
                )
            partner_id = invoice.partner_id.id
            payment_reference = activation.name
        return super()._process_transaction(
            partner_id, currency_id, invoice_ids, payment_reference, **kwargs
        )

    @staticmethod
    def _get_activation(invoice_id):
        """Return the activation, in sudo mode, that an invoice of this id pays."""
        return request.env["account.move"].browse(invoice_id or [])._get_certificate_activation()
