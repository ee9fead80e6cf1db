"""How the add-on is built: its structure, what it overrides of Odoo, the commands of dev/."""

from . import test_dev_commands, test_odoo_suites, test_odoo_surface, test_structure
