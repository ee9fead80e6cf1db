"""Every way into an activation, for each kind of user, in each state, of its company and of another one.

The cases are generated; what may happen is written down once, in `ALLOWED`. All else must be refused
and change nothing.
"""

from odoo.exceptions import AccessDenied, AccessError, MissingError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import ACTIVATION_STATES, GROUP_MANAGER
from ..common import samples
from ..common.case import CertificateCommon

ACTIVATION = "certificate.activation"
STATES = [state for state, _label in ACTIVATION_STATES]

# By call and state what becomes of the state, for whoever may; what is not named is refused.
ALLOWED = {
    "action_open_wizard": {state: state for state in STATES},
    "action_verify_payment": {state: state for state in STATES},
    "action_pay": {state: state for state in STATES},
    # The activation is paid.
    "action_continue": {**{state: state for state in STATES}, "pay": "process"},
    "action_download_letter": {"process": "process"},
    "action_delete_signed_letter": {"process": "process"},
    "action_finish": {"process": "active", "active": "active"},
    "action_cancel": {"pay": "cancelled", "process": "cancelled", "cancelled": "cancelled"},
    "action_revoke": {"active": "revoked", "revoked": "revoked"},
    "write representative": {"pay": "pay", "process": "process"},
    "write scan": {"process": "process"},
}
MANAGERS_ONLY = {"action_cancel", "action_revoke"}


@tagged("post_install", "-at_install")
class TestStepOrder(CertificateCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager_b = samples.make_user(
            cls.env, "Berta", "certificate_manager_b", cls.company_b, GROUP_MANAGER
        )
        walk = cls.get_walk()
        cls.activation = walk.get_downloaded()
        walk.attach(cls.activation)
        users = (cls.user_a, cls.user_b)
        managers = (cls.manager_a, cls.manager_b, cls.custodian, cls.system_user)
        cls.strangers = (cls.stranger, cls.portal_user, cls.env.ref("base.public_user"))
        cls.users = [user.sudo() for user in (*users, *managers, *cls.strangers)]
        cls.managers = managers

    def get_calls(self):
        """Return every way in: {name: (model, method, arguments)}."""
        activation, company = self.activation, self.company_a.id
        ids = activation.ids
        stored = self.get_file(activation, "signed_letter")
        location = {"res_model": ACTIVATION, "res_field": "signed_letter", "res_id": activation.id}
        calls = {name: (ACTIVATION, name, [ids]) for name in ALLOWED if name.startswith("action_")}
        values = {
            "write representative": {"representative_city": "Cali"},
            "write scan": {"signed_letter": self.scan},
            "write state": {"state": "active"},
            "write end": {"date_end": "2099-12-31"},
            "write payment": {"payment_move_id": False},
        }
        for name, vals in values.items():
            calls[name] = ACTIVATION, "write", [ids, vals]
        return {
            **calls,
            "web_save": (ACTIVATION, "web_save", [ids, {"state": "active"}, {"id": {}}]),
            "create": (ACTIVATION, "create", [[{"company_id": company, "state": "active"}]]),
            "copy": (ACTIVATION, "copy", [ids, {"state": "active"}]),
            "unlink": (ACTIVATION, "unlink", [ids]),
            "load": (ACTIVATION, "load", [[".id", "state"], [[str(activation.id), "active"]]]),
            "set state": (ACTIVATION, "_set_state", [ids, "active"]),
            "attachment create": (
                "ir.attachment",
                "create",
                [[{"name": "x", "raw": "x", **location}]],
            ),
            "attachment write": ("ir.attachment", "write", [stored.ids, {"raw": "x"}]),
            "attachment unlink": ("ir.attachment", "unlink", [stored.ids]),
        }

    def get_rows(self):
        """Return what the database holds of activations and their files."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT array_agg(activation::text ORDER BY id) FROM certificate_activation activation
            UNION ALL
            SELECT array_agg(attachment::text ORDER BY id) FROM ir_attachment attachment
            WHERE res_model = 'certificate.activation'
            """
        )
        return self.env.cr.fetchall()

    def may(self, user, name):
        """Tell whether a user may do this, in its time."""
        if user in self.strangers or self.company_a not in user.company_ids:
            return False
        return name not in MANAGERS_ONLY or user in self.managers

    @mute_logger("odoo.models.unlink")
    def test_nobody_takes_a_step_that_is_not_theirs_or_not_now(self):
        cases = [
            (state, user, name, call)
            for state in STATES
            for user in self.users
            for name, call in self.get_calls().items()
        ]
        self.assertGreater(len(cases), 1000)
        for state, user, name, (model, method, args) in cases:
            with (
                self.subTest(state=state, user=user.login, call=name),
                self.cr.savepoint() as savepoint,
            ):
                self.activation.sudo().state = state
                before = self.get_rows()
                context = {"allowed_company_ids": user.company_ids.ids}
                records = self.env(user=user.id, su=False, context=context)[model]
                outcome = ALLOWED.get(name, {}).get(state)
                if outcome and self.may(user, name):
                    call_kw(records, method, args, {})
                    self.assertEqual(self.activation.sudo().state, outcome)
                else:
                    self.assertRefused(records, method, args)
                    self.assertEqual(self.get_rows(), before)
                savepoint.rollback()

    def assertRefused(self, records, method, args):
        """Do what a server does with a call: an error takes back what it wrote."""
        try:
            with self.cr.savepoint():
                result = call_kw(records, method, args, {})
        except (AccessDenied, AccessError, MissingError, UserError):
            return
        # An import reports what was refused.
        self.assertEqual(method, "load")
        self.assertFalse(result["ids"])
