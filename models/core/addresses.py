"""Addresses that mails and pages lead to."""


def get_record_url(record):
    """Return Odoo's own link to a record, which adds its company to those that are chosen, and asks to log in.

    :rtype: str
    """
    return f"{record.get_base_url()}/mail/view?model={record._name}&res_id={record.id}"


def get_page_path(env, path, code):
    """Return the path of a page in a language, when the site serves it in that language.

    A path with the prefix of a language that the site does not have is a 404, although the database has
    the language: with `website`, each site chooses its own. Without a prefix the site chooses by the
    visitor's browser.

    :param str path: without a language, such as `/payment/pay`
    :param str code: of a language; empty for none
    :rtype: str
    """
    language = env["res.lang"]._get_data(code=code or "")
    if language and "website" in env:
        # Which of several sites it will be is up to the domain that is typed.
        sites = env["website"].sudo().search([])
        if any(code not in site.language_ids.mapped("code") for site in sites):
            return path
    return f"/{language.url_code}{path}" if language else path
