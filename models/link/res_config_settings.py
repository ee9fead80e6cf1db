from odoo import fields, models

from ...const import LINK_PRIVATE_PARAMETER, LINKS_PARAMETER


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    certificate_links = fields.Boolean(
        string="Link databases",
        config_parameter=LINKS_PARAMETER,
        help="Let a vendor and its clients work together from databases of their own.",
    )
    certificate_links_private = fields.Boolean(
        string="Vendor in a private network", config_parameter=LINK_PRIVATE_PARAMETER
    )
