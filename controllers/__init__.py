from . import letter, own_certificate, payment, pdf, portal, steps, verify
