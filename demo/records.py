"""Companies, users and certificates, made at run time: for the demo data, and for the tests."""

import base64
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command

# What `make_company` takes of each.
SELLER = (
    "Firma Fácil SAS",
    "901414515-7",
    "Calle 72 # 10-34",
    "Bogotá",
    "Bogot",
    "certificados@firmafacil.example.com",
)
COFFEE = (
    "Café de la Sierra SAS",
    "900987321-1",
    "Carrera 43A # 1-50",
    "Medellín",
    "Antioquia",
    "facturas@cafedelasierra.example.com",
)
FLOWERS = (
    "Flores del Valle Ltda",
    "830114921-1",
    "Avenida 6N # 23-45",
    "Cali",
    "Valle",
    "facturas@floresdelvalle.example.com",
)
BAKERY = (
    "Panadería El Trigal SAS",
    "890345128-4",
    "Calle 19 # 8-34",
    "Pereira",
    "Risaralda",
    "facturas@eltrigal.example.com",
)
TRANSPORT = (
    "Transportes Andinos SAS",
    "811045217-7",
    "Carrera 23 # 62-16",
    "Manizales",
    "Caldas",
    "facturas@transportesandinos.example.com",
)


def make_key():
    """A fresh RSA key of 2048 bits, which takes about 0.1 s."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def dump_key(key):
    """A private key as PEM bytes, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def make_certificate(name, nit, key, days=730, started_days_ago=1):
    """A self-signed certificate of a company, as PEM bytes."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CO"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, nit),
        ]
    )
    start = datetime.now(timezone.utc) - timedelta(days=started_days_ago)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


def store_certificate(company, **options):
    """A new certificate and its key as records of a company."""
    key = make_key()
    stored_key = company.env["certificate.key"].create(
        {
            "name": company.name,
            "content": base64.b64encode(dump_key(key)),
            "company_id": company.id,
        }
    )
    content = make_certificate(company.name, company.vat or "", key, **options)
    return company.env["certificate.certificate"].create(
        {
            "name": company.name,
            "content": base64.b64encode(content),
            "private_key_id": stored_key.id,
            "company_id": company.id,
        }
    )


def make_company(env, name, nit, street, city, state, email, phone="+57 601 234 5678"):
    """A Colombian company with a complete profile and no chart of accounts.

    `state` is a part of the department's name.
    """
    states = env["res.country.state"]
    company = env["res.company"].create(
        {
            "name": name,
            "vat": nit,
            "country_id": env.ref("base.co").id,
            "currency_id": env.ref("base.COP").id,
            "street": street,
            "city": city,
            "state_id": states.search(
                [("country_id.code", "=", "CO"), ("name", "ilike", state)], limit=1
            ).id,
            "phone": phone,
            "email": email,
        }
    )
    company.partner_id.l10n_latam_identification_type_id = env.ref("l10n_co.rut")
    return company


def make_user(env, name, login, companies, *groups, **values):
    """An internal user of some companies, the first of which is the default.

    The password is the login, or none where a policy of passwords refuses that: an administrator gives one.
    """
    vals = {
        "name": name,
        "login": login,
        "email": f"{login}@example.com",
        "company_id": companies[0].id,
        "company_ids": [Command.set(companies.ids)],
        "group_ids": [Command.set([env.ref(group).id for group in groups])],
        **values,
    }
    try:
        with env.cr.savepoint():
            return env["res.users"].create({"password": login, **vals})
    except UserError:
        return env["res.users"].create(vals)


def make_seller(company):
    """Let a company with a chart of accounts sell and lend the certificate.

    It sells requests for own ones at twice the price.
    """
    env = company.env
    taxes = company.account_sale_tax_id or env["account.tax"].search(
        [
            ("company_id", "=", company.id),
            ("type_tax_use", "=", "sale"),
            ("amount", "=", 19),
        ],
        limit=1,
    )
    product, request = env["product.product"].create(
        [
            {
                "name": name,
                "type": "service",
                "list_price": sold_for,
                "taxes_id": [Command.set(taxes.ids)],
                "supplier_taxes_id": [Command.clear()],
                "company_id": company.id,
            }
            for name, sold_for in (
                ("Digital certificate, one year", 100000),
                ("Digital certificate of your own, one year", 200000),
            )
        ]
    )
    company.write(
        {
            "certificate_product_id": product.id,
            "certificate_request_product_id": request.id,
            "certificate_lent_id": store_certificate(company).id,
            "certificate_accept_test_payments": True,
        }
    )
    name_lender(company)
    company.sudo().certificate_letter_read_on = fields.Datetime.now()
    company.certificate_seller_id = company
    return product


def name_lender(company):
    """Enter what the letter states of a company that lends its certificate, where it is missing."""
    missing = {
        "street": "Calle 72 # 10-34",
        "city": "Bogotá",
        "phone": "601 234 5678",
        "email": "certificados@firma.example.com",
    }
    company.write({name: value for name, value in missing.items() if not company[name]})
    company.sudo().write(
        {
            "certificate_software": "Firma Fácil en la nube",
            "certificate_policy": "www.firma.example.com/datos",
            "certificate_is_provider": True,
            "certificate_provider_resolution": "001234 de 2025",
            "certificate_is_signing_allowed": True,
        }
    )


def activate(company, scan):
    """An active activation of the lent certificate for a year, created directly.

    `scan` is the signed letter, a PDF.
    """
    activations = company.env["certificate.activation"].sudo()
    activation = activations.create({"company_id": company.id, "state": "process"})
    activation.signed_letter = base64.b64encode(scan)
    today = activation._get_today()
    activation.write(
        {
            "state": "active",
            "certificate_id": company.certificate_seller_id.certificate_lent_id.id,
            "date_start": today,
            "date_end": today + timedelta(days=364),
        }
    )
    return activation
