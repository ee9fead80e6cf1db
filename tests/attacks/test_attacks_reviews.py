"""A rejected letter cannot sign in any other way; an unread one is not accepted."""

from contextlib import contextmanager
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.modules.migration import load_script
from odoo.tests import tagged

from ...const import MODULE
from ...models.keys import custody
from ...models.letter.review import SEEN_LETTER
from ...models.trace.history import begin_history
from ..common import letter_samples, own_samples, samples
from ..common.letter import RightLetterCommon


@tagged("post_install", "-at_install")
class TestAttacksOnReviews(RightLetterCommon):
    """A rejection is of the company, not of one activation."""

    def finish(self, activation, is_right=False):
        """Pay where needed, have a letter signed, or attach a picture of a cat, and finish."""
        if activation.state == "pay":
            self.pay(activation)
            activation.action_continue()
            self.fill(activation)
            activation.action_download_letter()
        if is_right:
            self.attach_bytes(
                letter_samples.letter_scan(activation.letter_code, dpi=200), activation
            )
        else:
            self.attach(activation)
        activation.action_finish()
        return activation

    def accept(self, activation, **context):
        activation.with_user(self.custodian).with_context(**context)._accept_letter()
        self.env.invalidate_all()

    def reject(self, activation):
        activation.with_user(self.custodian)._reject_letter("This is a cat.")
        self.env.invalidate_all()

    def assert_blocked(self, activation):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(activation.letter_review, "waiting")
        self.assertTrue(activation.is_signing_blocked)
        with self.assertRaises(UserError):
            custody.open_signing_key(activation)

    @contextmanager
    def shortly_before_the_end(self, activation, days=20):
        day = activation.date_end - timedelta(days=days)
        with freeze_time(datetime.combine(day, datetime.min.time()) + timedelta(hours=17)):
            self.env.invalidate_all()
            # The certificate that is lent ends before; what is tried here is the review.
            self.seller.sudo().certificate_lent_id = samples.store_certificate(
                self.seller.sudo(), days=900
            )
            yield

    def test_revoking_and_buying_again_does_not_pass_a_rejection(self):
        self.finish(self.activation)
        for is_right in (False, True):
            with self.subTest(is_right=is_right):
                self.reject(self.activation)
                self.activation.with_user(self.manager_a).action_revoke()
                self.activation = self.finish(self.start(), is_right)
                self.assert_blocked(self.activation)
        self.accept(self.activation)
        custody.open_signing_key(self.activation)
        # From then on as before.
        self.activation.with_user(self.manager_a).action_revoke()
        self.activation = self.finish(self.start(), is_right=True)
        self.assertFalse(self.activation.letter_review)
        custody.open_signing_key(self.activation)

    def test_neither_does_a_renewal(self):
        former = self.finish(self.activation)
        self.reject(former)
        with self.shortly_before_the_end(former):
            renewal = self.finish(former._renew())
            self.assert_blocked(renewal)
            with self.assertRaises(UserError):
                renewal._switch_now()
            self.assertEqual(former.state, "active")
            self.accept(renewal)
            renewal._switch_now()
            custody.open_signing_key(renewal)

    def test_nor_a_renewal_that_was_finished_before_it(self):
        former = self.finish(self.activation)
        with self.shortly_before_the_end(former):
            renewal = self.finish(former._renew(), is_right=True)
            self.assertFalse(renewal.letter_review)
            self.reject(former)
            self.assert_blocked(renewal)
            with self.assertRaises(UserError):
                renewal._switch_now()
            self.accept(renewal)
            renewal._switch_now()
            custody.open_signing_key(renewal)

    def test_nor_cancelling_a_renewal_and_beginning_it_anew(self):
        former = self.finish(self.activation, is_right=True)
        with self.shortly_before_the_end(former):
            renewal = self.finish(former._renew())
            self.reject(renewal)
            custody.open_signing_key(former)
            renewal.with_user(self.manager_a).action_cancel()
            again = self.finish(former._renew())
            self.assert_blocked(again)
            custody.open_signing_key(former)
            with self.assertRaises(UserError):
                again._switch_now()
            self.accept(again)
            again._switch_now()
            custody.open_signing_key(again)

    def test_nor_a_branch_and_another_company_is_another(self):
        self.finish(self.activation)
        self.reject(self.activation)
        branch = self.env["res.company"].create(
            {"name": "Sucursal", "parent_id": self.company_a.id, "vat": self.company_a.vat}
        )
        other = self.env["res.company"].create(
            {"name": "Otra", "parent_id": self.company_a.id, "vat": "901414515-7"}
        )
        activations = self.env["certificate.activation"].sudo()
        for company, is_rejected in (
            (branch, True),
            (other, False),
            (self.company_b, False),
        ):
            with self.subTest(company=company.name):
                activation = activations.create({"company_id": company.id})
                self.assertEqual(bool(activation._find_rejected()), is_rejected)
                if is_rejected:
                    self.assertEqual(activation._find_rejected(), self.activation.sudo())

    def test_a_letter_that_came_after_the_page_was_opened_is_not_accepted(self):
        activation = self.finish(self.activation)
        seen = activation.signed_letter_sha256
        self.reject(activation)
        self.attach_scan()
        activation.action_finish()
        with self.assertRaises(UserError):
            self.accept(activation, **{SEEN_LETTER: seen})
        self.assert_blocked(activation)
        self.accept(activation, **{SEEN_LETTER: activation.signed_letter_sha256})
        custody.open_signing_key(activation)

    def test_the_buttons_say_which_letter_was_seen(self):
        for view in (
            "certificate_activation_view_form",
            "certificate_letter_review_view_form",
        ):
            with self.subTest(view=view):
                arch = self.env.ref(f"l10n_co_certificate_activation.{view}").arch
                self.assertIn(f"{{'{SEEN_LETTER}': signed_letter_sha256}}", arch)

    def migrate(self, name):
        self.env.flush_all()
        load_script(f"{MODULE}/migrations/19.0.1.1.0/{name}.py", name).migrate(
            self.env.cr, "19.0.1.0.0"
        )
        self.env.invalidate_all()

    def upgrade(self, match):
        """Upgrade with an active letter that the former version knew as told.

        :return: the activation
        """
        activation = self.finish(self.activation, is_right=True)
        self.assertFalse(activation.letter_review)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE certificate_activation SET signed_letter_match = %s, "
            "record_facts = record_facts #- '{letter,review}' #- '{letter,reviewed_on}' WHERE id = %s",
            [match, activation.id],
        )
        self.env.invalidate_all()
        begin_history(self.env(su=True))
        self.migrate("post-claims")
        self.assertEqual(activation.signed_letter_match, "unread")
        self.assertEqual(activation.letter_review, "waiting")
        custody.open_signing_key(activation)
        return activation

    def test_an_upgrade_hands_over_what_the_borrower_cleared_and_says_so(self):
        activation, history = self.upgrade("reviewed"), self.env["certificate.history"].sudo()
        last = history.search([("res_id", "=", activation.id)], limit=1)
        self.assertIn('["signed_letter_match", "reviewed", "unread"]', last.changes)
        self.assertFalse(history._find_differences(activation.company_id.sudo()))

    def test_an_upgrade_leaves_the_record_as_evidence_until_the_lender_decides(self):
        activation = self.upgrade("signature")
        record = activation.record_sha256
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", activation._name),
                    ("res_field", "=", "record_file"),
                    ("res_id", "=", activation.id),
                ]
            )
        )
        with self.assertRaises(AccessError):
            activation.sudo().record_file = False
        with self.assertRaises(AccessError):
            attachment.raw = b"%PDF-1.4"
        self.accept(activation)
        self.assertNotEqual(activation.record_sha256, record)

    def test_an_upgrade_of_sealed_logs_asks_for_the_secret(self):
        self.env.cr.execute(
            "INSERT INTO certificate_signature_head (log, company_id, count, hash, seal) "
            "VALUES ('certificate.signature.log', %s, 1, 'x', 'x')",
            [self.company_a.id],
        )
        with own_samples.secret(None), self.assertRaises(UserError):
            self.migrate("pre-chain")
        with own_samples.secret():
            self.migrate("pre-chain")
        # A copy that signs nothing is upgraded without it.
        self.env["ir.config_parameter"].sudo().set_param("database.is_neutralized", True)
        with own_samples.secret(None):
            self.migrate("pre-chain")
