from odoo import api, fields, models

from ..core.aftermath import shown_beside


class AccountJournal(models.Model):
    """Where electronic invoicing begins, on the card of a sales journal."""

    _inherit = "account.journal"

    certificate_phase = fields.Selection(
        [("open", "Not started"), ("started", "Started")],
        string="Activation of electronic invoicing",
        compute="_compute_certificate_phase",
    )

    @api.depends("company_id", "type")
    @api.depends_context("company")
    def _compute_certificate_phase(self):
        self.certificate_phase = False
        with shown_beside():
            # The six steps are those of the company that is chosen.
            sales = self.filtered(
                lambda journal: journal.type == "sale" and journal.company_id == self.env.company
            )
            if sales:
                sales.certificate_phase = self.env.company._get_electronic_phase()
