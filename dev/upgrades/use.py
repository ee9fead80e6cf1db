"""Go on, after an upgrade, with what the other code began: dev/upgrade runs it in an `odoo shell`."""

try:
    from odoo.addons.l10n_co_certificate_activation.tests.common import xml_samples
except ImportError:  # of a commit before the rooms
    from odoo.addons.l10n_co_certificate_activation.tests import xml_samples

activations = env["certificate.activation"]
history = env["certificate.history"]


def check_logs():
    """See that nothing was changed past the history, and that the chains are whole."""
    companies = env["res.company"].with_context(active_test=False).search([])
    found = [
        log._explain_break(company, broken)
        for log in (env["certificate.signature.log"], history)
        for company, broken in log._find_breaks(companies)
    ]
    found += history._find_differences(companies)
    assert not found, f"{len(found)} findings: {found[:5]}"


check_logs()
# A letter that was printed, and may be signed by now, counts.
begun = activations.search([("state", "=", "process"), ("company_id.name", "like", "Flores %")])
assert not begun._is_letter_stale(), "a letter that was downloaded before the upgrade is void"
begun._check_signed_letter()
# The log goes on where it was.
active = activations.search([("state", "=", "active"), ("company_id.name", "like", "Prueba %")])
record = env["res.partner"].create({"name": "SETP3", "company_id": active.company_id.id})
active._sign_xml(xml_samples.make_document(), record)
# A letter that the borrower had cleared signs, is known as what it was, and waits for the lender.
cleared = (
    activations.search(
        [
            ("state", "=", "active"),
            ("letter_review", "=", "waiting"),
            ("name", "not like", "BENCH/"),
        ]
    )
    - active
)
for activation in cleared:
    record = env["res.partner"].create({"name": "SETP4", "company_id": activation.company_id.id})
    activation._sign_xml(xml_samples.make_document(), record)
    entries = history.search([("res_model", "=", activation._name), ("res_id", "=", activation.id)])
    assert '["signed_letter_match", "reviewed", "unread"]' in entries[0].changes, entries.mapped(
        "changes"
    )
    assert activation._is_evidence("record_file"), "the record of before can be changed"
    former = activation.record_sha256
    activation._accept_letter()
    assert activation.record_sha256 != former, "the record does not tell the lender's decision"
env.cr.commit()
check_logs()
