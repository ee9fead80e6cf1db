"""The six steps: computed from the database, opened one after the other, sealed once."""

import base64
from datetime import timedelta

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, ConcurrencyError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import MODULE, PROFILE_FIELDS, TEST_SET_FIELDS
from ..common import pdf_samples, samples
from ..common.invoicing import KEYS, NIT, TEST_SET, ElectronicInvoicingCommon


@tagged("post_install", "-at_install")
class TestElectronicInvoicingFromTheStart(ElectronicInvoicingCommon):
    """Company A has no certificate yet."""

    def test_one_step_after_the_other_opens(self):
        journal = self.get_journal(self.company_a)
        activation = self.start()
        locked = ["locked"] * 4
        self.assertEqual(self.get_states(), ["done", "in_progress", *locked])
        self.pay(activation)
        activation.action_continue()
        self.fill(activation)
        activation.action_download_letter()
        self.assertEqual(self.get_states(), ["done", "in_progress", *locked])
        self.attach(activation)
        activation.action_finish()
        resolution = []
        for act, states in (
            (lambda: None, ["todo", "locked", "locked", "locked"]),
            (
                lambda: self.setup_a.write(
                    {"test_set_identifier": TEST_SET["test_set_identifier"]}
                ),
                ["in_progress", "locked", "locked", "locked"],
            ),
            (lambda: self.setup_a.write(TEST_SET), ["in_progress", "locked", "locked", "locked"]),
            (self.confirm_test_set, ["done", "todo", "locked", "locked"]),
            (
                lambda: resolution.append(
                    self.create_resolution(date_start=self.today + timedelta(days=2))
                ),
                ["done", "in_progress", "locked", "locked"],
            ),
            (
                lambda: resolution[0].write({"date_start": self.today}),
                ["done", "done", "todo", "locked"],
            ),
            (
                lambda: self.setup_a.write({"resolution_id": resolution[0].id}),
                ["done", "done", "in_progress", "locked"],
            ),
            (
                lambda: self.setup_a.write({"sale_journal_id": journal.id}),
                ["done", "done", "in_progress", "locked"],
            ),
            (lambda: self.setup_a.write({"invoice_type": "01"}), ["done", "done", "done", "todo"]),
            (self.start_invoicing, ["done", "done", "done", "done"]),
        ):
            act()
            with self.subTest(states):
                self.assertEqual(self.get_states(), ["done", "done", *states])
        self.assertEqual(resolution[0].journal_id, journal)

    def test_a_company_that_has_not_begun_has_its_certificate_to_do(self):
        self.assertEqual(self.get_states(), ["done", "todo", *["locked"] * 4])

    def test_the_profile_names_what_it_lacks_and_where_it_is_entered(self):
        company = self.company_a.sudo()
        self.assertEqual(self.get_states()[:2], ["done", "todo"])
        self.assertEqual(self.setup_a.get_overview()["steps"][0]["missing"], [])
        responsibility = self.env.ref("l10n_co_certificate_activation.fiscal_responsibility_o_13")
        both = responsibility | company.fiscal_responsibility_ids
        sentences = set()
        for record, name, value, field in (
            (company, "vat", False, "profile_vat"),
            (company, "vat", "900987321", "profile_vat"),
            (company, "street", False, "profile_street"),
            (company, "city", False, "profile_city"),
            (company, "state_id", False, "profile_state_id"),
            (company, "email", False, "profile_email"),
            (company, "email", "somewhere", "profile_email"),
            (company, "fiscal_responsibility_ids", False, "profile_responsibility_ids"),
            (company, "fiscal_responsibility_ids", both, "profile_responsibility_ids"),
            (
                company.partner_id,
                "l10n_latam_identification_type_id",
                self.env.ref("l10n_latam_base.it_pass"),
                "profile_identification_type_id",
            ),
        ):
            with self.subTest(name, value=value), self.cr.savepoint() as savepoint:
                record[name] = value
                self.assertEqual(self.get_states()[:2], ["todo", "locked"])
                step = self.setup_a.get_overview()["steps"][0]
                self.assertEqual([item["field"] for item in step["missing"]], [field])
                self.assertIn(step["missing"][0]["label"], step["sentence"])
                self.assertIn(field, self.setup_a.field_errors)
                sentences.add(step["sentence"])
                savepoint.rollback()
        self.assertEqual(len(sentences), 7)

    def test_a_locked_step_does_not_open(self):
        for key in (*KEYS[2:], "unknown", None):
            with self.subTest(key), self.assertRaises(UserError):
                self.setup_a.action_open_step(key)
        self.company_a.sudo().street = False
        with self.assertRaises(UserError):
            self.setup_a.action_open_step("certificate")
        self.assertTrue(self.setup_a.action_open_step("profile"))

    def test_a_manager_completes_the_profile_and_a_user_only_sees_it(self):
        own = self.setup_a.with_user(self.manager_a)
        # Neither of them may change a company or its contact elsewhere.
        self.assertFalse(self.company_a.with_user(self.manager_a).has_access("write"))
        own.write({"profile_street": "Calle 9", "profile_vat": " 830.114.921-1 "})
        self.assertEqual((self.company_a.street, self.company_a.vat), ("Calle 9", "830114921-1"))
        for name in PROFILE_FIELDS:
            with self.subTest(name), self.assertRaises(AccessError):
                self.setup_a.write({name: False})
        self.assertEqual(self.setup_a.profile_street, "Calle 9")

    def test_the_test_set_is_not_confirmed_before_the_certificate_is_active(self):
        self.setup_a.write(TEST_SET)
        with self.assertRaises(UserError):
            self.setup_a.action_confirm_test_set()

    def test_the_seller_signs_with_its_own_certificate(self):
        seller = self.seller.sudo()
        seller.write(
            {
                "street": "Calle 72 # 10-34",
                "state_id": self.company_a.state_id.id,
                "email": "firma@example.com",
                "fiscal_responsibility_ids": self.company_a.fiscal_responsibility_ids,
            }
        )
        seller.partner_id.l10n_latam_identification_type_id = self.env.ref("l10n_co.rut")
        user = samples.make_user(
            self.env, "Vera", "certificate_seller", self.seller, "account.group_account_invoice"
        )
        setup = self.get_setup(user)
        self.assertEqual(self.get_states(setup)[:3], ["done", "done", "todo"])
        good = seller.certificate_lent_id
        for certificate in (
            good.browse(),
            samples.store_certificate(seller, days=2, started_days_ago=3),
        ):
            seller.certificate_lent_id = certificate
            self.assertEqual(self.get_states(setup)[:3], ["done", "todo", "locked"])


@tagged("post_install", "-at_install")
class TestElectronicInvoicingSetup(ElectronicInvoicingCommon):
    """Company A has an active certificate."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.get_walk().get_active()

    # === STATES === #

    def test_each_result_of_the_test_set_has_its_sentence(self):
        self.get_active()
        sentences = set()
        for result in (False, "waiting", "rejected", "accepted"):
            self.setup_a.write({**TEST_SET, "test_set_result": result})
            self.assertEqual(self.get_states()[2], "in_progress")
            sentences.add(self.setup_a.get_overview()["steps"][2]["sentence"])
        self.assertEqual(len(sentences), 4)

    def test_a_certificate_counts_only_while_it_is_in_force(self):
        activation = self.get_active()
        self.assertEqual(self.get_states()[1], "done")
        with freeze_time(fields.Datetime.add(fields.Datetime.now(), months=13)):
            self.assertNotEqual(self.get_states()[1], "done")
        activation.with_user(self.manager_a).action_revoke()
        self.assertEqual(self.get_states()[1:3], ["todo", "locked"])

    def test_what_was_done_stays_done_when_the_certificate_ends(self):
        activation = self.get_active()
        self.complete_data()
        self.start_invoicing()
        activation.with_user(self.manager_a).action_revoke()
        self.assertEqual(self.get_states(), ["done", "todo", "done", "done", "done", "done"])

    # === OPENING === #

    def test_a_step_opens_what_it_needs(self):
        self.get_active()
        self.complete_data()
        for key in ("profile", "test_set", "invoice"):
            action = self.setup_a.action_open_step(key)
            self.assertEqual(
                (action["res_model"], action["res_id"], action["context"]),
                (self.setup_a._name, self.setup_a.id, {"certificate_step": key}),
            )
            # The page is called by the step, and elsewhere the record by its company.
            title = self.setup_a._get_step_titles()[key]
            self.assertEqual(self.setup_a.with_context(**action["context"]).display_name, title)
            self.assertEqual(self.setup_a.display_name, self.company_a.name)
            # Each is found again by its address.
            self.assertTrue(action["path"])
        action = self.setup_a.action_open_step("profile", "profile_street")
        self.assertEqual(action["context"]["focus"], "profile_street")
        action = self.setup_a.action_open_step("profile", "company_id")
        self.assertNotIn("focus", action["context"])
        action = self.setup_a.action_open_step("certificate")
        self.assertEqual(
            (action["type"], action["path"]), ("ir.actions.server", "activate-certificate")
        )
        action = self.setup_a.action_open_step("resolution")
        self.assertEqual(action["res_model"], "electronic.invoicing.resolution")
        self.assertEqual(action["views"][0][1], "list")
        self.get_decision(self.setup_a.action_open_step("start"))
        self.start_invoicing()
        action = self.setup_a.action_open_step("start")
        self.assertEqual(
            (action["res_model"], action["res_id"]), (self.setup_a._name, self.setup_a.id)
        )

    def test_the_first_resolution_is_entered_in_an_empty_form(self):
        self.get_active()
        self.confirm_test_set()
        views = self.setup_a.action_open_step("resolution")["views"]
        self.assertEqual([kind for _id, kind in views], ["form"])

    # === TEST SET === #

    def test_the_test_set_is_confirmed_only_when_it_is_complete(self):
        self.get_active()
        tomorrow = self.today + timedelta(days=2)
        for values in (
            {"test_set_identifier": False},
            {"test_set_identifier": "a1b2"},
            {"software_identifier": "18764000000001"},
            {"test_set_result": "waiting"},
            {"test_set_result": "rejected"},
            {"test_set_accepted_on": False},
            {"test_set_accepted_on": tomorrow},
            {"test_set_sent_on": "2026-02-02"},
        ):
            with self.subTest(values), self.cr.savepoint() as savepoint:
                self.setup_a.write({**TEST_SET, **values})
                for attempt in (
                    self.setup_a.action_confirm_test_set,
                    lambda: self.setup_a._confirm_test_set(NIT),
                ):
                    with self.assertRaises(ValidationError):
                        attempt()
                savepoint.rollback()
        self.assertFalse(self.setup_a.locked_nit)

    def test_an_identifier_in_another_form_is_red_at_its_field(self):
        self.setup_a.test_set_identifier = "a1b2"
        self.assertEqual(set(self.setup_a.field_errors), {"test_set_identifier"})
        self.setup_a.test_set_identifier = " F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6\n"
        self.assertEqual(self.setup_a.test_set_identifier, TEST_SET["test_set_identifier"])
        self.assertFalse(self.setup_a.field_errors)

    def test_the_nit_is_typed_before_it_is_locked(self):
        self.get_active()
        for nit in (False, "", "900987321", "900987321-2", "830114921-1"):
            with self.subTest(nit), self.assertRaises(ValidationError):
                self.confirm_test_set(nit=nit)
        self.assertFalse(self.setup_a.locked_nit)
        self.confirm_test_set(nit=" 900.987.321-1")
        self.assertEqual(self.setup_a.locked_nit, NIT)
        self.assertEqual(self.setup_a.test_set_confirmed_by_id, self.user_a)
        message = self.setup_a.sudo().message_ids[0]
        self.assertEqual(message.author_id, self.user_a.partner_id)
        self.assertIn(NIT, message.body)

    def test_a_test_set_is_confirmed_once(self):
        self.get_active()
        self.confirm_test_set()
        confirmed_on = self.setup_a.test_set_confirmed_on
        self.setup_a.with_user(self.manager_a)._confirm_test_set("whatever")
        self.assertEqual(self.setup_a.test_set_confirmed_on, confirmed_on)
        self.assertEqual(self.setup_a.test_set_confirmed_by_id, self.user_a)
        for user in (self.user_a, self.manager_a, self.system_user):
            for name in TEST_SET_FIELDS:
                with self.subTest(name, user=user.login), self.assertRaises(UserError):
                    self.setup_a.with_user(user).write({name: False})

    def test_the_evidence_is_a_checked_pdf(self):
        self.get_active()
        for content in (b"\x89PNG\r\n", b"", b"%PDF-1.7 and nothing else"):
            with self.subTest(content), self.assertRaises(ValidationError):
                self.setup_a.test_set_evidence = base64.b64encode(content)
        self.setup_a.write(
            {
                "test_set_evidence": base64.b64encode(pdf_samples.scan_pdf(2)),
                "test_set_evidence_filename": "dian.pdf",
            }
        )
        self.assertEqual(self.setup_a.test_set_evidence_pages, 2)
        self.setup_a.action_delete_evidence()
        self.assertFalse(self.setup_a.test_set_evidence_size)
        self.setup_a.test_set_evidence = base64.b64encode(pdf_samples.scan_pdf(1))
        self.confirm_test_set()
        with self.assertRaises(UserError):
            self.setup_a.action_delete_evidence()

    def test_a_responsibility_is_there_once(self):
        responsibility = self.env.ref(f"{MODULE}.fiscal_responsibility_o_13")
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            responsibility.sudo().copy({"name": "Another"})

    # === STARTING === #

    def test_the_steps_lead_on_to_each_other(self):
        self.get_active()
        setup = self.setup_a
        self.assertEqual(setup.action_open_next()["path"], "electronic-test-set")
        # What is not done yet leads back to the six steps, which say what it lacks.
        after = setup.with_context(certificate_step="test_set")
        self.assertEqual(after.action_open_next()["path"], "electronic-process")
        setup.write(TEST_SET)
        decision = self.get_decision(setup.action_confirm_test_set())
        decision.typed_nit = "830114921-1"
        self.assertTrue(decision.field_errors["typed_nit"])
        with self.assertRaises(ValidationError) as caught:
            decision.action_confirm()
        self.assertEqual([*caught.exception.context["field_errors"]], ["typed_nit"])
        decision.typed_nit = NIT
        self.assertFalse(decision.field_errors)
        action = decision.action_confirm()
        self.assertEqual(action["res_model"], "electronic.invoicing.resolution")
        resolution = self.create_resolution()
        action = resolution.action_open_next()
        self.assertEqual(action["path"], "electronic-sales-invoice")
        self.assertEqual((setup.resolution_id, setup.invoice_type), (resolution, "01"))
        self.assertFalse(setup.sale_journal_id.filtered(lambda journal: journal.type != "sale"))
        if not setup.sale_journal_id:
            setup.sale_journal_id = self.get_journal(self.company_a)
        decision = self.get_decision(setup.action_open_next())
        with self.assertRaises(UserError):
            decision.action_confirm()
        decision.is_understood = True
        self.assertEqual(decision.action_confirm()["path"], "electronic-process")
        action = setup.action_open_next()
        self.assertEqual((action["res_model"], action["view_mode"]), ("account.move", "form"))

    def test_the_only_journal_is_chosen_and_one_of_several_is_not(self):
        self.get_active()
        self.confirm_test_set()
        resolution = self.create_resolution()
        journals = (
            self.env["account.journal"]
            .sudo()
            .search([("type", "=", "sale"), ("company_id", "=", self.company_a.id)])
        )
        (journals[1:]).active = False
        only = journals[:1] or self.get_journal(self.company_a)
        self.setup_a.action_open_step("invoice")
        self.assertEqual(self.setup_a.sale_journal_id, only)
        resolution.sudo().journal_id = False
        self.get_journal(self.company_a, "FX")
        self.setup_a.action_open_step("invoice")
        self.assertFalse(self.setup_a.sale_journal_id)
        self.setup_a.resolution_id = False
        self.create_resolution(number="18764000000002")
        self.setup_a.action_open_step("invoice")
        self.assertFalse(self.setup_a.resolution_id)

    def test_invoicing_starts_only_when_the_steps_before_are_done(self):
        self.setup_a.write(TEST_SET)
        with self.assertRaises(UserError):
            self.setup_a.action_start()
        self.get_active()
        self.complete_data()
        ended = self.create_resolution(
            number="18764000000002", date_end=self.today - timedelta(days=2)
        )
        for values in (
            {"resolution_id": False},
            {"resolution_id": ended.id},
            {"sale_journal_id": False},
            {"invoice_type": False},
        ):
            with self.subTest(values), self.cr.savepoint() as savepoint:
                self.setup_a.write(values)
                for attempt in (self.setup_a.action_start, lambda: self.setup_a._start(True)):
                    with self.assertRaises(UserError):
                        attempt()
                savepoint.rollback()
        with self.assertRaises(UserError):
            self.get_decision(self.setup_a.action_start()).action_confirm()
        self.assertFalse(self.setup_a.started_on)
        self.start_invoicing()
        self.assertTrue(self.setup_a.started_on)
        self.assertEqual(self.setup_a.started_by_id, self.user_a)
        self.assertEqual(self.setup_a.sudo().message_ids[0].author_id, self.user_a.partner_id)

    def test_invoicing_starts_once_and_only_its_resolution_changes(self):
        self.get_active()
        self.complete_data()
        self.start_invoicing()
        started_on = self.setup_a.started_on
        with freeze_time(fields.Datetime.add(fields.Datetime.now(), days=40)):
            self.setup_a.with_user(self.manager_a)._start(True)
        self.assertEqual(self.setup_a.started_on, started_on)
        self.assertEqual(self.setup_a.started_by_id, self.user_a)
        following = self.create_resolution(number="18764000000002", range_to=9000)
        for values in (
            {"invoice_type": "02"},
            {"sale_journal_id": False},
            {"resolution_id": following.id},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                self.setup_a.write(values)
        own = self.setup_a.with_user(self.manager_a)
        with self.assertRaises(UserError):
            own.resolution_id = False
        own.resolution_id = following
        self.assertEqual(self.setup_a.resolution_id, following)

    # === RESET === #

    def test_an_administrator_opens_the_steps_again_with_a_reason(self):
        self.get_active()
        self.complete_data()
        self.start_invoicing()
        with self.assertRaises(UserError):
            self.reset(reason="  ")
        self.reset()
        self.assertFalse(self.setup_a.locked_nit)
        self.assertEqual(
            self.get_states(), ["done", "done", "in_progress", "done", "done", "locked"]
        )
        told = len(self.setup_a.sudo().message_ids)
        self.setup_a.with_user(self.system_user)._reset("Again")
        self.assertEqual(len(self.setup_a.sudo().message_ids), told, "nothing is locked")
        message = self.setup_a.sudo().message_ids.filtered(lambda m: "The NIT of the RUT" in m.body)
        self.assertEqual(message.author_id, self.system_user.partner_id)
        for fact in (NIT, TEST_SET["test_set_identifier"], self.user_a.name):
            self.assertIn(fact, message.body)
        self.company_a.sudo().vat = "830114921-1"
        self.confirm_test_set(nit="830114921-1")
        self.assertEqual(self.setup_a.locked_nit, "830114921-1")

    def test_nobody_else_resets(self):
        self.get_active()
        self.confirm_test_set()
        for user in (self.user_a, self.manager_a, self.custodian, self.user_b, self.stranger):
            setup = self.setup_a.with_user(user)
            for attempt in (setup.action_reset, lambda setup=setup: setup._reset("Because")):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    attempt()
        self.assertTrue(self.setup_a.locked_nit)

    # === WRITING === #

    def test_only_the_data_of_the_steps_is_written(self):
        for user in (self.user_a, self.manager_a, self.system_user):
            own = self.setup_a.with_user(user)
            for values in (
                {"started_on": "2026-01-01"},
                {"company_id": self.company_b.id},
                {"locked_nit": False},
                {"test_set_confirmed_on": "2026-01-01"},
            ):
                with self.subTest(values, user=user.login), self.assertRaises(AccessError):
                    own.write(values)
            with self.subTest(user.login):
                for attempt in (
                    lambda own=own: own.create({"company_id": self.company_b.id}),
                    own.copy,
                    own.unlink,
                ):
                    with self.assertRaises(AccessError):
                        attempt()

    def test_a_dialog_takes_only_what_is_typed(self):
        self.get_active()
        self.setup_a.write(TEST_SET)
        decision = self.get_decision(self.setup_a.action_confirm_test_set())
        other = self.get_setup(self.user_b)
        for values in ({"decision": "reset"}, {"setup_id": other.id}):
            with self.subTest(values), self.assertRaises(AccessError):
                decision.write(values)
        for attempt in (
            lambda: decision.create({"setup_id": self.setup_a.id, "decision": "start"}),
            decision.with_user(self.manager_a).action_confirm,
            decision.with_user(self.user_b).action_confirm,
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_journal_and_resolution_are_the_companys(self):
        journal = self.get_journal(self.company_b)
        foreign = self.create_resolution(self.user_b)
        own = self.setup_a.with_user(self.system_user)
        with self.assertRaises(UserError):
            own.write({"resolution_id": foreign.id})
        own.resolution_id = self.create_resolution()
        with self.assertRaises(UserError):
            own.write({"sale_journal_id": journal.id})

    def test_a_company_has_one_set_up(self):
        self.assertEqual(self.get_setup(self.user_a), self.setup_a)
        self.assertEqual(self.get_setup(self.manager_a).id, self.setup_a.id)
        self.assertNotEqual(self.get_setup(self.user_b).id, self.setup_a.id)
        with self.assertRaises(ConcurrencyError):
            self.setup_a._create_once({"company_id": self.company_a.id})

    # === RIGHTS === #

    def test_another_companys_set_up_is_invisible(self):
        setup = self.setup_a.with_user(self.user_b)
        self.assertFalse(setup.search([("company_id", "=", self.company_a.id)]))
        for attempt in (
            lambda: setup.read(["test_set_identifier"]),
            lambda: setup.write({"test_set_identifier": "1"}),
            setup.action_start,
            setup.action_confirm_test_set,
            lambda: setup._confirm_test_set(NIT),
            lambda: setup._start(True),
        ):
            with self.assertRaises(AccessError):
                attempt()
        self.assertEqual(setup.browse().get_overview()["company"], self.company_b.name)

    def test_a_stranger_sees_nothing(self):
        setup = self.setup_a.with_user(self.stranger)
        for attempt in (
            setup.get_overview,
            setup.action_start,
            setup.action_confirm_test_set,
            lambda: setup.action_open_step("profile"),
            lambda: setup.search([]),
            lambda: setup.read(["company_id"]),
        ):
            with self.assertRaises(AccessError):
                attempt()
