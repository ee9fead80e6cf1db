"""The routes by which a company gets a certificate, and what each needs and does.

Each route is one stateless object, found by its code in `certificate.activation.route`. The steps ask
`activation._get_route()` instead of comparing codes. To add a route, add a class here, its
place in `ROUTES`, and its code to the selection of that field. (Routes are not models: a client cannot call them.)
"""

from odoo.exceptions import UserError

from ...const import GROUP_MANAGER
from ...tools import letter_scope


class Route:
    """What a route needs and does at each step. The base class is neutral: an empty record has it.

    :cvar str code: its value in `certificate.activation.route`
    :cvar bool needs_payment: whether it starts with a payment, which must still count at the end
    :cvar bool needs_letter: whether the lender's certificate signs, against the exoneration letter
    :cvar bool is_own: whether the company's own certificate signs, loaded from its file
    :cvar bool is_requested: whether an authority is asked for that certificate, through the seller
    :cvar bool is_remote: whether a vendor signs in a database of its own, where the key stays
    :cvar bool is_for_contacts: whether a contact without a login can be invited to its steps
    :cvar bool accepts_receipts: whether a receipt of an outside authority can replace the payment
    :cvar str signer_role: the role that its signatures claim; whoever signs with a lent certificate is a
        third party
    :cvar str product_field: the field of the seller that holds the product to pay for
    :cvar str step_field: the field of the wizard that names the step
    """

    code = ""
    needs_payment = False
    needs_letter = False
    is_own = False
    is_requested = False
    is_remote = False
    is_for_contacts = False
    accepts_receipts = False
    signer_role = "supplier"
    product_field = "certificate_product_id"
    step_field = "step"

    def get_product(self, seller):
        """Return the product that a seller sells for this route; a payment counts for that product alone.

        :param seller: `res.company`
        :rtype: product.product
        """
        return seller[self.product_field]

    def prepare_process_vals(self, activation):
        """Prefill the data that `process` asks for.

        :rtype: dict
        """
        return activation._prepare_representative_vals()

    def write_offer(self, activation):
        """Say what is for sale.

        :return: its `title`, a `text`, and `points` in its favour; None where nothing is
        :rtype: dict | None
        """

    def write_paid(self, activation):
        """Say that the activation is paid and what comes next.

        :rtype: str
        """
        return activation.payment_sentence

    def begin_process(self, activation):
        """Create what belongs to the activation from `process` on."""

    def check_editable(self, activation):
        """Check that a user may write to the activation now.

        :raise UserError: otherwise
        """

    def check_loading(self, activation):
        """Check that the file of a certificate can be loaded or deleted, at `process`.

        :raise UserError: otherwise
        """
        raise UserError(
            activation.env._("This activation is for a lent certificate. Reload the page.")
        )

    def prepare_finish(self, activation):
        """Do what takes too long for a locked row, before the activation is finished."""

    def check(self, activation):
        """Check payment and agreement when the activation is finished.

        :raise UserError: otherwise, with the remedy
        """

    def get_certificate(self, activation):
        """Return the certificate that will sign.

        :return: `certificate.certificate` in sudo mode
        :raise UserError: if there is none, with the remedy
        """
        raise NotImplementedError

    def is_ready(self, activation):
        """Tell whether everything is there to finish.

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
        """Let a certificate sign: at once, or after the end of what is in force."""
        raise NotImplementedError

    def renew(self, activation):
        """Start the renewal of an activation that signs.

        :rtype: certificate.activation
        """
        raise NotImplementedError

    def check_signing(self, activation):
        """Check that the owner of the certificate still lets it sign.

        :raise UserError: otherwise
        """

    def check_document(self, activation, document):
        """Check that a document is among those that the activation lets sign.

        :param bytes document: as for `certificate.activation._sign_xml`
        :raise UserError: otherwise
        """

    def check_request(self, activation, message):
        """Check that what is no document is a request that the activation lets sign.

        :param bytes message: as for `certificate.activation._sign_message`
        :raise UserError: otherwise
        """

    def write_active(self, activation, start, end):
        """Say who signs, from when to when.

        :param str start: the first day
        :param str end: the last day
        :rtype: str
        """
        return ""

    def write_renewable(self, activation):
        """Say what a renewal means now.

        :rtype: str
        """
        return ""


class LentRoute(Route):
    """`loan`: the lender's certificate signs, after a payment and a signed exoneration letter."""

    code = "loan"
    needs_payment = True
    needs_letter = True
    is_for_contacts = True
    accepts_receipts = True
    signer_role = "third party"

    def write_offer(self, activation):
        env = activation.env
        return {
            "title": env._("Digital certificate"),
            "text": env._(
                "It signs your electronic sales invoices, credit notes and debit notes, so that DIAN can "
                "validate them."
            ),
            "points": [
                env._("Valid for %s", activation._get_validity()),
                activation._get_lender_sentence(),
                env._("No device and nothing to install"),
            ],
        }

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

    def check_document(self, activation, document):
        activation._check_letter_scope(letter_scope.find_kinds(document))

    def check_request(self, activation, message):
        is_document = letter_scope.is_document_signature(message)
        activation._check_letter_scope({letter_scope.UNKNOWN if is_document else "request"})

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
    """`own`: the company loads the file of its own certificate. There is no payment and no letter."""

    code = "own"
    is_own = True

    def check_loading(self, activation):
        """Allow it: a file can be loaded until the activation is finished."""

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
    """`request`: the seller, for a payment, gets the company a certificate, whose file the company loads."""

    code = "request"
    needs_payment = True
    is_requested = True
    product_field = "certificate_request_product_id"
    step_field = "request_step"

    def write_offer(self, activation):
        env = activation.env
        return {
            "title": env._("A digital certificate of your own"),
            "text": env._(
                "An authority accredited in Colombia issues it to your company, and it signs your "
                "electronic invoices in your own name."
            ),
            "points": [
                env._("Valid for one year from the day that you choose"),
                env._("You attach a few documents, and follow the request here"),
                env._("Your current certificate keeps signing until this one is active"),
            ],
        }

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


class LinkedRoute(Route):
    """`linked`: the vendor's certificate signs in the vendor's own database, where it was paid for and activated."""

    code = "linked"
    is_remote = True
    signer_role = "third party"

    def get_certificate(self, activation):
        return activation.sudo().certificate_id

    def prepare_period_vals(self, activation, certificate, date_start):
        return {"date_start": activation.date_start, "date_end": activation.date_end}

    def start_period(self, activation, certificate):
        activation._end_replaced()
        activation._activate(certificate)

    def renew(self, activation):
        activation._check_group(GROUP_MANAGER)
        activation.link_vendor_id.action_refresh()
        return activation

    def check_signing(self, activation):
        activation.link_vendor_id._check_active()

    def write_active(self, activation, start, end):
        return activation.env._(
            "%(vendor)s signs your electronic invoices with its certificate, in its own database, "
            "from %(start)s to %(end)s.",
            vendor=activation.sudo().link_vendor_id.vendor_name,
            start=start,
            end=end,
        )

    def write_renewable(self, activation):
        return activation.env._("Your vendor renews it: ask it in time.")


ROUTES = {route.code: route for route in (LentRoute(), OwnRoute(), RequestRoute(), LinkedRoute())}
NO_ROUTE = Route()
# For searches.
OWN_ROUTES = tuple(code for code, route in ROUTES.items() if route.is_own)
LETTER_ROUTES = tuple(code for code, route in ROUTES.items() if route.needs_letter)
REQUEST_ROUTES = tuple(code for code, route in ROUTES.items() if route.is_requested)
