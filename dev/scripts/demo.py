"""Fill a database that was made without demo data with the add-on's own, by `odoo shell`."""

import os

env["certificate.demo"]._make_companies()
if os.environ.get("DEMO"):
    env["certificate.demo"]._tell_story()
env.cr.commit()
