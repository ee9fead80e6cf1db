from .const import SELLER_PARAMETER


def uninstall_hook(env):
    """Remove what Odoo leaves behind because no external identifier names it.

    :param env: the environment of the database that loses the add-on
    """
    env["ir.config_parameter"].search([("key", "=", SELLER_PARAMETER)]).unlink()
    env["ir.attachment"].search(
        [
            ("res_model", "in", ("certificate.activation", "electronic.invoicing.setup")),
            ("res_field", "in", (False, "signed_letter")),
        ]
    ).unlink()
