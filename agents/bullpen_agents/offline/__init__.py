"""The offline planner: a colleague without a language model, rules over the same tools; begin with `planner.py`."""
