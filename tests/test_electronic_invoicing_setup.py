"""The six steps: computed from the database, opened one after the other, started once."""

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from . import samples
from .common import CertificateCommon

KEYS = ["profile", "certificate", "test_set", "resolution", "invoice", "start"]
RESOLUTION = {
    "resolution_number": "18764000001",
    "resolution_prefix": "SETP",
    "resolution_from": 1,
    "resolution_to": 5000,
    "resolution_date_start": "2026-01-01",
    "resolution_date_end": "2027-12-31",
}


@tagged("post_install", "-at_install")
class TestElectronicInvoicingSetup(CertificateCommon):
    def setUp(self):
        super().setUp()
        self.setup_a = self.get_setup(self.user_a)

    def get_setup(self, user):
        """Open the page as a user, which makes the company's set-up, and return this."""
        setups = self.env["electronic.invoicing.setup"].with_user(user)
        setups.get_overview()
        return setups.search([("company_id", "=", user.company_id.id)])

    def get_states(self, setup=None):
        """The states of the six steps, in their order, and check what goes with each."""
        overview = (setup or self.setup_a).get_overview()
        steps = overview["steps"]
        self.assertEqual([step["key"] for step in steps], KEYS)
        for step in steps:
            self.assertTrue(step["title"] and step["sentence"])
            self.assertEqual(bool(step["button"]), step["state"] != "locked")
        states = [step["state"] for step in steps]
        self.assertEqual(overview["nit_warning"], states[:3] != ["done"] * 3)
        return states

    def get_journal(self, company):
        return (
            self.env["account.journal"]
            .sudo()
            .with_company(company)
            .create({"name": "FE", "code": "FE", "type": "sale", "company_id": company.id})
        )

    def complete_data(self, setup):
        """Fill in steps 3 to 5."""
        setup.write(
            {
                "test_set_identifier": "a1b2",
                "test_set_accepted_on": "2026-02-01",
                "sale_journal_id": self.get_journal(setup.company_id).id,
                **RESOLUTION,
            }
        )

    # === STATES === #

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
        for values, states in (
            ({}, ["todo", "locked", "locked", "locked"]),
            ({"test_set_identifier": "a1b2"}, ["in_progress", "locked", "locked", "locked"]),
            ({"test_set_accepted_on": "2026-02-01"}, ["done", "todo", "locked", "locked"]),
            ({"resolution_number": "18764000001"}, ["done", "in_progress", "locked", "locked"]),
            (RESOLUTION, ["done", "done", "todo", "locked"]),
            ({"sale_journal_id": journal.id}, ["done", "done", "done", "todo"]),
        ):
            self.setup_a.write(values)
            with self.subTest(values):
                self.assertEqual(self.get_states(), ["done", "done", *states])
        self.setup_a.action_start()
        self.assertEqual(self.get_states(), ["done"] * 6)

    def test_a_company_that_has_not_begun_has_its_certificate_to_do(self):
        self.assertEqual(self.get_states(), ["done", "todo", *["locked"] * 4])

    def test_an_acceptance_without_its_test_set_is_not_done(self):
        self.get_active()
        self.setup_a.test_set_accepted_on = "2026-02-01"
        self.assertEqual(self.get_states()[2], "todo")

    def test_the_profile_says_what_it_lacks(self):
        company = self.company_a.sudo()
        self.assertEqual(self.get_states()[:2], ["done", "todo"])
        sentences = {self.setup_a.get_overview()["steps"][0]["sentence"]}
        for name, value in (
            ("vat", False),
            ("vat", "900987321"),
            ("street", False),
            ("city", False),
            ("state_id", False),
            ("email", False),
        ):
            with self.subTest(name, value=value), self.cr.savepoint() as savepoint:
                company[name] = value
                self.assertEqual(self.get_states()[:2], ["todo", "locked"])
                sentences.add(self.setup_a.get_overview()["steps"][0]["sentence"])
                savepoint.rollback()
        # One of the complete profile, one for each field.
        self.assertEqual(len(sentences), 1 + 5)

    def test_a_certificate_counts_only_while_it_is_in_force(self):
        activation = self.get_active()
        self.assertEqual(self.get_states()[1], "done")
        with freeze_time(fields.Datetime.add(fields.Datetime.now(), months=13)):
            self.assertNotEqual(self.get_states()[1], "done")
        activation.with_user(self.manager_a).action_revoke()
        self.assertEqual(self.get_states()[1:3], ["todo", "locked"])

    def test_what_was_done_stays_done_when_the_certificate_ends(self):
        activation = self.get_active()
        self.complete_data(self.setup_a)
        self.setup_a.action_start()
        activation.with_user(self.manager_a).action_revoke()
        self.assertEqual(self.get_states(), ["done", "todo", "done", "done", "done", "done"])

    def test_the_seller_signs_with_its_own_certificate(self):
        seller = self.seller.sudo()
        seller.write(
            {
                "street": "Calle 72 # 10-34",
                "state_id": self.company_a.state_id.id,
                "email": "firma@example.com",
            }
        )
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

    # === OPENING === #

    def test_a_step_opens_what_it_needs(self):
        self.get_active()
        self.complete_data(self.setup_a)
        action = self.setup_a.action_open_step("profile")
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("res.partner", self.company_a.partner_id.id)
        )
        own = self.setup_a.with_user(self.system_user)
        action = own.action_open_step("profile")
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("res.company", self.company_a.id)
        )
        action = self.setup_a.action_open_step("certificate")
        self.assertEqual(
            (action["type"], action["path"]), ("ir.actions.server", "activate-certificate")
        )
        for key in KEYS[2:]:
            action = self.setup_a.action_open_step(key)
            self.assertEqual(
                (action["res_model"], action["res_id"]), (self.setup_a._name, self.setup_a.id)
            )
            self.assertEqual(action["context"], {"step": key})

    def test_a_locked_step_does_not_open(self):
        for key in (*KEYS[2:], "unknown", None):
            with self.subTest(key), self.assertRaises(UserError):
                self.setup_a.action_open_step(key)
        self.company_a.sudo().street = False
        with self.assertRaises(UserError):
            self.setup_a.action_open_step("certificate")
        self.assertTrue(self.setup_a.action_open_step("profile"))

    # === STARTING === #

    def test_invoicing_starts_only_when_the_steps_before_are_done(self):
        self.complete_data(self.setup_a)
        with self.assertRaises(UserError):
            self.setup_a.action_start()
        self.get_active()
        for values in (
            {"test_set_accepted_on": False},
            {"resolution_to": 0},
            {"sale_journal_id": False},
        ):
            with self.subTest(values), self.cr.savepoint() as savepoint:
                self.setup_a.write({"resolution_from": 0, **values})
                with self.assertRaises(UserError):
                    self.setup_a.action_start()
                savepoint.rollback()
        self.assertFalse(self.setup_a.started_on)
        self.setup_a.action_start()
        self.assertTrue(self.setup_a.started_on)

    def test_invoicing_starts_once(self):
        self.get_active()
        self.complete_data(self.setup_a)
        self.setup_a.action_start()
        started_on = self.setup_a.started_on
        with freeze_time(fields.Datetime.add(fields.Datetime.now(), days=40)):
            self.setup_a.action_start()
        self.assertEqual(self.setup_a.started_on, started_on)
        for values in ({"resolution_to": 9000}, {"test_set_identifier": False}):
            with self.subTest(values), self.assertRaises(UserError):
                self.setup_a.write(values)

    # === WRITING === #

    def test_only_the_data_of_the_steps_is_written(self):
        for user in (self.user_a, self.manager_a, self.system_user):
            own = self.setup_a.with_user(user)
            for values in ({"started_on": "2026-01-01"}, {"company_id": self.company_b.id}):
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

    def test_the_journal_is_the_companys(self):
        journal = self.get_journal(self.company_b)
        with self.assertRaises(UserError):
            self.setup_a.with_user(self.system_user).write({"sale_journal_id": journal.id})

    def test_a_company_has_one_set_up(self):
        self.assertEqual(self.get_setup(self.user_a), self.setup_a)
        self.assertEqual(self.get_setup(self.manager_a).id, self.setup_a.id)
        self.assertNotEqual(self.get_setup(self.user_b).id, self.setup_a.id)

    # === RIGHTS === #

    def test_another_companys_set_up_is_invisible(self):
        setup = self.setup_a.with_user(self.user_b)
        self.assertFalse(setup.search([("company_id", "=", self.company_a.id)]))
        for attempt in (
            lambda: setup.read(["resolution_number"]),
            lambda: setup.write({"resolution_number": "1"}),
            setup.action_start,
        ):
            with self.assertRaises(AccessError):
                attempt()
        self.assertEqual(setup.browse().get_overview()["company"], self.company_b.name)

    def test_a_stranger_sees_nothing(self):
        setup = self.setup_a.with_user(self.stranger)
        for attempt in (
            setup.get_overview,
            setup.action_start,
            lambda: setup.action_open_step("profile"),
            lambda: setup.search([]),
            lambda: setup.read(["company_id"]),
        ):
            with self.assertRaises(AccessError):
                attempt()
