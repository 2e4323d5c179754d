"""log10 of the loss at corners of the parameter space, for tests/contour_corners.rs.

The (3 n) x (3 n) second-moment operator of (65) on the exact binary inputs, squared in mpmath at 400
digits: no generating function, no contour. Early steps also in exact rationals.

    x11' = (1-a)^2 x11 + 2 b (1-a) x12 + b^2 x22 + n_k      n_k = a_k^2 (gamma m_k sum x11 - gamma tau x11)
    x12' = -a (1-a) x11 + b (1-2a) x12 + b^2 x22 + n_k
    x22' = a^2 x11 - 2 a b x12 + b^2 x22 + n_k
"""

from fractions import Fraction

import mpmath

mpmath.mp.dps = 400


def operator(number, l, alpha, beta, gamma, tau):
    n = len(l)
    alpha, b, gamma, tau = (number(x) for x in (alpha, beta, gamma, tau))
    rows = [[number(0)] * (3 * n) for _ in range(3 * n)]
    for k in range(n):
        a = alpha * number(l[k])
        block = [
            [(1 - a) ** 2, 2 * b * (1 - a), b * b],
            [-a * (1 - a), b * (1 - 2 * a), b * b],
            [a * a, -2 * a * b, b * b],
        ]
        for i in range(3):
            for j in range(3):
                rows[3 * k + i][3 * k + j] += block[i][j]
            rows[3 * k + i][3 * k] -= gamma * tau * a * a
            for q in range(n):
                rows[3 * k + i][3 * q] += gamma * a * a
    return rows


def losses(l, q, parameters, steps):
    rows = operator(mpmath.mpf, l, *parameters)
    power = mpmath.matrix(rows)
    start = mpmath.matrix(3 * len(l), 1)
    for k, value in enumerate(q):
        start[3 * k] = mpmath.mpf(value)
    states = {t: start.copy() for t in steps}
    bit = 0
    while any(t >> bit for t in steps):
        for t in steps:
            if t >> bit & 1:
                states[t] = power * states[t]
        power = power * power
        bit += 1
    out = []
    for t in steps:
        loss = sum(states[t][3 * k] for k in range(len(l))) / 2
        out.append(mpmath.nstr(mpmath.log10(loss), 22))
    return out


def exact(l, q, parameters, steps):
    rows = operator(Fraction, l, *parameters)
    state = [Fraction(0)] * (3 * len(l))
    for k, value in enumerate(q):
        state[3 * k] = Fraction(value)
    out, now = [], 0
    for t in steps:
        while now < t:
            state = [sum(c * x for c, x in zip(row, state) if c) for row in rows]
            now += 1
        loss = sum(state[0::3]) / 2
        out.append(mpmath.nstr(mpmath.log10(mpmath.mpf(loss.numerator) / loss.denominator), 22))
    return out


def up(x):
    import math

    return math.nextafter(x, math.inf)


def down(x):
    import math

    return math.nextafter(x, -math.inf)


STEPS = [0, 1, 2, 63, 1000, 10**6, 10**9, 10**12]
CASES = [
    ("one mode, tau = 1", [1.0], [1.0], (0.5, 0.25, 0.75, 1.0)),
    ("one mode, tau = -1", [0.5], [2.0], (0.5, -0.5, 0.25, -1.0)),
    ("one slow mode", [2.0**-40], [1.0], (1.0, 0.5, 0.5, 0.0)),
    ("seven equal modes", [0.5] * 7, [1.0] * 7, (0.125, 0.5, 0.5, 1.0)),
    ("the edge", [1.0, 0.25], [1.0, 1.0], (3.0, 0.5, 0.5, 1.0)),
    ("just below the edge", [1.0, 0.25], [1.0, 1.0], (down(3.0), 0.5, 0.5, 1.0)),
    ("just above the edge", [1.0, 0.25], [1.0, 1.0], (up(3.0), 0.5, 0.5, 1.0)),
    ("U(1) = 1", [1.0], [1.0], (1.0, 0.0, 1.0, 0.0)),
    ("just below U(1) = 1", [1.0], [1.0], (down(1.0), 0.0, 1.0, 0.0)),
    ("just above U(1) = 1", [1.0], [1.0], (up(1.0), 0.0, 1.0, 0.0)),
    ("momentum 0.999999", [1.0, 0.25], [1.0, 0.5], (0.5, 0.999999, 2.0**-20, 1.0)),
    ("momentum 0.999999, much noise", [1.0, 0.25], [1.0, 0.5], (0.5, 0.999999, 0.5, 0.0)),
    ("momentum -0.999999", [1.0, 0.25], [1.0, 0.5], (2.0**-20, -0.999999, 0.5, 1.0)),
    ("momentum -0.999999, neutral", [1.0, 2.0**-10], [1.0, 0.5], (2.0**-21, -0.999999, 1.0, 0.0)),
]


def main():
    for name, l, q, parameters in CASES:
        values = losses(l, q, parameters, STEPS)
        early = exact(l, q, parameters, STEPS[:4])
        assert early == values[:4], (name, early, values)
        alpha, beta, gamma, tau = parameters
        print(f'("{name}", vec!{l}, vec!{q}, [{alpha!r}, {beta!r}, {gamma!r}, {tau!r}],')
        print("    [" + ", ".join(values) + "]),")
    # Eigenvalues over 300 decades: what lies below N eps lambda_max counts as null space.
    l, q = [1.0, 2.0**-20, 2.0**-40, 2.0**-400, 2.0**-1000], [1.0, 0.5, 0.25, 2.0**-70, 2.0**-70]
    print("wide", losses(l, q, (0.5, 0.25, 0.5, 1.0), STEPS))


main()
