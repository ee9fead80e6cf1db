"""Texts, numbers and addresses of any kind: a sentence or the proper status, never an error of the server."""

import inspect
import json
import threading
import time
from unittest.mock import patch

from lxml import html
from psycopg2 import IntegrityError

from odoo import http
from odoo.api import NewId
from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import (
    LETTER_REPORT,
    LINKS_PARAMETER,
    MODULE,
    PORTAL_PATH,
    READING_REPORT,
    REPRESENTATIVE_FIELDS,
    VERIFY_PATH,
)
from ...controllers import portal, verify
from ...models.mixins import input as certificate_input_mixin
from ...tools.letter_pdf import render_letter
from ...tools.rate_limit import RateLimit
from ...tools.text_limits import INTEGER_MAX, TEXT_RULES, is_clean
from ..common.letter_samples import data_uri
from ..common.security import SecurityCommon

TEXTS = ("char", "text", "html")
MARK = "\u202e"  # turns the direction of what follows

ODD = {
    "NUL": "a\x00b",
    "surrogate": "a\ud800b",
    "marks": f"{MARK}a\r\nb\x1b",
    "list": [1, "x"],
    "nested": [[[[]]]],
    "dict": {"a": [1]},
    "true": True,
    "nan": float("nan"),
    "infinity": float("inf"),
    "1e400": "1e400",
    "huge": 10**400,
    "large": 10**12,
    "negative": -5,
    "fraction": 0.1 + 0.2,
    "digits": "٣٤",
    "many digits": "9" * 5000,
    "long": "x" * 300_000,
    "empty": "",
    "none": None,
}
# What a browser can send instead.
SENT = ("\x00", "x" * 3000, "9" * 5000, "-1", "٣", "nan", "", "%00", "\u202e", "\udcff")


@tagged("post_install", "-at_install")
class TestAttacksText(SecurityCommon):
    def setUp(self):
        super().setUp()
        for module in (portal, verify):
            self.startPatcher(patch.object(module, "_misses", RateLimit(limit=9999, seconds=60)))

    # === WHAT THERE IS === #

    def get_written(self):
        """Return the fields of this add-on that a user may write: pairs of a model and a field."""
        for name in sorted(self.env.registry):
            model = self.env[name]
            editable = getattr(model, "_editable_fields", None)
            for field in model._fields.values():
                if MODULE not in field._modules or not (field.store or field.inverse):
                    continue
                if field.name in ("create_date", "write_date", "create_uid", "write_uid"):
                    continue
                if model._abstract or field.readonly or field.groups == NO_ACCESS:
                    continue
                if editable is None or field.name in editable:
                    yield model, field

    def get_samples(self):
        """Return a record of each model that users write, in the environment of a user who may."""
        custodian = self.env(user=self.custodian)
        kind = self.env.ref(f"{MODULE}.document_type_rut").with_env(custodian)
        authority = custodian["certificate.authority"].create({"name": "Autoridad de Prueba"})
        reason = self.env["certificate.reason.wizard"].with_user(self.manager_a)
        invitation = self.env["certificate.portal.invitation"].with_user(self.custodian)
        decision = self.env["electronic.invoicing.decision"].with_user(self.manager_a)
        company = self.seller.with_user(self.admin)
        settings = self.env["res.config.settings"].with_user(self.admin)
        documents = self.env["certificate.request.document"].sudo()
        sale = self.env["certificate.sale.wizard"].with_user(self.admin).sudo()
        asking = self.activation.sudo().copy({"company_id": self.company_b.id, "route": "request"})
        asking.state = "process"
        request = self.env["certificate.request"].sudo().create({"activation_id": asking.id})
        document = documents.create({"request_id": request.id, "document_type_id": kind.id})
        self.wizard.sudo().receipt_id = self.receipt
        self.env["ir.config_parameter"].sudo().set_param(LINKS_PARAMETER, "True")
        vendors = self.env["certificate.link.vendor"].with_user(self.manager_a)
        clients = (
            self.env["certificate.link.client"].with_user(self.custodian).with_company(self.seller)
        )
        clients.action_make_code()
        # (Nobody writes the wizard of somebody else.)
        users = {self.wizard: self.user_a}
        records = [
            *(record.with_user(users.get(record, self.manager_a)) for record in self.records),
            kind,
            authority,
            authority.requirement_ids[:1],
            self.env.ref(f"{MODULE}.certificate_trust_anchor_certicamara").with_user(self.admin),
            reason.create({"reason": "x"}),
            invitation.create({"activation_id": self.activation.id}),
            decision._trusted().create({"setup_id": self.setup.id, "decision": "reset"}),
            company,
            settings.create({}),
            request.with_user(self.user_b),
            document.with_user(self.user_b),
            custodian["certificate.issue.wizard"].create({"request_id": request.id}),
            sale.create({"company_id": self.seller.id, "page": "seller"}).with_user(self.admin),
            self.env["certificate.evidence.wizard"].with_user(self.manager_a).create({}),
            vendors.browse(vendors.with_company(self.company_a).action_begin()["res_id"]),
            clients.search([], limit=1),
        ]
        return {record._name: record for record in records}

    # === TEXTS === #

    def test_every_text_that_is_written_has_a_limit(self):
        missing = [
            str(field)
            for _model, field in self.get_written()
            if field.type in TEXTS and not certificate_input_mixin._get_text_rule(field)
        ]
        self.assertFalse(missing)
        for model, rules in TEXT_RULES.items():
            for name in rules:
                self.assertIn(self.env[model]._fields[name].type, TEXTS, (model, name))
                # It would cut what was typed, and say nothing.
                self.assertFalse(getattr(self.env[model]._fields[name], "size", None))

    def test_every_model_that_is_written_examines_what_it_is_given(self):
        for model, field in self.get_written():
            self.assertTrue(hasattr(model, "_clean_input"), field)

    def test_a_text_that_is_too_long_is_refused_everywhere(self):
        records = self.get_samples()
        tried = set()
        for model, field in self.get_written():
            if field.type not in TEXTS:
                continue
            rule = certificate_input_mixin._get_text_rule(field)
            record = records[model._name]
            text = "x" * (rule.limit + 1)
            tried.add(model._name)
            if field.name.endswith("filename"):
                continue  # cut
            with self.subTest(field=str(field)):
                with self.assertRaises(ValidationError), self.env.cr.savepoint():
                    record.write({field.name: text})
                if not getattr(record, "_editable_fields", None):
                    with self.assertRaises(ValidationError), self.env.cr.savepoint():
                        record.create({field.name: text})
                # In sudo mode as well, in which the portal writes.
                with self.assertRaises(ValidationError), self.env.cr.savepoint():
                    record.sudo().write({field.name: text})
        # Of a request the custodian writes one text, by a dialog, which writes it in sudo mode.
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            records["certificate.request"].sudo().observation = "x" * 1001
        self.assertLessEqual(TEXT_RULES.keys(), tried | {"certificate.request"})

    def test_a_translation_is_a_text_as_well(self):
        kind = self.env.ref(f"{MODULE}.document_type_rut").with_user(self.custodian)
        with self.assertRaises(ValidationError):
            kind.update_field_translations("name", {"en_US": "x" * 101})

    def test_the_wizard_says_it_at_the_field(self):
        """Before anything is saved, whether or not the letter was asked for."""
        wizard = self.wizard.with_user(self.user_a)
        spec = {name: {} for name in ("representative_position", "field_errors")}
        answer = wizard.onchange(
            {"representative_position": "x" * 200_000}, ["representative_position"], spec
        )
        errors = answer["value"]["field_errors"]
        self.assertEqual(list(errors), ["representative_position"])
        with self.assertRaises(ValidationError):
            wizard.web_save({"representative_position": "x" * 200_000}, {})

    def test_nothing_unseen_is_stored(self):
        activation = self.activation.with_user(self.user_a)
        activation.write(
            {
                "representative_position": f" {MARK}Gerente\x00\r\ngeneral\t ",
                "representative_vat": "52.123.456\u202c",
                "representative_phone": 3001234567,
            }
        )
        self.assertEqual(activation.representative_position, "Gerente general")
        self.assertEqual(activation.representative_vat, "52123456")
        self.assertEqual(activation.representative_phone, "3001234567")

    def test_a_file_keeps_its_name_and_nothing_else(self):
        self.activation._void_letter("other")
        for name, expected in (
            (f"a{MARK}\r\nSet-Cookie: x/../y", "a Set-Cookie: x-..-y.pdf"),
            ("CARTA.PDF", "CARTA.PDF"),
        ):
            with self.subTest(name):
                self.activation.write({"signed_letter_filename": name})
                self.assertEqual(self.activation.signed_letter_filename, expected)
        self.activation.write({"signed_letter_filename": "x" * 300 + ".PDF"})
        self.assertTrue(self.activation.signed_letter_filename.endswith("x.PDF"))

    # === VALUES === #

    def test_odd_values_are_stored_sanely_or_refused_with_a_sentence(self):
        records = self.get_samples()
        self.env.flush_all()
        for model, field in self.get_written():
            record = records[model._name]
            for name, value in ODD.items():
                with self.subTest(field=str(field), value=name):
                    self.try_write(record, field, value)

    def try_write(self, record, field, value):
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            with mute_logger("odoo.sql_db"):
                record.write({field.name: value})
                self.env.flush_all()
            self.env.invalidate_all()
            self.check_stored(record, field)
        except (UserError, IntegrityError) as error:
            # (Odoo makes a sentence of what a constraint of the table says.)
            self.assertTrue(str(error).strip())
        finally:
            self.env.clear()
            savepoint.close(rollback=True)

    def check_stored(self, record, field):
        stored = record.sudo()[field.name]
        if field.type == "char" and stored:
            self.assertTrue(is_clean(stored))
        if field.type == "integer":
            self.assertLessEqual(abs(stored), INTEGER_MAX)
        if field.type in ("float", "monetary"):
            self.assertLess(abs(stored), 10**16)

    def test_odd_values_of_a_form_that_is_not_saved(self):
        samples = self.get_samples()
        for model in (self.wizard, self.setup, self.receipt, self.resolution):
            record = samples[model._name]
            for name in record._editable_fields:
                if record._fields[name].type == "binary":
                    continue
                for key in ("list", "dict", "true", "huge", "nan", "digits", "surrogate"):
                    with self.subTest(record=record._name, field=name, value=key):
                        try:
                            record.onchange({name: ODD[key]}, [name], {name: {}})
                        except UserError:
                            continue

    def test_one_call_writes_only_so_much(self):
        kinds = self.env["certificate.document.type"].with_user(self.custodian)
        with self.assertRaises(UserError):
            kinds.create([{"name": "x"}] * 2001)
        with self.assertRaises(UserError):
            kinds.browse(range(1, 2002)).write({"name": "x"})

    def test_a_form_is_told_of_records_that_are_new(self):
        """Odoo's own forms send ids of rows that are not stored yet."""
        authority = self.env["certificate.authority"].with_user(self.custodian)
        values = authority._clean_input(
            {"requirement_ids": [[0, "virtual_5", {}], [1, 7, {}], [4, 7], [6, 0, [7]], [5]]}
        )
        self.assertEqual(len(values["requirement_ids"]), 5)
        new = self.env["certificate.request.document"]
        values = {"document_type_id": NewId(origin=1)}
        self.assertEqual(new._clean_input(values), values)

    # === LETTER === #

    def test_one_text_of_somebody_else_does_not_stop_the_server(self):
        """Other applications write the companies' contacts: no limit of this add-on is there."""
        partner = self.company_a.sudo().partner_id
        for values in (
            {"city": "x" * 1_000_000},
            {"street": "Calle 1\r\nbis"},
            {"street": f"Calle {MARK}1"},
            {"name": "x" * 300},
        ):
            with self.subTest(field=list(values)), self.env.cr.savepoint() as savepoint:
                partner.write(values)
                started = time.monotonic()
                with self.assertRaises(ValidationError) as refused:
                    self.activation.with_user(self.user_a).action_download_letter()
                (name,) = values
                self.assertIn(f"company_{name}", str(refused.exception))
                with self.assertRaises(UserError):
                    self.activation._render_letter()
                self.assertLess(time.monotonic() - started, 10)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_slow_letter_holds_up_nobody_else(self):
        letters = []
        slow = threading.Thread(
            target=lambda: self.assertRaises(
                ValueError, render_letter, f"<p>{'x' * 390_000}</p>", "A"
            )
        )
        slow.start()
        letters.append(render_letter("<p>Hola</p>", "B"))
        self.assertTrue(slow.is_alive())
        slow.join()
        self.assertTrue(letters[0].startswith(b"%PDF"))

    def test_a_text_of_the_lender_that_cannot_be_laid_out_is_not_kept(self):
        company = self.seller.with_user(self.admin)
        text = company._get_default_letter_text()
        bomb = data_uri("PNG", (3000, 3000))
        # What Odoo's sanitizer makes of these can be laid out.
        for more in (f"<p>{'x' * 40_000}</p>", "<div>" * 3000 + "x"):
            with self.subTest(more[:30]), mute_logger("odoo.tools.mail"):
                company.write({"certificate_letter_html": text + more})
                self.assertTrue(company._render_letter_example())
        for more in (
            f'<img src="{bomb}"/>' * 2,
            "<" * 100_000,
            "<!--" * 40_000,
            f"<p>{'{{ company_street }} {{ date }} ' * 6000}</p>",
        ):
            with (
                self.subTest(more[:30]),
                self.assertRaises(UserError),
                self.env.cr.savepoint(),
                mute_logger("odoo.tools.mail"),
            ):
                company.write({"certificate_letter_html": text + more})

    # === ROUTES === #

    def get_routes(self):
        """Return each route of this add-on: its address, methods and the parameters that it takes."""
        routes = []
        for rule in self.env["ir.http"].routing_map().iter_rules():
            endpoint = getattr(rule.endpoint, "func", rule.endpoint)
            # Those of the payment are Odoo's own, with its converters.
            own = f"odoo.addons.{MODULE}."
            if endpoint.__module__.startswith(own) and not endpoint.__module__.endswith(".payment"):
                parameters = inspect.signature(endpoint.original_endpoint).parameters
                names = [name for name in parameters if name not in ("self", "_kwargs")]
                names += REPRESENTATIVE_FIELDS if "values" in names else ()
                methods = (rule.methods or {"GET", "POST"}) & {"GET", "POST"}
                routes.append((rule.rule, methods, [*names, "files", "file"], rule.arguments))
        self.assertGreater(len(routes), 15)
        return routes

    def enter(self):
        """Be the invited contact in this browser."""
        partner = self.company_a.partner_id.sudo()
        partner.email = "maria@example.com"
        _access, link = self.activation.with_user(self.custodian)._invite(partner)
        data = {"csrf_token": http.Request.csrf_token(self), "access_token": link}
        answer = self.url_open(
            f"{PORTAL_PATH}/{self.activation.id}/open", data=data, allow_redirects=False
        )
        self.assertEqual(answer.status_code, 303)
        # An opened link begins another session, to which the next forms belong.
        self.session.sid = answer.cookies["session_id"]

    def get_address(self, rule, arguments, value=None):
        """Fill in an address: with a right value, or with the given one."""
        right = {
            "code": "AAAA",
            "company_id": self.seller.id,
            "activation_id": self.activation.id,
            "wizard_id": 1,
            "rest": "x",
        }
        for name in arguments:
            for kind in ("record_id:", "path:", "int:", ""):
                filled = right[name] if value is None else value
                rule = rule.replace(f"<{kind}{name}>", str(filled))
        return rule

    def ask(self, method, address, **options):
        if method == "POST":
            token = {"csrf_token": http.Request.csrf_token(self)}
            options["data"] = {**options.get("data", {}), **token}
        with mute_logger("odoo.http", "werkzeug"):
            return self.url_open(address, method=method, allow_redirects=False, **options)

    def test_every_route_takes_every_value(self):
        self.log_in(self.admin)
        self.enter()
        for rule, methods, names, arguments in self.get_routes():
            for value in ("0", "-1", "2147483648", "9" * 5000, "٣", "%00", "nan", "%ED%A0%80"):
                address = self.get_address(rule, arguments, value)
                for method in methods if arguments else ():
                    with self.subTest(method=method, address=address[:80]):
                        self.assertLess(self.ask(method, address).status_code, 500)
            address = self.get_address(rule, arguments)
            for method in methods:
                for value in SENT:
                    sent = value.encode("utf-8", "surrogateescape")
                    values = dict.fromkeys(names, sent)
                    options = {"data": values} if method == "POST" else {"params": values}
                    with self.subTest(method=method, address=address, value=value[:10]):
                        self.assertLess(self.ask(method, address, **options).status_code, 500)
                if method == "POST":
                    files = [(name, (f"{MARK}a\r\n.pdf", b"MZ")) for name in names]
                    with self.subTest(address=address, value="file"):
                        self.assertLess(self.ask(method, address, files=files).status_code, 500)

    def test_every_answer_is_kept_by_nobody_and_framed_by_nobody(self):
        self.log_in(self.admin)
        self.enter()
        for rule, methods, _names, arguments in self.get_routes():
            for method in methods:
                address = self.get_address(rule, arguments)
                with self.subTest(method=method, address=address):
                    self.check_headers(self.ask(method, address))
        self.check_headers(self.ask("GET", f"{VERIFY_PATH}/unknown"))
        self.check_headers(self.ask("POST", f"{PORTAL_PATH}/999999/verify"))

    def test_files_by_routes_of_odoo_as_well(self):
        self.log_in(self.manager_a)
        activation = self.activation
        file = self.get_file(activation, "signed_letter")
        addresses = [
            f"/web/content/{activation._name}/{activation.id}/signed_letter",
            f"/web/content/{file.id}?unique=1",
            f"/web/image/{file.id}",
            f"/web/content/{self.receipt._name}/{self.receipt.id}/receipt",
            f"/report/pdf/{LETTER_REPORT}/{activation.id}",
            f"/report/html/{LETTER_REPORT}/{activation.id}",
            f"/report/pdf/{READING_REPORT}/{activation.id}",
        ]
        for address in addresses:
            with self.subTest(address):
                answer = self.ask("GET", address)
                self.assertEqual(answer.status_code, 200)
                self.check_headers(answer)
        data = json.dumps([f"/report/pdf/{LETTER_REPORT}/{activation.id}", "qweb-pdf"])
        self.check_headers(self.ask("POST", "/report/download", data={"data": data}))
        # And nothing of what is not this add-on's.
        headers = self.ask("GET", "/web/login").headers
        self.assertNotIn("frame-ancestors 'none'", headers.get("Content-Security-Policy", ""))

    def test_the_portal_keeps_what_was_typed(self):
        self.authenticate(None, None)
        self.enter()
        before = self.activation.representative_position
        long = "Gerente " * 50
        values = dict.fromkeys(REPRESENTATIVE_FIELDS, "")
        answer = self.ask(
            "POST",
            f"{PORTAL_PATH}/{self.activation.id}/representative",
            data={**values, "representative_name": "Otra", "representative_position": long},
        )
        self.assertEqual(answer.status_code, 422)
        page = html.fromstring(answer.text)
        (field,) = page.xpath("//input[@name='representative_position']")
        self.assertEqual(field.get("value"), long)
        self.assertEqual(field.get("aria-invalid"), "true")
        self.assertIsNone(field.get("maxlength"))
        (message,) = page.xpath("//*[@id='representative_position_error']")
        self.assertTrue(message.text_content().strip())
        (field,) = page.xpath("//input[@name='representative_name']")
        self.assertEqual((field.get("value"), field.get("aria-invalid")), ("Otra", None))
        self.activation.invalidate_recordset()
        self.assertEqual(self.activation.representative_position, before)
