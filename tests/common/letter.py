"""A company whose letter is downloaded, and what it attaches then."""

import base64

from odoo.exceptions import ValidationError

from . import letter_samples, own_samples
from .case import CertificateCommon

MATCH = ("signed_letter_match", "signed_letter_signers")


class RightLetterCommon(CertificateCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.walk_to_letter()

    def attach_bytes(self, data, activation=None):
        self.attach(activation or self.activation, base64.b64encode(data))

    def attach_scan(self, code=None):
        self.attach_bytes(letter_samples.letter_scan(code or self.activation.letter_code))

    def trust_root(self):
        """Let the administrator add the root of the samples."""
        root = own_samples.get_chain()[1]
        anchors = self.env["certificate.trust.anchor"].with_user(self.system_user)
        return anchors.create({"file": base64.b64encode(own_samples.to_pem(root))})

    def assertRefused(self, data, words=""):
        """The file is refused, with these words, and what was attached before stays."""
        before = self.activation.read([*MATCH, "signed_letter_sha256"])
        with self.assertRaisesRegex(ValidationError, words):
            self.attach_bytes(data)
        self.assertEqual(self.activation.read([*MATCH, "signed_letter_sha256"]), before)
