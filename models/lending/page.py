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
    :ivar sentence: function of the seller in sudo mode, which says how it stands
    :ivar is_done: likewise, whether there is nothing to do
    :ivar str action: XML id of what its button opens
    :ivar button: function of an environment, which returns what the button says
    :ivar str group: whoever is in it sees the row, where it is for some only
    :ivar str opener: whoever is in it has the button
    :ivar listed: function of the seller in sudo mode, which returns the records that are listed; nothing for what
        the action says
    """

    title: Callable
    sentence: Callable
    is_done: Callable
    action: str
    button: Callable
    group: str = GROUP_USER
    opener: str = GROUP_USER
    listed: Callable | None = None


def _find_clients(seller):
    """Find the activations by which other companies sign with the certificate of the seller."""
    return seller.env["certificate.activation"].search(
        [
            ("certificate_id.company_id", "=", seller.id),
            ("company_id", "!=", seller.id),
            ("phase", "=", "active"),
        ]
    )


def _write_clients(seller):
    count = len(_find_clients(seller).company_id)
    if not count:
        return seller.env._("No company signs with your certificate yet.")
    if count == 1:
        return seller.env._("1 company signs with your certificate.")
    return seller.env._("%s companies sign with your certificate.", count)


def _count_days(seller):
    """Count the days after today on which the lent certificate still signs; negative once it has ended."""
    activations = seller.env["certificate.activation"]
    end = activations._get_day(seller.certificate_lent_id.date_end)
    return (end - activations._get_today()).days if end else -1


def _write_certificate(seller):
    if not seller.certificate_lent_id:
        return seller.env._("No certificate is lent: nobody can sign yet.")
    days = _count_days(seller)
    return " ".join(
        (
            seller._write_lent(),
            seller.env._("It has ended.")
            if days < 0
            else seller.env._("1 day is left.")
            if days == 1
            else seller.env._("%s days are left.", days),
        )
    )


def _count_waiting(seller):
    return len(_find_clients(seller).filtered(lambda client: client.letter_review == "waiting"))


def _write_letters(seller):
    count = _count_waiting(seller)
    if not count:
        return seller.env._("No signed letter waits for your review.")
    if count == 1:
        return seller.env._("1 signed letter waits for your review.")
    return seller.env._("%s signed letters wait for your review.", count)


# In their order on the page.
ROWS = {
    "certificate": Row(
        lambda env: env._("Your certificate"),
        _write_certificate,
        lambda seller: _count_days(seller) > DANGER_DAYS,
        f"{MODULE}.certificate_sale_setup_action",
        lambda env: env._("Set up the sale"),
        opener=GROUP_SYSTEM,
    ),
    "clients": Row(
        lambda env: env._("Your clients"),
        _write_clients,
        lambda seller: True,
        f"{MODULE}.certificate_activation_action",
        lambda env: env._("See them"),
        opener=GROUP_CUSTODIAN,
        listed=_find_clients,
    ),
    "letters": Row(
        lambda env: env._("Letters to review"),
        _write_letters,
        lambda seller: not _count_waiting(seller),
        f"{MODULE}.certificate_letter_review_action",
        lambda env: env._("Review"),
        group=GROUP_CUSTODIAN,
        opener=GROUP_CUSTODIAN,
    ),
    "board": Row(
        lambda env: env._("Board"),
        lambda seller: seller.env._(
            "Every company that you work for, with what is active and what ends soon."
        ),
        lambda seller: True,
        f"{MODULE}.certificate_board_action",
        lambda env: env._("Open the board"),
        group=GROUP_MANAGER,
        opener=GROUP_MANAGER,
    ),
    "sold": Row(
        lambda env: env._("Sold certificates"),
        lambda seller: seller.env._("Your invoices of certificates, each with its payment."),
        lambda seller: True,
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
        rows = [
            {
                "key": key,
                "title": row.title(self.env),
                "sentence": row.sentence(seller.sudo()),
                "state": "done" if row.is_done(seller.sudo()) else "todo",
                "button": self.env.user.has_group(row.opener) and row.button(self.env),
                "missing": [],
                "alarm": "",
            }
            for key, row in ROWS.items()
            if self.env.user.has_group(row.group)
        ]
        return {
            "company": seller.name,
            "nit": identity.show_nit(seller.vat) if identity.format_nit(seller.vat) else "",
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
            action["domain"] = [("id", "in", row.listed(seller.sudo()).ids)]
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
