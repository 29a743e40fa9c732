"""What an agent may do: one capability per file, every call leaves a receipt."""
