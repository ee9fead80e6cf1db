"""The certificates of many companies at a glance."""

from . import test_board
