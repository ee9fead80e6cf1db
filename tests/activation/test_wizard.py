"""The page of three steps: it shows what the activation holds, and keeps nothing to itself."""

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from ...const import REPRESENTATIVE_FIELDS
from ..common import samples
from ..common.case import CertificateCommon
from ..common.walk import REPRESENTATIVE

MODEL = "certificate.activation.wizard"


@tagged("post_install", "-at_install")
class TestWizard(CertificateCommon):
    def open(self, user=None):
        """Open the page from the menu."""
        action = self.env["certificate.activation"].with_user(user or self.user_a)
        return self.get_wizard(action.action_open_wizard(), user)

    def open_process(self):
        """Open the page of a paid activation whose representative is not typed yet."""
        wizard = self.open()
        self.pay(wizard.activation_id)
        self.press(wizard, "action_continue")
        return wizard

    def get_right_values(self):
        return {
            **REPRESENTATIVE,
            "representative_identification_type_id": self.env.ref("l10n_co.national_citizen_id").id,
            "representative_state_id": self.company_a.state_id.id,
        }

    def press(self, wizard, action):
        """Press a button: a request of its own, after which the page is read again."""
        result = getattr(wizard, action)()
        wizard.invalidate_recordset()
        return result

    def attach_in(self, wizard):
        """Attach a scan in the page: it is saved and read in one request, as from nothing."""
        wizard.invalidate_recordset()
        return wizard.web_save(
            {"signed_letter": self.scan.decode(), "signed_letter_filename": "a.pdf"},
            {"can_finish": {}},
        )

    def type_right(self, form, name):
        value = self.get_right_values()[name]
        form[name] = form[name].browse(value) if name.endswith("_id") else value

    # === STEPS === #

    def test_a_new_page_without_an_activation_has_no_step(self):
        """As Odoo's own suite asks every model for the values of a new record."""
        wizard = self.env["certificate.activation.wizard"].sudo()
        values = wizard.onchange({}, [], {"display_name": {}, "step": {}})["value"]
        self.assertFalse(values["step"])

    def test_the_page_stands_at_the_step_of_the_activation(self):
        wizard = self.open()
        activation = wizard.activation_id
        titles = []
        for state, phase, step in (
            ("pay", "pay", "pay"),
            ("process", "process", "process"),
            ("active", "active", "finish"),
            ("expired", "ended", "finish"),
            ("cancelled", "ended", "finish"),
            ("revoked", "ended", "finish"),
        ):
            activation.sudo().state = state
            wizard.invalidate_recordset()
            with self.subTest(state):
                self.assertEqual((wizard.phase, wizard.step), (phase, step))
                titles.append(wizard.display_name)
        self.assertTrue(all(titles))
        self.assertEqual(len(set(titles)), 3, "the title is the step's")

    def test_a_company_walks_through_the_page(self):
        wizard = self.open()
        self.assertEqual(self.press(wizard, "action_pay")["type"], "ir.actions.act_url")
        self.create_invoice_transaction(wizard.activation_id.sudo().payment_move_id, "done")
        self.assertIsNone(self.press(wizard, "action_verify_payment"))
        self.assertEqual((wizard.step, wizard.payment_status), ("pay", "paid"))
        self.press(wizard, "action_continue")
        self.assertFalse(wizard.is_notice_understood)
        self.press(wizard, "action_understood")
        self.assertTrue(wizard.is_notice_understood)
        with Form(wizard) as form:
            for name in REPRESENTATIVE_FIELDS:
                self.type_right(form, name)
        report = self.press(wizard, "action_download_letter")
        self.assertEqual(report["type"], "ir.actions.report")
        self.assertFalse(wizard.can_finish)
        (saved,) = self.attach_in(wizard)
        self.assertTrue(saved["can_finish"])
        self.press(wizard, "action_finish")
        self.assertEqual((wizard.step, wizard.phase), ("finish", "active"))
        action = self.press(wizard, "action_open_next")
        self.assertEqual(
            (action["res_model"], action["path"]),
            ("electronic.invoicing.setup", "electronic-test-set"),
        )
        action = self.press(wizard, "action_open_overview")
        self.assertEqual(
            (action["type"], action["path"]), ("ir.actions.client", "electronic-process")
        )

    def test_the_representative_of_a_downloaded_letter_is_opened_before_it_is_changed(self):
        activation = self.get_downloaded()
        wizard = self.get_wizard(activation.action_open_wizard())
        lines = wizard.sentences["representative"]
        self.assertEqual(len(lines), 3)
        self.assertIn(activation.representative_name, lines[0])
        self.assertIn(activation.letter_code, wizard.sentences["representative_change"])
        self.assertFalse(wizard.is_representative_open)
        self.press(wizard, "action_change_representative")
        self.assertTrue(wizard.is_representative_open)
        self.press(wizard, "action_download_letter")
        self.assertFalse(wizard.is_representative_open)
        code = activation.letter_code
        self.press(wizard, "action_change_representative")
        self.press(wizard, "action_keep_representative")
        self.assertFalse(wizard.is_representative_open)
        self.assertEqual(activation.letter_code, code)
        for action in ("action_change_representative", "action_keep_representative"):
            with self.assertRaises(AccessError):
                getattr(wizard.with_user(self.user_b), action)()

    def test_the_page_says_whose_it_is_and_that_another_company_is_chosen(self):
        user = self.user_a
        user.sudo().company_ids += self.company_b
        wizard = self.open()
        self.assertIn("900.987.321-1", wizard.sentences["company"])
        self.assertFalse(self.get_alert(wizard, "other_company"))
        both = (self.company_b + self.company_a).ids
        other = wizard.with_context(allowed_company_ids=both)
        self.assertIn(self.company_b.name, self.get_alert(other, "other_company"))
        action = other.action_restart()
        opened = self.get_wizard(action).activation_id
        self.assertEqual(opened.sudo().company_id, self.company_b)

    def test_finish_leads_to_the_next_open_step_alone(self):
        activation = self.get_active()
        wizard = self.get_wizard(activation.action_open_wizard())
        self.assertEqual(wizard.sentences["next"]["key"], "test_set")
        # Odoo reads pages with a cursor that cannot write.
        company = [("company_id", "=", self.company_a.id)]
        self.assertFalse(self.env["electronic.invoicing.setup"].search_count(company))
        setup = self.env["electronic.invoicing.setup"].with_user(self.user_a)._get_for_company()
        setup.sudo().locked_nit = "900987321-1"
        wizard.invalidate_recordset()
        self.assertEqual(wizard.sentences["next"]["key"], "resolution")
        action = self.press(wizard, "action_open_next")
        self.assertEqual(action["res_model"], "electronic.invoicing.resolution")

    def test_what_the_certificate_costs_is_shown_with_its_tax(self):
        wizard = self.open()
        self.assertTrue(wizard.is_for_sale)
        self.assertEqual(wizard.price_untaxed + wizard.price_tax, wizard.price_total)
        self.assertEqual(wizard.price_untaxed, 100000)
        self.assertEqual(wizard.currency_id.name, self.seller.currency_id.name)
        self.seller.sudo().certificate_product_id = False
        self.assertFalse(self.open().is_for_sale)

    def test_verifying_without_a_payment_tells_what_was_looked_at(self):
        wizard = self.open()
        self.assertFalse(wizard.findings)
        wizard.action_verify_payment()
        self.assertEqual(len(wizard.findings), 1)
        # Buying is another attempt, of which the old findings say nothing.
        wizard.action_pay()
        self.assertFalse(wizard.findings)

    # === RESUMING === #

    def test_opening_the_page_again_shows_what_was_saved(self):
        wizard = self.open_process()
        wizard.web_save(self.get_right_values(), {})
        wizard.action_download_letter()
        self.attach_in(wizard)
        for user in (self.user_a, self.manager_a):
            again = self.open(user)
            self.assertNotEqual(again.id, wizard.id)
            self.assertEqual(again.step, "process")
            for name in (
                *REPRESENTATIVE_FIELDS,
                "letter_downloaded_on",
                "signed_letter_filename",
                "signed_letter_size",
                "signed_letter_pages",
            ):
                self.assertTrue(again[name], name)
                self.assertEqual(again[name], wizard[name], name)
            self.assertTrue(again.can_finish)
            self.assertFalse(again.field_errors, "the red messages are of one visit")

    def test_partial_data_is_saved(self):
        wizard = self.open_process()
        wizard.web_save({"representative_name": "María", "representative_email": "maria@"}, {})
        again = self.open()
        self.assertEqual(again.representative_name, "María")
        self.assertEqual(again.representative_email, "maria@")
        self.assertFalse(again.representative_surname)

    def test_a_page_of_an_ended_activation_leads_to_the_current_one(self):
        wizard = self.open_process()
        wizard.activation_id.with_user(self.manager_a).action_cancel()
        wizard.invalidate_recordset()
        self.assertEqual(wizard.step, "finish")
        current = self.get_wizard(wizard.action_restart())
        self.assertNotEqual(current.activation_id, wizard.activation_id)
        self.assertEqual(current.step, "pay")
        self.assertEqual(self.open().activation_id, current.activation_id)

    # === RED MESSAGES === #

    def test_nothing_is_red_on_entry(self):
        wizard = self.open_process()
        self.assertFalse(wizard.field_errors)
        form = Form(wizard)
        form.representative_name = "María"
        form.representative_email = "no email"
        self.assertFalse(form.field_errors)

    def test_asking_for_the_letter_shows_every_missing_field_at_once(self):
        wizard = self.open_process()
        wizard.web_save(dict.fromkeys(REPRESENTATIVE_FIELDS, False), {})
        self.assertIsNone(wizard.action_download_letter())
        errors = wizard.field_errors
        self.assertEqual(list(errors), list(REPRESENTATIVE_FIELDS), "in the order of the form")
        self.assertTrue(all(errors.values()))
        self.assertEqual(len(set(errors.values())), len(errors), "each field has its own sentence")
        self.assertFalse(wizard.letter_downloaded_on)
        self.assertEqual(wizard.activation_id.state, "process")

    def test_each_message_goes_when_its_field_is_right(self):
        wizard = self.open_process()
        wizard.web_save(dict.fromkeys(REPRESENTATIVE_FIELDS, False), {})
        wizard.action_download_letter()
        form = Form(wizard)
        red = set(REPRESENTATIVE_FIELDS)
        for name in REPRESENTATIVE_FIELDS:
            self.type_right(form, name)
            red.remove(name)
            self.assertEqual(set(form.field_errors or ()), red)
        form.representative_email = "no email"
        self.assertEqual(set(form.field_errors), {"representative_email"})
        form.representative_email = "maria@example.com"
        form.save()
        self.assertFalse(wizard.field_errors)
        self.assertEqual(wizard.action_download_letter()["type"], "ir.actions.report")

    def test_saving_tells_what_is_still_red(self):
        wizard = self.open_process()
        wizard.action_download_letter()
        values = {**self.get_right_values(), "representative_phone": "12"}
        (saved,) = wizard.web_save(values, {"field_errors": {}})
        self.assertEqual(list(saved["field_errors"]), ["representative_phone"])
        (saved,) = wizard.web_save({"representative_phone": "300 123 4567"}, {"field_errors": {}})
        self.assertFalse(saved["field_errors"])

    def test_formats_follow_the_type_of_the_document(self):
        wizard = self.open_process()
        wizard.web_save(self.get_right_values(), {})
        wizard.is_letter_requested = True
        form = Form(wizard)
        for kind, number, is_right in (
            ("national_citizen_id", "52.123.456", True),
            ("national_citizen_id", "AB123456", False),
            ("national_citizen_id", "12345", False),
            ("foreign_resident_card", "AB123456", True),
            ("foreign_resident_card", "123", False),
            ("passport", "AB12", True),
            ("passport", "AB_12", False),
        ):
            form.representative_identification_type_id = self.env[
                "l10n_latam.identification.type"
            ].search([("l10n_co_document_code", "=", kind)], limit=1)
            form.representative_vat = number
            with self.subTest(kind=kind, number=number):
                red = set(form.field_errors or ())
                self.assertEqual(red, set() if is_right else {"representative_vat"})

    def test_an_incomplete_profile_is_told_and_keeps_the_letter_back(self):
        wizard = self.open_process()
        self.assertFalse(self.get_alert(wizard, "profile"))
        wizard.web_save(self.get_right_values(), {})
        self.company_a.sudo().street = False
        wizard.invalidate_recordset()
        self.assertTrue(self.get_alert(wizard, "profile"))
        self.assertIsNone(wizard.action_download_letter())
        self.assertFalse(wizard.letter_downloaded_on)
        action = wizard.action_open_profile()
        self.assertEqual(
            (action["res_model"], action["path"]),
            ("electronic.invoicing.setup", "electronic-profile"),
        )

    # === RIGHTS === #

    def test_a_row_is_its_users_alone(self):
        wizard = self.open_process()
        for user in (self.manager_a, self.user_b, self.custodian, self.system_user, self.stranger):
            own = wizard.with_user(user)
            for attempt in (
                lambda own=own: own.read(["step"]),
                lambda own=own: own.web_save({"representative_name": "Otra"}, {}),
                own.action_download_letter,
                own.action_understood,
            ):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    attempt()
            with self.subTest(user.login):
                if user != self.stranger:
                    self.assertFalse(own.search([]))
        self.assertFalse(wizard.activation_id.representative_name)

    def test_a_row_is_not_made_copied_or_deleted_by_hand(self):
        wizard = self.open()
        activation = self.start(self.user_b)
        for user in (self.user_a, self.manager_a, self.system_user, self.stranger):
            wizards = self.env[MODEL].with_user(user)
            for values in (
                {"activation_id": wizard.activation_id.id},
                {"activation_id": activation.id},
            ):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    wizards.create(values)
                with self.subTest(user.login), self.assertRaises(AccessError):
                    wizards.web_save(values, {})
        with self.assertRaises(AccessError):
            wizard.copy()
        with self.assertRaises(AccessError):
            wizard.unlink()

    def test_a_row_does_not_change_its_activation(self):
        wizard = self.open()
        activation, other = wizard.activation_id, self.get_processing(self.user_b)
        for values in (
            {"activation_id": other.id},
            {"company_id": self.company_b.id},
            {"phase": "active"},
            {"payment_status": "paid"},
            {"letter_downloaded_on": "2026-01-01 00:00:00"},
            {"signed_letter_size": 1},
        ):
            with self.subTest(values):
                with self.assertRaises(AccessError):
                    wizard.write(values)
                with self.assertRaises(AccessError):
                    wizard.web_save(values, {})
        self.assertEqual(wizard.activation_id, activation)
        self.assertEqual(activation.state, "pay")

    def test_the_form_does_not_tell_of_an_activation_it_may_not_read(self):
        # A form may say that its record has another activation; Odoo computes with all rights.
        secret = self.get_downloaded(self.user_b)
        wizard = self.open()
        for name in (
            "representative_email",
            "payment_status",
            "alerts",
            "sentences",
            "letter_downloaded_on",
        ):
            self.env.invalidate_all()
            with self.subTest(name):
                answer = wizard.onchange(
                    {"activation_id": secret.id}, ["activation_id"], {name: {}}
                )
                self.assertNotIn(name, answer.get("value", {}))

    def test_nobody_opens_the_page_of_another_company_or_without_the_group(self):
        activation = self.start()
        for user in (self.user_b, self.stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                activation.with_user(user).action_open_wizard()
        with self.assertRaises(AccessError):
            self.open(self.stranger)

    def test_a_user_of_two_companies_opens_the_page_of_the_current_one(self):
        user = samples.make_user(
            self.env,
            "Doble",
            "certificate_two_companies",
            self.company_a | self.company_b,
            "account.group_account_invoice",
        )
        for company in (self.company_a, self.company_b):
            activations = self.env["certificate.activation"].with_user(user).with_company(company)
            wizard = self.get_wizard(activations.action_open_wizard(), user)
            self.assertEqual(wizard.company_id, company)
