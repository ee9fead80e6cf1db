"""Errors that say more than a sentence: where they can be solved, or which fields they are about."""

from odoo.exceptions import UserError, ValidationError

from .const import GROUP_SYSTEM, MODULE

ACTIVATE = (f"{MODULE}.certificate_activation_wizard_action", f"{MODULE}.group_certificate_user")
SALE = (f"{MODULE}.certificate_sale_setup_action", GROUP_SYSTEM)


class RemedyError(UserError):
    """A `UserError` with a button. Odoo's `RedirectWarning` has one, too, but is not a `UserError`.

    The dialog is `static/src/remedy/remedy.js`.

    :param str message: what is wrong and what to do
    :param int action: the id of the action that the button opens
    :param str button: what the button says
    """

    def __init__(self, message, action, button):
        super().__init__(message)
        self.args = (message, action, button)

    def __str__(self):
        return self.args[0]


def make_remedy_error(env, message, remedy):
    """Return the error for a user, with the button only if the user may run its action.

    :param env: the environment of the user who gets the error
    :param str message: what is wrong and what to do, worded for users with and without the button
    :param remedy: `ACTIVATE` or `SALE`
    :rtype: UserError
    """
    action, group = remedy
    if not env.user.has_group(group):
        return UserError(message)
    action = env.ref(action).sudo()
    return RemedyError(message, action.id, env._("Open: %s", action.name))


def make_fields_error(errors):
    """Return the error that says what is wrong with fields, for the forms that tell it there.

    Elsewhere, and where none of its fields is shown, it is an error like any other (`static/src/form/form.js`).

    :param dict[str, str] errors: whole sentences by the names that the fields have in the form
    :rtype: ValidationError
    """
    error = ValidationError("\n".join(errors.values()))
    error.context = {"field_errors": errors}
    return error
