"""Verifiers of signatures that share no code with ours, each for many documents at once.

`xmlsec1` is always there; signxml is beside the client, and .NET's `SignedXml`, by which DIAN verifies,
where `dev/test` could install it. Imports nothing of the tests: the benchmarks use it as well.
"""

import importlib.util
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# The program made of dev/env/dotnet_judge.cs.
DOTNET = os.environ.get("DOTNET_JUDGE")


def judge_by_xmlsec(pem, documents):
    """Let `xmlsec1` verify documents.

    :param bytes pem: the certificate that it trusts
    :param documents: signed ones
    :return: whether each is valid
    :rtype: list[bool]
    """
    identifiers = ("--id-attr:Id", "SignedProperties", "--id-attr:Id", "KeyInfo")

    def judge(path):
        result = subprocess.run(
            [
                "xmlsec1",
                "--verify",
                "--trusted-pem",
                folder / "certificate.pem",
                *identifiers,
                path,
            ],
            capture_output=True,
            check=False,
        )
        return result.returncode == 0 and b"(ok/all): 3/3" in result.stderr

    with _write(documents) as (folder, paths), ThreadPoolExecutor(os.cpu_count()) as pool:
        (folder / "certificate.pem").write_bytes(pem)
        return list(pool.map(judge, paths))


def judge_by_signxml(pem, documents):
    """Let signxml's `XAdESVerifier` verify documents; see `judge_by_xmlsec`."""
    from signxml.xades import XAdESSignatureConfiguration, XAdESVerifier

    configuration = XAdESSignatureConfiguration(expect_references=3)

    def judge(document):
        try:
            XAdESVerifier().verify(document, x509_cert=pem.decode(), expect_config=configuration)
        except Exception:  # whatever it stumbles over, it does not call it valid
            return False
        return True

    return list(map(judge, documents))


def judge_by_dotnet(_pem, documents):
    """Let .NET verify documents by the certificates in them.

    :return: `valid`, `invalid`, or `disputed` when its ways to read a document disagree, for each
    :rtype: list[str]
    """
    with _write(documents) as (_folder, paths):
        result = subprocess.run(
            ["mono", DOTNET],
            input="".join(f"{path}\n" for path in paths),
            capture_output=True,
            text=True,
            check=True,
        )
    verdicts = [line.partition("\t")[0] for line in result.stdout.splitlines()]
    assert len(verdicts) == len(documents), result.stderr
    return verdicts


class _write:
    """Keep documents in files, as long as a verifier reads them."""

    def __init__(self, documents):
        self._documents = documents

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        paths = []
        for number, document in enumerate(self._documents):
            paths.append(Path(self._folder.name, f"{number}.xml"))
            paths[-1].write_bytes(document)
        return Path(self._folder.name), paths

    def __exit__(self, *_error):
        self._folder.cleanup()


def _by_dotnet_alike(verdict):
    """Return a judge for which .NET must have one verdict, whichever way it reads."""
    return lambda pem, documents: [found == verdict for found in judge_by_dotnet(pem, documents)]


def get_judges():
    """Return the judges that this machine has.

    :return: by name, how each tells valid documents and how it tells invalid ones
    :rtype: dict[str, tuple]
    """

    def refuse(judge):
        return lambda pem, documents: [not valid for valid in judge(pem, documents)]

    judges = {"xmlsec1": (judge_by_xmlsec, refuse(judge_by_xmlsec))}
    if importlib.util.find_spec("signxml"):
        judges["signxml"] = (judge_by_signxml, refuse(judge_by_signxml))
    if DOTNET:
        judges[".NET"] = (_by_dotnet_alike("valid"), _by_dotnet_alike("invalid"))
    return judges
