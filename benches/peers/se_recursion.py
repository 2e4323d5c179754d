"""Peer of the SE recursion: the per-step update of (65) in NumPy, in place, no temporaries.

Usage: se_recursion.py N STEPS BETA. Prints: nanoseconds per step, final loss.
"""

import sys
import time

import numpy as np


def main() -> None:
    n, steps, b = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    gamma, tau, alpha = 0.1, 1.0, 1.0
    k = np.arange(1.0, n + 1.0)
    a = alpha * k**-1.5
    c = k**-1.75
    j = np.zeros(n)
    p = np.zeros(n)
    d = np.empty(n)
    h = np.empty(n)
    g = gamma * tau
    warm = max(1, steps // 10)
    start = 0.0
    for t in range(warm + steps):
        if t == warm:
            start = time.perf_counter()
        # h = a (source - g C) - (bJ + d), d = bJ - aC, P = b^2 P + a h, J = d + P, C += d + J
        source = gamma * c.sum()
        np.multiply(j, b, out=j)
        np.multiply(a, c, out=d)
        np.subtract(j, d, out=d)
        np.multiply(c, -g, out=h)
        np.add(h, source, out=h)
        np.multiply(h, a, out=h)
        np.subtract(h, d, out=h)
        np.subtract(h, j, out=h)
        np.multiply(h, a, out=h)
        np.multiply(p, b * b, out=p)
        np.add(p, h, out=p)
        np.add(d, p, out=j)
        np.add(c, d, out=c)
        np.add(c, j, out=c)
    elapsed = time.perf_counter() - start
    print(f"{elapsed * 1e9 / steps:.6f} {0.5 * c.sum():.17g}")


main()
