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
import zlib

import pypdf
from pypdf import errors, filters, generic

# Within the limits of the process, each task has its own, smaller share.
_CHECK_SECONDS = 0.5  # of CPU, for a file that may be kept
_CHECK_SECONDS_A_BYTE = 1e-7  # beyond that: a scan that is about to be made smaller is all read
_TEXT_SECONDS = 0.35  # of CPU
_KEPT = 1024**2  # bytes
_DECODED = 16 * 1024**2  # bytes one stream may decode to
_PAGE_NODES = 500  # of the page tree; no need to count further

# Releases of pypdf before 6 know no limits; there the limits of the process are the only ones.
_LimitReachedError = getattr(errors, "LimitReachedError", MemoryError)

# --- The shape of a PDF's bytes ---

_SPACE = rb"(?:[\s\0]|%[^\r\n]*[\r\n])"
_OBJECT = re.compile(rb"(?:(?<!\d)(\d{1,10})[\s\0]{1,9}\d{1,5}|\d)" + _SPACE + rb"*obj|trailer")
_TOKEN = re.compile(
    rb"%[^\r\n]*"
    rb"|(?P<string>\()"
    rb"|(?P<open><<)"
    rb"|(?P<close>>>(?P<stream>[\s\0]*stream(?=\s))?)"
    rb"|<[0-9A-Fa-f\s\0]*>"
    rb"|(?P<broken><)"
    rb"|/(?P<name>[^\s\0()<>\[\]{}/%]*)"
)
_COMMENT = re.compile(rb"%[^\r\n]*")
_NAME = re.compile(rb"/([^\s\0()<>\[\]{}/%]*)")
_PARENTHESIS = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_REFERENCE = re.compile(_SPACE + rb"*\+?(\d+)[.0]*" + _SPACE + rb"+[+.\d]+" + _SPACE + rb"+R")

# Names of what runs, opens, plays, sends or carries something else. They have no harmless use.
_ACTIVE = frozenset(
    b"JavaScript Launch SubmitForm ImportData GoToE GoToR EmbeddedFile FileAttachment XFA"
    b" RichMedia RichMediaExecute Rendition Movie Sound 3D GoTo3DView".split()
)
# Names that do so only as the key of a string, a reference or a dictionary with content: the key
# /EF of a signature's TransformParams, for one, is a harmless list of rights.
_ACTIVE_KEYS = frozenset(b"JS AA EF EmbeddedFiles".split())
_CONTENT = re.compile(
    _SPACE + rb"*(?:"
    rb"\("
    rb"|<(?!<[\s\0]*(?:/Names[\s\0]*\[[\s\0]*\][\s\0]*)?>>))"
    rb"|" + _REFERENCE.pattern
)
# What an action that happens by itself may not do: leave the file, or go on to another action.
_NOT_ON_OPEN = frozenset((b"URI", b"Next", b"Thread"))
_STREAM_KEYS = b"Type N First Length Filter DecodeParms".split()
_HARMLESS_ON_OPEN = ("/GoTo", "/Named")

# The other kinds of file that one can be at the same time: an archive is read from its end, and a
# page by a browser that looks at the beginning, or at what stands after the end of the PDF.
_ARCHIVE_END = b"PK\5\6"
_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe)[\s>/]", re.IGNORECASE)
_SNIFFED = 1536  # bytes


class _Encrypted(Exception):
    pass


def main():
    _limit_pypdf()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    data = sys.stdin.buffer.read()
    # The signal is not handled on purpose: it ends the process, also inside a call into C.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    more = max(0, len(data) - _KEPT)
    signal.setitimer(signal.ITIMER_PROF, _CHECK_SECONDS + more * _CHECK_SECONDS_A_BYTE)
    try:
        reader = _check(data)
    except _Encrypted:
        _report(encrypted=True)
    except (MemoryError, RecursionError, _LimitReachedError):
        _report(stopped="too_complex")
    except Exception:  # pypdf raises almost anything on a damaged file
        _report(stopped="damaged")
    else:
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
    else:  # pragma: no cover — constants of a module in releases of pypdf before 7
        for name in ("ZLIB", "LZW", "RUN_LENGTH"):
            setattr(filters, f"{name}_MAX_OUTPUT_LENGTH", _DECODED)


def _report(**fact):
    sys.stdout.write(json.dumps(fact) + "\n")
    sys.stdout.flush()


def _check(data):
    """Report all facts that decide, and return the reader.

    :raise _Encrypted: a reader of this file would decipher it
    """
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        encrypted = reader.is_encrypted
    except Exception:
        # A cipher that pypdf does not know ends here. The key is never in a compressed object.
        encrypted = b"/Encrypt" in data
        if not encrypted:
            raise
    if encrypted:
        raise _Encrypted
    _report(pages=_count_pages(reader))
    _report(
        active=_opens_something(reader) or _is_another_file(data) or _has_active_name(data, reader)
    )
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


def _is_another_file(data):
    """Whether other programs can take the file for an archive or for a page with a script."""
    end = data.rfind(_ARCHIVE_END)
    if end >= 0 and data.rfind(b"PK\1\2", 0, end) >= 0:
        return True
    return any(map(_MARKUP.search, (data[:_SNIFFED], data[data.rindex(b"%%EOF") :])))


def _has_active_name(data, reader):
    """Whether an active name stands in any object of the file, reachable or not.

    The bytes are searched rather than pypdf's objects. Readers differ in which of two cross
    references, revisions or repeated keys they follow, and here all of them are seen.
    """
    opened, leaving = set(), set()  # numbers of objects
    starts = [(0, None), *((match.end(), match[1]) for match in _OBJECT.finditer(data))]
    for start, names in _read_objects(data, starts, opened, leaving):
        if names is None:
            return True
        if b"ObjStm" in names or (b"N" in names and b"First" in names):
            if max(map(names.count, _STREAM_KEYS)) > 1:
                raise ValueError("an object stream says twice how to read it")
            inner, inner_starts = _open_object_stream(data, start, reader)
            objects = _read_objects(inner, inner_starts, opened, leaving)
            if any(inner_names is None for _start, inner_names in objects):
                return True
    return not opened.isdisjoint(leaving)


def _read_objects(data, starts, opened, leaving):
    """Yield (start, names) of each object, each read afresh: none hides another.

    `names` is None when one of them is active.

    :param starts: (position, number) of each object.
    :param opened: takes the numbers of objects that are opened with the file.
    :param leaving: takes the numbers of objects that would then lead out of it.
    """
    numbers = {start: number for start, number in starts if start < len(data)}
    starts = sorted(numbers)
    doubts = set()
    for index, start in enumerate(starts):
        names = _read_names(data, starts, index, doubts, opened)
        number = numbers[start]
        if names and number and not _NOT_ON_OPEN.isdisjoint(names):
            leaving.add(int(number))
        yield start, names


def _read_names(data, starts, index, doubts, opened):
    """Return all names in an object; None when one of them is active."""
    names = []
    for escaped, end in _names(data, starts, index, doubts):
        name = _ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), escaped)
        if name in _ACTIVE or (name in _ACTIVE_KEYS and _CONTENT.match(data, end)):
            return None
        if name == b"Encrypt" and _CONTENT.match(data, end):
            raise _Encrypted
        if name == b"OpenAction" and (reference := _REFERENCE.match(data, end)):
            opened.add(int(reference[1]))
        names.append(name)
    if b"OpenAction" in names and not _NOT_ON_OPEN.isdisjoint(names):
        return None
    return names


def _names(data, starts, index, doubts):
    """Yield (name, end) of each name outside strings, comments and streams, with its escapes.

    An object ends where the next one starts, unless that is within a string, a comment or a stream:
    it is then no end of this object, and perhaps no start of another.

    :param starts: sorted positions of all objects; `index` is that of this one.
    :param doubts: where readers could disagree about what is outside, every name to the end of the
        file counts; once is enough, and this set says so.
    """
    position = first = starts[index]
    depth = 0
    while match := _TOKEN.search(data, position):
        while index < len(starts) and (starts[index] < position or starts[index] == first):
            index += 1
        if index < len(starts) and starts[index] <= match.start():
            return
        position = match.end()
        if match["name"] is not None:
            yield match["name"], position
        elif match["string"]:
            position = _end_of_string(data, position)
        elif match["open"]:
            depth += 1
        elif match["close"]:
            depth -= 1
            if match["stream"]:
                if depth:
                    break
                position = max(position, data.find(b"endstream", position))
        elif match["broken"]:
            break
    else:
        return
    if not doubts:
        doubts.add(first)
        for match in _NAME.finditer(data, first):
            yield match[1], match.end()


def _end_of_string(data, start):
    """Return the position after the string; that of its start when it has no end."""
    depth = 1
    for match in _PARENTHESIS.finditer(data, start):
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if not depth:
            return match.end()
    return start


def _open_object_stream(data, start, reader):
    """Return the decoded object stream that begins at `start`, and where its objects may begin.

    :raise ValueError: when readers could disagree about what it holds
    """
    file = io.BytesIO(data)
    file.seek(start)
    while file.read(1).isspace():
        pass
    file.seek(-1, io.SEEK_CUR)
    stream = generic.read_object(file, reader)
    if not isinstance(stream, generic.StreamObject):
        return b"", [(0, None)]
    filters_ = _value(stream, "/Filter")
    if isinstance(filters_, generic.ArrayObject) and len(filters_) == 1:
        filters_ = filters_[0].get_object()
    if filters_ == "/FlateDecode":
        unpacker = zlib.decompressobj()
        unpacker.decompress(stream._data, _DECODED)
        if not unpacker.eof:
            raise ValueError("the stream is too long or damaged")
    elif filters_:
        raise ValueError("no writer packs an object stream so")
    inner = stream.get_data()
    first = int(_value(stream, "/First") or 0)
    index = _COMMENT.sub(b" ", inner[:first]).replace(b"\0", b" ").split()
    if len(index) % 2 or not all(map(bytes.isdigit, index)):
        raise ValueError("the index is not made of pairs of numbers")
    # The numbers in comments count for a reader that knows no comments there.
    doubtful = re.findall(rb"\d{1,9}", inner[:first]) if b"%" in inner[:first] else []
    starts = [(first + int(start), None) for start in (b"0", *doubtful)]
    starts += [
        (first + int(start), number) for number, start in zip(*[iter(index)] * 2, strict=True)
    ]
    return inner, [(0, None), *starts]


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
