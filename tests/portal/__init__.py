"""What a contact does who was invited."""

from . import test_portal
