from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...const import DOCUMENT_STATES, GROUP_CUSTODIAN


class CertificateRequestDocument(models.Model):
    """A document that an authority asks for, of one request.

    It goes `draft` -> `waiting` -> `accepted` or `rejected`. The company attaches it until it is sent,
    and again when it was rejected; the custodian of the seller reads it and decides. What was accepted
    stays as it is.
    """

    _name = "certificate.request.document"
    _description = "Document of a Certificate Request"
    _inherit = ["certificate.pdf.mixin"]
    _order = "document_type_id, id"
    _rec_name = "document_type_id"
    _editable_fields = frozenset(("document", "document_filename", "issue_date"))
    _pdf_fields = ("document",)

    request_id = fields.Many2one(
        "certificate.request", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="request_id.company_id", store=True, index=True)
    document_type_id = fields.Many2one(
        "certificate.document.type",
        string="Kind of document",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    state = fields.Selection(DOCUMENT_STATES, required=True, readonly=True, default="draft")
    issue_date = fields.Date(string="Date of issue")
    document = fields.Binary(attachment=True)
    document_filename = fields.Char(string="File")
    document_size = fields.Integer(string="Size in bytes", readonly=True)
    document_sha256 = fields.Char(string="SHA-256", readonly=True)
    document_pages = fields.Integer(string="Pages", readonly=True)
    observation = fields.Char(readonly=True, help="Why it was rejected.")
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True)
    decided_on = fields.Datetime(readonly=True)
    can_decide = fields.Boolean(compute="_compute_can_decide")

    _kind_unique = models.UniqueIndex(
        "(request_id, document_type_id)", "A request can have each document only once."
    )

    @api.depends("state", "document_size", "request_id.can_process", "request_id.state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_decide(self):
        for document in self:
            request = document.request_id
            document.can_decide = (
                document.state != "draft" and request.can_process and request.state == "in_process"
            )

    # === CRUD METHODS === #

    def write(self, vals):
        is_corrected = vals.keys() & {"document", "issue_date"}
        corrected = self.filtered(lambda document: is_corrected and document.state == "rejected")
        result = super().write(vals)
        if corrected:
            # The observation stays readable until the document is sent again.
            corrected._trusted().write({"state": "draft"})
        return result

    def _check_editable(self, vals):  # pylint: disable=missing-return
        super()._check_editable(vals)
        for document in self:
            document.request_id._check_editable({})
            if document.state not in ("draft", "rejected"):
                raise UserError(
                    self.env._("This document was sent and cannot be changed. Reload the page.")
                )

    def _prepare_pdf_vals(self, name, vals):
        prepared = super()._prepare_pdf_vals(name, vals)
        for document in self:
            if document.state == "rejected" and prepared["document_sha256"] == (
                document.document_sha256
            ):
                raise ValidationError(
                    self.env._(
                        "This is the file that was rejected. Read why, and attach a new one."
                    )
                )
        return prepared

    def _get_max_pages(self):
        kinds = self.sudo().document_type_id
        return min(kinds.mapped("max_pages"), default=super()._get_max_pages())

    def _is_evidence(self, name):
        return self.state in ("waiting", "accepted")

    def _report_stored_pdf(self):
        self.request_id.activation_id._report_stored_pdf()

    # === ACTION METHODS === #

    def action_accept(self):
        """Accept the document: the company cannot replace it any more.

        :raise AccessError: if the user is not the custodian of the seller
        :raise UserError: when there is no file, or it is not the one that was sent
        """
        self._lock_for_seller()
        if self.state == "accepted":
            return
        if not self.document_size:
            raise UserError(self.env._("No file is attached: there is nothing to accept."))
        self._check_stored_pdf("document")
        self._decide("accepted", False)

    # === TRANSITIONS === #

    def _reject(self, observation):
        """Reject the document; the company reads it when the request is rejected as a whole.

        :param str observation: as the custodian typed it
        :raise AccessError: if the user is not the custodian of the seller
        :raise UserError: without an observation
        """
        self._lock_for_seller()
        if not (observation or "").strip():
            raise UserError(self.env._("Explain what is wrong with the document."))
        if (self.state, self.observation) != ("rejected", observation.strip()):
            self._decide("rejected", observation.strip())

    def _lock_for_seller(self):
        self._check_user(GROUP_CUSTODIAN)
        self.request_id._lock_for_seller("in_process")
        self._lock_row()

    def _decide(self, state, observation):
        if self.state == "draft":
            raise UserError(self.env._("This document was not sent. Reload the page."))
        self._trusted().write(
            {
                "state": state,
                "observation": observation,
                "decided_by_id": self.env.user.id,
                "decided_on": fields.Datetime.now(),
            }
        )
        name = self.document_type_id.name
        self.request_id._trusted().message_post(
            body=self.env._("Accepted: %s", name)
            if state == "accepted"
            else self.env._("Rejected: %s", name)
        )

    def _send(self):
        """Send the attached document; one that was accepted, or already waits, stays as it is.

        Optional documents that are not attached are sent as well, so that they can be asked for.

        :raise UserError: when a stored file is bad
        """
        for document in self.filtered(lambda document: document.state in ("draft", "rejected")):
            if document.document_size:
                document._check_stored_pdf("document")
            document._trusted().write({"state": "waiting", "observation": False})

    # === BUSINESS METHODS === #

    def _get_requirement(self):
        """Return the chosen authority's rule for this document, if any.

        :rtype: certificate.authority.requirement
        """
        self.ensure_one()
        request = self.request_id
        return request.authority_id._get_requirements(request.person_kind).filtered(
            lambda requirement: requirement.document_type_id == self.document_type_id
        )

    def _get_errors(self):
        """Say what keeps this document from being sent.

        :return: sentences under `document_<id>` and `issue_date_<id>`
        :rtype: dict[str, str]
        """
        requirement = self._get_requirement()
        if self.state not in ("draft", "rejected"):
            return {}
        errors = {}
        if self.state == "rejected":
            errors["document"] = self.env._("This file was rejected: attach another one.")
        elif not self.document_size and requirement.is_required:
            errors["document"] = self.env._("Attach this document.")
        if requirement.max_age_days and (self.document_size or requirement.is_required):
            errors["issue_date"] = self._get_age_error(requirement.max_age_days)
        return {f"{name}_{self.id}": sentence for name, sentence in errors.items() if sentence}

    def _get_age_error(self, max_age):
        """Say what is wrong with the date of issue, or return nothing.

        :param int max_age: days
        :rtype: str | None
        """
        if not self.issue_date:
            return self.env._("Enter the day on which it was issued.")
        age = (self.request_id.activation_id._get_today() - self.issue_date).days
        if age < 0:
            return self.env._("This date is in the future: correct it.")
        if age > max_age == 1:
            return self.env._("It was issued %s days ago; the limit is 1 day. Get a new one.", age)
        if age > max_age:
            return self.env._(
                "It was issued %(age)s days ago; the limit is %(most)s days. Get a new one.",
                age=age,
                most=max_age,
            )
        return None

    def _describe(self):
        """Describe this document for the screen.

        :return: texts, whole numbers and ISO dates
        :rtype: dict
        """
        requirement, kind = self._get_requirement(), self.document_type_id
        labels = dict(self._fields["state"]._description_selection(self.env))
        rules = []
        if not requirement.is_required:
            rules.append(self.env._("Optional."))
        if requirement.max_age_days == 1:
            rules.append(self.env._("At most 1 day old."))
        elif requirement.max_age_days:
            rules.append(self.env._("At most %s days old.", requirement.max_age_days))
        return {
            "id": self.id,
            "name": kind.name,
            "advice": " ".join([kind.advice or "", *rules]).strip(),
            "needs_date": bool(requirement.max_age_days),
            "issue_date": self.issue_date and self.issue_date.isoformat(),
            "filename": self.document_filename or "",
            "size": self.document_size,
            "pages": self.document_pages,
            "state": self.state,
            "label": labels[self.state],
            "observation": self.observation or "",
        }
