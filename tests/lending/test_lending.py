"""The certificate that is lent: who is reminded that it ends, and what its successor takes over."""

import base64
from datetime import datetime, time, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...const import ACTIVITY_LENT_EXPIRY
from ..common import samples
from ..common.case import CertificateCommon
from ..common.own_samples import key_to_pem
from ..common.renewal import RUNGS, ExpiryCommon
from ..common.signing import SigningCommon

SETUP = "electronic.invoicing.setup"
PAGE = "certificate.lender.page"


class LendingCommon:
    """The seller lends a certificate that ends a while after tomorrow, and some sign with it."""

    def lend(self, **options):
        """Choose a new certificate in the settings."""
        seller = self.seller.sudo()
        certificate = samples.store_certificate(seller, **options)
        seller.certificate_lent_id = certificate
        self.env.invalidate_all()
        return certificate

    def get_lent_end(self):
        certificate = self.seller.sudo().certificate_lent_id
        return self.env["certificate.activation"]._get_day(certificate.date_end)


@tagged("post_install", "-at_install")
class TestLentExpiry(LendingCommon, ExpiryCommon):
    def setUp(self):
        super().setUp()
        # Longer than its ladder, and shorter than the loan of a year.
        self.lend(days=200)
        self.seller.email = "ventas@firmafacil.example.com"

    def at_lent_days_left(self, days):
        self.env.invalidate_all()
        day = self.get_lent_end() - timedelta(days=days)
        return freeze_time(datetime.combine(day, time(17)))

    def get_lent_reminders(self, mails):
        return mails.filtered(lambda mail: mail.model == SETUP)

    def get_lent_activities(self):
        activity_type = self.env.ref(ACTIVITY_LENT_EXPIRY)
        return (
            self.env["mail.activity"].sudo().search([("activity_type_id", "=", activity_type.id)])
        )

    def test_custodians_and_seller_are_reminded_on_each_rung_and_of_the_end_once(self):
        reminded = []
        for left in (91, 90, 90, 89, 60, 31, 30, 15, 15, 7, 1, 0, -1, -1, -30):
            with self.at_lent_days_left(left):
                mails = self.get_lent_reminders(self.run_cron())
                reminded += [left] * bool(mails)
                if mails:
                    addresses = ", ".join(mails.mapped("email_to")).split(", ")
                    self.assertEqual(len(addresses), len(set(addresses)))
                    self.assertLessEqual({self.custodian.email, self.seller.email}, {*addresses})
                    self.assertNotIn(self.user_a.email, addresses)
        self.assertEqual(reminded, [*RUNGS, -1])
        activities = self.get_lent_activities()
        self.assertEqual(len(activities), len(activities.user_id), "the last reminder alone")
        self.assertIn(self.custodian, activities.user_id)
        self.assertEqual(
            self.env[SETUP].browse(activities.mapped("res_id")).company_id, self.seller
        )

    def test_a_missed_rung_is_made_up_for_by_the_nearest_one_alone(self):
        for left, count in ((50, 1), (20, 1), (16, 0), (-9, 1), (-10, 0)):
            with self.subTest(left), self.at_lent_days_left(left):
                self.assertEqual(bool(self.get_lent_reminders(self.run_cron())), bool(count))

    def test_the_next_certificate_ends_the_reminders_of_the_one_before(self):
        with self.at_lent_days_left(30):
            self.run_cron()
            self.assertTrue(self.get_lent_activities())
            self.lend(days=300)
            self.assertFalse(self.get_lent_activities())
            self.assertFalse(self.get_lent_reminders(self.run_cron()))
        with self.at_lent_days_left(90):
            self.assertTrue(self.get_lent_reminders(self.run_cron()))

    def test_nothing_is_said_of_what_nobody_lends(self):
        seller = self.seller.sudo()
        with self.at_lent_days_left(30):
            seller.certificate_lent_id = False
            self.assertFalse(self.get_lent_reminders(self.run_cron()))
            seller.certificate_seller_id = False
            self.assertFalse(self.get_lent_reminders(self.run_cron()))

    def test_a_reminder_that_was_taken_back_is_made_again(self):
        with self.at_lent_days_left(30):
            companies = self.env["res.company"].sudo()
            with self.cr.savepoint() as savepoint:
                self.assertEqual(companies._follow_lent_certificate(), 1)
                savepoint.rollback()
            self.env.invalidate_all()
            self.assertFalse(self.get_lent_activities())
            self.assertEqual(companies._follow_lent_certificate(), 1)
            self.assertEqual(companies._follow_lent_certificate(), 0)

    def test_the_lender_is_told_on_its_own_pages_too(self):
        for left, level in ((31, None), (30, "warning"), (7, "danger"), (-1, "danger")):
            with self.subTest(left), self.at_lent_days_left(left):
                warning = self.seller._get_certificate_warning() or {}
                self.assertEqual(warning.get("level"), level)
                self.assertEqual(bool(warning.get("sentence")), bool(level))

    def test_clients_are_told_in_the_last_days_and_not_led_to_a_renewal(self):
        setups = self.env[SETUP].with_user(self.user_a)
        rows = self.env["certificate.board"].with_user(self.manager_a)
        for left, level, state, light, ending in (
            (16, None, "done", "green", False),
            (15, None, "done", "red", True),
            (7, "danger", "done", "red", True),
            (-1, "danger", "in_progress", "red", True),
        ):
            with self.subTest(left), self.at_lent_days_left(left):
                overview = setups.get_overview()
                warning = overview["warning"] or {}
                self.assertEqual(warning.get("level"), level)
                self.assertEqual(overview["steps"][1]["state"], state)
                wizard = self.open()
                self.assertEqual((wizard.step, wizard.can_renew), ("finish", False))
                self.assertEqual(bool(self.get_alert(wizard, "expiry")), bool(level))
                row = rows.search([])
                self.assertEqual(
                    (row.state, row.light, row.is_lent_ending), ("active", light, ending)
                )
                self.assertEqual(row.certificate_date_end, self.get_lent_end())
        with self.at_lent_days_left(-1):
            self.lend()
            overview = setups.get_overview()
            self.assertFalse(overview["warning"])
            self.assertEqual(overview["steps"][1]["state"], "done")


@tagged("post_install", "-at_install")
class TestSuccessor(LendingCommon, SigningCommon):
    def test_who_signs_goes_on_with_the_certificate_that_is_chosen(self):
        former = self.seller.sudo().certificate_lent_id
        self.sign()
        before = self.activation.sudo().read(["state", "date_start", "date_end", "record_sha256"])
        certificate = self.lend()
        self.assertEqual(self.activation.sudo().certificate_id, certificate)
        former.active = False
        self.sign()
        fingerprints = self.get_rows().mapped("certificate_fingerprint")
        self.assertEqual(len({*fingerprints}), 2)
        self.assertIn(self.activation.certificate_fingerprint, fingerprints)
        self.assertEqual(
            self.activation.sudo().read(["state", "date_start", "date_end", "record_sha256"]),
            before,
        )
        serial = f"{int(certificate.serial_number):X}"
        self.assertIn(serial, "".join(self.activation.sudo().message_ids.mapped("body")))

    def test_what_cannot_take_over_is_not_chosen(self):
        seller = self.seller.sudo()
        former = seller.certificate_lent_id
        keyless = samples.store_certificate(seller)
        keyless.private_key_id = False
        with_other_key = samples.store_certificate(seller)
        with_other_key.private_key_id.content = base64.b64encode(key_to_pem(samples.make_key()))
        other = seller.vat
        seller.vat = "830114921-1"
        of_another = samples.store_certificate(seller)
        seller.vat = other
        for kind, certificate in (
            ("keyless", keyless),
            ("expired", samples.store_certificate(seller, days=2, started_days_ago=3)),
            ("not yet valid", samples.store_certificate(seller, started_days_ago=-2)),
            ("of another NIT", of_another),
            ("with another certificate's key", with_other_key),
        ):
            with self.subTest(kind), self.assertRaises(UserError):
                seller.certificate_lent_id = certificate
        self.env.invalidate_all()
        self.assertEqual(self.activation.sudo().certificate_id, former)
        self.assertEqual(seller.certificate_lent_id, former)
        self.sign()

    def test_what_has_ended_or_is_an_own_one_keeps_its_certificate(self):
        former = self.seller.sudo().certificate_lent_id
        today = self.activation._get_today()
        activations = self.env["certificate.activation"].sudo()
        values = {
            "certificate_id": former.id,
            "date_start": today - timedelta(days=365),
            "date_end": today - timedelta(days=1),
        }
        kept = activations.create(
            [
                {"company_id": self.company_b.id, "state": state, **values}
                for state in ("expired", "revoked", "active")
            ]
        )
        waiting = activations.create(
            {
                "company_id": self.company_b.id,
                "state": "process",
                "switch_on": today,
                **values,
                "date_end": today + timedelta(days=9),
            }
        )
        certificate = self.lend()
        self.assertEqual(kept.certificate_id, former)
        self.assertEqual((self.activation.sudo() | waiting).certificate_id, certificate)

    def test_nobody_but_an_administrator_chooses_it(self):
        certificate = samples.store_certificate(self.seller.sudo())
        for user in (self.user_a, self.manager_a, self.custodian):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.seller.with_user(user).write({"certificate_lent_id": certificate.id})
        self.assertNotEqual(self.activation.sudo().certificate_id, certificate)


@tagged("post_install", "-at_install")
class TestLenderPage(CertificateCommon):
    """What the seller finds where other companies activate their certificate."""

    def see(self, user):
        page = self.env[PAGE].with_user(user).with_company(self.seller)
        return {row["key"]: row for row in page.get_overview()["steps"]}

    def test_the_menu_leads_the_seller_to_what_it_has_to_look_after(self):
        activations = self.env["certificate.activation"].with_user(self.custodian)
        action = activations.with_company(self.seller).action_open_wizard()
        self.assertEqual(action["tag"], "l10n_co_certificate_activation.lender_page")
        rows = self.see(self.custodian)
        self.assertEqual([*rows], ["certificate", "clients", "letters", "board"])
        # Only an administrator sets up what is lent.
        self.assertFalse(rows["certificate"]["button"])
        self.assertTrue(self.see(self.system_in_seller())["certificate"]["button"])

    def system_in_seller(self):
        self.system_user.sudo().company_ids += self.seller
        return self.system_user

    def test_it_counts_who_signs_with_the_certificate(self):
        before = self.see(self.custodian)["clients"]["sentence"]
        activation = self.get_active()
        after = self.see(self.custodian)["clients"]["sentence"]
        self.assertNotEqual(before, after)
        self.assertIn("1 ", after)
        page = self.env[PAGE].with_user(self.custodian).with_company(self.seller)
        domain = page.action_open_step("clients")["domain"]
        listed = self.env["certificate.activation"].with_user(self.custodian).search(domain)
        self.assertEqual(listed, activation.with_user(self.custodian))
        activation.sudo()._trusted().letter_review = "waiting"
        letters = self.see(self.custodian)["letters"]
        self.assertEqual((letters["state"], letters["sentence"][:2]), ("todo", "1 "))

    def test_who_may_not_open_a_row_is_refused_and_other_companies_have_no_such_page(self):
        user = samples.make_user(
            self.env, "Vera", "certificate_seller", self.seller, "account.group_account_invoice"
        )
        self.assertEqual([*self.see(user)], ["certificate", "clients", "sold"])
        page = self.env[PAGE].with_user(user)
        for key in ("certificate", "clients", "letters", "board"):
            with self.subTest(key), self.assertRaises(AccessError):
                page.action_open_step(key)
        for key in ("", None, "rows", 1, ["clients"]):
            with self.subTest(key), self.assertRaises(UserError):
                page.action_open_step(key)
        with self.assertRaises(UserError):
            self.env[PAGE].with_user(self.user_a).get_overview()
        with self.assertRaises(AccessError):
            self.env[PAGE].with_user(self.stranger).get_overview()

    def test_it_says_when_nothing_is_lent_or_it_has_ended(self):
        self.assertEqual(self.see(self.custodian)["certificate"]["state"], "done")
        self.seller.sudo().certificate_lent_id = False
        self.assertEqual(self.see(self.custodian)["certificate"]["state"], "todo")
