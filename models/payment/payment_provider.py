from odoo import api, models


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

    @api.model
    def _get_compatible_providers(self, *args, invoice_id=None, **kwargs):
        """Override of `payment` to offer for a certificate the provider that its seller chose."""
        providers = super()._get_compatible_providers(*args, invoice_id=invoice_id, **kwargs)
        invoice = self.env["account.move"].sudo().browse(invoice_id or [])
        if invoice._get_certificate_activation():
            chosen = invoice.company_id.certificate_provider_id
            return providers & chosen if chosen else providers
        return providers
