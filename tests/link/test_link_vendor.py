"""A company has its documents signed by a vendor in a database of the vendor's own."""

import base64
import hashlib
import json
from contextlib import contextmanager
from unittest.mock import patch

from lxml import etree

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ...const import LINK_PATH, LINKS_PARAMETER
from ...models.link.client import CertificateLinkClient
from ...tools import link_call, xades
from ..common.link import LinkHttpCommon, make_invoice

LOG = "certificate.signature.log"
VENDOR = "certificate.link.vendor"


@tagged("post_install", "-at_install")
class TestLinkVendor(LinkHttpCommon):
    """Both sides are in one database here; they know of each other only what HTTP carries."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendors = cls.env[VENDOR].with_user(cls.manager_a)
        cls.digits = cls.company_a.vat.partition("-")[0]
        cls.document = make_invoice(cls.digits)
        cls.record = cls.env["res.partner"].create(
            {"name": "SETP990000001", "company_id": cls.company_a.id}
        )

    def setUp(self):
        super().setUp()
        self.answers, self.asked = {}, []
        self.startPatcher(patch.object(link_call, "call", self.carry))
        # The vendor would find the client's company in its own database.
        self.startPatcher(patch.object(CertificateLinkClient, "_check_no_company"))

    def carry(self, address, path, body, *, headers=(), allow_private=False):
        """Carry a request over HTTP, unless the test answers it."""
        self.asked.append((address, path, dict(headers)))
        answer = self.answers.get(path)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        response = self.url_open(
            path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **dict(headers)},
            timeout=60,
        )
        self.env.invalidate_all()
        found = link_call.Answer(response.status_code, response.json())
        lost = self.answers.pop((path, "lost"), None)
        if lost:
            raise lost
        return found

    # === STEPS === #

    def begin(self, code=None):
        """Paste a code, and see who gave it."""
        if code is None:
            _link, token = self.make_code()
            code = f"https://vendor.example{LINK_PATH}#{token}"
        action = self.vendors.action_begin()
        link = self.vendors.browse(action["res_id"])
        link.code = code
        link.flush_recordset()
        return link

    def get_linked(self):
        """Return both sides of a link that both have confirmed."""
        link = self.begin()
        link.action_look()
        link.action_ask()
        client = self.links.search([], limit=1)
        client.action_confirm()
        return link, client

    def get_active(self):
        """Return both sides, and the activation under which the vendor signs for the company."""
        link, client = self.get_linked()
        self.activate(client)
        link.action_refresh()
        activation = self.company_a._get_active_certificate_activation()
        self.assertEqual((activation.route, activation.state), ("linked", "active"))
        return link, client, activation

    def sign(self, activation, document=None, user=None):
        record = self.record.with_user(user or self.user_a)
        return activation._sign_xml(document or self.document, record)

    def get_rows(self, company):
        return self.env[LOG].sudo().search([("company_id", "=", company.id)])

    def fail_with(self, call):
        """Return the sentence of a failure, of which nothing is taken back: the vendor has its own database."""
        try:
            call()
        except UserError as error:
            return str(error)
        return self.fail("It did not fail.")

    @contextmanager
    def unsigned(self):
        """Nobody has a signature afterwards, and no row claims one."""
        rows = self.get_rows(self.company_a)
        yield
        self.env.invalidate_all()
        self.assertEqual(self.get_rows(self.company_a), rows)

    # === PAIRING === #

    def test_a_manager_sees_who_the_vendor_is_before_anything_is_asked(self):
        link = self.begin()
        self.assertEqual(link.state, "new")
        link.action_look()
        self.assertEqual(
            (link.state, link.vendor_name, link.vendor_nit),
            ("seen", "Firma Facil SAS", "901414515-7"),
        )
        client = self.links.search([], limit=1)
        self.assertEqual(client.state, "offered")
        link.action_ask()
        self.assertEqual((link.state, client.state), ("asked", "asked"))
        self.assertEqual(client.client_nit, self.company_a.vat)
        self.assertEqual(client.check_number, link.check_number)
        with self.assertRaises(UserError):
            link.action_refresh()
        client.action_confirm()
        link.action_refresh()
        self.assertEqual(link.state, "active")
        # It is asked at the address of the code, and shows its key to nobody who reads it.
        self.assertEqual({asked[0] for asked in self.asked}, {"https://vendor.example"})
        key = self.asked[-1][2]["Authorization"].partition(" ")[2].partition(".")[0]
        self.assertEqual(hashlib.sha256(key.encode()).hexdigest(), client.sudo().key_hash)
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT row_to_json(v)::text FROM certificate_link_vendor v WHERE id = %s", [link.id]
        )
        (stored,) = self.env.cr.fetchone()
        self.assertNotIn(key, stored)
        for name in ("sealed_key", "sealed_code", "next_key"):
            with self.assertRaises(AccessError):
                link.read([name])

    def test_an_answer_that_got_lost_is_asked_for_again(self):
        link = self.begin()
        link.action_look()
        self.answers[f"{LINK_PATH}/v1/ask", "lost"] = link_call.CallFailed("too_slow")
        self.fail_with(link.action_ask)
        client = self.links.search([], limit=1)
        self.assertEqual((link.state, client.state), ("seen", "asked"))
        link.action_ask()
        self.assertEqual(link.state, "asked")

    def test_what_is_no_code_is_refused_and_asks_nobody(self):
        for code in (
            "a guess",
            f"http://vendor.example{LINK_PATH}#{'a' * 43}",
            f"https://vendor.example{LINK_PATH}",
            f"https://user:word@vendor.example{LINK_PATH}#{'a' * 43}",
            f"file:///etc/passwd#{'a' * 43}",
            f"https://vendor.example:99999{LINK_PATH}#{'a' * 43}",
        ):
            with self.subTest(code=code), self.assertRaises(ValidationError):
                self.begin(code)
        self.assertFalse(self.asked)

    def test_only_a_manager_of_the_company_links_it(self):
        link = self.begin()
        for user in (self.user_a, self.user_b, self.stranger):
            for method in (
                "action_begin",
                "action_look",
                "action_ask",
                "action_refresh",
                "action_end",
            ):
                with self.subTest(user=user.name, method=method), self.assertRaises(AccessError):
                    getattr(link.with_user(user), method)()
        for vals in ({"state": "active"}, {"address": "https://elsewhere.example"}):
            with self.assertRaises(AccessError):
                link.write(vals)
        self.env["ir.config_parameter"].sudo().set_param(LINKS_PARAMETER, False)
        with self.assertRaises(UserError):
            self.vendors.action_begin()
        with self.assertRaises(UserError):
            link.action_look()
        self.assertFalse(self.asked)

    # === SIGNING === #

    def test_a_document_is_signed_by_the_vendor_and_logged_on_both_sides(self):
        _link, client, activation = self.get_active()
        signed = self.sign(activation)
        facts = xades.verify(signed)
        self.assertEqual((facts.document, facts.role), ("Invoice", "third party"))
        row = self.get_rows(self.company_a)
        theirs = self.get_rows(client.sudo().client_id)
        self.assertEqual((len(row), len(theirs)), (1, 1))
        self.assertEqual((row.vendor_number, row.vendor_seal), (theirs.position, theirs.hash))
        self.assertEqual(row.signature_digest, theirs.signature_digest)
        self.assertEqual(row.user_id, self.user_a)
        self.assertFalse(self.env[LOG].sudo()._find_breaks(self.company_a))
        # Nothing of the vendor's is here but its certificate.
        certificate = activation.sudo().certificate_id
        self.assertFalse(certificate.private_key_id or certificate.sealed_key)
        # A transaction that is tried again asks for the same, and gets the same.
        self.assertEqual(self.sign(activation), signed)
        self.assertEqual(len(self.get_rows(client.sudo().client_id)), 1)

    def test_a_row_that_names_the_vendors_is_sealed_with_it(self):
        _link, _client, activation = self.get_active()
        self.sign(activation)
        self.env.cr.execute("ALTER TABLE certificate_signature_log DISABLE TRIGGER USER")
        self.env.cr.execute(
            "UPDATE certificate_signature_log SET vendor_number = vendor_number + 1 WHERE company_id = %s",
            [self.company_a.id],
        )
        self.env.cr.execute("ALTER TABLE certificate_signature_log ENABLE TRIGGER USER")
        self.env.invalidate_all()
        found = self.env[LOG].sudo()._find_breaks(self.company_a)
        self.assertEqual([broken.code for _company, broken in found], ["changed"])

    def test_what_cannot_be_signed_here_is_not_asked_for(self):
        link, _client, activation = self.get_active()
        self.asked.clear()
        with self.unsigned():
            for user in (self.stranger, self.user_b):
                with self.assertRaises(AccessError):
                    self.sign(activation, user=user)
            with self.assertRaises(UserError):
                self.sign(activation, document=b"<x/>")
            self.env["ir.config_parameter"].sudo().set_param("database.is_neutralized", True)
            with self.assertRaises(UserError):
                self.sign(activation)
            self.env["ir.config_parameter"].sudo().set_param("database.is_neutralized", False)
            link.action_end()
            with self.assertRaises(UserError):
                self.sign(activation)
        self.assertFalse(self.asked)
        self.assertFalse(self.company_a._get_active_certificate_activation())

    def test_a_vendor_that_does_not_answer_is_one_sentence(self):
        _link, client, activation = self.get_active()
        path = "/csc/v2/signatures/signDoc"
        for code in link_call.CODES:
            self.answers[path] = link_call.CallFailed(code)
            with self.subTest(code=code), self.unsigned(), self.assertRaises(UserError) as caught:
                self.sign(activation)
            self.assertNotIn("\n", str(caught.exception))
        for answer in (
            link_call.Answer(500, {}),
            link_call.Answer(503, {"reason": ["x"]}),
            link_call.Answer(200, {}),
            link_call.Answer(200, {"DocumentWithSignature": [""], "log": {}}),
        ):
            self.answers[path] = answer
            with self.subTest(answer=answer), self.unsigned(), self.assertRaises(UserError):
                self.sign(activation)
        del self.answers[path]
        # What was signed and did not arrive is not signed again.
        self.answers[path, "lost"] = link_call.CallFailed("too_slow")
        with self.unsigned():
            self.fail_with(lambda: self.sign(activation))
        theirs = self.get_rows(client.sudo().client_id)
        self.assertEqual(len(theirs), 1)
        self.sign(activation)
        self.assertEqual(self.get_rows(self.company_a).vendor_seal, theirs.hash)
        self.assertEqual(len(self.get_rows(client.sudo().client_id)), 1)

    def test_a_vendor_is_not_believed(self):
        _link, _client, activation = self.get_active()
        path = "/csc/v2/signatures/signDoc"
        signed = self.sign(activation)
        other = self.sign(activation, document=make_invoice(self.digits, number="SETP990000002"))
        place = {"number": 1, "seal": "0" * 64}

        def answer(content, log=place):
            text = base64.b64encode(content).decode()
            return link_call.Answer(200, {"DocumentWithSignature": [text], "log": log})

        spaced = signed.replace(b"</ds:Signature>", b"</ds:Signature> ")
        changed = signed.replace(b"bolsa 1 ", b"bolsa 9 ")
        self.assertNotEqual(changed, signed)
        for name, wrong in {
            "unsigned": answer(self.document),
            "another one": answer(other),
            "changed": answer(changed),
            "spaced": answer(spaced),
            "no XML": answer(b"x"),
            "no row": answer(signed, {}),
            "a wrong row": answer(signed, {"number": True, "seal": "0" * 64}),
            "a wrong seal": answer(signed, {"number": 1, "seal": "<script>"}),
            "rewritten": answer(etree.tostring(etree.fromstring(signed))),
        }.items():
            self.answers[path] = wrong
            with self.subTest(name), self.unsigned(), self.assertRaises(UserError):
                self.sign(activation)
        self.answers[path] = answer(signed)
        self.assertEqual(self.sign(activation), signed)

    def test_a_request_to_dian_is_signed_where_the_vendor_allows_hashes(self):
        _link, client, activation = self.get_active()
        record = self.record.with_user(self.user_a)
        with self.unsigned(), self.assertRaises(UserError):
            activation._sign_message(b"a request", record)
        client.allows_hashes = True
        activation._sign_message(b"a request", record)
        row = self.get_rows(self.company_a)
        self.assertEqual(row.document_type, "Request")
        self.assertEqual(row.document_digest, hashlib.sha256(b"a request").hexdigest())

    def test_a_copied_database_asks_with_a_key_that_it_cannot_open(self):
        _link, _client, activation = self.get_active()
        self.asked.clear()
        self.env["ir.config_parameter"].sudo().set_param("database.uuid", "0b3c")
        with self.unsigned(), self.assertRaises(UserError):
            self.sign(activation)

    # === FOLLOWING === #

    def test_the_client_follows_what_the_vendor_does(self):
        link, client, activation = self.get_active()
        theirs = client.sudo().client_id._get_active_certificate_activation()
        self.assertEqual(activation.date_end, theirs.date_end)
        link.action_refresh()
        self.assertEqual(self.company_a._get_active_certificate_activation(), activation)
        theirs.action_revoke()
        with self.unsigned(), self.assertRaises(UserError):
            self.sign(activation)
        link.action_refresh()
        self.assertEqual(activation.state, "revoked")
        self.assertFalse(self.company_a._get_active_certificate_activation())

    def test_either_side_renews_the_key(self):
        link, client, activation = self.get_active()
        before = client.sudo().key_hash
        self.answers[f"{LINK_PATH}/v1/key", "lost"] = link_call.CallFailed("too_slow")
        # It is kept first, and told when that is committed.
        link.action_renew_key()
        self.assertTrue(link.sudo().next_key)
        self.assertEqual(client.sudo().key_hash, before)
        self.fail_with(link.action_renew_key)
        self.assertNotEqual(client.sudo().key_hash, before)
        link.action_renew_key()
        self.assertFalse(link.sudo().next_key)
        self.sign(activation)

    def test_no_page_asks_the_vendor(self):
        link, _client, activation = self.get_active()
        self.asked.clear()
        link.read()
        activation.with_user(self.user_a).action_open_wizard()
        self.env["certificate.board"].with_user(self.manager_a).search_read([])
        self.assertFalse(self.asked)
