from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL, consteq, email_normalize, ormcache

from ...const import GROUP_MANAGER, PORTAL_DAYS, PORTAL_PATH
from ...exceptions import make_fields_error
from ...tools.link_token import hash_token, make_token
from ..core.concerned import INVITED, add_noted, ask, note

_KNOWN_MAX = 10000  # contacts whose ids are kept in memory
# Invitations within an hour, of a company and by a user, who may invite for many companies: each may be a mail.
_INVITED_MAX = {"company_id": 10, "user_id": 60}
_INVITED_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class PortalContact:
    """The acting portal contact, in the context: an object, which no client can send."""

    access_id: int


class CertificatePortalAccess(models.Model):
    """The access of one contact of a client, without a login, to the steps of one activation.

    `portal.mixin` is not used: it keeps one token per document in a readable field, forever and for
    everybody who was ever sent a link. Here every contact has a token of its own, which expires and
    can be withdrawn. Only its hash is stored, which not even an administrator can read.

    A contact is shared between companies and is not an identity: a login of the contact is accepted
    once it has opened the link itself, and the invitation ends when the contact, its email or the
    inviting user's rights change.
    """

    _name = "certificate.portal.access"
    _description = "Portal Access of a Contact"
    _inherit = ["certificate.mailed.mixin"]
    _order = "id desc"
    _rec_name = "partner_id"

    _link_path = PORTAL_PATH
    _actor = PortalContact

    activation_id = fields.Many2one(
        "certificate.activation", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="activation_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    email = fields.Char(readonly=True, help="Where the last invitation was sent to.")
    commercial_partner_id = fields.Many2one(
        "res.partner",
        string="Company of the contact",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The company that the contact belonged to when it was invited.",
    )
    token_hash = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    invited_by_id = fields.Many2one("res.users", string="Invited by", readonly=True)
    invited_on = fields.Datetime(readonly=True)
    expires_on = fields.Datetime(
        string="Link valid until",
        readonly=True,
        help="The link stops working after that. A login that opened it before can still open the "
        "page.",
    )
    opened_on = fields.Datetime(readonly=True, help="When the link was opened for the first time.")
    opened_by_id = fields.Many2one(
        "res.users",
        string="Login",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The contact's login that opened the link. Only this login of the contact can open the "
        "page without the link.",
    )
    withdrawn_on = fields.Datetime(readonly=True)
    last_notice = fields.Char(
        readonly=True, help="The last notice sent to the contact, so that it is not sent twice."
    )
    state = fields.Selection(
        [
            ("valid", "Valid"),
            ("expired", "Expired"),
            ("ended", "Ended"),
            ("withdrawn", "Withdrawn"),
        ],
        compute="_compute_state",
    )

    _contact_unique = models.UniqueIndex(
        "(activation_id, partner_id)", "This contact is already invited."
    )

    # === COMPUTE METHODS === #

    @api.depends("withdrawn_on", "expires_on", "email", "partner_id.email", "partner_id.active")
    def _compute_state(self):
        now = fields.Datetime.now()
        for access in self:
            if access.withdrawn_on:
                access.state = "withdrawn"
            elif access._get_ending():
                access.state = "ended"
            elif not access.expires_on or access.expires_on <= now:
                access.state = "expired"
            else:
                access.state = "valid"

    # === ACTION METHODS === #

    def action_withdraw(self):
        """Close the portal to this contact, at once and wherever it is open."""
        self._lock(GROUP_MANAGER)
        if not self.withdrawn_on:
            self._end(self.env._("Invitation withdrawn."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        accesses = super().create(vals_list)
        note(self.env, INVITED, accesses.partner_id.ids)
        return accesses

    # === BUSINESS METHODS - END === #

    def _get_ending(self):
        """Say why an invitation is no longer valid although nobody has withdrawn it.

        It is checked at each use: contacts and users change in many ways, some of them by SQL.

        :rtype: str | None
        """
        self.ensure_one()
        access = self.sudo()
        partner, host, activation = access.partner_id, access.invited_by_id, access.activation_id
        if not partner.active:
            return self.env._("The contact was archived: the invitation has ended.")
        if email_normalize(partner.email) != access.email:
            return self.env._("The email of the contact was changed: the invitation has ended.")
        belonged = access.commercial_partner_id or partner.commercial_partner_id
        if partner.commercial_partner_id != belonged or not partner._is_contact_of(
            activation.company_id
        ):
            return self.env._(
                "The contact is no longer a contact of the company: the invitation has ended."
            )
        if not access._is_sender_entitled(host, GROUP_MANAGER):
            return self.env._(
                "The user who sent the invitation no longer manages the company's certificates: "
                "the invitation has ended."
            )

    def _end(self, sentence):
        """Close the portal to these contacts for good, and say why in the history.

        :param str sentence: the reason
        """
        for access in self._trusted():
            access.write(
                {"withdrawn_on": fields.Datetime.now(), "token_hash": False, "opened_by_id": False}
            )
            access.activation_id.message_post(
                body=self.env._(
                    "%(contact)s (%(email)s), invited through the portal: %(sentence)s",
                    contact=access.partner_id.name,
                    email=access.email,
                    sentence=sentence,
                )
            )

    def _end_changed(self):
        """End the invitations that are no longer valid, so that undoing the change does not reopen
        them.
        """
        for access in self.sudo():
            if not access.withdrawn_on and (sentence := access._get_ending()):
                access._end(sentence)

    # === BUSINESS METHODS - INVITATION === #

    @api.model
    def _get_invited_ids(self):
        """Return the contacts that were ever invited: see `core/concerned.py`.

        :return: ids; None when they are too many to be kept, and each contact may be one of them
        :rtype: frozenset[int] | None
        """
        known = ask(self, "_read_invited_ids")
        return known if known is None else add_noted(self.env, INVITED, known)

    @api.model
    @ormcache()
    def _read_invited_ids(self):
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT partner_id FROM certificate_portal_access LIMIT %s",
                _KNOWN_MAX + 1,
            )
        )
        return frozenset(row[0] for row in rows) if len(rows) <= _KNOWN_MAX else None

    @api.model
    def _invite(self, activation, partner):
        """Give a contact access by a new link; any earlier link stops working.

        :param activation: a locked `certificate.activation`, whose rights were checked
        :param partner: `res.partner` with an email
        :return: the access, and the link, which is stored nowhere and cannot be shown again
        :rtype: tuple[certificate.portal.access, str]
        :raise UserError: when too many were invited just now
        """
        partner.check_access("read")
        email = email_normalize(partner.email)
        if not email:
            sentence = self.env._(
                "%s has no valid email address. Enter one in the contact.", partner.display_name
            )
            raise make_fields_error({"partner_id": sentence})
        if partner == self.env.ref("base.public_partner"):
            raise make_fields_error(
                {"partner_id": self.env._("Choose the person who will do this.")}
            )
        if not (partner.active and partner._is_contact_of(activation.company_id)):
            sentence = self.env._(
                "%(contact)s is not a contact of %(company)s. Choose one of its contacts, or create "
                "one for the person who will do this.",
                contact=partner.display_name,
                company=activation.sudo().company_id.name,
            )
            raise make_fields_error({"partner_id": sentence})
        self._refuse_flood(activation)
        access = self._trusted().search(
            [("activation_id", "=", activation.id), ("partner_id", "=", partner.id)]
        )
        token, now = make_token(), fields.Datetime.now()
        if access.invited_on and access.invited_on >= now:
            # Each one is an entry of the history, also the second one of a second.
            now = access.invited_on + timedelta(seconds=1)
        vals = {
            "email": email,
            "commercial_partner_id": partner.sudo().commercial_partner_id.id,
            "token_hash": hash_token(token),
            "invited_by_id": self.env.uid,
            "invited_on": now,
            "expires_on": now + timedelta(days=PORTAL_DAYS),
            "opened_on": False,
            "opened_by_id": False,
            "withdrawn_on": False,
            "mail_asked_on": False,
        }
        if access:
            access.write(vals)
        else:
            access = self._create_once(
                {"activation_id": activation.id, "partner_id": partner.id, **vals}
            )
        activation._trusted().message_post(
            body=self.env._(
                "%(contact)s (%(email)s) was invited through the portal, until %(date)s.",
                contact=partner.name,
                email=email,
                date=access._get_end(),
            )
        )
        return access.with_env(self.env), access._get_link(token, partner.sudo().lang)

    @api.model
    def _refuse_flood(self, activation):
        """Refuse more invitations than anybody needs.

        The history is asked: a contact that is deleted takes its invitations along.

        :raise UserError: when too many were made just now
        """
        history = self.env["certificate.history"].sudo()
        lately = (
            Domain("event", "=", "portal")
            & Domain("happened_on", ">", fields.Datetime.now() - _INVITED_WITHIN)
            & Domain("res_model", "=", self._name)
            & Domain("changes", "like", '"invited_on"')
        )
        who = {"company_id": activation.company_id.id, "user_id": self.env.uid}
        for name, limit in _INVITED_MAX.items():
            if history.search_count(lately & Domain(name, "=", who[name]), limit=limit) >= limit:
                raise UserError(
                    self.env._(
                        "There were %s invitations within an hour. Wait an hour and try again.",
                        limit,
                    )
                )

    def _hand_over(self, link):
        """Send the link to the contact, in the contact's language.

        :param str link: of `_invite`
        :raise MailNotSent: with the remedy
        """
        access, mailing = self.sudo(), self.env["certificate.mailing"]
        activation, user, partner = access.activation_id, access.invited_by_id, access.partner_id
        company, lang = (
            activation.company_id,
            mailing._choose_person_lang(partner, activation.company_id),
        )
        access, brand = access.with_context(lang=lang), activation._get_brand()
        names = {"company": company.name, "user": user.name}
        content = mailing._write_content(
            brand,
            lang,
            [
                access.env._("Hello %s,", partner.name),
                access.env._(
                    "%(company)s is activating the digital certificate with which its electronic "
                    "invoices are signed. %(user)s asks you to do it, in three steps: pay, have the "
                    "letter signed by your legal representative, and finish. You need neither a user "
                    "nor a password, and a phone is enough.",
                    **names,
                ),
            ],
            (access.env._("Open the three steps"), link),
            notes=[
                access.env._(
                    "The link works until %s. It is yours alone: anyone who has it can complete "
                    "the steps in your name.",
                    access._get_end(),
                ),
                activation.with_context(lang=lang)._get_lender_sentence()
                if activation.seller_id
                else "",
                access.env._(
                    "If the button does not work, copy this address into your browser: %s", link
                ),
            ],
        )
        mailing._hand_over(
            access.email,
            lang,
            brand=brand,
            subject=access.env._("Activate the digital certificate of %s", company.name),
            content=content,
            about=access.env._("digital certificate"),
            name=company.name,
            user=user,
        )

    # === BUSINESS METHODS - ENTRY === #

    @api.model
    def _find(self, activation_id, *, token_hash=None, user=None):
        """Return the access for a token, or for the login that has opened the link.

        :param int activation_id: as the visitor asked for it
        :param str token_hash: of `hash_token`
        :param user: `res.users` that is logged in
        :return: in sudo mode; an empty record when there is none
        :rtype: certificate.portal.access
        """
        # Stored integers have 32 bits.
        found = self.sudo().search(
            Domain("activation_id", "=", min(activation_id, 2**31 - 1))
            & Domain("withdrawn_on", "=", False)
        )
        found = found.filtered(
            lambda access: (
                (access.token_hash and consteq(access.token_hash, token_hash or ""))
                or access._is_opened_by(user)
            )
        )
        found._end_changed()
        return found.filtered(
            lambda access: (
                access.state == "valid"
                or (access.state == "expired" and access._is_opened_by(user))
            )
        )[:1]

    def _is_opened_by(self, user):
        """Tell whether this login has opened the link itself, and still belongs to the contact.

        :param user: `res.users`, or None for a visitor
        :rtype: bool
        """
        access = self.sudo()
        return bool(
            user
            and access.opened_by_id == user
            and user.active
            and user.sudo().partner_id == access.partner_id
        )

    @api.model
    def _find_opened_by(self, user):
        """Return all accesses that a login can open without their links, in sudo mode.

        :param user: `res.users`
        :rtype: certificate.portal.access
        """
        opened = self.sudo().search(
            [
                ("opened_by_id", "=", user.id),
                ("withdrawn_on", "=", False),
                ("activation_id.state", "!=", "cancelled"),
            ]
        )
        return opened.filtered(
            lambda access: access.state in ("valid", "expired") and access._is_opened_by(user)
        )

    def _open(self, user):
        """Note that the contact has opened the link, and with which login.

        :param user: `res.users`; the public one for a visitor without a login
        """
        vals = {} if self.opened_on else {"opened_on": fields.Datetime.now()}
        if user.sudo().partner_id == self.partner_id and self.opened_by_id != user:
            vals["opened_by_id"] = user.id
        if vals:
            self._trusted().write(vals)
        if "opened_on" in vals:
            self._get_activation()._log_by_portal("open")
