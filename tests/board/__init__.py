"""The certificates of many companies at a glance."""
