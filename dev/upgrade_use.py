"""Go on, after an upgrade, with what the other code began: dev/upgrade runs it in an `odoo shell`."""

from odoo.addons.l10n_co_certificate_activation.tests import xml_samples

activations = env["certificate.activation"]
# A letter that was printed, and may be signed by now, counts.
begun = activations.search([("state", "=", "process"), ("company_id.name", "like", "Flores %")])
assert not begun._is_letter_stale(), "a letter that was downloaded before the upgrade is void"
begun._check_signed_letter()
# The log goes on where it was.
active = activations.search([("state", "=", "active"), ("company_id.name", "like", "Prueba %")])
record = env["res.partner"].create({"name": "SETP3", "company_id": active.company_id.id})
active._sign_xml(xml_samples.make_document(), record)
env.cr.commit()
breaks = env["certificate.signature.log"]._find_breaks(active.company_id)
assert not breaks, f"the log of signatures is broken: {breaks}"
