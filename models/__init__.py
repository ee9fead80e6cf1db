# Rooms by subject; each says in its __init__.py what it is about. Mixins come before what inherits them, and the
# activation before what extends it.
from . import core, mixins, keys, trace, company, activation  # isort: skip
from . import (
    board,
    invoicing,
    lending,
    letter,
    link,
    own,
    payment,
    portal,
    renewal,
    request,
    sale,
    signing,
)
