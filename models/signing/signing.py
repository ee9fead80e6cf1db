import hashlib
from datetime import datetime, timezone

from odoo import fields, models
from odoo.exceptions import UserError

from ...const import GROUP_USER
from ...tools import identity, key_seal, xades
from ...tools.certificate_chain import get_sha256
from ..keys import custody
from ..trace.log import log_signature

# Whoever signs for years has millions: a form counts no more of them than the lists do.
_MAX_COUNT = 10_000


class CertificateActivation(models.Model):
    """Signing: documents of a company are signed under its active activation.

    The signing user never reads a key, and nobody gets a signature before its row in the log is
    committed.
    """

    _inherit = "certificate.activation"

    certificate_fingerprint = fields.Char(
        string="Fingerprint",
        readonly=True,
        copy=False,
        help="SHA-256 of the certificate with which it was activated. No other one signs under it.",
    )
    signature_count = fields.Integer(
        string="Signatures",
        compute="_compute_signature_count",
        help="At most 10,000 are counted.",
    )
    signature_number = fields.Char(
        string="Number of signatures", compute="_compute_signature_count"
    )

    # === COMPUTE METHODS === #

    def _compute_signature_count(self):
        log = self.env["certificate.signature.log"]
        is_reader = log.has_access("read")
        for activation in self:
            domain = [("activation_id", "in", activation.ids)]
            count = log.search_count(domain, limit=_MAX_COUNT + 1) if is_reader else 0
            activation.signature_count = min(count, _MAX_COUNT)
            number = self.env["ir.qweb.field.integer"].value_to_html(min(count, _MAX_COUNT), {})
            activation.signature_number = f"{number}{'+' * (count > _MAX_COUNT)}"

    # === CRUD METHODS === #

    def _prepare_fingerprint_vals(self, certificate_id):
        """Prepare what tells the certificate of an activation from every other one.

        :param int certificate_id: `certificate.certificate` id, or a false value for none
        :rtype: dict
        """
        certificate = self.env["certificate.certificate"].browse(certificate_id or ())
        fingerprint = certificate and get_sha256(custody.load_certificate(certificate))
        return {"certificate_fingerprint": fingerprint or False}

    # === BUSINESS METHODS === #

    def _sign_xml(self, document, record):
        """Sign an electronic document of the company, and log it before anybody has it.

        :param bytes document: UBL in UTF-8 with one empty extension; see `tools.xades.sign`
        :param record: what the document is of, such as an `account.move`, in the environment of
            who signs
        :return: the signed document
        :rtype: bytes
        :raise AccessError: if the user may not see the record, or has no part in electronic invoicing
        :raise UserError: when the activation, the certificate or the document does not allow it
        """
        if self._get_route().is_remote:
            return self._have_document_signed(document, record)
        certificate, key = _open_signing(self, record)
        now = datetime.now(timezone.utc)
        role = self._get_route().signer_role
        try:
            kind = xades.get_kind(document)
            self._get_route().check_document(self, document)
            vals = self._describe_signature(record, certificate, kind, document, now)
            digest, withheld = key_seal.withhold(
                xades.sign_and_verify, document, certificate, key, role, now
            )
        except xades.XadesError as error:
            raise UserError(self._explain_refusal(error)) from error
        log_signature(self.env, {**vals, "signature_digest": digest})
        return key_seal.release(withheld)

    def _sign_message(self, message, record):
        """Sign what is no document: the request in which a document is sent to DIAN.

        :param bytes message: what is signed
        :param record: as for `_sign_xml`
        :return: the signature, RSA with PKCS #1 v1.5 and SHA-256
        :rtype: bytes
        :raise AccessError: as for `_sign_xml`
        :raise UserError: as for `_sign_xml`
        """
        if self._get_route().is_remote:
            return self._have_message_signed(message, record)
        certificate, key = _open_signing(self, record)
        self._get_route().check_request(self, message)
        now = datetime.now(timezone.utc)
        vals = self._describe_signature(record, certificate, "Request", message, now)
        try:
            digest, withheld = key_seal.withhold(xades.sign_bytes, message, certificate, key)
        except xades.XadesError as error:
            raise UserError(self._explain_refusal(error)) from error
        log_signature(self.env, {**vals, "signature_digest": digest})
        return key_seal.release(withheld)

    def _check_signing(self):
        """Check that the certificate and the evidence of what is in force let it sign.

        :raise UserError: otherwise, with the remedy
        """
        certificate = self.certificate_id
        self._check_not_paused()
        if sentence := self._get_changed_nit_sentence():
            raise UserError(sentence)
        self._get_route().check_signing(self)
        if not (certificate.active and certificate.is_valid):
            raise UserError(
                self.env._(
                    "The certificate has expired or was withdrawn. Ask its custodian for a valid one."
                )
            )
        self._check_letter_review()
        self._check_evidence()

    def _get_changed_nit_sentence(self):
        """Say that the company has another NIT than when this was activated, or return nothing.

        The letter, the certificate and the payment are of that NIT; a document is of the one that the company has now.

        :rtype: str | None
        """
        activation = self.sudo()
        company = activation.company_id
        former = ((activation.record_facts or {}).get("company") or {}).get("nit")
        if not former or identity.is_written_nit(company.vat, former):
            return None
        return self.env._(
            "The NIT of %(company)s was %(former)s when this certificate was activated, and is %(current)s now, so "
            "nothing is signed. Correct the NIT, or end this activation and activate a certificate for the new NIT.",
            company=company.name,
            former=former,
            current=company.vat or "-",
        )

    def _get_x509(self):
        """Return the certificate that signs, without its key.

        :rtype: cryptography.x509.Certificate
        """
        return custody.load_certificate(self.sudo().certificate_id)

    def _describe_signature(self, record, certificate, kind, document, now):
        """Describe a signature before it is made, so that nothing computed here can see it.

        :return: the values of its row, but for what is known of the signature itself
        :rtype: dict
        """
        return {
            "company_id": self.sudo().company_id.id,
            "lender_id": self.sudo().certificate_id.company_id.id,
            "activation_id": self.id,
            "user_id": record.env.uid,
            "signed_on": now.replace(tzinfo=None, microsecond=0),
            "role": self._get_route().signer_role,
            "document_type": kind,
            "document_name": record.sudo().display_name or record._description,
            "res_model": record._name,
            "res_id": record.id,
            "document_digest": hashlib.sha256(document).hexdigest(),
            "certificate_serial": f"{certificate.serial_number:x}",
            "certificate_fingerprint": get_sha256(certificate),
        }

    def _explain_refusal(self, error):
        """Say why a document is not signed, and what to do.

        :param xades.XadesError error: with the element and the text that it is about
        :rtype: str
        """
        values = {"element": error.element, "text": _make_visible(error.text)}
        sentence = {
            "not_xml": self.env._(
                "The document is not well-formed XML, or far too large. Create it again."
            ),
            "version": self.env._(
                "The document is XML %(text)s. DIAN reads XML 1.0 only: declare that version.",
                **values,
            ),
            "encoding": self.env._(
                "The document is in %(text)s. DIAN requires UTF-8: save it in that encoding.",
                **values,
            ),
            "doctype": self.env._("The document has a document type declaration; remove it."),
            "root": self.env._(
                "“%(text)s” is not one of DIAN's documents, such as Invoice or CreditNote.",
                **values,
            ),
            "no_place": self.env._(
                "The document has no place for the signature. Add an ext:UBLExtension with an empty "
                "ext:ExtensionContent to its ext:UBLExtensions."
            ),
            "places": self.env._(
                "The document has several empty ext:ExtensionContent elements. Leave one, for the "
                "signature."
            ),
            "signed": self.env._("The document has been signed already."),
            "namespace": self.env._(
                "A namespace of the document is not an absolute address, so that it cannot be signed. "
                "Correct it."
            ),
            "fragile": self.env._(
                "DIAN would call the signature invalid because of the line end or tab in "
                "%(element)s: “%(text)s”. Remove it where that text was typed, and try again.",
                **values,
            ),
            "attribute": self.env._(
                "DIAN would call the signature invalid because of the attribute %(text)s of "
                "%(element)s. Remove it.",
                **values,
            ),
            "key": self.env._(
                "The key does not belong to the certificate, or is not RSA, which DIAN "
                "requires. Ask the custodian of the certificate to load it again."
            ),
        }
        return sentence.get(error.code) or self.env._(
            "The signature does not verify, so it was not used. Try again; if it happens again, ask "
            "your administrator."
        )


# What a carriage return, a line feed and a tab look like in a sentence; and how much is shown around them.
_VISIBLE = {"\r": "␍", "\n": "␊", "\t": "␉"}
_SHOWN = 30


def _make_visible(text):
    """Shorten a text of a document to what its first carriage return, tab or line end stands in.

    :rtype: str
    """
    at = min((text.find(mark) for mark in "\r\t\n" if mark in text), default=0)
    start = max(0, at - _SHOWN)
    shown = text[start : at + _SHOWN]
    shown = "…" * bool(start) + shown + "…" * (len(text) > at + _SHOWN)
    return "".join(_VISIBLE.get(letter, letter) for letter in shown)


# Odoo reads all columns of a record when one is asked, which takes longer than to sign: so these are read, and
# of other fields one at a time.
_NARROW = {"prefetch_fields": False}
_READ = {
    "certificate.activation": (
        "certificate_fingerprint",
        "certificate_id",
        "company_id",
        "letter_rejection_reason",
        "letter_review",
        "paused_on",
        "record_facts",
        "record_sha256",
        "route",
        "signed_letter_sha256",
        "state",
    ),
    "certificate.certificate": (
        "active",
        "company_id",
        "is_valid",
        "private_key_id",
        "sealed_key",
    ),
    "res.company": ("active", "certificate_sign_after_review"),
}


def _read_for_signing(activation):
    """Read what one signature asks of an activation, its certificate and whose that is.

    :return: the activation in sudo mode
    :rtype: certificate.activation
    """
    activation = activation.sudo().with_context(**_NARROW)
    for path in ((), ("certificate_id",), ("certificate_id", "company_id")):
        records = activation
        for name in path:
            records = records[name]
        records.fetch(_READ[records._name])
    return activation


def _open_signing(activation, record):
    """Check that an activation may sign for a record now, and open the key.

    A function, not a method: an administrator's server action could call a method and get the key.

    :param activation: `certificate.activation`
    :param record: as for `_sign_xml`
    :rtype: tuple[cryptography.x509.Certificate, rsa.RSAPrivateKey]
    :raise AccessError: as for `_sign_xml`
    :raise UserError: as for `_sign_xml`
    """
    check_signer(activation, record)
    return open_activated(activation, record.sudo().company_id)


def check_signer(activation, record):
    """Check that a user may have something of a record signed.

    :raise AccessError: as for `_sign_xml`
    """
    activation.ensure_one()
    activation.with_env(record.env)._check_group(GROUP_USER)
    record.check_access("read")


def open_activated(activation, company):
    """Open the key of what was activated, and of nothing else; who may sign has been checked.

    :param company: `res.company` whose document it is
    :rtype: tuple[certificate_reader.Certificate, key_seal.SigningKey]
    :raise UserError: as for `_sign_xml`
    """
    activation = _read_for_signing(activation)
    company = company.with_context(**_NARROW)
    certificate, key = custody.open_signing_key(activation, company)
    check_activated(activation, certificate)
    return certificate, key


def check_activated(activation, certificate):
    """Check that a certificate is the one that was activated.

    :param certificate_reader.Certificate certificate: that is to sign
    :raise UserError: otherwise
    """
    if get_sha256(certificate) != activation.certificate_fingerprint:
        raise UserError(
            activation.env._(
                "The certificate is not the one that was activated. Ask its custodian to load "
                "it again, and activate it again."
            )
        )
