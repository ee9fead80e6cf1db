# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How long each text that a person writes may be, and which characters are kept.

The limits are far above what is written in good faith: they prevent one text from being a load
wherever it is compared, shown or printed. Only file names are ever cut: a text that is too long is
refused, with what was typed still on the screen. No input has a `maxlength` for the same reason:
browsers cut what is pasted.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from . import dian, identity
from .letter_text import TEXT_LENGTH_MAX

# What ends a line, Unicode's own ends included, and the tab.
_BREAK = re.compile(r"\r\n|[\n\r\t\v\f\x85\u2028\u2029]")
# Invisible characters that programs obey: other control characters, and marks that change the
# direction of a text, so that a name looks like another one. They come with copied text. What joins
# letters and pictures (U+200C, U+200D) is no such mark: Persian and emoji need it.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f"
    r"\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")  # half a character, which no database or file accepts
_UNTIDY_MAX = 20  # tags without an end
_SEPARATORS = re.compile(r"[\\/]")

FILENAME_LENGTH = 120
"""Characters of a file's name: file systems take 255 bytes, and letters with accents have two each."""


def remove_unseen(text: str) -> str:
    """Return a text that a database accepts and that looks like what it is; line breaks and tabs
    stay.
    """
    return _SURROGATE.sub("\ufffd", _UNSEEN.sub("", text))


def clean_text(text: str, lines: bool = False) -> str:
    """Return a text without invisible characters, surrounding blanks and repeated blanks.

    :param lines: whether it may have several lines, which then stay as they are.
    """
    text = remove_unseen(text)
    if not any(unicodedata.category(character)[0] in "LNPS" for character in text):
        return ""  # of joiners and marks alone: nobody sees anything
    if lines:
        return text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return " ".join(_BREAK.sub(" ", text).split())


def is_clean(text: str) -> bool:
    """Tell whether a text of one line holds nothing unseen: no control character or direction mark."""
    return not (_BREAK.search(text) or _UNSEEN.search(text) or _SURROGATE.search(text))


def is_tidy_html(html: str) -> bool:
    """Tell whether nearly every tag that begins in a text ends before the next one.

    Editors write a lesser-than sign of the text as ``&lt;``. Odoo's sanitizer looks from each one for its
    end: 20,000 without any keep it busy for minutes.
    """
    return sum(max(part.count("<") - 1, 0) for part in html.split(">")) <= _UNTIDY_MAX


def clean_filename(name: str, extension: str = "") -> str:
    """Return a name for a file, of one line, no folder, and of at most `FILENAME_LENGTH` characters.

    :param extension: such as ``.pdf``, which is put behind a name that has it in no case of letters;
        a name of nothing else is empty.
    """
    name = clean_text(_SEPARATORS.sub("-", name[: 10 * FILENAME_LENGTH])).strip(". ")
    has_extension = extension and name.lower().endswith(extension.lower())
    end = name[len(name) - len(extension) :] if has_extension else extension
    stem = name.removesuffix(end) if has_extension else name
    stem = stem[: FILENAME_LENGTH - len(end)].strip(". ")
    return stem + end if stem else ""


def _pdf_filename(name):
    return clean_filename(name, ".pdf")


def _lower_code(code):
    return dian.normalize(code).lower()


def _upper_code(code):
    return dian.normalize(code).upper()


def _nit(number):
    return identity.format_nit(number) or number


@dataclass(frozen=True)
class TextRule:
    """What a text may be.

    :ivar int limit: characters, after cleaning
    :ivar bool lines: whether it may have several lines
    :ivar form: writes the cleaned text as it is kept, such as a number without its dots
    """

    limit: int
    lines: bool = False
    form: Callable[[str], str] | None = None

    def clean(self, text: str) -> str:
        """Return the text as it is kept; one that cannot become short enough stays as it is."""
        if len(text) > 10 * self.limit + 1000 and self.form is not _pdf_filename:
            return text
        text = clean_text(text, self.lines)
        return self.form(text) if self.form else text


_NAME = TextRule(100)
_COMPANY = TextRule(250)
_PLACE = TextRule(100)
_STREET = TextRule(250)
_PERSON = TextRule(100, form=identity.tidy_name)
_EMAIL = TextRule(254, form=identity.remove_joiners)  # RFC 5321
_PHONE = TextRule(40, form=identity.remove_joiners)
_FILENAME = TextRule(FILENAME_LENGTH, form=_pdf_filename)
_CODE = TextRule(200, form=_lower_code)
_REASON = TextRule(1000)
_LETTER = TextRule(TEXT_LENGTH_MAX, lines=True)
_SETTING = TextRule(4000)

TEXT_RULES = {
    "certificate.activation": {
        "representative_name": _PERSON,
        "representative_surname": _PERSON,
        "representative_vat": TextRule(40, form=identity.normalize_document),
        "representative_issue_city": _PLACE,
        "representative_position": _NAME,
        "representative_email": _EMAIL,
        "representative_phone": _PHONE,
        "representative_street": _STREET,
        "representative_city": _PLACE,
        "signed_letter_filename": _FILENAME,
    },
    "certificate.authority": {"name": _NAME},
    "certificate.document.type": {"name": _NAME, "advice": TextRule(500)},
    "certificate.request": {"observation": TextRule(1000, lines=True)},
    "certificate.link.vendor": {"code": TextRule(400)},
    "certificate.payment.receipt": {
        "authority": _NAME,
        "reference": _NAME,
        "receipt_filename": _FILENAME,
        "rejection_reason": _REASON,
    },
    "certificate.reason.wizard": {"reason": _REASON},
    "certificate.sale.wizard": {
        "profile_name": _COMPANY,
        "profile_vat": TextRule(40, form=_nit),
        "profile_street": _STREET,
        "profile_city": _PLACE,
        "profile_email": _EMAIL,
        "profile_phone": _PHONE,
    },
    "certificate.request.document": {"document_filename": _FILENAME, "observation": _REASON},
    "electronic.invoicing.decision": {"typed_nit": TextRule(40), "reason": _REASON},
    "electronic.invoicing.resolution": {
        "number": TextRule(40, form=dian.normalize),
        "prefix": TextRule(40, form=_upper_code),
        "technical_key": _CODE,
    },
    "electronic.invoicing.setup": {
        "profile_name": _COMPANY,
        "profile_vat": TextRule(40, form=_nit),
        "profile_street": _STREET,
        "profile_city": _PLACE,
        "profile_email": _EMAIL,
        "profile_phone": _PHONE,
        "software_identifier": _CODE,
        "test_set_identifier": _CODE,
        "test_set_evidence_filename": _FILENAME,
    },
    "res.company": {
        "certificate_reminder_days": TextRule(100),
        "certificate_letter_html": _LETTER,
        "certificate_letter_english_html": _LETTER,
        "certificate_letter_text": _LETTER,
        "certificate_software": _NAME,
        "certificate_policy": TextRule(200, form=identity.remove_joiners),
        "certificate_provider_resolution": TextRule(60),
    },
    "res.config.settings": {
        "certificate_authorities": _SETTING,
        "certificate_revocation_hosts": _SETTING,
    },
}
"""The rule of each text by model and field. A field that leads to another one has the rule of that."""

LETTER_LIMITS = {
    "date": 40,
    "validity": 40,
    "lender_name": 250,
    "lender_nit": 40,
    "lender_street": 250,
    "lender_city": 100,
    "lender_phone": 40,
    "lender_email": 254,
    "lender_policy": 200,
    "lender_software": 100,
    "lender_declaration": 500,
    "certificate_authority": 250,
    "certificate_serial": 60,
    "certificate_end": 40,
    "documents": 2000,
    "company_name": 250,
    "company_nit": 40,
    "company_street": 250,
    "company_city": 100,
    "representative_name": 201,
    "representative_document": 100,
    "representative_number": 40,
    "representative_issue_city": 100,
    "representative_identification": 300,
    "representative_capacity": 100,
    "representative_powers": 500,
    "representative_signature": 100,
    "representative_signs_as": 500,
    "representative_position": 100,
    "representative_email": 254,
    "representative_phone": 40,
    "representative_street": 250,
    "representative_city": 100,
    "representative_department": 100,
}
"""Characters of what a letter says, by the name of its placeholder: also of what others keep."""

ROWS_MAX = 2000
"""Records that one call writes; Odoo's import sends as many at a time."""

INTEGER_MAX = 2_000_000_000
"""The largest whole number: PostgreSQL's integers hold a little more, so that it can be counted on."""

NUMBER_MAX = 10**15
"""The largest amount that is taken: more digits than a double keeps exactly are no amount."""
