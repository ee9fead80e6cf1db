"""What tests have in common: companies and users, who walks, samples, and how it is prepared."""
