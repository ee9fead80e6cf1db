from odoo import api, fields, models


class AccountMove(models.Model):
    """Warn users who invoice that the certificate ends."""

    _inherit = "account.move"

    certificate_warning_level = fields.Char(compute="_compute_certificate_warning")
    certificate_warning = fields.Char(compute="_compute_certificate_warning")

    @api.depends("company_id", "move_type", "state")
    def _compute_certificate_warning(self):
        sales = self.filtered(lambda move: move.is_sale_document() and move.state != "cancel")
        warnings = {company: company._get_certificate_warning() for company in sales.company_id}
        for move in self:
            warning = (move in sales and warnings[move.company_id]) or {}
            move.certificate_warning_level = warning.get("level")
            move.certificate_warning = warning.get("sentence")
