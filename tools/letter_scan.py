# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Decide whether an attached file can be the signed letter with a given code.

A scan is recognised by the QR code that `letter_pdf.py` prints on every page, a digitally signed
file by the code in its text. A file that cannot be read is left to a person; one that is certainly
something else is refused. Pictures and signatures are opened by `letter_scan_child.py`, in a
process of its own with limits of its own. The child reports facts; every rule is here.

A digital signature names its signer in a certificate that anybody can make. It is valid only if the
certificate leads to a pinned authority, was valid, is meant for signing documents, and names
somebody who may sign this letter. It proves the bytes that it covers: the code must be in them, and
the last signer must be valid, since each further signature may lay its picture over the letter.
"""

import base64
import hashlib
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography.x509.oid import NameOID

from .certificate_chain import find_anchor, is_for_documents, to_pem
from .certificate_reader import load_der
from .pdf_check import PdfFacts, check_pdf
from .pkcs12 import find_numbers
from .sandbox import ChildUnavailable, find_facts
from .text_limits import clean_text
from .x509_names import get_label

_CODE_LENGTH = 40
_NAME_LENGTH = 250
_FACTS = {
    "blank": bool,
    "coded": int,
    "codes": list,
    "complete": bool,
    "drawn": (list, type(None)),
    "has_text": bool,
    "numbers": list,
    "others": int,
    "scan_text_codes": list,
    "scanned": bool,
    "signatures": (list, type(None)),
    "text_codes": list,
}

# Why a file is refused.
CODES = (
    "unsigned",
    "blank",
    "other_letter",
    "no_letter",
    "missing_pages",
    "broken_signature",
    "too_complex",
)

_CHILD = Path(__file__).with_name("letter_scan_child.py")
_SKEW = timedelta(minutes=15)  # between the signer's clock and this server's
_CPU_SECONDS = 8
_WALL_SECONDS = 30  # for a machine too busy to provide it
_MEMORY = (
    800 * 1024**2
)  # bytes of address space: a picture of 40 million pixels, in colour, decoded


class LetterRefused(Exception):
    """The file is certainly not the signed letter.

    :ivar str code: the reason, one of `CODES`.
    :ivar str | None found: the code of the letter that it is instead, of `other_letter`.
    :ivar tuple pages: the numbers of the pages that it lacks, of `missing_pages`; empty where they are
        not known.
    """

    def __init__(self, code, found=None, pages=()):
        super().__init__(code)
        self.code = code
        self.found = found
        self.pages = pages


@dataclass(frozen=True)
class LetterFacts:
    """Facts that a file shows. What could not be found out is empty or None.

    :ivar frozenset codes: the letter codes in its QR codes.
    :ivar bool complete: whether all its pictures were read.
    :ivar frozenset text_codes: those in its text.
    :ivar frozenset scan_text_codes: those in the text of scanned pages, which came from OCR.
    :ivar bool scanned: whether any page is a scan.
    :ivar bool has_text: whether any page has words.
    :ivar bool blank: whether every page is empty.
    :ivar tuple | None drawn: pages, annotations, pictures, and operators that paint, of a file to compare.
    :ivar frozenset numbers: pairs: the number of a page, and how many the letter has, as its QR code says.
    :ivar int coded: how many codes were read.
    :ivar int others: pages that show something, but no code, and places for a page beside one with a code.
    :ivar tuple signers: the names in the certificates of its digital signatures, in their order: claims.
    :ivar bool | None intact: whether each signature is valid and covers all that was there when it was
        made, and nothing changed after the last one. False when the hash or the value of one is proved wrong.
        None when nothing is proved. It says nothing of who issued the certificates.
    :ivar tuple signatures: of `Signature`, in the order of `signers`.
    """

    codes: frozenset
    complete: bool
    text_codes: frozenset
    scan_text_codes: frozenset
    scanned: bool
    blank: bool
    signers: tuple
    intact: bool | None
    signatures: tuple = ()
    has_text: bool = True
    drawn: tuple | None = None
    numbers: frozenset = frozenset()
    coded: int = 0
    others: int = 0


@dataclass(frozen=True)
class Signature:
    """What a digital signature says about its signer.

    :ivar tuple certificates: DER, the signer's first, then the others that came with it.
    :ivar datetime | None signed_on: when it was made, as it says itself; with its time zone.
    :ivar frozenset codes: the letter codes that the bytes show which it covers.
    :ivar bool whole: whether it proves the whole file: by a hash that holds, and all programs see the same after
        those bytes.
    """

    certificates: tuple
    signed_on: datetime | None
    codes: frozenset = frozenset()
    whole: bool = False


@dataclass(frozen=True)
class Trust:
    """Whose digital signature is valid for a letter.

    :ivar tuple anchors: of `certificate_chain.Anchor`.
    :ivar frozenset numbers: digits by which a certificate may name who signs: the representative's document, the
        company's NIT, each with its check digit and without.
    :ivar datetime moment: now, with its time zone.
    :ivar frozenset company_numbers: those that name only the company: its employees' certificates
        have them, too.
    """

    anchors: tuple = ()
    numbers: frozenset = frozenset()
    moment: datetime | None = None
    company_numbers: frozenset = frozenset()


@dataclass(frozen=True)
class LetterMatch:
    """Why a file is taken for the letter.

    :ivar str kind: `match` for its QR code, `signature` for a valid digital signature, `unread`
        when a person has to review it.
    :ivar str signers: who signed digitally: verified, of `signature`; otherwise what the file says.
    :ivar str anchors: SHA-256 of the pinned certificates that the signers lead to, of `signature`.
    :ivar tuple pages: numbers of the letter's pages whose code was not read, of `unread`; empty where none was.
    """

    kind: str
    signers: str = ""
    anchors: str = ""
    pages: tuple = ()


def match_letter(
    data: bytes, facts: PdfFacts, code: str | None, letter: bytes | None, trust: Trust = Trust()
):
    """Tell whether a file can be the signed letter.

    :param data: the file.
    :param facts: what `check_pdf` found of it.
    :param code: the letter's code; None when there is no letter yet.
    :param letter: the letter itself, unsigned.
    :param trust: whose digital signature is valid; nobody's by default.
    :rtype: LetterMatch
    :raise LetterRefused: it is certainly not; its `code` is one of `CODES`.
    :raise PdfCheckUnavailable: the server cannot check any file.
    :raise ChildBusy: the server is too busy to look at this one now.
    """
    is_alike = False
    if letter:
        if facts.sha256 == hashlib.sha256(letter).hexdigest():
            raise LetterRefused("unsigned")
        original = check_pdf(letter, len(letter)) if facts.text_sha256 else None
        is_alike = bool(original) and facts.text_sha256 == original.text_sha256
    try:
        found = read_letter(data, facts.signed, is_alike)
        if (
            is_alike
            and not facts.signed
            and _adds_nothing(found, read_letter(letter, compared=True))
        ):
            raise LetterRefused("unsigned")
    except ChildUnavailable:  # the packages are optional
        return LetterMatch("unread")
    pages = None
    if letter and found.codes and not found.numbers:
        pages = check_pdf(letter, len(letter)).pages
    return judge_letter(found, facts.signed, code, trust, pages, is_alike or not letter)


def _adds_nothing(found, letter):
    """Whether a file of the letter's text is the letter as it was downloaded, or saved or printed again.

    A signature on the screen is an annotation, a picture or lines; a stamp likewise; one on paper a page.
    """
    if not found.drawn or not letter.drawn:
        return False
    return all(here <= there for here, there in zip(found.drawn, letter.drawn, strict=True))


def judge_letter(
    found: LetterFacts,
    signed: bool,
    code: str | None,
    trust: Trust = Trust(),
    pages: int | None = None,
    is_alike: bool = True,
):
    """Apply the rules to what a file shows.

    :param signed: whether it has a digital signature.
    :param trust: whose digital signature is valid; nobody's by default.
    :param pages: of the letter, for one whose QR codes do not number them; None when not known.
    :param is_alike: whether a signed file has the words of the letter: whoever signs it could have changed
        them, or left out a page.
    :rtype: LetterMatch
    :raise LetterRefused: see `match_letter`.
    """
    codes = found.codes | found.text_codes
    if found.blank and not signed and not codes | found.scan_text_codes:
        raise LetterRefused("blank")
    if others := sorted(codes - {code}):
        raise LetterRefused("other_letter", others[0])
    if not signed:
        if code not in found.codes or not found.complete:
            return LetterMatch("unread")
        missing = _find_unread_pages(found, pages or 0)
        return LetterMatch("unread", pages=missing) if missing else LetterMatch("match")
    if found.intact is False:
        raise LetterRefused("broken_signature")
    shows_code = code in codes | found.scan_text_codes
    if not shows_code and not found.scanned and found.has_text:
        raise LetterRefused("no_letter")
    last = found.signatures[-1] if found.signatures else None
    if not is_alike and code in found.codes and found.complete:  # a scan that was signed
        is_alike = not _find_unread_pages(found, pages or 0)
    if is_alike and found.intact and shows_code and last and last.whole and code in last.codes:
        verified = [_verify(one, trust) for one in found.signatures]
        if verified[-1]:
            names, anchors = zip(*filter(None, verified), strict=True)
            return LetterMatch("signature", ", ".join(names), ", ".join(dict.fromkeys(anchors)))
    return LetterMatch("unread", ", ".join(found.signers))


def _find_unread_pages(found, pages):
    """Return the numbers of the pages of the letter that were not seen in a scan of it.

    :param pages: of a letter that does not number them, where only too few are noticed.
    :raise LetterRefused: it is certain that some are missing.
    """
    if not found.numbers:
        if found.coded + found.others < pages:
            raise LetterRefused("missing_pages")
        return ()
    seen = {number for number, _total in found.numbers}
    total = max(total for _number, total in found.numbers)
    missing = tuple(number for number in range(1, total + 1) if number not in seen)
    # A page whose code was not read may be one of them.
    if len(missing) > found.others:
        raise LetterRefused("missing_pages", pages=() if found.others else missing)
    return missing


def _verify(signature, trust):
    """Return who made a signature and the anchor that proves it, or None when nothing does.

    The time of a signature is also a claim, so its certificate must be valid now, too: otherwise
    anyone with the key of an expired one could set the clock back.
    """
    moment = trust.moment or datetime.now(timezone.utc)
    try:
        first, *others = map(load_der, signature.certificates)
        signed_on = signature.signed_on or moment
        if not first.not_valid_before_utc <= signed_on <= moment + _SKEW:
            return None
        if not is_for_documents(first):
            return None
        found = find_numbers(first)
        numbers = {*found.nits, *found.names, *found.cards}
        anchor = find_anchor(to_pem(first), list(map(to_pem, others)), trust.anchors, moment)
        named = numbers & trust.numbers
        if not anchor or not named:
            return None
        if named <= trust.company_numbers and _is_of_a_member(first.subject):
            return None
        return _take_name(get_label(first.subject)), anchor
    except Exception:  # fields of a certificate are parsed when they are read
        return None


def _is_of_a_member(subject):
    """Tell whether a certificate names a person besides the organisation that it belongs to."""
    if any(map(subject.get_attributes_for_oid, (NameOID.SURNAME, NameOID.GIVEN_NAME))):
        return True
    names, organizations = (
        {_simplify(str(attribute.value)) for attribute in subject.get_attributes_for_oid(oid)}
        - {""}
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    )
    return bool(names and organizations) and names.isdisjoint(organizations)


def _simplify(name):
    """Return a name without accents, full stops and capitals, in which spellings of a company
    differ.
    """
    name = unicodedata.normalize("NFKD", name).casefold()
    return "".join(filter(str.isalnum, name))


def read_letter(data: bytes, signed: bool = False, compared: bool = False) -> LetterFacts:
    """Read a file without ever opening it in this process.

    :param data: the file, which `check_pdf` has accepted.
    :param signed: whether it has a digital signature.
    :param compared: whether to count what is drawn in it, which an unsigned file is asked for.
    :raise LetterRefused: `too_complex`: nothing is known of a file that costs more than a letter does.
    :raise ChildBusy: the server is too busy to read it to the end now.
    :raise ChildUnavailable: it cannot be read here: pypdf, Pillow or 800 MB are missing.
    """
    try:
        return _take_facts(_ask_child(data, signed, compared), data)
    except (AttributeError, LookupError, TypeError, ValueError) as error:  # of a runaway parser
        raise LetterRefused("too_complex") from error


def _take_facts(found, data):
    """Return the facts that a script has reported, checked, because it cannot be trusted.

    :raise TypeError: the facts are malformed; likewise a ValueError, a LookupError or an
        AttributeError
    """
    signatures = found.get("signatures") or []
    claims = [
        Signature(
            tuple(map(base64.b64decode, signature.get("certificates", ()))),
            _parse_moment(signature.get("signed_on")),
            whole=signature.get("whole") is True,
        )
        for signature in signatures
    ]
    # Only the codes of the last one are needed; see `judge_letter`.
    if signatures and (end := signatures[-1].get("end")):
        covered = found if end == len(data) else _ask_child(data[:end], signed=False)
        claims[-1] = replace(claims[-1], codes=_get_codes(covered))
    return LetterFacts(
        codes=_take_codes(found["codes"]),
        complete=found["complete"],
        text_codes=_take_codes(found.get("text_codes", ())),
        scan_text_codes=_take_codes(found.get("scan_text_codes", ())),
        # Without facts, nothing is refused.
        scanned=found.get("scanned", True),
        blank=found.get("blank", False),
        signers=tuple(_take_name(signature["signer"]) for signature in signatures),
        intact=_judge_signatures([signature["intact"] for signature in signatures]),
        signatures=tuple(claims),
        has_text=found.get("has_text", False),
        numbers=frozenset((int(number), int(total)) for number, total in found.get("numbers", ())),
        coded=found.get("coded", 0),
        others=found.get("others", 0),
        drawn=tuple(map(int, found["drawn"])) if found.get("drawn") else None,
    )


def _judge_signatures(intact):
    if False in intact:
        return False
    return True if intact and all(intact) else None


def _ask_child(data, signed, compared=False):
    found = find_facts(
        _CHILD,
        (b"S" if signed else b"C" if compared else b"-") + data,
        _FACTS,
        wall_seconds=_WALL_SECONDS,
        cpu_seconds=_CPU_SECONDS,
        memory=_MEMORY,
    )
    if "codes" not in found:  # a limit ended it before it had seen ink, or a parser broke
        raise LetterRefused("too_complex")
    return found


def _get_codes(found):
    return frozenset().union(
        *(_take_codes(found.get(key, ())) for key in ("codes", "text_codes", "scan_text_codes"))
    )


def _take_codes(codes):
    return frozenset(code[:_CODE_LENGTH] for code in codes)


def _take_name(name):
    """Return a name from an uploaded file so that it can be stored and shown."""
    return clean_text(name[:_NAME_LENGTH])


def _parse_moment(text):
    moment = datetime.fromisoformat(text) if text else None
    # A time without a zone is taken as UTC, as in ASN.1.
    return moment and (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))
