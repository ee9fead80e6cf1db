"""Certificates as authorities write them open, and hostile ones cost nothing: 5 layouts, 140 odd ways."""

import random
import subprocess
import tempfile
import time
import warnings
from datetime import datetime, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from odoo.tests import BaseCase

from ...tools import authorities, certificate_chain, key_seal, pkcs12, revocation, xades
from ...tools import certificate_reader as tool
from ...tools.der import CertificateUnreadable, read_element
from ..common import certificate_corpus as corpus
from ..common import certificate_oddities as oddities
from ..common.certificate_corpus import NIT, OTHER_NIT
from ..common.own_samples import PASSWORD, get_key, get_small_key, key_to_pem
from ..common.xml_samples import make_document

NOW = datetime.now(timezone.utc)
SEED = 20
MUTATIONS = 2_000


class TestCertificateCorpus(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.corpus = list(oddities.make_corpus())

    def pair(self, layout, der):
        return pkcs12._pair([der], [corpus.describe_key(layout.key)], NIT, NOW)

    def test_none_is_refused_or_accepted_wrongly(self):
        self.assertGreaterEqual(len(self.corpus), 700)
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
        for oddity, change in (oddities.ODDITIES | oddities.ENCODINGS).items():
            layout = corpus.andes()
            change(layout)
            # What is changed below is not there in some.
            if any(word in oddity for word in ("usage", "time", "date", "list", "no extensions")):
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
                if not any(mark in subject for mark in ("\n", "\\00", "=#", "\ufeff")):
                    self.assertEqual(certificate.subject.rfc4514_string(), subject)
                self.assertEqual(certificate.serial_number, other.serial_number)
                self.assertEqual(certificate.tbs_certificate_bytes, other.tbs_certificate_bytes)
                self.assertEqual(certificate.signature, other.signature)
                if "modulus" not in name:
                    self.assertEqual(certificate.public_key(), other.public_key())
        self.assertGreater(read, 200)

    def test_what_other_programs_refuse_is_said(self):
        """OpenSSL, or readers of DER alone; whatever the authorities are known to write is not such."""
        for make_layout in corpus.LAYOUTS:
            self.assertTrue(tool.load_der(make_layout().make()).is_common)
        for oddity, is_common in (
            ("indefinite everywhere", False),
            ("lengths of two bytes", False),
            ("every string of the subject in pieces", False),
            ("number with zeros in front", False),
            ("dates without seconds", False),
            ("a leap second", False),
            ("version 1 with extensions", False),
            ("usage twice", False),
            ("unknown and critical", False),
            ("values without octets", False),
            ("attributes without sets", False),
            ("number zero", True),
            ("number of 200 bytes", True),
            ("dates of the long kind before 2050", True),
            ("an end that never comes", True),
            ("signed by PSS", True),
            ("signature without parameters", True),
            ("bytes behind it", True),
        ):
            layout = corpus.andes()
            oddities.ENCODINGS[oddity](layout)
            facts = self.pair(layout, layout.make())
            with self.subTest(oddity):
                warnings_ = pkcs12.find_warnings(facts, NIT)
                self.assertEqual("irregular" not in warnings_, is_common)

    def test_a_signature_is_over_the_bytes_as_they_stand(self):
        """Of the certificate and of its authority's, however both are written."""
        for oddity, change in oddities.ENCODINGS.items():
            layout, above = corpus.andes(), corpus.andes()
            change(layout)
            if not any(word in oddity for word in ("indefinite", "length", "pieces")):
                continue
            change(above)
            above.subject = layout.issuer = above.issuer
            above.key = get_key("authority")
            above.extensions = {
                corpus.CONSTRAINTS: (corpus.seq(corpus.tlv(0x01, b"\xff")), True),
                corpus.USAGE: (corpus.tlv(0x03, b"\x02\x04"), True),
            }
            if "subject" in oddity or "no pieces" in oddity:
                above.subject_der = None
            der, issuer = layout.make(), tool.to_pem(above.make())
            anchor = certificate_chain.Anchor(tool.load_pem(issuer).sha256, issuer)
            with self.subTest(oddity):
                pem = tool.to_pem(der)
                self.assertEqual(certificate_chain.find_chain(pem, [], [anchor], NOW), [issuer])
                place = der.index(b"SIERRA")
                changed = tool.to_pem(der[:place] + b"FLORES" + der[place + 6 :])
                self.assertEqual(certificate_chain.find_chain(changed, [], [anchor], NOW), [])

    def test_one_broken_thing_leaves_the_others_known(self):
        for oddity, ocsp, points in (
            ("one address broken", ("http://ocsp.example.com",), 1),
            ("one point broken", ("http://ocsp.andesscd.com.co",), 3),
            ("an empty extension", ("http://ocsp.andesscd.com.co",), 1),
            ("addresses in pieces", ("http://ocsp.example.com/x",), 1),
        ):
            layout = corpus.andes()
            oddities.ENCODINGS[oddity](layout)
            certificate = tool.load_der(layout.make())
            with self.subTest(oddity):
                self.assertEqual(certificate.ocsp_urls, ocsp)
                self.assertEqual(len(certificate.crl_points), points)
        # Two addresses that nobody can ask do not keep a third one from being asked.
        layout = corpus.andes()
        oddities.ENCODINGS["one point broken"](layout)
        certificate = tool.load_der(layout.make())
        urls = [question[0] for question in revocation._find_questions(certificate, certificate)]
        self.assertIn("http://example.com/c", urls)

    def test_a_number_is_found_in_a_list_however_it_is_written(self):
        layout = corpus.andes()
        oddities.ENCODINGS["number with zeros in front"](layout)
        certificate = tool.load_der(layout.make())
        read = revocation._CrlReader(certificate, certificate, None)
        for number, is_found in (
            (layout.serial, True),
            (corpus.integer(certificate.serial_number), True),
            (corpus.integer(certificate.serial_number + 1), False),
        ):
            entries = corpus.seq(corpus.integer(5), corpus.utc(NOW))
            entries += corpus.seq(number, corpus.utc(NOW))
            self.assertEqual(bool(read._find_entry(entries)), is_found)

    def test_keys_that_cannot_sign_for_dian_are_refused_by_their_kind(self):
        rsa_key = get_key()
        numbers = rsa_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.PKCS1
        )
        # It may sign by PSS alone: .NET does not take such a key, nor DIAN such a signature.
        pss = corpus.seq(
            corpus.seq(corpus.oid("1.2.840.113549.1.1.10")), corpus.tlv(0x03, b"\0" + numbers)
        )
        kinds = {"PSS": (rsa_key, pss)}
        for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()):
            key = ec.generate_private_key(curve)
            public = corpus.describe_key(key)[0]
            kinds[curve.name] = (key, public)
            # With the parameters of the curve instead of its name.
            point = read_element(public).children()[1].raw
            kinds[f"{curve.name}, explicit"] = (
                key,
                corpus.seq(
                    corpus.seq(corpus.oid("1.2.840.10045.2.1"), corpus.seq(corpus.integer(1))),
                    point,
                ),
            )
        for kind, (key, public) in kinds.items():
            layout = corpus.gse()
            layout.key, layout.public_der = key, public
            with self.subTest(kind):
                facts = self.pair(layout, layout.make())
                self.assertEqual(pkcs12.find_faults(facts, NIT, NOW), ["not_rsa"])
                self.assertIsNone(facts.key)
        for hash_, oid in ((hashes.SHA1(), 5), (hashes.MD5(), 4)):
            layout = corpus.gse()
            layout.hash = hash_
            layout.algorithm = corpus.seq(corpus.oid(f"1.2.840.113549.1.1.{oid}"))
            facts = self.pair(layout, layout.make())
            self.assertEqual(pkcs12.find_faults(facts, NIT, NOW), ["weak_hash"])
        layout = corpus.gse()
        layout.key = get_small_key()
        facts = self.pair(layout, layout.make())
        self.assertEqual(pkcs12.find_faults(facts, NIT, NOW), ["weak_key"])

    def test_nothing_can_be_done_without_number_and_dates(self):
        for part, value in {
            "serial": corpus.tlv(0x02, b"\x7f" * 501),
            "start": corpus.tlv(0x17, b"260230120000Z"),
            "end": corpus.tlv(0x17, b"2612312500Z"),
        }.items():
            layout = corpus.gse()
            setattr(layout, part, value)
            with self.subTest(part), self.assertRaises(CertificateUnreadable):
                tool.load_der(layout.make())

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
            oddities.ODDITIES[oddity](layout)
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
            "title": oddities.add(corpus.TITLE, corpus.UTF8, "Rep. Legal NIT 900987321"),
            "description": oddities.add(corpus.DESCRIPTION, corpus.UTF8, "NIT: 900.987.321 - 1"),
            "other name": oddities.set_extension(corpus.SAN, other_name),
            "private": oddities.add_extensions(private),
            "raw": oddities.add_extensions(
                corpus.extension("1.3.6.1.4.1.99999.1", b"NIT 0900987321")
            ),
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
        xades._describe(certificate)
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
                    data[place] = chance.choice((0, 0x7F, 0x80, 0xFF, 0x30, 0x82, 0xA0, 0x24))
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
            "indefinite lengths": b"\x30\x80" * 32_000,
            "indefinite lengths that end": b"\x30\x80" * 16_000 + b"\0\0" * 16_000,
            "pieces of pieces": b"\x24\x80" * 16_000 + b"\0\0" * 16_000,
            "pieces in an extension": frame(
                more=[corpus.extension("1.2.3", (b"\x24\x80" * 7 + b"\0\0" * 7) * 1_500)]
            ).make(),
            "a name of pieces": frame(
                subject_der=corpus.seq(
                    corpus.tlv(
                        0x31,
                        corpus.seq(
                            corpus.oid("2.5.4.3"), b"\x2c\x80" + b"\x04\x01a" * 15_000 + b"\0\0"
                        ),
                    )
                )
            ).make(),
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
