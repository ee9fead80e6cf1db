from . import certificate_demo
