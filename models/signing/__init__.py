"""Who signs, when, and with what; and how electronic invoicing comes to sign by it."""

from . import certificate, certificate_file, dian_self_service, signing
