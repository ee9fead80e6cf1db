"""A stored file that is missing, empty or altered is noticed, told and reported; others are only saved."""

import base64
import hashlib
import os
from contextlib import contextmanager

from odoo.exceptions import UserError
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from ...const import ACTIVITY_FILE
from ..common import letter_samples, pdf_samples, samples
from ..common.case import CertificateCommon


@tagged("post_install", "-at_install")
class TestStoredFiles(CertificateCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        walk = cls.get_walk()
        cls.activation = walk.get_downloaded()
        cls.data = letter_samples.letter_scan(cls.activation.letter_code)
        walk.attach(cls.activation, base64.b64encode(cls.data))
        cls.stored = walk.get_file(cls.activation, "signed_letter")
        cls.path = cls.stored._full_path(cls.stored.store_fname)

    def setUp(self):
        super().setUp()
        self.addCleanup(self.restore)
        self.authenticate(self.user_a.login, self.user_a.login)

    def restore(self):
        with open(self.path, "wb") as file:
            file.write(self.data)

    def get_addresses(self, record, attachment):
        return (
            f"/web/content/{record._name}/{record.id}/{attachment.res_field}",
            f"/web/content?model={record._name}&id={record.id}&field={attachment.res_field}"
            "&mimetype=text/html&filename=a.html&unique=1&download=false",
            f"/web/content/{attachment.id}?mimetype=text/html",
            f"/web/image/{attachment.id}",
        )

    @contextmanager
    def damaged(self):
        """Yield once for each way in which a file is lost, in the filestore itself."""
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_attachment"):
            yield (
                ("missing", lambda: os.remove(self.path)),
                ("empty", lambda: self.overwrite(b"")),
                ("altered", lambda: self.overwrite(self.data[:-1] + b" ")),
                ("another", lambda: self.overwrite(pdf_samples.text_pdf())),
            )

    def overwrite(self, data):
        with open(self.path, "wb") as file:
            file.write(data)

    def get_reports(self):
        self.env.invalidate_all()
        return self.activation.sudo().activity_search([ACTIVITY_FILE])

    def finish(self):
        self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {
                "model": self.activation._name,
                "method": "action_finish",
                "args": [self.activation.ids],
                "kwargs": {},
            },
        )

    def test_a_file_is_only_ever_saved_as_a_pdf(self):
        receipt = self.env["certificate.payment.receipt"].with_user(self.user_a)
        receipt = receipt._create_once({"activation_id": self.activation.id})
        receipt.write({"receipt": self.scan})
        receipt_file = self.env["ir.attachment"].search(
            [
                ("res_model", "=", receipt._name),
                ("res_id", "=", receipt.id),
                ("res_field", "!=", False),
            ]
        )
        for record, attachment, data in (
            (self.activation, self.stored, self.data),
            (receipt, receipt_file, base64.b64decode(self.scan)),
        ):
            for address in self.get_addresses(record, attachment):
                with self.subTest(address):
                    response = self.url_open(address)
                    self.assertEqual(response.content, data)
                    headers = response.headers
                    self.assertEqual(headers["Content-Type"], "application/pdf")
                    self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
                    self.assertRegex(headers["Content-Disposition"], r"^attachment;.*\.pdf\b")
                    self.assertNotIn("immutable", headers["Cache-Control"])
                    self.assertNotIn("public", headers["Cache-Control"])

    def test_no_file_is_not_found(self):
        self.activation.action_delete_signed_letter()
        address = f"/web/content/{self.activation._name}/{self.activation.id}/signed_letter"
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(address).status_code, 404)
        self.assertFalse(self.get_reports())

    def test_a_damaged_file_is_never_given_out_and_is_reported_once(self):
        with self.damaged() as ways:
            for way, damage in ways:
                damage()
                for address in self.get_addresses(self.activation, self.stored):
                    with self.subTest(way, address=address):
                        response = self.url_open(address)
                        self.assertEqual(response.status_code, 422)
                        self.assertNotIn(b"%PDF", response.content)
                self.restore()
        reports = self.get_reports()
        self.assertIn(self.manager_a, reports.user_id)
        self.assertNotIn(self.user_a, reports.user_id)
        self.assertEqual(len(reports), len(reports.user_id))
        # Whoever repairs it by attaching the letter again has done what was asked for.
        self.attach(self.activation, base64.b64encode(self.data))
        self.assertFalse(self.get_reports())
        self.assertEqual(
            self.url_open(self.get_addresses(self.activation, self.stored)[0]).content, self.data
        )

    def test_a_damaged_file_does_not_finish_and_its_report_outlives_the_error(self):
        wizard = self.get_wizard(self.activation.action_open_wizard())
        with self.damaged() as ways:
            for way, damage in ways:
                damage()
                with self.subTest(way):
                    self.env.invalidate_all()
                    self.assertTrue(self.get_alert(wizard, "letter_problem"))
                    self.assertFalse(wizard.can_finish)
                    with self.assertRaisesRegex(JsonRpcException, "UserError"):
                        self.finish()
                    self.assertEqual(self.activation.state, "process")
                    self.assertIn(self.manager_a, self.get_reports().user_id)
                self.restore()
        self.env.invalidate_all()
        self.assertFalse(self.get_alert(wizard, "letter_problem"))
        self.finish()
        self.env.invalidate_all()
        self.assertEqual(self.activation.state, "active")

    def test_opening_the_steps_reports_a_damaged_file(self):
        with self.damaged() as ways:
            ways[0][1]()
            self.env.invalidate_all()
            self.activation.action_open_wizard()
        self.assertIn(self.manager_a, self.get_reports().user_id)

    def test_who_signs_can_ask_for_the_evidence(self):
        self.activation.action_finish()
        self.activation._check_evidence()
        with self.damaged() as ways:
            for way, damage in ways:
                damage()
                self.env.invalidate_all()
                with self.subTest(way), self.assertRaises(UserError):
                    self.activation._check_evidence()
                self.restore()
        self.env.invalidate_all()
        self.activation._check_evidence()

    def test_a_damaged_file_is_stored_anew_when_it_is_attached_again(self):
        self.overwrite(self.data[:1000])
        self.attach(self.activation, base64.b64encode(self.data))
        with open(self.path, "rb") as file:
            self.assertEqual(file.read(), self.data)
        self.activation._check_evidence()

    def test_a_file_for_which_there_is_no_room_is_refused_and_leaves_nothing(self):
        data = letter_samples.letter_scan(self.activation.letter_code, pages=2)
        sha1 = hashlib.sha1(data).hexdigest()
        path = self.stored._full_path(f"{sha1[:2]}/{sha1}")
        with (
            mute_logger("odoo.addons.base.models.ir_attachment"),
            samples.full_disk(),
            self.assertRaises(UserError),
        ):
            self.attach(self.activation, base64.b64encode(data))
        self.assertFalse(os.path.exists(path))
        self.attach(self.activation, base64.b64encode(data))
        self.addCleanup(os.remove, path)
        self.activation._check_evidence()
