"""Who signs, when, and with what; and how electronic invoicing comes to sign by it."""

from . import certificate, dian_self_service, signing
