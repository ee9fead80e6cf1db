from .const import SELLER_PARAMETER


def uninstall_hook(env):
    """Remove the one thing that no external identifier names, so that Odoo would leave it.

    :param env: the environment of the database that loses the add-on
    """
    env["ir.config_parameter"].search([("key", "=", SELLER_PARAMETER)]).unlink()
