"""A company that signs, and its log of signatures."""

from odoo.exceptions import UserError

from ...const import GROUP_CUSTODIAN
from . import samples
from .case import CertificateCommon
from .xml_samples import make_document

LOG = "certificate.signature.log"
SECRET = "outside the database, and long enough for it"


class SigningCommon(CertificateCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.activation = cls.get_walk().get_active()
        cls.document = make_document()
        # Anything of the company that its users see can be signed for.
        cls.record = cls.env["res.partner"].create(
            {"name": "SETP990000001", "company_id": cls.company_a.id}
        )
        cls.lender_only = samples.make_user(
            cls.env, "Clara", "certificate_lender", cls.seller, GROUP_CUSTODIAN
        )

    def sign(self, user=None, record=None, document=None):
        record = (record or self.record).with_user(user or self.user_a)
        activation = record.company_id._get_active_certificate_activation() or self.activation
        return activation._sign_xml(document or self.document, record)

    def link(self):
        """Do what happens just before a commit."""
        self.env.flush_all()
        self.cr.precommit.run()

    def get_heads(self, log=LOG):
        heads = self.env["certificate.signature.head"].sudo()
        return heads.search([("log", "=", log), ("company_id", "=", self.company_a.id)])

    def get_rows(self):
        return self.env[LOG].sudo().search([], order="id")

    def find_breaks(self, company=None):
        found = self.env[LOG].sudo()._find_breaks(company or self.company_a)
        return [(broken.code, broken.position) for _company, broken in found]

    def execute(self, query, *params):
        """Do what only who has the database can do."""
        self.cr.execute("ALTER TABLE certificate_signature_log DISABLE TRIGGER USER")
        self.cr.execute(query, params)
        self.cr.execute("ALTER TABLE certificate_signature_log ENABLE TRIGGER USER")
        self.env.invalidate_all()

    def assertNotSigned(self, error=UserError, **options):
        with self.assertRaises(error):
            self.sign(**options)
        self.assertFalse(self.get_rows())
