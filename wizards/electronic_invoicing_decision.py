from odoo import api, fields, models

from ..tools import identity


class ElectronicInvoicingDecision(models.TransientModel):
    """The dialog before a step that cannot be undone. It holds what was typed, and passes it on."""

    _name = "electronic.invoicing.decision"
    _description = "Decision on Electronic Invoicing"
    _inherit = ["certificate.guarded.mixin"]
    _editable_fields = frozenset({"typed_nit", "is_understood", "reason"})

    setup_id = fields.Many2one(
        "electronic.invoicing.setup", required=True, readonly=True, ondelete="cascade"
    )
    decision = fields.Selection(
        [("test_set", "Confirm the test set"), ("start", "Start"), ("reset", "Unlock the NIT")],
        required=True,
        readonly=True,
    )
    company_name = fields.Char(
        related="setup_id.profile_name", string="Company", related_sudo=False
    )
    nit = fields.Char(compute="_compute_nit", string="NIT")
    check_digit = fields.Char(string="Check digit", compute="_compute_nit")
    resolution_id = fields.Many2one(related="setup_id.resolution_id", related_sudo=False)
    # In sudo mode: the user who unlocks the NIT may have no rights on journals.
    journal_name = fields.Char(related="setup_id.sale_journal_id.name", string="Sales journal")
    typed_nit = fields.Char(string="Type the NIT with its check digit")
    is_understood = fields.Boolean(string="I know that this cannot be undone")
    reason = fields.Char()
    field_errors = fields.Json(compute="_compute_field_errors", help="Errors by field name.")

    @api.depends("setup_id")
    def _compute_nit(self):
        for wizard in self:
            nit = identity.format_nit(wizard.setup_id.profile_vat) or "-"
            wizard.nit, wizard.check_digit = nit.rsplit("-", 1)

    @api.depends("typed_nit", "setup_id")
    def _compute_field_errors(self):
        for wizard in self:
            error = wizard.typed_nit and wizard.setup_id._get_typed_nit_error(wizard.typed_nit)
            wizard.field_errors = {"typed_nit": error} if error else {}

    def action_confirm(self):
        """Do what was decided, and go on."""
        self.ensure_one()
        if self.decision == "test_set":
            self.setup_id._confirm_test_set(self.typed_nit)
            return self.setup_id.action_open_next()
        if self.decision == "start":
            self.setup_id._start(self.is_understood)
            return self.setup_id.action_open_overview()
        self.setup_id._reset(self.reason)
        return {"type": "ir.actions.act_window_close"}
