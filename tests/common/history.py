"""What the history says of a record."""

import json

from .case import CertificateCommon

HISTORY = "certificate.history"


class HistoryCommon(CertificateCommon):
    def get_history(self, record):
        return (
            self.env[HISTORY]
            .sudo()
            .search([("res_model", "=", record._name), ("res_id", "=", record.id)], order="id")
        )

    def get_changes(self, record):
        return [
            tuple(change)
            for entry in self.get_history(record)
            for change in json.loads(entry.changes)
        ]
