import base64
from contextlib import contextmanager

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import is_html_empty

from ...const import (
    LENDER_FIELDS,
    LETTER_PLACEHOLDERS,
    LETTER_PLACEHOLDERS_COMPOSED,
    LETTER_PLACEHOLDERS_INSTEAD,
    LETTER_PLACEHOLDERS_REQUIRED,
    LETTER_TEMPLATE,
    LETTER_VERSION,
    LETTER_VERSIONS,
    MODULE,
    READING_TEMPLATE,
)
from ...tools.letter_pdf import PAGE_SIZES, LayoutRefused, find_unwritable, render_letter
from ...tools.letter_text import (
    TEXT_LENGTH_MAX,
    LetterTextError,
    check_text,
    fill_text,
    get_names,
    get_printed_text,
)
from ...tools.sandbox import ChildBusy, ChildUnavailable
from ...tools.text_limits import LETTER_LIMITS, is_clean
from ..core.whole_files import read_whole

# What the letter says of the lender's contact.
_CONTACT_FIELDS = ("name", "vat", "street", "city", "phone", "email")

# The templates themselves are in Spanish and English: they are rendered untranslated, whatever the
# languages of the database.
_SOURCE_LANGUAGE = "en_US"


_WARNING = Markup('<table class="table-bordered"><tr><th>{}</th></tr></table>')


@contextmanager
def laying_out(env):
    """Lay out a letter or a record, or say in one sentence why it cannot be done.

    :raise UserError: with the remedy
    """
    try:
        yield
    except LayoutRefused as error:
        raise UserError(
            env._(
                "This document takes too long to lay out. Try again; if that does not help, its "
                "text is too long or too complicated: ask your administrator to shorten the "
                "text of the letter."
            )
        ) from error
    except (ChildBusy, ChildUnavailable) as error:
        raise UserError(
            env._("The server cannot lay out PDF files now. Try again, or tell your administrator.")
        ) from error


class ResCompany(models.Model):
    """The lender's exoneration letter: its text, paper and logo.

    The lender is responsible for its certificate, and a client that could change the letter could
    change what it signs. So text, paper and logo come from the lender alone, and only an
    administrator sets them.
    """

    _name = "res.company"
    _inherit = ["res.company", "certificate.input.mixin"]

    certificate_letter_html = fields.Html(
        string="Stored text of the letter",
        groups="base.group_system",
        help="Leave it empty to use the default text.",
        prefetch="certificate",
    )
    certificate_letter_english_html = fields.Html(
        string="English version of the letter",
        groups="base.group_system",
        help="A courtesy translation of your own text, offered for reading and never for signature.",
        prefetch="certificate",
    )
    certificate_letter_text = fields.Html(
        string="Text of the letter",
        compute="_compute_certificate_letter_text",
        inverse="_inverse_certificate_letter_text",
        groups="base.group_system",
    )
    certificate_letter_preview = fields.Html(
        string="Preview of the letter",
        compute="_compute_certificate_letter_preview",
        groups="base.group_system",
    )
    certificate_letter_placeholders = fields.Html(
        string="Placeholders",
        compute="_compute_certificate_letter_placeholders",
        groups="base.group_system",
    )
    certificate_letter_is_default = fields.Boolean(
        compute="_compute_certificate_letter_is_default", groups="base.group_system"
    )
    certificate_letter_paper = fields.Selection(
        [(name, name) for name in PAGE_SIZES],
        string="Paper of the letter",
        default="Letter",
        groups="base.group_system",
        help="Colombian offices usually print on Letter.",
        prefetch="certificate",
    )
    certificate_letter_has_logo = fields.Boolean(
        string="Logo on the letter",
        default=True,
        groups="base.group_system",
        help="The lender's logo at the top of the first page: a PNG or JPEG picture.",
        prefetch="certificate",
    )
    certificate_letter_read_on = fields.Datetime(
        string="Letter read on",
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="When somebody of the lender confirmed that the text of today can be signed.",
        prefetch="certificate",
    )
    certificate_letter_read_by_id = fields.Many2one(
        "res.users",
        string="Letter read by",
        readonly=True,
        copy=False,
        ondelete="restrict",
        groups="base.group_system",
        prefetch="certificate",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("certificate_letter_html", "certificate_letter_english_html")
    def _check_certificate_letter_html(self):
        for company in self:
            company._check_letter_text(
                company.certificate_letter_html, LETTER_PLACEHOLDERS_REQUIRED
            )
            company._check_letter_text(company.certificate_letter_english_html)
            # With a text that cannot be laid out, nobody would get a letter.
            values = company._get_letter_example()
            if company.certificate_letter_html:
                company._render_letter_example()
            if company.certificate_letter_english_html:
                company._render_letter_in_english(values)

    def _check_letter_text(self, html, required=()):
        """Check a text of the letter.

        :raise ValidationError: with one sentence and a remedy
        """
        if not html:
            return
        names = set(get_names(html))
        required = [
            name
            for name in required
            if not (
                name in LETTER_PLACEHOLDERS_INSTEAD
                and names.issuperset(LETTER_PLACEHOLDERS_INSTEAD[name])
            )
        ]
        try:
            check_text(html, LETTER_PLACEHOLDERS, required)
        except LetterTextError as error:
            sentences = {
                "too_long": self.env._(
                    "The letter's text has more than %s characters. Shorten it, or take pictures out of it.",
                    TEXT_LENGTH_MAX,
                ),
                "picture": self.env._(
                    "The text contains a picture that cannot be printed. Take it out; the logo "
                    "is printed at the top."
                ),
                "unknown": self.env._(
                    "{{ %(name)s }} is not known. Use one of: %(known)s.",
                    name=error.name,
                    known=", ".join(LETTER_PLACEHOLDERS),
                ),
                "misplaced": self.env._(
                    "A placeholder is inside a link or a picture: %s. Write it in the text "
                    "instead.",
                    error.name,
                ),
                "unfinished": self.env._(
                    "A placeholder is not complete: %s. Type it again, without formatting "
                    "inside, such as {{ company_name }}.",
                    error.name,
                ),
                "missing": self.env._(
                    "The letter must say {{ %s }}. Write it into the text.", error.name
                ),
            }
            raise ValidationError(sentences[error.code]) from error
        if unwritable := find_unwritable(get_printed_text(html)):
            raise ValidationError(
                self.env._(
                    "The text contains characters that a letter cannot print: %s. Take them out, or "
                    "write them in Latin letters.",
                    " ".join(unwritable),
                )
            )
        for name, value in self._get_letter_lender_values().items():
            if not value and name in get_names(html) and name not in LETTER_PLACEHOLDERS_COMPOSED:
                raise ValidationError(
                    self.env._(
                        "The text says {{ %(name)s }}, but %(company)s has none. Enter it in "
                        "the company's data, or take it out of the text.",
                        name=name,
                        company=self.name,
                    )
                )

    # === COMPUTE METHODS === #

    @api.depends("certificate_letter_html")
    def _compute_certificate_letter_text(self):
        for company in self:
            company.certificate_letter_text = (
                company.certificate_letter_html or company._get_default_letter_text()
            )

    def _inverse_certificate_letter_text(self):
        for company in self:
            text = company.certificate_letter_text
            # An emptied text means the default text.
            company.certificate_letter_html = False if is_html_empty(text) else text

    @api.depends("certificate_letter_html")
    def _compute_certificate_letter_is_default(self):
        for company in self:
            company.certificate_letter_is_default = not company.certificate_letter_html

    @api.depends("certificate_letter_text", *LENDER_FIELDS, *_CONTACT_FIELDS)
    def _compute_certificate_letter_preview(self):
        for company in self:
            values = company._get_letter_example()
            text = company.certificate_letter_text or ""
            try:
                check_text(text, LETTER_PLACEHOLDERS)
            except LetterTextError:
                company.certificate_letter_preview = text
            else:
                company.certificate_letter_preview = Markup(fill_text(text, values))

    def _compute_certificate_letter_placeholders(self):
        rows = Markup().join(
            Markup("<li><code>{{{{ {name} }}}}</code> {example}</li>").format(
                name=name, example=example
            )
            for name, example in LETTER_PLACEHOLDERS.items()
        )
        self.certificate_letter_placeholders = Markup("<ul>{}</ul>").format(rows)

    # === ACTION METHODS === #

    def action_edit_certificate_letter(self):
        """Open the letter of this company, or of the user's, as a page of its own.

        :rtype: dict
        """
        company = self or self.env.company
        company._check_letter_editor()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Exoneration letter"),
            "res_model": self._name,
            "res_id": company.id,
            "views": [(self.env.ref(f"{MODULE}.certificate_letter_view_form").id, "form")],
            "target": "current",
        }

    def action_preview_certificate_letter(self):
        """Open the letter as a PDF, with an example of what is filled in.

        :rtype: dict
        """
        self._check_letter_editor()
        return {
            "type": "ir.actions.act_url",
            "url": f"/certificate/letter/preview/{self.id}",
            "target": "new",
        }

    def action_reset_certificate_letter(self):
        """Take the default text again."""
        self._check_letter_editor()
        self.write({"certificate_letter_html": False, "certificate_letter_english_html": False})

    def action_confirm_certificate_letter(self):
        """Note that the user has read the letter of this company, and go on with what is missing.

        :return: the page that sets up the sale
        :rtype: dict
        """
        self._check_letter_editor()
        self._check_sale_editor()
        self.lock_for_update(allow_referencing=True)
        if not self.certificate_letter_read_on:
            self.sudo().write(
                {
                    "certificate_letter_read_on": fields.Datetime.now(),
                    "certificate_letter_read_by_id": self.env.uid,
                }
            )
        return self.env["ir.actions.actions"]._for_xml_id(f"{MODULE}.certificate_sale_setup_action")

    def _check_letter_editor(self):
        """Check that the user may edit the letter of this company.

        :raise AccessError: otherwise
        """
        self.ensure_one()
        if not (self.env.su or self.env.user.has_group("base.group_system")):
            raise AccessError(self.env._("Only an administrator can edit the exoneration letter."))
        self.check_access("write")

    # === BUSINESS METHODS === #

    def _void_letters(self):
        """Void the letters that say what the text of these companies no longer says; nobody has read the new one."""
        self.sudo().write(
            {"certificate_letter_read_on": False, "certificate_letter_read_by_id": False}
        )
        self.env["certificate.activation"]._follow_letter_change("template", self)

    def _get_letter_layout(self):
        """Return paper and logo of the letter, as options of `render_letter`.

        They are not part of a letter's code: the letter says the same on any paper.

        :rtype: dict
        """
        lender = read_whole(self.sudo())
        has_logo = lender.certificate_letter_has_logo and not lender.uses_default_logo
        # Not the original: Odoo bounds this one to 512 pixels.
        logo = lender.partner_id.image_512 if has_logo else b""
        return {
            "page_size": lender.certificate_letter_paper or "Letter",
            "logo": base64.b64decode(logo or b""),
        }

    def _write_letter(self, values, version=LETTER_VERSION):
        """Write the letter's text in Spanish.

        :param dict values: a text for each of `const.LETTER_PLACEHOLDERS`
        :param str version: of the default text, for a lender without a text of its own
        :return: HTML
        :rtype: str
        """
        text = self.sudo().certificate_letter_html
        if text:
            return fill_text(str(text), values)
        return self._render_letter_template(LETTER_VERSIONS[version][0], values)

    @api.model
    def _check_letter_values(self, values):
        """Check the values of a letter that come from fields for which this add-on sets no limits.

        :param dict values: a text for each of `const.LETTER_PLACEHOLDERS`
        :raise ValidationError: with a sentence for each text that is too long, or holds characters that nobody
            sees or no letter prints
        """
        places = {
            "lender": self.env._(
                "the contact or the settings of the company that lends its certificate"
            ),
            "certificate": self.env._("the certificate that is lent"),
            "company": self.env._("the organisation profile of your company"),
            "representative": self.env._("the data of the legal representative"),
        }
        errors = []
        for name, limit in LETTER_LIMITS.items():
            if name in LETTER_PLACEHOLDERS_COMPOSED:
                continue
            text = values[name]
            place = places.get(name.partition("_")[0], "")
            if len(text) > limit:
                sentence = self.env._(
                    "{{ %(name)s }} has more than the %(limit)s characters that a letter "
                    "allows. Shorten it in %(place)s.",
                    name=name,
                    limit=limit,
                    place=place,
                )
            elif not is_clean(text):
                sentence = self.env._(
                    "{{ %(name)s }} contains line breaks or invisible characters. Type it again "
                    "in %(place)s.",
                    name=name,
                    place=place,
                )
            elif unwritable := find_unwritable(text):
                sentence = self.env._(
                    "{{ %(name)s }} contains characters that a letter cannot print: %(characters)s. "
                    "Write it in Latin letters in %(place)s.",
                    name=name,
                    characters=" ".join(unwritable),
                    place=place,
                )
            else:
                continue
            errors.append(sentence)
        if errors:
            raise ValidationError("\n".join(errors))

    def _has_letter_in_english(self):
        """Tell whether there is an English version of the text in force."""
        lender = self.sudo()
        return bool(not lender.certificate_letter_html or lender.certificate_letter_english_html)

    def _render_letter_in_english(self, values, version=LETTER_VERSION):
        """Lay out the reading version, which has neither a code nor a place to sign.

        :param dict values: a text for each of `const.LETTER_PLACEHOLDERS`
        :param str version: as for `_write_letter`
        :return: a PDF
        :rtype: bytes
        """
        self._check_letter_values(values)
        text = self.sudo().certificate_letter_english_html
        letter = (
            fill_text(str(text), values)
            if text
            else self._render_letter_template(LETTER_VERSIONS[version][1], values)
        )
        with laying_out(self.env):
            return render_letter(
                self._render_letter_template(READING_TEMPLATE, {"letter": Markup(letter)}),
                "Courtesy translation, not for signature",
                title="Exoneration letter (courtesy translation, not for signature)",
                author=values["lender_name"],
                qr="",
                **self._get_letter_layout(),
            )

    def _render_letter_example(self):
        """Lay out the letter for the preview, with an example of what is filled in.

        :return: a PDF
        :rtype: bytes
        """
        self.ensure_one()
        values = self._get_letter_example()
        self._check_letter_values(values)
        letter = Markup(self._write_letter(values))
        if warning := self._find_declaration_problem():
            letter = _WARNING.format(warning) + letter
        with laying_out(self.env):
            return render_letter(
                letter,
                self.env._("PREVIEW"),
                author=self.name,
                **self._get_letter_layout(),
            )

    def _get_letter_example(self):
        return {**LETTER_PLACEHOLDERS, **self._get_letter_lender_values()}

    @api.model
    def _get_default_letter_text(self):
        """Return the default text with its placeholders, to start from.

        :rtype: str
        """
        return self._render_letter_template(
            LETTER_TEMPLATE, {name: f"{{{{ {name} }}}}" for name in LETTER_PLACEHOLDERS}
        )

    @api.model
    def _render_letter_template(self, template, values):
        return str(self.env["ir.qweb"].sudo()._render(template, values, lang=_SOURCE_LANGUAGE))
