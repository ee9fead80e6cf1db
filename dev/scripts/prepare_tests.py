"""Installs the add-on into the database DATABASE, and keeps there what the tests have in common, and the assets.

`odoo shell` runs it, without a database.
"""

import os

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

MODULE = "l10n_co_certificate_activation"

config["db_name"] = [os.environ["DATABASE"]]
registry = Registry.new(os.environ["DATABASE"], update_module=True, install_modules=[MODULE])

# (Its models are there only now.)
from odoo.addons.l10n_co_certificate_activation.tests import common, preparation  # noqa: E402

preparation.keep(common.CertificateCommon)
with registry.cursor() as cr:
    api.Environment(cr, SUPERUSER_ID, {})["ir.qweb"]._pregenerate_assets_bundles()
    cr.execute("ANALYZE")
