"""Bringing public series in from where they are published: recipes, a guarded fetch, every vintage kept."""
