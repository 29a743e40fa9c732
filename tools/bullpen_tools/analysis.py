"""The data analyst's further tools, in one list for the desk's toolbox.

The rule it protects: a tool is registered here or it does not exist; the imports wait until a desk
is built. It holds no tool itself.
"""

from __future__ import annotations

from bullpen_tools.tool import Tool


def analyst_tools() -> tuple[Tool, ...]:
    """Code, queries, point-in-time reads, statistics, units and charts of tables."""
    from bullpen_tools.calendar import expiries, trading_sessions
    from bullpen_tools.numbers_given import linear_fit, sample_statistics
    from bullpen_tools.plotting import plot_chart
    from bullpen_tools.positioning import positioning
    from bullpen_tools.profile import series_profile
    from bullpen_tools.python import run_python
    from bullpen_tools.readings import series_rank, series_rolling, series_rows, series_value
    from bullpen_tools.reconcile import reconcile
    from bullpen_tools.regressions import break_test, regression, stationarity
    from bullpen_tools.spans import (
        rolling_correlation,
        series_crossing,
        series_span,
        series_spread,
    )
    from bullpen_tools.sql import sql_query
    from bullpen_tools.units import convert_unit, read_amount

    return (
        run_python,
        sql_query,
        reconcile,
        series_value,
        series_rank,
        series_rolling,
        series_rows,
        series_profile,
        series_span,
        series_crossing,
        series_spread,
        rolling_correlation,
        regression,
        stationarity,
        sample_statistics,
        linear_fit,
        break_test,
        positioning,
        trading_sessions,
        expiries,
        read_amount,
        convert_unit,
        plot_chart,
    )
