"""A user who may change contacts and means no good."""

from . import samples

CONTACTS = "base.group_partner_manager"


def act_as(test, user):
    """Let Odoo's own switches from sudo mode back to the request's user find that one."""
    transaction = test.env.transaction
    test.addCleanup(setattr, transaction, "default_env", transaction.default_env)
    transaction.default_env = test.env(user=user)


def make_attacker(test):
    """A user of company B who invoices, and creates contacts."""
    return samples.make_user(
        test.env,
        "Eva",
        "certificate_attacker",
        test.company_b,
        "account.group_account_invoice",
        CONTACTS,
    )
