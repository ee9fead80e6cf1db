"""The page of the company that sells the certificate and lends its own, in place of the three steps."""

from collections.abc import Callable
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError

from ...const import DANGER_DAYS, GROUP_CUSTODIAN, GROUP_MANAGER, GROUP_SYSTEM, GROUP_USER, MODULE
from ...tools import identity


class Row(NamedTuple):
    """A row of the page.

    :ivar title: function of an environment
    :ivar describe: function of the seller in sudo mode, which returns how it stands, a sentence, and whether there
        is nothing to do
    :ivar str action: XML id of what its button opens
    :ivar button: function of an environment, which returns what the button says
    :ivar str group: whoever is in it sees the row, where it is for some only
    :ivar str opener: whoever is in it has the button
    :ivar listed: function of the seller, which returns the domain of the activations that are listed; nothing for
        what the action says
    """

    title: Callable
    describe: Callable
    action: str
    button: Callable
    group: str = GROUP_USER
    opener: str = GROUP_USER
    listed: Callable | None = None


def _get_clients_domain(seller):
    """Find the activations by which other companies sign with the certificate of the seller."""
    return [
        ("certificate_id.company_id", "=", seller.id),
        ("company_id", "!=", seller.id),
        ("phase", "=", "active"),
    ]


def _describe_clients(seller):
    [[count]] = seller.env["certificate.activation"]._read_group(
        _get_clients_domain(seller), [], ["company_id:count_distinct"]
    )
    if not count:
        return seller.env._("No company signs with your certificate yet."), True
    if count == 1:
        return seller.env._("1 company signs with your certificate."), True
    return seller.env._("%s companies sign with your certificate.", count), True


def _describe_certificate(seller):
    if not seller.certificate_lent_id:
        return seller.env._("No certificate is lent: nobody can sign yet."), False
    activations = seller.env["certificate.activation"]
    # After today; negative once it has ended.
    end = activations._get_day(seller.certificate_lent_id.date_end)
    days = (end - activations._get_today()).days if end else -1
    if days < 0:
        left = seller.env._("It has ended.")
    elif days == 1:
        left = seller.env._("1 day is left.")
    else:
        left = seller.env._("%s days are left.", days)
    return f"{seller._write_lent()} {left}", days > DANGER_DAYS


def _describe_letters(seller):
    count = seller.env["certificate.activation"].search_count(
        [*_get_clients_domain(seller), ("letter_review", "=", "waiting")]
    )
    if not count:
        return seller.env._("No signed letter waits for your review."), True
    if count == 1:
        return seller.env._("1 signed letter waits for your review."), False
    return seller.env._("%s signed letters wait for your review.", count), False


# In their order on the page.
ROWS = {
    "certificate": Row(
        lambda env: env._("Your certificate"),
        _describe_certificate,
        f"{MODULE}.certificate_sale_setup_action",
        lambda env: env._("Set up the sale"),
        opener=GROUP_SYSTEM,
    ),
    "clients": Row(
        lambda env: env._("Your clients"),
        _describe_clients,
        f"{MODULE}.certificate_activation_action",
        lambda env: env._("See them"),
        opener=GROUP_CUSTODIAN,
        listed=_get_clients_domain,
    ),
    "letters": Row(
        lambda env: env._("Letters to review"),
        _describe_letters,
        f"{MODULE}.certificate_letter_review_action",
        lambda env: env._("Review"),
        group=GROUP_CUSTODIAN,
        opener=GROUP_CUSTODIAN,
    ),
    "board": Row(
        lambda env: env._("Board"),
        lambda seller: (
            seller.env._(
                "Every company that you work for, with what is active and what ends soon."
            ),
            True,
        ),
        f"{MODULE}.certificate_board_action",
        lambda env: env._("Open the board"),
        group=GROUP_MANAGER,
        opener=GROUP_MANAGER,
    ),
    "sold": Row(
        lambda env: env._("Sold certificates"),
        lambda seller: (
            seller.env._("Your invoices of certificates, each with its payment."),
            True,
        ),
        f"{MODULE}.account_move_action",
        lambda env: env._("Open"),
        group="account.group_account_invoice",
        opener="account.group_account_invoice",
    ),
}


class CertificateLenderPage(models.AbstractModel):
    """What the seller finds where other companies activate their certificate: its own, and who signs with it."""

    _name = "certificate.lender.page"
    _description = "Page of the Company That Lends Its Certificate"

    @api.model
    def get_overview(self):
        """Describe the rows, for the page that shows them.

        :return: as `electronic.invoicing.setup.get_overview`
        :rtype: dict
        :raise AccessError: for a user without the group
        """
        seller = self._get_lender()
        rows = []
        for key, row in ROWS.items():
            if self.env.user.has_group(row.group):
                sentence, is_done = row.describe(seller.sudo())
                rows.append(
                    {
                        "key": key,
                        "title": row.title(self.env),
                        "sentence": sentence,
                        "state": "done" if is_done else "todo",
                        "button": self.env.user.has_group(row.opener) and row.button(self.env),
                        "missing": [],
                        "alarm": "",
                    }
                )
        return {
            "company": seller.name,
            "nit": identity.show_nit(identity.format_nit(seller.vat) or ""),
            "nit_warning": False,
            "warning": None,
            "steps": rows,
        }

    @api.model
    def action_open_step(self, key, _field=None):
        """Open what a row is about.

        :param str key: of a row of `get_overview`
        :rtype: dict
        :raise AccessError: for a user without the group of the row
        :raise UserError: when there is no such row
        """
        seller = self._get_lender()
        row = ROWS.get(key) if isinstance(key, str) else None
        if not row:
            raise UserError(self.env._("This page has changed. Reload it."))
        self._check_reader(row.opener)
        action = self.env["ir.actions.actions"]._for_xml_id(row.action)
        if row.listed:
            # Not by their certificate, which only administrators read.
            listed = seller.sudo().env["certificate.activation"].search(row.listed(seller))
            action["domain"] = [("id", "in", listed.ids)]
        return action

    @api.model
    def _check_reader(self, group):
        self.env["certificate.activation"]._check_group(group)

    @api.model
    def _get_lender(self):
        """Return the user's company, which sells and lends.

        :rtype: res.company
        :raise AccessError: for a user without the group
        :raise UserError: for another company
        """
        self._check_reader(GROUP_USER)
        company = self.env.company
        if company != company.certificate_seller_id:
            raise UserError(
                self.env._(
                    "%s does not lend its certificate. Open Activate your digital certificate.",
                    company.name,
                )
            )
        return company
