"""An activation from nothing to its end: its transitions, its refusals and what they leave behind."""

import base64
from datetime import datetime, time, timedelta, timezone

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from dateutil.relativedelta import relativedelta
from freezegun import freeze_time
from lxml import etree
from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import REPRESENTATIVE_FIELDS
from ...exceptions import RemedyError
from ..common import samples
from ..common.case import CertificateCommon
from ..common.walk import REPRESENTATIVE

STATES = ("pay", "process", "active", "expired", "cancelled", "revoked")


def pem(key):
    """A private key as a certificate.key stores it."""
    return base64.b64encode(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


class ActivationCommon(CertificateCommon):
    def get_ready(self, user=None):
        """Return an activation that only has to be finished."""
        activation = self.get_downloaded(user)
        self.attach(activation)
        return activation

    def as_manager(self, activation):
        return activation.with_user(self.manager_a)


@tagged("post_install", "-at_install")
class TestCertificateActivation(ActivationCommon):
    # === FROM STATE TO STATE === #

    def test_a_company_walks_from_nothing_to_an_active_certificate(self):
        activation = self.start()
        self.assertEqual((activation.state, activation.payment_status), ("pay", "none"))
        self.pay(activation)
        self.assertEqual(activation.payment_status, "paid")
        activation.action_continue()
        self.assertEqual(activation.state, "process")
        self.fill(activation)
        activation.action_download_letter()
        self.attach(activation)
        activation.action_finish()
        self.assertEqual(activation.state, "active")
        self.assertEqual(activation.sudo().certificate_id, self.seller.sudo().certificate_lent_id)
        self.assertEqual(activation.date_start, activation._get_today())
        self.assertEqual(
            activation.date_end,
            fields.Date.add(activation.date_start, years=1, days=-1),
        )
        self.assertEqual(self.company_a._get_active_certificate_activation(), activation)

    def test_an_unpaid_certificate_does_not_continue(self):
        activation = self.start()
        with self.assertRaises(UserError):
            activation.action_continue()
        activation.action_pay()
        invoice = activation.sudo().payment_move_id
        for state in ("pending", "error"):
            self.create_invoice_transaction(invoice, state)
            activation.invalidate_recordset()
            with self.subTest(state), self.assertRaises(UserError):
                activation.action_continue()
        self.assertEqual(activation.state, "pay")

    # === REPETITION === #

    def test_paying_again_keeps_the_invoice(self):
        # The link says until when it is valid, to the second.
        self.enterContext(freeze_time(datetime.now(timezone.utc)))
        activation = self.start()
        first = activation.action_pay()
        invoice = activation.sudo().payment_move_id
        self.assertEqual(activation.action_pay(), first)
        self.pay(activation)
        again = activation.action_pay()
        self.assertEqual(self.get_wizard(again).activation_id, activation)
        self.assertEqual(activation.sudo().payment_move_id, invoice)
        self.assertEqual(
            self.env["account.move"]
            .sudo()
            .search_count([("invoice_origin", "=", activation.name)]),
            1,
        )

    def test_ending_again_leaves_one_trace(self):
        for end, prepare in (("cancel", self.get_processing), ("revoke", self.get_active)):
            activation = self.with_chatter(self.as_manager(prepare()))
            for _time in range(2):
                getattr(activation, f"action_{end}")()
                self.flush_tracking()
            with self.subTest(end):
                self.assertEqual(len(self.get_tracking(activation)), 1)

    # === ONE AT A TIME === #

    def test_a_transition_locks_its_row(self):
        company = self.company_b
        activation = self.env["certificate.activation"].sudo().create({"company_id": company.id})

        def is_locked():
            self.env.flush_all()
            self.cr.execute(
                "SELECT xmax::text FROM certificate_activation WHERE id = %s", [activation.id]
            )
            return self.cr.fetchone() != ("0",)

        self.assertFalse(is_locked())
        activation.with_user(self.user_b).action_verify_payment()
        self.assertTrue(is_locked())

    def test_who_starts_second_is_tried_again(self):
        self.start()
        with self.assertRaises(ConcurrencyError):
            self.env["certificate.activation"]._create_once({"company_id": self.company_a.id})

    def test_a_company_has_one_open_activation(self):
        activation = self.start()
        self.assertEqual(self.start(), activation)
        self.assertEqual(self.start(self.manager_a).id, activation.id)
        self.pay(activation)
        activation.action_continue()
        self.assertEqual(self.start(), activation)
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            activation.sudo().create({"company_id": self.company_a.id})
        self.assertNotEqual(self.start(self.user_b).id, activation.id)

    def test_the_seller_activates_nothing(self):
        user = samples.make_user(
            self.env, "Vera", "certificate_seller", self.seller, "account.group_account_invoice"
        )
        activations = self.env["certificate.activation"].with_user(user)
        # It has a page of its own.
        self.assertEqual(activations.action_open_wizard()["type"], "ir.actions.client")
        self.assertFalse(activations.search_count([("company_id", "=", self.seller.id)]))
        with self.assertRaises(UserError) as refused:
            activations._get_or_start()
        self.assertNotIsInstance(refused.exception, RemedyError)
        user.group_ids += self.env.ref("base.group_system")
        with self.assertRaises(RemedyError) as refused:
            activations._get_or_start()
        page = self.env.ref("l10n_co_certificate_activation.certificate_sale_setup_action")
        self.assertEqual(refused.exception.args[1], page.id)

    def test_the_form_shows_hashes_on_the_page_of_the_evidence_alone(self):
        activation = self.get_active()
        self.assertTrue(activation.has_invoice)
        views = self.env["certificate.activation"].with_user(self.manager_a)
        form = etree.fromstring(views.get_view(view_type="form")["arch"])
        for name in ("certificate_fingerprint", "signed_letter_sha256", "record_sha256"):
            [field] = form.xpath(
                f"//field[@name='{name}'][not(ancestor::field)]"  # not of former letters
            )
            self.assertTrue(field.xpath("ancestor::page[@name='fingerprints']"), name)
        buttons = form.xpath("//div[@name='button_box']/button/@name")
        self.assertIn("action_open_invoice", buttons)
        action = activation.with_user(self.user_a)._open_signed_letter()
        self.assertIn(f"/{activation.id}/signed_letter", action["url"])
        with self.assertRaises(AccessError):
            activation.with_user(self.user_b)._open_signed_letter()

    # === CREATION === #

    def test_nobody_creates_copies_or_deletes_an_activation_by_hand(self):
        activation = self.start()
        for user in (self.stranger, self.user_a, self.manager_a, self.custodian, self.system_user):
            own = activation.with_user(user)
            for attempt in (
                lambda own=own: own.create({"company_id": self.company_a.id}),
                own.copy,
                own.unlink,
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    attempt()

    def test_names_are_in_sequence(self):
        self.user_a.tz = "Asia/Tokyo"
        with freeze_time("2027-01-01 02:30:00"):  # the last evening of the year in Colombia
            first, second = self.start(), self.start(self.user_b)
        prefix, number = first.name.rsplit("/", 1)
        self.assertEqual(prefix, "CERT/2026")
        self.assertEqual(second.name, f"{prefix}/{int(number) + 1:05}")

    # === PREFILL === #

    def test_the_representative_is_first_prefilled_from_the_company(self):
        activation = self.start()
        self.pay(activation)
        activation.action_continue()
        self.assertEqual(
            {name: activation[name] for name in REPRESENTATIVE_FIELDS},
            {
                **dict.fromkeys(REPRESENTATIVE_FIELDS, False),
                "representative_identification_type_id": self.env.ref(
                    "l10n_co.national_citizen_id"
                ),
                "representative_position": "Representante legal",
                "representative_street": self.company_a.street,
                "representative_city": self.company_a.city,
                "representative_state_id": self.company_a.state_id,
            },
        )

    # === CHATTER === #

    def with_chatter(self, activation):
        """Return it as users have it: the tests' environment turns tracking off."""
        return activation.with_env(self.env(user=activation.env.uid, context={"lang": "en_US"}))

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.precommit.run()

    def get_tracking(self, activation):
        tracking = activation.sudo().message_ids.tracking_value_ids
        return tracking.filtered(lambda value: value.field_id.name == "state")

    def test_the_chatter_tells_the_states_and_no_personal_data(self):
        activation = self.with_chatter(self.start())
        steps = (
            lambda: self.pay(activation),
            activation.action_continue,
            lambda: self.fill(activation),
            activation.action_download_letter,
            lambda: self.attach(activation),
            lambda: activation.write({"representative_surname": "Rojas Díaz"}),
            activation.action_download_letter,
            lambda: self.attach(activation),
            activation.action_finish,
            self.as_manager(activation).action_revoke,
        )
        for step in steps:
            step()
            self.flush_tracking()
        tracked = activation.sudo().message_ids.tracking_value_ids.field_id.mapped("name")
        self.assertLessEqual(set(tracked), {"state", "letter_review"})
        self.assertEqual(len(self.get_tracking(activation)), 3)
        personal = {
            "Rojas Díaz",
            *(activation[name] for name in REPRESENTATIVE_FIELDS if name in REPRESENTATIVE),
            REPRESENTATIVE["representative_surname"],
        } - {"Representante legal"}
        said = " ".join(
            f"{message.subject} {message.body}" for message in activation.sudo().message_ids
        )
        for value in personal:
            self.assertNotIn(value, said)
        self.assertNotIn(activation.letter_code, said)


@tagged("post_install", "-at_install")
class TestPaidActivation(ActivationCommon):
    """Company A has paid, and named its representative."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.get_walk().get_processing()

    # === FROM STATE TO STATE === #

    def test_each_action_changes_only_the_states_it_is_for(self):
        activation = self.as_manager(self.get_ready())
        # By action and state what becomes of the state; what is not named is refused.
        for action, outcomes in {
            "action_continue": {
                "pay": "process",
                **{state: state for state in STATES if state != "pay"},
            },
            "action_download_letter": {"process": "process"},
            "action_delete_signed_letter": {"process": "process"},
            "action_finish": {"process": "active", "active": "active"},
            "action_cancel": {
                "pay": "cancelled",
                "process": "cancelled",
                "cancelled": "cancelled",
            },
            "action_revoke": {"active": "revoked", "revoked": "revoked"},
            "action_pay": {state: state for state in STATES},
            "action_verify_payment": {state: state for state in STATES},
        }.items():
            for state in STATES:
                with self.subTest(action=action, state=state), self.cr.savepoint() as savepoint:
                    activation.sudo().state = state
                    if state in outcomes:
                        getattr(activation, action)()
                    else:
                        with self.assertRaises(UserError):
                            getattr(activation, action)()
                    self.assertEqual(activation.state, outcomes.get(state, state))
                    savepoint.rollback()

    def test_nobody_else_acts_on_an_activation(self):
        activation = self.get_ready()
        for user in (self.stranger, self.user_b):
            for action in (
                "action_open_wizard",
                "action_verify_payment",
                "action_pay",
                "action_continue",
                "action_download_letter",
                "action_delete_signed_letter",
                "action_finish",
                "action_cancel",
                "action_revoke",
            ):
                with (
                    self.subTest(user=user.login, action=action),
                    self.assertRaises(AccessError),
                ):
                    getattr(activation.with_user(user), action)()
        self.assertEqual(activation.state, "process")
        self.assertTrue(activation.signed_letter)

    def test_only_a_manager_of_the_company_cancels_and_revokes(self):
        manager_b = samples.make_user(
            self.env,
            "Berta",
            "certificate_manager_b",
            self.company_b,
            "account.group_account_manager",
        )
        activation = self.get_ready()
        for user in (self.user_a, manager_b):
            with self.assertRaises(AccessError):
                activation.with_user(user).action_cancel()
        activation.action_finish()
        for user in (self.user_a, manager_b):
            with self.assertRaises(AccessError):
                activation.with_user(user).action_revoke()
        self.as_manager(activation).action_revoke()
        self.assertEqual(activation.state, "revoked")

    def test_a_payment_that_went_back_does_not_finish(self):
        activation = self.get_ready()
        activation.sudo().payment_move_id._reverse_moves(cancel=True)
        activation.invalidate_recordset()
        with self.assertRaises(UserError):
            activation.action_finish()
        self.assertEqual(activation.state, "process")
        self.assertTrue(activation.signed_letter)

    # === REPETITION === #

    def test_continuing_again_keeps_what_was_typed(self):
        activation = self.get_processing()
        self.fill(activation, representative_position="Gerente")
        activation.action_continue()
        self.assertEqual(activation.state, "process")
        self.assertEqual(activation.representative_position, "Gerente")
        self.assertEqual(activation.representative_name, REPRESENTATIVE["representative_name"])

    def test_finishing_again_keeps_period_and_certificate(self):
        activation = self.get_active()
        # What the lender chooses takes over at once; finishing again has no part in it.
        self.seller.sudo().certificate_lent_id = samples.store_certificate(self.seller.sudo())
        before = activation.sudo().read(["state", "date_start", "date_end", "certificate_id"])
        with freeze_time(datetime.now() + timedelta(days=40)):
            activation.action_finish()
        after = activation.sudo().read(["state", "date_start", "date_end", "certificate_id"])
        self.assertEqual(after, before)

    # === ONE AT A TIME === #

    def test_a_company_has_one_active_activation(self):
        activation = self.get_active()
        self.assertEqual(self.start(), activation)
        second = activation.sudo().create({"company_id": self.company_a.id})
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            second.state = "active"
            second.flush_recordset()

    def test_a_payment_serves_one_activation(self):
        activation = self.get_processing()
        other = self.start(self.user_b).sudo()
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            other.payment_move_id = activation.sudo().payment_move_id
            other.flush_recordset()

    def test_the_end_has_the_reason_that_the_manager_gave(self):
        for state, field, start in (
            ("cancelled", "cancel_id", self.get_processing),
            ("revoked", "revoke_id", self.get_active),
        ):
            with self.subTest(state), self.cr.savepoint() as savepoint:
                activation = start()
                dialogs = self.env["certificate.reason.wizard"]
                for user in (self.user_a, self.user_b, self.stranger):
                    with self.assertRaises(AccessError):
                        dialogs.with_user(user).create(
                            {field: activation.id, "reason": "A mistake"}
                        ).action_confirm()
                dialog = dialogs.with_user(self.manager_a).create(
                    {field: activation.id, "reason": " We sold the company "}
                )
                dialog.action_confirm()
                self.assertEqual(
                    (activation.state, activation.end_reason), (state, "We sold the company")
                )
                savepoint.rollback()

    def test_a_cancelled_activation_frees_its_payment_for_the_next(self):
        activation = self.get_processing()
        invoice = activation.sudo().payment_move_id
        self.as_manager(activation).action_cancel()
        following = self.start()
        self.assertNotEqual(following, activation)
        self.assertEqual(following.sudo().payment_move_id, invoice)
        self.assertEqual(following.payment_status, "paid")
        following.action_continue()
        self.assertEqual(following.state, "process")

    def test_a_used_payment_does_not_serve_again(self):
        self.as_manager(self.get_active()).action_revoke()
        following = self.start()
        self.assertIs(following.action_verify_payment(), False)
        self.assertEqual(following.payment_status, "none")

    # === WHAT USERS WRITE === #

    def test_a_closed_activation_is_not_changed(self):
        activation = self.get_active()
        for state in ("active", "expired", "cancelled", "revoked"):
            activation.sudo().state = state
            for user in (self.user_a, self.manager_a, self.system_user):
                with self.subTest(state=state, user=user.login), self.assertRaises(UserError):
                    activation.with_user(user).write({"representative_phone": "3009999999"})
        self.assertEqual(activation.representative_phone, REPRESENTATIVE["representative_phone"])

    def test_the_form_does_not_tell_of_an_invoice_it_may_not_read(self):
        # A form may say that its record has another invoice; what is computed of it is sudo.
        secret = self.get_processing().sudo().payment_move_id
        own = self.start(self.user_b)
        for name in ("payment_status", "payment_reference", "payment_date"):
            self.env.invalidate_all()
            with self.subTest(name):
                answer = own.onchange(
                    {"payment_move_id": secret.id}, ["payment_move_id"], {name: {}}
                )
                self.assertNotIn(name, answer.get("value", {}))

    # === PREFILL === #

    def test_the_representative_is_next_prefilled_from_the_last_activation(self):
        last = self.get_active()
        self.as_manager(last).action_revoke()
        activation = self.start()
        self.assertFalse(activation.representative_name)
        self.pay(activation)
        activation.action_continue()
        for name in REPRESENTATIVE_FIELDS:
            self.assertEqual(activation[name], last[name], name)
        self.assertFalse(activation.letter_code)
        self.assertFalse(activation.signed_letter)

    def test_the_representative_is_not_prefilled_from_another_company(self):
        self.get_processing()
        # The custodian sees both companies at once.
        activation = self.start(self.user_b).with_user(self.custodian)
        activation = activation.with_context(
            allowed_company_ids=(self.company_b | self.company_a).ids
        )
        self.pay(activation)
        activation.action_continue()
        self.assertFalse(activation.representative_name)
        self.assertEqual(activation.representative_street, self.company_b.street)

    # === PERIOD === #

    def test_the_period_has_the_months_that_the_seller_sells(self):
        activation = self.get_ready()
        for months in (1, 6, 12, 24):
            with self.subTest(months), self.cr.savepoint() as savepoint:
                self.seller.sudo().certificate_validity_months = months
                # The letter says the months.
                activation.action_download_letter()
                self.attach(activation)
                activation.action_finish()
                self.assertEqual(
                    activation.date_end,
                    activation.date_start + relativedelta(months=months) - timedelta(days=1),
                )
                savepoint.rollback()

    def test_days_are_counted_in_bogota(self):
        activation = self.get_ready()
        day = datetime.now().date() + timedelta(days=10)
        # 22:00 of the day before in Bogota.
        with freeze_time(datetime.combine(day, time(3))):
            activation.action_finish()
        self.assertEqual(activation.date_start, day - timedelta(days=1))
        end = activation.date_end
        following = end + timedelta(days=1)
        for moment, days_left, is_in_force in (
            (datetime.combine(activation.date_start, time(4, 59)), 365, False),
            (datetime.combine(activation.date_start, time(5)), 364, True),
            (datetime.combine(end, time(4, 59)), 1, True),
            (datetime.combine(end, time(5)), 0, True),
            (datetime.combine(following, time(4, 59)), 0, True),
            (datetime.combine(following, time(5)), None, False),
        ):
            with self.subTest(moment), freeze_time(moment):
                activation.invalidate_recordset()
                if days_left is not None:
                    self.assertEqual(activation.days_left, days_left)
                in_force = self.company_a._get_active_certificate_activation()
                self.assertEqual(bool(in_force), is_in_force)

    def test_only_an_active_certificate_has_days_left(self):
        activation = self.get_active()
        self.assertGreater(activation.days_left, 300)
        self.as_manager(activation).action_revoke()
        self.assertEqual(activation.days_left, 0)
        self.assertFalse(self.company_a._get_active_certificate_activation())

    # === CERTIFICATE === #

    def assertFinishRefused(self, activation):
        names = ["state", "letter_code", "signed_letter_sha256", "representative_name"]
        before = activation.read(names)
        with self.assertRaises(UserError):
            activation.action_finish()
        self.assertEqual(activation.read(names), before)
        self.assertEqual(activation.with_context(bin_size=False).signed_letter, self.scan)
        self.assertFalse(activation.sudo().certificate_id)
        self.assertFalse(activation.date_start)

    def test_finishing_waits_for_a_valid_lent_certificate(self):
        activation = self.get_ready()
        seller = self.seller.sudo()
        good = seller.certificate_lent_id
        keyless = samples.store_certificate(seller)
        keyless.private_key_id = False
        for kind, certificate in (
            ("missing", good.browse()),
            ("keyless", keyless),
            ("expired", samples.store_certificate(seller, days=2, started_days_ago=3)),
            ("not yet valid", samples.store_certificate(seller, started_days_ago=-2)),
        ):
            seller.certificate_lent_id = certificate
            with self.subTest(kind):
                self.assertFinishRefused(activation)
        seller.certificate_lent_id = good
        activation.action_finish()
        self.assertEqual(activation.sudo().certificate_id, good)

    def test_finishing_waits_for_a_valid_test_signature(self):
        activation = self.get_ready()
        certificate = self.seller.sudo().certificate_lent_id
        key = certificate.private_key_id
        good = key.with_context(bin_size=False).content
        for kind, content in (
            ("another certificate's key", pem(samples.make_key())),
            ("no key at all", base64.b64encode(b"no key")),
        ):
            key.content = content
            with self.subTest(kind):
                self.assertFinishRefused(activation)
        key.content = good
        activation.action_finish()
        self.assertEqual(activation.state, "active")

    def test_a_certificate_without_rsa_is_refused(self):
        activation = self.get_ready()
        seller = self.seller.sudo()
        key = ec.generate_private_key(ec.SECP256R1())
        stored_key = self.env["certificate.key"].create(
            {"content": pem(key), "company_id": seller.id}
        )
        seller.certificate_lent_id = self.env["certificate.certificate"].create(
            {
                "content": base64.b64encode(samples.make_certificate(seller.name, seller.vat, key)),
                "private_key_id": stored_key.id,
                "company_id": seller.id,
            }
        )
        self.assertFinishRefused(activation)
