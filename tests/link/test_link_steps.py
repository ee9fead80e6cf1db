"""A linked client walks the three steps at its vendor, and the description of the routes is what is served."""

import base64

from odoo.tests import tagged

from ...const import LINK_PATH, LINK_STEPS, REPRESENTATIVE_FIELDS
from ...controllers import linked_databases
from ...tools import csc
from ...tools.link_openapi import write_document
from ...tools.pdf_check import MAX_SIZE
from ..common import pdf_samples
from ..common.link import LinkHttpCommon, make_invoice
from ..common.walk import REPRESENTATIVE

PROFILE = {
    "street": "Calle 10 # 4-5",
    "city": "Cali",
    "department": "VAC",
    "email": "facturas@panaderia.example.com",
    "phone": "602 555 1234",
}
PERSON = {
    **REPRESENTATIVE,
    "representative_identification_type_id": "national_citizen_id",
    "representative_state_id": "VAC",
}


@tagged("post_install", "-at_install")
class TestLinkSteps(LinkHttpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link, cls.key = cls.make_link()

    def step(self, name, body=None, status=200, key=None):
        answer = self.tell(f"steps/{name}", body, key=key or self.key)
        self.assertEqual(answer.status_code, status, answer.text)
        self.env.invalidate_all()
        return answer.json()

    def get_activation(self):
        client = self.link.sudo().client_id
        return self.env["certificate.activation"].sudo().search([("company_id", "=", client.id)])

    def test_a_linked_client_walks_the_three_steps_and_signs(self):
        found = self.step("status")
        self.assertEqual((found["phase"], found["payment"]["status"]), ("pay", "none"))
        self.assertEqual((found["price"]["total"], found["price"]["currency"]), (119000, "COP"))
        # What was not done yet cannot be skipped, and says so in a sentence.
        for name in ("continue", "letter", "finish"):
            refused = self.step(name, status=403)
            self.assertEqual(refused["reason"], "refused")
            self.assertTrue(refused["error_description"])
        self.step("profile", PROFILE)
        bought = self.step("buy")
        self.assertIn("/payment/pay?invoice_id=", bought["payment_url"])
        activation = self.get_activation()
        invoice = activation.payment_move_id
        # Nothing is bought twice.
        self.step("buy")
        self.assertEqual(self.get_activation().payment_move_id, invoice)
        self.assertEqual(invoice.partner_id, self.link.sudo().client_id.partner_id)
        self.create_invoice_transaction(invoice, "done")._post_process()
        self.assertEqual(self.step("status")["payment"]["status"], "paid")
        for _again in range(2):
            self.assertEqual(self.step("continue")["phase"], "process")
        wrong = self.step(
            "representative", {"representative": {**PERSON, "representative_vat": "1"}}
        )
        self.assertEqual({*wrong["errors"]}, {"representative_vat"})
        right = self.step("representative", {"representative": PERSON})
        self.assertEqual((right["errors"], right["representative"]), ({}, PERSON))
        self.assertEqual({*PERSON}, {*REPRESENTATIVE_FIELDS})
        letter = self.step("letter")
        self.assertTrue(base64.b64decode(letter["letter"]["content"]).startswith(b"%PDF"))
        self.assertEqual(self.step("letter")["letter_code"], letter["letter_code"])
        scan = base64.b64encode(pdf_samples.scan_pdf(2)).decode()
        for bad, status in (
            ({}, 400),
            ({"content": "?"}, 400),
            ({"content": base64.b64encode(b"no PDF").decode()}, 403),
            ({"content": base64.b64encode(b"x" * (MAX_SIZE + 1)).decode()}, 413),
        ):
            self.step("signed-letter", bad, status=status)
        for _again in range(2):
            attached = self.step("signed-letter", {"content": scan, "filename": "carta.pdf"})
            self.assertEqual(attached["signed_letter"]["pages"], 2)
        self.assertIsNone(self.step("signed-letter/delete")["signed_letter"])
        self.step("signed-letter", {"content": scan, "filename": "carta.pdf"})
        for _again in range(2):
            self.assertEqual(self.step("finish")["phase"], "active")
        self.assertEqual(len(self.get_activation()), 1)
        status = self.tell("status", key=self.key).json()["activation"]
        self.assertEqual(status["date_end"], activation.date_end.isoformat())
        body = {
            "credentialID": csc.CREDENTIAL,
            "documents": [
                {
                    "document": base64.b64encode(make_invoice()).decode(),
                    "signature_format": "X",
                }
            ],
        }
        self.assertEqual(self.ask("signatures/signDoc", body, key=self.key).status_code, 200)
        # The history says who it was: the client, by its link.
        client = self.link.sudo().client_id
        entries = self.env["certificate.history"].sudo().search([("company_id", "=", client.id)])
        self.assertEqual({*entries.mapped("actor")}, {"Panadería del Sur SAS (901555444-7)"})

    def test_a_step_is_its_own_companys(self):
        other, key = self.make_link("800123456-5", "Flores SAS")
        mine, theirs = self.step("status"), self.step("status", key=key)
        self.assertNotEqual(mine["activation"], theirs["activation"])
        self.step("profile", {"city": "Tunja"}, key=key)
        self.assertFalse(self.link.sudo().client_id.city)
        other.action_end()
        for name in LINK_STEPS:
            self.assertEqual(self.step(name, status=401, key=key)["reason"], "ended")
            answer = self.tell(f"steps/{name}")
            self.assertEqual((answer.status_code, answer.json()["reason"]), (401, "no_key"))

    def test_no_body_of_a_step_is_answered_with_an_error_of_the_server(self):
        bodies = (
            {"representative": []},
            {"representative": {name: [1] for name in PERSON}},
            {"representative": dict.fromkeys(PERSON, "\x00")},
            {"representative": {"state": "active"}},
            {name: {"a": 1} for name in PROFILE},
            dict.fromkeys(PROFILE, "\u202e" * 1000),
            {"content": 1, "filename": []},
            {"vat": "1", "name": "Otra SAS", "company_id": 1},
        )
        for name in LINK_STEPS:
            for body in bodies:
                with self.subTest(step=name, body=str(body)[:60]):
                    answer = self.tell(f"steps/{name}", body, key=self.key)
                    self.assertLess(answer.status_code, 500, answer.text)
                    self.assertIsInstance(answer.json(), dict)
        client = self.link.sudo().client_id
        self.assertEqual((client.vat, client.name), ("901555444-7", "Panadería del Sur SAS"))

    def test_the_description_has_every_route_and_nothing_else(self):
        document = write_document(LINK_PATH, "1")
        served = {}
        for controller in (
            linked_databases.CertificateSigningService,
            linked_databases.CertificateLinking,
        ):
            for method in vars(controller).values():
                routing = getattr(method, "original_routing", {})
                served |= dict.fromkeys(routing.get("routes", ()), routing)
        description = served.pop("/csc/openapi.json")
        self.assertEqual(description["methods"], ["GET"])
        for path, routing in served.items():
            self.assertEqual(routing["type"], "certificate_link", path)
        catching = {path for path in served if "<path:" in path} | {LINK_PATH}
        self.assertEqual({*document["paths"]}, {*served} - catching)
        self.assertEqual(document["openapi"], "3.1.0")
        ids = [path["post"]["operationId"] for path in document["paths"].values()]
        self.assertEqual(len(ids), len({*ids}))
        # What asks for no key here asks for none there, and the other way round.
        for path, operation in document["paths"].items():
            with self.subTest(path=path):
                answer = self.ask(path)
                self.assertEqual(answer.status_code == 401, bool(operation["post"]["security"]))
                self.assertIn(str(answer.status_code), operation["post"]["responses"])
        self.assertEqual(self.url_open("/csc/openapi.json").json()["paths"], document["paths"])
