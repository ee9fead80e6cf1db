from odoo import api, models
from odoo.exceptions import AccessError

from ..core.ondelete_guard import ondelete_guard


class CertificateSignatureSealedMixin(models.AbstractModel):
    """A table that is read-only through the ORM, even for the superuser."""

    _name = "certificate.signature.sealed.mixin"
    _description = "Table Read-Only for the ORM"

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        if not vals_list:
            return self.browse()
        raise self._refuse()

    def write(self, vals):  # pylint: disable=method-required-super
        raise self._refuse()

    @ondelete_guard
    def _unlink_except_never(self):
        raise self._refuse()

    def copy(self, default=None):  # pylint: disable=method-required-super
        raise self._refuse()

    def _refuse(self):
        return AccessError(
            self.env._("This log is read-only: nobody can add, change or delete a row.")
        )
