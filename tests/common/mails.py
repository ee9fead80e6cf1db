"""What is handed over to the mail server, also after the transaction, as it arrives."""

from contextlib import contextmanager, nullcontext
from unittest.mock import patch

from odoo.tests import HttpCase

from odoo.addons.base.models.ir_mail_server import IrMail_Server


class MailWatch:
    """For a class of tests: collects the mails that are sent at once."""

    @contextmanager
    def sending(self, failure=None):
        """Send what the block asks for, and what it leaves to be done after its transaction.

        :param Exception failure: what the mail server answers instead
        :return: the mails, as `email.message.EmailMessage`
        """
        sent = []

        def send_email(_self, mail, *_args, **_options):
            if failure:
                raise failure
            sent.append(mail)
            return mail["Message-Id"]

        self.env.flush_all()
        # What the steps before left to be done is not what is watched.
        self.env.cr.postcommit.clear()
        with patch.object(IrMail_Server, "send_email", send_email):
            yield sent
            self.env.flush_all()
            # A test over HTTP is in that mode already.
            is_http = isinstance(self, HttpCase)
            with nullcontext() if is_http else self.enter_registry_test_mode():
                self.env.cr.postcommit.run()
        self.env.invalidate_all()

    @staticmethod
    def get_html(mail):
        return mail.get_body(("html",)).get_content()
