from odoo import api, fields, models

from ...const import GROUP_MANAGER, LIGHTS
from .board import ROWS


class ResCompany(models.Model):
    """What the form of a company shows of its certificate."""

    _inherit = "res.company"

    certificate_state = fields.Selection(
        lambda self: (
            self.env["certificate.board"]._fields["state"]._description_selection(self.env)
        ),
        string="State of the activation",
        compute="_compute_certificate_state",
        groups=GROUP_MANAGER,
    )
    certificate_days_left = fields.Integer(
        compute="_compute_certificate_state",
        groups=GROUP_MANAGER,
        help="Days after today on which its certificate still signs.",
    )
    certificate_days_sentence = fields.Char(
        compute="_compute_certificate_state", groups=GROUP_MANAGER
    )
    certificate_light = fields.Selection(
        LIGHTS, string="Traffic light", compute="_compute_certificate_state", groups=GROUP_MANAGER
    )

    # === COMPUTE METHODS === #

    @api.depends_context("lang", "uid")
    def _compute_certificate_state(self):
        # Any company that the user works for, even if it is not selected now; no other one.
        # (All of these are active, as Odoo's cache has them.)
        companies = self & self.browse(self.env.user._get_company_ids())
        boards = self.env["certificate.board"].sudo()
        # The form of a company that does not use it needs no query to say so; a list asks once for all.
        is_unused = len(companies) == 1 and not (
            companies._may_have_activation() or companies == companies.certificate_seller_id
        )
        row_by_id = {}
        if companies and not is_unused:
            rows = boards.with_context(**{ROWS: companies.ids})
            row_by_id = rows.search([("id", "in", companies.ids)]).grouped("id")
        for company in self:
            row = row_by_id.get(company.id, boards)
            is_none = is_unused and company in companies
            company.certificate_state = "none" if is_none else row.state
            company.certificate_days_left = row.days_left
            company.certificate_days_sentence = row.days_sentence
            company.certificate_light = "grey" if is_none else row.light

    # === BUSINESS METHODS === #

    def _open_certificate(self):
        """Open the activation that signs for this company, or the three steps if none has started.

        :return: an action
        :rtype: dict
        :raise AccessError: for a company that the user does not work for
        """
        self.ensure_one()
        companies = self | self.env.companies
        boards = self.env["certificate.board"].with_context(allowed_company_ids=companies.ids)
        return boards.browse(self.id).action_open()
