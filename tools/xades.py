# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sign and verify XML documents as DIAN wants it: XAdES-EPES under its signature policy, version 2.

The signature stands in the one extension of the UBL document whose content is empty: the only one of an
AttachedDocument, the second of an invoice, the third in the health sector, the fifth of a document that is
equivalent to an invoice. It signs three things: the document without the signature, the certificate
(`ds:KeyInfo`) and the signed properties. Algorithms: inclusive C14N 1.0 without comments, SHA-256, RSA
with PKCS #1 v1.5 (Anexo tecnico 1.9, section 6, and "Politica de firma", version 2).

A document is not rewritten: the signature is inserted among its bytes, and none of them changes. So
exactly the given document is signed, whatever its declaration, prefixes, entities and line ends
are. The signature's own text is written in canonical form at once, which saves parsing it again. A
document that DIAN's verifier, .NET's `SignedXml`, would read otherwise than it is signed is refused.
"""

import base64
import binascii
import hashlib
import re
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from xml.parsers import expat

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from lxml import etree

from .certificate_reader import Certificate, load_der
from .der import CertificateUnreadable
from .x509_names import SHORT_NAMES
from .xml_text import find_fragile

# The signer's role: the issuer with a certificate of its own, or somebody who signs for it.
ROLES = ("supplier", "third party")

# The documents of DIAN that are UBL, by local name.
DOCUMENTS = ("Invoice", "CreditNote", "DebitNote", "ApplicationResponse", "AttachedDocument")

# Why a document is not signed, or its signature is not accepted.
CODES = (
    "not_xml",  # not well-formed, or larger or deeper than the parser's limits
    "version",  # not XML 1.0, which is all that .NET reads
    "encoding",  # not UTF-8
    "doctype",  # a document type declaration, which could define entities
    "root",  # not one of `DOCUMENTS`
    "no_place",  # no extension has an empty content
    "places",  # several have
    "signed",  # signed already
    "namespace",  # one that canonical XML does not allow, such as a relative one
    "fragile",  # a text that .NET reads otherwise; see `xml_text`
    "attribute",  # one that .NET overlooks, such as an `xml:lang` between the root and the signature
    "key",  # the key or the certificate is not RSA, or they do not belong together
    # of `verify` only
    "unsigned",
    "structure",  # not exactly what the policy requires, where it requires it
    "policy",
    "certificate",  # the properties name another one, or it was not valid when it signed
    "altered",  # what was signed has changed
    "signature",  # not made by the certificate
)

POLICY = (
    "https://facturaelectronica.dian.gov.co/politicadefirma/v2/politicadefirmav2.pdf",
    "Política de firma para facturas electrónicas de la República de Colombia.",
    "dMoMvtcG5aIzgYo0tIsSQeVJBDnUnfSOfBpxXrmor0Y=",  # its SHA-256
)

_DS = "http://www.w3.org/2000/09/xmldsig#"
_XADES = "http://uri.etsi.org/01903/v1.3.2#"
_EXT = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"
_XML = "http://www.w3.org/XML/1998/namespace"
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_ENVELOPED = f"{_DS}enveloped-signature"
_SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
_ROOTS = {
    f"urn:oasis:names:specification:ubl:schema:xsd:{name}-2 {name}": name for name in DOCUMENTS
}
_PLACE = (f"{_EXT} UBLExtensions", f"{_EXT} UBLExtension", f"{_EXT} ExtensionContent")
# Whatever any verifier could take for an identifier, of an element and of what is in it.
_find_identifiers = etree.XPath(
    "descendant-or-self::*/@*[translate(local-name(), 'ID', 'id') = 'id']", smart_strings=False
)
_PIECE = 4096  # bytes
_BOGOTA = timezone(timedelta(hours=-5))  # all year


class XadesError(Exception):
    """The document cannot be signed, or its signature is not acceptable.

    :ivar str code: the reason, one of `CODES`.
    :ivar str element: where it was found, as it is typed in the document, if in one place.
    :ivar str text: what was found there.
    """

    def __init__(self, code, element="", text=""):
        super().__init__(code)
        self.code = code
        self.element = element
        self.text = text


@dataclass(frozen=True)
class SignatureFacts:
    """What a good signature says.

    :ivar str document: kind of document, one of `DOCUMENTS`.
    :ivar str role: of the signer, one of `ROLES`.
    :ivar datetime signing_time: as the signer claims it, with its time zone.
    :ivar Certificate certificate: of the signer. Whether its issuer is trusted is not checked.
    """

    document: str
    role: str
    signing_time: datetime
    certificate: Certificate


# === KEY === #


def sign_bytes(message, certificate, key):
    """Sign anything, and make sure that the certificate verifies it.

    The check costs a thirtieth of the signature. It finds a key of another certificate, and a
    faulty computation, whose result would reveal the key.

    :param bytes message: what is signed
    :param Certificate certificate: of the signer
    :param rsa.RSAPrivateKey key: of the certificate
    :return: the signature, RSA with PKCS #1 v1.5 and SHA-256
    :rtype: bytes
    :raise XadesError: `key`
    """
    return _sign_by(message, hashes.SHA256(), certificate, key)


def sign_digest(digest, certificate, key):
    """Sign what only its SHA-256 is known of, and make sure that the certificate verifies it.

    :param bytes digest: SHA-256
    :param Certificate certificate: of the signer
    :param rsa.RSAPrivateKey key: of the certificate
    :return: as `sign_bytes`
    :rtype: bytes
    :raise XadesError: `key`
    """
    return _sign_by(digest, utils.Prehashed(hashes.SHA256()), certificate, key)


def _sign_by(content, algorithm, certificate, key):
    public_key = certificate.public_key()
    if not isinstance(public_key, rsa.RSAPublicKey) or not isinstance(key, rsa.RSAPrivateKey):
        raise XadesError("key")
    signature = key.sign(content, padding.PKCS1v15(), algorithm)
    try:
        public_key.verify(signature, content, padding.PKCS1v15(), algorithm)
    except InvalidSignature as error:
        raise XadesError("key") from error
    return signature


# === SIGN === #


def sign(document, certificate, key, role, signing_time):
    """Insert a signature into the empty extension of a UBL document.

    Nothing else of the document changes, except that an empty `<ext:ExtensionContent/>` is opened.

    :param bytes document: XML in UTF-8, not signed yet
    :param Certificate certificate: of the signer
    :param rsa.RSAPrivateKey key: of the certificate
    :param str role: one of `ROLES`
    :param datetime signing_time: with a time zone; written in Colombia's
    :return: the signed document
    :rtype: bytes
    :raise XadesError: when the document cannot be signed
    """
    if role not in ROLES:
        raise ValueError(f"the role is one of {ROLES}")
    if signing_time.tzinfo is None:
        raise ValueError("the signing time needs a time zone")
    place = _find_place(document)
    tree = _parse(document)
    root = tree.getroot()
    if next(_iter_signatures(root), None) is not None:
        raise XadesError("signed")
    canonical = _canonicalize(tree)
    _check_readable(document, canonical)
    content = _get_contents(root)[place.index]
    _check_inherited(content, root)
    signature = _write_signature(
        # What the enveloped signature's transform leaves of the signed document is the document.
        _digest(canonical),
        _get_namespaces(content),
        _get_namespaces(root),
        _get_xml_attributes(content),
        certificate,
        key,
        role,
        signing_time.astimezone(_BOGOTA).isoformat(timespec="milliseconds"),
    ).encode()
    at = place.at
    if place.tag:
        slash = document.rindex(b"/", 0, at)
        return document[:slash] + b">" + signature + b"</" + place.tag + b">" + document[at:]
    return document[:at] + signature + document[at:]


def is_signed_from(signed, document):
    """Tell whether a signed document is a document with a signature in its place, and nothing else.

    Every byte is compared but those of the signature, which `verify` looks at.

    :param bytes signed: of whoever was asked to sign
    :param bytes document: as for `sign`
    :rtype: bool
    :raise XadesError: when the document cannot be signed
    """
    place = _find_place(document)
    before, after = document[: place.at], document[place.at :]
    if place.tag:
        before = document[: document.rindex(b"/", 0, place.at)] + b">"
        after = b"</" + place.tag + b">" + after
    signature = signed[len(before) : len(signed) - len(after)]
    return (
        signed == before + signature + after
        and signature.startswith(b"<ds:Signature ")
        and signature.endswith(b"</ds:Signature>")
    )


def sign_and_verify(document, certificate, key, role, signing_time):
    """Sign as `sign` does, and verify the result before anybody has it, which takes as long again.

    :rtype: bytes
    :raise XadesError: also of `verify`
    """
    signed = sign(document, certificate, key, role, signing_time)
    verify(signed)
    return signed


def get_kind(document):
    """Tell what kind of document it is that can be signed.

    :param bytes document: as for `sign`
    :return: one of `DOCUMENTS`
    :rtype: str
    :raise XadesError: when there is no one place for the signature
    """
    return _find_place(document).kind


@dataclass(frozen=True)
class _Place:
    """Where the signature belongs.

    :ivar str kind: of the document, one of `DOCUMENTS`.
    :ivar int index: of the extension's content, among all.
    :ivar int at: offset of the closing tag; or, of an empty tag, which has to be opened, of its end.
    :ivar bytes tag: the name of the empty tag, otherwise empty.
    """

    kind: str
    index: int
    at: int
    tag: bytes


class _Found(Exception):
    """The end of the extensions: stop reading."""


def _find_place(document):
    """Find the one empty content of an extension, and read no further than the extensions.

    A content is empty that holds nothing but blank text and comments.

    :param bytes document: XML
    :rtype: _Place
    :raise XadesError: when there is no such place or more than one, or it is taken
    """
    # The encoding is given, so that the document's own declaration decides nothing.
    parser = expat.ParserCreate("UTF-8", " ")
    kind = None
    depth = level = contents = start = 0  # level: how many of _PLACE are open
    empty = signed = False
    places = []  # index, start and end

    def refuse_doctype(*_declaration):
        raise XadesError("doctype")

    def check_declaration(version, encoding, _standalone):
        if version != "1.0":
            raise XadesError("version", text=version)
        if encoding and encoding.upper() != "UTF-8":
            raise XadesError("encoding", text=encoding)

    def fill(*_instruction):
        nonlocal empty
        empty = False

    def read_text(text):
        if text.strip(" \t\r\n"):
            fill()

    def listen(text=None, instruction=None):
        parser.CharacterDataHandler, parser.ProcessingInstructionHandler = text, instruction

    def open_element(name, _attributes):
        nonlocal kind, depth, level, start, empty, signed
        if depth == 0:
            kind = _ROOTS.get(name)
            if not kind:
                raise XadesError("root", text=name.rpartition(" ")[2])
        elif level == len(_PLACE):
            empty = False
            signed = signed or name == f"{_DS} Signature"
        elif depth == level + 1 and name == _PLACE[level]:
            level += 1
            if level == len(_PLACE):
                empty, start = True, parser.CurrentByteIndex
                listen(read_text, fill)
        depth += 1

    def close_element(_name):
        nonlocal depth, level, contents
        depth -= 1
        if depth != level:
            return
        if level < 2:
            raise _Found
        if level == len(_PLACE):
            listen()
            if empty:
                places.append((contents, start, parser.CurrentByteIndex))
            contents += 1
        level -= 1

    parser.XmlDeclHandler = check_declaration
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.StartElementHandler = open_element
    parser.EndElementHandler = close_element
    try:
        with suppress(_Found):
            # In pieces: what an exception interrupts is still read to the end of the piece.
            for piece in range(0, len(document), _PIECE):
                parser.Parse(document[piece : piece + _PIECE], False)
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise XadesError("not_xml") from error
    if signed or len(places) != 1:
        raise XadesError("signed" if signed else "places" if places else "no_place")
    index, start, at = places[0]
    tag = re.compile(rb"<([^\s/>]+)").match(document, start)[1]
    return _Place(kind, index, at, b"" if document.startswith(b"</" + tag, at) else tag)


def _check_readable(document, canonical):
    """Check that .NET reads what is signed.

    :raise XadesError: `fragile` or `attribute`, with the element; `not_xml`
    """
    try:
        fragile = find_fragile(document, canonical)
    except expat.ExpatError as error:
        raise XadesError("not_xml") from error
    if fragile:
        raise XadesError(fragile.code, fragile.element, fragile.text)


def _check_inherited(content, root):
    """Check what the signature inherits that its own text cannot repeat, which .NET takes from the root.

    :raise XadesError: `attribute`, with the element that says otherwise and what it says
    """
    while content is not root:
        names = [
            f"xml:{name[len(_XML) + 2 :]}"
            for name, value in content.attrib.items()
            if name.startswith(f"{{{_XML}}}") and root.get(name) != value
        ]
        if root.nsmap.get(None) and not content.nsmap.get(None):
            names.append('xmlns=""')
        if names:
            local = etree.QName(content).localname
            tag = f"{content.prefix}:{local}" if content.prefix else local
            raise XadesError("attribute", tag, names[0])
        content = content.getparent()


def _get_namespaces(element):
    """Return the namespaces in force at an element, by prefix: empty for the default one."""
    return {prefix or "": uri for prefix, uri in element.nsmap.items()}


@lru_cache(maxsize=64)
def _describe(certificate):
    """Return what a signature says of a certificate: itself, its digest, issuer and serial number.

    All of it is in base64 or escaped. It is public, so that it can be kept.
    """
    der = certificate.public_bytes(serialization.Encoding.DER)
    return (
        base64.b64encode(der).decode(),
        _digest(der),
        _escape(_write_name(load_der(der).issuer)),
        certificate.serial_number,
    )


def _write_name(name):
    """Write a distinguished name by RFC 2253, which XML signatures ask for.

    :param certificate_reader.Name name: of an issuer
    :rtype: str
    """
    return ",".join(
        "+".join(_write_attribute(attribute) for attribute in attributes)
        for attributes in reversed(name.rdns)
    )


def _write_attribute(attribute):
    # An attribute that has no short name is written by its number and its DER.
    number = attribute.oid.dotted_string
    if number in SHORT_NAMES:
        return attribute.rfc4514_string()
    return f"{number}=#{attribute.der.hex()}"


def _get_xml_attributes(element):
    """Collect `xml:lang` and its like, which canonical parts inherit from what is around them.

    :param etree._Element element: where the part stands
    :return: values by local name
    :rtype: dict[str, str]
    """
    found = {}
    while element is not None:
        for name, value in element.attrib.items():
            if name.startswith(f"{{{_XML}}}"):
                found.setdefault(name[len(_XML) + 2 :], value)
        element = element.getparent()
    return found


def _escape(text):
    """Escape a text as C14N does."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _open_tag(name, identifier, scope):
    """Write the first tag of a canonical part: with all that it inherits, in order.

    :param tuple scope: what is inherited; see `_write_scope`
    """
    namespaces, xml_attributes = scope
    own = f' Id="{identifier}"' if identifier else ""
    return f"<{name}{namespaces}{own}{xml_attributes}>"


@lru_cache(maxsize=64)
def _write_scope(namespaces, xml_attributes):
    """Write what a canonical part inherits.

    :param namespaces: prefixes, "" for the default one, with their addresses
    :param xml_attributes: local names of `xml:lang` and its like, with their values
    :return: the declarations, and the attributes
    :rtype: tuple[str, str]
    """

    def write(attributes):
        return "".join(f' {name}="{_escape_attribute(value)}"' for name, value in attributes)

    return (
        write(
            (f"xmlns:{prefix}" if prefix else "xmlns", uri)
            for prefix, uri in sorted(namespaces)
            if uri and prefix != "xml"
        ),
        write((f"xml:{local}", value) for local, value in sorted(xml_attributes)),
    )


def _escape_attribute(value):
    """Escape an attribute's value as C14N does."""
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return value.replace("\t", "&#x9;").replace("\n", "&#xA;").replace("\r", "&#xD;")


def _write_signature(
    digest, namespaces, root_namespaces, xml_attributes, certificate, key, role, signing_time
):
    """Write the signature of a document.

    Every part that is signed is written once, canonical but for its first tag: where it stands it
    inherits what its canonical form has to repeat.

    :param str digest: of the document, in base64
    :param dict[str, str] namespaces: in force where the signature will stand, by prefix
    :param dict[str, str] root_namespaces: in force at the root
    :param dict[str, str] xml_attributes: inherited there, by local name
    :rtype: str
    """
    content, content_digest, issuer, serial_number = _describe(certificate)
    name = f"xmldsig-{uuid.uuid4()}"
    differ = namespaces != root_namespaces
    namespaces, xml_attributes = {**namespaces, "ds": _DS}, frozenset(xml_attributes.items())
    scope = _write_scope(frozenset(namespaces.items()), xml_attributes)
    inner_scope = _write_scope(frozenset({**namespaces, "xades": _XADES}.items()), xml_attributes)
    sha256 = f'<ds:DigestMethod Algorithm="{_SHA256}"></ds:DigestMethod>'

    def seal(tag, identifier, body, scope=scope):
        return (_open_tag(tag, identifier, scope) + f"{body}</{tag}>").encode()

    key_info = f"<ds:X509Data><ds:X509Certificate>{content}</ds:X509Certificate></ds:X509Data>"
    properties = (
        "<xades:SignedSignatureProperties>"
        f"<xades:SigningTime>{signing_time}</xades:SigningTime>"
        "<xades:SigningCertificate><xades:Cert>"
        f"<xades:CertDigest>{sha256}<ds:DigestValue>{content_digest}</ds:DigestValue></xades:CertDigest>"
        f"<xades:IssuerSerial><ds:X509IssuerName>{issuer}</ds:X509IssuerName>"
        f"<ds:X509SerialNumber>{serial_number}</ds:X509SerialNumber></xades:IssuerSerial>"
        "</xades:Cert></xades:SigningCertificate>"
        "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId>"
        f"<xades:SigPolicyId><xades:Identifier>{POLICY[0]}</xades:Identifier>"
        f"<xades:Description>{POLICY[1]}</xades:Description></xades:SigPolicyId>"
        f"<xades:SigPolicyHash>{sha256}<ds:DigestValue>{POLICY[2]}</ds:DigestValue></xades:SigPolicyHash>"
        "</xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>"
        f"<xades:SignerRole><xades:ClaimedRoles><xades:ClaimedRole>{role}</xades:ClaimedRole>"
        "</xades:ClaimedRoles></xades:SignerRole>"
        "</xades:SignedSignatureProperties>"
    )
    key_info_digest = _digest(seal("ds:KeyInfo", f"{name}-keyinfo", key_info))
    properties_digest = _digest(
        seal(
            "xades:SignedProperties",
            f"{name}-signedprops",
            properties,
            inner_scope,
        )
    )
    signed_info = (
        f'<ds:CanonicalizationMethod Algorithm="{_C14N}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{_RSA_SHA256}"></ds:SignatureMethod>'
        f'<ds:Reference Id="{name}-ref0" URI=""><ds:Transforms>'
        f'<ds:Transform Algorithm="{_ENVELOPED}"></ds:Transform></ds:Transforms>'
        f"{sha256}<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>"
        f'<ds:Reference URI="#{name}-keyinfo">'
        f"{sha256}<ds:DigestValue>{key_info_digest}</ds:DigestValue></ds:Reference>"
        f'<ds:Reference Type="{_SIGNED_PROPERTIES}" URI="#{name}-signedprops">'
        f"{sha256}<ds:DigestValue>{properties_digest}</ds:DigestValue></ds:Reference>"
    )
    declared = ""
    if differ:
        # .NET takes from the root what is not declared here. To others it says nothing new.
        declared = scope[0]
    value = sign_bytes(seal("ds:SignedInfo", "", signed_info), certificate, key)
    return (
        f'<ds:Signature xmlns:ds="{_DS}" Id="{name}">'
        f"<ds:SignedInfo{declared}>{signed_info}</ds:SignedInfo>"
        f'<ds:SignatureValue Id="{name}-sigvalue">{base64.b64encode(value).decode()}</ds:SignatureValue>'
        f'<ds:KeyInfo Id="{name}-keyinfo">{key_info}</ds:KeyInfo>'
        f'<ds:Object><xades:QualifyingProperties xmlns:xades="{_XADES}" Target="#{name}">'
        f'<xades:SignedProperties Id="{name}-signedprops">{properties}</xades:SignedProperties>'
        "</xades:QualifyingProperties></ds:Object></ds:Signature>"
    )


# === VERIFY === #


def verify(document):
    """Verify the signature of a document, strictly.

    Only a signature as DIAN's policy wants it is accepted, in its place and the only one, so that
    what is signed is what is read: every reference leads to the one element that it stands for, and
    no identifier is given twice.

    :param bytes document: signed XML
    :rtype: SignatureFacts
    :raise XadesError: with the reason
    """
    try:
        _find_place(document)
    except XadesError as error:
        if error.code not in ("signed", "no_place", "places"):
            raise
    # Comments are not signed: without them a text reads as it was signed.
    tree = _parse(document, remove_comments=True)
    root = tree.getroot()
    signature = _get_signature(root)
    parts = _get_parts(root, signature)
    certificate = _load_certificate(parts)
    facts = SignatureFacts(
        document=etree.QName(root).localname,
        role=_read_role(parts["role"]),
        signing_time=_read_time(parts["time"]),
        certificate=certificate,
    )
    _check_policy(parts)
    _check_certificate(parts, facts)
    signed_info = _canonicalize_part(parts["signed_info"])
    for reference, part in (("key_info_digest", "key_info"), ("properties_digest", "properties")):
        if _read(parts[reference]) != _digest(_canonicalize_part(parts[part])):
            raise XadesError("altered")
    _remove(signature)
    if _read(parts["digest"]) != _digest(_canonicalize(tree)):
        raise XadesError("altered")
    try:
        certificate.public_key().verify(
            _decode(parts["value"]), signed_info, padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature as error:
        raise XadesError("signature") from error
    return facts


def _get_signature(root):
    """Return the one signature, which must stand alone in the content of an extension."""
    signatures = list(_iter_signatures(root))
    if not signatures:
        raise XadesError("unsigned")
    content = signatures[0].getparent()
    _check(content in _get_contents(root) and list(content) == signatures == signatures[:1])
    _check(signatures[0].tag == f"{{{_DS}}}Signature")
    own = _find_identifiers(signatures[0])
    _check(len([value for value in _find_identifiers(root) if value in own]) == len(set(own)))
    return signatures[0]


def _get_parts(root, signature):
    """Take a signature to pieces, each of which must be where the policy has it.

    :return: elements by what they are for
    :rtype: dict[str, etree._Element]
    """
    signed_info, value, key_info, qualifying = _get_children(
        signature, "ds:SignedInfo", "ds:SignatureValue", "ds:KeyInfo", "ds:Object"
    )
    (qualifying,) = _get_children(qualifying, "xades:QualifyingProperties")
    _check(qualifying.get("Target") == f"#{signature.get('Id')}")
    properties = _get_first(qualifying, "xades:SignedProperties")
    signed = _get_first(properties, "xades:SignedSignatureProperties")
    cert = _get_first(_get_first(signed, "xades:SigningCertificate"), "xades:Cert")
    cert_digest, issuer_serial = _get_children(cert, "xades:CertDigest", "xades:IssuerSerial")
    policy = _get_first(
        _get_first(signed, "xades:SignaturePolicyIdentifier"), "xades:SignaturePolicyId"
    )
    roles = _get_first(_get_first(signed, "xades:SignerRole"), "xades:ClaimedRoles")
    (role,) = _get_children(roles, "xades:ClaimedRole")
    return {
        "signed_info": signed_info,
        "value": value,
        "key_info": key_info,
        "properties": properties,
        "content": _get_first(_get_first(key_info, "ds:X509Data"), "ds:X509Certificate"),
        "time": _get_first(signed, "xades:SigningTime"),
        "cert_digest": _get_digest(cert_digest, "ds:DigestMethod", "ds:DigestValue"),
        "serial_number": _get_first(issuer_serial, "ds:X509SerialNumber"),
        "policy": _get_first(_get_first(policy, "xades:SigPolicyId"), "xades:Identifier"),
        "policy_digest": _get_digest(
            _get_first(policy, "xades:SigPolicyHash"), "ds:DigestMethod", "ds:DigestValue"
        ),
        "role": role,
        **_get_references(signed_info, key_info.get("Id"), properties.get("Id")),
    }


def _get_references(signed_info, key_info_id, properties_id):
    """Return the three digests, each by the element that its reference must lead to."""
    method, algorithm, *references = _get_children(
        signed_info,
        "ds:CanonicalizationMethod",
        "ds:SignatureMethod",
        *["ds:Reference"] * 3,
    )
    _check(method.get("Algorithm") == _C14N and algorithm.get("Algorithm") == _RSA_SHA256)
    _check(key_info_id and properties_id)
    wanted = {
        "": ("digest", ([_ENVELOPED], [_ENVELOPED, _C14N])),
        f"#{key_info_id}": ("key_info_digest", ([], [_C14N])),
        f"#{properties_id}": ("properties_digest", ([], [_C14N])),
    }
    digests = {}
    for reference in references:
        # Taken out: each reference is wanted once.
        name, transforms = wanted.pop(reference.get("URI"), (None, ()))
        found = reference.find(f"{{{_DS}}}Transforms")
        found = [] if found is None else _get_children(found, *["ds:Transform"] * len(found))
        _check(name and [transform.get("Algorithm") for transform in found] in transforms)
        _check(not any(len(transform) for transform in found))
        _check(name != "properties_digest" or reference.get("Type") == _SIGNED_PROPERTIES)
        digests[name] = _get_digest(
            reference, *["ds:Transforms"] * bool(found), "ds:DigestMethod", "ds:DigestValue"
        )
    return digests


def _get_digest(element, *names):
    """Return the digest's value of an element with exactly these children."""
    *_transforms, method, value = _get_children(element, *names)
    _check(method.get("Algorithm") == _SHA256)
    return value


def _get_children(element, *names):
    """Return the children of an element, which must be exactly these."""
    children = list(element)
    _check([child.tag for child in children] == [_expand(name) for name in names])
    return children


def _get_first(element, name):
    """Return the one child with a name."""
    children = element.findall(_expand(name))
    _check(len(children) == 1 or (children and name in ("ds:X509Certificate", "xades:Cert")))
    return children[0]


def _expand(name):
    prefix, local = name.split(":")
    return f"{{{_DS if prefix == 'ds' else _XADES}}}{local}"


def _check(condition):
    if not condition:
        raise XadesError("structure")


def _read(element):
    """Return the text of an element, which must hold nothing else."""
    _check(not len(element))
    return (element.text or "").strip()


def _decode(element):
    try:
        return base64.b64decode("".join(_read(element).split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise XadesError("structure") from error


def _load_certificate(parts):
    der = _decode(parts["content"])
    try:
        certificate = load_der(der)
    except CertificateUnreadable as error:
        raise XadesError("certificate") from error
    public_key = certificate.public_key()
    if certificate.der != der or public_key is None:
        raise XadesError("certificate")
    if not isinstance(public_key, rsa.RSAPublicKey):
        raise XadesError("key")
    return certificate


def _read_role(element):
    role = _read(element)
    _check(role in ROLES)
    return role


def _read_time(element):
    try:
        # Python 3.10 does not know Z.
        time = datetime.fromisoformat(_read(element).replace("Z", "+00:00"))
    except ValueError as error:
        raise XadesError("structure") from error
    _check(time.tzinfo)
    return time


def _check_policy(parts):
    if (_read(parts["policy"]), _read(parts["policy_digest"])) != (POLICY[0], POLICY[2]):
        raise XadesError("policy")


def _check_certificate(parts, facts):
    """Check that the signed properties name the certificate, which was valid when it signed."""
    certificate = facts.certificate
    dates = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if (
        _read(parts["cert_digest"]) != _digest(certificate.public_bytes(serialization.Encoding.DER))
        or _read(parts["serial_number"]) != str(certificate.serial_number)
        or not dates[0] <= facts.signing_time <= dates[1]
    ):
        raise XadesError("certificate")


def _canonicalize_part(element):
    """Return the canonical form of a part, with all that it inherits from what is around it."""
    inherited = _get_xml_attributes(element)
    own = dict(element.attrib)
    for local, value in inherited.items():
        element.set(f"{{{_XML}}}{local}", value)
    canonical = _canonicalize(element)
    element.attrib.clear()
    element.attrib.update(own)
    return canonical


def _remove(element):
    """Remove an only child and leave the text around it."""
    parent = element.getparent()
    parent.text = (parent.text or "") + (element.tail or "")
    parent.remove(element)


# === XML === #


def _parse(document, **options):
    """Parse without entities, network and limits lifted.

    :param bytes document: XML in UTF-8 without a document type, as `_find_place` left it
    :rtype: etree._ElementTree
    :raise XadesError: `not_xml`
    """
    parser = etree.XMLParser(
        encoding="UTF-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        **options,
    )
    try:
        return etree.fromstring(document, parser).getroottree()
    except (etree.XMLSyntaxError, ValueError) as error:
        raise XadesError("not_xml") from error


def _get_contents(root):
    """Return the contents of the extensions, as `_find_place` counts them."""
    extensions = root.find(f"{{{_EXT}}}UBLExtensions")
    if extensions is None:
        return []
    return extensions.findall(f"{{{_EXT}}}UBLExtension/{{{_EXT}}}ExtensionContent")


def _iter_signatures(root):
    """Walk over whatever a verifier could take for the signature; .NET's looks for `ds:Signature`."""
    for element in root.iter("{*}Signature"):
        if element.tag == f"{{{_DS}}}Signature" or element.prefix == "ds":
            yield element


def _canonicalize(node):
    """Return inclusive C14N 1.0 without comments, of a tree or of an element."""
    try:
        return etree.tostring(node, method="c14n", exclusive=False, with_comments=False)
    except etree.LxmlError as error:
        raise XadesError("namespace") from error


def _digest(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()
