from odoo import api, fields, models

from ..const import MODULE
from ..models.trace import export


class BaseModuleUninstall(models.TransientModel):
    """Offers the evidence before it is deleted with this add-on."""

    _inherit = "base.module.uninstall"

    certificate_evidence_sentence = fields.Char(compute="_compute_certificate_evidence_sentence")

    @api.depends("module_ids")
    def _compute_certificate_evidence_sentence(self):
        for wizard in self:
            is_concerned = MODULE in wizard._get_modules().mapped("name")
            wizard.certificate_evidence_sentence = (
                is_concerned and self._describe_certificate_evidence()
            )

    @api.model
    def _describe_certificate_evidence(self):
        """Say what is deleted, and whose evidence the user cannot export.

        :rtype: str
        """
        sentence = self.env._(
            "This deletes the signed letters, records, receipts, signatures and history of digital "
            "certificates, which the law asks to keep for years. Export the evidence first."
        )
        if left_out := export.get_left_out(self.env):
            names = ", ".join(left_out.mapped("name"))
            sentence += " " + self.env._(
                "A manager of the digital certificate of these companies has to export theirs: %s.",
                names,
            )
        return sentence

    def action_export_certificate_evidence(self):
        """Download the evidence of all companies that the user works for.

        :rtype: dict
        :raise AccessError: if the user is not a manager
        """
        wizard = self.env["certificate.evidence.wizard"].create({"company_id": False})
        return wizard.action_export()
