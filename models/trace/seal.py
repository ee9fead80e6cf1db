"""Sealing the chains again and describing them, for the command `certificate_log`.

A seal vouches for the rows that existed when it was made. So only chains that verify under the
former secret are sealed under a new one, and only by the person who runs the server: no method of a
model leads here.
"""

from odoo.tools import SQL

from ...tools.signature_chain import Walk, get_end, is_sealed, is_unsealed, make_head
from ..keys import custody
from .chain import (
    CHAINS,
    DURABLE,
    get_chain,
    lock_chains,
    read_ends,
    replace_heads,
    walk_chains,
)
from .history import record_entries


def begin(cr):
    """Begin a transaction that sees what is committed at any moment."""
    cr.execute(DURABLE)


def seal_anew(env, is_first=False):
    """Seal every chain with the current secret: once, when the server got or changed one.

    Each sealing is an entry of the history of its company.

    :param env: of a transaction that `begin` began
    :param bool is_first: also seal chains without a seal, because there was no secret until now
    :return: what was sealed, and why the rest was not, a line each
    :rtype: tuple[list[str], list[str]]
    """
    secrets = custody.require_secrets(env)
    if not secrets:
        return [], ["This server has no secret: there is nothing to seal with."]
    lines, faults, entries = [], [], []
    # The history comes last: the entries are added to it, after its new seal.
    for model, company, heads in _read_chains(env):
        chain, name = get_chain(model, company.id), company.exists().name or str(company.id)
        end = get_end(heads.values())
        was_sealed = bool(heads) and all(is_sealed(chain, head, secrets) for head in heads.values())
        is_new = not was_sealed and is_unsealed(heads.values())
        # Chains without a seal are described without checking one.
        broken = _find_breaks(model, company, () if is_new else secrets)
        if broken:
            faults += [model._explain_break(company, found) for found in broken]
        elif is_new and not is_first:
            faults.append(
                f"{name}, {model._name}: it bears no seal. If this server never had a secret, "
                "add --first; if it had one, somebody has removed the seal."
            )
        elif end and make_head(chain, end.count, end.hash, secrets[:1]) != end:
            head = make_head(chain, end.count, end.hash, secrets)
            replace_heads(
                env.cr,
                list(heads),
                [(model._name, company.id, head.count, head.hash, head.seal)],
            )
            before = "never sealed" if is_new else "sealed by the former secret"
            what = f"{model._name} {company.id} {end.count} {end.hash}"
            entries.append(("log", company.exists() or env.company, [["seal", before, what]]))
            lines.append(f"{name}, {model._name}: {end.count} rows, {before}, sealed now")
    record_entries(env, entries)
    return lines, faults


def describe(env, known=()):
    """Describe the end of every chain, and what is wrong with it.

    :param env: as for `seal_anew`
    :param known: lines that this has returned before
    :return: a line for each end, and what is wrong
    :rtype: tuple[list[str], list[str]]
    """
    secrets = custody.require_secrets(env)
    lines, faults = [], []
    for model, company, heads in _read_chains(env):
        found = _find_breaks(model, company, secrets)
        faults += [model._explain_break(company, broken) for broken in found]
        if model._name == "certificate.history" and company.exists():
            faults += model._find_differences(company)
            # What was read of its records is not needed any more.
            env.invalidate_all()
        if end := get_end(heads.values()):
            lines.append(f"{model._name} {company.id} {end.count} {end.hash}")
    for line in known:
        name, company_id, count, last_hash = line.split()
        if _read_hash(env, name, int(company_id), int(count)) != last_hash:
            faults.append(f"It does not continue what was known: {line}")
    return lines, faults


def _find_breaks(model, company, secrets):
    walks = {company.id: Walk(get_chain(model, company.id))}
    for _company_id, walk, _is_done in walk_chains(model, walks, secrets):
        return walk.breaks


def _read_hash(env, log, company_id, position):
    """Read the hash of the row at a place; None where there is no such chain or row."""
    if log not in CHAINS:
        return None
    env.cr.execute(
        SQL(
            "SELECT hash FROM %s WHERE company_id = %s AND position = %s",
            SQL.identifier(env[log]._table),
            company_id,
            position,
        )
    )
    return next((row_hash for (row_hash,) in env.cr.fetchall()), None)


def _read_chains(env):
    """Yield every chain, locked: its model, company and heads; those of signatures first."""
    for name in CHAINS:
        model = env[name]
        env.cr.execute(
            SQL(
                "SELECT company_id FROM %s UNION "
                "SELECT company_id FROM certificate_signature_head WHERE log = %s ORDER BY 1",
                SQL.identifier(model._table),
                name,
            )
        )
        company_ids = [company_id for (company_id,) in env.cr.fetchall()]
        lock_chains(model, company_ids, env.cr)
        ends = read_ends(model, company_ids, env.cr)
        for company in env["res.company"].browse(company_ids):
            yield model, company, ends[company.id][0]
