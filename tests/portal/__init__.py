"""What a contact does who was invited."""
