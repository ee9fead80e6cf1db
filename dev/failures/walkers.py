"""Who walks while things break: companies with the lent certificate, with a requested one, by the portal.

They do what people do when a page fails: open it again and go on. Each keeps a ledger of what was
acknowledged, to be compared with the database afterwards.
"""

import base64
import contextlib
import hashlib
import json
import random
import re
import threading
import time

import own_samples
import pdf_samples
import requests
from cryptography.hazmat.primitives import hashes, serialization
from shared.session import ACTIVATION, REPRESENTATIVE, WIZARD, Refused, Session

SEED = 20260228
PATIENCE = 240  # seconds, for a walk from its last fault to its end
CUSTODIAN = "carla"  # of the seller
ADMINISTRATOR = "admin"

REQUEST = "certificate.request"
DOCUMENT = "certificate.request.document"
REASON = "certificate.reason.wizard"
ANCHOR = "certificate.trust.anchor"
INVITATION = "certificate.portal.invitation"
LETTER = "l10n_co_certificate_activation.exoneration_letter"
RECORD = "l10n_co_certificate_activation.activation_record"
# What a client sees of a server that is ill; anything else that is not a sentence is a mistake of ours.
PASSING = (
    "psycopg2.",
    "odoo.http.SessionExpiredException",
    "werkzeug.exceptions.",
    "odoo.exceptions.ConcurrencyError",
    "odoo.addons.l10n_co_certificate_activation.models.mixins.guarded.CreatedMeanwhile",
)


class Person:
    """Somebody at a browser, who opens the page again when it fails."""

    def __init__(self, walker, login=None):
        self.walker, self.login = walker, login
        self.session = None

    def log_in(self):
        server = self.walker.random.choice(self.walker.scene.servers)
        self.session = Session(server.url, self.walker.scene.options.database, self.login)

    def insist(self, act):
        """Do something until it is answered, as whoever sees an error page does.

        :param act: a function of a session
        :return: its answer
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if self.session is None:
                    self.log_in()
                return act(self.session)
            except Refused as refusal:
                self.walker.seen.add(str(refusal))
            except requests.RequestException as error:
                self.session = None
                if error.response is not None:
                    status = error.response.status_code
                    self.walker.statuses.add(status)
                    if status < 500 and status not in (404, 408, 429):
                        raise
            except RuntimeError as error:
                self.session = None
                if not str(error).startswith(PASSING):
                    raise
            self.walker.failures += 1
            if time.monotonic() > deadline:
                last = list(self.walker.seen)[-1:]
                raise TimeoutError(f"gave up after {PATIENCE} s; last seen: {last}")
            time.sleep(0.3)

    def call(self, model, method, *args):
        return self.insist(lambda session: session.call(model, method, *args))

    def read(self, model, record, name):
        (values,) = self.call(model, "read", [record], [name])
        return values[name]

    def wait(self, ask, is_right, what):
        """Ask until the answer is right: a replica answers with what it has received so far.

        :param ask: a function
        :param is_right: a function of its answer
        :param str what: that is asked for
        :return: the answer
        """
        for _try in range(50):
            if is_right(found := ask()):
                return found
            self.walker.stale += 1
            time.sleep(0.1)
        raise AssertionError(f"{what} is {found}")

    def wait_for_value(self, model, record, name, value):
        self.wait(
            lambda: self.read(model, record, name),
            lambda found: found == value,
            f"{name}, which should be {value},",
        )

    def download(self, report, record):
        """Download a report as the web client does."""
        data = json.dumps([f"/report/pdf/{report}/{record}", "qweb-pdf"])
        self.insist(lambda session: session.get_pdf("/report/download", data=data))


class Contact(Person):
    """Somebody without a login, who has a link."""

    def __init__(self, walker, link):
        super().__init__(walker)
        self.link = link

    def log_in(self):
        super().log_in()
        # What is behind the # never goes in an address.
        path, token = self.link.split("#")
        path = "/" + path.split("/", 3)[3]
        page = self.session.request("GET", path).text
        self.session.submit(page, path, access_token=f"#{token}")


class Walker(threading.Thread):
    """Walks with one company after the other from nothing to an active certificate."""

    kind = None

    def __init__(self, scene, logins):
        super().__init__(daemon=True)
        self.scene, self.logins = scene, logins
        self.random = random.Random(f"{SEED} {logins}")
        # What was acknowledged: {activation: facts}, and what nobody should have seen.
        self.ledger, self.mistakes, self.failures, self.seen = {}, [], 0, set()
        self.statuses, self.stale = set(), 0
        self.is_loading = False  # a certificate

    def run(self):
        for login in self.logins:
            try:
                self.user = Person(self, login)
                self.custodian = Person(self, CUSTODIAN)
                self.walk()
            except Exception as error:
                self.mistakes.append(f"{login}: {type(error).__name__}: {error}")

    def walk(self):
        """Walk with the company of `user`."""
        raise NotImplementedError

    def open_wizard(self):
        """Open the three steps.

        :return: the id of the page
        """
        return self.user.call(ACTIVATION, "action_open_wizard", [])["res_id"]

    def begin_loan(self):
        activation, _name = self.user.read(WIZARD, self.open_wizard(), "activation_id")
        self.begin(activation)

    def begin(self, activation):
        """Keep a ledger of an activation from here on."""
        self.activation = activation
        self.facts = self.ledger.setdefault(activation, {"state": "pay", "charges": set()})

    def read(self, name):
        return self.user.read(ACTIVATION, self.activation, name)

    def step(self, method, name, value):
        """Take a step; one whose answer was lost has been taken all the same."""
        self.user.call(ACTIVATION, method, [self.activation])
        self.reach(name, value)

    def reach(self, name, value):
        """See that the activation has come to a state, and take it for acknowledged."""
        self.user.wait_for_value(ACTIVATION, self.activation, name, value)
        self.facts[name] = value

    # === PAYMENT === #

    def walk_to_payment(self):
        while self.read("state") == "pay":
            self.pay()
            if self.read("payment_status") == "paid":
                self.step("action_continue", "state", "process")
        self.facts["state"] = "process"

    def pay(self):
        """Buy, unless it was bought, and let the provider insist on its confirmation."""
        if self.user.call(ACTIVATION, "action_verify_payment", [self.activation]):
            return
        if self.read("payment_status") in ("pending", "recording"):
            time.sleep(0.3)
            if not self.facts.get("reference"):
                return
        else:
            link = self.user.call(ACTIVATION, "action_pay", [self.activation])["url"]
            self.submit_payment(self.user, link)
        self.confirm_payment(self.user)

    def submit_payment(self, person, link):
        self.facts["reference"] = person.insist(lambda session: session.submit_payment(link))

    def confirm_payment(self, person):
        reference = self.facts["reference"]
        person.insist(lambda session: session.confirm_payment(reference))
        self.facts["charges"].add(reference)
        # The page that the provider's visitors come back to; when it fails Odoo's cron does its work.
        with contextlib.suppress(Refused, RuntimeError, requests.RequestException):
            if person.session:
                person.session.post("/payment/status/poll")

    # === REVIEW OF THE LETTER === #

    def give_reason(self, name, record, reason):
        dialog = self.custodian.call(REASON, "create", {name: record, "reason": reason})
        self.custodian.call(REASON, "action_confirm", [dialog])

    def attach_letter(self):
        """Attach a signed letter that nobody has attached before."""
        raise NotImplementedError

    def hand_letter_in(self):
        """Press the button under the letter."""
        raise NotImplementedError

    def reject_letter(self):
        rejected = self.facts.pop("sha256")
        self.facts.pop("letter_review")
        self.give_reason("letter_id", self.activation, "It is not signed.")
        self.reach("letter_review", "rejected")
        self.facts.setdefault("rejected", set()).add(rejected)

    def correct_letter(self):
        """Hand in another letter instead of the one that was rejected."""
        self.attach_letter()
        self.facts.pop("letter_review")
        self.hand_letter_in()
        self.reach("letter_review", "waiting")

    def accept_letter(self):
        self.facts.pop("letter_review")
        self.custodian.insist(
            lambda session: session.run_action(
                self.scene.accept_action, ACTIVATION, self.activation
            )
        )
        self.reach("letter_review", "accepted")

    def review_letter(self):
        """Let the lender, which no code of the letter speaks for, reject it, and accept another one."""
        self.reach("letter_review", "waiting")
        self.reject_letter()
        self.correct_letter()
        self.accept_letter()

    # === FILES === #

    def make_scan(self):
        """Make a PDF that nobody has attached before."""
        mark = self.random.getrandbits(64)
        return pdf_samples.scan_pdf(1 + mark % 3) + b"%% %d\n" % mark

    def get_files(self):
        """Return the files of the last walk: their field, model, record and address."""
        return [
            ("signed_letter", ACTIVATION, self.activation, "/web/content/{}/{}/{}"),
            ("record_file", ACTIVATION, self.activation, f"/report/pdf/{RECORD}/{{1}}"),
        ]

    # === AFTERWARDS === #

    def find_lost(self):
        """Yield what was acknowledged and is not there."""
        for activation, facts in self.ledger.items():
            yield from self.find_lost_of(activation, facts)

    def find_lost_of(self, activation, facts):
        query = self.scene.query
        ((state, sha256, name, review),) = query(
            "SELECT state, signed_letter_sha256, representative_name, letter_review "
            "FROM certificate_activation WHERE id = %s",
            activation,
        )
        order = ("pay", "process", "active", "expired")
        if state not in order[order.index(facts["state"]) :]:
            yield f"{activation} is at {state}, and was at {facts['state']}"
        if facts.get("sha256", sha256) != sha256:
            yield f"{activation} has another letter"
        if facts.get("letter_review", review) != review:
            yield f"the letter of {activation} is {review}, and was {facts['letter_review']}"
        for rejected in facts.get("rejected", ()):
            ((kept,),) = query(
                "SELECT count(*) FROM certificate_voided_letter "
                "WHERE activation_id = %s AND reason = 'rejected' AND signed_letter_sha256 = %s",
                activation,
                rejected,
            )
            if kept != 1:
                yield f"the rejected letter of {activation} was kept {kept} times"
        if facts.get("representative") and not name:
            yield f"{activation} has lost its representative"
        for reference in facts["charges"]:
            ((booked,),) = query(
                "SELECT count(*) FROM account_payment payment JOIN payment_transaction tx "
                "ON tx.id = payment.payment_transaction_id WHERE tx.reference = %s",
                reference,
            )
            if booked != 1:
                yield f"the charge {reference} was booked {booked} times"


class LoanWalker(Walker):
    """Somebody who invoices, and wants the lent certificate."""

    kind = "loan"

    def walk(self):
        self.begin_loan()
        self.walk_to_payment()
        self.user.call(ACTIVATION, "write", [self.activation], REPRESENTATIVE)
        self.facts["representative"] = True
        self.user.call(ACTIVATION, "action_download_letter", [self.activation])
        self.user.download(LETTER, self.activation)
        self.attach_letter()
        self.hand_letter_in()
        self.reach("state", "active")
        self.user.download(RECORD, self.activation)
        self.review_letter()
        self.user.download(RECORD, self.activation)

    def attach_letter(self):
        scan = self.make_scan()
        content = base64.b64encode(scan).decode()
        self.user.call(ACTIVATION, "write", [self.activation], {"signed_letter": content})
        self.facts["sha256"] = hashlib.sha256(scan).hexdigest()

    def hand_letter_in(self):
        self.user.call(ACTIVATION, "action_finish", [self.activation])


class SigningWalker(LoanWalker):
    """A company whose certificate signs before the lender has reviewed the letter."""

    def review_letter(self):
        self.reach("letter_review", "waiting")


class RequestWalker(Walker):
    """Somebody who requests a certificate for their company, and the seller's custodian, who gives it back once."""

    kind = "request"
    # As the request goes; each is reached when the step before it was acknowledged.
    course = ("draft", "in_process", "rejected", "in_process", "issued", "completed")

    def walk(self):
        self.administrator = Person(self, ADMINISTRATOR)
        self.wizard = self.open_wizard()
        self.user.call(WIZARD, "action_start_request", [self.wizard])
        self.begin(self.find_request())
        self.facts.update(course=0, documents={}, reviews={})
        self.walk_to_payment()
        self.write_request()
        self.send()
        first, *others = sorted(self.facts["documents"])
        self.reject(first)
        for document in others:
            self.accept(document)
        self.give_back()
        self.correct(first)
        self.send()
        self.accept(first)
        self.custodian.insist(lambda session: session.issue_certificate(self.request))
        self.advance("issued")
        self.trust_authority()
        self.load()
        self.step("action_finish", "state", "active")
        self.advance("completed")
        self.user.wait_for_value(ACTIVATION, self.activation, "issuer_level", "anchored")
        self.user.download(RECORD, self.activation)
        self.trust_authority_no_more()

    def find_request(self):
        activation, _name = self.user.wait(
            lambda: self.user.read(WIZARD, self.wizard, "activation_id"),
            lambda found: self.user.read(ACTIVATION, found[0], "route") == "request",
            "the page, which should lead to the request,",
        )
        return activation

    def advance(self, state):
        self.user.wait_for_value(REQUEST, self.request, "state", state)
        self.facts["course"] += 1

    # === COMPANY === #

    def write_request(self):
        (self.request,) = self.user.wait(
            lambda: self.read("request_ids"), bool, "the request, which begins when it is paid,"
        )
        self.user.call(ACTIVATION, "write", [self.activation], REPRESENTATIVE)
        self.facts["representative"] = True
        self.user.call(REQUEST, "write", [self.request], {"authority_id": self.scene.authority})
        domain = [["request_id", "=", self.request]]
        for document in self.user.wait(
            lambda: self.user.call(DOCUMENT, "search", domain), bool, "what is to be attached"
        ):
            self.attach(document)

    def attach(self, document):
        scan = self.make_scan()
        vals = {
            "document": base64.b64encode(scan).decode(),
            "issue_date": self.user.read(REQUEST, self.request, "date"),
        }
        self.user.call(DOCUMENT, "write", [document], vals)
        self.facts["documents"][document] = hashlib.sha256(scan).hexdigest()

    def send(self):
        self.user.call(WIZARD, "action_review_request", [self.wizard])
        self.user.call(WIZARD, "action_send_request", [self.wizard])
        self.advance("in_process")

    def correct(self, document):
        if not self.user.read(DOCUMENT, document, "observation"):
            raise AssertionError("nobody reads why the document was rejected")
        # What was rejected, and that alone, can be put right.
        del self.facts["reviews"][document]
        self.facts["documents"].pop(document)
        self.attach(document)

    def load(self):
        """Load the file that the authority gives out, in one go with its password."""
        self.is_loading = True
        nit = self.scene.get_vat(self.user.login).split("-")[0]
        key = own_samples.get_key(nit)
        certificate = own_samples.issue(own_samples.make_subject(nit), key)
        file = own_samples.make_p12(certificate, key)
        self.user.insist(
            lambda session: session.load_certificate(self.activation, file, own_samples.PASSWORD)
        )
        self.is_loading = False
        self.facts["fingerprint"] = certificate.fingerprint(hashes.SHA256()).hex()

    # === ADMINISTRATOR === #

    def trust_authority(self):
        """Trust the authority by a certificate of it that nobody has added before."""
        certificate = own_samples.issue(
            own_samples.AUTHORITY,
            own_samples.get_key("authority"),
            issuer=own_samples.ROOT,
            issuer_key=own_samples.get_key("root"),
            usage=("key_cert_sign",),
        )
        sha256 = certificate.fingerprint(hashes.SHA256()).hex()
        file = base64.b64encode(certificate.public_bytes(serialization.Encoding.PEM)).decode()

        def act(session):
            # One whose answer was lost has been added all the same.
            found = session.call(ANCHOR, "search", [["sha256", "=", sha256]])
            return found[0] if found else session.call(ANCHOR, "create", {"file": file})

        self.anchor = self.administrator.insist(act)
        self.facts["anchor"] = sha256, True

    def trust_authority_no_more(self):
        """Trust it no more by that certificate; others may be there."""
        sha256, _is_trusted = self.facts.pop("anchor")
        self.administrator.call(ANCHOR, "write", [self.anchor], {"active": False})
        self.facts["anchor"] = sha256, False

    # === CUSTODIAN === #

    def reject(self, document):
        self.give_reason("document_id", document, "It cannot be read.")
        self.facts["reviews"][document] = "rejected"

    def accept(self, document):
        self.custodian.call(DOCUMENT, "action_accept", [document])
        self.facts["reviews"][document] = "accepted"

    def give_back(self):
        self.give_reason("request_id", self.request, "Scan it again.")
        self.advance("rejected")
        if not self.user.read(REQUEST, self.request, "observation"):
            raise AssertionError("nobody reads why the request was rejected")

    # === AFTERWARDS === #

    def get_files(self):
        _letter, record = super().get_files()
        address = "/web/content/{}/{}/{}"
        documents = sorted(self.facts["documents"])[:1]
        return [("document", DOCUMENT, document, address) for document in documents] + [record]

    def find_lost_of(self, activation, facts):
        yield from super().find_lost_of(activation, facts)
        if "course" not in facts:
            return
        query = self.scene.query
        ((state, fingerprint),) = query(
            "SELECT request.state, certificate_fingerprint FROM certificate_activation activation "
            "LEFT JOIN certificate_request request ON request.activation_id = activation.id "
            "WHERE activation.id = %s",
            activation,
        )
        course = facts["course"]
        if facts["state"] != "pay" and state not in self.course[course : course + 2]:
            yield f"the request {activation} is at {state}, and was at {self.course[course]}"
        if "anchor" in facts:
            sha256, is_trusted = facts["anchor"]
            rows = query("SELECT active FROM certificate_trust_anchor WHERE sha256 = %s", sha256)
            if rows != [(is_trusted,)]:
                yield f"the certificate of the authority of {activation} is not as it was left"
        if facts.get("fingerprint", fingerprint) != fingerprint:
            yield f"the request {activation} has another certificate"
        documents = {
            document: (sha256, review)
            for document, sha256, review in query(
                "SELECT document.id, document_sha256, document.state FROM certificate_request_document document "
                "JOIN certificate_request request ON request.id = document.request_id "
                "WHERE activation_id = %s",
                activation,
            )
        }
        for document, sha256 in facts["documents"].items():
            if documents.get(document, (None, None))[0] != sha256:
                yield f"the document {document} was lost"
        for document, review in facts["reviews"].items():
            if documents.get(document, (None, None))[1] != review:
                yield f"the document {document} is not {review} any more"


class PortalWalker(Walker):
    """A manager who invites, and the contact, who walks the three steps with the link alone."""

    kind = "portal"

    def walk(self):
        self.begin_loan()
        partner = self.scene.contacts[self.user.login]
        vals = {"activation_id": self.activation, "partner_id": partner}
        dialog = self.user.call(INVITATION, "create", vals)
        link = self.user.call(INVITATION, "action_make_link", [dialog])["context"]["default_link"]
        token = link.split("#")[1]
        self.facts["link"] = partner, hashlib.sha256(token.encode()).hexdigest()
        self.contact = Contact(self, link)
        self.path = f"/my/certificate/{self.activation}"
        while self.get_step() == "pay":
            self.pay_by_portal()
        self.facts["state"] = "process"
        self.submit("representative", **REPRESENTATIVE)
        self.facts["representative"] = True
        self.contact.insist(lambda session: session.get_pdf(f"{self.path}/letter"))
        self.attach_letter()
        self.hand_letter_in()
        if self.get_step() != "finish":
            raise AssertionError("the last step does not show")
        self.facts["state"] = "active"
        self.contact.insist(lambda session: session.get_pdf(f"{self.path}/record"))
        self.review_letter()

    def attach_letter(self):
        scan = self.make_scan()
        self.submit("signed-letter", files={"file": ("scan.pdf", scan, "application/pdf")})
        self.facts["sha256"] = hashlib.sha256(scan).hexdigest()

    def hand_letter_in(self):
        self.submit("finish")

    def get_page(self):
        return self.contact.insist(lambda session: session.request("GET", self.path).text)

    def get_step(self):
        return re.search(r'aria-current="step"[^>]*data-step="(\w+)"', self.get_page())[1]

    def submit(self, step, files=None, **values):
        """Press the button of a step on the page, as it is now."""

        def act(session):
            page = session.request("GET", self.path).text
            return session.submit(page, f"{self.path}/{step}", files=files, **values)

        return self.contact.insist(act)

    def pay_by_portal(self):
        page = self.get_page()
        if 'name="continue"' in page:
            self.submit("continue")
        elif 'name="buy"' in page:
            link = self.submit("buy").headers["Location"]
            if "/payment/pay" in link:
                self.submit_payment(self.contact, link)
                self.confirm_payment(self.contact)
        else:
            time.sleep(0.3)
            self.submit("verify")
            if self.facts.get("reference"):
                self.confirm_payment(self.contact)

    def find_lost_of(self, activation, facts):
        yield from super().find_lost_of(activation, facts)
        if "link" in facts:
            partner, token_hash = facts["link"]
            rows = self.scene.query(
                "SELECT token_hash FROM certificate_portal_access "
                "WHERE activation_id = %s AND partner_id = %s",
                activation,
                partner,
            )
            if rows != [(token_hash,)]:
                yield f"the link to {activation} opens nothing"
