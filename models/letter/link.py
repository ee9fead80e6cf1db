from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import consteq, email_normalize

from ...const import GROUP_USER, LETTER_LINK_PATH
from ...tools.link_token import hash_token, make_token
from ..core.mailing import MailNotSent

_DAYS = 14  # for which a link is valid
# Letters that a company sends in an hour, and that an address gets: nobody whose address is typed is flooded.
_SENT_MAX = 5
_SENT_WITHIN = timedelta(hours=1)
# Within which who sent the letter is told once that it came back, however often it does.
_TOLD_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class LetterSigner:
    """The legal representative who acts by a link, in the context: an object, which no client can send."""

    link_id: int


class CertificateLetterLink(models.Model):
    """The link by which a legal representative, without a login, sends one signed letter back.

    It is bound to an activation, to the code of its letter, and to the address that it was sent to, and opens
    nothing else: see `controllers/letter_link.py`. It ends for good when the letter becomes void or is finished,
    when the address changes, when another link is sent, and when a user of the company withdraws it. Only
    the hash of its token is stored.
    """

    _name = "certificate.letter.link"
    _description = "Link of a Legal Representative"
    _inherit = ["certificate.mailed.mixin"]
    _order = "id desc"
    _rec_name = "email"

    _link_path = LETTER_LINK_PATH
    _actor = LetterSigner

    activation_id = fields.Many2one(
        "certificate.activation", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="activation_id.company_id", store=True, index=True)
    letter_code = fields.Char(string="Code of the letter", readonly=True)
    name = fields.Char(string="Legal representative", readonly=True)
    email = fields.Char(string="Sent to", readonly=True)
    token_hash = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    sent_by_id = fields.Many2one(
        "res.users",
        string="Sent by",
        readonly=True,
        help="Or who invited the contact who sent it.",
    )
    access_id = fields.Many2one(
        "certificate.portal.access",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        groups=NO_ACCESS,
    )
    contact_name = fields.Char(
        string="Contact", readonly=True, help="The invited contact who sent it."
    )
    sent_on = fields.Datetime(readonly=True)
    expires_on = fields.Datetime(string="Valid until", readonly=True)
    opened_on = fields.Datetime(readonly=True, help="When the link was opened for the first time.")
    returned_on = fields.Datetime(
        readonly=True, help="When a signed letter came back by this link for the last time."
    )
    returned_from = fields.Char(readonly=True, help="The network address that it came from.")
    returned_sha256 = fields.Char(string="SHA-256 of what came back", readonly=True)
    told_on = fields.Datetime(
        readonly=True, help="When who sent it was last told that it came back."
    )
    ended_on = fields.Datetime(readonly=True)
    state = fields.Selection(
        [("valid", "Valid"), ("expired", "Expired"), ("ended", "Ended")], compute="_compute_state"
    )

    # === COMPUTE METHODS === #

    @api.depends("ended_on", "expires_on", "letter_code", "email", "access_id.withdrawn_on")
    def _compute_state(self):
        now = fields.Datetime.now()
        for link in self:
            if link.ended_on or not link._is_of_letter() or link._has_lost_sender():
                link.state = "ended"
            else:
                link.state = "valid" if link.expires_on > now else "expired"

    def _is_of_letter(self):
        """Tell whether the letter that was sent is still the one to be signed, by whom it was sent to.

        Checked at each use: what a letter says changes in many ways, some of them by SQL.

        :rtype: bool
        """
        activation = self.sudo().activation_id
        return bool(
            activation._is_letter_open()
            and activation.letter_code
            and activation.letter_code == self.letter_code
            and email_normalize(activation.representative_email) == self.email
            and not activation._is_letter_stale()
        )

    def _has_lost_sender(self):
        """Tell whether who sent it may not send a letter of this company any more.

        :rtype: bool
        """
        link = self.sudo()
        if link.contact_name and link.access_id.state not in ("valid", "expired"):
            return True
        return not self._is_sender_entitled(self.sudo().sent_by_id, GROUP_USER)

    # === BUSINESS METHODS - SENDING === #

    @api.model
    def _make(self, activation):
        """Make the link of a letter; any earlier one stops working.

        :param activation: a locked `certificate.activation` whose rights were checked and whose letter was made
        :return: the row, and the link, which is stored nowhere
        :rtype: tuple[certificate.letter.link, str]
        :raise UserError: when too many were sent just now
        """
        links, now = self._trusted(), fields.Datetime.now()
        email = email_normalize(activation.representative_email)
        lately = Domain("sent_on", ">", now - _SENT_WITHIN)
        # A new activation or a second company is no new allowance.
        for domain in (
            Domain("company_id", "=", activation.company_id.id),
            Domain("email", "=", email),
        ):
            if links.search_count(domain & lately, limit=_SENT_MAX) >= _SENT_MAX:
                raise UserError(
                    self.env._(
                        "Letters were sent %s times within an hour. Wait an hour, or download the letter and "
                        "send it yourself.",
                        _SENT_MAX,
                    )
                )
        activation._end_letter_links()
        token, access = make_token(), activation._get_portal_access()
        link = links.create(
            {
                "activation_id": activation.id,
                "letter_code": activation.letter_code,
                "name": activation._get_representative_name(),
                "email": email,
                "token_hash": hash_token(token),
                "sent_by_id": access.invited_by_id.id or self.env.uid,
                "access_id": access.id,
                "contact_name": access.partner_id.name,
                "sent_on": now,
                "expires_on": now + timedelta(days=_DAYS),
            }
        )
        return link, link._get_link(token, link._get_lang())

    def _get_sender(self):
        """Return the person who sent it, whom its recipient may know.

        :return: in sudo mode
        :rtype: res.partner
        """
        link = self.sudo()
        return link.access_id.partner_id or link.sent_by_id.partner_id

    def _get_lang(self):
        """Return the language of the mail: the company's, or that of its user who sends it."""
        link = self.sudo()
        return self.env["certificate.mailing"]._choose_company_lang(
            link.company_id, link.sent_by_id
        )

    def _hand_over(self, link):
        """Send the letter, laid out while nothing is locked, with the link.

        :param str link: of `_make`
        :raise MailNotSent: with the remedy
        """
        lang, mailing = self._get_lang(), self.env["certificate.mailing"]
        here = self.sudo().with_context(lang=lang)
        activation, env = here.activation_id, here.env
        if self.state != "valid":
            raise MailNotSent(
                self.env._("The letter changed before it was sent. Save it and send it again.")
            )
        try:
            letter = self.sudo().activation_id._render_letter()
        except UserError as error:
            raise MailNotSent(str(error)) from error
        brand, company, user = activation._get_brand(), activation.company_id, here._get_sender()
        names = {"company": company.name, "user": user.name, "lender": brand.name}
        content = mailing._write_content(
            brand,
            lang,
            [
                env._("Hello %s,", here.name),
                env._(
                    "%(user)s asks you to sign the attached letter as the legal representative of %(company)s. By it, "
                    "your company may sign its electronic invoices with the certificate of %(lender)s.",
                    **names,
                ),
                env._(
                    "Print it, sign it, and take photos of all its pages; or sign the file digitally. Then "
                    "send it back with this button. You need neither a user nor a password, and a phone is enough."
                ),
            ],
            (env._("Send the signed letter"), link),
            notes=[
                env._(
                    "The link works until %s, for this letter alone. Do not forward it: anyone who has it can "
                    "read the letter and attach a file in your name.",
                    here._get_end(),
                ),
                env._("If the button does not work, copy this address into your browser: %s", link),
            ],
        )
        mailing._hand_over(
            self.email,
            lang,
            brand=brand,
            subject=env._("Sign the letter for the digital certificate of %s", company.name),
            content=content,
            about=env._("letter"),
            name=company.name,
            files=[(f"{activation._get_letter_filename()}.pdf", letter)],
            user=user,
        )

    def _end(self):
        """End these links for good, wherever they are open."""
        for link in self._trusted():
            link.write({"ended_on": fields.Datetime.now(), "token_hash": False})

    # === BUSINESS METHODS - ENTRY === #

    @api.model
    def _find(self, activation_id, token_hash):
        """Return the valid link of an activation that has a token.

        :param int activation_id: as the visitor asked for it
        :param str token_hash: of `hash_token`
        :return: in sudo mode; an empty record when there is none
        :rtype: certificate.letter.link
        """
        found = self.sudo().search(
            Domain("activation_id", "=", activation_id) & Domain("ended_on", "=", False)
        )
        # For good: who comes back sends another one.
        found.filtered(lambda link: link._has_lost_sender())._end()
        return found.filtered(
            lambda link: (
                link.token_hash
                and consteq(link.token_hash, token_hash or "")
                and link.state == "valid"
            )
        )[:1]

    def _open(self):
        """Note that the link was opened."""
        if not self.opened_on:
            self._trusted().opened_on = fields.Datetime.now()
            self._get_activation()._log_by_link("open")

    def _run(self, step, *args):
        """Attach the signed letter, or delete it, as the representative.

        :param str step: `attach` or `delete`
        :raise UserError: when the link has ended meanwhile, or the file is refused
        """
        activation = self._get_activation()
        steps = {
            "attach": activation._attach_signed_letter,
            "delete": activation.action_delete_signed_letter,
        }
        activation._lock(GROUP_USER)
        self.invalidate_recordset()
        if self.state != "valid":
            raise UserError(self._get_closed_sentence())
        before = activation.signed_letter_sha256
        steps[step](*args)
        if activation.signed_letter_sha256 == before:
            return
        activation._log_by_link(step)
        if step == "attach":
            now = fields.Datetime.now()
            self._trusted().write(
                {
                    "returned_on": now,
                    "returned_from": activation._get_request_facts()["ip"],
                    "returned_sha256": activation.signed_letter_sha256,
                }
            )
            if not self.told_on or self.told_on <= now - _TOLD_WITHIN:
                self._trusted().told_on = now
                activation._notify("letter_returned")

    def _get_closed_sentence(self):
        return self.env._(
            "This link has ended: the letter changed, was sent again or is finished. Ask your company for a new "
            "link."
        )

    def _get_page_sentences(self):
        """Return the sentences of the page.

        :rtype: dict[str, str | bool]
        """
        link = self.sudo()
        names = {
            "company": link.company_id.name,
            "user": link._get_sender().name,
            "lender": link.activation_id._get_brand().name,
        }
        return {
            "letter": f"{names['company']} · {link.letter_code}",
            "pages": link.activation_id._write_signed_pages(),
            "task": self.env._(
                "%(user)s asks you to sign this letter as the legal representative of %(company)s. By it, your company may "
                "sign its electronic invoices with the certificate of %(lender)s.",
                **names,
            ),
            "done": link.returned_on
            and self.env._(
                "Thank you. %(user)s was told, and continues. You can close this page, or look at what you sent until "
                "%(end)s.",
                user=names["user"],
                end=link._get_end(),
            ),
        }
