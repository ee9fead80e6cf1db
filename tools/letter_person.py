# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How a letter names who signs it: by a document, and in which capacity."""

from dataclasses import dataclass

from . import identity


@dataclass(frozen=True)
class Document:
    """An identity document, as the letter names it.

    :ivar str name: in Spanish, without an article
    :ivar str article: with which the sentence goes on
    :ivar str issued: before the place where it was issued, or empty if it is not said
    :ivar str short: at the signature
    :ivar str english: in the version for reading
    :ivar bool has_points: whether its number is written with points between the thousands
    :ivar bool is_void: whether it identifies nobody any more: it stands in the letters that exist
    """

    name: str
    article: str
    issued: str
    short: str
    english: str
    has_points: bool = False
    is_void: bool = False


# By the code of `l10n_latam.identification.type`. The PEP is void since 28 February 2023: Decreto 216 of 2021.
DOCUMENTS = {
    "national_citizen_id": Document(
        "cédula de ciudadanía", "la", "expedida en", "C.C.", "citizenship card", has_points=True
    ),
    "foreign_resident_card": Document(
        "cédula de extranjería", "la", "expedida en", "C.E.", "foreigner's card", has_points=True
    ),
    "passport": Document("pasaporte", "el", "expedido en", "Pasaporte", "passport"),
    "PEP": Document(
        "permiso especial de permanencia (PEP)",
        "el",
        "",
        "P.E.P.",
        "special stay permit (PEP)",
        is_void=True,
    ),
    "PPT": Document(
        "permiso por protección temporal (PPT)",
        "el",
        "",
        "P.P.T.",
        "temporary protection permit (PPT)",
    ),
}
OFFERED = tuple(code for code, document in DOCUMENTS.items() if not document.is_void)
"""Codes of the documents of which a new letter can be made."""


def has_place_of_issue(code: str) -> bool:
    """Tell whether a letter says where a document was issued: a passport's country, a card's town."""
    return code not in DOCUMENTS or bool(DOCUMENTS[code].issued)


def is_own_name(nit: str, code: str, number: str) -> bool:
    """Tell whether who signs is the company itself: a natural person, who represents nobody.

    The NIT of a Colombian is the number of the citizenship card; that of a foreigner is another number.

    :param nit: of the company, as typed
    :param code: of the document
    :param number: of the document, as typed
    """
    base = (identity.format_nit(nit or "") or "").partition("-")[0]
    if not base or identity.is_juridical_nit(nit):
        return False
    return code != "national_citizen_id" or base == identity.normalize_document(number or "")


def describe_person(company: dict, person: dict, english: bool = False) -> dict[str, str]:
    """Return what a letter says of who signs, composed of what was typed.

    :param company: `name` and `nit`
    :param person: `code` of the document, its `number`, `issue_city` and `position`
    :return: `number`, `identification`, `capacity`, `powers`, `signature` and `signs_as`
    """
    document = DOCUMENTS.get(person["code"])
    number = person["number"] or ""
    if document and document.has_points:
        number = identity.show_cedula(number)
    nit = identity.format_nit(company["nit"] or "") or ""
    is_own = is_own_name(nit, person["code"], person["number"])
    is_legal = identity.is_juridical_nit(nit)
    write = _write_in_english if english else _write_in_spanish
    position = person["position"] or ""
    of_company = f"{position} {'of' if english else 'de'} " if position else ""
    place = person["issue_city"] if document and document.issued else ""
    return {
        "number": number,
        "signature": f"{document.short if document else ''} No. {number}".strip(),
        **write(document, number, place, is_own, is_legal),
        "signs_as": f"{'In my own name' if english else 'En nombre propio'}, NIT {nit}"
        if is_own
        else f"{of_company}{company['name']}, NIT {nit}",
    }


def _write_in_spanish(document, number, place, is_own, is_legal):
    identification = f"{document.article} {document.name} No. {number}" if document else number
    if place:
        identification += f" {document.issued} {place}"
    if is_own:
        return {
            "identification": identification,
            "capacity": "en nombre propio",
            "powers": "Declaro que tengo capacidad legal para obligarme y para otorgar este mandato en "
            "nombre propio.",
        }
    if not is_legal:
        return {
            "identification": identification,
            "capacity": "en nombre y representación de la Empresa, como su apoderado",
            "powers": "Declaro que el poder que recibí de la Empresa me faculta para obligarla y para "
            "otorgar este mandato, que está vigente en la fecha de la firma y que lo pongo a disposición "
            "del Suscriptor.",
        }
    return {
        "identification": identification,
        "capacity": "en calidad de representante legal de la Empresa",
        "powers": "Declaro que tengo facultades suficientes para obligar a la Empresa y para otorgar este "
        "mandato, vigentes en la fecha de la firma, y que las acredita el certificado de existencia y "
        "representación legal de la Empresa, o el documento que haga sus veces, que pongo a disposición "
        "del Suscriptor.",
    }


def _write_in_english(document, number, place, is_own, is_legal):
    identification = f"{document.english} No. {number}" if document else number
    if place:
        identification += f" issued in {place}"
    if is_own:
        return {
            "identification": identification,
            "capacity": "in my own name",
            "powers": "I declare that I have legal capacity to bind myself and to confer this mandate in my "
            "own name.",
        }
    if not is_legal:
        return {
            "identification": identification,
            "capacity": "in the name of the Company, as its attorney",
            "powers": "I declare that the power of attorney that I received from the Company lets me bind "
            "it and confer this mandate, that it is in force on the date of the signature, and that I put "
            "it at the Subscriber's disposal.",
        }
    return {
        "identification": identification,
        "capacity": "as legal representative of the Company",
        "powers": "I declare that I have sufficient powers to bind the Company and to confer this mandate, "
        "in force on the date of the signature, and that they are proved by the Company's certificate of "
        "existence and legal representation, or the document that stands for it, which I put at the "
        "Subscriber's disposal.",
    }
