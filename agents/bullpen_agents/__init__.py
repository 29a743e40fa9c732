"""Who the colleagues are, and how one of them takes a turn."""
