"""Bullpen: the command line, the settings and the wiring of the desk."""

__version__ = "0.1.0"
