"""An activation, step by step, and what it leaves."""

from . import (
    test_activation_record,
    test_beginning,
    test_certificate_activation,
    test_step_order,
    test_tours,
    test_wizard,
)
