# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Report the facts of one PDF: the process behind `pdf_check.py`, run by `sandbox.py`.

The file comes on standard input. Each fact goes to standard output as soon as it is known, one JSON
object a line, so that nothing said is lost when a limit kills this process:
`encrypted` or (`pages`, `active`, `signed`, `text_sha256`), or `stopped` with a code.
"""

import hashlib
import io
import json
import logging
import re
import signal
import sys

import pypdf
from pypdf import errors, filters, generic

# Within the limits of the process, each task has its own, smaller share.
_CHECK_SECONDS = 0.5  # of CPU
_TEXT_SECONDS = 0.35  # of CPU
_DECODED = 16 * 1024**2  # bytes one stream may decode to
_PAGE_NODES = 500  # of the page tree; no need to count further

# Releases of pypdf before 6 know no limits; there the limits of the process are the only ones.
_LimitReachedError = getattr(errors, "LimitReachedError", MemoryError)

# --- The shape of a PDF's bytes ---

_SPACE = rb"(?:[\s\0]|%[^\r\n]*[\r\n])"
_OBJECT = re.compile(rb"\d" + _SPACE + rb"*obj")
_TOKEN = re.compile(
    rb"%[^\r\n]*"
    rb"|(?P<string>\()"
    rb"|(?P<stream>>>[\s\0]*stream(?=\s))"
    rb"|/(?P<name>[^\s\0()<>\[\]{}/%]*)"
)
_PARENTHESIS = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")

# Names of what runs, opens, plays, sends or carries something else. They have no harmless use.
_ACTIVE = frozenset(
    b"JavaScript Launch SubmitForm ImportData GoToE EmbeddedFile FileAttachment XFA"
    b" RichMedia RichMediaExecute Rendition Movie Sound 3D GoTo3DView".split()
)
# Names that do so only as the key of a string, a reference or a dictionary with content: the key
# /EF of a signature's TransformParams, for one, is a harmless list of rights.
_ACTIVE_KEYS = frozenset(b"JS AA EF EmbeddedFiles".split())
_CONTENT = re.compile(
    _SPACE + rb"*(?:"
    rb"\("
    rb"|<(?!<[\s\0]*(?:/Names[\s\0]*\[[\s\0]*\][\s\0]*)?>>)"
    rb"|\d+" + _SPACE + rb"+\d+" + _SPACE + rb"+R)"
)
# Actions that may happen by themselves when the file is opened.
_HARMLESS_ON_OPEN = ("/GoTo", "/Named")


def main():
    _limit_pypdf()
    print("ready", flush=True)
    data = sys.stdin.buffer.read()
    # The signal is not handled on purpose: it ends the process, also inside a call into C.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, _CHECK_SECONDS)
    try:
        reader = _check(data)
    except (MemoryError, RecursionError, _LimitReachedError):
        _report(stopped="too_complex")
    except Exception:  # pypdf raises almost anything on a damaged file
        _report(stopped="damaged")
    else:
        if reader:
            signal.setitimer(signal.ITIMER_PROF, _TEXT_SECONDS)
            _report(text_sha256=_text_sha256(reader))


def _limit_pypdf():
    logging.disable(logging.CRITICAL)
    limits = {
        "zlib_maximum_output_length": _DECODED,
        "lzw_maximum_output_length": _DECODED,
        "run_length_maximum_output_length": _DECODED,
        "array_based_stream_maximum_output_length": _DECODED,
        "stream_decoding_work_maximum_length": 2 * _DECODED,
        "page_tree_maximum_entries": _PAGE_NODES,
    }
    if hasattr(pypdf, "overwrite_configuration"):
        known = {name: limits[name] for name in limits if hasattr(pypdf.Configuration, name)}
        pypdf.overwrite_configuration(**known)
    else:  # before 7, constants of a module
        for name in ("ZLIB", "LZW", "RUN_LENGTH"):
            setattr(filters, f"{name}_MAX_OUTPUT_LENGTH", _DECODED)


def _report(**fact):
    sys.stdout.write(json.dumps(fact) + "\n")
    sys.stdout.flush()


def _check(data):
    """Report all facts that decide; return the reader, or None for an encrypted file."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        encrypted = reader.is_encrypted
    except Exception:
        # A cipher that pypdf does not know ends here. The key is never in a compressed object.
        encrypted = b"/Encrypt" in data
        if not encrypted:
            raise
    if encrypted:
        _report(encrypted=True)
        return None
    _report(pages=_count_pages(reader))
    _report(active=_opens_something(reader) or _has_active_name(data, reader))
    _report(signed=_is_signed(reader))
    return reader


def _count_pages(reader):
    try:
        return len(reader.pages)
    except _LimitReachedError:
        return _PAGE_NODES


def _value(dictionary, key):
    """Return the value of a key, looked up when it is a reference; None when there is none."""
    value = dictionary.get(key)
    return value if value is None else value.get_object()


# --- Active content ---


def _opens_something(reader):
    """Whether opening the file starts an action other than showing some place of it."""
    action = _value(reader.root_object, "/OpenAction")
    if not isinstance(action, generic.DictionaryObject):
        return False  # a destination
    return "/Next" in action or _value(action, "/S") not in _HARMLESS_ON_OPEN


def _has_active_name(data, reader):
    """Whether an active name stands in any object of the file, reachable or not.

    The bytes are searched rather than pypdf's objects. Readers differ in which of two cross
    references, revisions or repeated keys they follow, and here all of them are seen.
    """
    starts = [0, *(match.end() for match in _OBJECT.finditer(data))]
    for start, stop in _pieces(data, starts):
        names = set()
        for name, end in _names(data, start, stop):
            if _is_active(name, data, end):
                return True
            names.add(name)
        if b"ObjStm" in names or {b"N", b"First"} <= names:
            inner, starts = _open_object_stream(data, start, reader)
            for inner_start, inner_stop in _pieces(inner, starts):
                for name, end in _names(inner, inner_start, inner_stop):
                    if _is_active(name, inner, end):
                        return True
    return False


def _is_active(name, data, end):
    return name in _ACTIVE or (name in _ACTIVE_KEYS and bool(_CONTENT.match(data, end)))


def _pieces(data, starts):
    """Return (start, stop) of each object, so that each is read afresh: none hides another."""
    starts = sorted({start for start in starts if start < len(data)})
    return zip(starts, [*starts[1:], len(data)], strict=True)


def _names(data, start, stop):
    """Yield (name, end) of each name outside strings, comments and streams, without escapes."""
    while match := _TOKEN.search(data, start, stop):
        start = match.end()
        if match["name"] is not None:
            yield _ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), match["name"]), start
        elif match["string"]:
            start = _end_of_string(data, start, stop)
        elif match["stream"]:
            start = max(start, data.find(b"endstream", start, stop))


def _end_of_string(data, start, stop):
    """Return the position after the string; that of its start when it has no end."""
    depth = 1
    for match in _PARENTHESIS.finditer(data, start, stop):
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if not depth:
            return match.end()
    return start


def _open_object_stream(data, start, reader):
    """Return the decoded object stream that begins at `start`, and where its objects begin."""
    file = io.BytesIO(data)
    file.seek(start)
    while file.read(1).isspace():
        pass
    file.seek(-1, io.SEEK_CUR)
    stream = generic.read_object(file, reader)
    if not isinstance(stream, generic.StreamObject):
        return b"", [0]
    inner = stream.get_data()
    first = int(_value(stream, "/First") or 0)
    offsets = re.findall(rb"\d+", inner[:first])[1::2]
    return inner, [0, *(first + int(offset) for offset in offsets)]


# --- Signature and text ---


def _is_signed(reader):
    """Whether a field of the form is a signature field (/FT /Sig) that has been signed (/V)."""
    form = _value(reader.root_object, "/AcroForm")
    if not isinstance(form, generic.DictionaryObject):
        return False
    fields = [(_value(form, "/Fields"), None)]
    seen = set()
    while fields:
        node, kind = fields.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, generic.ArrayObject):
            fields += [(kid.get_object(), kind) for kid in node]
        elif isinstance(node, generic.DictionaryObject):
            kind = _value(node, "/FT") or kind  # inherited from the field above
            if kind == "/Sig" and isinstance(_value(node, "/V"), generic.DictionaryObject):
                return True
            fields.append((_value(node, "/Kids"), kind))
    return False


def _text_sha256(reader):
    """Hash the text without white space, which is what extraction guesses; None without text."""
    try:
        text = "".join("".join(page.extract_text().split()) for page in reader.pages)
        return hashlib.sha256(text.encode()).hexdigest() if text else None
    except Exception:  # unreadable text is no reason to refuse the file
        return None


if __name__ == "__main__":
    main()
