"""What must hold in the database and its filestore, whatever broke: queries that find nothing."""

import hashlib

_TO_DO = """
        SELECT activity.res_id FROM mail_activity activity JOIN ir_model_data data
          ON data.model = 'mail.activity.type' AND data.res_id = activity.activity_type_id"""
_TWICE = "GROUP BY activity.res_id, activity.user_id HAVING count(*) > 1"
_LETTERS_TO_DO = f"""{_TO_DO}
        WHERE activity.res_model = 'certificate.activation' AND data.name = 'mail_activity_type_letter'"""

INVARIANTS = {
    "two are active": """
        SELECT company_id FROM certificate_activation WHERE state = 'active'
        GROUP BY company_id HAVING count(*) > 1""",
    "two are open": """
        SELECT company_id FROM certificate_activation WHERE state IN ('pay', 'process')
        GROUP BY company_id, route HAVING count(*) > 1""",
    "one payment serves two": """
        SELECT payment_move_id FROM certificate_activation WHERE payment_move_id IS NOT NULL
        GROUP BY payment_move_id HAVING count(*) > 1""",
    "past the payment without one": """
        SELECT activation.id FROM certificate_activation activation
        LEFT JOIN account_move move ON move.id = activation.payment_move_id
        WHERE activation.state IN ('process', 'active') AND activation.route IN ('loan', 'request')
          AND move.payment_state IS DISTINCT FROM 'paid'
          AND move.payment_state IS DISTINCT FROM 'in_payment'""",
    "bought twice": """
        SELECT move.id FROM account_move move
        JOIN res_company company ON company.partner_id = move.partner_id
        WHERE move.move_type = 'out_invoice' AND move.state <> 'cancel'
          AND company.id IN (SELECT company_id FROM res_users WHERE login LIKE 'walker%')
          AND move.id NOT IN (
            SELECT payment_move_id FROM certificate_activation WHERE payment_move_id IS NOT NULL)""",
    "a charge is not booked": """
        SELECT tx.reference FROM payment_transaction tx
        LEFT JOIN account_payment payment ON payment.payment_transaction_id = tx.id
        WHERE tx.state = 'done' AND tx.is_post_processed
        GROUP BY tx.id HAVING count(payment.id) <> 1""",
    "active and incomplete": """
        SELECT id FROM certificate_activation WHERE state = 'active' AND route = 'loan'
          AND (certificate_id IS NULL OR date_start IS NULL OR date_end IS NULL OR letter_code IS NULL
               OR signed_letter_sha256 IS NULL AND letter_review IS DISTINCT FROM 'rejected'
               OR record_sha256 IS NULL OR record_code IS NULL)""",
    "a letter is too large": """
        SELECT id FROM certificate_activation WHERE signed_letter_size > 1048576""",
    "a step was taken twice": """
        SELECT message.res_id FROM mail_tracking_value value
        JOIN mail_message message ON message.id = value.mail_message_id
        JOIN ir_model_fields field ON field.id = value.field_id
        WHERE message.model = 'certificate.activation' AND field.name = 'state'
        GROUP BY message.res_id, value.new_value_char HAVING count(*) > 1""",
    "a signature has no place": """
        SELECT id FROM certificate_signature_log WHERE position IS NULL OR hash IS NULL""",
    "a signature was kept and has no row": """
        SELECT id FROM certificate_signature_mark mark WHERE NOT EXISTS (
            SELECT 1 FROM certificate_signature_log log WHERE log.id = mark.id)""",
    "an entry of the history has no place": """
        SELECT id FROM certificate_history WHERE position IS NULL OR hash IS NULL""",
    "somebody was reminded twice": """
        SELECT activity.res_id FROM mail_activity activity JOIN mail_activity_type type
          ON type.id = activity.activity_type_id
        JOIN ir_model_data data ON data.model = 'mail.activity.type' AND data.res_id = type.id
        WHERE data.name = 'mail_activity_type_expiry'
        GROUP BY activity.res_id, activity.user_id HAVING count(*) > 1""",
    # Requesting a certificate
    "two requests run": """
        SELECT company_id FROM certificate_activation
        WHERE route = 'request' AND state IN ('pay', 'process', 'active')
        GROUP BY company_id HAVING count(*) > 1""",
    "a document is asked for twice": """
        SELECT request_id FROM certificate_request_document
        GROUP BY request_id, document_type_id HAVING count(*) > 1""",
    "asked for and not paid, or paid and not asked for": """
        SELECT activation.id FROM certificate_activation activation
        LEFT JOIN certificate_request request ON request.activation_id = activation.id
        WHERE (activation.route = 'request' AND activation.state NOT IN ('pay', 'cancelled'))
              <> (request.id IS NOT NULL)
          AND activation.state <> 'cancelled'""",
    "sent with a document that was not": """
        SELECT document.id FROM certificate_request_document document
        JOIN certificate_request request ON request.id = document.request_id
        WHERE request.state IN ('in_process', 'issued', 'completed')
          AND document.document_size > 0 AND document.state = 'draft'""",
    "issued with a document that was not accepted": """
        SELECT document.id FROM certificate_request_document document
        JOIN certificate_request request ON request.id = document.request_id
        WHERE request.state IN ('issued', 'completed')
          AND document.document_size > 0 AND document.state <> 'accepted'""",
    "decided by nobody": """
        SELECT id FROM certificate_request_document WHERE state IN ('accepted', 'rejected')
          AND (decided_by_id IS NULL OR decided_on IS NULL)""",
    "a decision was told twice": """
        SELECT message.res_id, message.body FROM mail_message message
        JOIN res_users custodian ON custodian.partner_id = message.author_id
        WHERE message.model = 'certificate.request'
          AND custodian.login = 'carla' AND message.body <> ''
          AND message.message_type = 'notification'
        GROUP BY message.res_id, message.body HAVING count(*) > 1""",
    "the custodian has it twice to do": f"{_TO_DO} WHERE data.name = 'mail_activity_type_request' {_TWICE}",
    "completed and incomplete": """
        SELECT activation.id FROM certificate_activation activation
        LEFT JOIN certificate_certificate certificate ON certificate.id = activation.certificate_id
        LEFT JOIN certificate_request request ON request.activation_id = activation.id
        WHERE activation.state = 'active' AND activation.route = 'request'
          AND (request.state IS DISTINCT FROM 'completed' OR activation.date_start IS NULL
               OR activation.date_end IS NULL OR activation.certificate_fingerprint IS NULL
               OR activation.record_sha256 IS NULL OR certificate.active IS NOT TRUE
               OR (certificate.private_key_id IS NULL AND certificate.sealed_key IS NULL))""",
    "a key is left over": """
        SELECT id FROM certificate_key WHERE NOT EXISTS (
            SELECT 1 FROM certificate_certificate WHERE private_key_id = certificate_key.id)
          AND company_id IN (SELECT company_id FROM res_users WHERE login LIKE 'walker%')""",
    # The lender's review of letters
    "a letter waits and its lender has nothing to do": f"""
        SELECT id FROM certificate_activation WHERE letter_review = 'waiting' AND state = 'active'
          AND id NOT IN ({_LETTERS_TO_DO})""",
    "a letter was reviewed and is still to do": f"""
        SELECT id FROM certificate_activation WHERE letter_review <> 'waiting'
          AND id IN ({_LETTERS_TO_DO})""",
    "the lender has a letter twice to do": f"{_TO_DO} WHERE data.name = 'mail_activity_type_letter' {_TWICE}",
    "a letter was decided on by nobody": """
        SELECT id FROM certificate_activation WHERE letter_review IN ('accepted', 'rejected')
          AND (letter_reviewed_by_id IS NULL OR letter_reviewed_on IS NULL)""",
    "a letter was accepted and the record says otherwise": """
        SELECT id FROM certificate_activation WHERE letter_review = 'accepted'
          AND ((record_facts -> 'letter' ->> 'review') IS DISTINCT FROM 'accepted'
               OR (record_facts -> 'letter' ->> 'sha256') IS DISTINCT FROM signed_letter_sha256)""",
    "a rejected letter was kept twice": """
        SELECT activation_id FROM certificate_voided_letter WHERE reason = 'rejected'
        GROUP BY activation_id, signed_letter_sha256 HAVING count(*) > 1""",
    # Trusted certificates; all that the walkers bring are of one authority
    "verified by what is not trusted": """
        SELECT certificate.id FROM certificate_certificate certificate
        JOIN certificate_activation activation ON activation.certificate_id = certificate.id
        LEFT JOIN certificate_trust_anchor anchor ON anchor.id = certificate.issuer_anchor_id
        WHERE activation.state IN ('process', 'active') AND certificate.issuer_level = 'anchored'
          AND anchor.active IS NOT TRUE""",
    "not verified by what is trusted": """
        SELECT certificate.id FROM certificate_certificate certificate
        JOIN certificate_activation activation ON activation.certificate_id = certificate.id
        WHERE activation.state IN ('process', 'active') AND activation.route = 'request'
          AND certificate.issuer_level <> 'anchored'
          AND EXISTS (SELECT 1 FROM certificate_trust_anchor WHERE active AND certificate IS NOT NULL)""",
    # Keys: this server has a secret
    "a key that signs is not sealed": """
        SELECT certificate.id FROM certificate_certificate certificate
        JOIN certificate_activation activation ON activation.certificate_id = certificate.id
        WHERE activation.state = 'active' AND certificate.sealed_key IS NULL""",
    "a sealed key lies there in the clear, too": """
        SELECT id FROM certificate_certificate WHERE sealed_key IS NOT NULL AND private_key_id IS NOT NULL""",
    # The portal
    "a contact has two links": """
        SELECT activation_id FROM certificate_portal_access
        GROUP BY activation_id, partner_id HAVING count(*) > 1""",
    "a link opens nothing and was not withdrawn": """
        SELECT id FROM certificate_portal_access
        WHERE token_hash IS NULL AND withdrawn_on IS NULL""",
}

# Each row: model, record, field, file, SHA-256 of what was stored.
_FILES = """
    SELECT attachment.res_model, attachment.res_id, attachment.res_field, attachment.store_fname,
           CASE attachment.res_field
                WHEN 'signed_letter' THEN COALESCE(activation.signed_letter_sha256, voided.signed_letter_sha256)
                WHEN 'record_file' THEN activation.record_sha256
                ELSE document.document_sha256 END
    FROM ir_attachment attachment
    LEFT JOIN certificate_activation activation
      ON attachment.res_model = 'certificate.activation' AND activation.id = attachment.res_id
    LEFT JOIN certificate_request_document document
      ON attachment.res_model = 'certificate.request.document' AND document.id = attachment.res_id
    LEFT JOIN certificate_voided_letter voided
      ON attachment.res_model = 'certificate.voided.letter' AND voided.id = attachment.res_id
    WHERE attachment.res_field IN ('signed_letter', 'record_file', 'document')
      AND COALESCE(activation.id, document.id, voided.id) IS NOT NULL
"""
_LOST_FILES = """
    SELECT 'signed_letter', id FROM certificate_activation activation
    WHERE signed_letter_sha256 IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM ir_attachment WHERE res_model = 'certificate.activation'
          AND res_field = 'signed_letter' AND res_id = activation.id)
    UNION SELECT 'voided letter', id FROM certificate_voided_letter voided
    WHERE signed_letter_sha256 IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM ir_attachment WHERE res_model = 'certificate.voided.letter'
          AND res_field = 'signed_letter' AND res_id = voided.id)
    UNION SELECT 'document', id FROM certificate_request_document document
    WHERE document_sha256 IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM ir_attachment WHERE res_model = 'certificate.request.document'
          AND res_field = 'document' AND res_id = document.id)
"""


def find_broken(query):
    """Yield what the database holds and must not.

    :param query: runs SQL and returns its rows
    """
    for name, sql in INVARIANTS.items():
        if found := query(sql):
            yield f"{name}: {found[:5]}"


def find_bad_files(query, filestore):
    """Yield the stored files that are not what was stored.

    :param query: runs SQL and returns its rows
    :param Path filestore: of the database
    """
    for model, record, field, name, sha256 in query(_FILES):
        path = filestore / name
        if not path.exists():
            yield f"{field} of {model} {record} is missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            yield f"{field} of {model} {record} is not what was stored"
    for field, record in query(_LOST_FILES):
        yield f"{field} of {record} has no file"
