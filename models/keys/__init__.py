"""Private keys: where they are stored, the one place that opens them, and what a copy of the
database loses.
"""

from . import custody, key_file, server_process
