"""The pages beside the chat: what the desk remembers, and the receipts of its figures."""
