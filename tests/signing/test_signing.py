"""Signing under an activation: who may, when, and what the log keeps of it."""

import base64
import os
from datetime import datetime, time, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import RaiseException, UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import GROUP_CUSTODIAN, GROUP_MANAGER
from ...tools import certificate_reader, xades
from ..common import own_samples, samples
from ..common.signing import LOG, SECRET, SigningCommon
from ..common.xml_samples import EMPTY_PLACE, make_document


@tagged("post_install", "-at_install")
class TestSigning(SigningCommon):
    def test_an_invoicing_user_signs_with_the_lent_certificate(self):
        certificate = self.seller.sudo().certificate_lent_id
        with self.assertRaises(AccessError):
            certificate.with_user(self.user_a).read(["content"])
        signed = self.sign()
        facts = xades.verify(signed)
        self.assertEqual((facts.document, facts.role), ("Invoice", "third party"))
        pem = base64.b64decode(certificate.with_context(bin_size=False).pem_certificate)
        self.assertEqual(facts.certificate, certificate_reader.load_pem(pem))
        row = self.get_rows()
        self.assertEqual(
            (row.company_id, row.lender_id, row.activation_id, row.user_id),
            (self.company_a, self.seller, self.activation.sudo(), self.user_a),
        )
        self.assertEqual((row.res_model, row.res_id), (self.record._name, self.record.id))
        self.assertEqual(row.document_name, self.record.display_name)
        self.assertEqual((row.document_type, row.role), ("Invoice", "third party"))
        self.assertEqual(row.document_digest, xades.hashlib.sha256(self.document).hexdigest())
        self.assertEqual(row.signature_digest, xades.hashlib.sha256(signed).hexdigest())
        self.assertEqual(row.certificate_serial, f"{facts.certificate.serial_number:x}")
        self.assertEqual(row.certificate_fingerprint, self.activation.certificate_fingerprint)
        self.assertLess(abs(fields.Datetime.now() - row.signed_on), timedelta(minutes=1))
        self.assertEqual(self.activation.with_user(self.manager_a).signature_count, 1)

    def test_each_kind_of_document_has_its_name_in_the_log(self):
        record = self.record.with_user(self.user_a)
        for kind in xades.DOCUMENTS:
            self.activation._sign_xml(make_document(kind), record)
        rows = self.get_rows()
        self.assertEqual(set(rows.mapped("document_type")), set(xades.DOCUMENTS))
        labels = dict(rows._fields["document_type"]._description_selection(self.env))
        self.assertEqual(labels.keys(), {*xades.DOCUMENTS, "Request", "Hash"})

    def test_a_message_is_signed_and_logged_like_a_document(self):
        record = self.record.with_user(self.user_a)
        signature = self.activation._sign_message(b"to DIAN", record)
        self.activation._get_x509().public_key().verify(
            signature, b"to DIAN", xades.padding.PKCS1v15(), xades.hashes.SHA256()
        )
        self.assertEqual(self.get_rows().document_type, "Request")
        self.activation.with_user(self.manager_a).action_revoke()
        with self.assertRaises(UserError):
            self.activation._sign_message(b"to DIAN", record)

    def test_the_own_certificate_signs_as_the_supplier(self):
        self.activation.sudo().route = "own"
        self.assertEqual(xades.verify(self.sign()).role, "supplier")
        self.assertEqual(self.get_rows().role, "supplier")

    def test_a_document_that_cannot_be_signed_leaves_no_row(self):
        for document in (
            b"",
            make_document("Order"),
            make_document(place=""),
            make_document(prolog="<!DOCTYPE Invoice>"),
            make_document(prolog='<?xml version="1.0" encoding="latin1"?>'),
            make_document(place=EMPTY_PLACE * 2),
            make_document(content="<a>&#13;</a>"),
        ):
            with self.subTest(document[:60]):
                self.assertNotSigned(document=document or b"<")
        signed = self.sign()
        with self.assertRaises(UserError):
            self.sign(document=signed)
        self.assertEqual(len(self.get_rows()), 1)

    def test_a_refusal_names_the_element_and_its_text(self):
        text = "Café de la sierra" * 5 + "&#13;&#10;" + "bolsa" * 20
        for content, element, shown in (
            (f"<cbc:Note>{text}</cbc:Note>", "cbc:Note", "sierra␍␊bolsa"),
            ('<cbc:Note name="a&#9;b"/>', "cbc:Note/@name", "“a␉b”"),
        ):
            with self.assertRaises(UserError) as caught:
                self.sign(document=make_document(content=content))
            self.assertIn(element, str(caught.exception))
            self.assertIn(shown, str(caught.exception))
            self.assertLess(len(str(caught.exception)), 250)

    def test_every_refusal_is_a_sentence(self):
        codes = [*xades.CODES, "a new one"]
        sentences = {
            code: self.activation._explain_refusal(xades.XadesError(code, "cbc:Note", "a\rb"))
            for code in codes
        }
        self.assertFalse([code for code in codes if "%(" in sentences[code]])
        # What only `verify` finds has one sentence.
        self.assertEqual(len(set(sentences.values())), len(codes) - 6)

    def test_a_signature_that_does_not_verify_is_not_used(self):
        with patch.object(xades, "verify", side_effect=xades.XadesError("altered")):
            self.assertNotSigned()
        self.assertTrue(self.sign())

    # === WHO === #

    def test_only_who_has_a_part_in_it_signs(self):
        self.assertNotSigned(AccessError, user=self.stranger)
        self.assertNotSigned(AccessError, user=self.user_b)
        unseen = samples.store_certificate(self.company_a.sudo())
        with self.assertRaises(AccessError):
            self.activation._sign_xml(self.document, unseen.with_user(self.user_a))
        self.assertFalse(self.get_rows())

    def test_an_activation_signs_for_its_own_company_only(self):
        foreign = self.env["res.partner"].create({"name": "B", "company_id": self.company_b.id})
        for record in (foreign.with_user(self.user_b), foreign.sudo()):
            with self.assertRaises(UserError):
                self.activation._sign_xml(self.document, record)
        shared = self.env["res.partner"].create({"name": "Shared"})
        with self.assertRaises(ValueError):
            self.activation._sign_xml(self.document, shared)
        self.assertFalse(self.get_rows())

    def test_a_branch_signs_as_the_company_whose_nit_it_has(self):
        branch = self.env["res.company"].create(
            {
                "name": "Sucursal",
                "parent_id": self.company_a.id,
                "country_id": self.company_a.country_id.id,
            }
        )
        found = branch._get_active_certificate_activation()
        self.assertEqual(found, self.activation)
        branch.vat = "830114921-1"
        self.assertFalse(branch._get_active_certificate_activation())

    # === WHEN === #

    def test_a_revoked_activation_signs_nothing_more(self):
        self.sign()
        self.activation.with_user(self.manager_a).action_revoke()
        with self.assertRaises(UserError):
            self.sign()
        self.assertEqual(len(self.get_rows()), 1)

    def test_it_signs_through_its_last_day_in_bogota(self):
        end = datetime.combine(self.activation.date_end + timedelta(days=1), time(4, 59))
        with freeze_time(end):
            self.sign()
        with freeze_time(end + timedelta(minutes=1)), self.assertRaises(UserError):
            self.sign()

    def test_a_neutralised_copy_signs_nothing(self):
        for value in ("True", "yes"):
            self.env["ir.config_parameter"].sudo().set_param("database.is_neutralized", value)
            self.assertNotSigned()

    # === WITH WHAT === #

    def test_the_certificate_must_be_the_one_that_was_activated(self):
        certificate = self.seller.sudo().certificate_lent_id
        other = samples.store_certificate(self.seller.sudo())
        original = certificate.with_context(bin_size=False).content
        certificate.write(
            {
                "private_key_id": other.private_key_id.id,
                "content": other.with_context(bin_size=False).content,
            }
        )
        self.assertNotSigned()
        certificate.private_key_id.content = other.private_key_id.with_context(
            bin_size=False
        ).content
        self.assertNotSigned()
        self.assertNotEqual(certificate.with_context(bin_size=False).content, original)

    def test_a_withdrawn_or_expired_certificate_signs_nothing(self):
        certificate = self.seller.sudo().certificate_lent_id
        certificate.active = False
        self.assertNotSigned()
        certificate.active = True
        certificate.flush_recordset()
        self.cr.execute(
            "UPDATE certificate_certificate SET date_end = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(seconds=5), certificate.id],
        )
        self.env.invalidate_all()
        self.assertNotSigned()

    def test_a_key_that_cannot_be_opened_or_is_another_signs_nothing(self):
        key = self.seller.sudo().certificate_lent_id.private_key_id
        for content in (b"no key", samples.dump_key(samples.make_key())):
            key.content = base64.b64encode(content)
            with self.subTest(content[:10]):
                self.assertNotSigned()

    def test_an_altered_letter_signs_nothing(self):
        attachment = self.get_file(self.activation, "signed_letter")
        altered = attachment.store_fname
        path = attachment._full_path(altered)
        original = type(attachment)._file_read

        def read(self, name, size=None):
            # Of the letter alone: an altered certificate signs nothing either.
            return original(self, name, size) + (b" " if name == altered else b"")

        with patch.object(type(attachment), "_file_read", read):
            self.env.invalidate_all()
            self.assertNotSigned()
        self.env.invalidate_all()
        self.assertTrue(os.path.exists(path))
        self.sign()


@tagged("post_install", "-at_install")
class TestSignatureLog(SigningCommon):
    def sign_many(self, count=5):
        for _time in range(count):
            self.sign()
            self.link()
        return self.get_rows()

    # === THE CHAIN === #

    def test_rows_take_their_places_at_once(self):
        self.sign()
        self.sign()
        rows = self.get_rows()
        self.assertEqual(rows.mapped("position"), [1, 2])
        self.assertEqual(rows[1].previous_hash, rows[0].hash)
        self.sign()
        self.link()
        self.assertEqual(self.get_rows()[2].previous_hash, rows[1].hash)
        self.assertEqual(self.find_breaks(), [])
        self.assertEqual(self.get_heads().count, 3)

    def test_every_company_has_a_chain_of_its_own(self):
        self.get_active(self.user_b)
        foreign = self.env["res.partner"].create({"name": "B", "company_id": self.company_b.id})
        self.sign()
        self.sign(self.user_b, foreign)
        self.sign()
        self.link()
        self.assertEqual(self.get_rows().mapped("position"), [1, 1, 2])
        self.assertEqual(self.find_breaks(self.company_a | self.company_b), [])

    def test_whatever_is_altered_in_the_database_is_found(self):
        rows = self.sign_many()
        second = rows[1].id
        log = "certificate_signature_log"
        for name, query, params in (
            *(
                (name, f"UPDATE {log} SET {name} = %s WHERE id = %s", (value, second))
                for name, value in (
                    ("company_id", self.company_b.id),
                    ("lender_id", self.company_b.id),
                    ("user_id", self.user_b.id),
                    ("signed_on", "2026-01-01"),
                    ("role", "supplier"),
                    ("document_type", "CreditNote"),
                    ("document_name", "SETP2"),
                    ("res_model", "res.users"),
                    ("res_id", 1),
                    ("document_digest", "0" * 64),
                    ("signature_digest", None),
                    ("certificate_serial", "0"),
                    ("certificate_fingerprint", ""),
                    ("position", 99),
                    ("previous_hash", ""),
                    ("hash", "0" * 64),
                    ("id", 999_999_999),
                )
            ),
            ("removed", f"DELETE FROM {log} WHERE id = %s", (second,)),
            ("truncated", f"DELETE FROM {log} WHERE id = %s", (rows[-1].id,)),
            ("emptied", f"DELETE FROM {log}", ()),
            ("head", "UPDATE certificate_signature_head SET count = count - 1", ()),
            ("no head", "DELETE FROM certificate_signature_head", ()),
        ):
            with self.subTest(name), self.cr.savepoint() as savepoint:
                self.execute(query, *params)
                self.assertTrue(self.find_breaks())
                savepoint.rollback()
            self.assertEqual(self.find_breaks(), [])

    def test_signing_on_does_not_cover_an_alteration(self):
        self.sign_many()
        log = "certificate_signature_log"
        for name, query in (
            ("truncated", f"DELETE FROM {log} WHERE position > 3"),
            ("no head", "DELETE FROM certificate_signature_head"),
            (
                "all but the first",
                f"DELETE FROM {log} WHERE position > 1; DELETE FROM certificate_signature_head",
            ),
        ):
            with self.subTest(name), self.cr.savepoint() as savepoint:
                self.execute(query)
                self.sign()
                self.link()
                self.assertTrue(self.find_breaks())
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_secret_seals_the_end(self):
        with own_samples.secret(SECRET):
            rows = self.sign_many(3)
            self.assertEqual(self.find_breaks(), [])
            with self.cr.savepoint() as savepoint:
                self.execute(
                    "DELETE FROM certificate_signature_log WHERE position = 3;"
                    "UPDATE certificate_signature_head SET count = 2, hash = %s WHERE id = %s",
                    rows[1].hash,
                    self.get_heads().id,
                )
                self.assertEqual(self.find_breaks(), [("unsealed", 3)])
                # It builds on no end that is not sealed, and the false one stays.
                self.sign()
                self.link()
                self.assertTrue(self.find_breaks())
                self.assertEqual(len(self.get_heads()), 2)
                savepoint.rollback()
                self.env.invalidate_all()
        self.assertEqual(self.find_breaks(), [], "without a secret there is nothing to tell")
        with own_samples.secret(SECRET[::-1]):
            self.assertEqual(self.find_breaks(), [("unsealed", 4)])

    # === READ ONLY === #

    def test_nobody_writes_the_log(self):
        rows = self.sign_many(1)
        heads = self.env["certificate.signature.head"].sudo().search([])
        users = (
            self.user_a,
            self.manager_a,
            self.custodian,
            self.system_user,
            self.env.ref("base.user_root"),
        )
        with self.assertRaises(AccessError):
            heads.with_user(self.system_user).read(["hash"])
        for records in (rows, heads):
            for user in users:
                for own in (records.with_user(user), records.with_user(user).sudo()):
                    for attempt in (
                        lambda own=own: own.write({"hash": "x"}),
                        own.unlink,
                        own.copy,
                        lambda own=own: own.create({"company_id": self.company_a.id}),
                    ):
                        with self.assertRaises(AccessError):
                            attempt()
        self.assertEqual(self.find_breaks(), [])

    def test_postgresql_refuses_to_change_a_row(self):
        self.sign_many(1)
        for query in (
            "UPDATE certificate_signature_log SET document_name = 'x'",
            "DELETE FROM certificate_signature_log",
            "TRUNCATE certificate_signature_log",
        ):
            with (
                self.subTest(query),
                mute_logger("odoo.sql_db"),
                self.assertRaises(RaiseException),
                self.cr.savepoint(),
            ):
                self.cr.execute(query)

    def test_a_number_is_given_once(self):
        self.sign_many(2)
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.cr.savepoint():
            self.execute("UPDATE certificate_signature_log SET position = 1 WHERE position = 2")

    # === WHO SEES IT === #

    def test_managers_see_the_signatures_of_their_company_and_lenders_those_of_their_certificate(
        self,
    ):
        rows = self.sign_many(2)
        manager_b = samples.make_user(self.env, "Berta", "manager_b", self.company_b, GROUP_MANAGER)
        other_lender = samples.make_user(
            self.env, "Otro", "lender_b", self.company_b, GROUP_CUSTODIAN
        )
        # A manager of the seller is no custodian of its certificate.
        manager_seller = samples.make_user(
            self.env, "Vera", "manager_s", self.seller, GROUP_MANAGER
        )
        for user, seen in (
            (self.manager_a, rows),
            (self.lender_only, rows),
            (self.custodian, rows),
            (manager_b, rows.browse()),
            (other_lender, rows.browse()),
            (manager_seller, rows.browse()),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self.env[LOG].with_user(user).search([], order="id").sudo(), seen)
        for user in (self.user_a, self.user_b, self.stranger):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env[LOG].with_user(user).search([])
        for user in (self.manager_a, self.lender_only):
            with self.assertRaises(AccessError):
                self.env["certificate.signature.head"].with_user(user).search([])

    def test_the_lender_sees_who_signs_and_revokes_at_once(self):
        activation = self.activation.with_user(self.lender_only)
        self.assertNotIn(self.company_a, self.lender_only.company_ids)
        self.assertEqual(activation.search([("state", "=", "active")]), activation)
        self.assertEqual(activation.display_name, self.activation.display_name)
        pending = self.start(self.user_b)
        self.assertFalse(activation.search([("id", "=", pending.id)]), "nothing is lent yet")
        self.sign()
        self.assertEqual(activation.signature_count, 1)
        activation.action_revoke()
        with self.assertRaises(UserError):
            self.sign()
        # The rest of the company stays its own.
        with self.assertRaises(AccessError):
            activation.write({"representative_name": "X"})
        with self.assertRaises(AccessError):
            self.record.with_user(self.lender_only).read(["name"])

    def test_the_check_is_for_who_sees_the_log(self):
        self.sign_many(3)
        for user in (self.user_a, self.stranger):
            with self.assertRaises(AccessError):
                self.env[LOG].with_user(user).action_check()
        for user in (self.manager_a, self.lender_only, self.custodian):
            log = self.env[LOG].with_user(user)
            with self.subTest(user=user.login), self.cr.savepoint() as savepoint:
                self.assertEqual(log.action_check()["params"]["type"], "success")
                self.execute("DELETE FROM certificate_signature_log WHERE position = 3")
                self.assertEqual(log.action_check()["params"]["type"], "danger")
                savepoint.rollback()
        manager_b = samples.make_user(self.env, "Berta", "manager_b", self.company_b, GROUP_MANAGER)
        self.execute("DELETE FROM certificate_signature_log")
        result = self.env[LOG].with_user(manager_b).action_check()
        self.assertEqual(
            result["params"]["type"], "success", "others' logs are not theirs to check"
        )
