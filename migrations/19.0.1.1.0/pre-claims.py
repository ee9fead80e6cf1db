"""Let no issuer be verified yet, as in a database that is new: what is trusted is loaded later and looks at them.

Odoo would fill these columns row by row, and every activation would have been written now.
"""


def migrate(cr, version):
    cr.execute(
        """
        ALTER TABLE certificate_certificate ADD COLUMN IF NOT EXISTS issuer_level varchar,
                                            ADD COLUMN IF NOT EXISTS issuer_state varchar,
                                            ADD COLUMN IF NOT EXISTS issuer_anchor_id integer;
        UPDATE certificate_certificate SET issuer_level = 'unknown', issuer_state = 'unverified';
        ALTER TABLE certificate_activation ADD COLUMN IF NOT EXISTS issuer_level varchar,
                                           ADD COLUMN IF NOT EXISTS issuer_state varchar;
        UPDATE certificate_activation SET issuer_level = 'unknown', issuer_state = 'unverified' WHERE certificate_id IS NOT NULL
        """
    )
