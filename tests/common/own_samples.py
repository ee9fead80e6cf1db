"""Certificates as authorities in Colombia issue them, and their files, made at run time."""

import functools
import hmac
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from asn1crypto import cms, core
from asn1crypto import keys as asn1_keys
from asn1crypto import pkcs12 as asn1_pkcs12
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

PASSWORD = "Clave-Segura-2026"
SECRET = "a secret of a server under test, and no other"

CERTICAMARA_NIT = x509.ObjectIdentifier("1.3.6.1.4.1.23267.2.3")


# Policies with a notice that has a letter which its type does not have, as in the root of Certicámara and in what it
# issued: cryptography reads no extension of such a certificate.
ODD_POLICIES = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("2.5.29.32"),
    bytes.fromhex("301c301a0604551d20003012301006082b0601050507020230041a0261ed"),
)


@functools.cache
def get_key(name="own"):
    """An RSA key of 2048 bits, made once for each name."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def get_small_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def make_name(*attributes):
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


AUTHORITY = make_name(
    (NameOID.COUNTRY_NAME, "CO"),
    (NameOID.ORGANIZATION_NAME, "Andes SCD"),
    (NameOID.COMMON_NAME, "CA ANDES SCD S.A. Clase II v3"),
)
ROOT = make_name((NameOID.COUNTRY_NAME, "CO"), (NameOID.COMMON_NAME, "ROOT CA ANDES SCD S.A."))


def make_subject(nit="900987321", *more):
    return make_name(
        (NameOID.COUNTRY_NAME, "CO"),
        (NameOID.ORGANIZATION_NAME, "Café de la Sierra SAS"),
        (NameOID.COMMON_NAME, "CAFE DE LA SIERRA SAS"),
        *([(NameOID.SERIAL_NUMBER, nit)] if nit else []),
        *more,
    )


def issue(
    subject=None,
    key=None,
    issuer=AUTHORITY,
    issuer_key=None,
    algorithm=None,
    usage=("digital_signature", "content_commitment"),
    started_days_ago=1,
    days=365,
    extensions=(),
):
    """A certificate; of the key `own`, of the authority, for a year, unless told otherwise.

    `usage` names what the key may do; None leaves it open. `extensions` are further ones.
    """
    start = datetime.now(timezone.utc) - timedelta(days=started_days_ago)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject or make_subject())
        .issuer_name(issuer)
        .public_key((key or get_key()).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
    )
    if usage is not None:
        kinds = [
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ]
        builder = builder.add_extension(
            x509.KeyUsage(**{kind: kind in usage for kind in kinds}), critical=True
        )
    if "key_cert_sign" in (usage or ()) and not any(
        isinstance(extension, x509.BasicConstraints) for extension in extensions
    ):
        extensions = (x509.BasicConstraints(ca=True, path_length=None), *extensions)
    for extension in extensions:
        critical = isinstance(extension, (x509.BasicConstraints, x509.NameConstraints))
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key or get_key("authority"), algorithm or hashes.SHA256())


def sign_by(authority_key):
    """A certificate of the key `own` that names its country alone, signed by a key of any kind."""
    start = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(make_name((NameOID.COUNTRY_NAME, "CO")))
        .issuer_name(AUTHORITY)
        .public_key(get_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
        .sign(authority_key, None)
        .public_bytes(serialization.Encoding.DER)
    )


def sign_weakly(certificate):
    """The same certificate as its authority would have signed it with SHA-1, which no library does."""
    der = certificate.public_bytes(serialization.Encoding.DER)
    sha256, sha1 = (core.ObjectIdentifier(f"1.2.840.113549.1.1.{kind}").dump() for kind in (11, 5))
    weak = asn1_x509.Certificate.load(der.replace(sha256, sha1))
    signed = weak["tbs_certificate"].dump()
    weak["signature_value"] = get_key("authority").sign(signed, padding.PKCS1v15(), hashes.SHA1())
    return x509.load_der_x509_certificate(weak.dump(force=True))


@functools.cache
def get_chain():
    """The authority's certificate and that of its root."""
    return (
        issue(AUTHORITY, get_key("authority"), ROOT, get_key("root"), usage=("key_cert_sign",)),
        issue(ROOT, get_key("root"), ROOT, get_key("root"), usage=("key_cert_sign",)),
    )


def to_pem(*things):
    """Certificates and keys, one behind the other."""
    return b"".join(
        thing.public_bytes(serialization.Encoding.PEM)
        if isinstance(thing, x509.Certificate)
        else key_to_pem(thing)
        for thing in things
    )


def key_to_pem(key, password=None, traditional=False):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL
        if traditional
        else serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password.encode())
        if password
        else serialization.NoEncryption(),
    )


def make_p12(certificate=None, key=None, chain=(), password=PASSWORD, encryption=None):
    """A PKCS #12; without a certificate with a good one, `key=False` leaves the key out."""
    return pkcs12.serialize_key_and_certificates(
        b"own",
        None if key is False else key or get_key(),
        certificate or issue(),
        list(chain),
        encryption
        or (
            serialization.BestAvailableEncryption(password.encode())
            if password
            else serialization.NoEncryption()
        ),
    )


def make_safe(*identities, mac=True):
    """A PKCS #12 with several identities, each a certificate and its key, as Firefox and keytool write them."""
    bags = []
    for certificate, key in identities:
        der = certificate.public_bytes(serialization.Encoding.DER)
        sealed = key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(PASSWORD.encode()),
        )
        shrouded = asn1_keys.EncryptedPrivateKeyInfo.load(sealed)
        bags += [
            {"bag_id": "pkcs8_shrouded_key_bag", "bag_value": shrouded},
            {
                "bag_id": "cert_bag",
                "bag_value": asn1_pkcs12.CertBag(
                    {"cert_id": "x509", "cert_value": core.ParsableOctetString(der)}
                ),
            },
        ]
    content = asn1_pkcs12.SafeContents(bags).dump()
    info = cms.ContentInfo({"content_type": "data", "content": core.OctetString(content)})
    safe = asn1_pkcs12.AuthenticatedSafe([info]).dump()
    pfx = {
        "version": "v3",
        "auth_safe": cms.ContentInfo({"content_type": "data", "content": core.OctetString(safe)}),
    }
    if mac:
        # The rest of this module serves outside of Odoo as well.
        from ...tools import pkcs12_child

        key = pkcs12_child._derive("sha256", 3, PASSWORD, b"12345678", 1000, 32)
        digest = {
            "digest_algorithm": {"algorithm": "sha256"},
            "digest": hmac.digest(key, safe, "sha256"),
        }
        pfx["mac_data"] = {"mac": digest, "mac_salt": b"12345678", "iterations": 1000}
    return asn1_pkcs12.Pfx(pfx).dump()


@contextmanager
def secret(current=SECRET, previous=None, **more):
    """Let this server have a secret to seal keys with, or none."""
    values = {
        "CERTIFICATE_KEY_SECRET": current,
        "CERTIFICATE_KEY_SECRET_PREVIOUS": previous,
        **more,
    }
    # The rest of this module serves outside of Odoo as well.
    from ...models.keys import custody as certificate_custody
    from ...tools import server_secret

    source = server_secret.Source({name: value for name, value in values.items() if value})
    with patch.object(certificate_custody, "SOURCE", source):
        yield
    source.close()
