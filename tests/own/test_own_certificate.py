"""A company that signs with its own certificate: how it is brought, what ends, and what is kept."""

import base64
import errno
from datetime import datetime, timedelta
from unittest.mock import patch

from cryptography import x509
from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import (
    ACTIVITY_EXPIRY,
    AUTHORITIES_PARAMETER,
    HOSTS_PARAMETER,
    MODULE,
    OWN_CERTIFICATE_ROUTE,
)
from ...models.keys import custody
from ...tools import authorities, revocation
from ...tools import pkcs12 as tool
from ...tools.certificate_reader import load_pem, to_pem
from ...tools.key_seal import export_key
from ..common import certificate_corpus, own_samples, revocation_samples, samples
from ..common import certificate_oddities as oddities
from ..common.own import CERTIFICATE, OwnCertificateCommon, UploadCommon
from ..common.own_samples import PASSWORD
from ..common.revocation_samples import HOST, REVOKED, answer_ocsp

CRON = f"{MODULE}.ir_cron_certificate_revocation"


@tagged("post_install", "-at_install")
class TestOwnCertificate(OwnCertificateCommon):
    # === FROM NOTHING TO ACTIVE === #

    def test_a_company_brings_its_own_certificate_and_pays_nothing(self):
        activation = self.get_own()
        self.assertEqual((activation.route, activation.state), ("own", "process"))
        self.assertEqual(self.start(), activation, "where the company goes on")
        self.assertEqual(self.load(activation), {})
        self.assertFalse(self.get_certificates().active, "nobody else takes it before")
        activation.action_finish()
        self.assertEqual(activation.state, "active")
        self.assertEqual(activation.date_start, activation._get_today())
        certificate = activation.sudo().certificate_id
        self.assertEqual(activation.date_end, activation._get_day(certificate.date_end))
        self.assertTrue(certificate.active and certificate.is_valid)
        self.assertFalse(certificate.loading_error)
        self.assertEqual(self.company_a._get_active_certificate_activation(), activation)
        self.assertFalse(activation.sudo().payment_move_id)
        self.assertSigns(activation)
        self.assertEqual(self.start(), activation)

    def test_it_works_where_nobody_sells_a_certificate(self):
        self.company_a.sudo().certificate_seller_id = False
        self.assertSigns(self.get_active_own())

    def test_the_chain_is_kept(self):
        activation = self.get_own()
        self.load(activation, own_samples.make_p12(chain=own_samples.get_chain()))
        self.assertEqual(len(activation._read_certificate().chain), 2)

    def test_certificate_and_key_come_in_two_files_as_well(self):
        activation = self.get_own()
        pem, key = (
            own_samples.to_pem(own_samples.issue()),
            own_samples.key_to_pem(own_samples.get_key(), PASSWORD),
        )
        self.assertEqual(list(self.load(activation, [pem])), ["key"])
        self.assertEqual(list(self.load(activation, [pem, key], "wrong")), ["password"])
        self.assertEqual(self.load(activation, [pem, key]), {})
        activation.action_finish()
        self.assertSigns(activation)

    def test_unpaid_it_takes_the_place_of_the_lent_one(self):
        loan = self.start()
        self.assertEqual(loan.route, "loan")
        own = loan._start_own()
        self.assertEqual(loan.state, "pay", "until the own one is active")
        self.load(own)
        own.action_finish()
        self.assertEqual(loan.state, "cancelled")

    def test_what_was_paid_for_a_lent_one_is_not_lost(self):
        loan = self.get_processing()
        own = loan._start_own()
        self.load(own)
        own.action_finish()
        self.assertEqual((loan.state, loan.payment_status), ("process", "paid"))

    def test_an_activation_without_payment_takes_no_payment(self):
        own = self.get_own()
        own.action_verify_payment()
        self.assertEqual(self.get_wizard(own.action_pay()).activation_id, own)
        self.assertFalse(own.sudo().payment_move_id)
        self.assertEqual(own.state, "process")

    def test_the_seller_brings_none(self):
        seller = self.env["certificate.activation"].sudo().create({"company_id": self.seller.id})
        with self.assertRaises(UserError):
            seller._start_own()

    # === WHAT ENDS === #

    def test_the_lent_one_signs_until_the_own_one_is_active(self):
        loan = self.get_active()
        own = loan._start_own()
        self.load(own)
        self.assertEqual(self.company_a._get_active_certificate_activation(), loan)
        self.assertTrue(own._get_replaced_sentence())
        self.assertSigns(loan)
        own.action_finish()
        self.assertEqual((loan.state, own.state), ("expired", "active"))
        self.assertEqual(loan.date_end, own.date_start)
        self.assertEqual(self.company_a._get_active_certificate_activation(), own)
        self.assertSigns(own)
        with self.assertRaises(UserError):
            custody.open_signing_key(loan)
        self.assertTrue(self.seller.sudo().certificate_lent_id.active, "it signs for others")

    def test_a_renewal_is_a_new_record_and_archives_the_old_certificate(self):
        first = self.get_active_own()
        old = first.sudo().certificate_id
        renewal = first._start_own()
        self.assertEqual(renewal.renewal_of_id, first)
        self.assertEqual(first.state, "active")
        self.load(renewal, own_samples.make_p12(own_samples.issue(days=700)))
        self.assertTrue(old.active)
        renewal.action_finish()
        new = renewal.sudo().certificate_id
        self.assertNotEqual(new, old)
        self.assertEqual(self.get_certificates().filtered("active"), new)
        self.assertEqual((first.state, renewal.state), ("expired", "active"))
        self.assertSigns(renewal)

    def test_a_company_has_one_active_activation_of_whatever_route(self):
        own = self.get_active_own()
        self.env.flush_all()
        loan = own.sudo().create({"company_id": self.company_a.id})
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            loan.state = "active"
            loan.flush_recordset()

    def test_a_lent_one_takes_the_place_of_an_own_one_too(self):
        loan = self.get_downloaded()
        self.attach(loan)
        own = loan._start_own()
        self.load(own)
        own.action_finish()
        loan.action_finish()
        self.assertEqual((own.state, loan.state), ("expired", "active"))
        self.assertFalse(own.sudo().certificate_id.active)

    def test_revoking_archives_and_cancelling_deletes_it(self):
        own = self.get_active_own()
        own.with_user(self.manager_a).action_revoke()
        self.assertFalse(own.sudo().certificate_id.active)
        with self.assertRaises(UserError):
            custody.open_signing_key(own)
        following = own._start_own()
        self.load(following)
        following.with_user(self.manager_a).action_cancel()
        self.assertFalse(following.sudo().certificate_id)
        self.assertEqual(self.get_certificates(), own.sudo().certificate_id)

    def test_going_back_deletes_what_was_loaded(self):
        loan = self.start()
        wizard = self.get_wizard(loan.action_open_wizard())
        wizard.action_start_own()
        own = wizard.activation_id
        self.assertEqual((own.route, wizard.step), ("own", "process"))
        self.load(own)
        wizard.action_abandon_own()
        self.assertEqual(wizard.activation_id, loan)
        self.assertEqual(own.state, "cancelled")
        self.assertFalse(self.get_certificates())
        self.assertFalse(
            self.env["certificate.key"].sudo().search([("company_id", "=", self.company_a.id)])
        )

    # === FINDINGS === #

    def test_each_finding_is_a_sentence_in_its_place(self):
        activation = self.get_own()
        small, key = own_samples.get_small_key(), own_samples.get_key()
        issue, subject = own_samples.issue, own_samples.make_subject
        p12 = own_samples.make_p12
        for place, count, data in (
            ("password", 1, p12(password="another")),
            ("certificate", 1, b"no certificate"),
            ("certificate", 1, b"\x30" * 200_000),
            ("certificate", 1, p12()[:-99]),
            ("certificate", 1, own_samples.key_to_pem(key)),
            ("key", 1, p12(key=False)),
            ("key", 1, own_samples.to_pem(issue(), own_samples.get_key("other"))),
            ("certificate", 1, p12(issue(started_days_ago=9, days=8))),
            ("certificate", 1, p12(issue(started_days_ago=-3))),
            ("certificate", 1, p12(issue(usage=("key_agreement",)))),
            ("certificate", 1, p12(issue(key=small), small)),
            ("certificate", 1, p12(issue(subject("830114921")))),
            ("certificate", 2, p12(issue(subject("830114921"), small), small)),
        ):
            with self.subTest(place=place, data=data[:9]):
                errors = self.load(activation, data)
                self.assertEqual(list(errors), [place])
                self.assertEqual(len(set(errors[place])), count)
                self.assertFalse(activation.sudo().certificate_id)
        # The key is missing, and the certificate would be the wrong one anyway.
        errors = self.load(activation, p12(issue(subject("830114921")), key=False))
        self.assertEqual(set(errors), {"key", "certificate"})
        with self.assertRaises(UserError):
            activation.action_finish()

    def test_every_code_has_its_sentence(self):
        activation = self.get_own()
        facts = tool.open_certificate([own_samples.make_p12()], PASSWORD)
        codes = (*tool.CODES, *tool.FAULTS, *tool.WARNINGS)
        sentences = {activation._get_certificate_sentence(code, facts) for code in codes}
        self.assertEqual(len(sentences), len(codes))

    def test_a_refused_file_keeps_what_was_loaded_before(self):
        activation = self.get_own()
        self.load(activation)
        before = activation.sudo().certificate_id
        self.assertTrue(self.load(activation, b"nothing"))
        self.assertEqual(activation.sudo().certificate_id, before)

    def test_a_file_for_which_there_is_no_room_keeps_what_was_loaded_before(self):
        activation = self.get_own()
        self.load(activation)
        before = self.get_certificates()
        key = own_samples.get_key("another")
        data = own_samples.make_p12(own_samples.issue(key=key), key)
        examined = activation._examine_certificate([data], PASSWORD)
        pem, key_pem = examined[0].certificate, export_key(examined[0].key)
        self.assertLess(len(pem), len(key_pem))
        # No room for the certificate, and room for it and none for its key.
        for room in (len(pem) - 1, len(pem)):
            with (
                self.subTest(room),
                # A process of its own examines it, which writes no file.
                patch.object(
                    self.env.registry[activation._name],
                    "_examine_certificate",
                    lambda *_args: examined,
                ),
                mute_logger("odoo.addons.base.models.ir_attachment"),
                samples.full_disk(room),
                self.assertRaises(UserError),
            ):
                self.load(activation, data)
            self.assertEqual(self.get_certificates(), before)
            self.assertEqual(activation.sudo().certificate_id, before)
            activation._check_own_certificate()
        attachment = self.env.registry["ir.attachment"]
        with (
            patch.object(attachment, "_mark_for_gc", side_effect=OSError(errno.ENOSPC, "full")),
            self.assertRaises(UserError),
        ):
            activation._delete_certificate()
        self.assertEqual(self.get_certificates(), before)
        self.assertEqual(self.load(activation, data), {})
        activation.action_finish()
        self.assertSigns(activation)

    def test_another_file_takes_the_place_of_the_first(self):
        activation = self.get_own()
        for _time in range(2):
            self.assertEqual(self.load(activation), {})
        self.assertEqual(self.get_certificates(), activation.sudo().certificate_id)
        activation._delete_certificate()
        self.assertFalse(self.get_certificates())

    def test_a_company_without_a_nit_completes_its_profile_first(self):
        activation = self.get_own()
        self.company_a.sudo().vat = False
        self.assertEqual(list(self.load(activation)), ["certificate"])

    def test_what_went_wrong_after_loading_is_found_at_the_end(self):
        activation = self.get_own()
        self.load(activation)
        with freeze_time(datetime.now() + timedelta(days=400)), self.assertRaises(UserError):
            activation.action_finish()
        self.company_a.sudo().vat = "830114921-1"
        with self.assertRaises(UserError):
            activation.action_finish()
        self.assertEqual(activation.state, "process")

    def test_the_screen_tells_of_the_certificate_and_of_what_to_look_at(self):
        wizard = self.get_wizard(self.get_own().action_open_wizard())
        self.assertFalse(wizard.own_certificate)
        self.assertFalse(wizard.can_finish)
        self.load(wizard.activation_id)
        wizard.invalidate_recordset()
        self.assertTrue(wizard.can_finish)
        values = [value for _label, value in wizard.own_certificate["rows"]]
        self.assertIn("CAFE DE LA SIERRA SAS", values)
        self.assertIn("900987321", values)
        self.assertEqual(len(wizard.own_certificate["warnings"]), 2, "issuer and revocation")
        self.env["ir.config_parameter"].sudo().set_param(AUTHORITIES_PARAMETER, "Certicámara, GSE")
        wizard.invalidate_recordset()
        self.assertEqual(len(wizard.own_certificate["warnings"]), 3)

    # === FILES AS AUTHORITIES WRITE THEM === #

    def make_odd(self, oddity="Printable with an ampersand", layout=certificate_corpus.andes):
        """The company's certificate in the layout of an authority, written in an odd way, in PEM with its key."""
        layout = layout()
        (oddities.ODDITIES | oddities.ENCODINGS)[oddity](layout)
        return to_pem(layout.make()) + own_samples.to_pem(own_samples.get_key())

    def test_an_odd_certificate_is_loaded_and_signs(self):
        for oddity, warnings in (
            ("as it is", 2),
            ("Printable with an ampersand", 3),
            ("alternative names broken", 3),
            ("indefinite and octets in pieces", 3),
            ("dates without seconds", 3),
            ("an attribute without a value", 4),
            ("no issuer", 3),
            ("a NUL inside", 2),
        ):
            activation = self.get_own()
            self.assertEqual(self.load(activation, self.make_odd(oddity), ""), {})
            described = activation._describe_certificate()
            self.assertEqual(len(described["warnings"]), warnings, described["warnings"])
            activation.action_finish()
            self.assertSigns(activation)
            certificate = activation.sudo().certificate_id
            self.assertFalse(certificate.loading_error)
            self.assertTrue(certificate.is_valid)
            self.assertEqual(len(certificate._get_fingerprint_bytes(formatting="raw")), 32)
            self.assertTrue(activation._read_record())

    def test_odoo_loads_what_real_authorities_write(self):
        """As the certificate of a lender, whose custodian loads it in Odoo's own form."""
        company = self.company_a.sudo()
        content = self.make_odd()
        certificate = (
            self.env[CERTIFICATE]
            .sudo()
            .create({"name": "Odd", "content": base64.b64encode(content), "company_id": company.id})
        )
        self.assertEqual((certificate.content_format, certificate.loading_error), ("pem", ""))
        self.assertTrue(certificate._get_public_key_bytes())
        der = load_pem(content).der
        self.assertEqual(certificate._get_der_certificate_bytes(formatting="raw"), der)
        self.assertTrue(certificate._get_signature_bytes())
        own = certificate.private_key_id.create(
            {
                "name": "Own",
                "content": base64.b64encode(own_samples.key_to_pem(own_samples.get_key())),
                "company_id": company.id,
            }
        )
        other = own.create(
            {
                "name": "Other",
                "content": base64.b64encode(own_samples.key_to_pem(own_samples.get_key("other"))),
                "company_id": company.id,
            }
        )
        certificate.private_key_id = own
        certificate.flush_recordset()
        with self.assertRaises(UserError), self.cr.savepoint():
            certificate.private_key_id = other
            certificate.flush_recordset()
        # What is no certificate stays an error in a sentence.
        for content in (b"nothing", b"\x30\x82", b"-----BEGIN CERTIFICATE-----\n?\n-----END"):
            bad = (
                self.env[CERTIFICATE]
                .sudo()
                .create(
                    {"name": "Bad", "content": base64.b64encode(content), "company_id": company.id}
                )
            )
            self.assertTrue(bad.loading_error)
            self.assertFalse(bad.is_valid or bad.pem_certificate or bad.private_key_id)

    def test_odoo_takes_the_identity_that_can_sign(self):
        company = self.company_a.sudo()
        company.country_id = self.env.ref("base.co")
        other = own_samples.get_key("other")
        card = own_samples.issue(own_samples.make_subject("79123456"), other)
        with_blank = {"content": own_samples.make_p12(), "password": f"{PASSWORD} "}
        several = {"content": self.make_several((card, other)), "password": PASSWORD}
        for vals in (with_blank, several):
            certificate = (
                self.env[CERTIFICATE]
                .sudo()
                .create(
                    {
                        "name": "File",
                        "content": base64.b64encode(vals["content"]),
                        "pkcs12_password": vals["password"],
                        "company_id": company.id,
                    }
                )
            )
            self.assertFalse(certificate.loading_error)
            self.assertEqual(certificate.subject_common_name, "CAFE DE LA SIERRA SAS")
            self.assertTrue(certificate._can_be_lent())
            key = base64.b64decode(certificate.private_key_id.pem_key)
            self.assertEqual(key, own_samples.key_to_pem(own_samples.get_key()))

    def make_several(self, *others):
        identities = [*others, (own_samples.issue(), own_samples.get_key())]
        return own_samples.make_safe(*identities)

    def test_of_several_identities_each_is_named_or_one_is_taken(self):
        activation = self.get_own()
        other = own_samples.get_key("other")
        card = own_samples.issue(own_samples.make_subject("79123456"), other)
        self.assertEqual(
            self.load(activation, self.make_several((card, other)), f"{PASSWORD}\n"), {}
        )
        self.assertEqual(
            activation.sudo().certificate_remarks, {"password": "trimmed", "others": 1}
        )
        self.assertEqual(len(activation._describe_certificate()["warnings"]), 4)
        activation._delete_certificate()
        self.assertFalse(activation.sudo().certificate_remarks)
        ended = own_samples.issue(started_days_ago=9, days=8)
        data = own_samples.make_safe((card, other), (ended, own_samples.get_key()))
        errors = self.load(activation, data)
        self.assertEqual(len(errors["certificate"]), 3, "one sentence, and one for each")
        self.assertTrue(any("79123456" in sentence for sentence in errors["certificate"][1:]))

    def test_a_nit_without_its_check_digit_is_compared(self):
        activation = self.get_own()
        # (Odoo writes a hyphen where the last digit happens to be a check digit: not with this one.)
        certificate = own_samples.issue(own_samples.make_subject("901312112-4"))
        data = own_samples.make_p12(certificate)
        partner = self.company_a.sudo().partner_id.with_context(no_vat_validation=True)
        for typed, warnings in (("901312112", 3), ("901312112-4", 2)):
            partner.vat = typed
            self.assertEqual(self.load(activation, data), {})
            self.assertEqual(len(activation._describe_certificate()["warnings"]), warnings)
        partner.vat = "901312113"
        self.assertTrue(self.load(activation, data))

    # === ISSUER === #

    def test_what_is_said_of_an_issuer_is_the_same_everywhere(self):
        said = {}
        for layout in (certificate_corpus.certicamara, certificate_corpus.viafirma):
            activation = self.get_own()
            self.load(activation, self.make_odd("as it is", layout), "")
            sentences = activation.sudo().certificate_id._get_issuer_sentences()
            said[layout.__name__] = sentences
            self.assertEqual(
                activation._describe_certificate()["warnings"][: len(sentences)], sentences
            )
            activation.action_finish()
            self.assertEqual(activation.issuer_sentence, " ".join(sentences))
            record = activation._verify_record(activation.record_code)
            self.assertEqual(len(record["issuer_sentences"]), len(sentences))
            facts = activation.sudo().record_facts["certificate"]["warnings"]
            self.assertEqual(len(facts), len(sentences))
            self.assertIn(activation.issuer_sentence, str(activation.alerts))
            # The board has the same in few words.
            state = {"certicamara": "unverified", "viafirma": "refused"}[layout.__name__]
            row = self.env["certificate.board"].browse(activation.company_id.id)
            self.env.flush_all()
            row.invalidate_recordset()
            self.assertEqual((activation.issuer_state, row.issuer_state), (state, state))
            words = dict(row.fields_get(["issuer_state"])["issuer_state"]["selection"])
            self.assertEqual(record["issuer_state"], words[state])
        # So have the settings of whoever lends it.
        lender = self.company_b.sudo()
        content = base64.b64encode(self.make_odd("as it is", certificate_corpus.viafirma))
        certificate = (
            self.env[CERTIFICATE]
            .sudo()
            .create({"name": "Lent", "content": content, "company_id": lender.id})
        )
        lender.certificate_lent_id = certificate
        settings = self.env["res.config.settings"].sudo().with_company(lender).create({})
        self.assertEqual(settings.certificate_lent_issuer_sentence, " ".join(sentences))
        # And all of them, when the list of the accredited changes.
        self.env["ir.config_parameter"].sudo().set_param(AUTHORITIES_PARAMETER, "Nobody else")
        self.assertEqual(certificate.issuer_state, "refused")
        own = self.get_own()
        self.load(own, self.make_odd("as it is", certificate_corpus.certicamara), "")
        self.assertEqual(own.issuer_state, "unlisted")
        self.assertEqual(len(own.issuer_sentence.split(". ")), 4)
        self.env["ir.config_parameter"].sudo().set_param(AUTHORITIES_PARAMETER, "Certicámara")
        self.assertEqual(own.issuer_state, "unverified")
        self.assertEqual([len(sentences) for sentences in said.values()], [1, 2])
        self.assertIn("VIAFIRMA", said["viafirma"][1], "reported to be refused")

    def test_settings_say_who_is_asked_and_why(self):
        settings = self.env["res.config.settings"].sudo().create({})
        lines = settings.certificate_revocation_sources.splitlines()
        self.assertEqual(len(lines), len(authorities.DOMAINS))
        self.assertIn("ocsp.certicamara.co", settings.certificate_revocation_sources)
        settings.certificate_revocation_hosts = "example.com, certicamara.co"
        self.assertEqual(len(settings.certificate_revocation_sources.splitlines()), 2)
        settings.certificate_revocation_hosts = "-"
        self.assertEqual(len(settings.certificate_revocation_sources.splitlines()), 1)

    # === SWITCHED OFF AND ON === #

    def switch(self, activation, field, reason="Lost the laptop"):
        wizard = self.env["certificate.reason.wizard"].with_user(self.manager_a)
        wizard.create({field: activation.id, "reason": reason}).action_confirm()
        self.env.invalidate_all()

    def test_a_company_switches_its_own_certificate_off_and_on(self):
        activation = self.get_active_own()
        history = self.env["certificate.history"].sudo()
        entries = history.search_count([("res_id", "=", activation.id)])
        for _twice in range(2):
            self.switch(activation, "pause_id")
        self.assertTrue(activation.is_paused)
        self.assertEqual(activation.state, "active")
        with self.assertRaises(UserError) as caught:
            custody.open_signing_key(activation)
        self.assertIn("Lost the laptop", str(caught.exception))
        # Nor does another add-on find it.
        self.assertFalse(activation.sudo().certificate_id.active)
        self.env.flush_all()
        row = self.env["certificate.board"].with_user(self.manager_a).browse(self.company_a.id)
        self.assertEqual((row.is_paused, row.light, row.state), (True, "grey", "active"))
        self.assertTrue(activation._verify_record(activation.record_code)["is_paused"])
        wizard = self.get_wizard(activation.action_open_wizard())
        self.assertTrue(wizard.is_paused)
        self.assertFalse(wizard.sentences["active"])
        self.assertIn("Lost the laptop", str(activation.alerts))
        for _twice in range(2):
            self.switch(activation, "resume_id", "Found it")
        self.assertFalse(activation.is_paused)
        self.assertSigns(activation)
        new = history.search([("res_id", "=", activation.id)], limit=2)
        self.assertEqual(history.search_count([("res_id", "=", activation.id)]), entries + 2)
        self.assertIn("Found it", new[0].changes)
        self.assertIn("Lost the laptop", new[1].changes)

    def test_nobody_else_switches_and_nothing_but_an_own_one_is_switched(self):
        activation = self.get_active_own()
        for user in (self.user_a, self.user_b, self.stranger, self.portal_user):
            other = activation.with_user(user)
            for attempt in (other._pause, other._resume):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    attempt("x")
        manager = activation.with_user(self.manager_a)
        for reason in ("", "  ", None):
            with self.assertRaises(UserError):
                manager._pause(reason)
        with self.assertRaises(AccessError):
            manager.write({"paused_on": False, "pause_reason": "x"})
        loan = self.get_active(self.user_b)
        with self.assertRaises(UserError):
            loan.sudo()._pause("x")
        self.assertFalse(loan.sudo().paused_on)
        waiting = manager._start_own()
        self.assertFalse(waiting.can_pause)
        with self.assertRaises(UserError):
            waiting._pause("x")

    def test_what_cannot_sign_any_more_is_not_switched_on(self):
        authority = self.serve()
        activation = self.get_own()
        certificate = authority.issue()
        authority.answers["/ocsp"] = answer_ocsp(certificate)
        self.load(activation, self.get_p12(certificate))
        activation.action_finish()
        self.switch(activation, "pause_id")
        authority.answers["/ocsp"] = answer_ocsp(certificate, REVOKED)
        activation.sudo().revocation_asked_on -= timedelta(days=2)
        with self.assertRaises(UserError):
            self.switch(activation, "resume_id")
        self.assertTrue(activation.is_paused)
        # The renewal takes its place, whether it is switched off or not.
        renewal = activation._start_own()
        self.load(renewal)
        renewal.action_finish()
        self.assertSigns(renewal)
        self.assertEqual((activation.state, activation.is_paused), ("expired", False))
        with self.assertRaises(UserError):
            self.switch(activation, "resume_id")

    # === REVOCATION === #

    def serve(self, hosts=HOST):
        """Run an authority on this machine, which is allowed to be asked."""
        authority = self.enterContext(revocation_samples.serve())
        self.enterContext(patch.object(revocation, "fetch_answer", authority.fetch))
        self.env["ir.config_parameter"].sudo().set_param(HOSTS_PARAMETER, hosts)
        return authority

    def get_p12(self, certificate):
        return own_samples.make_p12(certificate, chain=[revocation_samples.get_issuer()])

    def follow(self):
        """Run the cron, of which each step is a transaction."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(CRON).method_direct_trigger()
        self.env.invalidate_all()

    def describe(self, activation):
        described = activation._describe_certificate()
        return len(described["rows"]), len(described["warnings"])

    def test_a_revoked_certificate_is_refused_with_a_remedy(self):
        authority = self.serve()
        activation = self.get_own()
        certificate = authority.issue()
        sentences = set()
        for reason in (None, x509.ReasonFlags.certificate_hold):
            authority.answers["/ocsp"] = answer_ocsp(certificate, REVOKED, reason=reason)
            errors = self.load(activation, self.get_p12(certificate))
            self.assertEqual(list(errors), ["certificate"])
            sentences.update(errors["certificate"])
            self.assertFalse(activation.sudo().certificate_id)
        self.assertEqual(len(sentences), 2, "what is suspended may be lifted")
        # A file that is refused anyway is nobody's business.
        asked = len(authority.asked)
        self.assertTrue(self.load(activation, self.get_p12(certificate), "wrong"))
        self.assertEqual(len(authority.asked), asked)

    def test_the_screen_says_as_of_when_it_is_not_revoked(self):
        authority = self.serve()
        activation = self.get_own()
        certificate = authority.issue()
        authority.answers["/ocsp"] = answer_ocsp(certificate)
        self.assertEqual(self.load(activation, self.get_p12(certificate)), {})
        self.assertEqual(activation.revocation_status, "good")
        self.assertEqual(self.describe(activation), (7, 1), "the issuer was not verified")

    def test_what_is_not_known_is_a_remark_only(self):
        authority = self.serve()
        certificate = authority.issue()
        activation = self.get_own()
        sentences = set()
        for code, hosts, data in (
            ("no_issuer", HOST, own_samples.make_p12(certificate)),
            ("not_offered", HOST, self.get_p12(own_samples.issue())),
            ("host_not_allowed", "example.com", self.get_p12(certificate)),
            ("host_not_allowed", "-", self.get_p12(certificate)),
            ("not_answered", HOST, self.get_p12(certificate)),
        ):
            self.env["ir.config_parameter"].sudo().set_param(HOSTS_PARAMETER, hosts)
            self.assertEqual(self.load(activation, data), {})
            self.assertEqual(activation.revocation_code, code)
            self.assertEqual(self.describe(activation), (6, 2), "the issuer was not verified")
            sentences.update(activation._describe_certificate()["warnings"])
        self.assertEqual(len(sentences), 5)
        activation.action_finish()
        self.assertSigns(activation)

    def test_it_is_asked_again_when_the_activation_is_finished_later(self):
        authority = self.serve()
        activation = self.get_own()
        certificate = authority.issue()
        authority.answers["/ocsp"] = answer_ocsp(certificate)
        self.load(activation, self.get_p12(certificate))
        authority.answers["/ocsp"] = answer_ocsp(certificate, REVOKED)
        activation.sudo().revocation_asked_on -= timedelta(days=2)
        with self.assertRaises(UserError):
            activation.action_finish()
        self.assertEqual(activation.state, "process")
        authority.answers["/ocsp"] = answer_ocsp(certificate)
        activation.action_finish()
        asked = len(authority.asked)
        self.assertEqual((activation.state, asked), ("active", 3))
        activation.action_finish()
        self.assertEqual(len(authority.asked), asked)

    def test_what_is_revoked_later_signs_no_more_and_the_managers_know(self):
        authority = self.serve()
        activation = self.get_own()
        certificate = authority.issue()
        self.load(activation, self.get_p12(certificate))
        activation.action_finish()
        loan = self.get_active(self.user_b)
        asked = len(authority.asked)
        self.follow()
        self.assertEqual(len(authority.asked), asked, "once a day")
        authority.answers["/ocsp"] = answer_ocsp(certificate)
        activation.sudo().revocation_asked_on -= timedelta(days=1)
        self.follow()
        self.assertEqual((activation.state, activation.revocation_status), ("active", "good"))
        self.assertFalse(activation.sudo().activity_search([ACTIVITY_EXPIRY]))
        for days, reason, state in (
            (1, x509.ReasonFlags.certificate_hold, "active"),
            (2, x509.ReasonFlags.key_compromise, "revoked"),
        ):
            activation.sudo().revocation_asked_on -= timedelta(days=days)
            authority.answers["/ocsp"] = answer_ocsp(certificate, REVOKED, reason=reason)
            self.follow()
            self.assertEqual((activation.state, activation.revocation_status), (state, "revoked"))
            told = activation.sudo().activity_search([ACTIVITY_EXPIRY])
            self.assertIn(self.manager_a, told.user_id)
            self.assertEqual(told.user_id, activation._get_managers())
            self.assertEqual(len(told), len(told.user_id), "each is told once")
        self.assertFalse(activation.sudo().certificate_id.active)
        with self.assertRaises(UserError):
            custody.open_signing_key(activation)
        self.assertEqual((loan.state, loan.revocation_status), ("active", False))
        # Whoever comes second, and was asked about before, changes nothing.
        asked_on = activation.revocation_asked_on
        authority.answers["/ocsp"] = answer_ocsp(certificate)
        activation.sudo()._follow_revocation()
        self.assertEqual((activation.state, activation.revocation_status), ("revoked", "revoked"))
        self.assertEqual(activation.revocation_asked_on, asked_on)

    def test_a_stored_certificate_that_cannot_be_read_goes_on(self):
        activation = self.get_active_own()
        with patch.object(custody, "get_public_content", return_value=b"damaged"):
            activation.sudo()._follow_revocation()
        self.assertEqual(
            (activation.state, activation.revocation_status, activation.revocation_code),
            ("active", "unknown", "malformed"),
        )

    def test_where_no_authority_may_be_asked_the_cron_does_nothing(self):
        authority = self.serve("-")
        activation = self.get_own()
        self.load(activation, self.get_p12(authority.issue()))
        activation.action_finish()
        activation.sudo().revocation_asked_on = False
        self.follow()
        self.assertFalse(activation.revocation_asked_on)
        self.assertFalse(authority.asked)

    def test_nobody_writes_what_the_authority_said(self):
        activation = self.get_own()
        for user in (self.user_a, self.manager_a, self.custodian):
            with self.assertRaises(AccessError):
                activation.with_user(user).write({"revocation_status": "good"})

    # === RIGHTS === #

    def test_nobody_else_brings_deletes_or_gives_up(self):
        activation = self.get_own()
        self.load(activation)
        certificate = activation.sudo().certificate_id
        for user in (self.user_b, self.stranger):
            other = activation.with_user(user)
            for attempt in (
                other._start_own,
                other._abandon_own,
                other._delete_certificate,
                other._describe_certificate,
                lambda other=other: self.load(other),
                other.action_finish,
            ):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    attempt()
        self.assertEqual(activation.sudo().certificate_id, certificate)
        self.assertEqual(activation.state, "process")

    def test_an_activation_of_a_lent_certificate_takes_no_file(self):
        loan = self.get_processing()
        for attempt in (lambda: self.load(loan), loan._delete_certificate, loan._abandon_own):
            with self.assertRaises(UserError):
                attempt()
        self.assertFalse(loan.sudo().certificate_id)
        self.assertEqual(loan.state, "process")

    def test_an_active_one_does_not_change(self):
        own = self.get_active_own()
        certificate = own.sudo().certificate_id
        for attempt in (lambda: self.load(own), own._delete_certificate, own._abandon_own):
            with self.assertRaises(UserError):
                attempt()
        own.action_finish()
        self.assertEqual(own.sudo().certificate_id, certificate)

    def test_a_certificate_that_odoo_cannot_load_is_an_error(self):
        activation = self.get_own()
        for target, value in (
            ("_has_key", lambda self: False),
            ("_compute_pem_certificate", lambda self: self.write({"loading_error": "No"})),
        ):
            with (
                self.cr.savepoint() as savepoint,
                patch.object(self.env.registry[CERTIFICATE], target, value),
                self.assertRaises(UserError),
            ):
                self.load(activation)
            savepoint.rollback() if not savepoint.closed else None
        self.assertFalse(activation.sudo().certificate_id)


@tagged("post_install", "-at_install")
class TestOwnCertificateUpload(UploadCommon):
    def test_a_file_is_uploaded_and_answered(self):
        activation = self.get_own()
        for password, places in (("wrong", ["password"]), (PASSWORD, [])):
            response = self.upload(activation, self.user_a, password=password)
            self.assertEqual(list(response.json()["errors"]), places)
        self.assertTrue(activation.sudo().certificate_id)

    def test_others_upload_nothing(self):
        activation = self.get_own()
        for user in (self.user_b, self.stranger, self.portal_user):
            response = self.upload(activation, user, password=PASSWORD)
            self.assertTrue(response.json()["errors"])
        with mute_logger("odoo.http"):
            self.assertNotEqual(
                self.upload(activation, self.user_a, token=False, password=PASSWORD).status_code,
                200,
            )
            response = self.upload(
                activation, self.user_a, b"\x30" * 2 * tool.MAX_SIZE * 2, password=PASSWORD
            )
            self.assertEqual(response.status_code, 413)
            self.assertEqual(
                self.url_open(f"{OWN_CERTIFICATE_ROUTE}/{activation.id}").status_code, 405
            )
        self.assertFalse(activation.sudo().certificate_id)

    def test_no_answer_is_a_traceback(self):
        activation = self.get_own()
        missing = activation.browse(2**30)
        loan = self.start(self.user_b)
        for record, user in ((missing, self.user_a), (loan, self.user_b)):
            response = self.upload(record, user, password=PASSWORD)
            self.assertEqual(response.status_code, 200)
            self.assertEqual(list(response.json()["errors"]), ["certificate"])
