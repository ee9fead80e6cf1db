from odoo import fields, models
from odoo.exceptions import UserError

# Decisions with a reason, by the field that leads to the record; each method takes the reason.
_DECISIONS = {
    "document_id": "_reject",
    "letter_id": "_reject_letter",
    "request_id": "_reject",
    "receipt_id": "_reject",
    "pause_id": "_pause",
    "resume_id": "_resume",
    "cancel_id": "action_cancel",
    "revoke_id": "action_revoke",
    "activation_id": "_discard_payment",
}


class CertificateReasonWizard(models.TransientModel):
    """Asks the user who decides for a reason, and passes it on.

    A manager rejects a receipt, discards a payment, cancels or revokes an activation, or switches the company's
    own certificate off and on; the custodian of the seller rejects a request, a document of it, or a letter.
    """

    _name = "certificate.reason.wizard"
    _description = "Reason for a Decision"
    _inherit = ["certificate.input.mixin"]

    receipt_id = fields.Many2one("certificate.payment.receipt", ondelete="cascade")
    activation_id = fields.Many2one("certificate.activation", ondelete="cascade")
    request_id = fields.Many2one("certificate.request", ondelete="cascade")
    letter_id = fields.Many2one("certificate.activation", ondelete="cascade")
    pause_id = fields.Many2one("certificate.activation", ondelete="cascade")
    resume_id = fields.Many2one("certificate.activation", ondelete="cascade")
    cancel_id = fields.Many2one("certificate.activation", ondelete="cascade")
    revoke_id = fields.Many2one("certificate.activation", ondelete="cascade")
    document_id = fields.Many2one("certificate.request.document", ondelete="cascade")
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Carry out the decision that the dialog was opened for."""
        self.ensure_one()
        name = next((name for name in _DECISIONS if self[name]), None)
        if not name:
            raise UserError(
                self.env._("There is nothing to decide any more. Close this and reload the page.")
            )
        getattr(self[name], _DECISIONS[name])(self.reason)
        return {"type": "ir.actions.act_window_close"}
