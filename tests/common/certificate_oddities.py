"""What authorities write otherwise than the standard says, and more of its kind: names, extensions, numbers, dates and the
bytes themselves. Each is a change of a layout of `certificate_corpus.py`.
"""

import functools
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .certificate_corpus import (
    ACCESS,
    BMP,
    CERTICAMARA_NIT,
    CONSTRAINTS,
    EMAIL,
    GSE_NIT,
    IA5,
    LAYOUTS,
    ORGANIZATION,
    OU,
    POINTS,
    POLICIES,
    PRINTABLE,
    PURPOSES,
    SAN,
    SERIAL,
    SHA256_RSA,
    T61,
    USAGE,
    UTF8,
    VISIBLE,
    C,
    access,
    extension,
    integer,
    name,
    oid,
    point,
    seq,
    text,
    tlv,
    uri,
)


def organization(tag, value):
    def change(layout):
        layout.set(ORGANIZATION, tag, value)

    return change


def set_extension(kind, value):
    def change(layout):
        layout.extensions[kind] = value

    return change


def add_extensions(*values):
    def change(layout):
        layout.more += values

    return change


def set_part(name, value):
    def change(layout):
        setattr(layout, name, value() if callable(value) else value)

    return change


def add(kind, tag, value):
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
    "T61 in Latin-1": organization(T61, "Café de la Peña"),
    "IA5 in Latin-1": organization(IA5, "Café de la Peña"),
    "Visible in Latin-1": organization(VISIBLE, "Café de la Peña"),
    "Printable in Latin-1": organization(PRINTABLE, "Café de la Peña"),
    "Visible in UTF-8": organization(VISIBLE, "Café de la Peña".encode()),
    "Printable in UTF-8": organization(PRINTABLE, "Café de la Peña".encode()),
    "IA5 in UTF-8": organization(IA5, "Café de la Peña".encode()),
    "T61 in UTF-8": organization(T61, "Café de la Peña".encode()),
    "UTF8 in Latin-1": organization(UTF8, "Café de la Peña".encode("latin-1")),
    "General in Latin-1": organization(0x1B, "Café"),
    "Graphic in Latin-1": organization(0x19, "Café"),
    "Printable with an ampersand": organization(PRINTABLE, "Cafe & Hijos * S.A.S @"),
    "Printable with an underscore": organization(PRINTABLE, "CAFE_SIERRA #1"),
    "Numeric with letters": organization(0x12, "NIT A"),
    "BMP": organization(BMP, "Café de la Peña"),
    "BMP of odd length": organization(BMP, b"Cafe!"),
    "BMP in UTF-8": organization(BMP, b"Cafe de la Sierra S"),
    "Universal": organization(0x1C, "Café"),
    "Universal cut": organization(0x1C, b"\0\0\0C\0"),
    "half a surrogate": organization(BMP, b"\xd8\x3d\0A"),
    "a NUL inside": organization(UTF8, "Cafe\0de la Sierra"),
    "lines inside": organization(UTF8, "Cafe\r\nde la\tSierra"),
    "an empty value": organization(UTF8, ""),
    "no string at all": add("2.5.4.45", 0x03, b"\x00\x01"),
    "an integer": add("2.5.4.17", 0x02, b"\x05"),
    "300 letters": organization(UTF8, "C" * 300),
    "country of three letters": add(C, PRINTABLE, "COL"),
    "country in UTF-8": add(C, UTF8, "CO"),
    "several values in one": _multivalued,
    "e-mail in UTF8": add(EMAIL, UTF8, "peña@example.com"),
    "a big arc": add("2.25.329800735698586629295641978511506172918", UTF8, "x"),
    "number in UTF8": _number_in(UTF8),
    "number in IA5": _number_in(IA5),
    "number in Numeric": _number_in(0x12),
    "number in BMP": _number_in(BMP),
    "leading zeros": _leading_zeros,
    # Alternative names.
    "e-mail in Latin-1": set_extension(SAN, seq(tlv(0x81, "peña@example.com".encode("latin-1")))),
    "e-mail in UTF-8": set_extension(SAN, seq(tlv(0x81, "peña@example.com".encode()))),
    "domain with a blank": set_extension(SAN, seq(tlv(0x82, b"no domain ?"))),
    "address of three bytes": set_extension(SAN, seq(tlv(0x87, b"\x01\x02\x03"))),
    "alternative directory name": _names_in_alternative,
    "user principal name": set_extension(
        SAN, seq(tlv(0xA0, oid("1.3.6.1.4.1.311.20.2.3"), tlv(0xA0, text(UTF8, "ana"))))
    ),
    "no alternative names": set_extension(SAN, seq()),
    "alternative names broken": set_extension(SAN, b"\x30\x7f\x81"),
    # Policies.
    "notice in Latin-1": set_extension(
        POLICIES,
        seq(
            seq(
                oid("2.5.29.32.0"),
                seq(seq(oid("1.3.6.1.5.5.7.2.2"), seq(text(VISIBLE, "garantía")))),
            )
        ),
    ),
    "policies broken": set_extension(POLICIES, b"\x02\x01\x05"),
    "policies critical": set_extension(POLICIES, (b"\x30\x02\x30\x00", True)),
    # Usage.
    "usage of three bytes": set_extension(USAGE, (tlv(0x03, b"\x00\xe0\x00\x00"), True)),
    "usage not critical": set_extension(USAGE, tlv(0x03, b"\x00\xc0")),
    "purpose of a big arc": set_extension(
        PURPOSES, seq(oid("2.25.329800735698586629295641978511506172918"))
    ),
    "no purposes": set_extension(PURPOSES, seq()),
    "constraints said": set_extension(CONSTRAINTS, (seq(tlv(0x01, b"\x00")), True)),
    "constraints with a length": set_extension(CONSTRAINTS, (seq(integer(0)), True)),
    # Addresses for revocation.
    "access in Latin-1": set_extension(ACCESS, access("http://ocsp.example.com/año")),
    "access broken": set_extension(ACCESS, b"\x30\x03\x30\x01\x06"),
    "points broken": set_extension(POINTS, b"\x04\x00"),
    "point of a directory": set_extension(POINTS, seq(point("ldap://x/cn=a?b"))),
    # Frame.
    "negative number": set_part("serial", tlv(0x02, b"\x9a" * 16)),
    "number of 30 bytes": set_part("serial", tlv(0x02, b"\x00\x00" + b"\x7a" * 28)),
    "times of another kind": _far_time,
    "times with an offset": _offset_time,
    "no version": set_part("version", b""),
    "a unique identifier": set_part("unique", tlv(0x81, b"\x00\x05")),
    "key without parameters": set_part("key_parameters", b""),
    "modulus without a sign": _unsigned_modulus,
    "exponent 3": set_part("key", get_key_of_exponent_3),
    "unknown extension": add_extensions(extension("1.2.3.4", b"\xff\xff")),
    "extension twice": add_extensions(extension(SAN, seq())),
    "qualified statements": add_extensions(extension("1.3.6.1.5.5.7.1.3", b"\x30\x03\x0c\x01\xf1")),
}


# === BYTES === #


def write_length(tag, content, way):
    """Write an element of BER with its length in another way than DER does.

    :param way: `indefinite`, or in how many bytes
    """
    if way == "indefinite":
        return bytes([tag, 0x80]) + content + b"\0\0"
    return bytes([tag, 0x80 | way]) + len(content).to_bytes(way, "big") + content


def rewrite(der, way, strings=False):
    """Write DER again as BER, all that consists of others.

    :param way: of `write_length`
    :param bool strings: whether octets are written in pieces, too
    """
    written, position = b"", 0
    while position < len(der):
        tag, length, start = der[position], der[position + 1], position + 2
        if length > 0x80:
            start += length - 0x80
            length = int.from_bytes(der[position + 2 : start], "big")
        content = der[start : start + length]
        position = start + length
        if tag & 0x20:
            written += write_length(tag, rewrite(content, way, strings), way)
        elif tag == 0x04 and strings:
            written += in_pieces(tag, content)
        else:
            written += tlv(tag, content)
    return written


def in_pieces(tag, content, inner=0x04):
    """Write a string in two pieces, the first of them in pieces again."""
    half = len(content) // 2
    first = write_length(inner | 0x20, tlv(inner, content[:half]), "indefinite")
    return write_length(tag | 0x20, first + tlv(inner, content[half:]), "indefinite")


def bits_in_pieces(content):
    half = len(content) // 2
    return write_length(
        0x23, tlv(0x03, content[:half]) + tlv(0x03, content[:1] + content[half:]), "indefinite"
    )


def put(**parts):
    """Put the parts of a layout together in other ways."""

    def change(layout):
        vars(layout).update(parts)

    return change


def _all(way, strings=False):
    def frame(*contents):
        return rewrite(seq(*contents), way, strings)

    def frame_whole(tbs, algorithm, signature):
        # What is signed is written so already.
        return write_length(0x30, tbs + rewrite(algorithm + signature, way, strings), way)

    return put(frame_tbs=frame, frame=frame_whole)


def _tbs(write):
    return put(frame_tbs=lambda *contents: write(b"".join(contents)))


def _value_in_pieces(kind, value, critical=False):
    said = tlv(0x01, b"\xff") if critical else b""
    return seq(oid(kind), said, in_pieces(0x04, value))


def _bare_value(kind, value, critical=False):
    return seq(oid(kind), tlv(0x01, b"\xff") if critical else b"", value)


def _wrapped_twice(kind, value, critical=False):
    return extension(kind, tlv(0x04, value), critical)


def _value_first(kind, value, critical=False):
    return seq(oid(kind), tlv(0x04, value), tlv(0x01, b"\xff") if critical else b"")


def _critical(content):
    return lambda kind, value, critical=False: seq(
        oid(kind), tlv(0x01, content if critical else b"\x00"), tlv(0x04, value)
    )


def _times(write):
    """Write the dates in another way, from three days ago for six days."""

    def change(layout):
        now = datetime.now(timezone.utc)
        layout.start, layout.end = (write(now + timedelta(days=days)) for days in (-3, 3))

    return change


def _generalized(form):
    return _times(lambda moment: tlv(0x18, f"{moment:{form}}".encode()))


def _utc(form):
    return _times(lambda moment: tlv(0x17, f"{moment:{form}}".encode()))


def _subject_elsewhere(layout):
    """Leave the subject empty, as the standard allows where its name stands in the alternative ones."""
    layout.extensions[SAN] = seq(tlv(0xA4, name(layout.subject)))
    layout.subject = []


def _rewrite_subject(write):
    """Write the parts of the subject in another way.

    :param write: takes the attributes in DER
    """

    def change(layout):
        pairs = [seq(oid(kind), text(tag, value)) for kind, tag, value in layout.subject]
        layout.subject_der = seq(*write(pairs))

    return change


def _sets(pairs):
    return [tlv(0x31, pair) for pair in pairs]


def _organization_in(tag, content):
    return _rewrite_subject(
        lambda pairs: [
            *_sets(pairs),
            tlv(0x31, seq(oid(OU), write_length(tag, content, "indefinite"))),
        ]
    )


def _number_in_pieces(layout):
    """Write every string of the subject in pieces."""
    layout.subject_der = seq(
        *(
            tlv(0x31, seq(oid(kind), in_pieces(tag, text(tag, value)[2:])))
            for kind, tag, value in layout.subject
        )
    )


def _written(form):
    """Write the number of the subscriber with what people put around it."""

    def change(layout):
        layout.subject = [
            (kind, UTF8, form)
            if kind in (SERIAL, CERTICAMARA_NIT, GSE_NIT, "2.5.4.97")
            else (kind, tag, value)
            for kind, tag, value in layout.subject
        ]

    return change


def _signed_by_pss(layout):
    sha256, mask = (seq(oid("2.16.840.1.101.3.4.2.1")), "1.2.840.113549.1.1.8")
    parameters = seq(tlv(0xA0, sha256), tlv(0xA1, seq(oid(mask), sha256)), tlv(0xA2, integer(32)))
    layout.algorithm = seq(oid("1.2.840.113549.1.1.10"), parameters)
    layout.padding = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


def _longer_numbers(layout):
    numbers = layout.key.public_key().public_numbers()
    layout.modulus = tlv(0x02, b"\0\0\0", numbers.n.to_bytes(256, "big"))


ENCODINGS = {
    # Lengths.
    "indefinite outside": put(
        frame=lambda *parts: write_length(0x30, b"".join(parts), "indefinite")
    ),
    "indefinite inside": _tbs(lambda content: write_length(0x30, content, "indefinite")),
    "indefinite everywhere": _all("indefinite"),
    "indefinite and octets in pieces": _all("indefinite", strings=True),
    "lengths of two bytes": _all(2),
    "lengths of nine bytes": _all(9),
    "extensions of indefinite length": put(
        frame_extensions=lambda *extensions: write_length(
            0xA3, write_length(0x30, b"".join(extensions), "indefinite"), "indefinite"
        )
    ),
    # Strings in pieces.
    "every string of the subject in pieces": _number_in_pieces,
    "a string of no pieces": _organization_in(0x2C, b""),
    "values of extensions in pieces": put(frame_extension=_value_in_pieces),
    "key and signature in pieces": put(frame_bits=bits_in_pieces),
    "addresses in pieces": set_extension(
        ACCESS,
        seq(seq(oid("1.3.6.1.5.5.7.48.1"), in_pieces(0x86, b"http://ocsp.example.com/x"))),
    ),
    # Numbers.
    "number zero": set_part("serial", integer(0)),
    "number minus one": set_part("serial", b"\x02\x01\xff"),
    "number of 21 bytes": set_part("serial", tlv(0x02, b"\x7b" * 21)),
    "number of 200 bytes": set_part("serial", tlv(0x02, b"\x7b" * 200)),
    "number with zeros in front": set_part("serial", tlv(0x02, b"\0\0\0\x11")),
    "version of two bytes": set_part("version", tlv(0xA0, tlv(0x02, b"\0\2"))),
    "version without its wrapping": set_part("version", integer(2)),
    "version 1 with extensions": set_part("version", tlv(0xA0, integer(0))),
    "version 9": set_part("version", tlv(0xA0, integer(8))),
    "modulus with zeros in front": _longer_numbers,
    # Dates.
    "dates of the long kind before 2050": _generalized("%Y%m%d%H%M%SZ"),
    "four digits in the short kind": _utc("%Y%m%d%H%M%SZ"),
    "dates without a zone": _generalized("%Y%m%d%H%M%S"),
    "dates with a comma": _generalized("%Y%m%d%H%M%S,123Z"),
    "dates with a colon in the offset": _utc("%y%m%d%H%M%S-00:00"),
    "dates without seconds": _utc("%y%m%d%H%MZ"),
    "midnight as hour 24": _utc("%y%m%d240000Z"),
    "a leap second": _utc("%y%m%d235960Z"),
    "an end that never comes": put(end=tlv(0x18, b"99991231235959Z")),
    # Extensions.
    "critical as 1": put(frame_extension=_critical(b"\x01")),
    "critical in two bytes": put(frame_extension=_critical(b"\x00\x01")),
    "critical behind the value": put(frame_extension=_value_first),
    "values without octets": put(frame_extension=_bare_value),
    "values wrapped twice": put(frame_extension=_wrapped_twice),
    "extensions without their list": put(
        frame_extensions=lambda *extensions: tlv(0xA3, *extensions)
    ),
    "no extension in the list": put(frame_extensions=lambda *_all: tlv(0xA3, seq())),
    "not even a list": put(frame_extensions=lambda *_all: tlv(0xA3)),
    "no extensions": put(frame_extensions=lambda *_all: b""),
    "an extension without a value": add_extensions(seq(oid("1.2.3.4"))),
    "an empty extension": add_extensions(seq()),
    "an extension that is none": add_extensions(integer(5)),
    "usage twice": add_extensions(extension(USAGE, tlv(0x03, b"\x05\x20"), True)),
    "unknown and critical": add_extensions(extension("1.2.3.4", b"\x05\x00", True)),
    "an identifier with zeros in front": add_extensions(
        seq(tlv(0x06, b"\x55\x1d\x80\x0e"), tlv(0x04, tlv(0x04, b"x")))
    ),
    "one purpose broken": set_extension(
        PURPOSES, seq(oid("1.3.6.1.5.5.7.3.2"), integer(4), tlv(0x06))
    ),
    "one address broken": set_extension(
        ACCESS,
        seq(seq(integer(1)), seq(oid("1.3.6.1.5.5.7.48.1"), uri("http://ocsp.example.com"))),
    ),
    "one point broken": set_extension(
        POINTS, seq(integer(5), point("ldap://a"), point("ldap://b"), point("http://example.com/c"))
    ),
    "one alternative name broken": set_extension(
        SAN, seq(tlv(0xA4, b"\x31"), tlv(0x81, b"a@b.co"))
    ),
    "constraints of no authority, said": set_extension(
        CONSTRAINTS, seq(tlv(0x01, b"\x00"), integer(0))
    ),
    # Algorithms.
    "signature without parameters": set_part("algorithm", seq(oid(SHA256_RSA))),
    "parameters outside alone": put(
        algorithm=seq(oid(SHA256_RSA)), outer_algorithm=seq(oid(SHA256_RSA), b"\x05\x00")
    ),
    "key with odd parameters": set_part("key_parameters", b"\x30\x00"),
    "signed by PSS": _signed_by_pss,
    # Names.
    "the subject elsewhere": _subject_elsewhere,
    "an empty set in the name": _rewrite_subject(lambda pairs: [tlv(0x31), *_sets(pairs)]),
    "an attribute without a value": _rewrite_subject(
        lambda pairs: [tlv(0x31, seq(oid(OU))), *_sets(pairs)]
    ),
    "an empty attribute": _rewrite_subject(lambda pairs: [*_sets(pairs), tlv(0x31, seq())]),
    "attributes without sets": _rewrite_subject(lambda pairs: pairs),
    "lists in place of sets": _rewrite_subject(lambda pairs: [seq(pair) for pair in pairs]),
    "all in one set": _rewrite_subject(lambda pairs: [tlv(0x31, *pairs)]),
    "every attribute twice": _rewrite_subject(lambda pairs: _sets(pairs) * 2),
    "a mark of the order of bytes": organization(UTF8, "\ufeffCAFE DE LA SIERRA SAS"),
    "a NUL at the end": organization(UTF8, "CAFE DE LA SIERRA SAS\0"),
    "no issuer": put(issuer=[]),
    # The number as people write it.
    "number with points": _written("900.987.321-1"),
    "number with blanks": _written("900 987 321 - 1"),
    "number behind a word": _written("NIT: 900987321-1"),
    "number behind a country": _written("VATCO-900987321"),
    "number with a long dash": _written("900987321\u20131"),
    "number in wide digits": _written("\uff19\uff10\uff10\uff19\uff18\uff17\uff13\uff12\uff11"),
    "number with a word behind": _written("900987321 DV 1"),
    # Behind the certificate.
    "bytes behind it": put(frame=lambda *parts: seq(*parts) + b"\0\r\n"),
}


def make_corpus():
    """Yield the name of each certificate, its layout, and itself in DER."""
    for make_layout in LAYOUTS:
        for oddity, change in (ODDITIES | ENCODINGS).items():
            layout = make_layout()
            change(layout)
            yield f"{make_layout.__name__}, {oddity}", layout, layout.make()
