from odoo.exceptions import UserError
from odoo.tools import sql

from odoo.addons.l10n_co_certificate_activation.models.keys import custody
from odoo.addons.l10n_co_certificate_activation.tools.key_seal import SealError
from odoo.addons.l10n_co_certificate_activation.tools.server_secret import VARIABLE_FILE


def migrate(cr, version):
    """Begin the history with the seal of the logs, and remove the trigger that
    `certificate_chain_guard` replaces.

    :raise UserError: where logs are sealed and this process has not the secret of the server
    """
    if not _has_secret() and _is_sealed(cr):
        raise UserError(
            "The logs of this database are sealed, and the history that begins with this upgrade would not be. "
            f"Upgrade with the secret of the server: set {VARIABLE_FILE} for this command as well. "
            "A copy that is to sign nothing can be neutralised first."
        )
    cr.execute("DROP FUNCTION IF EXISTS certificate_signature_log_guard CASCADE")


def _has_secret():
    try:
        return bool(custody.get_secrets())
    except SealError:
        return False


def _is_sealed(cr):
    """Tell whether the server of this database had a secret, and the copy is not neutralised."""
    if not sql.column_exists(cr, "certificate_signature_head", "seal"):
        return False
    cr.execute(
        """
        SELECT 1 FROM certificate_signature_head WHERE seal != '' AND NOT EXISTS (
            SELECT 1 FROM ir_config_parameter
            WHERE key = 'database.is_neutralized' AND lower(value) NOT IN ('false', '0', ''))
        LIMIT 1
        """
    )
    return bool(cr.rowcount)
