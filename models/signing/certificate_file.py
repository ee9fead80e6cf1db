import base64
import re

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12 as strict_pkcs12

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.certificate.models.key import STR_TO_HASH, _get_formatted_value

from ...tools import certificate_reader, identity, key_seal, pkcs12
from ...tools.der import CertificateUnreadable
from ...tools.pem import unwrap
from ...tools.sandbox import ChildBusy

COLOMBIA = "CO"


class CertificateCertificate(models.Model):
    """Certificates that Odoo loads, such as a lent one: their files are read like those of own certificates.

    Odoo refuses what real authorities write, and takes the first of several identities. So what Odoo cannot load, or
    loads and cannot sign for a Colombian company, is opened by `tools/pkcs12.py`, in its process. Whatever Odoo
    loads is left as Odoo has it.
    """

    _inherit = "certificate.certificate"

    @api.depends("content", "pkcs12_password")
    def _compute_pem_certificate(self):  # pylint: disable=missing-return
        for certificate in self:
            origin = super(CertificateCertificate, certificate)
            try:
                origin._compute_pem_certificate()
            except (ValueError, x509.InvalidVersion, NotImplementedError):
                certificate._set_unloaded()
            if certificate.loading_error or not certificate._suits_company():
                certificate._load_leniently()

    @api.depends("pem_certificate")
    def _compute_private_key(self):  # pylint: disable=missing-return
        lenient = self.filtered(lambda certificate: certificate._needs_lenient_key())
        super(CertificateCertificate, self - lenient)._compute_private_key()
        for certificate in lenient:
            facts = certificate._open_leniently()[0]
            is_same = facts and facts.certificate == certificate._get_pem()
            certificate.private_key_id = (
                certificate._create_key(facts.key) if is_same and facts.key else False
            )

    @api.constrains("pem_certificate", "private_key_id", "public_key_id")
    def _constrains_certificate_key_compatibility(self):  # pylint: disable=missing-return
        strict = self.filtered(lambda certificate: certificate._is_read_by_odoo())
        super(CertificateCertificate, strict)._constrains_certificate_key_compatibility()
        for certificate in self - strict:
            for key in certificate.private_key_id | certificate.public_key_id:
                if key.loading_error:
                    raise UserError(key.loading_error)
                public = key._get_public_key_bytes(encoding="der", formatting="")
                if certificate._read().rsa_numbers != certificate_reader.read_rsa_numbers(public):
                    raise UserError(self.env._("The key belongs to another certificate."))

    # === ODOO'S READERS === #

    def _get_der_certificate_bytes(self, formatting="encodebytes"):
        if self._is_read_by_odoo():
            return super()._get_der_certificate_bytes(formatting=formatting)
        return _get_formatted_value(self._read().der, formatting=formatting)

    def _get_fingerprint_bytes(self, hashing_algorithm="sha256", formatting="encodebytes"):
        if self._is_read_by_odoo() or hashing_algorithm not in STR_TO_HASH:
            return super()._get_fingerprint_bytes(hashing_algorithm, formatting=formatting)
        digest = self._read().fingerprint(STR_TO_HASH[hashing_algorithm])
        return _get_formatted_value(digest, formatting=formatting)

    def _get_signature_bytes(self, formatting="encodebytes"):
        if self._is_read_by_odoo():
            return super()._get_signature_bytes(formatting=formatting)
        return _get_formatted_value(self._read().signature, formatting=formatting)

    def _get_public_key_bytes(self, encoding="der", formatting="encodebytes"):
        if self.public_key_id or self.private_key_id or self._is_read_by_odoo():
            return super()._get_public_key_bytes(encoding=encoding, formatting=formatting)
        public = self._read().public_key()
        if not public:
            raise UserError(
                self.env._("The public key of the certificate %s cannot be read.", self.name)
            )
        kind = serialization.Encoding.DER if encoding == "der" else serialization.Encoding.PEM
        content = public.public_bytes(kind, serialization.PublicFormat.SubjectPublicKeyInfo)
        return _get_formatted_value(content, formatting=formatting)

    # === OPENING === #

    def _get_pem(self):
        return base64.b64decode(self.with_context(bin_size=False).pem_certificate or b"")

    def _read(self):
        """Read the certificate.

        :rtype: tools.certificate_reader.Certificate
        :raise UserError: when it cannot be read
        """
        self.ensure_one()
        try:
            return certificate_reader.load_pem(self._get_pem())
        except CertificateUnreadable as error:
            raise UserError(
                self.env._(
                    "The certificate %s cannot be read. Ask its custodian to load it again.",
                    self.name,
                )
            ) from error

    def _is_read_by_odoo(self):
        """Tell whether Odoo's own methods can read the certificate; they say themselves what is missing."""
        self.ensure_one()
        if not (pem := self._get_pem()):
            return True
        try:
            return bool(x509.load_pem_x509_certificate(pem).public_key())
        except Exception:  # whatever a parser dislikes
            return False

    def _suits_company(self):
        """Tell whether the identity of a PKCS #12 that Odoo took can sign for its Colombian company."""
        if self.content_format != "pkcs12" or self.company_id.country_code != COLOMBIA:
            return True
        try:
            facts = pkcs12.read_certificate(self._get_pem())
        except pkcs12.CertificateRefused:
            return False
        nit, now = self._get_company_nit(), self.env["certificate.activation"]._get_now()
        return not pkcs12.find_faults(facts, nit, now)

    def _get_company_nit(self):
        return identity.complete_nit(self.company_id.vat)

    def _open_leniently(self):
        """Open the file as that of a company's own certificate is opened.

        :return: what is known of the certificate, if anything, and why it cannot be used as a whole
        :rtype: tuple[tools.pkcs12.CertificateFacts | None, str | None]
        """
        now = self.env["certificate.activation"]._get_now()
        try:
            content = base64.b64decode(self.with_context(bin_size=False).content or b"")
            if content.startswith(b"-----BEGIN CERTIFICATE") and b"PRIVATE KEY" not in content:
                return pkcs12.read_certificate(content), None  # as `_store` has written it
            facts = pkcs12.open_certificate(
                [content], self.pkcs12_password or "", self._get_company_nit(), now
            )
        except pkcs12.CertificateRefused as refused:
            return refused.facts, refused.code
        except ValueError:  # no base64
            return None, "damaged"
        except (pkcs12.CertificateCheckUnavailable, ChildBusy):
            return None, None
        return facts, None

    def _load_leniently(self):
        """Take what the lenient reader finds; where Odoo has found something, only an identity that can sign."""
        facts, code = self._open_leniently()
        activations = self.env["certificate.activation"].with_company(self.company_id)
        if not facts:
            if code and self.loading_error:
                self.loading_error = activations._get_certificate_sentence(code, None)
            return
        nit, now = self._get_company_nit(), activations._get_now()
        if not self.loading_error and (code or pkcs12.find_faults(facts, nit, now)):
            return
        content = base64.b64decode(self.with_context(bin_size=False).content)
        self.pem_certificate = base64.b64encode(facts.certificate)
        self.subject_common_name = facts.subject
        self.serial_number = str(int(facts.serial_number, 16))
        self.date_start = facts.not_before.replace(tzinfo=None)
        self.date_end = facts.not_after.replace(tzinfo=None)
        self.content_format = _get_format(content, facts)
        self.loading_error = ""

    def _set_unloaded(self):
        """Hold nothing but the error, as Odoo does with a file that it cannot load."""
        self.update(
            dict.fromkeys(
                (
                    "pem_certificate",
                    "subject_common_name",
                    "content_format",
                    "date_start",
                    "date_end",
                    "serial_number",
                ),
                False,
            )
        )
        self.loading_error = self.env._(
            "The file is damaged. Download it from your authority again."
        )

    def _needs_lenient_key(self):
        """Tell whether Odoo would take no key from the file, or the key of another identity."""
        if self.content_format != "pkcs12" or not self.pem_certificate or self.private_key_id:
            return False
        content = base64.b64decode(self.with_context(bin_size=False).content)
        password = (self.pkcs12_password or "").encode() or None
        try:
            key, found, _others = strict_pkcs12.load_key_and_certificates(content, password)
            return not key or certificate_reader.load_pem(self._get_pem()) != found
        except Exception:  # whatever a parser dislikes
            return True

    def _create_key(self, key):
        """Keep a key where Odoo keeps those of its files.

        :param tools.key_seal.SigningKey key: of the file
        :rtype: certificate.key
        """
        return self.env["certificate.key"].create(
            {
                "name": f"{self.subject_common_name or self.name or ''}.key",
                "content": base64.b64encode(key_seal.export_key(key)),
                "company_id": self.company_id.id,
            }
        )


def _get_format(content, facts):
    """Return the format of a file as Odoo names it; from PEM it takes no key, which may stand there for another use."""
    content = unwrap(content)
    if b"-----BEGIN " in content and not re.search(rb"-----BEGIN (PKCS12|PFX)-----", content):
        return "pem"
    return "pkcs12" if facts.key else "der"
