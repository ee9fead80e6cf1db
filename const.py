"""Names that several files share: data only, no logic."""

from typing import NamedTuple

from .tools.authorities import DOMAINS as AUTHORITY_HOSTS  # noqa: F401  # no other host is asked
from .tools.authorities import NAMES as ACCREDITED_AUTHORITIES  # noqa: F401
from .tools.letter_person import DOCUMENTS as _DOCUMENTS
from .tools.letter_person import OFFERED as OFFERED_DOCUMENTS  # noqa: F401  # of a new letter
from .tools.letter_scope import get_scope, write_scope

MODULE = "l10n_co_certificate_activation"

# The company of this database that sells the certificate and lends its own: `res.company` id.
SELLER_PARAMETER = f"{MODULE}.certificate_seller_id"

# Names of the accredited certification authorities, separated by commas.
AUTHORITIES_PARAMETER = f"{MODULE}.accredited_authorities"

# Domains of the authorities that may be asked about revocations, likewise.
HOSTS_PARAMETER = f"{MODULE}.revocation_hosts"

# Whether this database is linked with others: a vendor's with its clients', or a client's with its vendor's.
LINKS_PARAMETER = f"{MODULE}.links"

# Whether the server of a linked vendor may be in a private network, or on this machine.
LINK_PRIVATE_PARAMETER = f"{MODULE}.links_private"

GROUP_SYSTEM = "base.group_system"
GROUP_USER = f"{MODULE}.group_certificate_user"
GROUP_MANAGER = f"{MODULE}.group_certificate_manager"
GROUP_CUSTODIAN = f"{MODULE}.group_certificate_custodian"

LETTER_REPORT = f"{MODULE}.exoneration_letter"
LETTER_TEMPLATE = f"{MODULE}.exoneration_letter_document"
LETTER_TEMPLATE_ENGLISH = f"{MODULE}.exoneration_letter_english"
# The default text of the letter by its version, in Spanish and in English. Letters keep the version that they were
# made of; one that was made before versions were kept is of the first.
LETTER_VERSIONS = {
    "1": (f"{MODULE}.exoneration_letter_document_1", f"{MODULE}.exoneration_letter_english_1"),
    "2": (LETTER_TEMPLATE, LETTER_TEMPLATE_ENGLISH),
}
LETTER_VERSION_FIRST, LETTER_VERSION = "1", "2"
# The letter in English, for reading, and the record of an activation.
READING_REPORT = f"{MODULE}.exoneration_letter_reading_version"
READING_TEMPLATE = f"{MODULE}.exoneration_letter_reading"
RECORD_REPORT = f"{MODULE}.activation_record"

# Where anyone can check a record; its code follows.
VERIFY_PATH = "/certificate/verify"
EVIDENCE_ROUTE = "/certificate/evidence"

# Where the payment page returns to. It has no record id: a new wizard opens at the right step. It
# is below the six steps' page, so that breadcrumb and app menu are those of the flow.
WIZARD_PATH = "/odoo/electronic-process/activate-certificate"
# Where reminders lead to: the same, with the renewal started when it can be.
RENEWAL_PATH = "/odoo/electronic-process/renew-certificate"
# Where mails lead to whoever works for several companies: to one of these in the company of the activation
# whose id follows.
STEPS_PATH = "/certificate/steps"
# Where reminders of the lent certificate lead to.
BOARD_PATH = "/odoo/certificate-board"

# Where the seller processes a request; its id follows.
REQUEST_URL = "/odoo/certificate-requests"

# Where a client's contact without a login completes the steps; the activation's id follows.
PORTAL_PATH = "/my/certificate"
# Where a legal representative sends the signed letter back by a link; the activation's id follows.
LETTER_LINK_PATH = "/certificate/sign"
# What a pairing code leads to, and where linked databases ask what is no signature.
LINK_PATH = "/certificate/link"
# The steps that a linked client takes at its vendor.
LINK_STEPS = (
    "status",
    "profile",
    "buy",
    "continue",
    "representative",
    "letter",
    "signed-letter",
    "signed-letter/delete",
    "finish",
)
# What linked databases say to each other; those that are one apart understand each other.
LINK_RELEASE = 1
# Where whoever paid without a login here is told what became of the payment.
RECEIVED_PATH = "/certificate/payment"
# Where a buyer downloads the invoice; the id of the activation follows.
INVOICE_PATH = "/certificate/invoice"
# Tells the payment page that the visitor came from the portal and returns there.
PORTAL_PARAMETER = "certificate_portal"
# Context key of the acting portal contact, or of the legal representative who acts by a link.
PORTAL_CONTACT = "certificate_portal_contact"
# Context value that marks Odoo's own creation of a company: an object, which no client can send.
COMPANY_CREATION = object()
# Days for which an invitation is valid.
PORTAL_DAYS = 30

# Receives the file of a company's own certificate; the activation's id follows.
OWN_CERTIFICATE_ROUTE = "/electronic-documents/own-certificate"
# And that of the certificate that a company lends; the company's id follows.
LENT_CERTIFICATE_ROUTE = "/electronic-documents/lent-certificate"

# The time zone in which Colombian law counts days; the country has no daylight saving time.
COLOMBIA_TZ = "America/Bogota"

# The legal representative's identity documents that the letter knows, by the code of
# l10n_latam.identification.type, with their names in the (always Spanish) letter.
REPRESENTATIVE_DOCUMENTS = {code: document.name for code, document in _DOCUMENTS.items()}

# Placeholders of a letter's text, each with an example for the preview.
LETTER_PLACEHOLDERS = {
    "date": "1 de marzo de 2027",
    "validity": "12 meses",
    "lender_name": "Empresa Suscriptora SAS",
    "lender_nit": "901234567-1",
    "lender_street": "Calle 72 # 10-34",
    "lender_city": "Bogotá",
    "lender_phone": "601 234 5678",
    "lender_email": "certificados@suscriptora.example.com",
    "lender_policy": "www.suscriptora.example.com/datos",
    "lender_software": "Plataforma Suscriptora",
    "lender_declaration": "El Suscriptor declara que la DIAN lo habilitó como proveedor tecnológico mediante la "
    "Resolución No. 001234 de 2025 y que la entidad de certificación que expidió su certificado le permite firmar "
    "por cuenta de terceros.",
    "certificate_authority": "Entidad de Certificación de Ejemplo S.A.",
    "certificate_serial": "4F2A9C01",
    "certificate_end": "30 de septiembre de 2028",
    "documents": write_scope(get_scope(lambda _choice: False)),
    "company_name": "Empresa de Ejemplo SAS",
    "company_nit": "900987321-1",
    "company_street": "Carrera 43A # 1-50",
    "company_city": "Medellín",
    "representative_name": "María Fernanda Pérez Gómez",
    "representative_document": "cédula de ciudadanía",
    "representative_number": "52.123.456",
    "representative_issue_city": "Bogotá",
    "representative_identification": "la cédula de ciudadanía No. 52.123.456 expedida en Bogotá",
    "representative_capacity": "en calidad de representante legal de la Empresa",
    "representative_powers": "Declaro que tengo facultades suficientes para obligar a la Empresa y para otorgar este "
    "mandato.",
    "representative_signature": "C.C. No. 52.123.456",
    "representative_signs_as": "Representante legal de Empresa de Ejemplo SAS, NIT 900987321-1",
    "representative_position": "Representante legal",
    "representative_email": "maria@example.com",
    "representative_phone": "300 123 4567",
    "representative_street": "Calle 1 # 2-3",
    "representative_city": "Medellín",
    "representative_department": "Antioquia",
}
# Composed of what others say, and checked there; without a declaration there is nothing to say.
LETTER_PLACEHOLDERS_COMPOSED = (
    "lender_declaration",
    "documents",
    "representative_identification",
    "representative_capacity",
    "representative_powers",
    "representative_signature",
    "representative_signs_as",
)
# Required placeholders: a letter must say who authorises whom, to sign what, for how long and since when.
LETTER_PLACEHOLDERS_REQUIRED = (
    "date",
    "validity",
    "lender_name",
    "lender_nit",
    "company_name",
    "company_nit",
    "representative_name",
    "representative_identification",
    "documents",
)
# What says the same as a required one, in parts.
LETTER_PLACEHOLDERS_INSTEAD = {
    "representative_identification": ("representative_document", "representative_number")
}

# What the lender's settings say in its letter: a write of one changes the letter.
LENDER_FIELDS = (
    "certificate_signs_events",
    "certificate_signs_support",
    "certificate_software",
    "certificate_policy",
    "certificate_is_provider",
    "certificate_provider_resolution",
    "certificate_is_signing_allowed",
)


class RepresentativeField(NamedTuple):
    """How a page asks for something of the legal representative; its label is that of the field.

    :ivar str widget: of the wizard
    :ivar str example: shown while the field is empty
    :ivar str autocomplete: token of HTML, by which a browser offers what it knows
    :ivar str type: of an input of HTML, by which a phone chooses its keyboard
    """

    widget: str = "certificate_char"
    example: str | None = None
    autocomplete: str = "off"
    type: str = "text"


# Data of the legal representative, for a letter or for the request of a legal entity, in the order of the
# form; all of it required.
REPRESENTATIVE = {
    "representative_name": RepresentativeField(example="María Fernanda", autocomplete="given-name"),
    "representative_surname": RepresentativeField(
        example="Pérez Gómez", autocomplete="family-name"
    ),
    "representative_identification_type_id": RepresentativeField(
        "certificate_many2one", "Cédula de ciudadanía"
    ),
    "representative_vat": RepresentativeField(example="52123456"),
    "representative_issue_city": RepresentativeField(example="Bogotá"),
    "representative_position": RepresentativeField(
        example="Gerente", autocomplete="organization-title"
    ),
    "representative_email": RepresentativeField(
        "certificate_email", "maria@example.com", "email", "email"
    ),
    "representative_phone": RepresentativeField(
        example="300 123 4567", autocomplete="tel", type="tel"
    ),
    "representative_street": RepresentativeField(
        example="Carrera 7 # 12-34", autocomplete="street-address"
    ),
    "representative_city": RepresentativeField(example="Medellín", autocomplete="address-level2"),
    "representative_state_id": RepresentativeField("certificate_many2one", "Antioquia"),
}
REPRESENTATIVE_FIELDS = tuple(REPRESENTATIVE)

# Days before the end of a certificate: when its renewal opens, when its company is reminded, and
# when the pages start to warn. DIAN allows a renewal from three months before.
RENEWAL_DAYS = 90
REMINDER_DAYS = "90/60/30/15/7/1"
WARNING_DAYS = 30
DANGER_DAYS = 7

# The daily cron.
CRON_VALIDITY = f"{MODULE}.ir_cron_certificate_validity"

# Data of a payment to an outside authority, in the order of the form; all of it required.
RECEIPT_FIELDS = ("authority", "payment_date", "amount", "reference")

# Data of a request for a company's own certificate, besides its representative.
REQUEST_FIELDS = ("person_kind", "date", "authority_id")
# Days from today within which the validity of a requested certificate may start.
REQUEST_DAYS = 30
# Months for which a requested certificate prevents its company from buying another one.
REQUEST_MONTHS = 11

# The allowed transitions between activation states.
TRANSITIONS = {
    ("pay", "process"),
    ("pay", "cancelled"),
    ("process", "active"),
    ("process", "cancelled"),
    ("active", "expired"),
    ("active", "revoked"),
}

# Why a downloaded letter became void.
VOID_REASONS = [
    ("representative", "The legal representative's data changed"),
    ("company", "The data of a company in the letter changed"),
    ("template", "The text of the letter changed"),
    ("other", "What the letter says changed"),
    ("rejected", "The lender of the certificate rejected it"),
]
# How a signed letter was recognised: by the code that is printed on it, by a digital signature that
# leads to a trusted authority, not at all, or by the lender's custodian who accepted it.
LETTER_MATCHES = [
    ("match", "Code read"),
    ("signature", "Digitally signed"),
    ("unread", "Code not read"),
    ("reviewed", "Reviewed"),
]

# What the lender decided on a signed letter.
LETTER_REVIEWS = [
    ("waiting", "To be reviewed"),
    ("accepted", "Letter accepted"),
    ("rejected", "Letter rejected"),
]
# Whether the issuer of a certificate was verified, by a chain of signatures up to a trusted certificate.
ISSUER_LEVELS = [("anchored", "Verified"), ("unknown", "Not verified")]
# What is said of it, in the fewest words: those of the sentences about it (`_get_issuer_sentences`).
ISSUER_STATES = [
    ("verified", "Verified"),
    ("unverified", "Not verified"),
    ("unlisted", "Not verified, not accredited in Colombia"),
    ("refused", "Reported to be refused by DIAN"),
]

# Selections that more than one model shows.
REQUEST_STATES = [
    ("draft", "To be sent"),
    ("in_process", "In process"),
    ("rejected", "Rejected"),
    ("issued", "Certificate issued"),
    ("completed", "Completed"),
]
DOCUMENT_STATES = [
    ("draft", "To be sent"),
    ("waiting", "To be reviewed"),
    ("accepted", "Accepted"),
    ("rejected", "Rejected"),
]
PERSON_KINDS = [("natural", "Natural person"), ("juridica", "Legal entity")]
ACTIVATION_STATES = [
    ("pay", "To pay"),
    ("process", "In process"),
    ("active", "Active"),
    ("expired", "Ended"),
    ("cancelled", "Cancelled"),
    ("revoked", "Revoked"),
]
# What a state means to whoever asks: a finished renewal that waits for its day is at `process`, too.
PHASES = [
    ("pay", "To pay"),
    ("process", "In process"),
    ("waiting", "Renewed, waiting for its day"),
    ("active", "Active"),
    ("ended", "Ended"),
]
PAYMENT_STATUSES = [
    ("none", "Not bought"),
    ("to_pay", "To pay"),
    ("pending", "Pending"),
    ("recording", "Being recorded"),
    ("partial", "Partially paid"),
    ("failed", "Failed"),
    ("paid", "Paid"),
    ("test", "Test payment"),
    ("reversed", "Reversed"),
    ("void", "Void"),
]
# With these nobody's money is here or on its way: what is cancelled loses none.
UNPAID = ("none", "to_pay", "failed", "reversed", "void")
# The colour of each, in alerts and badges.
PAYMENT_LEVELS = {
    "none": "muted",
    "to_pay": "muted",
    "pending": "info",
    "recording": "info",
    "partial": "warning",
    "failed": "danger",
    "paid": "success",
    "test": "warning",
    "reversed": "danger",
    "void": "danger",
}
# What each asks for next, and how its button says so; nothing while one has to wait.
PAYMENT_NEXT = [
    ("buy", "Buy certificate"),
    ("retry", "Try again"),
    ("rest", "Pay the rest"),
    ("change", "Pay in another way"),
    ("continue", "Continue"),
]

# The traffic light; the days are in `tools.expiry`.
LIGHTS = [
    ("green", "In force"),
    ("yellow", "Ends soon"),
    ("red", "Ended or ending"),
    ("grey", "Not active yet"),
]

# Activity types: what a user has to do next, and what a manager has to review.
ACTIVITY_NEXT_STEP = f"{MODULE}.mail_activity_type_next_step"
ACTIVITY_DECISION = f"{MODULE}.mail_activity_type_decision"
ACTIVITY_PROBLEM = f"{MODULE}.mail_activity_type_payment_problem"
ACTIVITY_BOOKING = f"{MODULE}.mail_activity_type_booking"
ACTIVITY_FILE = f"{MODULE}.mail_activity_type_file_problem"
ACTIVITY_LETTER = f"{MODULE}.mail_activity_type_letter"
ACTIVITY_REQUEST = f"{MODULE}.mail_activity_type_request"

# The organisation profile: what DIAN requires of every issuer, in the order of its form. These
# fields of the set-up are related to the company.
PROFILE_FIELDS = (
    "profile_name",
    "profile_identification_type_id",
    "profile_vat",
    "profile_street",
    "profile_city",
    "profile_state_id",
    "profile_email",
    "profile_phone",
    "profile_responsibility_ids",
)

# Data of the company that the letter requires.
LETTER_PROFILE_FIELDS = (
    "profile_name",
    "profile_vat",
    "profile_street",
    "profile_city",
    "profile_state_id",
    "profile_email",
)

# The fiscal responsibility of a company that has none of the others.
RESPONSIBILITY_NONE = f"{MODULE}.fiscal_responsibility_r_99_pn"

# Data of DIAN's test set; none of it changes once the test set is confirmed.
TEST_SET_FIELDS = (
    "software_identifier",
    "test_set_identifier",
    "test_set_sent_on",
    "test_set_result",
    "test_set_accepted_on",
    "test_set_evidence",
    "test_set_evidence_filename",
)

# Where an add-on for electronic invoicing keeps the same data on a journal; read if the fields
# exist.
JOURNAL_TEST_SET_FIELDS = {
    "software_identifier": "l10n_co_dian_software_identification",
    "test_set_identifier": "l10n_co_dian_test_set_id",
}
JOURNAL_RESOLUTION_FIELDS = {
    "number": "l10n_co_electronic_document_resolution",
    "prefix": "l10n_co_electronic_document_prefix",
    "range_from": "l10n_co_electronic_document_start_number",
    "range_to": "l10n_co_electronic_document_end_number",
    "date_start": "l10n_co_electronic_document_start_resolution_date",
    "date_end": "l10n_co_electronic_document_end_resolution_date",
    "technical_key": "l10n_co_dian_software_technical_key",
}
# And where it keeps the fiscal responsibilities of a contact.
PARTNER_RESPONSIBILITIES_FIELD = "l10n_co_responsibility_ids"
ACTIVITY_RESOLUTION = f"{MODULE}.mail_activity_type_resolution"
ACTIVITY_EXPIRY = f"{MODULE}.mail_activity_type_expiry"
ACTIVITY_LENT_EXPIRY = f"{MODULE}.mail_activity_type_lent_expiry"
