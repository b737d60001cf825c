"""Statistics that the benchmarks share."""

import math


def interval_of_median(values, confidence=0.95):
    """What covers the median with at least this confidence, whatever the distribution: order statistics."""
    ordered = sorted(values)
    n = len(ordered)
    cut, tail = 0, 1 / 2**n  # the chance that the median lies below the cut-th value
    while (tail := tail + math.comb(n, cut + 1) / 2**n) * 2 <= 1 - confidence:
        cut += 1
    return ordered[cut], ordered[n - 1 - cut]
