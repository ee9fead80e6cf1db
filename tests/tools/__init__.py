"""Functions that know no Odoo."""
