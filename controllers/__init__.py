from . import payment, pdf
from . import letter, payment, verify
from . import own_certificate, payment
