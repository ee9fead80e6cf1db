import base64
import hashlib
import logging
import re
import secrets

from cryptography.x509.oid import NameOID

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS
from odoo.http import request

from ...const import REPRESENTATIVE_DOCUMENTS, VERIFY_PATH
from ...reports.activation_record import render_record
from ...tools import identity
from ...tools.certificate_chain import get_sha256
from ...tools.pdf_append import PdfNotAppended, append_pdf
from ...tools.sandbox import ChildUnavailable
from ..core.whole_files import read_whole
from ..keys import custody
from ..letter.res_company import laying_out
from ..letter.terms import Terms

_logger = logging.getLogger(__name__)

_USER_AGENT_LENGTH = 300
_CODE_BYTES = 10  # 80 bits: nobody finds one by trying
_CODE = re.compile(r"[A-Z2-7]{16}")
# The NIT's attribute in Colombian certificates, which has no short name in RFC 4514.
_NAMES = {NameOID.SERIAL_NUMBER: "SERIALNUMBER", NameOID.EMAIL_ADDRESS: "E"}
# Facts that a new edition of a record keeps from the first one.
_FACTS_OF_ACTIVATION = ("url", "activated_on", "user", "ip", "user_agent")
_BLANK = re.compile(r"[\s\-\u2010-\u2015]+")


class CertificateActivation(models.Model):
    """The evidence of an activation: facts, the file that states them, and the code that verifies it."""

    _inherit = "certificate.activation"

    record_code = fields.Char(
        string="Verification code",
        readonly=True,
        copy=False,
        help="Anyone who knows it can verify the activation on a public page.",
    )
    record_facts = fields.Json(string="Facts of the record", readonly=True, copy=False)
    record_file = fields.Binary(
        string="Activation record",
        attachment=True,
        readonly=True,
        copy=False,
        groups=NO_ACCESS,  # read by `_read_record` alone, which compares it
        help="The signed letter, and who activated which certificate, when, from where and on what "
        "grounds.",
    )
    record_sha256 = fields.Char(string="SHA-256 of the record", readonly=True, copy=False)

    _record_code_unique = models.UniqueIndex(
        "(record_code) WHERE record_code IS NOT NULL",
        "This verification code is taken.",
    )

    _kept_files = {"record_file": ("record_sha256", "record_facts", "record_code")}

    def _keep_record(self, is_new_edition=False):
        """Store the record of an activation that has just become active, or whose letter was
        reviewed since.

        A scanned letter comes first, in the same file. A digitally signed letter is left out,
        because its signature would no longer be valid: the record states its SHA-256 instead, as it
        does when the scan cannot be parsed.

        :param bool is_new_edition: whether the code stays, and who activated it, when and from where; the
            SHA-256 of the edition before goes to the history
        """
        code = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode()
        former = self.sudo().record_facts if is_new_edition else None
        facts = self._get_record_facts(
            former["code"] if former else "-".join(re.findall("....", code))
        )
        if former:
            facts |= {name: former[name] for name in _FACTS_OF_ACTIVATION}
            self._trusted().message_post(
                body=self.env._(
                    "New edition of the record. SHA-256 of the one before: %s",
                    self.sudo().record_sha256,
                )
            )
        with laying_out(self.env):
            record = render_record(facts)
        letter = facts["letter"]
        if letter and not letter["is_signed"]:
            scan = read_whole(self.sudo()).signed_letter
            try:
                # If the server is too busy to examine files, keep the record without the scan.
                with self._checking_files():
                    record = append_pdf(base64.b64decode(scan), record)
            except (PdfNotAppended, ChildUnavailable):
                _logger.warning("The record of activation %s stands without its letter.", self.id)
        self._trusted().write(
            {
                "record_code": facts["code"],
                "record_facts": facts,
                "record_file": base64.b64encode(record),
                "record_sha256": hashlib.sha256(record).hexdigest(),
            }
        )

    def _get_record_facts(self, code):
        """Gather everything that the record says, as of now and of the request that is served.

        :param str code: the verification code
        :return: texts, whole numbers and ISO dates only, so that they can be stored; a part that
            this activation has not is None
        :rtype: dict
        """
        self.ensure_one()
        activation = self.sudo()
        company, lender = activation.company_id, activation.seller_id
        certificate = activation.certificate_id
        public = custody.load_certificate(certificate)
        document = activation.representative_identification_type_id
        name = filter(None, (activation.representative_name, activation.representative_surname))
        has_letter = bool(activation.signed_letter_sha256)
        return {
            "name": activation.name,
            "code": code,
            "url": f"{company.get_base_url()}{VERIFY_PATH}/{code}",
            "paper": lender._get_letter_layout()["page_size"],
            "company": {"name": company.name, "nit": identity.format_nit(company.vat) or ""},
            "lender": (
                lender
                and self.needs_letter
                and {"name": lender.name, "nit": identity.format_nit(lender.vat) or ""}
            )
            or None,
            "date_start": activation.date_start.isoformat(),
            "date_end": activation.date_end.isoformat(),
            "activated_on": fields.Datetime.to_string(fields.Datetime.now()),
            "user": self._get_actor_facts(),
            **self._get_request_facts(),
            "representative": {
                "name": " ".join(name),
                "document": REPRESENTATIVE_DOCUMENTS.get(document.l10n_co_document_code, ""),
                "number": activation.representative_vat,
            }
            if activation.representative_vat
            else None,
            "letter": {
                "code": activation.letter_code,
                "date": activation.letter_date.isoformat(),
                "scope": list(Terms.of(activation).scope),
                "sha256": activation.signed_letter_sha256,
                "pages": activation.signed_letter_pages,
                "size": activation.signed_letter_size,
                "is_signed": self._is_letter_signed_digitally(),
                "returned": self._get_return_facts(),
                **self._get_review_facts(),
            }
            if has_letter
            else None,
            "certificate": {
                "subject": public.subject.rfc4514_string(_NAMES),
                "issuer": public.issuer.rfc4514_string(_NAMES),
                "serial": f"{public.serial_number:X}",
                "sha256": get_sha256(public),
                "date_end": self._get_day(certificate.date_end).isoformat(),
                "anchor": (
                    certificate.issuer_anchor_id
                    and {
                        "name": certificate.issuer_anchor_id.name,
                        "sha256": certificate.issuer_anchor_id.sha256,
                    }
                )
                or None,
                "warnings": certificate._find_issuer_warnings(activation._read_certificate()),
            },
            "payment": self._get_payment_facts(),
        }

    def _is_record_current(self):
        """Tell whether the record has the current period and review; otherwise it is written again.

        :rtype: bool
        """
        activation = self.sudo()
        facts = activation.record_facts or {}
        start = activation.date_start and activation.date_start.isoformat()
        letter = facts.get("letter")
        return facts.get("date_start") == start and (
            not letter or _get_decision(letter) == _get_decision(self._get_review_facts())
        )

    def _get_payment_facts(self):
        activation = self.sudo()
        receipt = activation._get_deciding_receipt()
        if not (activation.payment_move_id or receipt):
            return None
        paid_on = activation.payment_date
        return {
            "reference": activation.payment_reference,
            "amount": receipt.amount if receipt else activation.price_total,
            "currency": activation.currency_id.name,
            "date": paid_on.isoformat() if paid_on else None,
        }

    @api.model
    def _get_request_facts(self):
        """Return where the request that is served came from; nothing in a shell or a cron.

        :rtype: dict[str, str | None]
        """
        if not request:
            return {"ip": None, "user_agent": None}
        agent = "".join(filter(str.isprintable, request.httprequest.user_agent.string))
        return {
            "ip": request.httprequest.remote_addr,
            "user_agent": agent[:_USER_AGENT_LENGTH] or None,
        }

    def _is_letter_signed_digitally(self):
        """Tell whether the attached letter bears a digital signature."""
        scan = read_whole(self.sudo()).signed_letter
        return self._check_pdf(base64.b64decode(scan)).signed

    def _read_record(self):
        """Return the record as it was made.

        :rtype: bytes
        :raise AccessError: for a user who may not see the activation
        :raise UserError: when there is none, or the stored file is not the one that was made
        """
        self.ensure_one()
        self.check_access("read")
        activation = read_whole(self.sudo())
        if not activation.record_sha256:
            raise UserError(self.env._("The activation is not finished: there is no record yet."))
        content = base64.b64decode(activation.record_file or b"")
        if hashlib.sha256(content).hexdigest() != activation.record_sha256:
            raise UserError(
                self.env._(
                    "The stored record is missing or was altered. Ask your administrator to restore it "
                    "from a backup of the filestore: the file with the SHA-256 %s.",
                    activation.record_sha256,
                )
            )
        return content

    def _get_record_filename(self):
        """Name the record's file, without extension."""
        self.ensure_one()
        return f"Constancia de activación {self.name.replace('/', '-')}"

    @api.model
    def _verify_record(self, code):
        """Return what anyone may know of an activation whose code they have.

        :param str code: as typed or scanned; blanks, hyphens and case do not matter
        :return: `name`, `company`, `lender`, `brand` (the lender's `res.company`), `date_start`, `date_end`, `activated_on` (a date),
            `state`, `is_verified` (whether the issuer is), `issuer_state` (in words), `issuer_sentences`, `review` (of the letter),
            `is_blocked` (nothing is signed until it is accepted), `is_paused` (by its company) and `sha256`, or nothing for an unknown code; never a person
        :rtype: dict | None
        """
        code = _BLANK.sub("", code).upper()
        if not _CODE.fullmatch(code):
            return None
        code = "-".join(re.findall("....", code))
        activation = self.sudo().search([("record_code", "=", code)], limit=1)
        if not activation:
            return None
        facts = activation.record_facts
        today = self._get_today()
        # A finished renewal that waits for its start counts as active too.
        state = "active" if activation.phase == "waiting" else activation.state
        is_over = state == "active" and activation.date_end < today
        return {
            "code": code,
            "name": activation.name,
            "company": facts["company"],
            "lender": facts["lender"],
            "brand": activation.certificate_id.company_id if facts["lender"] else None,
            "date_start": activation.date_start,
            "date_end": activation.date_end,
            "activated_on": self._get_day(fields.Datetime.to_datetime(facts["activated_on"])),
            # Past its last day it counts as ended, even before the cron has changed the state.
            "state": "expired" if is_over else state,
            "is_verified": activation.issuer_level == "anchored",
            "issuer_state": dict(
                activation._fields["issuer_state"]._description_selection(self.env)
            ).get(activation.issuer_state),
            "issuer_sentences": activation.certificate_id._get_issuer_sentences(is_public=True),
            "review": activation.letter_review,
            "is_blocked": activation.is_signing_blocked,
            "is_paused": activation.is_paused,
            "sha256": activation.record_sha256,
        }


def _get_decision(letter):
    """Return what was decided on a letter, and when.

    A record made before lenders reviewed letters mentions no review; it remains the evidence until
    something is decided.

    :param dict letter: facts of it
    """
    return letter.get("review") or "waiting", letter.get("reviewed_on")
