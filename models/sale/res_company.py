from collections.abc import Callable
from typing import NamedTuple

from odoo import SUPERUSER_ID, models
from odoo.fields import Command

from ...const import COLOMBIA_TZ, GROUP_CUSTODIAN
from ...tools import identity
from ..activation.routes import ROUTES


class Check(NamedTuple):
    """What is looked at before anything is sold, and what mends it.

    :ivar str find: method of the seller, which returns a sentence with the remedy while something is missing
    :ivar str step: of the page that sets up the sale, one of `setup.STEPS`
    :ivar str mend: method of the seller, which returns the action that mends it
    :ivar label: function of an environment, which returns what its button says
    :ivar bool stops_sale: whether nobody can buy meanwhile; otherwise only the seller is told
    """

    find: str
    step: str
    mend: str
    label: Callable
    stops_sale: bool = True


def _complete(env):
    return env._("Complete the data")


# In the order in which a seller fixes what they find. While one of the first fails there is no invoice, whose
# engine computes the price.
_INVOICE_CHECKS = {
    "company": Check(
        "_find_company_problem", "seller", "_mend_company", lambda env: env._("Open the company")
    ),
    "country": Check("_find_country_problem", "seller", "_mend_seller", _complete),
    "currency": Check("_find_currency_problem", "seller", "_mend_seller", _complete),
    "chart": Check("_find_chart_problem", "seller", "_mend_seller", _complete),
    "journal": Check(
        "_find_journal_problem", "seller", "_mend_journal", lambda env: env._("Open the journals")
    ),
}
_OTHER_CHECKS = {
    "nit": Check("_find_nit_problem", "seller", "_mend_seller", _complete),
    "lock": Check(
        "_find_lock_problem",
        "seller",
        "_mend_lock",
        lambda env: env._("Open the accounting settings"),
    ),
    "product": Check(
        "_find_product_problem",
        "product",
        "_mend_product",
        lambda env: env._("Create the product"),
    ),
    "price": Check(
        "_find_price_problem", "product", "_mend_product", lambda env: env._("Enter the price")
    ),
    "provider": Check(
        "_find_provider_problem",
        "provider",
        "_mend_provider",
        lambda env: env._("Choose a provider"),
    ),
    "lender": Check(
        "_find_lender_problem",
        "lender",
        "_mend_lender",
        lambda env: env._("Load the certificate"),
    ),
    "letter_data": Check("_find_letter_data_problem", "letter", "_mend_letter", _complete),
    "letter": Check(
        "_find_letter_problem", "letter", "_mend_letter", lambda env: env._("Read the letter")
    ),
    "declaration": Check(
        "_find_undeclared_problem",
        "letter",
        "_mend_letter",
        lambda env: env._("Declare it"),
        stops_sale=False,
    ),
    "authority": Check(
        "_find_authority_problem",
        "request",
        "_mend_authority",
        lambda env: env._("Add an authority"),
    ),
    "groups": Check(
        "_find_groups_problem",
        "groups",
        "_mend_groups",
        lambda env: env._("Choose custodians"),
        stops_sale=False,
    ),
    "test": Check(
        "_find_test_problem",
        "test",
        "_mend_provider",
        lambda env: env._("Enable the provider"),
        stops_sale=False,
    ),
    "demo": Check(
        "_find_demo_problem",
        "test",
        "_mend_demo",
        lambda env: env._("Switch off test payments"),
        stops_sale=False,
    ),
}
CHECKS = _INVOICE_CHECKS | _OTHER_CHECKS
_NO_PRICE = {
    "unit": 0,
    "untaxed": 0,
    "withheld": 0,
    "total": 0,
    "fiscal_position_id": False,
    "has_foreign_taxes": False,
}


class ResCompany(models.Model):
    """The seller: the price of its certificate, and what is missing before it can be sold."""

    _inherit = "res.company"

    # === PRICE === #

    def _get_certificate_moves(self):
        """Return the model of this seller's invoices, as the superuser and without the caller's context.

        The buyer's defaults, unit of measure and time zone must not change the invoice: its day is Colombia's.
        """
        self.ensure_one()
        context = {
            "lang": self.env.context.get("lang"),
            "allowed_company_ids": self.ids,
            "tz": COLOMBIA_TZ,
        }
        return self.env(user=SUPERUSER_ID, context=context)["account.move"]

    def _prepare_certificate_move_vals(self, partner, product):
        """Return the values of the seller's invoice for a certificate, whether or not it is stored.

        :param partner: `res.partner` that buys
        :param product: `product.product`
        :rtype: dict
        """
        return {
            "move_type": "out_invoice",
            "company_id": self.id,
            "partner_id": partner.id,
            "currency_id": self.currency_id.id,
            # Any accountant can edit payment terms that belong to no company, and so the price.
            "invoice_payment_term_id": False,
            # Nobody wrote it: it is mailed in the seller's name, without the signature of Odoo's own user.
            "invoice_user_id": False,
            "invoice_line_ids": [Command.create({"product_id": product.id, "quantity": 1})],
        }

    def _get_certificate_price(self, partner=None, product=None, **typed):
        """Return the price of a certificate, computed by the engine of the invoice that will charge it.

        The invoice is built but not stored. Its taxes, fiscal position and rounding are those of the invoice
        created later, so page, invoice and payment page agree. The total is in whole pesos: Colombians pay no
        cents and some providers accept none.

        :param partner: `res.partner` that buys; without one a company such as the seller
        :param product: `product.product`, instead of that of the lent certificate
        :param typed: values of the product in a form that is not saved yet
        :return: `unit`, the price on the invoice's line; `untaxed`; `withheld`, what withholdings take off; `total`;
            `fiscal_position_id`; and `has_foreign_taxes`, whether one is not the seller's. All 0 when nothing can be
            invoiced
        :rtype: dict
        """
        seller = self.with_env(self._get_certificate_moves().env) if self else self
        product = seller.certificate_product_id if product is None else product
        if not (seller and product) or seller._find_sale_problems(_INVOICE_CHECKS):
            return dict(_NO_PRICE)
        return seller._price_by_invoice(partner, product, **typed)

    def _price_by_invoice(self, partner, product, **typed):
        """Return the price where an invoice can be made; see `_get_certificate_price`."""
        moves = self._get_certificate_moves()
        product = product.with_env(moves.env)
        if typed:
            product = product.new(typed, origin=product)
        partner = (partner or self.partner_id).with_env(moves.env)
        move = moves.new(self._prepare_certificate_move_vals(partner, product))
        move._round_to_whole_pesos()
        totals = move.tax_totals
        return {
            "unit": move.invoice_line_ids.price_unit,
            "untaxed": totals["base_amount_currency"],
            "withheld": move._get_withheld_amount(),
            "total": totals["total_amount_currency"],
            "fiscal_position_id": move.fiscal_position_id.id,
            "has_foreign_taxes": bool(move.invoice_line_ids.tax_ids.company_id - self.parent_ids),
        }

    # === WHO BUYS === #

    def _get_certificate_owner_sentence(self):
        """Return why this company needs no certificate of its own: another company's signs for it.

        :rtype: str | None
        """
        self.ensure_one()
        company, seller = self.sudo(), self.certificate_seller_id.sudo()
        if seller in company.parent_ids or (seller and company._has_nit_of(seller)):
            return self.env._(
                "%(company)s belongs to %(seller)s, which sells the certificate and signs with its own: there is "
                "nothing to buy.",
                company=company.name,
                seller=seller.name,
            )
        owner = company._get_certificate_companies()[-1]
        if owner == company:
            return None
        return self.env._(
            "%(company)s has the NIT of %(owner)s, whose certificate signs for both: there is nothing to buy. Open "
            "the steps as %(owner)s.",
            company=company.name,
            owner=owner.name,
        )

    # === CHECKLIST === #

    def _get_certificate_sale_problems(self, route="loan"):
        """List what keeps this seller from selling, in the order in which to fix it.

        :param str route: what is sold, as in `certificate.activation.route`
        :return: for each problem its `code`, a `sentence` for the seller with the remedy, and `stops_sale`: whether
            nobody can buy until it is fixed
        :rtype: list[dict]
        """
        return self._get_certificate_offer(route)[1]

    def _get_certificate_offer(self, route="loan", partner=None):
        """Return the price of a certificate, and what keeps this seller from selling it.

        :param str route: what is sold, as in `certificate.activation.route`
        :param partner: `res.partner` that buys; without one a company such as the seller
        :return: as returned by `_get_certificate_price` and `_get_certificate_sale_problems`
        :rtype: tuple[dict, list[dict]]
        """
        self.ensure_one()
        seller, route = self.with_env(self._get_certificate_moves().env), ROUTES[route]
        price, product = None, route.get_product(seller)
        problems = seller._find_sale_problems(_INVOICE_CHECKS, route)
        if product and not problems:
            price = seller._price_by_invoice(partner, product)
        # A buyer is told what stops the sale, and nothing else.
        checks = {
            code: check
            for code, check in _OTHER_CHECKS.items()
            if check.stops_sale or partner is None
        }
        problems |= seller._find_sale_problems(checks, route, price)
        return price or dict(_NO_PRICE), [
            {"code": code, "sentence": sentence, "stops_sale": CHECKS[code].stops_sale}
            for code, sentence in problems.items()
        ]

    def _find_sale_problems(self, checks, route=None, price=None):
        """Return the sentences of the checks that fail, by code, in the order of the table."""
        found = {code: getattr(self, check.find)(route, price) for code, check in checks.items()}
        return {code: sentence for code, sentence in found.items() if sentence}

    def _find_company_problem(self, _route, _price):
        return not self.active and self.env._("%s is archived.", self.name)

    def _find_country_problem(self, _route, _price):
        countries = self.country_id | self.account_fiscal_country_id
        return set(countries.mapped("code")) != {"CO"} and self.env._(
            "%s is not in Colombia: set its country, and its fiscal country in the accounting settings.",
            self.name,
        )

    def _find_currency_problem(self, _route, _price):
        return self.currency_id.name != "COP" and self.env._(
            "%s does not keep its books in Colombian pesos: set its currency to COP.", self.name
        )

    def _find_chart_problem(self, _route, _price):
        accounts = self.env["account.account"]
        domain = [
            *accounts._check_company_domain(self),
            ("account_type", "=", "asset_receivable"),
        ]
        return not accounts.search_count(domain, limit=1) and self.env._(
            "%s has no chart of accounts: choose one in the accounting settings.", self.name
        )

    def _find_journal_problem(self, _route, _price):
        return not self._get_certificate_sale_journal() and self.env._(
            "%s has no sales journal: create one, or unarchive it.", self.name
        )

    def _get_certificate_sale_journal(self):
        """Return the journal that Odoo chooses for a customer invoice of this company."""
        journals = self.env["account.journal"]
        return journals.search(
            [*journals._check_company_domain(self), ("type", "=", "sale")], limit=1
        )

    def _find_nit_problem(self, _route, _price):
        """Letters and invoices name the seller by it."""
        return not identity.format_nit(self.vat) and self.env._(
            "%s has no NIT with its check digit, which letters and invoices state: enter it.",
            self.name,
        )

    def _find_lock_problem(self, _route, _price):
        today = self.env["certificate.activation"]._get_today()
        journal = self._get_certificate_sale_journal()
        return self._get_violated_lock_dates(today, True, journal) and self.env._(
            "The books of %s are locked through today, so today's sales cannot be posted: change the lock dates.",
            self.name,
        )

    def _find_product_problem(self, route, _price):
        product = route.get_product(self)
        if not product:
            return self.env._("Choose the product that is sold as the certificate.")
        if not product.active:
            return self.env._("The product %s is archived.", product.name)
        if product.company_id != self:
            # Users of its company can change its price.
            return self.env._(
                "The product %(product)s must belong to %(company)s alone, so that no buyer can change its "
                "price: set its company.",
                product=product.name,
                company=self.name,
            )
        return None

    def _find_price_problem(self, route, price):
        if not price:
            return None
        product, total = route.get_product(self), price["total"]
        if price["has_foreign_taxes"]:
            # Odoo lets an accountant of any company tie a tax to the seller's fiscal position.
            return self.env._(
                "A tax of another company applies to the product %s: remove it from the fiscal position.",
                product.name,
            )
        if self.currency_id.compare_amounts(total, 0) <= 0:
            return self.env._("The product %s has no price.", product.name)
        if not self.currency_id.is_zero(total - round(total)):
            return self.env._(
                "The price of %s with its taxes is not in whole pesos: choose another price.",
                product.name,
            )
        return None

    def _find_provider_problem(self, _route, _price):
        chosen = self.certificate_provider_id
        if chosen and chosen.state == "disabled":
            return self.env._("The payment provider %s is disabled.", chosen.name)
        providers = self._get_certificate_providers()
        if not providers:
            return self.env._(
                "No payment provider of %s collects Colombian pesos: enable one.", self.name
            )
        if not providers.filtered(lambda provider: provider.journal_id.active):
            return self.env._(
                "No payment provider of %s has a bank journal to post payments to: choose one on the provider.",
                self.name,
            )
        return None

    def _get_certificate_providers(self):
        """Return the providers that can collect for this seller: its own or a parent company's."""
        providers = self.env["payment.provider"]
        return providers.search(
            [*providers._check_company_domain(self), ("state", "in", ("enabled", "test"))]
        ).filtered(
            lambda provider: (
                provider in (self.certificate_provider_id or provider)
                and self.currency_id in (provider.available_currency_ids or self.currency_id)
            )
        )

    def _find_test_problem(self, _route, _price):
        providers = self._get_certificate_providers()
        is_test = providers and set(providers.mapped("state")) == {"test"}
        return (
            is_test
            and not self.certificate_accept_test_payments
            and self.env._(
                "Payments are in test mode and activate no certificate: enable the payment provider."
            )
        )

    def _find_lender_problem(self, route, _price):
        certificate = self.certificate_lent_id
        if not route.needs_letter or (certificate and certificate._can_be_lent()):
            return None
        if not certificate:
            return self.env._("No certificate is chosen to be lent: choose one that can sign.")
        return self.env._(
            "The lent certificate %s cannot sign today: choose another one.",
            certificate.name,
        )

    def _find_letter_problem(self, route, _price):
        return (
            route.needs_letter
            and not self.certificate_letter_read_on
            and self.env._(
                "Nobody at %s has confirmed reading the letter that clients sign: read it, then confirm.",
                self.name,
            )
        )

    def _find_undeclared_problem(self, route, _price):
        return route.needs_letter and self._find_declaration_problem()

    def _find_groups_problem(self, _route, _price):
        return not self._find_certificate_users(GROUP_CUSTODIAN) and self.env._(
            "%s has no custodian to look after the lent certificate: choose one.",
            self.name,
        )

    def _find_demo_problem(self, _route, _price):
        return self.certificate_accept_test_payments and self.env._(
            "Test payments activate certificates: anyone who buys through a provider in test mode pays nothing."
        )

    def _find_authority_problem(self, route, _price):
        return (
            route.is_requested
            and not self.env["certificate.authority"].search_count([], limit=1)
            and self.env._("No authority is set up to receive requests: add one.")
        )
