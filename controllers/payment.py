from odoo.exceptions import ValidationError
from odoo.http import request

from odoo.addons.account_payment.controllers.payment import PaymentPortal

from ..const import PORTAL_PARAMETER, WIZARD_PATH


class CertificatePaymentPortal(PaymentPortal):
    def _get_extra_payment_form_values(self, invoice_id=None, **kwargs):
        """Override of `account_payment` to lead from the payment of a certificate back to its steps.

        The invoice is the seller's and the user belongs to the buying company: that is as it should
        be, and no reason to hide the form.
        """
        form_values = super()._get_extra_payment_form_values(invoice_id=invoice_id, **kwargs)
        invoice = request.env["account.move"].browse(self._cast_as_int(invoice_id) or [])
        if activation := invoice._get_certificate_activation():
            form_values.update(
                {
                    "reference_prefix": activation.name,
                    "landing_route": activation._get_portal_path()
                    if kwargs.get(PORTAL_PARAMETER)
                    else WIZARD_PATH,
                    "company_mismatch": False,
                    "partner_is_different": False,
                }
            )
        return form_values

    def _create_transaction(self, provider_id, *args, custom_create_values=None, **kwargs):
        """Override of `payment` to take for a certificate only what was offered.

        What to pay, with which provider and where to land comes from the browser here, and the
        partner is whoever is logged in.
        """
        values = dict(custom_create_values or {})
        if activation := self._get_paid_activation(values):
            activation._check_transaction(provider_id, **kwargs)
            kwargs["reference_prefix"] = activation.name
            values["partner_id"] = activation.payment_move_id.partner_id.id
        return super()._create_transaction(
            provider_id, *args, custom_create_values=values, **kwargs
        )

    @staticmethod
    def _get_paid_activation(values):
        """Return the activation, in sudo mode, that a transaction with these values pays."""
        transactions = request.env["payment.transaction"]
        invoice_ids = transactions._fields["invoice_ids"].convert_to_cache(
            values.get("invoice_ids") or [], transactions
        )
        activation = request.env["account.move"].browse(invoice_ids)._get_certificate_activation()
        if activation and len(invoice_ids) > 1:
            raise ValidationError(
                request.env._(
                    "A certificate is paid by itself. Open Activate your digital certificate and buy from there."
                )
            )
        return activation
