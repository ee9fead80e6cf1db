# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The text of a letter with placeholders such as `{{ company_name }}`: check it, fill it in, and
tell which of its HTML is printed.

A placeholder is only a name: no expression is ever evaluated, so users who may write a letter's
text can write words, but no code.
"""

import base64
import hashlib
import re
import unicodedata
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


# Markup that changes the meaning of the words; the rest is only appearance.
_STRUCK = {"s": "s", "del": "s", "strike": "s", "sup": "sup", "sub": "sub"}
_INLINE = {
    *_STRUCK,
    "a",
    "abbr",
    "b",
    "cite",
    "code",
    "em",
    "font",
    "i",
    "img",
    "ins",
    "label",
    "mark",
}
_INLINE |= {"q", "small", "span", "strong", "time", "u", "wbr"}
_UNPRINTED = ("script", "style", "head", "template")
_SPACE = re.compile(r"[ \t\r\n\f]+")  # a no-break space is text
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


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


def get_printed_text(html: str) -> str:
    """Return what a letter says, in a form that distinguishes two letters.

    These are its words, one line for each block, with what is struck out, raised or lowered, how lists are
    numbered, and its pictures. How the HTML is written does not matter: white space between elements,
    quotes and order of attributes, entities, comments, classes and styles.

    :param html: a document or a fragment, as returned by `fill_text`.
    """
    html = unicodedata.normalize("NFC", _CONTROL.sub(" ", html))
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    root = etree.HTML(html.encode("utf-8", "replace"), parser) if html.strip() else None
    if root is None:
        return ""
    etree.strip_elements(root, *_UNPRINTED, with_tail=False)
    # No text has control characters, so that a mark cannot be typed.
    parts = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            parts += (_get_mark(element), element.text or "")
        else:
            if element.tag not in _INLINE:
                parts.append("\x01")
            elif element.tag in _STRUCK:
                parts.append(f"\x02/{_STRUCK[element.tag]}\x03")
            parts.append(element.tail or "")
    lines = _SPACE.sub(" ", "".join(parts).replace("\xad", "")).split("\x01")
    return "\n".join(filter(None, (line.strip(" ") for line in lines)))


def _get_mark(element):
    """Return what stands in the printed text for the beginning of an element."""
    if element.tag in _STRUCK:
        return f"\x02{_STRUCK[element.tag]}\x03"
    if element.tag == "img":
        source = element.get("src", "").strip()
        return f"\x02img {hashlib.sha256(source.encode()).hexdigest()}\x03"
    if element.tag in _INLINE:
        return ""
    numbering = [element.get(name) for name in ("start", "type", "value")]
    if element.tag in ("ol", "ul", "li"):
        return f"\x01\x02{' '.join([element.tag, *(number or '-' for number in numbering)])}\x03"
    return "\x01"
