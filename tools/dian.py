"""Rules of form for what DIAN gives to an issuer: the test set, and the billing resolution.

Nothing here proves that DIAN issued it; it only checks that what was typed can be valid.
"""

import re

# What an issuer reads on DIAN's page of its software: a UUID (RFC 9562), also for the software itself.
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# The number of form 1876: the form's own number and ten digits.
_RESOLUTION = re.compile(r"1876[0-9]{10}")
# The numbering that everyone uses in DIAN's test environment: Anexo tecnico 1.9, section 10.
_TEST_RESOLUTION = "18760000001"
# The longest term for which DIAN authorises a numbering.
MAX_RESOLUTION_MONTHS = 24
_PREFIX = re.compile(r"[A-Z0-9]{0,4}")
_TECHNICAL_KEY = re.compile(r"[0-9a-f]{32,128}")


def normalize(text):
    """Return a code without the blanks that come with copying.

    :param text: as typed; over RPC it can also be a number
    :rtype: str
    """
    return "".join(str(text or "").split())


def is_uuid(text):
    """Tell whether a normalized text can be an identifier of a test set or of a software.

    :param str text: in any case
    :rtype: bool
    """
    return bool(_UUID.fullmatch((text or "").lower()))


def is_resolution_number(number):
    """Tell whether a normalized text can be the number of a billing resolution.

    :param str number: 14 digits, 1876 first
    :rtype: bool
    """
    return bool(_RESOLUTION.fullmatch(number or ""))


def is_test_resolution_number(number):
    """Tell whether a number is the one of DIAN's test environment.

    :rtype: bool
    """
    return number == _TEST_RESOLUTION


def is_longer_than_authorised(start, end):
    """Tell whether a resolution would be valid for longer than DIAN authorises.

    :param date start: first day, or None
    :param date end: last day, or None
    :rtype: bool
    """
    if not (start and end):
        return False
    # By month and day, because the last years have no date two years later.
    months, longest = (12 * day.year + day.month for day in (end, start))
    return (months, end.day) > (longest + MAX_RESOLUTION_MONTHS, start.day)


def is_prefix(prefix):
    """Tell whether a text can be the prefix of a resolution: at most four capitals or digits.

    :rtype: bool
    """
    return bool(_PREFIX.fullmatch(prefix or ""))


def is_technical_key(key):
    """Tell whether a text can be a technical key, with which the CUFE is computed.

    :param str key: hexadecimal, lower case
    :rtype: bool
    """
    return bool(_TECHNICAL_KEY.fullmatch(key or ""))


def is_numbered_under(prefix, sequence_prefix):
    """Tell whether an invoice is numbered with the prefix of a resolution.

    :param str prefix: of the resolution, such as ``FE``; may be empty
    :param str sequence_prefix: what stands before an invoice's number, such as ``FE`` or ``FE/2026/``
    :rtype: bool
    """
    letters = re.match(r"[A-Z0-9]*", (sequence_prefix or "").upper()).group()
    return letters == (prefix or "")
