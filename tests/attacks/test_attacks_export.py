"""Who wants the evidence of others, a key in an archive, or an archive that nobody notices; and what an
outsider can say of one."""

import base64
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ...const import EVIDENCE_ROUTE, GROUP_MANAGER, GROUP_SYSTEM, MODULE
from ...models.trace import chain, export
from ..common import samples
from ..common.history import HISTORY, HistoryCommon
from ..common.signature_judges import judge_by_xmlsec
from ..common.signing import LOG, SigningCommon
from . import verify_evidence

WIZARD = "certificate.evidence.wizard"
UNINSTALL = "base.module.uninstall"
# Fields whose values open, sign or let in, by the end of their names.
SECRETS = re.compile(
    r"(token|token_hash|code_hash|key_hash|password|sealed_key|technical_key|private|^pem_key|^content)$"
)


@tagged("post_install", "-at_install")
class TestExportOfEvidence(SigningCommon, HistoryCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller_manager = samples.make_user(
            cls.env, "Vera", "manager_v", cls.seller, GROUP_MANAGER
        )

    def setUp(self):
        super().setUp()
        self.signed = self.sign()
        self.link()

    # === AN ARCHIVE === #

    def export(self, user, companies=None):
        """Return the archive that a user gets."""
        env = self.env(user=user.id)
        companies = companies or export.get_companies(env)
        with export.exporting(env, companies.with_env(env)) as (stream, size):
            content = stream.read()
            stream.close()
        self.assertEqual(len(content), size)
        self.link()
        self.env.invalidate_all()
        return zipfile.ZipFile(BytesIO(content))

    def get_manifest(self, archive):
        return json.loads(archive.read("manifest.json"))

    def get_files(self, archive, **facts):
        """Return the entries of the manifest that say this."""
        return [
            entry
            for entry in self.get_manifest(archive)["files"]
            if facts.items() <= {name: entry.get(name) for name in facts}.items()
        ]

    def run_verifier(self, folder):
        result = subprocess.run(
            [sys.executable, "-I", verify_evidence.__file__, folder],
            capture_output=True,
            check=False,
            cwd=folder,
        )
        self.assertFalse(result.stderr)
        return json.loads(result.stdout)

    def test_an_outsider_verifies_it_without_the_add_on(self):
        archive = self.export(self.manager_a)
        for name in archive.namelist():
            self.assertRegex(name, r"\A[A-Za-z0-9_][A-Za-z0-9_/-]*(\.[a-z]+)?\Z")
        with tempfile.TemporaryDirectory() as folder:
            archive.extractall(folder)
            self.assertEqual(
                subprocess.run(
                    ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"],
                    cwd=folder,
                    check=False,
                ).returncode,
                0,
            )
            found = self.run_verifier(folder)
            self.assertEqual(found["faults"], [])
            self.assertGreater(found["rows"], 5)
            # What is changed, removed or added is found, in a log even with its sum made anew.
            path = next(Path(folder).glob("*/signatures.json"))
            log = json.loads(path.read_text())
            for change in (
                lambda rows: rows[0]["values"].__setitem__(-1, "another certificate"),
                lambda rows: rows.pop(),
                lambda rows: rows.append(rows[-1]),
            ):
                rows = json.loads(json.dumps(log["rows"]))
                change(rows)
                path.write_text(json.dumps({**log, "rows": rows}))
                faults = self.run_verifier(folder)["faults"]
                self.assertTrue(any("signatures.json" in fault for fault in faults), faults)
                self.assertGreater(len(faults), 1)
        letter, record = (
            self.get_files(archive, field=name) for name in ("signed_letter", "record_file")
        )
        self.assertEqual(
            [entry["stored_sha256"] for entry in (*letter, *record)],
            [self.activation.sudo().signed_letter_sha256, self.activation.sudo().record_sha256],
        )
        self.assertTrue(all(entry["is_evidence"] for entry in (*letter, *record)))
        self.assertEqual(archive.read(record[0]["path"]), self.activation.sudo()._read_record())

    def test_xmlsec1_verifies_what_the_log_says_with_the_certificate_in_it(self):
        if not shutil.which("xmlsec1"):
            self.assertFalse(shutil.which("xmlsec1"))
            return
        archive = self.export(self.manager_a)
        (pem,) = (archive.read(name) for name in archive.namelist() if name.endswith(".pem"))
        self.assertEqual(judge_by_xmlsec(pem, [self.signed, self.signed[:-20]]), [True, False])
        (path,) = (name for name in archive.namelist() if name.endswith("signatures.json"))
        log = json.loads(archive.read(path))
        values = dict(zip(log["fields"], log["rows"][-1]["values"], strict=False))
        self.assertEqual(values["document_name"], self.record.name)

    def test_pages_of_rows_make_one_log(self):
        for _time in range(4):
            self.sign()
        self.link()
        whole = self.read_log(self.export(self.manager_a))
        with patch.object(chain, "_BATCH_SIZE", 2):
            paged = self.read_log(self.export(self.manager_a))
        self.assertEqual(len(whole["rows"]), 5)
        self.assertEqual(whole, paged)

    def read_log(self, archive):
        (path,) = (
            entry["path"]
            for entry in self.get_files(archive, model=LOG)
            if "clients" not in entry["path"]
        )
        return json.loads(archive.read(path))

    def test_a_file_that_is_missing_or_altered_is_said(self):
        stored = self.get_file(self.activation, "signed_letter")
        for content in (b"%PDF-1.4 altered", None):
            with self.subTest(content), self.cr.savepoint() as savepoint:
                if content:
                    self.alter_file(stored, content)
                else:
                    self.cr.execute("DELETE FROM ir_attachment WHERE id = %s", stored.ids)
                self.env.invalidate_all()
                archive = self.export(self.manager_a)
                (entry,) = self.get_files(archive, field="signed_letter")
                self.assertFalse(entry["is_intact"])
                self.assertEqual(bool(entry["path"]), bool(content))
                savepoint.rollback()
                self.env.invalidate_all()

    # === WHOSE === #

    def test_only_managers_export_and_only_their_own_companies(self):
        companies = self.company_a | self.company_b | self.seller
        for user, own in (
            (self.user_a, ()),
            (self.user_b, ()),
            (self.stranger, ()),
            (self.portal_user, ()),
            (self.manager_a, self.company_a),
            (self.seller_manager, self.seller),
        ):
            env = self.env(user=user.id)
            for company in companies:
                with self.subTest(user=user.login, company=company.name):
                    if company in (own or ()):
                        self.assertTrue(self.export(user, company).namelist())
                        continue
                    for chosen in (company, companies):
                        with (
                            self.assertRaises(AccessError),
                            export.exporting(env, chosen.with_env(env)),
                        ):
                            pass
                    with self.assertRaises(AccessError):
                        wizard = self.env[WIZARD].with_user(user).create({"company_id": company.id})
                        wizard.action_export()
            with self.assertRaises(AccessError), export.exporting(env, companies.browse()):
                pass

    def test_the_lender_gets_the_letters_of_who_signs_with_its_certificate(self):
        archive = self.export(self.lender_only)
        of_client = self.get_files(archive, company_id=self.company_a.id)
        self.assertEqual(
            {entry["field"] for entry in of_client if entry.get("field")},
            {"signed_letter", "record_file"},
        )
        signatures = [
            json.loads(archive.read(name))
            for name in archive.namelist()
            if name.endswith("clients/signatures.json")
        ]
        self.assertEqual([len(log["rows"]) for log in signatures], [1])
        # Neither its history, nor what is no business of the lender.
        text = b"".join(archive.read(name) for name in archive.namelist() if "history" in name)
        self.assertNotIn(self.activation.name.encode(), text)
        # A manager of the lender who is no custodian sees nothing of the clients.
        archive = self.export(self.seller_manager)
        self.assertFalse(self.get_files(archive, company_id=self.company_a.id))
        self.assertFalse([name for name in archive.namelist() if "clients" in name])

    def test_no_key_password_or_token_is_in_it(self):
        archive = self.export(self.custodian)
        content = b"".join(archive.read(name) for name in archive.namelist())
        self.assertNotIn(b"PRIVATE KEY", content)
        hidden = set()
        for model in self.env.values():
            if model._abstract or model._transient or not model._auto:
                continue
            for field in model._fields.values():
                if not (field.store and field.column_type and SECRETS.search(field.name)):
                    continue
                if model._original_module not in (MODULE, "certificate"):
                    continue
                for record in model.sudo().search([]):
                    value = record[field.name]
                    raw = value.encode() if isinstance(value, str) else value or b""
                    if len(raw) > 16:
                        hidden.add(raw)
        keys = self.env["certificate.key"].sudo().with_context(bin_size=False).search([])
        hidden |= {base64.b64decode(key.content) for key in keys if key.content}
        self.assertTrue(hidden)
        for value in hidden:
            self.assertNotIn(value, content)

    # === DOWNLOAD === #

    def test_every_download_is_in_the_history_of_whose_evidence_it_is(self):
        before = self.env[HISTORY].sudo().search_count([("event", "=", "evidence")])
        self.authenticate(self.manager_a.login, self.manager_a.login)
        wizard = self.env[WIZARD].with_user(self.manager_a).create({})
        self.assertEqual(wizard.company_id, self.company_a)
        url = wizard.action_export()["url"]
        self.assertEqual(url, f"{EVIDENCE_ROUTE}/{wizard.id}")
        answer = self.url_open(url)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/zip")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(int(answer.headers["Content-Length"]), len(answer.content))
        self.assertIn(".zip", answer.headers["Content-Disposition"])
        self.assertFalse(zipfile.ZipFile(BytesIO(answer.content)).testzip())
        (entry,) = self.env[HISTORY].sudo().search([("event", "=", "evidence")])[: -before or None]
        self.assertEqual(entry.company_id, self.company_a)
        self.assertIn(self.manager_a.login, entry.actor)
        # By its hash, that archive is known for good.
        sha256 = export.hash_file(BytesIO(answer.content))[1]
        self.assertIn(sha256, entry.changes)
        self.link()
        found = self.env[HISTORY].with_user(self.manager_a).action_check()
        self.assertEqual(found["params"]["type"], "success")

    def test_a_lender_who_takes_letters_is_in_the_history_of_its_clients(self):
        self.export(self.lender_only)
        found = self.env[HISTORY].sudo().search([("event", "=", "evidence")])
        self.assertEqual(found.company_id, self.company_a | self.seller)
        self.assertTrue(all(self.lender_only.login in actor for actor in found.mapped("actor")))

    def test_the_address_gives_nothing_to_others(self):
        wizard = self.env[WIZARD].with_user(self.manager_a).create({})
        url = f"{EVIDENCE_ROUTE}/{wizard.id}"
        for user in (None, self.user_a, self.user_b, self.seller_manager, self.portal_user):
            self.authenticate(user and user.login, user and user.login)
            with self.subTest(user=user and user.login), mute_logger("odoo.http"):
                answer = self.url_open(url, allow_redirects=False)
                self.assertIn(answer.status_code, (303, 403))
                self.assertNotIn(b"PK\x03\x04", answer.content)
        self.authenticate(self.manager_a.login, self.manager_a.login)
        # Whose it is, is asked again.
        self.manager_a.sudo().group_ids -= self.env.ref(GROUP_MANAGER)
        self.manager_a.sudo().group_ids -= self.env.ref("account.group_account_manager")
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(url).status_code, 403)
            self.assertEqual(self.url_open(f"{EVIDENCE_ROUTE}/{wizard.id + 1000}").status_code, 404)
        self.assertFalse(self.env[HISTORY].sudo().search([("event", "=", "evidence")]))

    def test_a_full_disk_is_one_sentence_and_no_entry(self):
        env = self.env(user=self.manager_a.id)
        with (
            patch.object(export, "hash_file", side_effect=OSError(28, "No space left on device")),
            self.assertRaises(UserError),
            export.exporting(env, self.company_a.with_env(env)),
        ):
            pass
        self.assertFalse(self.env[HISTORY].sudo().search([("event", "=", "evidence")]))

    # === BEFORE AN UNINSTALLATION === #

    def test_it_is_offered_before_the_add_on_is_uninstalled(self):
        module = self.env["ir.module.module"]._get(MODULE)
        admin = samples.make_user(self.env, "Ada", "admin_u", self.seller, GROUP_SYSTEM)
        admin.group_ids = [Command.link(self.env.ref(GROUP_MANAGER).id)]
        wizard = self.env[UNINSTALL].with_user(admin).create({"module_ids": module.ids})
        # The evidence of others is theirs, and is not forgotten.
        self.assertIn(self.company_a.name, wizard.certificate_evidence_sentence)
        self.assertNotIn(f"{self.seller.name}.", wizard.certificate_evidence_sentence)
        url = wizard.action_export_certificate_evidence()["url"]
        self.authenticate(admin.login, admin.login)
        self.assertEqual(self.url_open(url).status_code, 200)
        admin.company_ids |= self.company_a
        wizard.invalidate_recordset()
        self.assertNotIn(self.company_a.name, wizard.certificate_evidence_sentence)
        # What depends on nothing of it says nothing.
        other = self.env["ir.module.module"]._get("base_import")
        wizard = self.env[UNINSTALL].with_user(admin).create({"module_ids": other.ids})
        self.assertFalse(wizard.certificate_evidence_sentence)
        arch = self.env[UNINSTALL].with_user(admin).get_view(view_type="form")["arch"]
        self.assertIn("action_export_certificate_evidence", arch)
        for user in (self.user_a, self.manager_a, self.stranger):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env[UNINSTALL].with_user(user).create({"module_ids": module.ids})
