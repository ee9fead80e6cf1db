from odoo import api, fields, models

from .certificate_activation_wizard import _activation_field


def _request_field(kind, name, **options):
    """A field of the request, read and written with the rights of the user."""
    return _activation_field(kind, f"request_ids.{name}", **options)


class CertificateActivationWizard(models.TransientModel):
    """The steps of a request for a certificate of the company's own on the same page: Pay, Process, Track."""

    _inherit = "certificate.activation.wizard"

    request_step = fields.Selection(
        [("pay", "Pay"), ("process", "Process"), ("track", "Track")],
        string="Step of the request",
        compute="_compute_request_step",
    )
    is_request_done = fields.Boolean(compute="_compute_request_step")
    request_offer = fields.Selection(
        [("offer", "Can be started"), ("track", "Is in progress")],
        compute="_compute_request_offer",
        help="Whether this page leads to the company's request or to a new one.",
    )
    request_state = _request_field(fields.Selection, "state")
    request_person_kind = _request_field(fields.Selection, "person_kind", readonly=False)
    request_date = _request_field(fields.Date, "date", readonly=False)
    request_authority_id = _request_field(fields.Many2one, "authority_id", readonly=False)
    request_company = _request_field(fields.Json, "company_rows")
    request_documents = fields.Json(
        compute="_compute_request_documents",
        help="What is attached and what is missing, as returned by "
        "`certificate.request.document._describe`.",
    )
    is_request_checked = fields.Boolean(help="Whether red messages are shown, on this visit.")
    is_request_reviewed = fields.Boolean(
        readonly=True, help="Whether the page shows what is about to be sent."
    )

    # === COMPUTE METHODS === #

    @api.depends("phase", "request_state")
    def _compute_request_step(self):
        for wizard in self:
            wizard.is_request_done = wizard.request_state == "completed"
            wizard.request_step = (
                "pay"
                if wizard.phase == "pay"
                else "process"
                if wizard.request_state == "draft"
                else "track"
            )

    @api.depends("activation_id", "phase")
    def _compute_request_offer(self):
        for wizard in self:
            activation = wizard.activation_id
            running = activation._get_running_request(activation.company_id)
            if running == activation and running:
                wizard.request_offer = False
            elif running:
                wizard.request_offer = "track"
            else:
                seller = activation.company_id.certificate_seller_id
                wizard.request_offer = seller._sells_certificate_requests() and "offer"

    @api.depends("activation_id", "request_state", "request_person_kind", "request_authority_id")
    def _compute_request_documents(self):
        for wizard in self:
            asked = wizard.activation_id.request_ids._get_requested_documents()
            wizard.request_documents = [document._describe() for document in asked]

    # === ACTION METHODS === #

    def action_start_request(self):
        """Request a certificate of the company's own, or continue the request that is in progress."""
        self._show(self.activation_id._start_request())

    def action_abandon_request(self):
        """Go back to where the company was before it requested its own certificate."""
        company = self.activation_id.company_id
        self.activation_id._abandon_request()
        self._show(self.activation_id.with_company(company)._get_or_start())

    def action_review_request(self):
        """Save, show every red message, or show what is about to be sent when there is none."""
        self.is_request_checked = True
        if not self.activation_id.request_ids._get_errors():
            self._trusted().is_request_reviewed = True

    def action_change_request(self):
        """Go back from the review to the form."""
        self.check_access("write")
        self._trusted().is_request_reviewed = False

    def action_send_request(self):
        """Send the request, or show again what has become invalid meanwhile."""
        self._trusted().is_request_reviewed = False
        request = self.activation_id.request_ids
        if not request._get_errors():
            request._send()
            self.is_request_checked = False

    def action_open_current(self):
        """Open the activation that signs for the company now, while the request runs."""
        current = self.activation_id._find_in_force(self.activation_id.company_id)
        if current:
            self._show(current)
