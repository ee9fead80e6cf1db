"""Move what is asked of an authority from the activation to a `certificate.request` of its own.

Here, before Odoo would make the table: it could not ask each document for its request otherwise. A request has
the id of its activation, so that the addresses in mails that were sent still lead to it.
"""


def migrate(cr, version):
    cr.execute(
        "SELECT to_regclass('certificate_request_document'), to_regclass('certificate_request')"
    )
    documents, requests = cr.fetchone()
    if requests or not documents:
        return
    cr.execute(
        """
        CREATE TABLE certificate_request (
            id SERIAL NOT NULL PRIMARY KEY,
            create_uid integer,
            create_date timestamp without time zone,
            write_uid integer,
            write_date timestamp without time zone,
            activation_id integer,
            company_id integer,
            state varchar,
            person_kind varchar,
            date date,
            authority_id integer,
            sent_on timestamp without time zone,
            issued_on timestamp without time zone,
            observation text
        );
        INSERT INTO certificate_request (
            id, create_uid, create_date, write_uid, write_date, activation_id, company_id, state, person_kind, date,
            authority_id, sent_on, issued_on, observation
        )
        SELECT id, create_uid, create_date, write_uid, write_date, id, company_id,
               COALESCE(request_state, 'draft'), request_person_kind, request_date, request_authority_id,
               request_sent_on, request_issued_on, request_observation
        FROM certificate_activation
        WHERE route = 'request' AND request_state IS NOT NULL
           OR id IN (SELECT activation_id FROM certificate_request_document);
        SELECT setval('certificate_request_id_seq', GREATEST(max(id), 1)) FROM certificate_request;
        ALTER TABLE certificate_request_document ADD COLUMN request_id integer;
        UPDATE certificate_request_document SET request_id = activation_id;
        DELETE FROM certificate_reason_wizard WHERE request_id IS NOT NULL
        """
    )
