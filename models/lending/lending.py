from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...const import DANGER_DAYS
from ...tools import identity, pkcs12
from ..activation.routes import LETTER_ROUTES
from ..keys import custody


class CertificateActivation(models.Model):
    """A loan outlives the lent certificate: the lender renews its certificate and lends the new
    one.

    The letter that a company signed is about the loan and names the lender. So the certificate of
    an activation changes in one way only: the lender chooses another of its own certificates to
    lend.
    """

    _inherit = "certificate.activation"

    # === BUSINESS METHODS === #

    @api.model
    def _carry_over(self, lender):
        """Move all who sign with a certificate of the lender to the one that it lends now.

        :param lender: `res.company` that has chosen what it lends
        :raise UserError: when somebody signs with its former certificate and this one cannot take over
        """
        certificate = lender.sudo().certificate_lent_id
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT activation.id FROM certificate_activation activation
                JOIN certificate_certificate former ON former.id = activation.certificate_id
                WHERE former.company_id = %s AND former.id != %s AND activation.route IN %s
                  AND activation.date_end >= %s
                  AND activation.phase IN ('active', 'waiting')
                ORDER BY activation.id FOR UPDATE OF activation
                """,
                lender.id,
                certificate.id,
                LETTER_ROUTES,
                self._get_today(),
            )
        )
        activations = self._trusted().browse(row[0] for row in self.env.cr.fetchall())
        if not activations:
            return
        activations.invalidate_recordset()
        self._check_successor(certificate, lender.sudo())
        activations.write({"certificate_id": certificate.id})
        activations._message_log_batch(
            bodies=dict.fromkeys(
                activations.ids,
                self.env._(
                    "%(lender)s lends another certificate, which signs from now on. Serial number: %(serial)s.",
                    lender=lender.sudo().name,
                    serial=f"{custody.load_certificate(certificate).serial_number:X}",
                ),
            )
        )

    @api.model
    def _check_successor(self, certificate, lender):
        """Check that a certificate can replace the one that the lender lent until now.

        :raise UserError: otherwise, so that nobody finds out from an invoice that is not signed
        """
        if not certificate._can_be_lent():
            raise UserError(
                self.env._(
                    "Companies sign with the certificate that %(lender)s lends, and "
                    "%(certificate)s cannot replace it: it has no key or is not valid today. "
                    "Choose another one, or wait until this one is valid.",
                    lender=lender.name,
                    certificate=certificate.display_name,
                )
            )
        facts = pkcs12.read_certificate(custody.get_public_content(certificate))
        nit = identity.format_nit(lender.vat)
        if "other_nit" in pkcs12.find_faults(facts, nit, self._get_now()):
            raise UserError(
                self.env._(
                    "The certificate %(certificate)s belongs to %(numbers)s, but the letters of "
                    "the companies that sign with it name %(lender)s, NIT %(nit)s. Choose a "
                    "certificate of that NIT.",
                    certificate=certificate.display_name,
                    numbers=", ".join(facts.nits),
                    lender=lender.name,
                    nit=nit,
                )
            )
        self._prove_certificate(certificate)

    def _has_certificate_ended(self):
        """Tell whether the lent certificate has ended before the loan.

        :rtype: bool
        """
        self.ensure_one()
        end = self.needs_letter and self.sudo().certificate_id.date_end
        return bool(end) and end < fields.Datetime.now()

    def _get_lender_notice(self):
        """Warn that the lent certificate ends before the loan, during its last days and afterwards.

        :rtype: str | None
        """
        self.ensure_one()
        certificate = self.sudo().certificate_id
        end = self.needs_letter and self._get_day(certificate.date_end)
        if not end or end >= self.date_end or (end - self._get_today()).days > DANGER_DAYS:
            return None
        facts = {
            "lender": certificate.company_id.name,
            "company": self.sudo().company_id.name,
            "end": self._format_date(end),
        }
        if self._has_certificate_ended():
            return self.env._(
                "The certificate that %(lender)s lends ended on %(end)s: no invoice of %(company)s is "
                "signed until it lends the next one. Ask it.",
                **facts,
            )
        return self.env._(
            "The certificate that %(lender)s lends ends on %(end)s. Ask it for the next one, so that the "
            "invoices of %(company)s are signed after that day.",
            **facts,
        )
