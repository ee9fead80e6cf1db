from odoo import api, fields, models


class CertificateIssueWizard(models.TransientModel):
    """Asks the seller's custodian from when to when the certificate is valid that the authority has issued."""

    _name = "certificate.issue.wizard"
    _description = "Certificate Issued"
    _inherit = ["certificate.input.mixin"]

    request_id = fields.Many2one("certificate.request", required=True, ondelete="cascade")
    date_start = fields.Date(
        string="Valid from",
        compute="_compute_dates",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    date_end = fields.Date(
        string="Valid until",
        compute="_compute_dates",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )

    @api.depends("request_id")
    def _compute_dates(self):
        for wizard in self:
            # With the user's rights: anyone can send any request here.
            wizard.request_id.check_access("read")
            wizard.date_start, wizard.date_end = wizard.request_id._get_proposed_days()

    def action_confirm(self):
        """Note that the certificate is issued, and for when."""
        self.ensure_one()
        self.request_id._issue(self.date_start, self.date_end)
        return {"type": "ir.actions.act_window_close"}
