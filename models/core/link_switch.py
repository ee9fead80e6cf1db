"""Whether this database has to do with others at all: not before an administrator says so."""

from odoo.exceptions import UserError
from odoo.tools import str2bool

from ...const import LINKS_PARAMETER


def is_on(env):
    """Tell whether links with other databases are switched on.

    :rtype: bool
    """
    return str2bool(env["ir.config_parameter"].sudo().get_param(LINKS_PARAMETER) or "False", False)


def check_on(env):
    """Check that links with other databases are switched on.

    :raise UserError: otherwise
    """
    if not is_on(env):
        raise UserError(
            env._(
                "Links with other databases are off. An administrator turns them on in Settings, under "
                "Electronic Documents."
            )
        )
