"""Private keys in custody."""

from . import test_custody
