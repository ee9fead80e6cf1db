from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_list

from ...const import ACTIVITY_FILE, ACTIVITY_NEXT_STEP, GROUP_MANAGER, LETTER_MATCHES
from ...tools import identity
from ...tools.letter_scan import LetterRefused, Trust, match_letter
from ...tools.pdf_check import PdfCheckUnavailable


class CertificateActivation(models.Model):
    """Whether the attached scan is the activation's letter, and still the file that was stored."""

    _inherit = "certificate.activation"

    signed_letter_match = fields.Selection(
        LETTER_MATCHES,
        string="Signed letter",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="How the attached file was recognised as the signed letter of this activation: by the "
        "code that is printed on it; by a digital signature whose certificate leads to a "
        "trusted authority, was valid and names the representative or the company; not at all, "
        "so that the lender has to review it; or because a custodian of the lender accepted it.",
    )
    signed_letter_signers = fields.Char(
        string="Digital signature of",
        readonly=True,
        copy=False,
        help="As the file claims. Verified only if the letter was recognised by its digital "
        "signature.",
    )
    signed_letter_anchors = fields.Char(
        string="Authorities of the signature",
        readonly=True,
        copy=False,
        help="Fingerprints of the trusted certificates that the digital signature leads to.",
    )
    signed_letter_unread_pages = fields.Char(
        string="Pages not recognised",
        readonly=True,
        copy=False,
        help="Numbers of the letter's pages whose code could not be read in the attached file.",
    )
    signed_letter_sentence = fields.Char(compute="_compute_signed_letter_sentence")
    signed_letter_problem = fields.Char(
        compute="_compute_signed_letter_problem",
        help="What is wrong with the stored file and what to do; empty when it is as it was stored.",
    )
    voided_letter_ids = fields.One2many(
        "certificate.voided.letter",
        "activation_id",
        readonly=True,
        groups=GROUP_MANAGER,
    )
    letter_void_sentence = fields.Char(
        compute="_compute_letter_void_sentence",
        compute_sudo=True,
        help="Why the last downloaded letter is void, until a new one is downloaded.",
    )

    # === COMPUTE METHODS === #

    @api.depends(
        "signed_letter_match", "signed_letter_signers", "signed_letter_unread_pages", "letter_code"
    )
    def _compute_signed_letter_sentence(self):
        for activation in self:
            sentences = {
                "match": self.env._(
                    "This is the letter of %(company)s, with the code %(code)s.",
                    company=activation.company_id.sudo().name,
                    code=activation.letter_code,
                ),
                "signature": self.env._(
                    "This is the letter of %(company)s, digitally signed by %(signers)s and unchanged "
                    "since.",
                    company=activation.company_id.sudo().name,
                    signers=activation.signed_letter_signers,
                ),
                "unread": activation._get_unread_sentence(),
                "reviewed": self.env._(
                    "%s has reviewed this letter and accepted it.",
                    activation.seller_id.sudo().name,
                ),
            }
            activation.signed_letter_sentence = sentences.get(activation.signed_letter_match)

    def _get_unread_sentence(self):
        """Say what of the attached file was not recognised, and who looks at it."""
        lender = self.seller_id.sudo().name
        if self.signed_letter_signers:
            return self.env._(
                "This file has a digital signature that was not verified; it claims to be "
                "by %(signers)s. %(lender)s will review it: you can continue.",
                signers=self.signed_letter_signers,
                lender=lender,
            )
        pages = (self.signed_letter_unread_pages or "").split(", ")
        if len(pages) > 1:
            return self.env._(
                "The codes of pages %(pages)s of the letter could not be read in this file: %(lender)s "
                "will review it. You can continue, or delete it and attach a sharper scan or photos of all pages.",
                pages=format_list(self.env, pages),
                lender=lender,
            )
        if pages[0]:
            return self.env._(
                "The code of page %(page)s of the letter could not be read in this file: %(lender)s "
                "will review it. You can continue, or delete it and attach a sharper scan or photos of all pages.",
                page=pages[0],
                lender=lender,
            )
        return self.env._(
            "The code of the letter could not be read in this file: %s will review it. "
            "You can continue, or delete it and attach a sharper scan or photos of all pages.",
            lender,
        )

    @api.depends("signed_letter", "signed_letter_sha256")
    def _compute_signed_letter_problem(self):
        for activation in self:
            activation.signed_letter_problem = (
                activation.signed_letter_sha256
                and activation._get_unaltered_pdf("signed_letter") is None
                and activation._get_stored_pdf_error("signed_letter")
            )

    @api.depends("letter_code", "voided_letter_ids.restored_on")
    def _compute_letter_void_sentence(self):
        for activation in self:
            voided = activation.voided_letter_ids[:1]
            activation.letter_void_sentence = False
            if voided and not activation.letter_code and activation._is_letter_open():
                reasons = dict(voided._fields["reason"]._description_selection(self.env))
                activation.letter_void_sentence = self.env._(
                    "The letter %(code)s has been void since %(day)s. %(reason)s: download the "
                    "new letter and have it signed.",
                    code=voided.letter_code or "",
                    day=activation._format_date(voided._get_void_date()),
                    reason=reasons[voided.reason],
                )

    # === CRUD METHODS === #

    def _close_letter_activities(self, vals):
        """Close the activities about the signed letter, which has just been attached or deleted.

        :param dict vals: that were written, with `signed_letter`
        """
        done = [ACTIVITY_FILE, *([ACTIVITY_NEXT_STEP] if vals["signed_letter"] else [])]
        self.sudo().activity_unlink(done)

    @api.model
    def _get_pdf_fields(self, name):
        names = super()._get_pdf_fields(name)
        if name == "signed_letter":
            names += [
                "signed_letter_match",
                "signed_letter_signers",
                "signed_letter_anchors",
                "signed_letter_unread_pages",
            ]
        return names

    # === BUSINESS METHODS === #

    def _open_signed_letter(self):
        """Open the attached scan in the browser.

        :return: an action
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/signed_letter",
            "target": "new",
        }

    def _examine_pdf(self, name, data, facts):
        vals = super()._examine_pdf(name, data, facts)
        if name == "signed_letter":
            for activation in self:
                vals |= activation._match_signed_letter(data, facts)
        return vals

    def _match_signed_letter(self, data, facts):
        """Check whether a file can be the signed letter of this activation.

        :param bytes data: the file
        :param facts: `tools.pdf_check.PdfFacts`
        :return: values to write
        :rtype: dict
        :raise ValidationError: with one sentence and a remedy, when it certainly is not
        :raise UserError: when files cannot be checked on this server
        """
        if self._is_letter_stale():
            self._after_transaction("_void_stale_letter")
            raise UserError(self._get_stale_error())
        if self.sudo().voided_letter_ids.filtered(
            lambda voided: (
                voided.reason == "rejected" and voided.signed_letter_sha256 == facts.sha256
            )
        ):
            raise ValidationError(
                self.env._("This is the file that was rejected. Read why, and attach a new one.")
            )
        letter = self.letter_code and self._render_letter()
        try:
            match = match_letter(
                data, facts, self.letter_code or None, letter, self._get_signer_trust()
            )
        except LetterRefused as refused:
            raise ValidationError(
                self._get_refusal(refused.code, refused.found, refused.pages)
            ) from refused
        except PdfCheckUnavailable as error:
            raise UserError(self._get_pdf_check_unavailable()) from error
        return {
            "signed_letter_match": match.kind,
            "signed_letter_signers": match.signers,
            "signed_letter_anchors": match.anchors,
            "signed_letter_unread_pages": ", ".join(map(str, match.pages)),
        }

    def _get_signer_trust(self):
        """Return whose digital signature of the letter is valid: the representative's or the
        company's.

        :rtype: tools.letter_scan.Trust
        """
        activation = self.sudo()
        nit = (identity.format_nit(activation.company_id.vat) or "").partition("-")
        company = {nit[0].lstrip("0"), (nit[0] + nit[2]).lstrip("0")} - {""}
        person = "".join(filter(str.isdigit, activation.representative_vat or "")).lstrip("0")
        # Some authorities write a person's number with a check digit, as DIAN does.
        persons = {person, person + identity.get_check_digit(person)} if person else set()
        return Trust(
            self.env["certificate.trust.anchor"]._get_anchors(),
            frozenset(company | persons),
            self._get_now(),
            frozenset(company - persons),
        )

    def _get_refusal(self, code, found, pages=()):
        """Say why a file is not the signed letter, and what to do.

        :param str code: one of `tools.letter_scan.CODES`
        :param found: the code of the letter that it is instead, or None
        :param pages: the numbers of the pages that it lacks, where they are known
        :rtype: str
        """
        if code == "other_letter":
            return self._get_other_letter_refusal(found)
        return {
            "unsigned": self.env._(
                "This is the letter as you downloaded it, without a signature. Have the legal "
                "representative sign it, and attach a scan, photos or the digitally signed file."
            ),
            "blank": self.env._(
                "The pages are blank. Turn the letter over, scan it or take photos again, and attach "
                "the new file."
            ),
            "no_letter": self.env._(
                "This signed file is not the letter %s. Have the letter that you downloaded here "
                "signed and attach it.",
                self.letter_code,
            )
            if self.letter_code
            else self.env._(
                "This signed file is not the letter. Save and download the letter, have it signed and "
                "attach it."
            ),
            "missing_pages": self._get_missing_pages_refusal(pages),
            "broken_signature": self.env._(
                "The digital signature is not valid, or the file was changed after it was signed. "
                "Attach the file as the signing program saved it, or have the letter signed again."
            ),
            "too_complex": self._get_pdf_refusals()["too_complex"],
        }[code]

    def _get_missing_pages_refusal(self, pages):
        if len(pages) == 1:
            return self.env._(
                "Page %s of the letter is missing. Attach all its pages together, as one scan or as "
                "photos.",
                pages[0],
            )
        if pages:
            return self.env._(
                "Pages %s of the letter are missing. Attach all its pages together, as one scan or as "
                "photos.",
                format_list(self.env, list(map(str, pages))),
            )
        return self.env._(
            "This file has fewer pages than the letter. Attach all its pages together, with the "
            "signature, as one scan or as photos."
        )

    def _get_other_letter_refusal(self, found):
        others = self.sudo().search_count(
            [("company_id", "=", self.company_id.id), ("letter_code", "=", found)], limit=1
        )
        voided = self.sudo().voided_letter_ids.search_count(
            [("company_id", "=", self.company_id.id), ("letter_code", "=", found)], limit=1
        )
        if not self.letter_code:
            return self.env._(
                "This is the letter %s, which is not valid here. Save and download the letter, "
                "have that one signed and attach it.",
                found,
            )
        if voided:
            return self.env._(
                "This is the earlier letter %(found)s, which is void. Have the new letter, %(code)s, "
                "signed and attach it.",
                found=found,
                code=self.letter_code,
            )
        if others:
            return self.env._(
                "This is the letter %(found)s of another activation. Attach the signed letter %(code)s.",
                found=found,
                code=self.letter_code,
            )
        return self.env._(
            "This is another letter, %(found)s, of another company or out of date. Attach the signed "
            "letter %(code)s of %(company)s.",
            found=found,
            code=self.letter_code,
            company=self.company_id.sudo().name,
        )

    def _keep_match(self, vals):
        """Store the result of checking the stored letter again."""
        self._trusted().write(vals)

    def _check_evidence(self):  # pylint: disable=missing-return
        super()._check_evidence()
        self.sudo().receipt_ids.filtered(
            lambda receipt: receipt.state == "approved"
        )._check_evidence()

    def _is_evidence(self, name):
        if name == "record_file":
            return self._is_record_current()
        return self.state != "pay" and not self._is_letter_open()

    def _report_stored_pdf(self):
        for activation in self:
            activation._notify("file_problem")
