from datetime import datetime, timezone

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import (
    ACCREDITED_AUTHORITIES,
    AUTHORITIES_PARAMETER,
    GROUP_USER,
)
from ...tools import identity, pkcs12
from ...tools.upload_limits import CERTIFICATE_SIZE
from ..activation.routes import OWN_ROUTES
from ..core.ir_attachment import storing_files
from ..keys import custody

# Where the screen shows an error: at the file, at the key's file, or at the password.
FIELDS = {
    "password_missing": "password",
    "password_wrong": "password",
    "no_key": "key",
    "key_mismatch": "key",
}


class CertificateActivation(models.Model):
    """The route `own`: the company signs with its own certificate, from the file that it has.

    Nothing is paid and no letter is signed, so it begins at `process`. The file and its password
    pass through here and are not kept: what is kept is the certificate and its sealed key.
    """

    _inherit = "certificate.activation"

    issuer_level = fields.Selection(
        string="Verification of the issuer",
        related="certificate_id.issuer_level",
        store=True,
        help="Whether signatures lead from the certificate to one that is trusted in Settings.",
    )
    issuer_state = fields.Selection(
        string="Issuer", related="certificate_id.issuer_state", store=True
    )
    issuer_anchor_id = fields.Many2one(
        "certificate.trust.anchor", string="Verified by", related="certificate_id.issuer_anchor_id"
    )
    issuer_sentence = fields.Char(compute="_compute_issuer_sentence", compute_sudo=True)

    # === COMPUTE METHODS === #

    certificate_remarks = fields.Json(
        string="Remarks on the file",
        readonly=True,
        copy=False,
        help="What was noticed when the file was loaded: another password than the typed one, several identities.",
    )

    # === COMPUTE METHODS === #

    @api.depends("issuer_level", "issuer_state", "certificate_id")
    @api.depends_context("lang")
    def _compute_issuer_sentence(self):
        for activation in self:
            sentences = activation.certificate_id._get_issuer_sentences()
            activation.issuer_sentence = " ".join(sentences) or False

    # === TRANSITIONS === #

    def _start_own(self):
        """Return the activation in which the company brings its own certificate, or start one.

        A lent certificate signs until the company's own is active. If its own already signs, the
        new activation is its renewal.

        :rtype: certificate.activation
        :raise UserError: for the seller
        """
        self._check_user(GROUP_USER)
        company = self.company_id
        self._check_not_seller(company)
        own = [("company_id", "=", company.id), ("route", "in", OWN_ROUTES)]
        if activation := self.search([*own, ("route", "=", "own"), ("state", "=", "process")]):
            return activation
        return self._create_once(
            {
                "company_id": company.id,
                "route": "own",
                "state": "process",
                "renewal_of_id": self.search([*own, ("state", "=", "active")]).id,
            }
        )

    def _abandon_own(self):
        """Give up loading the company's own certificate; what was loaded is deleted."""
        self._check_own()
        if self.needs_payment:
            raise UserError(self.env._("This has been paid for. Ask a manager to cancel it."))
        self._drop_own_certificate()
        self._set_state("cancelled")

    def _load_certificate(self, files, password):
        """Examine the company's own certificate and store it, to sign when the activation is finished.

        :param list[bytes] files: PKCS #12, or certificate and key, decoded; not kept
        :param str password: of the file; not kept
        :return: sentences by what they are about, `certificate`, `key` or `password`; empty when the
            certificate is stored
        :rtype: dict[str, list[str]]
        :raise UserError: when this activation takes no file
        """
        self._check_user(GROUP_USER)
        # Before the row is locked: it takes as long as the file asks for and its authority takes to
        # answer, within limits.
        facts, errors = self._examine_certificate(files, password)
        found = None if errors else self._ask_revocation(facts)
        self._check_own()
        if found and found.status == "revoked":
            sentence = self._get_revoked_sentence(found.revoked_on, found.reason)
            errors = {"certificate": [sentence]}
        if not errors:
            self._drop_own_certificate()
            activation = self._trusted()
            certificate = activation.env["certificate.certificate"]._store(
                facts, activation.company_id
            )
            activation.write(
                {
                    "certificate_id": certificate.id,
                    "certificate_remarks": {
                        "password": facts.password,
                        "others": len(facts.others),
                    },
                    **self._prepare_revocation_vals(found),
                }
            )
        return errors

    def _delete_certificate(self):
        """Delete the certificate that was loaded, so that another one can be."""
        self._check_own()
        self._drop_own_certificate()

    def _check_own(self):
        """Lock the activation, and check that it takes the file of a certificate now."""
        self._lock(GROUP_USER)
        self._check_state("process")
        self._get_route().check_loading(self)

    def _drop_own_certificate(self):
        """Delete the company's own certificate that waits for its activation, with its key."""
        activation = self._trusted().filtered(lambda activation: activation.is_own)
        certificate = activation.certificate_id
        if certificate:
            activation.write({"certificate_id": False, "certificate_remarks": False})
            # Odoo lists the files that it will remove later.
            with storing_files(self.env):
                certificate._delete_plain_key()
                certificate.unlink()

    def _archive_own_certificate(self):
        """Archive the company's own certificate when it has ended; it stays for whoever verifies old invoices."""
        own = self._trusted().filtered(lambda activation: activation.is_own)
        own.certificate_id.active = False

    def _get_replaced_sentence(self):
        """Say what ends when this own certificate becomes active, or return nothing.

        :rtype: str | None
        """
        if not self.is_own or self.phase != "process":
            return None
        former = self.company_id._get_active_certificate_activation()
        if not former:
            return None
        if former.is_own:
            return self.env._(
                "Your current certificate signs until this one is active, and is then archived."
            )
        return self.env._(
            "The certificate that %s lends you signs until yours is active. The loan then ends, "
            "even if it was paid for longer.",
            former.seller_id.name,
        )

    # === EXAMINATION === #

    @api.model
    def _get_now(self):
        return datetime.now(timezone.utc)

    @api.model
    def _get_accredited_authorities(self):
        """Return names of the authorities that ONAC has accredited, as the administrator keeps them.

        :rtype: list[str]
        """
        kept = self.env["ir.config_parameter"].sudo().get_param(AUTHORITIES_PARAMETER)
        names = [name.strip() for name in (kept or "").split(",")]
        return list(filter(None, names)) or list(ACCREDITED_AUTHORITIES)

    def _examine_certificate(self, files, password):
        """Open a certificate and find everything that keeps it from signing, all at once.

        :return: what is known of it, and sentences as returned by `_load_certificate`
        :rtype: tuple[tools.pkcs12.CertificateFacts | None, dict[str, list[str]]]
        """
        nit, now = self._get_certificate_nit(), self._get_now()
        try:
            with self._checking_files():
                facts, codes = pkcs12.open_certificate(files, password, nit, now), []
        except pkcs12.CertificateRefused as refused:
            facts, codes = refused.facts, [refused.code]
        except pkcs12.CertificateCheckUnavailable as error:
            raise UserError(
                self.env._(
                    "The server cannot open certificates now. Try again, or tell your administrator."
                )
            ) from error
        errors = {}
        if facts:
            codes += pkcs12.find_faults(facts, nit, now)
            if not nit:
                errors["certificate"] = [self._get_profile_error()]
        if codes and facts and facts.others:
            return facts, {"certificate": self._describe_identities(facts, nit, now)}
        for code in codes:
            sentence = self._get_certificate_sentence(code, facts)
            errors.setdefault(FIELDS.get(code, "certificate"), []).append(sentence)
        return facts, errors

    def _describe_identities(self, facts, nit, now):
        """Say of each identity of a file why it does not sign for the company.

        :param facts: `tools.pkcs12.CertificateFacts` of one of them, which has the others
        :return: sentences
        :rtype: list[str]
        """
        identities = (facts, *facts.others)
        return [
            self.env._(
                "The file has %(count)s certificates with their keys, and none of them can sign for %(company)s.",
                count=len(identities),
                company=self.company_id.sudo().name,
            ),
            *(
                f"{one.subject} ({', '.join(one.nits) or '-'}): "
                + " ".join(
                    self._get_certificate_sentence(code, one)
                    for code in pkcs12.find_faults(one, nit, now)
                )
                for one in identities
            ),
        ]

    def _get_certificate_nit(self):
        """Return the NIT of the company with which a certificate is compared, also when its contact lacks the digit.

        :return: with its check digit
        :rtype: str | None
        """
        return identity.complete_nit(self.company_id.sudo().vat)

    def _check_own_certificate(self):
        """Return the certificate that was loaded, when it can still sign for the company.

        :rtype: certificate.certificate
        :raise UserError: otherwise, with the remedy
        """
        certificate = self.sudo().certificate_id
        if not (certificate and certificate._has_key()):
            raise UserError(self.env._("Load the file of your certificate first."))
        facts = self._read_certificate()
        if codes := pkcs12.find_faults(facts, self._get_certificate_nit(), self._get_now()):
            raise UserError(
                "\n".join(self._get_certificate_sentence(code, facts) for code in codes)
            )
        return certificate

    def _read_certificate(self):
        """Read the public part of the certificate that was loaded.

        :rtype: tools.pkcs12.CertificateFacts
        """
        return pkcs12.read_certificate(custody.get_public_content(self.sudo().certificate_id))

    def _describe_certificate(self):
        """Describe the certificate that was loaded, for the screen.

        :return: `rows`, pairs of a label and a text, and `warnings`, whole sentences; None before
        :rtype: dict | None
        """
        self.check_access("read")
        if not self.is_own or not self.sudo().certificate_id:
            return None
        facts = self._read_certificate()
        nit = self._get_certificate_nit()
        codes = pkcs12.find_faults(facts, nit, self._get_now())
        codes += pkcs12.find_warnings(facts, nit)
        if nit and not identity.format_nit(self.company_id.sudo().vat):
            codes.append("no_digit")
        remarks = self.sudo().certificate_remarks or {}
        codes += [remarks["password"]] if remarks.get("password") else []
        codes += ["several"] if remarks.get("others") else []
        is_verified = self.issuer_level == "anchored"
        return {
            "is_verified": is_verified,
            "rows": [
                [
                    self.env._("Subscriber")
                    if is_verified
                    else self.env._("Subscriber, as the file says"),
                    facts.subject,
                ],
                [self.env._("NIT"), ", ".join(facts.nits)],
                [
                    self.env._("Issued by")
                    if is_verified
                    else self.env._("Issuer, as the file says"),
                    facts.issuer,
                ],
                *(
                    [[self.env._("Verified by"), self.sudo().issuer_anchor_id.name]]
                    if is_verified
                    else []
                ),
                [self.env._("Valid from"), self._format_moment(facts.not_before)],
                [self.env._("Valid until"), self._format_moment(facts.not_after)],
                [self.env._("Serial number"), facts.serial_number],
                *self._get_revocation_rows(),
            ],
            "warnings": [
                *self.sudo().certificate_id._get_issuer_sentences(),
                *(self._get_certificate_sentence(code, facts) for code in codes),
                *self._get_revocation_warnings(facts),
            ],
        }

    def _format_moment(self, moment):
        """Write the day in Colombia of a moment in UTC."""
        return self._format_date(self._get_day(moment and moment.replace(tzinfo=None)))

    def _get_certificate_sentence(self, code, facts):
        """Say one thing about a certificate, with its remedy.

        :param str code: of `tools.pkcs12`
        :param facts: `tools.pkcs12.CertificateFacts`, where the code is about something known
        :rtype: str
        """
        company = self.company_id.sudo()
        sentences = {
            "empty": self.env._("Choose the file of your certificate."),
            "too_large": self.env._(
                "The file is larger than %s, too large for a certificate. Choose the file that "
                "your authority gave you.",
                CERTIFICATE_SIZE,
            ),
            "not_certificate": self.env._(
                "This file is not a certificate. Choose the .p12 or .pfx file of your authority, or a .pem "
                "file and its key."
            ),
            "damaged": self.env._("The file is damaged. Download it from your authority again."),
            "too_complex": self.env._(
                "The file takes too long to open. Export it again with the usual settings."
            ),
            "unsupported": self.env._(
                "The file is protected in a way that this server cannot open. Export it again as a "
                ".p12 file with AES."
            ),
            "password_missing": self.env._("Enter the password of the file."),
            "password_wrong": self.env._(
                "This is not the password of the file. Enter it again, as your authority gave it to you."
            ),
            "no_certificate": self.env._(
                "The file has a key but no certificate. Add the certificate that your authority "
                "sent you."
            ),
            "no_key": self.env._(
                "The file has no private key: your authority gave you only the certificate. Add the "
                "key that was made when you asked for it, or ask for a .p12 file."
            ),
            "key_mismatch": self.env._(
                "The key belongs to another certificate. Add the one that was made when you asked "
                "for this certificate."
            ),
        }
        if facts:
            sentences |= {
                "not_rsa": self.env._(
                    "The key is not for ordinary RSA signatures, the only kind that DIAN accepts. Ask your authority "
                    "for a certificate with an RSA key."
                ),
                "weak_key": self.env._(
                    "The key has %(bits)s bits, which is not safe. Ask your authority for one of %(least)s "
                    "bits or more.",
                    bits=facts.bits,
                    least=pkcs12.MIN_BITS,
                ),
                "weak_hash": self.env._(
                    "The certificate is signed with %s, which is not safe. Ask your authority for one "
                    "signed with SHA-256.",
                    (facts.hash_name or "").upper(),
                ),
                "no_signing": self.env._(
                    "The certificate is not for signing. Ask your authority for one for electronic "
                    "invoices."
                ),
                "expired": self.env._(
                    "The certificate expired on %s. Renew it with your authority and load the new file.",
                    self._format_moment(facts.not_after),
                ),
                "not_yet_valid": self.env._(
                    "The certificate is not valid until %s. Load it again then.",
                    self._format_moment(facts.not_before),
                ),
                "other_nit": self.env._(
                    "The certificate belongs to %(numbers)s, but the NIT of %(company)s is "
                    "%(nit)s. Choose the certificate of this company.",
                    numbers=", ".join(facts.nits),
                    company=company.name,
                    nit=company.vat,
                ),
                "no_nit": self.env._(
                    "The certificate does not state the NIT of %s. Make sure that it belongs to "
                    "this company.",
                    company.name,
                ),
                "other_place": self.env._(
                    "The certificate names %(numbers)s as its subscriber, and the NIT of %(company)s, %(nit)s, in "
                    "another place. Make sure that it belongs to this company, and ask your authority whether DIAN accepts it.",
                    numbers=", ".join(pkcs12.list_others(facts, self._get_certificate_nit()))
                    or "-",
                    company=company.name,
                    nit=company.vat,
                ),
                "no_digit": self.env._(
                    "The NIT of %(company)s is %(typed)s in its profile, without its check digit, and was compared as "
                    "%(nit)s. Complete the profile.",
                    company=company.name,
                    typed=company.vat,
                    nit=self._get_certificate_nit(),
                ),
                "irregular": self.env._(
                    "The certificate is not written as the standard prescribes, and some programs refuse it. Before "
                    "you rely on it, sign a document of DIAN's test set with it, or ask your authority for another one."
                ),
                "unread": self.env._(
                    "These fields of the certificate cannot be read, so what they say is not known: %s.",
                    self._list_certificate_fields(facts.unread),
                ),
                "odd": self.env._(
                    "These fields of the certificate are not written as the standard prescribes, and were read all the "
                    "same: %s. Its authority wrote them: you need not do anything.",
                    self._list_certificate_fields(facts.odd),
                ),
                "trimmed": self.env._(
                    "The password opened the file without the blanks around it. Note it like that."
                ),
                "composed": self.env._(
                    "The password opened the file with its accents written in another form, as another program does."
                ),
                "several": self.env._(
                    "The file has several certificates with their keys. This is the one that can sign for %s.",
                    company.name,
                ),
            }
        return sentences[code]

    @api.model
    def _list_certificate_fields(self, names):
        """Name fields of a certificate.

        :param names: of `tools.certificate_reader.FIELDS`
        :rtype: str
        """
        labels = {
            "public_key": self.env._("public key"),
            "subject": self.env._("subscriber"),
            "issuer": self.env._("issuer"),
            "extensions": self.env._("extensions"),
            "key_usage": self.env._("key usage"),
            "extended_key_usage": self.env._("extended key usage"),
            "basic_constraints": self.env._("basic constraints"),
            "subject_alt_name": self.env._("alternative names"),
            "authority_info_access": self.env._("address for revocation by OCSP"),
            "crl_distribution_points": self.env._("address of the revocation list"),
        }
        return ", ".join(labels[name] for name in names)
