from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..const import (
    ACTIVITY_NEXT_STEP,
    ACTIVITY_REQUEST,
    GROUP_CUSTODIAN,
    GROUP_USER,
    PERSON_KINDS,
    REPRESENTATIVE_FIELDS,
    REQUEST_DAYS,
    REQUEST_MONTHS,
    REQUEST_STATES,
)
from ..tools import identity
from .certificate_activation_routes import OWN_ROUTES, REQUEST_ROUTES

# While the company writes the request.
_WRITTEN = ("draft", "rejected")
# What can be given up without losing money.
_UNPAID = ("none", "to_pay", "failed", "reversed", "void")


class CertificateActivation(models.Model):
    """The route `request`: a company asks here for a certificate of its own, which an authority issues.

    It is paid like a lent one, by a product of its own. At `process` the request itself goes `draft`
    -> `in_process` -> `issued` -> `completed`; from `in_process` and `issued` it is given back as
    `rejected`, and sent again. The company writes it; the custodian of the seller processes it, and
    changes nothing of what the company wrote. Once the authority has issued the certificate, the
    company loads its file as on the route `own`.
    """

    _inherit = "certificate.activation"

    request_state = fields.Selection(
        REQUEST_STATES, string="Request", readonly=True, copy=False, index=True, tracking=True
    )
    request_person_kind = fields.Selection(PERSON_KINDS, string="Kind of person", copy=False)
    request_date = fields.Date(
        string="Valid as of",
        copy=False,
        help="The day on which the validity of the certificate is asked to begin.",
    )
    request_authority_id = fields.Many2one(
        "certificate.authority",
        string="Certification authority",
        copy=False,
        ondelete="restrict",
    )
    request_sent_on = fields.Datetime(string="Sent on", readonly=True, copy=False)
    request_issued_on = fields.Datetime(string="Issued on", readonly=True, copy=False)
    request_observation = fields.Text(
        string="Observations",
        readonly=True,
        copy=False,
        help="Why the request was rejected, beside what is said of each document.",
    )
    document_ids = fields.One2many(
        "certificate.request.document", "activation_id", string="Documents", readonly=True
    )
    request_company = fields.Json(
        string="Company data",
        compute="_compute_request_company",
        compute_sudo=True,
        help="What the organisation profile says: pairs of a label and a text.",
    )
    request_sentence = fields.Char(compute="_compute_request_sentence", compute_sudo=True)
    can_process_request = fields.Boolean(compute="_compute_can_process_request")

    # === COMPUTE METHODS === #

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_request_company(self):
        for activation in self:
            company = activation.company_id
            rows = [
                [self.env._("Name"), company.name],
                [self.env._("NIT"), identity.format_nit(company.vat) or company.vat],
                [self.env._("Address"), company.street],
                [self.env._("City"), company.city],
                [self.env._("Department"), company.state_id.name],
                [self.env._("Email"), company.email],
                [self.env._("Phone"), company.phone],
            ]
            activation.request_company = activation._get_route().is_requested and [
                [label, text or ""] for label, text in rows
            ]

    @api.depends("request_state", "request_sent_on", "request_issued_on")
    @api.depends_context("lang")
    def _compute_request_sentence(self):
        for activation in self:
            authority = activation.request_authority_id.name or ""
            sentences = {
                "in_process": self.env._(
                    "Your request to %(authority)s was sent on %(date)s. %(seller)s works on it, usually "
                    "for a couple of working days. You can close this page: we will tell you by email.",
                    authority=authority,
                    date=activation._format_moment(activation.request_sent_on),
                    seller=activation.seller_id.name,
                ),
                "rejected": self.env._(
                    "Your request was rejected. Correct what is said here and send it again: what was "
                    "accepted is kept, and nothing is paid again."
                ),
                "issued": self.env._(
                    "%(authority)s issued your certificate on %(date)s, and gives you its file and its "
                    "password. Load them here.",
                    authority=authority,
                    date=activation._format_moment(activation.request_issued_on),
                ),
            }
            activation.request_sentence = sentences.get(activation.request_state)

    @api.depends("payment_move_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_process_request(self):
        is_custodian = self.env.user.has_group(GROUP_CUSTODIAN)
        for activation in self:
            seller = activation.sudo().payment_move_id.company_id
            activation.can_process_request = (
                is_custodian
                and activation._get_route().is_requested
                and activation.state == "process"
                and seller in self.env.companies
            )

    # === CRUD METHODS === #

    def _check_user(self, group):  # pylint: disable=missing-return
        super()._check_user(group)
        # The custodian of the seller reads a request and has no part in the steps of the company.
        if (
            not self.env.su
            and self._get_route().is_requested
            and self.company_id not in self.env.companies
        ):
            raise AccessError(self.env._("Only the company itself does this."))

    # === TRANSITIONS - COMPANY === #

    @api.model
    def _get_running_request(self, company):
        """Return the request that keeps a company from buying another one.

        :param company: `res.company`
        :return: what is not finished, or signs since fewer than `REQUEST_MONTHS` months
        :rtype: certificate.activation
        """
        own = [("company_id", "=", company.id), ("route", "in", REQUEST_ROUTES)]
        recent = self._get_today() - relativedelta(months=REQUEST_MONTHS)
        return self.search([*own, ("state", "in", ("pay", "process"))], limit=1) or self.search(
            [*own, ("state", "=", "active"), ("date_start", ">", recent)], limit=1
        )

    def _start_request(self):
        """Return the request of the company for a certificate of its own, or start one.

        What signs goes on signing until the new certificate is active. While a request runs, or its
        certificate is new, this leads there: nothing is paid twice.

        :rtype: certificate.activation
        :raise UserError: for the seller, and when nobody sells requests
        """
        self._check_user(GROUP_USER)
        company = self.company_id
        self._check_not_seller(company)
        if running := self._get_running_request(company):
            return running
        if not company.certificate_seller_id._sells_certificate_requests():
            raise UserError(
                self.env._(
                    "A certificate of your own cannot be asked for here: ask your administrator, or "
                    "load one that you have."
                )
            )
        replaced = self.search(
            [("company_id", "=", company.id), ("state", "=", "active"), ("route", "in", OWN_ROUTES)]
        )
        return self._create_once(
            {"company_id": company.id, "route": "request", "renewal_of_id": replaced.id}
        )

    def _abandon_request(self):
        """Give up a request for which nothing was paid.

        :raise UserError: when money is on its way
        """
        self._lock(GROUP_USER)
        if self.state == "cancelled":
            return
        self._check_state("pay")
        if not self._get_route().is_requested or self.payment_status not in _UNPAID:
            raise UserError(
                self.env._("What was paid is not given up here. Ask a manager to cancel it.")
            )
        self._set_state("cancelled")

    def _prepare_request_vals(self):
        """Prefill what is asked for of the request.

        :rtype: dict
        """
        is_juridical = identity.is_juridical_nit(self.company_id.sudo().vat)
        authorities = self.env["certificate.authority"].search([], limit=2)
        return {
            "request_state": "draft",
            "request_person_kind": "juridica" if is_juridical else "natural",
            "request_date": self._get_today(),
            "request_authority_id": len(authorities) == 1 and authorities.id,
        }

    def _ask_for_documents(self, _vals):
        """Make a place for each document that the authority asks for; what is attached stays."""
        for activation in self.filtered(lambda activation: activation._get_route().is_requested):
            documents = activation.sudo().document_ids
            asked = activation.request_authority_id._get_requirements(
                activation.request_person_kind
            ).document_type_id
            for kind in asked - documents.document_type_id:
                documents._create_once(
                    {"activation_id": activation.id, "document_type_id": kind.id}
                )
            activation.invalidate_recordset(["document_ids"])

    def _get_asked_documents(self):
        """Return the documents that the chosen authority asks of this kind of person.

        :rtype: certificate.request.document
        """
        self.ensure_one()
        return self.document_ids.filtered(lambda document: document._get_requirement())

    def _get_request_errors(self, values=None):
        """Say everything that keeps the request from being sent.

        :param values: anything that gives the fields by name, such as a form; without it, what is
            stored
        :return: one sentence for each field that must change; under `company_id` when the
            organisation profile is not complete, under `document_<id>` and `issue_date_<id>` what is
            wrong with a document
        :rtype: dict[str, str]
        """
        self.ensure_one()
        values = values or self
        missing = {
            "request_person_kind": self.env._("Choose the kind of person."),
            "request_date": self.env._("Choose the day on which the validity begins."),
            "request_authority_id": self.env._("Choose the authority: it says what to attach."),
        }
        errors = {name: sentence for name, sentence in missing.items() if not values[name]}
        today, date = self._get_today(), values["request_date"]
        if date and not today <= date <= today + timedelta(days=REQUEST_DAYS):
            errors["request_date"] = self.env._(
                "Choose a day from today to %s.",
                self._format_date(today + timedelta(days=REQUEST_DAYS)),
            )
        if values["request_person_kind"] == "juridica":
            errors.update(self._get_representative_errors(values))
        if sentence := self._get_profile_error():
            errors["company_id"] = sentence
        for document in self._get_asked_documents():
            errors.update(document._get_errors())
        return errors

    def _send_request(self):
        """Send the request to the seller, for the first time or again.

        :raise ValidationError: naming everything that is missing or wrong
        :raise UserError: when it is not paid any more, or a stored file is bad
        """
        self._lock(GROUP_USER)
        if self.request_state == "in_process":
            return
        self._check_state("process")
        self._check_request_state(*_WRITTEN)
        if self.payment_status != "paid":
            raise UserError(self.env._("The payment is no longer valid. Verify it before sending."))
        if errors := self._get_request_errors():
            raise ValidationError("\n".join(errors.values()))
        self._get_asked_documents()._send()
        is_first = self.request_state == "draft"
        vals = {
            "request_state": "in_process",
            "request_sent_on": fields.Datetime.now(),
            "request_observation": False,
        }
        if self.request_person_kind == "natural":
            # Nobody was asked for it: it was prefilled from another activation.
            vals |= dict.fromkeys(REPRESENTATIVE_FIELDS, False)
        self._trusted().write(vals)
        self.sudo().activity_unlink([ACTIVITY_NEXT_STEP])
        self._tell_of_request("request_sent" if is_first else "request_resent")

    # === TRANSITIONS - SELLER === #

    def _lock_for_seller(self, *states):
        """Lock a request for the custodian of the seller, who reads it and decides.

        :param states: of the request, of which it must have one
        :raise AccessError: for who is not the custodian of the company that sold it
        :raise UserError: in another state
        """
        self.ensure_one()
        self._check_group(GROUP_CUSTODIAN)
        self.check_access("read")
        seller = self.sudo().payment_move_id.company_id
        if not self.env.su and (
            not self._get_route().is_requested or seller not in self.env.companies
        ):
            raise AccessError(self.env._("Only the custodian of the seller does this."))
        self._lock_row()
        self._check_state("process")
        self._check_request_state(*states)

    def _reject_request(self, observation):
        """Give the request back to the company, with what is wrong with it and its documents.

        :param str observation: as the custodian typed it; needed unless a document was rejected
        :raise UserError: when nothing is said to be wrong, or the certificate was loaded already
        """
        self._lock_for_seller("in_process", "issued", "rejected")
        observation = (observation or "").strip()
        if self.request_state == "rejected":
            if observation == (self.request_observation or ""):
                return
            self._check_request_state("in_process", "issued")
        if not observation and "rejected" not in self.document_ids.mapped("state"):
            raise UserError(
                self.env._("Say what has to be corrected, or reject the documents that are wrong.")
            )
        if self.sudo().certificate_id:
            raise UserError(self.env._("The company has loaded its certificate already."))
        self._trusted().write(
            {
                "request_state": "rejected",
                "request_observation": observation,
                "request_issued_on": False,
            }
        )
        self._tell_of_request("request_rejected")

    def _issue_request(self):
        """Note that the authority has issued the certificate: the company can load it.

        Called by the server action of the form.

        :raise UserError: when a document is not accepted, or the payment went back
        """
        self._lock_for_seller("in_process", "issued")
        if self.request_state == "issued":
            return
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
        if self.payment_status != "paid":
            raise UserError(self.env._("The payment of this request went back."))
        self._trusted().write(
            {"request_state": "issued", "request_issued_on": fields.Datetime.now()}
        )
        self._tell_of_request("request_issued")

    # === TRANSITIONS - END === #

    def _tell_of_completion(self):
        """Tell the seller that the certificate of a request signs."""
        if self.request_state == "completed":
            self.sudo().activity_unlink([ACTIVITY_NEXT_STEP])
            self._tell_of_request("request_completed")

    def _tell_of_withdrawal(self):
        """Tell the seller, who works on a request that was sent, that it was given up."""
        if self.request_state not in (False, "draft"):
            self._tell_of_request("request_cancelled")

    # === BUSINESS METHODS === #

    def _check_request_editable(self):
        self._check_request_state(*_WRITTEN)

    def _check_request_state(self, *states):
        if self.request_state not in states:
            labels = dict(self._fields["request_state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "This is not possible while the request is at %s. Reload the page.",
                    labels.get(self.request_state, ""),
                )
            )

    def _tell_of_request(self, kind):
        """Tell of a request, which ends what somebody had to do about it until now.

        :param str kind: one of `NOTICES`
        """
        activation = self.sudo()
        activation.activity_unlink([ACTIVITY_REQUEST])
        activation._notify(kind)
