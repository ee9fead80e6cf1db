"""Certificates in the layouts of five authorities, each written in many odd ways, made at run time.

The names are those of the demo companies, and the layouts are those of certificates that the authorities published: field
by field, without anybody's key. What is odd is what authorities have written, and more of its kind.
"""

import functools
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

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
        self.modulus = None
        self.issuer_der = None
        self.subject_der = None

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
        numbers = self.key.public_key().public_numbers()
        public = seq(self.modulus or integer(numbers.n), integer(numbers.e))
        extensions = [
            extension(kind, *(value if isinstance(value, tuple) else (value,)))
            for kind, value in self.extensions.items()
        ]
        algorithm = seq(oid(SHA256_RSA), b"\x05\x00")
        tbs = seq(
            self.version,
            self.serial,
            algorithm,
            self.issuer_der or name(self.issuer),
            seq(self.start, self.end),
            self.subject_der or name(self.subject),
            seq(seq(oid(RSA), self.key_parameters), tlv(0x03, b"\x00", public)),
            self.unique,
            tlv(0xA3, seq(*extensions, *self.more)),
        )
        signature = get_key("authority").sign(tbs, padding.PKCS1v15(), hashes.SHA256())
        return seq(tbs, algorithm, tlv(0x03, b"\x00", signature))


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


# === ODDITIES === #


def _organization(tag, value):
    def change(layout):
        layout.set(ORGANIZATION, tag, value)

    return change


def _extension(kind, value):
    def change(layout):
        layout.extensions[kind] = value

    return change


def _more(*values):
    def change(layout):
        layout.more += values

    return change


def _attribute(name, value):
    def change(layout):
        setattr(layout, name, value() if callable(value) else value)

    return change


def _add(kind, tag, value):
    return lambda layout: layout.set(kind, tag, value)


@functools.cache
def get_key_of_exponent_3():
    return rsa.generate_private_key(public_exponent=3, key_size=2048)


def _names_in_alternative(layout):
    inside = name([(ORGANIZATION, T61, "Café & Hijos"), ("2.5.4.20", UTF8, "x")])
    layout.extensions[SAN] = seq(tlv(0xA4, inside))


def _multivalued(layout):
    first, *rest = (seq(oid(kind), text(tag, value)) for kind, tag, value in layout.subject)
    layout.subject_der = seq(tlv(0x31, first, rest[0]), *(tlv(0x31, one) for one in rest[1:]))


def _unsigned_modulus(layout):
    number = layout.key.public_key().public_numbers().n
    layout.modulus = tlv(0x02, number.to_bytes(256, "big"))


def _number_in(tag):
    """Write the number of the subscriber in another type of string."""

    def change(layout):
        layout.subject = [
            (kind, tag if kind in (SERIAL, CERTICAMARA_NIT, GSE_NIT, "2.5.4.97") else known, value)
            for kind, known, value in layout.subject
        ]

    return change


def _leading_zeros(layout):
    layout.subject = [
        (kind, tag, f"000{value}" if kind in (SERIAL, CERTICAMARA_NIT, GSE_NIT) else value)
        for kind, tag, value in layout.subject
    ]


def _far_time(layout):
    now = datetime.now(timezone.utc)
    layout.start = tlv(0x18, f"{now - timedelta(days=3):%Y%m%d%H%M%S}.5Z".encode())
    layout.end = tlv(0x18, f"{now + timedelta(days=3):%Y%m%d%H%M}Z".encode())


def _offset_time(layout):
    now = datetime.now(timezone.utc) - timedelta(hours=5)
    layout.start = tlv(0x17, f"{now - timedelta(days=3):%y%m%d%H%M%S}-0500".encode())
    layout.end = tlv(0x17, f"{now + timedelta(days=3):%y%m%d%H%M}-0500".encode())


ODDITIES = {
    "as it is": lambda layout: None,
    # Strings of the subject.
    "T61 in Latin-1": _organization(T61, "Café de la Peña"),
    "IA5 in Latin-1": _organization(IA5, "Café de la Peña"),
    "Visible in Latin-1": _organization(VISIBLE, "Café de la Peña"),
    "Printable in Latin-1": _organization(PRINTABLE, "Café de la Peña"),
    "Visible in UTF-8": _organization(VISIBLE, "Café de la Peña".encode()),
    "Printable in UTF-8": _organization(PRINTABLE, "Café de la Peña".encode()),
    "IA5 in UTF-8": _organization(IA5, "Café de la Peña".encode()),
    "T61 in UTF-8": _organization(T61, "Café de la Peña".encode()),
    "UTF8 in Latin-1": _organization(UTF8, "Café de la Peña".encode("latin-1")),
    "General in Latin-1": _organization(0x1B, "Café"),
    "Graphic in Latin-1": _organization(0x19, "Café"),
    "Printable with an ampersand": _organization(PRINTABLE, "Cafe & Hijos * S.A.S @"),
    "Printable with an underscore": _organization(PRINTABLE, "CAFE_SIERRA #1"),
    "Numeric with letters": _organization(0x12, "NIT A"),
    "BMP": _organization(BMP, "Café de la Peña"),
    "BMP of odd length": _organization(BMP, b"Cafe!"),
    "BMP in UTF-8": _organization(BMP, b"Cafe de la Sierra S"),
    "Universal": _organization(0x1C, "Café"),
    "Universal cut": _organization(0x1C, b"\0\0\0C\0"),
    "half a surrogate": _organization(BMP, b"\xd8\x3d\0A"),
    "a NUL inside": _organization(UTF8, "Cafe\0de la Sierra"),
    "lines inside": _organization(UTF8, "Cafe\r\nde la\tSierra"),
    "an empty value": _organization(UTF8, ""),
    "no string at all": _add("2.5.4.45", 0x03, b"\x00\x01"),
    "an integer": _add("2.5.4.17", 0x02, b"\x05"),
    "300 letters": _organization(UTF8, "C" * 300),
    "country of three letters": _add(C, PRINTABLE, "COL"),
    "country in UTF-8": _add(C, UTF8, "CO"),
    "several values in one": _multivalued,
    "e-mail in UTF8": _add(EMAIL, UTF8, "peña@example.com"),
    "a big arc": _add("2.25.329800735698586629295641978511506172918", UTF8, "x"),
    "number in UTF8": _number_in(UTF8),
    "number in IA5": _number_in(IA5),
    "number in Numeric": _number_in(0x12),
    "number in BMP": _number_in(BMP),
    "leading zeros": _leading_zeros,
    # Alternative names.
    "e-mail in Latin-1": _extension(SAN, seq(tlv(0x81, "peña@example.com".encode("latin-1")))),
    "e-mail in UTF-8": _extension(SAN, seq(tlv(0x81, "peña@example.com".encode()))),
    "domain with a blank": _extension(SAN, seq(tlv(0x82, b"no domain ?"))),
    "address of three bytes": _extension(SAN, seq(tlv(0x87, b"\x01\x02\x03"))),
    "alternative directory name": _names_in_alternative,
    "user principal name": _extension(
        SAN, seq(tlv(0xA0, oid("1.3.6.1.4.1.311.20.2.3"), tlv(0xA0, text(UTF8, "ana"))))
    ),
    "no alternative names": _extension(SAN, seq()),
    "alternative names broken": _extension(SAN, b"\x30\x7f\x81"),
    # Policies.
    "notice in Latin-1": _extension(
        POLICIES,
        seq(
            seq(
                oid("2.5.29.32.0"),
                seq(seq(oid("1.3.6.1.5.5.7.2.2"), seq(text(VISIBLE, "garantía")))),
            )
        ),
    ),
    "policies broken": _extension(POLICIES, b"\x02\x01\x05"),
    "policies critical": _extension(POLICIES, (b"\x30\x02\x30\x00", True)),
    # Usage.
    "usage of three bytes": _extension(USAGE, (tlv(0x03, b"\x00\xe0\x00\x00"), True)),
    "usage not critical": _extension(USAGE, tlv(0x03, b"\x00\xc0")),
    "purpose of a big arc": _extension(
        PURPOSES, seq(oid("2.25.329800735698586629295641978511506172918"))
    ),
    "no purposes": _extension(PURPOSES, seq()),
    "constraints said": _extension(CONSTRAINTS, (seq(tlv(0x01, b"\x00")), True)),
    "constraints with a length": _extension(CONSTRAINTS, (seq(integer(0)), True)),
    # Addresses for revocation.
    "access in Latin-1": _extension(ACCESS, access("http://ocsp.example.com/año")),
    "access broken": _extension(ACCESS, b"\x30\x03\x30\x01\x06"),
    "points broken": _extension(POINTS, b"\x04\x00"),
    "point of a directory": _extension(POINTS, seq(point("ldap://x/cn=a?b"))),
    # Frame.
    "negative number": _attribute("serial", tlv(0x02, b"\x9a" * 16)),
    "number of 30 bytes": _attribute("serial", tlv(0x02, b"\x00\x00" + b"\x7a" * 28)),
    "times of another kind": _far_time,
    "times with an offset": _offset_time,
    "no version": _attribute("version", b""),
    "a unique identifier": _attribute("unique", tlv(0x81, b"\x00\x05")),
    "key without parameters": _attribute("key_parameters", b""),
    "modulus without a sign": _unsigned_modulus,
    "exponent 3": _attribute("key", get_key_of_exponent_3),
    "unknown extension": _more(extension("1.2.3.4", b"\xff\xff")),
    "extension twice": _more(extension(SAN, seq())),
    "qualified statements": _more(extension("1.3.6.1.5.5.7.1.3", b"\x30\x03\x0c\x01\xf1")),
}


def make_corpus():
    """Yield the name of each certificate, its layout, and itself in DER."""
    for make_layout in LAYOUTS:
        for oddity, change in ODDITIES.items():
            layout = make_layout()
            change(layout)
            yield f"{make_layout.__name__}, {oddity}", layout, layout.make()


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
