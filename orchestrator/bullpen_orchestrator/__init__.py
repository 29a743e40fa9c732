"""Who works when: durable runs, one order per thread, everything said exactly once."""
