"""*Check the log* where the log is long: in batches, by a job, from where it was checked before."""

import json
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ...models.trace import chain, check
from ...tools.signature_chain import WHOLE_DAYS
from ..common import own_samples
from ..common.history import HISTORY
from ..common.signing import LOG, SECRET, SigningCommon

CHECK = "certificate.log.check"


@tagged("post_install", "-at_install")
class TestLongLog(SigningCommon):
    """Every log is long here, and every slice of the job as short as can be."""

    COUNT = 7

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        context = own_samples.secret(SECRET)
        cls.enterClassContext(context)
        cls.cr.execute("DELETE FROM certificate_signature_head")
        cls.cr.execute("ALTER TABLE certificate_history DISABLE TRIGGER USER")
        cls.cr.execute("DELETE FROM certificate_history")
        cls.cr.execute("ALTER TABLE certificate_history ENABLE TRIGGER USER")
        for number in range(cls.COUNT):
            cls.sign(cls)
            cls.company_a.sudo().certificate_validity_months = number + 1
        cls.env.flush_all()
        cls.cr.precommit.run()

    def setUp(self):
        super().setUp()
        self.patch(check, "_SHORT", 0)
        self.patch(check, "_AT_ONCE", -1)
        self.patch(check, "_SLICE", -1)
        self.patch(check, "_CHUNK_SIZE", 1)
        self.patch(chain, "_BATCH_SIZE", 2)
        # What is compared with the history is tried elsewhere.
        self.patch(self.env.registry[HISTORY], "_find_differences", lambda *_args: [])
        self.patch(
            self.env.registry[LOG], "_get_checked_companies", lambda log: self.company_a.sudo()
        )

    def start(self, log=LOG, user=None):
        action = self.env[log].with_user(user or self.manager_a).action_check()
        self.assertEqual(action["res_model"], CHECK)
        return self.env[CHECK].with_user(user or self.manager_a).browse(action["res_id"])

    def finish(self, one):
        """Let the job do all it has to.

        :return: in how many slices, and how far it was after each
        """
        shown = [one.progress]
        while not check._go_on(one.sudo()):
            self.assertEqual(one.state, "running")
            shown.append(one.progress)
            self.assertLess(len(shown), 100)
        return shown

    def run_check(self, is_whole=False):
        """Check as whoever presses the button, to the end."""
        one = self.start()
        if is_whole:
            self.finish(one)
            action = one.action_check_whole()
            one = one.browse(action["res_id"])
        self.finish(one)
        return one

    def get_note(self, one):
        return check._read_note(one)

    def assertFound(self, one, is_found=True):
        self.assertEqual(one.state, "altered" if is_found else "good", one.message)

    # === THE JOB === #

    def test_it_goes_on_in_slices_and_says_how_far_it_is(self):
        one = self.start()
        self.assertEqual(one.state, "running")
        shown = self.finish(one)
        self.assertGreater(len(shown), 4)
        self.assertEqual(shown, sorted(shown))
        self.assertLess(shown[1], 100)
        self.assertFound(one, False)
        self.assertEqual(one.progress, 100)
        note = self.get_note(one)
        self.assertEqual(note["counts"][0], self.COUNT)
        self.assertEqual(note["read"], sum(note["counts"]))
        self.assertEqual(note["undone"], 0)

    def test_the_job_ends_what_was_begun_and_tells(self):
        one = self.start()
        told = []
        self.patch(
            self.env.registry["res.users"],
            "_bus_send",
            lambda user, *args, **_options: told.append((user, *args)),
        )
        with self.enter_registry_test_mode():
            self.env.ref(
                "l10n_co_certificate_activation.ir_cron_certificate_log_check"
            ).method_direct_trigger()
        self.env.invalidate_all()
        self.assertFound(one, False)
        [(user, kind, params)] = told
        self.assertEqual(
            (user, kind, params["type"]), (self.manager_a, "simple_notification", "success")
        )

    def test_who_asks_twice_sees_the_same_one_and_others_see_none(self):
        one = self.start()
        self.assertEqual(self.start(HISTORY), one)
        other = self.start(user=self.custodian)
        self.assertNotEqual(other, one)
        self.finish(one)
        self.assertNotEqual(self.start(), one)
        self.assertFalse(one.exists(), "the former one is gone")
        for user in (self.manager_a, self.user_a, self.lender_only):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    other.with_user(user).read(["message"])
                with self.assertRaises(AccessError):
                    other.with_user(user).action_check_whole()
        for user in (self.custodian, self.system_user, self.env.ref("base.user_root")):
            for attempt in (
                lambda user=user: other.with_user(user).sudo().write({"content": "{}"}),
                lambda user=user: other.with_user(user).sudo().unlink(),
                lambda user=user: other.with_user(user).sudo().create({"content": "{}"}),
            ):
                with self.assertRaises(AccessError):
                    attempt()
        with self.assertRaises(AccessError):
            other.read(["content"])

    def test_whatever_is_altered_is_found_in_every_slice(self):
        rows = self.get_rows()
        self.assertEqual(len(rows), self.COUNT)
        log = "certificate_signature_log"
        for position in range(1, self.COUNT + 1):
            for query in (
                f"UPDATE {log} SET document_name = 'x' WHERE position = {position}",
                f"DELETE FROM {log} WHERE position = {position}",
                f"UPDATE {log} SET position = NULL WHERE position = {position}",
                f"UPDATE {log} SET position = -position WHERE position = {position}",
            ):
                with self.subTest(query), self.cr.savepoint() as savepoint:
                    self.execute(query)
                    self.assertFound(self.run_check())
                    savepoint.rollback()
                    self.env.invalidate_all()

    def test_rows_at_one_place_are_no_job_without_an_end(self):
        with self.cr.savepoint() as savepoint:
            self.execute(
                "DROP INDEX certificate_signature_log_position_unique;"
                "UPDATE certificate_signature_log SET position = 0"
            )
            self.assertFound(self.run_check())
            savepoint.rollback()
            self.env.invalidate_all()

    def test_who_writes_what_a_check_has_noted_is_told(self):
        one, other = self.start(), self.start(user=self.custodian)
        check._go_on(one.sudo())
        note = self.get_note(one)
        self.assertTrue(note["place"])
        altered = {**note, "place": None, "part": len(chain.CHAINS)}
        done = {**note, "is_done": True}
        for content in (altered, done):
            with self.subTest(), self.cr.savepoint() as savepoint:
                self.cr.execute(
                    "UPDATE certificate_log_check SET content = %s WHERE id = %s",
                    [json.dumps(content), one.id],
                )
                self.env.invalidate_all()
                self.assertFound(one)
                self.assertTrue(check._go_on(one.sudo()))
                self.assertFound(one)
                savepoint.rollback()
                self.env.invalidate_all()
        with self.cr.savepoint() as savepoint:
            self.cr.execute(
                "UPDATE certificate_log_check SET started_on = started_on + interval '1 day'"
            )
            self.env.invalidate_all()
            self.assertFound(one)
            savepoint.rollback()
            self.env.invalidate_all()
        self.finish(other)
        self.cr.execute(
            "UPDATE certificate_log_check SET (content, seal) = "
            "(SELECT content, seal FROM certificate_log_check WHERE id = %s) WHERE id = %s",
            [other.id, one.id],
        )
        self.env.invalidate_all()
        self.assertFound(one)

    # === FROM WHERE IT WAS CHECKED === #

    def alter_first(self):
        self.execute("UPDATE certificate_signature_log SET document_name = 'x' WHERE position = 2")

    def test_what_was_checked_is_not_read_again_for_some_days(self):
        first = self.run_check()
        self.assertTrue(first.is_whole)
        checked = sum(self.get_note(first)["counts"])
        self.sign()
        self.link()
        second = self.run_check()
        self.assertFound(second, False)
        note = self.get_note(second)
        self.assertFalse(second.is_whole)
        self.assertEqual(note["known"], checked)
        self.assertLessEqual(note["read"], 4)
        self.alter_first()
        self.assertFound(self.run_check(), False)
        self.assertFound(self.run_check(is_whole=True))
        self.assertFound(self.run_check(), "where something was found, nothing counts as checked")

    def test_what_is_altered_is_found_after_some_days_by_itself(self):
        self.run_check()
        self.alter_first()
        now = fields.Datetime.now()
        for day in range(1, WHOLE_DAYS):
            with freeze_time(now + timedelta(day)):
                self.assertFound(self.run_check(), False)
        with freeze_time(now + timedelta(WHOLE_DAYS)):
            self.assertFound(self.run_check())

    def test_what_is_removed_inserted_or_last_is_found_at_once(self):
        self.run_check()
        log, last = "certificate_signature_log", self.COUNT
        for query in (
            f"DELETE FROM {log} WHERE position = 2",
            f"UPDATE {log} SET position = -1 WHERE position = 2",
            f"UPDATE {log} SET company_id = {self.company_b.id} WHERE position = 2",
            f"UPDATE {log} SET document_name = 'x' WHERE position = {last}",
            f"UPDATE {log} SET hash = 'x' WHERE position = {last}",
            f"DELETE FROM {log} WHERE position = {last}",
            f"DELETE FROM {log}",
            f"DELETE FROM {log}; DELETE FROM certificate_signature_head",
            "DELETE FROM certificate_signature_head",
        ):
            with self.subTest(query), self.cr.savepoint() as savepoint:
                self.execute(query)
                self.assertFound(self.run_check())
                savepoint.rollback()
                self.env.invalidate_all()

    def test_who_writes_where_it_was_checked_has_everything_read(self):
        self.run_check()
        self.alter_first()
        for name, value in (
            ("count", "count - 1"),
            ("hash", "'x'"),
            ("whole_on", "whole_on + 1"),
            ("seal", "''"),
            ("seal", "(SELECT seal FROM certificate_signature_head LIMIT 1)"),
        ):
            with self.subTest(name), self.cr.savepoint() as savepoint:
                self.cr.execute(f"UPDATE certificate_log_checkpoint SET {name} = {value}")
                self.assertTrue(self.cr.rowcount)
                self.assertFound(self.run_check())
                savepoint.rollback()
                self.env.invalidate_all()
        self.assertFound(self.run_check(), False)

    def test_without_a_secret_everything_is_read_each_time(self):
        with own_samples.secret(None):
            self.run_check()
            self.cr.execute("SELECT 1 FROM certificate_log_checkpoint")
            self.assertFalse(self.cr.rowcount)
            self.alter_first()
            self.assertFound(self.run_check())

    def test_what_is_short_is_checked_at_once_and_always_whole(self):
        self.run_check()
        self.alter_first()
        self.patch(check, "_SHORT", 10_000)
        self.patch(check, "_AT_ONCE", 60)
        action = self.env[LOG].with_user(self.manager_a).action_check()
        self.assertEqual(action["params"]["type"], "danger")

    def test_rows_whose_transaction_was_rolled_back_are_counted_once(self):
        self.cr.execute(
            "DELETE FROM certificate_signature_mark WHERE company_id = %s", [self.company_a.id]
        )
        self.assertEqual(self.get_note(self.run_check())["undone"], self.COUNT)
        self.sign()
        self.link()
        self.cr.execute("DELETE FROM certificate_signature_mark")
        self.assertEqual(self.get_note(self.run_check())["undone"], 1)
        log = self.env[LOG].sudo()
        mine = [("company_id", "=", self.company_a.id)]
        self.assertEqual(log.search_count([*mine, ("outcome", "=", "undone")]), self.COUNT + 1)
        self.assertEqual(log.search_count([*mine, ("outcome", "=", "kept")]), 0)
