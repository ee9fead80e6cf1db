from odoo import fields, models


class CertificateReasonWizard(models.TransientModel):
    """Asks the custodian of the seller what is wrong with a request, a document of it, or a letter."""

    _inherit = "certificate.reason.wizard"

    request_id = fields.Many2one("certificate.activation", ondelete="cascade")
    letter_id = fields.Many2one("certificate.activation", ondelete="cascade")
    document_id = fields.Many2one("certificate.request.document", ondelete="cascade")

    def action_confirm(self):
        """Reject the document, the request or the letter."""
        self.ensure_one()
        if self.document_id:
            self.document_id._reject(self.reason)
        elif self.letter_id:
            self.letter_id._reject_letter(self.reason)
        elif self.request_id:
            self.request_id._reject_request(self.reason)
        else:
            return super().action_confirm()
        return {"type": "ir.actions.act_window_close"}
