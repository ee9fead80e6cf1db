"""What is often installed beside this add-on: Odoo's own applications, and add-ons of OCA.

`dev/test --neighbours` runs this in a database of its own, which has them all; nothing else needs them.
"""

import base64
import shutil
import tempfile
from inspect import getsource
from pathlib import Path
from types import FunctionType

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.models import is_model_definition
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import mute_logger

from ...const import ACTIVITY_BOOKING, MODULE, VERIFY_PATH
from ..common import own_samples, samples
from ..common.books import AFTERMATH, BooksCommon
from ..common.payment import PRICE

TAGS = ("-standard", "neighbours", "post_install", "-at_install")


@tagged(*TAGS)
class TestAccountingNeighbours(BooksCommon):
    """What else books, validates, numbers and sells at the seller."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for group in ("sales_team.group_sale_manager", "point_of_sale.group_pos_manager"):
            cls.env.user.group_ids += cls.env.ref(group)

    # === TIER VALIDATION === #

    def validate_by(self, reviewer, **values):
        """Let each invoice of the seller wait for the word of somebody."""
        return self.env["tier.definition"].create(
            {
                "model_id": self.env["ir.model"]._get_id("account.move"),
                "company_id": self.seller.id,
                "review_type": "individual",
                "reviewer_id": reviewer.id,
                "definition_domain": "[('move_type', '=', 'out_invoice')]",
                **values,
            }
        )

    def get_invoice(self, activation, user):
        return activation.sudo().payment_move_id.with_user(user)

    def test_a_confirmed_payment_waits_for_the_validation_of_its_invoice(self):
        self.validate_by(self.accountant)
        activation = self.start()
        with mute_logger(AFTERMATH):
            transaction = self.pay_online(activation)
            self.assertEqual(self.get_status(activation), "recording")
            wizard = self.get_wizard(activation.action_open_wizard())
            self.assertFalse(wizard.action_verify_payment())
            self.run_cron()
        self.assertEqual(self.get_status(activation), "recording")
        self.assertFalse(transaction.is_post_processed)
        invoice = self.get_invoice(activation, self.accountant)
        told = invoice.activity_search([ACTIVITY_BOOKING], user_id=self.accountant.id)
        self.assertEqual(len(told), 1)
        self.assertIn("validat", told.note)
        with mute_logger(AFTERMATH), self.assertRaises(UserError):
            activation.action_pay()
        invoice.request_validation()
        with mute_logger(AFTERMATH):
            self.run_cron()
        self.assertEqual(self.get_status(activation), "recording")
        invoice.invalidate_recordset()
        invoice.validate_tier()
        self.run_cron()
        self.assertEqual(self.get_status(activation), "paid")
        self.assertFalse(invoice.activity_search([ACTIVITY_BOOKING]))
        activation.action_continue()
        self.assertEqual(self.get_active().state, "active")

    def test_a_rejected_invoice_is_still_to_be_booked(self):
        self.validate_by(self.accountant)
        activation = self.start()
        with mute_logger(AFTERMATH):
            self.pay_online(activation)
        invoice = self.get_invoice(activation, self.accountant)
        invoice.request_validation()
        invoice.reject_tier()
        with mute_logger(AFTERMATH):
            self.run_cron()
            self.assertFalse(activation.action_verify_payment())
        self.assertEqual(self.get_status(activation), "recording")

    def test_an_entry_of_the_payment_that_has_to_be_validated_waits(self):
        self.validate_by(self.accountant, definition_domain="[('move_type', '=', 'entry')]")
        activation = self.start()
        with mute_logger(AFTERMATH):
            self.pay_online(activation)
            self.assertEqual(self.get_status(activation), "recording")
            self.get_wizard(activation.action_open_wizard()).action_verify_payment()
        self.assertEqual(self.get_status(activation), "recording")

    def test_a_draft_under_validation_is_sold_at_the_price_that_it_shows(self):
        self.validate_by(self.accountant)
        activation = self.get_cart()
        invoice = self.get_invoice(activation, self.accountant)
        invoice.request_validation()
        self.product.list_price += 1000
        self.env.invalidate_all()
        with mute_logger(AFTERMATH):
            wizard = self.get_wizard(activation.action_open_wizard())
            self.assertEqual(wizard.activation_id.price_total, PRICE)
            page = self.buy(activation)
        self.assertEqual(page["amount"], PRICE)
        self.assertIn("locked", activation.payment_sentence)
        # Nothing is wrong: nobody has to book anything.
        self.assertFalse(invoice.activity_search([ACTIVITY_BOOKING]))
        invoice.validate_tier()
        transaction = self.submit(page)
        transaction._set_done()
        self.poll()
        self.assertEqual(self.get_status(activation), "paid")

    def test_a_draft_under_validation_gives_way_to_a_payment_made_elsewhere(self):
        activation = self.get_cart()
        self.validate_by(
            self.accountant, definition_domain=f"[('invoice_origin', '=', '{activation.name}')]"
        )
        draft = self.get_invoice(activation, self.accountant)
        draft.request_validation()
        paid = self.invoice_by_hand(self.company_a)
        self.assertTrue(activation.action_verify_payment())
        self.assertEqual(activation.sudo().payment_move_id, paid)
        self.assertEqual(draft.state, "cancel")

    # === NUMBERS === #

    def test_a_draft_that_is_named_by_a_slash_is_never_called_so(self):
        activation = self.get_cart()
        transaction = self.charge_cart(activation, "pending")
        self.assertEqual(activation.payment_reference, transaction.reference)
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(self.get_status(activation), "paid")
        invoice = activation.sudo().payment_move_id
        self.assertTrue(invoice.journal_id.sequence_id)
        self.assertRegex(invoice.name, r"\d{4}$")
        self.assertEqual(activation.payment_reference, f"{invoice.name}, {transaction.reference}")

    def charge_cart(self, activation, state):
        return self.create_invoice_transaction(activation.sudo().payment_move_id, state)

    def test_a_journal_without_its_sequence_keeps_the_payment_to_be_booked(self):
        activation = self.get_cart()
        journal = activation.sudo().payment_move_id.journal_id
        sequence, journal.sequence_id = journal.sequence_id, False
        with mute_logger(AFTERMATH, "odoo.sql_db"):
            self.charge_cart(activation, "done")._post_process()
        self.assertEqual(self.get_status(activation), "recording")
        journal.sequence_id = sequence
        self.run_cron()
        self.assertEqual(self.get_status(activation), "paid")

    # === BANK STATEMENTS === #

    def test_a_line_of_the_bank_statement_pays(self):
        activation = self.get_issued()
        invoice = activation.sudo().payment_move_id
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank.id,
                "date": fields.Date.today(),
                "payment_ref": invoice.name,
                "amount": PRICE,
                "partner_id": invoice.partner_id.id,
            }
        )
        view = "account_reconcile_oca.bank_statement_line_form_reconcile_view"
        receivable = self.get_lines(invoice)
        # OCA's proposal may have it already: choosing it again would take it back.
        proposed = [
            part.get("counterpart_line_ids", []) for part in line.reconcile_data_info["data"]
        ]
        if receivable.ids not in proposed:
            with Form(line, view=view) as form:
                form.add_account_move_line_id = receivable
        line.reconcile_bank_line()
        self.assertEqual(self.get_status(activation), "paid")
        line.unreconcile_bank_line()
        self.assertEqual(self.get_status(activation), "to_pay")

    # === WHERE ELSE IT IS SOLD === #

    def test_a_sale_order_sells_the_certificate(self):
        self.assertEqual(self.product.type, "service")
        order = self.env["sale.order"].create(
            {
                "partner_id": self.company_a.partner_id.id,
                "company_id": self.seller.id,
                "order_line": [Command.create({"product_id": self.product.id})],
            }
        )
        order.action_confirm()
        self.assertFalse(order.picking_ids)
        self.assertEqual(order.amount_total, PRICE)
        invoice = order._create_invoices()
        invoice.action_post()
        # What was sent is what is paid, whatever waits in the cart.
        activation = self.get_cart()
        activation.action_pay()
        self.assertEqual(activation.sudo().payment_move_id, invoice)
        self.charge_cart(activation, "done")._post_process()
        self.assertEqual(self.get_status(activation), "paid")
        self.assertEqual(order.invoice_ids, invoice)
        activation.action_continue()

    def test_a_sale_order_that_was_paid_in_advance_pays(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.company_a.partner_id.id,
                "company_id": self.seller.id,
                "order_line": [Command.create({"product_id": self.product.id})],
            }
        )
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", "True")
        transaction = self.env["payment.transaction"].create(
            {
                "operation": "online_direct",
                "provider_id": self.provider.id,
                "payment_method_id": self.payment_method_id,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "reference": order.name,
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(order.state, "sale")
        activation = self.start()
        self.assertTrue(activation.action_verify_payment())
        self.assertEqual(activation.sudo().payment_move_id, order.invoice_ids)

    def test_the_certificate_is_sold_and_invoiced_at_the_counter(self):
        cash = self.env["account.journal"].create(
            {"name": "Counter", "type": "cash", "code": "CNT", "company_id": self.seller.id}
        )
        method = self.env["pos.payment.method"].create(
            {"name": "Cash", "journal_id": cash.id, "company_id": self.seller.id}
        )
        config = self.env["pos.config"].create(
            {
                "name": "Counter",
                "company_id": self.seller.id,
                "payment_method_ids": [Command.set(method.ids)],
            }
        )
        self.product.available_in_pos = True
        config.open_ui()
        session = config.current_session_id
        session.set_opening_control(0, None)
        order = self.env["pos.order"].create(
            {
                "session_id": session.id,
                "company_id": self.seller.id,
                "partner_id": self.company_a.partner_id.id,
                "amount_total": PRICE,
                "amount_paid": 0,
                "amount_tax": PRICE - 100000,
                "amount_return": 0,
                "lines": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "qty": 1,
                            "price_unit": 100000,
                            "price_subtotal": 100000,
                            "price_subtotal_incl": PRICE,
                            "tax_ids": [Command.set(self.product.taxes_id.ids)],
                        }
                    )
                ],
            }
        )
        context = {"active_ids": order.ids, "active_id": order.id}
        self.env["pos.make.payment"].with_context(**context).create(
            {"payment_method_id": method.id, "amount": PRICE}
        ).with_context(**context).check()
        order.action_pos_order_invoice()
        self.assertEqual(order.account_move.amount_total, PRICE)
        activation = self.start()
        self.assertTrue(activation.action_verify_payment())
        self.assertEqual(activation.sudo().payment_move_id, order.account_move)
        session.post_closing_cash_details(PRICE)
        session.close_session_from_ui()
        self.assertEqual(session.state, "closed")
        self.assertEqual(self.get_status(activation), "paid")
        activation.action_continue()


@tagged(*TAGS)
class TestWebsiteNeighbour(BooksCommon):
    """A site that does not serve the user's language, with its own look, company and cookies."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.speak_spanish(cls.user_a, cls.company_a.partner_id)
        cls.sites = cls.env["website"].search([])
        english = cls.env.ref("base.lang_en")
        cls.sites.write({"language_ids": [Command.set(english.ids)], "cookies_bar": True})
        cls.sites.write({"default_lang_id": english.id})
        cls.env.flush_all()

    def test_buying_leads_to_a_page_that_the_site_serves(self):
        activation = self.start()
        self.authenticate(self.user_a.login, self.user_a.login)
        url = activation.action_pay()["url"]
        self.assertEqual(
            self.url_open(url.replace("/payment/pay", "/es/payment/pay")).status_code, 404
        )
        page = self._get_payment_context(self.url_open(url))
        self.assertEqual(page["amount"], PRICE)
        transaction = self.submit(page)
        transaction._set_done()
        self.poll()
        self.assertEqual(self.get_status(activation), "paid")

    def test_the_public_pages_have_the_look_of_the_site_and_are_not_for_search(self):
        for path, status in ((VERIFY_PATH, 200), (f"{VERIFY_PATH}/x", 404)):
            with self.subTest(path):
                response = self.url_open(path)
                self.assertEqual(response.status_code, status)
                self.assertIn("website", response.text)
                self.assertIn("noindex", response.headers["X-Robots-Tag"])
                self.assertEqual(response.headers["X-Frame-Options"], "DENY")
        for path in ("/sitemap.xml", "/robots.txt"):
            response = self.url_open(path)
            self.assertEqual(response.status_code, 200)
            self.assertNotIn(VERIFY_PATH, response.text)

    def test_a_site_of_another_company_sells_as_well(self):
        self.sites.company_id = self.company_b
        self.test_buying_leads_to_a_page_that_the_site_serves()


@tagged(*TAGS)
class TestStoreNeighbour(BooksCommon):
    """Files in a store of OCA's `fs_attachment`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.store = cls.env["fs.storage"].create(
            {
                "name": "Store",
                "protocol": "file",
                "code": "certificate_store",
                "directory_path": cls.folder,
                "use_as_default_for_attachments": True,
            }
        )

    def get_stored(self):
        return {path for path in Path(self.folder).rglob("*") if path.is_file()}

    def test_the_files_of_the_walk_are_kept_checked_and_served(self):
        activation = self.get_walk().get_active()
        file = self.get_file(activation, "signed_letter")
        self.assertTrue(file.store_fname.startswith("certificate_store://"))
        path = Path(self.folder) / file.store_fname.partition("://")[2]
        letter = base64.b64decode(self.scan)
        self.assertEqual(path.read_bytes(), letter)
        self.authenticate(self.user_a.login, self.user_a.login)
        address = f"/web/content/{activation._name}/{activation.id}/signed_letter"
        for url in (address, f"/web/content/{file.id}"):
            response = self.url_open(url)
            self.assertEqual(response.content, letter)
            self.assertEqual(response.headers["Content-Type"], "application/pdf")
            self.assertRegex(response.headers["Content-Disposition"], r"^attachment;")
            self.assertIn("no-store", response.headers["Cache-Control"])
        for change in (
            lambda: file.sudo().write({"raw": b"x"}),
            lambda: file.sudo().write({"datas": base64.b64encode(b"x")}),
            lambda: file.sudo().unlink(),
        ):
            with self.assertRaises(AccessError):
                change()
        path.write_bytes(letter[:-1] + b" ")
        self.env.invalidate_all()
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(address).status_code, 422)
        with self.assertRaises(UserError):
            activation._read_stored_pdf("signed_letter")
        path.unlink()
        self.env.invalidate_all()
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(address).status_code, 422)
        self.assertTrue(activation.payment_sentence)

    def test_files_are_moved_to_the_store_and_back(self):
        active = self.active.sudo()
        self.store.use_as_default_for_attachments = False
        self.env.invalidate_all()
        file = self.get_file(active, "signed_letter")
        self.assertFalse("://" in file.store_fname)
        letter = file.raw
        self.store.use_as_default_for_attachments = True
        file._move_attachment_to_store()
        self.env.invalidate_all()
        self.assertTrue(file.store_fname.startswith("certificate_store://"))
        self.assertEqual(file.raw, letter)
        active._check_evidence()
        self.store.use_as_default_for_attachments = False
        file.with_context(storage_location="file").write({"datas": file.datas})
        self.env.invalidate_all()
        self.assertEqual(file.raw, letter)
        active._check_evidence()

    def test_the_key_of_a_certificate_leaves_the_store_when_it_is_sealed(self):
        certificate = samples.store_certificate(self.seller.sudo(), days=900)
        self.env.flush_all()
        self.assertTrue(self.find_plain_keys())
        with own_samples.secret():
            certificate._seal_key()
        self.env["certificate.key.file"]._remove(is_all=True)
        self.assertFalse(self.find_plain_keys())
        self.assertFalse(self.env["certificate.key.file"].sudo().search([]))

    def find_plain_keys(self):
        return [path for path in self.get_stored() if b"PRIVATE KEY-----" in path.read_bytes()]


@tagged(*TAGS)
class TestNames(TransactionCase):
    def test_no_neighbour_has_a_method_that_this_add_on_has_as_well(self):
        """Mixins included: the last to be loaded would answer for both."""
        found, seen = {}, set()
        for name, model in self.registry.items():
            definitions = [cls for cls in model.__mro__ if is_model_definition(cls)]
            for cls in definitions:
                if cls._module != MODULE or model._original_module == MODULE:
                    continue
                seen.add(name)
                for attribute, value in vars(cls).items():
                    if isinstance(value, FunctionType) and "super(" not in getsource(value):
                        others = [
                            other.__module__
                            for other in definitions
                            if other._module not in (MODULE, "base") and attribute in vars(other)
                        ]
                        if others:
                            found[name, attribute] = others
        self.assertLessEqual({"account.move", "res.partner", "ir.attachment"}, seen)
        self.assertEqual(found, {})


@tagged(*TAGS)
class TestPasswordNeighbour(BooksCommon):
    def test_whoever_logs_in_with_a_password_of_the_policy_buys(self):
        password = "Una-clave-Larga-2026"
        self.user_a.password = password
        self.env.flush_all()
        self.authenticate(self.user_a.login, password)
        activation = self.start()
        self.assertIn("o_payment_form", self.url_open(activation.action_pay()["url"]).text)
        with self.assertRaises(UserError):
            self.user_a._check_password_history(password)
