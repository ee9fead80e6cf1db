import base64
import hashlib
import secrets

from babel.dates import format_date
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from dateutil.relativedelta import relativedelta
from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import SQL

from odoo.addons.payment import utils as payment_utils

from ..const import (
    COLOMBIA_TZ,
    GROUP_MANAGER,
    GROUP_USER,
    LETTER_REPORT,
    LETTER_TEMPLATE,
    REPRESENTATIVE_DOCUMENTS,
    REPRESENTATIVE_FIELDS,
    TRANSITIONS,
    WIZARD_PATH,
)
from ..tools import identity
from ..tools.letter_pdf import render_letter
from ..tools.pdf_check import PdfCheckUnavailable, PdfRefused, check_pdf

# What goes when a downloaded letter is void.
LETTER_VALUES = {"letter_code": False, "letter_date": False, "letter_downloaded_on": False}
SIGNED_LETTER_VALUES = {
    "signed_letter": False,
    "signed_letter_filename": False,
    "signed_letter_size": False,
    "signed_letter_sha256": False,
    "signed_letter_pages": False,
}


class CertificateActivation(models.Model):
    """One request of one company for the certificate of one validity period.

    It goes `pay` -> `process` -> `active` -> `expired`, or ends `cancelled` or `revoked`. Users
    write the representative's data and the signed letter; everything else is written in sudo mode
    by one named method for each transition, which locks the row and checks group, company and
    state first.
    """

    _name = "certificate.activation"
    _description = "Digital Certificate Activation"
    _inherit = ["certificate.guarded.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _editable_fields = frozenset(
        (*REPRESENTATIVE_FIELDS, "signed_letter", "signed_letter_filename")
    )
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
        [("loan", "Lent certificate")], required=True, readonly=True, default="loan"
    )
    state = fields.Selection(
        [
            ("pay", "Pay"),
            ("process", "Process"),
            ("active", "Active"),
            ("expired", "Expired"),
            ("cancelled", "Cancelled"),
            ("revoked", "Revoked"),
        ],
        required=True,
        readonly=True,
        copy=False,
        index=True,
        default="pay",
        tracking=True,
    )
    renewal_of_id = fields.Many2one("certificate.activation", readonly=True, copy=False)

    # Payment
    payment_move_id = fields.Many2one(
        "account.move", string="Invoice", readonly=True, copy=False, ondelete="restrict"
    )
    payment_status = fields.Selection(
        [
            ("none", "Not bought"),
            ("to_pay", "To pay"),
            ("pending", "Pending"),
            ("recording", "Being recorded"),
            ("partial", "Partially paid"),
            ("failed", "Failed"),
            ("paid", "Paid"),
            ("test", "Test payment"),
            ("reversed", "Reversed"),
            ("void", "Void"),
        ],
        compute="_compute_payment",
        compute_sudo=True,
    )
    payment_reference = fields.Char(
        string="Reference", compute="_compute_payment", compute_sudo=True
    )
    payment_date = fields.Datetime(string="Paid on", compute="_compute_payment", compute_sudo=True)
    payment_message = fields.Char(
        compute="_compute_payment",
        compute_sudo=True,
        help="What the payment provider said of the last transaction.",
    )
    seller_id = fields.Many2one("res.company", compute="_compute_price", compute_sudo=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_price", compute_sudo=True)
    price_untaxed = fields.Monetary(compute="_compute_price", compute_sudo=True)
    price_total = fields.Monetary(compute="_compute_price", compute_sudo=True)
    validity_months = fields.Integer(compute="_compute_price", compute_sudo=True)

    # Legal representative: as of this activation
    representative_name = fields.Char(string="First names")
    representative_surname = fields.Char(string="Surnames")
    representative_identification_type_id = fields.Many2one(
        "l10n_latam.identification.type",
        string="Identification type",
        domain=[("l10n_co_document_code", "in", list(REPRESENTATIVE_DOCUMENTS))],
        ondelete="restrict",
    )
    representative_vat = fields.Char(string="Identification number")
    representative_issue_city = fields.Char(string="Place of issue")
    representative_position = fields.Char(string="Position")
    representative_email = fields.Char(string="Email")
    representative_phone = fields.Char(string="Phone")
    representative_street = fields.Char(string="Address")
    representative_city = fields.Char(string="City")
    representative_state_id = fields.Many2one(
        "res.country.state",
        string="Department",
        domain=[("country_id.code", "=", "CO")],
        ondelete="restrict",
    )

    # Exoneration letter
    letter_code = fields.Char(
        readonly=True,
        copy=False,
        help="Printed on the letter, also as a QR code. It follows from everything the letter says.",
    )
    letter_date = fields.Date(string="Date of the letter", readonly=True, copy=False)
    letter_downloaded_on = fields.Datetime(string="Downloaded on", readonly=True, copy=False)
    signed_letter = fields.Binary(attachment=True, copy=False)
    signed_letter_filename = fields.Char(copy=False)
    signed_letter_size = fields.Integer(string="Size in bytes", readonly=True, copy=False)
    signed_letter_sha256 = fields.Char(string="SHA-256", readonly=True, copy=False)
    signed_letter_pages = fields.Integer(string="Pages", readonly=True, copy=False)

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

    _payment_move_unique = models.UniqueIndex(
        "(payment_move_id) WHERE payment_move_id IS NOT NULL AND state != 'cancelled'",
        "This payment has already been used for another activation.",
    )
    _active_unique = models.UniqueIndex(
        "(company_id, route) WHERE state = 'active'",
        "The company already has an active certificate.",
    )
    _open_unique = models.UniqueIndex(
        "(company_id, route) WHERE state IN ('pay', 'process')",
        "The company is already activating a certificate.",
    )

    # === COMPUTE METHODS === #

    @api.depends("name", "company_id")
    def _compute_display_name(self):
        for activation in self:
            company = activation.company_id.sudo()
            activation.display_name = f"{activation.name} - {company.name}"

    @api.depends("payment_move_id")
    def _compute_payment(self):
        for activation in self:
            invoice = activation.payment_move_id
            transaction = invoice.transaction_ids.sorted("id")[-1:]
            activation.payment_status = invoice._get_certificate_payment_status()
            activation.payment_reference = ", ".join(
                filter(None, (invoice.name, transaction.reference))
            )
            activation.payment_date = transaction.last_state_change or fields.Datetime.to_datetime(
                invoice.invoice_date
            )
            activation.payment_message = transaction.state_message

    @api.depends("payment_move_id", "company_id")
    def _compute_price(self):
        for activation in self:
            invoice = activation.payment_move_id
            seller = invoice.company_id or activation.company_id.certificate_seller_id
            product = seller.certificate_product_id
            currency = invoice.currency_id or seller.currency_id
            if invoice:
                untaxed, total = invoice.amount_untaxed, invoice.amount_total
            else:
                prices = (
                    product.with_company(seller)
                    .taxes_id.filtered(lambda tax, seller=seller: tax.company_id == seller)
                    .compute_all(
                        product.with_company(seller).lst_price,
                        currency=currency,
                        product=product,
                        partner=activation.company_id.partner_id,
                    )
                )
                untaxed, total = prices["total_excluded"], prices["total_included"]
            activation.seller_id = seller
            activation.currency_id = currency
            activation.price_untaxed = untaxed
            activation.price_total = total
            activation.validity_months = seller.certificate_validity_months

    @api.depends("date_end", "state")
    def _compute_days_left(self):
        today = self._get_today()
        for activation in self:
            in_force = activation.state == "active" and activation.date_end
            activation.days_left = max((activation.date_end - today).days, 0) if in_force else 0

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(
                self.env._("An activation starts with Activate your digital certificate.")
            )
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                vals["name"] = self.env["ir.sequence"].next_by_code("certificate.activation")
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_editable(vals)
        if "representative_vat" in vals:
            vals = {
                **vals,
                "representative_vat": identity.normalize_document(vals["representative_vat"]),
            }
        if vals.get("signed_letter_filename"):
            name = str(vals["signed_letter_filename"]).removesuffix(".pdf")
            vals = {**vals, "signed_letter_filename": f"{name}.pdf"}
        if "signed_letter" in vals:
            vals = {**vals, **self._prepare_signed_letter_vals(vals)}
        changed = self.filtered(lambda activation: activation._is_letter_changed_by(vals))
        # In sudo mode: the facts derived from a scan are not the user's to write.
        result = super(CertificateActivation, self.sudo()).write(vals)
        changed._void_letter()
        return result

    def _check_editable(self, vals):  # pylint: disable=missing-return
        super()._check_editable(vals)
        if set(self.mapped("state")) - {"pay", "process"}:
            raise UserError(
                self.env._(
                    "This activation has ended and cannot be changed. "
                    "Open Activate your digital certificate again."
                )
            )

    # === ACTION METHODS === #

    def action_open_wizard(self):
        """Open the three steps, at the step that this activation has reached.

        On an empty record: at the activation of the user's company, which starts one when there is
        none. The payment is verified on the way.

        :return: the action of a full page
        :rtype: dict
        :raise AccessError: for a user without the group or of another company
        """
        activation = self or self._get_or_start()
        activation._check_user(GROUP_USER)
        if activation.state == "pay":
            activation.action_verify_payment()
        wizards = self.env["certificate.activation.wizard"]
        wizard = wizards._trusted().create({"activation_id": activation.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Activate your digital certificate"),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "current",
        }

    def action_verify_payment(self):
        """Look again whether the certificate is paid, also for a payment made elsewhere.

        :return: whether it is paid
        :rtype: bool
        """
        self._lock(GROUP_USER)
        if self.state == "pay":
            self._verify_payment()
        return self.payment_status == "paid"

    def action_pay(self):
        """Invoice the certificate when it is not yet, and lead to the payment page.

        :return: the action that opens the payment page, or the wizard when nothing is to be paid
        :rtype: dict
        :raise UserError: while a payment is pending, or when nobody sells the certificate
        """
        self._lock(GROUP_USER)
        self._verify_payment()
        if self.state != "pay" or self.payment_status in ("paid", "test"):
            return self.action_open_wizard()
        if self.payment_status in ("pending", "recording"):
            raise UserError(
                self.env._("A payment is being processed. Wait for its result before paying again.")
            )
        if self.payment_status in ("none", "reversed", "void"):
            self._create_payment_move()
        return {"type": "ir.actions.act_url", "url": self._get_payment_url(), "target": "self"}

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
        self._set_state("process", **self._prepare_representative_vals())

    def action_download_letter(self):
        """Fix the letter's date and code and download it.

        The same data gives the same letter, however often it is downloaded.

        :return: the action that downloads the letter
        :rtype: dict
        :raise ValidationError: naming each missing or wrong field
        """
        self._lock(GROUP_USER)
        self._check_state("process")
        errors = self._get_letter_errors()
        if errors:
            raise ValidationError("\n".join(errors.values()))
        letter_date = self.letter_date or self._get_today()
        letter_code = self._get_letter_code(letter_date)
        if letter_code != self.letter_code:
            # A new letter: whatever scan is attached is of another one.
            if self.signed_letter_sha256:
                self._void_letter()
            letter_date = self._get_today()
            letter_code = self._get_letter_code(letter_date)
        self._trusted().write(
            {
                "letter_date": letter_date,
                "letter_code": letter_code,
                "letter_downloaded_on": fields.Datetime.now(),
            }
        )
        return self.env.ref(LETTER_REPORT).report_action(self, config=False)

    def action_delete_signed_letter(self):
        """Delete the attached scan, so that another one can be attached."""
        self._lock(GROUP_USER)
        self._check_state("process")
        self._trusted().write({"signed_letter": False})

    def action_finish(self):
        """Activate: check the letter once more, prove the certificate and start the period.

        :raise UserError: when the letter or the certificate cannot be used
        """
        self._lock(GROUP_USER)
        if self.state == "active":
            return
        self._check_state("process")
        if self.payment_status != "paid":
            raise UserError(
                self.env._("The payment is no longer valid. Verify it before finishing.")
            )
        self._check_signed_letter()
        certificate = self._get_lent_certificate()
        self._prove_certificate(certificate)
        date_start = self._get_today()
        self._set_state(
            "active",
            certificate_id=certificate.id,
            date_start=date_start,
            date_end=date_start
            + relativedelta(months=self.seller_id.sudo().certificate_validity_months, days=-1),
        )

    def action_cancel(self):
        """Give an unfinished activation up; its payment can serve another one."""
        self._lock(GROUP_MANAGER)
        if self.state != "cancelled":
            self._set_state("cancelled")

    def action_revoke(self):
        """End an active activation at once: nothing is signed under it any more."""
        self._lock(GROUP_MANAGER)
        if self.state != "revoked":
            self._set_state("revoked")

    # === BUSINESS METHODS - TRANSITIONS === #

    @api.model
    def _get_today(self):
        """Return the day in Colombia, by which periods and letters are dated."""
        return fields.Date.context_today(self.with_context(tz=COLOMBIA_TZ))

    @api.model
    def _check_group(self, group):
        """Check that the user has a group.

        :param str group: external identifier of the group
        :raise AccessError: otherwise
        """
        if not (self.env.su or self.env.user.has_group(group)):
            raise AccessError(
                self.env._(
                    "You need the access right %s for this. Ask your administrator for it.",
                    self.env.ref(group).sudo().full_name,
                )
            )

    def _check_user(self, group):
        """Check that the user has a group and may see this activation.

        :param str group: external identifier of the group
        :raise AccessError: otherwise
        """
        self.ensure_one()
        self._check_group(group)
        self.check_access("read")

    def _lock(self, group):
        """Check the user, wait for whoever is changing this activation, and read it anew.

        When someone did change it meanwhile PostgreSQL refuses the lock, Odoo tries the call again
        and the call finds what the winner left.
        """
        self._check_user(group)
        self.flush_recordset()
        self.env.cr.execute(
            SQL("SELECT 1 FROM %s WHERE id = %s FOR UPDATE", SQL.identifier(self._table), self.id)
        )
        self.invalidate_recordset()

    def _get_state_label(self, state):
        return dict(self._fields["state"]._description_selection(self.env))[state]

    def _check_state(self, state):
        if self.state != state:
            raise UserError(
                self.env._(
                    "This needs the activation at %(needed)s, but it is at %(current)s. Reload the page.",
                    needed=self._get_state_label(state),
                    current=self._get_state_label(self.state),
                )
            )

    def _set_state(self, state, **vals):
        """Change the state, which `TRANSITIONS` must allow, of a locked activation."""
        if (self.state, state) not in TRANSITIONS:
            raise UserError(
                self.env._(
                    "An activation at %(current)s cannot become %(next)s. Reload the page.",
                    current=self._get_state_label(self.state),
                    next=self._get_state_label(state),
                )
            )
        self._trusted().write({"state": state, **vals})

    @api.model
    def _get_or_start(self):
        """Return the current activation of the user's company, or start one.

        :rtype: certificate.activation
        :raise UserError: for the seller, which signs with its own certificate
        """
        self._check_group(GROUP_USER)
        company = self.env.company
        if company == company.certificate_seller_id:
            raise UserError(
                self.env._(
                    "%s lends the certificate. Its own is chosen in Settings, under Electronic Documents.",
                    company.name,
                )
            )
        domain = Domain("company_id", "=", company.id)
        for states in (("pay", "process"), ("active",)):
            if activation := self.search(domain & Domain("state", "in", states), limit=1):
                return activation
        return self._create_once({"company_id": company.id})

    # === BUSINESS METHODS - PAYMENT === #

    def _get_payment_day(self):
        """Return the day in Colombia on which the certificate was paid.

        :rtype: date | None
        """
        if self.payment_date:
            in_colombia = self.with_context(tz=COLOMBIA_TZ)
            return fields.Datetime.context_timestamp(in_colombia, self.payment_date).date()

    def _verify_payment(self):
        """Bring the payment up to date: book what the provider confirmed, find what was paid elsewhere."""
        activation = self._trusted()
        if activation.payment_status == "recording":
            transactions = activation.payment_move_id.transaction_ids
            transactions.filtered(
                lambda tx: tx.state == "done" and not tx.is_post_processed
            )._post_process()
            activation.invalidate_recordset()
        elif activation.payment_status in ("none", "to_pay", "failed", "test", "reversed", "void"):
            abandoned = activation.payment_move_id
            if found := activation._find_payment_move():
                activation.payment_move_id = found
                abandoned.filtered(lambda move: move.state == "draft").button_cancel()

    def _find_payment_move(self):
        """Find an invoice of the seller to this company that is paid and pays nothing else yet.

        :return: an invoice of the last year, or an empty record
        :rtype: account.move
        """
        self.ensure_one()
        product = self.seller_id.certificate_product_id
        if not product:
            return self.env["account.move"]
        invoices = self.env["account.move"].search(
            [
                ("company_id", "=", self.seller_id.id),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                # The company itself: whoever edits contacts makes one a part of any other.
                ("partner_id", "=", self.company_id.partner_id.id),
                ("invoice_line_ids.product_id", "=", product.id),
                ("invoice_date", ">", self._get_today() - relativedelta(years=1)),
            ],
            order="invoice_date desc, id desc",
        )
        return next(
            (
                move
                for move in invoices
                if move._get_certificate_payment_status() == "paid"
                and not move._get_certificate_activation()
            ),
            self.env["account.move"],
        )

    def _create_payment_move(self):
        """Draft the seller's invoice. It stays a draft until the payment posts it.

        :raise UserError: when nobody sells the certificate
        """
        seller = self.seller_id.sudo()
        if not seller.certificate_product_id or self.currency_id.is_zero(self.price_total):
            raise UserError(
                self.env._(
                    "The certificate cannot be bought yet: its seller or its price is not set. "
                    "Ask your administrator to set them in Settings, under Electronic Documents."
                )
            )
        # As nobody in particular, in a context of its own: a user's defaults are not the seller's.
        context = {"lang": self.env.context.get("lang"), "allowed_company_ids": seller.ids}
        moves = self.env(user=SUPERUSER_ID, context=context)["account.move"]
        self._trusted().payment_move_id = moves.create(
            {
                "move_type": "out_invoice",
                "company_id": seller.id,
                "partner_id": self.company_id.sudo().partner_id.id,
                "currency_id": seller.currency_id.id,
                "invoice_origin": self.name,
                "invoice_line_ids": [
                    Command.create({"product_id": seller.certificate_product_id.id, "quantity": 1})
                ],
            }
        )

    def _check_transaction(self, provider_id, **kwargs):
        """Check what the payment page asks for, which comes from the browser.

        :param int provider_id: the provider that is to collect
        :param dict kwargs: of `PaymentPortal._create_transaction`
        :raise ValidationError: when it is not what the wizard offered
        """
        self.ensure_one()
        invoice = self.payment_move_id
        provider = self.env["payment.provider"].sudo().browse(provider_id)
        token = self.env["payment.token"].sudo().browse(kwargs.get("token_id") or [])
        status = invoice._get_certificate_payment_status()
        if (
            status not in ("to_pay", "failed", "partial")
            or invoice.currency_id.compare_amounts(
                float(kwargs.get("amount") or 0), invoice._get_amount_due()
            )
            != 0
            or kwargs.get("landing_route") != WIZARD_PATH
            or kwargs.get("is_validation")
            or provider.company_id != invoice.company_id
            or (token and token.provider_id != provider)
        ):
            raise ValidationError(
                self.env._(
                    "This payment is not the one that was offered. "
                    "Open Activate your digital certificate again and buy from there."
                )
            )

    def _get_payment_url(self):
        """Return the address of Odoo's payment page for what is still to be paid."""
        invoice = self.payment_move_id.sudo()
        amount = invoice._get_amount_due()
        token = payment_utils.generate_access_token(
            invoice.partner_id.id, amount, invoice.currency_id.id, env=self.env
        )
        # In the user's language, when the database has it.
        language = self.env["res.lang"]._get_data(code=self.env.user.lang or "")
        prefix = f"/{language.url_code}" if language else ""
        return f"{prefix}/payment/pay?invoice_id={invoice.id}&amount={amount}&access_token={token}"

    # === BUSINESS METHODS - LETTER === #

    def _prepare_representative_vals(self):
        """Prefill the representative: from the company's last activation, else from the company.

        :rtype: dict
        """
        last = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("id", "!=", self.id),
                ("representative_name", "!=", False),
            ],
            limit=1,
        )
        if last:
            return {
                name: last._fields[name].convert_to_write(last[name], last)
                for name in REPRESENTATIVE_FIELDS
            }
        partner = self.company_id.sudo().partner_id
        citizen = self.env.ref("l10n_co.national_citizen_id", raise_if_not_found=False)
        return {
            "representative_identification_type_id": citizen and citizen.id,
            # Stands in the letter, which is always in Spanish.
            "representative_position": "Representante legal",
            "representative_street": partner.street,
            "representative_city": partner.city,
            "representative_state_id": partner.state_id.id,
        }

    @api.model
    def _get_representative_errors(self, values):
        """Say what is missing or wrong in a representative's data.

        :param values: anything that gives the `REPRESENTATIVE_FIELDS` by name: a record of this
            model or of the wizard
        :return: one sentence for each field that must change, in the order of the form
        :rtype: dict[str, str]
        """
        missing = {
            "representative_name": self.env._("Enter the first names."),
            "representative_surname": self.env._("Enter the surnames."),
            "representative_identification_type_id": self.env._("Choose the identification type."),
            "representative_vat": self.env._("Enter the identification number."),
            "representative_issue_city": self.env._("Enter where the document was issued."),
            "representative_position": self.env._("Enter the position in the company."),
            "representative_email": self.env._("Enter the email."),
            "representative_phone": self.env._("Enter the phone."),
            "representative_street": self.env._("Enter the address."),
            "representative_city": self.env._("Enter the city."),
            "representative_state_id": self.env._("Choose the department."),
        }
        errors = {name: missing[name] for name in REPRESENTATIVE_FIELDS if not values[name]}
        kind = values["representative_identification_type_id"].l10n_co_document_code
        number = values["representative_vat"]
        if number and kind and not identity.is_document_number(kind, number):
            errors["representative_vat"] = (
                self.env._("A citizenship card has 6 to 10 digits, and no letters.")
                if kind == "national_citizen_id"
                else self.env._("Enter 4 to 20 letters and digits, as on the document.")
            )
        email, phone = values["representative_email"], values["representative_phone"]
        if email and not identity.is_email(email):
            errors["representative_email"] = self.env._(
                "Enter one email, such as maria@example.com."
            )
        if phone and not identity.is_phone(phone):
            errors["representative_phone"] = self.env._(
                "Enter ten digits, such as 300 123 4567, or a foreign number with + and its prefix."
            )
        return errors

    def _get_letter_errors(self):
        """Say everything that keeps the letter from being written.

        :return: one sentence for each field of the representative, and one under `company_id` when
            the organisation profile is not complete
        :rtype: dict[str, str]
        """
        self.ensure_one()
        errors = self._get_representative_errors(self)
        if sentence := self._get_profile_error():
            errors["company_id"] = sentence
        return errors

    def _get_profile_error(self):
        """Say what the company lacks for the letter, or return nothing.

        :rtype: str | None
        """
        missing = self.company_id._get_missing_electronic_profile()
        if missing:
            return self.env._(
                "Complete the organisation profile first. It lacks: %s.", ", ".join(missing)
            )

    def _get_letter_html(self, letter_date):
        """Write the letter's text, always in Spanish, from its template.

        :param date letter_date: the day that the letter bears
        :rtype: str
        """
        self.ensure_one()
        activation = self.sudo()
        document = activation.representative_identification_type_id
        return str(
            self.env["ir.qweb"]
            .sudo()
            ._render(
                LETTER_TEMPLATE,
                {
                    "activation": activation,
                    "company": activation.company_id,
                    "company_nit": identity.format_nit(activation.company_id.vat) or "",
                    "lender": activation.seller_id,
                    "lender_nit": identity.format_nit(activation.seller_id.vat) or "",
                    "representative_name": " ".join(
                        filter(
                            None,
                            (activation.representative_name, activation.representative_surname),
                        )
                    ),
                    "validity": "1 mes"
                    if activation.validity_months == 1
                    else f"{activation.validity_months} meses",
                    "document_name": REPRESENTATIVE_DOCUMENTS.get(
                        document.l10n_co_document_code, ""
                    ),
                    "date_text": format_date(letter_date, "d 'de' MMMM 'de' y", locale="es_CO"),
                },
                # The source text: Spanish itself, and there in a database without Spanish.
                lang="en_US",
            )
        )

    def _get_letter_markup(self):
        """Return the downloaded letter's text, for the report's HTML."""
        self.ensure_one()
        return Markup(self._get_letter_html(self.letter_date or self._get_today()))

    def _get_letter_code(self, letter_date):
        """Derive the code that binds a letter to every word in it and to this activation.

        :param date letter_date: the day that the letter bears
        :return: 16 letters and digits in four groups: 80 bits of a SHA-256
        :rtype: str
        """
        text = f"{self.name}\n{self._get_letter_html(letter_date)}"
        digest = hashlib.sha256(text.encode()).digest()[:10]
        code = base64.b32encode(digest).decode()
        return "-".join(code[at : at + 4] for at in range(0, len(code), 4))

    def _render_letter(self):
        """Lay the letter out.

        :return: a PDF; the same bytes for the same data
        :rtype: bytes
        :raise UserError: before the letter was asked for in the process
        """
        self.ensure_one()
        if not self.letter_code:
            raise UserError(
                self.env._("Fill in the representative's data, then Save and download letter.")
            )
        return render_letter(
            self._get_letter_html(self.letter_date),
            self.letter_code,
            title=f"Carta de exoneración {self.name}",
            author=self.company_id.sudo().name,
        )

    def _get_letter_filename(self):
        """Name the letter's file, without extension."""
        self.ensure_one()
        return f"Carta de exoneración - {self.company_id.sudo().name}"

    def _is_letter_stale(self):
        """Tell whether the downloaded letter no longer says what it would say today."""
        return bool(self.letter_code) and self.letter_code != self._get_letter_code(
            self.letter_date
        )

    def _is_letter_changed_by(self, vals):
        """Tell whether a write changes the representative of a downloaded letter."""
        return bool(self.letter_code) and any(
            (vals[name] or False)
            != (self._fields[name].convert_to_write(self[name], self) or False)
            for name in REPRESENTATIVE_FIELDS
            if name in vals
        )

    def _void_letter(self):
        """Void a downloaded letter and its signed scan, and say so."""
        for activation in self._trusted():
            had_scan = activation.signed_letter_sha256
            activation.write({**LETTER_VALUES, **SIGNED_LETTER_VALUES})
            activation.message_post(
                body=self.env._("The data of the letter changed: the signed letter is void.")
                if had_scan
                else self.env._("The data of the letter changed: download the new letter.")
            )

    # === BUSINESS METHODS - SIGNED LETTER === #

    def _prepare_signed_letter_vals(self, vals):
        """Check a scan that is about to be stored, and derive what is kept about it.

        :param dict vals: values with `signed_letter`: base64, or falsy to delete it
        :rtype: dict
        :raise ValidationError: with one sentence and a remedy, when the file is refused
        """
        # An empty text is an empty file, which is refused like any other bad one.
        if vals["signed_letter"] in (False, None):
            return SIGNED_LETTER_VALUES
        self._check_states_for_signed_letter()
        facts = self._check_pdf(vals["signed_letter"])
        return {
            "signed_letter_filename": vals.get("signed_letter_filename")
            or self.env._("signed letter.pdf"),
            "signed_letter_size": facts.size,
            "signed_letter_sha256": facts.sha256,
            "signed_letter_pages": facts.pages,
        }

    def _check_states_for_signed_letter(self):
        for activation in self:
            activation._check_state("process")

    @api.model
    def _check_pdf(self, content):
        """Check an uploaded PDF in a process of its own.

        :param content: base64
        :rtype: tools.pdf_check.PdfFacts
        :raise ValidationError: with one sentence and a remedy, when the file is refused
        :raise UserError: when files cannot be checked on this server
        """
        sentences = {
            "empty": self.env._(
                "The file is empty. Scan the letter again and attach the new file."
            ),
            "too_large": self.env._(
                "The file is larger than 1 MB. Scan it in black and white or at 150 dpi."
            ),
            "not_pdf": self.env._("The file is not a PDF. Save the scan as a PDF and attach that."),
            "truncated": self.env._("The end of the file is missing. Copy or scan it again."),
            "damaged": self.env._(
                "The file is damaged and cannot be opened. Scan the letter again."
            ),
            "encrypted": self.env._(
                "The file has a password. Save it without one and attach it again."
            ),
            "no_pages": self.env._("The file has no pages. Scan the letter again."),
            "too_many_pages": self.env._(
                "The file has more than 10 pages. Attach only the signed letter."
            ),
            "active_content": self.env._(
                "The file contains a program or another file. Print it to PDF or scan it, and attach that."
            ),
            "too_complex": self.env._(
                "The file is too complicated to be checked. Print it to PDF or scan it, and attach that."
            ),
        }
        try:
            return check_pdf(base64.b64decode(content, validate=True))
        except (TypeError, ValueError) as error:
            raise ValidationError(sentences["damaged"]) from error
        except PdfRefused as refused:
            raise ValidationError(sentences[refused.code]) from refused
        except PdfCheckUnavailable as error:
            raise UserError(
                self.env._(
                    "The server cannot check PDF files now. Try again, or tell your administrator."
                )
            ) from error

    def _check_signed_letter(self):
        """Check before activation that the letter is signed, current, whole and unaltered.

        :raise UserError: otherwise, with the remedy
        """
        if not self.letter_downloaded_on:
            raise UserError(self.env._("Download the letter first and have it signed."))
        if not self.signed_letter_sha256:
            raise UserError(self.env._("Attach the signed letter first."))
        if self._is_letter_stale():
            raise UserError(
                self.env._(
                    "The company's data or the letter's text changed after the download. "
                    "Download the letter again and have it signed."
                )
            )
        content = self.sudo().with_context(bin_size=False).signed_letter
        if (
            not content
            or hashlib.sha256(base64.b64decode(content)).hexdigest() != self.signed_letter_sha256
        ):
            raise UserError(
                self.env._(
                    "The stored letter is missing or was altered. Delete it and attach it again."
                )
            )
        self._check_pdf(content)

    # === BUSINESS METHODS - CERTIFICATE === #

    def _get_lent_certificate(self):
        """Return the certificate that the seller lends, in sudo mode.

        :rtype: certificate.certificate
        :raise UserError: when there is none that is valid
        """
        certificate = self.seller_id.sudo().certificate_lent_id
        if not (certificate.active and certificate.is_valid and certificate.private_key_id):
            raise UserError(
                self.env._(
                    "%s has no valid certificate to lend at the moment. "
                    "Your data and your letter are kept: ask it, then finish here.",
                    self.seller_id.sudo().name,
                )
            )
        return certificate

    @api.model
    def _prove_certificate(self, certificate):
        """Sign something unpredictable and verify it with the public certificate.

        :param certificate: `certificate.certificate` in sudo mode
        :raise UserError: when the signature is not the certificate's
        """
        message = secrets.token_bytes(32)
        try:
            signature = certificate._sign(message, formatting="raw")
            public = x509.load_pem_x509_certificate(
                base64.b64decode(certificate.with_context(bin_size=False).pem_certificate)
            ).public_key()
            # DIAN takes RSA with SHA-256 only: Anexo tecnico 1.9, section 6.
            public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, TypeError, ValueError, AttributeError) as error:
            raise UserError(
                self.env._(
                    "The certificate could not make a valid test signature. "
                    "Ask the custodian of the certificate to load it again."
                )
            ) from error
