import base64
import hashlib
from datetime import datetime, timezone

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import PORTAL_CONTACT
from ...tools import certificate_reader, csc, key_seal, xades
from ...tools.certificate_chain import get_sha256
from ...tools.der import CertificateUnreadable
from ..keys import custody
from ..signing.signing import check_activated, check_signer, open_activated
from ..trace.log import log_signature
from .asking import explain_failure, have_signed, prepare
from .steps import LinkedCompany

_BUNDLE_MAX = 200_000  # characters of a certificate with those of its authorities


class CertificateActivation(models.Model):
    """Signing through a link: at the vendor for its linked clients, and at a client by its vendor."""

    _inherit = "certificate.activation"

    link_vendor_id = fields.Many2one(
        "certificate.link.vendor",
        string="Linked vendor",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    # === AT THE VENDOR === #

    def _get_linked_client(self):
        """Return the linked client who acts here, if any.

        :rtype: certificate.link.client
        """
        company = self.env.context.get(PORTAL_CONTACT)
        links = self.env["certificate.link.client"].sudo()
        return links.browse(company.link_id) if isinstance(company, LinkedCompany) else links

    def _sign_for_link(self, link, kind, content, name):
        """Sign for a linked client, as `_sign_xml` does for a company of this database, and log it first.

        :param link: `certificate.link.client` in sudo mode; that it may ask, and for what, was checked
        :param str kind: `document` or `hash`
        :param bytes content: the document, or its SHA-256
        :param str name: of the document
        :return: what was signed, and the id of its row in the log
        :rtype: tuple[bytes, int]
        :raise UserError: when the activation, the certificate or the document does not allow it
        """
        certificate, key = open_activated(self, link.client_id)
        now = datetime.now(timezone.utc)
        try:
            if kind == "hash":
                vals = self._describe_signature(link, certificate, "Hash", content, now)
                vals["document_digest"] = content.hex()
                digest, withheld = key_seal.withhold(xades.sign_digest, content, certificate, key)
            else:
                document_type = xades.get_kind(content)
                self._get_route().check_document(self, content)
                vals = self._describe_signature(link, certificate, document_type, content, now)
                role = self._get_route().signer_role
                digest, withheld = key_seal.withhold(
                    xades.sign_and_verify, content, certificate, key, role, now
                )
        except xades.XadesError as error:
            raise UserError(self._explain_refusal(error)) from error
        vals |= {"document_name": name or link.display_name, "signature_digest": digest}
        row_id = log_signature(self.env, vals)
        return key_seal.release(withheld), row_id

    # === AT THE CLIENT === #

    def _have_document_signed(self, document, record):
        """Have a document signed by the vendor, and log it before anybody has it.

        The vendor signs each document once: who asks again, because a transaction was tried again, gets the
        same bytes.

        :param bytes document: as for `_sign_xml`
        :param record: likewise
        :rtype: bytes
        :raise UserError: when it was not signed, in one sentence with the remedy
        """
        certificate = self._check_remote_signing(record)
        role = self._get_route().signer_role
        try:
            kind = xades.get_kind(document)
        except xades.XadesError as error:
            raise UserError(self._explain_refusal(error)) from error

        def check(signed):
            if not xades.is_signed_from(signed, document):
                raise xades.XadesError("altered")
            facts = xades.verify(signed)
            if facts.certificate.der != certificate.der or facts.role != role:
                raise xades.XadesError("certificate")

        body = {
            "credentialID": csc.CREDENTIAL,
            "documents": [
                {
                    "document": base64.b64encode(document).decode(),
                    "signature_format": csc.XADES_FORMAT,
                    "conformance_level": csc.XADES_LEVELS[0],
                    "signed_envelope_property": csc.ENVELOPED,
                    "signAlgo": csc.RSA,
                }
            ],
        }
        return self._log_remote(
            "signatures/signDoc", body, "DocumentWithSignature", check, kind, document, record
        )

    def _have_message_signed(self, message, record):
        """Have signed what is no document, of which the vendor sees the hash alone.

        :param bytes message: as for `_sign_message`
        :param record: likewise
        :rtype: bytes
        :raise UserError: as for `_have_document_signed`
        """
        certificate = self._check_remote_signing(record)
        body = {
            "credentialID": csc.CREDENTIAL,
            "hashes": [base64.b64encode(hashlib.sha256(message).digest()).decode()],
            "hashAlgorithmOID": csc.SHA256,
            "signAlgo": csc.RSA,
        }

        def check(signed):
            certificate.public_key().verify(signed, message, padding.PKCS1v15(), hashes.SHA256())

        return self._log_remote(
            "signatures/signHash", body, "signatures", check, "Request", message, record
        )

    def _check_remote_signing(self, record):
        """Check, before the vendor is asked, what is checked before a key of this database is opened.

        :param record: as for `_sign_xml`
        :return: the certificate with which the vendor signs
        :rtype: certificate_reader.Certificate
        :raise AccessError: as for `_sign_xml`
        :raise UserError: likewise
        """
        check_signer(self, record)
        activation = self.sudo()
        custody.check_signing(activation, record.sudo().company_id)
        certificate = custody.load_certificate(activation.certificate_id)
        check_activated(activation, certificate)
        return certificate

    def _log_remote(self, path, body, name, check, kind, content, record):
        """Ask the vendor for a signature, and give it out when its row is committed.

        :param str path: below `/csc/v2/`
        :param dict body: of the request
        :param str name: of what was signed, in the answer
        :param check: raises when it is not what was asked for
        :param str kind: of what is signed, one of `DOCUMENT_TYPES`
        :param bytes content: what is signed
        :rtype: bytes
        """
        link = self.sudo().link_vendor_id
        call = prepare(link, f"/csc/v2/{path}", body)
        digest, withheld, (number, seal) = have_signed(link, call, name, check)
        certificate = custody.load_certificate(self.sudo().certificate_id)
        vals = self._describe_signature(
            record, certificate, kind, content, datetime.now(timezone.utc)
        )
        vals |= {"signature_digest": digest, "vendor_number": number, "vendor_seal": seal}
        log_signature(self.env, vals)
        return key_seal.release(withheld)

    @api.model
    def _follow_vendor(self, link, facts):
        """Do here what the vendor has done there: activate, extend or end what signs for the company.

        :param link: a locked `certificate.link.vendor`
        :param dict facts: of its activation, as they came; empty when there is none
        :raise UserError: when they are not understood
        """
        activations = self._trusted().with_company(link.company_id)
        current = activations.search(
            [("link_vendor_id", "=", link.id), ("state", "=", "active")], limit=1
        )
        if not facts:
            if current:
                current._set_state(
                    "revoked", end_reason=self.env._("The vendor no longer signs for the company.")
                )
            return
        content, start, end = (
            facts.get("certificate"),
            facts.get("date_start"),
            facts.get("date_end"),
        )
        try:
            content = content.encode("ascii")[:_BUNDLE_MAX]
            certificate = certificate_reader.load_pem(content)
            start, end = fields.Date.to_date(start), fields.Date.to_date(end)
            is_right = start and end and start <= end and facts.get("role") == "third party"
        except (AttributeError, CertificateUnreadable, TypeError, ValueError):
            is_right = False
        if not is_right:
            raise UserError(explain_failure(self.env, "not_understood"))
        fingerprint = get_sha256(certificate)
        if current.certificate_fingerprint == fingerprint:
            if (current.date_start, current.date_end) != (start, end):
                current.write({"date_start": start, "date_end": end})
            return
        self._check_replaceable(link.company_id)
        stored = (
            self.env["certificate.certificate"]
            .sudo()
            .create(
                {
                    "name": link.vendor_name,
                    "content": base64.b64encode(content),
                    "company_id": link.company_id.id,
                }
            )
        )
        activation = activations.create(
            {
                "company_id": link.company_id.id,
                "route": "linked",
                "state": "process",
                "link_vendor_id": link.id,
                "date_start": start,
                "date_end": end,
            }
        )
        activation._start_period(stored)

    @api.model
    def _check_replaceable(self, company):
        """Check that no certificate signs for a company that the vendor's would end.

        :raise UserError: otherwise
        """
        found = self.sudo()._find_in_force(company)
        if found and not found._get_route().is_remote:
            raise UserError(
                self.env._(
                    "%(activation)s signs for %(company)s until %(end)s. End it first if the vendor is to sign instead.",
                    activation=found.name,
                    company=company.name,
                    end=self._format_date(found.date_end),
                )
            )
