"""Rules of form for Colombian identities: tax number, identity documents, e-mail, telephone.

Nothing here proves that a person or a company exists; it only checks that what was typed can be
valid.
"""

import re
import unicodedata

from stdnum.co import nit

# What people, telephones and editors put between the characters of a number.
_DASHES = r"\u2010-\u2015\u2212\ufe58\ufe63\uff0d\-"
_APOSTROPHES = "'\"`\u00b4\u2018\u2019\u201b\u201c\u201d\u2032\u2033"
_MARKS = rf"\s.,{_APOSTROPHES}{_DASHES}"

# Registraduria Nacional: citizenship cards have 6 to 8 digits (until 2003) or 10 (NUIP since).
_CITIZENSHIP_CARD = re.compile(r"[1-9][0-9]{5,9}")
# The check digit of its NIT, or the decimal of a spreadsheet: with it, the number is nobody's.
_LAST_DIGIT_APART = re.compile(rf"[.,{_DASHES}]\s*[0-9]\s*$")
# The other documents mix letters and digits; no authority publishes one common length.
_OTHER_DOCUMENT = re.compile(r"[A-Z0-9]{4,20}")
# What stands around an address in a message or a list is no part of it; letters with accents may be.
_EMAIL = re.compile(r"[^@\s,:;<>()\[\]\\\"]+@[\w-]+(\.[\w-]+)*\.[\w-]{2,}")
# CRC resolution 5826 of 2019: national numbers have ten digits, 3 (mobile) or 60 (fixed) first.
_NATIONAL_PHONE = re.compile(r"(\+?57)?(3[0-9]{9}|60[0-9]{8})")
# ITU-T E.164: at most 15 digits after the plus.
_FOREIGN_PHONE = re.compile(r"\+(?!57)[0-9]{7,15}")
_EXTENSION = re.compile(
    r"[\s,;(/]*(?:ext(?:ensi[oó]n)?|int(?:erno)?|x|#)[\s.:#]*[0-9]{1,6}[)\s]*$", re.IGNORECASE
)
_LATIN = r"\x00-\u024f\u1e00-\u1eff"
_IDLE_JOINER = re.compile(rf"(?<![^{_LATIN}])[\u200c\u200d]+|[\u200c\u200d]+(?![^{_LATIN}])")
_NIT = re.compile(r"[0-9]{5,15}-[0-9]")
_NIT_WORD = re.compile(
    r"^n\.?i\.?t\.?[\s.:-]*(?:(?:n[o\u00ba\u00b0]|nro|n\u00fam(?:ero)?|#)[\s.:]*)?", re.IGNORECASE
)
_CHECK_DIGIT_WORD = re.compile(r"[\s,-]*d\.?\s*v\.?[\s.:-]*(?=[0-9]$)", re.IGNORECASE)
# In front of the number of a document, with a sign that no number has.
_WEB_ADDRESS = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}(?::[0-9]+)?(?:[/?#][^\s<>\"]*)?", re.IGNORECASE
)
_NUMBER_WORD = re.compile(
    r"^(?:c\.\s*c\.?|c\.\s*e\.?)?\s*(?:n[\u00ba\u00b0]|no\.|#)[\s.:]*", re.IGNORECASE
)


def remove_joiners(text):
    """Return a text without what nobody sees in it, joiners of letters included.

    They come along with what is copied from a chat or a contact, and no name or number needs one.

    :param text: as typed; over RPC it can also be a number
    :rtype: str
    """
    return "".join(
        character
        for character in unicodedata.normalize("NFC", str(text or ""))
        if unicodedata.category(character) != "Cf"
    )


def tidy_name(name):
    """Return a person's name without joiners where they join nothing: beside Latin letters and blanks.

    Persian and pictures need them.

    :param str name: as typed
    :rtype: str
    """
    return _IDLE_JOINER.sub("", name)


def _plain(text):
    """Return a text with one character for what looks alike: full width digits are digits."""
    # An accent alone would become a blank and an accent of the letter before it.
    return unicodedata.normalize("NFKC", re.sub(f"[{_APOSTROPHES}]", "'", remove_joiners(text)))


def normalize_document(number):
    """Return an identity document's number without separators.

    :param number: as typed, such as ``52.123.456``; over RPC it can also be a number
    :return: upper case letters and digits, such as ``52123456``
    :rtype: str
    """
    number = _NUMBER_WORD.sub("", remove_joiners(number).strip())
    return re.sub(f"[{_MARKS}]", "", _plain(number)).upper()


def is_document_number(kind, number):
    """Tell whether a number can belong to a kind of identity document.

    :param str kind: code of the kind; ``national_citizen_id`` is the citizenship card
    :param str number: as typed
    :rtype: bool
    """
    if kind != "national_citizen_id":
        return bool(_OTHER_DOCUMENT.fullmatch(normalize_document(number)))
    return not _LAST_DIGIT_APART.search(_plain(number)) and bool(
        _CITIZENSHIP_CARD.fullmatch(normalize_document(number))
    )


def is_email(address):
    """Tell whether a text is one e-mail address.

    :param str address: as typed
    :rtype: bool
    """
    return bool(_EMAIL.fullmatch(remove_joiners(address).strip()))


def is_web_address(address):
    """Tell whether a text is the address of a page on the web, with its protocol or without.

    :param str address: as typed
    :rtype: bool
    """
    return bool(_WEB_ADDRESS.fullmatch(remove_joiners(address).strip()))


def is_phone(number):
    """Tell whether a number can be dialled: a Colombian one, or a foreign one with its prefix.

    :param str number: as typed; spaces, dots, dashes, slashes and brackets do not matter. An extension
        may follow, and 00 stands for the plus.
    :rtype: bool
    """
    number = _EXTENSION.sub("", _plain(number))
    number = re.sub(f"[{_MARKS}()/]", "", number)
    number = re.sub("^00", "+", number)
    return bool(_NATIONAL_PHONE.fullmatch(number) or _FOREIGN_PHONE.fullmatch(number))


def format_nit(number):
    """Write a NIT as DIAN does: digits, a hyphen and the check digit.

    A NIT without its check digit is refused although it may pass the check by chance: the hyphen
    shows that the digit is there. The check is DIAN's, from Orden Administrativa 4 of 1989.

    :param str number: as typed, such as ``213.123.432-1``
    :return: such as ``213123432-1``, or ``None`` when it is no NIT with a right check digit
    :rtype: str | None
    """
    number = re.sub(f"[{_DASHES}]", "-", _plain(_NIT_WORD.sub("", remove_joiners(number).strip())))
    number = re.sub(f"[\\s.,{_APOSTROPHES}]", "", _CHECK_DIGIT_WORD.sub("-", number.strip()))
    number = number.lstrip("0")  # of a field of a form that is filled up
    return number if _NIT.fullmatch(number) and nit.is_valid(number) else None


def show_nit(number):
    """Write a NIT for people, with points between its thousands.

    :param str number: as stored
    :return: such as ``830.114.921-1``; what is no NIT, as it stands
    :rtype: str
    """
    digits, _hyphen, check = (format_nit(number) or "").partition("-")
    return f"{_show_digits(digits)}-{check}" if digits else number


def show_cedula(number):
    """Write the number of a cédula for people, with points between its thousands.

    :param str number: as stored
    :return: such as ``52.123.456``; what has anything but digits, as it stands
    :rtype: str
    """
    return _show_digits(number) if re.fullmatch("[1-9][0-9]*", number or "") else number


def _show_digits(digits):
    return f"{int(digits):,}".replace(",", ".")


def complete_nit(number):
    """Write a NIT as `format_nit` does, also one that was typed without its check digit or its hyphen.

    To compare with what others have written only: what is missing is computed, so that a digit that was typed wrong is
    not found.

    :param str number: as typed, such as ``900.987.321``
    :return: such as ``900987321-1``, or ``None`` when it is no NIT
    :rtype: str | None
    """
    if found := format_nit(number):
        return found
    typed = re.sub(r"[^0-9-]", "", number or "").lstrip("0")
    digits = typed.replace("-", "")
    # With a hyphen the digit is wrong, unless Odoo has put it before the last of nine digits that lack theirs.
    is_complete = "-" in typed and not (len(digits) == 9 and is_juridical_number(digits))
    if is_complete or not re.fullmatch(r"[0-9]{5,15}", digits):
        return None
    # Ten digits of which nine are a legal entity's are a NIT with its digit: no card has so many and begins so.
    if len(digits) == 10 and is_juridical_number(digits[:-1]) and nit.is_valid(digits):
        return f"{digits[:-1]}-{digits[-1]}"
    return f"{digits}-{nit.calc_check_digit(digits)}"


def is_written_nit(number, nit):
    """Tell whether a number is a NIT, however people write it: with its check digit or without.

    :param number: as typed
    :param str nit: with its check digit: ``900987321-1``
    :rtype: bool
    """
    digits, whole = (re.sub("[^0-9]", "", one or "").lstrip("0") for one in (number, nit))
    return format_nit(number) == nit or digits in (whole, whole[:-1])


def is_juridical_number(number):
    """Tell whether digits are the NIT of a legal entity, without a check digit or with one.

    :param str number: digits
    :rtype: bool
    """
    return bool(re.fullmatch(r"[89][0-9]{8}[0-9]?", number))


def get_check_digit(number):
    """Return the check digit that DIAN gives a citizenship card or a NIT.

    :param str number: digits
    :rtype: str
    """
    return nit.calc_check_digit(number)


def is_juridical_nit(number):
    """Tell whether a NIT is of a legal entity and not of a person.

    DIAN numbers legal entities from 800,000,000 to 999,999,999; the NIT of a person is the number of
    the citizenship card, of which none has nine digits.

    :param number: as typed, with its check digit
    :rtype: bool
    """
    return bool(re.fullmatch(r"[89][0-9]{8}-[0-9]", format_nit(number) or ""))
