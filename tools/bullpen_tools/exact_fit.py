"""Least squares in fractions: the coefficients that the decimals themselves imply, to the last digit.

The rule it protects: no ill-conditioned table (NIST's Filip, Wampler, Longley) loses a digit, because nothing is
rounded before the end. For small tables; series go through `regressions.py`. It knows no names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bullpen_memory.errors import InputError
from bullpen_tools.structures import exact

MOST_WORK = 60_000
"""Rows times columns squared: beyond it fractions take seconds."""
Row = Sequence[Fraction]


@dataclass(frozen=True, slots=True)
class ExactFit:
    """Coefficients and standard errors in the order of the columns, and the usual sums."""

    coefficients: tuple[float, ...]
    errors: tuple[float, ...]
    residual_deviation: float | None
    r_squared: float | None
    residual_sum: float
    regression_sum: float
    freedom: int


def design(
    columns: Sequence[Sequence[float]], *, constant: bool, powers: int
) -> list[list[Fraction]]:
    """Rows of the table: a constant, each column, and the powers of a single one."""
    exact_columns = [[exact(x) for x in column] for column in columns]
    if powers > 1:
        base = exact_columns[0]
        exact_columns = [[x**n for x in base] for n in range(1, powers + 1)]
    rows = [list(row) for row in zip(*exact_columns, strict=True)]
    return [[Fraction(1), *row] for row in rows] if constant else rows


def solve(y: Sequence[float], rows: Sequence[Row], *, constant: bool) -> ExactFit:
    """Ordinary least squares of y on the rows' columns.

    Errors are classical: residual variance times the inverse of X'X. R squared is about the mean with a
    constant, about zero without. Raises InputError for too few rows and for columns that depend on
    each other exactly.
    """
    target = [exact(value) for value in y]
    count, width = len(rows), len(rows[0])
    if count < width:
        raise InputError(
            f"{count} rows do not determine {width} coefficients.",
            "There must be at least as many rows as coefficients.",
            "Give more rows or fewer columns.",
        )
    inverse = _inverse(_cross(rows))
    moments = [
        sum((row[j] * value for row, value in zip(rows, target, strict=True)), Fraction(0))
        for j in range(width)
    ]
    beta = [
        sum((a * b for a, b in zip(line, moments, strict=True)), Fraction(0)) for line in inverse
    ]
    rest = [
        value - sum((b * x for b, x in zip(beta, row, strict=True)), Fraction(0))
        for row, value in zip(rows, target, strict=True)
    ]
    residual = sum((e * e for e in rest), Fraction(0))
    middle = sum(target, Fraction(0)) / count if constant else Fraction(0)
    total = sum(((value - middle) ** 2 for value in target), Fraction(0))
    freedom = count - width
    variance = residual / freedom if freedom else None
    return ExactFit(
        tuple(float(b) for b in beta),
        tuple(_root(variance * inverse[j][j]) for j in range(width))
        if variance is not None
        else (),
        None if variance is None else _root(variance),
        float(1 - residual / total) if total else None,
        float(residual),
        float(total - residual),
        freedom,
    )


def _cross(rows: Sequence[Row]) -> list[list[Fraction]]:
    width = len(rows[0])
    table = [[Fraction(0)] * width for _ in range(width)]
    for i in range(width):
        for j in range(i, width):
            table[i][j] = table[j][i] = sum((row[i] * row[j] for row in rows), Fraction(0))
    return table


def _inverse(table: list[list[Fraction]]) -> list[list[Fraction]]:
    """Gauss and Jordan's elimination."""
    width = len(table)
    work = [[*line, *(Fraction(int(i == j)) for j in range(width))] for i, line in enumerate(table)]
    for column in range(width):
        pivot = next((r for r in range(column, width) if work[r][column]), None)
        if pivot is None:
            raise InputError(
                "The columns depend on each other.",
                "One of them is an exact combination of the others.",
                "Leave it out, or leave the constant out.",
            )
        work[column], work[pivot] = work[pivot], work[column]
        head = work[column][column]
        work[column] = [x / head for x in work[column]]
        for r in range(width):
            if r != column and work[r][column]:
                factor = work[r][column]
                work[r] = [a - factor * b for a, b in zip(work[r], work[column], strict=True)]
    return [line[width:] for line in work]


def _root(number: Fraction) -> float:
    """The square root of an exact number; a float would overflow where the fraction does not."""
    return math.sqrt(number) if number else 0.0
