"""Name the phase of each activation.

Odoo would fill this column row by row, and every activation would have been written now.
"""


def migrate(cr, version):
    cr.execute(
        """
        ALTER TABLE certificate_activation ADD COLUMN IF NOT EXISTS phase varchar;
        UPDATE certificate_activation SET phase = CASE
            WHEN state IN ('pay', 'active') THEN state
            WHEN state = 'process' AND switch_on IS NOT NULL THEN 'waiting'
            WHEN state = 'process' THEN 'process'
            ELSE 'ended' END
        """
    )
