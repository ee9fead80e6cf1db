"""What several models share: what may be written, by whom, and what a file must be."""

from . import links  # isort: skip  # what follows inherits it
from . import input  # isort: skip  # what follows inherits it
from . import guarded  # isort: skip  # what follows inherits it
from . import pdf  # isort: skip  # what follows inherits it
from . import mailed, pdf_conversion
