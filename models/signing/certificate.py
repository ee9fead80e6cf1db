import base64
from datetime import datetime, timezone

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import ISSUER_LEVELS, ISSUER_STATES
from ...tools import authorities, certificate_chain, key_seal, pkcs12
from ..activation.routes import OWN_ROUTES
from ..core.ir_attachment import storing_files
from ..core.whole_files import read_whole
from ..keys import custody
from ..trace.history import record_entries

# What is said of an issuer, by the codes of `_find_issuer_warnings`: of several the first.
_ISSUER_STATES = {
    "refused_issuer": "refused",
    "unknown_issuer": "unlisted",
    "unverified": "unverified",
}


class CertificateCertificate(models.Model):
    """A certificate whose key can be sealed: it signs, and nobody reads it.

    A sealed certificate has no `certificate.key`. Its key lies in a column of this table, encrypted
    under a secret outside the database, and `certificate_custody.py` alone opens it.
    """

    _inherit = "certificate.certificate"

    # In the table itself and not in a file, so that deleting it deletes it.
    sealed_key = fields.Binary(
        attachment=False, copy=False, prefetch=False, groups=fields.NO_ACCESS
    )
    is_key_sealed = fields.Boolean(
        string="Sealed key",
        compute="_compute_is_key_sealed",
        compute_sudo=True,
        store=True,
        help="The key is encrypted with a secret that is kept outside the database.",
    )

    issuer_level = fields.Selection(
        ISSUER_LEVELS,
        string="Verification of the issuer",
        compute="_compute_issuer",
        compute_sudo=True,
        store=True,
        help="Whether signatures lead from this certificate to one that is trusted in Settings. Otherwise "
        "whatever it says of its issuer and its subject is a claim.",
    )
    issuer_state = fields.Selection(
        ISSUER_STATES,
        string="Issuer",
        compute="_compute_issuer",
        compute_sudo=True,
        store=True,
        help="Whether the issuer was verified, and what is known of it: of the authorities that are accredited, and "
        "those that DIAN is reported to refuse.",
    )
    issuer_anchor_id = fields.Many2one(
        "certificate.trust.anchor",
        string="Verified by",
        compute="_compute_issuer",
        compute_sudo=True,
        store=True,
        ondelete="set null",
        help="The trusted certificate that its signatures lead to.",
    )

    @api.depends("sealed_key")
    def _compute_is_key_sealed(self):
        for certificate in self:
            certificate.is_key_sealed = bool(certificate.sealed_key)

    @api.depends("content", "pem_certificate")
    def _compute_issuer(self):
        for certificate, vals in self._find_issuers():
            for name, value in vals.items():
                certificate[name] = value

    def _find_issuers(self):
        """Yield each of these with what is known of its issuer, as values of the fields.

        :rtype: Iterator[tuple[certificate.certificate, dict]]
        """
        anchors = self.env["certificate.trust.anchor"]._get_anchors()
        ids = {
            anchor.sha256: anchor.id for anchor in self.env["certificate.trust.anchor"].search([])
        }
        now = datetime.now(timezone.utc)
        for certificate in self:
            codes = ["unverified"]
            try:
                facts = pkcs12.read_certificate(custody.get_public_content(certificate))
                sha256 = certificate_chain.find_anchor(facts.certificate, facts.chain, anchors, now)
                codes = self._find_issuer_codes(facts, bool(sha256))
            except pkcs12.CertificateRefused:
                sha256 = None
            yield (
                certificate,
                {
                    "issuer_anchor_id": ids.get(sha256, False),
                    "issuer_level": "anchored" if sha256 else "unknown",
                    "issuer_state": next(
                        (state for code, state in _ISSUER_STATES.items() if code in codes),
                        "verified",
                    ),
                },
            )

    # === BUSINESS METHODS === #

    def _get_issuer_sentences(self, is_public=False):
        """Say what is not certain of the issuer: the one place, for wizard, portal, list, record and public page.

        :param bool is_public: whether anybody reads it: a certificate that somebody made names that person as its issuer,
            so that none but a known authority is named
        :return: whole sentences; none when signatures lead to a trusted certificate, and nothing is known against it
        :rtype: list[str]
        """
        certificate = self.sudo()
        if not certificate:
            return []
        try:
            facts = pkcs12.read_certificate(custody.get_public_content(certificate))
        except pkcs12.CertificateRefused:
            return []  # it says nothing of an issuer, and signs nothing
        codes = certificate._find_issuer_warnings(facts)
        name = facts.issuer or self.env._("somebody whom it does not name")
        if is_public:
            known = authorities.find_named(facts.authorities)
            return self._write_issuer_warnings(codes, known.name if known else "")
        sentences = {
            "unverified": self.env._(
                "The issuer of the certificate was not verified: it claims to be %s, and anybody can write "
                "that. An administrator can add the authority's certificate in Settings, under "
                "Electronic Documents.",
                name,
            ),
            "unknown_issuer": self.env._(
                "%s is not on the list of authorities accredited in Colombia. Ask DIAN whether it "
                "accepts its certificates.",
                name,
            ),
            "refused_issuer": self.env._(
                "DIAN is reported to refuse certificates of %s, although it is accredited. Try one in DIAN's portal "
                "before you rely on it.",
                name,
            ),
        }
        return [sentences[code] for code in codes]

    @api.model
    def _write_issuer_warnings(self, codes, name):
        """Say what is not certain of the issuer, to somebody who can do nothing about it.

        :param codes: of `_find_issuer_warnings`
        :param str name: of the known authority that it claims to be, if any
        :rtype: list[str]
        """
        sentences = {
            "unverified": self.env._(
                "The issuer was not verified: it claims to be %s, and anybody can write that.", name
            )
            if name
            else self.env._(
                "The issuer was not verified, and names no authority that is known here."
            ),
            "unknown_issuer": self.env._(
                "The issuer is not on the list of authorities accredited in Colombia."
            ),
            "refused_issuer": self.env._(
                "DIAN is reported to refuse certificates of %s, although it is accredited.", name
            ),
        }
        return [sentences[code] for code in codes]

    def _find_issuer_warnings(self, facts):
        """Find what is not certain of the issuer.

        :param facts: `tools.pkcs12.CertificateFacts`
        :return: codes: `unverified`, and of `tools.pkcs12.ISSUER_WARNINGS`
        :rtype: list[str]
        """
        return self._find_issuer_codes(facts, self.issuer_level == "anchored")

    @api.model
    def _find_issuer_codes(self, facts, is_verified):
        # Whoever has pinned a certificate knows whose it is.
        accredited = None
        if not is_verified:
            accredited = self.env["certificate.activation"]._get_accredited_authorities()
        found = pkcs12.find_warnings(facts, None, accredited, authorities.REFUSED)
        codes = [code for code in found if code in pkcs12.ISSUER_WARNINGS]
        return codes if is_verified else ["unverified", *codes]

    @api.model
    def _rate_issuers(self):
        """Look anew whether what is in use leads to what is trusted now; in sudo mode."""
        activations = self.env["certificate.activation"].search(
            [("state", "in", ("process", "active")), ("certificate_id", "!=", False)]
        )
        lenders = self.env["res.company"].with_context(active_test=False)
        lent = lenders.search([("certificate_lent_id", "!=", False)]).certificate_lent_id
        for certificate, vals in (activations.certificate_id | lent)._find_issuers():
            # What is as it was is not written: every activation under it would be, too.
            if any(
                certificate._fields[name].convert_to_write(certificate[name], certificate) != value
                for name, value in vals.items()
            ):
                certificate.write(vals)

    @api.model
    def _get_in_custody(self, companies):
        """Return what companies lend, and what they brought, in sudo mode.

        :param companies: `res.company`
        :rtype: certificate.certificate
        """
        companies = companies.sudo()
        own = companies.env["certificate.activation"].search(
            [("company_id", "in", companies.ids), ("route", "in", OWN_ROUTES)]
        )
        return companies.certificate_lent_id | own.certificate_id

    def _has_key(self):
        return bool(self.sudo().sealed_key or self.private_key_id)

    @api.model
    def _store(self, facts, company):
        """Store a certificate that was examined, with its key and without what protected its file.

        The key is sealed where the server has a secret. The record is archived until it is to sign,
        so that no other add-on takes it before.

        :param facts: `tools.pkcs12.CertificateFacts`
        :param company: `res.company` whose it is
        :return: the new record in sudo mode
        :rtype: certificate.certificate
        :raise UserError: when Odoo cannot load it, or the server cannot store it
        """
        # The intermediate certificates stand behind: readers take the first.
        content = base64.b64encode(b"".join((facts.certificate, *facts.chain)))
        name = facts.subject or company.name
        with storing_files(self.env):
            certificate = self.sudo().create(
                {"name": name, "content": content, "company_id": company.id, "active": False}
            )
            if custody.get_protection() == "sealed":
                certificate.sealed_key = custody.seal(certificate, facts.key)
            else:
                certificate.private_key_id = certificate.private_key_id.create(
                    {
                        "name": name,
                        "content": base64.b64encode(key_seal.export_key(facts.key)),
                        "company_id": company.id,
                    }
                )
            # What Odoo computes of them is stored in files as well.
            self.env.flush_all()
        if certificate.loading_error or not certificate._has_key():
            raise UserError(
                certificate.loading_error or self.env._("The certificate could not be stored.")
            )
        return certificate

    def _seal_key(self):
        """Seal the key, or seal it again under the current secret; Odoo keeps no plain one.

        :raise UserError: when the key cannot be opened or sealed, or the server stores no file
        """
        certificates = self.sudo().with_context(active_test=False)
        keys = certificates._get_same_keys()
        sharing = certificates.search([("private_key_id", "in", keys.ids)])
        with storing_files(self.env):
            for certificate in certificates | sharing:
                state = custody.get_key_state(certificate)
                key = custody.open_key(certificate)
                certificate.sealed_key = custody.seal(certificate, key)
                certificate._delete_plain_key()
                record_entries(self.env, [("key", certificate, [["sealed_key", state, "sealed"]])])
            self._delete_keys(keys.exists())

    def _get_same_keys(self):
        """Return the plain keys of these certificates, however often each was loaded.

        :rtype: certificate.key
        """
        files = _get_files(self.private_key_id, "pem_key")
        same = files.search(
            [
                ("res_model", "=", self.private_key_id._name),
                ("res_field", "=", "pem_key"),
                ("checksum", "in", files.mapped("checksum")),
            ]
        )
        return self.private_key_id.browse(same.mapped("res_id"))

    def _delete_plain_key(self):
        """Delete the key from Odoo's own tables and files: as `certificate.key`, and in what was loaded.

        The file that was loaded may be a PKCS #12, or have the key beside the certificate.
        """
        files = self.env["certificate.key.file"]
        for certificate in read_whole(self.sudo()).with_context(active_test=False):
            key = certificate.private_key_id
            public = base64.b64encode(custody.get_public_content(certificate))
            content = base64.b64decode(certificate.content or b"")
            if certificate.content_format == "pkcs12" or b"PRIVATE KEY-----" in content:
                files._note(_get_files(certificate, "content"))
            certificate.write(
                {"private_key_id": False, "pkcs12_password": False, "content": public}
            )
            if key and not certificate.search_count([("private_key_id", "=", key.id)], limit=1):
                self._delete_keys(key)

    @api.model
    def _delete_keys(self, keys):
        """Delete plain keys with their files.

        :param keys: `certificate.key`
        """
        self.env["certificate.key.file"]._note(_get_files(keys, "content", "pem_key"))
        keys.unlink()


def _get_files(records, *names):
    """Return the attachments that hold binary fields of records.

    :rtype: ir.attachment
    """
    return (
        records.env["ir.attachment"]
        .sudo()
        .search(
            [
                ("res_model", "=", records._name),
                ("res_field", "in", names),
                ("res_id", "in", records.ids),
            ]
        )
    )
