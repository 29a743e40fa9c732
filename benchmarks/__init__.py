"""Measurements that the documentation quotes. Ratios and percentiles of one run, never assertions."""
