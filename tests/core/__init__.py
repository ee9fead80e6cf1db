"""What holds everywhere: who sees and does what, files, demo data, translations."""
