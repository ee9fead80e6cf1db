# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Report the facts of one PDF: the process behind `pdf_check.py`, run by `sandbox.py`.

The file comes on standard input. Each fact goes to standard output as soon as it is known, one JSON
object a line, so that nothing said is lost when a limit kills this process:
`encrypted`, or `active`, `pages`, `signed` and `text_sha256`, or `stopped` with a code.

Programs that open a PDF differ in how much of a broken file they mend, and an attacker chooses the
program. So nothing here follows cross references or mends anything: every place of the bytes where
some program could begin to read an object is found, and what stands there is either written as
ISO 32000-2 says, which all programs read alike, or refused. Only then does pypdf read the file.
"""

import contextlib
import hashlib
import io
import itertools
import json
import logging
import re
import signal
import sys
import zlib

import pypdf
from pypdf import errors, filters, generic

# Within the limits of the process, each task has its own, smaller share. What is counted decides
# alike on every machine; the CPU limit is for unforeseen cases.
_TOKENS = 200_000  # of all objects
_NAMES = 50_000  # of a broken file
_OBJECTS = 20_000
_ROWS = 20_000  # of cross reference tables and streams
_LOOKS = 3  # at each byte of a string, a comment or a stream
_INDEX_PART = 64  # bytes of the index of an object stream, for each object
_DEPTH = 60  # of arrays and dictionaries in each other; PDFium and MuPDF give up later
_DECODED = 16 * 1024**2  # bytes that all object streams together may decode to, and any stream
_CHECK_SECONDS = 0.5  # of CPU, for a file that may be kept
_CHECK_SECONDS_A_BYTE = 1e-7  # beyond that: a scan that is about to be made smaller is all read
_TEXT_SECONDS = 0.35  # of CPU
_KEPT = 1024**2  # bytes
_PAGE_NODES = 500  # of the page tree; no need to count further
_HIGHEST = 8_388_607  # number of an object; programs let higher ones overflow

# Releases of pypdf before 6 know no limits; there the limits of the process are the only ones.
_LimitReachedError = getattr(errors, "LimitReachedError", MemoryError)

# --- Grammar: what all programs read alike ---

_WHITE = rb"[\0\t\n\f\r ]"
_END = rb"(?=[\0\t\n\f\r ()<>\[\]{}/%]|\Z)"  # of a word or a number
_REGULAR = rb"[^\0\t\n\f\r ()<>\[\]{}/%]"
_TOKEN = re.compile(
    _WHITE + rb"*(?:"
    rb"/(?P<name>" + _REGULAR + rb"*)"
    rb"|(?P<reference>\d{1,10})" + _WHITE + rb"{1,99}\d{1,5}" + _WHITE + rb"{1,99}R" + _END + rb""
    rb"|(?P<number>[-+.\d][-+.\dEe]{0,199}?)(?:" + _END + rb"|(?=endobj))"
    rb"|(?P<open><<)"
    rb"|(?P<close>>>)"
    rb"|(?P<array>\[)"
    rb"|(?P<end>\])"
    rb"|(?P<string>\()"
    rb"|(?P<hexadecimal><[\0\t\n\f\r 0-9A-Fa-f]*>)"
    rb"|(?P<word>true|false|null)" + _END + rb""
    rb"|(?P<comment>%[^\r\n]*)"
    rb")"
)
_COMMENT = re.compile(rb"%[^\r\n]*")
_PARENTHESIS = re.compile(rb"\\.|[()]", re.DOTALL)
_GAP = re.compile(rb"(?:" + _WHITE + rb"+|%[^\r\n]*)")
_STREAM = re.compile(rb"stream(?:\r\n|\n)?")
_ENDOBJ = re.compile(rb"endobj" + _END)


def _keyword(word):
    """A pattern of a keyword as MuPDF reads it too, which knows #-escapes there."""
    return b"".join(b"(?:%c|#%02x|#%02X)" % (letter, letter, letter) for letter in word)


# Where an object or a trailer could begin, for some program. Beside the white space of the standard,
# PDFium has the bytes 128 and 255 as white space, and qpdf the vertical tab.
_BOUND = rb"(?![!-$&'*-.0-;=?-Z\\^-z|~])"
_START = (
    rb"(?<=[\0\t-\r \x80\xff0-9+\-.])" + _keyword(b"obj") + _BOUND
    + rb"|" + _keyword(b"trailer") + _BOUND
)  # fmt: skip
_HIDDEN = re.compile(_START)
_DICTIONARY = re.compile(rb"[\0\t-\r \x80\xff]*(?:<<|%)")
_ESCAPED_KEYWORD = re.compile(rb"#[67][0-9A-Fa-f]")
_HEAD = (
    rb"(?<![-+.0-9])(?P<number>\d{1,10})" + _WHITE + rb"{1,9}(?P<generation>\d{1,5})" + _WHITE
    + rb"{1,9}obj"
)  # fmt: skip
_HEAD_BEFORE = re.compile(_HEAD + rb"\Z")
_TOP = re.compile(
    rb"%%EOF|%[^\r\n]*"
    rb"|" + _HEAD + _END
    + rb"|(?P<trailer>trailer" + _END + rb"|(?=<<))"
    + rb"|(?P<row>\d{10} \d{5} [nf])"
    + rb"|(?P<broken>" + _START + rb")"
)  # fmt: skip

# --- What is forbidden ---

# Names of what runs, opens, plays, sends or carries something else. They have no harmless use.
_ACTIVE = frozenset(
    b"JavaScript Launch SubmitForm ImportData GoToE GoToR EmbeddedFile FileAttachment XFA"
    b" RichMedia RichMediaExecute Rendition Movie Sound 3D GoTo3DView".split()
)
# Names that do so only as the key of a string, a reference or a dictionary with content: the key
# /EF of a signature's TransformParams, for one, is a harmless list of rights.
_ACTIVE_KEYS = frozenset(b"JS AA EF EmbeddedFiles".split())
# Of trees of names, which programs leave behind where they have taken scripts or files out: with nothing in them, or
# with a reference to an object that is empty or not there. A script or a file has a name of its own besides.
_LEFT_BEHIND = frozenset(b"JavaScript EmbeddedFiles".split())
# Actions that may happen when the file is opened, and others that a reader must have clicked on.
_ON_OPEN = frozenset((b"GoTo", b"Named"))
# Of the named ones only those of the standard, and the print dialogue: others are commands of a menu.
_NAMED = frozenset(b"NextPage PrevPage FirstPage LastPage Print".split())
_ON_CLICK = frozenset(b"URI Thread Hide Trans SetOCGState ResetForm GoToDp".split())
# Of a document within a string, should a program read one there.
_CATALOG = frozenset(b"Root OpenAction Encrypt".split())
_MATTERING = _ACTIVE_KEYS | _CATALOG | frozenset(b"S Next N First Type ObjStm".split())
_MATTERING |= frozenset(b"Length Filter DecodeParms DP F FFilter FDecodeParms".split())

_NAME = re.compile(rb"/(" + _REGULAR + rb"*)")
_ESCAPE = re.compile(rb"#(..)", re.DOTALL)
_ODD_ESCAPE = re.compile(rb"#(?![0-9A-Fa-f]{2})")
# What ends a name for one of the programs. Letters with accents do not: `Sí` is the state of many boxes.
_ODD = re.compile(rb"[\0-\x1f\x7f\x80\xff]")
_CONTENT = re.compile(rb"(?:[\0\t-\r ]|%[^\r\n]{0,99}[\r\n])*[(<+\-.\d]")

# The other kinds of file that one can be at the same time: an archive is read from its end, and a
# page by a browser that looks at the beginning, or at what stands after the end of the PDF.
_ARCHIVE_END = b"PK\5\6"
_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe)[\s>/]", re.IGNORECASE)
_FIRST_OBJECT = re.compile(_HEAD)
_SNIFFED = 1536  # bytes


class Encrypted(Exception):
    pass


class _Active(Exception):
    pass


class TooComplex(Exception):
    pass


class Broken(Exception):
    """Programs could differ in what they read from here on.

    :ivar bytes data: the file, or a decoded object stream.
    :ivar int position: where.
    """

    def __init__(self, data, position):
        super().__init__(position)
        self.data, self.position = data, position


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
        _report(active=_look_at(data))
        reader = _read(data)
    except Encrypted:
        _report(encrypted=True)
    except (TooComplex, MemoryError, RecursionError, _LimitReachedError):
        _report(stopped="too_complex")
    except Exception:  # pypdf raises almost anything on a damaged file
        _report(stopped="damaged")
    else:
        signal.setitimer(signal.ITIMER_PROF, _TEXT_SECONDS)
        _report(text_sha256=_text_sha256(reader))


def _look_at(data):
    """Return what `is_active` says, of a file that opens without a password as of any other."""
    try:
        return is_active(data)
    except Encrypted:
        return is_active(data, _open_cipher(data))


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


def _read(data):
    """Report what pypdf finds, and return its reader."""
    reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
    # It keeps tables of cross references, whose numbers an update may have given to other objects.
    reader.resolved_objects.clear()
    _report(pages=_count_pages(reader))
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


def is_active(data, cipher=None):
    """Whether any program could find active content in any part of the file, reachable or not.

    :param cipher: `_Cipher`, of a file that is enciphered.
    :raise Encrypted: a program would decipher the file, in another way than by the cipher.
    :raise Broken: programs could differ in how they read it.
    :raise TooComplex: there is too much to read.
    """
    if _is_another_file(data):
        return True
    scan = _Scan(cipher)
    try:
        scan.read_file(data)
    except _Active:
        return True
    except Broken as broken:
        if not cipher and b"/Encrypt" in data:
            # What is enciphered makes no sense, and has any short name by chance.
            raise Encrypted from None
        if _has_active_name(broken.data, broken.position):
            return True
        raise
    return scan.opens_something() or scan.opens_another_file() or scan.leads_to_something()


def _is_another_file(data):
    """Whether other programs can take the file for an archive or for a page with a script."""
    end = data.rfind(_ARCHIVE_END)
    if end >= 0 and data.rfind(b"PK\1\2", 0, end) >= 0:
        return True
    # A comment of a person is formatted by markup, in a string of an object.
    first = _FIRST_OBJECT.search(data, 0, _SNIFFED)
    beginning = data[: first.start() if first else _SNIFFED]
    return any(map(_MARKUP.search, (beginning, data[data.rindex(b"%%EOF") :])))


def _has_active_name(data, start):
    """Whether an active name stands anywhere from a position on: in strings and streams as well.

    :raise Encrypted: the name of a cipher stands there
    """
    for count, match in enumerate(_NAME.finditer(data, start)):
        if count == _NAMES:
            raise TooComplex
        for name in _read_name(match[1]):
            if name in _ACTIVE or (name in _ACTIVE_KEYS and _CONTENT.match(data, match.end())):
                return True
            if name == b"Encrypt" and _CONTENT.match(data, match.end()):
                raise Encrypted
    return False


def _read_name(escaped):
    """Return the names that programs read, first the one of the standard.

    PDFium ends a name at the bytes 128 and 255, qpdf at 11. Where no two digits follow #, PDFium takes
    what is no digit for 0, and did calculate with its code in older releases.
    """
    if escaped.isalnum() and escaped.isascii():
        return (escaped,)
    names = [escaped]
    if b"#" in escaped:
        names = [_ESCAPE.sub(_digits, escaped)]
        if _ODD_ESCAPE.search(escaped):
            names.append(_ESCAPE.sub(_codes, escaped))
    return list(dict.fromkeys(itertools.chain(names, *map(_ODD.split, (escaped, *names)))))


def _digits(escape):
    high, low = (max(0, b"0123456789ABCDEF".find(digit)) for digit in escape[1].upper())
    return bytes([16 * high + low])


def _codes(escape):
    high, low = (code - 55 if code > 57 else code - 48 for code in escape[1].upper())
    return bytes([(16 * high + low) % 256])


class _Name(bytes):
    pass


class _Dictionary(list):
    """Pairs of key and value, since readers differ in which of two equal keys they take."""

    def get(self, key):
        return next((value for name, value in self if name == key), None)

    def names(self):
        return [name for name, _value in self]


class _Reference(int):
    pass


class _String(str):
    """The bytes of a string as they are written, of a file that is enciphered."""

    def __new__(cls, data):
        return super().__new__(cls, data.decode("latin-1"))


class _Cipher:
    """Deciphers a file that opens without a password, where all programs find the same key.

    Two keys that make sense of the same bytes can be found. So there has to be one dictionary of the
    cipher, written plainly, and one identifier of the file, from which some keys are made.
    """

    def __init__(self, encryption, number):
        self.encryption = encryption
        self.number = (
            number  # of the object with the dictionary; None when it stands in the trailer
        )
        self.dictionaries = 0
        self.identifiers = set()

    def check(self, value, pairs):
        """Look at the trailer of a file, which leads to the dictionary of the cipher."""
        identifier = pairs.get(b"ID")
        self.identifiers.add(identifier[0] if type(identifier) is list and identifier else None)
        if isinstance(value, _Reference) and self.number is not None and value == self.number:
            return
        if self.number is not None or not isinstance(value, _Dictionary):
            raise Encrypted
        self.keep(value, None)

    def keep(self, value, number):
        """Look at an object: whether it is the dictionary of the cipher."""
        if number == self.number:
            self.dictionaries += 1
            if not _is_written_plainly(value):
                raise Encrypted

    def finish(self):
        if self.dictionaries != 1 or len(self.identifiers) != 1:
            raise Encrypted

    def decipher(self, data, number, generation):
        """Return the data of a stream; what follows them is dropped or left, as the filter ignores it.

        :raise Broken: they are not enciphered like that
        """
        if self.encryption.StmF != "/V2":
            data = data[: len(data) // _CIPHER_BLOCK * _CIPHER_BLOCK]
        stream = generic.StreamObject()
        stream.set_data(data)
        try:
            return self.encryption.decrypt_object(
                stream, number, generation, strict=False
            ).get_data()
        except _LimitReachedError:
            raise
        except Exception:
            raise Broken(b"", 0) from None


# Versions and revisions of the cipher, with the length of its key and how streams are enciphered where
# all programs agree (ISO 32000-2, 7.6.2 to 7.6.5).
_CIPHERS = {
    (1, 2): (range(40, 41), ("/V2",)),
    (1, 3): (range(40, 41), ("/V2",)),
    (2, 3): (range(40, 129, 8), ("/V2",)),
    (4, 4): (range(128, 129), ("/V2", "/AESV2")),
    (5, 5): (range(0, 257), ("/AESV3",)),
    (5, 6): (range(0, 257), ("/AESV3",)),
}
_CIPHER_BLOCK = 16  # bytes


def _open_cipher(data):
    """Return the `_Cipher` of a file that opens without a password.

    :raise Encrypted: it does not, or programs could differ in how they decipher it
    """
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        encryption = reader._encryption
        entry = reader.trailer.raw_get("/Encrypt")
        lengths, methods = _CIPHERS[encryption.V, encryption.R]
        is_known = encryption.Length in lengths and encryption.StmF in methods
        if not is_known or not encryption.is_decrypted():
            raise Encrypted
    except (_LimitReachedError, MemoryError, RecursionError):
        raise
    except Exception:  # pypdf raises almost anything, and does not know every cipher
        raise Encrypted from None
    return _Cipher(encryption, getattr(entry, "idnum", None))


def _is_written_plainly(value):
    """Whether no program reads something else in a value: it has no reference and no key twice."""
    if isinstance(value, _Dictionary):
        names = value.names()
        return len(set(names)) == len(names) and all(
            _is_written_plainly(item) for _name, item in value
        )
    return not isinstance(value, (_Reference, list))


class _Scan:
    """Reads all objects of a file: those in object streams as well, and those that nothing refers to.

    It raises `_Active` or `Encrypted` at the first name that says so. What an action may do that
    happens when the file is opened is known at the end.
    """

    def __init__(self, cipher=None):
        self.cipher = cipher
        self.tokens = _TOKENS
        self.objects = _OBJECTS
        self.rows = _ROWS
        self.decoded = _DECODED
        self.opened = set()  # numbers of objects that are opened with the file
        self.leading_away = (
            set()
        )  # written numbers of objects that are no harmless action on opening
        self.clickable = set()  # written numbers of those that are an action of another kind
        self.left_behind = set()  # numbers of objects that have to be empty
        self.filled = set()  # numbers of those that are not
        self.kinds = set()  # numbers of objects that name the kind of an action with another file
        self.threads = set()  # written numbers of objects that are the name of a thread
        self.bytes = 0  # of strings, comments and streams that may still be looked at
        self.hidden = []  # (position, number, generation) of objects within them, to be read
        self.seen = set()  # their positions
        self.is_blurred = False  # whether more objects may begin there, written in another way

    def opens_something(self):
        """Whether opening the file starts an action other than showing some place of it."""
        if not self.opened:
            return False
        if self.is_blurred or any(int(number) in self.opened for number in self.leading_away):
            return True
        return _are_among(self.clickable, self.opened)

    def opens_another_file(self):
        """Whether a thread of another file is named by an object of its own."""
        return _are_among(self.threads, self.kinds)

    def leads_to_something(self):
        """Whether there is anything in the objects that have to be empty."""
        return bool(self.left_behind) and (
            self.is_blurred or not self.left_behind.isdisjoint(self.filled)
        )

    # --- The file ---

    def read_file(self, data):
        """Read the file from its first to its last byte; what is between objects is skipped."""
        self.bytes = _LOOKS * len(data)
        position = 0
        while match := _TOP.search(data, position):
            position = match.end()
            if match["row"]:
                self.rows -= 1
                if self.rows < 0:
                    raise TooComplex
            elif match["number"]:
                position = self.read_object(data, position, match["number"], match["generation"])
            elif match["trailer"] is not None:
                position = self.read_trailer(data, position)
            elif match["broken"]:
                raise Broken(data, match.start())
            else:
                self.look_inside(data, match.start(), position)
        while self.hidden:
            self.read_object(data, *self.hidden.pop())
        if self.cipher:
            self.cipher.finish()

    def read_trailer(self, data, position):
        """Read a trailer; MuPDF, where it mends a file, takes any dictionary between objects for one."""
        position = self.skip_gap(data, position)
        if data.startswith(b"<<", position):
            _trailer, position = self.read_value(data, position)
        return position

    def read_object(self, data, position, number, generation):
        """Read what follows `obj`, and return where it ends.

        The stream of an object ends at the first `endstream`, whatever its length says: what comes
        after is read as if it were outside, for a program that thinks so.
        """
        start = position
        position = self.skip_gap(data, position)
        value = None
        if not _ENDOBJ.match(data, position):
            value, position = self.read_value(data, position)
        self.keep(value, number)
        position = self.skip_gap(data, position)
        stream = _STREAM.match(data, position)
        if not stream:
            if _is_object_stream(value) and not _ENDOBJ.match(data, position):
                raise Broken(data, start)
            return position
        end = data.find(b"endstream", stream.end())
        if end < 0 or not isinstance(value, _Dictionary):
            raise Broken(data, start)
        self.look_inside(data, stream.end(), end)
        _look_at_stream(value)
        if _is_object_stream(value) or value.get(b"Type") == b"XRef":
            packed = data[stream.end() : end]
            if self.cipher and _is_object_stream(value):
                # Where deciphered data end is known by their filter only, and of what is called a cross
                # reference not all programs think that it is enciphered.
                filters_ = value.get(b"Filter")
                if filters_ not in (b"FlateDecode", [b"FlateDecode"]) or (
                    value.get(b"Type") == b"XRef"
                ):
                    raise Broken(data, start)
                packed = self.cipher.decipher(packed, int(number), int(generation))
            self.read_packed(data, start, value, packed, stream[0].endswith(b"\n"))
        return end + len(b"endstream")

    def skip_gap(self, data, position):
        """Return where white space and comments end."""
        while match := _GAP.match(data, position):
            self.count()
            self.look_inside(data, position, match.end())
            position = match.end()
        return position

    def look_inside(self, data, start, stop):
        """Look for objects that a program could find within a string, a comment or a stream.

        An object whose beginning is as the standard says is read like all others. From any other, a
        program may take what follows for anything: all names to the end of the file count.
        """
        self.bytes -= stop - start
        if self.bytes < 0:
            raise TooComplex
        if (
            data.find(b"obj", start, stop) < 0
            and data.find(b"trailer", start, stop) < 0
            and not _ESCAPED_KEYWORD.search(data, start, stop)
        ):
            return
        for match in _HIDDEN.finditer(data, start, stop):
            self.count()
            head = _HEAD_BEFORE.search(data, max(0, match.start() - 30), match.end())
            if head and match.end() not in self.seen:
                self.seen.add(match.end())
                self.hidden.append((match.end(), head["number"], head["generation"]))
            elif not head:
                if not self.is_blurred:
                    self.is_blurred = True
                    if _has_active_name(data, match.start()):
                        raise _Active
                if _DICTIONARY.match(data, match.end()):
                    raise Broken(data, match.start())

    def keep(self, value, number):
        """Remember what an object is for an action on opening."""
        self.objects -= 1
        if self.objects < 0:
            raise TooComplex
        if int(number) > _HIGHEST:
            raise Broken(b"", 0)
        if self.cipher:
            self.cipher.keep(value, int(number))
        if isinstance(value, _Name) and value == b"Thread":
            self.threads.add(number)
        if not _is_empty(value):
            self.filled.add(int(number))
        if not _may_open(value):
            self.leading_away.add(number)
            if isinstance(value, _Reference) or (
                isinstance(value, _Dictionary)
                and any(key == b"S" and _is_clickable(kind) for key, kind in value)
            ):
                self.clickable.add(number)

    # --- Object streams ---

    def read_packed(self, data, start, keys, packed, is_sound):
        """Read the objects of an object stream.

        :param keys: its dictionary.
        :param packed: its data, with what may follow them.
        :param is_sound: whether all programs agree where they begin.
        :raise Broken: programs could differ in what it holds
        """
        names = keys.names()
        filter_ = keys.get(b"Filter")
        if type(filter_) is list and len(filter_) == 1:
            filter_ = filter_[0]
        if keys.get(b"Type") == b"XRef" and not _is_object_stream(keys):
            with contextlib.suppress(Broken):  # only to know that it is not too long
                self.unpack(data, start, packed)
            return
        if len(set(names)) < len(names) or not _is_plain(keys) or not is_sound:
            raise Broken(data, start)
        if b"First" not in names and b"ObjStm" not in map(keys.get, names):
            # A colour profile has /N too; MuPDF reads it as an object stream when it begins so.
            if _LIKE_INDEX.match(_unpack_beginning(packed, keys.get(b"Filter"))):
                raise Broken(data, start)
            return
        if filter_ == b"FlateDecode":
            inner = self.unpack(data, start, packed)
        elif filter_ is None:
            inner = packed
        else:
            raise Broken(data, start)
        first = keys.get(b"First")
        if not isinstance(first, bytes) or not first.isdigit() or not _is_count(keys.get(b"N")):
            raise Broken(data, start)
        first = int(first)
        if int(keys.get(b"N")) > self.objects or first > _INDEX_PART * (1 + int(keys.get(b"N"))):
            raise TooComplex
        index = _COMMENT.sub(b" ", inner[:first])
        # MuPDF reads as many numbers as the count says, wherever the first object is said to be.
        if not _INDEX.fullmatch(index) or len(
            index := index.replace(b"\0", b" ").split()
        ) != 2 * int(keys.get(b"N")):
            raise Broken(inner, 0)
        pairs = sorted(
            (first + int(offset), number) for number, offset in zip(*[iter(index)] * 2, strict=True)
        )
        end = first
        for offset, number in pairs:
            # MuPDF ends an object where the next one begins, even within a name.
            if offset < end or offset > len(inner):
                raise Broken(inner, 0)
            value, end = self.read_value(inner, offset, is_packed=True)
            self.keep(value, number)

    def unpack(self, data, start, packed):
        """Decompress data within what is left of the limit; what follows their end is no part of them."""
        unpacker = zlib.decompressobj()
        try:
            inner = unpacker.decompress(packed, self.decoded + 1)
        except zlib.error:
            raise Broken(data, start) from None
        self.decoded -= len(inner)
        if self.decoded < 0:
            raise TooComplex
        if not unpacker.eof:
            raise Broken(data, start)
        return inner

    # --- Values ---

    def count(self):
        self.tokens -= 1
        if self.tokens < 0:
            raise TooComplex

    def read_value(self, data, position, is_packed=False):
        """Read one value by the grammar of the standard; return it and where it ends.

        :param is_packed: whether it is in an object stream, where no program looks for objects by
            their keyword.
        :raise Broken: it is written in another way
        """
        stack, keys = [], []  # of containers that are open, and of keys that wait for a value
        while True:
            match = _TOKEN.match(data, position)
            if not match:
                raise Broken(data, position)
            self.count()
            kind, position = match.lastgroup, match.end()
            is_key = bool(stack) and keys[-1] is None
            if kind == "comment":
                if not is_packed:
                    self.look_inside(data, match.start(kind), position)
                continue
            if is_key and kind not in ("name", "close"):
                raise Broken(data, position)
            if kind == "name":
                value = self.read_name(data, match, is_key)
                if is_key:
                    keys[-1] = value
                    continue
            elif kind == "number":
                value = match[kind]
            elif kind == "reference":
                value = _Reference(match[kind])
            elif kind in ("open", "array"):
                if len(stack) == _DEPTH:
                    raise TooComplex
                stack.append(_Dictionary() if kind == "open" else [])
                keys.append(None if kind == "open" else False)
                continue
            elif kind in ("close", "end"):
                is_dictionary = kind == "close"
                if (
                    not stack
                    or isinstance(stack[-1], _Dictionary) != is_dictionary
                    or is_dictionary != is_key
                ):
                    raise Broken(data, position)
                value = stack.pop()
                keys.pop()
                if is_dictionary:
                    self.look_at_dictionary(value)
            elif kind == "string":
                begin = position
                position = _end_of_string(data, position)
                value = _String(data[begin : position - 1]) if self.cipher else ""
                if not is_packed:
                    self.look_inside_string(data, begin, position)
            elif self.cipher and kind == "hexadecimal":
                digits = match[kind][1:-1].translate(None, b"\0\t\n\f\r ")
                value = _String(bytes.fromhex(digits.decode() + "0" * (len(digits) % 2)))
            else:  # hexadecimal, true, false, null: what they say does not matter
                value = None if match[0].endswith(b"null") else ""
            if not stack:
                return value, position
            if keys[-1] is False:
                stack[-1].append(value)
            else:
                stack[-1].append((keys[-1], value))
                keys[-1] = None

    def read_name(self, data, match, is_key):
        names = _read_name(match["name"])
        if not _ACTIVE.isdisjoint(names) and not (
            is_key and len(names) == 1 and names[0] in _LEFT_BEHIND
        ):
            raise _Active
        if len(names) > 1 and not _MATTERING.isdisjoint(names):
            raise Broken(data, match.start())
        return _Name(names[0])

    def look_inside_string(self, data, start, stop):
        self.look_inside(data, start, stop)
        # MuPDF, where it mends a file, takes a dictionary in a string for a trailer.
        if data.find(b"<<", start, stop) >= 0:
            for match in _NAME.finditer(data, start, stop):
                names = _read_name(match[1])
                if not (_ACTIVE | _ACTIVE_KEYS | _CATALOG).isdisjoint(names):
                    raise Broken(data, start)

    def look_at_dictionary(self, pairs):
        """Look at the keys that matter; `_ACTIVE` was seen to as each name was read, but for these keys."""
        for key, value in pairs:
            if key in _LEFT_BEHIND:
                if isinstance(value, _Reference) and value <= _HIGHEST:
                    self.left_behind.add(int(value))
                elif _has_content(value) or (key in _ACTIVE and not _is_empty(value)):
                    raise _Active
            elif key in _ACTIVE_KEYS and _has_content(value):
                raise _Active
            if key == b"Encrypt" and _has_content(value):
                if not self.cipher:
                    raise Encrypted
                self.cipher.check(value, pairs)
            if key == b"OpenAction":
                if isinstance(value, _Reference) and value <= _HIGHEST:
                    self.opened.add(int(value))
                elif not _may_open(value):
                    raise _Active
        names = pairs.names()
        if self.cipher and b"Root" in names and names.count(b"Encrypt") != 1:
            raise Encrypted
        if _has_another_file(pairs):
            # A thread may be of another file; the glyphs S and F of a font are references, too.
            for key, value in pairs:
                if key == b"S" and isinstance(value, _Reference):
                    self.kinds.add(int(value))
                elif key == b"S" and value == b"Thread":
                    raise _Active


def _look_at_stream(pairs):
    """Refuse what is drawn of another file, or a program for a printer."""
    if _has_another_file(pairs) or any(
        key == b"Ref" and _has_content(value) for key, value in pairs
    ):
        raise _Active
    if any(
        key in (b"Subtype", b"Subtype2") and (value == b"PS" or isinstance(value, _Reference))
        for key, value in pairs
    ):
        raise _Active


def _has_another_file(pairs):
    return any(key == b"F" and _has_content(value) for key, value in pairs)


def _are_among(written, numbers):
    """Whether a cross reference to any of the numbers may lead to one of the objects.

    It may point into a number: at the 6 of the object 16.
    """
    return any(int(number[start:]) in numbers for number in written for start in range(len(number)))


def _end_of_string(data, start):
    """Return the position after the string.

    :raise Broken: it has no end
    """
    depth = 1
    for match in _PARENTHESIS.finditer(data, start):
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if not depth:
            return match.end()
    raise Broken(data, start)


def _is_empty(value):
    """Whether a value is null, or an array, a dictionary or a tree of names without anything."""
    if isinstance(value, _Dictionary):
        return all(key == b"Names" and kids == [] for key, kids in value)
    return value is None or value == []


def _has_content(value):
    """Whether a value is a string, a reference or a dictionary with content."""
    if isinstance(value, _Dictionary):
        return any(key != b"Names" or kids != [] for key, kids in value)
    return isinstance(value, (str, _Reference))


def _may_open(value):
    """Whether a value may be opened with the file: a place of it, or an action that shows one."""
    if isinstance(value, _Dictionary):
        kinds = [kind for key, kind in value if key == b"S"]
        return (
            bool(kinds)
            and all(type(kind) is _Name and kind in _ON_OPEN for kind in kinds)
            and b"Next" not in value.names()
            and (
                b"Named" not in kinds
                or all(type(name) is _Name and name in _NAMED for key, name in value if key == b"N")
            )
        )
    if isinstance(value, list):
        return not any(isinstance(item, list) for item in value)
    return not isinstance(value, _Reference)


def _is_clickable(kind):
    return isinstance(kind, _Reference) or (isinstance(kind, _Name) and kind in _ON_CLICK)


def _is_object_stream(value):
    """Whether a program could take a stream with this dictionary for one of objects."""
    if not isinstance(value, _Dictionary):
        return False
    return any(key == b"N" or item == b"ObjStm" for key, item in value)


def _is_plain(keys):
    """Whether the data of a stream are here, and packed without parameters."""
    for key, value in keys:
        if key in (b"F", b"FFilter", b"DP", b"FDecodeParms") or (
            key == b"DecodeParms" and value not in (None, [None], [])
        ):
            return False
    return True


def _is_count(number):
    return isinstance(number, bytes) and number.isdigit() and len(number) <= 10


_INDEX = re.compile(rb"%s*(?:\d{1,10}(?:%s+|\Z))*" % (_WHITE, _WHITE))
_BEGINNING = 500  # bytes
_SKIPPED = rb"(?:[\0\t-\r \x80\xff]|%[^\r\n]*[\r\n])*"
_LIKE_INDEX = re.compile((_SKIPPED + rb"[-+.0-9]{1,999}") * 2)
_DECODERS = {
    b"ASCII85Decode": filters.ASCII85Decode.decode,
    b"ASCIIHexDecode": filters.ASCIIHexDecode.decode,
    b"LZWDecode": filters.LZWDecode.decode,
    b"RunLengthDecode": filters.RunLengthDecode.decode,
}


def _unpack_beginning(packed, kinds):
    """Return the first bytes of data that are packed in whatever way; `0 0 ` when nobody knows."""
    for kind in kinds if type(kinds) is list else [kinds]:
        if kind == b"FlateDecode":
            unpacker, unpacked = zlib.decompressobj(), b""
            with contextlib.suppress(zlib.error):  # programs take what comes before the damage
                for start in range(0, len(packed), 64):
                    unpacked += unpacker.decompress(packed[start : start + 64], _BEGINNING)
                    if len(unpacked) >= _BEGINNING:
                        break
            packed = unpacked
        elif kind in _DECODERS:
            try:
                packed = _DECODERS[kind](packed.strip())
            except Exception:
                return b"0 0 "
        elif kind is not None:
            return b"0 0 "
    return packed[:_BEGINNING]


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
    except Exception:  # unreadable text is not a reason to refuse the file
        return None


if __name__ == "__main__":
    main()
