"""How each mail of the add-on looks: its language, whose name and logo it bears, and its one button."""

import re
from types import SimpleNamespace

from markupsafe import Markup, escape

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, formataddr

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ...tools.text_limits import clean_text

LAYOUT = "mail.mail_notification_light"
_CONTENT = "l10n_co_certificate_activation.mail_content"
# The language that Odoo gives to a contact that is created where nobody chooses one: it says nothing.
_DEFAULT_LANG = "en_US"
# The Spanish of Colombia, of Latin America, of anywhere.
_SPANISH = ("es_CO", "es_419", "es_ES")


# A word that is filled in later: between characters that nobody types.
_MARK = re.compile("\ue000(\\w+)\ue001")


def mark(name):
    """Return the mark of a word that differs between the mails of a batch.

    :rtype: str
    """
    return f"\ue000{name}\ue001"


def fill_in(body, words):
    """Fill the words in where a mail, which was laid out once for a batch, has their marks.

    :param Markup body: with marks
    :param dict[str, str] words: texts by the names of their marks
    :rtype: Markup
    """
    return Markup(_MARK.sub(lambda found: escape(words.get(found[1], "")), body))


def format_address(name, email):
    """Write a name and an address for the header of a mail, to which neither adds anything.

    :param str name: as somebody typed it
    :param str email: likewise
    :return: empty unless there is exactly one valid address
    :rtype: str
    """
    address = email_normalize(email or "")
    return formataddr((clean_text(name or ""), address)) if address else ""


def write_note(sentence):
    """Write the note of an activity, which Odoo takes for markup: a name in it is none.

    :param str sentence: a text
    :rtype: Markup
    """
    return Markup("<p>%s</p>") % sentence


class MailNotSent(Exception):
    """A mail that could not be handed over; its text is one sentence, with the remedy."""


class CertificateMailing(models.AbstractModel):
    """Writes the mails of the add-on, all in one way.

    They are in the language of whoever reads them, in Odoo's own layout with the name and the logo of the
    company that sells the certificate, which also sends them, and have one button.
    """

    _name = "certificate.mailing"
    _description = "Mails About Certificates"

    # === LANGUAGE === #

    @api.model
    def _choose_lang(self, *codes):
        """Return the first of these languages that is installed, else Spanish, else that of the database.

        :param codes: of languages, the most personal one first; empty ones are skipped
        :rtype: str
        """
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        spanish = [code for code in installed if code.startswith("es")]
        wanted = (*codes, *_SPANISH, *spanish, self.env.lang, _DEFAULT_LANG)
        return next((code for code in wanted if code in installed), _DEFAULT_LANG)

    @api.model
    def _choose_company_lang(self, company, people):
        """Return the language of a company's own mailbox: the company's, or that of its people.

        :param company: `res.company`
        :param people: `res.users`
        :rtype: str
        """
        own = company.sudo().partner_id.lang
        return self._choose_lang(*([own] if own != _DEFAULT_LANG else people.mapped("lang")), own)

    @api.model
    def _choose_person_lang(self, person, company):
        """Return the language of a person: their own, else that of their company.

        :param person: `res.users` or `res.partner`
        :param company: `res.company`
        :rtype: str
        """
        return self._choose_lang(person.sudo().lang, company.sudo().partner_id.lang)

    @api.model
    def _speak_to(self, user, record, company):
        """Return a record in the language of a user, who is told of it by an activity and a mail.

        :param user: `res.users`
        :param company: `res.company` that it is about
        :return: as the superuser; its activities are quiet, because the mail already announces them
        """
        lang = self._choose_person_lang(user, company)
        context = {"lang": lang, "mail_activity_quick_update": True}
        return record.with_env(record.env(user=SUPERUSER_ID, context=context))

    # === SENDER === #

    @api.model
    def _get_sender(self, brand):
        """Return the values of a mail that say whom it is from: a company, never a robot.

        :param brand: `res.company` whose name it bears
        :rtype: dict
        """
        brand = brand.sudo()
        address = (
            email_normalize(brand.email, strict=False)
            or email_normalize(brand.catchall_email)
            or email_normalize(self.env["ir.mail_server"]._get_default_from_address())
            or self.env.ref("base.partner_root").sudo().email_normalized
        )
        sender = format_address(brand.name, address)
        return {"author_id": brand.partner_id.id, "email_from": sender, "reply_to": sender}

    # === LAYOUT === #

    @api.model
    def _write_content(self, brand, lang, paragraphs, button, items=(), notes=()):
        """Write what a mail says, with its one button.

        :param brand: `res.company` whose colours the button has
        :param str lang: of the mail
        :param paragraphs: texts before the button
        :param button: its label and its address
        :param items: texts of a list, after the paragraphs
        :param notes: texts after the button, in small letters
        :rtype: Markup
        """
        label, url = button
        values = {
            "paragraphs": [text for text in paragraphs if text],
            "items": items,
            "notes": [text for text in notes if text],
            "label": label,
            "url": url,
            "brand": brand.sudo(),
        }
        return self.env["ir.qweb"]._render(_CONTENT, values, minimal_qcontext=True, lang=lang)

    @api.model
    def _lay_out(self, brand, lang, content, about, name):
        """Put what a mail says into Odoo's layout, for a mail that does not belong to a message.

        :param brand: `res.company` whose name and logo it bears
        :param str lang: of the mail
        :param Markup content: as returned by `_write_content`
        :param str about: what it is about, after "Your"
        :param str name: the heading, such as the name of a company
        :rtype: Markup
        """
        values = {
            "company": brand.sudo(),
            "lang": lang,
            "message": SimpleNamespace(body=content, preview="", record_name=name),
            "model_description": about,
            "record_name": name,
            "has_button_access": False,
        }
        return self.env["ir.qweb"]._render(LAYOUT, values, minimal_qcontext=True, lang=lang)

    # === SENDING === #

    @api.model
    def _notify_person(
        self, place, partner, *, brand, subject, paragraphs, button, about, name, notes=()
    ):
        """Notify a person as they prefer it, in Odoo or by mail, in the language of the record.

        :param place: the record that it is about
        :param partner: `res.partner`
        :param brand: as for `_write_content`, like the paragraphs, the button and the notes
        :return: the message
        :rtype: mail.message
        """
        lang = place.env.lang
        as_superuser = place.with_env(self.env(user=SUPERUSER_ID, context={"lang": lang}))
        return as_superuser.message_notify(
            partner_ids=partner.ids,
            subject=clean_text(subject),
            body=self._write_content(brand, lang, paragraphs, button, notes=notes),
            email_layout_xmlid=LAYOUT,
            model_description=about,
            force_record_name=clean_text(name),
            force_email_company=brand.sudo(),
            force_email_lang=lang,
            **self._get_sender(brand),
        )

    @api.model
    def _prepare_mail(self, emails, lang, *, brand, subject, content, about, name):
        """Prepare a mail to addresses, for Odoo's queue.

        :param emails: normalized addresses
        :return: values of `mail.mail`
        :rtype: dict
        """
        return {
            **self._get_sender(brand),
            "subject": clean_text(subject),
            "body_html": self._lay_out(brand, lang, content, about, clean_text(name)),
            "email_to": ", ".join(emails),
        }

    @api.model
    def _hand_over(self, email, lang, *, brand, subject, content, about, name, user, files=()):
        """Send a mail at once, and keep nothing of it: it contains a link that is nobody else's.

        Odoo's own queue would keep it in the database until it is sent, or forever if it is not.

        :param str email: the normalized address
        :param files: names and bytes of PDFs to attach
        :param user: `res.users` or `res.partner` who gets the answers, if they have an address
        :raise MailNotSent: with the remedy
        """
        body = self._lay_out(brand, lang, content, about, clean_text(name))
        servers = self.env["ir.mail_server"].sudo()
        sender = self._get_sender(brand)
        try:
            servers.send_email(
                servers._build_email__(
                    email_from=sender["email_from"],
                    email_to=[email],
                    reply_to=format_address(user.name, user.email) or sender["reply_to"],
                    subject=clean_text(subject),
                    body=str(self.env["mail.render.mixin"]._replace_local_links(body)),
                    subtype="html",
                    attachments=[
                        (clean_text(name), data, "application/pdf") for name, data in files
                    ],
                )
            )
        except (AssertionError, MailDeliveryException, OSError, UserError) as error:
            raise MailNotSent(self._explain_failure(email)) from error

    @api.model
    def _explain_failure(self, email):
        """Say why a mail could not be sent, and what to do.

        :rtype: str
        """
        servers = self.env["ir.mail_server"].sudo()
        if not servers.search_count([], limit=1):
            return self.env._(
                "The mail to %s could not be sent: this database has no outgoing mail server. Ask your "
                "administrator to set one up in Settings, under Outgoing Mail Servers.",
                email,
            )
        return self.env._(
            "The mail to %s could not be sent: the mail server refused it or did not answer. Check the "
            "address, or ask your administrator to test the outgoing mail server.",
            email,
        )

    @api.model
    def _explain_surprise(self, email):
        """Say that a mail could not be sent for a reason that nobody expected, and what to do.

        :rtype: str
        """
        return self.env._(
            "The mail to %s could not be sent because of an unexpected error. Send it again; if that does not "
            "help, ask your administrator for the details, which are in the server's log.",
            email,
        )
