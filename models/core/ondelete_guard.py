"""What may not be deleted, whatever the context of a call says.

Odoo asks `api.ondelete(at_uninstall=False)` of nothing where the context says that a module is being
uninstalled, and a context comes from the client.
"""

import functools

from odoo import api

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from ...const import MODULE


def is_uninstalling(env):
    """Tell whether this add-on is being uninstalled: by its own state, and not by the context alone.

    Administrators write that state as well. But what is uninstalled is so while the registry is loaded,
    in which nobody's action runs.

    :rtype: bool
    """
    if env.registry.ready or not env.context.get(MODULE_UNINSTALL_FLAG):
        return False
    env["ir.module.module"].flush_model(["state"])
    env.cr.execute(
        "SELECT 1 FROM ir_module_module WHERE name = %s AND state = 'to remove'", [MODULE]
    )
    return bool(env.cr.rowcount)


def ondelete_guard(check):
    """Let a method say whether records may be deleted: always but when the add-on goes."""

    @api.ondelete(at_uninstall=True)
    @functools.wraps(check)
    def check_unless_uninstalling(self):
        if not is_uninstalling(self.env):
            check(self)

    return check_unless_uninstalling
