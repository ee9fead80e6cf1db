"""Which file is taken for the signed letter, and what happens to a letter that becomes void."""

import base64
import io

from pypdf import PdfReader, PdfWriter

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ...const import LETTER_TEMPLATE
from ..common import letter_samples, pdf_samples, person_files
from ..common.letter import RightLetterCommon


def resaved(data):
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


@tagged("post_install", "-at_install")
class TestRightLetter(RightLetterCommon):
    # === THE RIGHT LETTER === #

    def test_the_letter_of_the_activation_is_known_by_its_code(self):
        self.attach_scan()
        self.assertEqual(self.activation.signed_letter_match, "match")
        self.assertIn(self.company_a.name, self.get_alert(self.wizard, "letter_known"))
        self.assertFalse(self.get_alert(self.wizard, "letter_problem"))
        self.activation.action_finish()
        self.assertEqual(self.activation.state, "active")
        self.assertEqual(self.activation.signed_letter_match, "match")

    def test_another_letter_is_refused(self):
        self.attach_scan()
        other = self.get_downloaded(self.user_b)
        self.assertRefused(
            letter_samples.letter_scan(other.letter_code), self.activation.letter_code
        )
        self.assertRefused(self.get_report(other), other.letter_code)

    def test_an_earlier_letter_is_refused_and_the_new_one_named(self):
        earlier = self.activation.letter_code
        self.fill(self.activation, representative_position="Gerente")
        self.assertRefused(letter_samples.letter_scan(earlier), "Save and download")
        self.activation.action_download_letter()
        self.assertRefused(letter_samples.letter_scan(earlier), self.activation.letter_code)
        self.attach_scan()
        self.assertEqual(self.activation.signed_letter_match, "match")

    def test_a_signed_file_is_refused_before_there_is_a_letter(self):
        self.fill(self.activation, representative_position="Gerente")
        self.assertFalse(self.activation.letter_code)
        contract = letter_samples.signed_pdf(pdf_samples.text_pdf("Contrato"))
        self.assertRefused(contract, "download the letter")

    def test_a_letter_signed_on_the_screen_or_restricted_is_taken(self):
        letter = self.get_report(self.activation)
        for kind, data in {
            **person_files.make_signed_on_screen(letter),
            "restricted": person_files.with_password(
                letter_samples.letter_scan(self.activation.letter_code), ""
            ),
        }.items():
            with self.subTest(kind):
                self.attach_bytes(data)
                self.assertIn(self.activation.signed_letter_match, ("unread", "match"))
        self.assertRefused(person_files.with_password(letter, ""), "as you downloaded it")

    def test_a_letter_that_cannot_be_read_does_not_stop_anybody(self):
        self.attach(self.activation)
        self.assertEqual(self.activation.signed_letter_match, "unread")
        self.assertTrue(self.wizard.can_finish)
        self.activation.action_finish()
        self.assertEqual(self.activation.state, "active")

    def test_the_page_that_could_not_be_read_is_named(self):
        code = self.activation.letter_code
        pages = [letter_samples.letter_page(qr) for qr in (f"{code} 2/3", None, None)]
        self.attach_bytes(letter_samples.images_pdf(*pages))
        self.assertEqual(self.activation.signed_letter_match, "unread")
        self.assertEqual(self.activation.signed_letter_unread_pages, "1, 3")
        self.assertIn("1 and 3", self.get_alert(self.wizard, "letter_known"))
        pages[2] = letter_samples.letter_page(f"{code} 1/3")
        self.attach_bytes(letter_samples.images_pdf(*pages))
        self.assertEqual(self.activation.signed_letter_unread_pages, "3")
        self.assertIn("page 3", self.activation.signed_letter_sentence)
        self.attach_scan()
        self.assertFalse(self.activation.signed_letter_unread_pages)

    def test_a_manager_finds_what_could_not_be_read(self):
        self.attach(self.activation)
        self.assertEqual(self.get_found(), self.activation)
        self.attach_bytes(letter_samples.letter_scan(self.activation.letter_code))
        self.assertFalse(self.get_found())
        self.activation.action_delete_signed_letter()
        self.assertFalse(self.activation.signed_letter_match)

    def get_found(self):
        """Return what the managers' filter finds."""
        view = self.env.ref("l10n_co_certificate_activation.certificate_activation_view_search")
        self.assertIn("('signed_letter_match', '=', 'unread')", view.arch)
        return (
            self.env["certificate.activation"]
            .with_user(self.manager_a)
            .search([("signed_letter_match", "=", "unread")])
        )

    def test_the_unsigned_letter_and_blank_pages_are_refused(self):
        letter = self.get_report(self.activation)
        self.assertRefused(letter)
        self.assertRefused(resaved(letter))
        blank = letter_samples.letter_page(None).point(lambda grey: 250)
        self.assertRefused(letter_samples.images_pdf(blank))

    def test_a_digitally_signed_letter_is_verified_and_its_signer_named(self):
        self.trust_root()
        signed = letter_samples.signed_pdf(
            self.get_report(self.activation), letter_samples.make_trusted_signer("María Pérez")
        )
        self.attach_bytes(signed)
        self.assertEqual(self.activation.signed_letter_match, "signature")
        self.assertEqual(self.activation.signed_letter_signers, "María Pérez")
        self.assertIn("María Pérez", self.get_alert(self.wizard, "letter_known"))
        self.assertRefused(resaved(signed))
        other = letter_samples.signed_pdf(self.get_report(self.get_downloaded(self.user_b)))
        self.assertRefused(other)
        self.activation.action_finish()
        self.assertEqual(self.activation.state, "active")

    def test_the_letter_is_read_on_every_way_in(self):
        other = self.get_downloaded(self.user_b)
        scan = base64.b64encode(letter_samples.letter_scan(other.letter_code)).decode()
        for way, save in (
            ("wizard", lambda: self.wizard.web_save({"signed_letter": scan}, {})),
            ("form", lambda: self.activation.web_save({"signed_letter": scan}, {})),
            (
                "two at once",
                lambda: (self.activation | other).sudo().write({"signed_letter": scan}),
            ),
        ):
            with self.subTest(way), self.assertRaises(ValidationError):
                save()
        for vals in ({"signed_letter_match": "match"}, {"signed_letter_signers": "x"}):
            with self.assertRaises(AccessError):
                self.activation.write(vals)

    def test_a_letter_that_slipped_in_is_refused_at_the_end(self):
        self.attach_scan()
        # Behind the back of all checks.
        other = letter_samples.letter_scan(self.get_downloaded(self.user_b).letter_code)
        stored = self.get_file(self.activation, "signed_letter")
        self.alter_file(stored, other)
        self.cr.execute(
            "UPDATE certificate_activation SET signed_letter_sha256 = encode(sha256(%s), 'hex')"
            " WHERE id = %s",
            (other, self.activation.id),
        )
        self.env.invalidate_all()
        with self.assertRaises(ValidationError):
            self.activation.action_finish()
        self.assertEqual(self.activation.state, "process")

    # === VOID LETTERS === #

    def get_voided(self, user=None):
        user = user or self.manager_a
        return self.env["certificate.voided.letter"].with_user(user).search([])

    def edit_template(self):
        view = self.env.ref(LETTER_TEMPLATE)
        view.arch = view.arch.replace("Atentamente,", "Cordialmente,")

    def extend_template(self):
        self.env["ir.ui.view"].create(
            {
                "name": "A postscript",
                "type": "qweb",
                "mode": "extension",
                "inherit_id": self.env.ref(LETTER_TEMPLATE).id,
                "arch": "<xpath expr='//h2' position='after'><p>Anexo</p></xpath>",
            }
        )

    def test_a_change_voids_the_letter_at_once_and_keeps_the_scan(self):
        company, seller = self.company_a.sudo(), self.seller.sudo()
        scan = letter_samples.letter_scan(self.activation.letter_code)
        code = self.activation.letter_code
        for reason, change in (
            ("representative", lambda: self.fill(self.activation, representative_name="Ana")),
            ("company", lambda: company.write({"name": "Café SAS"})),
            ("company", lambda: company.write({"vat": "830114921-1"})),
            ("company", lambda: company.partner_id.write({"street": "Calle 2"})),
            ("company", lambda: seller.partner_id.write({"name": "Firma Lenta SAS"})),
            ("template", self.edit_template),
            ("template", self.extend_template),
        ):
            with self.subTest(reason), self.cr.savepoint() as savepoint:
                self.attach_bytes(scan)
                told = len(self.activation.sudo().message_ids)
                change()
                self.assertFalse(self.activation.letter_code)
                self.assertFalse(self.activation.signed_letter)
                self.assertFalse(self.activation.signed_letter_match)
                self.assertEqual(len(self.activation.sudo().message_ids), told + 1)
                self.assertTrue(self.get_alert(self.wizard, "letter_void"))
                voided = self.get_voided()
                self.assertEqual((voided.reason, voided.letter_code), (reason, code))
                self.assertEqual(
                    base64.b64decode(voided.with_context(bin_size=False).signed_letter), scan
                )
                self.assertEqual(voided.signed_letter_match, "match")
                self.wizard.action_finish()
                self.assertEqual(self.activation.state, "process")
                with self.assertRaises(UserError):
                    self.activation.action_finish()
                self.activation.action_download_letter()
                self.wizard.invalidate_recordset()
                self.assertFalse(self.get_alert(self.wizard, "letter_void"))
                self.attach_scan()
                self.activation.action_finish()
                self.assertEqual(self.activation.state, "active")
                savepoint.rollback()
                self.env.registry.clear_cache("templates")

    def test_the_same_words_typed_again_bring_letter_and_scan_back(self):
        code, name = self.activation.letter_code, self.activation.representative_name
        scan = letter_samples.letter_scan(code)
        self.attach_bytes(scan)
        company = self.company_a.sudo()
        company_name, street = company.name, company.partner_id.street
        for change in (
            lambda text: self.fill(self.activation, representative_name=text),
            lambda text: company.partner_id.write({"street": text}),
            lambda text: company.write({"name": text}),
        ):
            with self.subTest(), self.cr.savepoint() as savepoint:
                change("Otra cosa")
                self.assertFalse(self.activation.letter_code)
                self.fill(self.activation, representative_name=name)
                company.partner_id.street = street
                company.name = company_name
                self.assertEqual(self.activation.letter_code, code)
                self.assertEqual(self.activation.signed_letter_match, "match")
                whole = self.activation.with_context(bin_size=False)
                self.assertEqual(base64.b64decode(whole.signed_letter), scan)
                self.assertFalse(self.get_alert(self.wizard, "letter_void"))
                self.assertEqual(self.get_voided().mapped(lambda v: bool(v.restored_on)), [True])
                # Once more, and then to the end.
                change("Otra vez")
                self.assertFalse(self.activation.letter_code)
                self.fill(self.activation, representative_name=name)
                company.partner_id.street = street
                company.name = company_name
                self.activation.action_finish()
                self.assertEqual(self.activation.state, "active")
                savepoint.rollback()

    def test_a_void_letter_stays_void_with_other_words_and_after_a_rejection(self):
        name = self.activation.representative_name
        self.attach_scan()
        first = self.activation.letter_code
        self.fill(self.activation, representative_name="Ana")
        self.activation.action_download_letter()
        second = self.activation.letter_code
        self.assertNotEqual(first, second)
        # The new letter has no scan, and going back brings that of the first one.
        self.fill(self.activation, representative_name=name)
        self.assertEqual(self.activation.letter_code, first)
        self.assertTrue(self.activation.signed_letter_sha256)
        self.fill(self.activation, representative_name="Anna")
        self.assertFalse(self.activation.letter_code)
        self.fill(self.activation, representative_name="Ana")
        self.assertEqual(self.activation.letter_code, second)
        self.assertFalse(self.activation.signed_letter_sha256)
        self.get_voided().sudo().write({"reason": "rejected", "restored_on": False})
        self.fill(self.activation, representative_name="Anna")
        self.get_voided().sudo().write({"reason": "rejected", "restored_on": False})
        self.fill(self.activation, representative_name="Ana")
        self.assertFalse(self.activation.letter_code)

    def test_a_text_with_which_no_letter_can_be_written_is_refused(self):
        self.attach_scan()
        view = self.env.ref(LETTER_TEMPLATE)
        with self.assertRaises(ValidationError):
            view.arch = view.arch.replace(
                't-out="lender_name"', 't-out="lender_name.no_such_field"'
            )
        self.env.registry.clear_cache("templates")
        self.activation.action_finish()
        self.assertEqual(self.activation.state, "active")

    def test_taking_an_addition_to_the_text_away_voids_the_letter_and_brings_the_former_one_back(
        self,
    ):
        first = self.activation.letter_code
        self.extend_template()
        self.activation.action_download_letter()
        second = self.activation.letter_code
        self.assertTrue(second)
        self.assertNotEqual(first, second)
        self.env.ref(LETTER_TEMPLATE).inherit_children_ids.unlink()
        self.assertEqual(self.activation.letter_code, first)
        self.assertIn(second, self.get_voided().mapped("letter_code"))

    def test_a_change_of_something_else_voids_nothing(self):
        self.attach_scan()
        self.company_a.sudo().partner_id.write({"comment": "A note", "name": self.company_a.name})
        self.company_b.sudo().name = "Flores SAS"
        view = self.env.ref("l10n_co_certificate_activation.exoneration_letter_page")
        view.arch = view.arch.replace('class="page"', 'class="page article"')
        self.assertTrue(self.activation.signed_letter)
        self.assertFalse(self.get_voided())

    def test_a_change_that_nobody_reported_is_noticed_when_the_letter_is_used(self):
        code = self.activation.letter_code
        self.attach_scan()
        self.seller.sudo().certificate_validity_months = 6
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            self.attach_scan(code)
        with self.assertRaises(UserError):
            self.get_report(self.activation)
        with self.assertRaises(UserError):
            self.activation.action_finish()
        # A page that was left open.
        with self.cr.savepoint() as savepoint:
            self.wizard.action_finish()
            self.assertTrue(self.get_alert(self.wizard, "letter_void"))
            self.assertEqual(self.get_voided().letter_code, code)
            savepoint.rollback()
        self.activation.action_open_wizard()
        self.assertFalse(self.activation.letter_code)
        self.assertEqual(self.get_voided().reason, "other")

    def test_who_attached_the_scan_is_told_when_somebody_else_voids_it(self):
        self.attach_scan()
        self.fill(self.activation, representative_name="Ana")
        self.assertFalse(self.activation.sudo().activity_ids)
        self.activation.action_download_letter()
        self.attach_scan()
        self.company_a.with_user(self.system_user).sudo().name = "Café SAS"
        self.assertEqual(self.activation.sudo().activity_ids.user_id, self.user_a)
        self.activation.action_download_letter()
        self.attach_scan()
        self.assertFalse(self.activation.sudo().activity_ids)

    def test_void_letters_are_read_by_the_managers_of_the_company_and_written_by_nobody(self):
        self.attach_scan()
        self.fill(self.activation, representative_name="Ana")
        voided = self.get_voided()
        self.assertTrue(voided.signed_letter)
        stored = self.env["ir.attachment"].search(
            [("res_model", "=", voided._name), ("res_field", "=", "signed_letter")]
        )
        self.assertEqual(len(stored), 1)
        self.assertTrue(stored.with_user(self.manager_a).read(["raw"]))
        for user in (self.user_a, self.user_b, self.stranger):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    voided.with_user(user).read(["signed_letter"])
                with self.assertRaises(AccessError):
                    stored.with_user(user).read(["raw"])
                with self.assertRaises(AccessError):
                    self.activation.with_user(user).read(["voided_letter_ids"])
        self.assertFalse(self.get_voided(self.custodian) - voided)
        for user in (self.manager_a, self.custodian, self.system_user):
            own, file = voided.with_user(user), stored.with_user(user)
            for way, change in (
                ("write", lambda own=own: own.write({"signed_letter": False})),
                ("unlink", own.unlink),
                ("create", lambda own=own: own.create({"activation_id": self.activation.id})),
                ("write the file", lambda file=file: file.write({"raw": b"MZ"})),
                ("unlink the file", file.unlink),
            ):
                with self.subTest(way, user=user.login), self.assertRaises(AccessError):
                    change()

    def test_a_deleted_scan_is_gone(self):
        self.attach_scan()
        self.activation.action_delete_signed_letter()
        self.assertFalse(self.get_voided())
