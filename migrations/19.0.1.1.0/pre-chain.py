"""Free the log of signatures of what a row that is committed at once cannot wait for."""


def migrate(cr, version):
    cr.execute("DROP FUNCTION IF EXISTS certificate_signature_log_guard CASCADE")
    for table in ("certificate_signature_log", "certificate_signature_head"):
        cr.execute(
            "SELECT quote_ident(conname) FROM pg_constraint "
            "WHERE conrelid = to_regclass(%s) AND contype = 'f'",
            [table],
        )
        for (name,) in cr.fetchall():
            cr.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
