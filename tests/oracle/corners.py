"""log10 of the loss at corners of the parameter space, for tests/contour_corners.rs and tests/corner_repairs.rs.

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

# For tests/corner_repairs.rs: one step each.
REPAIRED = [
    ("modes that hardly move", [0.3628003216170735, 0.17836954821539527, 0.003978035835351172, 0.0005830051912751369, 2.519344465430842e-06, 4.2741636686652575e-12], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0], (0.5512674276054308, -0.9, 5e-10, 0.0), 118253),
    ("the edge at momentum -0.999999", [0.37, 0.37, 0.37, 0.37, 0.37], [0.12351223759982924, 8.584363914964385e-12, 2.5579968987120485e-05, 0.3323035087997763, 0.0003681806999292897], (5.405394594766248e-06, -0.999999, 1.0, 1.0), 2233213870),
    ("equal modes there", [1000.0, 1000.0, 1000.0, 1000.0], [1.7921096678937807e-06, 2.334409840867793e-12, 0.5432050082000223, 2.3449703579242903e-09], (2.0000000000272574e-09, -0.999999, 0.1, 1.0), 554846965),
    ("tau = -1 there", [0.37, 0.36999999999669675, 0.369999403423976], [1.0, 1.0, 1.0], (5.405405401530279e-06, -0.999999, 0.0005, -1.0), 249354577448),
    ("a slow oscillation near its zero", [956.564564050816, 906.4437999742001, 0.0009946020312941331], [0.06028662981654414, 5.1983877716684914e-08, 0.000186414966456263], (8.301191850346932e-10, 0.999999, 0.1, 0.5), 19358),
    ("an alternating mode between its peaks", [1.4282683766522294e-218], [7.371076673061585e-06], (2.785565882656725e+218, 0.99, 1.0000000000000002e-10, 0.0), 413),
    ("two roots at -1", [1.0], [7.634665310046717e-10], (3.9999979999999997, 0.999999, 0.001, 1.0), 662560),
    ("a residue that cancels", [1.0], [1.0], (1.999989108235556e-06, -0.999999, 1.0000000000000002e-10, 0.5), 330472665489),
    ("far below the first loss", [4.4494780352195e-06, 1.1663179940378464e-07, 8.722423031164484e-11], [1.6589356003205208e-10, 1.5188048132750206e-16, 1.311886816556337e-27], (4494.909254903956, 0.0, 0.5, 1.0), 300),
    ("the same, later", [4.4494780352195e-06, 1.1663179940378464e-07, 8.722423031164484e-11], [1.6589356003205208e-10, 1.5188048132750206e-16, 1.311886816556337e-27], (4494.909254903956, 0.0, 0.5, 1.0), 400),
    ("a mode without signal that does not decay", [1.0, 0.35, 0.1], [0.0, 1.0, 0.0], (2.0, 0.0, 0.0, 1.0), 1000),
    ("the same at a million steps", [1.0, 0.35, 0.1], [0.0, 1.0, 0.0], (2.0, 0.0, 0.0, 1.0), 1000000),
    ("a product that rounds to 1", [2.9999999999999997e-101], [1.0], (3.3333333333333335e+100, 0.0, 0.0, 1.0), 2),
    ("the same out of range", [2.9999999999999997e-101], [1.0], (3.3333333333333335e+100, 0.0, 0.0, 1.0), 147),
    ("a little beyond the noiseless edge", [1e-100, 9.999999990686774e-101], [2.1174792957474806e-20, 7840.122019448028], (3.8000000000000004e+100, 0.9, 0.0, 1.0), 2**53 + 1),
    ("both roots near the unit circle", [0.1038309030288974, 0.025650662451827413, 0.025650564602688795, 0.025650564602688785], [0.38147070547004336, 0.6228401162662914, 0.3190415604360264, 0.07405468786345681], (9.631044042354553e-06, -0.999999, 0.0, 0.0), 100000),
    ("nearly equal modes, far down", [1000.0, 999.9999999997291, 999.9999999985965, 999.9999999946167, 999.9923309891935], [0.04211769940625229, 1.1584484086554055e-12, 1.3610053438375205e-10, 2.645130386308148e-08, 1.4479741873043253e-08], (7.814544014805546e-06, 0.5, 1.0000000000000002e-10, 0.5), 45139032),
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

    for name, l, q, parameters, step in REPAIRED:
        print(name, losses(l, q, parameters, [step]))


if __name__ == "__main__":
    main()
