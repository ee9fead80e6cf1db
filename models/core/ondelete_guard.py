"""Records that may not be deleted, whatever the context of the call.

Odoo skips every `api.ondelete(at_uninstall=False)` if the context says that a module is being
uninstalled, and a context comes from the client.
"""

import functools

from odoo import api

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from ...const import MODULE


def is_uninstalling(env):
    """Tell whether this add-on is being uninstalled: by its own state, and not by the context alone.

    Administrators can write that state, too. But a real uninstall happens while the registry is
    loading, when no user's action runs.

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
    """Let a method decide whether records may be deleted, except while the add-on is being
    uninstalled.
    """

    @api.ondelete(at_uninstall=True)
    @functools.wraps(check)
    def check_unless_uninstalling(self):
        if not is_uninstalling(self.env):
            check(self)

    return check_unless_uninstalling
