import json
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

from ...const import GROUP_MANAGER
from ...exceptions import make_fields_error
from ...tools import csc, identity, link_call
from ..core.link_switch import check_on
from .asking import VendorRefused, ask, get_database, make_sealed_key, seal

_logger = logging.getLogger(__name__)


class CertificateLinkVendor(models.Model):
    """The vendor of a company, in a database of the vendor's own, as the company's database knows it.

    A manager pastes the code that the vendor gave, sees who the vendor is, and asks; the vendor confirms. The key is
    made here and sealed at once, bound to this database: a copy opens nothing. What is shown is what was heard last:
    no page asks the vendor by being opened.
    """

    _name = "certificate.link.vendor"
    _description = "Linked Vendor"
    _inherit = ["certificate.guarded.mixin"]
    _order = "id desc"
    _rec_name = "vendor_name"
    _editable_fields = frozenset(("code",))
    _no_way_back = {"ended": ("new", "seen", "asked", "active")}

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        [
            ("new", "Code missing"),
            ("seen", "To be confirmed"),
            ("asked", "Waiting for the vendor"),
            ("active", "Active"),
            ("ended", "Ended"),
        ],
        required=True,
        readonly=True,
        default="new",
        copy=False,
    )
    # What is pasted is sealed before it is stored.
    code = fields.Char(
        string="Pairing code", compute="_compute_code", inverse="_inverse_code", copy=False
    )
    has_code = fields.Boolean(compute="_compute_code")
    sealed_code = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    sealed_key = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    next_key = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    address = fields.Char(readonly=True, copy=False, help="Of the vendor's server.")
    vendor_name = fields.Char(string="Vendor", readonly=True, copy=False)
    vendor_nit = fields.Char(string="NIT", readonly=True, copy=False)
    check_number = fields.Char(
        string="Number to compare",
        readonly=True,
        copy=False,
        help="The vendor sees the same number. Another number is another database.",
    )
    allows_hashes = fields.Boolean(
        string="Signs hashes",
        readonly=True,
        copy=False,
        help="Whether the vendor also signs requests to DIAN, of which it sees the hash alone.",
    )
    heard_on = fields.Datetime(string="Last answer on", readonly=True, copy=False)
    key_changed_on = fields.Datetime(string="Key changed on", readonly=True, copy=False)
    ended_on = fields.Datetime(readonly=True, copy=False)

    _open_unique = models.UniqueIndex(
        "(company_id) WHERE state = 'active'", "The company is linked with a vendor already."
    )

    # === COMPUTE METHODS === #

    @api.depends("sealed_code")
    def _compute_code(self):
        for link in self:
            link.code = False
            link.has_code = bool(link.sudo().sealed_code)

    def _inverse_code(self):
        for link in self.filtered("code"):
            if link.state not in ("new", "seen"):
                continue
            try:
                address, token = link_call.read_code(link.code)
            except link_call.CallFailed as error:
                raise make_fields_error(
                    {
                        "code": self.env._(
                            "This is not a pairing code. Paste all of what the vendor sent, from https:// on."
                        )
                    }
                ) from error
            # The key is made with the code, and not with the request: who asks again, because the answer got
            # lost, asks with the same key.
            sealed_key, key_hash = make_sealed_key(link)
            link._trusted().write(
                {
                    "state": "new",
                    "address": address,
                    "sealed_code": seal(link, "code", token),
                    "next_key": json.dumps([sealed_key, key_hash]),
                }
            )

    @api.depends("vendor_name", "vendor_nit")
    def _compute_display_name(self):
        for link in self:
            nit = identity.show_nit(link.vendor_nit) if link.vendor_nit else ""
            link.display_name = " · ".join(filter(None, (link.vendor_name, nit))) or self.env._(
                "Vendor without a name yet"
            )

    # === ACTION METHODS === #

    @api.model
    def action_begin(self):
        """Open the link of the user's company that is not ended, or begin one.

        :rtype: dict
        :raise AccessError: if the user is not a manager
        :raise UserError: while links are off
        """
        self._check_group(GROUP_MANAGER)
        check_on(self.env)
        here = [("company_id", "=", self.env.company.id), ("state", "!=", "ended")]
        link = self.search(here, limit=1)
        link = link or self._trusted().create({"company_id": self.env.company.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Link with a vendor"),
            "res_model": self._name,
            "res_id": link.id,
            "views": [(False, "form")],
            "target": "current",
        }

    def action_look(self):
        """Ask who gave the pairing code, before anything is asked with it."""
        self._check_user(GROUP_MANAGER)
        if self.state not in ("new", "seen") or not self.has_code:
            raise UserError(self.env._("Paste the pairing code first."))
        answer = ask(self, "look")
        self._lock(GROUP_MANAGER)
        self._trusted().write(
            {
                "state": "seen",
                "vendor_name": csc.read_text(answer.get("name"), 250),
                "vendor_nit": csc.read_text(answer.get("nit"), 40),
                "heard_on": fields.Datetime.now(),
            }
        )

    def action_ask(self):
        """Ask the vendor for the link, as whose manager has seen NIT and name of it.

        :raise UserError: when the vendor refuses or cannot be reached
        """
        self._check_user(GROUP_MANAGER)
        self._check_state("seen")
        company = self.company_id
        nit = identity.format_nit(company.vat)
        if not nit:
            raise UserError(
                self.env._(
                    "%s has no NIT with a right check digit. Complete its organisation profile first.",
                    company.name,
                )
            )
        sealed, key_hash = json.loads(self.sudo().next_key)
        body = {
            "nit": nit,
            "name": company.name,
            "database": get_database(self.env),
            "key_hash": key_hash,
        }
        answer = ask(self, "ask", body)
        self._lock(GROUP_MANAGER)
        self._trusted().write(
            {
                "state": "asked",
                "sealed_key": sealed,
                "sealed_code": False,
                "next_key": False,
                "check_number": csc.read_text(answer.get("check_number"), 20),
                "heard_on": fields.Datetime.now(),
                "key_changed_on": fields.Datetime.now(),
            }
        )

    def action_refresh(self):
        """Ask the vendor what it has for the company, and follow it.

        :raise UserError: when the vendor has not confirmed, or cannot be reached
        """
        self._check_user(GROUP_MANAGER)
        if self.state not in ("asked", "active"):
            self._check_state("active")
        answer = ask(self, "status", with_key=True)
        self._lock(GROUP_MANAGER)
        if answer.get("client_nit") != identity.format_nit(self.company_id.vat):
            raise UserError(
                self.env._(
                    "The link is of another NIT than the company has now, so nothing is signed by it. Link the "
                    "company anew."
                )
            )
        facts = answer.get("activation")
        facts = facts if isinstance(facts, dict) else {}
        self._trusted().write(
            {
                "state": "active",
                "allows_hashes": facts.get("allows_hashes") is True,
                "heard_on": fields.Datetime.now(),
            }
        )
        self.env["certificate.activation"]._follow_vendor(self, facts)

    def action_renew_key(self):
        """Make another key in place of the one that the vendor knows.

        The new one is kept before it is told, so that it is the same when the answer gets lost: press again.
        """
        self._check_user(GROUP_MANAGER)
        self._check_active()
        if not self.sudo().next_key:
            self._lock(GROUP_MANAGER)
            self._trusted().next_key = json.dumps(make_sealed_key(self))
            self._after_transaction("_change_key")
            return
        self._change_key()

    def action_end(self):
        """End the link here, and tell the vendor if it can be reached."""
        self._lock(GROUP_MANAGER)
        if self.state == "ended":
            return
        if self.state in ("asked", "active"):
            self._after_transaction("_tell_end")
        self._trusted().write(
            {
                "state": "ended",
                "sealed_code": False,
                "ended_on": fields.Datetime.now(),
            }
        )
        self.env["certificate.activation"]._follow_vendor(self, {})

    # === BUSINESS METHODS === #

    def _check_active(self):
        """Check that the vendor signs for the company by this link.

        :raise UserError: otherwise
        """
        if self.sudo().state != "active":
            raise UserError(
                self.env._(
                    "The link with the vendor is not active, so nothing is signed. Link the company anew."
                )
            )

    def _change_key(self):
        """Tell the vendor another key, which was kept before; the former one is of no use afterwards."""
        link = self.sudo()
        if not link.next_key:
            return
        sealed, key_hash = json.loads(link.next_key)
        try:
            ask(link, "key", {"key_hash": key_hash}, with_key=True)
        except VendorRefused as refusal:
            # It has come to know the new one, and its answer got lost.
            if refusal.reason != "no_key":
                raise
        link._trusted().write(
            {"sealed_key": sealed, "next_key": False, "key_changed_on": fields.Datetime.now()}
        )

    def _tell_end(self):
        """Tell the vendor that the link has ended, and forget the key, whether or not it has heard."""
        link = self.sudo()
        try:
            ask(link, "end", with_key=True)
        except UserError as error:
            # It has ended here all the same; the vendor sees that nothing is asked any more.
            _logger.info("The vendor was not told of the end of a link: %s", error)
        link._trusted().write({"sealed_key": False, "next_key": False})
