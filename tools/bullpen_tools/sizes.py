"""How much of something a position is: lots, what a lot holds, and the totals that follow.

The rule it protects: a total is the figure per unit times lots times the units in a lot, in exact
decimals, and is left out, with the reason, where one of the two is not known. It prices nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Annotated, Protocol

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools.context import Value
from bullpen_tools.units import canonical, rescale

# What one standard contract holds, in the unit its price is quoted for (the exchanges' contract
# specifications). Grains and softs are left out: they are quoted in cents.
CONTRACTS: MappingProxyType[str, tuple[float, str]] = MappingProxyType({
    "us_equity_option": (100, "shares"), "spx": (100, "index points"), "xsp": (100, "index points"),
    "es": (50, "index points"), "mes": (5, "index points"), "nq": (20, "index points"), "mnq": (2, "index points"),
    "rty": (50, "index points"), "ym": (5, "index points"),
    "cl": (1000, "bbl"), "mcl": (100, "bbl"), "brent": (1000, "bbl"), "ng": (10_000, "mmbtu"), "rb": (42_000, "gal"), "ho": (42_000, "gal"),
    "gc": (100, "troy_oz"), "mgc": (10, "troy_oz"), "si": (5000, "troy_oz"), "sil": (1000, "troy_oz"), "pl": (50, "troy_oz"),
    "pa": (100, "troy_oz"), "hg": (25_000, "lb"), "lme_copper": (25, "t"), "lme_aluminium": (25, "t"), "lme_nickel": (6, "t"),
    "lme_zinc": (25, "t"),
})  # fmt: skip


Lots = Annotated[
    float | None, Field(description="Number of contracts. Left out: figures per unit only")
]
Multiplier = Annotated[
    float | None,
    Field(description="Units of the underlying in one contract: 100 for shares, 5000 for ounces"),
]
ContractUnit = Annotated[
    str, Field(description="What `multiplier` counts: shares, oz, bbl, lb, kg, t")
]
Contract = Annotated[
    str,
    Field(
        description="Instead of `multiplier`, a standard contract: us_equity_option, SPX, ES, NQ, "
        "CL, Brent, NG, GC, SI, HG, LME_copper"
    ),
]


class Sized(Protocol):
    """The arguments of a position with a size; everything else of it is per unit of the underlying."""

    @property
    def lots(self) -> float | None: ...
    @property
    def multiplier(self) -> float | None: ...
    @property
    def contract_unit(self) -> str: ...
    @property
    def contract(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Size:
    """`lots` contracts of `multiplier` `unit`s, each of them `factor` of the units that are priced.

    Without lots or multiplier there is no position, and `notes` say why where one was begun.
    """

    lots: Fraction | None
    multiplier: Fraction | None
    unit: str
    factor: Fraction = Fraction(1)
    notes: tuple[str, ...] = ()

    @property
    def held(self) -> Fraction | None:
        """Contract units in the whole position, signed as the lots are; None without a position."""
        if self.lots is None or self.multiplier is None:
            return None
        return self.lots * self.multiplier


def size_of(sized: Sized, price_unit: str, *, sign: bool = True) -> Size:
    """The size that was asked for, where `price_unit` is what one unit is priced in (usd, usd/oz).

    `sign`: whether fewer than no lots (sold) has a meaning; a strategy has its signs in the legs.
    Raises InputError for no lots, a multiplier that cannot be, or two that disagree.
    """
    _check(sized, sign=sign)
    multiplier, unit = _multiplier(sized)
    lots = None if sized.lots is None else _exact(sized.lots)
    notes: list[str] = []
    if lots is not None and multiplier is None:
        notes.append(
            f"{sized.lots:g} lots were given, but not how many units one lot holds: there are no "
            "totals. Give `multiplier` (100 for options on US shares) or name the contract."
        )
    elif lots is None and multiplier is not None:
        lots = Fraction(1)
        notes.append("The number of lots was not given: the totals are for one.")
    factor = _exact(_per(unit, price_unit)) if multiplier is not None else Fraction(1)
    return Size(lots, multiplier, unit, factor, tuple(notes))


def _check(sized: Sized, *, sign: bool) -> None:
    if sized.lots is not None and (sized.lots == 0 or (sized.lots < 0 and not sign)):
        raise InputError(
            f"{sized.lots:g} lots make no position.",
            "It would be empty."
            if sized.lots == 0
            else "What is sold stands in the signs of the legs.",
            "Give the number of lots above zero."
            if not sign
            else "Give the number of lots: above zero bought, below zero sold.",
        )
    if sized.multiplier is not None and sized.multiplier <= 0:
        raise InputError(
            f"A multiplier of {sized.multiplier:g} cannot be.",
            "It is the number of units in one contract.",
            "Give it above zero.",
        )


def _multiplier(sized: Sized) -> tuple[Fraction | None, str]:
    unit = sized.contract_unit.strip()
    given = None if sized.multiplier is None else _exact(sized.multiplier)
    if not sized.contract:
        return given, unit
    name = sized.contract.strip().lower().replace(" ", "_").replace("-", "_")
    if name not in CONTRACTS:
        raise InputError(
            f"“{sized.contract}” is no contract whose size is known here.",
            f"Known are {', '.join(CONTRACTS)}.",
            "Give `multiplier` and `contract_unit` instead.",
        )
    held, held_unit = CONTRACTS[name]
    if given is not None and given * _exact(_per(unit, f"usd/{held_unit}")) != _exact(held):
        raise InputError(
            "The size of the contract is given twice.",
            f"{sized.contract.upper()} holds {held:g} {held_unit}, and {sized.multiplier:g} {unit} was given.".replace(
                "  ", " "
            ),
            "Give one of them.",
        )
    return _exact(held), held_unit


def _per(unit: str, price_unit: str) -> float:
    """Priced units in one contract unit: 32.15 for kilograms at a price per troy ounce, else 1."""
    _, _, per = price_unit.partition("/")
    if not per or not unit:
        return 1.0
    metal = {"oz": "troy_oz"}
    one, other = canonical(unit), canonical(per)
    if one == other or {one, other} == {"oz", "troy_oz"}:
        return 1.0
    return rescale(metal.get(one, one), metal.get(other, other), title="The size of the contract")


def _exact(number: float) -> Fraction:
    return Fraction(repr(float(number)))


def position_values(
    size: Size, values: Mapping[str, Value], keys: Sequence[str]
) -> dict[str, Value]:
    """`position_<key>` for every key whose figure is per unit of the underlying: times the units held.

    Empty without a position. A figure that has no answer or is in words ("unlimited") stays so.
    """
    held = size.held
    if held is None or size.lots is None:
        return {}
    name = " ".join(size.unit.split()) or "units"
    told = {
        "lots": Value(value=float(size.lots), unit="lots", kind="assumed", label="Lots"),
        "position_units": Value(
            value=float(held), unit=name, label="Units of the underlying in the position"
        ),
    }
    for key in keys:
        if key in values:
            told[f"position_{key}"] = _scaled(values[key], held * size.factor, name)
    return told


def _scaled(one: Value, units: Fraction, name: str) -> Value:
    number = one.value
    if isinstance(number, float | int) and not isinstance(number, bool):
        number = float(_exact(number) * units)
    label = f"{one.label}, whole position"
    unit = name if one.label == "Delta" else _total_unit(one.unit)
    return replace(one, value=number, unit=unit, label=label, metric="", entity="")


_RATES = frozenset({"day", "vol point", "rate point", "normal vol unit"})


def _total_unit(unit: str) -> str:
    """What a price per unit becomes in total: usd/oz is usd, usd/oz/day is usd/day."""
    money, *per = unit.split("/")
    return "/".join([money, *(part for part in per if part in _RATES)])


def spoken(size: Size) -> str:
    """How a summary goes on: `; the position is 10 lots of 100 shares`. Empty without a position."""
    if size.held is None or size.lots is None or size.multiplier is None:
        return ""
    unit = size.unit or "units"
    lots = f"{float(size.lots):,g} lot{'' if abs(size.lots) == 1 else 's'}"
    return f"; the position is {lots} of {float(size.multiplier):,g} {unit}"
