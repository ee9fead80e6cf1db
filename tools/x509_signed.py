# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How something of X.509 is signed: a certificate, a list of revoked ones, or an answer about one."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from .der import SEQUENCE, read_bits, read_element, read_integer, read_oid

RSA_PSS = "1.2.840.113549.1.1.10"
_HASHES = {
    "1.2.840.113549.1.1.2": "md2",
    "1.2.840.113549.1.1.3": "md4",
    "1.2.840.113549.1.1.4": "md5",
    "1.2.840.113549.1.1.5": "sha1",
    "1.3.14.3.2.29": "sha1",
    "1.2.840.113549.1.1.14": "sha224",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.1": "sha224",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}


def read_algorithm(element):
    kind, *parameters = element.expect(SEQUENCE).children(2)
    return read_oid(kind), parameters[0].raw if parameters else b""


def read_signed(data):
    """Take apart what is signed as a certificate is: a list of revoked ones, or an answer about one.

    :param bytes data: SEQUENCE of what is signed, algorithm and signature
    :return: as `certificate_chain.is_signature` takes them: signature, what is signed, hash and padding
    :rtype: tuple[bytes, bytes, hashes.HashAlgorithm | None, padding.PSS | None]
    :raise CertificateUnreadable: it has no such form
    """
    signed, algorithm, signature = read_element(data).expect(SEQUENCE).children(3)
    oid, parameters = read_algorithm(algorithm)
    return (
        read_bits(signature),
        signed.raw,
        make_hash(get_hash_name(oid, parameters)),
        make_padding(oid, parameters),
    )


def get_hash_name(oid, parameters):
    """Return the name of the hash of a kind of signature, such as `sha256`, or None."""
    if oid == RSA_PSS:
        pss = _read_pss(parameters)
        return pss[0] if pss else None
    return _HASHES.get(oid)


def make_padding(oid, parameters):
    pss = _read_pss(parameters) if oid == RSA_PSS else None
    mask = pss and make_hash(pss[1])
    return padding.PSS(padding.MGF1(mask), pss[2]) if mask else None


def _read_pss(parameters):
    """Return hash, hash of the mask, and length of the salt of RSASSA-PSS (RFC 4055, section 3.1), or None."""
    try:
        parts = {part.tag: part.children(1)[0] for part in read_element(parameters).children(4)}
        hash_name = mask_name = "sha1"
        if 0xA0 in parts:
            hash_name = _HASHES.get(read_algorithm(parts[0xA0])[0])
        if 0xA1 in parts:
            mask_name = _HASHES.get(read_algorithm(read_element(read_algorithm(parts[0xA1])[1]))[0])
        salt = read_integer(parts[0xA2]) if 0xA2 in parts else 20
    except (LookupError, ValueError):
        return None
    return (hash_name, mask_name, salt) if hash_name and mask_name and 0 <= salt <= 1024 else None


def make_hash(name):
    kind = name and getattr(hashes, name.upper(), None)
    return kind() if kind else None
