from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import (
    ACTIVITY_NEXT_STEP,
    GROUP_USER,
    REPRESENTATIVE_FIELDS,
    REQUEST_MONTHS,
    UNPAID,
)
from ..activation.routes import OWN_ROUTES, REQUEST_ROUTES


class CertificateActivation(models.Model):
    """The route `request`: a company requests a certificate of its own, which an authority issues.

    It is paid for like a lent one, with a product of its own. At `process` it has a
    `certificate.request`, which the company writes and the custodian of the seller processes. Once
    the authority has issued the certificate, the company loads its file as on the route `own`.
    """

    _inherit = "certificate.activation"

    request_ids = fields.One2many(
        "certificate.request",
        "activation_id",
        readonly=True,
        help="The request to the authority, once it is paid.",
    )
    has_representative = fields.Boolean(
        compute="_compute_has_representative",
        help="Whether it has the data of a legal representative.",
    )
    representative_rows = fields.Json(
        string="Legal representative",
        compute="_compute_representative_rows",
        help="Who represents the company: pairs of a label and a text.",
    )

    # === COMPUTE METHODS === #

    @api.depends("route", "request_ids.person_kind")
    def _compute_has_representative(self):
        for activation in self:
            route = activation._get_route()
            activation.has_representative = route.needs_letter or (
                route.is_requested and activation.request_ids.person_kind == "juridica"
            )

    @api.depends("has_representative", *REPRESENTATIVE_FIELDS)
    @api.depends_context("lang")
    def _compute_representative_rows(self):
        for activation in self:
            activation.representative_rows = activation.has_representative and [
                [
                    field._description_string(self.env),
                    field.convert_to_export(activation[name], activation) or "",
                ]
                for name in REPRESENTATIVE_FIELDS
                if (field := activation._fields[name])
            ]

    # === TRANSITIONS === #

    @api.model
    def _get_running_request(self, company):
        """Return the activation that keeps a company from buying another request.

        :param company: `res.company`
        :return: one that is not finished, or has signed for less than `REQUEST_MONTHS` months
        :rtype: certificate.activation
        """
        own = [("company_id", "=", company.id), ("route", "in", REQUEST_ROUTES)]
        recent = self._get_today() - relativedelta(months=REQUEST_MONTHS)
        return self.search([*own, ("state", "in", ("pay", "process"))], limit=1) or self.search(
            [*own, ("state", "=", "active"), ("date_start", ">", recent)], limit=1
        )

    def _start_request(self):
        """Return the request of the company for a certificate of its own, or start one.

        The current certificate signs until the new one is active. While a request runs, or its
        certificate is new, this returns it, so that nothing is paid for twice.

        :rtype: certificate.activation
        :raise UserError: for the seller, and when nobody sells requests
        """
        self._check_user(GROUP_USER)
        company = self.company_id
        self._check_not_seller(company)
        if running := self._get_running_request(company):
            return running
        if not company.certificate_seller_id._sells_certificate_requests():
            raise UserError(
                self.env._(
                    "You cannot request a certificate of your own here: ask your administrator, "
                    "or load one that you already have."
                )
            )
        replaced = self.search(
            [("company_id", "=", company.id), ("state", "=", "active"), ("route", "in", OWN_ROUTES)]
        )
        return self._create_once(
            {"company_id": company.id, "route": "request", "renewal_of_id": replaced.id}
        )

    def _abandon_request(self):
        """Cancel a request for which nothing was paid.

        :raise UserError: when money is on its way
        """
        self._lock(GROUP_USER)
        if self.state == "cancelled":
            return
        self._check_state("pay")
        if not self.is_requested or self.payment_status not in UNPAID:
            raise UserError(self.env._("This has been paid for. Ask a manager to cancel it."))
        self._set_state("cancelled")

    # === TRANSITIONS - THE REQUEST === #

    def _begin_request(self):
        """Begin the request, now that it is paid."""
        self.env["certificate.request"]._begin(self)

    def _complete_request(self):
        """Complete the request of the certificate that signs now."""
        if self.request_ids:
            self.sudo().activity_unlink([ACTIVITY_NEXT_STEP])
            self.request_ids._complete()

    def _withdraw_request(self):
        """Withdraw the request of a cancelled activation."""
        if self.request_ids:
            self.request_ids._withdraw()
