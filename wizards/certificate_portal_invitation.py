from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.ir_mail_server import MailDeliveryException


class CertificatePortalInvitation(models.TransientModel):
    """Asks which contact to invite to complete the steps through the portal, and shows the link
    once.

    The link is never stored: it goes to the dialog in the action that opens its second page.
    """

    _name = "certificate.portal.invitation"
    _description = "Portal Invitation"
    _inherit = ["certificate.input.mixin"]

    activation_id = fields.Many2one("certificate.activation", required=True, ondelete="cascade")
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        compute="_compute_partner_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        ondelete="cascade",
    )
    email = fields.Char(related="partner_id.email", related_sudo=False)
    link = fields.Char(store=False, readonly=True)
    sentence = fields.Char(store=False, readonly=True)
    link_sentence = fields.Char(store=False, readonly=True)
    is_sent = fields.Boolean(store=False, readonly=True)

    @api.depends("activation_id")
    def _compute_partner_id(self):
        for invitation in self:
            activation = invitation.activation_id
            # With the user's rights: anyone can send any activation here.
            activation.check_access("read")
            invitation.partner_id = activation._get_default_contact() if activation else False

    # === ACTION METHODS === #

    def action_send(self):
        """Invite, send the link by mail, and show it."""
        access, link = self._invite()
        try:
            access._send(link)
        except (MailDeliveryException, UserError, OSError, AssertionError):
            sentence = self.env._(
                "The mail to %s could not be sent. Copy the link and send it yourself.",
                access.email,
            )
            return self._show(access, link, sentence)
        sentence = self.env._("The invitation was sent to %s.", access.email)
        return self._show(access, link, sentence, is_sent=True)

    def action_make_link(self):
        """Invite, and only show the link."""
        access, link = self._invite()
        sentence = self.env._("Send the link to %s and to nobody else.", access.partner_id.name)
        return self._show(access, link, sentence)

    # === BUSINESS METHODS === #

    def _invite(self):
        self.ensure_one()
        return self.activation_id._invite(self.partner_id)

    def _show(self, access, link, sentence, is_sent=False):
        view = self.env.ref(
            "l10n_co_certificate_activation.certificate_portal_invitation_view_link"
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Invite through the portal"),
            "res_model": self._name,
            "views": [(view.id, "form")],
            "target": "new",
            "context": {
                "default_activation_id": self.activation_id.id,
                "default_link": link,
                "default_sentence": sentence,
                "default_link_sentence": self.env._(
                    "Anyone who has the link can complete the steps until %s. It is shown only "
                    "once, and a manager can withdraw it.",
                    access._get_end(),
                ),
                "default_is_sent": is_sent,
            },
        }
