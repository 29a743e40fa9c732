"""What the offline planner understands: one module for each family of requests, read by `reading.py`."""
