from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Tell lenders that have a letter of their own what the default says now, and why."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["res.company"].search([("certificate_letter_html", "!=", False)])._tell_former_letter()
