# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A ZIP archive of evidence that can be verified without the program that wrote it.

`SHA256SUMS` has the SHA-256 of each file, as `sha256sum -c` reads it, and `manifest.json` says what each
file is. Files are written as they come, and never more than one of them is in memory.

Names come from data that anybody may have written. In the archive they are letters, digits, hyphens and
underscores, so that none of them leaves its folder, hides, runs, or means something to a program that
unpacks it.
"""

import hashlib
import json
import re
import tempfile
import unicodedata
import zipfile
from contextlib import contextmanager

NAME_LENGTH = 60
"""Characters of a name in the archive."""

SUMS = "SHA256SUMS"
MANIFEST = "manifest.json"

_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")
# Devices of Windows, whatever their extension.
_RESERVED = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9])", re.IGNORECASE)
_MODE = 0o100600 << 16  # an ordinary file that its owner reads and writes
_BLOCK = 1024 * 1024  # bytes


def make_name(text):
    """Make a name of a file or folder out of any text.

    :param str text: such as ``Café & Cía ../../SAS``, which gives ``Cafe-Cia-SAS``
    :rtype: str
    """
    plain = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode()
    name = _UNSAFE.sub("-", plain)[:NAME_LENGTH].strip("-") or "unnamed"
    return f"{name}-" if _RESERVED.fullmatch(name) else name


class EvidenceArchive:
    """An archive that is being written; see `writing_archive`."""

    def __init__(self, archive, index, made_on):
        self._zip = archive
        self._index = index  # a JSON text for each file, one in a line
        self._time = made_on.timetuple()[:6]
        self._taken = {SUMS.lower(), MANIFEST.lower()}

    def add(self, folders, name, extension, chunks, **facts):
        """Write a file.

        :param folders: texts, from the outermost; any text
        :param str name: without extension; any text
        :param str extension: such as ``.pdf``; not a text of others
        :param chunks: an iterable of bytes
        :param facts: what the manifest says of it, as `json` can write it
        :return: the SHA-256 of the file
        :rtype: str
        """
        path = self._make_path([*folders, name], extension)
        size, sha256 = self._write(path, chunks)
        self.note(path=path, sha256=sha256, size=size, **facts)
        return sha256

    def note(self, **facts):
        """Say something in the manifest, such as that a file is missing."""
        self._index.write(json.dumps(facts, default=str).encode() + b"\n")

    def close(self, **facts):
        """Write the manifest and the sums, which come last.

        :param facts: what the manifest says of the whole archive
        """
        size, sha256 = self._write(MANIFEST, self._make_manifest(facts))
        self.note(path=MANIFEST, sha256=sha256, size=size)
        self._write(SUMS, self._make_sums())

    def _make_path(self, parts, extension):
        stem = "/".join(map(make_name, parts))
        path, count = f"{stem}{extension}", 1
        # Some file systems do not tell capitals from small letters.
        while path.lower() in self._taken:
            count += 1
            path = f"{stem}-{count}{extension}"
        self._taken.add(path.lower())
        return path

    def _write(self, path, chunks):
        info = zipfile.ZipInfo(path, self._time)
        info.external_attr = _MODE
        info.compress_type = zipfile.ZIP_DEFLATED
        size, digest = 0, hashlib.sha256()
        # Without a known size, so that it may be of any.
        with self._zip.open(info, "w", force_zip64=True) as member:
            for chunk in chunks:
                member.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        return size, digest.hexdigest()

    def _make_manifest(self, facts):
        head = json.dumps(facts, default=str)
        yield f'{head[:-1]}{", " if facts else ""}"files": [\n'.encode()
        yield from join_lines(line.rstrip(b"\n") for line in self._read_index())
        yield b"\n]}\n"

    def _make_sums(self):
        for line in self._read_index():
            facts = json.loads(line)
            if facts.get("path"):
                yield f"{facts['sha256']}  {facts['path']}\n".encode()

    def _read_index(self):
        self._index.seek(0)
        yield from self._index
        # What follows is written at the end.


def join_lines(texts):
    """Put a comma and a new line between texts, as between the elements of a list of JSON.

    :param texts: an iterable of bytes
    :return: an iterator of bytes
    """
    for number, text in enumerate(texts):
        yield b",\n" + text if number else text


@contextmanager
def writing_archive(stream, made_on):
    """Write an archive to a file; whoever writes has to `close` it with what is said of the whole.

    :param stream: a binary file that can be written
    :param datetime made_on: the time of its files
    :return: the archive
    :rtype: EvidenceArchive
    """
    with (
        tempfile.TemporaryFile() as index,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        yield EvidenceArchive(archive, index, made_on)


def hash_file(stream):
    """Compute the SHA-256 of a file from its beginning.

    :param stream: a binary file that can be read and whose position can be set
    :return: its size in bytes, and its SHA-256
    :rtype: tuple[int, str]
    """
    stream.seek(0)
    size, digest = 0, hashlib.sha256()
    while block := stream.read(_BLOCK):
        size += len(block)
        digest.update(block)
    stream.seek(0)
    return size, digest.hexdigest()
