"""Remove the guard of the log of signatures: `certificate_chain_guard` takes its place."""


def migrate(cr, version):
    cr.execute("DROP FUNCTION IF EXISTS certificate_signature_log_guard CASCADE")
