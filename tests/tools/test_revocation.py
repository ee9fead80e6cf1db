"""Whether the authority has revoked a certificate: what is asked, and which answers count."""

import random
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from odoo.tests import BaseCase

from ...const import AUTHORITY_HOSTS
from ...tools import revocation as tool
from ..common import own_samples
from ..common import revocation_samples as samples
from ..common.own_samples import AUTHORITY, get_key, to_pem
from ..common.revocation_samples import DER, HOST, HOUR, REVOKED, UNKNOWN, answer_crl, answer_ocsp

DAY = timedelta(days=1)


class RevocationCase(BaseCase):
    # By how an answer gets here: what it says does not depend on it.
    is_fetched = False

    def setUp(self):
        super().setUp()
        self.authority = self.enterContext(samples.serve())
        self.answers = self.authority.answers
        self.certificate = self.authority.issue()

    def check(self, certificate=None, issuer=True, hosts=(HOST,), fetch=None):
        issuer = samples.get_issuer() if issuer is True else issuer
        return tool.check_revocation(
            to_pem(certificate or self.certificate),
            issuer and to_pem(issuer),
            hosts,
            fetch or (self.authority.fetch if self.is_fetched else self.authority.fetch_at_once),
        )

    def assertUnknown(self, code, *arguments, **options):
        found = self.check(*arguments, **options)
        self.assertEqual((found.status, found.code), ("unknown", code))
        self.assertIn(code, tool.CODES)

    def assertAsked(self, *paths):
        self.assertEqual([path for _, path, _ in self.authority.asked], list(paths))


class TestOcsp(RevocationCase):
    def setUp(self):
        super().setUp()
        self.certificate = self.authority.issue(crl_path=None)

    def answer(self, *arguments, **options):
        self.answers["/ocsp"] = answer_ocsp(self.certificate, *arguments, **options)

    def test_good(self):
        self.answer()
        found = self.check(fetch=self.authority.fetch)
        self.assertEqual((found.status, found.code), ("good", None))
        self.assertLess(abs(samples.now() - HOUR - found.as_of), timedelta(minutes=1))
        ((command, path, sent),) = self.authority.asked
        self.assertEqual((command, path), ("POST", "/ocsp"))
        request = ocsp.load_der_ocsp_request(sent)
        self.assertEqual(request.serial_number, self.certificate.serial_number)

    def test_a_certificate_whose_policies_cannot_be_read(self):
        self.certificate = self.authority.issue(
            crl_path=None, extensions=(own_samples.ODD_POLICIES,)
        )
        with self.assertRaises(ValueError):
            list(self.certificate.extensions)
        self.answer(REVOKED)
        self.assertEqual(self.check().status, "revoked")

    def test_an_issuer_that_is_no_authority(self):
        self.answer()
        self.assertEqual(self.check().status, "good")
        subscriber = own_samples.issue(AUTHORITY, get_key("authority"))
        self.assertUnknown("no_issuer", issuer=subscriber)

    def test_revoked_since_when_and_why(self):
        self.answer(REVOKED, reason=x509.ReasonFlags.key_compromise)
        found = self.check()
        self.assertEqual((found.status, found.reason), ("revoked", "keyCompromise"))
        self.assertEqual(found.revoked_on, samples.REVOKED_ON)
        self.answer(REVOKED)
        self.assertEqual((self.check().status, self.check().reason), ("revoked", None))

    def test_a_responder_that_the_authority_allowed(self):
        self.answer(REVOKED, samples.get_responder(), hash_algorithm=hashes.SHA256())
        self.assertEqual(self.check().status, "revoked")

    def test_a_responder_that_it_did_not_allow(self):
        other = get_key("other")
        for responder in (
            samples.get_responder(purposes=()),
            samples.get_responder(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)),
            samples.get_responder(issuer_key=other),
            samples.get_responder(issuer=own_samples.ROOT, issuer_key=get_key("root")),
            samples.get_responder(started_days_ago=9, days=8),
            samples.get_responder(usage=("key_agreement",)),
        ):
            for status in (samples.GOOD, REVOKED):
                self.answer(status, responder)
                self.assertUnknown("wrong_signer")

    def test_another_signer(self):
        other = samples.get_issuer("other"), get_key("other")
        self.answer(signer=other)
        self.assertUnknown("wrong_signer")
        self.answer(responder=samples.get_responder(), signer=other)
        self.assertUnknown("wrong_signer")

    def test_an_answer_about_another_certificate(self):
        self.answers["/ocsp"] = answer_ocsp(self.authority.issue())
        self.assertUnknown("wrong_certificate")
        # The same number, of another authority.
        self.answer(issuer=samples.get_issuer("other"))
        self.assertUnknown("wrong_certificate")

    def test_an_answer_of_another_time(self):
        for since, until in ((-2 * DAY, -DAY), (HOUR, 2 * HOUR), (-2 * DAY, None)):
            self.answer(since=since, until=until)
            self.assertUnknown("stale")
        self.answer(until=None)
        self.assertEqual(self.check().status, "good")

    def test_a_nonce_is_repeated_or_left_out(self):
        def repeat(sent):
            extensions = ocsp.load_der_ocsp_request(sent).extensions
            nonce = extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
            return answer_ocsp(self.certificate, nonce=nonce)

        self.answers["/ocsp"] = repeat
        self.assertEqual(self.check().status, "good")
        self.answer(nonce=b"of another request")
        self.assertUnknown("stale")

    def test_no_answer(self):
        self.answer(UNKNOWN)
        self.assertUnknown("not_answered")
        self.answers["/ocsp"] = ocsp.OCSPResponseBuilder.build_unsuccessful(
            ocsp.OCSPResponseStatus.TRY_LATER
        ).public_bytes(DER)
        self.assertUnknown("not_answered")
        del self.answers["/ocsp"]
        self.assertUnknown("not_answered")

    def test_damaged_answers_are_no_answers(self):
        whole = answer_ocsp(self.certificate, REVOKED, samples.get_responder())
        chance = random.Random(7)

        def fetch(*_arguments):
            damaged = bytearray(whole)
            for _time in range(chance.randint(1, 4)):
                damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
            return bytes(damaged[: chance.choice((None, chance.randrange(len(whole))))])

        for data in (b"", b"\x30", b"<html>", b"\x30\x84\xff\xff\xff\xff"):
            self.assertUnknown("malformed", fetch=lambda *_arguments, data=data: data)
        for _time in range(300):
            self.assertNotEqual(self.check(fetch=fetch).status, "good")


class TestCrl(RevocationCase):
    def setUp(self):
        super().setUp()
        self.certificate = self.authority.issue(ocsp_path=None)

    def answer(self, *revoked, **options):
        self.answers["/crl"] = answer_crl(*revoked, **options)

    def test_good(self):
        self.answer(self.authority.issue(), self.authority.issue())
        self.assertEqual(self.check(fetch=self.authority.fetch).status, "good")
        self.assertEqual(self.authority.asked, [("GET", "/crl", b"")])

    def test_revoked(self):
        self.answer(self.certificate, self.authority.issue())
        found = self.check()
        self.assertEqual((found.status, found.reason), ("revoked", None))
        self.assertEqual(found.revoked_on, samples.REVOKED_ON)
        self.answer(self.certificate, reason=x509.ReasonFlags.certificate_hold)
        self.assertEqual(self.check().reason, "certificateHold")

    def test_a_list_in_pem(self):
        crl = x509.load_der_x509_crl(answer_crl(self.certificate))
        self.answers["/crl"] = crl.public_bytes(serialization.Encoding.PEM)
        self.assertEqual(self.check().status, "revoked")

    def test_another_signer(self):
        self.answer(key=get_key("other"))
        self.assertUnknown("wrong_signer")
        for key in ("root", "authority"):
            self.answer(issuer=own_samples.ROOT, key=get_key(key))
            self.assertUnknown("wrong_signer")
        self.answer()
        issuer = samples.get_issuer(usage=("key_cert_sign",))
        self.assertUnknown("wrong_signer", issuer=issuer)

    def test_a_list_of_another_time(self):
        for since, until in ((-2 * DAY, -DAY), (HOUR, 2 * HOUR)):
            self.answer(since=since, until=until)
            self.assertUnknown("stale")

    def test_a_list_that_does_not_speak_of_it(self):
        other = x509.UniformResourceIdentifier(self.authority.get_url("/other"))
        for scope in (
            {"only_contains_ca_certs": True},
            {"only_contains_attribute_certs": True},
            {"indirect_crl": True},
            {"only_some_reasons": frozenset([x509.ReasonFlags.key_compromise])},
            {"full_name": [other]},
        ):
            self.answer(scope=scope)
            self.assertUnknown("unsupported")
        self.answer(extensions=[x509.DeltaCRLIndicator(1)])
        self.assertUnknown("unsupported")
        here = x509.UniformResourceIdentifier(self.authority.get_url("/crl"))
        self.answer(scope={"full_name": [other, here], "only_contains_user_certs": True})
        self.assertEqual(self.check().status, "good")

    def test_a_certificate_whose_list_is_not_for_every_reason(self):
        reasons = frozenset([x509.ReasonFlags.key_compromise])
        certificate = self.authority.issue(ocsp_path=None, reasons=reasons)
        self.assertUnknown("not_offered", certificate)
        self.assertAsked()

    def test_an_authority_with_an_elliptic_key(self):
        key, other = (ec.generate_private_key(ec.SECP256R1()) for _key in range(2))
        issuer = own_samples.issue(AUTHORITY, key, usage=("key_cert_sign", "crl_sign"))
        certificate = self.authority.issue(ocsp_path=None, issuer_key=key)
        self.answers["/crl"] = answer_crl(certificate, key=key)
        self.assertEqual(self.check(certificate, issuer).status, "revoked")
        self.answers["/crl"] = answer_crl(key=other)
        self.assertUnknown("wrong_signer", certificate, issuer)

    def test_garbage(self):
        for data in (b"", b"\x30\x80", b"-----BEGIN X509 CRL-----", b"<html>" * 99):
            self.answers["/crl"] = data
            self.assertUnknown("malformed")


class TestWhoIsAsked(RevocationCase):
    is_fetched = True

    def test_first_ocsp_then_the_list(self):
        self.answers["/ocsp"] = answer_ocsp(self.certificate)
        self.answers["/crl"] = answer_crl(self.certificate)
        self.assertEqual(self.check().status, "good")
        self.assertAsked("/ocsp")
        del self.answers["/ocsp"]
        self.assertEqual(self.check().status, "revoked")
        self.assertAsked("/ocsp", "/ocsp", "/crl")
        del self.answers["/crl"]
        self.assertUnknown("not_answered")

    def test_nobody_is_asked_without_the_issuer(self):
        edwards = ed25519.Ed25519PrivateKey.generate()
        strange = own_samples.issue(AUTHORITY, edwards)
        for issuer in (None, samples.get_issuer("other"), own_samples.get_chain()[1], strange):
            self.assertUnknown("no_issuer", issuer=issuer)
        certificate = x509.load_der_x509_certificate(own_samples.sign_by(edwards))
        self.assertUnknown("no_issuer", certificate, strange)
        self.assertUnknown("no_issuer", own_samples.sign_weakly(self.certificate))
        self.assertAsked()

    def test_a_certificate_that_names_no_address(self):
        self.assertUnknown("not_offered", own_samples.issue())
        self.assertEqual(tool.find_hosts(to_pem(own_samples.issue())), [])
        self.assertEqual(tool.find_hosts(to_pem(self.certificate)), [HOST])

    def test_hosts_that_are_not_on_the_list(self):
        for hosts in ([], ["example.com"], ["local"], ["host"], [f"ocsp.{HOST}"]):
            self.assertUnknown("host_not_allowed", hosts=hosts)
        self.assertAsked()

    def test_a_domain_allows_what_is_below(self):
        hosts = tool.parse_hosts("*.Andes.example, gse.example;\n-, http://x.example, ..")
        self.assertEqual(hosts, ["andes.example", "gse.example"])
        for url, allowed in (
            ("http://andes.example", True),
            ("HTTPS://OCSP.andes.EXAMPLE/a?b=c", True),
            ("http://ocsp.andes.example:80?serial", True),
            ("http://notandes.example/", False),
            ("http://andes.example.org/", False),
            ("http://andes.example@evil.example/", False),
            ("http://evil.example\\@andes.example/", False),
            ("http://evil.example#.andes.example/", False),
            ("http://evil.example?.andes.example/", False),
            ("http://andes.example\r\nHost: evil.example/", False),
            ("http://andes.example/a b", False),
            ("http://[::1]/.andes.example", False),
            ("ftp://andes.example/", False),
            ("ldap://andes.example/", False),
            ("file:///andes.example", False),
            ("//andes.example/", False),
            ("", False),
        ):
            with self.subTest(url):
                self.assertEqual(tool.is_allowed(tool.get_host(url), hosts), allowed)

    def test_ports_other_than_those_of_the_web(self):
        self.assertUnknown("host_not_allowed", fetch=tool.fetch_answer)
        self.assertAsked()

    def test_an_address_that_is_not_public(self):
        def fetch(*arguments):
            return tool.fetch_answer(*arguments, ports=[self.authority.port])

        for host in (HOST, "127.0.0.1", "0.0.0.0", "169.254.169.254", "10.0.0.1", "2130706433"):
            certificate = self.authority.issue(host=host)
            with self.subTest(host):
                self.assertUnknown("private_address", certificate, hosts=[host], fetch=fetch)
        self.assertAsked()

    def test_redirects(self):
        @samples.raw
        def redirect(handler):
            handler.send_response(302)
            handler.send_header("Location", places[-1])
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        certificate = self.authority.issue(ocsp_path=None)
        self.answers.update({"/crl": redirect, "/there": answer_crl()})
        places = []
        for place, code in (
            (self.authority.get_url("/there", "127.0.0.1"), "redirected"),
            ("file:///etc/passwd", "redirected"),
            ("", "redirected"),  # to itself, again and again
            (f"http://{HOST}:1/there", "host_not_allowed"),
        ):
            places.append(place)
            self.assertUnknown(code, certificate, hosts=[HOST, "127.0.0.1"])
        places.append("/there")
        self.assertEqual(self.check(certificate).status, "good")

    def test_a_host_that_is_not_there(self):
        closed = self.authority.issue(host="no-such-host.invalid")
        self.assertUnknown("not_reached", closed, hosts=["invalid"])

        def fetch(url, *arguments):
            url = url.replace(str(self.authority.port), "1")
            return tool.fetch_answer(url, *arguments, ports=[1], allow_private=True)

        self.assertUnknown("not_reached", fetch=fetch)
        secure = self.authority.get_url("/crl").replace("http", "https")
        with self.assertRaises(tool.Unanswered) as caught:  # it does not speak TLS
            self.authority.fetch(secure, None, 99, 3)
        self.assertEqual(caught.exception.code, "not_reached")

    def test_more_than_is_taken(self):
        @samples.raw
        def promise(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(10**12))
            handler.end_headers()

        @samples.raw
        def pour(handler):
            handler.send_response(200)
            handler.send_header("Connection", "close")
            handler.end_headers()
            for _time in range(400):
                handler.wfile.write(bytes(100_000))

        self.answers.update({"/ocsp": bytes(tool.MAX_OCSP_SIZE + 1), "/crl": promise})
        self.assertUnknown("too_large")
        self.answers["/crl"] = pour
        self.assertUnknown("too_large", self.authority.issue(ocsp_path=None))

    def test_an_answer_that_takes_too_long(self):
        @samples.raw
        def trickle(handler):
            for _time in range(200):
                handler.wfile.write(b"H")
                handler.wfile.flush()
                time.sleep(0.05)

        @samples.raw
        def stop_halfway(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b"0")
            handler.wfile.flush()
            time.sleep(2)

        def fetch(url, data, limit, _seconds):
            return self.authority.fetch(url, data, limit, 1)

        for answer in (trickle, stop_halfway):
            self.answers.update({"/ocsp": answer, "/crl": answer})
            started = time.monotonic()
            self.assertUnknown("too_slow", fetch=fetch)
            self.assertLess(time.monotonic() - started, 8)

    def test_a_server_that_falls_silent(self):
        from ...tools import revocation_child

        @samples.raw
        def wait(_handler):
            time.sleep(1)

        self.answers["/crl"] = wait
        asked = {"host": HOST, "port": self.authority.port, "target": "/crl", "data": None}
        asked |= {"is_secure": False, "allow_private": True, "limit": 99}
        with (
            patch.object(revocation_child, "_READ_SECONDS", 0.1),
            patch.object(revocation_child.json, "load", return_value=asked),
            patch.object(revocation_child, "_report") as report,
        ):
            revocation_child.main()
        report.assert_called_once_with(code="too_slow")

    def test_nobody_is_asked_when_the_time_is_over(self):
        with patch.object(tool, "_TOTAL_SECONDS", 0):
            self.assertUnknown("too_slow")
        with self.assertRaises(tool.Unanswered) as caught:
            self.authority.fetch(self.authority.get_url("/crl"), None, 99, 0)
        self.assertEqual(caught.exception.code, "too_slow")
        self.assertAsked()

    def test_a_process_that_cannot_run_or_dies(self):
        """Another program in its place: one with missing packages, and one that a limit ends."""
        for code, script in (
            ("not_reached", "import no_such_package"),
            ("too_slow", "print('ready')\nprint('{\"size\": 9}')\nprint(1)"),
        ):
            with tempfile.NamedTemporaryFile("w", suffix=".py") as child:
                child.write(script)
                child.flush()
                with patch.object(tool, "_CHILD", Path(child.name)):
                    self.assertUnknown(code)
        self.assertAsked()

    def test_what_is_no_certificate(self):
        for certificate, issuer in ((b"", b""), (b"x", b"x"), (to_pem(self.certificate), b"x")):
            found = tool.check_revocation(certificate, issuer, [HOST])
            self.assertEqual(found.status, "unknown")
        self.assertEqual(tool.find_hosts(b"x"), [])

    def test_every_domain_of_the_authorities_is_one(self):
        self.assertEqual(tool.parse_hosts(", ".join(AUTHORITY_HOSTS)), list(AUTHORITY_HOSTS))
