from .const import (
    AUTHORITIES_PARAMETER,
    HOSTS_PARAMETER,
    LINK_PRIVATE_PARAMETER,
    LINKS_PARAMETER,
    RESPONSIBILITY_NONE,
    SELLER_PARAMETER,
)
from .models.keys.custody import PLACE_PARAMETER
from .models.trace.chain import forget_pending


def post_init_hook(env):
    """Give existing companies the defaults of new ones.

    :param env: the environment of the database that installs the add-on
    """
    companies = env["res.company"].with_context(active_test=False).search([("id", "!=", False)])
    companies.fiscal_responsibility_ids = env.ref(RESPONSIBILITY_NONE)


def uninstall_hook(env):
    """Remove what has no external identifier, which Odoo would leave behind.

    :param env: the environment of the database that uninstalls the add-on
    """
    keys = (
        SELLER_PARAMETER,
        AUTHORITIES_PARAMETER,
        HOSTS_PARAMETER,
        LINK_PRIVATE_PARAMETER,
        LINKS_PARAMETER,
        PLACE_PARAMETER,
    )
    env["ir.config_parameter"].search([("key", "in", keys)]).unlink()
    # Pending rows would get their places after the table is gone.
    forget_pending(env.cr)
    # Odoo deletes the records of the data files one by one, and these references would prevent it.
    env.cr.execute("DELETE FROM certificate_request_document")
    env.cr.execute("DELETE FROM certificate_request")
    env.cr.execute("DELETE FROM certificate_authority_requirement")
    # With its triggers, so that the table can go.
    env.cr.execute("DROP FUNCTION IF EXISTS certificate_chain_guard CASCADE")
