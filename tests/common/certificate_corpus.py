"""Certificates in the layouts of five authorities, each written in many odd ways, made at run time.

The names are those of the demo companies, and the layouts are those of certificates that the authorities published: field
by field, without anybody's key. What is odd is what authorities have written, and more of its kind.
"""

from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from .own_samples import get_key

NIT, OTHER_NIT = "900987321-1", "830114921-1"
UTF8, PRINTABLE, T61, IA5, VISIBLE, BMP = 0x0C, 0x13, 0x14, 0x16, 0x1A, 0x1E
CN, ORGANIZATION, OU, C, ST, L, STREET = (f"2.5.4.{number}" for number in (3, 10, 11, 6, 8, 7, 9))
SERIAL, TITLE, DESCRIPTION, PHONE, NAME = (f"2.5.4.{number}" for number in (5, 12, 13, 20, 41))
EMAIL = "1.2.840.113549.1.9.1"
CERTICAMARA_NIT, GSE_NIT = "1.3.6.1.4.1.23267.2.3", "1.3.6.1.4.1.4710.1.3.2"
SAN, USAGE, PURPOSES, CONSTRAINTS = "2.5.29.17", "2.5.29.15", "2.5.29.37", "2.5.29.19"
POLICIES, POINTS, ACCESS = "2.5.29.32", "2.5.29.31", "1.3.6.1.5.5.7.1.1"
SHA256_RSA, RSA = "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.1"


# === DER === #


def tlv(tag, *contents):
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def seq(*contents):
    return tlv(0x30, *contents)


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    content = b""
    for number in (first * 40 + second, *rest):
        part = bytes([number & 0x7F])
        while number := number >> 7:
            part = bytes([0x80 | number & 0x7F]) + part
        content += part
    return tlv(0x06, content)


def integer(number):
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def text(tag, value):
    if isinstance(value, str):
        encoding = {BMP: "utf-16-be", 0x1C: "utf-32-be", UTF8: "utf-8"}.get(tag, "latin-1")
        value = value.encode(encoding)
    return tlv(tag, value)


def name(attributes):
    return seq(*(tlv(0x31, seq(oid(kind), text(tag, value))) for kind, tag, value in attributes))


def extension(kind, value, critical=False):
    return seq(oid(kind), tlv(0x01, b"\xff") if critical else b"", tlv(0x04, value))


def utc(moment):
    return tlv(0x17, f"{moment:%y%m%d%H%M%S}Z".encode())


def uri(value):
    return tlv(0x86, value.encode("latin-1"))


def point(*urls, more=b""):
    return seq(tlv(0xA0, tlv(0xA0, *map(uri, urls))), more)


# === LAYOUTS === #


class Layout:
    """The parts of a certificate, each of which an oddity can change."""

    def __init__(self, issuer, subject, extensions):
        now = datetime.now(timezone.utc)
        self.issuer = list(issuer)
        self.subject = list(subject)
        self.extensions = dict(extensions)
        self.more = []  # further extensions
        self.serial = integer(0x74E827AF94FE9CBB5D76B91DAB886878)
        self.start, self.end = utc(now - timedelta(days=9)), utc(now + timedelta(days=300))
        self.version = tlv(0xA0, integer(2))
        self.unique = b""
        self.key = get_key()
        self.key_parameters = b"\x05\x00"
        self.algorithm = seq(oid(SHA256_RSA), b"\x05\x00")
        self.outer_algorithm = None  # the same, unless it says otherwise
        self.padding = padding.PKCS1v15()
        self.hash = hashes.SHA256()
        self.modulus = None
        self.issuer_der = None
        self.subject_der = None
        self.public_der = None
        # How the parts are put together.
        self.frame, self.frame_tbs = seq, seq
        self.frame_extensions = lambda *extensions: tlv(0xA3, seq(*extensions))
        self.frame_extension = extension
        self.frame_bits = lambda content: tlv(0x03, content)

    def set(self, kind, tag, value):
        """Write an attribute of the subject anew, or one more."""
        for place, attribute in enumerate(self.subject):
            if attribute[0] == kind:
                self.subject[place] = (kind, tag, value)
                return
        self.subject.append((kind, tag, value))

    def drop(self, *kinds):
        self.subject = [attribute for attribute in self.subject if attribute[0] not in kinds]

    def make(self):
        public = b""
        if not self.public_der:
            numbers = self.key.public_key().public_numbers()
            public = seq(self.modulus or integer(numbers.n), integer(numbers.e))
        extensions = [
            self.frame_extension(kind, *(value if isinstance(value, tuple) else (value,)))
            for kind, value in self.extensions.items()
        ]
        algorithm = self.algorithm
        tbs = self.frame_tbs(
            self.version,
            self.serial,
            algorithm,
            self.issuer_der or name(self.issuer),
            seq(self.start, self.end),
            self.subject_der or name(self.subject),
            self.public_der
            or seq(seq(oid(RSA), self.key_parameters), self.frame_bits(b"\x00" + public)),
            self.unique,
            self.frame_extensions(*extensions, *self.more),
        )
        signature = get_key("authority").sign(tbs, self.padding, self.hash)
        algorithm = self.outer_algorithm or algorithm
        return self.frame(tbs, algorithm, self.frame_bits(b"\x00" + signature))


COMMON = {
    USAGE: (tlv(0x03, b"\x05\xe0"), True),
    PURPOSES: seq(oid("1.3.6.1.5.5.7.3.2"), oid("1.3.6.1.5.5.7.3.4")),
    CONSTRAINTS: (seq(), True),
    SAN: seq(tlv(0x81, b"persona@example.com")),
}


def access(url):
    return seq(seq(oid("1.3.6.1.5.5.7.48.1"), uri(url)))


def certicamara():
    issuer = [
        (STREET, UTF8, "www.certicamara.com"),
        (C, PRINTABLE, "CO"),
        (OU, UTF8, "NIT 830084433-7"),
        (ORGANIZATION, UTF8, "CERTICAMARA S.A"),
        (CN, UTF8, "AC SUB CERTICAMARA"),
    ]
    subject = [
        (ST, UTF8, "ANTIOQUIA"),
        (OU, UTF8, "FACTURA ELECTRONICA"),
        (SERIAL, PRINTABLE, "1234567"),
        (CERTICAMARA_NIT, PRINTABLE, "9009873211"),
        (ORGANIZATION, UTF8, "CAFE DE LA SIERRA SAS"),
        (EMAIL, IA5, "ANA@EXAMPLE.CO"),
        (C, PRINTABLE, "CO"),
        (CN, UTF8, "CAFE DE LA SIERRA SAS"),
    ]
    notice = seq(oid("1.3.6.1.5.5.7.2.2"), seq(text(VISIBLE, "Limitaciones de garantías")))
    return Layout(
        issuer,
        subject,
        {
            **COMMON,
            PURPOSES: seq(*(oid(f"1.3.6.1.5.5.7.3.{number}") for number in (1, 2, 4))),
            POLICIES: seq(seq(oid("1.3.6.1.4.1.23267.50.1.8"), seq(notice))),
            ACCESS: access("http://ocsp.certicamara.co"),
            POINTS: seq(
                point(
                    "http://www.certicamara.com/repositorio/ac.crl?crl=crl",
                    "http://mirror.certicamara.com/repositorio/ac.crl?crl=crl",
                )
            ),
        },
    )


def andes():
    issuer = [
        (C, PRINTABLE, "CO"),
        (ORGANIZATION, UTF8, "Andes SCD"),
        (OU, UTF8, "Division de certificacion entidad final"),
        (CN, UTF8, "CA ANDES SCD S.A. Clase II v3"),
    ]
    subject = [
        (C, PRINTABLE, "CO"),
        (ST, UTF8, "BOGOTA D.C."),
        (OU, UTF8, "Emitido por Andes SCD Cra 27 86 43"),
        (SERIAL, PRINTABLE, "9009873211"),
        (ORGANIZATION, UTF8, "CAFE DE LA SIERRA SAS"),
        (CN, UTF8, "CAFE DE LA SIERRA SAS"),
    ]
    return Layout(
        issuer,
        subject,
        {
            **COMMON,
            ACCESS: access("http://ocsp.andesscd.com.co"),
            POINTS: seq(point("http://crl.andesscd.com.co/ClaseIIv3.crl")),
        },
    )


def gse():
    issuer = [
        (C, PRINTABLE, "CO"),
        (ORGANIZATION, UTF8, "GSE"),
        (CN, UTF8, "Autoridad Subordinada 01 GSE"),
    ]
    subject = [
        (C, PRINTABLE, "CO"),
        (NAME, UTF8, "NIT"),
        (SERIAL, PRINTABLE, "900987321-1"),
        (GSE_NIT, UTF8, "900987321"),
        (ORGANIZATION, UTF8, "CAFE DE LA SIERRA SAS"),
        (CN, UTF8, "CAFE DE LA SIERRA SAS"),
    ]
    return Layout(
        issuer,
        subject,
        {
            **COMMON,
            ACCESS: access("https://ocsp2.gse.com.co"),
            POINTS: seq(point("https://crl2.gse.com.co/CA_SUB01.crl")),
        },
    )


def camerfirma():
    issuer = [
        (CN, UTF8, "SUBCA CAMERFIRMA COLOMBIA SAS"),
        (SERIAL, PRINTABLE, "901312112-4"),
        (ORGANIZATION, UTF8, "CAMERFIRMA COLOMBIA SAS"),
        (C, PRINTABLE, "CO"),
    ]
    subject = [
        (STREET, UTF8, "CL 1 2 3"),
        (PHONE, PRINTABLE, "3001234567"),
        (CN, UTF8, "CAFE DE LA SIERRA SAS "),
        (SERIAL, PRINTABLE, "900987321"),
        (ORGANIZATION, UTF8, "CAFE DE LA SIERRA SAS "),
        (C, PRINTABLE, "CO"),
    ]
    turned = tlv(0xA2, tlv(0xA4, name([issuer[0], issuer[3], issuer[2], issuer[1]])))
    url = "http://pkicol.camerfirmacolombia.co/ejbca/publicweb/webdist/certdist?cmd=crl"
    return Layout(
        issuer,
        subject,
        {
            **COMMON,
            ACCESS: access("http://pkicol.camerfirmacolombia.co/ejbca/publicweb/status/ocsp"),
            POINTS: (seq(point(url, more=turned)), True),
        },
    )


def viafirma():
    issuer = [
        (C, PRINTABLE, "CO"),
        (ORGANIZATION, UTF8, "VIAFIRMA COLOMBIA SAS"),
        (CN, UTF8, "VIAFIRMA COLOMBIA ECD SUB"),
    ]
    subject = [
        (C, PRINTABLE, "CO"),
        ("2.5.4.97", UTF8, "NTRCO-900987321"),
        (SERIAL, PRINTABLE, "IDCCO-52123456"),
        (ORGANIZATION, UTF8, "CAFE DE LA SIERRA SAS"),
        (CN, UTF8, "CAFE DE LA SIERRA SAS"),
    ]
    return Layout(
        issuer,
        subject,
        {
            **COMMON,
            ACCESS: access("http://ecd.viafirma.com/ocsp"),
            POINTS: seq(point("http://ecd.viafirma.com/crl")),
        },
    )


LAYOUTS = (certicamara, andes, gse, camerfirma, viafirma)


def describe_key(key):
    """A key as the child describes it: public and private."""
    return (
        key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
