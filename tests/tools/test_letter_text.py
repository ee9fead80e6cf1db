# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The placeholders of a letter's text: found, refused and filled in, and never a program."""

from odoo.tests import BaseCase

from ...tools import letter_text

KNOWN = {"name": 'Café <b>&</b> "Sierra" {{ nit }}', "nit": "900987321-1", "none": None}


class TestLetterText(BaseCase):
    def assertRefused(self, html, code, name=None, required=()):
        with self.assertRaises(letter_text.LetterTextError) as refused:
            letter_text.check_text(html, KNOWN, required)
        self.assertEqual(refused.exception.code, code)
        if name is not None:
            self.assertEqual(refused.exception.name, name)

    def test_what_a_person_types_is_a_placeholder(self):
        for typed in (
            "{{ nit }}",
            "{{nit}}",
            "{{\n nit\t}}",
            "{{\xa0nit\xa0}}",
            "{{&nbsp;nit&nbsp;}}",
        ):
            with self.subTest(typed):
                html = f"<p>NIT {typed}.</p>"
                letter_text.check_text(html, KNOWN, ["nit"])
                self.assertEqual(letter_text.fill_text(html, KNOWN), "<p>NIT 900987321-1.</p>")

    def test_a_value_is_text(self):
        """Neither markup nor a placeholder of its own."""
        self.assertEqual(
            letter_text.fill_text("<p>{{ name }}{{ none }}</p>", KNOWN),
            "<p>Café &lt;b&gt;&amp;&lt;/b&gt; &quot;Sierra&quot; {{ nit }}</p>",
        )

    def test_a_text_without_placeholders_stays_as_it_is(self):
        html = '<p style="text-align: center">{ nit } 100 % $nit ${nit} %(nit)s</p>'
        letter_text.check_text(html, KNOWN)
        self.assertEqual(letter_text.fill_text(html, KNOWN), html)
        letter_text.check_text("", KNOWN)

    def test_what_is_refused(self):
        for html, code, name in (
            ("<p>{{ nombre }}</p>", "unknown", "nombre"),
            ("<p>{{ nit }} {{ __class__ }}</p>", "unknown", "__class__"),
            ("<p>{{ NIT }}</p>", "unknown", "NIT"),
            ('<a href="https://example.com/{{ nit }}">x</a>', "misplaced", None),
            ('<a href="https://example.com/%7B%7B%20nit%20%7D%7D">x</a>', "misplaced", None),
            ('<p title="{{ nit }}">x</p>', "misplaced", None),
            ('<img src="/web/image/1">', "picture", ""),
            ("<img>", "picture", ""),
            ("<p>{{ nit }</p>", "unfinished", None),
            ("<p>{{ nit</p>", "unfinished", None),
            ("<p>nit }}</p>", "unfinished", None),
            ("<p>{{ nit.real }}</p>", "unfinished", None),
            ("<p>{{ nit() }}</p>", "unfinished", None),
            ("<p>{{ <b>nit</b> }}</p>", "unfinished", None),
            ("<p>{{ }}</p>", "unfinished", None),
            ("x" * (letter_text.TEXT_LENGTH_MAX + 1), "too_long", ""),
        ):
            with self.subTest(html[:40]):
                self.assertRefused(html, code, name)
        self.assertRefused("<p>{{ name }}</p>", "missing", "nit", ["name", "nit"])

    def test_what_is_printed_is_known_from_how_it_is_written(self):
        printed = letter_text.get_printed_text
        self.assertEqual(printed(""), "")
        self.assertEqual(printed("a\x02s\x03 b"), "a s b")
        for same in (
            (
                "<p>Uno dos</p><p>tres</p>",
                "\n<p class='x'>Uno\n  dos</p>\n\n<!-- y --><P>tres</P>",
                "<div>Uno dos<p>tres</div>",
            ),
            ("<p>a<br>b</p>", "<p>a<br/>b</p>", "<p>a <br /> b</p>", "<p>a</p><p>b</p>"),
            (
                "<p>a <b>b</b> ó</p>",
                "<p>a <span style='x'>b</span> &oacute;</p>",
                "<p>a b o\u0301</p>",
                "<p>a b ó<script>x</script></p>",
            ),
            ("<ul><li>a</li></ul>", "<ul>\n <li class='x'>a</li>\n</ul>"),
        ):
            with self.subTest(same[0]):
                self.assertEqual(len(set(map(printed, same))), 1, list(map(printed, same)))
        different = (
            "<p>no firma</p>",
            "<p>nofirma</p>",
            "<p>no\xa0firma</p>",
            "<p>No firma</p>",
            "<p><s>no</s> firma</p>",
            "<p><sup>no</sup> firma</p>",
            "<p><sub>no</sub> firma</p>",
            "<p>no <del>firma</del></p>",
            "<p>no</p><p>firma</p>",
            "<ol><li>no firma</li></ol>",
            "<ol start='2'><li>no firma</li></ol>",
            "<ol><li value='2'>no firma</li></ol>",
            "<ul><li>no firma</li></ul>",
            "<p>no firma<img src='data:image/png;base64,AAAA'></p>",
            "<p>no firma<img src='data:image/png;base64,AAAB'></p>",
            "<table><tr><td>no</td><td>fir</td><td>ma</td></tr></table>",
            "<p>no firma&lt;img&gt;</p>",
        )
        self.assertEqual(len(set(map(printed, different))), len(different))
        # Nested as deep as the layout takes it, and deeper.
        for depth in (2000, 50_000):
            printed("<div>" * depth + "a")
