# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The OpenAPI 3.1 document of what linked databases ask: paths, what is sent and what is answered."""

from . import csc

_TEXT = {"type": "string"}
_BASE64 = {"type": "string", "contentEncoding": "base64"}
_NUMBER = {"type": "integer"}
_OBJECT = {"type": "object"}
_FLAG = {"type": "boolean"}
_DAY = {"type": ["string", "null"], "format": "date"}


def _list(item):
    return {"type": "array", "items": item, "minItems": 1, "maxItems": csc.DOCUMENTS_MAX}


def _fields(required=(), **properties):
    found = {"type": "object", "properties": properties}
    return {**found, "required": list(required)} if required else found


_LOG = _fields(
    ("number", "seal"), number=_NUMBER, seal={"type": "string", "pattern": "^[0-9a-f]{64}$"}
)
_CREDENTIAL = _fields(
    ("credentialID",),
    credentialID={"const": csc.CREDENTIAL},
    certificates={"enum": ["none", "single", "chain"]},
    certInfo=_FLAG,
)
_CREDENTIAL_FACTS = _fields(("key", "cert", "auth"), key=_OBJECT, cert=_OBJECT, auth=_OBJECT)
_HASHES = _fields(
    ("credentialID",),
    credentialID={"const": csc.CREDENTIAL},
    SAD=_TEXT,
    hashes=_list(_BASE64),
    hash=_list(_BASE64),
    hashAlgorithmOID={"const": csc.SHA256},
    hashAlgo={"const": csc.SHA256},
    signAlgo={"enum": list(csc.ALGORITHMS)},
)
_SIGNATURES = _fields(("signatures",), signatures=_list(_BASE64), log=_LOG)
_DOCUMENT = _fields(
    ("document", "signature_format"),
    document=_BASE64,
    signature_format={"const": csc.XADES_FORMAT},
    conformance_level={"enum": list(csc.XADES_LEVELS)},
    signed_envelope_property={"const": csc.ENVELOPED},
    signAlgo={"enum": list(csc.ALGORITHMS)},
)
_CODE = {"code": _TEXT, "release": _NUMBER}
_VENDOR = _fields(("name", "nit"), name=_TEXT, nit=_TEXT, check_number=_TEXT, release=_NUMBER)
_STEP = _fields(
    ("activation", "phase", "price", "payment"),
    activation=_TEXT,
    phase=_TEXT,
    price=_fields(total={"type": "number"}, currency=_TEXT, validity=_TEXT),
    payment=_fields(status=_TEXT, sentence=_TEXT),
    payment_url={"type": ["string", "null"]},
    representative=_OBJECT,
    errors=_OBJECT,
    letter_code={"type": ["string", "null"]},
    letter=_fields(filename=_TEXT, content=_BASE64),
    signed_letter={"type": ["object", "null"]},
    alerts={"type": "array", "items": _fields(name=_TEXT, level=_TEXT, sentence=_TEXT)},
    date_start=_DAY,
    date_end=_DAY,
)

# By path: what it does; whether it asks for the key of a link; what is sent; what is answered.
_CSC = {
    "info": ("Describe the service", False, _OBJECT, _fields(("specs", "methods"), specs=_TEXT)),
    "credentials/list": ("List the credentials", True, _OBJECT, _fields(("credentialIDs",))),
    "credentials/info": ("Describe a credential", True, _CREDENTIAL, _CREDENTIAL_FACTS),
    "credentials/authorize": (
        "Authorize a signature: the key of the link is enough",
        True,
        _CREDENTIAL,
        _fields(("SAD",), SAD=_TEXT, expiresIn=_NUMBER),
    ),
    "signatures/signHash": ("Sign a hash, where the vendor allows it", True, _HASHES, _SIGNATURES),
}
_SIGN_DOC = (
    "Sign a document by an enveloped XAdES signature; the same document gets the same answer",
    True,
    _fields(
        ("credentialID", "documents"),
        credentialID={"const": csc.CREDENTIAL},
        documents=_list(_DOCUMENT),
    ),
    _fields(("DocumentWithSignature", "log"), DocumentWithSignature=_list(_BASE64), log=_LOG),
)
_LINK = {
    "look": ("Say who gave a pairing code", False, _fields(("code", "release"), **_CODE), _VENDOR),
    "ask": (
        "Ask for the link of a pairing code",
        False,
        _fields(
            ("code", "release", "nit", "name", "database", "key_hash"),
            **_CODE,
            nit=_TEXT,
            name=_TEXT,
            database=_TEXT,
            key_hash={"type": "string", "pattern": "^[0-9a-f]{64}$"},
        ),
        _VENDOR,
    ),
    "status": (
        "Say what signs for the company",
        True,
        _OBJECT,
        _fields(("name", "nit", "client_nit")),
    ),
    "key": ("Change the key", True, _fields(("key_hash",), key_hash=_TEXT), _OBJECT),
    "end": ("End the link", True, _OBJECT, _OBJECT),
}
_STEPS = {
    "status": ("Say where the activation is", _OBJECT),
    "profile": (
        "Write the company's address",
        _fields(street=_TEXT, city=_TEXT, department=_TEXT, email=_TEXT, phone=_TEXT),
    ),
    "buy": ("Invoice the certificate, and return the address where it is paid", _OBJECT),
    "continue": ("Go from the payment to the process", _OBJECT),
    "representative": (
        "Save the legal representative",
        _fields(
            ("representative",), representative={"type": "object", "additionalProperties": _TEXT}
        ),
    ),
    "letter": ("Make the letter and return it as PDF", _OBJECT),
    "signed-letter": (
        "Attach the signed letter",
        _fields(("content",), content=_BASE64, filename=_TEXT),
    ),
    "signed-letter/delete": ("Delete the signed letter", _OBJECT),
    "finish": ("Activate", _OBJECT),
}
_REFUSAL = _fields(
    ("error", "error_description", "reason"),
    error={"enum": sorted({error for _status, error in csc.REFUSALS.values()})},
    error_description=_TEXT,
    reason={"enum": sorted(csc.REFUSALS)},
)


def write_document(link_path, version):
    """Return the document.

    :param str link_path: of the routes that are not of the Cloud Signature Consortium
    :param str version: of the add-on
    :rtype: dict
    """
    routes = {
        f"/csc/{release}/{path}": route for release in ("v1", "v2") for path, route in _CSC.items()
    }
    routes["/csc/v2/signatures/signDoc"] = _SIGN_DOC
    routes |= {f"{link_path}/v1/{path}": route for path, route in _LINK.items()}
    routes |= {
        f"{link_path}/v1/steps/{path}": (summary, True, sent, _STEP)
        for path, (summary, sent) in _STEPS.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Digital certificates of linked databases",
            "version": version,
            "description": "The Cloud Signature Consortium's API, version "
            f"{csc.SPECS}, for documents of DIAN; pairing; and the three steps of an activation.",
        },
        "components": {
            "securitySchemes": {
                "link": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The key of the link, a point, and `database.uuid` of the client.",
                }
            },
            "schemas": {"Refusal": _REFUSAL},
        },
        "paths": {path: {"post": _write_operation(path, *route)} for path, route in routes.items()},
    }


def _write_operation(path, summary, has_key, sent, answered):
    statuses = sorted({status for status, _error in csc.REFUSALS.values()})
    refusal = {"$ref": "#/components/schemas/Refusal"}
    return {
        "operationId": path.strip("/").replace("/", "_"),
        "summary": summary,
        "security": [{"link": []}] if has_key else [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": sent}}},
        "responses": {
            "200": {
                "description": "Done",
                "content": {"application/json": {"schema": answered}},
            },
            **{
                str(status): {
                    "description": "Refused",
                    "content": {"application/json": {"schema": refusal}},
                }
                for status in statuses
            },
        },
    }
