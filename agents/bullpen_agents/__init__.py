"""Who the colleagues are and how one turn of theirs works."""
