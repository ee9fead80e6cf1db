from odoo import http
from odoo.http import request

from ..const import RENEWAL_PATH, STEPS_PATH, WIZARD_PATH
from .verbs import route


class CertificateSteps(http.Controller):
    # A page of its own, because Odoo's link to a record adds its company behind those that are chosen, and
    # the steps are those of the first one.
    @route(f"{STEPS_PATH}/<record_id:activation_id>", ["GET"], type="http", auth="user")
    def open(self, activation_id, renew="", **_kwargs):
        """Lead from a mail to the three steps, in the company of an activation.

        :param int activation_id: of the `certificate.activation`; whoever may not read it gets to Odoo's
            first page
        :param str renew: whether its renewal is started when it can be
        """
        user = request.env.user
        companies = user.company_ids
        activation = (
            request.env["certificate.activation"]
            .with_context(allowed_company_ids=companies.ids)
            .browse(activation_id)
            .exists()
        )
        if not (
            activation and activation.has_access("read") and activation.company_id in companies
        ):
            return request.redirect("/odoo")
        company = activation.company_id
        response = request.redirect(
            RENEWAL_PATH
            if renew
            else WIZARD_PATH
            if activation.phase != "ended"
            else f"/odoo/{activation._name}/{activation.id}"
        )
        chosen = request.cookies.get("cids", "").split("-")
        others = companies.filtered(lambda other: str(other.id) in chosen) - company
        # As Odoo's own client chooses companies.
        response.set_cookie("cids", "-".join(str(one.id) for one in company | others))
        return response
