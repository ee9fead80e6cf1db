import re
from io import BytesIO

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import trans_export

from ...const import MODULE

PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z]|<[^>\s]+|/>")

# Terms that Spanish writes as English does. They are left empty in es.po, as oca-checks-po asks, and
# Odoo then shows the term itself.
SAME_IN_SPANISH = {
    "<span>IVA</span>",
    "<span>Total</span>",
    "A4",
    "Hash",
    "ID",
    "Logo",
    "NIT %s",
    "NIT",
    "No",
    "PEM",
    "RUT",
    "SHA-256",
    "TestSetId",
    "Total",
    "object._get_letter_filename()",
    "object._get_record_filename()",
}


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = polib.pofile(file_path(f"{MODULE}/i18n/{MODULE}.pot"))
        module = cls.env["ir.module.module"]._get(MODULE)
        cls._dependencies = {
            MODULE,
            *module.upstream_dependencies(exclude_states=("uninstallable",)).mapped("name"),
        }
        cls.spanish = polib.pofile(file_path(f"{MODULE}/i18n/es.po"))

    def test_template_is_current(self):
        """The template is what `odoo i18n export` writes today.

        The places count as well as the terms: Odoo reads from the template, not from es.po, where a
        term is used, and shows it in English wherever else it is used.
        """
        content = BytesIO()
        trans_export(None, [MODULE], content, "po", self.env)
        exported = polib.pofile(content.getvalue().decode())
        advice = "run dev/translate"
        now, written = self._get_places(exported), self._get_places(self.template)
        self.assertEqual(now, written, advice)

    def test_spanish_is_complete(self):
        """es.po translates every term of the template, and no other."""
        self.assertEqual(
            [entry.msgid for entry in self.spanish], [entry.msgid for entry in self.template]
        )
        self.assertFalse([entry.msgid for entry in self.spanish.fuzzy_entries()])
        self.assertEqual(
            {entry.msgid for entry in self.spanish if entry.msgstr in ("", entry.msgid)},
            SAME_IN_SPANISH,
        )

    def test_spanish_is_well_formed(self):
        """A translation keeps placeholders and tags, and has no stray blanks."""
        for entry in self.spanish.translated_entries():
            with self.subTest(term=entry.msgid):
                self.assertEqual(
                    sorted(PLACEHOLDER.findall(entry.msgstr)),
                    sorted(PLACEHOLDER.findall(entry.msgid)),
                )
                self.assertEqual(
                    (entry.msgstr[0].isspace(), entry.msgstr[-1].isspace()),
                    (entry.msgid[0].isspace(), entry.msgid[-1].isspace()),
                )
                self.assertNotIn("  ", entry.msgstr)

    def _get_places(self, catalog):
        """Return where each term is used, but for the fields that other add-ons put into our models."""
        foreign = {
            f"model:ir.model.fields,field_description:{MODULE}.field_{model._table}__{name}"
            for model in self.env.values()
            for name, field in model._fields.items()
            if model._original_module == MODULE and not self._dependencies & set(field._modules)
        }
        places = {
            entry.msgid: {place for place, _line in entry.occurrences} - foreign
            for entry in catalog
        }
        return {term: used for term, used in places.items() if used}
