"""What the add-on computes of its records without storing it: read by the one code and by the other."""

MODULE = "l10n_co_certificate_activation"
RECORDS = 300  # of each model, spread over all
# Sentences may be worded anew.
KINDS = ("boolean", "integer", "float", "monetary", "date", "datetime", "selection", "many2one")


def read_computed(env):
    """Return what the add-on computes: {model: {id: {field: value}}}."""
    env.cr.execute(
        """
        SELECT model, array_agg(name ORDER BY name) FROM ir_model_fields
        WHERE NOT store AND ttype = ANY(%s) AND id IN (
            SELECT res_id FROM ir_model_data WHERE module = %s AND model = 'ir.model.fields')
        GROUP BY model ORDER BY model
        """,
        [list(KINDS), MODULE],
    )
    values = {}
    for model, known in env.cr.fetchall():
        if model not in env or env[model]._transient or env[model]._abstract:
            continue
        records = env[model].with_context(active_test=False).search([], order="id")
        records = records[:: max(1, len(records) // RECORDS)]
        names = [name for name in known if name in records._fields]
        values[model] = {
            str(row.pop("id")): {name: _plain(value) for name, value in row.items()}
            for row in records.read(names, load=None)
        }
    return values


def _plain(value):
    return value if isinstance(value, bool | int | float | str) else str(value)
