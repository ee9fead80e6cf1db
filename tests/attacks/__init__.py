"""What others try: the public, other companies, managers, and who has the database."""
