"""What the file of a company's own certificate is, and everything that can be wrong with it."""

import base64
import itertools
import re
import subprocess
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from unittest.mock import patch

from asn1crypto import algos, cms, core
from asn1crypto import keys as asn1_keys
from asn1crypto import pem as asn1_pem
from asn1crypto import pkcs12 as asn1_pkcs12
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs7, pkcs12
from cryptography.x509.oid import NameOID

from odoo.tests import BaseCase

from ...tools import pkcs12 as tool
from ...tools import sandbox
from ...tools.certificate_chain import find_issuer
from ...tools.key_seal import export_key
from ..common import certificate_corpus as corpus
from ..common import own_samples as samples
from ..common import pkcs12_safes as safes
from ..common.own_samples import PASSWORD
from ..common.samples import in_year_zero

NIT = "900987321-1"


def now():
    return datetime.now(timezone.utc)


class TestCertificateFile(BaseCase):
    def assertRefused(self, code, files, password=PASSWORD):
        files = files if isinstance(files, list) else [files]
        with self.assertRaises(tool.CertificateRefused) as caught:
            tool.open_certificate(files, password)
        self.assertEqual(caught.exception.code, code)
        self.assertIn(code, tool.CODES)
        return caught.exception

    def assertOpens(self, files, password=PASSWORD):
        facts = tool.open_certificate(files, password)
        self.assertEqual(export_key(facts.key), samples.key_to_pem(samples.get_key()))
        return facts

    # === OPENING === #

    def test_a_pkcs12_is_opened_and_described(self):
        chain = samples.get_chain()
        certificate = samples.issue()
        facts = tool.open_certificate([samples.make_p12(certificate, chain=chain[::-1])], PASSWORD)
        self.assertEqual(facts.certificate, samples.to_pem(certificate))
        self.assertEqual(facts.chain, tuple(samples.to_pem(c) for c in chain), "issuer first")
        self.assertEqual(export_key(facts.key), samples.key_to_pem(samples.get_key()))
        self.assertEqual(facts.subject, "CAFE DE LA SIERRA SAS")
        self.assertEqual(facts.issuer, "CA ANDES SCD S.A. Clase II v3")
        self.assertEqual(facts.nits, ("900987321",))
        self.assertEqual((facts.bits, facts.hash_name, facts.signs), (2048, "sha256", True))
        self.assertEqual(facts.sha256, certificate.fingerprint(hashes.SHA256()).hex())
        self.assertEqual(int(facts.serial_number, 16), certificate.serial_number)
        self.assertEqual(facts.not_after - facts.not_before, timedelta(days=365))
        self.assertEqual(tool.find_faults(facts, NIT, now()), [])

    def test_what_is_known_of_a_key_does_not_show_it(self):
        facts = tool.open_certificate([samples.make_p12()], PASSWORD)
        self.assertNotIn("PRIVATE", repr(facts))
        self.assertNotIn(export_key(facts.key).splitlines()[1].decode(), repr(facts))

    def test_old_and_new_encryptions_open(self):
        encryptions = [
            PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(rounds)
            .key_cert_algorithm(algorithm)
            .hmac_hash(digest)
            .build(PASSWORD.encode())
            for rounds, algorithm, digest in (
                (2000, pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, hashes.SHA1()),
                (600_000, pkcs12.PBES.PBESv2SHA256AndAES256CBC, hashes.SHA256()),
            )
        ]
        for encryption in encryptions:
            self.assertOpens([samples.make_p12(encryption=encryption)])

    def test_what_windows_and_old_openssl_export_opens(self):
        """RC2 of 40 bits, which OpenSSL 3 knows only among its legacy algorithms."""
        with tempfile.TemporaryDirectory() as folder:
            pem = Path(folder, "all.pem")
            pem.write_bytes(samples.to_pem(samples.issue(), samples.get_key()))
            for name in ("PBE-SHA1-RC2-40", "PBE-SHA1-RC2-128", "PBE-SHA1-RC4-128"):
                command = f"openssl pkcs12 -export -legacy -in {pem} -certpbe {name} -keypbe {name}"
                data = subprocess.run(
                    [*command.split(), "-passout", f"pass:{PASSWORD}"],
                    capture_output=True,
                    check=True,
                ).stdout
                with self.subTest(name):
                    self.assertOpens([data])

    def test_a_file_without_a_password_opens_without_one(self):
        self.assertOpens([samples.make_p12(password="")], "")

    def test_passwords_are_any_text(self):
        for password in ("ñandú €uro", " spaces ", "a" * 200):
            with self.subTest(password):
                self.assertOpens([samples.make_p12(password=password)], password)

    def test_pem_and_der_open_in_one_file_or_in_two(self):
        certificate, key = samples.issue(), samples.get_key()
        pem, chain = samples.to_pem(certificate), samples.to_pem(*samples.get_chain())
        der = certificate.public_bytes(serialization.Encoding.DER)
        key_der = key.private_bytes(
            serialization.Encoding.DER, PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        key_der_locked = key.private_bytes(
            serialization.Encoding.DER,
            PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(PASSWORD.encode()),
        )
        public = {
            "pem": pem,
            "with text": b"\xef\xbb\xbfBag Attributes\r\n" + pem.replace(b"\n", b"\r\n"),
            "chain": chain + pem,
            "der": der,
            "p7b": pkcs7.serialize_certificates(
                [*samples.get_chain(), certificate], serialization.Encoding.DER
            ),
            "p7b in pem": pkcs7.serialize_certificates([certificate], serialization.Encoding.PEM),
        }
        private = {
            "pem": samples.key_to_pem(key),
            "locked": samples.key_to_pem(key, PASSWORD),
            "traditional": samples.key_to_pem(key, traditional=True),
            "traditional, locked": samples.key_to_pem(key, PASSWORD, traditional=True),
            "der": key_der,
            "der, locked": key_der_locked,
        }
        # Each kind of the one with some kind of the other, and both orders.
        pairs = [*zip(public, private, strict=True), *zip(reversed(public), private, strict=True)]
        for first, second in pairs:
            with self.subTest(certificate=first, key=second):
                self.assertOpens([public[first], private[second]])
        self.assertOpens([private["locked"], public["pem"]])
        self.assertOpens([private["pem"] + pem])
        self.assertEqual(len(self.assertOpens([chain + pem, private["pem"]]).chain), 2)
        root = samples.to_pem(samples.get_chain()[1])
        self.assertEqual(self.assertOpens([pem + root, private["pem"]]).chain, (), "a gap")

    def test_a_stored_certificate_is_read_again(self):
        facts = tool.open_certificate([samples.make_p12(chain=samples.get_chain())], PASSWORD)
        stored = tool.read_certificate(b"\n".join((facts.certificate, *facts.chain)))
        self.assertIsNone(stored.key)
        self.assertEqual((stored.sha256, stored.chain), (facts.sha256, facts.chain))
        with self.assertRaises(tool.CertificateRefused):
            tool.read_certificate(b"nothing")

    def test_bags_open_however_they_are_packed(self):
        """As Firefox, Java, Bouncy Castle, Windows and macOS pack them, and with what is of no use here."""
        der = samples.issue().public_bytes(serialization.Encoding.DER)
        chain = [c.public_bytes(serialization.Encoding.DER) for c in samples.get_chain()]
        key = samples.get_key().private_bytes(
            serialization.Encoding.DER, PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        own, open_key = safes.certificate_bag(der), safes.bag(1, key)
        useless = {
            "a list of revoked ones": safes.bag(4, b"\x30\x00"),
            "a secret": safes.bag(5, b"\x30\x00"),
            "an unknown one": safes.bag(9, b"\x05\x00"),
            "a certificate of another kind": safes.bag(
                3, corpus.seq(corpus.oid("1.2.840.113549.1.9.22.2"))
            ),
        }
        files = {
            "in two safes, the key first": [safes.safe(open_key), safes.safe(own)],
            "with empty safes": [safes.safe(), safes.safe(own), safes.safe(), safes.safe(open_key)],
            "in bags of bags": [
                safes.safe(
                    safes.bag(6, corpus.seq(own)),
                    safes.bag(6, corpus.seq(safes.bag(6, corpus.seq(open_key)))),
                )
            ],
            **{kind: [safes.safe(bag, own, open_key)] for kind, bag in useless.items()},
        }
        for name in (b"\x1e\x03abc", b"\x0c\x01\xf1", b"\x1e\x02\xd8\x00", b"\x02\x01\x05", b""):
            named = (safes.certificate_bag(der, name), safes.bag(1, key, name))
            files[f"named {name}"] = [safes.safe(*named)]
        for kind, packed in files.items():
            for way in (None, "indefinite", 2, 9):
                with self.subTest(kind, way=way):
                    self.assertOpens([safes.pfx(*packed, password=PASSWORD, way=way)])
        twice = safes.safe(*map(safes.certificate_bag, [*chain[::-1], der, *chain, der]), open_key)
        self.assertEqual(len(self.assertOpens([safes.pfx(twice, password=PASSWORD)]).chain), 2)
        file = safes.pfx(safes.safe(own, open_key), password=PASSWORD)
        for changed in (b"\r\n" + file, b"\xef\xbb\xbf" + file, file + b"\0\0"):
            self.assertOpens([changed])
        self.assertRefused("damaged", file[:-300])
        self.assertRefused("no_key", safes.pfx(safes.safe(own), password=PASSWORD))

    def test_passwords_open_however_a_program_writes_them(self):
        der = samples.issue().public_bytes(serialization.Encoding.DER)
        key = samples.get_key().private_bytes(
            serialization.Encoding.DER, PrivateFormat.PKCS8, serialization.NoEncryption()
        )

        def seal(password, form="utf-8", key_password=None):
            return (
                safes.sealed_safe(password, safes.certificate_bag(der), form=form),
                safes.safe(
                    safes.sealed_key_bag(
                        key, password if key_password is None else key_password, form
                    )
                ),
            )

        for password, form, mac in itertools.product(
            ("Contraseña 1",), ("utf-8", "pkcs12"), ("pkcs12", "pbmac1", None)
        ):
            file = safes.pfx(*seal(password, form), password=password, mac=mac)
            with self.subTest(form=form, mac=mac):
                self.assertOpens([file], password)
                self.assertRefused("password_wrong", file, "another")
                self.assertRefused("password_missing", file, "")
        # A second key with a password of its own stays closed, and is in nobody's way.
        other = safes.safe(safes.sealed_key_bag(key, "another"))
        self.assertOpens([safes.pfx(other, *seal(PASSWORD), password=PASSWORD)])
        # None is written in two ways, and not always in the same one.
        for outside, inside, of_key in itertools.product((None, ""), repeat=3):
            sealed = seal(inside, "pkcs12", of_key)
            for mac in ("pkcs12", None):
                with self.subTest(outside=outside, inside=inside, of_key=of_key, mac=mac):
                    self.assertOpens([safes.pfx(*sealed, password=outside, mac=mac)], "")

    # === FILES AS PEOPLE HAVE THEM === #

    def make_identities(self):
        """The company's certificate behind a card's, one for encryption, one that has ended and an elliptic one."""
        own, others = samples.get_key(), [samples.get_key(f"other {n}") for n in range(3)]
        elliptic = ec.generate_private_key(ec.SECP256R1())
        return [
            (samples.issue(samples.make_subject("79123456"), others[0]), others[0]),
            (samples.issue(key=others[1], usage=("key_encipherment",)), others[1]),
            (samples.issue(key=others[2], started_days_ago=9, days=8), others[2]),
            (samples.issue(key=elliptic), elliptic),
            (samples.issue(), own),
        ]

    def test_of_several_identities_the_one_without_faults_is_taken(self):
        identities = self.make_identities()
        for mac, shift in itertools.product((True, False), range(5)):
            data = samples.make_safe(*identities[shift:], *identities[:shift], mac=mac)
            facts = tool.open_certificate([data], PASSWORD, NIT)
            self.assertEqual(facts.certificate, samples.to_pem(identities[-1][0]))
            self.assertEqual(export_key(facts.key), samples.key_to_pem(samples.get_key()))
            self.assertEqual(len(facts.others), 4)
            self.assertEqual(tool.find_faults(facts, NIT, now()), [])
        facts = tool.open_certificate([samples.make_safe(*identities[:4])], PASSWORD, NIT)
        several = (facts, *facts.others)
        self.assertEqual(len(several), 4)
        self.assertTrue(all(tool.find_faults(one, NIT, now()) for one in several))
        # Without its password nothing of it is.
        self.assertRefused("password_wrong", samples.make_safe(*identities), "another")
        # The certificates of one key: the renewed one.
        renewed = samples.issue(days=400)
        pem = samples.to_pem(samples.issue(), renewed, samples.get_key())
        facts = tool.open_certificate([pem], "", NIT)
        self.assertEqual(facts.certificate, samples.to_pem(renewed))

    def test_a_renewed_authority_is_known_by_its_signature(self):
        former = samples.issue(
            samples.AUTHORITY,
            samples.get_key("other"),
            samples.ROOT,
            samples.get_key("root"),
            usage=("key_cert_sign",),
        )
        authority, root = samples.get_chain()
        for others in ((former, authority, root), (authority, former, root)):
            facts = tool.open_certificate([samples.make_p12(chain=others)], PASSWORD)
            self.assertEqual(facts.chain, (samples.to_pem(authority), samples.to_pem(root)))
            found = find_issuer(facts.certificate, list(map(samples.to_pem, others)))
            self.assertEqual(found, samples.to_pem(authority))

    def test_what_a_file_is_wrapped_in_does_not_matter(self):
        p12, pem = samples.make_p12(), samples.to_pem(samples.issue(), samples.get_key())
        text = base64.encodebytes(p12)
        for name, data in {
            "UTF-16 with a mark": pem.decode().encode("utf-16"),
            "UTF-16, big": b"\xfe\xff" + pem.decode().encode("utf-16-be"),
            "UTF-16 without a mark": pem.decode().encode("utf-16-le"),
            "UTF-8 with a mark": b"\xef\xbb\xbf" + pem,
            "base64": text,
            "base64 in one line": base64.b64encode(p12),
            "base64 in UTF-16": text.decode().encode("utf-16"),
            "base64 with blanks": b"\r\n  " + text.replace(b"\n", b"\r\n") + b"\r\n",
            "PKCS12 in PEM": b"-----BEGIN PKCS12-----\n" + text + b"-----END PKCS12-----\n",
            "PFX in PEM": b"-----BEGIN PFX-----\n" + text + b"-----END PFX-----\n",
            "long lines": re.sub(rb"(?<=[A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/])", b"", pem),
            "something behind": p12 + b"\r\n",
        }.items():
            with self.subTest(name):
                self.assertOpens([data])

    def test_a_password_is_tried_as_it_was_meant(self):
        composed, decomposed = "Clav\u00e9 1", "Clave\u0301 1"
        for kept, typed, kind in (
            (PASSWORD, PASSWORD, None),
            (PASSWORD, f"{PASSWORD}\n", "trimmed"),
            (PASSWORD, f"\t{PASSWORD} ", "trimmed"),
            (PASSWORD, f"\u200b{PASSWORD}\xa0\r\n", "trimmed"),
            (f" {PASSWORD} ", f" {PASSWORD} ", None),
            (composed, decomposed, "composed"),
            (decomposed, composed, "composed"),
            (composed, f"{decomposed}\n", "composed"),
            (composed.encode().decode("latin-1"), composed, "composed"),
        ):
            key = samples.key_to_pem(samples.get_key(), kept)
            for files in (
                [samples.make_p12(password=kept)],
                [samples.to_pem(samples.issue()), key],
            ):
                with self.subTest(kept=kept, typed=typed):
                    self.assertEqual(self.assertOpens(files, typed).password, kind)
        for typed in (PASSWORD.lower(), PASSWORD[:-1], "\ud800", "x" * 5000, "\0"):
            with self.subTest(typed):
                self.assertRefused("password_wrong", samples.make_p12(), typed)
        self.assertRefused("password_wrong", samples.make_p12(), " \n")
        self.assertOpens([samples.make_p12(password="")], " \n")

    def test_a_key_with_exponent_3_signs(self):
        key = rsa.generate_private_key(public_exponent=3, key_size=2048)
        facts = tool.open_certificate([samples.make_p12(samples.issue(key=key), key)], PASSWORD)
        self.assertEqual((facts.bits, tool.find_faults(facts, NIT, now())), (2048, []))
        signature = facts.key.sign(b"x", padding.PKCS1v15(), hashes.SHA256())
        key.public_key().verify(signature, b"x", padding.PKCS1v15(), hashes.SHA256())

    # === REFUSALS === #

    def test_a_wrong_and_a_missing_password_are_told(self):
        key = samples.key_to_pem(samples.get_key(), PASSWORD)
        old_key = samples.key_to_pem(samples.get_key(), PASSWORD, traditional=True)
        pem = samples.to_pem(samples.issue())
        for files in ([samples.make_p12()], [pem, key], [pem, old_key]):
            self.assertRefused("password_wrong", files, "another")
            self.assertRefused("password_missing", files, "")

    def test_algorithms_that_are_not_known_are_told(self):
        key = samples.get_key()
        rsa_oid, sha256, unknown = (
            core.ObjectIdentifier(f"1.2.840.113549.1.1.{kind}").dump() for kind in (1, 11, 99)
        )
        key_der = key.private_bytes(
            serialization.Encoding.DER, PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.assertRefused("unsupported", key_der.replace(rsa_oid, unknown))
        der, pem = samples.issue().public_bytes(serialization.Encoding.DER), samples.to_pem(key)
        # It is the key of the certificate, which calls it another kind.
        facts = tool.open_certificate([der.replace(rsa_oid, unknown), pem], "")
        self.assertEqual((facts.bits, facts.key), (None, None))
        self.assertEqual(tool.find_faults(facts, NIT, now()), ["not_rsa"])
        facts = tool.open_certificate([der.replace(sha256, unknown), pem], "")
        self.assertIsNone(facts.hash_name)
        # It signs without a hash of its own.
        authority = ed25519.Ed25519PrivateKey.generate()
        facts = tool.open_certificate([samples.sign_by(authority), pem], "")
        self.assertEqual((facts.hash_name, facts.subject), (None, "C=CO"))

    def test_what_is_no_certificate_is_told(self):
        for data in (b"%PDF-1.7", b"PK\x03\x04", b"MZ" * 500, b"\x30\x03\x02\x01\x01", b"-" * 9):
            with self.subTest(data[:4]):
                self.assertRefused("not_certificate", data)
        self.assertRefused("empty", [])
        self.assertRefused("empty", b"")
        self.assertRefused("too_large", b"\x30" * (tool.MAX_SIZE + 1))

    def test_a_damaged_file_is_told(self):
        p12 = samples.make_p12()
        pem = samples.to_pem(samples.issue())
        for data in (p12[:-100], p12[:200], pem.replace(b"MII", b"AAA", 1)):
            with self.subTest(len(data)):
                self.assertRefused("damaged", data)
        der = samples.issue().public_bytes(serialization.Encoding.DER)
        pem = samples.to_pem(samples.get_key())
        self.assertRefused("damaged", [in_year_zero(der), pem])

    def test_a_certificate_without_its_key_is_told_with_what_is_known_of_it(self):
        certificate = samples.issue()
        pem = samples.to_pem(certificate, *samples.get_chain())
        for data in (pem, samples.make_p12(certificate, key=False)):
            refused = self.assertRefused("no_key", data)
            self.assertEqual(refused.facts.subject, "CAFE DE LA SIERRA SAS")
            self.assertIsNone(refused.facts.key)
        refused = self.assertRefused(
            "key_mismatch", [pem, samples.key_to_pem(samples.get_key("other"))]
        )
        self.assertEqual(refused.facts.nits, ("900987321",))

    def test_a_key_without_its_certificate_is_told(self):
        key = samples.get_key()
        request = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(samples.make_subject())
            .sign(key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )
        for data in (samples.key_to_pem(key), samples.key_to_pem(key) + request, request):
            self.assertRefused("no_certificate", data)

    # === FAULTS === #

    def get_faults(self, certificate, nit=NIT, key=None):
        data = samples.to_pem(certificate, key or samples.get_key())
        return tool.find_faults(tool.open_certificate([data], ""), nit, now())

    def test_each_fault_is_found(self):
        elliptic, small = ec.generate_private_key(ec.SECP256R1()), samples.get_small_key()
        for faults, certificate, key in (
            ([], samples.issue(), None),
            ([], samples.issue(usage=None), None),
            ([], samples.issue(usage=("content_commitment",)), None),
            (["no_signing"], samples.issue(usage=("key_encipherment",)), None),
            (["expired"], samples.issue(started_days_ago=9, days=8), None),
            (["not_yet_valid"], samples.issue(started_days_ago=-1), None),
            (["weak_key"], samples.issue(key=small), small),
            (["not_rsa"], samples.issue(key=elliptic), elliptic),
            (["other_nit"], samples.issue(samples.make_subject("830114921")), None),
        ):
            with self.subTest(faults):
                self.assertEqual(self.get_faults(certificate, key=key), faults)
                self.assertLessEqual(set(faults), set(tool.FAULTS))

    def test_a_weak_hash_is_found(self):
        # No longer made by the library: the name of the hash is exchanged in the finished certificate.
        certificate = samples.issue()
        der = certificate.public_bytes(serialization.Encoding.DER)
        sha256, sha1, md5 = (
            core.ObjectIdentifier(f"1.2.840.113549.1.1.{kind}").dump() for kind in (11, 5, 4)
        )
        for oid in (sha1, md5):
            weak = x509.load_der_x509_certificate(der.replace(sha256, oid))
            self.assertEqual(self.get_faults(weak), ["weak_hash"])

    def test_all_faults_are_found_at_once(self):
        certificate = samples.issue(
            samples.make_subject("830114921"),
            samples.get_small_key(),
            usage=("key_encipherment",),
            started_days_ago=9,
            days=8,
        )
        self.assertEqual(
            self.get_faults(certificate, key=samples.get_small_key()),
            ["weak_key", "no_signing", "expired", "other_nit"],
        )

    def test_the_nit_is_found_where_authorities_write_it(self):
        subject = samples.make_subject
        organization = x509.ObjectIdentifier("2.5.4.97")
        gse = x509.ObjectIdentifier("1.3.6.1.4.1.31136.1.1.20.2")
        private = x509.ObjectIdentifier("1.3.6.1.4.1.4710.1.3.2")
        for name in (
            subject("900987321"),
            subject("9009873211"),
            subject("900987321-1"),
            subject("NIT 900.987.321-1"),
            subject("0900987321"),
            # The card of the representative, and the NIT of the company.
            subject("52123456", (samples.CERTICAMARA_NIT, "900987321")),
            subject("52123456", (gse, "900987321-1")),
            subject("52123456", (private, "9009873211")),
            subject("52123456", (organization, "NTRCO-900987321")),
            subject("52123456", (NameOID.ORGANIZATIONAL_UNIT_NAME, "NIT 900987321-1")),
        ):
            with self.subTest(name.rfc4514_string()):
                self.assertEqual(self.get_faults(samples.issue(name)), [])
                # The same digits are no other company's.
                self.assertEqual(self.get_faults(samples.issue(name), "830114921-1"), ["other_nit"])
        self.assertEqual(self.get_faults(samples.issue(subject(None))), [], "it names nobody else")

    def test_a_person_is_identified_by_the_card(self):
        name = samples.make_subject("CC 1032456789")
        self.assertEqual(self.get_faults(samples.issue(name), "1032456789-7"), [])

    def test_warnings(self):
        facts = tool.open_certificate([samples.to_pem(samples.issue(), samples.get_key())], "")
        for names in (["Andes SCD"], ["ANDES  S.C.D."[:5]], ["certicámara", "andes scd"]):
            self.assertEqual(tool.find_warnings(facts, NIT, names), [])
        self.assertEqual(tool.find_warnings(facts, NIT, ["Certicámara"]), ["unknown_issuer"])
        nameless = tool.open_certificate(
            [samples.to_pem(samples.issue(samples.make_subject(None)), samples.get_key())], ""
        )
        self.assertEqual(tool.find_warnings(nameless, NIT, ["Andes"]), ["no_nit"])

    def test_who_else_is_the_subscriber_is_told(self):
        other, ours = "800197268", NIT[:9]
        spoofed = (
            samples.make_subject(other, (NameOID.ORGANIZATIONAL_UNIT_NAME, ours)),
            samples.make_subject(other, (NameOID.TITLE, f"NIT {NIT}")),
            samples.make_subject(other, (NameOID.SERIAL_NUMBER, ours)),
            samples.make_name((samples.CERTICAMARA_NIT, other), (samples.CERTICAMARA_NIT, ours)),
        )
        # A representative's card beside the NIT, and the NIT with its digit and without.
        honest = (
            samples.make_subject("1032456789", (NameOID.ORGANIZATIONAL_UNIT_NAME, f"NIT {NIT}")),
            samples.make_subject(ours, (NameOID.SERIAL_NUMBER, NIT)),
        )
        for names, codes in ((spoofed, ["other_place"]), (honest, [])):
            for name in names:
                with self.subTest(name=name.rfc4514_string()):
                    facts = tool.read_certificate(samples.to_pem(samples.issue(name)))
                    self.assertEqual(tool.find_warnings(facts, NIT), codes)

    # === HOSTILE FILES === #

    def test_a_file_that_asks_for_endless_work_is_stopped(self):
        def bomb(rounds):
            """A PKCS #12 whose key asks for so many rounds."""
            parameters = {"salt": b"12345678", "iterations": rounds}
            algorithm = algos.EncryptionAlgorithm(
                {"algorithm": "pkcs12_sha1_tripledes_3key", "parameters": parameters}
            )
            content = asn1_pkcs12.SafeContents(
                [
                    {
                        "bag_id": "pkcs8_shrouded_key_bag",
                        "bag_value": {
                            "encryption_algorithm": algorithm,
                            "encrypted_data": b"\0" * 64,
                        },
                    }
                ]
            )
            info = {"content_type": "data", "content": content.dump()}
            safe = cms.ContentInfo(
                {
                    "content_type": "data",
                    "content": asn1_pkcs12.AuthenticatedSafe([info]).dump(),
                }
            )
            return asn1_pkcs12.Pfx({"version": "v3", "auth_safe": safe}).dump()

        started = time.monotonic()
        with patch.object(tool, "_CPU_SECONDS", 1):
            self.assertRefused("too_complex", bomb(2_000_000))
        self.assertLess(time.monotonic() - started, 15)
        # What is counted needs no process to be ended: however busy the machine is, the answer is the same.
        with patch.object(tool, "_WALL_SECONDS", 10), patch.object(tool, "_CPU_SECONDS", 10):
            for rounds in (2_000_001, 2_000_000_000, 2**200):
                self.assertRefused("too_complex", bomb(rounds))
            sealed = asn1_pkcs12.Pfx.load(samples.make_safe((samples.issue(), samples.get_key())))
            sealed["mac_data"]["iterations"] = 2**40
            self.assertRefused("too_complex", sealed.dump(force=True))
            info = asn1_keys.EncryptedPrivateKeyInfo(
                {
                    "encryption_algorithm": {
                        "algorithm": "pkcs12_sha1_tripledes_3key",
                        "parameters": {"salt": b"12345678", "iterations": 2**30},
                    },
                    "encrypted_data": b"\0" * 64,
                }
            ).dump()
            armored = asn1_pem.armor("ENCRYPTED PRIVATE KEY", info)
            for key in (info, armored):
                self.assertRefused("too_complex", [samples.to_pem(samples.issue()), key])

    def test_a_file_for_which_the_memory_does_not_suffice_is_told(self):
        from ...tools import pkcs12_child

        asked = {"files": [""], "passwords": [""]}
        with (
            patch.object(pkcs12_child.json, "load", return_value=asked),
            patch.object(pkcs12_child, "_get_tags", side_effect=MemoryError),
            patch.object(pkcs12_child, "_report") as report,
        ):
            pkcs12_child.main()
        report.assert_called_once_with(refused="too_complex")

    def test_no_damage_makes_more_than_a_refusal(self):
        """Bytes of real files are changed here and there; a child for each would take minutes."""
        from ...tools import pkcs12_child

        certificate = samples.issue()
        files = [
            (samples.make_p12(password=""), None),
            (samples.to_pem(certificate), None),
            (certificate.public_bytes(serialization.Encoding.DER), None),
            (samples.key_to_pem(samples.get_key(), PASSWORD), PASSWORD.encode()),
        ]
        for (data, password), step in itertools.product(files, range(40)):
            changed = bytearray(data)
            changed[(step * 37) % len(data)] ^= 0x41
            with patch.object(pkcs12_child.json, "load") as load:
                load.return_value = {
                    "files": [base64.b64encode(bytes(changed)).decode()],
                    "passwords": [(password or b"").decode()],
                }
                with patch.object(pkcs12_child, "_report") as report:
                    pkcs12_child.main()
            self.assertLessEqual(
                set(report.call_args.kwargs), {"certificates", "keys", "password", "refused"}
            )
            if code := report.call_args.kwargs.get("refused"):
                self.assertIn(code, tool.CODES)

    def test_a_child_that_cannot_run_says_nothing_of_the_file(self):
        for child in ("missing.py", "__init__.py"):
            with (
                patch.object(tool, "_CHILD", Path(tool.__file__).with_name(child)),
                self.assertRaises(tool.CertificateCheckUnavailable),
            ):
                tool.open_certificate([samples.make_p12()], PASSWORD)
        with (
            patch.object(sandbox.sys, "executable", "/nonexistent/python"),
            self.assertRaises(tool.CertificateCheckUnavailable) as caught,
        ):
            tool.open_certificate([samples.make_p12()], PASSWORD)
        self.assertIsNone(re.search(PASSWORD, repr(caught.exception)))
