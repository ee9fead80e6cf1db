"""A vendor and its clients in databases of their own: the links between them, what a vendor signs for a client, and
what a client has signed by its vendor.

`client` and `answer` are in the vendor's database, where the lent key stays; `vendor` is in the client's.
"""

from . import activation, answer, client, res_config_settings, steps, vendor
