from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from ...const import (
    GROUP_MANAGER,
    GROUP_USER,
    PORTAL_CONTACT,
    PORTAL_PATH,
    REPRESENTATIVE_FIELDS,
)
from ..activation.notices import NOTICES
from .access import PortalContact

_ACCESS = "certificate.portal.access"


class CertificateActivation(models.Model):
    """The portal: a contact of the client, without a login, completes the same three steps."""

    _inherit = "certificate.activation"

    portal_access_ids = fields.One2many(
        "certificate.portal.access",
        "activation_id",
        string="Invited through the portal",
        readonly=True,
        groups=GROUP_MANAGER,
    )

    can_invite = fields.Boolean(
        compute="_compute_can_invite", help="Whether a contact can be invited to its steps."
    )

    # === COMPUTE METHODS === #

    @api.depends("route", "state")
    def _compute_can_invite(self):
        for activation in self:
            is_open = activation.state in ("pay", "process", "active")
            activation.can_invite = is_open and activation._get_route().is_for_contacts

    # === BUSINESS METHODS - INVITATION === #

    def _invite(self, partner):
        """Invite a contact to complete the steps through the portal.

        :param partner: `res.partner`
        :return: the access, and the link, which cannot be shown again
        :rtype: tuple[certificate.portal.access, str]
        :raise AccessError: if the user is not a manager, or may not see this activation
        :raise UserError: when nobody can be invited to it, or the contact has no email
        """
        self._lock(GROUP_MANAGER)
        if not self.can_invite:
            raise UserError(
                self.env._(
                    "You can invite a contact only while a lent certificate is being activated. "
                    "This activation has ended, or is for the company's own certificate."
                )
            )
        return self.env["certificate.portal.access"]._invite(self, partner)

    def _get_default_contact(self):
        """Return the contact to invite: the last one invited, or else a contact of the company with
        an email.

        :rtype: res.partner
        """
        self.ensure_one()
        partner = self.company_id.partner_id
        contacts = partner.child_ids.filtered(lambda contact: contact.email)
        last = self.sudo().portal_access_ids[:1].partner_id.sudo(self.env.su)
        return (
            last.filtered(lambda last: last.active and last._is_contact_of(self.company_id))
            or contacts.filtered(lambda contact: contact.type == "contact")[:1]
            or contacts[:1]
            or partner
        )

    # === BUSINESS METHODS - WHO ACTS === #

    def _get_portal_path(self):
        self.ensure_one()
        return f"{PORTAL_PATH}/{self.id}"

    def _get_portal_access(self):
        """Return the access of the portal contact who acts here, if any.

        :rtype: certificate.portal.access
        """
        contact = self.env.context.get(PORTAL_CONTACT)
        access = self.env["certificate.portal.access"].sudo()
        return access.browse(contact.access_id) if isinstance(contact, PortalContact) else access

    def _message_compute_author(self, author_id=None, email_from=None):
        if author_id is None and not email_from and (access := self._get_portal_access()):
            author_id = access.partner_id.id
        return super()._message_compute_author(author_id, email_from)

    @api.model
    def _get_actor_facts(self):
        """Return who acts: the contact or the legal representative, by name and email, a linked client, by name and
        NIT, or a user, by name and login.

        :rtype: dict[str, str]
        """
        if access := self._get_portal_access():
            return {
                "name": access.partner_id.name,
                "login": access.email,
                "invited_by": access.invited_by_id.name,
            }
        if link := self._get_letter_link():
            return {"name": link.name, "login": link.email}
        if client := self._get_linked_client():
            return {"name": client.client_name, "login": client.client_nit}
        user = self.env.user
        return {"name": user.name, "login": user.login}

    def _get_conversion_key(self):
        if access := self._get_portal_access():
            return access._name, access.id
        if link := self._get_letter_link():
            return link._name, link.id
        return super()._get_conversion_key()

    # === BUSINESS METHODS - STEPS === #

    def _run_portal_step(self, step, *args):
        """Do one step as the contact, and record it in the history if it changed anything.

        :param str step: one of those below
        :return: what the step returns
        :raise UserError: with one sentence, when it is not possible
        """
        steps = {
            "verify": self.action_verify_payment,
            "buy": self._buy,
            "continue": self.action_continue,
            "representative": self._save_representative,
            "download": self.action_download_letter,
            "send": self.action_send_letter,
            "attach": self._attach_signed_letter,
            "delete": self.action_delete_signed_letter,
            "finish": self._finish_unless_void,
        }
        self._lock(GROUP_USER)
        before = self._get_portal_values()
        result = steps[step](*args)
        if self._get_portal_values() != before:
            self._log_by_portal(step)
        return result

    def _get_portal_values(self):
        """Return the values that the steps change, to tell whether one had an effect."""
        names = (
            "phase",
            "letter_review",
            "payment_move_id",
            "letter_code",
            "signed_letter_sha256",
            *REPRESENTATIVE_FIELDS,
        )
        return [self[name] for name in names]

    def _save_representative(self, values):
        """Save the representative's data as typed, valid or not, as the wizard does.

        :param dict values: by `REPRESENTATIVE_FIELDS`, of a form: texts, and ids of records as texts
        """
        self._check_letter_open()
        vals = {}
        for name in REPRESENTATIVE_FIELDS:
            if name in values:
                field = self._fields[name]
                vals[name] = values[name] or False
                if field.type == "many2one":
                    options = self.env[field.comodel_name].search(field.domain)
                    by_text = {str(option.id): option.id for option in options}
                    vals[name] = by_text.get(values[name].strip(), False)
        self._trusted().write(vals)

    def _attach_signed_letter(self, content, filename):
        """Attach the signed scan.

        :param content: base64
        :param str filename: as the visitor's device calls it
        :raise ValidationError: with one sentence, when the file is refused
        """
        self._check_letter_open()
        self._trusted().write(
            {"signed_letter": content, "signed_letter_filename": filename or False}
        )

    def _read_signed_letter(self):
        """Return the attached scan after comparing it with what was stored.

        :rtype: bytes
        :raise UserError: when there is none, or it is not the one that was stored
        """
        if not self.signed_letter_sha256:
            raise UserError(self.env._("No signed letter is attached."))
        return self._read_stored_pdf("signed_letter")

    def _get_portal_sentences(self):
        """Return the sentences of the page: those of the wizard, and its own.

        :rtype: dict[str, str | dict]
        """
        return {
            **self._get_step_sentences(),
            "pages": self._write_signed_pages(),
            "next": self.env._(
                "There is nothing left to do here. %s continues with the electronic invoicing.",
                self._get_portal_access().invited_by_id.name,
            ),
        }

    def _get_portal_alerts(self):
        """Describe what the page points out: where the wizard has a button, it names the user who invited.

        :return: as returned by `_describe_alert`, by name
        :rtype: dict[str, dict]
        """
        host = self._get_portal_access().invited_by_id.name
        alerts = {alert["name"]: alert for alert in self._describe_alerts()}
        sentences = {
            "not_for_sale": self.env._(
                "%(sentence)s Ask %(host)s, who invited you.",
                sentence=self.sale_refusal,
                host=host,
            ),
            "profile": self.env._(
                "%(sentence)s Ask %(host)s, who invited you.",
                sentence=self._get_profile_error(),
                host=host,
            ),
            "ended": self.env._("This activation has ended. Ask %s, who invited you.", host),
        }
        for name in sentences.keys() & alerts.keys():
            alerts[name]["sentence"] = sentences[name]
        return alerts

    def _log_by_portal(self, step):
        """Say in the history what the contact did, and from where."""
        sentences = {
            "open": self.env._("Opened the link of the invitation."),
            "verify": self.env._("Verified the payment."),
            "buy": self.env._("Went to the payment page."),
            "continue": self.env._("Continued after the payment."),
            "representative": self.env._("Saved the legal representative's data."),
            "download": self.env._("Downloaded the letter."),
            "send": self.env._("Sent the letter to be signed."),
            "attach": self.env._("Attached the signed letter."),
            "delete": self.env._("Deleted the signed letter."),
            "finish": self.env._("Finished the activation."),
        }
        facts = self._get_request_facts()
        origin = self.env._(
            "Through the portal, from the address %(address)s, with %(browser)s.",
            address=facts["ip"] or "-",
            browser=facts["user_agent"] or "-",
        )
        self._trusted().message_post(
            body=Markup('%s<br/><span class="text-muted">%s</span>') % (sentences[step], origin)
        )

    # === BUSINESS METHODS - NOTICES === #

    def _notify_contacts(self, kind):
        """Notify the contacts of what the users are translated, once, each in their language.

        The mail leads to the page but contains no token: a contact without access yet must use the
        link in the invitation.
        """
        # Whoever acts sees it on the page; what is finished they get by mail as well.
        actor = self._get_portal_access() if kind != "activated" else self.env[_ACCESS]
        for access in self.sudo().portal_access_ids - actor:
            partner = access.partner_id
            lang = self.env["certificate.mailing"]._choose_person_lang(partner, self.company_id)
            context = {"lang": lang}
            translated = self.with_env(self.env(user=SUPERUSER_ID, context=context))
            subject, sentence = translated._get_notice(kind)
            moment = translated.letter_reviewed_on if kind.startswith("letter_") else ""
            notice = f"{kind} {translated.payment_reference or ''} {translated.letter_void_sentence or ''} {moment or ''}"
            if access.state not in ("valid", "expired") or access.last_notice == notice:
                continue
            access._trusted().last_notice = notice
            translated._notify_about(
                translated,
                partner,
                subject,
                [sentence],
                (
                    NOTICES[kind].button.label(translated),
                    f"{translated.get_base_url()}{translated._get_portal_path()}",
                ),
                notes=[
                    translated.env._("If the page does not open, use the link in your invitation.")
                ],
            )
