"""One company's way to one certificate for one period: its states, routes, steps, notices and evidence."""

from . import activation  # isort: skip  # the others extend it
from . import alerts, evidence, notices, routes, steps
