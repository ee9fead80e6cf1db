"""A vendor's database with a linked client: the client's database is played by whoever calls."""

import hashlib
import json
from unittest.mock import patch

from odoo.tests import HttpCase

from ...const import GROUP_CUSTODIAN, LINK_PATH, LINK_RELEASE, LINKS_PARAMETER
from ...controllers import linked_databases
from ...tools import csc
from ...tools.link_token import make_token
from ...tools.rate_limit import RateLimit
from . import samples
from .case import CertificateCommon
from .walk import Walk
from .xml_samples import make_document

NIT = "901555444-7"
DIGITS = "901555444"
NAME = "Panadería del Sur SAS"
DATABASE = "5f0c1f0e-8d55-11ef-9d3a-0242ac120002"


def make_invoice(nit=DIGITS, number="SETP990000001", kind="Invoice", content=""):
    """Write a document that names its issuer, and can be signed."""
    taxed = f"<cac:PartyTaxScheme><cbc:CompanyID>{nit}</cbc:CompanyID></cac:PartyTaxScheme>"
    party = (
        f"<cac:SenderParty>{taxed}</cac:SenderParty>"
        if kind in ("ApplicationResponse", "AttachedDocument")
        else f"<cac:AccountingSupplierParty><cac:Party>{taxed}</cac:Party></cac:AccountingSupplierParty>"
    )
    return make_document(kind, number=number, content=party + content)


class LinkCommon(CertificateCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].sudo().set_param(LINKS_PARAMETER, "True")
        # Their letters list all that can be signed.
        cls.seller.sudo().write(
            {"certificate_signs_events": True, "certificate_signs_support": True}
        )
        cls.vendor_manager = samples.make_user(
            cls.env, "Vera", "certificate_vendor", cls.seller, GROUP_CUSTODIAN
        )
        cls.links = cls.env["certificate.link.client"].with_user(cls.vendor_manager)

    @classmethod
    def make_code(cls):
        """Make a pairing code, and return the link and the code."""
        context = cls.links.action_make_code()["context"]
        return cls.links.search([], limit=1), context["default_code"].rpartition("#")[2]

    @classmethod
    def make_link(cls, nit=NIT, name=NAME, database=DATABASE):
        """Return an active link and the key that its client has."""
        link, code = cls.make_code()
        key = make_token()
        found = link._find_by_code(code)
        found._ask(cls.get_request(key, nit, name, database), "192.0.2.7")
        link.action_confirm()
        return link, key

    @staticmethod
    def get_request(key, nit=NIT, name=NAME, database=DATABASE):
        """Return what a client's database says of itself, when it asks for a link."""
        return {
            "nit": nit,
            "name": name,
            "database": database,
            "key_hash": hashlib.sha256(key.encode()).hexdigest(),
            "release": LINK_RELEASE,
        }

    @classmethod
    def activate(cls, link):
        """Walk the steps of a linked client, as the vendor's server does in its name."""
        client = link.sudo().client_id
        client.partner_id.with_user(cls.env.ref("base.user_root")).write(
            {
                "street": "Calle 10 # 4-5",
                "city": "Cali",
                "state_id": cls.company_a.state_id.id,
                "email": "facturas@panaderia.example.com",
            }
        )
        user = cls.env.ref("base.user_root")
        env = cls.env(user=user, su=True, context={"allowed_company_ids": client.ids})
        walk = Walk(env, user, cls.provider)
        activation = (
            walk.get_wizard(env["certificate.activation"].action_open_wizard(), user)
            .sudo()
            .activation_id.with_env(env)
        )
        walk.pay(activation)
        activation.action_continue()
        walk.fill(activation, representative_state_id=cls.company_a.state_id.id)
        activation.action_download_letter()
        walk.attach(activation)
        activation.action_finish()
        assert activation.state == "active"
        return activation


class LinkHttpCommon(LinkCommon, HttpCase):
    """Asks as a client's database does: over HTTP."""

    def setUp(self):
        super().setUp()
        misses = RateLimit(limit=30, seconds=60)
        self.startPatcher(patch.object(linked_databases, "_misses", misses))

    def ask(self, path, body=None, key=None, database=DATABASE, data=None, **headers):
        """Send a request.

        :param str path: below `/csc/v2/`, or a whole one
        :param key: of a link; without one there is no header
        :param bytes data: in place of the JSON of a body
        """
        if key:
            headers["Authorization"] = csc.write_bearer(key, database)
        if not path.startswith("/"):
            path = f"/csc/v2/{path}"
        data = json.dumps(body or {}).encode() if data is None else data
        return self.url_open(
            path, data=data, headers={"Content-Type": "application/json", **headers}, timeout=60
        )

    def tell(self, path, body=None, **options):
        """Send a request to the routes of pairing."""
        return self.ask(f"{LINK_PATH}/v1/{path}", body, **options)
