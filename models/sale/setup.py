"""The page that sets up the sale: what its seller lacks, in order, each with the button that mends it."""

from collections.abc import Callable
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ...const import GROUP_SYSTEM
from ...tools import identity
from .res_company import CHECKS


class Step(NamedTuple):
    """A step of the page. It is done while no check of `CHECKS` that names it finds anything.

    :ivar title: function of an environment
    :ivar done: function of the seller, which says how it was set up
    :ivar str review: method of the seller, which returns the action that shows it
    :ivar choices: function of the seller: what can be done instead, as returned by `_get_demo_choice`
    :ivar str after: the step without which it cannot be done; product, taxes and journals come with who sells
    """

    title: Callable
    done: Callable
    review: str
    choices: Callable = lambda seller: []
    after: str = "seller"


# In their order on the page.
STEPS = {
    "seller": Step(
        lambda env: env._("Seller"),
        lambda seller: seller.env._(
            "%(seller)s, NIT %(nit)s, sells the certificate and lends its own.",
            seller=seller.name,
            nit=identity.format_nit(seller.vat),
        ),
        "_mend_seller",
    ),
    "product": Step(
        lambda env: env._("Product and price"),
        lambda seller: seller._write_sold(),
        "_mend_product",
    ),
    "provider": Step(
        lambda env: env._("Payment provider"),
        lambda seller: seller.env._(
            "Payments are collected by %s.",
            ", ".join(seller._get_certificate_providers().mapped("name")),
        ),
        "_mend_provider",
        lambda seller: seller._get_demo_choice(),
    ),
    "lender": Step(
        lambda env: env._("Lent certificate"),
        lambda seller: seller._write_lent(),
        "_mend_lender",
    ),
    "letter": Step(
        lambda env: env._("Exoneration letter"),
        lambda seller: seller._write_letter_read(),
        "_mend_letter",
    ),
    "request": Step(
        lambda env: env._("Requested certificates"),
        lambda seller: seller.env._("Authorities and their documents are set up."),
        "_mend_authority",
    ),
    "groups": Step(
        lambda env: env._("Custodians"),
        lambda seller: seller._write_custodians(),
        "_mend_groups",
    ),
    "test": Step(
        lambda env: env._("Real payments"),
        lambda seller: seller.env._("Only real payments activate a certificate."),
        "_mend_provider",
        lambda seller: seller._get_test_choice(),
        after="provider",
    ),
}


class CertificateSaleSetup(models.AbstractModel):
    """What the seller of the certificate has set up, and what is missing before anybody can buy.

    It stores nothing: a step is done while the checks of `CHECKS` find nothing, which also decide whether
    companies can buy.
    """

    _name = "certificate.sale.setup"
    _description = "Set Up the Sale of Certificates"

    @api.model
    def get_overview(self):
        """Describe the steps of the seller that is chosen, for the page that shows them.

        :return: as `electronic.invoicing.setup.get_overview`; each step also has its `level`, and `choices`:
            what can be done instead, each with its `key`, `label`, `confirm` and `confirm_label`
        :rtype: dict
        :raise AccessError: unless the user is an administrator
        """
        seller = self._get_seller()
        overview = {
            "company": seller.name or self.env._("No seller yet"),
            "nit": identity.format_nit(seller.vat) or "",
            "nit_warning": False,
            "warning": None,
            "steps": [],
        }
        if seller and seller not in self.env.user.company_ids:
            # What it sells and lends is its own.
            sentence = self.env._(
                "%s sells the certificate, and only its own administrators set up the sale. Add it to the companies "
                "of your user, or ask one of them.",
                seller.name,
            )
            return {**overview, "warning": {"level": "warning", "sentence": sentence}}
        problems = self._find_problems(seller)
        steps = [self._describe_step(key, seller, problems) for key in self._get_keys(seller)]
        if all(step["state"] == "done" for step in steps):
            overview["warning"] = {
                "level": "success",
                "icon": "fa-check-circle",
                "sentence": self.env._("Everything is ready: companies can buy the certificate."),
            }
        return {**overview, "steps": steps}

    @api.model
    def action_open_step(self, key, choice=None):
        """Mend what a step lacks first, or show what was set up when it lacks nothing.

        :param str key: of a step of `get_overview`
        :param str choice: one of the `choices` of the step, instead of its button
        :return: an action; None when it is done, and the page is to be read again
        :rtype: dict | None
        :raise AccessError: unless the user is an administrator who works for the seller
        :raise UserError: when the step is locked, or there is no such step
        """
        seller = self._get_seller()
        if seller:
            seller._check_sale_editor()
        problems = self._find_problems(seller)
        step = self._describe_step(key, seller, problems) if key in self._get_keys(seller) else {}
        if step.get("state") in (None, "locked"):
            raise UserError(self.env._("This step opens when the previous one is done."))
        if choice:
            if choice not in [one["key"] for one in step["choices"]]:
                raise UserError(self.env._("This cannot be chosen any more. Reload the page."))
            return getattr(seller, f"_choose_{choice}")()
        mine = problems.get(key)
        method = CHECKS[mine[0]["code"]].mend if mine and seller else STEPS[key].review
        company = seller or self.env.company
        action = getattr(company, method)(mine[0]["route"] if mine else "loan")
        # What is current is what the user sees, not what this page works for.
        return company.with_env(self.env)._open_as_seller(action) if action else None

    # === BUSINESS METHODS === #

    @api.model
    def _get_seller(self):
        """Return the seller that is chosen, with the user's rights.

        :rtype: res.company
        :raise AccessError: unless the user is an administrator
        """
        if not (self.env.su or self.env.user.has_group(GROUP_SYSTEM)):
            raise AccessError(self.env._("Only an administrator can set up the sale."))
        seller = self.env.company.certificate_seller_id
        return seller.with_company(seller) if seller in self.env.user.company_ids else seller

    @api.model
    def _get_keys(self, seller):
        """Return the steps that concern a seller."""
        return [
            key for key in STEPS if key != "request" or seller.sudo().certificate_request_product_id
        ]

    @api.model
    def _find_problems(self, seller):
        """Find what a seller lacks.

        :return: by the key of each step, as returned by `_get_certificate_sale_problems`, with the `route` for
            which it is so
        :rtype: dict[str, list[dict]]
        """
        if not seller:
            sentence = self.env._(
                "Choose the company that sells the certificate and lends its own."
            )
            return {"seller": [{"code": "seller", "sentence": sentence, "route": "loan"}]}
        found, routes = {}, ("loan", "request")
        for route in routes if seller.sudo().certificate_request_product_id else routes[:1]:
            for problem in seller._get_certificate_sale_problems(route):
                # Once, if both have it.
                found.setdefault(problem["sentence"], {**problem, "route": route})
        problems = {}
        for problem in found.values():
            problems.setdefault(CHECKS[problem["code"]].step, []).append(problem)
        return problems

    @api.model
    def _describe_step(self, key, seller, problems):
        """Describe a step for the page; see `get_overview`."""
        step, mine = STEPS[key], problems.get(key)
        missing = [one for one in ("seller", step.after) if one in problems and one != key]
        described = {
            "key": key,
            "title": step.title(self.env),
            "state": "locked" if missing else "todo" if mine else "done",
            "missing": [],
            "alarm": "",
            "level": "warning",
            "choices": [],
            "button": False,
        }
        if missing:
            title = STEPS[missing[0]].title(self.env)
            return {**described, "sentence": self.env._("Available after “%s”.", title)}
        check = CHECKS.get(mine[0]["code"]) if mine else None
        is_red = mine and mine[0]["code"] == "demo"
        return {
            **described,
            "sentence": "" if is_red else mine[0]["sentence"] if mine else step.done(seller),
            "alarm": mine[0]["sentence"] if is_red else "",
            "level": "danger" if is_red else "warning",
            "choices": step.choices(seller) if mine and seller else [],
            "button": check.label(self.env)
            if check
            else self.env._("Choose")
            if mine
            else self.env._("Review"),
        }
