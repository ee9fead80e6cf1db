"""Whether rows of accounting and payments may point at one another, as far as certificates are sold."""

from odoo.exceptions import AccessError

# By these, rows of any company can reach the seller's, and Odoo follows them in sudo mode: it cancels
# the payment of a transaction, reverses the exchange entry of a reconciliation, posts invoices. Of the
# other relations Odoo itself checks the company (`check_company`).
LINKS = {
    "account.move": ("matched_payment_ids", "transaction_ids"),
    "account.partial.reconcile": ("credit_move_id", "debit_move_id", "exchange_move_id"),
    "account.payment": ("invoice_ids", "payment_transaction_id"),
    "account.payment.method.line": ("journal_id", "payment_provider_id"),
    "payment.transaction": ("invoice_ids", "payment_id", "source_transaction_id"),
}


# Where a row itself belongs: whoever writes these could move a row of one company into another's books.
OWNERS = {"company_id", "journal_id", "provider_id"}


def check_new_links(records, vals=None):
    """Check the rows that were created, or written with these values, when they tie them to others.

    No constraint method: Odoo calls those in sudo mode, whoever writes.

    :param dict vals: as written; None when the rows were created: what ties these may be a default,
        which a context or a user's own setting gives
    :raise AccessError: as for `check_links`
    """
    if vals is None:
        check_links(records)
    elif not OWNERS.isdisjoint(vals):
        check_links(records, is_moved=True)
    elif names := [name for name in LINKS[records._name] if name in vals]:
        check_links(records, names)


def check_links(records, names=None, is_leaving=False, is_moved=False):
    """Check that rows which belong to a seller of certificates are not tied to those of another company.

    A verdict on a payment counts the rows of the seller's own company alone. This keeps others from
    changing these by what Odoo follows in its own name.

    :param records: of one of `LINKS`, in the environment of who writes them
    :param names: of `LINKS`, the relations to look at; all of them by default
    :param bool is_leaving: whether they are being deleted, or written to anew: then it matters only
        that the seller's people do it
    :param bool is_moved: whether they may belong to another company than before: then that is what
        they are tied to as well
    :raise AccessError: otherwise
    """
    env, names = records.env, names or LINKS[records._name]
    sellers = env["res.company"]._get_certificate_sellers()
    if not sellers:
        return
    own = None if env.su else set(env.user._get_company_ids())
    for record in records.sudo():
        rows = {}
        for name in names:
            model = record[name]._name
            rows[model] = rows.get(model, record[name]) | record[name]
        # Read the records of one model together.
        linked = (
            env["res.company"]
            .sudo()
            .union(*(linked_rows.company_id for linked_rows in rows.values()))
        )
        # Those of a reconciliation are the companies of its two lines, whatever it says itself.
        companies = linked | record.company_id
        linked = companies if is_moved else linked
        is_foreign = own is not None and not own.issuperset(linked.ids)
        is_mixed = not is_leaving and len(companies) > 1 and len(companies.root_id) > 1
        if (is_foreign or is_mixed) and not sellers.isdisjoint(linked.ids):
            # Without its name, which others may not read.
            raise AccessError(
                env._(
                    "This belongs to a company that sells certificates: only its own users can "
                    "record payments of its invoices."
                )
            )
