from .const import AUTHORITIES_PARAMETER, SELLER_PARAMETER


def uninstall_hook(env):
    """Remove what no external identifier names, so that Odoo would leave it.

    :param env: the environment of the database that loses the add-on
    """
    keys = (SELLER_PARAMETER, AUTHORITIES_PARAMETER)
    env["ir.config_parameter"].search([("key", "in", keys)]).unlink()
    # With its triggers, so that the table can go.
    env.cr.execute("DROP FUNCTION IF EXISTS certificate_signature_log_guard CASCADE")
