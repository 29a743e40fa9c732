"""The data analyst's further tools, in one list for the desk's toolbox.

The rule it protects: a tool is registered here or it does not exist; the imports wait until a desk
is built. It holds no tool itself.
"""

from __future__ import annotations

from bullpen_tools.tool import Tool


def analyst_tools() -> tuple[Tool, ...]:
    """Code, queries, point-in-time reads, statistics, units and charts of tables."""
    from bullpen_tools.python import run_python
    from bullpen_tools.reconcile import reconcile
    from bullpen_tools.sql import sql_query

    return (run_python, sql_query, reconcile)
