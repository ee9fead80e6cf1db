import base64
import binascii
from datetime import datetime, timezone

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ...exceptions import make_fields_error
from ...tools import certificate_chain
from ...tools.upload_limits import ANCHOR_SIZE

# What changes of a certificate that is trusted; everything else follows from its file.
_EDITABLE_FIELDS = frozenset(("active", "authority_id", "file"))


class CertificateTrustAnchor(models.Model):
    """A trusted certificate of an authority: only certificates whose chain leads to one are
    verified.

    The administrator adds one by its file, and archives or deletes it; everybody reads them. One that comes
    with the add-on may be known by its fingerprint alone. Any change looks anew at what is in use.
    """

    _name = "certificate.trust.anchor"
    _description = "Trusted Certificate of an Authority"
    _inherit = ["mail.thread", "certificate.input.mixin"]
    _order = "name, date_end desc, id"

    name = fields.Char(
        required=True, readonly=True, help="The authority's name, as written in the certificate."
    )
    authority_id = fields.Many2one(
        "certificate.authority",
        string="Certification authority",
        ondelete="set null",
        index="btree_not_null",
        tracking=True,
    )
    active = fields.Boolean(default=True, tracking=True)
    file = fields.Binary(
        string="Certificate file",
        compute="_compute_file",
        readonly=False,
        help="The authority's root or issuing certificate, in PEM or DER.",
    )
    certificate = fields.Text(readonly=True, copy=False, help="PEM")
    sha256 = fields.Char(string="Fingerprint", required=True, readonly=True, copy=False)
    subject = fields.Char(readonly=True)
    issuer = fields.Char(readonly=True)
    serial_number = fields.Char(readonly=True)
    date_start = fields.Datetime(string="Valid from", readonly=True)
    date_end = fields.Datetime(string="Valid until", readonly=True)
    is_root = fields.Boolean(
        string="Root",
        readonly=True,
        help="Self-signed; otherwise, another certificate issued it.",
    )

    _sha256_unique = models.UniqueIndex("(sha256)", "This certificate is already on the list.")
    _sha256_format = models.Constraint(
        "CHECK (sha256 ~ '^[0-9a-f]{64}$')", "A fingerprint has 64 hexadecimal digits."
    )

    @api.depends("certificate")
    def _compute_file(self):
        for anchor in self:
            anchor.file = base64.b64encode((anchor.certificate or "").encode()) or False

    @api.onchange("file")
    def _onchange_file(self):
        """Show the contents of a new file before it is trusted, above all its fingerprint."""
        if self.file and not self._origin:
            self.update(self._prepare_vals({"file": self.file}))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._refuse_others(vals)
        anchors = super().create([self._prepare_vals(vals) for vals in vals_list])
        anchors._look_anew()
        return anchors

    def write(self, vals):
        if not self.env.su:
            self._refuse_others(vals)
        if "file" in vals:
            vals = self._prepare_vals(vals)
            if any(anchor.sha256 != vals["sha256"] for anchor in self):
                sentence = self.env._(
                    "This is the file of another certificate. Add it as a new one."
                )
                raise make_fields_error({"file": sentence})
        result = super().write(vals)
        if vals.keys() & {"active", "certificate", "sha256"}:
            self._look_anew()
        return result

    def unlink(self):
        others = self.env[self._name].browse()
        result = super().unlink()
        others._look_anew()
        return result

    @api.model
    def _refuse_others(self, vals):
        if others := sorted(vals.keys() - _EDITABLE_FIELDS):
            raise AccessError(
                self.env._(
                    "These fields are read from the certificate's file and cannot be changed: %s.",
                    ", ".join(others),
                )
            )

    @api.model
    def _prepare_vals(self, vals):
        """Read the file, and derive from it everything that is kept.

        :raise ValidationError: with one sentence, when it cannot be trusted
        """
        if "file" not in vals and self.env.su and vals.get("sha256"):
            return vals  # of the add-on itself: known by its fingerprint
        vals = dict(vals)
        try:
            data = base64.b64decode(vals.pop("file", None) or b"", validate=True)
            facts = certificate_chain.read_anchor(data, datetime.now(timezone.utc))
        except (TypeError, binascii.Error) as error:
            sentence = self._get_refusal("not_certificate")
            raise make_fields_error({"file": sentence}) from error
        except certificate_chain.AnchorRefused as refused:
            sentence = self._get_refusal(refused.code)
            raise make_fields_error({"file": sentence}) from refused
        return {
            **vals,
            "name": facts.label,
            "certificate": facts.certificate.decode(),
            "sha256": facts.sha256,
            "subject": facts.subject,
            "issuer": facts.issuer,
            "serial_number": facts.serial_number,
            "date_start": facts.not_before.replace(tzinfo=None),
            "date_end": facts.not_after.replace(tzinfo=None),
            "is_root": facts.is_root,
        }

    @api.model
    def _get_refusal(self, code):
        """Say why a certificate cannot be trusted, and what to do.

        :param str code: one of `tools.certificate_chain.CODES`
        :rtype: str
        """
        return {
            "empty": self.env._("Choose the file of the authority's certificate."),
            "too_large": self.env._(
                "The file is larger than %s, too large for a certificate. Choose the "
                "authority's certificate.",
                ANCHOR_SIZE,
            ),
            "not_certificate": self.env._(
                "This file is not a certificate. Choose the .cer, .crt or .pem file that the authority "
                "publishes."
            ),
            "several": self.env._(
                "The file has several certificates. Add each one from a file of its own."
            ),
            "damaged": self.env._("The file is damaged. Download it from the authority again."),
            "not_authority": self.env._(
                "This certificate belongs to a subscriber, not to an authority. Choose the "
                "certificate of the authority that issued it, or of its root."
            ),
            "weak_key": self.env._(
                "The key of this certificate proves nothing: it is too weak, or of a kind that is not "
                "supported. Ask the authority for a newer one."
            ),
            "expired": self.env._(
                "This certificate has expired. Ask the authority for the new one."
            ),
        }[code]

    # === BUSINESS METHODS === #

    @api.model
    def _look_anew(self):
        """Look anew whether the certificates in use lead to what is trusted now."""
        self.env.flush_all()
        self.env["certificate.certificate"].sudo()._rate_issuers()

    @api.model
    def _get_anchors(self):
        """Return what is trusted.

        :rtype: tuple[tools.certificate_chain.Anchor]
        """
        return tuple(
            certificate_chain.Anchor(
                anchor.sha256, anchor.certificate.encode() if anchor.certificate else None
            )
            for anchor in self.sudo().search([])
        )
