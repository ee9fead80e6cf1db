def migrate(cr, version):
    """Drop a column of the wizard: what was looked at is computed with what its page says."""
    cr.execute("ALTER TABLE certificate_activation_wizard DROP COLUMN IF EXISTS findings")
