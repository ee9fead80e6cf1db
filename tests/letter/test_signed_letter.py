"""The signed letter: what is accepted on every way in, what is kept of it, and who may touch it."""

import base64
import hashlib
import os
from io import BytesIO

from PIL import Image

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import pdf_samples
from ..common.case import CertificateCommon

LIMIT = 1_048_576
FACTS = (
    "signed_letter_filename",
    "signed_letter_size",
    "signed_letter_sha256",
    "signed_letter_pages",
)


def encode(data):
    """Bytes as the web client sends them."""
    return base64.b64encode(data).decode()


def png():
    stream = BytesIO()
    Image.new("RGB", (30, 20), "navy").save(stream, "PNG")
    return stream.getvalue()


def pdf_that_opens(action):
    """A page whose document does something when it is opened."""
    catalog, *others = pdf_samples.ONE_PAGE
    return pdf_samples.raw_pdf(
        (catalog.replace(b" >>", b" /OpenAction << %s >> >>" % action), *others)
    )


@tagged("post_install", "-at_install")
class TestSignedLetter(CertificateCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.walk_to_letter()
        # As an export leaves it: an import finds the record by it.
        cls.env["ir.model.data"].sudo().create(
            {
                "module": "__import__",
                "name": "certificate_activation",
                "model": cls.activation._name,
                "res_id": cls.activation.id,
            }
        )

    def get_stored(self):
        return self.activation.with_context(bin_size=False).signed_letter

    def get_attachments(self):
        return self.get_file(self.activation, "signed_letter")

    def assertNothingStored(self):
        self.assertFalse(self.activation.signed_letter)
        for name in FACTS:
            self.assertFalse(self.activation[name], name)
        self.assertFalse(self.get_attachments())

    # === WAYS IN === #

    def save(self, content):
        self.activation.write({"signed_letter": content, "signed_letter_filename": "a.pdf"})

    def save_wizard(self, content):
        self.wizard.web_save(
            {"signed_letter": content, "signed_letter_filename": content and "a.pdf"},
            {"signed_letter": {}, "signed_letter_size": {}},
        )

    def load(self, content):
        answer = self.activation.load(
            ["id", "signed_letter", "signed_letter_filename"],
            [["__import__.certificate_activation", content, "a.pdf"]],
        )
        if not answer["ids"]:
            raise ValidationError(answer["messages"][0]["message"])

    def test_a_file_of_at_most_one_mebibyte_is_accepted_on_every_way_in(self):
        for way in (self.save, self.save_wizard, self.load):
            for size in (LIMIT - 1, LIMIT):
                content = encode(pdf_samples.padded_pdf(size))
                with self.subTest(way=way.__name__, size=size):
                    way(content)
                    self.assertEqual(self.activation.signed_letter_size, size)
                    self.assertEqual(self.get_stored().decode(), content)
            with self.subTest(way=way.__name__, size=LIMIT + 1):
                with self.assertRaises(ValidationError):
                    way(encode(pdf_samples.padded_pdf(LIMIT + 1)))
                self.assertEqual(self.activation.signed_letter_size, LIMIT)
                self.assertEqual(self.get_stored().decode(), content)
            self.activation.action_delete_signed_letter()

    def test_a_hostile_file_is_refused_on_every_way_in(self):
        page = pdf_samples.text_pdf()
        for kind, data in (
            ("renamed picture", png()),
            ("truncated", page[:-200]),
            ("encrypted", pdf_samples.text_pdf(encrypt="secret")),
            ("JavaScript", pdf_that_opens(b"/S /JavaScript /JS (app.alert(1))")),
            ("program to launch", pdf_that_opens(b"/S /Launch /F (a.exe)")),
            ("eleven pages", pdf_samples.text_pdf(pages=11)),
            ("program before a page", b"MZ" + page),
        ):
            for way in (self.save, self.save_wizard, self.load):
                with self.subTest(kind, way=way.__name__), self.assertRaises(ValidationError):
                    way(encode(data))
        self.assertNothingStored()

    def test_what_is_not_base64_is_refused(self):
        for content in ("%%%", "ñ", "A", b"\xff\xfe", "no base64 at all", 5, 1.5, True, ["x"]):
            with self.subTest(content), self.assertRaises(ValidationError):
                self.save(content)
        self.assertNothingStored()

    def test_an_empty_file_is_refused_and_deletes_nothing(self):
        self.attach(self.activation)
        for way in (self.save, self.save_wizard):
            with self.subTest(way.__name__), self.assertRaises(ValidationError):
                way("")
        self.assertEqual(self.get_stored(), self.scan)

    def test_a_refused_file_leaves_the_one_before(self):
        self.attach(self.activation)
        facts = self.activation.read(FACTS)
        with self.assertRaises(ValidationError):
            self.save(encode(png()))
        self.assertEqual(self.activation.read(FACTS), facts)
        self.assertEqual(self.get_stored(), self.scan)

    def test_a_scan_is_attached_only_in_process(self):
        pay = self.start(self.user_b)
        self.attach(self.activation)
        self.activation.action_finish()
        for activation, user in ((pay, self.user_b), (self.activation, self.user_a)):
            before = activation.read(FACTS)
            wizard = self.get_wizard(activation.action_open_wizard(), user)
            for record in (activation, wizard):
                with (
                    self.subTest(state=activation.state, model=record._name),
                    self.assertRaises(UserError),
                ):
                    record.write({"signed_letter": encode(pdf_samples.text_pdf())})
            self.assertEqual(activation.read(FACTS), before)
        with self.assertRaises(UserError):
            self.activation.write({"signed_letter": False})
        self.assertEqual(self.get_stored(), self.scan)

    def test_a_copy_has_no_scan(self):
        self.attach(self.activation)
        self.activation.action_finish()
        self.env.flush_all()
        copy = self.activation.sudo().copy()
        self.assertEqual(copy.state, "pay")
        for name in ("signed_letter", "letter_code", "certificate_id", "payment_move_id", *FACTS):
            self.assertFalse(copy[name], name)

    # === WHAT IS KEPT === #

    def test_facts_are_kept(self):
        data = pdf_samples.scan_pdf(3)
        self.activation.write(
            {"signed_letter": encode(data), "signed_letter_filename": "Carta señora.pdf"}
        )
        self.assertEqual(
            [self.activation[name] for name in FACTS],
            ["Carta señora.pdf", len(data), hashlib.sha256(data).hexdigest(), 3],
        )
        self.assertEqual(self.get_attachments().mimetype, "application/pdf")
        self.activation.write({"signed_letter": self.scan})
        self.assertTrue(self.activation.signed_letter_filename)
        self.assertEqual(self.activation.signed_letter_pages, 2)

    def test_deleting_leaves_nothing(self):
        for delete in (
            self.activation.action_delete_signed_letter,
            self.wizard.action_delete_signed_letter,
            lambda: self.activation.write({"signed_letter": False}),
            lambda: self.save_wizard(False),
        ):
            self.attach(self.activation)
            delete()
            self.assertNothingStored()
            with self.assertRaises(UserError):
                self.activation.action_finish()
        self.assertTrue(self.activation.letter_code)
        self.activation.action_delete_signed_letter()
        self.assertNothingStored()

    # === PAST THE ACTIVATION === #

    def test_nobody_touches_the_stored_file_past_the_activation(self):
        self.attach(self.activation)
        stored = self.get_attachments()
        field = {
            "res_model": "certificate.activation",
            "res_field": "signed_letter",
            "res_id": self.activation.id,
        }
        file = {"name": "signed_letter", "datas": encode(b"MZ")}
        for user in (self.user_a, self.manager_a, self.system_user):
            attachments = self.env["ir.attachment"].with_user(user)
            by_context = attachments.with_context(
                **{f"default_{name}": value for name, value in field.items()}
            )
            attachment = stored.with_user(user)
            loose = attachments.create({"name": "loose", "raw": b"MZ"})
            for way, method, *arguments in (
                ("create", attachments.create, {**file, **field}),
                ("create by context", by_context.create, file),
                ("write", attachment.write, {"datas": encode(b"MZ")}),
                ("write raw", attachment.write, {"raw": b"MZ"}),
                ("take away", attachment.write, {"res_field": False}),
                ("take to another record", attachment.write, {"res_id": 0}),
                ("bring", loose.write, field),
                ("unlink", attachment.unlink),
                ("copy", attachment.copy),
            ):
                with self.subTest(way, user=user.login), self.assertRaises(AccessError):
                    method(*arguments)
        self.assertEqual(self.get_attachments(), stored)
        self.assertEqual(self.get_stored(), self.scan)

    @mute_logger("odoo.addons.base.models.ir_attachment")
    def test_a_file_that_changed_behind_the_back_is_not_used(self):
        # A file of this test alone: the store keeps equal files once.
        data = pdf_samples.padded_pdf(4567)
        self.attach(self.activation, encode(data))
        stored = self.get_attachments()
        path = stored._full_path(stored.store_fname)
        for change in (
            lambda: self.overwrite(path, b""),
            lambda: self.overwrite(path, data[:-1]),
            lambda: self.overwrite(path, pdf_samples.padded_pdf(4568)),
            lambda: os.remove(path),
            lambda: self.alter_file(stored, pdf_samples.text_pdf("Another letter")),
            lambda: self.alter_file(stored),
        ):
            change()
            self.env.invalidate_all()
            with self.assertRaises(UserError):
                self.activation.action_finish()
            self.assertEqual(self.activation.state, "process")
        self.activation.action_delete_signed_letter()
        self.attach(self.activation)
        self.activation.action_finish()
        self.assertEqual(self.activation.state, "active")

    def overwrite(self, path, data):
        with open(path, "wb") as file:
            file.write(data)

    def test_the_scan_is_of_the_company_alone(self):
        self.attach(self.activation)
        stored = self.get_attachments()
        for user in (self.user_b, self.stranger):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    self.activation.with_user(user).read(["signed_letter"])
                with self.assertRaises(AccessError):
                    stored.with_user(user).read(["datas"])
