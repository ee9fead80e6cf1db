"""How the add-on is built: its structure, what it overrides of Odoo, the commands of dev/."""
