"""Keeps what the tests have in common in a database with the add-on, and the assets of the pages that they open.

`odoo shell` runs it.
"""

from odoo.addons.l10n_co_certificate_activation.tests.common import case, preparation

# Pages of Odoo's own tests in JavaScript, and dark ones: half of the time that all assets take.
UNUSED = {"web.assets_unit_tests_setup", "web.tests_assets", "web.assets_web_dark"}

# The tests open a transaction of their own.
env.cr.rollback()
preparation.keep(case.CertificateCommon)
with env.registry.cursor() as cr:
    qweb = env(cr=cr)["ir.qweb"]
    scripts, styles = qweb._get_bundles_to_pregenarate()
    for bundle in sorted(scripts - UNUSED):
        qweb._get_asset_bundle(bundle, css=False, js=True).js()
    for bundle in sorted(styles - UNUSED):
        qweb._get_asset_bundle(bundle, css=True, js=False).css()
    cr.execute("ANALYZE")
