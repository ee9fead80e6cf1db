from odoo import api, fields, models
from odoo.fields import Command

from ...const import PERSON_KINDS
from ...tools.pdf_check import MAX_PAGES


class CertificateAuthority(models.Model):
    """A certification authority that issues requested certificates, and the documents that it
    requires.

    The seller's custodian maintains them.
    """

    _name = "certificate.authority"
    _description = "Certification Authority"
    _inherit = ["certificate.input.mixin"]
    _order = "sequence, name, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    requirement_ids = fields.One2many(
        "certificate.authority.requirement",
        "authority_id",
        string="Documents",
        copy=True,
        default=lambda self: [
            Command.create({"document_type_id": usual.id})
            for usual in self.env["certificate.document.type"].search([])
        ],
    )

    anchor_ids = fields.One2many(
        "certificate.trust.anchor",
        "authority_id",
        string="Trusted certificates",
        readonly=True,
        help="Certificates that verify the ones of this authority. An administrator adds them.",
    )

    _name_unique = models.UniqueIndex("(lower(name))", "This authority already exists.")

    def _get_requirements(self, person_kind):
        """Return the documents that a kind of person has to attach.

        :param str person_kind: one of `const.PERSON_KINDS`
        :rtype: certificate.authority.requirement
        """
        return self.requirement_ids.filtered(
            lambda requirement: requirement.person_kind in (False, person_kind)
        )


class CertificateAuthorityRequirement(models.Model):
    """A document that an authority asks for, and its rules."""

    _name = "certificate.authority.requirement"
    _description = "Document That an Authority Asks For"
    _inherit = ["certificate.input.mixin"]
    _order = "sequence, id"
    _rec_name = "document_type_id"

    authority_id = fields.Many2one(
        "certificate.authority", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    document_type_id = fields.Many2one(
        "certificate.document.type", string="Document", required=True, ondelete="restrict"
    )
    person_kind = fields.Selection(
        PERSON_KINDS,
        string="Only for",
        compute="_compute_rules",
        precompute=True,
        store=True,
        readonly=False,
        help="Leave it empty if every company attaches it.",
    )
    max_age_days = fields.Integer(
        string="Maximum age in days",
        compute="_compute_rules",
        precompute=True,
        store=True,
        readonly=False,
        help="Days that may have passed since it was issued; 0 if its age does not matter.",
    )
    is_required = fields.Boolean(string="Required", default=True)

    _document_unique = models.Constraint(
        "UNIQUE (authority_id, document_type_id)",
        "An authority can ask for each document only once.",
    )
    _max_age_positive = models.Constraint(
        "CHECK (max_age_days >= 0)", "The maximum age of a document cannot be negative."
    )

    @api.depends("document_type_id")
    def _compute_rules(self):
        for requirement in self:
            requirement.person_kind = requirement.document_type_id.person_kind
            requirement.max_age_days = requirement.document_type_id.max_age_days


class CertificateDocumentType(models.Model):
    """A kind of document, with its usual rules, shared by all authorities."""

    _name = "certificate.document.type"
    _description = "Kind of Document"
    _inherit = ["certificate.input.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    advice = fields.Char(translate=True, help="What to attach: where to get it, which pages.")
    person_kind = fields.Selection(
        PERSON_KINDS, string="Only for", help="Leave it empty if every company attaches it."
    )
    max_age_days = fields.Integer(
        string="Maximum age in days",
        help="What authorities usually require; 0 if its age does not matter.",
    )
    max_pages = fields.Integer(
        string="Most pages",
        required=True,
        default=MAX_PAGES,
        help="A file with more pages is refused.",
    )

    _max_pages_bounded = models.Constraint(
        "CHECK (max_pages BETWEEN 1 AND 50)",
        "A document can have at most 50 pages, and at least 1.",
    )
