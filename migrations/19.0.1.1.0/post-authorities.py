"""Let lists of authorities that nobody has changed follow the add-on's own."""

# What was on the lists until now; saving Settings has stored them.
_FORMER = {
    "l10n_co_certificate_activation.accredited_authorities": (
        "Certicámara, Andes SCD, GSE, Gestión de Seguridad Electrónica, Camerfirma Colombia, Olimpia, "
        "Thomas Signe, Lleida"
    ),
    "l10n_co_certificate_activation.revocation_hosts": (
        "certicamara.com, andesscd.com.co, gse.com.co, camerfirma.com, camerfirmacolombia.co, olimpiait.com, "
        "thsigne.com, lleida.net"
    ),
}


def migrate(cr, version):
    # Without the parameter the list of the code counts, where Certicámara answers and Viafirma were missing.
    for key, value in _FORMER.items():
        cr.execute("DELETE FROM ir_config_parameter WHERE key = %s AND value = %s", (key, value))
