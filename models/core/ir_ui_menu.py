from odoo import models

from ...const import MODULE
from .link_switch import is_on

# What only the company that sells the certificate and lends its own has.
_SELLERS_MENU = f"{MODULE}.menu_certificate_sale"
# What only a database has that is linked with others.
_LINKS_MENUS = (
    f"{MODULE}.menu_certificate_link_clients",
    f"{MODULE}.menu_certificate_link_vendor",
)


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        """Override of `base` to show the menus of the seller to whoever works for it, and to nobody else.

        Odoo remembers the menus of each user, whatever companies are chosen at the moment.
        """
        hidden = super()._load_menus_blacklist()
        menu = self.env.ref(_SELLERS_MENU, raise_if_not_found=False)
        if menu and self.env.company.certificate_seller_id not in self.env.user.company_ids:
            hidden = [*hidden, menu.id]
        if not is_on(self.env):
            menus = (self.env.ref(name, raise_if_not_found=False) for name in _LINKS_MENUS)
            hidden = [*hidden, *(menu.id for menu in menus if menu)]
        return hidden
