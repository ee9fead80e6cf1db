"""Certificates as authorities write them open, and hostile ones cost nothing: 5 layouts, 60 odd ways."""

import random
import subprocess
import tempfile
import time
import warnings
from datetime import datetime, timezone
from pathlib import Path

from cryptography import x509

from odoo.tests import BaseCase

from ...tools import authorities, certificate_chain, key_seal, pkcs12, revocation, xades
from ...tools import certificate_reader as tool
from ...tools.der import CertificateUnreadable
from ..common import certificate_corpus as corpus
from ..common.certificate_corpus import NIT, OTHER_NIT
from ..common.own_samples import PASSWORD, get_key, key_to_pem
from ..common.xml_samples import make_document

NOW = datetime.now(timezone.utc)
SEED = 20
MUTATIONS = 2_000


class TestCertificateCorpus(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.corpus = list(corpus.make_corpus())

    def pair(self, layout, der):
        return pkcs12._pair([der], [corpus.describe_key(layout.key)], NIT, NOW)

    def test_none_is_refused_or_accepted_wrongly(self):
        self.assertGreaterEqual(len(self.corpus), 300)
        for name, layout, der in self.corpus:
            with self.subTest(name):
                facts = self.pair(layout, der)
                self.assertEqual(pkcs12.find_faults(facts, NIT, NOW), [])
                self.assertEqual(pkcs12.find_faults(facts, OTHER_NIT, NOW), ["other_nit"])
                self.assertNotIn("no_nit", pkcs12.find_warnings(facts, NIT, ()))
                self.assertEqual(facts.bits, 2048)
                self.assertTrue(facts.subject)
                self.assertLessEqual({*facts.unread, *facts.odd}, set(tool.FIELDS))

    def test_what_is_wrong_is_found_in_each_odd_way(self):
        for oddity, change in corpus.ODDITIES.items():
            layout = corpus.andes()
            change(layout)
            if "usage" in oddity or "time" in oddity:
                continue
            layout.extensions[corpus.USAGE] = (corpus.tlv(0x03, b"\x05\x20"), True)
            layout.end = corpus.utc(NOW.replace(year=NOW.year - 1))
            with self.subTest(oddity):
                faults = pkcs12.find_faults(self.pair(layout, layout.make()), OTHER_NIT, NOW)
                self.assertEqual(faults, ["no_signing", "expired", "other_nit"])

    def test_what_cryptography_reads_is_read_the_same(self):
        self.enterContext(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        read = 0
        for name, _layout, der in self.corpus:
            try:
                other = x509.load_der_x509_certificate(der)
                subject, issuer = other.subject.rfc4514_string(), other.issuer.rfc4514_string()
            except (ValueError, x509.InvalidVersion):
                continue
            read += 1
            certificate = tool.load_der(der)
            with self.subTest(name):
                self.assertEqual(certificate, other)
                self.assertEqual(certificate.issuer.rfc4514_string(), issuer)
                # Here nothing unseen is shown, nor what is no text.
                if not any(mark in subject for mark in ("\n", "\\00", "=#")):
                    self.assertEqual(certificate.subject.rfc4514_string(), subject)
                self.assertEqual(certificate.serial_number, other.serial_number)
                self.assertEqual(certificate.tbs_certificate_bytes, other.tbs_certificate_bytes)
                self.assertEqual(certificate.signature, other.signature)
                if "modulus" not in name:
                    self.assertEqual(certificate.public_key(), other.public_key())
        self.assertGreater(read, 200)

    def test_fields_that_cannot_be_read_are_named(self):
        for oddity, unread, odd in (
            ("e-mail in Latin-1", (), ("subject_alt_name",)),
            ("Printable with an ampersand", (), ("subject",)),
            ("an integer", ("subject",), ()),
            ("alternative names broken", ("subject_alt_name",), ()),
            ("access broken", ("authority_info_access",), ()),
            ("points broken", ("crl_distribution_points",), ()),
            ("policies broken", (), ()),
            ("as it is", (), ()),
        ):
            layout = corpus.certicamara()
            corpus.ODDITIES[oddity](layout)
            facts = self.pair(layout, layout.make())
            with self.subTest(oddity):
                self.assertEqual((facts.unread, facts.odd), (unread, odd))
        layout.extensions[corpus.USAGE] = (b"\x04\x00", True)
        facts = self.pair(layout, layout.make())
        self.assertEqual((facts.unread, facts.signs), (("key_usage",), True))
        self.assertFalse(certificate_chain.is_for_documents(tool.load_pem(facts.certificate)))

    def test_the_numbers_of_the_authorities_are_told_apart(self):
        for make_layout, nits in (
            (corpus.certicamara, ("9009873211",)),
            (corpus.andes, ("9009873211",)),
            (corpus.gse, ("900987321",)),
            (corpus.camerfirma, ("900987321",)),
            (corpus.viafirma, ("900987321",)),
        ):
            self.assertEqual(pkcs12.find_numbers(tool.load_der(make_layout().make())).nits, nits)
        # The number of the authority's own is nobody's NIT.
        facts = pkcs12.read_certificate(tool.to_pem(corpus.certicamara().make()))
        self.assertEqual(pkcs12.find_faults(facts, "1234567-4", NOW), ["other_nit"])

    def test_a_nit_that_stands_elsewhere_is_a_warning(self):
        private = corpus.extension("1.3.6.1.4.1.99999.1", corpus.text(corpus.UTF8, "900987321-1"))
        other_name = corpus.seq(
            corpus.tlv(
                0xA0, corpus.oid("1.2.3"), corpus.tlv(0xA0, corpus.text(corpus.UTF8, "900987321"))
            )
        )
        for place, change in {
            "title": corpus._add(corpus.TITLE, corpus.UTF8, "Rep. Legal NIT 900987321"),
            "description": corpus._add(corpus.DESCRIPTION, corpus.UTF8, "NIT: 900.987.321 - 1"),
            "other name": corpus._extension(corpus.SAN, other_name),
            "private": corpus._more(private),
            "raw": corpus._more(corpus.extension("1.3.6.1.4.1.99999.1", b"NIT 0900987321")),
        }.items():
            layout = corpus.andes()
            layout.set(corpus.SERIAL, corpus.PRINTABLE, "52123456")
            change(layout)
            facts = self.pair(layout, layout.make())
            with self.subTest(place):
                self.assertEqual(pkcs12.find_faults(facts, NIT, NOW), [])
                self.assertEqual(pkcs12.find_warnings(facts, NIT), ["other_place"])
                self.assertEqual(facts.nits, ("52123456",))
                self.assertEqual(pkcs12.find_faults(facts, OTHER_NIT, NOW), ["other_nit"])
        layout = corpus.andes()
        layout.drop(corpus.SERIAL)
        layout.set(corpus.OU, corpus.UTF8, "NIT 830.114.921-1")
        facts = self.pair(layout, layout.make())
        self.assertEqual(pkcs12.find_faults(facts, NIT, NOW), ["other_nit"])

    def test_odd_ones_open_from_the_files_that_people_have(self):
        """By OpenSSL, which writes them into a PKCS #12, in old ways and new ones."""
        oddities = (
            "Printable in Latin-1",
            "Printable with an ampersand",
            "e-mail in Latin-1",
            "a big arc",
            "negative number",
            "alternative names broken",
        )
        # Each with another layout, and another way to lock the file.
        chosen = [
            next(one for one in self.corpus if one[0] == f"{layout.__name__}, {oddity}")
            for oddity, layout in zip(oddities, corpus.LAYOUTS * 2, strict=False)
        ]
        with tempfile.TemporaryDirectory() as folder:
            key = Path(folder, "key.pem")
            key.write_bytes(key_to_pem(get_key()))
            for number, (name, _layout, der) in enumerate(chosen):
                path = Path(folder, "certificate.pem")
                path.write_bytes(tool.to_pem(der))
                kind = ("PBE-SHA1-RC2-40", "PBE-SHA1-3DES", "AES-256-CBC")[number % 3]
                command = f"openssl pkcs12 -export -legacy -in {path} -inkey {key} -certpbe {kind}"
                data = subprocess.run(
                    [*command.split(), "-keypbe", kind, "-passout", f"pass:{PASSWORD}"],
                    capture_output=True,
                    check=True,
                ).stdout
                with self.subTest(name):
                    facts = pkcs12.open_certificate([data], f"{PASSWORD}\n", NIT)
                    self.assertEqual(facts.certificate, tool.to_pem(der))
                    self.assertEqual(facts.password, "trimmed")
                    signed = xades.sign(
                        make_document(), tool.load_der(der), facts.key, "supplier", NOW
                    )
                    self.assertEqual(xades.verify(signed).certificate.der, der)
                    self.assertEqual(
                        key_seal.export_key(facts.key).split(), key_to_pem(get_key()).split()
                    )

    def test_each_authority_is_asked_where_its_certificates_say(self):
        for make_layout in corpus.LAYOUTS:
            hosts = revocation.find_hosts(tool.to_pem(make_layout().make()))
            with self.subTest(make_layout.__name__):
                self.assertTrue(hosts)
                for host in hosts:
                    self.assertTrue(revocation.is_allowed(host, authorities.DOMAINS), host)
                    self.assertIn(host, authorities.find_by_domain(host).asked)
        # A point that names somebody else as its signer is none of the issuer's.
        layout = corpus.camerfirma()
        other = corpus.tlv(0xA2, corpus.tlv(0xA4, corpus.name([(corpus.CN, corpus.UTF8, "X")])))
        url = "http://crl.example.com/x"
        layout.extensions[corpus.POINTS] = corpus.seq(corpus.point(url, more=other))
        self.assertNotIn("crl.example.com", revocation.find_hosts(tool.to_pem(layout.make())))

    # === HOSTILE === #

    def read_all(self, der):
        """Do with a certificate all that is done with one; whether it could be read."""
        try:
            certificate = tool.load_der.__wrapped__(der)
        except CertificateUnreadable:
            return False
        facts = pkcs12._read(certificate)
        pkcs12.find_faults(facts, NIT, NOW)
        pkcs12.find_warnings(facts, NIT, authorities.NAMES)
        pem = tool.to_pem(certificate.der)
        certificate_chain.find_chain(pem, [pem], (), NOW)
        certificate_chain.find_issuer(pem, [pem])
        certificate_chain.is_for_documents(certificate)
        revocation.find_hosts(pem)
        revocation.check_revocation(pem, pem, ())
        certificate.subject.rfc4514_string()
        return True

    def test_no_mutation_makes_an_error_of_another_kind(self):
        chance = random.Random(SEED)  # what fails can be tried again
        ders = [der for _name, _layout, der in self.corpus]
        read = 0
        for _ in range(MUTATIONS):
            data = bytearray(chance.choice(ders))
            for _change in range(chance.choice((1, 1, 2, 5))):
                place = chance.randrange(len(data))
                kind = chance.randrange(4)
                if kind == 0:
                    data[place] ^= 1 << chance.randrange(8)
                elif kind == 1:
                    data[place] = chance.choice((0, 0x7F, 0x80, 0xFF, 0x30, 0x82))
                elif kind == 2:
                    del data[place : place + chance.randrange(1, 9)]
                else:
                    data[place:place] = chance.randbytes(chance.randrange(1, 9))
            read += self.read_all(bytes(data))
        self.assertGreater(read, MUTATIONS // 10)

    def test_hostile_ones_are_bounded(self):
        def frame(**parts):
            layout = corpus.andes()
            for name, value in parts.items():
                setattr(layout, name, value)
            return layout

        deep = b""
        for _ in range(20_000):
            deep = corpus.tlv(0x30, deep)[:60_000]
        pair = corpus.seq(corpus.oid("2.5.4.3"), corpus.text(corpus.UTF8, "x"))
        many = corpus.seq(*[corpus.tlv(0x31, pair)] * 4_000)
        in_one = corpus.seq(corpus.tlv(0x31, *[pair] * 4_000))
        numbers = corpus.name([(corpus.TITLE, corpus.UTF8, "9. " * 19_000)])
        hostile = {
            "nothing": b"",
            "deep": deep,
            "too large": corpus.seq(b"\0" * tool.MAX_SIZE),
            "many attributes": frame(subject_der=many).make(),
            "many in one": frame(subject_der=in_one).make(),
            "a long text": frame(subject_der=numbers).make(),
            "a long number": frame(serial=corpus.tlv(0x02, b"\x7f" * 50_000)).make(),
            "a long modulus": frame(modulus=corpus.tlv(0x02, b"\x7f" * 50_000)).make(),
            "deep extension": frame(more=[corpus.extension("1.2.3", deep[:50_000])]).make(),
            "wide extension": frame(
                more=[corpus.extension("1.2.3", corpus.seq(b"\x0c\x01a" * 15_000))]
            ).make(),
            "many extensions": frame(more=[corpus.extension("1.2.3", b"")] * 5_000).make(),
            "a long identifier": corpus.seq(
                corpus.seq(corpus.tlv(0x06, b"\xff" * 60_000 + b"\x7f"))
            ),
        }
        for name, der in hostile.items():
            started = time.process_time()
            with self.subTest(name):
                self.read_all(der)
                # It takes some milliseconds; a quadratic one takes minutes.
                self.assertLess(time.process_time() - started, 5)
