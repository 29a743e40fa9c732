"""Skill or luck: what a number of hits can and cannot tell.

The rule it protects: a hit rate never stands without the number of calls behind it, and what too
few calls cannot tell is said with how many more it would take. Pure functions of counts and
probabilities; all shares and probabilities are in [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from bullpen_memory.errors import InputError

MOST = 5000
"""Calls beyond which nobody will ever get."""
Z95 = 1.959963984540054


def wilson(hits: int, n: int, z: float = Z95) -> tuple[float, float]:
    """The score interval of a share: Wilson, JASA 22 (1927); 95 % at the default `z`.

    Raises InputError without any call or with more hits than calls.
    """
    if n < 1 or not 0 <= hits <= n:
        raise InputError(
            f"{hits} hits in {n} calls have no interval.",
            "The hits must lie between 0 and the number of calls, which is at least 1.",
            "Check the two counts.",
        )
    share = hits / n
    middle = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def luck(hits: int, chances: Sequence[float]) -> float:
    """The probability of at least `hits` hits when call i hits with `chances[i]` by itself.

    The exact tail of the Poisson binomial distribution, by convolution.
    """
    tail = [1.0]
    for chance in chances:
        tail = [
            (tail[k] if k < len(tail) else 0.0) * (1 - chance)
            + (tail[k - 1] * chance if k else 0.0)
            for k in range(len(tail) + 1)
        ]
    return min(1.0, math.fsum(tail[hits:])) if hits > 0 else 1.0


def calls_needed(
    rate: float, against: float, *, level: float = 0.05, power: float = 0.8
) -> int | None:
    """The fewest calls whose exact one-sided binomial test at `level` finds `rate` to be above
    `against` with probability `power`; None when `rate` is not above it, or beyond MOST calls.

    The test rejects from the smallest number of hits whose tail under `against` is within
    `level`. Power is not monotone in the number of calls (Chernick and Liu, The American
    Statistician 56 (2002)): this is the first number that suffices.
    """
    if not 0 <= against < rate <= 1:
        return None
    from scipy.stats import binom

    for n in range(1, MOST + 1):
        critical = int(binom.isf(level, n, against)) + 1
        if critical <= n and float(binom.sf(critical - 1, n, rate)) >= power:
            return n
    return None


def brier(stated: Sequence[float], hits: Sequence[bool]) -> float | None:
    """The mean squared distance of stated probabilities from what happened (Brier, 1950).

    0 is perfect, 0.25 what saying 50 % always gives; None without any call.
    """
    if not hits:
        return None
    pairs = zip(stated, hits, strict=True)
    return math.fsum((p - hit) ** 2 for p, hit in pairs) / len(hits)
