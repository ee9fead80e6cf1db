"""The record of an activation: who activated which certificate, when, from where and on what
grounds.
"""

from datetime import date, datetime, timezone

from babel.dates import format_date, format_datetime, get_timezone
from babel.numbers import format_currency, format_decimal
from markupsafe import Markup

from ..const import COLOMBIA_TZ
from ..tools.letter_pdf import QR_LENGTH_MAX, render_letter

_LOCALE = "es_CO"
# What `certificate.certificate._find_issuer_warnings` finds, beside whether it was verified.
_ISSUER_WARNINGS = {
    "unknown_issuer": "no está en la lista de entidades de certificación acreditadas",
    "refused_issuer": "se ha informado que la DIAN no acepta sus certificados",
}
_TITLE = "Constancia de activación del certificado digital"
_HEAD = Markup("<h1>{title}</h1><p>{number} · <b>{company}</b>, NIT {nit}</p>")
_TABLE = Markup('<table class="table-bordered">{rows}</table>')
_SECTION = Markup('<tr><th colspan="2">{title}</th></tr>')
_ROW = Markup("<tr><td>{label}</td><td>{value}</td></tr>")
_SMALL = Markup("<small>{}</small>")
_FOOT = Markup("<p><small>{text}</small></p>").format(
    text="Quien conozca el código puede comprobar en esa dirección, sin datos del representante, a quién "
    "pertenece la constancia, su vigencia, su estado y el SHA-256 del archivo que la contiene. La "
    "carta firmada se identifica por el SHA-256 de su archivo, que se conserva tal como se "
    "adjuntó."
)


def render_record(facts: dict) -> bytes:
    """Lay the record out; the same facts give the same bytes.

    It is in Spanish, because it is evidence under Colombian law, and it is code rather than a view,
    because evidence is not edited.

    :param facts: as `certificate.activation._get_record_facts` gathers them; what is empty is left out
    :return: a PDF whose QR code leads to the public page that verifies it
    """
    html = _HEAD.format(
        title=_TITLE,
        number=facts["name"],
        company=facts["company"]["name"],
        nit=facts["company"]["nit"],
    )
    lines = []
    for title, rows in _get_sections(facts):
        found = [_ROW.format(label=label, value=value) for label, value in rows or () if value]
        lines += [_SECTION.format(title=title), *found] if found else []
    html += _TABLE.format(rows=Markup().join(lines))
    return render_letter(
        html + _FOOT,
        facts["code"],
        title=f"{_TITLE} {facts['name']}",
        author=facts["company"]["name"],
        page_size=facts["paper"],
        qr=facts["url"] if len(facts["url"]) <= QR_LENGTH_MAX else facts["code"],
    )


def _get_sections(facts):
    lender, letter, payment = facts["lender"], facts["letter"], facts["payment"]
    certificate, representative = facts["certificate"], facts["representative"]
    moment = datetime.fromisoformat(facts["activated_on"]).replace(tzinfo=timezone.utc)
    period = f"del {_day(facts['date_start'])} al {_day(facts['date_end'])}, ambos incluidos"
    yield (
        "Activación",
        (
            ("Vigencia", period),
            ("Suscriptor", lender and f"{lender['name']}, NIT {lender['nit']}"),
            ("Representante legal", representative and _get_person(representative)),
            ("Activado por", _get_actor(facts["user"])),
            ("Fecha y hora", f"{_time(moment, COLOMBIA_TZ)}, hora de Bogotá (UTC-5)"),
            ("Fecha y hora UTC", f"{moment:%Y-%m-%d %H:%M:%S}Z"),
            ("Origen", facts["ip"] and _get_origin(facts)),
        ),
    )
    yield (
        "Carta de exoneración firmada",
        letter
        and (
            ("Código de la carta", f"{letter['code']}, del {_day(letter['date'])}"),
            ("Archivo", _get_file(letter)),
            ("Reconocida", _get_match(letter)),
            ("SHA-256", _SMALL.format(letter["sha256"])),
        ),
    )
    yield (
        "Certificado digital",
        (
            ("Sujeto", certificate["subject"]),
            ("Emisor", _get_issuer(certificate)),
            ("Número de serie", _SMALL.format(certificate["serial"])),
            ("Huella SHA-256", _SMALL.format(certificate["sha256"])),
            ("Vence", _day(certificate["date_end"])),
        ),
    )
    yield (
        "Pago",
        payment
        and (
            ("Referencia", payment["reference"]),
            ("Valor", payment["amount"] and _get_amount(payment)),
        ),
    )
    yield (
        "Verificación",
        (("Código de verificación", facts["code"]), ("Dirección", _SMALL.format(facts["url"]))),
    )


def _get_actor(user):
    actor = f"{user['name']} ({user['login']})"
    invited_by = user.get("invited_by")
    return f"{actor}, por el portal, con invitación de {invited_by}" if invited_by else actor


def _get_person(person):
    return f"{person['name']}, {person['document']} No. {person['number']}"


def _get_origin(facts):
    return Markup("IP {} {}").format(facts["ip"], _SMALL.format(facts["user_agent"] or ""))


def _get_amount(payment):
    amount = format_currency(payment["amount"], payment["currency"], locale=_LOCALE)
    paid_on = f", del {_day(payment['date'])}" if payment["date"] else ""
    return f"{amount} {payment['currency']}{paid_on}"


def _get_file(letter):
    pages = "1 página" if letter["pages"] == 1 else f"{letter['pages']} páginas"
    kind = "con firma digital, " if letter["is_signed"] else ""
    size = format_decimal(letter["size"], locale=_LOCALE)
    return f"PDF {kind}de {pages} y {size} bytes{_get_return(letter)}"


def _get_return(letter):
    """Say by whose link the file came back; nothing where the company attached it itself."""
    returned = letter.get("returned")
    if not returned:
        return ""
    moment = datetime.fromisoformat(returned["on"]).replace(tzinfo=timezone.utc)
    origin = f", IP {returned['ip']}" if returned["ip"] else ""
    return f", recibido por el enlace de {returned['email']}, {_time(moment, COLOMBIA_TZ)}{origin}"


def _get_match(letter):
    """Say how the software recognised the letter, and what a person decided about it, which is not
    the same.
    """
    signers = letter["signers"]
    match = {
        "match": "por su código QR",
        "signature": f"por la firma digital de {signers}, con certificado vigente que conduce al de confianza "
        f"{letter['anchors'] or ''}",
        "unread": f"con firma digital sin verificar, que dice ser de {signers}"
        if signers
        else "sin código legible",
        "reviewed": "por quien la revisó; sin código legible",
    }[letter["match"]]
    if letter["review"] == "waiting":
        return f"{match}; pendiente de revisión del suscriptor"
    if letter["review"] != "accepted":
        return f"{match}; sin revisión del suscriptor"
    moment = datetime.fromisoformat(letter["reviewed_on"]).replace(tzinfo=timezone.utc)
    return (
        f"{match}; aceptada por {letter['reviewed_by']}, del suscriptor, el "
        f"{_time(moment, COLOMBIA_TZ)}, hora de Bogotá"
    )


def _get_issuer(certificate):
    anchor = certificate["anchor"]
    said = [
        f"verificado por sus firmas hasta {anchor['name']}, SHA-256 {anchor['sha256']}"
        if anchor
        else "sin verificar: es lo que declara el certificado"
    ]
    # A record of before this was kept has none.
    warnings = certificate.get("warnings", ())
    said += [_ISSUER_WARNINGS[code] for code in warnings if code in _ISSUER_WARNINGS]
    return Markup("{} {}").format(certificate["issuer"], _SMALL.format(f"({'; '.join(said)})"))


def _day(day):
    return day and format_date(date.fromisoformat(day), "d 'de' MMMM 'de' y", locale=_LOCALE)


def _time(moment, zone):
    return format_datetime(
        moment, "d 'de' MMMM 'de' y, HH:mm:ss", tzinfo=get_timezone(zone), locale=_LOCALE
    )
