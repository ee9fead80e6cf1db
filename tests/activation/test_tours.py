import base64
import io
from datetime import datetime, timedelta

from pypdf import PdfReader

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...const import GROUP_MANAGER, MODULE, REQUEST_URL, WIZARD_PATH
from ...models.keys import custody
from ...tools import certificate_chain
from ...tools.pdf_check import MAX_SIZE
from ..common import letter_samples, own_samples, pdf_samples, person_files, samples
from ..common.case import CertificateCommon
from ..common.invoicing import ElectronicInvoicingCommon
from ..common.tours import TourCase

# Keeps and takes what was typed in the tab of a page; a frame has the storage of its tab.
DRAFTS = """
const draft = odoo.loader.modules.get("%(module)s");
const left = () => JSON.stringify(sessionStorage).includes("typed");
const expect = (isSo, what) => {
    if (!isSo) {
        throw new Error(what);
    }
};
const keep = (owner = draft.ME) => draft.keepDraft(owner, "form", { name: "typed" });
const open = async (path) => {
    const frame = document.createElement("iframe");
    frame.src = path;
    document.body.append(frame);
    const isLoaded = () => frame.contentWindow.odoo?.loader?.modules.has("%(module)s");
    while (!isLoaded()) {
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    frame.remove();
};
const logOut = () => fetch("/web/session/logout?redirect=/web/login");
(async () => {
    keep();
    expect(draft.takeDraft(draft.ME, "form").name === "typed", "It does not come back.");
    expect(!left(), "What came back stays in the tab.");
    keep();
    expect(draft.takeDraft("contact.7", "form") === null, "Another one gets it.");
    expect(!left(), "Another one can read it.");
    keep();
    await open("/my");
    expect(left(), "A page of the same session drops it.");
    keep("user.0");
    draft.dropLeftDrafts(draft.ME); // as this page did when it was loaded; it opens in no frame
    expect(!left(), "What another user typed is still there.");
    keep();
    await logOut();
    await open("/web/login");
    expect(!left(), "It is still there after the log-out.");
    keep();
    await logOut();
    await open("/web/login");
    expect(left(), "It is gone although its session ended by itself.");
    const key = Object.keys(sessionStorage).find((one) => one.includes("draft"));
    const old = JSON.parse(sessionStorage[key]);
    sessionStorage[key] = JSON.stringify({ ...old, on: old.on - 24 * 60 * 60 * 1000 });
    expect(draft.takeDraft(draft.ME, "form") === null, "It is kept for ever.");
    console.log("test successful");
})().catch((error) => console.error(error.message));
"""


@tagged("post_install", "-at_install")
class TestTours(CertificateCommon, TourCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        scan = pdf_samples.scan_pdf(2)
        certificate = own_samples.issue()
        for name, content in (
            ("scan", scan),
            ("sharper", pdf_samples.scan_pdf(1)),
            ("large", pdf_samples.padded_pdf(MAX_SIZE + 1, scan)),
            ("p12", own_samples.make_p12(certificate)),
            ("pem", own_samples.to_pem(certificate)),
            ("subscriber", own_samples.to_pem(certificate)),
            ("root", own_samples.to_pem(own_samples.get_chain()[1])),
        ):
            cls.serve_to_tours(name, content)

    def test_an_invoicing_user_walks_from_the_menu_to_an_active_certificate(self):
        self.sell_by_demo_provider()
        self.start_tour(
            "/odoo/electronic-process", "certificate_activation_buy", login=self.user_a.login
        )
        self.start_tour(WIZARD_PATH, "certificate_activation_flow", login=self.user_a.login)
        activation = self.company_a._get_active_certificate_activation()
        self.assertEqual(activation.create_uid, self.user_a)
        self.assertEqual(activation.payment_status, "paid")
        self.assertEqual(activation.representative_vat, "52123456")
        self.assertEqual(activation.signed_letter_pages, 2)

    def test_the_seller_is_led_to_what_it_sells(self):
        self.system_user.write(
            {"company_id": self.seller.id, "company_ids": [Command.link(self.seller.id)]}
        )
        self.start_tour(WIZARD_PATH, "certificate_lender_page", login=self.system_user.login)

    def test_a_payment_that_fails_and_one_that_hangs_leave_a_way_on(self):
        activation = self.start()
        self.sell_by_demo_provider()
        self.start_tour(
            WIZARD_PATH, "certificate_activation_buy_in_vain", login=self.manager_a.login
        )
        activation.invalidate_recordset()
        self.assertEqual((activation.state, activation.payment_status), ("pay", "failed"))
        transactions = activation.sudo().payment_move_id.transaction_ids
        self.assertEqual(transactions.mapped("state"), ["error", "error"])

    def test_a_certificate_that_ends_is_renewed_from_the_six_steps(self):
        activation = self.get_active()
        today = activation._get_today()
        activation.sudo().write(
            {"date_start": today - timedelta(days=344), "date_end": today + timedelta(days=20)}
        )
        self.sell_by_demo_provider()
        self.start_tour(
            "/odoo/electronic-process", "certificate_activation_renewal", login=self.user_a.login
        )
        renewal = activation.search([("renewal_of_id", "=", activation.id)])
        self.assertEqual(renewal.switch_on, today + timedelta(days=21))
        self.assertEqual(self.company_a._get_active_certificate_activation(), activation)

    def test_a_manager_renews_many_companies_from_the_board(self):
        other = self.env["res.company"].create({"name": "Cliente nuevo"})
        companies = self.company_a | self.company_b
        user = samples.make_user(
            self.env, "Contadora", "certificate_board", companies | other, GROUP_MANAGER
        )
        activations = self.env["certificate.activation"].sudo()
        today = activations._get_today()
        activations.create(
            [
                {
                    "company_id": company.id,
                    "state": "active",
                    "date_start": today - timedelta(days=344),
                    "date_end": today + timedelta(days=20),
                }
                for company in companies
            ]
        )
        switched_on = "-".join(map(str, (companies | other).ids))
        self.start_tour(
            "/odoo/certificate-board",
            "certificate_board_renewal",
            login=user.login,
            cookies={"cids": switched_on},
        )
        begun = activations.search([("state", "=", "pay")])
        self.assertEqual(begun.company_id, companies)
        self.assertEqual(len(begun.renewal_of_id), 2)

    def test_missing_fields_and_wrong_files_are_refused_where_they_are(self):
        activation = self.start()
        self.pay(activation)
        activation.action_continue()
        with mute_logger("odoo.http"):
            self.start_tour(WIZARD_PATH, "certificate_activation_refusals", login=self.user_a.login)
        activation.invalidate_recordset()
        self.assertEqual(activation.state, "process")
        self.assertFalse(activation.signed_letter_sha256)
        self.assertTrue(activation.letter_code)
        self.assertEqual(activation.representative_surname, "Pérez")

    def test_what_was_typed_is_for_whoever_typed_it_until_they_log_out(self):
        module = f"@{MODULE}/connection/draft"
        self.browser_js(
            "/odoo",
            DRAFTS % {"module": module},
            ready=f"odoo.loader.modules.has('{module}')",
            login=self.user_a.login,
        )

    def test_nothing_is_lost_or_done_twice_when_the_line_is_bad_or_the_session_ends(self):
        activation = self.start()
        self.pay(activation)
        activation.action_continue()
        with mute_logger("odoo.http"):  # the session that ended
            self.start_tour(WIZARD_PATH, "certificate_activation_bad_line", login=self.user_a.login)
        activation.invalidate_recordset()
        self.assertEqual(activation.representative_name, "Renata")
        self.assertEqual(activation.signed_letter_filename, "sharper.pdf")
        files = self.env["ir.attachment"].search_count(
            [
                ("res_model", "=", activation._name),
                ("res_id", "=", activation.id),
                ("res_field", "=", "signed_letter"),
            ]
        )
        self.assertEqual(files, 1)

    def test_a_large_scan_and_photos_become_a_pdf_that_is_looked_at_first(self):
        activation = self.get_downloaded()
        self.start_tour(WIZARD_PATH, "certificate_activation_conversion", login=self.user_a.login)
        activation.invalidate_recordset()
        self.assertEqual(activation.signed_letter_pages, 2)
        self.assertLess(activation.signed_letter_size, MAX_SIZE)

    def test_photos_of_a_telephone_stand_in_the_order_in_which_they_were_taken(self):
        activation = self.get_downloaded()
        first = letter_samples.letter_page(None, dpi=72)
        second = first.rotate(90, expand=True)
        self.serve_to_tours("first", person_files.photo(first, datetime(2026, 3, 2, 10, 15)))
        self.serve_to_tours("second", person_files.photo(second, datetime(2026, 3, 2, 10, 16)))
        self.browser_size = "390x844"
        self.start_tour(
            "/odoo/electronic-process", "certificate_activation_photos", login=self.user_a.login
        )
        activation.invalidate_recordset()
        data = base64.b64decode(activation.with_context(bin_size=False).sudo().signed_letter)
        sizes = [page.mediabox for page in PdfReader(io.BytesIO(data)).pages]
        self.assertEqual([size.width < size.height for size in sizes], [True, False])

    def test_a_company_brings_its_own_certificate(self):
        loan = self.start()
        self.start_tour(WIZARD_PATH, "certificate_activation_own", login=self.user_a.login)
        loan.invalidate_recordset()
        activation = self.company_a._get_active_certificate_activation()
        self.assertEqual((activation.route, loan.state), ("own", "cancelled"))
        self.assertEqual(
            activation.sudo().certificate_id.subject_common_name, "CAFE DE LA SIERRA SAS"
        )

    def test_a_requested_certificate_is_rejected_sent_again_issued_and_loaded(self):
        def walk(name, user=self.user_a, path=WIZARD_PATH):
            self.start_tour(path, f"certificate_request_{name}", login=user.login)
            self.env.invalidate_all()

        loan = self.get_active()
        walk("start")
        activation = loan._start_request()
        self.pay(activation)
        walk("send")
        request = activation.request_ids
        documents = request.document_ids
        self.assertEqual(documents.mapped("state"), ["waiting"] * 3)
        kept = (documents[0] | documents[2]).mapped("document_sha256")
        walk("reject", self.custodian, REQUEST_URL)
        self.assertEqual(request.state, "rejected")
        with mute_logger("odoo.http"):
            walk("correct")
        documents.invalidate_recordset()
        self.assertEqual(documents.mapped("state"), ["accepted", "waiting", "accepted"])
        self.assertEqual((documents[0] | documents[2]).mapped("document_sha256"), kept)
        walk("issue", self.custodian, REQUEST_URL)
        self.assertEqual((request.state, loan.state), ("issued", "active"))
        walk("load")
        self.assertEqual((activation.state, request.state), ("active", "completed"))
        self.assertEqual(self.company_a._get_active_certificate_activation(), activation)

    def test_a_letter_is_rejected_handed_in_anew_and_accepted_and_nothing_signs_before(self):
        self.speak_spanish(self.user_a, self.custodian)
        self.seller.sudo().certificate_sign_after_review = True
        activation = self.get_active()
        # The letter's own code, so that it waits for the setting alone.
        self.assertEqual(activation.letter_review, "waiting")
        for path, name, user, review in (
            ("/odoo/electronic-process", "reject", self.custodian, "rejected"),
            (WIZARD_PATH, "hand_in", self.user_a, "waiting"),
            ("/odoo/electronic-process", "accept", self.custodian, "accepted"),
        ):
            with self.assertRaises(UserError):
                custody.open_signing_key(activation)
            self.start_tour(path, f"certificate_letter_{name}", login=user.login)
            activation.invalidate_recordset()
            self.assertEqual(activation.letter_review, review)
        self.assertEqual(activation.letter_reviewed_by_id, self.custodian)
        custody.open_signing_key(activation)

    def test_an_administrator_trusts_the_certificate_of_an_authority(self):
        self.speak_spanish(self.system_user)
        with mute_logger("odoo.http"):
            self.start_tour(
                "/odoo/electronic-process", "certificate_trust_add", login=self.system_user.login
            )
        root = own_samples.get_chain()[1]
        anchor = self.env["certificate.trust.anchor"].search(
            [("sha256", "=", certificate_chain.get_sha256(root))]
        )
        self.assertTrue(anchor.is_root)
        self.assertEqual(anchor.create_uid, self.system_user)

    def test_a_custodian_seals_the_keys(self):
        with own_samples.secret():
            self.start_tour(
                "/odoo/certificate-custody", "certificate_custody", login=self.custodian.login
            )
        self.assertTrue(self.seller.sudo().certificate_lent_id.is_key_sealed)


@tagged("post_install", "-at_install")
class TestElectronicProcessTours(ElectronicInvoicingCommon, TourCase):
    def test_what_the_profile_lacks_is_found_and_entered(self):
        self.company_a.sudo().write({"street": False, "city": False})
        with mute_logger("odoo.http"):
            self.start_tour(
                "/odoo/electronic-process", "electronic_process_profile", login=self.manager_a.login
            )
        self.assertEqual(
            (self.company_a.street, self.company_a.city), ("Carrera 43A # 1-50", "Medellín")
        )

    def test_a_user_walks_from_the_test_set_to_the_start_and_an_administrator_back(self):
        self.get_active()
        self.get_journal(self.company_a)
        with mute_logger("odoo.http"):
            self.start_tour(
                "/odoo/electronic-process", "electronic_process_start", login=self.user_a.login
            )
        self.setup_a.invalidate_recordset()
        self.assertEqual(self.setup_a.locked_nit, "900987321-1")
        self.assertEqual(self.setup_a.resolution_id.prefix, "SETP")
        self.assertEqual(self.setup_a.resolution_id.journal_id.code, "FE")
        self.assertEqual(self.setup_a.started_by_id, self.user_a)
        self.start_tour(
            "/odoo/electronic-process", "electronic_process_reset", login=self.system_user.login
        )
        self.setup_a.invalidate_recordset()
        self.assertFalse(self.setup_a.locked_nit or self.setup_a.started_on)
