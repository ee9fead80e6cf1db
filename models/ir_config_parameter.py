from odoo import api, models
from odoo.exceptions import AccessError

from ..const import NEUTRALIZED_PARAMETER


class IrConfigParameter(models.Model):
    """A neutralised copy stays one, whatever its administrator changes: it could sign otherwise."""

    _inherit = "ir.config_parameter"

    def write(self, vals):
        self._check_neutralized(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_neutralized(self):
        self._check_neutralized({})

    def _check_neutralized(self, vals):
        if self.env.su or (
            vals.get("value") and vals.get("key", NEUTRALIZED_PARAMETER) == NEUTRALIZED_PARAMETER
        ):
            return
        if NEUTRALIZED_PARAMETER in self.mapped("key"):
            raise AccessError(
                self.env._("This is a neutralised copy of a database, and it stays one.")
            )
