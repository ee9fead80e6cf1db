-- A copy must not sign, whatever is edited in it: what could sign is deleted, and not switched off.
-- All private keys of the companies that lend a certificate or activated one go, and all files that were
-- loaded as their certificates, because the same key can have been loaded twice. The public
-- certificates stay. The files of the store are noted, because SQL cannot delete them: they go when the
-- copy is loaded for the first time (certificate.key.file).
WITH companies AS (
    SELECT company_id AS id FROM certificate_activation
    UNION SELECT id FROM res_company WHERE certificate_lent_id IS NOT NULL
    UNION SELECT company_id FROM certificate_certificate WHERE sealed_key IS NOT NULL
),
certificates AS (
    SELECT id, private_key_id FROM certificate_certificate
     WHERE company_id IN (SELECT id FROM companies)
),
keys AS (
    SELECT id FROM certificate_key
     WHERE public IS NOT TRUE AND company_id IN (SELECT id FROM companies)
    UNION SELECT private_key_id FROM certificates WHERE private_key_id IS NOT NULL
),
deleted_files AS (
    DELETE FROM ir_attachment
     WHERE (res_model = 'certificate.key' AND res_id IN (SELECT id FROM keys))
        OR (
            res_model = 'certificate.certificate'
            AND res_field = 'content'
            AND res_id IN (SELECT id FROM certificates)
        )
    RETURNING store_fname
),
noted_files AS (
    INSERT INTO certificate_key_file (store_fname)
    SELECT DISTINCT store_fname FROM deleted_files
     WHERE store_fname IS NOT NULL
       AND store_fname NOT IN ( -- what was loaded is the public certificate, and stays as such
           SELECT store_fname FROM ir_attachment
            WHERE res_model = 'certificate.certificate'
              AND res_field = 'pem_certificate'
              AND store_fname IS NOT NULL
       )
    ON CONFLICT DO NOTHING
),
deleted_seals AS (
    UPDATE certificate_certificate
       SET sealed_key = NULL, is_key_sealed = FALSE, pkcs12_password = NULL, private_key_id = NULL
     WHERE id IN (SELECT id FROM certificates)
)
DELETE FROM certificate_key WHERE id IN (SELECT id FROM keys);
-- A copy answers no linked database, and asks none.
UPDATE certificate_link_client SET key_hash = NULL, code_hash = NULL;
UPDATE certificate_link_vendor SET sealed_key = NULL, next_key = NULL, sealed_code = NULL;
