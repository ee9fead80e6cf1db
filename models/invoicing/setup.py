from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date, ormcache

from ...const import (
    ACTIVITY_RESOLUTION,
    GROUP_MANAGER,
    GROUP_SYSTEM,
    GROUP_USER,
    JOURNAL_TEST_SET_FIELDS,
    MODULE,
    PROFILE_FIELDS,
    TEST_SET_FIELDS,
)
from ...exceptions import make_fields_error
from ...tools import dian, identity
from ..core.addresses import get_record_url
from ..core.concerned import ask, forget
from ..core.mailing import write_note


class ElectronicInvoicingSetup(models.Model):
    """The six steps of activating electronic invoicing of one company.

    Whether a step is done is derived from the data, never from a flag: from the company, its
    activation, and what this record holds about the steps that happen at DIAN. Two steps are sealed
    by a transition: the test set, which locks the NIT, and the start.
    """

    _name = "electronic.invoicing.setup"
    _description = "Electronic Invoicing Setup"
    _rec_name = "company_id"
    _inherit = [
        "certificate.pdf.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _check_company_auto = True
    _mail_post_access = "read"
    _editable_fields = frozenset(
        (*PROFILE_FIELDS, *TEST_SET_FIELDS, "resolution_id", "sale_journal_id", "invoice_type")
    )
    _pdf_fields = ("test_set_evidence",)

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    field_errors = fields.Json(
        compute="_compute_field_errors",
        help="Errors by field name.",
    )
    can_edit_profile = fields.Boolean(compute="_compute_rights")
    can_reset = fields.Boolean(compute="_compute_rights")

    # 1. Organisation profile: the company's own fields, which its managers may write here.
    profile_name = fields.Char(related="company_id.name", string="Name", readonly=False)
    profile_identification_type_id = fields.Many2one(
        related="company_id.partner_id.l10n_latam_identification_type_id",
        string="Identification type",
        domain="[('country_id.code', '=', 'CO'), ('is_vat', '=', True)]",
        readonly=False,
    )
    profile_vat = fields.Char(
        related="company_id.vat",
        string="NIT",
        readonly=False,
        help="With its check digit, as in boxes 5 and 6 of the RUT.",
    )
    profile_street = fields.Char(related="company_id.street", string="Address", readonly=False)
    profile_city = fields.Char(related="company_id.city", string="Municipality", readonly=False)
    profile_state_id = fields.Many2one(
        related="company_id.state_id",
        string="Department",
        domain="[('country_id.code', '=', 'CO')]",
        readonly=False,
    )
    profile_email = fields.Char(related="company_id.email", string="Email", readonly=False)
    profile_phone = fields.Char(related="company_id.phone", string="Phone", readonly=False)
    profile_responsibility_ids = fields.Many2many(
        related="company_id.fiscal_responsibility_ids",
        string="Fiscal responsibilities",
        readonly=False,
    )

    # 3. Test set
    software_identifier = fields.Char(
        string="Software ID", help="The identifier of your software at DIAN. It can be left empty."
    )
    test_set_identifier = fields.Char(
        string="TestSetId", help="The identifier of the test set that DIAN shows for your software."
    )
    test_set_sent_on = fields.Date(string="Sent on")
    test_set_result = fields.Selection(
        [("waiting", "DIAN is checking it"), ("rejected", "Rejected"), ("accepted", "Accepted")],
        string="Result",
    )
    test_set_accepted_on = fields.Date(
        string="Accepted on", help="The day on which DIAN accepted the test set."
    )
    test_set_evidence = fields.Binary(string="Evidence", attachment=True)
    test_set_evidence_filename = fields.Char(string="Name of the evidence")
    test_set_evidence_size = fields.Integer(string="Size of the evidence", readonly=True)
    test_set_evidence_sha256 = fields.Char(string="SHA-256 of the evidence", readonly=True)
    test_set_evidence_pages = fields.Integer(string="Pages of the evidence", readonly=True)
    test_set_confirmed_on = fields.Datetime(string="Confirmed on", readonly=True)
    test_set_confirmed_by_id = fields.Many2one(
        "res.users", string="Confirmed by", readonly=True, ondelete="restrict"
    )
    locked_nit = fields.Char(
        string="Locked NIT",
        readonly=True,
        help="The NIT that was confirmed with the test set and can no longer change.",
    )
    lock_sentence = fields.Char(compute="_compute_sentences")

    # 4. and 5. Billing resolution, and sales invoice set-up
    resolution_id = fields.Many2one(
        "electronic.invoicing.resolution",
        string="Billing resolution",
        domain="[('company_id', '=', company_id), ('kind', '=', 'electronic')]",
        check_company=True,
        ondelete="restrict",
        tracking=True,
        help="The resolution whose numbers your sales invoices use.",
    )
    sale_journal_id = fields.Many2one(
        related="resolution_id.journal_id",
        related_sudo=False,
        string="Sales journal",
        domain="[('type', '=', 'sale'), ('company_id', '=', company_id)]",
        readonly=False,
        help="The journal whose invoices are sent to DIAN with this resolution.",
    )
    invoice_type = fields.Selection(
        [("01", "Sales invoice (01)"), ("02", "Export invoice (02)")],
        string="Invoice type",
        help="DIAN's type of the invoices of this journal: Anexo tecnico 1.9, table 13.1.3.",
    )

    # 6. Start
    started_on = fields.Date(readonly=True)
    started_by_id = fields.Many2one(
        "res.users", string="Started by", readonly=True, ondelete="restrict"
    )
    start_sentence = fields.Char(compute="_compute_sentences")

    _company_unique = models.UniqueIndex("(company_id)", "A company can have only one setup.")

    # === COMPUTE METHODS === #

    @api.depends("company_id")
    @api.depends_context("certificate_step", "lang")
    def _compute_display_name(self):
        """Call the page of a step by the step: the company stands on it."""
        titles = {
            **self._get_step_titles(),
            "history": self.env._("History of the six steps"),
        }
        title = titles.get(self.env.context.get("certificate_step"))
        for setup in self:
            setup.display_name = title or setup.company_id.display_name

    @api.depends(*PROFILE_FIELDS, "software_identifier", "test_set_identifier")
    def _compute_field_errors(self):
        for setup in self:
            errors = setup.company_id._get_electronic_profile_errors(setup)
            setup.field_errors = {
                **{name: sentence for name, (_label, sentence) in errors.items()},
                **setup._get_identifier_errors(),
                **setup._get_length_errors(setup),
            }

    @api.depends_context("uid")
    def _compute_rights(self):
        self.can_edit_profile = self.env.user.has_group(GROUP_MANAGER)
        self.can_reset = self.env.user.has_group(GROUP_SYSTEM)

    @api.depends("locked_nit", "started_on")
    def _compute_sentences(self):
        for setup in self:
            setup.lock_sentence = setup.locked_nit and setup._get_nit_lock_sentence()
            setup.start_sentence = setup.started_on and self.env._(
                "%(company)s invoices electronically since %(date)s. %(user)s started it.",
                company=setup.company_id.sudo().name,
                date=format_date(self.env, setup.started_on, date_format="long"),
                user=setup.started_by_id.sudo().name,
            )

    # === CRUD METHODS === #

    def _check_editable(self, vals):  # pylint: disable=missing-return
        super()._check_editable(vals)
        if vals.keys() & set(PROFILE_FIELDS):
            self._check_group(GROUP_MANAGER)
        if vals.keys() & set(TEST_SET_FIELDS) and any(self.mapped("locked_nit")):
            raise UserError(self.env._("The test set is confirmed and can no longer be changed."))
        if any(self.mapped("started_on")):
            if vals.keys() & {"sale_journal_id", "invoice_type"}:
                raise UserError(
                    self.env._(
                        "Electronic invoicing has started: only another resolution can be chosen."
                    )
                )
            if "resolution_id" in vals:
                self._check_group(GROUP_MANAGER)
                if not vals["resolution_id"]:
                    raise UserError(self.env._("Choose another resolution to invoice with."))

    @api.constrains("resolution_id")
    def _check_resolution(self):
        for setup in self:
            if setup.resolution_id.kind not in (False, "electronic"):
                raise make_fields_error({"resolution_id": setup._get_kind_sentence()})

    # === ACTION METHODS === #

    @api.model
    def get_overview(self):
        """Describe the six steps of the user's company, for the page that shows them.

        :return: `company` (name), `nit` (with points, or empty), `nit_warning` (bool: the NIT
            can still change), `id` of the set-up, and `steps`: for each its `key`, `title`,
            `sentence`, `state` (`todo`, `in_progress`, `done`, `locked`), `button` (empty when there
            is nothing to open), `missing` (`field` and `label` of each thing that the profile lacks)
            and `alarm` (a sentence, or empty); `warning`, that the certificate ends: see
            `_get_certificate_warning`; `is_lent`, whether somebody else's certificate signs
        :rtype: dict
        :raise AccessError: for a user without the group
        """
        setup = self._get_for_company()
        company = self.env.company
        activation = company._get_active_certificate_activation()
        steps = setup._get_steps(activation)
        return {
            "id": setup.id,
            "company": company.name,
            "warning": company._get_certificate_warning(activation),
            "nit": identity.show_nit(identity.format_nit(company.vat) or ""),
            "nit_warning": not setup.locked_nit
            and any(step["state"] != "done" for step in steps[:3]),
            "steps": steps,
            "is_lent": activation.route == "loan",
        }

    @api.model
    def action_open_step(self, key, field=None):
        """Open what a step needs.

        :param str key: of a step of `get_overview`
        :param str field: that gets the focus, such as one of its `missing`
        :return: an action
        :rtype: dict
        :raise UserError: when the step is locked
        """
        setup = self._get_for_company()
        step = next((step for step in setup._get_steps() if step["key"] == key), None)
        if not step or step["state"] == "locked":
            raise UserError(self.env._("This step opens when the previous one is done."))
        return setup._open_step(key, field)

    def action_open_next(self, after=None):
        """Save, and open the first step that is not done, or a new invoice when all are.

        :param str after: the step that was just filled in, by default that of the context; while it is not done, the
            six steps are opened, which say what it lacks
        :return: an action
        :rtype: dict
        :raise ValidationError: of what the form of that step lacks, for its fields
        """
        after = after or self.env.context.get("certificate_step")
        key = self._describe_next()["key"]
        if not key:
            return self.action_create_invoice()
        # The first step that is not done is open. Whoever only reads may have no set-up yet.
        setup = self._get_for_company()
        if key != after:
            return setup._open_step(key)
        if errors := setup._get_step_errors(key):
            raise make_fields_error(errors)
        return self.action_open_overview()

    @api.model
    def action_create_invoice(self):
        """Open a new invoice; without the rights to write one, the six steps."""
        if not self.env["account.move"].has_access("create"):
            return self.action_open_overview()
        return {
            **self.env["ir.actions.actions"]._for_xml_id("account.action_move_out_invoice_type"),
            "views": [(False, "form")],
            "view_mode": "form",
            "res_id": False,
        }

    def action_open_overview(self):
        """Save, and go back to the six steps."""
        return {**self._get_action("electronic_invoicing_setup_action"), "target": "main"}

    def action_delete_evidence(self):
        self.test_set_evidence = False

    def action_confirm_test_set(self):
        """Ask for the NIT, before the test set is confirmed and locks it.

        :raise ValidationError: naming all that is missing or wrong
        """
        self._check_user(GROUP_USER)
        self._check_test_set()
        return self._action_decide("test_set", self.env._("Confirm your NIT"))

    def action_start(self):
        """Ask the user to confirm, before electronic invoicing starts."""
        self._check_user(GROUP_USER)
        self._check_before("start")
        return self._action_decide("start", self.env._("Start invoicing electronically"))

    def action_reset(self):
        """Ask an administrator why the NIT has to change."""
        self._check_user(GROUP_SYSTEM)
        return self._action_decide("reset", self.env._("Unlock the NIT"))

    # === BUSINESS METHODS - TRANSITIONS === #

    def _confirm_test_set(self, typed_nit):
        """Seal the test set that DIAN accepted: from now on the NIT of the company does not change.

        :param str typed_nit: the NIT with its check digit, as the user typed it
        :raise ValidationError: when it is not the company's, or something is missing or wrong
        """
        self._lock(GROUP_USER)
        if self.locked_nit:
            return
        company = self.company_id.sudo()
        # A concurrent change of the NIT must conflict with this one, so that Odoo retries one of
        # the two. Locking the rows alone would let both pass.
        self.env.flush_all()
        for record in (company, company.partner_id):
            self.env.cr.execute(
                SQL("UPDATE %s SET id = id WHERE id = %s", SQL.identifier(record._table), record.id)
            )
            record.invalidate_recordset()
        self._check_test_set()
        if error := self._get_typed_nit_error(typed_nit):
            raise make_fields_error({"typed_nit": error})
        nit = identity.format_nit(company.vat)
        if self.test_set_evidence_size:
            self._check_stored_pdf("test_set_evidence")
        setup = self._trusted()
        setup.write(
            {
                "locked_nit": nit,
                "test_set_confirmed_on": fields.Datetime.now(),
                "test_set_confirmed_by_id": self.env.user.id,
            }
        )
        setup.message_post(
            body=self.env._(
                "The test set %(identifier)s, accepted by DIAN, was confirmed for %(company)s, NIT %(nit)s.",
                identifier=self.test_set_identifier,
                company=company.name,
                nit=nit,
            )
        )

    def _start(self, is_understood):
        """Start invoicing electronically, once; this cannot be undone.

        :param bool is_understood: whether the user said so
        :raise UserError: when a step before is not done
        """
        self._lock(GROUP_USER)
        if self.started_on:
            return
        self._check_before("start")
        if not is_understood:
            raise UserError(self.env._("Confirm that you know that this cannot be undone."))
        setup = self._trusted()
        setup.write(
            {
                "started_on": self.env["certificate.activation"]._get_today(),
                "started_by_id": self.env.user.id,
            }
        )
        self._forget_started()
        setup.message_post(
            body=self.env._(
                "Electronic invoicing has started, with the resolution %s.",
                self.resolution_id.display_name,
            )
        )

    def _reset(self, reason):
        """Unlock the NIT: the steps from the test set on are open again.

        :param str reason: as the administrator typed it; kept in the history
        :raise UserError: without a reason
        """
        self._lock(GROUP_SYSTEM)
        reason = " ".join((reason or "").split())
        if not reason:
            raise make_fields_error({"reason": self.env._("Explain why the NIT has to change.")})
        if not self.locked_nit:
            return
        setup = self._trusted()
        setup.message_post(
            body=self.env._(
                "The NIT %(nit)s was unlocked: “%(reason)s”. Its test set was %(identifier)s, "
                "confirmed on %(date)s by %(user)s.",
                nit=self.locked_nit,
                reason=reason.rstrip("."),
                identifier=self.test_set_identifier,
                date=format_date(self.env, self.test_set_confirmed_on, date_format="long"),
                user=self.test_set_confirmed_by_id.sudo().name,
            )
        )
        setup.write(
            {
                "locked_nit": False,
                "test_set_confirmed_on": False,
                "test_set_confirmed_by_id": False,
                "test_set_result": False,
                "test_set_accepted_on": False,
                "started_on": False,
                "started_by_id": False,
            }
        )
        self._forget_started()

    def _get_typed_nit_error(self, typed_nit):
        """Say that what was typed is not the company's NIT, or return nothing.

        :rtype: str | None
        """
        company = self.company_id.sudo()
        nit = identity.format_nit(company.vat)
        if identity.normalize_document(typed_nit) != identity.normalize_document(nit):
            return self.env._(
                "This is not the NIT %(nit)s of %(company)s. Type it with its check digit.",
                nit=nit,
                company=company.name,
            )

    def _check_before(self, key):
        """Check that all steps before one are done.

        :param str key: of the step
        :raise UserError: otherwise
        """
        for step in self._get_steps():
            if step["key"] == key:
                return
            if step["state"] != "done":
                raise UserError(self.env._("First finish the step “%s”.", step["title"]))

    def _check_test_set(self):
        self._check_before("test_set")
        if errors := self._get_test_set_errors():
            raise make_fields_error(errors)

    # === BUSINESS METHODS === #

    @api.model
    def _get_for_company(self):
        """Return the set-up of the user's company, made when there is none.

        :rtype: electronic.invoicing.setup
        :raise AccessError: for a user without the group
        """
        return self._find_for_company() or self._create_once({"company_id": self.env.company.id})

    @api.model
    def _find_for_company(self):
        """Return the set-up of the user's company, or an empty one.

        :rtype: electronic.invoicing.setup
        :raise AccessError: for a user without the group
        """
        self.check_access("read")
        return self.search_fetch([("company_id", "=", self.env.company.id)])

    @api.model
    def _get_started_company_ids(self):
        """Return the companies that invoice electronically, from Odoo's cache.

        :rtype: frozenset[int]
        """
        return ask(self, "_read_started_company_ids")

    @api.model
    @ormcache()
    def _read_started_company_ids(self):
        started = self.sudo().search_fetch([("started_on", "!=", False)], ["company_id"])
        return frozenset(started.company_id.ids)

    def _forget_started(self):
        """Have the cache filled anew: at once, and after the commit because others may read it meanwhile."""
        forget(self.env)

    # === BUSINESS METHODS - TEST SET === #

    def _is_evidence(self, name):
        return bool(self.locked_nit)

    def _get_identifier_errors(self):
        """Say which identifiers are not in DIAN's form.

        :return: one sentence by the name of each field
        :rtype: dict[str, str]
        """
        sentence = self.env._(
            "It has 32 digits and letters from a to f, in five groups. Copy it from DIAN's page."
        )
        return {
            name: sentence
            for name in ("software_identifier", "test_set_identifier")
            if self[name] and not dian.is_uuid(self[name])
        }

    def _get_test_set_errors(self):
        """Say what keeps the test set from being confirmed.

        :return: one sentence by the name of each field
        :rtype: dict[str, str]
        """
        errors = self._get_identifier_errors()
        today = self.env["certificate.activation"]._get_today()
        if not self.test_set_identifier:
            errors["test_set_identifier"] = self.env._(
                "Enter the TestSetId that DIAN shows for your software."
            )
        if self.test_set_result != "accepted":
            errors["test_set_result"] = self.env._(
                "Choose the result “Accepted” once DIAN has accepted the test set."
            )
        if not self.test_set_accepted_on:
            errors["test_set_accepted_on"] = self.env._(
                "Enter the day on which DIAN accepted the test set."
            )
        elif self.test_set_accepted_on > today:
            errors["test_set_accepted_on"] = self.env._(
                "The date of the acceptance is in the future."
            )
        elif self.test_set_sent_on and self.test_set_sent_on > self.test_set_accepted_on:
            errors["test_set_accepted_on"] = self.env._(
                "DIAN cannot accept a test set before it is sent."
            )
        return errors

    def _get_invoice_errors(self):
        """Say what the set-up of the sales invoice lacks.

        :return: one sentence by the name of each field
        :rtype: dict[str, str]
        """
        errors = {}
        if not self.resolution_id:
            errors["resolution_id"] = self.env._("Choose the billing resolution.")
        elif self.resolution_id.kind != "electronic":
            errors["resolution_id"] = self._get_kind_sentence()
        elif self.resolution_id.state != "in_force":
            errors["resolution_id"] = self.env._("Choose a resolution that is in force.")
        if self.resolution_id and not self.sale_journal_id:
            here = [("type", "=", "sale"), ("company_id", "=", self.company_id.id)]
            has_journals = self.env["account.journal"].sudo().search_count(here, limit=1)
            errors["sale_journal_id"] = (
                self.env._("Choose the sales journal.")
                if has_journals
                else self.env._(
                    "Your company has no sales journal. Ask an accountant to create one, in Accounting under Journals."
                )
            )
        if not self.invoice_type:
            errors["invoice_type"] = self.env._("Choose the invoice type.")
        return errors

    def _get_kind_sentence(self):
        """Say that the chosen resolution is for something else than electronic invoices.

        :rtype: str
        """
        return self.env._(
            "The numbers of this resolution are not for electronic invoices. Choose another one."
        )

    def _get_nit_lock_sentence(self):
        """Say why the NIT does not change.

        :rtype: str
        """
        self.ensure_one()
        return self.env._(
            "The NIT %(nit)s of %(company)s can no longer change, because DIAN accepted its "
            "test set. An administrator can unlock it in the history of the six steps, with a "
            "reason.",
            nit=self.locked_nit,
            company=self.company_id.sudo().name,
        )

    def _take_from_journals(self):
        """Fill in the test set from the company's sales journals, where nothing is entered yet."""
        journals = self.env["account.journal"].sudo()
        names = {
            name: source
            for name, source in JOURNAL_TEST_SET_FIELDS.items()
            if source in journals._fields and not self[name]
        }
        if not names or self.locked_nit:
            return
        journals = journals.search([("type", "=", "sale"), ("company_id", "=", self.company_id.id)])
        values = {
            name: next(filter(None, journals.mapped(source)), False)
            for name, source in names.items()
        }
        if any(values.values()):
            self._trusted().write(values)

    # === BUSINESS METHODS - SALES INVOICE === #

    def _choose_the_only(self):
        """Choose the resolution and the journal where the company has only one, and the usual invoice type."""
        if self.started_on:
            return
        setup = self._trusted()
        here = [("company_id", "=", setup.company_id.id)]
        in_force = (
            self.env["electronic.invoicing.resolution"]
            .sudo()
            .search([*here, ("kind", "=", "electronic")])
            .filtered(lambda resolution: resolution.state == "in_force")
        )
        if not setup.resolution_id and len(in_force) == 1:
            setup.resolution_id = in_force
        journals = self.env["account.journal"].sudo().search([*here, ("type", "=", "sale")])
        if setup.resolution_id and not setup.sale_journal_id and len(journals) == 1:
            setup.resolution_id.journal_id = journals
        if not setup.invoice_type:
            setup.invoice_type = "01"

    # === BUSINESS METHODS - REMINDERS === #

    def _remind(self, kind):
        """Leave an activity with each manager, in the manager's language.

        :param str kind: of `electronic.invoicing.resolution._get_alarms`
        """
        self.ensure_one()
        mailing, company = self.env["certificate.mailing"], self.company_id
        brand = company.sudo().certificate_seller_id or company
        for user in company._get_certificate_managers():
            translated = mailing._speak_to(user, self, company)
            subject = translated.env._("Your billing resolution ends soon")
            sentence = translated.resolution_id._get_alarms()[kind]
            translated.activity_schedule(
                ACTIVITY_RESOLUTION, user_id=user.id, summary=subject, note=write_note(sentence)
            )
            mailing._notify_person(
                translated,
                user.partner_id,
                brand=brand,
                subject=subject,
                paragraphs=[sentence],
                button=(translated.env._("Open the six steps"), get_record_url(self)),
                about=translated.env._("electronic invoicing"),
                name=company.name,
            )

    # === BUSINESS METHODS - ACTIONS === #

    def _open_step(self, key, field=None):
        """Open what a step needs that is not locked; see `action_open_step`."""
        if key == "certificate":
            can_renew = self.env.company._get_active_certificate_activation().can_renew
            return self._get_action(
                "certificate_activation_renew_action"
                if can_renew
                else "certificate_activation_wizard_action"
            )
        if key == "start" and not self.started_on:
            return self.action_start()
        if key == "test_set":
            self._take_from_journals()
        elif key == "resolution":
            return self._action_open_resolutions()
        elif key == "invoice":
            self._choose_the_only()
        action = self._get_action(f"electronic_invoicing_setup_{key}_action")
        context = {"certificate_step": "history" if key == "start" else key}
        if field in PROFILE_FIELDS:
            context["focus"] = field
        return {**action, "res_id": self.id, "context": context}

    def _get_step_errors(self, key):
        """Return what the form of a step lacks, as far as this user can write it there.

        :return: one sentence by the name of each field
        :rtype: dict[str, str]
        """
        if key == "profile" and self.can_edit_profile:
            errors = self.company_id._get_electronic_profile_errors()
            return {name: sentence for name, (_label, sentence) in errors.items()}
        return self._get_invoice_errors() if key == "invoice" else {}

    @api.model
    def _get_action(self, name):
        return self.env["ir.actions.actions"]._for_xml_id(f"{MODULE}.{name}")

    def _action_open_resolutions(self):
        """Open the company's resolutions, or an empty form when it has none."""
        resolutions = self.env["electronic.invoicing.resolution"]
        resolutions._take_from_journals()
        action = self._get_action("electronic_invoicing_resolution_action")
        if not resolutions.search_count([("company_id", "=", self.company_id.id)], limit=1):
            action["views"] = [view for view in action["views"] if view[1] == "form"]
        return action

    def _action_decide(self, decision, title):
        wizard = self.env["electronic.invoicing.decision"]._trusted()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": wizard._name,
            "res_id": wizard.create({"setup_id": self.id, "decision": decision}).id,
            "views": [(False, "form")],
            "target": "new",
        }
