"""Keeps what the tests have in common in a database with the add-on, and the assets.

`odoo shell` runs it.
"""

from odoo.addons.l10n_co_certificate_activation.tests.common import case, preparation

# The tests open a transaction of their own.
env.cr.rollback()
preparation.keep(case.CertificateCommon)
with env.registry.cursor() as cr:
    env(cr=cr)["ir.qweb"]._pregenerate_assets_bundles()
    cr.execute("ANALYZE")
