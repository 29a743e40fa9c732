"""Files that people hand over, read into text, tables and places.

The rule it protects: a foreign file is parsed in a process of its own with limits, so that
whatever it holds, the desk goes on. It stores nothing; `bullpen_memory.ingest` does.
"""
