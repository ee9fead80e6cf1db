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


class Refused(Exception):
    """What the add-on answers on purpose: that a payment is being processed, for example."""


class Session:
    """A browser's session, of a user whose password is the login."""

    def __init__(self, url, database, login, room=None):
        self.url = url
        self.room = room or contextlib.nullcontext()
        self.session = requests.Session()
        self.session.headers["Accept-Language"] = "en"
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
