"""Fill the database of dev/serve: a seller that lends its certificate, two clients, and their users.

Run by `odoo shell` on a fresh database; everything is made with Odoo's own models, and the
certificate is generated here and now.
"""

import base64
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from odoo.fields import Command

MODULE = "l10n_co_certificate_activation"


def make_company(name, nit, street, city, state, phone, email):
    company = env["res.company"].create(
        {
            "name": name,
            "vat": nit,
            "country_id": env.ref("base.co").id,
            "currency_id": env.ref("base.COP").id,
            "street": street,
            "city": city,
            "state_id": env["res.country.state"]
            .search([("country_id.code", "=", "CO"), ("name", "ilike", state)], limit=1)
            .id,
            "phone": phone,
            "email": email,
        }
    )
    company.partner_id.l10n_latam_identification_type_id = env.ref("l10n_co.rut")
    return company


def make_user(name, login, company, groups, companies=None):
    return env["res.users"].create(
        {
            "name": name,
            "login": login,
            "password": login,
            "lang": "es_CO",
            "tz": "America/Bogota",
            "company_id": company.id,
            "company_ids": [Command.set((companies or company).ids)],
            "group_ids": [Command.set([env.ref(group).id for group in groups])],
        }
    )


def make_certificate(company):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CO"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, company.name),
            x509.NameAttribute(NameOID.COMMON_NAME, company.name),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, company.vat),
        ]
    )
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=730))
        .sign(key, hashes.SHA256())
    )
    pem_key = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    stored_key = env["certificate.key"].create(
        {"name": company.name, "content": base64.b64encode(pem_key), "company_id": company.id}
    )
    return env["certificate.certificate"].create(
        {
            "name": company.name,
            "content": base64.b64encode(certificate.public_bytes(serialization.Encoding.PEM)),
            "private_key_id": stored_key.id,
            "company_id": company.id,
        }
    )


env.ref("base.COP").active = True
seller = make_company(
    "Firma Facil SAS", "901414515-7", "Calle 72 # 10-34", "Bogotá", "Bogot",
    "+57 601 234 5678", "certificados@firmafacil.example.com",
)  # fmt: skip
coffee = make_company(
    "Cafe de la Sierra SAS", "900987321-1", "Carrera 43A # 1-50", "Medellín", "Antioquia",
    "+57 604 345 6789", "facturas@cafedelasierra.example.com",
)  # fmt: skip
flowers = make_company(
    "Flores del Valle Ltda", "830114921-1", "Avenida 6N # 23-45", "Cali", "Valle",
    "+57 602 456 7890", "facturas@floresdelvalle.example.com",
)  # fmt: skip
env.user.company_ids |= seller | coffee | flowers
admin = env.ref("base.user_admin")
admin.company_ids |= seller | coffee | flowers
env["account.chart.template"].with_context(lang="es_CO").try_loading(
    "co", seller, install_demo=False
)

tax = seller.account_sale_tax_id or env["account.tax"].search(
    [("company_id", "=", seller.id), ("type_tax_use", "=", "sale"), ("amount", "=", 19)], limit=1
)
product = env["product.product"].create(
    {
        "name": "Digital certificate, one year",
        "type": "service",
        "list_price": 100000,
        "taxes_id": [Command.set(tax.ids)],
        "supplier_taxes_id": [Command.clear()],
        "company_id": False,
    }
)
product.with_context(lang="es_CO").name = "Certificado digital por un año"
seller.write(
    {
        "certificate_product_id": product.id,
        "certificate_lent_id": make_certificate(seller).id,
        "certificate_accept_test_payments": True,
    }
)
seller.certificate_seller_id = seller

provider = env.ref("payment.payment_provider_demo")
if provider.company_id != seller:
    provider = provider.copy({"company_id": seller.id})
provider.write({"state": "test", "is_published": True, "name": "Demo"})
provider.payment_method_ids.active = True

user = ["account.group_account_invoice"]
make_user("Ana Usuaria", "ana", coffee, user)
make_user("Mario Gerente", "mario", coffee, [f"{MODULE}.group_certificate_manager", *user])
make_user("Flor Usuaria", "flor", flowers, user)
make_user(
    "Carla Custodia", "carla", seller,
    [f"{MODULE}.group_certificate_custodian", "account.group_account_manager"],
    seller | coffee | flowers,
)  # fmt: skip
env.cr.commit()
