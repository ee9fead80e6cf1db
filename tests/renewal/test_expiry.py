"""The daily cron: who is reminded of what and when, and ten years of it."""

import os
import time as clock
from collections import defaultdict
from datetime import date, datetime, time, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ...const import CRON_VALIDITY
from ..common.renewal import RUNGS, ExpiryCommon


@tagged("post_install", "-at_install")
class TestExpiry(ExpiryCommon):
    # === THE LADDER === #

    def test_each_rung_reminds_once_and_the_end_once_more(self):
        reminded = []
        for left in (91, 90, 90, 89, 61, 60, 31, 30, 29, 15, 7, 6, 1, 1, 0, -1, -1, -2, -30):
            with self.at_days_left(left):
                reminders = self.get_reminders(self.run_cron())
                reminded += [left] * len(reminders)
                self.assertEqual(self.activation.state, "active" if left >= 0 else "expired")
        self.assertEqual(reminded, [*RUNGS, -1])
        # Of the activities there is the last one only.
        self.assertEqual(len(self.get_activities()), 1)

    def test_a_missed_rung_is_made_up_for_by_the_nearest_one_alone(self):
        for left, count in ((50, 1), (20, 1), (16, 0), (12, 1), (0, 1), (-40, 1), (-41, 0)):
            with self.subTest(left), self.at_days_left(left):
                reminders = self.get_reminders(self.run_cron())
                self.assertEqual(len(reminders), count)
                if left > 1 and count:
                    self.assertIn(str(left), reminders.subject)

    def test_the_days_are_those_of_colombia(self):
        day = self.activation.date_end - timedelta(days=90)
        for moment, count in ((time(4, 59), 0), (time(5), 1)):
            with self.subTest(moment), self.at(day, moment):
                self.assertEqual(len(self.get_reminders(self.run_cron())), count)
        end = self.activation.date_end + timedelta(days=1)
        for moment, state in ((time(4, 59), "active"), (time(5), "expired")):
            with self.subTest(moment), self.at(end, moment):
                self.run_cron()
                self.assertEqual(self.activation.state, state)

    def test_the_seller_sets_the_days(self):
        self.seller.certificate_reminder_days = "45, 10"
        reminded = []
        for left in (90, 46, 45, 30, 10, 1, -1):
            with self.at_days_left(left):
                reminded += [left] * len(self.get_reminders(self.run_cron()))
        self.assertEqual(reminded, [45, 10, -1])
        with self.assertRaises(ValidationError):
            self.seller.certificate_reminder_days = "soon"

    def test_the_settings_say_at_each_field_what_is_wrong(self):
        settings = self.env["res.config.settings"].sudo().with_company(self.seller)
        typed = settings.new({"company_id": self.seller.id})
        self.assertFalse(typed.certificate_field_errors)
        typed.certificate_validity_months = typed.certificate_renewal_days = 0
        typed.certificate_reminder_days = "soon"
        self.assertEqual(
            {*typed.certificate_field_errors},
            {
                "certificate_validity_months",
                "certificate_renewal_days",
                "certificate_reminder_days",
            },
        )

    def test_without_days_the_end_alone_is_told(self):
        self.seller.certificate_reminder_days = False
        reminded = []
        for left in (90, 30, 1, -1):
            with self.at_days_left(left):
                reminded += [left] * len(self.get_reminders(self.run_cron()))
        self.assertEqual(reminded, [-1])

    def test_a_short_certificate_is_not_reminded_of_what_was_before_it(self):
        with self.at_days_left(40):
            self.activation.sudo().date_start = self.activation._get_today()
            self.assertFalse(self.get_reminders(self.run_cron()))
        with self.at_days_left(30):
            self.assertTrue(self.get_reminders(self.run_cron()))

    def test_what_is_renewed_is_not_reminded_of(self):
        with self.at_days_left(60):
            self.assertTrue(self.get_reminders(self.run_cron()))
            self.assertTrue(self.get_activities())
            renewal = self.renew(self.activation)
            self.assertFalse(self.get_activities())
        for left in (30, 1, 0, -1, -2):
            with self.at_days_left(left):
                self.assertFalse(self.run_cron())
        self.assertEqual((self.activation.state, renewal.state), ("expired", "active"))
        with self.at_days_left(90, renewal):
            self.assertTrue(self.get_reminders(self.run_cron(), renewal))

    def test_a_cancelled_renewal_is_reminded_of_again(self):
        with self.at_days_left(60):
            self.run_cron()
            self.renew(self.activation).with_user(self.manager_a).action_cancel()
            self.assertFalse(self.run_cron())
        with self.at_days_left(30):
            self.assertTrue(self.get_reminders(self.run_cron()))

    def test_what_was_revoked_or_waits_is_not_reminded_of(self):
        self.activation.with_user(self.manager_a).action_revoke()
        for left in (30, -1):
            with self.at_days_left(left):
                self.assertFalse(self.run_cron())
        self.assertEqual(self.activation.state, "revoked")

    # === WHO IS TOLD === #

    def test_user_company_and_seller_are_told_in_their_language(self):
        self.env["res.lang"]._activate_lang("es_CO")
        self.user_a.lang = "en_US"
        self.company_a.partner_id.lang = "es_CO"
        self.seller.write({"email": "ventas@firmafacil.example.com"})
        self.seller.partner_id.lang = "es_CO"
        with self.at_days_left(30):
            mails = self.run_cron()
        by_address = {mail.email_to: mail for mail in mails}
        self.assertEqual(
            set(by_address), {self.user_a.email, self.company_a.email, self.seller.email}
        )
        english = by_address[self.user_a.email]
        self.assertEqual(english.subject, "Your digital certificate ends in 30 days")
        self.assertNotEqual(by_address[self.company_a.email].subject, english.subject)
        self.assertIn(self.company_a.name, by_address[self.seller.email].body_html)
        self.assertFalse(by_address[self.seller.email].model)
        activity = self.get_activities()
        self.assertEqual(activity.user_id, self.user_a)
        self.assertEqual(activity.summary, english.subject)
        self.assertEqual(activity.date_deadline, self.activation.date_end)
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})

    def test_one_address_is_written_to_once(self):
        self.company_a.email = f"Ana <{self.user_a.email.upper()}>"
        with self.at_days_left(30):
            reminders = self.get_reminders(self.run_cron())
        self.assertEqual(reminders.mapped("email_to"), [self.user_a.email])

    def test_without_whoever_started_it_the_managers_are_told(self):
        self.user_a.active = False
        with self.at_days_left(30):
            self.run_cron()
            told = self.get_activities().user_id
            self.assertIn(self.manager_a, told)
            self.assertNotIn(self.user_a, told)

    def test_the_seller_is_told_of_all_in_one_mail(self):
        self.seller.email = "ventas@firmafacil.example.com"
        self.get_active(self.user_b)
        with self.at_days_left(30):
            mails = self.run_cron().filtered(lambda mail: mail.email_to == self.seller.email)
        self.assertEqual(len(mails), 1)
        for company in (self.company_a, self.company_b):
            self.assertIn(company.name, mails.body_html)

    # === THE SETTINGS === #

    def test_the_settings_say_when_the_cron_ran_and_warn_when_it_did_not(self):
        cron = self.env.ref(CRON_VALIDITY)
        now = fields.Datetime.now()
        for hours, active, is_late in ((1, True, False), (27, True, True), (1, False, True)):
            self.cr.execute(
                "UPDATE ir_cron SET lastcall = %s, active = %s WHERE id = %s",
                (now - timedelta(hours=hours), active, cron.id),
            )
            cron.invalidate_recordset()
            settings = self.env["res.config.settings"].new({})
            with self.subTest(hours=hours, active=active):
                self.assertEqual(settings.certificate_cron_last, cron.lastcall)
                self.assertEqual(bool(settings.certificate_cron_next), active)
                self.assertEqual(bool(settings.certificate_cron_warning), is_late)


@tagged("post_install", "-at_install")
class TestTenYears(ExpiryCommon):
    @classmethod
    def setUpClass(cls):
        # From a 29 February on.
        with freeze_time("2028-02-29 12:00:00"):
            super().setUpClass()

    def setUp(self):
        super().setUp()
        zone = os.environ.get("TZ")

        def set_zone(zone):
            os.environ.pop("TZ", None)
            if zone:
                os.environ["TZ"] = zone
            clock.tzset()

        self.addCleanup(set_zone, zone)
        # Of the server and of the cron's user: both have daylight saving time, Colombia has none.
        set_zone("America/New_York")
        self.env.ref("base.user_root").tz = "Europe/Madrid"

    def test_no_day_is_without_certificate_and_no_reminder_is_missing(self):
        reminded, signed_on = defaultdict(list), defaultdict(set)
        activation = first = self.activation
        self.assertEqual(first.date_start, date(2028, 2, 29))
        # By year, how many days before the end it is renewed.
        renewals = (0, 90, 1, 75, 0, 29, 14, 6, 0, 45)
        # One clock for all days: freezing it again takes longer than the test itself.
        days = self.enterContext(self.at(first.date_start))
        for left_at_renewal in renewals:
            for left in sorted({*RUNGS, 0, -1, left_at_renewal}, reverse=True):
                day = activation.date_end - timedelta(days=left)
                # Before and after the midnight of Colombia.
                for moment in (time(4, 55), time(5, 10)):
                    days.move_to(datetime.combine(day, moment))
                    for mail in self.run_cron().filtered("res_id"):
                        reminded[mail.res_id].append(activation._get_today())
                    in_force = self.get_in_force()
                    self.assertEqual(len(in_force), 1, day)
                    signed_on[day - timedelta(days=moment < time(5))].add(in_force.id)
                if left == left_at_renewal:
                    self.env.invalidate_all()
                    days.move_to(datetime.combine(day, time(17)))
                    renewal = self.renew(activation)
            self.assertEqual(renewal.state, "active")
            activation = renewal
        activations = activation.sudo().search([("company_id", "=", self.company_a.id)], order="id")
        self.assertEqual(len(activations), 11)
        # Every reminder of every activation, on its day.
        for renewed_at, one in zip(renewals, activations, strict=False):
            expected = [one.date_end - timedelta(days=rung) for rung in RUNGS if rung >= renewed_at]
            self.assertEqual(reminded[one.id], expected, one.name)
        self.assertFalse(reminded[activation.id])
        # Every day one, and one alone.
        day = first.date_start
        while day < date(2038, 2, 28):
            in_force = activations.filtered_domain(
                [("date_start", "<=", day), ("date_end", ">=", day)]
            )
            self.assertEqual(len(in_force), 1, day)
            self.assertEqual(signed_on.get(day, {in_force.id}), {in_force.id}, day)
            day += timedelta(days=1)
