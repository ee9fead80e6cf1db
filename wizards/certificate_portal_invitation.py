from odoo import api, fields, models


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
    access_id = fields.Many2one(
        "certificate.portal.access",
        store=False,
        readonly=True,
        help="Whom the link was sent to; none when it was only made.",
    )
    sentence = fields.Char(compute="_compute_sentence")
    link_sentence = fields.Char(store=False, readonly=True)
    is_sent = fields.Boolean(compute="_compute_sentence")

    @api.depends("activation_id")
    def _compute_partner_id(self):
        for invitation in self:
            activation = invitation.activation_id
            # With the user's rights: anyone can send any activation here.
            activation.check_access("read")
            invitation.partner_id = activation._get_default_contact() if activation else False

    @api.depends("access_id", "partner_id")
    def _compute_sentence(self):
        for invitation in self:
            # With the user's rights: anyone can send any access here.
            access = invitation.access_id
            access.check_access("read")
            invitation.is_sent = access.mail_state in ("waiting", "sent")
            if access.mail_state == "sent":
                invitation.sentence = self.env._("The invitation was sent to %s.", access.email)
            elif access.mail_state == "waiting":
                invitation.sentence = self.env._(
                    "The invitation to %s is being sent.", access.email
                )
            elif access.mail_state == "failed":
                invitation.sentence = self.env._(
                    "%s Or copy the link and send it yourself.", access.mail_error
                )
            else:
                invitation.sentence = self.env._(
                    "Send the link to %s and to nobody else.", invitation.partner_id.name
                )

    # === ACTION METHODS === #

    def action_send(self):
        """Invite, send the link by mail, and show it: the mail leaves before the page is read."""
        access, link = self._invite()
        access._send(link)
        return self._show(access, link, {"default_access_id": access.id})

    def action_make_link(self):
        """Invite, and only show the link."""
        access, link = self._invite()
        return self._show(access, link, {"default_partner_id": access.partner_id.id})

    # === BUSINESS METHODS === #

    def _invite(self):
        self.ensure_one()
        return self.activation_id._invite(self.partner_id)

    def _show(self, access, link, values):
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
                "default_link_sentence": self.env._(
                    "Anyone who has the link can complete the steps until %s. It is shown only "
                    "once, and a manager can withdraw it.",
                    access._get_end(),
                ),
                **values,
            },
        }
