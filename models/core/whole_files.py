"""Binary fields with their content, whatever the context says about their size."""


def read_whole(records):
    """Return these records with binary fields that give their content.

    Odoo gives the size instead if the context says so, for all fields or for one
    (`bin_size_<field>`). A context comes from the client, and a good file would be taken for an
    altered one.

    :param records: of any model
    """
    context = {
        name: value
        for name, value in records.env.context.items()
        if not name.startswith("bin_size")
    }
    return records.with_env(records.env(context=context))
