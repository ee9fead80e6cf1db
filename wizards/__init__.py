from . import certificate_activation_wizard
