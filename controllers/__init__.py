from . import payment, pdf
from . import letter, payment, verify
