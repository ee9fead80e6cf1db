"""The certificate that a seller lends."""

from . import test_lending
