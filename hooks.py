from .const import AUTHORITIES_PARAMETER, HOSTS_PARAMETER, RESPONSIBILITY_NONE, SELLER_PARAMETER
from .models.keys.custody import PLACE_PARAMETER
from .models.trace.chain import forget_pending


def post_init_hook(env):
    """Give the companies that are there what new ones get by default.

    :param env: the environment of the database that gains the add-on
    """
    companies = env["res.company"].with_context(active_test=False).search([("id", "!=", False)])
    companies.fiscal_responsibility_ids = env.ref(RESPONSIBILITY_NONE)


def uninstall_hook(env):
    """Remove what no external identifier names, so that Odoo would leave it.

    :param env: the environment of the database that loses the add-on
    """
    keys = (SELLER_PARAMETER, AUTHORITIES_PARAMETER, HOSTS_PARAMETER, PLACE_PARAMETER)
    env["ir.config_parameter"].search([("key", "in", keys)]).unlink()
    # What was recorded here would be given its place when the table is gone.
    forget_pending(env.cr)
    # Odoo deletes the records of the data files one by one, and could not while these refer to them.
    env.cr.execute("DELETE FROM certificate_request_document")
    env.cr.execute("DELETE FROM certificate_request")
    env.cr.execute("DELETE FROM certificate_authority_requirement")
    # With its triggers, so that the table can go.
    env.cr.execute("DROP FUNCTION IF EXISTS certificate_chain_guard CASCADE")
