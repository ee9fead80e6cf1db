from dateutil.relativedelta import relativedelta
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import format_date, formatLang, mute_logger

from ...const import ACTIVITY_DECISION, GROUP_MANAGER, GROUP_USER, RECEIPT_FIELDS
from ..core.whole_files import read_whole


class CertificatePaymentReceipt(models.Model):
    """Proof that a company paid an authority outside this database for its certificate.

    It goes `draft` -> `waiting` -> `approved`, or to `rejected`, from where it is corrected and sent
    again. Users write its data until they send it; a manager of the company decides.
    """

    _name = "certificate.payment.receipt"
    _description = "Certificate Payment Receipt"
    _inherit = ["certificate.pdf.mixin", "mail.thread"]
    _order = "id desc"
    _rec_name = "reference"
    _editable_fields = frozenset((*RECEIPT_FIELDS, "receipt", "receipt_filename"))
    _pdf_fields = ("receipt",)
    _mail_post_access = "read"

    activation_id = fields.Many2one(
        "certificate.activation", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="activation_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("waiting", "Waiting for approval"),
            ("approved", "Approved"),
            ("rejected", "Rejected"),
        ],
        required=True,
        readonly=True,
        default="draft",
        tracking=True,
    )
    authority = fields.Char(help="The payee: the certification authority or its reseller.")
    payment_date = fields.Date(string="Paid on")
    amount = fields.Monetary(string="Amount paid", help="With taxes.")
    reference = fields.Char(help="The number of the receipt or of the invoice.")
    receipt = fields.Binary(attachment=True)
    receipt_filename = fields.Char()
    receipt_size = fields.Integer(string="Size in bytes", readonly=True)
    receipt_sha256 = fields.Char(string="SHA-256", readonly=True)
    receipt_pages = fields.Integer(string="Pages", readonly=True)
    sent_by_id = fields.Many2one("res.users", string="Sent by", readonly=True)
    author_ids = fields.Many2many(
        "res.users",
        "certificate_payment_receipt_author_rel",
        string="Written by",
        readonly=True,
        help="Users who wrote any of its data, attached its file or sent it.",
    )
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True)
    decided_on = fields.Datetime(readonly=True)
    rejection_reason = fields.Char(readonly=True)
    approval_sentence = fields.Char(
        compute="_compute_approval_sentence",
        help="Who approves it instead of the user; empty if the user may.",
    )
    vendor_bill_id = fields.Many2one("account.move", readonly=True, ondelete="set null")

    _activation_unique = models.UniqueIndex(
        "(activation_id)",
        "An activation can have only one receipt. Open Activate your digital certificate.",
    )
    # One payment serves one activation, whoever has the receipt.
    _file_unique = models.UniqueIndex("(receipt_sha256) WHERE state IN ('waiting', 'approved')")
    _reference_unique = models.UniqueIndex(
        "(lower(authority), lower(reference)) WHERE state IN ('waiting', 'approved')"
    )

    # === COMPUTE METHODS === #

    @api.depends("state", "sent_by_id", "author_ids")
    @api.depends_context("uid", "lang")
    def _compute_approval_sentence(self):
        for receipt in self:
            receipt.approval_sentence = (
                receipt.state == "waiting" and receipt._get_approval_sentence()
            )

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & self._editable_fields:
            self._add_author()
        return result

    def _add_author(self):
        """Note who has a part in what the receipt says, and is not the one to approve it."""
        for receipt in self._trusted():
            if self.env.user not in receipt.author_ids:
                receipt.author_ids = [Command.link(self.env.uid)]

    def _check_editable(self, vals):  # pylint: disable=missing-return
        super()._check_editable(vals)
        for receipt in self:
            if receipt.state not in ("draft", "rejected"):
                raise UserError(
                    self.env._("The receipt was sent and cannot be changed. Reload the page.")
                )

    # === ACTION METHODS === #

    def action_submit(self):
        """Send the receipt to the managers of the company.

        :raise ValidationError: naming each missing or wrong field, or for a receipt already used
        """
        self._lock(GROUP_USER)
        if self.state in ("waiting", "approved"):
            return
        activation = self.activation_id
        activation._check_state("pay")
        if not activation.accepts_receipts:
            activation._check_lender()
            raise UserError(
                self.env._(
                    "%s sells the certificate here: buy it online.",
                    activation.seller_id.sudo().name,
                )
            )
        if errors := self._get_errors(self):
            raise ValidationError("\n".join(errors.values()))
        self._check_stored_pdf("receipt")
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self._trusted().write(
                    {
                        "state": "waiting",
                        "rejection_reason": False,
                        "sent_by_id": self.env.uid,
                    }
                )
                self.flush_recordset()
        except UniqueViolation as error:
            raise ValidationError(
                self.env._(
                    "This receipt has already been used: one payment activates one certificate. "
                    "Attach the receipt of another payment."
                )
            ) from error
        self._add_author()
        activation = activation.sudo()
        activation._notify("receipt_waiting")

    def action_approve(self):
        """Let the receipt pay the activation.

        :raise UserError: unless it waits for it, unaltered, and another manager could not decide instead
            of who sent it
        """
        self._lock(GROUP_MANAGER)
        if self.state == "approved":
            return
        self._check_state("waiting")
        self._check_four_eyes()
        self._check_stored_pdf("receipt")
        is_alone = self.env.user in self._get_parties()
        self._decide(state="approved")
        if is_alone:
            self._trusted().message_post(
                body=self.env._(
                    "Approved by %s, who took part in preparing the receipt: no other manager "
                    "could approve it.",
                    self.env.user.name,
                )
            )
        activation = self.activation_id.sudo()
        activation._notify("paid")

    def action_create_vendor_bill(self):
        """Open the draft of the authority's bill, with the receipt attached, and make it first.

        :return: the action that opens it
        :rtype: dict
        :raise AccessError: for a user who may not make bills
        """
        self._lock(GROUP_MANAGER)
        self._check_state("approved")
        if not self.vendor_bill_id:
            # With the rights of the user: it is the company's accounting.
            bill = (
                self.env["account.move"]
                .with_company(self.company_id)
                .create(self._prepare_vendor_bill_vals())
            )
            receipt = read_whole(self.sudo())
            attachments = self.env["ir.attachment"].with_context(certificate_pdf_unread=True)
            bill.message_main_attachment_id = attachments.create(
                {
                    "name": self.receipt_filename,
                    "datas": receipt.receipt,
                    "res_model": bill._name,
                    "res_id": bill.id,
                }
            )
            self._trusted().vendor_bill_id = bill
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.vendor_bill_id.id,
            "views": [(False, "form")],
        }

    # === BUSINESS METHODS === #

    def _get_parties(self):
        """Return who sent the receipt, or wrote any of it.

        :rtype: res.users
        """
        receipt = self.sudo()
        return receipt.sent_by_id | receipt.author_ids

    def _check_four_eyes(self):
        """Refuse the approval of who sent the receipt, while somebody else can give it.

        :raise UserError: otherwise
        """
        if sentence := self._get_approval_sentence():
            raise UserError(sentence)

    def _get_approval_sentence(self):
        """Say who approves the receipt instead of the user.

        A manager who wrote part of it gives way to one who did not; if all did, at least the one
        who sent it does not decide. Any manager may reject it.

        :return: None where the user may
        :rtype: str | None
        """
        self.ensure_one()
        user, sender = self.env.user, self.sudo().sent_by_id
        managers = self.company_id.sudo()._find_certificate_users(GROUP_MANAGER)
        others = managers - user
        parties = self._get_parties()
        if (others and user == sender) or (user in parties and others - parties):
            return self.env._(
                "You took part in preparing this receipt: another manager of %(company)s, such "
                "as %(manager)s, must approve it.",
                company=self.company_id.sudo().name,
                manager=(others - parties or others)[0].name,
            )
        return None

    def _decide(self, **vals):
        self._trusted().write(
            {"decided_by_id": self.env.user.id, "decided_on": fields.Datetime.now(), **vals}
        )
        self.activation_id.sudo().activity_unlink([ACTIVITY_DECISION])

    def _reject(self, reason):
        """Give the receipt back to be corrected.

        :param str reason: as the manager typed it, shown to who sent the receipt
        :raise UserError: unless it waits for a decision, or without a reason
        """
        self._lock(GROUP_MANAGER)
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Explain why the receipt is rejected."))
        if self.state == "rejected" and self.rejection_reason == reason:
            return
        self._check_state("waiting")
        self._decide(state="rejected", rejection_reason=reason)
        self._trusted().message_post(body=self.env._("Rejected: %s", reason))
        activation = self.activation_id.sudo()
        activation._notify("receipt_rejected")

    def _is_evidence(self, name):
        return self.state in ("waiting", "approved")

    def _report_stored_pdf(self):
        self.activation_id._report_stored_pdf()

    def _release(self):
        """Free the receipts of an activation that was given up, so that the next one can use them."""
        self.filtered(lambda receipt: receipt.state in ("waiting", "approved"))._trusted().write(
            {"state": "draft"}
        )

    @api.model
    def _get_errors(self, values):
        """Say what is missing or wrong in a receipt's data.

        :param values: anything that gives `RECEIPT_FIELDS` and `receipt_size` by name
        :return: one sentence for each field that must change, in the order of the form
        :rtype: dict[str, str]
        """
        missing = {
            "authority": self.env._("Enter whom you paid."),
            "payment_date": self.env._("Enter the day of the payment."),
            "amount": self.env._("Enter the amount that you paid."),
            "reference": self.env._("Enter the number of the receipt."),
        }
        errors = {name: missing[name] for name in RECEIPT_FIELDS if not values[name]}
        today = self.env["certificate.activation"]._get_today()
        date = values["payment_date"]
        if date and date > today:
            errors["payment_date"] = self.env._("This date is in the future: correct it.")
        elif date and date <= today - relativedelta(years=1):
            errors["payment_date"] = self.env._(
                "This payment is more than a year old: its certificate has ended. Attach the receipt "
                "of a later payment."
            )
        if values["amount"] < 0:
            errors["amount"] = self.env._("Enter the amount without a sign.")
        if not values["receipt_size"]:
            errors["receipt"] = self.env._("Attach the receipt.")
        return errors

    def _get_payment_status(self):
        """Return the payment status of the activation that this receipt decides.

        :return: a value of `certificate.activation.payment_status`; None for no receipt
        :rtype: str | None
        """
        return {"waiting": "pending", "approved": "paid", "rejected": "failed"}.get(self.state)

    def _get_sentence(self):
        """Say how far the receipt has come.

        :rtype: str
        """
        self.ensure_one()
        facts = {
            "authority": self.authority,
            "amount": formatLang(self.env, self.amount, currency_obj=self.currency_id),
            "date": format_date(self.env, self.payment_date, date_format="long"),
            "reference": self.reference,
        }
        sentences = {
            "waiting": self.env._(
                "Your receipt from %(authority)s is waiting for a manager of your company to "
                "approve it. We will tell you by email.",
                **facts,
            ),
            "approved": self.env._(
                "The certificate is paid: %(amount)s to %(authority)s on %(date)s, receipt %(reference)s.",
                **facts,
            ),
            "rejected": self.env._(
                "Your receipt was rejected: “%s”. Correct it and send it again.",
                (self.rejection_reason or "").rstrip("."),
            ),
        }
        return sentences.get(self.state)

    def _prepare_vendor_bill_vals(self):
        partner = self.env["res.partner"].search(
            [
                ("name", "=ilike", self.authority),
                ("company_id", "in", (False, self.company_id.id)),
                ("parent_id", "=", False),
            ],
            limit=1,
        )
        return {
            "move_type": "in_invoice",
            "partner_id": partner.id,
            "ref": self.reference,
            "invoice_date": self.payment_date,
            "currency_id": self.currency_id.id,
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": self.env._("Digital certificate, %s", self.authority),
                        "quantity": 1,
                        "price_unit": self.amount,
                        # What the amount holds of IVA is for the bookkeeper to say.
                        "tax_ids": [Command.clear()],
                    }
                )
            ],
        }
