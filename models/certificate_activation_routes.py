"""The ways in which a company comes to a certificate, and everything in which they differ.

Each is one object without a state, by the code that `certificate.activation.route` holds; what is done at a
step is asked of `activation._get_route()`. A further way is a further class here, with its code in the
selection of that field. (They are no models: nothing of them can be called by a client.)
"""

from odoo.exceptions import UserError


class Route:
    """What a way needs and does, step by step. Without a certificate: what is so of no activation.

    :cvar str code: as `certificate.activation.route` holds it
    :cvar bool needs_payment: it begins with a payment, which has to count when it is finished
    :cvar bool needs_letter: the lender's certificate signs, by the letter that the company has signed
    :cvar bool is_own: the company's own certificate signs, which is loaded here
    :cvar bool is_requested: an authority is asked for that certificate here, through the seller
    :cvar bool is_for_contacts: a contact without a login can be invited to walk its steps
    :cvar bool accepts_receipts: the receipt of an outside authority can take the place of the payment
    :cvar str signer_role: the role that its signatures claim: who signs with a lent certificate is no party
    :cvar str product_field: where the company that sells it keeps the product that is paid
    :cvar str step_field: the wizard's field that names the step
    """

    code = ""
    needs_payment = False
    needs_letter = False
    is_own = False
    is_requested = False
    is_for_contacts = False
    accepts_receipts = False
    signer_role = "supplier"
    product_field = "certificate_product_id"
    step_field = "step"

    # Each of these is asked of an activation of this route.

    def get_product(self, seller):
        """Return what a seller sells by it, by which its payment is known.

        :param seller: `res.company`
        :rtype: product.product
        """
        return seller[self.product_field]

    def prepare_process_vals(self, activation):
        """Prefill what is asked for at `process`.

        :rtype: dict
        """
        return activation._prepare_representative_vals()

    def write_paid(self, activation):
        """Say that it is paid, and what is next.

        :rtype: str
        """
        return activation.payment_sentence

    def begin_process(self, activation):
        """Make what belongs to it from `process` on."""

    def check_editable(self, activation):
        """Check that a user may write it now, by what is asked for.

        :raise UserError: otherwise
        """

    def check_loading(self, activation):
        """Check that a file of a certificate can be loaded or deleted at `process`.

        :raise UserError: otherwise
        """
        raise UserError(
            activation.env._("This activation is of a lent certificate. Reload the page.")
        )

    def prepare_finish(self, activation):
        """Do what takes longer than a row may be locked, before it is finished."""

    def check(self, activation):
        """Check that it is paid and agreed to, when it is finished.

        :raise UserError: otherwise, with the remedy
        """

    def get_certificate(self, activation):
        """Return the certificate that is going to sign.

        :return: `certificate.certificate` in sudo mode
        :raise UserError: when none can, with the remedy
        """
        raise NotImplementedError

    def is_ready(self, activation):
        """Tell whether everything is there, so that finishing can be offered.

        :rtype: bool
        """
        return False

    def prepare_period_vals(self, activation, certificate, date_start):
        """Return first and last day on which it signs.

        :param certificate: `certificate.certificate` that signs, in sudo mode
        :param date date_start: the first day
        :rtype: dict[str, date]
        """
        raise NotImplementedError

    def start_period(self, activation, certificate):
        """Let a certificate sign, at once or when what is in force has ended."""
        raise NotImplementedError

    def renew(self, activation):
        """Start the renewal of an activation that signs.

        :rtype: certificate.activation
        """
        raise NotImplementedError

    def check_signing(self, activation):
        """Check that whoever has the certificate still lets it sign.

        :raise UserError: otherwise
        """

    def write_active(self, activation, start, end):
        """Say who signs, and for how long.

        :param str start: the first day
        :param str end: the last day
        :rtype: str
        """
        return ""

    def write_renewable(self, activation):
        """Say what renewing it now means.

        :rtype: str
        """
        return ""


class LentRoute(Route):
    """`loan`: the lender's certificate signs, against a payment and the signed exoneration letter."""

    code = "loan"
    needs_payment = True
    needs_letter = True
    is_for_contacts = True
    accepts_receipts = True
    signer_role = "third party"

    def write_paid(self, activation):
        return activation.env._(
            "%s Next: the legal representative's data and the letter.", activation.payment_sentence
        )

    def check(self, activation):
        activation._check_still_paid()
        activation._check_signed_letter()

    def get_certificate(self, activation):
        return activation._get_lent_certificate()

    def is_ready(self, activation):
        return activation._has_all_for_loan()

    def prepare_period_vals(self, activation, certificate, date_start):
        return activation._prepare_paid_period_vals(date_start)

    def start_period(self, activation, certificate):
        activation._start_lent_period(certificate)

    def renew(self, activation):
        return activation._start_renewal()

    def check_signing(self, activation):
        activation.certificate_id.company_id._check_lends()

    def write_active(self, activation, start, end):
        return activation.env._(
            "%(seller)s signs your electronic invoices with its certificate "
            "from %(start)s to %(end)s.",
            seller=activation.seller_id.sudo().name,
            start=start,
            end=end,
        )

    def write_renewable(self, activation):
        return activation.env._("You can renew it now: the renewal signs when this one ends.")


class OwnRoute(Route):
    """`own`: the company brings the file of a certificate that it has. Nobody is paid, no letter is signed."""

    code = "own"
    is_own = True

    def check_loading(self, activation):
        """A file can be loaded as long as it is not finished."""

    def prepare_finish(self, activation):
        activation._ask_revocation_again()

    def get_certificate(self, activation):
        return activation._check_own_certificate()

    def is_ready(self, activation):
        return bool(activation.sudo().certificate_id)

    def prepare_period_vals(self, activation, certificate, date_start):
        return {"date_start": date_start, "date_end": activation._get_day(certificate.date_end)}

    def start_period(self, activation, certificate):
        activation._start_own_period(certificate)

    def renew(self, activation):
        return activation._start_own()

    def write_active(self, activation, start, end):
        return activation.env._(
            "Your own certificate signs your electronic invoices from %(start)s to %(end)s.",
            start=start,
            end=end,
        )

    def write_renewable(self, activation):
        return activation.env._("Load the file of the new one in time: it signs at once.")


class RequestRoute(OwnRoute):
    """`request`: the seller is paid for asking an authority; the company then loads the file that it gets."""

    code = "request"
    needs_payment = True
    is_requested = True
    product_field = "certificate_request_product_id"
    step_field = "request_step"

    def write_paid(self, activation):
        return activation.env._(
            "%s Next: the data and documents of the request.", activation.payment_sentence
        )

    def begin_process(self, activation):
        activation._begin_request()

    def check_editable(self, activation):
        if activation.state == "process":
            activation.request_ids._check_written()

    def check_loading(self, activation):
        activation.request_ids._lock_at("issued")

    def check(self, activation):
        activation.request_ids._lock_at("issued")
        activation._check_still_paid()


ROUTES = {route.code: route for route in (LentRoute(), OwnRoute(), RequestRoute())}
NO_ROUTE = Route()
# For searches.
OWN_ROUTES = tuple(code for code, route in ROUTES.items() if route.is_own)
LETTER_ROUTES = tuple(code for code, route in ROUTES.items() if route.needs_letter)
REQUEST_ROUTES = tuple(code for code, route in ROUTES.items() if route.is_requested)
