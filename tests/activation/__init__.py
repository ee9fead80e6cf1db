"""An activation, step by step, and what it leaves."""
