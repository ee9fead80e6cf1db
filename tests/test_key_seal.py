"""The seal of a key: what opens it, and what does not."""

import tempfile
from pathlib import Path

from odoo.tests import BaseCase

from ..tools import key_seal

CURRENT, PREVIOUS, OTHER = (
    f"{kind} secret of thirty-two characters" for kind in ("this", "that", "some other")
)
KEY = b"a private key" * 90


class TestKeySeal(BaseCase):
    def load(self, **environ):
        return key_seal.load_secrets({f"CERTIFICATE_KEY_SECRET{k}": v for k, v in environ.items()})

    def assertSealError(self, code, function, *args):
        with self.assertRaises(key_seal.SealError) as caught:
            function(*args)
        self.assertEqual(caught.exception.code, code)
        self.assertIn(code, key_seal.CODES)

    def test_what_is_sealed_opens_with_the_same_secret_and_context_only(self):
        secrets, other = (CURRENT.encode(),), (OTHER.encode(),)
        sealed = key_seal.seal(KEY, secrets, b"certificate")
        self.assertEqual(key_seal.unseal(sealed, secrets, b"certificate"), KEY)
        self.assertNotIn(KEY[:13], sealed)
        self.assertNotIn(CURRENT.encode(), sealed)
        self.assertNotEqual(sealed, key_seal.seal(KEY, secrets, b"certificate"))
        self.assertSealError("damaged", key_seal.unseal, sealed, secrets, b"another")
        self.assertSealError("other_secret", key_seal.unseal, sealed, other, b"certificate")
        self.assertSealError("no_secret", key_seal.unseal, sealed, (), b"certificate")
        self.assertSealError("no_secret", key_seal.seal, KEY, (), b"certificate")

    def test_a_seal_that_was_altered_anywhere_does_not_open(self):
        secrets = (CURRENT.encode(),)
        sealed = key_seal.seal(KEY, secrets, b"certificate")
        for at in range(len(sealed)):
            altered = bytearray(sealed)
            altered[at] ^= 1
            with self.assertRaises(key_seal.SealError):
                key_seal.unseal(bytes(altered), secrets, b"certificate")
        for part in (b"", sealed[:5], sealed[:21], sealed[:-1]):
            self.assertSealError("damaged", key_seal.unseal, part, secrets, b"certificate")

    def test_the_previous_secret_opens_and_does_not_seal(self):
        before = self.load(**{"": PREVIOUS})
        sealed = key_seal.seal(KEY, before, b"")
        self.assertTrue(key_seal.is_current(sealed, before))
        both = self.load(**{"": CURRENT, "_PREVIOUS": PREVIOUS})
        self.assertEqual(both, (CURRENT.encode(), PREVIOUS.encode()))
        self.assertEqual(key_seal.unseal(sealed, both, b""), KEY)
        self.assertFalse(key_seal.is_current(sealed, both))
        again = key_seal.seal(KEY, both, b"")
        self.assertTrue(key_seal.is_current(again, both))
        self.assertEqual(key_seal.unseal(again, both[:1], b""), KEY)
        self.assertSealError("other_secret", key_seal.unseal, again, before, b"")

    def test_the_secret_comes_from_the_environment_or_from_a_file(self):
        self.assertEqual(self.load(), ())
        self.assertEqual(self.load(**{"": f" {CURRENT}\n"}), (CURRENT.encode(),))
        self.assertEqual(self.load(**{"_PREVIOUS": PREVIOUS}), (), "there is none to seal with")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "secret")
            for text, expected in (
                (CURRENT, (CURRENT,)),
                (f"{CURRENT}\n", (CURRENT,)),
                (f"{CURRENT}\n{PREVIOUS}\n", (CURRENT, PREVIOUS)),
                ("", ()),
            ):
                path.write_text(text)
                with self.subTest(text):
                    found = self.load(_FILE=str(path))
                    self.assertEqual(found, tuple(secret.encode() for secret in expected))
            self.assertEqual(self.load(**{"": OTHER, "_FILE": str(path)}), (OTHER.encode(),))
            path.write_bytes(b"\xff\xfe")
            self.assertSealError(
                "unreadable_file", key_seal.load_secrets, {key_seal.SECRET_FILE: str(path)}
            )
        self.assertSealError(
            "unreadable_file", key_seal.load_secrets, {key_seal.SECRET_FILE: "/nonexistent"}
        )

    def test_a_short_secret_is_none(self):
        for environ in ({"": "x" * 31}, {"": CURRENT, "_PREVIOUS": "short"}):
            with self.assertRaises(key_seal.SealError) as caught:
                self.load(**environ)
            self.assertEqual(caught.exception.code, "short_secret")
