from odoo import fields, models


class CertificateReasonWizard(models.TransientModel):
    """Asks a manager why, and passes the answer on: to reject a receipt, or to discard a payment."""

    _name = "certificate.reason.wizard"
    _description = "Reason for a Decision"
    _inherit = ["certificate.input.mixin"]

    receipt_id = fields.Many2one("certificate.payment.receipt", ondelete="cascade")
    activation_id = fields.Many2one("certificate.activation", ondelete="cascade")
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Reject the receipt, or discard the pending payment of the activation."""
        self.ensure_one()
        if self.receipt_id:
            self.receipt_id._reject(self.reason)
        else:
            self.activation_id._discard_payment(self.reason)
        return {"type": "ir.actions.act_window_close"}
