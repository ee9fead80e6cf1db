"""What pays for a certificate, however it is paid."""
