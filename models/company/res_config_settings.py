from datetime import timedelta

from odoo import api, fields, models

from ...const import (
    ACCREDITED_AUTHORITIES,
    AUTHORITIES_PARAMETER,
    AUTHORITY_HOSTS,
    CRON_VALIDITY,
    HOSTS_PARAMETER,
)
from ...tools import authorities, revocation, sandbox, sandbox_places
from ..keys import custody

_CRON_LATE_HOURS = 26  # without a run of the daily cron


class ResConfigSettings(models.TransientModel):  # pylint: disable=no-wizard-in-models
    _name = "res.config.settings"
    _inherit = ["res.config.settings", "certificate.input.mixin"]
    # Related to the company itself. For most companies the seller is another one, and its name is
    # public.
    _checked_links = frozenset(
        (
            "certificate_product_id",
            "certificate_request_product_id",
            "certificate_tax_ids",
            "certificate_request_tax_ids",
            "certificate_provider_id",
            "certificate_lent_id",
        )
    )

    certificate_seller_id = fields.Many2one(
        related="company_id.certificate_seller_id", readonly=False
    )
    is_certificate_seller = fields.Boolean(compute="_compute_is_certificate_seller")
    certificate_product_id = fields.Many2one(
        related="company_id.certificate_product_id", readonly=False
    )
    certificate_price = fields.Float(
        related="certificate_product_id.list_price", string="Price before taxes", readonly=False
    )
    certificate_tax_ids = fields.Many2many(
        related="certificate_product_id.taxes_id", string="Taxes", readonly=False
    )
    certificate_price_total = fields.Monetary(
        string="A company pays",
        compute="_compute_certificate_price_total",
        currency_field="currency_id",
        help="With taxes, in whole pesos.",
    )
    certificate_sale_problems = fields.Text(
        compute="_compute_certificate_sale_problems",
        help="What is missing before the certificate can be sold, in the order in which to fix it.",
    )
    certificate_provider_id = fields.Many2one(
        related="company_id.certificate_provider_id", readonly=False
    )
    certificate_accept_receipts = fields.Boolean(
        related="company_id.certificate_accept_receipts", readonly=False
    )
    certificate_sign_after_review = fields.Boolean(
        related="company_id.certificate_sign_after_review", readonly=False
    )
    certificate_is_provider = fields.Boolean(
        related="company_id.certificate_is_provider", readonly=False
    )
    certificate_provider_resolution = fields.Char(
        related="company_id.certificate_provider_resolution", readonly=False
    )
    certificate_is_signing_allowed = fields.Boolean(
        related="company_id.certificate_is_signing_allowed", readonly=False
    )
    certificate_declaration_warning = fields.Char(
        related="company_id.certificate_declaration_warning"
    )
    certificate_signs_events = fields.Boolean(
        related="company_id.certificate_signs_events", readonly=False
    )
    certificate_signs_support = fields.Boolean(
        related="company_id.certificate_signs_support", readonly=False
    )
    certificate_policy = fields.Char(related="company_id.certificate_policy", readonly=False)
    certificate_software = fields.Char(related="company_id.certificate_software", readonly=False)
    certificate_lent_issuer_sentence = fields.Char(
        compute="_compute_certificate_lent_issuer_sentence"
    )
    certificate_anchor_count = fields.Integer(
        string="Trusted certificates", compute="_compute_certificate_anchor_count"
    )
    certificate_lent_id = fields.Many2one(related="company_id.certificate_lent_id", readonly=False)
    certificate_validity_months = fields.Integer(
        related="company_id.certificate_validity_months", readonly=False
    )
    certificate_accept_test_payments = fields.Boolean(
        related="company_id.certificate_accept_test_payments", readonly=False
    )

    certificate_key_protection = fields.Char(compute="_compute_certificate_key_protection")
    certificate_key_protection_sentence = fields.Char(compute="_compute_certificate_key_protection")
    certificate_key_warning = fields.Text(
        compute="_compute_certificate_key_protection",
        help="Weaknesses of the secret, and key files that are left in a copy or in the store.",
    )
    certificate_authorities = fields.Char(
        string="Accredited authorities",
        config_parameter=AUTHORITIES_PARAMETER,
        default=", ".join(ACCREDITED_AUTHORITIES),
    )
    certificate_revocation_hosts = fields.Char(
        string="Domains of the authorities",
        config_parameter=HOSTS_PARAMETER,
        default=", ".join(AUTHORITY_HOSTS),
    )
    certificate_revocation_sources = fields.Text(
        compute="_compute_certificate_revocation_sources",
        help="Whom the server asks about a revocation, at which domains, and where these are known from.",
    )

    @api.depends("certificate_lent_id")
    def _compute_certificate_lent_issuer_sentence(self):
        for settings in self:
            sentences = settings.certificate_lent_id._get_issuer_sentences()
            settings.certificate_lent_issuer_sentence = " ".join(sentences) or False

    @api.depends("certificate_revocation_hosts")
    def _compute_certificate_revocation_sources(self):
        for settings in self:
            domains = revocation.parse_hosts(settings.certificate_revocation_hosts or "")
            settings.certificate_revocation_sources = "\n".join(
                map(settings._get_revocation_source, domains)
            ) or self.env._("No authority is asked.")

    def _get_revocation_source(self, domain):
        """Say what is asked of whom at a domain, and where that is known from.

        :param str domain: one that the administrator keeps
        :rtype: str
        """
        authority = authorities.find_by_domain(domain)
        if not authority:
            return self.env._(
                "%s: added by your administrator. Certificates that name it are asked about there.",
                domain,
            )
        asked = [
            host
            for host in (authority.asked or "").split(", ")
            if revocation.is_allowed(host, [domain])
        ]
        values = {
            "domain": domain,
            "authority": authority.name,
            "hosts": ", ".join(asked),
            "years": authority.seen,
        }
        if asked and authority.seen:
            return self.env._(
                "%(domain)s: %(authority)s, by OCSP and its revocation lists at %(hosts)s, as its certificates of "
                "%(years)s say.",
                **values,
            )
        if asked:
            return self.env._(
                "%(domain)s: %(authority)s, at %(hosts)s, as is reported; none of its certificates was seen.",
                **values,
            )
        return self.env._(
            "%(domain)s: %(authority)s. No certificate that names it was seen: it is here by its name alone.",
            **values,
        )

    def _compute_certificate_key_protection(self):
        certificates = self.env["certificate.certificate"]._get_in_custody(
            self.env.user.company_ids
        )
        protection = custody.get_protection(certificates)
        self.certificate_key_protection = protection
        self.certificate_key_protection_sentence = custody.get_protection_sentence(
            self.env, protection
        )
        warnings = (
            custody.get_place_sentence(self.env, certificates),
            self.env["certificate.key.file"]._get_sentence(),
            custody.get_secret_warning(self.env),
        )
        self.certificate_key_warning = "\n".join(filter(None, warnings))

    certificate_missing_protection = fields.Boolean(compute="_compute_certificate_examination")
    certificate_examination_sentence = fields.Char(compute="_compute_certificate_examination")

    def _compute_certificate_examination(self):
        missing = sandbox.get_missing_layers()
        places = sandbox_places.POOLS["files"].places
        if missing:
            sentence = self.env._(
                "Uploaded files are examined by processes that this server cannot isolate "
                "completely. Missing: %(missing)s. Files examined at once, at most: %(places)s.",
                missing="; ".join(self._get_layer_name(layer) for layer in missing),
                places=places,
            )
        else:
            sentence = self.env._(
                "Uploaded files are examined by processes that have no network, no files and no "
                "view of other processes. Files examined at once, at most: %s.",
                places,
            )
        self.certificate_missing_protection = bool(missing)
        self.certificate_examination_sentence = sentence

    @api.model
    def _get_layer_name(self, layer):
        """Name a protection of the kernel and what provides it.

        :param str layer: of `tools.sandbox.LAYERS`
        :rtype: str
        """
        return {
            "user": self.env._("another user (run Odoo as a user of its own, not as root)"),
            "namespaces": self.env._("namespaces (let ordinary users create user namespaces)"),
            "landlock": self.env._("Landlock (Linux 5.13 or later, with Landlock enabled)"),
            "seccomp": self.env._("seccomp (Linux on x86-64 or ARM64)"),
        }[layer]

    certificate_renewal_days = fields.Integer(
        related="company_id.certificate_renewal_days", readonly=False
    )
    certificate_reminder_days = fields.Char(
        related="company_id.certificate_reminder_days", readonly=False
    )
    certificate_field_errors = fields.Json(
        compute="_compute_certificate_field_errors", help="Errors by field name."
    )
    certificate_cron_last = fields.Datetime(string="Last run", compute="_compute_certificate_cron")
    certificate_cron_next = fields.Datetime(string="Next run", compute="_compute_certificate_cron")
    certificate_cron_warning = fields.Char(compute="_compute_certificate_cron")

    @api.depends(
        "certificate_validity_months", "certificate_renewal_days", "certificate_reminder_days"
    )
    def _compute_certificate_field_errors(self):
        for settings in self:
            errors = {
                "certificate_validity_months": settings.certificate_validity_months < 1
                and self.env._("The certificate must be valid for at least one month."),
                "certificate_renewal_days": settings.certificate_renewal_days < 1
                and self.env._("The certificate must be renewable for at least one day."),
                "certificate_reminder_days": settings.company_id._get_reminder_days_error(
                    settings.certificate_reminder_days
                ),
            }
            # Of the seller alone, which sets them.
            settings.certificate_field_errors = settings.is_certificate_seller and {
                name: sentence for name, sentence in errors.items() if sentence
            }

    @api.depends("company_id")
    def _compute_certificate_cron(self):
        cron = self.env.ref(CRON_VALIDITY, raise_if_not_found=False) or self.env["ir.cron"]
        cron = cron.sudo()
        # Before its first run, it is late once it has existed for that long.
        since = cron.lastcall or cron.create_date
        late = fields.Datetime.now() - timedelta(hours=_CRON_LATE_HOURS)
        for settings in self:
            settings.certificate_cron_last = cron.lastcall
            settings.certificate_cron_next = cron.active and cron.nextcall
            settings.certificate_cron_warning = (not cron.active or since < late) and self.env._(
                "The daily run has not happened for more than %s hours, so nobody is reminded. "
                "Signing does not depend on it. Let Odoo run scheduled actions, or run it under "
                "Settings, Technical, Scheduled Actions.",
                _CRON_LATE_HOURS,
            )

    def _compute_certificate_anchor_count(self):
        self.certificate_anchor_count = self.env["certificate.trust.anchor"].search_count([])

    @api.depends("certificate_seller_id", "company_id")
    def _compute_is_certificate_seller(self):
        for settings in self:
            settings.is_certificate_seller = settings.certificate_seller_id == settings.company_id

    @api.depends("certificate_seller_id", "company_id")
    def _compute_certificate_sale_problems(self):
        for settings in self:
            company = settings.company_id
            problems = {}
            if settings.is_certificate_seller:
                routes = (
                    ("loan", "request") if company.certificate_request_product_id else ("loan",)
                )
                for route in routes:
                    for problem in company._get_certificate_sale_problems(route):
                        # Once, if both have it.
                        problems[problem["sentence"]] = None
            settings.certificate_sale_problems = "\n".join(problems)

    @api.depends("company_id", "certificate_product_id", "certificate_price", "certificate_tax_ids")
    def _compute_certificate_price_total(self):
        for settings in self:
            settings.certificate_price_total = settings._get_price_typed("certificate")

    def _get_price_typed(self, prefix):
        """Return what a company pays for a product, by the values in the form.

        :param str prefix: of the names of the fields that hold product, price and taxes
        :rtype: float
        """
        product = self[f"{prefix}_product_id"]._origin
        return self.company_id._get_certificate_price(
            product=product,
            list_price=self[f"{prefix}_price"],
            taxes_id=self[f"{prefix}_tax_ids"]._origin,
        )["total"]
