"""What a person does in a browser, over HTTP: for the commands that work with a server of demo companies."""

import contextlib
import re

import requests

ACTIVATION = "certificate.activation"
WIZARD = "certificate.activation.wizard"
# What a person types in the second step; the rest is prefilled.
REPRESENTATIVE = {
    "representative_name": "María Fernanda",
    "representative_surname": "Pérez Gómez",
    "representative_vat": "52123456",
    "representative_issue_city": "Bogotá",
    "representative_email": "maria@example.com",
    "representative_phone": "300 123 4567",
}
# Where a page of the portal says what is wrong: above its form, or at the file.
_SENTENCE = r'(?:role="alert"|id="file_error")[^>]*>\s*([^<\s][^<]*)'


class Refused(Exception):
    """What the add-on answers on purpose: that a payment is being processed, for example."""


class Session:
    """A browser's session, of a user whose password is the login, or of a visitor without one."""

    def __init__(self, url, database, login=None, room=None):
        self.url = url
        self.room = room or contextlib.nullcontext()
        self.session = requests.Session()
        self.session.headers["Accept-Language"] = "en"
        if login:
            self.post("/web/session/authenticate", db=database, login=login, password=login)

    def request(self, method, path, **options):
        with self.room:
            response = self.session.request(method, f"{self.url}{path}", timeout=120, **options)
        response.raise_for_status()
        return response

    def post(self, path, **params):
        body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        response = self.request("POST", path, json=body)
        answer = response.json()
        if error := answer.get("error"):
            name = error["data"]["name"]
            if name in ("odoo.exceptions.UserError", "odoo.exceptions.ValidationError"):
                raise Refused(error["data"]["message"])
            raise RuntimeError(f"{name}: {error['data']['message']}")
        return answer.get("result")

    def call(self, model, method, *args):
        path = f"/web/dataset/call_kw/{model}/{method}"
        return self.post(path, model=model, method=method, args=list(args), kwargs={})

    def submit_payment(self, link):
        """Follow the link of Buy and click Pay: start a transaction, and return its reference."""
        page = self.request("GET", link)
        form = dict(re.findall(r'data-([a-z-]+)="([^"]*)"', page.text))
        radio = re.search(r'<input[^>]*name="o_payment_radio"[^>]*>', page.text)[0]
        option = dict(re.findall(r'data-([a-z-]+)="([^"]*)"', radio))
        values = self.post(
            form["transaction-route"],
            provider_id=int(option["provider-id"]),
            payment_method_id=int(option["payment-option-id"]),
            token_id=None,
            amount=float(form["amount"]),
            flow="direct",
            tokenization_requested=False,
            landing_route=form["landing-route"],
            access_token=form["access-token"],
        )
        return values["reference"]

    def confirm_payment(self, reference):
        """Do what the demo provider does when it calls back."""
        return self.post(
            "/payment/demo/simulate_payment",
            reference=reference,
            payment_details="1234",
            simulated_state="done",
        )

    def run_action(self, action, model, record):
        """Press a button of a form that runs a server action."""
        context = {"active_model": model, "active_id": record, "active_ids": [record]}
        return self.post("/web/action/run", action_id=action, context=context)

    def issue_certificate(self, request):
        """Confirm the dialog by which the seller says that a requested certificate is issued."""
        dialog = self.call("certificate.issue.wizard", "create", [{"request_id": request}])[0]
        return self.call("certificate.issue.wizard", "action_confirm", [dialog])

    def get_pdf(self, path, **params):
        """Download a PDF; anything else is an error."""
        content = self.request("GET", path, params=params).content
        if not content.startswith(b"%PDF"):
            raise AssertionError(f"{path} is no PDF")
        return content

    def load_certificate(self, activation, file, password):
        """Upload the file of the company's own certificate with its password."""
        page = self.request("GET", "/odoo").text
        token = re.search(r'csrf_token: "([^"]+)"', page)[1]
        response = self.request(
            "POST",
            f"/electronic-documents/own-certificate/{activation}",
            data={"csrf_token": token, "password": password},
            files={"certificate": ("own.p12", file)},
        )
        if errors := response.json()["errors"]:
            raise Refused(" ".join(sentence for found in errors.values() for sentence in found))

    def submit(self, page, path, files=None, **values):
        """Submit a form of a page of the portal, as it was when the page was shown.

        :param str page: its HTML, which holds the token against forged requests
        :return: the answer, which leads to the next page
        :raise Refused: with the sentence that the page shows then
        """
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
        response = self.session.post(
            f"{self.url}{path}",
            data={"csrf_token": token, **values},
            files=files,
            allow_redirects=False,
            timeout=120,
        )
        if response.status_code == 422:
            raise Refused(re.search(_SENTENCE, response.text)[1].strip())
        response.raise_for_status()
        return response
