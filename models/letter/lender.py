"""What the letter says of the lender, and what the lender lends."""

from datetime import date

from babel.dates import format_date
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...tools import identity, letter_scope
from ...tools.letter_text import get_names
from ...tools.x509_names import get_organisation
from ..core.mailing import write_note
from ..keys import custody


class ResCompany(models.Model):
    """The lender of a certificate, as its letter names it: only an administrator writes it."""

    _inherit = "res.company"

    certificate_signs_events = fields.Boolean(
        string="Sign events",
        groups="base.group_system",
        help="Let the lent certificate sign the events of invoices (ApplicationResponse): receipt, acceptance and "
        "claim. The letter then lists them.",
        prefetch="certificate",
    )
    certificate_signs_support = fields.Boolean(
        string="Sign support documents",
        groups="base.group_system",
        help="Let the lent certificate sign the support documents of purchases from those who need not issue "
        "invoices, and their adjustment notes. The letter then lists them.",
        prefetch="certificate",
    )
    certificate_software = fields.Char(
        string="Software that signs",
        groups="base.group_system",
        help="The letter lets the certificate sign through this software alone.",
        prefetch="certificate",
    )
    certificate_policy = fields.Char(
        string="Data policy",
        groups="base.group_system",
        help="The address on the web of the lender's policy for personal data, which the letter states: whoever signs "
        "it consents to the processing of personal data.",
        prefetch="certificate",
    )
    certificate_is_provider = fields.Boolean(
        string="Authorised technology provider",
        groups="base.group_system",
        help="DIAN has authorised this company as a technology provider (proveedor tecnológico).",
        prefetch="certificate",
    )
    certificate_provider_resolution = fields.Char(
        string="Resolution of the authorisation",
        groups="base.group_system",
        help="Number and year of DIAN's resolution, such as 001234 de 2025.",
        prefetch="certificate",
    )
    certificate_is_signing_allowed = fields.Boolean(
        string="The authority allows it",
        groups="base.group_system",
        help="The authority that issued the lent certificate lets this company sign for others with it.",
        prefetch="certificate",
    )
    certificate_letter_changes = fields.Html(
        compute="_compute_certificate_letter_changes",
        groups="base.group_system",
        help="What the default letter says that a text of before does not.",
    )
    certificate_declaration_warning = fields.Char(
        compute="_compute_certificate_declaration_warning", groups="base.group_system"
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("certificate_policy")
    def _check_certificate_policy(self):
        for company in self:
            if company.certificate_policy and not identity.is_web_address(
                company.certificate_policy
            ):
                raise ValidationError(
                    self.env._(
                        "Enter the address of the data policy on the web, such as www.example.com/policy."
                    )
                )

    # === COMPUTE METHODS === #

    @api.depends(
        "certificate_is_provider",
        "certificate_provider_resolution",
        "certificate_is_signing_allowed",
    )
    def _compute_certificate_declaration_warning(self):
        for company in self:
            company.certificate_declaration_warning = company._find_declaration_problem() or False

    @api.depends("certificate_letter_html")
    def _compute_certificate_letter_changes(self):
        items = [Markup("<li>{}</li>").format(line) for line in self._get_letter_changes()]
        for company in self:
            company.certificate_letter_changes = company._has_former_letter() and Markup(
                "<ul>{}</ul>"
            ).format(Markup().join(items))

    # === BUSINESS METHODS === #

    def _get_letter_scope(self):
        """Return the kinds of documents that the letter of this lender lists.

        A text of its own that does not say `{{ documents }}` comes from before that: it lists what the default
        listed then.

        :return: of `tools.letter_scope.KINDS`
        :rtype: tuple[str, ...]
        """
        lender = self.sudo()
        if lender._has_former_letter():
            return letter_scope.FORMER_SCOPE
        return letter_scope.get_scope(lambda name: lender[name])

    def _has_former_letter(self):
        """Tell whether this lender has a text of its own that comes from the default of before 19.0.1.1.0."""
        text = self.sudo().certificate_letter_html
        return bool(text) and "documents" not in get_names(str(text))

    def _tell_former_letter(self):
        """Tell the custodians of these lenders, after an upgrade, what the default letter says now and why.

        Those with a text of their own keep it, and are told by an activity; who has the default has to read it again,
        as after any change of it.
        """
        for lender in self.sudo():
            if not lender.certificate_letter_html:
                continue
            mailing = self.env["certificate.mailing"]
            for user in lender._get_custodians():
                translated = lender.with_context(lang=mailing._choose_person_lang(user, lender))
                lender._get_setup_of_lender(create=True).with_context(
                    mail_activity_quick_update=True
                ).activity_schedule(
                    "mail.mail_activity_data_todo",
                    user_id=user.id,
                    summary=translated.env._("The default letter has changed"),
                    note=write_note(
                        Markup("<br/>").join(
                            (
                                translated.env._(
                                    "%s has a letter of its own, which stays as it is and signs what the former "
                                    "default listed. Compare it with the default of today, with a lawyer:",
                                    lender.name,
                                ),
                                *translated._get_letter_changes(),
                            )
                        )
                    ),
                )

    def _get_letter_changes(self):
        """Say what the default letter says since 19.0.1.1.0, and why, one sentence each.

        :rtype: list[str]
        """
        return [
            self.env._(
                "It lists what is signed ({{ documents }}): whoever signs more than a mandate says answers for it. "
                "Events and support documents are listed only if you choose so in Settings."
            ),
            self.env._(
                "The lender is called the Subscriber throughout, and the controller of the personal data where consent "
                "is given: in the law on personal data, the holder is the person whom they are about."
            ),
            self.env._(
                "The consent names the lender's address, phone, email and data policy, the time of keeping and the "
                "complaint to the SIC, as that law asks."
            ),
            self.env._(
                "It names the certificate and the software, so that it is certain what signs and through what."
            ),
            self.env._(
                "It states the lender's duties, which the exoneration no longer covers: custody, log of signatures, "
                "notice, and its own delays."
            ),
            self.env._(
                "The lender resigns with 15 working days' notice, and a renewal counts from the end of what is in "
                "force."
            ),
            self.env._(
                "A natural person signs in their own name, the place of issue depends on the document, and place and "
                "date of signing are left open."
            ),
            self.env._(
                "It prints whether the lender is an authorised technology provider, if that is declared in Settings."
            ),
        ]

    def _describe_certificate_of_letter(self):
        """Return what a letter says of the certificate that is lent today.

        :return: `authority`, `serial` and `end`, an ISO date; nothing without a certificate that can be read
        :rtype: dict[str, str]
        """
        certificate = self.sudo().certificate_lent_id
        end = self.env["certificate.activation"]._get_day(certificate.date_end)
        if not end:
            return {}
        try:
            public = custody.load_certificate(certificate)
        except UserError:
            return {}
        return {
            "authority": get_organisation(public.issuer),
            "serial": f"{public.serial_number:X}",
            "end": end.isoformat(),
        }

    def _get_letter_lender_values(self, english=False, certificate=None):
        """Return what the letter says of the lender; empty texts when there is none in the database.

        :param dict certificate: as returned by `_describe_certificate_of_letter`; without it that of today
        :rtype: dict[str, str]
        """
        lender = self.sudo()
        if certificate is None:
            certificate = lender._describe_certificate_of_letter()
        return {
            "lender_name": lender.name or "",
            "lender_nit": identity.format_nit(lender.vat) or "",
            "lender_street": lender.street or "",
            "lender_city": lender.city or "",
            "lender_phone": lender.phone or "",
            "lender_email": lender.email or "",
            "lender_policy": lender.certificate_policy or "",
            "lender_software": lender.certificate_software or "",
            "lender_declaration": lender._write_declaration(english),
            "certificate_authority": certificate.get("authority") or "",
            "certificate_serial": certificate.get("serial") or "",
            "certificate_end": _write_day(certificate.get("end"), english),
            "documents": letter_scope.write_scope(lender._get_letter_scope(), english),
        }

    def _write_declaration(self, english=False):
        """Return what the lender declares on its right to lend; empty unless it declares all of it.

        :rtype: str
        """
        if self._find_declaration_problem():
            return ""
        resolution = self.sudo().certificate_provider_resolution
        if english:
            return (
                "The Subscriber declares that DIAN has authorised it as a technology provider by "
                f"Resolución No. {resolution}, and that the authority that issued its certificate lets it sign on "
                "account of others."
            )
        return (
            "El Suscriptor declara que la DIAN lo habilitó como proveedor tecnológico mediante la "
            f"Resolución No. {resolution} y que la entidad de certificación que expidió su certificado le permite "
            "firmar por cuenta de terceros."
        )

    def _follow_lender_data(self):
        """Void the letters that say what these lenders no longer say."""
        self.env["certificate.activation"]._follow_letter_change("company", self)

    # === CHECKLIST === #

    def _find_letter_data_problem(self, route, _price):
        """Say what the letter states of this lender and is missing.

        :rtype: str | bool
        """
        missing = self._get_missing_letter_data() if route.needs_letter else []
        return bool(missing) and self.env._(
            "The letter states data of %(company)s that are missing: %(missing)s. Enter them.",
            company=self.name,
            missing=", ".join(missing),
        )

    def _get_missing_letter_data(self):
        """Return the labels of what the letter states of this lender and is missing.

        :rtype: list[str]
        """
        lender = self.sudo()
        labels = {
            "street": self.env._("address"),
            "city": self.env._("municipality"),
            "phone": self.env._("phone"),
            "email": self.env._("email"),
            "certificate_policy": self.env._("data policy"),
            "certificate_software": self.env._("software that signs"),
        }
        return [label for name, label in labels.items() if not (lender[name] or "").strip()]

    def _find_declaration_problem(self):
        """Say what the lender has not declared on its right to lend.

        :rtype: str | bool
        """
        lender = self.sudo()
        is_declared = (
            lender.certificate_is_provider
            and lender.certificate_provider_resolution
            and lender.certificate_is_signing_allowed
        )
        return not is_declared and self.env._(
            "%s has not declared that DIAN authorised it as a technology provider and that its authority allows "
            "it to sign for others. The letter does not say so either: ask a lawyer before you lend the certificate.",
            lender.name,
        )


def _write_day(day, english):
    if not day:
        return ""
    day = date.fromisoformat(day)
    if english:
        return format_date(day, "d MMMM y", locale="en")
    return format_date(day, "d 'de' MMMM 'de' y", locale="es_CO")
