"""Empty the views that extend other views of this add-on, until its data files say anew what they add.

A view that is loaded is judged together with those that extend it, which the data files bring later: of the
former version, they would look for fields and parts of a form that are gone.
"""


def migrate(cr, version):
    cr.execute(
        """
        WITH own AS (
            SELECT res_id FROM ir_model_data
            WHERE module = 'l10n_co_certificate_activation' AND model = 'ir.ui.view' AND NOT noupdate
        )
        UPDATE ir_ui_view SET arch_db = jsonb_build_object('en_US', '<data/>')
        WHERE mode = 'extension' AND id IN (SELECT res_id FROM own) AND inherit_id IN (SELECT res_id FROM own)
        """
    )
