"""Claims that prove nothing: of an issuer, a signer, a reviewer, or the approver of a receipt."""

import base64
import itertools
import time
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.x509.oid import NameOID
from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, Form, HttpCase, tagged
from odoo.tools import mute_logger

from ...const import ACTIVITY_LETTER, ACTIVITY_NEXT_STEP, CRON_VALIDITY, MODULE, VERIFY_PATH
from ...models.keys import custody
from ...tools import certificate_chain as tool
from ..common import letter_samples, own_samples, samples
from ..common.letter import RightLetterCommon
from ..common.own import OwnCertificateCommon
from ..common.own_samples import AUTHORITY, ROOT, get_chain, get_key, issue, make_name, to_pem
from ..common.receipt import ReceiptCommon

ANCHOR = "certificate.trust.anchor"
NOW = datetime.now(timezone.utc)
CA = ("key_cert_sign",)


def anchor_of(certificate, with_file=True):
    return tool.Anchor(
        tool.get_sha256(certificate), tool.to_pem(certificate) if with_file else None
    )


def constraints(ca=True, path_length=None):
    return x509.BasicConstraints(ca=ca, path_length=path_length)


class TestCertificateChain(BaseCase):
    """A certificate leads to an anchor by signatures, or not at all."""

    def find(self, leaf, others, *anchors, moment=NOW):
        return tool.find_chain(tool.to_pem(leaf), list(map(tool.to_pem, others)), anchors, moment)

    def assertLeads(self, *args, **options):
        chain = self.find(*args, **options)
        self.assertTrue(chain)
        return chain

    def assertProvesNothing(self, *args, **options):
        self.assertEqual(self.find(*args, **options), [])

    def test_a_certificate_leads_to_its_root(self):
        sub, root = get_chain()
        leaf = issue()
        self.assertEqual(
            self.assertLeads(leaf, [root, sub], anchor_of(root)),
            [tool.to_pem(c) for c in (sub, root)],
        )
        self.assertLeads(leaf, [sub], anchor_of(root))
        self.assertLeads(leaf, [sub, root], anchor_of(root, with_file=False))
        self.assertLeads(leaf, [], anchor_of(sub))
        self.assertLeads(leaf, [], anchor_of(sub), anchor_of(root))
        self.assertProvesNothing(leaf, [sub], anchor_of(root, with_file=False))
        self.assertProvesNothing(leaf, [sub, root])
        self.assertProvesNothing(leaf, [], anchor_of(root))

    def test_names_prove_nothing(self):
        sub, root = get_chain()
        # The whole hierarchy under the same names, with keys of one's own.
        false_root = issue(ROOT, get_key("x1"), ROOT, get_key("x1"), usage=CA)
        false_sub = issue(AUTHORITY, get_key("x2"), ROOT, get_key("x1"), usage=CA)
        leaf = issue(issuer_key=get_key("x2"))
        for others in (
            [false_sub, false_root],
            [false_sub, root],
            [sub, root],
            [false_sub, sub, root],
        ):
            self.assertProvesNothing(leaf, others, anchor_of(root))
        # A renewed authority has another key under the same name: the key that verifies is looked for.
        renewed = issue(AUTHORITY, get_key("x3"), ROOT, get_key("root"), usage=CA)
        self.assertLeads(issue(), [false_sub, renewed, sub], anchor_of(root))

    def test_only_an_authority_issues(self):
        root = get_chain()[1]
        company = own_samples.make_subject()
        leaf = issue(make_name((NameOID.COMMON_NAME, "x")), get_key("x1"), company, get_key())
        for kind, middle in (
            ("a subscriber", issue(company, get_key(), ROOT, get_key("root"))),
            ("without usage", issue(company, get_key(), ROOT, get_key("root"), usage=None)),
            (
                "no authority",
                issue(
                    company,
                    get_key(),
                    ROOT,
                    get_key("root"),
                    usage=CA,
                    extensions=(constraints(ca=False),),
                ),
            ),
            (
                "no right to sign certificates",
                issue(
                    company,
                    get_key(),
                    ROOT,
                    get_key("root"),
                    usage=("digital_signature",),
                    extensions=(constraints(),),
                ),
            ),
            (
                "restricted to names",
                issue(
                    company,
                    get_key(),
                    ROOT,
                    get_key("root"),
                    usage=CA,
                    extensions=(
                        constraints(),
                        x509.NameConstraints([x509.DNSName("example.com")], None),
                    ),
                ),
            ),
            (
                "ended",
                issue(
                    company, get_key(), ROOT, get_key("root"), usage=CA, started_days_ago=9, days=8
                ),
            ),
            (
                "signed with SHA-1",
                own_samples.sign_weakly(
                    issue(company, get_key(), ROOT, get_key("authority"), usage=CA)
                ),
            ),
            (
                "weak",
                issue(company, own_samples.get_small_key(), ROOT, get_key("root"), usage=CA),
            ),
        ):
            with self.subTest(kind):
                self.assertProvesNothing(leaf, [middle, root], anchor_of(root))
        good = issue(company, get_key(), ROOT, get_key("root"), usage=CA)
        self.assertLeads(leaf, [good], anchor_of(root))
        self.assertProvesNothing(leaf, [good], anchor_of(root), moment=NOW + timedelta(days=500))

    def test_the_length_of_a_path_is_kept_to(self):
        names = [make_name((NameOID.COMMON_NAME, f"CA {number}")) for number in range(12)]
        keys = [get_key(f"path {number % 3}") for number in range(12)]

        def link(number, **options):
            above = max(number - 1, 0)
            return issue(
                names[number], keys[number], names[above], keys[above], usage=CA, **options
            )

        leaf = issue(issuer=names[2], issuer_key=keys[2])
        short = link(0, extensions=(constraints(path_length=1),))
        self.assertProvesNothing(leaf, [link(1), link(2)], anchor_of(short))
        long_enough = link(0, extensions=(constraints(path_length=2),))
        self.assertLeads(leaf, [link(1), link(2)], anchor_of(long_enough))
        deep = issue(issuer=names[11], issuer_key=keys[11])
        self.assertProvesNothing(deep, [link(n) for n in range(1, 12)], anchor_of(link(0)))

    def test_circles_and_crowds_end(self):
        a, b = (make_name((NameOID.COMMON_NAME, name)) for name in "ab")
        circle = [
            issue(a, get_key("x1"), b, get_key("x2"), usage=CA),
            issue(b, get_key("x2"), a, get_key("x1"), usage=CA),
        ]
        leaf = issue(issuer=a, issuer_key=get_key("x1"))
        self.assertProvesNothing(leaf, circle, anchor_of(get_chain()[1]))
        crowd = [
            issue(name, get_key(key), issuer, get_key(issuer_key), usage=CA)
            for (name, key), (issuer, issuer_key) in itertools.product(
                ((a, "x1"), (b, "x2")), repeat=2
            )
            for _time in range(30)
        ]
        start = time.process_time()
        self.assertProvesNothing(leaf, crowd, anchor_of(get_chain()[1]))
        self.assertLess(time.process_time() - start, 3)

    def test_what_cannot_be_read_proves_nothing_and_hides_nothing(self):
        sub, root = get_chain()
        policies = own_samples.ODD_POLICIES
        odd = issue(ROOT, get_key("root"), ROOT, get_key("root"), usage=CA, extensions=(policies,))
        with self.assertRaises(ValueError):
            list(odd.extensions)
        self.assertLeads(issue(), [sub], anchor_of(odd))
        self.assertEqual(tool.read_anchor(tool.to_pem(odd), NOW).sha256, tool.get_sha256(odd))
        leaf = issue(extensions=(policies,))
        self.assertLeads(leaf, [sub], anchor_of(root))
        for junk in (b"", b"junk", tool.to_pem(leaf)[:-200]):
            self.assertEqual(tool.find_chain(junk, [], (anchor_of(root),), NOW), [])
            self.assertTrue(
                tool.find_chain(
                    tool.to_pem(leaf), [junk, tool.to_pem(sub)], (anchor_of(root),), NOW
                )
            )

    def test_which_file_becomes_an_anchor(self):
        sub, root = get_chain()
        for certificate, is_root in ((root, True), (sub, False)):
            facts = tool.read_anchor(tool.to_pem(certificate), NOW)
            self.assertEqual((facts.is_root, facts.sha256), (is_root, tool.get_sha256(certificate)))
        der = tool.read_anchor(root.public_bytes(own_samples.serialization.Encoding.DER), NOW)
        self.assertEqual(der.sha256, tool.get_sha256(root))
        for code, data in (
            ("empty", b""),
            ("too_large", b"-" * 70_000),
            ("not_certificate", b"a text"),
            ("several", to_pem(root, sub)),
            ("not_authority", to_pem(issue())),
            (
                "weak_key",
                to_pem(
                    issue(
                        ROOT,
                        own_samples.get_small_key(),
                        ROOT,
                        own_samples.get_small_key(),
                        usage=CA,
                    )
                ),
            ),
            ("damaged", to_pem(issue(ROOT, get_key("root"), ROOT, get_key("x1"), usage=CA))),
            (
                "expired",
                to_pem(
                    issue(
                        ROOT,
                        get_key("root"),
                        ROOT,
                        get_key("root"),
                        usage=CA,
                        started_days_ago=9,
                        days=8,
                    )
                ),
            ),
        ):
            with self.subTest(code), self.assertRaises(tool.AnchorRefused) as refused:
                tool.read_anchor(data, NOW)
            self.assertEqual(refused.exception.code, code)
            self.assertIn(code, tool.CODES)


class TrustCommon:
    def trust(self, certificate, user=None):
        """Let the administrator add a certificate, as the form saves it."""
        anchors = self.env[ANCHOR].with_user(user or self.system_user)
        anchor = anchors.create({"file": base64.b64encode(to_pem(certificate))})
        self.env.invalidate_all()
        return anchor


@tagged("post_install", "-at_install")
class TestClaimedIssuer(TrustCommon, OwnCertificateCommon, HttpCase):
    """Attack 14: a self-made authority under the name of an accredited one."""

    def load_claiming(self, **options):
        """Load a certificate of an authority that somebody made and called as they liked."""
        gse = make_name((NameOID.COMMON_NAME, "Autoridad Subordinada 01 GSE"))
        key = get_key("false")
        activation = self.get_own()
        data = own_samples.make_p12(
            issue(issuer=gse, issuer_key=key, days=11_000, **options),
            chain=[issue(gse, key, gse, key, usage=CA)],
        )
        self.assertEqual(self.load(activation, data), {}, "it is not refused")
        return activation

    def get_row(self, user=None):
        boards = self.env["certificate.board"].with_user(user or self.manager_a)
        return boards.search([("company_id", "=", self.company_a.id)])

    def test_14_a_claimed_issuer_is_said_everywhere(self):
        activation = self.load_claiming()
        wizard = self.get_wizard(activation.action_open_wizard())
        self.assertFalse(wizard.own_certificate["is_verified"])
        self.assertIn(activation.issuer_sentence, wizard.own_certificate["warnings"])
        labels = [label for label, _value in wizard.own_certificate["rows"]]
        self.assertFalse({"Issued by", "Subscriber"} & set(labels), "what is claimed is said to be")
        wizard.action_finish()
        self.assertEqual((activation.state, activation.issuer_level), ("active", "unknown"))
        self.assertTrue(self.get_alert(wizard, "issuer"))
        self.assertEqual(self.get_row().issuer_level, "unknown")
        verified = activation._verify_record(activation.record_code)
        self.assertEqual((verified["state"], verified["is_verified"]), ("active", False))
        self.assertIsNone(activation.record_facts["certificate"]["anchor"])

    def test_14_the_public_page_does_not_say_that_it_is_in_force_and_no_more(self):
        activation = self.load_claiming()
        activation.action_finish()
        self.env.flush_all()
        page = self.url_open(f"{VERIFY_PATH}/{activation.record_code}")
        self.assertEqual(page.status_code, 200)
        self.assertIn('name="in_force_unverified"', page.text)
        self.assertNotIn('name="in_force"', page.text)

    def test_14_pinning_the_root_looks_anew(self):
        activation = self.get_own()
        self.load(activation, own_samples.make_p12(chain=get_chain()))
        activation.action_finish()
        self.assertEqual(activation.issuer_level, "unknown")
        anchor = self.trust(get_chain()[1])
        self.assertEqual(activation.issuer_level, "anchored")
        self.assertEqual(activation.issuer_anchor_id, anchor.with_user(self.user_a))
        self.assertFalse(activation.issuer_sentence)
        self.assertEqual(self.get_row().issuer_level, "anchored")
        self.assertTrue(activation._verify_record(activation.record_code)["is_verified"])
        described = activation._describe_certificate()
        self.assertTrue(described["is_verified"])
        anchor.active = False
        self.env.invalidate_all()
        self.assertEqual(activation.issuer_level, "unknown")
        anchor.active = True
        self.env.invalidate_all()
        self.assertEqual(activation.issuer_level, "anchored")
        # What somebody else trusts no more at this moment is not seen here; the cron looks again.
        self.env.cr.execute("UPDATE certificate_trust_anchor SET active = FALSE")
        self.env.invalidate_all()
        self.assertEqual(activation.issuer_level, "anchored")
        self.env.ref(CRON_VALIDITY).method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(activation.issuer_level, "unknown")
        anchor.active = True
        self.assertEqual(activation.issuer_level, "anchored")
        anchor.unlink()
        self.env.invalidate_all()
        self.assertEqual((activation.issuer_level, activation.state), ("unknown", "active"))

    def test_14_the_record_names_what_it_was_verified_by(self):
        anchor = self.trust(get_chain()[1])
        activation = self.get_own()
        self.load(activation, own_samples.make_p12(chain=get_chain()[:1]))
        activation.action_finish()
        facts = activation.record_facts["certificate"]
        self.assertEqual(facts["anchor"]["sha256"], anchor.sha256)

    def test_14_a_false_authority_does_not_pass_beside_a_pinned_one(self):
        self.trust(get_chain()[1])
        false = issue(ROOT, get_key("false"), ROOT, get_key("false"), usage=CA)
        sub = issue(AUTHORITY, get_key("false 2"), ROOT, get_key("false"), usage=CA)
        activation = self.get_own()
        data = own_samples.make_p12(
            issue(issuer_key=get_key("false 2")), chain=[sub, false, *get_chain()]
        )
        self.assertEqual(self.load(activation, data), {})
        self.assertEqual(activation.issuer_level, "unknown")

    def test_14_a_lent_certificate_is_judged_likewise(self):
        activation = self.get_active()
        self.assertEqual(activation.issuer_level, "unknown")
        self.assertTrue(activation.issuer_sentence)
        self.assertFalse(activation._verify_record(activation.record_code)["is_verified"])

    def test_14_only_the_administrator_pins(self):
        root = base64.b64encode(to_pem(get_chain()[1]))
        anchor = self.trust(get_chain()[1])
        for user in (self.user_a, self.manager_a, self.custodian):
            anchors = self.env[ANCHOR].with_user(user)
            self.assertIn(anchor.id, anchors.search([]).ids, "everybody reads them")
            for change in (
                lambda anchors=anchors: anchors.create({"file": root}),
                lambda anchors=anchors: anchors.browse(anchor.id).write({"active": False}),
                lambda anchors=anchors: anchors.browse(anchor.id).unlink(),
            ):
                with self.assertRaises(AccessError):
                    change()
        own = anchor.with_user(self.system_user)
        other = base64.b64encode(to_pem(get_chain()[0]))
        for vals in ({"sha256": "0" * 64}, {"certificate": "x"}, {"name": "x"}):
            with self.subTest(vals), self.assertRaises(AccessError):
                own.write(vals)
            with self.subTest(vals), self.assertRaises(AccessError):
                own.create({"file": other, **vals})
        with self.assertRaises(UserError):
            own.write({"file": other})
        for file in (False, base64.b64encode(to_pem(issue())), "no base64"):
            with self.subTest(file), self.assertRaises(ValidationError):
                own.create({"file": file})

    def test_14_the_form_adds_one(self):
        form = Form(self.env[ANCHOR].with_user(self.system_user))
        form.file = base64.b64encode(to_pem(get_chain()[1]))
        anchor = form.save()
        self.assertEqual(anchor.sha256, tool.get_sha256(get_chain()[1]))
        self.assertTrue(anchor.is_root and anchor.date_end and anchor.subject)

    def test_what_comes_with_the_add_on_is_a_fingerprint_and_can_be_completed(self):
        anchor = self.env.ref(f"{MODULE}.certificate_trust_anchor_certicamara")
        self.assertFalse(anchor.certificate)
        self.assertTrue(anchor.is_root)
        with self.assertRaises(UserError):
            anchor.with_user(self.system_user).file = base64.b64encode(to_pem(get_chain()[1]))

    def test_every_refusal_has_its_sentence(self):
        anchors = self.env[ANCHOR]
        self.assertEqual(len({anchors._get_refusal(code) for code in tool.CODES}), len(tool.CODES))


@tagged("post_install", "-at_install")
class TestReview(TrustCommon, RightLetterCommon):
    """Attack 15: the borrower reviews himself."""

    def get_finished(self):
        """A picture of a cat activates, as it always did."""
        self.attach(self.activation)
        self.activation.action_finish()
        self.assertEqual(self.activation.state, "active")
        return self.activation

    def accept(self, user=None, activation=None):
        """Click the button of the list."""
        activation = (activation or self.activation).with_user(user or self.custodian)
        action = self.env.ref(f"{MODULE}.certificate_activation_review_action")
        action.with_env(activation.env).with_context(
            active_model=activation._name, active_id=activation.id, active_ids=activation.ids
        ).sudo(False).run()
        self.env.invalidate_all()

    def reject(self, reason="This is a cat.", user=None, activation=None):
        dialogs = self.env["certificate.reason.wizard"].with_user(user or self.custodian)
        activation = activation or self.activation
        dialogs.create({"letter_id": activation.id, "reason": reason}).action_confirm()
        self.env.invalidate_all()

    def get_told(self, kind, user):
        return self.activation.sudo().activity_search([kind], user_id=user.id)

    def assertSigns(self):
        custody.open_signing_key(self.activation)

    def assertSignsNothing(self):
        with self.assertRaises(UserError):
            custody.open_signing_key(self.activation)

    def test_15_the_lender_is_told_and_reviews(self):
        activation = self.get_finished()
        self.assertEqual(activation.letter_review, "waiting")
        self.assertTrue(self.get_told(ACTIVITY_LETTER, self.custodian))
        self.assertFalse(self.get_told(ACTIVITY_LETTER, self.manager_a))
        self.assertSigns()
        self.assertTrue(self.get_alert(self.wizard, "letter_review"))
        action = self.env["ir.actions.actions"]._for_xml_id(
            f"{MODULE}.certificate_letter_review_action"
        )
        here = self.env["certificate.activation"].with_user(self.custodian)
        own = here.with_context(allowed_company_ids=self.seller.ids)
        self.assertIn("letter_review", action["domain"])
        found = own.search([("route", "=", "loan"), ("letter_review", "=", "waiting")])
        self.assertEqual(found.ids, activation.ids)
        self.assertTrue(found.can_review_letter and found.signed_letter)
        self.accept()
        self.assertEqual(
            (activation.letter_review, activation.signed_letter_match), ("accepted", "reviewed")
        )
        self.assertEqual(activation.letter_reviewed_by_id, self.custodian)
        self.assertFalse(self.get_told(ACTIVITY_LETTER, self.custodian))

    def test_15_nobody_else_reviews(self):
        activation = self.get_finished()
        outsider = samples.make_user(
            self.env,
            "Omar",
            "certificate_false_custodian",
            self.company_a,
            f"{MODULE}.group_certificate_custodian",
        )
        employee = samples.make_user(
            self.env,
            "Elsa",
            "certificate_seller_manager",
            self.seller | self.company_a,
            f"{MODULE}.group_certificate_manager",
        )
        for user in (self.user_a, self.manager_a, outsider, employee, self.user_b, self.stranger):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    self.accept(user)
                with (
                    self.assertRaises(AccessError),
                    mute_logger("odoo.addons.base.models.ir_model"),
                ):
                    self.reject(user=user)
                for vals in (
                    {"signed_letter_match": "reviewed"},
                    {"letter_review": "accepted"},
                    {"letter_reviewed_by_id": user.id},
                ):
                    with self.assertRaises(AccessError):
                        activation.with_user(user).write(vals)
                with self.assertRaises(UserError):
                    activation.with_user(user).sudo()._accept_letter()
        self.assertEqual(activation.letter_review, "waiting")
        own = activation.with_user(outsider)
        self.assertFalse(own.can_review_letter)

    def test_15_a_rejected_letter_stops_signing_and_loses_nothing(self):
        activation = self.get_finished()
        period = activation.date_start, activation.date_end
        code, payment = activation.letter_code, activation.payment_status
        with self.assertRaises(UserError):
            self.reject(" ")
        self.reject("This is a cat.")
        self.assertEqual((activation.state, activation.letter_review), ("active", "rejected"))
        self.assertSignsNothing()
        self.assertIn("This is a cat", activation.letter_review_sentence)
        told = self.get_told(ACTIVITY_NEXT_STEP, self.user_a)
        self.assertIn("This is a cat", told.note)
        self.assertEqual(activation.letter_code, code)
        voided = activation.with_user(self.manager_a).voided_letter_ids
        self.assertEqual((voided.reason, bool(voided.signed_letter)), ("rejected", True))
        # The page is at the letter again, and the old file does not do.
        wizard = self.get_wizard(activation.action_open_wizard())
        self.assertEqual(wizard.step, "process")
        self.assertFalse(wizard.can_finish)
        with self.assertRaises(ValidationError):
            self.attach(activation)
        with self.assertRaises(UserError):
            wizard.action_finish()
        self.attach_scan()
        self.assertEqual(activation.signed_letter_match, "match")
        self.assertSignsNothing()
        wizard.action_finish()
        self.assertEqual(activation.letter_review, "waiting", "also when its code was read")
        self.assertSignsNothing()
        self.assertTrue(self.get_told(ACTIVITY_LETTER, self.custodian))
        with self.assertRaises(UserError):
            activation.action_delete_signed_letter()
        record = activation.record_code
        self.accept()
        self.assertSigns()
        self.assertEqual((activation.date_start, activation.date_end), period)
        self.assertEqual(activation.payment_status, payment)
        self.assertEqual(activation.record_code, record)
        letter = activation.record_facts["letter"]
        self.assertEqual(
            (letter["match"], letter["review"], letter["reviewed_by"]),
            ("match", "accepted", self.custodian.name),
        )
        self.assertEqual(activation.record_facts["user"]["login"], self.user_a.login)
        self.assertTrue(activation._read_record().startswith(b"%PDF"))
        with self.assertRaises(UserError):
            self.reject()

    def test_15_the_data_of_a_rejected_letter_can_be_corrected(self):
        activation = self.get_finished()
        self.reject("Another person is the representative.")
        self.fill(activation, representative_name="Ana")
        self.assertFalse(activation.letter_code)
        activation.action_download_letter()
        self.attach_scan()
        activation.action_finish()
        self.accept()
        self.assertSigns()
        self.assertEqual(activation.record_facts["representative"]["name"], "Ana Pérez Gómez")

    def test_15_nothing_signs_before_the_review_where_the_lender_wants_it(self):
        self.seller.sudo().certificate_sign_after_review = True
        self.attach_scan()
        self.activation.action_finish()
        self.assertEqual(self.activation.signed_letter_match, "match")
        self.assertEqual(
            (self.activation.state, self.activation.letter_review), ("active", "waiting")
        )
        self.assertSignsNothing()
        self.assertTrue(self.wizard.is_signing_blocked)
        row = self.env["certificate.board"].with_user(self.manager_a)
        row = row.search([("company_id", "=", self.company_a.id)])
        self.assertEqual(
            (row.is_signing_blocked, row.letter_review, row.light), (True, "waiting", "grey")
        )
        verified = self.activation._verify_record(self.activation.record_code)
        self.assertTrue(verified["is_blocked"])
        mails = self.env["mail.message"].sudo()
        before = mails.search_count([("partner_ids", "in", self.user_a.partner_id.ids)])
        self.accept()
        self.assertSigns()
        after = mails.search_count([("partner_ids", "in", self.user_a.partner_id.ids)])
        self.assertEqual(after, before + 1, "who waits is told")
        self.assertFalse(self.activation._verify_record(self.activation.record_code)["is_blocked"])

    def test_15_it_holds_for_renewals_and_for_switching_over(self):
        self.attach_scan()
        self.activation.action_finish()
        self.assertFalse(self.activation.letter_review)
        self.seller.sudo().certificate_sign_after_review = True
        self.env.invalidate_all()
        self.assertSigns()
        former = self.activation
        day = former.date_end - timedelta(days=20)
        with freeze_time(datetime.combine(day, datetime.min.time()) + timedelta(hours=17)):
            self.env.invalidate_all()
            # The certificate that is lent ends before; what is tried here is the review.
            self.seller.sudo().certificate_lent_id = samples.store_certificate(
                self.seller.sudo(), days=900
            )
            renewal = former._renew()
            self.pay(renewal)
            renewal.action_continue()
            self.fill(renewal)
            renewal.action_download_letter()
            self.activation = renewal
            self.attach_scan()
            renewal.action_finish()
            self.assertEqual((renewal.letter_review, bool(renewal.switch_on)), ("waiting", True))
            with self.assertRaises(UserError):
                renewal._switch_now()
            self.assertEqual(former.state, "active")
            custody.open_signing_key(former)
            switch_on = renewal.switch_on
            self.reject("The signature is missing.")
            self.assertEqual(self.get_wizard(renewal.action_open_wizard()).step, "process")
            custody.open_signing_key(former)
            self.attach_bytes(letter_samples.letter_scan(renewal.letter_code, dpi=200))
            renewal.action_finish()
            self.assertEqual((renewal.letter_review, renewal.switch_on), ("waiting", switch_on))
            self.assertEqual(renewal.state, "process")
        with freeze_time(
            datetime.combine(renewal.switch_on, datetime.min.time()) + timedelta(hours=17)
        ):
            self.env.invalidate_all()
            self.assertSignsNothing()
            self.env["certificate.activation"].sudo()._follow_switches()
            self.assertEqual(renewal.state, "active")
            self.assertSignsNothing()
            self.accept()
            self.assertSigns()

    def test_15_a_digital_signature_of_a_stranger_is_no_signature(self):
        letter = self.get_report(self.activation)
        name = "María Fernanda Pérez Gómez"
        for kind, signer in (
            ("self-made", letter_samples.make_signer(name)),
            (
                "self-made and expired",
                letter_samples.signer_of(
                    issue(
                        make_name((NameOID.COMMON_NAME, name), (NameOID.SERIAL_NUMBER, "52123456")),
                        get_key("person"),
                        AUTHORITY,
                        get_key("x9"),
                        started_days_ago=9,
                        days=8,
                    ),
                    get_key("person"),
                    [],
                ),
            ),
        ):
            with self.subTest(kind):
                self.attach_bytes(letter_samples.signed_pdf(letter, signer))
                self.assertEqual(self.activation.signed_letter_match, "unread")
                self.assertEqual(self.activation.signed_letter_signers, name, "a claim")
        self.activation.action_finish()
        self.assertEqual(self.activation.letter_review, "waiting")

    def test_15_a_digital_signature_counts_when_it_leads_to_a_trusted_root(self):
        self.trust(get_chain()[1])
        letter = self.get_report(self.activation)
        for kind, number, options in (
            ("unread", "79123456", {}),
            ("unread", "52123456", {"started_days_ago": 9, "days": 8}),
            ("signature", "52123456", {}),
            ("signature", "900987321", {}),
        ):
            with self.subTest(kind, number=number):
                signer = letter_samples.make_trusted_signer(number=number, **options)
                self.attach_bytes(letter_samples.signed_pdf(letter, signer))
                self.assertEqual(self.activation.signed_letter_match, kind)
        self.activation.action_finish()
        self.assertFalse(self.activation.letter_review)
        self.assertEqual(
            self.activation.record_facts["letter"]["anchors"], "ROOT CA ANDES SCD S.A."
        )


@tagged("post_install", "-at_install")
class TestFourEyes(ReceiptCommon):
    """Attack 16: receipts are approved by their own senders."""

    def assertRefused(self, receipt, user):
        # The page says so instead of showing a button.
        self.assertTrue(receipt.with_user(user).approval_sentence)
        with self.assertRaises(UserError):
            self.approve(receipt, user)
        self.assertEqual(receipt.state, "waiting")

    def test_16_who_sent_a_receipt_does_not_approve_it(self):
        receipt = self.get_sent(self.manager_a)
        self.assertRefused(receipt, self.manager_a)
        self.assertFalse(receipt.with_user(self.custodian).approval_sentence)
        self.approve(receipt, self.custodian)
        self.assertEqual(receipt.state, "approved")
        self.assertFalse(receipt.with_user(self.manager_a).approval_sentence)

    def test_16_nor_who_wrote_it_and_let_somebody_send_it(self):
        wizard = self.open(self.manager_a)
        self.fill_receipt(wizard)
        self.send(self.open(self.user_a))
        receipt = wizard.receipt_id
        self.assertEqual(receipt.sudo().sent_by_id, self.user_a)
        self.assertRefused(receipt, self.manager_a)
        for vals in (
            {"sent_by_id": self.user_b.id},
            {"author_ids": [Command.clear()]},
            {"create_uid": self.user_b.id},
        ):
            with self.assertRaises(UserError):
                receipt.with_user(self.manager_a).write(vals)
        self.assertRefused(receipt, self.manager_a)
        self.reject(receipt, user=self.manager_a)
        self.assertEqual(receipt.state, "rejected", "anybody rejects")

    def test_16_nor_who_sent_it_again(self):
        receipt = self.get_sent(self.user_a)
        self.reject(receipt)
        wizard = self.open(self.manager_a)
        self.fill_receipt(wizard, receipt_reference="FV-1002")
        self.send(wizard)
        self.assertRefused(receipt, self.manager_a)

    def test_16_one_manager_alone_approves_and_the_history_says_so(self):
        others = self.env["res.users"].search([("id", "!=", self.manager_a.id)])
        group = self.env.ref(f"{MODULE}.group_certificate_manager")
        for user in others.filtered(
            lambda user: group in user.all_group_ids and self.company_a in user.company_ids
        ):
            user.sudo().write(
                {
                    "company_id": self.company_b.id,
                    "company_ids": [
                        Command.link(self.company_b.id),
                        Command.unlink(self.company_a.id),
                    ],
                }
            )
        receipt = self.get_sent(self.manager_a)
        said = len(receipt.sudo().message_ids)
        self.approve(receipt)
        self.assertEqual(receipt.state, "approved")
        bodies = receipt.sudo().message_ids[:-said].mapped("body")
        self.assertTrue(any(self.manager_a.name in str(body) for body in bodies))

    def test_16_where_everybody_wrote_it_the_sender_gives_way(self):
        receipt = self.get_sent(self.manager_a)
        group = f"{MODULE}.group_certificate_manager"
        receipt.sudo().author_ids = self.company_a.sudo()._find_certificate_users(group)
        self.assertRefused(receipt, self.manager_a)
        self.approve(receipt, self.custodian)
        self.assertEqual(receipt.state, "approved")


@tagged("post_install", "-at_install")
class TestClaimsOnScreen(TrustCommon, RightLetterCommon, HttpCase):
    def test_the_public_page_says_what_is_not_verified_and_not_accepted(self):
        self.attach(self.activation)
        self.activation.action_finish()

        def see():
            page = self.url_open(f"/certificate/verify/{self.activation.record_code}")
            self.assertEqual(page.status_code, 200)
            return page.text

        self.assertIn('name="in_force_unverified"', see())
        self.assertNotIn('name="in_force"', see())
        self.seller.sudo().certificate_sign_after_review = True
        self.assertIn('name="blocked"', see())
        self.activation.with_user(self.custodian)._accept_letter()
        self.assertIn('name="in_force_unverified"', see())
        public = custody.load_certificate(self.activation.sudo().certificate_id)
        # Signed by itself, as the samples are: whoever pins it trusts it.
        self.env[ANCHOR].sudo().create({"name": "Sample", "sha256": tool.get_sha256(public)})
        self.env.flush_all()
        self.assertIn('name="in_force_unverified"', see(), "it is of no authority")
