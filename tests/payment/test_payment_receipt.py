"""Paid to an authority outside the database: the receipt, who decides on it, and what it is worth."""

import base64
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo.exceptions import AccessError, ConcurrencyError, UserError, ValidationError
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from ...const import ACTIVITY_DECISION, ACTIVITY_NEXT_STEP, RECEIPT_FIELDS
from ..common import pdf_samples, samples
from ..common.receipt import ReceiptCommon, encode

LIMIT = 1_048_576


@tagged("post_install", "-at_install")
class TestPaymentReceipt(ReceiptCommon):
    # === WHERE === #

    def test_a_receipt_is_taken_where_the_seller_allows_it(self):
        self.assertTrue(self.open().receipt_id)
        self.seller.certificate_accept_receipts = False
        self.assertFalse(self.open(self.user_b).receipt_id)
        # Where nobody lends there is no letter to sign.
        self.seller.certificate_seller_id = False
        self.assertFalse(self.open(self.user_b).receipt_id)

    def test_a_receipt_begun_is_not_taken_once_it_is_not_allowed(self):
        wizard = self.open()
        self.fill_receipt(wizard)
        self.seller.certificate_accept_receipts = False
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            wizard.receipt_id.action_submit()
        self.assertEqual(wizard.receipt_state, "draft")

    # === THE WAY === #

    def test_from_the_receipt_to_an_active_certificate(self):
        receipt = self.get_sent()
        activation = receipt.activation_id
        self.assertEqual(self.get_status(activation), "pending")
        with self.assertRaises(UserError):
            activation.action_continue()
        with self.assertRaises(UserError):
            activation.action_pay()
        self.approve(receipt)
        self.assertEqual((receipt.state, receipt.decided_by_id), ("approved", self.manager_a))
        self.assertEqual(self.get_status(activation), "paid")
        self.assertIn("FV-1001", activation.payment_sentence)
        self.assertFalse(activation.sudo().payment_move_id)
        activation.action_continue()
        self.fill(activation)
        activation.action_download_letter()
        self.attach(activation)
        activation.action_finish()
        self.assertEqual((activation.state, activation.payment_status), ("active", "paid"))
        months = relativedelta(months=12, days=-1)
        self.assertEqual(activation.date_end, activation.date_start + months)

    def test_a_rejected_receipt_is_corrected_and_sent_again(self):
        receipt = self.get_sent()
        self.reject(receipt)
        wizard = self.open()
        self.assertEqual((wizard.receipt_state, wizard.payment_status), ("rejected", "failed"))
        self.assertIn("“The amount cannot be read”.", self.get_alert(wizard, "payment"))
        self.assertEqual(wizard.receipt_reference, "FV-1001")
        self.assertTrue(wizard.receipt_size)
        decided_on = receipt.decided_on
        with self.assertRaises(ConcurrencyError):
            receipt._create_once({"activation_id": receipt.activation_id.id})
        with freeze_time(decided_on + timedelta(hours=1)):
            self.reject(receipt)
        self.assertEqual((receipt.state, receipt.decided_on), ("rejected", decided_on))
        wizard.web_save({"receipt_amount": 120000}, {})
        self.send(wizard)
        self.assertEqual((wizard.receipt_state, receipt.amount), ("waiting", 120000))
        self.approve(receipt)
        self.assertEqual(self.get_status(receipt.activation_id), "paid")

    def test_a_rejection_has_a_reason(self):
        receipt = self.get_sent()
        for reason in ("", "  ", False):
            with self.subTest(reason=reason), self.assertRaises(UserError):
                receipt.with_user(self.manager_a)._reject(reason)
        self.assertEqual(receipt.state, "waiting")

    def test_buying_stays_possible_until_the_receipt_is_sent_and_after_it_is_rejected(self):
        wizard = self.open()
        self.fill_receipt(wizard)
        self.assertEqual(wizard.payment_status, "none")
        self.send(wizard)
        self.reject(wizard.receipt_id)
        activation = wizard.activation_id
        self.pay_online(activation)
        self.assertEqual(self.get_status(activation), "paid")
        self.assertTrue(activation.sudo().payment_move_id)

    def test_a_payment_here_counts_while_the_receipt_waits(self):
        receipt = self.get_sent()
        invoice = self.invoice_by_hand(self.company_a)
        self.assertEqual(self.get_status(receipt.activation_id), "paid")
        self.assertEqual(receipt.activation_id.sudo().payment_move_id, invoice)

    def test_each_step_repeated_has_one_effect(self):
        receipt = self.get_sent()
        receipt.action_submit()
        decisions = self.get_activities(receipt.activation_id, ACTIVITY_DECISION, self.manager_a)
        self.assertEqual(len(decisions), 1)
        self.approve(receipt)
        decided_on = receipt.decided_on
        self.approve(receipt)
        receipt.action_submit()
        self.assertEqual((receipt.state, receipt.decided_on), ("approved", decided_on))
        with self.assertRaises(UserError):
            self.reject(receipt)
        self.assertEqual(receipt.state, "approved")

    # === WHO IS TOLD === #

    def test_managers_and_sender_are_told(self):
        receipt = self.get_sent()
        activation = receipt.activation_id
        for decide in (self.reject, self.approve):
            with self.subTest(decide=decide.__name__):
                waiting = self.get_activities(activation, ACTIVITY_DECISION, self.manager_a)
                self.assertEqual(len(waiting), 1)
                self.assertFalse(self.get_activities(activation, ACTIVITY_DECISION, self.manager_b))
                decide(receipt)
                self.assertFalse(self.get_activities(activation, ACTIVITY_DECISION, self.manager_a))
                self.assertTrue(self.get_activities(activation, ACTIVITY_NEXT_STEP, self.user_a))
            if receipt.state == "rejected":
                receipt.action_submit()

    # === WHAT IS MISSING OR WRONG === #

    def test_every_missing_field_has_a_message_and_nothing_is_sent(self):
        wizard = self.open()
        self.assertFalse(wizard.field_errors)
        self.send(wizard)
        self.assertEqual(
            wizard.field_errors.keys(),
            {"receipt", *(f"receipt_{name}" for name in RECEIPT_FIELDS)},
        )
        self.assertEqual(wizard.receipt_state, "draft")
        with self.assertRaises(ValidationError):
            wizard.receipt_id.action_submit()

    def test_a_wrong_field_has_a_message(self):
        wizard = self.open()
        day = relativedelta(days=1)
        for field, wrong, right in (
            ("payment_date", str(self.today + day), str(self.today)),
            (
                "payment_date",
                str(self.today - relativedelta(years=1)),
                str(self.today - relativedelta(years=1) + day),
            ),
            ("amount", -1, 1),
            ("amount", 0, 0.01),
            ("authority", "   ", "A"),
        ):
            name = f"receipt_{field}"
            with self.subTest(field=field, wrong=wrong):
                self.fill_receipt(wizard, **{name: wrong})
                self.send(wizard)
                self.assertEqual(wizard.receipt_state, "draft")
                self.assertEqual(wizard.field_errors.keys(), {name})
                wizard.web_save({name: right}, {})
                self.assertFalse(wizard.field_errors)

    def test_a_refused_file_takes_nothing_with_it(self):
        wizard = self.open()
        self.fill_receipt(wizard)
        size = wizard.receipt_size
        with self.assertRaises(ValidationError):
            wizard.web_save({"receipt": encode(b"MZ"), "receipt_filename": "a.pdf"}, {})
        wizard = self.open()
        self.assertEqual((wizard.receipt_size, wizard.receipt_reference), (size, "FV-1001"))

    # === ONE PAYMENT, ONE ACTIVATION === #

    def test_a_receipt_serves_one_activation_whoever_has_it(self):
        self.get_sent()
        other = encode(pdf_samples.scan_pdf(2))
        for what, values in (
            ("the same file", {"receipt_reference": "FV-2002"}),
            ("the same number", {"receipt": other}),
            ("written otherwise", {"receipt": other, "receipt_reference": " fv-1001 "}),
        ):
            wizard = self.open(self.user_b)
            self.fill_receipt(wizard, **values)
            with self.subTest(what), self.assertRaises(ValidationError):
                self.send(wizard)
            self.assertEqual(wizard.receipt_state, "draft")
        self.fill_receipt(wizard, receipt=other, receipt_reference="FV-2002")
        self.send(wizard)
        self.assertEqual(wizard.receipt_state, "waiting")

    def test_the_next_activation_needs_a_receipt_of_its_own(self):
        receipt = self.get_sent()
        self.approve(receipt)
        activation = receipt.activation_id
        activation.action_continue()
        self.fill(activation)
        activation.action_download_letter()
        self.attach(activation)
        activation.action_finish()
        activation.with_user(self.manager_a).action_revoke()
        wizard = self.open()
        self.assertNotEqual(wizard.activation_id, activation)
        self.assertEqual(wizard.payment_status, "none")
        self.fill_receipt(wizard)
        with self.assertRaises(ValidationError):
            self.send(wizard)

    def test_the_receipt_of_a_cancelled_activation_serves_the_next(self):
        for decide in (lambda receipt: None, self.approve):
            receipt = self.get_sent()
            decide(receipt)
            activation = receipt.activation_id
            activation.with_user(self.manager_a).action_cancel()
            self.assertEqual(receipt.state, "draft")
            with self.assertRaises(UserError):
                receipt.action_submit()

    # === WHAT IS STORED === #

    def test_a_file_is_checked_on_every_way_in(self):
        wizard = self.open()
        receipt = wizard.receipt_id
        self.env["ir.model.data"].sudo().create(
            {
                "module": "__import__",
                "name": "certificate_receipt",
                "model": receipt._name,
                "res_id": receipt.id,
            }
        )

        def write(content):
            receipt.write({"receipt": content})

        def save(content):
            wizard.web_save({"receipt": content, "receipt_filename": "a.pdf"}, {})

        def load(content):
            answer = receipt.load(["id", "receipt"], [["__import__.certificate_receipt", content]])
            if not answer["ids"]:
                raise ValidationError(answer["messages"][0]["message"])

        for way in (write, save, load):
            for size in (LIMIT - 1, LIMIT):
                with self.subTest(way=way.__name__, size=size):
                    way(encode(pdf_samples.padded_pdf(size)))
                    self.assertEqual(receipt.receipt_size, size)
            for label, data in (
                ("too large", pdf_samples.padded_pdf(LIMIT + 1)),
                ("no PDF", b"MZ"),
                ("empty", b""),
                ("cut", pdf_samples.text_pdf()[:-200]),
            ):
                with self.subTest(way=way.__name__, file=label):
                    if label == "empty" and way is load:
                        continue  # An empty cell of an import deletes.
                    with self.assertRaises(ValidationError):
                        way(encode(data))
                    self.assertEqual(receipt.receipt_size, LIMIT)
            wizard.action_delete_receipt()
            self.assertFalse(receipt.receipt_size)

    def test_nobody_touches_the_stored_file_past_the_receipt(self):
        receipt = self.get_sent()
        location = {
            "res_model": receipt._name,
            "res_field": "receipt",
            "res_id": receipt.id,
        }
        stored = (
            self.env["ir.attachment"]
            .sudo()
            .search([(name, "=", value) for name, value in location.items()])
        )
        self.assertEqual(stored.mimetype, "application/pdf")
        for user in (self.user_a, self.manager_a, self.system_user):
            attachments = self.env["ir.attachment"].with_user(user)
            loose = attachments.create({"name": "loose", "raw": b"MZ"})
            for way, method, *arguments in (
                ("create", attachments.create, {"name": "a", "raw": b"MZ", **location}),
                ("write", stored.with_user(user).write, {"raw": b"MZ"}),
                ("take away", stored.with_user(user).write, {"res_field": False}),
                ("bring", loose.write, location),
                ("unlink", stored.with_user(user).unlink),
            ):
                with self.subTest(way, user=user.login), self.assertRaises(AccessError):
                    method(*arguments)

    @mute_logger("odoo.addons.base.models.ir_attachment")
    def test_a_file_that_changed_behind_the_back_is_neither_sent_nor_approved(self):
        def change(receipt):
            stored = (
                self.env["ir.attachment"]
                .sudo()
                .search([("res_model", "=", receipt._name), ("res_field", "=", "receipt")])
            )
            self.alter_file(stored, pdf_samples.text_pdf("Another"))
            self.env.invalidate_all()

        wizard = self.open()
        self.fill_receipt(wizard)
        change(wizard.receipt_id)
        with self.assertRaises(UserError):
            wizard.receipt_id.action_submit()
        self.fill_receipt(wizard)
        self.send(wizard)
        change(wizard.receipt_id)
        with self.assertRaises(UserError):
            self.approve(wizard.receipt_id)
        self.assertEqual(wizard.receipt_state, "waiting")

    # === RIGHTS === #

    def test_only_a_manager_of_the_company_decides(self):
        receipt = self.get_sent()
        for user in (self.user_a, self.user_b, self.manager_b, self.stranger):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.approve(receipt, user)
                with self.assertRaises(AccessError):
                    self.reject(receipt, user=user)
        self.assertEqual(receipt.state, "waiting")

    def test_a_reason_reaches_no_other_company(self):
        activation = self.start()
        activation.action_pay()
        self.create_invoice_transaction(activation.sudo().payment_move_id, "pending")
        dialogs = self.env["certificate.reason.wizard"].with_user(self.manager_b)
        with self.assertRaises(AccessError):
            dialogs.create({"activation_id": activation.id, "reason": "Mine now"})
        # As a row that was made while its user still had the right.
        dialog = dialogs.sudo().create({"activation_id": activation.id, "reason": "Mine now"})
        with self.assertRaises(AccessError):
            dialog.sudo(False).action_confirm()
        self.authenticate(self.manager_b.login, self.manager_b.login)
        for values in ({"activation_id": activation.id}, {"receipt_id": self.get_sent().id}):
            with (
                self.subTest(values=values),
                mute_logger("odoo.http"),
                self.assertRaisesRegex(JsonRpcException, "AccessError"),
            ):
                ids = self.make_jsonrpc_request(
                    "/web/dataset/call_kw",
                    {
                        "model": dialogs._name,
                        "method": "create",
                        "args": [[{**values, "reason": "x"}]],
                        "kwargs": {},
                    },
                )
                self.make_jsonrpc_request(
                    "/web/dataset/call_kw",
                    {
                        "model": dialogs._name,
                        "method": "action_confirm",
                        "args": [ids],
                        "kwargs": {},
                    },
                )
        self.assertEqual(self.get_status(activation), "pending")

    def test_a_sent_receipt_cannot_be_changed(self):
        receipt = self.get_sent()
        wizard = self.open()
        for decide in (lambda receipt: None, self.approve):
            decide(receipt)
            for user in (self.user_a, self.manager_a, self.system_user):
                for values in ({"amount": 1}, {"receipt": False}, {"state": "approved"}):
                    with (
                        self.subTest(user=user.login, values=values, state=receipt.state),
                        self.assertRaises(AccessError),
                    ):
                        receipt.with_user(user).write(values)
            with self.assertRaises(AccessError):
                wizard.web_save({"receipt_amount": 1}, {})
        self.assertEqual(receipt.amount, 119000)

    def test_the_page_shows_no_receipt_of_another_company(self):
        receipt = self.get_sent()
        wizard = self.open(self.user_b)
        answer = wizard.onchange(
            {"receipt_id": receipt.id},
            ["receipt_id"],
            {"receipt_reference": {}, "receipt_authority": {}, "receipt_size": {}},
        )
        self.assertNotIn("FV-1001", str(answer))
        with self.assertRaises(AccessError):
            wizard.write({"receipt_id": receipt.id})

    # === THE BOOKS === #

    def test_the_vendor_bill_is_optional_and_made_once(self):
        self.env["account.chart.template"].try_loading(
            "co", self.company_a.sudo(), install_demo=False
        )
        receipt = self.get_sent()
        bookkeeper = samples.make_user(
            self.env,
            "Libros",
            "certificate_bookkeeper",
            self.company_a,
            "account.group_account_invoice",
            "l10n_co_certificate_activation.group_certificate_manager",
        )
        plain = samples.make_user(
            self.env,
            "Sin libros",
            "certificate_plain_manager",
            self.company_a,
            "l10n_co_certificate_activation.group_certificate_manager",
        )
        authority = self.env["res.partner"].create({"name": "CERTICÁMARA S.A."})
        own = receipt.with_user(bookkeeper)
        with self.assertRaises(UserError):
            own.action_create_vendor_bill()
        self.approve(receipt, bookkeeper)
        self.assertFalse(receipt.vendor_bill_id)
        with self.assertRaises(AccessError):
            receipt.with_user(plain).action_create_vendor_bill()
        bills = [own.action_create_vendor_bill()["res_id"] for _click in range(2)]
        self.assertEqual(bills[0], bills[1])
        bill = self.env["account.move"].browse(bills[0]).sudo()
        self.assertEqual(
            (bill.move_type, bill.state, bill.company_id, bill.partner_id),
            ("in_invoice", "draft", self.company_a, authority),
        )
        self.assertEqual((bill.amount_total, bill.ref), (119000, "FV-1001"))
        self.assertEqual(
            bill.message_main_attachment_id.raw,
            base64.b64decode(receipt.with_context(bin_size=False).receipt),
        )
