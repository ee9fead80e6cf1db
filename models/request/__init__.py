"""Requesting a certificate of the company's own: its states, its documents, and the authorities with what they ask for."""

from . import activation, authority, document, request, res_company, res_config_settings
