from . import evidence, letter, letter_link, own_certificate, payment, pdf, portal, steps, verify
