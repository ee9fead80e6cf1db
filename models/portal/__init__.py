"""The contact who completes the steps without a user: who is let in, and what they may do."""

from . import access, portal, res_users
