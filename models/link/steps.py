import base64
from dataclasses import dataclass

from odoo import SUPERUSER_ID, fields, models

from ...const import PORTAL_CONTACT, REPRESENTATIVE_FIELDS
from ...tools import csc
from ...tools.pdf_check import MAX_SIZE

# What a letter says of the company itself: its address; name and NIT are those that were confirmed.
_PROFILE = ("street", "city", "email", "phone")
_FILENAME_LENGTH = 1000
# More than any value may have: what is too long is refused with the field's own sentence.
_VALUE_LENGTH = 2000


@dataclass(frozen=True)
class LinkedCompany:
    """The linked client who acts, in the context: an object, which no client can send."""

    link_id: int


class CertificateLinkClient(models.Model):
    """The three steps through a link: what the portal's pages say and take, in JSON.

    Each step may be sent again: it does what is not done yet, and answers with what is. So an answer that got lost is
    asked for once more, and nothing is bought, attached or finished twice.
    """

    _inherit = "certificate.link.client"

    def _run_step(self, step, body):
        """Do one step in the name of the client, and describe where its activation is then.

        :param str step: one of those below
        :param dict body: as it came
        :rtype: dict
        :raise UserError: with one sentence, when it is not possible
        """
        steps = {
            "status": self._step_status,
            "profile": self._step_profile,
            "buy": self._step_buy,
            "continue": self._step_continue,
            "representative": self._step_representative,
            "letter": self._step_letter,
            "signed-letter": self._step_signed_letter,
            "signed-letter/delete": self._step_delete,
            "finish": self._step_finish,
        }
        activation = self._get_acting_activation()
        if activation.state == "pay":
            activation.action_verify_payment()
        answer = steps[step](activation, body) or {}
        activation.invalidate_recordset()
        return {**self._describe_activation(activation), **answer}

    def _get_acting_activation(self):
        """Return the current activation of the client, or start one, in an environment in which the client acts.

        :rtype: certificate.activation
        """
        client = self.sudo().client_id
        context = {
            "allowed_company_ids": client.ids,
            "lang": self.env.lang or "en_US",
            PORTAL_CONTACT: LinkedCompany(self.id),
        }
        acting = self.env(user=SUPERUSER_ID, su=True, context=context)
        return acting["certificate.activation"]._get_or_start()

    # === STEPS === #

    def _step_status(self, activation, body):
        """Change nothing but what the payment has become."""

    def _step_profile(self, activation, body):
        """Write the client's address, as its letter says it."""
        partner = activation.company_id.partner_id
        vals = {name: csc.read_text(body[name], 250) or False for name in _PROFILE if name in body}
        if "department" in body:
            vals["state_id"] = self._find_department(activation, body["department"]).id
        partner.write(vals)

    def _step_buy(self, activation, body):
        url = activation._buy()
        return {"payment_url": f"{self.get_base_url()}{url}" if url else None}

    def _step_continue(self, activation, body):
        activation.action_continue()

    def _step_representative(self, activation, body):
        values = body.get("representative")
        if not isinstance(values, dict):
            raise csc.CscRefused("step")
        vals = {
            name: csc.read_text(values[name], _VALUE_LENGTH)
            for name in REPRESENTATIVE_FIELDS
            if name in values
        }
        name = "representative_identification_type_id"
        if name in vals:
            kinds = activation.env["l10n_latam.identification.type"]
            field = activation._fields[name]
            kind = kinds.search(field.domain).filtered(
                lambda kind: kind.l10n_co_document_code == vals[name]
            )
            vals[name] = str(kind[:1].id or "")
        if "representative_state_id" in vals:
            department = self._find_department(activation, vals["representative_state_id"])
            vals["representative_state_id"] = str(department.id or "")
        activation._save_representative(vals)

    def _find_department(self, activation, code):
        """Return a department of Colombia by its code, or an empty record.

        :param code: as it came
        :rtype: res.country.state
        """
        states, code = activation.env["res.country.state"], csc.read_text(code, 10)
        domain = [("country_id.code", "=", "CO"), ("code", "=", code)]
        return states.search(domain, limit=1) if code else states

    def _step_letter(self, activation, body):
        activation.action_download_letter()
        content = activation._render_letter()
        return {
            "letter": {
                "filename": f"{activation._get_letter_filename()}.pdf",
                "content": base64.b64encode(content).decode(),
            }
        }

    def _step_signed_letter(self, activation, body):
        content = csc.read_base64(body.get("content"), "step")
        if len(content) > MAX_SIZE:
            raise csc.CscRefused("letter_too_large")
        name = body.get("filename")
        activation._attach_signed_letter(
            base64.b64encode(content), name[:_FILENAME_LENGTH] if isinstance(name, str) else ""
        )

    def _step_delete(self, activation, body):
        activation.action_delete_signed_letter()

    def _step_finish(self, activation, body):
        activation._finish_unless_void()

    # === WHERE IT IS === #

    def _describe_activation(self, activation):
        """Describe an activation as the pages of the portal do.

        :rtype: dict
        """
        return {
            "activation": activation.name,
            "phase": activation.phase,
            "price": {
                "total": activation.price_total,
                "currency": activation.currency_id.name,
                "validity": activation._get_validity(),
            },
            "payment": {
                "status": activation.payment_status,
                "sentence": activation.payment_sentence or "",
            },
            "representative": {
                name: self._read_representative(activation, name) for name in REPRESENTATIVE_FIELDS
            },
            "errors": activation._get_letter_errors() if activation.phase == "process" else {},
            "letter_code": activation.letter_code or None,
            "signed_letter": (
                activation.signed_letter_sha256
                and {
                    "filename": activation.signed_letter_filename or "",
                    "size": activation.signed_letter_size,
                    "pages": activation.signed_letter_pages,
                    "sha256": activation.signed_letter_sha256,
                }
            )
            or None,
            "alerts": [
                {name: alert[name] for name in ("name", "level", "sentence")}
                for alert in activation._describe_alerts()
            ],
            "date_start": fields.Date.to_string(activation.date_start) or None,
            "date_end": fields.Date.to_string(activation.date_end) or None,
        }

    def _read_representative(self, activation, name):
        value = activation[name]
        if name == "representative_identification_type_id":
            return value.l10n_co_document_code or ""
        return (value.code if name == "representative_state_id" else value) or ""
