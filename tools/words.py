"""Sentences for pages that wrap them."""

import re

# What is read and typed as one word: the code of a letter, the reference of a payment, a NIT. As in `texts.js`.
_CODE = re.compile(r"([A-Z0-9][A-Z0-9.]*(?:-[A-Z0-9]+)+)")


def split_codes(text: str) -> list[str]:
    """Split a sentence, so that a page can keep each code whole.

    :return: by turns what is around the codes and a code; the first is around, and may be empty
    """
    return _CODE.split(text or "")
