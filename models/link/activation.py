from datetime import datetime, timezone

from odoo import models
from odoo.exceptions import UserError

from ...tools import key_seal, xades
from ..signing.signing import open_activated
from ..trace.log import log_signature


class CertificateActivation(models.Model):
    _inherit = "certificate.activation"

    def _sign_for_link(self, link, kind, content, name):
        """Sign for a linked client, as `_sign_xml` does for a company of this database, and log it first.

        :param link: `certificate.link.client` in sudo mode; that it may ask, and for what, was checked
        :param str kind: `document` or `hash`
        :param bytes content: the document, or its SHA-256
        :param str name: of the document
        :return: what was signed, and the id of its row in the log
        :rtype: tuple[bytes, int]
        :raise UserError: when the activation, the certificate or the document does not allow it
        """
        certificate, key = open_activated(self, link.client_id)
        now = datetime.now(timezone.utc)
        try:
            if kind == "hash":
                vals = self._describe_signature(link, certificate, "Hash", content, now)
                vals["document_digest"] = content.hex()
                digest, withheld = key_seal.withhold(xades.sign_digest, content, certificate, key)
            else:
                document_type = xades.get_kind(content)
                self._get_route().check_document(self, content)
                vals = self._describe_signature(link, certificate, document_type, content, now)
                role = self._get_route().signer_role
                digest, withheld = key_seal.withhold(
                    xades.sign_and_verify, content, certificate, key, role, now
                )
        except xades.XadesError as error:
            raise UserError(self._explain_refusal(error)) from error
        vals |= {"document_name": name or link.display_name, "signature_digest": digest}
        row_id = log_signature(self.env, vals)
        return key_seal.release(withheld), row_id
