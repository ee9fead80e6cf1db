from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import GROUP_USER, MODULE


class ElectronicInvoicingSetup(models.Model):
    """The six steps of activating electronic invoicing of one company.

    Whether a step is done follows from the database, never from a mark: from the company, from its
    activation, and from what this record holds of the steps that happen at DIAN.
    """

    _name = "electronic.invoicing.setup"
    _description = "Electronic Invoicing Setup"
    _rec_name = "company_id"
    _inherit = ["certificate.guarded.mixin"]
    _check_company_auto = True
    _editable_fields = frozenset(
        {
            "test_set_identifier",
            "test_set_accepted_on",
            "resolution_number",
            "resolution_prefix",
            "resolution_from",
            "resolution_to",
            "resolution_date_start",
            "resolution_date_end",
            "sale_journal_id",
        }
    )

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    test_set_identifier = fields.Char(help="The TestSetId that DIAN shows for your software.")
    test_set_accepted_on = fields.Date(help="The day on which DIAN accepted the test set.")
    resolution_number = fields.Char(
        help="Number of DIAN's authorisation of the numbering (form 1876)."
    )
    resolution_prefix = fields.Char(help="Up to four letters or digits; empty when there is none.")
    resolution_from = fields.Integer(string="First number")
    resolution_to = fields.Integer(string="Last number")
    resolution_date_start = fields.Date(string="Valid from")
    resolution_date_end = fields.Date(string="Valid until")
    sale_journal_id = fields.Many2one(
        "account.journal",
        string="Sales journal",
        domain="[('type', '=', 'sale')]",
        check_company=True,
        help="The journal whose invoices are sent to DIAN with this resolution.",
    )
    started_on = fields.Date(readonly=True)

    _company_unique = models.UniqueIndex("(company_id)", "A company has one setup.")
    _resolution_range = models.Constraint(
        "CHECK (resolution_from IS NULL OR resolution_to IS NULL OR resolution_from <= resolution_to)",
        "The last number of the resolution must not be below the first.",
    )
    _resolution_dates = models.Constraint(
        "CHECK (resolution_date_start <= resolution_date_end)",
        "The resolution must not end before it starts.",
    )

    # === CRUD METHODS === #

    def _check_editable(self, vals):  # pylint: disable=missing-return
        super()._check_editable(vals)
        if any(self.mapped("started_on")):
            raise UserError(
                self.env._("Electronic invoicing has started: its set-up cannot be changed here.")
            )

    # === ACTION METHODS === #

    @api.model
    def get_overview(self):
        """Describe the six steps of the user's company, for the page that shows them.

        :return: `company` (name), `nit_warning` (bool: the NIT can still change), and `steps`: for
            each its `key`, `title`, `sentence`, `state` (`todo`, `in_progress`, `done`, `locked`)
            and `button`, empty when there is nothing to open
        :rtype: dict
        :raise AccessError: for a user without the group
        """
        steps = self._get_for_company()._get_steps()
        return {
            "company": self.env.company.name,
            "nit_warning": any(step["state"] != "done" for step in steps[:3]),
            "steps": steps,
        }

    @api.model
    def action_open_step(self, key):
        """Open what a step needs.

        :param str key: of a step of `get_overview`
        :return: an action
        :rtype: dict
        :raise UserError: when the step is locked
        """
        setup = self._get_for_company()
        step = next((step for step in setup._get_steps() if step["key"] == key), None)
        if not step or step["state"] == "locked":
            raise UserError(self.env._("This step opens when the one before it is done."))
        if key == "profile":
            return setup._action_open_profile()
        if key == "certificate":
            return self.env["ir.actions.actions"]._for_xml_id(
                f"{MODULE}.certificate_activation_wizard_action"
            )
        return {
            "type": "ir.actions.act_window",
            "name": step["title"],
            "res_model": self._name,
            "res_id": setup.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"step": key},
        }

    def action_start(self):
        """Start invoicing electronically: confirmed by the user, and not undone."""
        self.check_access("write")
        self.env["certificate.activation"]._check_group(GROUP_USER)
        for setup in self.filtered(lambda setup: not setup.started_on):
            if any(step["state"] != "done" for step in setup._get_steps()[:-1]):
                raise UserError(self.env._("Finish the steps before this one first."))
            setup._trusted().started_on = self.env["certificate.activation"]._get_today()
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    @api.model
    def _get_for_company(self):
        """Return the set-up of the user's company, made when there is none.

        :rtype: electronic.invoicing.setup
        :raise AccessError: for a user without the group
        """
        self.check_access("read")
        company = self.env.company
        if setup := self.search([("company_id", "=", company.id)]):
            return setup
        return self._create_once({"company_id": company.id})

    def _get_steps(self):
        """Compute title, sentence, state and button of each step.

        A step is locked until all steps before it are done.

        :rtype: list[dict]
        """
        self.ensure_one()
        missing = self.company_id._get_missing_electronic_profile()
        certificate_state, certificate_sentence = self._get_certificate_step()
        has_resolution = all(
            (
                self.resolution_number,
                self.resolution_to,
                self.resolution_date_start,
                self.resolution_date_end,
            )
        )
        steps = [
            {
                "key": "profile",
                "title": self.env._("Organisation profile"),
                "sentence": self.env._("It lacks: %s.", ", ".join(missing))
                if missing
                else self.env._("NIT, address and contact data are complete."),
                "state": "todo" if missing else "done",
            },
            {
                "key": "certificate",
                "title": self.env._("Activate your digital certificate"),
                "sentence": certificate_sentence,
                "state": certificate_state,
            },
            {
                "key": "test_set",
                "title": self.env._("Test set"),
                "sentence": self.env._("DIAN accepted your test set.")
                if self.test_set_accepted_on
                else self.env._("Send DIAN's test documents and note their result."),
                "state": self._get_data_state(
                    self.test_set_accepted_on and self.test_set_identifier, self.test_set_identifier
                ),
            },
            {
                "key": "resolution",
                "title": self.env._("Billing resolution"),
                "sentence": self.env._("Bring the numbering that DIAN authorised."),
                "state": self._get_data_state(has_resolution, self.resolution_number),
            },
            {
                "key": "invoice",
                "title": self.env._("Sales invoice set-up"),
                "sentence": self.env._("Choose the journal that uses the resolution."),
                "state": self._get_data_state(self.sale_journal_id),
            },
            {
                "key": "start",
                "title": self.env._("Start invoicing"),
                "sentence": self.env._("You are invoicing electronically.")
                if self.started_on
                else self.env._("Confirm it once. It cannot be undone."),
                "state": self._get_data_state(self.started_on),
            },
        ]
        buttons = {
            "todo": self.env._("Start"),
            "in_progress": self.env._("Continue"),
            "done": self.env._("Review"),
            "locked": False,
        }
        is_open = True
        for step in steps:
            if not is_open and step["state"] != "done":
                step["state"] = "locked"
            step["button"] = buttons[step["state"]]
            is_open = is_open and step["state"] == "done"
        return steps

    @api.model
    def _get_data_state(self, done, begun=False):
        return "done" if done else "in_progress" if begun else "todo"

    def _get_certificate_step(self):
        """Tell state and sentence of the second step.

        :return: a pair of strings
        :rtype: tuple[str, str]
        """
        company = self.company_id
        if company == company.certificate_seller_id:
            if company.sudo().certificate_lent_id.is_valid:
                return "done", self.env._(
                    "Your own certificate signs, and is lent to your clients."
                )
            return "todo", self.env._(
                "Choose your certificate in Settings, under Electronic Documents."
            )
        if activation := company._get_active_certificate_activation():
            until = self.env["ir.qweb.field.date"].value_to_html(activation.date_end, {})
            return "done", self.env._("Active until %s.", until)
        if self.env["certificate.activation"].search_count(
            [("company_id", "=", company.id), ("state", "in", ("pay", "process"))], limit=1
        ):
            return "in_progress", self.env._("Continue where you left off.")
        return "todo", self.env._("Pay, sign the letter and finish.")

    def _action_open_profile(self):
        """Open the company for who administers companies, else its contact."""
        company = self.company_id
        record = company if company.has_access("write") else company.partner_id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Organisation profile"),
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
            "target": "current",
        }
