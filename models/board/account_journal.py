from odoo import fields, models

from ...const import GROUP_MANAGER


class AccountJournal(models.Model):
    """What the form of a sales journal shows of the certificate that signs its invoices."""

    _inherit = "account.journal"

    certificate_state = fields.Selection(
        related="company_id.certificate_state",
        string="State of the activation",
        groups=GROUP_MANAGER,
    )
    certificate_days_left = fields.Integer(
        related="company_id.certificate_days_left", groups=GROUP_MANAGER
    )
    certificate_days_sentence = fields.Char(
        related="company_id.certificate_days_sentence", groups=GROUP_MANAGER
    )
    certificate_light = fields.Selection(
        related="company_id.certificate_light", groups=GROUP_MANAGER
    )
