"""What an attacker reached of the evidence: signatures without a row, a shortened log sealed again,
letters deleted without their record, and a rewritten history.
"""

import base64
import hashlib
import json
from contextlib import contextmanager, suppress
from datetime import datetime, time, timedelta
from unittest.mock import patch

import psycopg2
from freezegun import freeze_time
from psycopg2.errors import RaiseException
from psycopg2.pool import PoolError

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, UserError
from odoo.sql_db import db_connect
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from ...const import GROUP_MANAGER, SELLER_PARAMETER
from ...models.trace import chain, seal
from ...models.trace.history import TRACKED
from ..common import letter_samples, own_samples, pdf_samples, samples
from ..common.history import HISTORY, HistoryCommon
from ..common.signing import LOG, SECRET, SigningCommon

MARK = "certificate.signature.mark"
RECEIPT = "certificate.payment.receipt"


@tagged("post_install", "-at_install")
class TestSignatureOutlivesItsTransaction(SigningCommon):
    """Attack 2, with transactions that really end."""

    @classmethod
    def setUpClass(cls):
        # The last cleanup of all: the transaction of the test has ended by then.
        cls.addClassCleanup(cls.remove_committed)
        super().setUpClass()
        cls.company_id = cls.company_a.id

    @classmethod
    def remove_committed(cls):
        with db_connect(cls.env.cr.dbname).cursor() as cr:
            cr.execute("SET LOCAL session_replication_role = replica")
            for table in ("certificate_signature_log", "certificate_signature_head"):
                cr.execute(f"DELETE FROM {table} WHERE company_id = %s", [cls.company_id])

    def setUp(self):
        super().setUp()
        self.patch(chain, "is_in_test", lambda: False)
        self.remove_committed()

    @contextmanager
    def committed(self):
        """Look at what is committed, with a cursor that sees nothing else."""
        with db_connect(self.env.cr.dbname).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            yield env[LOG].search([("company_id", "=", self.company_id)], order="id")

    def assertCommitted(self, *signed):
        with self.committed() as rows:
            digests = [hashlib.sha256(document).hexdigest() for document in signed]
            self.assertEqual(rows.mapped("signature_digest"), digests)
            self.assertEqual(rows.mapped("position"), [*range(1, len(signed) + 1)])
            self.assertEqual(rows.mapped("outcome"), ["undone"] * len(signed))
            # As the list of the web client does it: the company and the activation are not there.
            rows.web_read({"activation_id": {"fields": {"display_name": {}}}, "company_id": {}})

    def test_whoever_signs_and_fails_leaves_a_row(self):
        with self.assertRaises(ZeroDivisionError), self.cr.savepoint():
            signed = self.sign()
            raise ZeroDivisionError
        self.assertCommitted(signed)
        self.assertFalse(self.env[MARK].sudo().search_count([]))

    def test_a_server_action_that_raises_the_signature_leaves_a_row(self):
        for method in ("_sign_xml", "_sign_message"):
            self.remove_committed()
            action = self.env["ir.actions.server"].create(
                {
                    "name": "Attack",
                    "model_id": self.env["ir.model"]._get_id("res.partner"),
                    "state": "code",
                    "code": f"raise UserError(b64encode(env['certificate.activation'].sudo().browse("
                    f"{self.activation.id}).{method}({self.document!r}, record)))",
                }
            )
            context = {"active_id": self.record.id, "active_model": "res.partner"}
            action = action.with_user(self.custodian.id).sudo().with_context(**context)
            with self.subTest(method), mute_logger("odoo.addons.base.models.ir_actions"):
                with self.assertRaises(UserError) as caught, self.cr.savepoint():
                    action.run()
                self.assertCommitted(base64.b64decode(caught.exception.args[0]))

    def test_rollback_and_commit_by_savepoints_are_told_apart(self):
        with self.cr.savepoint() as savepoint:
            first = self.sign()
            savepoint.rollback()
        second = self.sign()
        with self.cr.savepoint() as savepoint:
            third = self.sign()
            savepoint.rollback()
        with self.committed() as rows:
            marks = self.env[MARK].sudo().search([])
            self.assertEqual(marks.ids, [rows[1].id])
        self.assertCommitted(first, second, third)

    def test_the_same_call_tried_again_leaves_two_rows(self):
        signed = []
        for _time in range(2):
            with self.cr.savepoint() as savepoint:
                signed.append(self.sign())
                savepoint.rollback()
        self.assertCommitted(*signed)

    def test_what_the_transaction_has_locked_holds_up_nobody(self):
        for table, record in (
            ("certificate_activation", self.activation),
            ("res_company", self.company_a),
            ("res_company", self.seller),
            ("res_users", self.user_a),
        ):
            self.cr.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [record.id])
        self.assertCommitted(self.sign())

    def test_no_signature_where_the_row_cannot_be_committed(self):
        def refuse(*_args, **_kwargs):
            raise PoolError("The Connection Pool Is Full")

        short = chain.DURABLE.replace("10s", "50ms")
        with self.cr.savepoint() as savepoint:
            self.cr.execute("LOCK TABLE certificate_signature_log IN SHARE MODE")
            with (
                patch.object(chain, "DURABLE", short),
                mute_logger("odoo.sql_db"),
                self.assertRaises(UserError),
            ):
                self.sign()
            savepoint.rollback()
        self.assertCommitted()
        with patch.object(chain, "db_connect", refuse), self.assertRaises(UserError):
            self.sign()
        self.assertCommitted()

    def test_who_may_write_nothing_commits_nothing(self):
        with self.cr.savepoint() as savepoint:
            self.cr.execute("SET TRANSACTION READ ONLY")
            with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.Error):
                self.sign()
            savepoint.rollback()
        self.assertCommitted()


@tagged("post_install", "-at_install")
class TestSealingAnew(SigningCommon):
    """Attack 3."""

    def setUp(self):
        super().setUp()
        self.env.flush_all()

    def seal(self, **options):
        """Seal as the command does; what it seals of other companies is theirs."""
        self.link()
        return seal.seal_anew(self.env, **options)

    def get_seals(self):
        self.link()
        entries = self.env[HISTORY].sudo()
        return entries.search([("company_id", "=", self.company_a.id), ("event", "=", "log")])

    def sign_sealed(self):
        """Sign three times on a server that has had a secret all along."""
        with own_samples.secret(SECRET):
            for log in (LOG, HISTORY):
                self.env["certificate.signature.head"].sudo()
                self.execute("DELETE FROM certificate_signature_head WHERE log = %s", log)
            self.cr.execute("ALTER TABLE certificate_history DISABLE TRIGGER USER")
            self.cr.execute("DELETE FROM certificate_history")
            self.cr.execute("ALTER TABLE certificate_history ENABLE TRIGGER USER")
            for _time in range(3):
                self.sign()

    def test_what_verifies_under_the_former_secret_is_sealed_and_told(self):
        self.sign_sealed()
        with own_samples.secret(SECRET[::-1], SECRET):
            _lines, faults = self.seal()
            self.assertEqual(faults, [])
            self.assertEqual(len(self.get_seals()), 1)
            self.assertIn("3", self.get_seals().summary)
        with own_samples.secret(SECRET[::-1]):
            self.assertEqual(self.find_breaks(), [])
            self.sign()
            self.assertEqual(self.find_breaks(), [])
            self.assertEqual(self.seal(), ([], []), "there is nothing left to seal")

    def test_a_shortened_log_is_not_sealed_anew(self):
        self.sign_sealed()
        second = self.get_rows()[1]
        delete = "DELETE FROM certificate_signature_log WHERE position = 3;"
        head = "UPDATE certificate_signature_head SET count = 2, hash = %s, seal = %s WHERE id = %s"
        for name, query, params in (
            ("the last row", delete, ()),
            ("and its head", delete + head, (second.hash, "0" * 64, self.get_heads().id)),
            ("and its seal", delete + head, (second.hash, "", self.get_heads().id)),
            ("no head", delete + "DELETE FROM certificate_signature_head", ()),
            ("a row", "UPDATE certificate_signature_log SET res_id = 1 WHERE position = 2", ()),
        ):
            with self.subTest(name), self.cr.savepoint() as savepoint:
                self.execute(query, *params)
                before = self.get_heads().mapped("seal")
                with own_samples.secret(SECRET[::-1], SECRET):
                    _lines, faults = self.seal()
                    self.assertTrue(faults)
                    self.assertEqual(self.get_heads().mapped("seal"), before)
                    self.assertFalse(self.get_seals())
                    self.assertTrue(self.find_breaks())
                savepoint.rollback()
                self.env.invalidate_all()

    def test_another_secret_without_the_former_one_seals_nothing(self):
        self.sign_sealed()
        for options in ({}, {"is_first": True}):
            with own_samples.secret(SECRET[::-1]):
                self.assertTrue(self.seal(**options)[1])
                self.assertTrue(self.find_breaks())
        self.assertTrue(self.seal()[1], "without a secret")

    def test_the_first_secret_is_told_as_the_first_one(self):
        self.sign()
        self.sign()
        self.link()
        with own_samples.secret(SECRET):
            self.assertTrue(self.seal()[1])
            self.assertTrue(self.find_breaks())
            self.assertEqual(self.seal(is_first=True)[1], [])
            self.assertEqual(self.find_breaks(), [])
            entries = self.get_seals()
            self.assertEqual(len(entries), 2, "of the signatures and of the history")
            self.assertTrue(all("never sealed" in entry.changes for entry in entries))

    def test_what_was_known_must_go_on(self):
        """A former state of the whole database, with its seal, is told from the present one."""
        self.sign_sealed()
        with own_samples.secret(SECRET):
            self.cr.execute("SELECT * FROM certificate_signature_head")
            known = self.cr.fetchall()
            self.sign()
            lines, faults = seal.describe(self.env)
            self.assertFalse(faults)
            self.assertFalse(seal.describe(self.env, lines)[1])
            self.execute(
                "DELETE FROM certificate_signature_log WHERE position = 4;"
                "UPDATE certificate_signature_head SET count = 3 WHERE log = %s",
                LOG,
            )
            self.assertTrue(seal.describe(self.env, lines)[1])
            self.assertTrue(known)

    def test_no_method_of_a_model_seals_or_appends(self):
        for model in self.env.registry.values():
            for name in ("_seal_all", "_append", "_get_secrets", "_link", "_replace"):
                if model._name.startswith(("certificate.", "electronic.")):
                    self.assertFalse(hasattr(model, name), (model._name, name))


@tagged("post_install", "-at_install")
class TestEvidenceStays(HistoryCommon, HttpCase):
    """Attacks 12 and 13."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        walk = cls.get_walk()
        cls.active = walk.get_active()
        cls.letter = walk.get_file(cls.active, "signed_letter")
        cls.record_file = walk.get_file(cls.active, "record_file")

    def assertUntouched(self, attachment, way, error=AccessError):
        before = (attachment.raw, attachment.res_model, attachment.res_id, attachment.res_field)
        with mute_logger("odoo.sql_db"), self.assertRaises(error), self.cr.savepoint():
            way()
        self.env.invalidate_all()
        self.assertEqual(
            before,
            (attachment.raw, attachment.res_model, attachment.res_id, attachment.res_field),
        )

    def get_ways(self, attachment):
        """Everything that can be done to a file past its record."""
        other = self.env["res.partner"].create({"name": "X"})
        data = base64.b64encode(pdf_samples.text_pdf())
        writes = (
            {"raw": b"%PDF-"},
            {"datas": data},
            {"db_datas": b"%PDF-"},
            {"store_fname": "aa/aaaa"},
            {"checksum": "a" * 40},
            {"res_id": other.id},
            {"res_id": 0},
            {"res_model": "res.partner", "res_id": other.id, "res_field": False},
            {"res_field": False},
            {"res_field": "image_1920"},
            {"name": "x", "raw": b""},
            {"type": "url", "url": "http://example.com"},
            {"mimetype": "text/html"},
        )
        ways = [lambda vals=vals: attachment.write(vals) for vals in writes]
        ways += [
            attachment.unlink,
            attachment._delete_and_notify,
            lambda: attachment.with_context(certificate_file_writer=True).unlink(),
            lambda: attachment.with_context(_force_unlink=False).unlink(),
            lambda: attachment.copy({"res_id": attachment.res_id}),
            lambda: attachment.create(
                {
                    "name": "x",
                    "raw": b"x",
                    "res_model": attachment.res_model,
                    "res_field": attachment.res_field,
                    "res_id": attachment.res_id,
                }
            ),
            lambda: (
                self.env["ir.attachment"]
                .sudo()
                .create({"name": "x", "raw": b"x"})
                .write(
                    {
                        "res_model": attachment.res_model,
                        "res_field": attachment.res_field,
                        "res_id": attachment.res_id,
                    }
                )
            ),
        ]
        return ways

    def test_files_that_prove_something_are_locked_in_sudo_mode(self):
        receipt = self.make_receipt()
        for attachment in (self.letter, self.record_file, self.get_file(receipt, "receipt")):
            for user in (self.env.user, self.env.ref("base.user_root"), self.manager_a):
                own = attachment.with_user(user).sudo()
                for number, way in enumerate(self.get_ways(own)):
                    with self.subTest(attachment.res_field, user=user.login, way=number):
                        self.assertUntouched(own, way)

    def make_receipt(self):
        """Return a receipt that waits for its approval."""
        activation = self.start(self.user_b)
        receipt = self.env[RECEIPT].sudo()._create_once({"activation_id": activation.id})
        receipt.write({"receipt": self.scan})
        receipt.write({"state": "waiting"})
        return receipt

    def test_a_record_does_not_give_its_evidence_away(self):
        receipt = self.make_receipt()
        root = self.env.ref("base.user_root")
        for record, name in (
            (self.active.with_user(root).sudo(), "signed_letter"),
            (self.active.with_user(root).sudo(), "record_file"),
            (receipt.with_user(root).sudo(), "receipt"),
        ):
            attachment = self.get_file(record, name)
            facts = record._map_file_facts()[name]
            for number, way in enumerate(
                (
                    lambda record=record, name=name: record.write({name: False}),
                    lambda record=record, name=name: record.write({name: self.scan}),
                    lambda record=record, facts=facts: record.write({facts[0]: "0" * 64}),
                    record.unlink,
                )
            ):
                with self.subTest(name, way=number):
                    self.assertUntouched(attachment, way)

    def test_what_is_no_evidence_yet_is_deleted_by_its_record_alone(self):
        activation = self.get_downloaded(self.user_b)
        data = letter_samples.letter_scan(activation.letter_code)
        self.attach(activation, base64.b64encode(data))
        attachment = self.get_file(activation, "signed_letter")
        for number, way in enumerate(self.get_ways(attachment.sudo())):
            with self.subTest(way=number):
                self.assertUntouched(attachment.sudo(), way)
        activation.action_delete_signed_letter()
        self.assertFalse(attachment.exists())

    def test_voided_letters_and_test_sets_are_evidence(self):
        activation = self.get_downloaded(self.user_b)
        data = letter_samples.letter_scan(activation.letter_code)
        self.attach(activation, base64.b64encode(data))
        activation.representative_position = "Gerente"
        voided = activation.sudo().voided_letter_ids
        setup = self.env["electronic.invoicing.setup"].with_user(self.user_a)._get_for_company()
        setup.test_set_evidence = self.scan
        setup._trusted().write({"locked_nit": "900987321-1"})
        for record, name in ((voided, "signed_letter"), (setup, "test_set_evidence")):
            attachment = self.get_file(record, name).sudo()
            self.assertTrue(attachment)
            for way in (
                attachment.unlink,
                lambda attachment=attachment: attachment.write({"raw": b"x"}),
                lambda record=record, name=name: record.sudo().write({name: False}),
                record.sudo().unlink,
            ):
                with self.subTest(record._name):
                    self.assertUntouched(attachment, way)
        with self.assertRaises(AccessError):
            activation.sudo().unlink()

    def test_other_files_are_not_asked_about(self):
        attachments = self.env["ir.attachment"].sudo()
        partner = self.env["res.partner"].create({"name": "X"})
        vals = {"name": "x", "raw": b"x", "res_model": "res.partner", "res_id": partner.id}
        attachment = attachments.create(vals)
        attachment.flush_recordset()
        names = ["res_model", "res_field", "res_id"]
        attachment.fetch(names)
        with self.assertQueryCount(0):
            attachment._check_file_writer()
        attachment.write({"name": "y"})
        attachment.unlink()
        self.letter.sudo().write({"raw": self.letter.raw})  # as `force_storage` does

    def test_a_file_moves_to_another_store_unchanged(self):
        """As OCA's `fs_attachment`: it writes `datas`, then what is in fields of its own."""
        file = self.letter.sudo()
        self.assertNotIn("base", file._fields["original_id"]._modules)
        file.write({"datas": file.datas, "mimetype": file.mimetype})
        file.write({"original_id": False})
        other = base64.b64encode(b"x")
        for vals in (
            {"datas": other},
            {"datas": False},
            {"datas": other, "raw": file.raw},
            {"raw": b"x", "original_id": False},
            {"original_id": False, "name": "x"},
            {"original_id": False, "mimetype": "text/html"},
        ):
            with self.subTest(vals=vals):
                self.assertUntouched(file, lambda vals=vals: file.write(vals))

    def call(self, model, method, ids, *args, **kwargs):
        return self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {"model": model, "method": method, "args": [ids, *args], "kwargs": kwargs},
        )

    def get_finished_renewal(self):
        """Return a renewal that waits, finished, for the day on which it takes over."""
        day = self.active.date_end - timedelta(days=20)
        with freeze_time(datetime.combine(day, time(17))):
            self.env.invalidate_all()
            # What is lent ends before.
            self.seller.sudo().certificate_lent_id = samples.store_certificate(
                self.seller.sudo(), days=900
            )
            renewal = self.active._renew()
            self.pay(renewal)
            renewal.action_continue()
            self.fill(renewal)
            renewal.action_download_letter()
            self.attach(renewal)
            renewal.action_finish()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(renewal.state, "process")
        return renewal

    def test_12_odoos_route_deletes_no_evidence(self):
        """It asks whether its user may write to the record, and deletes in sudo mode."""
        renewal = self.get_finished_renewal()
        setup = self.env["electronic.invoicing.setup"].with_user(self.user_a)._get_for_company()
        setup.test_set_evidence = self.scan
        setup._trusted().write({"locked_nit": "900987321-1"})
        receipt = self.make_receipt()
        files = {
            "letter in force": self.letter,
            "record in force": self.record_file,
            "letter of a renewal": self.get_file(renewal, "signed_letter"),
            "record of a renewal": self.get_file(renewal, "record_file"),
            "test set": self.get_file(setup, "test_set_evidence"),
            "receipt": self.get_file(receipt, "receipt"),
        }
        self.env.flush_all()
        for user in (self.user_a, self.manager_a, self.user_b):
            self.authenticate(user.login, user.login)
            for name, attachment in files.items():
                for params in ({}, {"access_token": attachment.sudo()._get_ownership_token()}):
                    with self.subTest(name, user=user.login, owns=bool(params)):
                        with mute_logger("odoo.http"), suppress(JsonRpcException):
                            self.make_jsonrpc_request(
                                "/mail/attachment/delete",
                                {"attachment_id": attachment.id, **params},
                            )
                        with mute_logger("odoo.http"), suppress(JsonRpcException):
                            self.call("ir.attachment", "unlink", attachment.ids)
                        self.env.invalidate_all()
                        self.assertTrue(attachment.exists())

    # === HISTORY === #

    def test_nobody_edits_or_deletes_what_the_steps_wrote(self):
        self.active.with_user(self.manager_a).action_revoke()
        self.env.flush_all()
        self.cr.precommit.run()  # posts what was tracked
        messages = self.active.sudo().message_ids.filtered(
            lambda message: message.message_type != "comment"
        )
        self.assertTrue(messages.tracking_value_ids)
        before = messages.read(["body", "date", "author_id"])
        for user in (self.user_a, self.manager_a):  # the authors among them
            self.authenticate(user.login, user.login)
            for message in messages:
                with self.subTest(user=user.login, message=message.subtype_id.name or "step"):
                    self.assertNotRewritten(message)
        for message in messages:
            for number, way in enumerate(
                (
                    message.unlink,
                    lambda message=message: message.write({"date": "2020-01-01"}),
                    lambda message=message: message.write({"message_type": "comment"}),
                    lambda message=message: message.write({"res_id": 1}),
                    lambda message=message: message.write({"author_id": 1}),
                    lambda message=message: message.write({"tracking_value_ids": [(5,)]}),
                )
            ):
                with self.subTest(way=number), self.assertRaises(AccessError), self.cr.savepoint():
                    way()
        values = messages.tracking_value_ids
        for way in (values.unlink, lambda: values.write({"old_value_char": "x"})):
            with self.assertRaises(AccessError), self.cr.savepoint():
                way()
        self.env.invalidate_all()
        self.assertEqual(messages.read(["body", "date", "author_id"]), before)
        word = "A word"
        comment = self.active.sudo().message_post(body=word, message_type="comment")
        comment.write({"body": "Another word"})
        comment.unlink()

    def assertNotRewritten(self, message):
        """Nothing that the web client can ask for changes a message or takes it away."""
        before = message.read(["body", "date"])
        for route, params in (
            ("/mail/message/update_content", {"body": "x"}),
            ("/mail/message/update_content", {"update_data": {"body": "x", "attachment_ids": []}}),
            ("/mail/message/update_content", {"update_data": {"body": "", "attachment_ids": []}}),
        ):
            with mute_logger("odoo.http"), suppress(JsonRpcException):
                self.make_jsonrpc_request(route, {"message_id": message.id, **params})
        for method, args in (
            ("write", [{"body": "x"}]),
            ("write", [{"date": "2020-01-01"}]),
            ("unlink", []),
        ):
            with mute_logger("odoo.http"), suppress(JsonRpcException):
                self.call("mail.message", method, message.ids, *args)
        self.env.invalidate_all()
        self.assertEqual(message.exists().read(["body", "date"]), before)

    def test_every_transition_is_an_entry(self):
        changes = self.get_changes(self.active)
        states = [change[1:] for change in changes if change[0] == "state"]
        self.assertEqual(states, [(None, "pay"), ("pay", "process"), ("process", "active")])
        digests = {change[0]: change[2] for change in changes if change[0].endswith("sha256")}
        self.assertEqual(digests["signed_letter_sha256"], self.active.signed_letter_sha256)
        self.assertEqual(digests["record_sha256"], self.active.sudo().record_sha256)
        entry = self.get_history(self.active)[-1]
        self.assertEqual(entry.user_id, self.user_a)
        self.assertIn(self.user_a.login, entry.actor)
        self.authenticate(self.manager_a.login, self.manager_a.login)
        self.call(self.active._name, "action_revoke", self.active.ids)
        entry = self.get_history(self.active)[-1]
        self.assertEqual(json.loads(entry.changes)[0], ["state", "active", "revoked"])
        self.assertEqual(
            (entry.user_id, entry.session_user_id, entry.address),
            (self.manager_a, self.manager_a, "127.0.0.1"),
        )
        self.assertTrue(entry.browser)
        self.assertTrue(entry.summary)

    def test_whoever_writes_a_state_in_sudo_mode_is_told(self):
        receipt = self.make_receipt()
        for record, vals in (
            (self.active, {"state": "expired"}),
            (receipt, {"state": "approved"}),
            (self.company_a, {"certificate_validity_months": 3}),
        ):
            record.with_user(self.custodian).sudo().write(vals)
            entry = self.get_history(record)[-1]
            name, value = next(iter(vals.items()))
            self.assertIn([name, value], [[c[0], c[2]] for c in json.loads(entry.changes)])
            self.assertEqual(entry.user_id, self.custodian)
        self.env["ir.config_parameter"].set_param(SELLER_PARAMETER, self.company_b.id)
        entry = self.env[HISTORY].sudo().search([], limit=1)
        self.assertEqual(entry.event, "settings")
        self.assertIn(SELLER_PARAMETER, entry.changes)

    def test_the_history_is_a_chain_that_nobody_changes(self):
        self.env.flush_all()
        self.cr.precommit.run()
        history = self.env[HISTORY].sudo()
        entries = history.search([("company_id", "=", self.company_a.id)], order="id")
        self.assertEqual(entries.mapped("position"), [*range(1, len(entries) + 1)])
        self.assertEqual(history._find_breaks(self.company_a), [])
        entry = entries[-2]
        for way in (
            entry.unlink,
            lambda: entry.write({"actor": "x"}),
            entry.copy,
            lambda: history.create({"company_id": self.company_a.id}),
        ):
            with self.assertRaises(AccessError):
                way()
        table = "certificate_history"
        for query in (
            f"UPDATE {table} SET actor = 'x' WHERE id = {entry.id}",
            f"DELETE FROM {table} WHERE id = {entry.id}",
            f"DELETE FROM {table} WHERE id = {entries[-1].id}",
            f"UPDATE {table} SET happened_on = '2020-01-01' WHERE id = {entry.id}",
            f"UPDATE {table} SET user_id = 1 WHERE id = {entry.id}",
            f"UPDATE {table} SET address = '8.8.8.8' WHERE id = {entry.id}",
        ):
            with self.subTest(query):
                with (
                    mute_logger("odoo.sql_db"),
                    self.assertRaises(RaiseException),
                    self.cr.savepoint(),
                ):
                    self.cr.execute(query)
                with self.cr.savepoint() as savepoint:
                    self.cr.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                    self.cr.execute(query)
                    result = self.env[LOG].with_user(self.manager_a).action_check()
                    self.assertEqual(result["params"]["type"], "danger")
                    savepoint.rollback()
                    self.env.invalidate_all()
        result = self.env[HISTORY].with_user(self.manager_a).action_check()
        self.assertEqual(result["params"]["type"], "success")

    def test_what_is_changed_past_the_history_is_found(self):
        receipt = self.make_receipt()
        self.env.flush_all()
        self.cr.precommit.run()
        companies = self.company_a | self.company_b
        history = self.env[HISTORY].sudo()
        self.assertEqual(history._find_differences(companies), [])
        for query in (
            f"UPDATE certificate_activation SET state = 'expired' WHERE id = {self.active.id}",
            f"UPDATE certificate_activation SET record_sha256 = 'x' WHERE id = {self.active.id}",
            f"UPDATE certificate_payment_receipt SET state = 'approved' WHERE id = {receipt.id}",
            f"DELETE FROM certificate_payment_receipt WHERE id = {receipt.id}",
            "ALTER TABLE certificate_history DISABLE TRIGGER USER; DELETE FROM certificate_history "
            f"WHERE res_model = '{self.active._name}' AND res_id = {self.active.id}",
        ):
            with self.subTest(query), self.cr.savepoint() as savepoint:
                self.cr.execute(query)
                self.env.invalidate_all()
                self.assertTrue(history._find_differences(companies))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_the_history_is_for_the_managers_of_its_company(self):
        mine = [("company_id", "=", self.company_a.id)]
        self.assertTrue(self.env[HISTORY].with_user(self.manager_a).search(mine))
        self.assertFalse(self.env[HISTORY].with_user(self.lender_manager()).search(mine))
        with self.assertRaises(AccessError):
            self.env[HISTORY].with_user(self.user_a).search(mine)

    def lender_manager(self):
        return samples.make_user(self.env, "Vera", "manager_h", self.seller, GROUP_MANAGER)

    def test_each_followed_field_is_there(self):
        for model, names in TRACKED.items():
            self.assertLessEqual(names.keys(), self.env[model]._fields.keys(), model)
