"""Documents of DIAN's kinds with whatever XML allows in texts, attributes, names and around the signature's place, by
chance: a seed makes the same ones again.
"""

from xml_samples import LAYOUTS, make_layout

_TEXTS = (
    "Café",
    "a b",
    "  ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "&#13;",
    "&#xD;",
    "&#10;",
    "&#9;",
    "&#xA0;",
    "\u00a0",
    "\x85",
    "&#x85;",
    "\u2028",
    "\ufeff",
    "\u200b",
    "\U0001f600",
    "&#x1F600;",
    "e\u0301",
    "\x7f",
    "&lt;&gt;&amp;&quot;&apos;",
    "]]&gt;",
    "'\"",
    "<![CDATA[<b>&#13;\r\n]]>",
    "<![CDATA[]]]]><![CDATA[>]]>",
    "<!-- &#13; \r\n -->",
    "<?x y='\r\n'?>",
    "=",
    "x='1'",
    "“a=”",
)
_VALUES = (
    "1",
    "",
    " x  y ",
    "ñ",
    "&#9;",
    "&#10;",
    "&#13;",
    "\t",
    "\n",
    "\r\n",
    "&lt;&gt;&amp;",
    "&quot;&apos;",
    "&#x85;",
    "\u2028",
    "\U0001f600",
)
_NAMES = (
    "a",
    "b",
    "ñ",
    "_",
    "Q",
    "a-b",
    "a.b",
    "p:a",
    "p:b",
    "q:a",
    "xml:lang",
    "xml:space",
    "xml:id",
)
_ELEMENTS = ("a", "p:a", "q:b", "ñ", "Dirección", "cbc:Note", "a.b-c")
_SCOPES = (
    "",
    ' xmlns:p="urn:p"',
    ' xmlns:q="urn:q"',
    ' xmlns="urn:x"',
    ' xmlns=""',
    ' xmlns:p="urn:q" xmlns:q="urn:p"',
    ' xmlns:ds="urn:y"',
    ' xml:lang="es"',
    ' xml:lang=""',
    ' xml:space="preserve"',
    ' xml:base="http://a/"',
)


def make_documents(chance, count):
    """Yield documents, some of which cannot be signed.

    :param random.Random chance: of which they are made
    """
    for number in range(count):
        document = make_layout(
            chance.choice(list(LAYOUTS)), f"SETP{number}", lines=chance.randrange(4)
        ).decode()
        for _change in range(chance.choice((1, 2, 3, 5))):
            document = chance.choice((_add_text, _add_element, _add_scope, _add_around))(
                chance, document
            )
        yield document.encode()


def _write_text(chance):
    return "".join(chance.choice(_TEXTS) for _ in range(chance.randrange(4)))


def _write_attributes(chance):
    quote = chance.choice("'\"")
    names = chance.sample(_NAMES, chance.randrange(4))
    values = ["".join(chance.choices(_VALUES, k=chance.randrange(3))) for _ in names]
    return "".join(
        f" {name}={quote}{value}{quote}" for name, value in zip(names, values, strict=True)
    )


def _write_element(chance, depth=0):
    name = chance.choice(_ELEMENTS)
    # Every prefix is declared somewhere.
    scope = f' xmlns:p="urn:p" xmlns:q="urn:q:{chance.randrange(2)}"' if not depth else ""
    inside = "".join(
        _write_element(chance, depth + 1)
        if depth < 3 and chance.random() < 0.4
        else _write_text(chance)
        for _ in range(chance.randrange(4))
    )
    return f"<{name}{scope}{_write_attributes(chance)}>{inside}</{name}>"


def _add_text(chance, document):
    place = chance.choice([p for p in range(len(document)) if document.startswith("</cbc:", p)])
    return document[:place] + _write_text(chance) + document[place:]


def _add_element(chance, document):
    place = document.index("</cbc:Note>")
    return document[:place] + _write_element(chance) + document[place:]


def _add_scope(chance, document):
    """Declare something at the root, or between it and the signature's place."""
    ways = ("<ext:UBLExtensions", "<ext:UBLExtension", "<ext:ExtensionContent", ' xmlns:cac="')
    place = document.rindex(chance.choice(ways[:3])) if chance.random() < 0.6 else -1
    if place < 0:
        place = document.index(ways[3])
        return document[:place] + chance.choice(_SCOPES) + document[place:]
    place = document.index(">", place)
    return document[:place] + chance.choice(_SCOPES) + document[place:]


def _add_around(chance, document):
    text = chance.choice(("<!-- c -->", "<?e f?>", "\n", "\r\n", " "))
    if chance.random() < 0.5:
        return document + text
    place = document.index("?>") + 2
    return document[:place] + text + document[place:]
