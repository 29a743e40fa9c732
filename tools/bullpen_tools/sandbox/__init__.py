"""Code that a model wrote, run where it can reach nothing: the port, one backend, and its proof."""
