"""A company's own certificate: opened, its issuer verified, its authority asked whether it was revoked."""

from . import own, pause, revocation, trust_anchor
