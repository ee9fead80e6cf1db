from odoo import api, models
from odoo.exceptions import ValidationError

from odoo.addons.base.models.ir_qweb import QWebError

from ...const import LETTER_TEMPLATE
from ..core.ondelete_guard import is_uninstalling


class IrUiView(models.Model):
    _inherit = "ir.ui.view"

    # A letter becomes void as soon as its text changes. During an installation or upgrade nothing
    # is rendered, and the change is noticed when the letter is next used.

    @api.model_create_multi
    def create(self, vals_list):
        views = super().create(vals_list)
        views._follow_letter_text()
        return views

    def write(self, vals):
        result = super().write(vals)
        self._follow_letter_text()
        return result

    def unlink(self):
        followed = self.sudo().inherit_id if self._is_letter_text() else self.browse()
        result = super().unlink()
        followed._follow_letter_text()
        return result

    def _follow_letter_text(self):
        if not self._is_letter_text():
            return
        try:
            self.env["certificate.activation"]._follow_letter_change("template")
        except QWebError as error:
            raise ValidationError(
                self.env._("The letter cannot be written with this text: %s", error)
            ) from error

    def _is_letter_text(self):
        """Whether any of these views is the letter's text or changes it."""
        if not self.env.registry.ready or is_uninstalling(self.env):
            return False
        views = self.sudo()
        while views:
            if LETTER_TEMPLATE in views.mapped("key"):
                return True
            views = views.inherit_id
        return False
