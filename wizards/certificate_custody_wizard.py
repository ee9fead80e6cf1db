from odoo import fields, models

from ..const import GROUP_CUSTODIAN
from ..models.keys import custody


class CertificateCustodyWizard(models.TransientModel):
    """Shows a custodian how each key is kept, and seals those that can be read."""

    _name = "certificate.custody.wizard"
    _description = "Custody of Keys"
    _inherit = ["certificate.input.mixin"]

    protection = fields.Char(compute="_compute_custody", help="As returned by `get_protection`.")
    protection_sentence = fields.Char(compute="_compute_custody")
    keys = fields.Json(compute="_compute_custody", help="One row for each key.")
    can_seal = fields.Boolean(compute="_compute_custody")
    has_locked_key = fields.Boolean(compute="_compute_custody")
    secret_warning = fields.Char(compute="_compute_custody")
    file_sentence = fields.Char(compute="_compute_custody", help="Which files still have a key.")
    place_sentence = fields.Char(
        compute="_compute_custody", help="What to do if this database may be a copy."
    )

    def _compute_display_name(self):
        self.display_name = self.env._("Custody of keys")

    def _compute_custody(self):
        """Look at each key of the custodian's companies; without the group, at none."""
        labels = {
            "sealed": self.env._("Sealed"),
            "previous": self.env._("Sealed with the previous secret"),
            "locked": self.env._("Sealed with a secret that this server does not have"),
            "plain": self.env._("Not sealed"),
            "none": self.env._("No key"),
        }
        certificates = self._get_certificates()
        states = {certificate: custody.get_key_state(certificate) for certificate in certificates}
        protection = custody.get_protection(certificates)
        for wizard in self:
            wizard.protection = protection
            wizard.protection_sentence = custody.get_protection_sentence(self.env, protection)
            wizard.keys = [
                {
                    "id": certificate.id,
                    "company": certificate.company_id.name,
                    "certificate": certificate.subject_common_name or certificate.name,
                    "state": state,
                    "label": labels[state],
                }
                for certificate, state in states.items()
            ]
            wizard.secret_warning = custody.get_secret_warning(self.env)
            wizard.file_sentence = self.env["certificate.key.file"]._get_sentence()
            wizard.place_sentence = custody.get_place_sentence(self.env, certificates)
            wizard.has_locked_key = "locked" in states.values()
            wizard.can_seal = protection in ("sealed", "plain") and not {
                "plain",
                "previous",
            }.isdisjoint(states.values())

    def _get_certificates(self):
        """Return the certificates of the custodian's companies, in sudo mode.

        :rtype: certificate.certificate
        """
        self.env["certificate.activation"]._check_group(GROUP_CUSTODIAN)
        return self.env["certificate.certificate"]._get_in_custody(self.env.companies)

    def action_seal(self):
        """Seal every plain key, and seal again every key that the previous secret sealed."""
        for certificate in self._get_certificates():
            if custody.get_key_state(certificate) in ("plain", "previous"):
                certificate._seal_key()

    def action_remove_files(self):
        """Remove the files of removed keys from any store that has them."""
        self._get_certificates()  # checks the group
        self.env["certificate.key.file"]._remove_later(is_asked=True)

    def action_confirm_place(self):
        """Let the sealed keys sign in this database, which was renamed, restored or copied."""
        self._get_certificates()
        custody.confirm_place(self.env)
