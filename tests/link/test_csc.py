"""A linked client has documents signed by the API of the Cloud Signature Consortium; and nobody else does."""

import base64
import hashlib
import json
import logging
from contextlib import contextmanager
from unittest.mock import patch

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.keys import custody
from ...models.link.client import CertificateLinkClient
from ...tools import csc, xades
from ...tools.link_token import make_token
from ..common.link import DATABASE, LinkHttpCommon, make_invoice

LOG = "certificate.signature.log"
ANSWER = "certificate.link.answer"


def ask_for(document, **values):
    """Return the request to sign a document."""
    asked = {
        "document": base64.b64encode(document).decode(),
        "signature_format": "X",
        "conformance_level": "AdES-B-B",
        "signAlgo": csc.RSA,
    }
    return {"credentialID": csc.CREDENTIAL, "documents": [{**asked, **values}]}


@tagged("post_install", "-at_install")
class TestCsc(LinkHttpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link, cls.key = cls.make_link()
        cls.activation = cls.activate(cls.link)
        cls.document = make_invoice()

    # === STEPS === #

    def sign(self, document=None, key=None, **options):
        return self.ask(
            "signatures/signDoc", ask_for(document or self.document), key=key or self.key, **options
        )

    def sign_hash(self, digest, **values):
        body = {
            "credentialID": csc.CREDENTIAL,
            "hashes": [base64.b64encode(digest).decode()],
            "hashAlgorithmOID": csc.SHA256,
            "signAlgo": csc.RSA,
            **values,
        }
        return self.ask("signatures/signHash", body, key=self.key)

    def get_rows(self):
        return self.env[LOG].sudo().search([("lender_id", "=", self.seller.id)])

    def assertRefused(self, answer, status, reason):
        self.assertEqual((answer.status_code, answer.json()["reason"]), (status, reason))
        self.assertEqual({*answer.json()}, {"error", "error_description", "reason"})
        self.assertTrue(answer.json()["error_description"])
        self.assertNotIn("Traceback", answer.text)
        self.assertEqual(answer.headers["Content-Type"].partition(";")[0], "application/json")
        return answer

    @contextmanager
    def unsigned(self):
        """Nothing is signed meanwhile."""
        rows = self.get_rows()
        yield
        self.assertEqual(self.get_rows(), rows)

    # === WHAT IS ANSWERED === #

    def test_a_document_of_the_client_is_signed_and_logged_first(self):
        answer = self.sign()
        self.assertEqual(answer.status_code, 200, answer.text)
        (signed,) = answer.json()["DocumentWithSignature"]
        signed = base64.b64decode(signed)
        facts = xades.verify(signed)
        self.assertEqual((facts.document, facts.role), ("Invoice", "third party"))
        row = self.get_rows()
        self.assertEqual(len(row), 1)
        self.assertEqual(row.company_id, self.link.sudo().client_id)
        self.assertEqual((row.document_type, row.document_name), ("Invoice", "SETP990000001"))
        self.assertEqual(row.document_digest, hashlib.sha256(self.document).hexdigest())
        self.assertEqual(row.signature_digest, hashlib.sha256(signed).hexdigest())
        self.assertEqual(answer.json()["log"], {"number": row.position, "seal": row.hash})
        self.assertEqual(row.outcome, "kept")
        kept = self.link.answer_ids
        self.assertEqual((kept.document_name, kept.log_id), ("SETP990000001", row))
        self.assertTrue(kept.address)
        self.link.invalidate_recordset()
        self.assertTrue(self.link.last_used_on)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        # The vendor's custodian sees it, and checks it with the rest.
        log = self.env[LOG].with_user(self.vendor_manager)
        self.assertIn(row, log.search([]))
        self.assertFalse(log._find_breaks(row.company_id))

    def test_the_same_document_is_signed_once(self):
        first = self.sign().json()
        self.assertEqual(self.sign().json(), first)
        self.assertEqual(len(self.get_rows()), 1)
        # What was signed is no secret of the link that ended: it is not given out to another one.
        other, key = self.make_link("800123456-5", "Flores SAS")
        self.activate(other)
        self.assertRefused(self.sign(key=key), 403, "other_nit")
        # Another document, of which nothing but the number differs, is another one.
        self.assertNotEqual(self.sign(make_invoice(number="SETP990000002")).json(), first)
        self.assertEqual(len(self.get_rows()), 2)

    def test_each_kind_of_document_is_signed(self):
        for kind in xades.DOCUMENTS:
            with self.subTest(kind=kind):
                answer = self.sign(make_invoice(kind=kind, number=kind))
                self.assertEqual(answer.status_code, 200, answer.text)
                signed = base64.b64decode(answer.json()["DocumentWithSignature"][0])
                self.assertEqual(xades.verify(signed).document, kind)

    def test_the_service_describes_itself(self):
        info = self.ask("info").json()
        self.assertEqual((info["specs"], info["authType"]), ("2.0.0.2", ["external"]))
        self.assertLessEqual({"signatures/signDoc", "credentials/info"}, {*info["methods"]})
        found = self.ask("credentials/list", {"credentialInfo": True}, key=self.key).json()
        self.assertEqual(found["credentialIDs"], [csc.CREDENTIAL])
        body = {"credentialID": csc.CREDENTIAL, "certificates": "chain", "certInfo": True}
        facts = self.ask("credentials/info", body, key=self.key).json()
        certificate = custody.load_certificate(self.activation.certificate_id)
        self.assertEqual(base64.b64decode(facts["cert"]["certificates"][0]), certificate.der)
        self.assertEqual(facts["cert"]["serialNumber"], f"{certificate.serial_number:x}")
        self.assertEqual((facts["SCAL"], facts["multisign"]), ("1", 1))
        self.assertIn(csc.RSA, facts["key"]["algo"])
        for unknown in ({}, [], "all", None, 1):
            answer = self.ask("credentials/info", {**body, "certificates": unknown}, key=self.key)
            self.assertEqual(len(answer.json()["cert"]["certificates"]), 1)
        for wrong in (None, "", "other", ["lent"], 1):
            answer = self.ask("credentials/info", {"credentialID": wrong}, key=self.key)
            self.assertRefused(answer, 400, "credential")

    def test_a_hash_is_signed_where_the_vendor_allows_it(self):
        digest = hashlib.sha256(b"whatever").digest()
        with self.unsigned():
            self.assertRefused(self.sign_hash(digest), 403, "blind")
        self.link.allows_hashes = True
        answer = self.sign_hash(digest)
        self.assertEqual(answer.status_code, 200, answer.text)
        signature = base64.b64decode(answer.json()["signatures"][0])
        key = custody.load_certificate(self.activation.certificate_id).public_key()
        key.verify(signature, digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
        row = self.get_rows()
        self.assertEqual((row.document_type, row.document_digest), ("Hash", digest.hex()))
        # In the words of version 1, as pyHanko asks.
        body = {
            "credentialID": csc.CREDENTIAL,
            "SAD": "x",
            "hash": [base64.b64encode(digest).decode()],
            "hashAlgo": csc.SHA256,
            "signAlgo": csc.RSA_SHA256,
        }
        again = self.ask("/csc/v1/signatures/signHash", body, key=self.key)
        self.assertEqual(again.json(), answer.json())
        for values, reason in (
            ({"hashes": []}, "hash"),
            ({"hashes": ["?"]}, "hash"),
            ({"hashes": [base64.b64encode(b"short").decode()]}, "hash"),
            ({"hashes": [base64.b64encode(digest).decode()] * 2}, "one_document"),
            ({"hashAlgorithmOID": "1.3.14.3.2.26"}, "algorithm"),
            ({"signAlgo": "1.2.840.10045.4.3.2"}, "algorithm"),
            ({"signAlgo": ["x"]}, "algorithm"),
        ):
            with self.subTest(values=values), self.unsigned():
                self.assertRefused(self.sign_hash(digest, **values), 400, reason)

    # === ATTACKS === #

    def test_the_key_of_another_link_signs_nothing_of_this_client(self):
        other, key = self.make_link("800123456-5", "Flores SAS")
        with self.unsigned():
            # Before it has anything to sign with, and after.
            self.assertRefused(self.sign(make_invoice("800123456"), key=key), 403, "no_certificate")
            self.activate(other)
            self.assertRefused(self.sign(key=key), 403, "other_nit")
        self.assertEqual(self.sign(make_invoice("800123456"), key=key).status_code, 200)
        self.assertEqual(self.get_rows().company_id, other.sudo().client_id)

    def test_an_ended_link_signs_nothing(self):
        self.sign()
        with self.unsigned():
            self.link.action_end()
            # Not even what was signed before is given out.
            self.assertRefused(self.sign(), 401, "ended")
            self.assertRefused(self.ask("credentials/list", key=self.key), 401, "ended")

    def test_an_ended_activation_signs_nothing(self):
        self.activation.action_revoke()
        with self.unsigned():
            self.assertRefused(self.sign(), 403, "no_certificate")
        self.assertEqual(self.ask("credentials/list", key=self.key).json()["credentialIDs"], [])

    def test_a_copied_database_signs_nothing(self):
        with self.unsigned():
            self.assertRefused(self.sign(database="0b3c"), 401, "other_database")
            self.assertRefused(self.sign(database=""), 401, "no_key")

    def test_a_neutralised_vendor_signs_nothing(self):
        self.env["ir.config_parameter"].sudo().set_param("database.is_neutralized", True)
        with self.unsigned():
            self.assertRefused(self.sign(), 403, "refused")

    def test_a_document_of_another_nit_is_not_signed(self):
        digits = "901555444"
        other = "<cac:PartyTaxScheme><cbc:CompanyID>800123456</cbc:CompanyID></cac:PartyTaxScheme>"
        own = other.replace("800123456", digits)
        supplier = (
            "<cac:AccountingSupplierParty><cac:Party>%s</cac:Party></cac:AccountingSupplierParty>"
        )
        customer = supplier.replace("Supplier", "Customer")
        support = "<cbc:InvoiceTypeCode>05</cbc:InvoiceTypeCode>"
        documents = {
            "another": make_invoice("800123456"),
            "none": make_invoice(""),
            # The card 90155544 and its check digit look like the NIT without its own.
            "longer": make_invoice(f"{digits}7"),
            "shorter": make_invoice(digits[:-1]),
            "another check digit": make_invoice(f"{digits}-1"),
            "two suppliers": make_invoice(content=supplier % other),
            "two numbers": make_invoice(
                f"{digits}</cbc:CompanyID></cac:PartyTaxScheme>{other}<cac:PartyTaxScheme><cbc:CompanyID>{digits}"
            ),
            "a comment": make_invoice(f"{digits}<!-- -->800"),
            "a wrapped one": make_invoice(f"{digits}<cbc:ID>1</cbc:ID>"),
            "by the buyer": make_invoice(content=support + customer % other),
            "no supplier": make_invoice().replace(b"AccountingSupplierParty", b"PayeeParty"),
            "in a line": make_invoice(
                "800123456", content=f"<cac:InvoiceLine>{own}</cac:InvoiceLine>"
            ),
        }
        for name, document in documents.items():
            with self.subTest(name), self.unsigned():
                self.assertRefused(self.sign(document), 403, "other_nit")
        # A support document is issued by who buys.
        bought = make_invoice("800123456", content=support + customer % own)
        self.assertEqual(self.sign(bought).status_code, 200)

    def test_a_stolen_key_is_slowed_down_and_seen(self):
        self.link.hourly_limit = 2
        for number in ("A1", "A2"):
            self.assertEqual(self.sign(make_invoice(number=number)).status_code, 200)
        with self.unsigned():
            limited = self.assertRefused(self.sign(make_invoice(number="A3")), 429, "limit")
            self.assertEqual(limited.headers["Retry-After"], "60")
        # What was signed is still answered, and an hour later there is room again.
        self.assertEqual(self.sign(make_invoice(number="A1")).status_code, 200)
        self.assertEqual(self.link.answer_ids.mapped("document_name"), ["A2", "A1"])
        self.env.cr.execute(
            "UPDATE certificate_link_answer SET signed_on = signed_on - interval '61 minutes'"
        )
        self.assertEqual(self.sign(make_invoice(number="A3")).status_code, 200)

    def test_what_is_too_large_is_refused(self):
        with self.unsigned():
            self.assertRefused(
                self.sign(make_invoice(content=f"<cbc:Note>{'x' * 20_000_000}</cbc:Note>")),
                413,
                "too_large",
            )
            self.assertRefused(
                self.sign(make_invoice(content=f"<cbc:Note>{'x' * csc.DOCUMENT_MAX}</cbc:Note>")),
                413,
                "too_large",
            )
            for path in ("credentials/list", "info", "/certificate/link/v1/look"):
                self.assertRefused(
                    self.ask(path, {"x": "x" * 30_000}, key=self.key), 413, "too_large"
                )

    def test_nothing_is_answered_with_a_traceback(self):
        bodies = (
            b"",
            b"{",
            b"null",
            b"[]",
            b'"x"',
            b"\xff",
            b"[" * 100_000,
            b'{"credentialID": "lent"}',
            b'{"credentialID": "lent", "documents": {}}',
            b'{"credentialID": "lent", "documents": [null]}',
            b'{"credentialID": "lent", "documents": [{"document": 1, "signature_format": "X"}]}',
            b'{"credentialID": "lent", "documents": [{"document": "\\u00e9", "signature_format": "X"}]}',
            b'{"credentialID": "lent", "documents": [{"document": "YQ==", "signature_format": "X"}]}',
            b'{"credentialID": "lent", "documents": [{"document": "YQ==", "signature_format": "P"}]}',
            b'{"credentialID": "lent", "documents": [{"document": "YQ==", "signature_format": "X", "conformance_level": "AdES-B-LTA"}]}',
            b'{"credentialID": "lent", "documents": [{"document": "YQ==", "signature_format": "X", "signAlgo": {}}]}',
            b'{"credentialID": "lent", "documents": [{}, {}]}',
            b'{"credentialID": "lent", "hashes": {}, "hashAlgorithmOID": {}, "documents": [[]]}',
            b'{"credentialID": {"lent": 1}}',
            b'{"code": {"a": 1}, "release": 1, "key_hash": [], "nit": {}, "name": 1}',
        )
        paths = (
            *(f"/csc/v2/{method}" for method in csc.METHODS),
            "/csc/v1/credentials/authorize",
            "/certificate/link/v1/key",
            "/certificate/link/v1/look",
            "/certificate/link/v1/ask",
            "/certificate/link/v1/nothing",
            "/csc/v3/info",
        )
        with self.unsigned():
            for path in paths:
                for body in bodies:
                    with self.subTest(path=path, body=body[:40]):
                        answer = self.ask(path, key=self.key, data=body)
                        self.assertLess(answer.status_code, 500)
                        self.assertIsInstance(answer.json(), dict)
            self.assertRefused(self.url_open("/csc/v2/info"), 405, "method")
            form = self.url_open(
                "/csc/v2/signatures/signDoc",
                data={"credentialID": "lent"},
                files={"document": ("a.xml", self.document)},
                headers={"Authorization": csc.write_bearer(self.key, DATABASE)},
            )
            self.assertRefused(form, 400, "not_json")
            # What nobody foresaw.
            with (
                patch.object(CertificateLinkClient, "_sign_once", side_effect=ZeroDivisionError),
                mute_logger("odoo.http"),
            ):
                self.assertRefused(self.sign(), 500, "failed")
        document = self.document.replace(b"<ext:ExtensionContent></ext:ExtensionContent>", b"")
        refused = self.assertRefused(self.sign(document), 400, "document")
        self.assertIn("ext:UBLExtension", refused.json()["error_description"])

    def test_no_key_reaches_a_log_or_another_table(self):
        records = []

        class Watch(logging.Handler):
            def emit(self, record):
                records.append(record.getMessage())

        watch, root = Watch(level=logging.DEBUG), logging.getLogger()
        level = root.level
        root.addHandler(watch)
        root.setLevel(logging.DEBUG)
        try:
            link, code = self.make_code()
            key = make_token()
            self.tell("ask", {"code": code, **self.get_request(key, "800123456-5", "Flores SAS")})
            link.invalidate_recordset()
            link.action_confirm()
            self.tell("status", key=key)
            self.sign(key=key)
            self.sign()
            self.sign(database="0b3c")
            self.tell("status", key=make_token())
        finally:
            root.setLevel(level)
            root.removeHandler(watch)
        written = "\n".join(records)
        self.assertTrue(written)
        for secret in (key, self.key, code):
            self.assertNotIn(secret, written)
        history = self.env["certificate.history"].sudo().search([]).mapped("changes")
        self.assertIn("800123456-5", "".join(history))
        for secret in (key, self.key, code, hashlib.sha256(key.encode()).hexdigest()):
            self.assertNotIn(secret, json.dumps(history))

    def test_what_was_signed_is_read_only_and_the_vendors_alone(self):
        self.sign()
        row = self.link.answer_ids
        for user in (self.manager_a, self.user_a, self.stranger):
            with self.assertRaises(AccessError):
                row.with_user(user).read(["document_name"])
        with self.assertRaises(AccessError):
            row.read(["content"])
        for change in (
            lambda: row.sudo().write({"document_name": "x"}),
            lambda: row.sudo().unlink(),
            lambda: row.sudo().create({"link_id": self.link.id}),
        ):
            with self.assertRaises(AccessError):
                change()
