"""Mark the signatures that were kept, and begin the history with what existed before it."""

from odoo import SUPERUSER_ID, api

from odoo.addons.l10n_co_certificate_activation.models.trace.history import begin_history


def migrate(cr, version):
    # Until now, a row of the log was rolled back together with its transaction.
    cr.execute(
        """
        INSERT INTO certificate_signature_mark (id, company_id, lender_id, activation_id, user_id)
        SELECT id, company_id, lender_id, activation_id, user_id FROM certificate_signature_log
        ON CONFLICT DO NOTHING
        """
    )
    begin_history(api.Environment(cr, SUPERUSER_ID, {}))
