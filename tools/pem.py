# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Certificates as text: PEM, and what programs wrap around a file."""

import base64
import binascii
import re

from .der import CertificateUnreadable

_PEM = re.compile(
    rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----(.*?)-----END (?:X509 |TRUSTED )?CERTIFICATE-----",
    re.DOTALL,
)
# How text in UTF-16 begins: with a mark, or with a hyphen or the M of base64 for a SEQUENCE.
_WRAPPINGS = (
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"-\0", "utf-16-le"),
    (b"\0-", "utf-16-be"),
    (b"M\0", "utf-16-le"),
    (b"\0M", "utf-16-be"),
)
# Of at least 100 bytes that begin with a SEQUENCE.
_BASE64 = re.compile(rb"(?:\xef\xbb\xbf)?\s*M[A-Za-z0-9+/\s]{133,}(?:=\s*){0,2}")


def unwrap(data):
    """Return the bytes of a file without what programs have wrapped around them: blanks, UTF-16, as Windows saves text, and
    base64 without the lines of PEM. Other files stay as they are.

    :param bytes data: the file
    :rtype: bytes
    """
    if (bare := data.lstrip(b"\xef\xbb\xbf \t\r\n")).startswith(b"0"):
        return bare  # DER begins so
    for mark, encoding in _WRAPPINGS:
        if data.startswith(mark):
            text = data.decode(encoding, "ignore").encode("ascii", "ignore")
            # The same bytes can be the beginning of anything.
            if b"-----BEGIN " in text or _BASE64.fullmatch(text):
                data = text
            break
    if _BASE64.fullmatch(data):
        try:
            return _decode_base64(data)
        except CertificateUnreadable:
            return data
    return data


def split_pem(pem):
    """Return the certificates of a text in PEM, in DER; lines may be of any length.

    :rtype: list[bytes]
    :raise CertificateUnreadable: what stands between the lines is no base64
    """
    return [_decode_base64(block) for block in _PEM.findall(pem)]


def _decode_base64(text):
    try:
        text = b"".join(text.removeprefix(b"\xef\xbb\xbf").split())
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error as error:
        raise CertificateUnreadable("base64") from error


def to_pem(der):
    """Write DER in PEM, in lines of 64 characters."""
    text = base64.b64encode(der)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\n".join((b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""))
