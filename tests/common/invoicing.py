"""The steps of the set-up of electronic invoicing."""

from datetime import timedelta

from .case import CertificateCommon
from .walk import Walk

KEYS = ["profile", "certificate", "test_set", "resolution", "invoice", "start"]
NIT = "900987321-1"
TEST_SET = {
    "test_set_identifier": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "test_set_sent_on": "2026-01-20",
    "test_set_result": "accepted",
    "test_set_accepted_on": "2026-02-01",
}


class InvoicingWalk(Walk):
    """Walks company A's set-up too: each step does what its user would do."""

    def __init__(self, *args):
        super().__init__(*args)
        self.open_setup()

    def open_setup(self):
        self.today = self.env["certificate.activation"]._get_today()
        self.setup_a = self.get_setup(self.user_a)

    def get_setup(self, user):
        """Open the page as a user, which makes the company's set-up, and return this."""
        setups = self.env["electronic.invoicing.setup"].with_user(user)
        setups.get_overview()
        return setups.search([("company_id", "=", user.company_id.id)])

    def get_journal(self, company, code="FE"):
        return (
            self.env["account.journal"]
            .sudo()
            .with_company(company)
            .create({"name": code, "code": code, "type": "sale", "company_id": company.id})
        )

    def get_resolution_vals(self, **values):
        """A resolution in force today."""
        return {
            "number": "18764000000001",
            "prefix": "SETP",
            "range_from": 1,
            "range_to": 5000,
            "date_start": self.today - timedelta(days=30),
            "date_end": self.today + timedelta(days=300),
            **values,
        }

    def create_resolution(self, user=None, **values):
        resolutions = self.env["electronic.invoicing.resolution"].with_user(user or self.user_a)
        return resolutions.create(self.get_resolution_vals(**values))

    def get_decision(self, action, user=None):
        """Return the dialog that an action opens."""
        opened = (action["res_model"], action["target"])
        assert opened == ("electronic.invoicing.decision", "new"), action
        return self.env[action["res_model"]].with_user(user or self.user_a).browse(action["res_id"])

    def confirm_test_set(self, setup=None, nit=NIT, **values):
        """Note the result of the test set, and type the NIT."""
        setup = setup or self.setup_a
        setup.write({**TEST_SET, **values})
        decision = self.get_decision(setup.action_confirm_test_set(), setup.env.user)
        decision.typed_nit = nit
        decision.action_confirm()

    def complete_data(self, setup=None):
        """Walk the steps 3 to 5."""
        setup = setup or self.setup_a
        if not setup.locked_nit:
            self.confirm_test_set(setup)
        setup.write(
            {
                "resolution_id": self.create_resolution(setup.env.user).id,
                "sale_journal_id": self.get_journal(setup.company_id).id,
                "invoice_type": "01",
            }
        )

    def start_invoicing(self, setup=None):
        setup = setup or self.setup_a
        decision = self.get_decision(setup.action_start(), setup.env.user)
        decision.is_understood = True
        decision.action_confirm()


class ElectronicInvoicingCommon(CertificateCommon, InvoicingWalk):
    walk_class = InvoicingWalk

    def setUp(self):
        super().setUp()
        self.open_setup()

    def get_states(self, setup=None):
        """The states of the six steps, in their order, and check what goes with each."""
        overview = (setup or self.setup_a).get_overview()
        steps = overview["steps"]
        self.assertEqual([step["key"] for step in steps], KEYS)
        for step in steps:
            self.assertTrue(step["title"] and step["sentence"])
            self.assertEqual(bool(step["button"]), step["state"] != "locked")
        states = [step["state"] for step in steps]
        is_open = (
            not self.env["electronic.invoicing.setup"].sudo().browse(overview["id"]).locked_nit
        )
        self.assertEqual(overview["nit_warning"], is_open and states[:3] != ["done"] * 3)
        return states

    def reset(self, user=None, reason="The NIT of the RUT is another one"):
        user = user or self.system_user
        decision = self.get_decision(self.setup_a.with_user(user).action_reset(), user)
        decision.reason = reason
        decision.action_confirm()
