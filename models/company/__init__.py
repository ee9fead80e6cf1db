"""Settings of the company and the database: who sells, who lends, and how a company is written."""

from . import concerned, res_company, res_config_settings
