"""What several commands use: a client of a running server, and a database filled with activations."""
