from odoo import api, fields, models

from ..const import EVIDENCE_ROUTE
from ..models.trace import export
from ..tools.evidence_archive import make_name


class CertificateEvidenceWizard(models.TransientModel):
    """Asks whose evidence is exported."""

    _name = "certificate.evidence.wizard"
    _description = "Export of Evidence"
    _inherit = ["certificate.input.mixin"]

    company_id = fields.Many2one(
        "res.company",
        domain="[('id', 'in', allowed_company_ids)]",
        default=lambda self: self.env.company & export.get_companies(self.env),
        ondelete="cascade",
        help="Leave it empty for all companies that you work for.",
    )
    allowed_company_ids = fields.Many2many("res.company", compute="_compute_allowed_company_ids")

    @api.depends_context("uid")
    def _compute_allowed_company_ids(self):
        for wizard in self:
            wizard.allowed_company_ids = export.get_companies(self.env)

    def action_export(self):
        """Download the archive.

        :rtype: dict
        :raise AccessError: if the user may not export what is chosen
        """
        self.ensure_one()
        export.check_companies(self.env, self._get_companies())
        return {
            "type": "ir.actions.act_url",
            "url": f"{EVIDENCE_ROUTE}/{self.id}",
            "target": "download",
        }

    def _get_companies(self):
        """Return the companies whose evidence is exported.

        :rtype: res.company
        """
        return self.company_id or export.get_companies(self.env)

    def _get_filename(self):
        """Name the archive: after the only company, and the day in Colombia."""
        company = self._get_companies().sudo()
        today = self.env["certificate.activation"]._get_today()
        name = make_name(company.name) if len(company) == 1 else "companies"
        return f"evidence-{name}-{today.isoformat()}.zip"
