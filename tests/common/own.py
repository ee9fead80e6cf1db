"""The steps of a company that brings its own certificate."""

import io

from odoo.http import Request
from odoo.tests import HttpCase

from ...const import OWN_CERTIFICATE_ROUTE
from ...models.keys import custody
from . import own_samples
from .case import CertificateCommon
from .own_samples import PASSWORD

CERTIFICATE = "certificate.certificate"


class OwnCertificateCommon(CertificateCommon):
    def get_own(self, user=None):
        """Return an activation in which the company brings its own certificate."""
        return self.start(user)._start_own()

    def load(self, activation, data=None, password=PASSWORD):
        """Load a file; without one a good one. Returns what is wrong."""
        files = data if isinstance(data, list) else [data or own_samples.make_p12()]
        return activation._load_certificate(files, password)

    def get_active_own(self, user=None):
        activation = self.get_own(user)
        self.assertFalse(self.load(activation))
        activation.action_finish()
        return activation

    def assertSigns(self, activation):
        """Assert that the key and the certificate of an activation in force belong together."""
        certificate, key = custody.open_signing_key(activation)
        self.assertEqual(
            certificate.public_key().public_numbers(), key.public_key().public_numbers()
        )

    def get_certificates(self):
        certificates = self.env[CERTIFICATE].sudo().with_context(active_test=False)
        return certificates.search([("company_id", "=", self.company_a.id)])


class UploadCommon(OwnCertificateCommon, HttpCase):
    def upload(self, activation, user=None, certificate=None, token=True, **data):
        self.authenticate(user and user.login, user and user.login)
        if token:
            data["csrf_token"] = Request.csrf_token(self)
        files = {"certificate": ("own.p12", io.BytesIO(certificate or own_samples.make_p12()))}
        return self.url_open(f"{OWN_CERTIFICATE_ROUTE}/{activation.id}", data=data, files=files)
