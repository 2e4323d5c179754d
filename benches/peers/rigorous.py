#!/usr/bin/env python3
"""U(1) and V(1) of an infinite power law to 50 digits: tauber, mpmath and python-flint (Arb) in one run.

a_k = 0.7 k^-1.5, beta = 0.3, gamma = 0.1, tau = 0, signal k^-5 (kappa = 4, terms). All three expand the tail
in Hurwitz zeta values; python-flint's and tauber's results are balls, mpmath's is a number without a bound.
The digits must agree or the comparison is void.

Needs `pip install mpmath==1.3.0 python-flint==0.9.0` and cargo.
Usage: rigorous.py [--rounds 9] [--features mpfr]
"""

import argparse
import pathlib
import re
import statistics
import subprocess
import time

import flint
import mpmath as mp

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
U = "0.1519767013111071737034242342163279088374661768651893811"
V = "1.21750239549928791782795954695895889028625897"
K, J = 30, 40


def by_mpmath():
    mp.mp.dps = 54
    a, b, nu = mp.mpf("0.7"), mp.mpf("0.3"), mp.mpf("1.5")
    p, q = 1 + b, 1 - b
    x = 1 / (2 * p)
    u = sum((a * mp.mpf(k) ** -nu) / (1 - x * a * mp.mpf(k) ** -nu) for k in range(1, K))
    u += sum(x**j * a ** (j + 1) * mp.zeta((j + 1) * nu, K) for j in range(J))
    u *= mp.mpf("0.1") / (2 * q)

    def term(k):
        ak = a * mp.mpf(k) ** -nu
        return mp.mpf(k) ** -5 * (2 * ak * b + q * q * p) / (2 * p * q * ak * (1 - ak * x))

    moment = lambda j: mp.zeta(5 + nu * j, K)
    v = sum(term(k) for k in range(1, K))
    v += sum(
        x**j * a**j * (b / (q * p) * moment(j) + q / (2 * a) * moment(j - 1)) for j in range(J)
    )
    return u, v


def by_flint():
    flint.ctx.prec = 200
    arb = flint.arb
    a, b, nu = arb("0.7"), arb("0.3"), arb("1.5")
    p, q = 1 + b, 1 - b
    x = 1 / (2 * p)
    powers = [a * arb(k) ** (-nu) for k in range(1, K)]
    zero = arb(0)
    u = sum((ak / (1 - x * ak) for ak in powers), zero)
    tails = [(nu * j).zeta(arb(K)) for j in range(1, J + 2)]
    u += sum((x**j * a ** (j + 1) * tails[j] for j in range(J)), zero)
    rest = (x * a * arb(K) ** (-nu)) ** J
    u = (u + arb(0, rest.upper())) * arb("0.1") / (2 * q)
    v = zero
    for k, ak in zip(range(1, K), powers):
        v += arb(k) ** -5 * (2 * ak * b + q * q * p) / (2 * p * q * ak * (1 - ak * x))
    moments = [(5 + nu * j).zeta(arb(K)) for j in range(-1, J + 1)]
    for j in range(J):
        v += x**j * a**j * (b / (q * p) * moments[j + 1] + q / (2 * a) * moments[j])
    return u, v + arb(0, rest.upper())


def timed(function, rounds):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def by_tauber(features):
    command = ["cargo", "bench", "--quiet", "--bench", "rigorous"]
    if features:
        command += ["--features", features]
    command += ["--", "u_and_v_at_one"]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    line = next(line for line in text.splitlines() if re.search(r"[├╰]─ 50\b", line))
    # fastest, slowest, median, mean
    value, unit = re.findall(r"([\d.]+) (ns|µs|ms|s)\b", line)[2]
    return float(value) * {"ns": 1e-6, "µs": 1e-3, "ms": 1.0, "s": 1e3}[unit]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--features", default="")
    options = parser.parse_args()
    u, v = by_mpmath()
    mp.mp.dps = 60
    for value, reference in ((u, U), (v, V)):
        assert abs(value - mp.mpf(reference)) < mp.mpf(10) ** -43, "mpmath disagrees"
    u, v = by_flint()
    for value, reference in ((u, U), (v, V)):
        assert abs(mp.mpf(value.mid().str(55, radius=False)) - mp.mpf(reference)) < mp.mpf(10) ** -43
    print("| engine | ms for U(1) and V(1), 50 digits |")
    print("|---|---|")
    name = f"tauber ({options.features or 'default'})"
    print(f"| {name} | {by_tauber(options.features):.2f} |")
    print(f"| python-flint {flint.__version__} (Arb) | {timed(by_flint, options.rounds):.2f} |")
    print(f"| mpmath {mp.__version__} | {timed(by_mpmath, options.rounds):.2f} |")


main()
