"""The evidence as an archive that is verified without this add-on: see `tools/evidence_archive.py`.

These are functions, not methods of a model: only the dialog and its route lead here. What is written is
named below field by field, so that no key, password or token can be among it.
"""

import base64
import hashlib
import json
import re
import tempfile
from contextlib import ExitStack, contextmanager

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, split_every

from ...const import GROUP_CUSTODIAN, GROUP_MANAGER
from ...tools import identity
from ...tools.evidence_archive import hash_file, join_lines, writing_archive
from ..core.ir_attachment import storing_files
from ..core.whole_files import read_whole
from .chain import CHAINS, get_chain, read_ends, select_rows
from .history import record_entries

_LOG = CHAINS[0]
_ACTIVATION = "certificate.activation"
_PDF_MIXIN = "certificate.pdf.mixin"
_BATCH_SIZE = 100  # records whose files are read before the cache is emptied
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")


def get_companies(env):
    """Return the companies whose evidence the user may export: the user's own, for a manager.

    :rtype: res.company
    """
    user = env.user
    return user.company_ids if user.has_group(GROUP_MANAGER) else user.company_ids.browse()


def get_left_out(env):
    """Return the companies with evidence that the user may not export.

    :return: in sudo mode
    :rtype: res.company
    """
    found = env["res.company"].sudo()
    for name in CHAINS:
        for company, *_rest in env[name].sudo()._read_group([], ["company_id"]):
            found |= company
    return found.exists() - get_companies(env)


def check_companies(env, companies):
    """Check that the user may export the evidence of companies.

    :raise AccessError: otherwise
    """
    env[_LOG].check_access("read")  # for managers
    if not companies or companies - get_companies(env):
        raise AccessError(
            env._(
                "You can export the evidence only of companies that you work for. Reload the page."
            )
        )


@contextmanager
def exporting(env, companies):
    """Write the evidence of companies to a temporary file, and note in the history that it was taken.

    :param env: of the user, a manager of each company
    :param companies: `res.company`
    :return: the file, open at its beginning, and its size in bytes; closed by whoever takes it, or here
        when there is an error
    :rtype: tuple[file, int]
    :raise AccessError: if the user may not see the evidence of one of them
    :raise UserError: when another one is being written, or the disk is full
    """
    check_companies(env, companies)
    env.cr.execute("SELECT pg_try_advisory_xact_lock(hashtext('certificate_evidence'))")
    if not env.cr.fetchone()[0]:
        raise UserError(
            env._("Another export is being made. Wait until it is done, and try again.")
        )
    env.flush_all()
    with ExitStack() as stack:
        stream = stack.enter_context(tempfile.TemporaryFile())
        with storing_files(env):
            concerned = _write(env, companies.sorted("id"), stream)
            size, sha256 = hash_file(stream)
        entries = [
            ("evidence", company, [["export", None, f"SHA-256 {sha256}"]]) for company in concerned
        ]
        record_entries(env, entries)
        yield stream, size
        stack.pop_all()  # it stays open


def _write(env, companies, stream):
    """Write the archive.

    :return: the companies whose evidence is in it, in sudo mode
    :rtype: res.company
    """
    now = fields.Datetime.now()
    concerned = companies.sudo()
    with writing_archive(stream, now) as archive:
        for company in companies:
            concerned |= _write_company(env, archive, company)
        archive.add((), "README", ".txt", [_make_read_me(env, companies).encode()])
        archive.close(
            database=env.cr.dbname,
            made_on=f"{now} UTC",
            made_by=f"{env.user.name} ({env.user.login})",
            companies=[_describe(company) for company in companies.sudo()],
        )
    return concerned


def _describe(company):
    return {"id": company.id, "name": company.name, "nit": identity.format_nit(company.vat) or ""}


def _make_read_me(env, companies):
    lines = [
        env._("Evidence of %s", ", ".join(companies.sudo().mapped("name"))),
        env._(
            "Verify the files with “sha256sum -c SHA256SUMS”. The file manifest.json says what each of "
            "them is, and whether it is the one that was stored."
        ),
        env._(
            "In signatures.json and history.json each row has a hash: the SHA-256 of the JSON list of its "
            "position, the previous hash and its values, as Python's json.dumps writes it. The head has "
            "the number of rows and the last hash."
        ),
        env._(
            "The seal of a head is an HMAC. Only whoever runs the server has its secret and can verify it."
        ),
        env._(
            "The SHA-256 of each file is in the history as well, and the SHA-256 of this archive is in the "
            "history of the database that it comes from."
        ),
    ]
    return "\n\n".join(lines) + "\n"


# === A COMPANY === #


def _write_company(env, archive, company):
    """Write what there is of a company, with the rights of the user as one who works for it.

    :return: other companies whose letters are in it, because they sign with its certificate
    :rtype: res.company
    """
    env = env(context={**env.context, "allowed_company_ids": company.ids, "active_test": False})
    folder = f"{company.id}-{company.sudo().name}"
    for name, filename in zip(CHAINS, ("signatures", "history"), strict=True):
        archive.add(
            (folder,),
            filename,
            ".json",
            _make_chain(env[name], company.id),
            company_id=company.id,
            model=name,
        )
    here = [("company_id", "=", company.id)]
    activations = env[_ACTIVATION].search(here, order="id")
    for name in _get_models(env):
        records = activations if name == _ACTIVATION else env[name].search(here, order="id")
        _write_files(archive, (folder,), records)
    # What the rules show of others: who signs with the certificate of this company.
    signing = [("certificate_id.company_id", "=", company.id), ("company_id", "!=", company.id)]
    lent = env[_ACTIVATION].sudo().search(signing, order="id").with_env(env)
    lent = lent._filtered_access("read")
    for client, theirs in lent.grouped("company_id").items():
        place = (folder, "clients", f"{client.id}-{client.sudo().name}")
        _write_files(archive, place, theirs)
    if env.user.has_group(GROUP_CUSTODIAN):
        archive.add(
            (folder, "clients"),
            "signatures",
            ".json",
            _make_list(
                _make_fields(env[_LOG]),
                select_rows(
                    env[_LOG],
                    SQL("lender_id = %s AND company_id <> %s", company.id, company.id),
                ),
            ),
            company_id=company.id,
            model=_LOG,
        )
    _write_certificates(archive, folder, (activations | lent).sudo().certificate_id)
    return lent.sudo().company_id


def _get_models(env):
    """Name the models whose files are evidence, or can become it."""
    return sorted(
        name
        for name, model in env.registry.items()
        if issubclass(model, env.registry[_PDF_MIXIN]) and not (model._abstract or model._transient)
    )


def _write_files(archive, folders, records):
    """Write each file that records keep, and say whether it is the one that was stored."""
    for name, (digest, *_facts) in records._map_file_facts().items():
        for batch in split_every(_BATCH_SIZE, records.ids, records.browse):
            for record in read_whole(batch.sudo()):
                if not (record[digest] or record[name]):
                    continue
                content = base64.b64decode(record[name] or b"")
                facts = {
                    "company_id": record.company_id.id,
                    "model": record._name,
                    "id": record.id,
                    "record": record.display_name,
                    "field": name,
                    "stored_sha256": record[digest],
                    "is_evidence": bool(record[digest]) and record._is_evidence(name),
                    "is_intact": hashlib.sha256(content).hexdigest() == record[digest],
                }
                if content:
                    filename = f"{record.id}-{record.display_name}"
                    place = (*folders, f"{record._table}-{name}")
                    archive.add(place, filename, ".pdf", [content], **facts)
                else:
                    archive.note(path=None, sha256=None, **facts)
            batch.env.invalidate_all(flush=False)


def _write_certificates(archive, folder, certificates):
    """Write public certificates, by which an outsider verifies what was signed."""
    for certificate in read_whole(certificates):
        found = _CERTIFICATE.search(base64.b64decode(certificate.pem_certificate or b""))
        if found:
            archive.add(
                (folder, "certificates"),
                f"{certificate.id}-{certificate.name}",
                ".pem",
                [found.group(), b"\n"],
                company_id=certificate.company_id.id,
                model=certificate._name,
                id=certificate.id,
            )


# === CHAINS === #


def _make_chain(model, company_id):
    heads = read_ends(model, [company_id], model.env.cr)[company_id][0].values()
    facts = {
        "chain": get_chain(model, company_id),
        **_make_fields(model),
        "heads": [{"count": head.count, "hash": head.hash, "seal": head.seal} for head in heads],
    }
    return _make_list(facts, select_rows(model, SQL("company_id = %s", company_id)))


def _make_fields(model):
    return {"log": model._name, "fields": [*model._hashed, *model._hashed_later]}


def _make_list(facts, rows):
    """Write rows as JSON, a row in a line.

    :param dict facts: what stands before the rows
    :param rows: an iterable of `tools.signature_chain.Row`
    :return: an iterator of bytes
    """
    yield f'{json.dumps(facts)[:-1]}, "rows": [\n'.encode()
    yield from join_lines(
        json.dumps(
            {
                "position": row.position,
                "previous_hash": row.previous_hash,
                "hash": row.hash,
                "values": row.values,
            },
            default=str,
        ).encode()
        for row in rows
    )
    yield b"\n]}\n"
