from odoo.exceptions import AccessError, UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..const import PORTAL_PATH, REPRESENTATIVE, REPRESENTATIVE_FIELDS
from ..models.core.ir_http import get_brand
from ..tools.pdf_shrink import MAX_INPUT
from ..tools.rate_limit import RateLimit
from . import linked
from .pdf import FORM_SIZE, answer_with_pdf, give_document, give_invoice, limit_upload, refuse_pdf
from .verbs import route

# A token cannot be found by trying; this limits the load of attempts. Per address and minute.
_misses = RateLimit(limit=10, seconds=60)
# Documents that are read: each letter is laid out anew. Per access and hour.
_reads = RateLimit(limit=60, seconds=3600)

# In the session, by activation: the hash of the token that opened it.
_SESSION = "certificate_portal"


def _explain_old_token(activation_id):
    pages = CertificatePortal()
    return linked.explain_old_token(
        activation_id,
        pages._get_certificate_access(activation_id),
        shown=pages._render_certificate_page,
        closed=pages._render_certificate_closed,
    )


_portal_page, _step = linked.declare(PORTAL_PATH, _explain_old_token)


class CertificatePortal(CustomerPortal):
    """The three steps on a page of the portal, for the invited contact of a client.

    Each route first finds the access, by the session or the login, and then acts on that activation
    alone. Contacts can do only what has a route here.
    """

    # === WHO MAY === #

    def _get_certificate_access(self, activation_id):
        """Return the access of this visitor to an activation, or an empty record.

        :rtype: certificate.portal.access
        """
        user = request.env.user
        return request.env["certificate.portal.access"]._find(
            activation_id,
            token_hash=linked.get_token_hash(_SESSION, activation_id),
            user=None if user._is_public() else user,
        )

    def _render_certificate_closed(self, activation_id, status=403, **values):
        """Show the same page if the activation does not exist, is not the visitor's or has ended."""
        values = {
            "path": f"{PORTAL_PATH}/{activation_id}",
            **get_brand(request.env),
            **values,
        }
        return request.render("l10n_co_certificate_activation.portal_closed", values, status=status)

    # === INVITATION === #

    @_portal_page("/open")
    def certificate_link(self, activation_id, **_kwargs):
        """Serve the page that reads the token after the # of the link, which only the browser
        knows, and posts it.
        """
        return self._render_certificate_closed(activation_id, status=200, is_link=True)

    @_step("/open")
    def certificate_open(self, activation_id, access_token="", **_kwargs):
        accesses = request.env["certificate.portal.access"]
        return linked.enter(
            activation_id,
            access_token,
            session=_SESSION,
            path=f"{PORTAL_PATH}/{activation_id}",
            find=lambda token_hash: accesses._find(activation_id, token_hash=token_hash),
            opened=lambda access: access._open(request.env.user),
            closed=self._render_certificate_closed,
            misses=_misses,
        )

    # === MY ACCOUNT === #

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "certificate_count" in counters:
            values["certificate_count"] = len(self._get_certificate_accesses())
        return values

    @staticmethod
    def _get_certificate_accesses():
        return request.env["certificate.portal.access"]._find_opened_by(request.env.user)

    @route(PORTAL_PATH, ["GET"], type="http", auth="user", website=True, readonly=True)
    def certificate_list(self, **_kwargs):
        """List the activations that the user is invited to."""
        accesses = self._get_certificate_accesses().with_env(request.env)
        return request.render(
            "l10n_co_certificate_activation.portal_my_certificates",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "certificate",
                **get_brand(request.env),
                "activations": [access._get_activation() for access in accesses],
            },
        )

    def _create_or_update_address(self, partner_sudo, *args, **kwargs):
        """Override of `portal` to show in its form which company fields portal users cannot change.

        Odoo copies the address of a contact to its company, which only others may write here: see
        `res.partner._check_company_facts`.
        """
        try:
            with request.env.cr.savepoint():
                return super()._create_or_update_address(partner_sudo, *args, **kwargs)
        except AccessError as error:
            return partner_sudo, {"invalid_fields": [], "messages": [str(error)]}

    # === THE PAGE === #

    @_portal_page()
    def certificate_page(self, activation_id, verified="", checked="", download="", **_kwargs):
        """Show the step that the activation has reached; the payment is verified on the way.

        :param str verified: whether the payment was verified by hand, so that the findings are
            shown
        :param str checked: whether the letter was requested, so that red messages are shown
        :param str download: whether the letter is downloaded at once
        """
        access = self._get_certificate_access(activation_id)
        if not access:
            return self._render_certificate_closed(activation_id)
        activation = access._get_activation()
        if activation.state == "pay":
            self._try_certificate_step(activation, "verify")
        activation._refresh_letter()
        return self._render_certificate_page(
            access,
            findings=activation._explain_payment()
            if verified and activation.payment_status != "paid" and activation.state == "pay"
            else [],
            errors=activation._get_representative_errors(activation) if checked else {},
            is_downloaded=bool(download and activation.letter_code),
        )

    def _render_certificate_page(self, access, status=200, **values):
        activation = access._get_activation()
        path = request.env["ir.http"]._url_for(activation._get_portal_path())
        return request.render(
            "l10n_co_certificate_activation.portal_certificate",
            {
                # The page shows the seller's branding, not that of the database's first company.
                **get_brand(request.env, activation._get_brand()),
                "visitor": linked.name_visitor(access),
                "activation": activation,
                "path": path,
                "sentences": activation._get_portal_sentences(),
                "alerts": activation._get_portal_alerts(),
                "fields": self._get_certificate_fields(activation, values.get("typed", {}))
                if activation._get_step() == "process"
                else [],
                "reads_spanish": (request.env.lang or "").startswith("es"),
                **linked.describe_file(activation),
                "errors": {},
                "findings": [],
                **values,
            },
            status=status,
        )

    @staticmethod
    def _get_certificate_fields(activation, typed):
        """Describe the form of the representative: each field's label, value, options and keyboard.

        :param dict typed: what was typed and could not be saved, by the field's name
        """
        labels = activation.fields_get(REPRESENTATIVE_FIELDS, ["string"])
        form = []
        for name, field in REPRESENTATIVE.items():
            value, options = activation[name] or "", None
            if activation._fields[name].type == "many2one":
                comodel = activation.env[activation._fields[name].comodel_name]
                value = str(activation[name].id or "")
                options = comodel.search(activation._fields[name].domain)
            form.append(
                {
                    "name": name,
                    "label": labels[name]["string"],
                    "value": typed.get(name, value),
                    "options": options,
                    "type": field.type,
                    "autocomplete": field.autocomplete,
                    "example": field.example and request.env._("e.g. %s", field.example),
                }
            )
        return form

    # === STEPS === #

    def _try_certificate_step(self, activation, step, *args):
        """Do a step, or roll it back and return the error.

        :return: what the step returns, and the sentence of an error
        :rtype: tuple
        """
        try:
            with request.env.cr.savepoint():
                return activation._run_portal_step(step, *args), None
        except UserError as error:
            activation.env.invalidate_all()
            return None, str(error)

    def _run_certificate_step(self, activation_id, step, *args, place="error", query=""):
        """Do a step and redirect to the page's clean address, or show the page at once with the
        error.

        :param str place: the name under which the page gets the sentence of an error
        """
        access = self._get_certificate_access(activation_id)
        if not access:
            return self._render_certificate_closed(activation_id)
        _result, error = self._try_certificate_step(access._get_activation(), step, *args)
        if error:
            return self._render_certificate_page(access, status=422, **{place: error})
        return request.redirect(f"{PORTAL_PATH}/{activation_id}{query}")

    @_step("/verify")
    def certificate_verify_payment(self, activation_id, **_kwargs):
        return self._run_certificate_step(activation_id, "verify", query="?verified=1")

    @_step("/buy")
    def certificate_buy(self, activation_id, **_kwargs):
        """Redirect to Odoo's payment page, which returns here."""
        access = self._get_certificate_access(activation_id)
        if not access:
            return self._render_certificate_closed(activation_id)
        url, error = self._try_certificate_step(access._get_activation(), "buy")
        if error:
            return self._render_certificate_page(access, status=422, error=error)
        return request.redirect(url or f"{PORTAL_PATH}/{activation_id}")

    @_step("/continue")
    def certificate_continue(self, activation_id, **_kwargs):
        return self._run_certificate_step(activation_id, "continue")

    @_step("/representative")
    def certificate_representative(self, activation_id, send="", **values):
        """Save what was typed; if it is valid, download the letter with the same click, or send it.

        :param str send: whether it goes to the legal representative by mail; nothing has to be typed then
        """
        access = self._get_certificate_access(activation_id)
        if not access:
            return self._render_certificate_closed(activation_id)
        activation = access._get_activation()
        # (A file can be sent instead of a text.)
        values = {
            name: values[name] if isinstance(values[name], str) else ""
            for name in REPRESENTATIVE_FIELDS
            if name in values
        }
        if errors := activation._get_length_errors(values):
            # Not saved, but still shown so that it can be shortened.
            return self._render_certificate_page(access, status=422, typed=values, errors=errors)
        if values:
            _saved, error = self._try_certificate_step(activation, "representative", values)
            if error:
                return self._render_certificate_page(access, status=422, error=error)
        if activation._get_letter_errors():
            return request.redirect(f"{PORTAL_PATH}/{activation_id}?checked=1")
        step, query = ("send", "") if send else ("download", "?download=1")
        _action, error = self._try_certificate_step(activation, step)
        if error:
            return self._render_certificate_page(access, status=422, error=error)
        return request.redirect(f"{PORTAL_PATH}/{activation_id}{query}#signed_letter")

    @_step("/signed-letter", max_content_length=MAX_INPUT + FORM_SIZE)
    def certificate_attach(self, activation_id, file=None, **_kwargs):
        """Receive the signed scan; photos and large scans go through `/pdf` first."""
        return self._run_certificate_step(
            activation_id,
            "attach",
            *linked.read_upload(file),
            place="file_error",
            query="#signed_letter",
        )

    @_step("/signed-letter/delete")
    def certificate_delete(self, activation_id, **_kwargs):
        return self._run_certificate_step(activation_id, "delete", query="#signed_letter")

    @_step("/finish")
    def certificate_finish(self, activation_id, **_kwargs):
        return self._run_certificate_step(activation_id, "finish", place="file_error")

    @_step(
        "/pdf", max_content_length=limit_upload, explain_old_token=linked.explain_old_token_as_json
    )
    def certificate_make_pdf(self, activation_id, **_kwargs):
        """Make one PDF of the uploaded `files` and store nothing.

        :return: JSON, as returned by `CertificatePdfController.make_pdf`
        """
        access = self._get_certificate_access(activation_id)
        if not access:
            sentence = request.env._(
                "Your session has expired. Open the link of your invitation again."
            )
            return refuse_pdf(sentence, 403)
        activation = access._get_activation()

        def make(files):
            activation._check_letter_open()
            return activation._make_pdf(files)

        return answer_with_pdf(activation, make)

    # === FILES === #

    def _give_out_certificate_file(self, activation_id, give):
        """Send a document to be saved.

        :param give: makes the response from an activation, or raises a `UserError`
        """
        access = self._get_certificate_access(activation_id)
        if not access:
            return self._render_certificate_closed(activation_id)
        return linked.give_out(access, give, shown=self._render_certificate_page, reads=_reads)

    @_portal_page("/letter")
    def certificate_letter(self, activation_id, **_kwargs):
        return self._give_out_certificate_file(
            activation_id,
            lambda activation: give_document(
                activation._render_letter(), activation._get_letter_filename()
            ),
        )

    @_portal_page("/letter/english")
    def certificate_letter_in_english(self, activation_id, **_kwargs):
        return self._give_out_certificate_file(
            activation_id,
            lambda activation: give_document(
                activation._render_letter_in_english(), "Letter in English - not for signature"
            ),
        )

    @_portal_page("/signed-letter")
    def certificate_signed_letter(self, activation_id, **_kwargs):
        return self._give_out_certificate_file(
            activation_id,
            lambda activation: give_document(
                activation._read_signed_letter(), activation.signed_letter_filename
            ),
        )

    @_portal_page("/invoice")
    def certificate_paid_invoice(self, activation_id, **_kwargs):
        return self._give_out_certificate_file(activation_id, give_invoice)

    @_portal_page("/record")
    def certificate_record(self, activation_id, **_kwargs):
        return self._give_out_certificate_file(
            activation_id,
            lambda activation: give_document(
                activation._read_record(), activation._get_record_filename()
            ),
        )
