import hashlib
import re
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS, Command
from odoo.tools import SQL, consteq

from ...const import GROUP_MANAGER, LINK_PATH
from ...exceptions import make_fields_error
from ...tools import csc, identity, pem, xades
from ...tools.link_token import hash_token, make_token
from ...tools.text_limits import clean_text
from ...tools.ubl_issuer import read_issuer
from ..core.link_switch import check_on
from ..keys import custody
from ..trace.chain import open_durable_cursor

_CODE_DAYS = 7  # for which a pairing code is valid
_LIMIT_DEFAULT = 500  # signatures per hour
_NAME_LENGTH = 250
_NOTED_WITHIN = 60  # seconds in which the last use is noted once
# The key that a client has made is known here by its SHA-256 alone.
_KEY_HASH = re.compile(r"[0-9a-f]{64}")
_DATABASE = re.compile(r"[0-9a-fA-F-]{1,64}")


class CertificateLinkClient(models.Model):
    """One company of a client's database, as its vendor's database knows it.

    The vendor makes a pairing code; whoever has it in the client's database sees the vendor's NIT and name, and
    sends its own with the hash of a key that never leaves it but to be shown with a request. The vendor compares
    both, and confirms. Until then nothing is answered.

    The company has an archived `res.company` here, which belongs to no user. So activations, payments, letters,
    the board and the logs know it as they know every other client, and neither the switcher of companies nor any
    work that loops over the companies does. A user (and Odoo's API keys, which are a user's) would be one more thing
    to take away when a link ends, and could log in.
    """

    _name = "certificate.link.client"
    _description = "Linked Client"
    _inherit = ["certificate.guarded.mixin"]
    _order = "id desc"
    _rec_name = "client_name"
    _editable_fields = frozenset(("hourly_limit", "allows_hashes"))
    _no_way_back = {"ended": ("offered", "asked", "active")}

    company_id = fields.Many2one(
        "res.company",
        string="Vendor",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        [
            ("offered", "Code given"),
            ("asked", "To be confirmed"),
            ("active", "Active"),
            ("ended", "Ended"),
        ],
        required=True,
        readonly=True,
        default="offered",
        copy=False,
    )
    client_id = fields.Many2one(
        "res.company",
        string="Company",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The client's place in this database: an archived company that belongs to no user.",
    )
    client_name = fields.Char(string="Client", readonly=True, copy=False)
    client_nit = fields.Char(string="NIT", readonly=True, copy=False)
    check_number = fields.Char(
        string="Number to compare",
        readonly=True,
        copy=False,
        help="The client's database shows the same number. Another number is another database.",
    )
    database_uuid = fields.Char(string="Database", readonly=True, copy=False)
    hourly_limit = fields.Integer(
        string="Signatures per hour",
        default=_LIMIT_DEFAULT,
        required=True,
        help="The most signatures that this client gets within an hour.",
    )
    allows_hashes = fields.Boolean(
        string="Sign hashes",
        help="Sign what this database does not see: it cannot compare whose document it is.",
    )
    code_hash = fields.Char(readonly=True, copy=False, groups=NO_ACCESS, index="btree_not_null")
    code_until = fields.Datetime(string="Code valid until", readonly=True, copy=False)
    key_hash = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    asked_on = fields.Datetime(string="Asked on", readonly=True, copy=False)
    asked_from = fields.Char(
        string="Asked from", readonly=True, copy=False, help="The network address."
    )
    confirmed_on = fields.Datetime(string="Confirmed on", readonly=True, copy=False)
    confirmed_by_id = fields.Many2one("res.users", string="Confirmed by", readonly=True, copy=False)
    key_changed_on = fields.Datetime(string="Key changed on", readonly=True, copy=False)
    ended_on = fields.Datetime(readonly=True, copy=False)
    last_used_on = fields.Datetime(string="Last used on", readonly=True, copy=False)
    last_used_from = fields.Char(
        string="Last used from", readonly=True, copy=False, help="The network address."
    )
    last_refused_on = fields.Datetime(string="Last refused on", readonly=True, copy=False)
    last_refusal = fields.Char(
        string="Last refusal",
        readonly=True,
        copy=False,
        help="Why a request that showed the key of this link was refused the last time, and from where.",
    )
    answer_ids = fields.One2many(
        "certificate.link.answer", "link_id", string="Signatures", readonly=True
    )

    _key_unique = models.UniqueIndex(
        "(key_hash) WHERE key_hash IS NOT NULL", "Two links have the same key."
    )
    _hourly_limit_positive = models.Constraint(
        "CHECK (hourly_limit >= 0)", "The number of signatures per hour cannot be negative."
    )

    # === CRUD METHODS === #

    @api.depends("client_name", "client_nit")
    def _compute_display_name(self):
        for link in self:
            nit = identity.show_nit(link.client_nit) if link.client_nit else ""
            link.display_name = " · ".join(filter(None, (link.client_name, nit))) or self.env._(
                "Client without a name yet"
            )

    # === ACTION METHODS === #

    @api.model
    def action_make_code(self):
        """Make a pairing code for a new client, and show it once.

        :rtype: dict
        :raise AccessError: if the user is not a manager
        :raise UserError: where no certificates are sold
        """
        self._check_group(GROUP_MANAGER)
        self._check_vendor(self.env.company)
        link = self._trusted().create({"company_id": self.env.company.id})
        return link.with_env(self.env)._show_code()

    def action_renew_code(self):
        """Make another pairing code for this client: its key stops working at once.

        :rtype: dict
        """
        self._lock(GROUP_MANAGER)
        self._check_vendor(self.company_id)
        if self.state == "ended":
            raise UserError(self.env._("This link has ended. Link the client anew."))
        return self._show_code()

    def action_confirm(self):
        """Confirm that NIT and name are those of the client, and let its database ask for signatures.

        :raise UserError: when the client has not asked yet, or has another place in this database
        """
        self._lock(GROUP_MANAGER)
        if self.state == "active":
            return
        self._check_state("asked")
        self._check_vendor(self.company_id)
        self._check_only_link()
        client = self._find_or_make_client()
        self._trusted().write(
            {
                "state": "active",
                "client_id": client.id,
                "code_hash": False,
                "confirmed_on": fields.Datetime.now(),
                "confirmed_by_id": self.env.uid,
            }
        )

    def action_end(self):
        """End the link for good: nothing is answered to its key any more."""
        self._lock(GROUP_MANAGER)
        if self.state != "ended":
            self._end()

    # === BUSINESS METHODS - PAIRING === #

    @api.model
    def _check_vendor(self, company):
        """Check that a company of this database may have linked clients.

        :raise UserError: otherwise
        """
        check_on(self.env)
        if company != company.certificate_seller_id:
            raise UserError(
                self.env._(
                    "%s does not sell certificates, so it has no linked clients.", company.name
                )
            )

    def _show_code(self):
        """Make a pairing code, and open the dialog that shows it once.

        :rtype: dict
        """
        token = make_token()
        until = fields.Datetime.now() + timedelta(days=_CODE_DAYS)
        self._trusted().write(
            {
                "state": "offered",
                "code_hash": hash_token(token),
                "code_until": until,
                "key_hash": False,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pairing code"),
            "res_model": "certificate.link.code",
            "views": [(False, "form")],
            "target": "new",
            # (The part behind # reaches no log.)
            "context": {
                "default_code": f"{self.get_base_url()}{LINK_PATH}#{token}",
                "default_until": fields.Datetime.to_string(until),
            },
        }

    @api.model
    def _find_by_code(self, code):
        """Return the link that a pairing code is of.

        :param code: as it came
        :return: in sudo mode, locked
        :raise CscRefused: `code`
        """
        token_hash = hash_token(str(code or ""))
        link = self.sudo().search([("code_hash", "=", token_hash), ("state", "!=", "ended")])
        if not link or not consteq(link.code_hash, token_hash):
            raise csc.CscRefused("code")
        link._lock_row()
        if link.code_hash != token_hash or link.code_until <= fields.Datetime.now():
            raise csc.CscRefused("code")
        return link

    @api.model
    def _get_vendor(self):
        """Return the company of this database that has linked clients, in sudo mode.

        :rtype: res.company
        """
        return self.env.company.sudo().certificate_seller_id

    def _describe_vendor(self):
        """Say who sells here: what a client compares before it asks.

        :rtype: dict
        """
        vendor = self.sudo().company_id
        return {"name": vendor.name, "nit": identity.format_nit(vendor.vat) or ""}

    def _ask(self, body, address):
        """Note who asks for this link, until a manager confirms it. Asking again changes nothing.

        :param dict body: `nit`, `name`, `database` and `key_hash` of the client
        :param str address: of the network
        :return: what the client shows
        :rtype: dict
        :raise CscRefused: `pairing`, or `code` when somebody else has used it
        """
        nit = identity.format_nit(body.get("nit")) if isinstance(body.get("nit"), str) else None
        name = clean_text(body["name"])[:_NAME_LENGTH] if isinstance(body.get("name"), str) else ""
        key_hash, database = str(body.get("key_hash")), str(body.get("database"))
        if not (nit and name and _KEY_HASH.fullmatch(key_hash) and _DATABASE.fullmatch(database)):
            raise csc.CscRefused("pairing")
        # The company that a link is of does not change: it signs for that one.
        if self.client_nit and self.client_id and self.client_nit != nit:
            raise csc.CscRefused("pairing")
        if self.state == "offered":
            self._check_key_free(key_hash)
            self._trusted().write(
                {
                    "state": "asked",
                    "client_nit": nit,
                    "client_name": name,
                    "database_uuid": database,
                    "key_hash": key_hash,
                    "check_number": make_check_number(key_hash, database),
                    "asked_on": fields.Datetime.now(),
                    "asked_from": address,
                    "key_changed_on": fields.Datetime.now(),
                }
            )
        elif not (self.key_hash == key_hash and self.database_uuid == database):
            raise csc.CscRefused("code")
        return {**self._describe_vendor(), "check_number": self.check_number}

    def _find_or_make_client(self):
        """Return the client's place in this database: that of an earlier link of the same NIT, or a new one.

        :rtype: res.company
        :raise UserError: when a company of this database has that NIT or name
        """
        link = self._trusted()
        former = link.search([("client_nit", "=", link.client_nit), ("client_id", "!=", False)])
        if former := former.filtered(lambda other: other.company_id == link.company_id)[:1]:
            return former.client_id
        link._check_no_company()
        companies = link.env["res.company"].with_context(active_test=False)
        name = link.client_name
        if companies.search_count([("name", "=", name)], limit=1):
            name = f"{name} ({identity.show_nit(link.client_nit)})"
        # Without a chart of accounts: it keeps no books here.
        creating = companies.with_user(SUPERUSER_ID).with_context(chart_template_load=True)
        client = creating.create(
            {
                "name": name,
                "vat": link.client_nit,
                "country_id": link.env.ref("base.co").id,
                "currency_id": link.company_id.currency_id.id,
            }
        )
        # Odoo adds each new company to whoever creates it.
        creating.env.user.write({"company_ids": [Command.unlink(client.id)]})
        client.active = False
        return client

    def _check_only_link(self):
        """Check that this client has no other link, whose holder nobody would remember.

        :raise UserError: otherwise
        """
        others = self._trusted().search(
            [
                ("company_id", "=", self.company_id.id),
                ("client_nit", "=", self.client_nit),
                ("state", "=", "active"),
            ]
        )
        if others:
            raise UserError(
                self.env._(
                    "%s is linked already. End that link first, if this one is to take its place.",
                    others[0].display_name,
                )
            )

    def _check_no_company(self):
        """Check that no company of this database has the client's NIT: it would be one client in two places.

        :raise ValidationError: otherwise
        """
        companies = self.sudo().env["res.company"].with_context(active_test=False)
        for company in companies.search_fetch([("vat", "!=", False)], ["vat"]):
            if identity.complete_nit(company.vat) == self.client_nit:
                raise make_fields_error(
                    {
                        "client_nit": self.env._(
                            "%(company)s of this database has the NIT %(nit)s: it needs no link.",
                            company=company.name,
                            nit=identity.show_nit(self.client_nit),
                        )
                    }
                )

    # === BUSINESS METHODS - KEY === #

    @api.model
    def _find_by_token(self, token, address):
        """Return the link whose key a request shows.

        :param csc.BearerToken token: of the request
        :param str address: that it came from
        :return: in sudo mode
        :raise CscRefused: with the reason; what was shown with the right key is noted at its link
        """
        key_hash = hash_token(token.key)
        links = self.sudo()
        link = links.search([("key_hash", "=", key_hash)])
        if not link or not consteq(link.key_hash, key_hash):
            raise csc.CscRefused("no_key")
        if link.state == "ended":
            raise csc.CscRefused("ended")
        if not consteq(link.database_uuid, token.database):
            link._note_refusal("other_database", address)
            raise csc.CscRefused("other_database")
        if link.state != "active":
            raise csc.CscRefused("not_confirmed")
        link._note_use(address)
        return link

    def _note_use(self, address):
        """Note when the key was last used, and from where, without waiting for anybody or making anyone wait."""
        with open_durable_cursor(self.env) as cr:
            cr.execute(
                SQL(
                    """
                    UPDATE certificate_link_client SET last_used_on = %(now)s, last_used_from = %(address)s
                    WHERE id IN (
                        SELECT id FROM certificate_link_client
                        WHERE id = %(id)s AND (
                            last_used_on IS NULL OR last_used_from IS DISTINCT FROM %(address)s
                            OR last_used_on < %(now)s - make_interval(secs => %(seconds)s)
                        )
                        FOR UPDATE SKIP LOCKED
                    )
                    """,
                    now=fields.Datetime.now(),
                    address=address,
                    id=self.id,
                    seconds=_NOTED_WITHIN,
                )
            )
        self.invalidate_recordset(["last_used_on", "last_used_from"])

    def _note_refusal(self, code, address):
        """Note that the key of this link was shown and refused, whatever becomes of this transaction."""
        self.env.flush_all()
        with open_durable_cursor(self.env) as cr:
            cr.execute(
                SQL(
                    """
                    UPDATE certificate_link_client SET last_refused_on = %(now)s, last_refusal = %(text)s
                    WHERE id IN (
                        SELECT id FROM certificate_link_client WHERE id = %(id)s FOR UPDATE SKIP LOCKED
                    )
                    """,
                    now=fields.Datetime.now(),
                    text=f"{explain(self.env, code)} ({address})",
                    id=self.id,
                )
            )
        self.invalidate_recordset(["last_refused_on", "last_refusal"])

    def _end(self):
        """End the link, from either side. Its key is known still, so that whoever shows it is told."""
        self._trusted().write(
            {
                "state": "ended",
                "code_hash": False,
                "ended_on": fields.Datetime.now(),
            }
        )

    def _change_key(self, key_hash):
        """Take another key in place of the one that was shown.

        :param key_hash: SHA-256 of the new key, as it came
        :raise CscRefused: `pairing`
        """
        self._lock_row()
        if not isinstance(key_hash, str) or not _KEY_HASH.fullmatch(key_hash):
            raise csc.CscRefused("pairing")
        if self.key_hash == key_hash:
            return
        self._check_key_free(key_hash)
        self._trusted().write({"key_hash": key_hash, "key_changed_on": fields.Datetime.now()})

    def _check_key_free(self, key_hash):
        """Check that no other link has a key.

        :raise CscRefused: `pairing`
        """
        if self.sudo().search_count([("key_hash", "=", key_hash), ("id", "!=", self.id)], limit=1):
            raise csc.CscRefused("pairing")

    # === BUSINESS METHODS - SIGNING === #

    def _get_signing_activation(self):
        """Return the activation under which the vendor's certificate signs for the client today.

        :return: in sudo mode
        :raise CscRefused: `no_certificate`
        """
        activation = self.client_id._get_active_certificate_activation()
        # A link gives what its vendor lends and nothing else that this database holds.
        if not (
            activation._get_route().needs_letter
            and activation.certificate_id.company_id == self.company_id
        ):
            raise csc.CscRefused("no_certificate")
        return activation

    def _describe_credential(self, body):
        """Describe the certificate that signs for the client.

        :param dict body: of `credentials/info`
        :rtype: dict
        """
        csc.check_credential(body)
        certificate = self._get_signing_activation().certificate_id
        facts = custody.load_certificate(certificate)
        chain = pem.split_pem(custody.get_public_content(certificate))
        others = [der for der in chain if der != facts.der]
        return csc.write_credential([facts.der, *others], facts, body)

    def _describe_status(self):
        """Say what the client needs to sign: who it is here, and the certificate with its period.

        :rtype: dict
        """
        answer = {**self._describe_vendor(), "client_nit": self.client_nit, "activation": None}
        try:
            activation = self._get_signing_activation()
        except csc.CscRefused:
            return answer
        certificate = custody.get_public_content(activation.certificate_id).decode(
            "ascii", "replace"
        )
        return {
            **answer,
            "activation": {
                "name": activation.name,
                "role": activation._get_route().signer_role,
                "date_start": fields.Date.to_string(activation.date_start),
                "date_end": fields.Date.to_string(activation.date_end),
                "certificate": certificate,
                "allows_hashes": self.allows_hashes,
            },
        }

    def _sign_document(self, body, address):
        """Sign a document of the client, or return what was signed before: the same bytes for the same document.

        :param dict body: of `signatures/signDoc`
        :param str address: that it came from
        :rtype: LinkAnswer
        :raise CscRefused: with the reason
        """
        document = csc.read_document(body)
        try:
            xades.get_kind(document)
            facts = read_issuer(document)
        except xades.XadesError as error:
            sentence = self.env["certificate.activation"]._explain_refusal(error)
            raise csc.CscRefused("document", sentence) from error
        if not facts.is_issued_by(self.client_nit):
            self._note_refusal("other_nit", address)
            raise csc.CscRefused("other_nit")
        return self._sign_once("document", document, facts.number, address)

    def _sign_hash(self, body, address):
        """Sign a hash of the client, where the vendor allows it.

        :param dict body: of `signatures/signHash`
        :rtype: LinkAnswer
        :raise CscRefused: with the reason
        """
        digest = csc.read_hash(body)
        if not self.allows_hashes:
            self._note_refusal("blind", address)
            raise csc.CscRefused("blind")
        return self._sign_once("hash", digest, digest.hex(), address)

    def _sign_once(self, kind, content, name, address):
        """Sign something, unless it was signed already by this link.

        The answers of a link are given one after another: who asks a second time while the first is being signed
        waits for it, and gets its bytes. What is committed is read by a cursor of its own, since this transaction
        would not see it.

        :param str kind: `document` or `hash`
        :param bytes content: what is signed
        :param str name: of the document
        :param str address: that it came from
        :rtype: LinkAnswer
        :raise CscRefused: with the reason
        """
        answers = self.env["certificate.link.answer"].sudo()
        digest = content.hex() if kind == "hash" else hashlib.sha256(content).hexdigest()
        with open_durable_cursor(self.env) as cr:
            try:
                cr.execute(
                    SQL("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", self._table, self.id)
                )
            except OperationalError as error:
                raise csc.CscRefused("unavailable") from error
            if found := answers._find(cr, self, kind, digest):
                return found
            if answers._count_lately(cr, self) >= self.hourly_limit:
                self._note_refusal("limit", address)
                raise csc.CscRefused("limit")
            activation = self._get_signing_activation()
            try:
                signed, log_id = activation._sign_for_link(self, kind, content, name)
            except UserError as error:
                raise csc.CscRefused("refused", str(error)) from error
            answers._keep(
                cr,
                link_id=self.id,
                log_id=log_id,
                kind=kind,
                document_name=name,
                document_digest=digest,
                address=address,
                content=signed,
            )
            return answers._find(cr, self, kind, digest)


def make_check_number(key_hash, database):
    """Return six digits that both sides show, so that people can compare whom they are linked with.

    :rtype: str
    """
    digest = hashlib.sha256(f"{key_hash} {database}".encode()).digest()
    digits = f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06}"
    return f"{digits[:3]} {digits[3:]}"


def explain(env, code):
    """Say in one sentence why a request is refused.

    :param str code: one of `csc.REFUSALS`
    :rtype: str
    """
    return {
        "off": env._("This server answers no other databases."),
        "unknown_path": env._("This server does not know this address."),
        "method": env._("Send this request by POST."),
        "too_large": env._("The document is larger than 2 MB, the most that DIAN takes."),
        "not_json": env._("The request is not a JSON object."),
        "no_key": env._("The key is not known here. Link the company anew."),
        "other_database": env._(
            "The key belongs to another database. A copy of a database must be linked anew."
        ),
        "ended": env._("The link has ended. Link the company anew to continue."),
        "not_confirmed": env._("The vendor has not confirmed the link yet."),
        "no_certificate": env._("The company has no digital certificate in force at the vendor."),
        "other_nit": env._("The issuer of the document is not the company of the link."),
        "blind": env._(
            "The vendor signs no hashes for this link, because it cannot see whose document it is."
        ),
        "too_many": env._("Too many attempts came from this address. Wait a minute."),
        "limit": env._("The vendor's limit of signatures per hour was reached. Try again later."),
        "credential": env._("There is no such credential. Ask for the list of credentials."),
        "algorithm": env._("Only RSA with SHA-256 is possible, which DIAN requires."),
        "format": env._("Only an enveloped XAdES signature is possible, which DIAN requires."),
        "document": env._("The document is missing or not in base64."),
        "one_document": env._("Send one document at a time."),
        "hash": env._("The hash is missing or is not a SHA-256 in base64."),
        "step": env._("What the step needs is missing or not valid."),
        "letter_too_large": env._("The signed letter is larger than 1 MB."),
        "refused": env._("The certificate cannot sign at the moment."),
        "code": env._("The pairing code is wrong, used or expired. Ask the vendor for a new one."),
        "pairing": env._("NIT, name, database or key of the company are missing or not valid."),
        "release": env._("The two databases have versions of the add-on that are too far apart."),
        "unavailable": env._("The vendor's server is busy. Try again in a minute."),
        "failed": env._("The vendor's server could not answer. Try again, or tell the vendor."),
    }[code]
