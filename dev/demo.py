"""Fill the database of dev/serve: a seller that lends its certificate, two clients, and their users.

Run by `odoo shell` on a fresh database; everything is made with Odoo's own models, and the
certificate is generated here and now.
"""

from odoo.addons.l10n_co_certificate_activation.const import GROUP_CUSTODIAN, GROUP_MANAGER
from odoo.addons.l10n_co_certificate_activation.tests import samples

INVOICING = "account.group_account_invoice"
COLOMBIAN = {"lang": "es_CO", "tz": "America/Bogota"}

env.ref("base.COP").active = True
seller = samples.make_company(
    env,
    "Firma Fácil SAS",
    "901414515-7",
    "Calle 72 # 10-34",
    "Bogotá",
    "Bogot",
    "certificados@firmafacil.example.com",
)
coffee, flowers = samples.make_clients(env)
# Whom the client's manager invites by the portal.
env["res.partner"].create(
    {
        "name": "María Fernanda Pérez Gómez",
        "email": "maria@example.com",
        "parent_id": coffee.partner_id.id,
        "lang": "es_CO",
    }
)
companies = seller | coffee | flowers
(env.user | env.ref("base.user_admin")).write(
    {"company_ids": [(4, company.id) for company in companies]}
)
env["account.chart.template"].try_loading("co", seller, install_demo=False)
product = samples.make_seller(seller)
product.with_context(lang="es_CO").name = "Certificado digital por un año"
request = seller.certificate_request_product_id
request.with_context(lang="es_CO").name = "Certificado digital propio por un año"

for company in coffee | flowers:
    # What a chart of accounts would bring: the journal that is chosen in the fifth step.
    env["account.journal"].with_company(company).create(
        {"name": "Factura electrónica", "code": "FE", "type": "sale", "company_id": company.id}
    )

provider = env.ref("payment.payment_provider_demo").copy({"company_id": seller.id})
provider.write({"state": "test", "is_published": True, "name": "Demo"})
provider.payment_method_ids.active = True

samples.make_user(env, "Ana Usuaria", "ana", coffee, INVOICING, **COLOMBIAN)
samples.make_user(env, "Mario Gerente", "mario", coffee, INVOICING, GROUP_MANAGER, **COLOMBIAN)
samples.make_user(env, "Flor Usuaria", "flor", flowers, INVOICING, **COLOMBIAN)
samples.make_user(
    env,
    "Carla Custodia",
    "carla",
    companies,
    GROUP_CUSTODIAN,
    "account.group_account_manager",
    **COLOMBIAN,
)
env.cr.commit()
