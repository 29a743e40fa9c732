"""The quant's tools in one list, in the order in which they are told to a model.

The rule it protects: a tool that is not listed here does not exist for the desk. It computes nothing.
"""

from __future__ import annotations

from bullpen_tools.quant.averages import asian_option
from bullpen_tools.quant.backtests import backtest
from bullpen_tools.quant.bonds import bond_value
from bullpen_tools.quant.book_files import read_book
from bullpen_tools.quant.books import portfolio_weights, volatility_target
from bullpen_tools.quant.cds import cds_value
from bullpen_tools.quant.corporate import cash_runway, index_rebalance, substitution_payback
from bullpen_tools.quant.credit import merton_model
from bullpen_tools.quant.curves import curve_shape
from bullpen_tools.quant.exotic_options import exotic_option
from bullpen_tools.quant.exposures import position_var
from bullpen_tools.quant.factors import factor_beta
from bullpen_tools.quant.garch import garch_volatility
from bullpen_tools.quant.growth import required_growth, supply_demand_gap
from bullpen_tools.quant.interest import interest_rate
from bullpen_tools.quant.positions import strategy_value
from bullpen_tools.quant.risk import risk_measures
from bullpen_tools.quant.sabr_smile import sabr_smile
from bullpen_tools.quant.scenarios import hedge_comparison, scenario_book
from bullpen_tools.quant.surface import vol_surface
from bullpen_tools.quant.two_assets import two_asset_option
from bullpen_tools.quant.valuation import (
    barrier_option,
    digital_option,
    option_value,
)
from bullpen_tools.quant.venues import calendar_spread, venue_basis
from bullpen_tools.quant.verification import forecast_score, var_backtest
from bullpen_tools.quant.volatilities import implied_volatility
from bullpen_tools.quant.yield_curve import yield_curve
from bullpen_tools.tool import Tool

QUANT_TOOLS: tuple[Tool, ...] = (
    option_value,
    digital_option,
    barrier_option,
    asian_option,
    exotic_option,
    two_asset_option,
    implied_volatility,
    strategy_value,
    merton_model,
    bond_value,
    yield_curve,
    interest_rate,
    cds_value,
    curve_shape,
    calendar_spread,
    venue_basis,
    supply_demand_gap,
    required_growth,
    cash_runway,
    substitution_payback,
    index_rebalance,
    risk_measures,
    position_var,
    var_backtest,
    forecast_score,
    garch_volatility,
    factor_beta,
    read_book,
    volatility_target,
    portfolio_weights,
    backtest,
    scenario_book,
    hedge_comparison,
    vol_surface,
    sabr_smile,
)
