"""What the company and the database set: who sells, who lends, and the one way in which a company is written."""

from . import res_company, res_config_settings
