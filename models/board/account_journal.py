from odoo import api, fields, models

from ...const import GROUP_MANAGER, LIGHTS

# The company's fields that the form of a sales journal shows, under the same names.
_SHOWN = (
    "certificate_state",
    "certificate_days_left",
    "certificate_days_sentence",
    "certificate_light",
)


class AccountJournal(models.Model):
    """What the form of a sales journal shows of the certificate that signs its invoices."""

    _inherit = "account.journal"

    certificate_state = fields.Selection(
        lambda self: (
            self.env["certificate.board"]._fields["state"]._description_selection(self.env)
        ),
        string="State of the activation",
        compute="_compute_certificate_state",
        groups=GROUP_MANAGER,
    )
    certificate_days_left = fields.Integer(
        compute="_compute_certificate_state", groups=GROUP_MANAGER
    )
    certificate_days_sentence = fields.Char(
        compute="_compute_certificate_state", groups=GROUP_MANAGER
    )
    certificate_light = fields.Selection(
        LIGHTS,
        string="Traffic light",
        compute="_compute_certificate_state",
        groups=GROUP_MANAGER,
    )

    @api.depends("company_id", "type", "country_code")
    @api.depends_context("lang", "uid")
    def _compute_certificate_state(self):
        shown = self.filtered(
            lambda journal: journal.type == "sale" and journal.country_code == "CO"
        )
        for name in _SHOWN:
            (self - shown)[name] = False
            for journal in shown:
                journal[name] = journal.company_id[name]
