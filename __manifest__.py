{
    "name": "Colombia - Digital Certificate Activation",
    "summary": "Pay, sign the letter and activate the certificate that signs electronic invoices",
    "version": "19.0.1.0.0",
    "category": "Accounting/Localizations/EDI",
    "countries": ["co"],
    "author": "l10n_co_certificate_activation contributors",
    "license": "LGPL-3",
    "depends": ["account_payment", "certificate", "l10n_co"],
    "external_dependencies": {
        "python": [
            "cryptography",
            "lxml",
            "pypdf",
            "python-stdnum",
            "reportlab",
        ],
    },
    "data": [
        "security/certificate_security.xml",
        "security/ir.model.access.csv",
        "data/ir_sequence_data.xml",
        "reports/exoneration_letter_templates.xml",
        "reports/exoneration_letter_report.xml",
        "views/electronic_invoicing_setup_views.xml",
        "wizards/certificate_activation_wizard_views.xml",
        "views/certificate_activation_views.xml",
        "views/res_config_settings_views.xml",
        "views/menus.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "l10n_co_certificate_activation/static/src/**/*",
        ],
        "web.assets_tests": [
            "l10n_co_certificate_activation/static/tests/tours/**/*",
        ],
    },
    "uninstall_hook": "uninstall_hook",
    "application": True,
}
