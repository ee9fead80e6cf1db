from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date, mute_logger

from ...const import GROUP_MANAGER, JOURNAL_RESOLUTION_FIELDS
from ...exceptions import make_fields_error
from ...tools import dian
from ..core.ondelete_guard import ondelete_guard


class ElectronicInvoicingResolution(models.Model):
    """A billing resolution: the numbers that DIAN authorised a company to invoice with, and until when.

    A company has one after another. The set-up names the one it invoices with, and managers are
    warned before its days or its numbers run out.
    """

    _name = "electronic.invoicing.resolution"
    _description = "Billing Resolution"
    _inherit = ["certificate.guarded.mixin"]
    _order = "date_end desc, id desc"
    _rec_names_search = ["number", "prefix"]
    _check_company_auto = True
    _editable_fields = frozenset(
        (*JOURNAL_RESOLUTION_FIELDS, "kind", "journal_id", "alarm_days", "alarm_numbers")
    )

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    kind = fields.Selection(
        [
            ("electronic", "Electronic sales invoice"),
            ("contingency", "Contingency invoice, on paper"),
            ("pos", "POS document"),
            ("support", "Support document"),
        ],
        required=True,
        default="electronic",
        help="What DIAN authorised the numbers for, as in form 1876.",
    )
    number = fields.Char(
        string="Resolution number",
        required=True,
        help="The 14 digits of form 1876, by which DIAN authorised the numbering.",
    )
    prefix = fields.Char(help="Up to four letters or digits; empty when there is none.")
    range_from = fields.Integer(string="First number", required=True)
    range_to = fields.Integer(string="Last number", required=True)
    date_start = fields.Date(string="Valid from", required=True)
    date_end = fields.Date(
        string="Valid until", required=True, help="The last day on which its numbers can be used."
    )
    technical_key = fields.Char(
        string="Technical key",
        groups=GROUP_MANAGER,
        help="The key for computing the CUFE of each invoice, as DIAN requires. It can be entered "
        "later.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        string="Sales journal",
        domain="[('type', '=', 'sale'), ('company_id', '=', company_id)]",
        check_company=True,
        help="The journal whose invoices use these numbers; it tells how many are left.",
    )
    alarm_days = fields.Integer(
        string="Warn before (days)",
        default=30,
        help="Managers are warned when this many days are left.",
    )
    alarm_numbers = fields.Integer(
        string="Warn before (numbers)",
        compute="_compute_alarm_numbers",
        store=True,
        readonly=False,
        help="Managers are warned when this many numbers are left; by default, a tenth of them.",
    )
    days_reminded_on = fields.Date(readonly=True, copy=False)
    numbers_reminded_on = fields.Date(readonly=True, copy=False)

    last_number = fields.Integer(
        string="Last number used",
        compute="_compute_last_number",
        help="The highest number of the journal's posted invoices under this prefix; 0 for none.",
    )
    numbers_left = fields.Integer(string="Numbers left", compute="_compute_last_number")
    days_left = fields.Integer(
        string="Days left", compute="_compute_state", help="Days after today until its end."
    )
    state = fields.Selection(
        [
            ("future", "Begins later"),
            ("in_force", "In force"),
            ("used_up", "Used up"),
            ("ended", "Expired"),
        ],
        compute="_compute_state",
    )
    alarm = fields.Char(compute="_compute_alarm", help="Why another resolution is needed soon.")
    term_warning = fields.Char(
        compute="_compute_term_warning",
        help="Set when it is valid for longer than DIAN authorises.",
    )

    _number_unique = models.UniqueIndex(
        "(company_id, number, COALESCE(prefix, ''))",
        "This resolution already exists: each number and prefix can be entered only once.",
    )
    # === COMPUTE METHODS === #

    @api.depends("number", "prefix", "range_from", "range_to")
    def _compute_display_name(self):
        for resolution in self:
            prefix = resolution.prefix or ""
            first, last = f"{prefix}{resolution.range_from}", f"{prefix}{resolution.range_to}"
            resolution.display_name = (
                f"{resolution.number} ({first} - {last})" if resolution.number else False
            )

    @api.depends("range_from", "range_to")
    def _compute_alarm_numbers(self):
        for resolution in self:
            size = max(resolution.range_to - resolution.range_from + 1, 0)
            resolution.alarm_numbers = size // 10

    @api.depends("journal_id", "prefix", "range_from", "range_to")
    def _compute_last_number(self):
        # All at once, in sudo mode for users who may not read invoices, and for the company's own
        # invoices only.
        used = (
            self.env["account.move"]
            .sudo()
            ._read_group(
                [
                    ("journal_id", "in", self.journal_id.ids),
                    ("company_id", "in", self.company_id.ids),
                    ("state", "=", "posted"),
                    ("move_type", "=", "out_invoice"),
                ],
                ["journal_id", "company_id", "sequence_prefix"],
                ["sequence_number:max"],
            )
            if self.journal_id
            else []
        )
        for resolution in self:
            numbers = [
                number
                for journal, company, prefix, number in used
                if journal.id == resolution.journal_id.id
                and company.id == resolution.company_id.id
                and dian.is_numbered_under(resolution.prefix, prefix)
            ]
            last = max(numbers, default=0)
            first, end = resolution.range_from, resolution.range_to
            resolution.last_number = min(last, end) if last >= first else 0
            resolution.numbers_left = max(end - max(last, first - 1), 0)

    @api.depends("date_start", "date_end", "numbers_left")
    def _compute_state(self):
        today = self.env["certificate.activation"]._get_today()
        for resolution in self:
            start, end = resolution.date_start, resolution.date_end
            resolution.days_left = max((end - today).days, 0) if end else 0
            if not (start and end):
                resolution.state = False
            elif start > today:
                resolution.state = "future"
            elif end < today:
                resolution.state = "ended"
            else:
                resolution.state = "in_force" if resolution.numbers_left else "used_up"

    @api.depends("state", "days_left", "numbers_left", "alarm_days", "alarm_numbers")
    def _compute_alarm(self):
        for resolution in self:
            resolution.alarm = " ".join(resolution._get_alarms().values())

    @api.depends("date_start", "date_end")
    def _compute_term_warning(self):
        for resolution in self:
            resolution.term_warning = dian.is_longer_than_authorised(
                resolution.date_start, resolution.date_end
            ) and self.env._(
                "These dates are more than %s months apart, the longest term that DIAN authorises. "
                "Compare them with form 1876.",
                dian.MAX_RESOLUTION_MONTHS,
            )

    def _get_alarms(self):
        """Say whether the days or the numbers of this resolution are running out, or have.

        :return: one sentence for `days`, one for `numbers`, each when it is time
        :rtype: dict[str, str]
        """
        self.ensure_one()
        alarms = {}
        if self.state == "ended":
            alarms["days"] = self.env._(
                "The resolution %(number)s ended on %(date)s. Ask DIAN for the next one.",
                number=self.number,
                date=format_date(self.env, self.date_end, date_format="long"),
            )
        elif self.state == "used_up":
            alarms["numbers"] = self.env._(
                "The resolution %s has no numbers left. Ask DIAN for the next one.", self.number
            )
        elif self.state == "in_force":
            if self.days_left <= self.alarm_days:
                alarms["days"] = self.env._(
                    "The resolution %(number)s ends on %(date)s. Ask DIAN for the next one.",
                    number=self.number,
                    date=format_date(self.env, self.date_end, date_format="long"),
                )
            if self.numbers_left == 1 <= self.alarm_numbers:
                alarms["numbers"] = self.env._(
                    "The resolution %s has 1 number left. Ask DIAN for the next one.", self.number
                )
            elif self.numbers_left <= self.alarm_numbers:
                alarms["numbers"] = self.env._(
                    "The resolution %(number)s has %(left)s numbers left. Ask DIAN for the next one.",
                    number=self.number,
                    left=self.numbers_left,
                )
        return alarms

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._refuse_guarded(vals)
        return super().create(vals_list)

    def write(self, vals):
        result = super().write(vals)
        # A resolution with a new end is reminded of again.
        reset = {
            name: False
            for name, causes in (
                ("days_reminded_on", {"date_end", "alarm_days"}),
                ("numbers_reminded_on", {"range_to", "alarm_numbers"}),
            )
            if causes & vals.keys()
        }
        if reset:
            self._trusted().write(reset)
        return result

    def _check_editable(self, vals):  # pylint: disable=missing-return
        super()._check_editable(vals)
        always = {"alarm_days", "alarm_numbers", "technical_key"}
        if vals.keys() - always and self._get_started():
            raise UserError(
                self.env._(
                    "Your company invoices with this resolution: only its alarms can change. "
                    "Enter the next resolution as a new one."
                )
            )

    @ondelete_guard
    def _unlink_except_in_use(self):
        if setup := self._get_setups()[:1]:
            raise UserError(
                self.env._(
                    "%s has chosen this resolution to invoice with. Choose another one first.",
                    setup.company_id.name,
                )
            )

    @api.constrains("kind")
    def _check_kind(self):
        others = self.filtered(lambda resolution: resolution.kind != "electronic")
        if setup := others._get_setups()[:1]:
            raise UserError(
                self.env._(
                    "%s has chosen this resolution to invoice with. Choose another one first.",
                    setup.company_id.name,
                )
            )

    @api.constrains(
        "range_from",
        "range_to",
        "date_start",
        "date_end",
        "alarm_days",
        "alarm_numbers",
        "number",
        "prefix",
        "technical_key",
    )
    def _check_form(self):
        for resolution in self:
            if errors := resolution._get_form_errors():
                raise make_fields_error(errors)

    @api.model
    def _get_draft_errors(self, vals):
        draft = self.new({name: vals[name] for name in JOURNAL_RESOLUTION_FIELDS if name in vals})
        errors = super()._get_draft_errors(vals) | draft._get_form_errors()
        return {name: sentence for name, sentence in errors.items() if name in vals}

    def _get_form_errors(self):
        """Say what is wrong with the data of form 1876.

        :return: one sentence by the name of each field
        :rtype: dict[str, str]
        """
        errors = {}
        if not self.number:
            pass  # said already: it is required
        elif dian.is_test_resolution_number(self.number):
            errors["number"] = self.env._(
                "This is the numbering of DIAN's test environment. Enter the one that "
                "DIAN authorised for your company."
            )
        elif not dian.is_resolution_number(self.number):
            errors["number"] = self.env._(
                "The number of a resolution has 14 digits and begins with 1876."
            )
        if not dian.is_prefix(self.prefix):
            errors["prefix"] = self.env._(
                "A prefix has at most four letters or digits, and no accents."
            )
        if not 1 <= self.range_from <= self.range_to:
            name = "range_from" if self.range_from < 1 else "range_to"
            errors[name] = self.env._(
                "The first number must be 1 or more, and the last must not be lower than the first."
            )
        if self.date_start and self.date_end and self.date_end < self.date_start:
            errors["date_end"] = self.env._("The resolution must not end before it begins.")
        key = self.sudo().technical_key
        if key and not dian.is_technical_key(key):
            errors["technical_key"] = self.env._(
                "The technical key has only digits and the letters a to f. Copy it from "
                "DIAN's page of your numbering."
            )
        for name in ("alarm_days", "alarm_numbers"):
            if self[name] < 0:
                errors[name] = self.env._("The warnings must be for 0 or more days and numbers.")
        return errors

    # === ACTION METHODS === #

    def action_open_next(self):
        """Save, and go on with the next of the six steps."""
        return self.env["electronic.invoicing.setup"].action_open_next("resolution")

    def action_open_overview(self):
        """Save, and go back to the six steps."""
        return self.env["electronic.invoicing.setup"].action_open_overview()

    # === BUSINESS METHODS === #

    def _get_setups(self):
        return (
            self.env["electronic.invoicing.setup"]
            .sudo()
            .search([("resolution_id", "in", self.ids)])
        )

    def _get_started(self):
        return self._get_setups().filtered("started_on")

    @api.model
    def _take_from_journals(self):
        """Enter the resolutions that the company's sales journals hold, each once.

        Incomplete or wrong ones are left for the user to enter.
        """
        if not set(JOURNAL_RESOLUTION_FIELDS.values()) <= set(self.env["account.journal"]._fields):
            return
        company = self.env.company
        journals = (
            self.env["account.journal"]
            .sudo()
            .search([("type", "=", "sale"), ("company_id", "=", company.id)])
        )
        known = {
            (resolution.number, resolution.prefix or "")
            for resolution in self.sudo().search([("company_id", "=", company.id)])
        }
        for journal in journals:
            try:
                vals = self._clean_input(
                    {name: journal[source] for name, source in JOURNAL_RESOLUTION_FIELDS.items()}
                )
                if (vals["number"], vals["prefix"] or "") in known or not (
                    vals["number"] and vals["date_start"] and vals["date_end"]
                ):
                    continue
                with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                    self._trusted().create(
                        {**vals, "company_id": company.id, "journal_id": journal.id}
                    ).flush_recordset()
            except (UniqueViolation, ValidationError):
                continue
            known.add((vals["number"], vals["prefix"] or ""))

    @api.model
    def _remind_of_resolutions(self):
        """Tell the managers, once for its days and once for its numbers, that a resolution ends soon.

        Only for the resolutions that companies have chosen to invoice with. A cron calls this
        daily.
        """
        today = self.env["certificate.activation"]._get_today()
        setups = (
            self.env["electronic.invoicing.setup"].sudo().search([("resolution_id", "!=", False)])
        )
        for setup in setups:
            resolution = setup.resolution_id
            for kind in resolution._get_alarms():
                if not resolution[f"{kind}_reminded_on"]:
                    setup._remind(kind)
                    resolution[f"{kind}_reminded_on"] = today
