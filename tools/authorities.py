# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Certification authorities in Colombia: how they call themselves, where they are asked, and where that is known from.

The list of ONAC changes: the administrator keeps names and domains, and these are where they begin.
"""

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Authority:
    """An authority that ONAC has accredited to issue certificates of digital signature.

    :ivar str name: how it is called.
    :ivar tuple[str, ...] names: each a part of how it calls itself in certificates.
    :ivar tuple[str, ...] domains: below which it answers about revocation.
    :ivar str | None asked: hosts that its certificates name; None when no certificate of it was seen.
    :ivar str | None seen: the years of those certificates.
    :ivar bool is_refused: whether DIAN is reported to refuse it although it is accredited.
    """

    name: str
    names: tuple
    domains: tuple
    asked: str | None = None
    seen: str | None = None
    is_refused: bool = False


AUTHORITIES = (
    Authority(
        "Certicámara",
        ("Certicámara",),
        ("certicamara.com", "certicamara.co"),
        "ocsp.certicamara.co, www.certicamara.com, mirror.certicamara.com",
        "2017-2021",
    ),
    Authority(
        "Andes SCD",
        ("Andes SCD",),
        ("andesscd.com.co",),
        "ocsp.andesscd.com.co, crl.andesscd.com.co, www.andesscd.com.co",
        "2017-2025",
    ),
    Authority(
        "GSE",
        ("GSE", "Gestión de Seguridad Electrónica"),
        ("gse.com.co",),
        "ocsp2.gse.com.co, crl2.gse.com.co",
        "2021",
    ),
    Authority(
        "Camerfirma Colombia",
        ("Camerfirma Colombia",),
        ("camerfirmacolombia.co", "camerfirma.com"),
        "pkicol.camerfirmacolombia.co",
        "2026",
    ),
    # ONAC 24-ECD-0010. DIAN's log-in is reported to refuse certificates under its Spanish root.
    Authority("Viafirma", ("Viafirma",), ("viafirma.com",), "ecd.viafirma.com", is_refused=True),
    Authority("Olimpia", ("Olimpia",), ("olimpiait.com",)),
    Authority("Thomas Signe", ("Thomas Signe",), ("thsigne.com",)),
    Authority("Lleida", ("Lleida",), ("lleida.net",)),
)

NAMES = tuple(name for authority in AUTHORITIES for name in authority.names)
DOMAINS = tuple(domain for authority in AUTHORITIES for domain in authority.domains)
REFUSED = tuple(
    name for authority in AUTHORITIES if authority.is_refused for name in authority.names
)


def find_by_domain(domain):
    """Return the authority that answers below a domain, or None.

    :param str domain: in lower case
    :rtype: Authority | None
    """
    return next(
        (
            authority
            for authority in AUTHORITIES
            for known in authority.domains
            if domain == known or domain.endswith(f".{known}")
        ),
        None,
    )


def find_named(names):
    """Return the authority that is named in what issuers call themselves, or None.

    :param names: of issuers, as `tools.pkcs12.CertificateFacts.authorities`
    :rtype: Authority | None
    """
    return next((authority for authority in AUTHORITIES if is_named(authority.names, names)), None)


def is_named(parts, names):
    """Tell whether any part of a name stands in names of issuers, whatever its case, accents and punctuation.

    :param parts: parts of names
    :param names: of issuers
    :rtype: bool
    """
    text = " | ".join(map(_simplify, names))
    return any(_simplify(part) in text for part in parts)


def _simplify(name):
    """Write a name without case, accents and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())
