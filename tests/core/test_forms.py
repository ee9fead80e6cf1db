"""What all forms of the add-on have in common."""

from lxml import etree

from odoo.tests import TransactionCase, tagged

from ...const import MODULE

# Each tells mistakes at their fields, and in a dialog never by another dialog: see `static/src/form/form.js`.
CONTROLLERS = {
    "certificate_activation_form",
    "certificate_form",
    "certificate_page_form",
    "electronic_setup_form",
}
# Fields that are an empty line until something is typed or chosen.
EMPTY_LINES = {"char", "date", "many2many", "many2one", "text"}
# These widgets show where they are.
SHOWN = {"radio", "certificate_radio", "certificate_file", "certificate_rows", "badge"}


@tagged("post_install", "-at_install")
class TestForms(TransactionCase):
    def get_forms(self):
        """Yield each form with what an administrator gets of it."""
        mine = [("module", "=", MODULE), ("model", "=", "ir.ui.view")]
        views = self.env["ir.ui.view"].browse(
            self.env["ir.model.data"].search(mine).mapped("res_id")
        )
        for view in views.filtered(lambda view: view.type == "form" and not view.inherit_id):
            model = self.env[view.model]
            yield view, model, etree.fromstring(model.get_view(view.id, "form")["arch"])

    def test_each_form_tells_mistakes_in_the_same_way(self):
        for view, _model, arch in self.get_forms():
            with self.subTest(view=view.name):
                self.assertIn(arch.get("js_class"), CONTROLLERS)

    def test_a_dialog_confirms_by_the_button_that_opens_when_it_is_ready(self):
        for view, _model, arch in self.get_forms():
            with self.subTest(view=view.name):
                self.assertFalse(arch.xpath("//footer//button[@name='action_confirm']"))

    def test_an_empty_field_shows_what_belongs_there(self):
        bare = [
            f"{view.name}: {node.get('name')}"
            for view, model, arch in self.get_forms()
            if arch.get("edit") not in ("0", "false")
            for node in arch.iter("field")
            if self.is_bare(model, node)
        ]
        self.assertFalse(bare)

    def is_bare(self, model, node):
        field = model._fields.get(node.get("name"))
        return (
            not node.xpath("ancestor::field")
            and field.type in EMPTY_LINES
            and not field.readonly
            and node.get("widget") not in SHOWN
            and not node.get("placeholder")
            and not {node.get("readonly"), node.get("invisible")} & {"1", "True", "true"}
        )
