from lxml import etree

from odoo import api, fields, models

from ..const import (
    READING_REPORT,
    RECEIPT_FIELDS,
    RECORD_REPORT,
    REPRESENTATIVE,
    REPRESENTATIVE_FIELDS,
    REQUEST_FIELDS,
)


def _activation_field(kind, name, **options):
    """Return a related field of the activation, read and written with the user's rights.

    By default Odoo reads related fields in sudo mode, and `onchange`, which anyone can call,
    accepts any activation's id.
    """
    return kind(related=f"activation_id.{name}", related_sudo=False, **options)


def _receipt_field(kind, name, **options):
    """A field of the receipt, likewise."""
    return kind(related=f"receipt_id.{name}", related_sudo=False, **options)


class CertificateActivationWizard(models.TransientModel):
    """The three steps as one page. It stores nothing of its own except the state of this visit.

    Every field is the activation's, and every button is one call into it: what was saved is there
    when the page is opened again.
    """

    _name = "certificate.activation.wizard"
    _description = "Activate Your Digital Certificate"
    _inherit = ["certificate.guarded.mixin"]
    _editable_fields = frozenset(
        (
            *REPRESENTATIVE_FIELDS,
            *(f"request_{name}" for name in REQUEST_FIELDS),
            "signed_letter",
            "signed_letter_filename",
            *(f"receipt_{name}" for name in RECEIPT_FIELDS),
            "receipt",
            "receipt_filename",
            "is_letter_requested",
            "is_receipt_requested",
            "is_notice_understood",
            "is_representative_open",
            "is_request_checked",
        )
    )
    # A page that stays open over a weekend, or for as long as a payment takes, is still there.
    _transient_max_hours = 24 * 30
    _transient_max_count = 0

    activation_id = fields.Many2one("certificate.activation", required=True, ondelete="cascade")
    company_id = _activation_field(fields.Many2one, "company_id", store=True)
    needs_payment = _activation_field(fields.Boolean, "needs_payment")
    needs_letter = _activation_field(fields.Boolean, "needs_letter")
    is_requested = _activation_field(fields.Boolean, "is_requested")
    phase = _activation_field(fields.Selection, "phase")
    step = fields.Selection(
        [("pay", "Pay"), ("process", "Process"), ("finish", "Finish")], compute="_compute_step"
    )
    alerts = fields.Json(
        compute="_compute_texts",
        help="What there is to point out; see `certificate.activation._describe_alerts`.",
    )
    sentences = fields.Json(
        compute="_compute_texts",
        help="What the steps say; see `certificate.activation._get_step_sentences`.",
    )
    is_letter_requested = fields.Boolean(help="Whether red messages are shown, on this visit.")
    is_receipt_requested = fields.Boolean(
        help="Whether red messages are shown for the receipt, on this visit."
    )
    is_notice_understood = fields.Boolean()
    is_representative_open = fields.Boolean(
        help="Whether the representative of a downloaded letter can be changed, on this visit."
    )

    # Pay
    payment_status = _activation_field(fields.Selection, "payment_status")
    payment_next = _activation_field(fields.Selection, "payment_next")
    payment_instructions = _activation_field(fields.Html, "payment_instructions")
    is_payment_checked = fields.Boolean(
        readonly=True, help="Whether Verify payment was clicked, on this visit."
    )
    findings = fields.Json(
        compute="_compute_findings",
        help="What Verify payment finds now, and why it is not valid.",
    )
    currency_id = _activation_field(fields.Many2one, "currency_id")
    price_untaxed = _activation_field(fields.Monetary, "price_untaxed")
    price_tax = _activation_field(fields.Monetary, "price_tax")
    price_withheld = fields.Monetary(compute="_compute_price_withheld", string="Withholdings")
    price_total = _activation_field(fields.Monetary, "price_total")
    is_for_sale = _activation_field(fields.Boolean, "is_for_sale")
    has_seller = fields.Boolean(compute="_compute_has_seller")
    receipt_id = fields.Many2one(
        "certificate.payment.receipt", string="Payment receipt", ondelete="cascade"
    )
    receipt_state = _receipt_field(fields.Selection, "state", string="State of the receipt")
    receipt_approval_sentence = _receipt_field(fields.Char, "approval_sentence")
    receipt_authority = _receipt_field(fields.Char, "authority", readonly=False)
    receipt_payment_date = _receipt_field(fields.Date, "payment_date", readonly=False)
    receipt_amount = _receipt_field(fields.Monetary, "amount", readonly=False)
    receipt_reference = _receipt_field(fields.Char, "reference", readonly=False)
    receipt = _receipt_field(fields.Binary, "receipt", readonly=False)
    receipt_filename = _receipt_field(fields.Char, "receipt_filename", readonly=False)
    receipt_size = _receipt_field(fields.Integer, "receipt_size", string="Size of the receipt")
    receipt_pages = _receipt_field(fields.Integer, "receipt_pages", string="Pages of the receipt")

    # Process
    representative_name = _activation_field(fields.Char, "representative_name", readonly=False)
    representative_surname = _activation_field(
        fields.Char, "representative_surname", readonly=False
    )
    representative_identification_type_id = _activation_field(
        fields.Many2one, "representative_identification_type_id", readonly=False
    )
    representative_vat = _activation_field(fields.Char, "representative_vat", readonly=False)
    representative_issue_city = _activation_field(
        fields.Char, "representative_issue_city", readonly=False
    )
    representative_position = _activation_field(
        fields.Char, "representative_position", readonly=False
    )
    representative_email = _activation_field(fields.Char, "representative_email", readonly=False)
    representative_phone = _activation_field(fields.Char, "representative_phone", readonly=False)
    representative_street = _activation_field(fields.Char, "representative_street", readonly=False)
    representative_city = _activation_field(fields.Char, "representative_city", readonly=False)
    representative_state_id = _activation_field(
        fields.Many2one, "representative_state_id", readonly=False
    )
    field_errors = fields.Json(
        compute="_compute_field_errors",
        help="Errors by field name, once the letter has been requested.",
    )
    letter_downloaded_on = _activation_field(fields.Datetime, "letter_downloaded_on")
    signed_letter = _activation_field(fields.Binary, "signed_letter", readonly=False)
    signed_letter_filename = _activation_field(
        fields.Char, "signed_letter_filename", readonly=False
    )
    signed_letter_size = _activation_field(fields.Integer, "signed_letter_size")
    signed_letter_pages = _activation_field(fields.Integer, "signed_letter_pages")
    is_signing_blocked = _activation_field(fields.Boolean, "is_signing_blocked")
    is_paused = _activation_field(fields.Boolean, "is_paused")
    own_certificate = fields.Json(
        compute="_compute_own_certificate",
        help="Description of the company's own certificate: rows and warnings, once it is loaded.",
    )
    can_finish = fields.Boolean(compute="_compute_can_finish")
    can_read_letter_in_english = fields.Boolean(compute="_compute_can_read_letter_in_english")

    # Finish
    record_code = _activation_field(fields.Char, "record_code")
    can_renew = _activation_field(fields.Boolean, "can_renew")

    # === COMPUTE METHODS === #

    def _compute_display_name(self):
        for wizard in self:
            name = wizard.activation_id._get_route().step_field
            titles = dict(self._fields[name]._description_selection(self.env))
            wizard.display_name = titles.get(wizard[name])

    @api.depends("phase", "activation_id.letter_review")
    def _compute_step(self):
        for wizard in self:
            # (A new one has none yet.)
            activation = wizard.activation_id
            wizard.step = activation._get_step() if activation else False

    @api.depends("is_payment_checked", "payment_status")
    @api.depends_context("lang")
    def _compute_findings(self):
        # Computed with what the page says of the payment: what was found before a payment would contradict it.
        for wizard in self:
            is_shown = (
                wizard.is_payment_checked
                and wizard.activation_id.state == "pay"
                and wizard.payment_status != "paid"
            )
            wizard.findings = is_shown and wizard.activation_id._explain_payment()

    @api.depends("activation_id")
    def _compute_has_seller(self):
        for wizard in self:
            wizard.has_seller = wizard.activation_id.sudo().seller_id

    @api.depends("price_total")
    def _compute_price_withheld(self):
        for wizard in self:
            wizard.price_withheld = -wizard.activation_id.price_withheld

    @api.depends("activation_id.alerts")
    @api.depends_context("lang", "company")
    def _compute_texts(self):
        for wizard in self:
            wizard.alerts = wizard.activation_id._describe_alerts()
            wizard.sentences = {
                **wizard.activation_id._get_step_sentences(),
                "next": wizard._describe_next(),
            }

    def _describe_next(self):
        """Describe what comes after the certificate; see `electronic.invoicing.setup._describe_next`.

        :return: None before the certificate is active, and on the page of another company
        :rtype: dict | None
        """
        if self.phase != "active" or self.company_id != self.env.company:
            return None
        return self.env["electronic.invoicing.setup"]._describe_next()

    @api.depends(
        "is_letter_requested",
        "is_receipt_requested",
        "is_request_checked",
        "receipt_size",
        "request_documents",
        *REPRESENTATIVE_FIELDS,
        *(f"request_{name}" for name in REQUEST_FIELDS),
        *(f"receipt_{name}" for name in RECEIPT_FIELDS),
    )
    def _compute_field_errors(self):
        for wizard in self:
            # Check the lengths at once: a text that is too long cannot be saved.
            wizard.field_errors = {
                **wizard._get_requested_errors(),
                **wizard._get_length_errors(wizard),
            }

    def _get_requested_errors(self):
        """Return the errors of what this visit has requested: a request, or a letter and a receipt."""
        if self.is_request_checked and self.request_state in ("draft", "rejected"):
            return self._get_request_errors()
        errors = {}
        if self.is_letter_requested:
            errors.update(self.activation_id._get_representative_errors(self))
        if self.is_receipt_requested:
            errors.update(self._get_receipt_errors())
        return errors

    def _get_request_errors(self):
        """Return the sentences of the request by the names that its fields have here."""
        values = {
            **{name: self[f"request_{name}"] for name in REQUEST_FIELDS},
            **{name: self[name] for name in REPRESENTATIVE_FIELDS},
        }
        errors = self.activation_id.request_ids._get_errors(values)
        return {
            f"request_{name}" if name in REQUEST_FIELDS else name: sentence
            for name, sentence in errors.items()
        }

    def _get_receipt_errors(self):
        """Return the sentences of the receipt by the names that its fields have here."""
        values = {name: self[f"receipt_{name}"] for name in (*RECEIPT_FIELDS, "size")}
        errors = self.receipt_id._get_errors({**values, "receipt_size": values["size"]})
        return {
            name if name == "receipt" else f"receipt_{name}": sentence
            for name, sentence in errors.items()
        }

    @api.depends("activation_id")
    def _compute_own_certificate(self):
        for wizard in self:
            wizard.own_certificate = wizard.activation_id._describe_certificate()

    @api.depends(
        "activation_id.route",
        "own_certificate",
        "letter_downloaded_on",
        "signed_letter_size",
        "activation_id.signed_letter_problem",
    )
    def _compute_can_finish(self):
        for wizard in self:
            activation = wizard.activation_id
            wizard.can_finish = activation._get_route().is_ready(activation)

    @api.depends("activation_id")
    @api.depends_context("lang")
    def _compute_can_read_letter_in_english(self):
        reads_spanish = (self.env.lang or "").startswith("es")
        for wizard in self:
            wizard.can_read_letter_in_english = (
                not reads_spanish and wizard.activation_id._can_read_letter_in_english()
            )

    # === VIEW === #

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Override to lay the fields of the representative out in the form, as `REPRESENTATIVE` says."""
        arch, view = super()._get_view(view_id, view_type, **options)
        for anchor in arch.xpath("//div[@name='representative_warning']"):
            for name, field in reversed(REPRESENTATIVE.items()):
                attributes = {
                    "name": name,
                    "widget": field.widget,
                    "readonly": "is_request_reviewed",
                    "invisible": "letter_downloaded_on and not is_representative_open",
                }
                if field.example:
                    attributes["placeholder"] = self.env._("e.g. %s", field.example)
                if field.widget == "certificate_many2one":
                    attributes["options"] = "{'no_create': True, 'no_open': True}"
                anchor.addnext(etree.Element("field", attributes))
        return arch, view

    # === ACTION METHODS === #

    def action_understood(self):
        self.is_notice_understood = True

    def action_pay(self):
        # Earlier findings say nothing about this payment.
        self._trusted().is_payment_checked = False
        return self.activation_id.action_pay()

    def action_verify_payment(self):
        """Verify the payment again, and show what was checked if none of it is valid."""
        self.activation_id.action_verify_payment()
        self._trusted().is_payment_checked = True

    def action_open_invoice(self):
        return self.activation_id.action_open_invoice()

    def action_submit_receipt(self):
        """Save, show every red message, or send the receipt when there is none."""
        self.is_receipt_requested = True
        if not self.receipt_id._get_errors(self.receipt_id):
            self.receipt_id.action_submit()
            self.is_receipt_requested = False

    def action_delete_receipt(self):
        self.receipt = False

    def action_approve_receipt(self):
        self.receipt_id.action_approve()

    def action_continue(self):
        self.activation_id.action_continue()

    def action_download_letter(self):
        """Save, show every red message, or download the letter when there is none."""
        return self.activation_id.action_download_letter() if self._request_letter() else None

    def action_send_letter(self):
        """Save, show every red message, or send the letter to be signed when there is none."""
        if self._request_letter():
            self.activation_id.action_send_letter()

    def _request_letter(self):
        """Show what is missing for the letter from now on, and tell whether it can be made."""
        self.is_letter_requested = True
        if self.activation_id._get_letter_errors():
            return False
        self.is_representative_open = False
        return True

    def action_withdraw_letter_link(self):
        self.activation_id.action_withdraw_letter_link()

    def action_change_representative(self):
        """Show the representative's fields again, after the letter has been downloaded."""
        self.is_representative_open = True

    def action_keep_representative(self):
        """Show the summary again; what was typed since was not saved."""
        self.is_representative_open = False

    def action_delete_signed_letter(self):
        self.activation_id.action_delete_signed_letter()

    def action_start_own(self):
        """Use the company's own certificate, instead of the lent one or one that is ending."""
        self._show(self.activation_id._start_own())

    def action_abandon_own(self):
        """Go back to where the company was before it chose its own certificate."""
        company = self.activation_id.company_id
        self.activation_id._abandon_own()
        self._show(self.activation_id.with_company(company)._get_or_start())

    def _show(self, activation):
        """Show another activation of the company on this page, as if it had been opened there."""
        if activation.state == "pay":
            activation.action_verify_payment()
        self._trusted().write(
            {
                "activation_id": activation.id,
                "receipt_id": activation._get_receipt().id,
                "is_payment_checked": False,
                "is_letter_requested": False,
                "is_receipt_requested": False,
                "is_notice_understood": False,
                "is_representative_open": False,
                "is_request_checked": False,
                "is_request_reviewed": False,
            }
        )

    def action_delete_certificate(self):
        self.activation_id._delete_certificate()

    def action_finish(self):
        self.activation_id._finish_unless_void()

    def action_read_letter_in_english(self):
        """Download the courtesy translation, which is not for signature."""
        return self.env.ref(READING_REPORT).report_action(self.activation_id, config=False)

    def action_download_record(self):
        """Download the evidence of the activation."""
        return self.env.ref(RECORD_REPORT).report_action(self.activation_id, config=False)

    def action_renew(self):
        """Continue with the renewal of this activation, started if there is none."""
        return self.activation_id._renew().action_open_wizard()

    def action_switch_now(self):
        self.activation_id._switch_now()

    def action_restart(self):
        """Open the company's current activation instead of one that has ended."""
        return self.env["certificate.activation"].action_open_wizard()

    def action_open_profile(self):
        return self.env["electronic.invoicing.setup"].action_open_step("profile")

    def action_open_next(self):
        """Open the next of the six steps, or a new invoice when all are done."""
        return self.env["electronic.invoicing.setup"].action_open_next("certificate")

    def action_open_overview(self):
        return self.env["ir.actions.actions"]._for_xml_id(
            "l10n_co_certificate_activation.electronic_invoicing_setup_action"
        )
