# Odoo keeps an index that a field no longer asks for.
_INDEXES = (
    "certificate_signature_log__company_id_index",
    "certificate_signature_log__lender_id_index",
    "certificate_signature_log__activation_id_index",
    "certificate_history__company_id_index",
    "certificate_history__event_index",
    "certificate_signature_mark__company_id_index",
    "certificate_signature_mark__lender_id_index",
)


def migrate(cr, version):
    """Drop indexes that others have replaced, or that were written with each signature and never read."""
    for index in _INDEXES:
        cr.execute(f"DROP INDEX IF EXISTS {index}")
