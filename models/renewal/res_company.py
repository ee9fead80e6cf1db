from odoo import api, fields, models

from ...const import DANGER_DAYS, REMINDER_DAYS, RENEWAL_DAYS, WARNING_DAYS
from ...exceptions import make_fields_error
from ...tools import expiry


class ResCompany(models.Model):
    """When a certificate can be renewed, when its company is reminded, and the warnings on the
    pages.
    """

    _inherit = "res.company"

    # Taken from the seller, for all companies.
    certificate_renewal_days = fields.Integer(
        string="Renewal of the certificate",
        default=RENEWAL_DAYS,
        help="Days before its end from which a certificate can be renewed.",
        prefetch="certificate",
    )
    certificate_reminder_days = fields.Char(
        string="Reminders of the certificate",
        default=REMINDER_DAYS,
        help="Days before its end on which a company is reminded; once more when it has ended.",
        prefetch="certificate",
    )

    _certificate_renewal_days_positive = models.Constraint(
        "CHECK (certificate_renewal_days > 0)",
        "The certificate must be renewable for at least one day.",
    )

    @api.constrains("certificate_reminder_days")
    def _check_certificate_reminder_days(self):
        for company in self:
            if error := self._get_reminder_days_error(company.certificate_reminder_days):
                raise make_fields_error({"certificate_reminder_days": error})

    # === BUSINESS METHODS === #

    @api.model
    def _get_reminder_days_error(self, days):
        """Say what is wrong with the days of the reminders, or return None.

        :param str days: as an administrator types them
        :rtype: str | None
        """
        try:
            expiry.parse_days(days)
        except ValueError:
            return self.env._(
                "The days of the reminders must be whole numbers from 1 to 999, such as %s.",
                REMINDER_DAYS,
            )
        return None

    def _get_certificate_renewal_days(self):
        """Return for how many days before its end a certificate can be renewed.

        :rtype: int
        """
        return self.certificate_seller_id.sudo().certificate_renewal_days or RENEWAL_DAYS

    @api.model
    def _get_certificate_reminder_days(self):
        """Return the days before the end on which companies are reminded, the farthest first.

        :rtype: tuple[int, ...]
        """
        seller = self.env.company.certificate_seller_id.sudo()
        return expiry.parse_days(seller.certificate_reminder_days if seller else REMINDER_DAYS)

    def _get_certificate_warning(self, activation=None):
        """Warn that this company's certificate ends soon, or has ended.

        :param activation: the one that it signs under today, if already known
        :return: `level` (`warning`, `danger`) and `sentence`; None when there is nothing to say
        :rtype: dict[str, str] | None
        """
        self.ensure_one()
        activations = self.env["certificate.activation"].sudo()
        if self == self.certificate_seller_id:
            return self.sudo()._get_lent_warning()
        if not self._may_have_activation():
            return None
        if activation is None:
            activation = self._get_active_certificate_activation()
        if activation:
            if sentence := activation._get_lender_notice():
                return {"level": "danger", "sentence": sentence}
            left = (activation.date_end - activations._get_today()).days
            if activation.is_renewed or left > WARNING_DAYS:
                return None
            return {
                "level": self._get_certificate_warning_level(left),
                "sentence": activation._get_expiry_notice()[1],
            }
        if activation := activations._find_ended(self):
            return {"level": "danger", "sentence": activation._get_expiry_notice()[1]}
        return None

    @api.model
    def _get_certificate_warning_level(self, left):
        """Return the level of the warning for a number of days left.

        :rtype: str
        """
        return "danger" if left <= DANGER_DAYS else "warning"
