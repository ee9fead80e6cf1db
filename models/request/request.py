from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...const import (
    ACTIVITY_NEXT_STEP,
    ACTIVITY_REQUEST,
    GROUP_CUSTODIAN,
    GROUP_USER,
    PERSON_KINDS,
    REPRESENTATIVE_FIELDS,
    REQUEST_DAYS,
    REQUEST_FIELDS,
    REQUEST_STATES,
)
from ...exceptions import make_fields_error
from ...tools import identity

# While the company writes the request.
_WRITTEN = ("draft", "rejected")


class CertificateRequest(models.Model):
    """A company's request to an authority for its own certificate, through the seller that it paid.

    There is one for each activation of the route `request`, from the moment it is paid. It goes `draft` ->
    `in_process` -> `issued` -> `completed`; from `in_process` and `issued` it is given back as `rejected`,
    and sent again. The company writes it; the custodian of the seller processes it, and changes nothing of
    what the company wrote. Payment, period and certificate are the activation's.

    Whoever changes it locks the activation first, then the request.
    """

    _name = "certificate.request"
    _description = "Certificate Request"
    _inherit = [
        "certificate.pdf.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _editable_fields = frozenset(REQUEST_FIELDS)
    _evidence_children = ("document_ids",)
    # Users who can read it but not write it may still post messages.
    _mail_post_access = "read"

    activation_id = fields.Many2one(
        "certificate.activation", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="activation_id.company_id", store=True, index=True)
    name = fields.Char(related="activation_id.name")
    activation_state = fields.Selection(
        related="activation_id.state", string="State of the activation"
    )
    activation_phase = fields.Selection(
        related="activation_id.phase", string="Phase of the activation"
    )
    state = fields.Selection(
        REQUEST_STATES,
        string="Request",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        default="draft",
        tracking=True,
    )
    person_kind = fields.Selection(PERSON_KINDS, string="Kind of person", copy=False)
    date = fields.Date(
        string="Start of validity",
        copy=False,
        help="The requested first day of the certificate's validity.",
    )
    authority_id = fields.Many2one(
        "certificate.authority",
        string="Certification authority",
        copy=False,
        ondelete="restrict",
    )
    sent_on = fields.Datetime(string="Sent on", readonly=True, copy=False)
    issued_on = fields.Datetime(string="Issued on", readonly=True, copy=False)
    valid_from = fields.Date(
        readonly=True, copy=False, help="As the seller said when the authority had issued it."
    )
    valid_until = fields.Date(readonly=True, copy=False, help="The last day of its validity.")
    observation = fields.Text(
        string="Observations",
        readonly=True,
        copy=False,
        help="Why the request was rejected, in addition to the observations on each document.",
    )
    document_ids = fields.One2many(
        "certificate.request.document", "request_id", string="Documents", readonly=True
    )

    # Fields of the company's activation that the seller may read.
    payment_status = fields.Selection(related="activation_id.payment_status")
    alerts = fields.Json(related="activation_id.alerts")
    payment_reference = fields.Char(related="activation_id.payment_reference")
    company_rows = fields.Json(
        string="Company data",
        compute="_compute_company_rows",
        compute_sudo=True,
        help="What the organisation profile says: pairs of a label and a text.",
    )
    representative_rows = fields.Json(related="activation_id.representative_rows")
    sentence = fields.Char(
        string="Request Sentence", compute="_compute_sentence", compute_sudo=True
    )
    can_process = fields.Boolean(string="Can Process Request", compute="_compute_can_process")

    _activation_unique = models.UniqueIndex(
        "(activation_id)", "This activation already has a request."
    )

    # === COMPUTE METHODS === #

    @api.depends("activation_id.display_name")
    def _compute_display_name(self):
        for request in self:
            request.display_name = request.sudo().activation_id.display_name

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_company_rows(self):
        for request in self:
            company = request.company_id
            rows = [
                [self.env._("Name"), company.name],
                [self.env._("NIT"), identity.format_nit(company.vat) or company.vat],
                [self.env._("Address"), company.street],
                [self.env._("City"), company.city],
                [self.env._("Department"), company.state_id.name],
                [self.env._("Email"), company.email],
                [self.env._("Phone"), company.phone],
            ]
            request.company_rows = [[label, text or ""] for label, text in rows]

    @api.depends("state", "sent_on", "issued_on", "valid_from", "valid_until")
    @api.depends_context("lang")
    def _compute_sentence(self):
        for request in self:
            activation, authority = request.activation_id, request.authority_id.name or ""
            sentences = {
                "in_process": self.env._(
                    "Your request to %(authority)s was sent on %(date)s. %(seller)s works on it, usually "
                    "for a couple of working days. You can close this page: we will tell you by email.",
                    authority=authority,
                    date=activation._format_moment(request.sent_on),
                    seller=activation.seller_id.name,
                ),
                "rejected": self.env._(
                    "Your request was rejected. Make the corrections listed here and send it "
                    "again: what was accepted is kept, and nothing is paid again."
                ),
                "issued": self.env._(
                    "%(authority)s issued your certificate on %(date)s and gives you its file "
                    "and password. Load them here.",
                    authority=authority,
                    date=activation._format_moment(request.issued_on),
                )
                # One that was issued before the days were noted.
                if not request.valid_until
                else self.env._(
                    "%(authority)s issued your certificate on %(date)s, valid from %(start)s to %(end)s, and gives you "
                    "its file and password. Load them here.",
                    authority=authority,
                    date=activation._format_moment(request.issued_on),
                    start=activation._format_date(request.valid_from),
                    end=activation._format_date(request.valid_until),
                ),
            }
            request.sentence = sentences.get(request.state)

    @api.depends("activation_id.payment_move_id", "activation_id.state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_process(self):
        is_custodian = self.env.user.has_group(GROUP_CUSTODIAN)
        for request in self:
            activation = request.sudo().activation_id
            request.can_process = (
                is_custodian
                and activation.state == "process"
                and activation.payment_move_id.company_id in self.env.companies
            )

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(("person_kind", "authority_id")):
            self._ask_for_documents()
        return result

    def _check_editable(self, vals):  # pylint: disable=missing-return
        super()._check_editable(vals)
        for request in self:
            request.activation_id._check_editable({})

    # === TRANSITIONS - COMPANY === #

    @api.model
    def _begin(self, activation):
        """Begin the request of an activation that was paid, prefilled with what is known.

        :param activation: `certificate.activation`
        :rtype: certificate.request
        """
        is_juridical = identity.is_juridical_nit(activation.company_id.sudo().vat)
        authorities = self.env["certificate.authority"].search([], limit=2)
        request = self._create_once(
            {
                "activation_id": activation.id,
                "person_kind": "juridica" if is_juridical else "natural",
                "date": activation._get_today(),
                "authority_id": len(authorities) == 1 and authorities.id,
            }
        )
        request._ask_for_documents()
        return request

    def _ask_for_documents(self):
        """Create a row for each document that the authority asks for; attached files stay."""
        for request in self:
            documents = request.sudo().document_ids
            asked = request.authority_id._get_requirements(request.person_kind).document_type_id
            for kind in asked - documents.document_type_id:
                documents._create_once({"request_id": request.id, "document_type_id": kind.id})
            request.invalidate_recordset(["document_ids"])

    def _get_requested_documents(self):
        """Return the documents that the chosen authority asks of this kind of person.

        :rtype: certificate.request.document
        """
        return self.document_ids.filtered(lambda document: document._get_requirement())

    def _get_errors(self, values=None):
        """Say everything that keeps the request from being sent.

        :param values: anything that gives `REQUEST_FIELDS` and `REPRESENTATIVE_FIELDS` by name; without
            it, what is stored
        :return: one sentence for each field that must change; under `company_id` when the
            organisation profile is not complete, under `document_<id>` and `issue_date_<id>` what is
            wrong with a document
        :rtype: dict[str, str]
        """
        self.ensure_one()
        activation = self.activation_id
        values = values or {
            **{name: self[name] for name in REQUEST_FIELDS},
            **{name: activation[name] for name in REPRESENTATIVE_FIELDS},
        }
        missing = {
            "person_kind": self.env._("Choose the kind of person."),
            "date": self.env._("Choose the day on which the validity begins."),
            "authority_id": self.env._("Choose the authority: it decides what you have to attach."),
        }
        errors = {name: sentence for name, sentence in missing.items() if not values[name]}
        today, date = activation._get_today(), values["date"]
        if date and not today <= date <= today + timedelta(days=REQUEST_DAYS):
            errors["date"] = self.env._(
                "Choose a day from today to %s.",
                activation._format_date(today + timedelta(days=REQUEST_DAYS)),
            )
        if values["person_kind"] == "juridica":
            errors.update(activation._get_representative_errors(values))
        if sentence := activation._get_profile_error():
            errors["company_id"] = sentence
        for document in self._get_requested_documents():
            errors.update(document._get_errors())
        return errors

    def _send(self):
        """Send the request to the seller, for the first time or again.

        :raise ValidationError: naming everything that is missing or wrong
        :raise UserError: when it is not paid any more, or a stored file is bad
        """
        activation = self.activation_id
        activation._lock(GROUP_USER)
        self._lock(GROUP_USER)
        if self.state == "in_process":
            return
        activation._check_state("process")
        self._check_at(*_WRITTEN)
        if activation.payment_status != "paid":
            raise UserError(self.env._("The payment is no longer valid. Verify it before sending."))
        if errors := self._get_errors():
            raise ValidationError("\n".join(errors.values()))
        self._get_requested_documents()._send()
        is_first = self.state == "draft"
        self._trusted().write(
            {"state": "in_process", "sent_on": fields.Datetime.now(), "observation": False}
        )
        if self.person_kind == "natural":
            # The form did not ask for it: it was prefilled from another activation.
            activation._trusted().write(dict.fromkeys(REPRESENTATIVE_FIELDS, False))
        activation.sudo().activity_unlink([ACTIVITY_NEXT_STEP])
        self._send_notice("request_sent" if is_first else "request_resent")

    # === TRANSITIONS - SELLER === #

    def _lock_for_seller(self, *states):
        """Lock the request for the custodian of the seller, who reads it and decides.

        :param states: allowed states of the request
        :return: its activation, in sudo mode, because the custodian has no access to it
        :rtype: certificate.activation
        :raise AccessError: if the user is not the custodian of the company that sold it
        :raise UserError: in another state
        """
        self._check_user(GROUP_CUSTODIAN)
        activation = self.sudo().activation_id
        if not self.env.su and activation.payment_move_id.company_id not in self.env.companies:
            raise AccessError(self.env._("Only a custodian of the seller can do this."))
        activation._lock_row()
        self._lock_row()
        activation._check_state("process")
        self._check_at(*states)
        return activation

    def _reject(self, observation):
        """Return the request to the company, saying what is wrong with it and its documents.

        :param str observation: as the custodian typed it; needed unless a document was rejected
        :raise UserError: when nothing is said to be wrong, or the certificate was loaded already
        """
        activation = self._lock_for_seller("in_process", "issued", "rejected")
        observation = (observation or "").strip()
        if self.state == "rejected":
            if observation == (self.observation or ""):
                return
            self._check_at("in_process", "issued")
        if not observation and "rejected" not in self.document_ids.mapped("state"):
            raise UserError(
                self.env._(
                    "Explain what has to be corrected, or reject the documents that are wrong."
                )
            )
        if activation.certificate_id:
            raise UserError(self.env._("The company has loaded its certificate already."))
        dates = dict.fromkeys(("issued_on", "valid_from", "valid_until"), False)
        self._trusted().write({"state": "rejected", "observation": observation, **dates})
        self._send_notice("request_rejected")

    def _open_issue(self):
        """Open the dialog that asks for the days of the certificate; called by the server action of the form.

        :rtype: dict
        """
        self._check_user(GROUP_CUSTODIAN)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("The certificate is issued"),
            "res_model": "certificate.issue.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_request_id": self.id},
        }

    def _get_proposed_days(self):
        """Return first and last day of a year from the day that was asked for, which most certificates have.

        :rtype: tuple[date, date]
        """
        today = self.sudo().activation_id._get_today()
        start = max(self.date or today, today)
        return start, start + relativedelta(years=1) - timedelta(days=1)

    def _issue(self, date_start=None, date_end=None):
        """Note that the authority has issued the certificate, and for when: the company can load it.

        :param date date_start: the first day of its validity; by default as it is proposed, likewise:
        :param date date_end: the last one
        :raise UserError: when a document is not accepted, the payment was returned, or no such period signs
        """
        activation = self._lock_for_seller("in_process", "issued")
        if self.state == "issued":
            return
        proposed = self._get_proposed_days()
        date_start, date_end = date_start or proposed[0], date_end or proposed[1]
        if date_start > date_end:
            sentence = self.env._(
                "The first day of the certificate is after its last one. Correct them."
            )
            raise make_fields_error({"date_start": sentence})
        if date_end < activation._get_today():
            sentence = self.env._(
                "This certificate has ended already. Ask the authority for the new one."
            )
            raise make_fields_error({"date_end": sentence})
        open_documents = self.document_ids.filtered(
            lambda document: document.document_size and document.state != "accepted"
        )
        if open_documents:
            raise UserError(
                self.env._(
                    "First accept each document, or reject the request: %s.",
                    ", ".join(open_documents.mapped("document_type_id.name")),
                )
            )
        if activation.payment_status != "paid":
            raise UserError(self.env._("The payment of this request was returned."))
        self._trusted().write(
            {
                "state": "issued",
                "issued_on": fields.Datetime.now(),
                "valid_from": date_start,
                "valid_until": date_end,
            }
        )
        self._send_notice("request_issued")

    # === TRANSITIONS - ACTIVATION === #

    def _complete(self):
        """Note that the certificate signs, and tell the seller."""
        self._trusted().write({"state": "completed"})
        self._send_notice("request_completed")

    def _withdraw(self):
        """Tell the seller, who is processing a sent request, that it was withdrawn."""
        self._lock_row()
        if self.state != "draft":
            self._send_notice("request_cancelled")

    # === BUSINESS METHODS === #

    def _check_written(self):
        """Check that the company may write the request now.

        :raise UserError: otherwise
        """
        self._check_at(*_WRITTEN)

    def _lock_at(self, *states):
        """Lock the request for a step of its activation, which is locked, and check its state.

        :raise UserError: in another state, or without a request
        """
        if self:
            self._lock_row()
        self._check_at(*states)

    def _check_at(self, *states):
        if self.state not in states:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "This is not possible while the request is in the state “%s”. Reload the page.",
                    labels.get(self.state, ""),
                )
            )

    def _send_notice(self, kind):
        """Send a notice about the request, and close the earlier activities about it.

        :param str kind: one of `NOTICES`
        """
        request = self.sudo()
        request.activity_unlink([ACTIVITY_REQUEST])
        request.activation_id._notify(kind)
