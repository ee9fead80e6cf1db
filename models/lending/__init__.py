"""The certificate that the seller lends, its reminders and its successor."""

from . import lending, page, res_company
