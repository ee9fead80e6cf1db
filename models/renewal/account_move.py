from odoo import api, fields, models

from ..core.aftermath import shown_beside


class AccountMove(models.Model):
    """Warn users who invoice that the certificate ends."""

    _inherit = "account.move"

    certificate_warning_level = fields.Char(compute="_compute_certificate_warning")
    certificate_warning = fields.Char(compute="_compute_certificate_warning")

    @api.depends("company_id", "move_type", "state")
    def _compute_certificate_warning(self):
        self.certificate_warning_level = self.certificate_warning = False
        with shown_beside():
            sales = self.filtered(lambda move: move.is_sale_document() and move.state != "cancel")
            for company, moves in sales.grouped("company_id").items():
                warning = company._get_certificate_warning() or {}
                moves.certificate_warning_level = warning.get("level")
                moves.certificate_warning = warning.get("sentence")
