from odoo import api, models
from odoo.tools import format_date

from ...const import UNPAID
from ...tools import identity


class ElectronicInvoicingSetup(models.Model):
    """The progress of a company: whether each of the six steps is done, and its sentence."""

    _inherit = "electronic.invoicing.setup"

    @api.model
    def _map_done_steps(self, activations):
        """Tell which steps are done, with the same few queries for any number of companies.

        :param activations: the one that each `res.company` signs under today, including companies
            without a set-up
        :return: keys of `_get_step_titles`
        :rtype: dict[res.company, set[str]]
        """
        setups = self.sudo()
        resolutions = self.env["electronic.invoicing.resolution"].sudo()
        companies = self.env["res.company"].sudo().union(*activations)
        # Read the companies together, so that Odoo also reads their contacts together.
        companies.mapped("partner_id")
        here = [("company_id", "in", companies.ids)]
        setup_of = setups.search_fetch(here).grouped("company_id")
        resolutions_of = resolutions.search_fetch([*here, ("kind", "=", "electronic")]).grouped(
            "company_id"
        )
        return {
            company: setup_of.get(company, setups)._get_done_steps(
                company, activation, resolutions_of.get(company, resolutions)
            )
            for company, activation in activations.items()
        }

    def _get_done_steps(self, company, activation, resolutions):
        """Tell which steps are done.

        :param company: `res.company` of this set-up; needed because this may be empty
        :param activation: the one that it signs under
        :param resolutions: all of the company for electronic invoices
        :return: keys of `_get_step_titles`
        :rtype: set[str]
        """
        company = company.sudo()
        in_force = resolutions.filtered(lambda resolution: resolution.state == "in_force")
        # The same for all companies.
        seller = self.env.company.certificate_seller_id
        is_done = {
            "profile": not company._find_electronic_profile_errors(),
            "certificate": company.certificate_lent_id.is_valid
            if company == seller
            else activation and not activation._has_certificate_ended(),
            "test_set": self.locked_nit,
            "resolution": in_force,
            "invoice": self.resolution_id in in_force
            and self.sale_journal_id
            and self.invoice_type,
            "start": self.started_on,
        }
        return {key for key, value in is_done.items() if value}

    def _get_steps(self, activation=None):
        """Compute title, sentence, state and button of each step.

        A step is locked until all steps before it are done.

        :param activation: the one that the company signs under today, if already known
        :rtype: list[dict]
        """
        self.ensure_one()
        steps = []
        company = self.company_id
        if activation is None:
            activation = company._get_active_certificate_activation()
        resolutions = self.env["electronic.invoicing.resolution"].search_fetch(
            [("company_id", "=", company.id), ("kind", "=", "electronic")]
        )
        done = self.sudo()._get_done_steps(company, activation, resolutions.sudo())
        # What two of the steps describe.
        records = {"certificate": [activation], "resolution": [resolutions]}
        is_open = True
        buttons = {
            "todo": self.env._("Start"),
            "in_progress": self.env._("Continue"),
            "done": self.env._("Review"),
            "locked": False,
        }
        for key, title in self._get_step_titles().items():
            is_done = key in done
            step = {
                "state": "done" if is_done else "todo",
                "missing": [],
                "alarm": "",
                **getattr(self, f"_get_{key}_step")(is_done, *records.get(key, ())),
            }
            if not (is_open or is_done):
                step["state"] = "locked"
            is_open = is_open and is_done
            button = step.pop("button", None) if step["state"] != "locked" else None
            step["button"] = button or buttons[step["state"]]
            steps.append({"key": key, "title": title, **step})
        return steps

    @api.model
    def _get_step_titles(self):
        return {
            "profile": self.env._("Organisation profile"),
            "certificate": self.env._("Activate your digital certificate"),
            "test_set": self.env._("Test set"),
            "resolution": self.env._("Set up your billing resolution"),
            "invoice": self.env._("Sales invoice set-up"),
            "start": self.env._("Start invoicing electronically"),
        }

    @api.model
    def _describe_next(self):
        """Describe what comes next for the user's company: the first step that is not done, or the first invoice.

        It only reads: the company may have no set-up.

        :return: its `key`, the `label` of its button, and a `sentence`
        :rtype: dict[str, str]
        """
        labels = {
            "profile": self.env._("Complete the organisation profile"),
            "certificate": self.env._("Continue with the certificate"),
            "test_set": self.env._("Continue to the test set"),
            "resolution": self.env._("Continue to the billing resolution"),
            "invoice": self.env._("Continue to the sales invoice set-up"),
            "start": self.env._("Start invoicing electronically"),
        }
        setup = self._find_for_company() or self.new({"company_id": self.env.company.id})
        for number, step in enumerate(setup._get_steps(), 1):
            if step["state"] != "done":
                return {
                    "key": step["key"],
                    "label": labels[step["key"]],
                    "sentence": self.env._(
                        "Next, step %(number)s of 6: %(title)s.", number=number, title=step["title"]
                    ),
                }
        return {
            "key": "",
            "label": self.env._("Create an invoice"),
            "sentence": self.env._("All six steps are done: your company invoices electronically."),
        }

    def _get_profile_step(self, is_done):
        if is_done:
            company = self.company_id.sudo()
            codes = company._get_fiscal_responsibility_codes(company.fiscal_responsibility_ids)
            return {
                "sentence": self.env._(
                    "NIT %(nit)s, responsibilities %(codes)s; name, address and email are complete.",
                    nit=identity.show_nit(company.vat),
                    codes=", ".join(sorted(codes)),
                ),
            }
        errors = self.company_id._get_electronic_profile_errors()
        missing = [{"field": name, "label": label} for name, (label, _s) in errors.items()]
        return {
            "sentence": self.env._("Missing: %s.", ", ".join(item["label"] for item in missing)),
            "missing": missing,
        }

    def _get_certificate_step(self, is_done, activation):
        company = self.company_id
        if company == company.certificate_seller_id:
            return {
                "sentence": self.env._("Your own certificate signs, and is lent to your clients.")
                if is_done
                else self.env._("Choose your certificate in Settings, under Electronic Documents.")
            }
        activations = self.env["certificate.activation"]
        if activation:
            if is_done:
                return self._get_active_step(activation)
            return {"state": "in_progress", "sentence": activation._get_lender_notice()}
        begun = activations.search(
            [("company_id", "=", company.id), ("state", "in", ("pay", "process"))]
        )
        if begun:
            current = begun.sorted(lambda activation: activation._get_page_rank())[0]
            return {"state": "in_progress", "sentence": current._get_progress_sentence()}
        owner = company._get_certificate_companies()[-1]
        if owner != company:
            return {
                "sentence": self.env._(
                    "The certificate of %s signs for both: you have the same NIT. Open this page as that company.",
                    owner.name,
                )
            }
        if ended := activations._find_ended(company):
            return {
                "sentence": self.env._(
                    "The certificate ended on %s. Renew it.", ended._format_date(ended.date_end)
                ),
                "button": self.env._("Renew"),
            }
        return {"sentence": self.env._("Pay, sign the letter and finish.")}

    def _get_active_step(self, activation):
        """Say how long the certificate is in force, and how it goes on."""
        until = activation._format_date(activation.date_end)
        renewals = activation._get_renewals()
        if renewal := renewals.filtered(lambda renewal: renewal.phase == "waiting")[:1]:
            return {
                "sentence": self.env._(
                    "Active until %(end)s, and renewed until %(renewed)s.",
                    end=until,
                    renewed=renewal._format_date(renewal.date_end),
                )
            }
        if renewals:
            sentences = [self.env._("Active until %s. Finish its renewal in time.", until)]
            renewal = renewals.sorted(lambda renewal: renewal._get_page_rank())[0]
            if renewal.phase != "pay" or renewal.payment_status not in UNPAID:
                sentences.append(renewal._get_progress_sentence())
            return {"sentence": " ".join(sentences), "button": self.env._("Continue")}
        if activation.can_renew:
            return {
                "sentence": self.env._("Active until %s. Renew it now: no day is lost.", until),
                "button": self.env._("Renew"),
            }
        return {"sentence": self.env._("Active until %s.", until)}

    def _get_test_set_step(self, is_done):
        if is_done:
            date = format_date(self.env, self.test_set_accepted_on, date_format="long")
            return {"sentence": self.env._("DIAN accepted it on %s.", date)}
        sentences = {
            "waiting": self.env._("DIAN is checking your test documents."),
            "rejected": self.env._(
                "DIAN rejected the test set: correct the documents and send them again."
            ),
            "accepted": self.env._("DIAN accepted it: confirm your NIT to finish this step."),
        }
        if self.test_set_result:
            return {"state": "in_progress", "sentence": sentences[self.test_set_result]}
        if self.test_set_identifier:
            return {
                "state": "in_progress",
                "sentence": self.env._("Send the test documents, and note DIAN's result here."),
            }
        return {"sentence": self.env._("Enter the TestSetId that DIAN shows for your software.")}

    def _get_resolution_step(self, is_done, resolutions):
        chosen = self.resolution_id
        in_force = resolutions.filtered(lambda resolution: resolution.state == "in_force")
        resolution = (chosen & in_force) or in_force[:1]
        if is_done:
            return {
                "sentence": self.env._(
                    "%(resolution)s, until %(date)s.",
                    resolution=resolution.display_name,
                    date=format_date(self.env, resolution.date_end, date_format="long"),
                ),
                "alarm": (chosen or resolution).alarm,
            }
        if future := resolutions.filtered(lambda resolution: resolution.state == "future")[-1:]:
            date = format_date(self.env, future.date_start, date_format="long")
            return {
                "state": "in_progress",
                "sentence": self.env._("Your resolution begins on %s.", date),
                "alarm": chosen.alarm,
            }
        if resolutions:
            return {
                "state": "in_progress",
                "sentence": self.env._("Enter the next resolution of DIAN."),
                "alarm": (chosen or resolutions[0]).alarm,
            }
        return {"sentence": self.env._("Enter the numbering that DIAN authorised with form 1876.")}

    def _get_invoice_step(self, is_done):
        resolution = self.resolution_id
        if is_done:
            return {
                "sentence": self.env._(
                    "The journal %(journal)s invoices with the resolution %(number)s.",
                    journal=self.sale_journal_id.sudo().name,
                    number=resolution.number,
                ),
            }
        if not resolution:
            return {
                "sentence": self.env._("Choose the resolution, the journal and the invoice type."),
            }
        if resolution.state != "in_force":
            return {
                "state": "in_progress",
                "sentence": self.env._("Choose a resolution that is in force."),
            }
        return {
            "state": "in_progress",
            "sentence": self.env._("Choose the journal and the invoice type as well."),
        }

    def _get_start_step(self, is_done):
        return {
            "sentence": self.start_sentence
            if is_done
            else self.env._("Confirm it. This cannot be undone.")
        }
