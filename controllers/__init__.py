from . import letter, own_certificate, payment, pdf, verify
