import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...const import (
    ACTIVATION_STATES,
    ACTIVITY_LETTER,
    ACTIVITY_NEXT_STEP,
    COLOMBIA_TZ,
    GROUP_MANAGER,
    GROUP_USER,
    LIGHTS,
    MODULE,
    PHASES,
    REPRESENTATIVE_FIELDS,
    TRANSITIONS,
    UNPAID,
)
from ...exceptions import ACTIVATE, SALE, make_remedy_error
from ...tools import expiry, identity
from ..core.concerned import CLIENTS, note
from ..keys import custody
from .routes import NO_ROUTE, ROUTES

# Methods called after a write to any of these fields, in this order, with the values.
_WRITE_EFFECTS = (
    (("signed_letter",), "_close_letter_activities"),
    (REPRESENTATIVE_FIELDS, "_restore_letter"),
    (("payment_move_id",), "_note_payment_seller"),
)
# Methods called after a change to any of these states, in this order.
_STATE_EFFECTS = (
    (("expired", "cancelled", "revoked"), "_close_review"),
    (("active", "expired", "cancelled", "revoked"), "_end_letter_links"),
    (("active",), "_complete_request"),
    (("cancelled",), "_withdraw_request"),
)


class CertificateActivation(models.Model):
    """One request of one company for the certificate of one validity period.

    It goes `pay` -> `process` -> `active` -> `expired`, or ends `cancelled` or `revoked`. Users
    write the representative's data and the signed letter; everything else is written in sudo mode
    by one named method for each transition, which locks the row and checks group, company and
    state first.

    Payment, letter, renewal and the like are in files of their own, and what differs by route is in
    `routes.py`. No two of these files define the same method: what a write, a new state or an end
    means to them is called from here, in a fixed order.
    """

    _name = "certificate.activation"
    _description = "Digital Certificate Activation"
    _inherit = [
        "certificate.pdf.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _editable_fields = frozenset(
        (*REPRESENTATIVE_FIELDS, "signed_letter", "signed_letter_filename")
    )
    _evidence_children = ("receipt_ids", "request_ids", "voided_letter_ids")
    _no_way_back = dict.fromkeys(("active", "expired", "revoked"), ("pay", "process"))
    # An active activation cannot be written, but it can be talked about.
    _mail_post_access = "read"

    name = fields.Char(required=True, readonly=True, copy=False, default="/")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    route = fields.Selection(
        [
            ("loan", "Lent certificate"),
            ("own", "Own certificate"),
            ("request", "Requested certificate"),
            ("linked", "Certificate of a linked vendor"),
        ],
        required=True,
        readonly=True,
        default="loan",
    )
    # Of the route, which explains them
    needs_payment = fields.Boolean(compute="_compute_needs")
    needs_letter = fields.Boolean(compute="_compute_needs")
    is_own = fields.Boolean(compute="_compute_needs")
    is_requested = fields.Boolean(compute="_compute_needs")
    state = fields.Selection(
        ACTIVATION_STATES,
        required=True,
        readonly=True,
        copy=False,
        index=True,
        default="pay",
        tracking=True,
    )
    end_reason = fields.Char(
        string="Reason of its end",
        readonly=True,
        copy=False,
        help="Why a manager cancelled or revoked it.",
    )
    phase = fields.Selection(
        PHASES,
        compute="_compute_phase",
        store=True,
        precompute=True,
        help="Where it stands: like the state, but a finished renewal waits for its day, and all that is "
        "over has ended.",
    )
    renewal_of_id = fields.Many2one(
        "certificate.activation",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The activation after which this one signs.",
    )

    # Certificate
    certificate_id = fields.Many2one(
        "certificate.certificate",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    date_start = fields.Date(string="Valid from", readonly=True, copy=False)
    date_end = fields.Date(
        string="Valid until", readonly=True, copy=False, help="The last day on which it signs."
    )
    days_left = fields.Integer(
        compute="_compute_days_left", help="Days after today on which it still signs."
    )
    light = fields.Selection(LIGHTS, string="Traffic light", compute="_compute_days_left")

    # One active certificate per company, whatever its route.
    _active_unique = models.UniqueIndex(
        "(company_id) WHERE state = 'active'",
        "The company already has an active certificate.",
    )
    _open_unique = models.UniqueIndex(
        "(company_id, route) WHERE state IN ('pay', 'process')",
        "The company is already activating a certificate.",
    )

    # === COMPUTE METHODS === #

    @api.depends("route")
    def _compute_needs(self):
        for activation in self:
            route = activation._get_route()
            activation.needs_payment = route.needs_payment
            activation.needs_letter = route.needs_letter
            activation.is_own = route.is_own
            activation.is_requested = route.is_requested

    @api.depends("state", "switch_on")
    def _compute_phase(self):
        for activation in self:
            if activation.state in ("pay", "active"):
                activation.phase = activation.state
            elif activation.state == "process":
                activation.phase = "waiting" if activation.switch_on else "process"
            else:
                activation.phase = "ended"

    @api.depends("name", "company_id")
    def _compute_display_name(self):
        for activation in self:
            company = activation.company_id.sudo()
            activation.display_name = f"{activation.name} - {company.name}"

    @api.depends("date_end", "phase", "is_renewed")
    def _compute_days_left(self):
        today = self._get_today()
        for activation in self:
            in_force = activation.phase == "active" and activation.date_end
            left = max((activation.date_end - today).days, 0) if in_force else 0
            activation.days_left = left
            activation.light = in_force and expiry.get_light(left, activation.is_renewed)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(
                self.env._("Start an activation from Activate your digital certificate.")
            )
        # The year in the name is Colombia's.
        sequence = self.env["ir.sequence"].with_context(tz=COLOMBIA_TZ)
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                vals["name"] = sequence.next_by_code("certificate.activation")
        activations = super().create(vals_list)
        # The company of a renewal has one already.
        if first := activations.filtered(lambda activation: not activation.renewal_of_id):
            note(self.env, CLIENTS, first.company_id.ids)
        activations._note_payment_seller(None)
        return activations

    def write(self, vals):
        if "certificate_id" in vals:
            vals = {**vals, **self._prepare_fingerprint_vals(vals["certificate_id"])}
        changed = self._find_changed_letters(vals)
        result = super().write(vals)
        changed._void_letter("representative")
        for names, effect in _WRITE_EFFECTS:
            if not vals.keys().isdisjoint(names):
                getattr(self, effect)(vals)
        return result

    def _check_editable(self, vals):  # pylint: disable=missing-return
        super()._check_editable(vals)
        for activation in self:
            activation._check_not_ended()
            activation._check_not_waiting()
            activation._get_route().check_editable(activation)

    def _check_not_ended(self):
        if self.phase in ("active", "ended") and not self._is_letter_open():
            raise make_remedy_error(
                self.env,
                self.env._(
                    "This activation has ended and cannot be changed. "
                    "Open Activate your digital certificate again."
                ),
                ACTIVATE,
            )

    # === ACTION METHODS === #

    def action_open_wizard(self):
        """Open the three steps, at the step that this activation has reached.

        On an empty record: at the activation of the user's company, which starts one when there is
        none. The payment is verified on the way. The seller, which has none, gets its own page.

        :return: the action of a full page
        :rtype: dict
        :raise AccessError: for a user without the group or of another company
        """
        self._check_group(GROUP_USER)
        if not self and self.env.company == self.env.company.certificate_seller_id:
            return self.env["ir.actions.actions"]._for_xml_id(f"{MODULE}.certificate_lender_action")
        activation = self or self._get_or_start()
        activation._check_user(GROUP_USER)
        if activation.state == "pay":
            activation.action_verify_payment()
        activation._refresh_letter()
        wizards = self.env["certificate.activation.wizard"]
        wizard = wizards._trusted().create(
            {"activation_id": activation.id, "receipt_id": activation._get_receipt().id}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Activate your digital certificate"),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "current",
        }

    def action_continue(self):
        """Go from the payment to the process.

        :raise UserError: when the certificate is not paid
        """
        self._lock(GROUP_USER)
        if self.state != "pay":
            return
        self._verify_payment()
        if self.payment_status != "paid":
            raise UserError(
                self.env._("The certificate is not paid yet. Buy it, or verify the payment.")
            )
        self._check_payer()
        route = self._get_route()
        self._set_state("process", **route.prepare_process_vals(self))
        route.begin_process(self)
        self.sudo().activity_unlink([ACTIVITY_NEXT_STEP])

    def action_finish(self):
        """Activate: check everything once more, prove the certificate and start the period.

        The activation that signed before either ends now or signs until its end: see
        `_start_period`.

        :raise UserError: when the letter or the certificate cannot be used
        """
        self._check_user(GROUP_USER)
        route = self._get_route()
        if self.state == "process":
            # The row is not locked yet.
            route.prepare_finish(self)
        self._lock(GROUP_USER)
        if self.letter_review == "rejected" and self._is_letter_open():
            self._hand_in_letter()
            return
        if self.phase in ("waiting", "active"):
            return
        self._check_state("process")
        route.check(self)
        certificate = route.get_certificate(self)
        self._prove_certificate(certificate)
        self._end_letter_links()
        self._start_period(certificate)
        self._ask_for_review()
        self._keep_record()
        self._trusted()._notify("activated")

    def action_cancel(self, reason=None):
        """Cancel an unfinished activation; its payment can be used for another one.

        :param str reason: as the manager typed it; kept in the history
        """
        self._lock(GROUP_MANAGER)
        if self.state != "cancelled":
            self._set_state("cancelled", end_reason=self._clean_end_reason(reason))
            self.receipt_ids._release()
            self._drop_own_certificate()

    def action_revoke(self, reason=None):
        """End an active activation at once: nothing is signed under it any more.

        :param str reason: as the manager typed it; kept in the history
        """
        self._lock(GROUP_MANAGER)
        if self.state != "revoked":
            self._set_state("revoked", end_reason=self._clean_end_reason(reason))
            self._archive_own_certificate()

    @staticmethod
    def _clean_end_reason(reason):
        return (reason.strip() or False) if isinstance(reason, str) else False

    # === BUSINESS METHODS - ROUTE === #

    def _get_route(self):
        """Return the object that knows what this activation needs and does by its route.

        :rtype: routes.Route
        """
        return ROUTES.get(self.route, NO_ROUTE)

    # === BUSINESS METHODS - TRANSITIONS === #

    @api.model
    def _get_today(self):
        """Return today's date in Colombia, used for periods and letters."""
        return fields.Date.context_today(self.with_context(tz=COLOMBIA_TZ))

    def _set_state(self, state, **vals):
        """Change the state of a locked activation, if `TRANSITIONS` allows it.

        :param str state: the next one
        :param vals: what changes together with it
        """
        if (self.state, state) not in TRANSITIONS:
            raise UserError(
                self.env._(
                    "An activation in the state “%(current)s” cannot change to “%(next)s”. "
                    "Reload the page.",
                    current=self._get_state_label(self.state),
                    next=self._get_state_label(state),
                )
            )
        vals |= self._prepare_waiting_vals(state)
        self._trusted().write({"state": state, **vals})
        for states, effect in _STATE_EFFECTS:
            if state in states:
                getattr(self, effect)()

    def _close_review(self):
        """Close the review of the letter, since the activation has ended."""
        self.sudo().activity_unlink([ACTIVITY_LETTER])

    def _search_others(self, state):
        """Search the company's other activations in a state, whoever may see them.

        :rtype: certificate.activation
        """
        return self._trusted().search(
            [
                ("company_id", "=", self.company_id.id),
                ("id", "!=", self.id),
                ("state", "=", state),
            ]
        )

    def _end_replaced(self):
        """End the activation that signed for the company until now; this one replaces it."""
        for former in self._search_others("active"):
            former._lock(GROUP_USER)
            former._expire(date_end=min(former.date_end, self._get_today()))
            former.message_post(body=self.env._("Replaced by %s, which signs now.", self.name))

    def _cancel_unpaid(self):
        """Cancel what nobody has paid of the company, such as a renewal, since this signs now.

        A paid one can still be finished; and a request for a certificate of the company's own goes on beside a lent
        one.
        """
        for other in self._search_others("pay"):
            if other.payment_status in UNPAID and (self.is_own or not other.is_requested):
                other._set_state("cancelled")

    @api.model
    def _get_or_start(self):
        """Return the current activation of the user's company, or start one.

        :rtype: certificate.activation
        :raise UserError: for the seller, which signs with its own certificate
        """
        self._check_group(GROUP_USER)
        company = self.env.company
        self._check_not_seller(company)
        # The latest one: a request for a certificate of the company's own may run beside a loan, and a renewal
        # beside both. What has ended is not current, whether or not the cron has run.
        current = Domain("state", "in", ("pay", "process")) | (
            Domain("state", "=", "active") & Domain("date_end", ">=", self._get_today())
        )
        here = Domain("company_id", "=", company.id)
        if found := self.search_fetch(current & here):
            # (The sort is stable: the latest one first.)
            return found.sorted(lambda activation: activation._get_page_rank())[0]
        self._check_signs_itself(company)
        return self._create_once(
            {"company_id": company.id, "renewal_of_id": self._find_ended(company).id}
        )

    def _get_page_rank(self):
        """Return how late this comes when a company opens the three steps and has several: the least is opened.

        What was paid and is not finished is never hidden behind something else, and a request that nobody has paid
        hides nothing.

        :rtype: int
        """
        self.ensure_one()
        is_unpaid = self.state == "pay" and self.payment_status in UNPAID
        if self.is_requested:
            return 3 if is_unpaid else 1
        return 0 if self.phase in ("pay", "process") and not is_unpaid else 2

    @api.model
    def _check_not_seller(self, company):
        """Refuse the seller, which signs with the certificate that it lends."""
        if company == company.certificate_seller_id:
            raise make_remedy_error(
                self.env,
                self.env._(
                    "%s lends the certificate. Choose it in Settings, under Electronic Documents.",
                    company.name,
                ),
                SALE,
            )

    @api.model
    def _check_signs_itself(self, company):
        """Refuse a branch that signs under the activation of a parent company with the same NIT.

        :raise UserError: for such a branch
        """
        if company._get_certificate_companies()[-1] != company:
            raise UserError(company._get_certificate_owner_sentence())

    def _check_still_paid(self):
        """Check, before finishing, that the payment is still valid.

        :raise UserError: otherwise
        """
        if self.payment_status == "recording":
            raise UserError(self.payment_sentence)
        if self.payment_status != "paid":
            raise UserError(
                self.env._("The payment is no longer valid. Verify it before finishing.")
            )
        self._check_payer()

    # === BUSINESS METHODS - CERTIFICATE === #

    def _get_lent_certificate(self):
        """Return the certificate that the seller lends, in sudo mode.

        :rtype: certificate.certificate
        :raise UserError: when there is none that is valid
        """
        self._check_lender()
        self.seller_id.sudo()._check_lends()
        certificate = self.seller_id.sudo().certificate_lent_id
        if not certificate._can_be_lent():
            raise UserError(
                self.env._(
                    "%s has no valid certificate to lend at the moment. "
                    "Your data and your letter are kept: ask it, then finish here.",
                    self.seller_id.sudo().name,
                )
            )
        return certificate

    def _check_lender(self):
        """Check that there is a company that lends its certificate, whose name and NIT the letter says.

        :raise UserError: otherwise: nobody signs an empty letter
        """
        lender = self.seller_id.sudo()
        if not lender or not identity.format_nit(lender.vat):
            raise make_remedy_error(
                self.env,
                self.env._(
                    "No company of this database lends its certificate. Your data and your letter are "
                    "kept: ask your administrator to choose one in Settings, under Electronic Documents."
                )
                if not lender
                else self.env._(
                    "%s has not entered its NIT, which the letter says. What you entered is kept: ask it.",
                    lender.name,
                ),
                SALE,
            )

    @api.model
    def _prove_certificate(self, certificate):
        """Sign something unpredictable and verify it with the public certificate.

        :param certificate: `certificate.certificate` in sudo mode
        :raise UserError: when the signature is not the certificate's
        """
        message = secrets.token_bytes(32)
        try:
            signature = custody.open_key(certificate).sign(
                message, padding.PKCS1v15(), hashes.SHA256()
            )
            public = custody.load_certificate(certificate).public_key()
            # DIAN takes RSA with SHA-256 only: Anexo tecnico 1.9, section 6.
            public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        except (AttributeError, InvalidSignature, TypeError, ValueError) as error:
            raise UserError(
                self.env._(
                    "The certificate could not make a valid test signature. "
                    "Ask the custodian of the certificate to load it again."
                )
            ) from error
