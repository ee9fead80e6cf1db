from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import html_sanitize

from ...const import GROUP_USER, PORTAL_CONTACT
from ..core.mailing import format_address
from .link import LetterSigner


class CertificateActivation(models.Model):
    """The letter on its way to the legal representative and back, by mail and by a link."""

    _inherit = "certificate.activation"

    letter_link_ids = fields.One2many(
        "certificate.letter.link", "activation_id", string="Sent to be signed", readonly=True
    )

    # === ACTION METHODS === #

    def action_send_letter(self):
        """Make the letter, as the download does, and send it to the legal representative.

        The mail leaves after this transaction.

        :raise ValidationError: naming each missing or wrong field
        :raise UserError: when it was sent too often
        """
        self._lock(GROUP_USER)
        self._make_letter()
        link, address = self.env["certificate.letter.link"]._make(self)
        self._trusted().message_post(
            body=self.env._(
                "The letter %(code)s was sent to %(name)s (%(email)s), with a link until %(date)s.",
                code=self.letter_code,
                name=link.name,
                email=link.email,
                date=link._get_end(),
            )
        )
        link._send(address)

    def action_withdraw_letter_link(self):
        """Close the page of the legal representative, at once and wherever it is open."""
        self._lock(GROUP_USER)
        if self._end_letter_links():
            self._trusted().message_post(
                body=self.env._("The link of the legal representative was withdrawn.")
            )

    # === BUSINESS METHODS === #

    def _get_representative_name(self):
        return " ".join(filter(None, (self.representative_name, self.representative_surname)))

    def _get_letter_to_read(self):
        """Return the text of the letter for a page: its PDF has no structure that a screen reader could follow.

        :return: in Spanish
        :rtype: Markup
        """
        return html_sanitize(self._get_letter_markup(), sanitize_style=True, sanitize_form=True)

    def _get_last_letter_link(self):
        """Return the link by which the letter is out to be signed, or was until it expired.

        :return: in sudo mode
        :rtype: certificate.letter.link
        """
        last = self.sudo().letter_link_ids[:1]
        return last.filtered(lambda link: link.state != "ended")

    def _end_letter_links(self):
        """End the links of the legal representative for good.

        :return: whether there was one
        :rtype: bool
        """
        links = self.sudo().letter_link_ids.filtered(lambda link: not link.ended_on)
        links._end()
        return bool(links)

    def _write_letter_sent(self):
        """Say when and to whom the letter was sent to be signed, while it is out.

        :rtype: str | None
        """
        link = self._get_last_letter_link()
        if link.state != "valid" or link.mail_state == "failed" or self.signed_letter_size:
            return None
        if link.mail_state == "waiting":
            return self.env._(
                "The letter is being sent to %(name)s (%(email)s).",
                name=link.name,
                email=link.email,
            )
        return self.env._(
            "The letter was sent to %(name)s (%(email)s) on %(date)s. The link in it works until %(end)s, and we "
            "tell you when the signed letter comes back.",
            name=link.name,
            email=link.email,
            date=self._format_moment(link.sent_on),
            end=link._get_end(),
        )

    def _write_letter_not_sent(self):
        """Say why the letter did not get to the legal representative, with the remedy.

        :rtype: str | None
        """
        link = self._get_last_letter_link()
        if not link or self.signed_letter_size:
            return None
        if link.mail_state == "failed":
            return self.env._("%s Or download the letter and send it yourself.", link.mail_error)
        if link.state == "expired":
            return self.env._(
                "The link that was sent to %s has expired. Send the letter again.", link.email
            )
        return None

    # === BUSINESS METHODS - WHO ACTS === #

    @api.model
    def _get_letter_link(self):
        """Return the link of the legal representative who acts here, if any.

        :rtype: certificate.letter.link
        """
        signer = self.env.context.get(PORTAL_CONTACT)
        links = self.env["certificate.letter.link"].sudo()
        return links.browse(signer.link_id) if isinstance(signer, LetterSigner) else links

    def _get_letter_sender(self):
        """Return who sent the letter to be signed and is told when it comes back, or else the responsible users.

        :rtype: res.users
        """
        sender = self.sudo().letter_link_ids[:1].sent_by_id
        sender = sender.filtered(
            lambda user: user.active and not user.share and self.company_id in user.company_ids
        )
        return sender or self._get_responsible_users()

    def _get_return_facts(self):
        """Return by whose link the attached letter came back, for the record.

        :return: texts only; None where it was attached in another way
        :rtype: dict | None
        """
        activation = self.sudo()
        link = activation.letter_link_ids.filtered(
            lambda link: link.returned_sha256 == activation.signed_letter_sha256
        )[:1]
        return (
            {
                "name": link.name,
                "email": link.email,
                "on": fields.Datetime.to_string(link.returned_on),
                "ip": link.returned_from or None,
            }
            if link
            else None
        )

    def _log_by_link(self, step):
        """Say in the history what the legal representative did, and from where."""
        link = self._get_letter_link()
        sentences = {
            "open": self.env._("Opened the link to the letter."),
            "attach": self.env._("Attached the signed letter %s.", link.letter_code),
            "delete": self.env._("Deleted the signed letter."),
        }
        facts = self._get_request_facts()
        origin = self.env._(
            "By the link that was sent to %(email)s, from the address %(address)s, with %(browser)s.",
            email=link.email,
            address=facts["ip"] or "-",
            browser=facts["user_agent"] or "-",
        )
        self._trusted().message_post(
            author_id=False,
            email_from=format_address(link.name, link.email),
            body=Markup('%s<br/><span class="text-muted">%s</span>') % (sentences[step], origin),
        )
