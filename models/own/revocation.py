from datetime import timedelta, timezone

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from ...const import ACTIVITY_EXPIRY, AUTHORITY_HOSTS, GROUP_USER, HOSTS_PARAMETER
from ...tools import certificate_chain, pkcs12, revocation
from ..activation.routes import OWN_ROUTES

# An authority's answer is valid for the rest of the day, so that it is asked once a day.
FRESH = timedelta(hours=20)
# The reason of a revocation that can be lifted again: RFC 5280, section 5.3.1.
HOLD = "certificateHold"
# What a run of the cron looks up at once; each of these takes up to 8 seconds.
BATCH_SIZE = 100


class CertificateActivation(models.Model):
    """Whether the authority has revoked a company's own certificate.

    It is asked when the file is loaded, when the activation is finished later, and daily while it signs:
    never while a row is locked, and only at hosts that the administrator allows. A revoked certificate
    signs nothing; where the authority cannot be asked, nobody is kept from anything. What it has revoked or
    suspended stays so until it says otherwise itself: no answer, and none from before, lifts that.
    """

    _inherit = "certificate.activation"

    revocation_status = fields.Selection(
        [("good", "Not revoked"), ("revoked", "Revoked"), ("unknown", "Not known")],
        string="Revocation",
        readonly=True,
        copy=False,
        help="The authority's last answer about the company's own certificate.",
    )
    revocation_code = fields.Char(
        string="Reason of the revocation",
        readonly=True,
        copy=False,
        help="Why the status is not known, or why it was revoked: a code of tools/revocation.py.",
    )
    revocation_as_of = fields.Datetime(
        string="Date of the revocation status",
        readonly=True,
        copy=False,
        help="Since when it is revoked; otherwise, the date that the authority's answer refers to.",
    )
    revocation_asked_on = fields.Datetime(
        string="Asked about revocation on", readonly=True, copy=False
    )

    # === TRANSITIONS === #

    def _ask_revocation_again(self):
        """Ask about the company's own certificate once more, if it was loaded some time ago or revoked by then.

        :raise UserError: when it was revoked since
        """
        if self._is_revocation_due():
            found = self._ask_revocation(self._read_certificate())
            if found.status == "revoked":
                raise UserError(self._get_revoked_sentence(found.revoked_on, found.reason))
            self._trusted().write(self._prepare_revocation_vals(found))

    # === CRON === #

    @api.model
    def _cron_follow_revocation(self):
        """Ask about own certificates that sign, and end those that were revoked."""
        if not self._get_revocation_hosts():
            return
        # As the superuser, even if a user runs the cron by hand.
        activations = self.with_env(self.env(user=SUPERUSER_ID, context={}))
        domain = [
            ("route", "in", OWN_ROUTES),
            ("state", "=", "active"),
            ("date_end", ">=", self._get_today()),
            "|",
            ("revocation_asked_on", "=", False),
            ("revocation_asked_on", "<", fields.Datetime.now() - FRESH),
        ]
        order = "revocation_asked_on NULLS FIRST, id"
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=activations.search_count(domain))
        for activation in activations.search(domain, order=order, limit=BATCH_SIZE):
            try:
                activation._follow_revocation()
            except SerializationFailure:
                # Somebody has just renewed or revoked it: the next run asks about it.
                self.env.cr.rollback()
            if not cron._commit_progress(1):
                return

    def _follow_revocation(self):
        """Ask about the certificate that signs, and end the activation when it was revoked.

        A suspension can be lifted, so managers are only notified of it.
        """
        try:
            found = self._ask_revocation(self._read_certificate())
        except pkcs12.CertificateRefused:
            found = revocation.Revocation("unknown", "malformed")
        self._lock(GROUP_USER)
        if self.state != "active":
            return
        self._trusted().write(self._prepare_revocation_vals(found))
        if found.status != "revoked":
            return
        if found.reason != HOLD:
            self.action_revoke()
            self.activity_unlink([ACTIVITY_EXPIRY])
            translated = self.with_context(lang=self.company_id.partner_id.lang)
            translated.message_post(
                body=translated._get_revoked_sentence(found.revoked_on, found.reason)
            )
        self._notify("certificate_revoked")

    # === ASKING === #

    @api.model
    def _get_revocation_hosts(self):
        """Return the domains at which authorities are asked, as the administrator keeps them.

        :return: empty when nobody is asked
        :rtype: list[str]
        """
        kept = self.env["ir.config_parameter"].sudo().get_param(HOSTS_PARAMETER)
        return revocation.parse_hosts(kept or ", ".join(AUTHORITY_HOSTS))

    @api.model
    def _ask_revocation(self, facts):
        """Ask the authority whether a certificate was revoked. It takes up to 8 seconds.

        :param facts: `tools.pkcs12.CertificateFacts`
        :rtype: tools.revocation.Revocation
        """
        # The certificate of the authority may be in the file, or among those that are trusted here.
        trusted = [
            anchor.certificate
            for anchor in self.env["certificate.trust.anchor"]._get_anchors()
            if anchor.certificate
        ]
        issuer = certificate_chain.find_issuer(facts.certificate, [*facts.chain, *trusted])
        found = revocation.check_revocation(
            facts.certificate,
            issuer,
            self._get_revocation_hosts(),
            fetch=revocation.fetch_answer,
            moment=self._get_now(),
        )
        return self._recall_revocation(facts, found)

    @api.model
    def _recall_revocation(self, facts, found):
        """Return what is known of a certificate: what was answered now, or that it was revoked before.

        :param facts: `tools.pkcs12.CertificateFacts`
        :param found: `tools.revocation.Revocation`, the answer
        :rtype: tools.revocation.Revocation
        """
        last = self.sudo().search(
            [
                ("certificate_fingerprint", "=", facts.sha256),
                ("revocation_status", "in", ("good", "revoked")),
            ],
            order="revocation_asked_on DESC, id DESC",
            limit=1,
        )
        if last.revocation_status != "revoked" or found.status == "revoked":
            return found
        revoked_on = last.revocation_as_of and last.revocation_as_of.replace(tzinfo=timezone.utc)
        if found.status == "good" and not (revoked_on and found.as_of < revoked_on):
            return found
        return revocation.Revocation(
            "revoked", revoked_on=revoked_on or None, reason=last.revocation_code or None
        )

    def _is_revocation_due(self):
        asked_on = self.revocation_asked_on
        is_fresh = asked_on and asked_on > fields.Datetime.now() - FRESH
        return bool(self.sudo().certificate_id) and (
            not is_fresh or self.revocation_status == "revoked"
        )

    @api.model
    def _prepare_revocation_vals(self, found):
        """Prepare what is kept of an answer.

        :param found: `tools.revocation.Revocation`
        :rtype: dict
        """
        moment = found.revoked_on or found.as_of
        return {
            "revocation_status": found.status,
            "revocation_code": found.code or found.reason,
            "revocation_as_of": moment and moment.replace(tzinfo=None, microsecond=0),
            "revocation_asked_on": fields.Datetime.now(),
        }

    # === SENTENCES === #

    def _get_revocation_rows(self):
        """Say that a certificate is not revoked, for the screen: pairs of a label and a text."""
        if self.revocation_status != "good":
            return []
        moment = self._format_moment(self.revocation_as_of)
        sentence = (
            self.env._("Not revoked as of %s", moment)
            if self.issuer_level == "anchored"
            # The issuer of a certificate is the one that revokes it; nobody else vouches for it.
            else self.env._(
                "Not revoked as of %s, according to its issuer, which was not verified", moment
            )
        )
        return [[self.env._("Revocation"), sentence]]

    def _get_revocation_warnings(self, facts):
        """Say that a certificate was revoked, or why that is not known.

        :param facts: `tools.pkcs12.CertificateFacts`
        :rtype: list[str]
        """
        if self.revocation_status == "good":
            return []
        if self.revocation_status == "revoked":
            return [self._get_revoked_sentence(self.revocation_as_of, self.revocation_code)]
        if not self.revocation_status:
            return [self.env._("Revocation was not checked. If in doubt, ask the authority.")]
        code = self.revocation_code
        hosts = ", ".join(revocation.find_hosts(facts.certificate))
        return [
            {
                "no_issuer": self.env._(
                    "Revocation could not be checked: the authority's certificate is not in the "
                    "file. Ask the authority for a file with the whole chain or, if in doubt, "
                    "whether it revoked the certificate."
                ),
                "not_offered": self.env._(
                    "Revocation could not be checked: the certificate does not say where to "
                    "ask. If in doubt, ask the authority."
                ),
                "host_not_allowed": self.env._(
                    "Revocation was not checked: %s is not on the list of domains in Settings. "
                    "Tell your administrator.",
                    hosts or "-",
                ),
            }.get(code)
            or self.env._(
                "The authority could not be asked whether the certificate was revoked (%s). If "
                "in doubt, ask the authority.",
                code,
            )
        ]

    def _get_revoked_subject(self):
        company = self.company_id.name
        if self.revocation_code == HOLD:
            return self.env._("The digital certificate of %s was suspended", company)
        return self.env._("The digital certificate of %s was revoked", company)

    def _get_revoked_sentence(self, revoked_on, reason):
        """Say that a certificate was revoked, with the remedy.

        :param datetime revoked_on: in UTC
        :param str reason: as returned by `tools.revocation.Revocation`
        :rtype: str
        """
        moment = self._format_moment(revoked_on)
        if reason == HOLD:
            return self.env._(
                "The authority suspended this certificate on %s: ask it to lift the suspension, "
                "or for a new certificate.",
                moment,
            )
        return self.env._(
            "The authority revoked this certificate on %s: ask it for a new one and load its file.",
            moment,
        )
