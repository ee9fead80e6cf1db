# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The text of a letter with placeholders such as `{{ company_name }}`: check it and fill it in.

A placeholder is a name and nothing else: no expression is ever evaluated, so whoever may write a
letter's text can write words, and no program.
"""

import base64
import re
from html import escape
from io import BytesIO

from lxml import etree
from PIL import Image

TEXT_LENGTH_MAX = 200_000
"""Characters of the HTML. Pictures in the text count with it; a logo needs none."""

_BLANK = r"(?:\s|&nbsp;|&#160;|&#xa0;)*"
_PLACEHOLDER = re.compile(r"\{\{" + _BLANK + r"(\w+)" + _BLANK + r"\}\}", re.IGNORECASE)
PIXELS_MAX = 16_000_000
"""Of all pictures in a text together: a small file can claim to be a huge picture."""

_PICTURE = re.compile(r"data:image/(?:png|jpe?g);base64,(.*)", re.IGNORECASE | re.DOTALL)
_BRACES = re.compile(r".{0,20}(?:\{\{|\}\}).{0,20}", re.DOTALL)


class LetterTextError(ValueError):
    """The text cannot be a letter.

    :ivar str code: `too_long`; `picture`, one that is not part of the text; `unknown` placeholder; `misplaced` one, in the attribute of an
        element; `unfinished` one, such as `{{ name` or one with formatting inside; `missing` one.
    :ivar str name: the placeholder, or the words around it; empty for the first two.
    """

    def __init__(self, code, name=""):
        super().__init__(code, name)
        self.code = code
        self.name = name


def check_text(html: str, known, required=()) -> None:
    """Check a text before it is stored.

    :param html: sanitized HTML.
    :param known: names that can be filled in.
    :param required: names that must occur, in the order in which they are missed.
    :raises LetterTextError: for the first thing that is wrong.
    """
    if len(html) > TEXT_LENGTH_MAX:
        raise LetterTextError("too_long")
    for name in get_names(html):
        if name not in known:
            raise LetterTextError("unknown", name)
    root = etree.HTML(html) if html.strip() else None
    pixels = 0
    for element in () if root is None else root.iter(etree.Element):
        if element.tag == "img":
            pixels += _count_pixels(element.get("src", ""))
            if pixels > PIXELS_MAX:
                raise LetterTextError("picture")
        for value in element.attrib.values():
            if "{{" in value or "%7b%7b" in value.lower():
                raise LetterTextError("misplaced", value)
    if braces := _BRACES.search(_PLACEHOLDER.sub("", html)):
        raise LetterTextError("unfinished", braces[0])
    for name in required:
        if name not in get_names(html):
            raise LetterTextError("missing", name)


def _count_pixels(source):
    """Return the size of a picture as its file claims it; nothing of it is unpacked."""
    found = _PICTURE.match(source)
    try:
        data = base64.b64decode(found[1]) if found else b""
        # Named formats only: Pillow would start other programs for some.
        with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as image:
            return image.width * image.height
    except (ValueError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise LetterTextError("picture") from error


def get_names(html: str) -> list[str]:
    """Return the names of the placeholders in the order of the text."""
    return _PLACEHOLDER.findall(html)


def fill_text(html: str, values) -> str:
    """Return the text with each placeholder's value, which is text and never markup.

    :param html: a text that passed `check_text`.
    :param values: a text for each known name.
    """
    return _PLACEHOLDER.sub(lambda found: escape(values[found[1]] or ""), html)
