"""The service that makes a PDF from large scans and photos: for which users, from which files, and
storing nothing.
"""

import base64
import io

from PIL import Image

from odoo import http
from odoo.exceptions import AccessError
from odoo.sql_db import db_connect
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ...tools.pdf_check import MAX_SIZE, check_pdf
from ...tools.pdf_shrink import CODES, MAX_INPUT
from ..common import pdf_samples
from ..common.case import CertificateCommon


def photo():
    file = io.BytesIO()
    Image.effect_noise((600, 800), 60).convert("RGB").save(file, "JPEG", quality=95)
    return file.getvalue()


@tagged("post_install", "-at_install")
class TestPdfConversion(CertificateCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.activation = cls.get_walk().get_processing()

    def convert(self, *files, user=None, record=None, csrf=True, **values):
        """Post files as the browser does, and return the response."""
        record = record if record is not None else self.activation
        user = user or self.user_a
        if user != self.env.ref("base.public_user"):
            self.authenticate(user.login, user.login)
        else:
            self.authenticate(None, None)
        data = {"model": record._name, "res_id": record.id, **values}
        if csrf:
            data["csrf_token"] = http.Request.csrf_token(self)
        uploads = [("files", (f"{number}.pdf", data)) for number, data in enumerate(files)]
        return self.url_open(
            "/certificate/pdf", data=data, files=uploads or [("none", b"")], allow_redirects=False
        )

    def assertRefused(self, response, status):
        self.assertEqual(response.status_code, status)
        answer = response.json()
        self.assertTrue(answer["error"])
        self.assertNotIn("pdf", answer)
        return answer

    def count_stored(self):
        self.env.invalidate_all()
        return (
            self.env["ir.attachment"].sudo().search_count([]),
            self.activation.signed_letter_size,
        )

    def test_a_large_scan_and_a_photo_become_a_pdf_that_can_be_attached(self):
        stored = self.count_stored()
        scan = pdf_samples.padded_pdf(MAX_SIZE + 1, pdf_samples.scan_pdf(2))
        response = self.convert(scan, photo())
        self.assertEqual(response.status_code, 200)
        answer = response.json()
        data = base64.b64decode(answer["pdf"])
        self.assertEqual((check_pdf(data).pages, check_pdf(data).size), (3, answer["size"]))
        self.assertEqual(self.count_stored(), stored)
        self.attach(self.activation, answer["pdf"])
        self.assertEqual(self.activation.signed_letter_pages, 3)

    def test_a_receipt_gets_it_too(self):
        self.seller.sudo().certificate_accept_receipts = True
        receipt = self.start(self.user_b)._get_receipt()
        self.assertTrue(receipt)
        response = self.convert(photo(), user=self.user_b, record=receipt)
        self.assertEqual(response.status_code, 200)

    def test_only_who_may_attach_the_file_gets_it(self):
        for user in (self.user_b, self.stranger):
            with self.subTest(user.login):
                self.assertRefused(self.convert(photo(), user=user), 403)
        portal = self.env["res.users"].create(
            {
                "name": "Portal",
                "login": "certificate_portal",
                "password": "certificate_portal",
                "group_ids": [(6, 0, self.env.ref("base.group_portal").ids)],
            }
        )
        self.assertRefused(self.convert(photo(), user=portal), 403)
        # Nobody is sent to log in.
        response = self.convert(photo(), user=self.env.ref("base.public_user"))
        self.assertEqual(response.status_code, 303)
        with self.assertRaises(AccessError):
            self.activation.with_user(self.user_b)._make_pdf([photo()])

    def test_a_finished_activation_takes_no_file(self):
        self.activation.action_download_letter()
        self.attach(self.activation)
        self.activation.action_finish()
        self.assertRefused(self.convert(photo()), 403)

    def test_other_records_take_none(self):
        self.assertRefused(self.convert(photo(), record=self.env.company.partner_id), 404)
        for values in (
            {"model": "no.such.model"},
            {"model": ""},
            {"res_id": "0"},
            {"res_id": "-1"},
            {"res_id": "9" * 40},
            {"res_id": "x"},
            {"res_id": ""},
        ):
            with self.subTest(values):
                self.assertRefused(self.convert(photo(), **values), 404)
        self.assertRefused(self.convert(photo(), res_id="999999999"), 403)

    @mute_logger("odoo.http")
    def test_a_form_of_another_site_is_refused(self):
        self.assertEqual(self.convert(photo(), csrf=False).status_code, 400)
        response = self.convert(photo(), csrf_token="forged", csrf=False)
        self.assertEqual(response.status_code, 400)

    def test_what_cannot_be_converted_is_refused_with_a_sentence(self):
        encrypted = pdf_samples.text_pdf(encrypt="secret")
        for position, files in (
            (None, ()),
            (None, [photo()] * 11),
            (0, [b"MZ"]),
            (0, [b""]),
            (0, [b"%PDF-1.7 and nothing else"]),
            (1, [photo(), encrypted]),
        ):
            with self.subTest(position=position, count=len(files)):
                answer = self.assertRefused(self.convert(*files), 422)
                self.assertEqual(answer["position"], position)
        self.assertLessEqual({*CODES}, {*self.activation._get_pdf_refusals()})

    @mute_logger("odoo.http")
    def test_too_much_is_refused_before_it_is_read(self):
        self.assertRefused(self.convert(bytes(MAX_INPUT)[:-9], b"%PDF-1.7 %"), 422)
        self.assertEqual(self.convert(bytes(MAX_INPUT), bytes(200_000)).status_code, 413)

    def test_one_at_a_time_for_each_user(self):
        lock = "SELECT pg_advisory_xact_lock(hashtext('res.users'), %s)"
        # Another connection, as another worker has.
        with db_connect(self.env.cr.dbname).cursor() as cr:
            cr.execute(lock, [self.user_a.id])
            self.assertRefused(self.convert(photo()), 429)
            self.assertEqual(self.convert(photo(), user=self.manager_a).status_code, 200)
        self.assertEqual(self.convert(photo()).status_code, 200)
