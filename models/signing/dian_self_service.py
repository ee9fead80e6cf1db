"""Electronic invoicing by `l10n_co_electronic_invoice_self`, when it is installed.

That add-on takes a certificate of the company and reads its key as the user, so that only
administrators could sign, and nobody with a lent certificate. Here its signer is replaced by one that
signs under the company's activation.

It is no dependency, and its models cannot be inherited: `_inherit` of a model that may be missing
breaks the registry, and a class that is made only when it is there would come too early, for the order
in which two add-ons without a dependency load is open. Odoo's own way to change models that are known
only at run time is `_register_hook`, called when all add-ons are loaded (base_automation changes
models there). Without the add-on this does nothing.
"""

from odoo import models

from ...exceptions import ACTIVATE, make_remedy_error
from ...tools import xml_text

SERVICE = "l10n_co.dian.self.service"
FORMAT = "account.edi.format"


class CertificateActivation(models.Model):
    _inherit = "certificate.activation"

    def _register_hook(self):
        super()._register_hook()
        if SERVICE in self.env:
            for (model, name), make in PATCHES.items():
                method = make()
                method.origin = getattr(self.env.registry[model], name)
                setattr(self.env.registry[model], name, method)

    def _unregister_hook(self):  # pylint: disable=missing-return
        super()._unregister_hook()
        for model, name in PATCHES:
            if model in self.env and name in vars(self.env.registry[model]):
                delattr(self.env.registry[model], name)


class CertificateCertificate(models.Model):
    _inherit = "certificate.certificate"

    def _search(self, domain, *args, **kwargs):
        activation = self.env.context.get("certificate_activation")
        # A record, which no client can put into a context.
        if isinstance(activation, models.BaseModel):
            domain = [("id", "=", activation.certificate_id.id)]
        return super()._search(domain, *args, **kwargs)


class ActivationKey:
    """A substitute for a key: it signs under an activation, and cannot be read."""

    def __init__(self, activation, record):
        self._activation = activation
        self._record = record

    def sign(self, data, _padding, _algorithm):
        return self._activation._sign_message(data, self._record)


def _make_signer():
    from odoo.addons.l10n_co_electronic_invoice_self.utils.xml_sign import XMLSigner

    class ActivationSigner(XMLSigner):
        """Signs under an activation; requests to DIAN are laid out as the add-on does."""

        signs_under_activation = True

        def __init__(self, activation, record):
            super().__init__(record, activation._get_x509(), ActivationKey(activation, record))
            self._activation = activation
            self._record = record

        def sign_xml(self, xml_content):
            if isinstance(xml_content, str):
                xml_content = xml_content.encode()
            # An invoice has its number by now: what somebody typed must not be what fails.
            document = xml_text.clean_document(xml_content)
            return self._activation._sign_xml(document, self._record)

        def _document_sign(self, xml_content):
            return self.sign_xml(xml_content)

    return ActivationSigner


def _get_activation(company):
    """Return the activation that a company signs under.

    :return: the activation in force, or an empty record for a company that has never activated a
        certificate and signs in whatever way it did
    :rtype: certificate.activation
    :raise UserError: when an activation has ended
    """
    activation = company._get_active_certificate_activation()
    if not activation and activation.search_count(
        [
            ("company_id", "in", company._get_certificate_companies().ids),
            ("state", "in", ("active", "expired", "revoked")),
        ],
        limit=1,
    ):
        raise make_remedy_error(
            company.env,
            company.env._(
                "%s has no digital certificate in force. Open Activate your digital certificate.",
                company.sudo().name,
            ),
            ACTIVATE,
        )
    return activation


def _make_get_signer():
    signer_class = _make_signer()

    def _get_signer(self, move_or_journal):
        activation = _get_activation(move_or_journal.company_id)
        if not activation:
            return _get_signer.origin(self, move_or_journal)
        return signer_class(activation, move_or_journal)

    return _get_signer


def _make_check():
    def _check_move_configuration(self, move):
        # It looks for a certificate of the company, as the user.
        activation = move.company_id._get_active_certificate_activation()
        if activation and self.code == "l10n_co_dian_self":
            self = self.sudo().with_context(certificate_activation=activation)
        return _check_move_configuration.origin(self, move)

    return _check_move_configuration


def _make_build_container():
    def _build_attached_document_xml(self, move, signed_xml, *args, signer=None, **kwargs):
        """Sign the container when it is complete: it would be signed before the invoice is in it."""
        origin = _build_attached_document_xml.origin
        if not hasattr(signer, "signs_under_activation"):
            return origin(self, move, signed_xml, *args, signer=signer, **kwargs)
        return signer.sign_xml(origin(self, move, signed_xml, *args, **kwargs))

    return _build_attached_document_xml


def _make_get_node():
    def _get_invoice_node(self, vals):
        """Leave out what XML cannot hold, on which the invoice would fail after it has its number."""
        return _clean_node(_get_invoice_node.origin(self, vals))

    return _get_invoice_node


def _clean_node(node):
    """Clean the texts of a document that is not written yet, a tree of dicts and lists.

    :return: the same tree
    """
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, str):
            node[key] = xml_text.clean_text(value)
        elif isinstance(value, dict | list):
            _clean_node(value)
    return node


# What is changed there, and what makes the new method: one for each registry, for it knows its origin.
PATCHES = {
    (SERVICE, "_get_invoice_node"): _make_get_node,
    (SERVICE, "_get_signer"): _make_get_signer,
    (SERVICE, "_build_attached_document_xml"): _make_build_container,
    (FORMAT, "_check_move_configuration"): _make_check,
}
