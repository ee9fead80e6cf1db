from odoo import models

from ..const import MODULE


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """Override of `http_routing`: pages of the portal convert scans, in the visitor's language."""
        return [*super()._get_translation_frontend_modules_name(), MODULE]
