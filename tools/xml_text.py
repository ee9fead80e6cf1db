# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Text that XML can hold and that does not survive .NET's `SignedXml`, by which DIAN verifies signatures.

It writes what it has read and reads that again before it computes a digest, and what it writes it
escapes too little: a carriage return in a text comes back as a line feed, a tab in an attribute as a
blank. It may also read a file without normalising attributes, so that a line end that was typed in one
is no blank. And it takes a declaration of the prefix `xml` for one that is signed, and an empty `xml:lang`
for one that is not. In each case every other verifier accepts what DIAN calls invalid.
"""

import re
from dataclasses import dataclass
from xml.parsers import expat

_CR = rb"&#(?:0*13|x0*[dD]);"
_LF = rb"&#(?:0*10|x0*[aA]);"
_TAB = rb"&#(?:0*9|x0*9);"
# An attribute whose value, as it is typed, goes over the end of a line; or a text that looks like one.
_BROKEN_VALUE = re.compile(rb"""=[ \t\r\n]*(?:"[^"<\r\n]*[\r\n]|'[^'<\r\n]*[\r\n])""")
# What comes next after letters beyond ASCII; and what does after those of a name.
_AFTER_LETTERS = re.compile(rb"""[\x80-\xff][^<>"'=]*([<>"'=])""")
_AFTER_NAMES = {b"=", b">"}
_TOKEN = re.compile(
    rb"""<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"""
    rb"""|(?P<tag><[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>)|(?P<text>[^<]+)""",
    re.DOTALL,
)
_VALUE = re.compile(rb"""=[ \t\r\n]*("[^"]*"|'[^']*')""")
_BLANKS = re.compile("[\t\n\r]")
_SEPARATED = re.compile(rb"(?:\r|%s)(?:\n|%s)?|\n|\t|%s|%s" % (_CR, _LF, _LF, _TAB))
# The values of `xml:space` in XML 1.0, section 2.10: .NET reads no document that has another one.
_SPACES = ("default", "preserve")
# Two line ends, which it reads as one of Windows.
_JOINED = re.compile(rb"\r(?=%s)" % _LF)
_RETURN = re.compile(rb"%s(?:\r?\n|%s)?" % (_CR, _LF))
_NEEDS_CLEANING = re.compile(b"|".join((_CR, _LF, _TAB, _BROKEN_VALUE.pattern)))
# What XML 1.0 cannot hold; and so in UTF-8.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORBIDDEN_BYTES = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")


@dataclass(frozen=True)
class Fragile:
    """What .NET reads otherwise than it was signed.

    :ivar str code: `fragile` for a text, `attribute` for an attribute whatever its value
    :ivar str element: where it stands, as it is typed: `cbc:Note`, or `cbc:Note/@name` for the text of an
        attribute
    :ivar str text: the text, with what does not survive in it; or the name of the attribute
    """

    code: str
    element: str
    text: str


def find_fragile(document, canonical):
    """Find the first text of a document that .NET reads otherwise.

    Documents without one, which is nearly all, cost no parsing.

    :param bytes document: well-formed XML in UTF-8
    :param bytes canonical: its canonical form, in which such characters are escaped
    :rtype: Fragile, or None
    :raise expat.ExpatError: if a name has letters that XML 1.0 did not allow before its fifth edition,
        as .NET does not now
    """
    if (
        b"&#x" in canonical
        or b" xml:" in canonical
        or b"xmlns:xml" in document
        or _JOINED.search(document)
        or _BROKEN_VALUE.search(document)
        or _may_have_new_names(document)
    ):
        return _read_fragile(document)
    return None


def _may_have_new_names(document):
    """Tell whether a name could have letters that only the fifth edition of XML 1.0 allows."""
    try:
        document.decode().encode("latin-1")  # which has none of them, and is all that most have
    except UnicodeEncodeError:
        return not _AFTER_NAMES.isdisjoint(_AFTER_LETTERS.findall(document))
    return False


def _read_fragile(document):
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    names, found = [], []
    joined = next(
        (
            token.start()
            for token in _TOKEN.finditer(document)
            if token["text"] and _JOINED.search(token["text"])
        ),
        None,
    )

    def close_text():
        nonlocal joined
        if joined is not None and parser.CurrentByteIndex > joined:
            found.append(Fragile("fragile", names[-1], "\r\n"))
            joined = None

    def close_element(_name):
        close_text()
        names.pop()

    def open_element(name, attributes):
        close_text()
        names.append(name)
        start = parser.CurrentByteIndex
        tag = _TOKEN.match(document, start)[0]
        typed = _VALUE.findall(tag)
        for (attribute, value), written in zip(attributes.items(), typed, strict=True):
            broken = b"\n" in written or b"\r" in written
            if broken or "\t" in value:
                text = written[1:-1].decode() if broken else value
                found.append(Fragile("fragile", f"{name}/@{attribute}", text))
            # What a signature inherits is written once more.
            odd = not value or _BLANKS.search(value) or b"\t" in written
            if attribute == "xml:space":
                odd = odd or value.strip(" ") not in _SPACES
            if attribute == "xmlns:xml" or (attribute.startswith("xml:") and odd):
                found.append(Fragile("attribute", name, attribute))

    def read_text(text):
        if "\r" in text:
            found.append(Fragile("fragile", names[-1], text))

    parser.StartElementHandler = open_element
    parser.EndElementHandler = close_element
    parser.CharacterDataHandler = read_text
    parser.Parse(document, True)
    return found[0] if found else None


def clean_text(text):
    """Make a text one that XML can hold and every verifier reads alike: line ends are line feeds.

    :param str text: such as the name of a product
    :rtype: str
    """
    return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def clean_document(document):
    """Write a document so that every verifier reads it, and reads it alike.

    In texts escaped line ends become line feeds, in attributes line ends and tabs become blanks. What XML
    cannot hold is left out. Nothing else changes.

    :param bytes document: XML in UTF-8, not signed yet
    :rtype: bytes
    """
    document = _FORBIDDEN_BYTES.sub(b"", document)
    if not _NEEDS_CLEANING.search(document):
        return document
    return _TOKEN.sub(_clean_token, document)


def _clean_token(match):
    if match["text"]:
        return _JOINED.sub(b"\n", _RETURN.sub(b"\n", match["text"]))
    if match["tag"]:
        return _VALUE.sub(lambda value: _SEPARATED.sub(b" ", value[0]), match["tag"])
    return match[0]  # references are none in comments, instructions and CDATA
