from . import payment, pdf
