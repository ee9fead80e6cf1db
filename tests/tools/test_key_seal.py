"""The seal of a key: what opens it, what does not, and what gives nothing back."""

import gc
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from odoo.tests import BaseCase

from ...tools import key_seal
from ..common import own_samples

CURRENT, PREVIOUS, OTHER = (
    key_seal.Secret(f"{kind} secret of thirty-two characters".encode())
    for kind in ("this", "that", "some other")
)
KEY = b"a private key" * 90


class TestKeySeal(BaseCase):
    def assertSealError(self, code, function, *args):
        with self.assertRaises(key_seal.SealError) as caught:
            function(*args)
        self.assertEqual(caught.exception.code, code)
        self.assertIn(code, key_seal.CODES)

    def test_what_is_sealed_opens_with_the_same_secret_and_context_only(self):
        secrets, other = (CURRENT,), (OTHER,)
        sealed = key_seal.seal(KEY, secrets, b"certificate")
        self.assertEqual(key_seal.unseal(sealed, secrets, b"certificate"), KEY)
        self.assertNotIn(KEY[:13], sealed)
        self.assertNotEqual(sealed, key_seal.seal(KEY, secrets, b"certificate"))
        self.assertSealError("damaged", key_seal.unseal, sealed, secrets, b"another")
        self.assertSealError("other_secret", key_seal.unseal, sealed, other, b"certificate")
        self.assertSealError("no_secret", key_seal.unseal, sealed, (), b"certificate")
        self.assertSealError("no_secret", key_seal.seal, KEY, (), b"certificate")

    def test_what_earlier_versions_sealed_opens(self):
        """Sealed by version 19.0.1.0.0, under the secret `CURRENT`."""
        sealed = bytes.fromhex(
            "011644ff29108a8a36000102030405060708090a0b9d04660c43ccd3301141ff3fbe6a80be5856c257e41ace"
            "5f7e5aa8595e"
        )
        self.assertEqual(key_seal.unseal(sealed, (CURRENT,), b"certificate"), b"a private key")

    def test_a_seal_that_was_altered_anywhere_does_not_open(self):
        secrets = (CURRENT,)
        sealed = key_seal.seal(KEY, secrets, b"certificate")
        for at in range(len(sealed)):
            altered = bytearray(sealed)
            altered[at] ^= 1
            with self.assertRaises(key_seal.SealError):
                key_seal.unseal(bytes(altered), secrets, b"certificate")
        for part in (b"", sealed[:5], sealed[:21], sealed[:-1]):
            self.assertSealError("damaged", key_seal.unseal, part, secrets, b"certificate")

    def test_the_previous_secret_opens_and_does_not_seal(self):
        before, both = (PREVIOUS,), (CURRENT, PREVIOUS)
        sealed = key_seal.seal(KEY, before, b"")
        self.assertTrue(key_seal.is_current(sealed, before))
        self.assertEqual(key_seal.unseal(sealed, both, b""), KEY)
        self.assertFalse(key_seal.is_current(sealed, both))
        again = key_seal.seal(KEY, both, b"")
        self.assertTrue(key_seal.is_current(again, both))
        self.assertEqual(key_seal.unseal(again, both[:1], b""), KEY)
        self.assertSealError("other_secret", key_seal.unseal, again, before, b"")

    def test_a_short_secret_is_none(self):
        self.assertSealError("short_secret", key_seal.Secret, b"x" * 31)
        self.assertSealError("short_secret", key_seal.Secret, ("é" * 31).encode())

    def test_each_purpose_has_a_key_of_its_own(self):
        macs = {
            secret.mac(purpose, b"x") for secret in (CURRENT, OTHER) for purpose in (b"a", b"b")
        }
        self.assertEqual(len(macs), 4)
        self.assertEqual(CURRENT.mac(b"a", b"x"), CURRENT.mac(b"a", b"x"))

    # === SIGNING === #

    def test_a_key_signs_seals_anew_and_cannot_be_exported(self):
        private = own_samples.get_key()
        for content, password in (
            (own_samples.key_to_pem(private), None),
            (own_samples.key_to_pem(private, traditional=True), None),
            (own_samples.key_to_pem(private, "password"), b"password"),
        ):
            key = key_seal.take_key(content, password)
            signature = key.sign(b"x", padding.PKCS1v15(), hashes.SHA256())
            private.public_key().verify(signature, b"x", padding.PKCS1v15(), hashes.SHA256())
            self.assertEqual(
                key.public_key().public_numbers(), private.public_key().public_numbers()
            )
            for name in ("private_bytes", "private_numbers", "decrypt"):
                self.assertFalse(hasattr(key, name), name)
            sealed = key.seal((CURRENT, OTHER), b"certificate")
            again = key_seal.SigningKey(sealed, (CURRENT,), b"certificate")
            self.assertEqual(key_seal.export_key(again), own_samples.key_to_pem(private))
            self.assertSealError("damaged", key_seal.SigningKey, sealed, (CURRENT,), b"another")
            self.assertSealError("no_secret", key.seal, (), b"")

    def test_what_is_no_rsa_key_is_refused(self):
        pem = own_samples.key_to_pem(own_samples.get_key(), "password")
        elliptic = own_samples.key_to_pem(ec.generate_private_key(ec.SECP256R1()))
        for content, password in (
            (b"", None),
            (b"no key", None),
            (pem, None),
            (pem, b"wrong"),
            (elliptic, None),
            (own_samples.to_pem(own_samples.issue()), None),
        ):
            self.assertSealError("unreadable_key", key_seal.take_key, content, password)
        sealed = key_seal.seal(KEY, (CURRENT,), b"")
        self.assertSealError("unreadable_key", key_seal.SigningKey, sealed, (CURRENT,), b"")

    def test_no_object_has_the_bytes(self):
        """Whatever refers to what: nothing that a secret or a key holds is the secret or the key."""
        text = b"a marker that nobody finds anywhere in it"
        der = own_samples.get_key().private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        secret = key_seal.Secret(text)
        key = key_seal.SigningKey(key_seal.seal(der, (secret,), b""), (secret,), b"")
        seen, left = set(), [secret, key]
        while left:
            thing = left.pop()
            if id(thing) in seen or isinstance(thing, (type, type(sys))) or callable(thing):
                continue
            seen.add(id(thing))
            self.assertNotIn(text.decode(), repr(thing))
            if isinstance(thing, bytes):
                self.assertNotIn(der[40:80], thing)
            left += gc.get_referents(thing)
            left += [getattr(thing, name, None) for name in dir(thing) if not name.startswith("__")]
        self.assertGreater(len(seen), 4)

    def test_no_exception_keeps_what_was_in_the_clear(self):
        der = own_samples.get_key().private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        sealed = key_seal.seal(der, (CURRENT,), b"")
        key = key_seal.SigningKey(sealed, (CURRENT,), b"")
        attempts = (
            lambda: key.sign(b"x", None, None),
            lambda: key.seal((), b""),
            lambda: key.seal((None,), b""),
            lambda: key.seal((CURRENT,), None),
            lambda: key_seal.export_key(None),
            lambda: key_seal.unseal(sealed, (CURRENT,), None),
            lambda: key_seal.take_key(der, b"no password is asked"),
            lambda: key_seal.take_key(der[:-40]),
        )
        for attempt in attempts:
            with self.assertRaises(Exception) as caught:
                attempt()
            self.assertNoKey(caught.exception, der)
        # In the middle, wherever the stack ends.
        found = 0
        for room in range(1, 40):
            try:
                self.recurse(room, lambda: key.seal((CURRENT,), b""))
            except RecursionError as error:
                found += 1
                self.assertNoKey(error, der)
        self.assertGreater(found, 3)

    def recurse(self, room, function):
        """Call a function where only so many frames are left."""
        depth, frame = 0, sys._getframe()
        while frame:
            depth, frame = depth + 1, frame.f_back
        limit = sys.getrecursionlimit()
        try:
            sys.setrecursionlimit(depth + 3 + room)
            function()
        finally:
            sys.setrecursionlimit(limit)

    def assertNoKey(self, error, der):
        while error:
            trace = error.__traceback__
            while trace:
                if trace.tb_frame.f_code.co_filename == key_seal.__file__:
                    shown = repr(trace.tb_frame.f_locals)
                    self.assertNotIn(repr(der)[60:120], shown)
                    self.assertNotIn("RSAPrivateKey object", shown)
                trace = trace.tb_next
            error = error.__context__
