"""Keys in custody, and who would have them from inside Odoo."""

import base64
import binascii
import re
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from odoo.tools import mute_logger

from ...models.keys import custody
from ...tools import key_seal
from . import own_samples
from .own import OwnCertificateCommon

CERTIFICATE, KEY = "certificate.certificate", "certificate.key"
NEUTRALIZE = Path(__file__).parents[2] / "data" / "neutralize.sql"
# A run of base64, which in JSON and XML can be broken into lines, and one of hexadecimal digits.
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{40,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){32,}")
_BREAK = re.compile(rb"\\+[nr]|\s")


class CustodyCommon(OwnCertificateCommon):
    """A seller whose certificate lies in Odoo as it always did, and a server with a secret."""

    def setUp(self):
        super().setUp()
        context = own_samples.secret()
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.lent = self.seller.sudo().certificate_lent_id

    def get_numbers(self, key):
        """Return what alone makes a private key: its primes, as bytes."""
        numbers = key.private_numbers()
        return {number.to_bytes(128, "big")[8:40] for number in (numbers.p, numbers.q)}

    def leaks(self, content, secrets):
        """Tell whether bytes hold a secret: as it is, in base64 (of base64), or in hexadecimal."""
        if any(secret in content for secret in secrets):
            return True
        content = _BREAK.sub(b"", content)
        for text in _BASE64.findall(content):
            run = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
            # Whatever stands before it may look like base64 too.
            for piece in (run[start:] for start in range(4)):
                decoded = base64.b64decode(piece[: len(piece) // 4 * 4])
                if self.leaks(decoded, secrets):
                    return True
        return any(self.leaks(binascii.unhexlify(run), secrets) for run in _HEX.findall(content))

    def get_noted_paths(self):
        """Return the files of removed keys that are still to be removed."""
        store = self.env["ir.attachment"]
        files = self.env["certificate.key.file"].sudo().search([])
        return [Path(store._full_path(file.store_fname)) for file in files]

    def open(self, certificate):
        """Return the key of a certificate, as nothing but a test has it."""
        pem = key_seal.export_key(custody.open_key(certificate))
        return serialization.load_pem_private_key(pem, None)


class AttackCommon(CustodyCommon):
    def evaluate(self, code, user=None, **values):
        """Run a server action as the system administrator; return what it finds, as bytes."""
        user = user or self.system_user
        context = {"allowed_company_ids": user.company_ids.ids}
        env = self.env(user=user, su=False, context=context)
        action = env["ir.actions.server"].create(
            {
                "name": "x",
                "state": "code",
                "model_id": self.env["ir.model"]._get(CERTIFICATE).id,
                "code": f"{code}\naction = {{'found': found}}",
            }
        )
        try:
            with (
                self.cr.savepoint(),
                mute_logger("odoo.addons.base.models.ir_actions", "odoo.sql_db"),
            ):
                return repr(action.with_context(**values).run()["found"]).encode()
        except Exception as error:  # whatever it says is an answer
            return repr(error).encode()

    def make_record(self):
        """Make what is signed for."""
        partners = self.env["res.partner"].sudo()
        return partners.create({"name": "SETP1", "company_id": self.company_a.id})

    def assertHidden(self, content, patterns):
        for pattern in patterns:
            self.assertNotIn(pattern, content)
