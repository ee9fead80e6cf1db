from odoo import api, models
from odoo.api import NewId


class CertificateLinksMixin(models.AbstractModel):
    """A record that may only point at records that its user may read.

    Odoo shows the name of any record that a many2one points at, in sudo mode, and accepts any id:
    in a write, in `onchange`, and as a default in a context. Here read access to the id is checked
    first.
    """

    _name = "certificate.links.mixin"
    _description = "Record with Checked Links"

    # Names of the relational fields that are checked; None for all of them.
    _checked_links = None

    @api.model
    def default_get(self, fields):
        defaults = super().default_get(fields)
        self._check_links(defaults)
        return defaults

    @api.model
    def _check_links(self, *vals_list):
        """Check that the user may read each record that these values point at.

        :param vals_list: dicts, as for `create`, `write` and `onchange`
        :raise AccessError: otherwise
        """
        if self.env.su:
            return
        for vals in vals_list:
            for name, value in vals.items():
                field = self._fields.get(name)
                # Not by truth value: the draft of a stored record is falsy.
                if field is None or value is None or value is False:
                    continue
                if self._checked_links is not None and name not in self._checked_links:
                    continue
                for model, ids in self._get_linked_ids(field, value, vals):
                    if model in self.env:
                        self.env[model].browse(ids).check_access("read")

    @api.model
    def _get_linked_ids(self, field, value, vals):
        """Find the ids in a value of a relational field, in each form in which a client sends them.

        :return: pairs of a model's name and ids
        """
        if field.type == "reference":
            model, _comma, record_id = str(value).partition(",")
            yield model, [int(record_id)] if record_id.isdecimal() else []
        elif field.type == "many2one_reference":
            yield vals.get(field.model_field) or "", self._find_ids(value)
        elif field.type == "many2one":
            # It may be a pair of id and name, or the result of `web_read`.
            if isinstance(value, dict):
                value = value.get("id")
            elif isinstance(value, list | tuple):
                value = value[:1]
            yield field.comodel_name, self._find_ids(value)
        elif field.type in ("one2many", "many2many"):
            for item in value if isinstance(value, list | tuple) else [value]:
                if isinstance(item, list | tuple):
                    # A command: its code, and the id or the list of ids that it applies to.
                    links = self._find_ids(item[1:2])
                    if len(item) > 2 and isinstance(item[2], list | tuple):
                        links += self._find_ids(item[2])
                    yield field.comodel_name, links
                else:
                    yield field.comodel_name, self._find_ids(item)

    @api.model
    def _find_ids(self, value):
        values = value if isinstance(value, list | tuple) else [value]
        # A new record may be the draft of a stored one, whose name it then has.
        ids = [item.origin if isinstance(item, NewId) else item for item in values]
        return [item for item in ids if isinstance(item, int) and item > 0]
