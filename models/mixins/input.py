import math
from contextlib import contextmanager

from odoo import api, models
from odoo.api import NewId
from odoo.exceptions import MissingError, UserError
from odoo.fields import Command

from ...const import MODULE
from ...exceptions import make_fields_error
from ...tools.text_limits import (
    INTEGER_MAX,
    NUMBER_MAX,
    ROWS_MAX,
    TEXT_RULES,
    is_tidy_html,
    remove_unseen,
)

_TEXTS = ("char", "text", "html")
_ID_MAX = 2**31 - 1  # of PostgreSQL's integers


class CertificateInputMixin(models.AbstractModel):
    """A record whose values are checked before Odoo and PostgreSQL convert them.

    Values come from a form, RPC, an import or a portal, and can be of any type. Odoo turns a list
    into a text, cuts a text at `size`, and answers many other values with a traceback. Here each
    value is converted to its field's type, or refused with a sentence that names the field. In
    Odoo's own models, only the fields that this add-on adds are checked.
    """

    _name = "certificate.input.mixin"
    _description = "Record with Examined Input"
    _inherit = ["certificate.links.mixin"]

    @api.model_create_multi
    def create(self, vals_list):
        self._check_row_count(vals_list)
        vals_list = [self._clean_input(vals) for vals in vals_list]
        self._check_links(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Admit the values with the rights of the user, then store them."""
        vals = self._admit(vals)
        with self._storing(vals) as (records, vals):
            return super(CertificateInputMixin, records).write(vals)

    def _admit(self, vals):
        """Make every check of a write, with the rights of the user.

        :param dict vals: as for `write`
        :return: the values to store
        :rtype: dict
        """
        self._check_row_count(self)
        vals = self._clean_input(vals)
        self._check_links(vals)
        return vals

    @contextmanager
    def _storing(self, vals):
        """Wrap the write of admitted values. All checks are done, so an extension may switch to sudo mode.

        :param dict vals: as returned by `_admit`
        :return: the records to write, and the values
        """
        yield self, vals

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        """Check translations too: Odoo does not write them through `write`."""
        if isinstance(translations, dict):
            translations = {
                lang: self._clean_input({field_name: text}).get(field_name) if text else text
                for lang, text in translations.items()
            }
        return super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )

    def onchange(self, values, field_names, fields_spec):
        # The form shows at its field that a text is too long.
        self._clean_input(values, is_draft=True)
        self._check_links(values)
        return super().onchange(values, field_names, fields_spec)

    # === BUSINESS METHODS - INPUT === #

    @api.model
    def _check_row_count(self, rows):
        if len(rows) > ROWS_MAX and not self.env.su:
            raise UserError(self.env._("You can save at most %s records at a time.", ROWS_MAX))

    @api.model
    def _clean_input(self, vals, is_draft=False):
        """Return the values as they will be stored.

        :param dict vals: as for `write`
        :param is_draft: whether they come from a form that is not saved yet, where a text may be
            too long
        :rtype: dict
        :raise ValidationError: with one sentence for each field whose value cannot be kept
        """
        cleaned, errors = dict(vals), {}
        for name, value in vals.items():
            field = self._fields.get(name)
            if field is None or MODULE not in field._modules:
                continue
            kind = _get_kind(field)
            clean = getattr(self, f"_clean_{kind}", None)
            if clean is None:
                continue
            try:
                if value is not None and value is not False:
                    cleaned[name] = clean(field, value)
                is_empty = not cleaned[name] and not isinstance(cleaned[name], NewId)
                if field.required and is_empty and not is_draft and kind != "number":
                    # Code that runs before PostgreSQL's own check relies on it.
                    errors[name] = self.env._("Missing: %s.", field._description_string(self.env))
            except _TooLongError as error:
                if not is_draft or field.type == "html":
                    errors[name] = self._get_length_sentence(field, error.length)
            except MissingError as error:
                errors[name] = str(error)
            except (AttributeError, LookupError, OverflowError, TypeError, ValueError):
                errors[name] = self.env._(
                    "%s: this value is not valid. Enter it again.",
                    field._description_string(self.env),
                )
        if errors:
            # All at once: a form is not to be corrected field by field.
            good = {name: value for name, value in cleaned.items() if name not in errors}
            raise make_fields_error(self._get_draft_errors(good) | errors)
        return cleaned

    @api.model
    def _get_draft_errors(self, vals):
        """Say what is wrong with values that are of the right kind, while others are missing.

        :param dict vals: as for `write`
        :return: one sentence by the name of each field
        :rtype: dict[str, str]
        """
        return {}

    @api.model
    def _get_length_errors(self, values):
        """Say which texts are too long.

        :param values: anything that gives values by field name, a record or a dict; missing values
            and those that are not texts are skipped
        :return: a sentence for each field
        :rtype: dict[str, str]
        """
        errors = {}
        for name, field in self._fields.items():
            if _get_text_rule(field) and (not isinstance(values, dict) or name in values):
                try:
                    self._clean_text(field, values[name] or "")
                except _TooLongError as error:
                    errors[name] = self._get_length_sentence(field, error.length)
                except TypeError:
                    continue
        return errors

    @api.model
    def _get_length_sentence(self, field, length):
        return self.env._(
            "%(field)s: the limit is %(limit)s characters, and this text has %(length)s. Shorten it.",
            field=field._description_string(self.env),
            limit=_get_text_rule(field).limit,
            length=length,
        )

    # Each of these returns the value of a kind of field as it will be stored, or raises.

    @api.model
    def _clean_text(self, field, value):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)  # a number from a spreadsheet or from RPC
        if not isinstance(value, str):
            raise TypeError(f"{field} takes texts.")
        if not (rule := _get_text_rule(field)):
            return remove_unseen(value)
        text = rule.clean(value)
        if len(text) > rule.limit:
            raise _TooLongError(len(text))
        if field.type == "html" and not is_tidy_html(text):
            raise ValueError(f"{field} takes HTML.")
        return text or False

    @api.model
    def _clean_number(self, field, value):
        limit = INTEGER_MAX if field.type == "integer" else NUMBER_MAX
        number = int(value) if field.type == "integer" else float(value)
        if isinstance(value, bool) or not math.isfinite(number) or abs(number) > limit:
            raise ValueError(f"{field} takes numbers up to {limit}.")
        return value

    @api.model
    def _clean_scalar(self, field, value):
        field.convert_to_cache(value, self.browse(), validate=True)
        return value

    @api.model
    def _clean_reference(self, field, value):
        if isinstance(value, models.BaseModel):
            return value
        comodel = self.env[field.comodel_name]
        if isinstance(value, dict):  # of a form
            if not value.keys() <= comodel._fields.keys() or "id" not in value:
                raise TypeError(f"{field} takes one id.")
            value = value["id"]
        if not value or isinstance(value, NewId):
            return value
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _ID_MAX:
            raise TypeError(f"{field} takes one id.")
        if not self.env.su and not comodel.browse(value).exists():
            raise MissingError(
                self.env._(
                    "%s: this no longer exists. Choose another one.",
                    field._description_string(self.env),
                )
            )
        return value

    @api.model
    def _clean_references(self, field, value):
        if isinstance(value, models.BaseModel):
            return value
        if not isinstance(value, (list, tuple)) or len(value) > ROWS_MAX:
            raise TypeError(f"{field} takes a list.")
        for command in value:
            ids = [command]
            if isinstance(command, (list, tuple)):
                # Such as (UPDATE, id, values); the later parts are optional.
                kind, number, more = (*command, False, False)[:3]
                if kind not in range(7) or isinstance(kind, bool):
                    raise TypeError(f"{field} takes commands.")
                if kind in (Command.CREATE, Command.UPDATE) and not isinstance(more, dict):
                    raise TypeError(f"{field} takes values.")
                # The id of a row that is not stored is the browser's own.
                is_new = kind in (Command.CREATE, Command.CLEAR, Command.SET)
                ids = more or [] if kind == Command.SET else [] if is_new else [number]
            for number in ids:
                if not isinstance(number, NewId) and (
                    isinstance(number, bool)
                    or not isinstance(number, int)
                    or not 0 < number <= _ID_MAX
                ):
                    raise TypeError(f"{field} takes ids.")
        return value

    @api.model
    def _clean_binary(self, field, value):
        if not isinstance(value, (str, bytes)) or not value.isascii():
            raise TypeError(f"{field} takes base64.")
        return value


class _TooLongError(ValueError):
    def __init__(self, length):
        super().__init__(length)
        self.length = length


def _get_text_rule(field):
    """Return the rule of a text field, or of the field that it is related to."""
    while field is not None and field.type in _TEXTS:
        rule = TEXT_RULES.get(field.model_name, {}).get(field.name)
        if rule or not field.related:
            return rule
        field = field.related_field
    return None


def _get_kind(field):
    """Name the kind of values that a field takes, or return None if they are checked elsewhere."""
    kinds = {
        **dict.fromkeys(_TEXTS, "text"),
        **dict.fromkeys(("integer", "float", "monetary"), "number"),
        **dict.fromkeys(("date", "datetime", "selection"), "scalar"),
        "many2one": "reference",
        "binary": "binary",
        **dict.fromkeys(("one2many", "many2many"), "references"),
    }
    return kinds.get(field.type)
