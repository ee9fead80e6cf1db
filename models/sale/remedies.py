from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools import formatLang

from ...const import GROUP_CUSTODIAN, GROUP_SYSTEM, MODULE
from ...tools import pkcs12
from ..activation.routes import ROUTES

_DEMO = "demo"
_TEST = "test"
_DEMO_PROVIDER = "payment.payment_provider_demo"


class ResCompany(models.Model):
    """What mends each thing that a seller lacks before it can sell, and how what is there is described.

    The methods that `CHECKS` names take the route that is sold, and return an action.
    """

    _inherit = "res.company"

    def _check_sale_editor(self):
        """Check that the user may set up what this company sells and lends.

        :raise AccessError: unless the user is an administrator who works for it
        """
        self.ensure_one()
        if self.env.su:
            return
        if not self.env.user.has_group(GROUP_SYSTEM) or self not in self.env.user.company_ids:
            raise AccessError(
                self.env._("Only an administrator of %s can set up the sale.", self.sudo().name)
            )
        self.check_access("write")

    def _open_as_seller(self, action):
        """Return an action that first makes this company the current one, where it is not."""
        if self in self.env.companies[:1]:
            return action
        others = self.env.companies - self
        return {
            "type": "ir.actions.client",
            "tag": f"{MODULE}.switch_company",
            "params": {"allowed_company_ids": [self.id, *others.ids], "action": action},
        }

    @api.model
    def _get_sale_action(self, name):
        return self.env["ir.actions.actions"]._for_xml_id(name)

    def _open_record(self, record, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
            "target": "current",
        }

    # === THE SELLER === #

    def _mend_company(self, _route):
        return self._open_record(self, self.name)

    def _mend_seller(self, _route):
        return self.env["certificate.sale.wizard"]._open(self, "seller")

    def _mend_journal(self, _route):
        return self._get_sale_action("account.action_account_journal_form")

    def _mend_lock(self, _route):
        return self._get_sale_action("account.action_account_config")

    def _set_up_seller(self, profile):
        """Let this company sell: a Colombian company that keeps its books in pesos, with Colombia's chart.

        :param dict profile: values of its contact
        :raise UserError: when its books are kept in another currency
        """
        self._check_sale_editor()
        peso = self.env.ref("base.COP")
        has_books = self._existing_accounting()
        if has_books and self.currency_id != peso:
            raise UserError(
                self.env._(
                    "%(company)s keeps its books in %(currency)s, which can no longer change. Choose another "
                    "company, or create one in Colombia.",
                    company=self.name,
                    currency=self.currency_id.name,
                )
            )
        colombia = self.env.ref("base.co")
        peso.sudo().active = True
        # All at once: what an address or a number must be depends on the country.
        self.partner_id.write({**profile, "country_id": colombia.id})
        if not has_books:
            if self.currency_id != peso:
                self.currency_id = peso
            if self.chart_template != "co" and not self.parent_id:
                self.env["account.chart.template"].try_loading("co", self)
        self.account_fiscal_country_id = colombia
        self.certificate_seller_id = self

    # === WHAT IT SELLS === #

    def _mend_product(self, route):
        """Open the product that is sold, and make it first: a service of this company alone, with IVA."""
        self._check_sale_editor()
        # A second click finds what the first one made.
        self.lock_for_update(allow_referencing=True)
        product = ROUTES[route].get_product(self)
        if not (product and product.active and product.company_id == self):
            product = self._make_sold_product(ROUTES[route])
        action = self._open_record(product, self.env._("Product"))
        form = self.env.ref("product.product_normal_form_view")
        return {**action, "views": [(form.id, "form")]}

    def _make_sold_product(self, route):
        """Make the product of a route, and sell it; its price is still to be entered.

        :param route: object of `ROUTES`
        :rtype: product.product
        """
        names = {
            "certificate_product_id": self.env._("Digital certificate"),
            "certificate_request_product_id": self.env._("Digital certificate of your own"),
        }
        product = self.env["product.product"].create(
            {
                "name": names[route.product_field],
                "type": "service",
                "list_price": 0,
                "sale_ok": True,
                "purchase_ok": False,
                "taxes_id": [Command.set(self._get_iva().ids)],
                "supplier_taxes_id": [Command.clear()],
                "company_id": self.id,
            }
        )
        self[route.product_field] = product
        return product

    def _get_iva(self):
        """Return Colombia's IVA of 19 % on sales, or else the tax that this company charges by default.

        :rtype: account.tax
        """
        if self.account_sale_tax_id.amount == 19:
            return self.account_sale_tax_id
        taxes = self.env["account.tax"]
        domain = [
            *taxes._check_company_domain(self),
            ("type_tax_use", "=", "sale"),
            ("amount_type", "=", "percent"),
            ("amount", "=", 19),
        ]
        return taxes.search(domain, limit=1) or self.account_sale_tax_id

    def _write_sold(self):
        sentences = []
        for product in (self.certificate_product_id, self.certificate_request_product_id):
            if product:
                total = self._get_certificate_price(product=product)["total"]
                sentences.append(
                    self.env._(
                        "%(product)s: a company pays %(total)s, taxes included.",
                        product=product.name,
                        total=formatLang(self.env, total, currency_obj=self.currency_id),
                    )
                )
        return " ".join(sentences)

    # === HOW IT IS PAID === #

    def _mend_provider(self, _route):
        action = self._get_sale_action("payment.action_payment_provider")
        domain = [("company_id", "in", self.parent_ids.ids)]
        return {**action, "domain": domain, "context": {}}

    def _get_demo_choice(self):
        """Offer Odoo's provider for demonstrations, where this Odoo has it.

        :rtype: list[dict]
        """
        module = self.env["ir.module.module"].sudo()._get("payment_demo")
        is_there = self.env.ref(_DEMO_PROVIDER, raise_if_not_found=False)
        if not is_there or module.state not in ("installed", "uninstalled"):
            return []
        return [
            {
                "key": _DEMO,
                "label": self.env._("Try it with test payments"),
                "confirm_label": self.env._("Try it"),
                "confirm": self.env._(
                    "This installs Odoo's demo provider. Anyone who buys pays nothing and gets a certificate that "
                    "signs: switch test payments off before you sell."
                ),
            }
        ]

    def _choose_demo(self):
        """Collect by Odoo's provider for demonstrations, and accept test payments."""
        self._check_sale_editor()
        module = self.env["ir.module.module"].sudo()._get("payment_demo")
        env = self.env
        if module.state != "installed":
            module.button_immediate_install()
            # The models of the former registry do not know the provider.
            env.transaction.reset()
            env = env(user=self.env.uid)
        seller = env["res.company"].browse(self.id)
        providers = env["payment.provider"].sudo()
        provider = providers.search([("company_id", "=", seller.id), ("code", "=", _DEMO)], limit=1)
        if not provider:
            provider = env.ref(_DEMO_PROVIDER).sudo().copy({"company_id": self.id})
        provider.write({"state": "test", "is_published": True})
        provider.payment_method_ids.active = True
        if seller.certificate_provider_id:
            seller.certificate_provider_id = provider.id
        seller.certificate_accept_test_payments = True

    def _get_test_choice(self):
        """Offer to try the sale with a provider that is in test mode, while its payments activate nothing.

        :rtype: list[dict]
        """
        if self.certificate_accept_test_payments:
            return []
        return [
            {
                "key": _TEST,
                "label": self.env._("Try it with test payments"),
                "confirm_label": self.env._("Try it"),
                "confirm": self.env._(
                    "Anyone who buys through a provider in test mode pays nothing and gets a certificate that signs: "
                    "switch test payments off before you sell."
                ),
            }
        ]

    def _choose_test(self):
        """Accept the payments of providers in test mode."""
        self._check_sale_editor()
        self.certificate_accept_test_payments = True

    def _mend_demo(self, _route):
        """Accept only real payments from now on."""
        self._check_sale_editor()
        self.certificate_accept_test_payments = False

    # === THE CERTIFICATE THAT IS LENT === #

    def _mend_lender(self, _route):
        return self.env["certificate.sale.wizard"]._open(self, "lender")

    def _load_lent_certificate(self, files, password):
        """Examine the certificate of this company, store it, and lend it.

        :param list[bytes] files: PKCS #12, or certificate and key, decoded; not kept
        :param str password: of the file; not kept
        :return: as `certificate.activation._load_certificate`
        :rtype: dict[str, list[str]]
        """
        self._check_sale_editor()
        owner = self._get_certificate_owner()
        facts, errors = owner._examine_certificate(files, password)
        found = None if errors else owner._ask_revocation(facts)
        if found and found.status == "revoked":
            sentence = owner._get_revoked_sentence(found.revoked_on, found.reason)
            errors = {"certificate": [sentence]}
        if not errors:
            certificate = self.env["certificate.certificate"]._store(facts, self)
            certificate.active = True
            self.certificate_lent_id = certificate.id
        return errors

    def _get_certificate_owner(self):
        """Return a draft in which this company brings a certificate of its own, for what is said of one."""
        certificate = self.sudo().certificate_lent_id
        return (
            self.env["certificate.activation"]
            .sudo()
            .new({"company_id": self.id, "route": "own", "certificate_id": certificate.id})
        )

    def _describe_lent_certificate(self):
        """Describe the certificate that is lent, for the screen.

        :return: as `certificate.activation._describe_certificate`; None where it cannot sign
        :rtype: dict | None
        """
        self._check_sale_editor()
        if not self.sudo().certificate_lent_id._can_be_lent():
            return None
        try:
            return self._get_certificate_owner()._describe_certificate()
        except pkcs12.CertificateRefused:
            return None

    def _write_lent(self):
        certificate = self.sudo().certificate_lent_id
        activations = self.env["certificate.activation"]
        return self.env._(
            "%(certificate)s signs until %(end)s.",
            certificate=certificate.name,
            end=activations._format_date(activations._get_day(certificate.date_end)),
        )

    # === THE LETTER === #

    def _mend_letter(self, _route):
        # Of the company that is current by then; unlike a form, it has an address that a reload finds again.
        return self._get_sale_action(f"{MODULE}.certificate_letter_action")

    def _write_letter_read(self):
        seller = self.sudo()
        activations = self.env["certificate.activation"]
        day = activations._format_date(activations._get_day(seller.certificate_letter_read_on))
        if not seller.certificate_letter_read_by_id:
            return self.env._("It was read before %s.", day)
        return self.env._(
            "%(user)s read it on %(date)s.",
            user=seller.certificate_letter_read_by_id.name,
            date=day,
        )

    # === PEOPLE AND AUTHORITIES === #

    def _mend_groups(self, _route):
        action = self._get_sale_action("base.action_res_users")
        domain = Domain("share", "=", False) & Domain("company_ids", "in", self.ids)
        return {**action, "domain": list(domain), "context": {}}

    def _write_custodians(self):
        names = self._find_certificate_users(GROUP_CUSTODIAN).mapped("name")
        return self.env._("They look after the lent certificate: %s.", ", ".join(names))

    def _mend_authority(self, _route):
        return self._get_sale_action(f"{MODULE}.certificate_authority_action")
