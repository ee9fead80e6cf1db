from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...const import (
    ACTIVATION_STATES,
    COLOMBIA_TZ,
    ISSUER_LEVELS,
    ISSUER_STATES,
    LETTER_REVIEWS,
    LIGHTS,
    MODULE,
    PAYMENT_STATUSES,
)
from ...tools import expiry
from ..activation.routes import LETTER_ROUTES

# Context key of those who ask for certain rows only: their ids.
ROWS = "certificate_board_ids"


class CertificateBoard(models.Model):
    """One row for each company, including those that have not started: whether it can sign, and for
    how long.

    A row has the id of its company. The model is a query and stores nothing: the list takes the
    same few queries for any number of companies.
    """

    _name = "certificate.board"
    _description = "Digital Certificate Board"
    _auto = False
    _rec_name = "company_id"
    # Companies whose certificate ends first come first; those that have not started come last.
    _order = "date_end, company_id"
    _depends = {
        "certificate.activation": [
            "certificate_id",
            "company_id",
            "date_end",
            "date_start",
            "is_renewed",
            "issuer_level",
            "issuer_state",
            "letter_rejection_reason",
            "letter_review",
            "paused_on",
            "phase",
            "signed_letter_match",
            "state",
        ],
        "certificate.certificate": ["company_id", "date_end", "issuer_level", "issuer_state"],
        "certificate.request": ["activation_id", "state"],
        "res.company": [
            "active",
            "certificate_lent_id",
            "certificate_sign_after_review",
            "parent_id",
            "partner_id",
        ],
        "res.partner": ["vat"],
    }

    company_id = fields.Many2one("res.company", readonly=True)
    activation_id = fields.Many2one(
        "certificate.activation",
        readonly=True,
        help="The activation in force, otherwise the one in progress, otherwise the last one.",
    )
    open_activation_id = fields.Many2one(
        "certificate.activation",
        string="In progress",
        readonly=True,
        help="The activation in progress, if any, even beside one in force.",
    )
    state = fields.Selection(
        [("none", "Not started"), *ACTIVATION_STATES, ("lender", "Lender")],
        readonly=True,
    )
    step = fields.Selection(
        [
            ("pay", "1. Pay"),
            ("process", "2. Process"),
            ("review", "2. Being reviewed"),
            ("active", "3. Finish"),
        ],
        readonly=True,
        help="Which of the three steps the activation in progress is in; the last one once it is "
        "active.",
    )
    route = fields.Selection(related="activation_id.route")
    is_letter_unread = fields.Boolean(
        string="Letter without a readable code",
        readonly=True,
        help="The code of the signed letter could not be read: the lender has to review it.",
    )
    letter_review = fields.Selection(
        LETTER_REVIEWS,
        string="Review of the letter",
        readonly=True,
        help="What the lender decided on the letter of the activation in force.",
    )
    is_signing_blocked = fields.Boolean(
        string="Signs nothing",
        readonly=True,
        help="Nothing is signed until the lender has accepted the letter.",
    )
    is_paused = fields.Boolean(
        string="Switched off",
        readonly=True,
        help="Nothing is signed until the company switches its own certificate on again.",
    )
    issuer_level = fields.Selection(
        ISSUER_LEVELS,
        string="Verification of the issuer",
        readonly=True,
        help="Whether the issuer of the certificate in force was verified.",
    )
    issuer_state = fields.Selection(
        ISSUER_STATES,
        string="Issuer",
        readonly=True,
        help="Whether the issuer of the certificate in force was verified, and what is known of it.",
    )
    date_end = fields.Date(
        string="Valid until", readonly=True, help="The last day on which it signs."
    )
    days_left = fields.Integer(
        readonly=True, aggregator="min", help="Days after today on which it still signs."
    )
    is_renewed = fields.Boolean(
        string="Renewed", readonly=True, help="A finished renewal waits for the end of this one."
    )
    certificate_date_end = fields.Date(
        string="Certificate until",
        readonly=True,
        help="The last day of the certificate itself; one that is lent can end before the loan.",
    )
    is_lent_ending = fields.Boolean(
        string="Lent certificate ends",
        readonly=True,
        help="The certificate ends before the loan does: the lender has to lend the next one.",
    )
    end_sentence = fields.Char(compute="_compute_sentences")
    days_sentence = fields.Char(compute="_compute_sentences")
    lent_sentence = fields.Char(compute="_compute_sentences")
    light = fields.Selection(LIGHTS, string="Traffic light", readonly=True)
    can_renew = fields.Boolean(
        string="Can be renewed",
        compute="_compute_can_renew",
        compute_sudo=True,
        search="_search_can_renew",
        help="Whether Start renewal can renew the certificate in force.",
    )
    payment_status = fields.Selection(
        PAYMENT_STATUSES,
        string="Payment",
        compute="_compute_payment_status",
        compute_sudo=True,
        help="Payment status of the activation in progress.",
    )
    payment_level = fields.Char(compute="_compute_payment_status", compute_sudo=True)
    steps_done = fields.Char(
        string="Six steps",
        compute="_compute_steps_done",
        compute_sudo=True,
        help="How many of the six steps of electronic invoicing are done.",
    )

    # === COMPUTE METHODS === #

    @api.depends("certificate_date_end", "date_end", "days_left", "is_lent_ending", "is_renewed")
    @api.depends_context("lang")
    def _compute_sentences(self):
        for row in self:
            end = format_date(self.env, row.date_end, date_format="medium")
            row.end_sentence = row.date_end and (
                self.env._("Until %s, and renewed", end)
                if row.is_renewed
                else self.env._("Until %s", end)
            )
            row.days_sentence = (
                self.env._("1 day left")
                if row.days_left == 1
                else self.env._("%s days left", row.days_left)
            )
            row.lent_sentence = row.is_lent_ending and self.env._(
                "The lent certificate ends on %s: the lender has to lend the next one.",
                format_date(self.env, row.certificate_date_end, date_format="medium"),
            )

    @api.depends("company_id", "activation_id", "open_activation_id", "state")
    def _compute_can_renew(self):
        for row in self:
            row.can_renew = (
                row.state == "active"
                and row.activation_id.company_id == row.company_id
                and (not row.open_activation_id or row.open_activation_id.is_requested)
                and row.activation_id.can_renew
            )

    @api.model
    def _search_can_renew(self, operator, value):
        if operator != "in":
            return NotImplemented
        rows = self.sudo().search(
            [("state", "=", "active"), ("activation_id.can_renew", "=", True)]
        )
        return Domain("id", "in", rows.filtered("can_renew").ids)

    @api.depends("open_activation_id")
    def _compute_payment_status(self):
        for row in self:
            activation = row.open_activation_id
            is_shown = activation.needs_letter
            row.payment_status = is_shown and activation.payment_status
            row.payment_level = is_shown and activation.payment_level

    @api.depends("company_id", "activation_id", "state")
    @api.depends_context("lang")
    def _compute_steps_done(self):
        setups = self.env["electronic.invoicing.setup"]
        steps = len(setups._get_step_titles())
        labels = [
            self.env._("%(done)s of %(all)s", done=done, all=steps) for done in range(steps + 1)
        ]
        done = setups._map_done_steps(
            {
                row.company_id: row.activation_id
                if row.state == "active"
                else row.activation_id[:0]
                for row in self
            }
        )
        for row in self:
            row.steps_done = labels[len(done[row.company_id])]

    # === READING === #

    @api.private
    def fetch(self, field_names=None):
        """Ask for these rows alone: what is joined to a row is looked for before it is known which ones are meant."""
        rows = self.with_context(**{ROWS: self.ids})
        return super(CertificateBoard, rows).fetch(field_names)

    def _get_asked_companies(self):
        """Return of which companies rows can be asked for.

        :return: a condition on `res_company`, not written for a certain alias
        :rtype: odoo.tools.SQL
        """
        ids = self.env.context.get(ROWS)
        if not isinstance(ids, list | tuple) or not all(type(each) is int for each in ids):
            # As the record rule of the board says it.
            ids = None if self.env.su else self.env.companies.ids
        return SQL("TRUE") if ids is None else SQL("id = ANY(%s)", [*ids])

    @property
    def _table_query(self):
        seller = self.env.company.certificate_seller_id
        values = {
            "today": SQL("%s::date", self.env["certificate.activation"]._get_today()),
            "seller": seller.id or None,
            "timezone": COLOMBIA_TZ,
            "letter_routes": LETTER_ROUTES,
            "yellow": expiry.YELLOW_DAYS,
            "red": expiry.RED_DAYS,
            "asked": self._get_asked_companies(),
        }
        return SQL(
            """
            SELECT row.*,
                CASE WHEN row.is_in_force THEN row.date_end - %(today)s END AS days_left,
                CASE
                    WHEN row.begun_state IS NOT NULL THEN row.begun_state
                    WHEN row.state = 'active' THEN 'active'
                END AS step,
                COALESCE(
                    row.certificate_date_end < row.date_end
                    AND row.certificate_date_end - %(today)s <= %(red)s, FALSE
                ) AS is_lent_ending,
                CASE
                    WHEN row.is_in_force AND (row.is_signing_blocked OR row.is_paused) THEN 'grey'
                    WHEN row.is_in_force AND row.certificate_date_end - %(today)s <= %(red)s THEN 'red'
                    WHEN row.is_in_force AND row.is_renewed THEN 'green'
                    WHEN row.is_in_force AND row.date_end - %(today)s > %(yellow)s THEN 'green'
                    WHEN row.is_in_force AND row.date_end - %(today)s > %(red)s THEN 'yellow'
                    WHEN row.is_in_force OR row.has_ended OR row.state = 'lender' THEN 'red'
                    ELSE 'grey'
                END AS light
            FROM (
                SELECT company.id,
                    company.id AS company_id,
                    current.id AS activation_id,
                    begun.id AS open_activation_id,
                    CASE
                        WHEN company.id = %(seller)s THEN 'lender'
                        WHEN current.in_force THEN 'active'
                        WHEN current.state = 'active' THEN 'expired'
                        ELSE COALESCE(current.state, 'none')
                    END AS state,
                    CASE
                        WHEN asked.state = 'in_process' THEN 'review'
                        ELSE begun.state
                    END AS begun_state,
                    (
                        COALESCE(begun.signed_letter_match, '') = 'unread'
                        OR current.in_force AND COALESCE(current.letter_review, '') = 'waiting'
                    ) IS TRUE AS is_letter_unread,
                    CASE WHEN current.in_force THEN current.letter_review END AS letter_review,
                    COALESCE(
                        current.in_force AND (
                            current.letter_review = 'rejected'
                            OR current.letter_review = 'waiting' AND (
                                COALESCE(current.letter_rejection_reason, '') != ''
                                OR signing.is_reviewed_first
                            )
                        ), FALSE
                    ) AS is_signing_blocked,
                    COALESCE(current.in_force AND current.paused_on IS NOT NULL, FALSE) AS is_paused,
                    CASE
                        WHEN company.id = %(seller)s THEN lent.issuer_level
                        WHEN current.in_force THEN signing.issuer_level
                    END AS issuer_level,
                    CASE
                        WHEN company.id = %(seller)s THEN lent.issuer_state
                        WHEN current.in_force THEN signing.issuer_state
                    END AS issuer_state,
                    CASE
                        WHEN company.id = %(seller)s THEN lent.date_end
                        WHEN current.state != 'revoked' THEN current.date_end
                    END AS date_end,
                    CASE
                        WHEN company.id = %(seller)s THEN lent.date_end >= %(today)s
                        ELSE current.in_force
                    END AS is_in_force,
                    CASE
                        WHEN company.id = %(seller)s THEN lent.date_end
                        WHEN current.in_force THEN signing.date_end
                    END AS certificate_date_end,
                    COALESCE(current.is_renewed, FALSE) AS is_renewed,
                    found.has_ended
                FROM (SELECT * FROM res_company WHERE active AND %(asked)s) company
                %(joins)s
            ) row
            """,
            joins=self._join_activations(values),
            **values,
        )

    def _join_activations(self, values):
        """Join each company to the activations that decide its row.

        These are its own activations and, for a branch, those of the company whose NIT it has, as in
        `res.company._get_active_certificate_activation`. Cancelled activations count as never
        begun.

        :param dict values: of the query
        :return: `current`, the activation in force (a renewal counts from its first day, even
            before the cron has run), otherwise the one in progress, otherwise the last one;
            `begun`, the one in progress; `asked`, its request; `found.has_ended`, whether any
            activation has ended; `lent`, the seller's certificate; `signing`, the certificate of
            `current`
        :rtype: odoo.tools.SQL
        """
        return SQL(
            """
            JOIN (
                WITH RECURSIVE signer(company_id, id, depth) AS (
                    SELECT id, id, 0 FROM res_company WHERE active AND %(asked)s
                    UNION ALL
                    SELECT signer.company_id, parent.id, signer.depth + 1
                    FROM signer
                    JOIN res_company branch ON branch.id = signer.id
                    JOIN res_partner branch_partner ON branch_partner.id = branch.partner_id
                    JOIN res_company parent ON parent.id = branch.parent_id
                    JOIN res_partner parent_partner ON parent_partner.id = parent.partner_id
                    -- As `identity.normalize_document` writes it.
                    WHERE upper(regexp_replace(COALESCE(branch_partner.vat, ''), '[[:space:].,-]', '', 'g')) IN (
                        '', upper(regexp_replace(parent_partner.vat, '[[:space:].,-]', '', 'g'))
                    )
                )
                SELECT company_id, array_agg(id ORDER BY depth) AS ids FROM signer GROUP BY company_id
            ) signers ON signers.company_id = company.id
            CROSS JOIN LATERAL (
                SELECT
                    (array_agg(activation.id ORDER BY
                        NOT in_force,
                        state NOT IN ('pay', 'process'),
                        array_position(signers.ids, company_id),
                        state = 'active' DESC,
                        activation.id DESC
                    ))[1] AS current_id,
                    (array_agg(activation.id ORDER BY
                        array_position(signers.ids, company_id), activation.id DESC
                    ) FILTER (WHERE phase IN ('pay', 'process')))[1] AS begun_id,
                    COALESCE(bool_or(
                        state IN ('expired', 'revoked') OR state = 'active' AND date_end < %(today)s
                    ), FALSE) AS has_ended
                FROM certificate_activation activation
                CROSS JOIN LATERAL (SELECT %(in_force)s AS in_force) period
                WHERE company_id = ANY(signers.ids) AND state != 'cancelled'
            ) found
            LEFT JOIN LATERAL (
                SELECT activation.*, %(in_force)s AS in_force
                FROM certificate_activation activation
                WHERE activation.id = found.current_id
            ) current ON TRUE
            LEFT JOIN certificate_activation begun ON begun.id = found.begun_id
            LEFT JOIN certificate_request asked ON asked.activation_id = begun.id
            LEFT JOIN LATERAL (
                SELECT (date_end AT TIME ZONE 'UTC' AT TIME ZONE %(timezone)s)::date AS date_end, issuer_level,
                    issuer_state
                FROM certificate_certificate
                WHERE id = company.certificate_lent_id AND company.id = %(seller)s
            ) lent ON TRUE
            LEFT JOIN LATERAL (
                SELECT (certificate.date_end AT TIME ZONE 'UTC' AT TIME ZONE %(timezone)s)::date AS date_end,
                    certificate.issuer_level,
                    certificate.issuer_state,
                    current.route IN %(letter_routes)s AND lender.certificate_sign_after_review AS is_reviewed_first
                FROM certificate_certificate certificate
                JOIN res_company lender ON lender.id = certificate.company_id
                WHERE certificate.id = current.certificate_id
            ) signing ON TRUE
            """,
            in_force=SQL(
                """(
                    COALESCE(date_start <= %(today)s AND date_end >= %(today)s, FALSE)
                    AND phase IN ('active', 'waiting')
                )""",
                **values,
            ),
            **values,
        )

    # === ACTION METHODS === #

    def action_open(self):
        """Open the activation of the company, or the three steps when it has not started.

        :return: an action that switches to the company first
        :rtype: dict
        :raise UserError: for a branch that signs under a company that the user may not see
        """
        self.ensure_one()
        if not self.activation_id:
            return self.action_open_wizard()
        activation = self._in_company().activation_id
        self._check_in_sight(activation)
        return self._switch_company(
            {
                "type": "ir.actions.act_window",
                "res_model": activation._name,
                "res_id": activation.id,
                "views": [(False, "form")],
                "target": "current",
            }
        )

    def action_open_wizard(self):
        """Open the three steps of the company: what is in progress, else what is current or a new one.

        :return: an action that switches to the company first
        :rtype: dict
        :raise UserError: for a branch as above
        """
        self.ensure_one()
        activation = self._in_company().open_activation_id
        self._check_in_sight(activation)
        return self._switch_company(activation.action_open_wizard())

    # === BUSINESS METHODS - RENEWAL === #

    def _start_renewals(self):
        """Start the renewal of each company for which it is time; called by the server action.

        :return: a notification of what was started, and of what was left out and why
        :rtype: dict
        """
        started, left_out = [], defaultdict(list)
        for row in self:
            company = row.company_id.name
            try:
                with self.env.cr.savepoint():
                    row._start_renewal()
                started.append(company)
            except UserError as error:
                left_out[str(error)].append(company)
        lines = [self.env._("Started: %s.", ", ".join(started))] if started else []
        lines += [
            self.env._(
                "Left out: %(companies)s. %(reason)s", companies=", ".join(names), reason=reason
            )
            for reason, names in left_out.items()
        ]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Start renewal"),
                "message": "\n".join(lines),
                "type": "success" if not left_out else "warning",
                "sticky": bool(left_out),
                "className": "text-prewrap",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _start_renewal(self):
        """Start the renewal of the activation that signs for this company, or that has ended by its
        date.

        :rtype: certificate.activation
        :raise UserError: when there is nothing to start
        """
        row = self._in_company()
        activation = row.activation_id.sudo()
        if row.state == "none":
            raise UserError(self.env._("No activation has started: there is nothing to renew."))
        # A request to an authority may still run when the current activation has to be renewed.
        begun = row.open_activation_id.sudo()
        if begun and not (begun.is_requested and row.state == "active"):
            raise UserError(self.env._("An activation is already in progress."))
        if row.state == "revoked":
            raise UserError(self.env._("The certificate was revoked: you can activate it again."))
        if activation and activation.company_id != row.company_id:
            raise UserError(self.env._("The company signs under %s.", activation.display_name))
        if row.state == "active":
            if not activation.can_renew:
                raise UserError(row.activation_id._get_renewal_sentence())
            return row.activation_id._renew()
        return row.activation_id.browse()._get_or_start()

    # === BUSINESS METHODS - OPENING === #

    def _in_company(self):
        """Return this row in the environment of its company, with the user's other companies also
        selected.
        """
        companies = self.company_id | self.env.companies
        return self.with_context(allowed_company_ids=companies.ids)

    def _check_in_sight(self, activation):
        """Raise one sentence for the activation of a company that the user may not see."""
        if activation and not activation.has_access("read"):
            raise UserError(
                self.env._(
                    "%(company)s signs under %(activation)s. Select that company too, or ask "
                    "the person who manages it.",
                    company=self.company_id.name,
                    activation=activation.sudo().display_name,
                )
            )

    def _switch_company(self, action):
        """Return an action that makes the company the current one and then runs another action.

        The payment page returns to an address that opens the current company.

        :param dict action: to run after the switch
        :rtype: dict
        """
        return {
            "type": "ir.actions.client",
            "tag": f"{MODULE}.switch_company",
            "params": {
                "allowed_company_ids": self._in_company().env.companies.ids,
                "action": action,
            },
        }
