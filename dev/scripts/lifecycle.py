"""Use the add-on a little, so that dev/lifecycle has something that could stay behind."""

import base64

from odoo.addons.l10n_co_certificate_activation.demo.records import name_lender
from odoo.addons.l10n_co_certificate_activation.tests.common import (
    pdf_samples,
    samples,
    xml_samples,
)

company = samples.make_company(
    env, "Prueba SAS", "900987321-1", "Calle 1", "Bogotá", "Bogot", "prueba@example.com"
)
# A seller that lends: otherwise there is no letter, and no receipt is taken.
env.company.write({"country_id": env.ref("base.co").id, "vat": "901414515-7"})
certificate = samples.store_certificate(env.company)
env.company.certificate_seller_id = env.company
env.company.certificate_lent_id = certificate
env.company.certificate_accept_receipts = True
name_lender(env.company)
env.user.company_ids |= company
setup = env["electronic.invoicing.setup"].with_company(company)._get_for_company()
setup.test_set_evidence = base64.b64encode(pdf_samples.scan_pdf())
setup.message_post(body="A note")
setup.resolution_id = env["electronic.invoicing.resolution"].create(
    {
        "number": "18764000000001",
        "range_from": 1,
        "range_to": 10,
        "date_start": "2026-01-01",
        "date_end": "2026-01-31",
        "company_id": company.id,
    }
)
setup._remind("days")
action = env["certificate.activation"].with_company(company).action_open_wizard()
activation = env["certificate.activation.wizard"].browse(action["res_id"]).activation_id
receipt = activation._get_receipt()
receipt.receipt = base64.b64encode(pdf_samples.scan_pdf())
receipt.message_post(body="A note")
activation._notify("receipt_waiting", env.user)
activation.write({"state": "process", **activation._prepare_representative_vals()})
activation.write(
    {
        "representative_name": "María",
        "representative_surname": "Pérez",
        "representative_vat": "52123456",
        "representative_issue_city": "Bogotá",
        "representative_email": "maria@example.com",
        "representative_phone": "300 123 4567",
    }
)
# In a database that has no Spanish.
activation.action_download_letter()
assert activation._render_letter().startswith(b"%PDF-")
activation.signed_letter = base64.b64encode(pdf_samples.scan_pdf())
activation.representative_position = "Gerente"  # voids the letter, which stays in the history
activation.action_download_letter()
activation.signed_letter = base64.b64encode(pdf_samples.scan_pdf())
activation.message_post(body="A note", attachments=[("note.txt", b"note")])
activation.activity_schedule("mail.mail_activity_data_todo", user_id=env.uid)
activation.write(
    {
        "state": "active",
        "certificate_id": certificate.id,
        "date_start": activation._get_today(),
        "date_end": activation._get_today(),
    }
)
record = env["res.partner"].create({"name": "SETP1", "company_id": company.id})
activation._sign_xml(xml_samples.make_document(), record)
activation._remind()
env.cr.commit()
assert not env["certificate.signature.log"]._find_breaks(company)
