from odoo import SUPERUSER_ID, api

from odoo.addons.l10n_co_certificate_activation.models.keys import custody
from odoo.addons.l10n_co_certificate_activation.tools.key_seal import SealError


def migrate(cr, version):
    """Note that the sealed keys belong to this database.

    Without the secret nobody can: the custodian then confirms it in Custody of keys.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    certificates = env["certificate.certificate"].with_context(active_test=False)
    try:
        has_secret = bool(custody.get_secrets())
    except SealError:
        has_secret = False
    if has_secret and certificates.search_count([("is_key_sealed", "=", True)], limit=1):
        custody.confirm_place(env)
