import base64
import hashlib

from babel.dates import format_date
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...const import (
    GROUP_USER,
    LETTER_PLACEHOLDERS,
    LETTER_PROFILE_FIELDS,
    LETTER_REPORT,
    LETTER_VERSION_FIRST,
    OFFERED_DOCUMENTS,
    REPRESENTATIVE_DOCUMENTS,
    REPRESENTATIVE_FIELDS,
)
from ...exceptions import SALE, make_remedy_error
from ...tools import identity, letter_person
from ...tools.letter_pdf import find_unwritable, render_letter
from ...tools.letter_text import get_printed_text
from ...tools.text_limits import LETTER_LIMITS, TEXT_RULES
from .res_company import laying_out
from .terms import TERMS_FIELDS, Terms

# Fields reset when a letter becomes void.
LETTER_VALUES = dict.fromkeys(
    ("letter_code", "letter_date", "letter_downloaded_on", *TERMS_FIELDS), False
)


class CertificateActivation(models.Model):
    """The legal representative of an activation, the exoneration letter and its signed scan."""

    _inherit = "certificate.activation"
    _pdf_fields = ("signed_letter",)

    # Legal representative, as stated in this activation
    representative_name = fields.Char(string="First names")
    representative_surname = fields.Char(string="Surnames")
    representative_identification_type_id = fields.Many2one(
        "l10n_latam.identification.type",
        string="Identification type",
        domain=[("l10n_co_document_code", "in", list(OFFERED_DOCUMENTS))],
        ondelete="restrict",
    )
    representative_vat = fields.Char(string="Identification number")
    representative_issue_city = fields.Char(string="Place of issue")
    representative_position = fields.Char(string="Position")
    representative_email = fields.Char(string="Email")
    representative_phone = fields.Char(string="Phone")
    representative_street = fields.Char(string="Address")
    representative_city = fields.Char(string="City")
    representative_state_id = fields.Many2one(
        "res.country.state",
        string="Department",
        domain=[("country_id.code", "=", "CO")],
        ondelete="restrict",
    )

    # Exoneration letter
    letter_code = fields.Char(
        readonly=True,
        copy=False,
        help="Printed on the letter, also as a QR code. It is derived from everything that the "
        "letter says.",
    )
    letter_date = fields.Date(string="Date of the letter", readonly=True, copy=False)
    letter_downloaded_on = fields.Datetime(string="Downloaded on", readonly=True, copy=False)
    signed_letter = fields.Binary(attachment=True, copy=False)
    signed_letter_filename = fields.Char(copy=False)
    signed_letter_size = fields.Integer(string="Size in bytes", readonly=True, copy=False)
    signed_letter_sha256 = fields.Char(string="SHA-256", readonly=True, copy=False)
    signed_letter_pages = fields.Integer(string="Pages", readonly=True, copy=False)

    # === ACTION METHODS === #

    def action_download_letter(self):
        """Fix the letter's date and code and download it.

        The same data gives the same letter, however often it is downloaded.

        :return: the action that downloads the letter
        :rtype: dict
        :raise ValidationError: naming each missing or wrong field
        """
        self._lock(GROUP_USER)
        self._make_letter()
        return self.env.ref(LETTER_REPORT).report_action(self, config=False)

    def action_delete_signed_letter(self):
        """Delete the attached scan, so that another one can be attached."""
        self._lock(GROUP_USER)
        self._check_letter_open()
        self._trusted().write({"signed_letter": False})

    # === BUSINESS METHODS - LETTER === #

    def _make_letter(self):
        """Fix the letter's date and code; the row is locked.

        :raise ValidationError: naming each missing or wrong field
        """
        self._check_letter_open()
        self._check_takes_letter()
        self._check_lender()
        errors = self._get_letter_errors()
        if errors:
            raise ValidationError("\n".join(errors.values()))
        vals = {"letter_downloaded_on": fields.Datetime.now()}
        if self.letter_code and not self._is_letter_stale():
            self._check_letter_values(self.letter_date)
        else:
            self._check_letter_lender()
            letter_date, terms = self._get_today(), self._make_letter_terms()
            self._check_letter_values(letter_date, terms)
            # This is a new letter, so an attached scan belongs to another one.
            if self.letter_code or self.signed_letter_sha256:
                self._void_letter("other")
            vals |= {
                "letter_date": letter_date,
                "letter_code": self._get_letter_code(letter_date, terms),
                **terms.prepare_vals(),
            }
        self._trusted().write(vals)

    def _check_letter_lender(self):
        """Check that everything is there that a new letter says of the lender and of its certificate.

        :raise UserError: otherwise
        """
        lender = self.sudo().seller_id
        if lender._get_missing_letter_data() or not lender._describe_certificate_of_letter():
            raise make_remedy_error(
                self.env,
                self.env._(
                    "%s has not entered all that the letter states of it and of its certificate. What you entered is "
                    "kept: ask it to complete its settings, under Electronic Documents.",
                    lender.name,
                ),
                SALE,
            )

    def _prepare_representative_vals(self):
        """Prefill the representative: from the company's last activation, else from the company.

        :rtype: dict
        """
        last = self.search_fetch(
            [
                ("company_id", "=", self.company_id.id),
                ("id", "!=", self.id),
                ("representative_name", "!=", False),
            ],
            limit=1,
        )
        if last:
            vals = {
                name: last._fields[name].convert_to_write(last[name], last)
                for name in REPRESENTATIVE_FIELDS
            }
            if last._has_void_document():
                vals |= {
                    "representative_identification_type_id": False,
                    "representative_vat": False,
                }
            return vals
        partner = self.company_id.sudo().partner_id
        citizen_id = self.env["ir.model.data"]._xmlid_to_res_id("l10n_co.national_citizen_id")
        return {
            "representative_identification_type_id": citizen_id,
            # The position is printed in the letter, which is always in Spanish. A person has none in a company.
            "representative_position": identity.is_juridical_nit(partner.vat)
            and "Representante legal",
            "representative_street": partner.street,
            "representative_city": partner.city,
            "representative_state_id": partner.state_id.id,
        }

    def _has_void_document(self):
        """Tell whether the representative's document identifies nobody any more."""
        kind = self.representative_identification_type_id.l10n_co_document_code
        return kind in REPRESENTATIVE_DOCUMENTS and kind not in OFFERED_DOCUMENTS

    def _get_representative_errors(self, values):
        """Say what is missing or wrong in a representative's data.

        :param values: anything that gives the `REPRESENTATIVE_FIELDS` by name: a record of this
            model or of the wizard
        :return: one sentence for each field that must change, in the order of the form
        :rtype: dict[str, str]
        """
        missing = {
            "representative_name": self.env._("Enter the first names."),
            "representative_surname": self.env._("Enter the surnames."),
            "representative_identification_type_id": self.env._("Choose the identification type."),
            "representative_vat": self.env._("Enter the identification number."),
            "representative_issue_city": self.env._("Enter where the document was issued."),
            "representative_position": self.env._("Enter the position in the company."),
            "representative_email": self.env._("Enter the email."),
            "representative_phone": self.env._("Enter the phone."),
            "representative_street": self.env._("Enter the address."),
            "representative_city": self.env._("Enter the city."),
            "representative_state_id": self.env._("Choose the department."),
        }
        rules = TEXT_RULES["certificate.activation"]
        # Blanks alone, and what nobody sees, are nothing.
        kept = {
            name: rules[name].clean(values[name])
            if name in rules and values[name]
            else values[name]
            for name in REPRESENTATIVE_FIELDS
        }
        kind = values["representative_identification_type_id"].l10n_co_document_code
        number = kept["representative_vat"]
        if kind == "passport":
            missing["representative_issue_city"] = self.env._(
                "Enter the country that issued the passport."
            )
        elif not letter_person.has_place_of_issue(kind):
            del missing["representative_issue_city"]
        if letter_person.is_own_name(self.company_id.sudo().vat, kind, number):
            del missing["representative_position"]
        errors = {name: missing[name] for name in missing if not kept[name]}
        if number and kind and not identity.is_document_number(kind, number):
            errors["representative_vat"] = (
                self.env._(
                    "A citizenship card has 6 to 10 digits, without letters and without a check digit."
                )
                if kind == "national_citizen_id"
                else self.env._("Enter 4 to 20 letters and digits, as on the document.")
            )
        if (
            kind in REPRESENTATIVE_DOCUMENTS
            and kind not in OFFERED_DOCUMENTS
            # A letter that exists stays as it is.
            and not (self.letter_code and not self._is_letter_stale())
        ):
            errors["representative_identification_type_id"] = self.env._(
                "The special stay permit (PEP) is no longer valid. Choose another document, such as the PPT."
            )
        email, phone = kept["representative_email"], kept["representative_phone"]
        if email and not identity.is_email(email):
            errors["representative_email"] = self.env._(
                "Enter one email, such as maria@example.com."
            )
        if phone and not identity.is_phone(phone):
            errors["representative_phone"] = self.env._(
                "Enter ten digits, such as 300 123 4567, or a foreign number with + and its prefix."
            )
        for name in rules.keys() & set(REPRESENTATIVE_FIELDS) - errors.keys():
            if unwritable := find_unwritable(kept[name] or ""):
                errors[name] = self.env._(
                    "Write it in Latin letters: a letter cannot print %s.", " ".join(unwritable)
                )
        return {name: errors[name] for name in REPRESENTATIVE_FIELDS if name in errors}

    def _get_letter_errors(self):
        """Say everything that keeps the letter from being written.

        :return: one sentence for each field of the representative, and one under `company_id` when
            the organisation profile is not complete
        :rtype: dict[str, str]
        """
        self.ensure_one()
        errors = self._get_representative_errors(self)
        if sentence := self._get_profile_error():
            errors["company_id"] = sentence
        return errors

    def _get_profile_error(self):
        """Say what the company lacks for the letter, or return nothing.

        :rtype: str | None
        """
        errors = self.company_id._get_electronic_profile_errors()
        missing = [label for name, (label, _s) in errors.items() if name in LETTER_PROFILE_FIELDS]
        if missing:
            return self.env._(
                "Complete the organisation profile first. Missing: %s.", ", ".join(missing)
            )

    def _get_letter_values(self, letter_date, terms=None, english=False):
        """Return what the letter says of this activation, by the names of `const.LETTER_PLACEHOLDERS`.

        :param date letter_date: the day that the letter bears
        :param Terms terms: of the letter; without them those of the downloaded one, or of today
        :rtype: dict[str, str]
        """
        self.ensure_one()
        activation = self.sudo()
        terms = terms or activation._get_letter_terms()
        company, lender = activation.company_id, activation.seller_id
        # One query reads the contacts of both.
        lender = lender.with_prefetch((*lender.ids, *company.ids))
        code = activation.representative_identification_type_id.l10n_co_document_code
        person = letter_person.describe_person(
            {"name": company.name, "nit": company.vat},
            {
                "code": code,
                "number": activation.representative_vat,
                "issue_city": activation.representative_issue_city,
                "position": activation.representative_position,
            },
            english,
        )
        if terms.version == LETTER_VERSION_FIRST:
            person["number"] = activation.representative_vat
        values = {
            "date": format_date(letter_date, "d MMMM y", locale="en")
            if english
            else format_date(letter_date, "d 'de' MMMM 'de' y", locale="es_CO"),
            "validity": self._get_letter_validity(activation.validity_months, english),
            **lender._get_letter_lender_values(english, terms.certificate),
            "company_name": company.name,
            "company_nit": identity.format_nit(company.vat),
            "company_street": company.street,
            "company_city": company.city,
            **{
                name: activation[name]
                for name in REPRESENTATIVE_FIELDS
                if name in LETTER_PLACEHOLDERS
            },
            "representative_name": " ".join(
                filter(None, (activation.representative_name, activation.representative_surname))
            ),
            "representative_document": REPRESENTATIVE_DOCUMENTS.get(code),
            "representative_department": activation.representative_state_id.name,
            **{f"representative_{name}": text for name, text in person.items()},
        }
        # A text that is too long is never laid out: see `_check_letter_values`. Here the limit only
        # bounds the comparison.
        return {
            name: (values[name] or "")[: LETTER_LIMITS[name] + 1] for name in LETTER_PLACEHOLDERS
        }

    @api.model
    def _get_letter_validity(self, months, english=False):
        if english:
            return "1 month" if months == 1 else f"{months} months"
        return "1 mes" if months == 1 else f"{months} meses"

    def _get_letter_html(self, letter_date, terms=None):
        """Write the letter's text, always in Spanish: the lender's, or the default.

        :param date letter_date: the day that the letter bears
        :param Terms terms: as for `_get_letter_values`
        :rtype: str
        """
        terms = terms or self._get_letter_terms()
        values = self._get_letter_values(letter_date, terms)
        return self.sudo().seller_id._write_letter(values, terms.version)

    def _get_letter_markup(self):
        """Return the downloaded letter's text, for the report's HTML."""
        self.ensure_one()
        return Markup(self._get_letter_html(self.letter_date or self._get_today()))

    def _get_letter_code(self, letter_date, terms):
        """Derive the code that binds a letter to every word in it and to this activation.

        :param date letter_date: the day that the letter bears
        :param Terms terms: of the letter
        :return: 16 letters and digits in four groups: 80 bits of a SHA-256
        :rtype: str
        """
        return self._make_letter_code(get_printed_text(self._get_letter_html(letter_date, terms)))

    def _make_letter_code(self, text):
        digest = hashlib.sha256(f"{self.name}\n{text}".encode()).digest()[:10]
        code = base64.b32encode(digest).decode()
        return "-".join(code[at : at + 4] for at in range(0, len(code), 4))

    def _render_letter(self):
        """Lay the letter out.

        :return: a PDF; the same bytes for the same data
        :rtype: bytes
        :raise UserError: before the letter was asked for in the process
        """
        self.ensure_one()
        if not self.letter_code:
            raise UserError(
                self.env._("Fill in the representative's data, then Save and download letter.")
            )
        if self._is_letter_stale():
            raise UserError(self._get_stale_error())
        self._check_letter_values(self.letter_date)
        with laying_out(self.env):
            return render_letter(
                self._get_letter_html(self.letter_date),
                self.letter_code,
                title=f"Carta de exoneración {self.name}",
                author=self.company_id.sudo().name,
                **self.sudo().seller_id._get_letter_layout(),
            )

    def _check_letter_values(self, letter_date, terms=None):
        """Check what the letter says, before any of it is laid out.

        :raise ValidationError: naming each text that cannot stand in a letter, and where to change it
        """
        self.env["res.company"]._check_letter_values(self._get_letter_values(letter_date, terms))

    def _can_read_letter_in_english(self):
        """Tell whether there is an English version of the text that is signed."""
        return bool(self.sudo().seller_id._has_letter_in_english())

    def _render_letter_in_english(self):
        """Lay out the letter in English, for reading only: it cannot be mistaken for the letter to
        sign.

        :return: a PDF
        :rtype: bytes
        :raise UserError: when the lender's own text has no English version
        """
        self.ensure_one()
        self.check_access("read")
        if not self._can_read_letter_in_english():
            raise UserError(self.env._("The letter is not available in English."))
        seller = self.sudo().seller_id
        terms = self._get_letter_terms()
        values = self._get_letter_values(self.letter_date or self._get_today(), terms, english=True)
        return seller._render_letter_in_english(values, terms.version)

    def _get_letter_filename(self):
        """Name the letter's file, without extension."""
        self.ensure_one()
        return f"Carta de exoneración - {self.company_id.sudo().name}"

    def _is_letter_stale(self):
        """Tell whether the downloaded letter no longer says what it would say today."""
        if not self.letter_code:
            return False
        return not self._is_letter_of_today(self.letter_code, self.letter_date, Terms.of(self))

    def _is_letter_of_today(self, code, letter_date, terms):
        """Tell whether a letter of this code, day and terms says what it would say today."""
        html = self._get_letter_html(letter_date, terms)
        # Until 19.0.1.0 a code was made of the HTML as it is written.
        return code in map(self._make_letter_code, (get_printed_text(html), html))

    def _find_changed_letters(self, vals):
        """Return the activations whose downloaded letter would be outdated by a write.

        :param dict vals: as for `write`, before it
        :rtype: certificate.activation
        """
        # Only those that the user may write: for the others the access error comes first.
        cleaned = self._clean_input(
            {name: vals[name] for name in REPRESENTATIVE_FIELDS if name in vals}
        )
        return self.filtered(lambda activation: activation._is_letter_changed_by(cleaned))

    def _is_letter_changed_by(self, vals):
        """Tell whether a write changes the representative of a downloaded letter."""
        return bool(self.letter_code) and any(
            (vals[name] or False)
            != (self._fields[name].convert_to_write(self[name], self) or False)
            for name in REPRESENTATIVE_FIELDS
            if name in vals
        )

    def _void_letter(self, reason):
        """Void a downloaded letter and its signed scan, keep them in the history, and say so.

        :param str reason: one of `VOID_REASONS`
        """
        for activation in self._trusted():
            had_scan = activation.signed_letter_sha256
            activation._end_letter_links()
            self.env["certificate.voided.letter"].sudo()._keep(activation, reason)
            activation.write({**LETTER_VALUES, "signed_letter": False})
            users = activation._get_responsible_users()
            if had_scan and self.env.user not in users:
                activation._notify("letter_void")
            activation.message_post(
                body=self.env._("The data of the letter changed: the signed letter is void.")
                if had_scan
                else self.env._("The data of the letter changed: download the new letter.")
            )

    def _void_stale_letter(self, reason="other"):
        """Void the letters that no longer say what they would say today.

        :return: whether there was one
        :rtype: bool
        """
        stale = self.filtered(
            lambda activation: activation._is_letter_open() and activation._is_letter_stale()
        )
        stale._void_letter(reason)
        return bool(stale)

    def _restore_letter(self, _vals=None):
        """Bring back a void letter, with its scan, where it says what it would say today.

        Whoever changed a word and typed the old one again has lost nothing.
        """
        for activation in self._trusted():
            if activation.letter_code or not (
                activation.needs_letter and activation._is_letter_open()
            ):
                continue
            restorable = activation.voided_letter_ids.filtered(
                lambda letter: letter.reason != "rejected" and not letter.restored_on
            )
            for letter in restorable:
                if activation._is_letter_of_today(
                    letter.letter_code, letter.letter_date, Terms.of(letter)
                ):
                    letter._restore()
                    activation.message_post(
                        body=self.env._(
                            "The letter %s says the same words again: it is valid as before.",
                            letter.letter_code,
                        )
                    )
                    break

    @api.model
    def _follow_letter_change(self, reason, companies=None):
        """React to a change of what letters are made of, whoever made it.

        :param str reason: one of `VOID_REASONS`
        :param companies: `res.company` whose data changed; None for a change of every letter
        """
        activations = self.sudo().search(
            [
                "|",
                ("letter_code", "!=", False),
                ("voided_letter_ids", "any", [("restored_on", "=", False)]),
                "|",
                ("state", "=", "process"),
                ("letter_review", "=", "rejected"),
            ]
        )
        if companies is not None:
            activations = activations.filtered(
                lambda activation: (activation.company_id | activation.seller_id) & companies
            )
        activations._void_stale_letter(reason)
        activations._restore_letter()

    def _get_stale_error(self):
        return self.env._(
            "The company's data or the letter's text changed after the download. "
            "Download the letter again and have it signed."
        )

    # === BUSINESS METHODS - SIGNED LETTER === #

    def _write_signed_pages(self):
        """Say how many pages the attached letter has.

        :rtype: str
        """
        pages = self.signed_letter_pages
        return self.env._("1 page") if pages == 1 else self.env._("%s pages", pages)

    def _prepare_pdf_vals(self, name, vals):
        if vals[name]:
            for activation in self:
                activation._check_letter_open()
                activation._check_takes_letter()
        return super()._prepare_pdf_vals(name, vals)

    def _check_takes_letter(self):
        """Refuse a letter if the route lends no certificate."""
        if not self.needs_letter:
            raise UserError(
                self.env._("A certificate of the company's own needs no letter. Reload the page.")
            )

    def _check_signed_letter(self):
        """Check before activation that the letter is signed, current, complete and unaltered.

        :raise UserError: otherwise, with the remedy
        """
        if not self.letter_downloaded_on:
            raise UserError(self.env._("Download the letter first and have it signed."))
        if not self.signed_letter_sha256:
            raise UserError(self.env._("Attach the signed letter first."))
        if self._is_letter_stale():
            self._after_transaction("_void_stale_letter")
            raise UserError(self._get_stale_error())
        self._check_evidence()
        self._keep_match(self._check_stored_pdf("signed_letter"))
