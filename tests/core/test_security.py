"""What each kind of user can see and do, asked as a client does: over HTTP."""

import base64
import json
from datetime import timedelta
from xmlrpc.client import Fault

from odoo import fields
from odoo.models import MAGIC_COLUMNS
from odoo.tests import JsonRpcException, get_db_name, tagged
from odoo.tools import mute_logger

from ...const import (
    JOURNAL_RESOLUTION_FIELDS,
    MODULE,
    PROFILE_FIELDS,
    RECEIPT_FIELDS,
    REPRESENTATIVE_FIELDS,
    REQUEST_FIELDS,
    TEST_SET_FIELDS,
)
from ..common.security import ACTIVATION, RECEIPT, RESOLUTION, SETUP, WIZARD, SecurityCommon
from ..common.walk import REPRESENTATIVE

DOCUMENT = "certificate.request.document"
REASON = "certificate.reason.wizard"
LOG = "certificate.signature.log"
CUSTODY = "certificate.custody.wizard"
BOARD = "certificate.board"
DECISION = "electronic.invoicing.decision"

# Everything that a client can call, by model. A new name here is a decision.
PUBLIC_METHODS = {
    ACTIVATION: {
        "action_cancel",
        "action_continue",
        "action_delete_signed_letter",
        "action_download_letter",
        "action_finish",
        "action_open_invoice",
        "action_open_wizard",
        "action_pay",
        "action_revoke",
        "action_send_letter",
        "action_verify_payment",
        "action_withdraw_letter_link",
    },
    DOCUMENT: {"action_accept"},
    RECEIPT: {"action_approve", "action_create_vendor_bill", "action_submit"},
    CUSTODY: {"action_confirm_place", "action_remove_files", "action_seal"},
    BOARD: {"action_open", "action_open_wizard"},
    REASON: {"action_confirm"},
    "base.module.uninstall": {"action_export_certificate_evidence"},
    "certificate.evidence.wizard": {"action_export"},
    "certificate.issue.wizard": {"action_confirm"},
    "certificate.chain.mixin": {"action_check"},
    "certificate.history": {"action_check"},
    "certificate.log.check": {"action_check_whole"},
    LOG: {"action_check"},
    # (Of whoever manages the vendor: `tests/link`.)
    "certificate.link.client": {
        "action_confirm",
        "action_end",
        "action_make_code",
        "action_renew_code",
    },
    "certificate.link.vendor": {
        "action_ask",
        "action_begin",
        "action_end",
        "action_look",
        "action_refresh",
        "action_renew_key",
    },
    "certificate.portal.access": {"action_withdraw"},
    "certificate.portal.invitation": {"action_make_link", "action_send"},
    WIZARD: {
        "action_abandon_own",
        "action_abandon_request",
        "action_approve_receipt",
        "action_change_representative",
        "action_keep_representative",
        "action_change_request",
        "action_continue",
        "action_delete_certificate",
        "action_delete_receipt",
        "action_delete_signed_letter",
        "action_download_letter",
        "action_download_record",
        "action_finish",
        "action_open_current",
        "action_open_invoice",
        "action_open_next",
        "action_open_overview",
        "action_open_profile",
        "action_pay",
        "action_read_letter_in_english",
        "action_renew",
        "action_restart",
        "action_review_request",
        "action_send_letter",
        "action_send_request",
        "action_start_own",
        "action_start_request",
        "action_submit_receipt",
        "action_switch_now",
        "action_understood",
        "action_verify_payment",
        "action_withdraw_letter_link",
    },
    SETUP: {
        "action_confirm_test_set",
        "action_create_invoice",
        "action_delete_evidence",
        "action_open_next",
        "action_open_overview",
        "action_open_step",
        "action_reset",
        "action_start",
        "get_overview",
    },
    RESOLUTION: {"action_open_next", "action_open_overview"},
    DECISION: {"action_confirm"},
    "certificate.lender.page": {"action_open_step", "get_overview"},
    "certificate.sale.setup": {"action_open_step", "get_overview"},
    "certificate.sale.wizard": {"action_confirm", "action_open_overview", "action_replace"},
    "res.company": {
        "action_confirm_certificate_letter",
        "action_edit_certificate_letter",
        "action_preview_certificate_letter",
        "action_reset_certificate_letter",
    },
}
# These open a page for the company of whoever calls them: they use nothing of the record.
WITHOUT_RECORD = {
    "action_create_invoice",
    "action_open_next",
    "action_open_overview",
    "action_open_profile",
    "action_restart",
}

# The only fields that a user writes; the wizard adds what belongs to the visit.
EDITABLE = {
    ACTIVATION: {
        *REPRESENTATIVE_FIELDS,
        "signed_letter",
        "signed_letter_filename",
    },
    WIZARD: {
        *REPRESENTATIVE_FIELDS,
        *(f"request_{name}" for name in REQUEST_FIELDS),
        "signed_letter",
        "signed_letter_filename",
        *(f"receipt_{name}" for name in RECEIPT_FIELDS),
        "receipt",
        "receipt_filename",
        "is_letter_requested",
        "is_receipt_requested",
        "is_notice_understood",
        "is_representative_open",
        "is_request_checked",
    },
    SETUP: {
        *PROFILE_FIELDS,
        *TEST_SET_FIELDS,
        "resolution_id",
        "sale_journal_id",
        "invoice_type",
    },
    RESOLUTION: {*JOURNAL_RESOLUTION_FIELDS, "kind", "journal_id", "alarm_days", "alarm_numbers"},
    RECEIPT: {*RECEIPT_FIELDS, "receipt", "receipt_filename"},
}


@tagged("post_install", "-at_install")
class TestSecurity(SecurityCommon):
    # === THE PUBLIC SURFACE === #

    def test_a_client_can_call_these_methods_and_no_others(self):
        added = {}
        for name, model in self.env.registry.items():
            ours, others = set(), set()
            for part in model.__mro__:
                names = {
                    attribute
                    for attribute, value in vars(part).items()
                    if callable(value)
                    and not attribute.startswith("_")
                    and not getattr(value, "_api_private", False)
                }
                is_ours = part.__module__.startswith(f"odoo.addons.{MODULE}.")
                (ours if is_ours else others).update(names)
            if ours - others:
                added[name] = ours - others
        self.assertEqual(added, PUBLIC_METHODS)

    def test_every_method_is_refused_to_whoever_has_nothing_to_do_with_the_record(self):
        with self.unchanged():
            for user in self.outsiders:
                for record in self.records:
                    for method in PUBLIC_METHODS[record._name] - WITHOUT_RECORD:
                        # Methods of the model, which take no record, have tests of their own.
                        if method in ("get_overview", "action_open_step"):
                            continue
                        with (
                            self.subTest(user=user.login, model=record._name, method=method),
                            self.refused(),
                        ):
                            self.call(user, record, method)

    def test_every_method_is_refused_to_the_public(self):
        with self.unchanged():
            for record in self.records:
                for method in PUBLIC_METHODS[record._name]:
                    with (
                        self.subTest(model=record._name, method=method),
                        self.refused("odoo.http.SessionExpiredException"),
                    ):
                        self.call(None, record, method)

    def test_who_has_no_group_opens_nothing(self):
        calls = (
            (ACTIVATION, "action_open_wizard", [[]]),
            (WIZARD, "action_restart", [[]]),
            (WIZARD, "action_open_profile", [[]]),
            (SETUP, "get_overview", []),
            (SETUP, "action_open_step", ["profile"]),
            ("certificate.lender.page", "get_overview", []),
            ("certificate.lender.page", "action_open_step", ["clients"]),
            ("certificate.sale.setup", "get_overview", []),
            ("certificate.sale.setup", "action_open_step", ["test"]),
        )
        with self.unchanged():
            for user in (self.stranger, self.portal_user):
                for model, method, args in calls:
                    with self.subTest(user=user.login, model=model, method=method), self.refused():
                        self.call(user, model, method, *args)

    def test_a_user_cannot_take_the_place_of_another_company(self):
        context = {"allowed_company_ids": self.company_a.ids}
        with self.unchanged():
            for model, method, args in (
                (ACTIVATION, "action_open_wizard", [[]]),
                (SETUP, "get_overview", []),
                (SETUP, "action_open_step", ["certificate"]),
            ):
                with self.subTest(method=method), self.refused():
                    self.call(self.user_b, model, method, *args, context=context)

    def test_only_a_manager_cancels_and_revokes(self):
        for method in ("action_cancel", "action_revoke"):
            with self.subTest(method=method), self.unchanged(), self.refused():
                self.call(self.user_a, self.activation, method)
        self.call(self.manager_a, self.activation, "action_cancel")
        self.activation.invalidate_recordset()
        self.assertEqual(self.activation.state, "cancelled")

    def test_a_private_method_cannot_be_called(self):
        for method in (
            "_set_state",
            "_void_letter",
            "_create_payment_move",
            "_renew",
            "_sign_xml",
            "_switch_now",
            "_cron_follow_validity",
            "_cron_follow_revocation",
            "_write",
        ):
            with self.subTest(method=method), self.unchanged(), self.refused():
                self.call(self.admin, self.activation, method, "active")

    def test_malformed_arguments_change_nothing_and_tell_no_secret(self):
        secrets = {*REPRESENTATIVE.values(), self.activation.letter_code}
        ids = (None, -1, 2**70, 1.5, "x", [[self.activation.id]], {}, ["' OR 1=1"], [None], [2**40])
        arguments = (None, -1, "x" * 10000, [], {}, [[]], {"state": "active"}, "\x00", True)
        with self.unchanged(), mute_logger("odoo.http", "odoo.sql_db"):
            for record in self.records:
                name = record._name
                values = {editable: {"x": [None]} for editable in EDITABLE[name]}
                # Those that open the page of the user's company make one, whatever they are given.
                opening = {"action_open_wizard", "action_open_step", "get_overview"}
                methods = PUBLIC_METHODS[name] - WITHOUT_RECORD - opening
                calls = [
                    *((method, [bad]) for method in methods for bad in ids),
                    *(
                        (method, [record.ids, bad, bad, bad])
                        for method in methods
                        for bad in arguments
                    ),
                    *(("write", [bad, values]) for bad in ids),
                    *(("write", [record.ids, bad]) for bad in (None, "x", [values], 1)),
                    *(("web_save", [record.ids, values, bad]) for bad in arguments),
                    *(("onchange", [record.ids, bad, bad, bad]) for bad in arguments),
                ]
                for method, args in calls:
                    with self.subTest(model=name, method=method, args=str(args)[:80]):
                        try:
                            answer = self.call(self.user_a, name, method, *args)
                        except JsonRpcException as error:
                            answer = str(error.__cause__ or error)
                        for secret in secrets:
                            self.assertNotIn(secret, json.dumps(answer, ensure_ascii=False))
        # The server is alive, and the user's page as well.
        self.assertEqual(self.call(self.user_a, ACTIVATION, "search", []), self.activation.ids)

    # === WHAT CANNOT BE SEEN === #

    def test_records_of_another_company_are_not_found(self):
        for record in self.records:
            domain = [("id", "in", record.ids)]
            for method, args, empty in (
                ("search", [domain], []),
                ("search_count", [domain], 0),
                ("search_read", [domain, ["id"]], []),
                ("web_search_read", [domain, {"id": {}}], {"length": 0, "records": []}),
                ("name_search", ["", domain], []),
                ("formatted_read_group", [domain, ["company_id"], ["__count"]], []),
                ("web_read_group", [domain, ["company_id"]], {"groups": [], "length": 0}),
            ):
                with self.subTest(model=record._name, method=method):
                    self.assertEqual(self.call(self.user_b, record._name, method, *args), empty)
                    self.assertNotEqual(self.call(self.user_a, record._name, method, *args), empty)

    def test_records_of_another_company_cannot_be_read_or_changed(self):
        # A wizard is private to its user, even among colleagues.
        readers = [(user, self.records) for user in self.outsiders]
        with self.unchanged():
            for user, records in (*readers, (self.manager_a, [self.wizard])):
                for record in records:
                    name = min(EDITABLE[record._name])
                    for method, args in (
                        ("read", [["id"]]),
                        ("web_read", [{name: {}}]),
                        ("write", [{name: False}]),
                        ("web_save", [{name: False}, {"id": {}}]),
                        ("onchange", [{name: False}, [name], {name: {}}]),
                        ("copy", []),
                        ("unlink", []),
                    ):
                        with (
                            self.subTest(user=user.login, model=record._name, method=method),
                            self.refused(),
                        ):
                            self.call(user, record, method, *args)

    def test_who_may_export_exports_nothing_of_another_company(self):
        self.user_b.group_ids += self.env.ref("base.group_allow_export")
        for record in self.records:
            with self.subTest(model=record._name), self.refused():
                self.call(self.user_b, record, "export_data", ["company_id/name"])

    def test_nobody_reaches_through_an_activation_to_what_they_cannot_see(self):
        self.activation.action_finish()
        for name in ("payment_move_id.amount_total", "certificate_id.name"):
            field, inner = name.split(".")
            with self.subTest(name=name), self.refused():
                self.call(
                    self.user_a, self.activation, "web_read", {field: {"fields": {inner: {}}}}
                )
            with self.subTest(name=name), mute_logger("odoo.http"):
                try:
                    found = self.call(self.user_a, ACTIVATION, "search", [(name, "!=", False)])
                except JsonRpcException as error:
                    self.assertEqual(str(error), "odoo.exceptions.AccessError")
                else:
                    self.assertEqual(found, [])

    def test_a_form_that_names_a_foreign_record_learns_nothing_of_it(self):
        """`onchange` computes fields for any values that a client sends with a record of its own."""
        own = self.start(self.user_b)
        wizard = self.get_wizard(own.action_open_wizard(), self.user_b)
        secrets = {
            *REPRESENTATIVE.values(),
            self.activation.letter_code,
            self.activation.signed_letter_sha256,
            self.invoice.name,
        }
        for record, link, foreign in (
            (wizard, "activation_id", self.activation),
            (own, "payment_move_id", self.invoice),
        ):
            for name in (name for name, field in record._fields.items() if field.compute):
                with self.subTest(model=record._name, link=link, reads=name):
                    values = {link: foreign.id}
                    answer = self.call(self.user_b, record, "onchange", values, [link], {name: {}})
                    answer = json.dumps(answer, ensure_ascii=False)
                    for secret in secrets:
                        self.assertNotIn(secret, answer)
                    self.assertNotIn('"paid"', answer)

    def test_the_conversation_of_another_company_is_not_found(self):
        domain = [("model", "=", ACTIVATION), ("res_id", "=", self.activation.id)]
        word = "A word"
        self.activation.message_post(body=word)
        for user, sees in ((self.user_a, True), (self.user_b, False)):
            with self.subTest(user=user.login):
                messages = self.call(user, "mail.message", "search_read", domain, ["body"])
                self.assertEqual(bool(messages), sees)

    def test_switched_on_companies_alone_are_seen(self):
        other = self.start(self.user_b)
        both = self.activation | other
        for companies, seen in (
            (self.seller, self.env[ACTIVATION]),
            (self.company_a, self.activation),
            (self.company_b, other),
            (self.company_a | self.company_b, both),
        ):
            context = {"allowed_company_ids": companies.ids}
            with self.subTest(companies=companies.mapped("name")):
                self.assertEqual(
                    self.call(
                        self.custodian,
                        ACTIVATION,
                        "search",
                        [("id", "in", both.ids)],
                        order="id",
                        context=context,
                    ),
                    seen.ids,
                )
                for hidden in both - seen:
                    for method in ("action_open_wizard", "action_cancel"):
                        with self.unchanged(), self.refused():
                            self.call(self.custodian, hidden, method, context=context)

    def test_a_page_left_open_shows_no_company_that_the_user_has_left(self):
        context = {"allowed_company_ids": self.company_a.ids}
        self.user_a.write(
            {"company_ids": [(6, 0, self.company_b.ids)], "company_id": self.company_b.id}
        )
        with self.unchanged():
            for method in ("action_download_letter", "action_delete_signed_letter"):
                with self.subTest(method=method), self.refused():
                    self.call(self.user_a, self.activation, method, context=context)

    # === WHAT CANNOT BE WRITTEN === #

    def test_nobody_writes_a_field_that_a_transition_writes(self):
        values = {"state": "active", "date_end": "2099-01-01", "payment_move_id": self.invoice.id}
        with self.unchanged():
            for user in self.insiders:
                for record in self.records:
                    if record == self.wizard and user != self.user_a:
                        continue  # Its wizard is private to the user.
                    # Odoo itself drops what a client sends for the magic fields.
                    stored = {name for name, field in record._fields.items() if field.store}
                    for name in stored - EDITABLE[record._name] - set(MAGIC_COLUMNS):
                        with (
                            self.subTest(user=user.login, model=record._name, field=name),
                            self.refused(),
                        ):
                            self.call(user, record, "write", {name: values.get(name, False)})

    def test_there_is_no_other_way_to_write_them_either(self):
        with self.unchanged():
            for user in self.insiders:
                company = {"company_id": self.company_a.id}
                for record, method, args in (
                    (self.activation, "web_save", [{"state": "active"}, {"id": {}}]),
                    (self.activation, "copy", [{"state": "active"}]),
                    (self.activation, "unlink", []),
                    (ACTIVATION, "create", [{**company, "state": "active"}]),
                    (ACTIVATION, "web_save", [[], company, {"id": {}}]),
                    (ACTIVATION, "name_create", ["Activation"]),
                    (WIZARD, "create", [{"activation_id": self.activation.id}]),
                    (RECEIPT, "create", [{"activation_id": self.activation.id}]),
                    (self.receipt, "web_save", [{"state": "approved"}, {"id": {}}]),
                    (self.receipt, "copy", [{"state": "approved"}]),
                    (self.receipt, "unlink", []),
                    (SETUP, "create", [{**company, "started_on": "2026-01-01"}]),
                    (self.setup, "unlink", []),
                    (self.setup, "copy", [{"locked_nit": "1"}]),
                    (self.setup, "web_save", [{"locked_nit": "900987321-1"}, {"id": {}}]),
                    (DECISION, "create", [{"setup_id": self.setup.id, "decision": "start"}]),
                    (RESOLUTION, "create", [{**company, "number": "18764000000002"}]),
                    (self.resolution, "copy", [company]),
                    (self.resolution, "web_save", [company, {"id": {}}]),
                ):
                    model = record if isinstance(record, str) else record._name
                    with (
                        self.subTest(user=user.login, model=model, method=method),
                        self.refused(),
                    ):
                        self.call(user, record, method, *args)
                # An import reports what was refused.
                for columns, row in (
                    ([".id", "state"], [str(self.activation.id), "active"]),
                    (["company_id/.id", "state"], [str(self.company_a.id), "active"]),
                ):
                    with self.subTest(user=user.login, columns=columns):
                        result = self.call(user, ACTIVATION, "load", columns, [row])
                        self.assertFalse(result["ids"])
                        self.assertEqual([m["type"] for m in result["messages"]], ["error"])

    def test_what_a_client_sends_as_a_default_starts_nothing_further_on(self):
        """A record that the flow makes takes no default from a context, or from a user's own."""
        today = str(self.activation._get_today())
        defaults = {
            (ACTIVATION, "state"): "active",
            (ACTIVATION, "date_start"): today,
            (ACTIVATION, "date_end"): "2099-01-01",
            (ACTIVATION, "payment_move_id"): self.invoice.id,
            (SETUP, "started_on"): today,
            (SETUP, "locked_nit"): "830114921-1",
        }
        for (model, name), value in defaults.items():
            self.call(self.user_b, "ir.default", "set", model, name, value, True)
        context = {f"default_{name}": value for (_model, name), value in defaults.items()}
        self.call(self.user_b, ACTIVATION, "action_open_wizard", [], context=context)
        self.call(self.user_b, SETUP, "get_overview", context=context)
        own = [("company_id", "=", self.company_b.id)]
        activation = self.env[ACTIVATION].search(own)
        self.assertEqual((activation.state, activation.payment_status), ("pay", "none"))
        self.assertFalse(activation.date_end)
        self.assertFalse(self.env[SETUP].search(own).started_on)
        self.assertFalse(self.env[SETUP].search(own).locked_nit)
        self.assertFalse(self.company_b._get_active_certificate_activation())

    def test_an_active_activation_cannot_be_written_at_all(self):
        self.activation.action_finish()
        self.assertEqual(self.activation.state, "active")
        with self.unchanged():
            for user in self.insiders:
                for values in ({"representative_name": "X"}, {"signed_letter": False}):
                    with self.subTest(user=user.login, values=values), self.refused():
                        self.call(user, self.activation, "write", values)

    def test_a_client_cannot_keep_a_transition_out_of_the_history(self):
        context = {"tracking_disable": True, "mail_notrack": True, "mail_create_nolog": True}
        self.call(self.user_a, self.activation, "action_finish", context=context)
        tracked = self.activation.sudo().message_ids.tracking_value_ids
        self.assertEqual(tracked.mapped("field_id.name"), ["state"])

    # === FILES === #

    def test_the_letters_are_read_by_the_company_alone(self):
        attachment = self.get_file(self.activation, "signed_letter")
        addresses = (
            f"/web/content/{ACTIVATION}/{self.activation.id}/signed_letter",
            f"/web/content?model={ACTIVATION}&id={self.activation.id}&field=signed_letter",
            f"/web/content/{attachment.id}",
            f"/report/pdf/{MODULE}.exoneration_letter/{self.activation.id}",
        )
        for user in (self.user_a, *self.outsiders, None):
            self.log_in(user)
            for address in addresses:
                with self.subTest(user=user and user.login, address=address):
                    with mute_logger("odoo.http"):
                        response = self.url_open(address)
                    self.assertEqual(response.content.startswith(b"%PDF-"), user == self.user_a)

    def test_the_letter_is_not_read_as_html_by_others(self):
        address = f"/report/html/{MODULE}.exoneration_letter/{self.activation.id}"
        for user in (self.user_a, *self.outsiders, None):
            self.log_in(user)
            with self.subTest(user=user and user.login):
                with mute_logger("odoo.http"):
                    response = self.url_open(address)
                self.assertEqual(
                    REPRESENTATIVE["representative_name"] in response.text, user == self.user_a
                )

    def test_nobody_changes_a_signed_letter_past_its_activation(self):
        attachments = self.env["ir.attachment"].sudo()
        location = {"res_model": ACTIVATION, "res_field": "signed_letter"}
        scan = attachments.search(
            [*((name, "=", value) for name, value in location.items())], limit=1
        )
        plain = attachments.create(
            {"name": "plain", "res_model": ACTIVATION, "res_id": self.activation.id}
        )
        owner = {"name": "x.pdf", "raw": "x", "res_id": self.activation.id}
        through_context = {f"default_{name}": value for name, value in location.items()}
        for user in self.insiders:
            for record, method, args, context in (
                ("ir.attachment", "create", [{**owner, **location}], {}),
                ("ir.attachment", "create", [owner], through_context),
                (scan, "write", [{"raw": "x"}], {}),
                (scan, "write", [{"datas": "eA=="}], {}),
                (scan, "write", [{"res_field": False}], {}),
                (scan, "write", [{"res_model": "res.partner"}], {}),
                (scan, "unlink", [], {}),
                (plain, "write", [location], {}),
                (plain, "copy", [location], {}),
            ):
                with (
                    self.subTest(user=user.login, method=method, args=args, context=context),
                    self.refused(),
                ):
                    self.call(user, record, method, *args, context=context)
        self.env.invalidate_all()
        self.assertEqual(self.activation.signed_letter, self.scan)
        self.assertEqual(
            attachments.search_count([("res_model", "=", ACTIVATION), ("res_field", "!=", False)]),
            1,
        )

    # === THE SELLER === #

    def test_the_invoice_of_the_seller_is_not_the_buyers_to_read(self):
        transaction = self.invoice.transaction_ids
        for record in (self.invoice, self.invoice.line_ids, transaction):
            for user in (self.user_a, self.manager_a, self.stranger):
                with self.subTest(user=user.login, model=record._name), self.refused():
                    self.call(user, record, "read", ["id"])
        self.log_in(self.user_a)
        address = f"/my/invoices/{self.invoice.id}"
        self.assertNotIn(self.invoice.name, self.url_open(address).text)
        # Its link, which a seller can send, opens it.
        link = f"{address}?access_token={self.invoice._portal_ensure_token()}"
        self.assertIn(self.invoice.name, self.url_open(link).text)

    def test_the_lent_certificate_is_readable_by_nobody_but_a_system_administrator(self):
        certificate = self.seller.sudo().certificate_lent_id
        for record in (certificate, certificate.private_key_id):
            for user in (self.user_a, self.manager_a, self.custodian, *self.outsiders):
                for method, args in (
                    ("read", [["content"]]),
                    ("web_read", [{"content": {}}]),
                    ("write", [{"name": "x"}]),
                ):
                    with (
                        self.subTest(user=user.login, model=record._name, method=method),
                        self.refused(),
                    ):
                        self.call(user, record, method, *args)
                with self.subTest(user=user.login, model=record._name), self.refused():
                    self.call(user, record._name, "search", [])
            # An administrator of the clients is none of the seller.
            with self.subTest(user=self.system_user.login, model=record._name), self.refused():
                self.call(self.system_user, record, "read", ["content"])
        self.admin.company_ids |= self.seller
        self.assertTrue(self.call(self.admin, certificate, "read", ["content"])[0]["content"])

    def test_only_a_system_administrator_sees_or_chooses_what_is_lent(self):
        for user in (self.user_a, self.manager_a, self.custodian):
            for method, args in (
                ("read", [["certificate_lent_id"]]),
                ("write", [{"certificate_lent_id": False}]),
                ("write", [{"certificate_accept_test_payments": True}]),
                ("write", [{"certificate_seller_id": self.company_a.id}]),
            ):
                with self.subTest(user=user.login, method=method, args=args), self.refused():
                    self.call(user, user.company_id, method, *args)

    def test_no_key_and_no_personal_data_reaches_a_message_or_a_log(self):
        key = self.seller.sudo().certificate_lent_id.private_key_id
        pem = base64.b64decode(key.with_context(bin_size=False).content).decode()
        # Any line of the key would do as a leak, in the file's or in Odoo's own base64.
        secrets = {line for line in pem.splitlines() if not line.startswith("---")}
        secrets |= {base64.b64encode(line.encode()).decode().rstrip("=")[:-1] for line in secrets}
        secrets.add(base64.b64encode(pem.encode()).decode()[:60])
        # The tests' own environment does not track.
        self.env = self.env(context={})
        with self.assertLogs("odoo", "DEBUG") as logs:
            activation = self.get_active(self.user_b)
            self.env.flush_all()
            self.cr.precommit.run()
        messages = self.env["mail.message"].sudo().search([("model", "=", ACTIVATION)])
        tracked = messages.tracking_value_ids
        self.assertEqual(set(tracked.field_id.mapped("name")), {"state"})
        texts = [*messages.mapped("body"), *messages.mapped("subject")]
        for value in (*tracked.mapped("old_value_char"), *tracked.mapped("new_value_char")):
            texts.append(value)
        written = "\n".join(filter(None, texts))
        for secret in (*secrets, activation.representative_vat, activation.representative_email):
            self.assertNotIn(secret, written)
        logged = "\n".join(logs.output)
        for secret in secrets:
            self.assertNotIn(secret, logged)

    # === OTHER PROTOCOLS === #

    def test_xml_rpc_gives_and_takes_no_more(self):
        def execute(user, method, *args):
            # Odoo announces the end of this protocol each time.
            with mute_logger("odoo.http", "odoo.addons.rpc.controllers.xmlrpc"):
                return self.xmlrpc_object.execute_kw(
                    get_db_name(), user.id, user.login, ACTIVATION, method, args
                )

        own = [("id", "=", self.activation.id)]
        self.assertEqual(execute(self.user_a, "search", own), self.activation.ids)
        self.assertEqual(execute(self.user_b, "search_read", own, ["name"]), [])
        ids = self.activation.ids
        for user, method, args in (
            (self.user_b, "read", [ids, ["name"]]),
            (self.user_b, "action_cancel", [ids]),
            (self.user_a, "write", [ids, {"state": "active"}]),
            (self.user_a, "create", [{"state": "active"}]),
            (self.user_a, "_set_state", [ids, "active"]),
        ):
            with (
                self.subTest(user=user.login, method=method),
                self.unchanged(),
                self.assertRaises(Fault) as caught,
            ):
                execute(user, method, *args)
            self.assertEqual(caught.exception.faultCode, 4, "access error")

    def test_json_2_gives_and_takes_no_more(self):
        keys = {
            user: self.env["res.users.apikeys"]
            .with_user(user)
            ._generate("rpc", "test", fields.Datetime.now() + timedelta(hours=1))
            for user in (self.user_a, self.user_b)
        }

        def post(user, method, **params):
            return self.url_open(
                f"/json/2/{ACTIVATION}/{method}",
                json=params,
                headers={"Authorization": f"bearer {keys[user]}"},
            )

        ids = self.activation.ids
        own = [["id", "=", self.activation.id]]
        self.assertEqual(post(self.user_a, "search", domain=own).json(), ids)
        self.assertEqual(post(self.user_b, "search_read", domain=own).json(), [])
        for user, method, params in (
            (self.user_b, "read", {"ids": ids, "fields": ["name"]}),
            (self.user_b, "action_cancel", {"ids": ids}),
            (self.user_a, "write", {"ids": ids, "vals": {"state": "active"}}),
            (self.user_a, "create", {"vals_list": [{"state": "active"}]}),
            (self.user_a, "_set_state", {"ids": ids, "state": "active"}),
        ):
            with (
                self.subTest(user=user.login, method=method),
                self.unchanged(),
                mute_logger("odoo.http"),
            ):
                self.assertEqual(post(user, method, **params).status_code, 403)
