"""The renewal of a certificate: when it is possible, what it takes over, and which one signs when."""

from datetime import time, timedelta

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...const import REPRESENTATIVE_FIELDS
from ..common.renewal import RenewalCommon

SETUP = "electronic.invoicing.setup"


@tagged("post_install", "-at_install")
class TestRenewal(RenewalCommon):
    # === WHEN === #

    def test_a_certificate_is_renewed_from_90_days_before_its_end(self):
        for days, can_renew in ((91, False), (90, True), (1, True), (0, True)):
            with self.subTest(days), self.at_days_left(days):
                wizard = self.open()
                self.assertEqual(wizard.activation_id, self.activation)
                self.assertEqual((wizard.step, wizard.can_renew), ("finish", can_renew))
                self.assertTrue(self.get_alert(wizard, "renewal"))
                if not can_renew:
                    with self.assertRaises(UserError):
                        wizard.action_renew()
        self.assertFalse(self.activation._get_open_renewal())

    def test_the_seller_says_from_when(self):
        self.seller.certificate_renewal_days = 20
        for days, can_renew in ((21, False), (20, True)):
            with self.subTest(days), self.at_days_left(days):
                self.assertEqual(self.open().can_renew, can_renew)

    def test_what_can_be_renewed_is_found(self):
        model = self.env["certificate.activation"]
        for setting, days, can_renew in (
            (120, 121, False),
            (120, 120, True),
            (20, 21, False),
            (20, 0, True),
        ):
            self.seller.certificate_renewal_days = setting
            with self.subTest(setting=setting, days=days), self.at_days_left(days):
                self.assertEqual(self.activation.can_renew, can_renew)
                found = model.search([("can_renew", "=", True)])
                self.assertEqual(self.activation in found, can_renew)
                self.assertEqual(
                    self.activation in model.search([("can_renew", "=", False)]), not can_renew
                )

    def test_the_list_has_the_light_of_the_board(self):
        board = self.env["certificate.board"].with_user(self.manager_a)
        for days in (100, 91, 90, 16, 15, 0):
            with self.subTest(days), self.at_days_left(days):
                self.env.invalidate_all()
                row = board.search([("company_id", "=", self.company_a.id)])
                self.assertEqual(self.activation.light, row.light)

    def test_a_second_purchase_leads_to_what_runs(self):
        for days in (364, 200, 91):
            with self.subTest(days), self.at_days_left(days):
                for action in (
                    self.env["certificate.activation"].with_user(self.user_a)._action_renew(),
                    self.activation.action_pay(),
                ):
                    wizard = self.get_wizard(action)
                    self.assertEqual(wizard.activation_id, self.activation)
                    self.assertEqual(wizard.step, "finish")
        self.assertEqual(self.activation.search_count([]), 1)

    def test_the_way_of_a_reminder_starts_the_renewal_once(self):
        with self.at_days_left(60):
            model = self.env["certificate.activation"]
            first = self.get_wizard(model.with_user(self.user_a)._action_renew()).activation_id
            self.assertEqual((first.renewal_of_id, first.state), (self.activation, "pay"))
            again = model.with_user(self.manager_a)._action_renew()
            self.assertEqual(self.get_wizard(again, self.manager_a).activation_id.id, first.id)
            self.assertEqual(self.open().activation_id, first)
            # Another tab, still at the page of what is renewed.
            self.assertEqual(self.activation._renew(), first)

    def test_after_the_end_the_page_starts_a_renewal_by_itself(self):
        for run_cron in (False, True):
            with self.subTest(run_cron), self.at_days_left(-1), self.cr.savepoint() as savepoint:
                if run_cron:
                    self.activation.sudo()._expire()
                self.assertFalse(self.get_in_force())
                renewal = self.open().activation_id
                self.assertEqual((renewal.renewal_of_id, renewal.state), (self.activation, "pay"))
                self.complete(renewal)
                self.assertEqual(self.activation.state, "expired")
                self.assertEqual(self.get_in_force(), renewal)
                self.assertEqual(renewal.date_start, renewal._get_today())
                self.assertFalse(renewal.switch_on)
                savepoint.rollback()

    def test_what_was_revoked_is_not_renewed(self):
        self.activation.with_user(self.manager_a).action_revoke()
        with self.at_days_left(30):
            self.assertFalse(self.open().activation_id.renewal_of_id)

    # === FROM ONE TO THE NEXT === #

    def test_a_renewal_says_on_each_step_what_it_renews_from_when_to_when(self):
        former, show = self.activation, self.activation._format_date
        start = former.date_end + timedelta(days=1)
        with self.at(former.date_end - timedelta(days=20)):
            renewal = self.open().activation_id._renew()
            period = renewal._prepare_paid_period_vals(start)
            days = [former.name, *map(show, (former.date_end, start, period["date_end"]))]
            for step in ("pay", "process"):
                with self.subTest(step=step):
                    self.assertEqual(renewal._get_step(), step)
                    said = renewal._describe_alert("renews")["sentence"]
                    self.assertEqual([day for day in days if day not in said], [])
                    wizard = self.get_wizard(renewal.action_open_wizard())
                    self.assertEqual(self.get_alert(wizard, "renews"), said)
                if step == "pay":
                    self.pay(renewal)
                    renewal.action_continue()
        with self.subTest("after the end"), self.at(start):
            said = renewal._describe_alert("renews")["sentence"]
            self.assertIn(former.name, said)
            self.assertNotIn(show(period["date_end"]), said)
        self.assertFalse(former._describe_alert("renews"))

    def test_a_renewal_takes_over_the_representative_and_not_the_letter(self):
        with self.at_days_left(40):
            renewal = self.get_wizard(self.open().action_renew()).activation_id
            self.pay(renewal)
            renewal.action_continue()
            for name in REPRESENTATIVE_FIELDS:
                self.assertEqual(renewal[name], self.activation[name], name)
            self.assertFalse(renewal.signed_letter)
            with self.assertRaises(UserError):
                renewal.action_finish()
            renewal.action_download_letter()
            self.assertNotEqual(renewal.letter_code, self.activation.letter_code)

    def test_what_is_not_waiting_does_not_switch_over(self):
        with self.at_days_left(40):
            renewal = self.get_wizard(self.open().action_renew()).activation_id
            with self.assertRaises(UserError):
                renewal._switch_now()
            self.activation._switch_now()
        self.assertEqual((self.activation.state, renewal.state), ("active", "pay"))

    # === THE SIX STEPS === #

    def test_the_six_steps_lead_to_the_renewal_and_lock_nothing(self):
        setups = self.env[SETUP].with_user(self.user_a)

        def get_step():
            self.env.invalidate_all()
            overview = setups.get_overview()
            step = overview["steps"][1]
            self.assertEqual(overview["steps"][2]["state"] == "locked", step["state"] != "done")
            level = overview["warning"] and overview["warning"]["level"]
            return step["state"], step["button"], level

        def open_step():
            action = setups.action_open_step("certificate")
            return self.env["ir.actions.server"].browse(action["id"]).path

        for days, state, button, level, path in (
            (91, "done", "Review", None, "activate-certificate"),
            (90, "done", "Renew", None, "renew-certificate"),
            (30, "done", "Renew", "warning", "renew-certificate"),
            (7, "done", "Renew", "danger", "renew-certificate"),
            (0, "done", "Renew", "danger", "renew-certificate"),
            (-1, "todo", "Renew", "danger", "activate-certificate"),
        ):
            with self.subTest(days), self.at_days_left(days):
                self.assertEqual(get_step(), (state, button, level))
                self.assertEqual(open_step(), path)
        with self.at_days_left(20):
            renewal = self.get_wizard(self.open().action_renew()).activation_id
            self.assertEqual(get_step(), ("done", "Continue", "warning"))
            self.complete(renewal)
            self.assertEqual(get_step(), ("done", "Review", None))

    # === INVOICES === #

    def test_who_invoices_is_told_in_the_last_30_days(self):
        moves = self.env["account.move"].sudo().with_company(self.company_a)
        for days, level in (
            (31, False),
            (30, "warning"),
            (8, "warning"),
            (7, "danger"),
            (-1, "danger"),
        ):
            with self.at_days_left(days):
                for kind, state, told in (
                    ("out_invoice", "draft", level),
                    ("out_refund", "draft", level),
                    ("out_invoice", "cancel", False),
                    ("in_invoice", "draft", False),
                    ("entry", "draft", False),
                ):
                    move = moves.new(
                        {"move_type": kind, "state": state, "company_id": self.company_a.id}
                    )
                    with self.subTest(days=days, kind=kind):
                        self.assertEqual(move.certificate_warning_level, told)
                        self.assertEqual(bool(move.certificate_warning), bool(told))
                other = moves.new({"move_type": "out_invoice", "company_id": self.company_b.id})
                self.assertFalse(other.certificate_warning)
        with self.at_days_left(20):
            self.renew(self.activation)
            move = moves.new({"move_type": "out_invoice", "company_id": self.company_a.id})
            self.assertFalse(move.certificate_warning)


@tagged("post_install", "-at_install")
class TestRenewed(RenewalCommon):
    """40 days before the end of a certificate, the one that follows it is finished and waits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.at_days_left(40):
            cls.renewal = cls.get_walk().renew(cls.activation)

    # === FROM ONE TO THE NEXT === #

    def test_a_renewal_signs_from_the_day_after_whether_or_not_the_cron_ran(self):
        with self.at_days_left(40):
            renewal = self.renewal
            self.assertEqual((renewal.state, self.activation.state), ("process", "active"))
            self.assertTrue(self.activation.is_renewed)
            self.assertFalse(self.activation.can_renew)
            self.assertEqual(self.get_in_force(), self.activation)
        start = self.activation.date_end + timedelta(days=1)
        self.assertEqual((renewal.switch_on, renewal.phase), (start, "waiting"))
        self.assertEqual(renewal.date_start, start)
        self.assertEqual(renewal.date_end, start + relativedelta(years=1, days=-1))
        for moment, in_force in (
            (time(4, 59, 59), self.activation),
            (time(5), renewal),
            (time(23), renewal),
        ):
            with self.subTest(moment), self.at(start, moment):
                self.assertEqual(self.get_in_force(), in_force)
        with self.at(start):
            self.activation.sudo()._follow_switches()
            self.assertEqual((renewal.state, self.activation.state), ("active", "expired"))
            self.assertFalse(renewal.switch_on)
            self.assertEqual(self.get_in_force(), renewal)
        self.assertEqual(renewal.date_start, start)

    def test_a_renewal_can_sign_at_once(self):
        with self.at_days_left(40):
            renewal = self.renewal
            today = renewal._get_today()
            wizard = self.open()
            self.assertEqual((wizard.activation_id, wizard.step), (renewal, "finish"))
            self.assertTrue(self.get_alert(wizard, "switch"))
            for _time in range(2):
                wizard.action_switch_now()
                self.env.invalidate_all()
                self.assertEqual((renewal.state, self.activation.state), ("active", "expired"))
                self.assertEqual(self.activation.date_end, today)
                self.assertEqual(renewal.date_start, today)
                self.assertEqual(renewal.date_end, today + relativedelta(years=1, days=-1))
                self.assertEqual(self.get_in_force(), renewal)
            self.assertFalse(self.get_alert(wizard, "switch"))

    def test_finishing_a_renewal_again_changes_nothing(self):
        with self.at_days_left(40):
            renewal = self.renewal
            before = renewal.sudo().read(["state", "date_start", "date_end", "switch_on"])
        with self.at_days_left(20):
            renewal.action_finish()
        self.assertEqual(
            renewal.sudo().read(["state", "date_start", "date_end", "switch_on"]), before
        )

    def test_a_finished_renewal_is_not_changed(self):
        with self.at_days_left(40):
            renewal = self.renewal
            for user in (self.user_a, self.manager_a, self.system_user):
                own = renewal.with_user(user)
                for attempt in (
                    lambda own=own: own.write({"representative_phone": "3009999999"}),
                    lambda own=own: own.write({"signed_letter": self.scan}),
                    own.action_download_letter,
                    own.action_delete_signed_letter,
                ):
                    with self.subTest(user=user.login), self.assertRaises(UserError):
                        attempt()
            self.assertTrue(renewal.signed_letter)

    def test_a_cancelled_renewal_leaves_what_it_renewed_to_be_renewed(self):
        with self.at_days_left(40):
            renewal = self.renewal
            with self.assertRaises(AccessError):
                renewal.action_cancel()
            renewal.with_user(self.manager_a).action_cancel()
            self.assertEqual(renewal.state, "cancelled")
            self.assertFalse(renewal.switch_on or renewal.date_end)
            self.assertTrue(self.activation.can_renew)
            again = self.get_wizard(self.open().action_renew()).activation_id
            self.assertNotEqual(again, renewal)
            # Its payment serves the next one.
            self.assertIs(again.action_verify_payment(), True)
        with self.at_days_left(-1):
            self.assertFalse(self.get_in_force())

    def test_a_revocation_does_not_bring_the_renewal_forward(self):
        with self.at_days_left(40):
            renewal = self.renewal
            self.activation.with_user(self.manager_a).action_revoke()
            self.assertFalse(self.get_in_force())
            wizard = self.open()
            self.assertEqual(wizard.activation_id, renewal)
            self.assertTrue(self.get_alert(wizard, "switch"))
            wizard.action_switch_now()
            self.assertEqual(self.get_in_force(), renewal)

    # === WHO === #

    def test_nobody_else_renews(self):
        with self.at_days_left(40):
            waiting = self.renewal
            for user in (self.stranger, self.user_b, self.portal_user):
                for attempt in (
                    self.activation.with_user(user)._renew,
                    waiting.with_user(user)._switch_now,
                ):
                    with self.subTest(user=user.login), self.assertRaises(AccessError):
                        attempt()
            self.assertEqual(self.open(self.user_b).activation_id.company_id, self.company_b)
            self.assertEqual(waiting.state, "process")
