"""What a letter fixes when it is made, and what may be signed under it."""

from typing import NamedTuple

from odoo import fields, models
from odoo.exceptions import UserError

from ...const import LETTER_VERSION, LETTER_VERSION_FIRST
from ...tools import letter_scope

TERMS_FIELDS = ("letter_version", "letter_scope", "letter_certificate")


class Terms(NamedTuple):
    """What a letter fixes when it is made: what changes later is of another letter.

    :ivar str version: of the default text, one of `const.LETTER_VERSIONS`
    :ivar tuple scope: kinds that it lists, of `tools.letter_scope.KINDS`
    :ivar dict certificate: as returned by `res.company._describe_certificate_of_letter`. The letter covers the one
        that replaces it as well, so that a new one voids no letter
    """

    version: str = LETTER_VERSION_FIRST
    scope: tuple = letter_scope.FORMER_SCOPE
    certificate: dict = {}  # nobody writes it

    @classmethod
    def of(cls, record):
        """Return the terms of a letter, as an activation or a voided letter keeps them.

        One that was made before they were kept has those of before.
        """
        if not record.letter_version:
            return cls()
        return cls(
            record.letter_version,
            tuple((record.letter_scope or "").split(",")),
            record.letter_certificate or {},
        )

    def prepare_vals(self):
        """Return the values that keep these terms."""
        return {
            "letter_version": self.version,
            "letter_scope": ",".join(self.scope),
            "letter_certificate": self.certificate or False,
        }


class CertificateActivation(models.Model):
    """The terms of the letter, and the documents that it lists: under a loan nothing else is signed."""

    _inherit = "certificate.activation"

    letter_version = fields.Char(
        string="Version of the letter",
        readonly=True,
        copy=False,
        help="Of the default text when the letter was made; empty for letters of before 19.0.1.1.0.",
    )
    letter_scope = fields.Char(
        string="Documents of the letter",
        readonly=True,
        copy=False,
        help="Kinds of documents that the letter lists: nothing else is signed under it.",
    )
    letter_certificate = fields.Json(
        string="Certificate of the letter",
        readonly=True,
        copy=False,
        help="Authority, serial number and end of the certificate that the letter names.",
    )

    def _get_letter_terms(self):
        """Return the terms of the downloaded letter, or those that one would have today.

        :rtype: Terms
        """
        self.ensure_one()
        return Terms.of(self) if self.letter_code else self._make_letter_terms()

    def _make_letter_terms(self):
        """Return the terms of a letter that is made today.

        :rtype: Terms
        """
        lender = self.sudo().seller_id
        return Terms(
            LETTER_VERSION,
            lender._get_letter_scope(),
            lender._describe_certificate_of_letter(),
        )

    def _check_letter_scope(self, kinds):
        """Check that the signed letter lists what is to be signed.

        :param kinds: as returned by `tools.letter_scope.find_kinds`
        :raise UserError: otherwise, with the remedy
        """
        scope = Terms.of(self.sudo()).scope
        for kind in sorted(kinds):
            if kind in scope:
                continue
            labels = {
                "invoice": self.env._("sales invoices"),
                "notes": self.env._("credit notes and debit notes"),
                "equivalent": self.env._("electronic equivalent documents"),
                "support": self.env._("support documents"),
                "event": self.env._("events of invoices"),
                "container": self.env._("containers of documents"),
                "request": self.env._("requests to DIAN"),
            }
            lender = self.certificate_id.sudo().company_id.name
            if kind not in labels:
                raise UserError(
                    self.env._(
                        "The signed letter does not list documents of this kind, so the certificate of %s does not "
                        "sign this one. Sign it with a certificate of your own.",
                        lender,
                    )
                )
            raise UserError(
                self.env._(
                    "The signed letter does not list %(documents)s, so the certificate of %(lender)s signs none. Sign "
                    "them with a certificate of your own, or ask %(lender)s to include them in its next letter.",
                    documents=labels[kind],
                    lender=lender,
                )
            )
