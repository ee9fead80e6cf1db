from odoo import api, fields, models

from ..core.aftermath import shown_beside


class AccountMove(models.Model):
    """Where electronic invoicing begins, on the first invoices of a company that has not started it."""

    _inherit = "account.move"

    certificate_start = fields.Boolean(
        compute="_compute_certificate_start",
        help="Whether the invoice shows where its company starts invoicing electronically.",
    )

    @api.depends("company_id", "move_type", "state")
    @api.depends_context("company")
    def _compute_certificate_start(self):
        self.certificate_start = False
        with shown_beside():
            drafts = self.filtered(
                lambda move: (
                    move.move_type == "out_invoice"
                    and move.state == "draft"
                    # The six steps are those of the company that is chosen.
                    and move.company_id == self.env.company
                )
            )
            if drafts and self.env.company._get_electronic_phase() == "open":
                drafts.certificate_start = True
