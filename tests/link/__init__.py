"""Linked databases: a vendor and its clients."""

from . import test_csc, test_link_client, test_link_steps, test_link_vendor
