"""Who wants a signature without a row, a false entry of the history, evidence that goes, or a key by what the
add-on itself hands out."""

import base64
import hashlib
import os
from types import SimpleNamespace
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ...models.core import ondelete_guard
from ...models.keys import custody
from ...models.trace import chain
from ...tools import key_seal, xades
from ..common import own_samples, pdf_samples
from ..common.custody import AttackCommon
from ..common.history import HISTORY, HistoryCommon
from ..common.invoicing import ElectronicInvoicingCommon
from ..common.signing import SECRET, SigningCommon

# Collects the local variables of all that failed, and of all that was running then.
FRAMES = """
found = []
try:
    %s
except Exception as error:
    for way in ['', '.__context__', '.__cause__', '.__context__.__context__']:
        for number in range(40):
            for back in ['', '.f_back', '.f_back.f_back']:
                try:
                    text = '{0' + way + '.__traceback__' + '.tb_next' * number + '.tb_frame' + back
                    found.append((text + '.f_locals}').format(error))
                except Exception:
                    continue
action = {'found': found}
"""


@tagged("post_install", "-at_install")
class TestNoSignatureWithoutRow(SigningCommon):
    """A signature that is made, and whose row cannot be committed: what fails shows none of it."""

    def setUp(self):
        super().setUp()
        self.patch(chain, "is_in_test", lambda: False)

    def run_code(self, code, **context):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Attack",
                "state": "code",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "code": code,
            }
        )
        return action.with_user(self.custodian.id).sudo().with_context(**context).run()

    def get_calls(self):
        activation = f"env['certificate.activation'].sudo().browse({self.activation.id})"
        new = f"env['res.partner'].new({{'name': 'x', 'company_id': {self.company_a.id}}})"
        for method in ("_sign_xml", "_sign_message"):
            yield f"{activation}.{method}({self.document!r}, {new})"
            yield f"{activation}.{method}({self.document!r}, env['res.partner'].browse({self.record.id}))"

    def watch(self):
        """Note every signature that is made, as nothing but a test can."""
        made = []
        sign = key_seal.SigningKey.sign

        def note(key, *args):
            made.append(sign(key, *args))
            return made[-1]

        self.patch(key_seal.SigningKey, "sign", note)
        return made

    def assertNowhere(self, made, text):
        for signature in made:
            for shown in (
                repr(signature)[2:60],
                base64.b64encode(signature).decode()[:60],
                signature.hex()[:60],
            ):
                self.assertNotIn(shown, text)

    def test_what_fails_shows_no_signature(self):
        made = self.watch()
        short = chain.DURABLE.replace("10s", "50ms")
        for call in self.get_calls():
            with self.subTest(call[:90]), self.cr.savepoint() as savepoint:
                self.cr.execute("LOCK TABLE certificate_signature_log IN SHARE MODE")
                with patch.object(chain, "DURABLE", short), mute_logger("odoo.sql_db"):
                    found = self.run_code(FRAMES % call)["found"]
                savepoint.rollback()
            self.assertTrue(
                any("withheld" in text for text in found), "the test sees the variables"
            )
            self.assertNowhere(made, repr(found))
        self.assertEqual(len(made), 4)

    def test_what_names_the_document_runs_before_it_is_signed(self):
        """A computed field made by hand, which would raise what it sees."""
        made, seen = self.watch(), []
        partners = self.env.registry["res.partner"]
        compute = partners._compute_display_name

        def look(records):
            seen.append(len(made))
            return compute(records)

        for method in ("_sign_xml", "_sign_message"):
            self.env.invalidate_all()
            with patch.object(partners, "_compute_display_name", look):
                signed = getattr(self.activation, method)(
                    self.document, self.record.with_user(self.user_a)
                )
        self.assertEqual(len(made), 2)
        self.assertTrue(seen)
        self.assertEqual(set(seen) - {0, 1}, set())
        self.assertTrue(signed)

    @classmethod
    def tearDownClass(cls):
        company_id = cls.company_a.id
        super().tearDownClass()
        with chain.db_connect(cls.env.cr.dbname).cursor() as cr:
            cr.execute("SET LOCAL session_replication_role = replica")
            for table in ("certificate_signature_log", "certificate_signature_head"):
                cr.execute(f"DELETE FROM {table} WHERE company_id = %s", [company_id])

    def test_what_is_withheld_opens_for_nobody_but_its_own_process(self):
        digest, withheld = key_seal.withhold(lambda: b"signed")
        self.assertEqual(digest, hashlib.sha256(b"signed").hexdigest())
        self.assertNotIn(b"signed", withheld)
        self.assertEqual(key_seal.release(withheld), b"signed")
        own = key_seal.take_key(own_samples.key_to_pem(own_samples.get_key()))
        with self.assertRaises(key_seal.SealError):
            key_seal.unseal(withheld, own._secrets, b"")
        with self.assertRaises(xades.XadesError) as caught:
            key_seal.withhold(xades.get_kind, b"<")
        self.assertIsNone(caught.exception.__context__)


@tagged("post_install", "-at_install")
class TestHistoryIsNotForged(SigningCommon):
    def setUp(self):
        super().setUp()
        context = own_samples.secret(SECRET)
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.execute("DELETE FROM certificate_signature_head")
        self.cr.execute("ALTER TABLE certificate_history DISABLE TRIGGER USER")
        self.cr.execute("DELETE FROM certificate_history")
        self.cr.execute("ALTER TABLE certificate_history ENABLE TRIGGER USER")
        self.cr.precommit.clear()
        self.reject("first")
        self.link()
        self.assertEqual(self.find(), [])

    def reject(self, reason):
        self.activation.with_user(self.custodian).sudo().write({"letter_rejection_reason": reason})
        self.env.flush_all()

    def find(self):
        breaks = self.env[HISTORY].sudo()._find_breaks(self.company_a)
        return [broken.code for _company, broken in breaks]

    def test_an_entry_is_not_changed_before_it_has_its_place(self):
        self.reject("second")
        self.cr.execute("UPDATE certificate_history SET actor = 'Nobody' WHERE hash IS NULL")
        self.assertEqual(self.cr.rowcount, 1)
        self.link()
        self.assertEqual(self.find(), ["changed"])

    def test_an_entry_of_ones_own_gets_no_place(self):
        for number in range(4):
            self.reject(f"number {number}")
            self.cr.execute(
                """
                INSERT INTO certificate_history (company_id, event, happened_on, user_id, actor, record_name, changes)
                SELECT company_id, event, happened_on, 1, 'Nobody', record_name, changes
                FROM certificate_history ORDER BY id DESC LIMIT 1 RETURNING id
                """
            )
            row_id = self.cr.fetchone()[0]
            data = self.cr.precommit.data
            if number == 1:
                data["certificate_chain"] = {HISTORY: [row_id]}
            elif number == 2:
                data.pop("certificate_chain")
            elif number == 3:
                data["certificate_chain"] = 7
                self.reject("another one")
            self.link()
            entries = self.env[HISTORY].sudo().search([("actor", "=", "Nobody")])
            self.assertFalse(any(entries.mapped("position")))
            self.assertEqual(self.find(), ["unlinked"] * (number + 1))

    def test_what_was_written_by_sql_is_told_after_a_step_has_written_over_it(self):
        history = self.env[HISTORY].sudo()
        known = history._find_differences(self.company_a)
        self.cr.execute(
            "UPDATE certificate_activation SET letter_rejection_reason = 'by SQL' WHERE id = %s",
            [self.activation.id],
        )
        self.env.invalidate_all()
        self.reject("a step")
        self.link()
        found = history._find_differences(self.company_a)
        self.assertEqual(len(found), len(known) + 1)
        self.assertTrue(any("by SQL" in sentence for sentence in found))

    def test_what_was_rolled_back_leaves_nothing_to_place(self):
        with self.cr.savepoint() as savepoint:
            self.reject("undone")
            savepoint.rollback()
        self.env.invalidate_all()
        self.reject("kept")
        self.link()
        self.assertEqual(self.find(), [])

    def test_who_archives_a_company_or_deletes_what_is_referred_to_is_not_told_as_a_forger(self):
        companies = (self.company_a | self.company_b | self.seller).sudo()
        history = self.env[HISTORY].sudo()
        self.company_b.sudo().certificate_validity_months = 5
        product = self.product.sudo().copy({"company_id": self.seller.id})
        self.seller.sudo().certificate_request_product_id = product
        self.link()
        known = history._find_differences(companies)
        product.unlink()
        users = self.env["res.users"].sudo().search([("company_id", "=", self.company_b.id)])
        users.active = False
        self.company_b.sudo().active = False
        self.link()
        self.env.invalidate_all()
        self.assertEqual(history._find_differences(companies), known)
        self.cr.execute(
            "UPDATE res_company SET certificate_product_id = NULL WHERE id = %s", [self.seller.id]
        )


@tagged("post_install", "-at_install")
class TestWhoseSession(HistoryCommon, HttpCase):
    def test_a_template_does_not_write_whose_session_it_is(self):
        """QWeb gives templates the request, and who administers a server writes templates."""
        activation = self.start()
        root = self.env.ref("base.user_root")
        arch = f'<t t-out="request.session.update(uid={root.id})"/>'
        action = self.env["ir.actions.server"].create(
            {
                "name": "Attack",
                "state": "code",
                "model_id": self.env["ir.model"]._get_id(activation._name),
                "code": f"env['mail.render.mixin']._render_template({arch!r}, 'res.partner', "
                "env.user.partner_id.ids, engine='qweb')\n"
                f"env['certificate.activation'].sudo().browse({activation.id}).write("
                "{'letter_rejection_reason': 'x'})",
            }
        )
        self.authenticate(self.system_user.login, self.system_user.login)
        self.make_jsonrpc_request(
            "/web/dataset/call_kw/ir.actions.server/run",
            {"model": "ir.actions.server", "method": "run", "args": [action.ids], "kwargs": {}},
        )
        entry = self.get_history(activation)[-1]
        self.assertIn("letter_rejection_reason", entry.changes)
        self.assertEqual(entry.session_user_id, self.system_user)


@tagged("post_install", "-at_install")
class TestContextOpensNothing(HistoryCommon):
    """Odoo skips `ondelete` where the context says so, and a context comes from the client."""

    CONTEXT = {"_force_unlink": True}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.active = cls.get_walk().get_active()

    def assertStays(self, records, user=None):
        records = (records.with_user(user).sudo(False) if user else records.sudo()).with_context(
            **self.CONTEXT
        )
        with mute_logger("odoo.sql_db"), self.assertRaises(AccessError), self.cr.savepoint():
            records.unlink()
        self.env.invalidate_all()
        self.assertTrue(records.sudo().exists())

    def test_evidence_messages_and_logs_stay(self):
        messages = self.env["mail.message"].sudo()
        for records in (
            self.get_file(self.active, "signed_letter"),
            self.get_file(self.active, "record_file"),
            self.active,
            messages.search([("model", "=", self.active._name), ("res_id", "=", self.active.id)]),
            self.env[HISTORY].sudo().search([], limit=1),
        ):
            with self.subTest(records):
                self.assertTrue(records)
                self.assertStays(records)

    def test_attachments_of_a_step_are_not_changed(self):
        message = self.env["mail.message"].sudo()
        message = message.search(
            [
                ("model", "=", self.active._name),
                ("res_id", "=", self.active.id),
                ("message_type", "=", "notification"),
            ],
            limit=1,
        )
        # As a mail of a template does with what it encloses.
        message.write({"attachment_ids": [(0, 0, {"name": "a", "raw": b"a"})]})
        self.assertTrue(message.attachment_ids)
        for vals in (
            {"attachment_ids": [(5,)]},
            {"attachment_ids": [(6, 0, [])]},
            {"is_internal": True},
        ):
            with self.subTest(vals), self.assertRaises(AccessError), self.cr.savepoint():
                message.write(vals)

    def test_what_is_finished_goes_back_to_no_step_where_its_letter_is_open(self):
        for state in ("active", "expired", "revoked"):
            self.active.sudo().state = state
            for former in ("pay", "process"):
                with self.assertRaises(AccessError), self.cr.savepoint():
                    self.active.sudo().write({"state": former})

    def test_a_good_file_is_not_taken_for_an_altered_one(self):
        context = {"bin_size": True, "bin_size_signed_letter": True, "bin_size_record_file": True}
        active = self.active.with_context(**context)
        active._check_evidence()
        self.assertTrue(active._read_record().startswith(b"%PDF-"))

    def test_an_administrator_who_says_that_the_add_on_goes_deletes_nothing(self):
        """Whether it is to be removed is a field, which administrators write."""
        messages = self.env["mail.message"].sudo()
        messages = messages.search(
            [("model", "=", self.active._name), ("res_id", "=", self.active.id)]
        )
        for records in (self.get_file(self.active, "signed_letter"), self.active, messages[:1]):
            action = self.env["ir.actions.server"].create(
                {
                    "name": "Attack",
                    "state": "code",
                    "model_id": self.env["ir.model"]._get_id("res.partner"),
                    "code": "modules = env['ir.module.module'].sudo()\n"
                    "modules = modules.search([('name', '=', 'l10n_co_certificate_activation')])\n"
                    "modules.write({'state': 'to remove'})\n"
                    f"records = env['{records._name}'].sudo().browse({records.ids})\n"
                    "records.with_context(_force_unlink=True).unlink()\n"
                    "modules.write({'state': 'installed'})",
                }
            )
            with (
                self.subTest(records._name),
                mute_logger("odoo.addons.base.models.ir_actions", "odoo.sql_db"),
                self.assertRaises(AccessError),
                self.cr.savepoint(),
            ):
                action.with_user(self.system_user).run()
            self.env.invalidate_all()
            self.assertTrue(records.exists())

    def test_only_a_module_that_goes_is_one(self):
        env = self.env(context={**self.env.context, **self.CONTEXT})
        self.assertFalse(ondelete_guard.is_uninstalling(env))
        module = self.env["ir.module.module"].sudo()
        module = module.search([("name", "=", "l10n_co_certificate_activation")])
        module.state = "to remove"
        self.assertFalse(ondelete_guard.is_uninstalling(env), "anybody may say so")
        # What is deleted is loaded again meanwhile.
        self.patch(self.env.registry, "ready", False)
        self.assertTrue(ondelete_guard.is_uninstalling(env))
        self.assertFalse(ondelete_guard.is_uninstalling(self.env))
        letter = self.get_file(self.active, "signed_letter")
        with self.assertRaises(AccessError), self.cr.savepoint():
            letter.unlink()
        letter.with_env(env(su=True)).unlink()
        self.assertFalse(letter.exists())


@tagged("post_install", "-at_install")
class TestWhatIsHandedOut(AttackCommon):
    def test_no_object_of_somebody_else_is_handed_the_secret(self):
        own = self.get_own()
        got = []
        key = SimpleNamespace(seal=lambda *args: got.append(args) or b"x")
        pem = own_samples.to_pem(own_samples.issue())
        facts = SimpleNamespace(certificate=pem, chain=(), subject="x", key=key)
        with self.assertRaises(TypeError), self.cr.savepoint():
            own.sudo().certificate_id._store(facts, self.company_a)
        self.assertFalse(got)

    def test_whoever_has_a_key_opens_no_other_one(self):
        keys = [
            key_seal.take_key(own_samples.key_to_pem(own_samples.get_key(name)))
            for name in ("own", "authority")
        ]
        with self.assertRaises(key_seal.SealError):
            key_seal.unseal(keys[1]._sealed, keys[0]._secrets, b"")
        self.assertFalse(
            [name for name, value in vars(key_seal).items() if isinstance(value, key_seal.Secret)]
        )

    def test_what_says_that_a_key_is_sealed_confirms_no_copy(self):
        own = self.get_active_own()
        self.env["ir.config_parameter"].sudo().set_param("database.uuid", "a copy")
        certificates = self.env["certificate.certificate"].sudo().with_context(active_test=False)
        certificates.search([]).write({"is_key_sealed": False})
        self.env.flush_all()
        self.lent._seal_key()
        with self.assertRaises(UserError):
            custody.open_signing_key(own)

    def test_the_list_of_files_deletes_no_other_file(self):
        letter = self.get_file(self.get_active(self.user_b), "signed_letter")
        path, name = letter._full_path(letter.store_fname), letter.store_fname
        content = letter.raw
        files = self.env["certificate.key.file"].sudo()
        try:
            for other in (
                f"/{name}",
                f"./{name}",
                f"{name[:5]}.{name[5:]}",
                f"{name[:3]}/{name[3:]}",
                name,
            ):
                with mute_logger("odoo.addons.l10n_co_certificate_activation.models.keys.key_file"):
                    files.create({"store_fname": other})
                    files._remove(is_all=True)
                self.assertTrue(os.path.exists(path), other)
        finally:
            if not os.path.exists(path):
                with open(path, "wb") as file:
                    file.write(content)


@tagged("post_install", "-at_install")
class TestSetupEvidenceStays(ElectronicInvoicingCommon):
    def test_a_user_deletes_no_evidence_by_a_context(self):
        self.get_active()
        self.confirm_test_set(test_set_evidence=base64.b64encode(pdf_samples.text_pdf()))
        attachment = self.get_file(self.setup_a, "test_set_evidence")
        self.assertTrue(attachment)
        for user in (self.user_a, self.manager_a, self.custodian):
            options = {
                "context": {"_force_unlink": True, "allowed_company_ids": [self.company_a.id]}
            }
            with self.assertRaises(AccessError), self.cr.savepoint():
                call_kw(
                    self.env["ir.attachment"].with_user(user), "unlink", [attachment.ids], options
                )
        self.env.invalidate_all()
        self.assertTrue(attachment.exists())
