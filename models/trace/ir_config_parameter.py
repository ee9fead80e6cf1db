from contextlib import contextmanager

from odoo import api, models

from ...const import (
    AUTHORITIES_PARAMETER,
    HOSTS_PARAMETER,
    LINK_PRIVATE_PARAMETER,
    LINKS_PARAMETER,
    SELLER_PARAMETER,
)
from ..keys.custody import PLACE_PARAMETER
from .history import record_entries

_FOLLOWED = {
    SELLER_PARAMETER,
    AUTHORITIES_PARAMETER,
    HOSTS_PARAMETER,
    LINK_PRIVATE_PARAMETER,
    LINKS_PARAMETER,
    PLACE_PARAMETER,
}


class IrConfigParameter(models.Model):
    """The settings of the whole database are part of the history, as those of the companies are."""

    _inherit = "ir.config_parameter"

    @api.model_create_multi
    def create(self, vals_list):
        parameters = super().create(vals_list)
        with parameters.browse()._recording(parameters):
            return parameters

    def write(self, vals):
        with self._recording(self):
            return super().write(vals)

    def unlink(self):
        with self._recording(self.browse()):
            return super().unlink()

    @contextmanager
    def _recording(self, after):
        """Record the changes of the tracked parameters among these."""
        before = self._get_followed()
        yield
        found = after._get_followed()
        changes = [
            [key, before.get(key), found.get(key)]
            for key in sorted(before.keys() | found.keys())
            if before.get(key) != found.get(key)
        ]
        if changes:
            record_entries(self.env, [("settings", self.env.company.sudo(), changes)])
        if any(change[0] == AUTHORITIES_PARAMETER for change in changes):
            self.env["certificate.certificate"].sudo()._rate_issuers()

    def _get_followed(self):
        return {
            parameter.key: parameter.value
            for parameter in self.sudo()
            if parameter.key in _FOLLOWED
        }
