"""What happened, in chains that nobody rewrites unnoticed: the log of signatures and the history."""

from . import read_only  # isort: skip  # what follows inherits it
from . import chain  # isort: skip  # what follows inherits it
from . import history  # isort: skip  # what follows inherits it
from . import check, export, head, ir_config_parameter, log, mail_message, seal
