from . import (
    letter,
    letter_link,
    linked_databases,
    own_certificate,
    payment,
    pdf,
    portal,
    steps,
    verify,
)
