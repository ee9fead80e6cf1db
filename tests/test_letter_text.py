# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The placeholders of a letter's text: found, refused and filled in, and never a program."""

from odoo.tests import BaseCase

from ..tools import letter_text

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
