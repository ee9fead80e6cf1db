"""Every way in for a file: the limit of its size, and that this process never reads it."""

import base64
from datetime import timedelta
from unittest.mock import Mock, patch

import pypdf

from odoo import fields
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_attachment import IrAttachment

from ..common import pdf_samples
from ..common.security import ACTIVATION, SecurityCommon

LIMIT = 1_048_576


@tagged("post_install", "-at_install")
class TestUpload(SecurityCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.certificate_accept_receipts = True
        walk = cls.get_walk()
        action = cls.env[ACTIVATION].with_user(cls.user_b).action_open_wizard()
        buyer = walk.get_wizard(action, cls.user_b)
        # A file of each kind: its record, its field, and the wizard of its user.
        cls.targets = (
            (cls.activation, "signed_letter", cls.wizard),
            (buyer.receipt_id, "receipt", buyer),
        )
        cls.keys = {}
        for record, name, _wizard in cls.targets:
            user = record.env.user
            record.write({name: cls.scan})
            cls.keys[user] = (
                cls.env["res.users.apikeys"]
                .with_user(user)
                ._generate("rpc", "test", fields.Datetime.now() + timedelta(hours=1))
            )
            # As an export leaves it: an import finds the record by it.
            cls.env["ir.model.data"].create(
                {"module": "__import__", "name": name, "model": record._name, "res_id": record.id}
            )
        cls.files = {
            size: base64.b64encode(pdf_samples.padded_pdf(size)).decode()
            for size in (LIMIT - 1, LIMIT, LIMIT + 1)
        }

    def post(self, user, model, method, **params):
        """Call a method over JSON-2, and return the status of HTTP."""
        with mute_logger("odoo.http"):
            return self.url_open(
                f"/json/2/{model}/{method}",
                json=params,
                headers={"Authorization": f"bearer {self.keys[user]}"},
            ).status_code

    def is_accepted(self, user, record, method, *args):
        """Call a method over JSON-RPC; False when the file is refused as one."""
        try:
            with mute_logger("odoo.http"):
                answer = self.call(user, record, method, *args)
        except JsonRpcException as error:
            self.assertEqual(str(error), "odoo.exceptions.ValidationError")
            return False
        if method == "load" and not answer["ids"]:
            self.assertEqual(answer["messages"][0]["type"], "error")
            return False
        return True

    def get_ways(self, record, name, wizard):
        """Return each way in: a function of base64 that says whether it was accepted."""
        user, ids = record.env.user, record.ids

        def write(content):
            return self.is_accepted(user, record, "write", {name: content})

        def web_save(content):
            return self.is_accepted(user, record, "web_save", {name: content}, {"id": {}})

        def wizard_write(content):
            return self.is_accepted(user, wizard, "write", {name: content})

        def wizard_web_save(content):
            return self.is_accepted(user, wizard, "web_save", {name: content}, {"id": {}})

        def load(content):
            return self.is_accepted(
                user, record._name, "load", ["id", name], [[f"__import__.{name}", content]]
            )

        def json_2_write(content):
            status = self.post(user, record._name, "write", ids=ids, vals={name: content})
            self.assertIn(status, (200, 422))
            return status == 200

        def json_2_web_save(content):
            values = {"vals": {name: content}, "specification": {"id": {}}}
            status = self.post(user, record._name, "web_save", ids=ids, **values)
            self.assertIn(status, (200, 422))
            return status == 200

        return write, web_save, wizard_write, wizard_web_save, load, json_2_write, json_2_web_save

    def get_stored(self, record, name):
        self.env.invalidate_all()
        return record.with_context(bin_size=False)[name].decode()

    def test_the_limit_is_one_mebibyte_on_every_way_in(self):
        for record, name, wizard in self.targets:
            for way in self.get_ways(record, name, wizard):
                with self.subTest(model=record._name, way=way.__name__):
                    for size in (LIMIT - 1, LIMIT):
                        self.assertTrue(way(self.files[size]))
                        self.assertEqual(record[f"{name}_size"], size)
                        self.assertEqual(self.get_stored(record, name), self.files[size])
                    self.assertFalse(way(self.files[LIMIT + 1]))
                    self.assertEqual(self.get_stored(record, name), self.files[LIMIT])

    def test_no_file_of_any_size_comes_past_its_record(self):
        attachments = self.env["ir.attachment"].sudo()
        for record, name, _wizard in self.targets:
            user = record.env.user
            location = {"res_model": record._name, "res_field": name, "res_id": record.id}
            domain = [(key, "=", value) for key, value in location.items()]
            stored = attachments.search(domain)
            self.assertEqual(len(stored), 1)
            for size, content in self.files.items():
                loose = (
                    attachments.with_user(user).sudo(False).create({"name": "x", "datas": content})
                )
                with self.subTest(model=record._name, size=size), self.unchanged():
                    file = {"name": "x.pdf", "datas": content}
                    for target, method, args, params in (
                        (attachments, "create", [{**file, **location}], "vals_list"),
                        (stored, "write", [{"datas": content}], "vals"),
                        (loose, "write", [location], "vals"),
                    ):
                        ids = {"ids": target.ids} if target else {}
                        values = {params: args if params == "vals_list" else args[0]}
                        with self.refused():
                            self.call(user, target or "ir.attachment", method, *args)
                        status = self.post(user, "ir.attachment", method, **ids, **values)
                        self.assertEqual(status, 403)
                self.env.invalidate_all()
                self.assertEqual(attachments.search(domain), stored)

    def test_this_process_never_reads_an_uploaded_file(self):
        read = Mock(side_effect=AssertionError("The file was read in Odoo's process."))
        content = self.files[LIMIT]
        with (
            patch.object(pypdf.PdfReader, "__init__", read),
            # Where Odoo's search in documents parses what is attached.
            patch.object(IrAttachment, "_index", read),
        ):
            for record, name, wizard in self.targets:
                for way in self.get_ways(record, name, wizard):
                    with self.subTest(model=record._name, way=way.__name__):
                        self.assertTrue(way(content))
                field = f"/web/content/{record._name}/{record.id}/{name}"
                self.log_in(record.env.user)
                for address in (field, f"{field}?download=1"):
                    response = self.url_open(address)
                    self.assertEqual(response.content, base64.b64decode(content))
                    self.assertEqual(response.headers["Content-Type"], "application/pdf")
            self.call(self.user_a, self.activation, "action_finish")
        self.assertEqual(self.get_stored(self.activation, "signed_letter"), content)
