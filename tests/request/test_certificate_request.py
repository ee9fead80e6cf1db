"""A company that asks here for a certificate of its own: what it pays, sends, corrects and gets."""

import base64
import json
from datetime import datetime, timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time
from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import AccessError, ConcurrencyError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from ...const import (
    ACTIVITY_NEXT_STEP,
    ACTIVITY_REQUEST,
    GROUP_CUSTODIAN,
    GROUP_MANAGER,
    MODULE,
    REPRESENTATIVE_FIELDS,
    REQUEST_DAYS,
)
from ...models.trace.history import record_entries
from ..common import own_samples, pdf_samples, samples
from ..common.case import CertificateCommon
from ..common.own import OwnCertificateCommon
from ..common.payment import CertificatePaymentCommon
from ..common.walk import REPRESENTATIVE, Walk

DOCUMENT = "certificate.request.document"
OBSERVATION = "The date of María Fernanda cannot be read."


class RequestWalk(Walk):
    def start_request(self, user=None):
        return self.start(user)._start_request()

    def get_paid(self, user=None):
        """Return a request that was just paid, with nothing entered."""
        activation = self.start_request(user)
        if activation.state == "pay":
            self.pay(activation)
            activation.action_continue()
        return activation.request_ids


class RequestCommon(CertificateCommon, RequestWalk):
    """An authority that asks for one document, and people of the seller alone."""

    walk_class = RequestWalk

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rut, commerce = (cls.env.ref(f"{MODULE}.document_type_{n}") for n in ("rut", "commerce"))
        cls.authority = (
            cls.env["certificate.authority"]
            .sudo()
            .create(
                {
                    "name": "Autoridad de Prueba",
                    "requirement_ids": [
                        Command.create({"document_type_id": rut.id, "max_age_days": 30}),
                        Command.create({"document_type_id": commerce.id, "is_required": False}),
                    ],
                }
            )
        )
        cls.seller_custodian, cls.seller_manager = (
            samples.make_user(cls.env, name, f"certificate_{name}", cls.seller, group)
            for name, group in (("Sara", GROUP_CUSTODIAN), ("Saul", GROUP_MANAGER))
        )
        cls.other_custodian = samples.make_user(
            cls.env, "Olga", "certificate_Olga", cls.company_b, GROUP_CUSTODIAN
        )
        cls.other_scan = base64.b64encode(pdf_samples.scan_pdf(1))

    def get_filled(self, user=None):
        """Return a request with all that it needs, before it is sent."""
        request = self.get_paid(user)
        self.fill(request.activation_id)
        request.authority_id = self.authority
        today = request.activation_id._get_today()
        self.get_document(request).write({"document": self.scan, "issue_date": today})
        return request

    def get_sent(self, user=None):
        request = self.get_filled(user)
        request._send()
        return request

    def get_document(self, request, name="rut"):
        kind = self.env.ref(f"{MODULE}.document_type_{name}")
        return request.document_ids.filtered(lambda document: document.document_type_id == kind)

    def as_seller(self, record):
        return record.with_user(self.seller_custodian)

    def accept(self, request):
        for document in self.as_seller(request).document_ids:
            if document.document_size:
                document.action_accept()

    def get_issued(self, user=None):
        request = self.get_sent(user)
        self.accept(request)
        self.as_seller(request)._issue()
        request.invalidate_recordset()
        return request

    def get_told(self, request, activity):
        """Return who has an activity of a type: the seller on the request, the company on its activation."""
        record = request if activity == ACTIVITY_REQUEST else request.activation_id
        return record.sudo().activity_search([activity]).user_id


@tagged("post_install", "-at_install")
class TestCertificateRequest(RequestCommon, OwnCertificateCommon, CertificatePaymentCommon):
    def test_a_kind_of_document_may_have_more_pages(self):
        request = self.get_filled()
        document = self.get_document(request)
        long, longer = (base64.b64encode(pdf_samples.text_pdf(pages=number)) for number in (12, 13))
        with self.assertRaises(ValidationError):
            document.document = long
        kind = self.as_seller(document.document_type_id)
        kind.max_pages = 12
        document.document = long
        self.assertEqual(document.document_pages, 12)
        with self.assertRaisesRegex(ValidationError, "12 pages"):
            document.document = longer
        made = document._make_pdf([base64.b64decode(long)])
        self.assertTrue(made.startswith(b"%PDF"))
        # Other kinds have their own number, and no kind has any number of pages.
        with self.assertRaisesRegex(ValidationError, "10 pages"):
            self.get_document(request, "commerce").document = long
        for number in (0, 51):
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
                kind.max_pages = number
                kind.flush_recordset()

    # === FROM NOTHING TO ACTIVE === #

    def test_a_company_walks_from_its_loan_to_a_certificate_of_its_own(self):
        loan = self.get_active()
        wizard = self.get_wizard(loan.action_open_wizard())
        self.assertEqual(wizard.request_offer, "offer")
        wizard.action_start_request()
        activation = wizard.activation_id
        self.assertEqual((activation.route, activation.state), ("request", "pay"))
        self.assertFalse(activation.request_ids, "it begins when it is paid")
        self.assertEqual((wizard.step, wizard.request_step), ("pay", "pay"))
        self.pay(activation)
        wizard.action_continue()
        request = activation.request_ids
        self.assertEqual((request.state, wizard.request_step), ("draft", "process"))
        self.assertEqual(request.person_kind, "juridica", "by its NIT")
        self.assertEqual(activation.representative_vat, REPRESENTATIVE["representative_vat"])
        wizard.request_authority_id = self.authority
        self.assertEqual(request.authority_id, self.authority)
        self.get_document(request).write(
            {"document": self.scan, "issue_date": activation._get_today()}
        )
        wizard.action_review_request()
        self.assertTrue(wizard.is_request_reviewed)
        self.assertEqual(request.state, "draft", "it is sent after the review")
        wizard.action_send_request()
        wizard.invalidate_recordset()
        self.assertEqual((request.state, wizard.request_step), ("in_process", "track"))
        board = self.env["certificate.board"].with_user(self.custodian)
        self.assertEqual(board.search([("company_id", "=", self.company_a.id)]).step, "review")
        self.accept(request)
        self.as_seller(request)._issue()
        self.assertEqual(self.company_a._get_active_certificate_activation(), loan)
        self.assertSigns(loan)
        self.assertEqual(self.load(activation), {})
        activation.action_finish()
        self.assertEqual((activation.state, request.state), ("active", "completed"))
        self.assertEqual(loan.state, "expired")
        self.assertEqual(self.company_a._get_active_certificate_activation(), activation)
        self.assertSigns(activation)
        self.assertEqual(activation._get_route().signer_role, "supplier")
        self.assertFalse(activation.record_facts["lender"] or activation.record_facts["letter"])
        self.assertTrue(activation.record_facts["payment"])
        wizard.invalidate_recordset()
        self.assertTrue(wizard.is_request_done)

    def test_it_is_renewed_as_an_own_one(self):
        activation = self.get_issued().activation_id
        self.load(activation)
        activation.action_finish()
        old = activation.sudo().certificate_id
        activation.sudo().date_end = activation._get_today() + timedelta(days=9)
        renewal = activation._renew()
        self.assertEqual((renewal.route, renewal.renewal_of_id), ("own", activation))
        self.load(renewal, own_samples.make_p12(own_samples.issue(days=700)))
        renewal.action_finish()
        self.assertEqual((activation.state, renewal.state), ("expired", "active"))
        self.assertFalse(old.active)

    def test_a_second_one_leads_to_what_runs_until_its_eleventh_month(self):
        loan = self.start()
        request = loan._start_request()
        self.assertEqual(request._start_request(), request)
        self.pay(request)
        request.action_continue()
        wizard = self.get_wizard(loan.action_open_wizard())
        self.assertEqual(wizard.request_offer, "track")
        wizard.action_start_request()
        self.assertEqual(wizard.activation_id, request)
        today = request._get_today()
        request.sudo().write(
            {"state": "active", "date_start": today, "date_end": today + timedelta(days=400)}
        )
        self.assertEqual(loan._start_request(), request)
        with freeze_time(today + relativedelta(months=11) - timedelta(days=1)):
            self.assertEqual(loan._start_request(), request)
        with freeze_time(today + relativedelta(months=11, days=1)):
            second = loan._start_request()
        self.assertEqual((second.state, second.renewal_of_id), ("pay", request))

    def test_a_loan_that_ends_is_renewed_while_a_request_is_in_process(self):
        loan = self.get_active()
        loan.sudo().date_end = loan._get_today() + timedelta(days=9)
        request = loan._start_request()
        self.pay(request)
        request.action_continue()
        self.assertEqual(self.start(), request)
        action = self.env["certificate.activation"].with_user(self.user_a)._action_renew()
        self.assertEqual(self.get_wizard(action).activation_id.renewal_of_id, loan)

    # === PAYMENT === #

    def test_a_payment_counts_for_what_was_bought_alone(self):
        loan = self.start()
        request = loan._start_request()
        product = self.seller.certificate_request_product_id
        self.assertEqual((loan.price_untaxed, request.price_untaxed), (100000, 200000))
        self.invoice_by_hand(self.company_a)
        self.assertEqual((loan.payment_status, self.get_status(request)), ("paid", "none"))
        self.assertFalse(request.action_verify_payment())
        self.assertEqual(len(request._explain_payment()), 2, "none of its product, one other")
        loan.with_user(self.manager_a).action_cancel()
        self.assertFalse(request.action_verify_payment())
        invoice = self.invoice_by_hand(self.company_a, product=product)
        self.assertEqual(self.get_status(request), "paid")
        self.assertEqual(request.sudo().payment_move_id, invoice)
        again = self.start()
        self.assertEqual(again, request, "it is what was begun last")
        lent = request.sudo().create({"company_id": self.company_a.id})
        self.assertTrue(lent.action_verify_payment(), "by the invoice of the cancelled one")
        self.assertNotEqual(lent.payment_move_id, invoice)
        self.assertIn(
            invoice,
            self.env["account.move"].search(
                self.env["account.move"]._action_open_sold_certificates()["domain"]
            ),
        )

    def test_an_invoice_of_both_products_pays_one_of_them(self):
        loan = self.start()
        request = loan._start_request()
        product = self.seller.certificate_request_product_id
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.company_a.partner_id.id,
                "invoice_date": loan._get_today(),
                "invoice_line_ids": [
                    Command.create({"product_id": sold.id}) for sold in (self.product, product)
                ],
            }
        )
        invoice.action_post()
        self._register_payment(invoice)
        self.assertEqual({self.get_status(loan), self.get_status(request)}, {"paid", "none"})

    def test_a_receipt_of_an_outside_authority_pays_no_request(self):
        self.seller.certificate_accept_receipts = True
        loan = self.start()
        self.assertTrue(loan._get_receipt())
        request = loan._start_request()
        self.assertFalse(request._get_receipt())
        self.assertFalse(request.accepts_receipts)

    def test_nothing_is_offered_while_nobody_sells_requests(self):
        loan = self.start()
        wizard = self.get_wizard(loan.action_open_wizard())
        free = self.env["product.product"].create(
            {"name": "Gift", "type": "service", "company_id": self.seller.id, "list_price": 0}
        )
        for change in (
            {"certificate_request_product_id": False},
            {"certificate_request_product_id": free.id},
        ):
            self.seller.write(change)
            wizard.invalidate_recordset()
            self.assertFalse(wizard.request_offer)
            with self.assertRaises(UserError):
                wizard.action_start_request()
        self.assertEqual(loan.search_count([("company_id", "=", self.company_a.id)]), 1)

    def test_the_product_is_the_sellers_alone_and_none_of_the_lent_certificate(self):
        foreign = self.env["product.product"].create({"name": "Advice", "type": "service"})
        for product in (self.product, foreign):
            with self.assertRaises(ValidationError):
                self.seller.certificate_request_product_id = product

    def test_what_is_paid_is_never_hidden_behind_a_request(self):
        loan = self.get_processing()
        request = loan._start_request()
        self.assertEqual(request.state, "pay")
        opened = self.env["certificate.activation"].with_user(self.user_a)
        self.assertEqual(opened._get_or_start(), loan)
        # Not even when the request is paid: nothing signs before the loan is finished.
        self.pay(request)
        request.action_continue()
        self.assertEqual(opened._get_or_start(), loan)
        loan.action_download_letter()
        self.attach(loan)
        loan.action_finish()
        self.assertEqual((loan.state, request.state), ("active", "process"))
        # Now it is what goes on.
        self.assertEqual(opened._get_or_start(), request)

    def test_a_paid_request_is_not_hidden_behind_a_loan_that_nobody_paid(self):
        request = self.start()._start_request()
        self.pay(request)
        opened = self.env["certificate.activation"].with_user(self.user_a)
        self.assertEqual(opened._get_or_start(), request)

    def test_a_request_that_nobody_paid_goes_on_beside_a_lent_certificate(self):
        loan = self.get_processing()
        request = loan._start_request()
        loan.action_download_letter()
        self.attach(loan)
        loan.action_finish()
        self.assertEqual((loan.state, request.state), ("active", "pay"))
        opened = self.env["certificate.activation"].with_user(self.user_a)
        self.assertEqual(opened._get_or_start(), loan)

    def test_giving_up_costs_nothing_and_loses_no_payment(self):
        loan = self.start()
        wizard = self.get_wizard(loan.action_open_wizard())
        wizard.action_start_request()
        first = wizard.activation_id
        wizard.action_abandon_request()
        self.assertEqual((first.state, wizard.activation_id), ("cancelled", loan))
        request = loan._start_request()
        self.pay(request)
        with self.assertRaises(UserError):
            request._abandon_request()
        request.action_continue()
        with self.assertRaises(UserError):
            request._abandon_own()
        request.with_user(self.manager_a).action_cancel()
        following = loan._start_request()
        self.assertNotEqual(following, request)
        self.assertTrue(following.action_verify_payment())
        self.assertEqual(following.sudo().payment_move_id, request.sudo().payment_move_id)


@tagged("post_install", "-at_install")
class TestPaidRequest(RequestCommon, OwnCertificateCommon, CertificatePaymentCommon):
    """Company A has paid for a request."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.get_walk().get_paid()

    # === PROCESS === #

    def test_everything_that_is_missing_is_said_at_once(self):
        request = self.get_paid()
        wizard = self.get_wizard(request.activation_id.action_open_wizard())
        self.assertFalse(wizard.field_errors)
        request.activation_id.representative_name = False
        request.write({"date": False, "person_kind": False})
        wizard.action_review_request()
        self.assertFalse(wizard.is_request_reviewed)
        self.assertEqual(
            set(wizard.field_errors),
            {"request_person_kind", "request_date", "request_authority_id"},
        )
        request.person_kind = "juridica"
        request.authority_id = self.env.ref(f"{MODULE}.authority_andes")
        self.assertEqual(len(request._get_requested_documents()), 3)
        wizard.invalidate_recordset()
        errors = wizard.field_errors
        self.assertIn("representative_name", errors)
        self.assertEqual(
            {name for name in errors if name.startswith("document_")},
            {f"document_{document.id}" for document in request.document_ids},
        )
        with self.assertRaises(ValidationError) as caught:
            request._send()
        self.assertEqual(len(str(caught.exception).splitlines()), len(errors))
        # A person has no representative, and no chamber of commerce.
        request.person_kind = "natural"
        self.assertEqual(len(request._get_requested_documents()), 2)
        self.assertFalse(
            [name for name in request._get_errors() if name.startswith("representative")]
        )
        with self.cr.savepoint() as savepoint:
            self.company_a.sudo().street = False
            self.assertIn("company_id", request._get_errors())
            savepoint.rollback()
        # The representative that it was prefilled with is then kept nowhere.
        today = request.activation_id._get_today()
        self.fill(request.activation_id)
        request.write({"authority_id": self.authority.id, "date": today})
        self.assertTrue(request.activation_id.representative_vat)
        self.get_document(request).write({"document": self.scan, "issue_date": today})
        request._send()
        self.assertEqual(request.state, "in_process")
        self.assertFalse(any(request.activation_id[name] for name in REPRESENTATIVE_FIELDS))

    def test_dates_have_limits(self):
        request = self.get_filled()
        today, rut = request.activation_id._get_today(), self.get_document(request)
        for days, is_right in (
            (-1, False),
            (0, True),
            (REQUEST_DAYS, True),
            (REQUEST_DAYS + 1, False),
        ):
            request.date = today + timedelta(days=days)
            with self.subTest(days=days):
                self.assertEqual("date" not in request._get_errors(), is_right)
        for age, is_right in ((-1, False), (0, True), (30, True), (31, False), (None, False)):
            rut.issue_date = age is not None and today - timedelta(days=age)
            with self.subTest(age=age):
                name = f"issue_date_{rut.id}"
                self.assertEqual(name not in rut._get_errors(), is_right)

    def test_another_authority_keeps_what_is_attached(self):
        request = self.get_filled()
        rut = self.get_document(request)
        request.authority_id = self.env.ref(f"{MODULE}.authority_gse")
        self.assertIn(rut, request._get_requested_documents())
        self.assertTrue(rut.document_size)
        request.authority_id = self.authority
        request._send()
        identity = self.get_document(request, "identity")
        self.assertEqual((rut.state, identity.state), ("waiting", "draft"))
        sent = self.as_seller(rut).search([("request_id", "=", request.id)])
        self.assertNotIn(identity, sent, "nobody asked for it")
        # Nor does a custodian decide on it who sees it as a colleague of the company.
        with self.assertRaises(UserError):
            identity.with_user(self.custodian)._reject(OBSERVATION)
        # What need not be there was sent, too, but there is nothing to accept.
        commerce = self.as_seller(self.get_document(request, "commerce"))
        with self.assertRaises(UserError):
            commerce.action_accept()
        self.assertEqual((identity.state, commerce.state), ("draft", "waiting"))

    def test_a_file_is_checked_on_every_way_in(self):
        request = self.get_paid()
        request.authority_id = self.authority
        rut = self.get_document(request)
        bad = base64.b64encode(b"no PDF").decode()
        with self.assertRaises(ValidationError):
            rut.document = bad
        result = rut.load([".id", "document"], [[str(rut.id), bad]])
        self.assertFalse(result["ids"])
        owner = {"name": "x.pdf", "raw": b"x", "res_model": DOCUMENT, "res_id": rut.id}
        with self.assertRaises(AccessError):
            self.env["ir.attachment"].with_user(self.user_a).create(
                {**owner, "res_field": "document"}
            )
        self.assertFalse(rut.document_size)

    def test_no_letter_belongs_to_it(self):
        request = self.get_filled()
        with self.assertRaises(UserError):
            request.activation_id.action_download_letter()
        with self.assertRaises(UserError):
            self.attach(request.activation_id)
        loan = request.activation_id.search([("route", "=", "loan")])
        with self.assertRaises(AccessError):
            request.create({"activation_id": loan.id})

    # === TRACK === #

    def test_what_was_rejected_is_corrected_and_what_was_accepted_stays(self):
        request = self.get_filled()
        commerce, rut = self.get_document(request, "commerce"), self.get_document(request)
        commerce.write({"document": self.scan, "issue_date": request.activation_id._get_today()})
        request._send()
        self.assertEqual(
            self.get_told(request, ACTIVITY_REQUEST), self.seller_custodian | self.custodian
        )
        for attempt in (
            lambda: commerce.write({"document": self.other_scan}),
            lambda: request.activation_id.write({"representative_name": "X"}),
            lambda: request.write({"authority_id": False}),
        ):
            with self.assertRaises(UserError):
                attempt()
        seller = self.as_seller(request)
        with self.assertRaises(UserError):
            seller._issue()
        with self.assertRaises(UserError):
            seller._reject(" ")
        self.as_seller(commerce).action_accept()
        with self.assertRaises(UserError):
            self.as_seller(rut)._reject(" ")
        self.as_seller(rut)._reject(OBSERVATION)
        self.assertEqual(request.state, "in_process", "it is told as a whole")
        with self.assertRaises(UserError):
            rut.write({"document": self.other_scan})
        with self.assertRaises(UserError):
            seller._issue()
        seller._reject("")
        self.assertEqual((request.state, rut.observation), ("rejected", OBSERVATION))
        self.assertEqual(self.get_told(request, ACTIVITY_NEXT_STEP), self.user_a)
        self.assertFalse(self.get_told(request, ACTIVITY_REQUEST))
        self.assertEqual(set(request._get_errors()), {f"document_{rut.id}"})
        with self.assertRaises(ValidationError):
            request._send()
        with self.assertRaises(UserError):
            commerce.write({"document": self.other_scan})
        with self.assertRaises(ValidationError):
            rut.document = self.scan
        rut.document = self.other_scan
        self.assertEqual((rut.state, rut.observation), ("draft", OBSERVATION))
        request._send()
        self.assertEqual((rut.state, rut.observation), ("waiting", False))
        self.assertEqual(commerce.state, "accepted")
        self.assertTrue(self.get_told(request, ACTIVITY_REQUEST))
        self.assertFalse(self.get_told(request, ACTIVITY_NEXT_STEP))
        with self.assertRaises(UserError):
            self.load(request.activation_id)
        self.as_seller(rut).action_accept()
        seller._issue()
        self.assertEqual(request.state, "issued")
        self.assertEqual(self.get_told(request, ACTIVITY_NEXT_STEP), self.user_a)
        with self.assertRaises(UserError):
            self.as_seller(rut)._reject(OBSERVATION)
        # The authority made a mistake: it goes back, unless the certificate was loaded.
        self.load(request.activation_id)
        with self.assertRaises(UserError):
            seller._reject(OBSERVATION)
        request.activation_id._delete_certificate()
        seller._reject(OBSERVATION)
        self.assertEqual((request.state, rut.state), ("rejected", "accepted"))
        self.assertFalse(request._get_errors())
        request._send()
        self.assertEqual(request.state, "in_process")

    def test_each_transition_changes_only_the_states_it_is_for(self):
        request = self.get_sent()
        seller, rut = self.as_seller(request), self.get_document(request)
        allowed = {
            "_send": ("draft", "in_process", "rejected"),  # again: one effect
            "_issue": ("in_process", "issued"),
            "_reject": ("in_process", "issued"),
            "action_finish": ("issued",),
        }
        for state in ("draft", "in_process", "rejected", "issued"):
            request.sudo().state = state
            for method, states in allowed.items():
                record = {"_send": request, "action_finish": request.activation_id}.get(
                    method, seller
                )
                arguments = ["x"] if method == "_reject" else []
                if state not in states:
                    with (
                        self.subTest(state, method=method),
                        self.assertRaises(UserError),
                    ):
                        getattr(record, method)(*arguments)
                    self.assertEqual(request.state, state)
            if state not in ("in_process",):
                for attempt in (
                    rut.with_env(seller.env).action_accept,
                    lambda: rut.with_env(seller.env)._reject("x"),
                ):
                    with self.subTest(state), self.assertRaises(UserError):
                        attempt()
            self.assertEqual(rut.state, "waiting")

    def test_each_transition_again_has_one_effect(self):
        request = self.get_filled()
        rut, seller = self.get_document(request), self.as_seller(request)
        facts = ("state", "sent_on", "issued_on", "observation")

        def look():
            self.env.invalidate_all()
            decided = rut.read(["state", "observation", "decided_on"])
            return request.read(facts), decided, request.sudo().message_ids.ids

        def take(step):
            step()
            before = look()
            with freeze_time(datetime.now() + timedelta(hours=1)):
                step()
            with self.subTest(before[0][0]["state"], document=before[1][0]["state"]):
                self.assertEqual(look(), before)

        take(request._send)
        take(lambda: self.as_seller(rut)._reject("x"))
        take(lambda: seller._reject("y"))
        rut.document = self.other_scan
        take(request._send)
        take(self.as_seller(rut).action_accept)
        take(seller._issue)
        with self.assertRaises(ConcurrencyError):
            rut._create_once(
                {"request_id": request.id, "document_type_id": rut.document_type_id.id}
            )
        with self.assertRaises(ConcurrencyError):
            request._begin(request.activation_id)
        abandoned = self.start_request(self.user_b)
        for _time in range(2):
            abandoned._abandon_request()
        self.assertEqual(abandoned.state, "cancelled")

    def test_a_payment_that_went_back_stops_it(self):
        request = self.get_issued()
        self.load(request.activation_id)
        request.activation_id.sudo().payment_move_id.button_cancel()
        self.assertEqual(self.get_status(request.activation_id), "void")
        with self.assertRaises(UserError):
            request.activation_id.action_finish()
        seller = self.as_seller(request)
        for state, attempt in (
            ("in_process", seller._issue),
            ("draft", request._send),
        ):
            request.sudo().state = state
            with self.assertRaises(UserError):
                attempt()

    def test_an_altered_file_is_neither_sent_nor_accepted(self):
        request = self.get_filled()
        rut = self.get_document(request)
        file = self.get_file(rut, "document")
        whole = file.raw
        for attempt in (request._send, self.as_seller(rut).action_accept):
            self.alter_file(file, b"altered")
            with self.assertRaises(UserError):
                attempt()
            self.alter_file(file, whole)
            if request.state == "draft":
                request._send()
        self.assertEqual(rut.state, "waiting")

    def test_a_cancelled_request_stays_in_the_history_of_managers(self):
        request = self.get_sent()
        rut = self.get_document(request)
        manager = request.activation_id.with_user(self.manager_a)
        manager.action_cancel()
        self.assertEqual(
            self.get_told(request, ACTIVITY_REQUEST), self.seller_custodian | self.custodian
        )
        self.env.invalidate_all()
        self.assertTrue(rut.with_user(self.manager_a).document)
        for user in (self.user_a, self.seller_custodian):
            with self.subTest(user.login), self.assertRaises(AccessError):
                rut.with_user(user).read(["document"])
        with self.assertRaises(UserError):
            self.as_seller(request)._issue()

    def test_neither_history_nor_mails_tell_of_a_person(self):
        self.env = self.env(context={})
        request = self.get_sent()
        self.as_seller(self.get_document(request))._reject(OBSERVATION)
        self.as_seller(request)._reject(OBSERVATION)
        self.env.flush_all()
        self.cr.precommit.run()
        messages = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    "|",
                    "&",
                    ("model", "=", request._name),
                    ("res_id", "=", request.id),
                    "&",
                    ("model", "=", request.activation_id._name),
                    ("res_id", "=", request.activation_id.id),
                ]
            )
        )
        self.assertEqual(set(messages.tracking_value_ids.field_id.mapped("name")), {"state"})
        self.assertIn(self.user_a.partner_id, messages.notified_partner_ids)
        self.assertIn(self.seller_custodian.partner_id, messages.notified_partner_ids)
        written = "\n".join([*messages.mapped("body"), *filter(None, messages.mapped("subject"))])
        for secret in (OBSERVATION, *REPRESENTATIVE.values()):
            self.assertNotIn(secret, written)

    def test_the_history_tells_of_the_request_and_of_what_it_was_before(self):
        request = self.get_sent()
        activation = request.activation_id
        history = self.env["certificate.history"].with_user(self.manager_a)
        entries = history.search([("res_model", "=", request._name), ("res_id", "=", request.id)])
        self.assertEqual(
            [json.loads(entry.changes) for entry in entries],
            [[["state", "draft", "in_process"]], [["state", None, "draft"]]],
        )
        # As a former version wrote it, when the state stood in the activation.
        record_entries(
            activation.env, [("request", activation, [["request_state", "draft", "in_process"]])]
        )
        former = history.search([], limit=1)
        self.assertEqual(former.res_id, activation.id)
        self.assertEqual(former.summary, entries[0].summary)
        self.env.flush_all()
        self.cr.precommit.run()  # just before a commit, each entry gets its place
        self.assertFalse(history.sudo()._find_breaks(self.company_a))
        self.assertFalse(history.sudo()._find_differences(self.company_a))

    def test_what_was_sent_is_evidence(self):
        request = self.get_filled()
        records = (request, request.activation_id)
        self.assertFalse(any(record.sudo()._holds_evidence() for record in records))
        request._send()
        self.assertTrue(all(record.sudo()._holds_evidence() for record in records))
        for record in records:
            with self.subTest(record._name), self.assertRaises(AccessError):
                record.sudo().unlink()

    def test_a_step_of_the_activation_waits_for_who_decides_on_its_request(self):
        """What was decided meanwhile is seen by whoever locks the row, and by nobody else."""
        activation = self.get_issued().activation_id
        model, locked = self.env.registry["certificate.guarded.mixin"], []

        def lock(record, lock_row=model._lock_row):
            locked.append(record._name)
            return lock_row(record)

        for step in (
            lambda: self.load(activation),
            activation._delete_certificate,
            lambda: self.load(activation),
            activation.action_finish,
        ):
            with patch.object(type(activation.request_ids), "_lock_row", lock):
                locked.clear()
                step()
            self.assertIn("certificate.request", locked)

    # === RIGHTS === #

    def test_the_sellers_custodian_sees_what_was_sent_and_writes_nothing(self):
        request = self.get_filled()
        rut = self.get_document(request)
        activation = request.activation_id
        seller = self.as_seller(request)
        self.assertFalse(seller.search([("id", "=", request.id)]), "not sent yet")
        request._send()
        self.assertEqual(seller.search([("name", "=", activation.name)]), request)
        self.assertTrue(seller.can_process)
        self.assertEqual(dict(seller.company_rows)["NIT"], "900987321-1")
        self.assertIn(
            REPRESENTATIVE["representative_vat"], dict(seller.representative_rows).values()
        )
        self.assertEqual((seller.payment_status, seller.activation_state), ("paid", "process"))
        companies = self.company_a.ids
        self.assertFalse(self.as_seller(activation).search([("company_id", "in", companies)]))
        self.assertTrue(self.as_seller(rut).document)
        with self.assertRaises(UserError):
            seller.write({"person_kind": "natural"})
        for attempt in (
            lambda: self.as_seller(activation).read(["name"]),
            lambda: self.as_seller(activation).write({"representative_name": "X"}),
            self.as_seller(activation).action_open_wizard,
            self.as_seller(activation).action_cancel,
            self.as_seller(activation).action_finish,
            self.as_seller(activation).action_verify_payment,
            self.as_seller(activation)._start_request,
            lambda: self.load(self.as_seller(activation)),
            seller._send,
            lambda: seller.create({"activation_id": activation.id}),
            seller.unlink,
            lambda: self.as_seller(rut).write({"issue_date": "2026-01-01"}),
            lambda: self.as_seller(rut).write({"document": self.other_scan}),
        ):
            with self.assertRaises(AccessError):
                attempt()
        self.assertEqual((request.state, rut.state), ("in_process", "waiting"))

    def test_others_open_and_change_nothing(self):
        request = self.get_sent()
        rut = self.get_document(request)
        file = self.get_file(rut, "document")
        outsiders = (self.user_b, self.seller_manager, self.other_custodian, self.stranger)
        reason = {"reason": "x", "request_id": request.id}
        for user in (*outsiders, self.portal_user, self.user_a, self.manager_a):
            self.authenticate(user.login, user.login)
            is_insider = user in (self.user_a, self.manager_a)
            for address in (
                f"/web/content/{DOCUMENT}/{rut.id}/document",
                f"/web/content?model={DOCUMENT}&id={rut.id}&field=document",
                f"/web/content/{file.id}",
            ):
                with self.subTest(user.login, address=address), mute_logger("odoo.http"):
                    response = self.url_open(address)
                    self.assertEqual(response.content.startswith(b"%PDF-"), is_insider)
            for model, ids, method, arguments in (
                (DOCUMENT, rut.ids, "action_accept", []),
                (DOCUMENT, rut.ids, "write", [{"state": "accepted"}]),
                (DOCUMENT, rut.ids, "write", [{"document": False}]),
                (DOCUMENT, rut.ids, "unlink", []),
                (DOCUMENT, rut.ids, "copy", []),
                (DOCUMENT, rut.ids, "_reject", ["x"]),
                (request._name, request.ids, "write", [{"state": "issued"}]),
                (request._name, request.ids, "write", [{"authority_id": False}]),
                (request._name, request.ids, "unlink", []),
                (request._name, request.ids, "copy", []),
                (request._name, request.ids, "_issue", []),
                (request._name, request.ids, "_reject", ["x"]),
                *(
                    (
                        (DOCUMENT, rut.ids, "read", [["document"]]),
                        (request._name, request.ids, "read", [["representative_rows"]]),
                    )
                    if not is_insider
                    else ()
                ),
            ):
                with (
                    self.subTest(user.login, method=method, arguments=arguments),
                    mute_logger("odoo.http"),
                    self.assertRaisesRegex(JsonRpcException, "AccessError|UserError"),
                ):
                    self.make_jsonrpc_request(
                        "/web/dataset/call_kw",
                        {"model": model, "method": method, "args": [ids, *arguments], "kwargs": {}},
                    )
            for values in (reason, {"reason": "x", "document_id": rut.id}):
                with (
                    self.subTest(user.login, values=values),
                    self.assertRaises(UserError),
                ):
                    self.env["certificate.reason.wizard"].with_user(user).create(
                        values
                    ).action_confirm()
        action = self.env.ref(f"{MODULE}.certificate_request_issue_action")
        for user in (*outsiders, self.manager_a):
            with (
                self.subTest(user.login),
                self.assertRaises(AccessError),
                mute_logger("odoo.addons.base.models.ir_actions"),
            ):
                action.with_user(user).with_context(
                    active_model=request._name, active_id=request.id
                ).run()
        self.env.invalidate_all()
        self.assertEqual((request.state, rut.state), ("in_process", "waiting"))
        self.assertEqual(rut.document, self.scan)

    def test_the_approval_says_from_when_to_when(self):
        request = self.get_sent()
        self.accept(request)
        seller = self.as_seller(request)
        action = seller._open_issue()
        for user in (self.user_a, self.manager_a, self.user_b):
            with self.subTest(user.login), self.assertRaises(AccessError):
                wizard = self.env[action["res_model"]].with_user(user)
                wizard.create({"request_id": request.id}).action_confirm()
        wizard = self.env[action["res_model"]].with_user(self.seller_custodian)
        wizard = wizard.with_context(**action["context"]).create({})
        today = request.activation_id._get_today()
        self.assertEqual((wizard.date_start, wizard.date_end), request._get_proposed_days())
        for start, end in (
            (today, today - timedelta(days=1)),
            (today - timedelta(days=9), today - timedelta(days=1)),
        ):
            wizard.write({"date_start": start, "date_end": end})
            with self.assertRaises(UserError):
                wizard.action_confirm()
        self.assertEqual(request.state, "in_process")
        end = today + timedelta(days=729)
        wizard.write({"date_start": today, "date_end": end})
        for _twice in range(2):
            wizard.action_confirm()
        request.invalidate_recordset()
        self.assertEqual((request.valid_from, request.valid_until), (today, end))
        self.assertIn(request.activation_id._format_date(end), request.sentence)
        seller._reject("Wrong dates")
        self.assertFalse(request.valid_from or request.valid_until)

    def test_a_custodian_of_the_company_does_not_decide_for_the_seller(self):
        request = self.get_sent()
        custodian = samples.make_user(
            self.env, "Celia", "certificate_Celia", self.company_a, GROUP_CUSTODIAN
        )
        own = request.with_user(custodian)
        self.assertFalse(own.can_process)
        for attempt in (
            own._issue,
            lambda: own._reject("x"),
            own.document_ids[0].action_accept,
            lambda: own.document_ids[0]._reject("x"),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_the_custodian_of_the_seller_alone_keeps_the_authorities(self):
        values = {"name": "Otra autoridad"}
        for user in (self.user_a, self.manager_a, self.seller_manager, self.other_custodian):
            with self.subTest(user.login):
                self.assertTrue(self.authority.with_user(user).name)
                for attempt in (
                    lambda user=user: self.authority.with_user(user).write(values),
                    lambda user=user: self.authority.with_user(user).create(values),
                    lambda user=user: self.authority.requirement_ids.with_user(user).unlink(),
                    lambda user=user: self.authority.requirement_ids.with_user(user).write(
                        {"max_age_days": 999}
                    ),
                    lambda user=user: (
                        self.env.ref(f"{MODULE}.document_type_rut")
                        .with_user(user)
                        .write({"max_age_days": 999})
                    ),
                ):
                    with self.assertRaises(AccessError):
                        attempt()
        authority = self.as_seller(self.authority).create(values)
        self.assertEqual(len(authority.requirement_ids), 3)
        self.assertEqual([r.max_age_days for r in authority._get_requirements("natural")], [90, 0])
        self.as_seller(self.authority).requirement_ids[0].max_age_days = 5
        requirements = self.authority.requirement_ids.sudo()
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            requirements[0].copy({"authority_id": self.authority.id})
