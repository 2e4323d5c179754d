#!/usr/bin/env python3
"""How long SymPy needs for the derivation of U, V and S, and the paired ratio to tauber's.

Both start from the step matrix and noise vector of heavy ball and end with S and the numerators of
U and V. SymPy is timed twice, each time in a fresh process without its import, in CPU time:

    matrix    as its manual teaches: Matrix.inv, then cancel
    domain    its fastest way known to us: DomainMatrix over the field Q(a, b, g, z)

A pair is one run of each program, the order alternating; the ratio is the median over pairs.
tauber's time is the median that `cargo bench --bench derivation` prints.

Usage: derive_sympy.py [--pairs 7]      needs cargo and sympy (requirements of tests/oracle)
       derive_sympy.py --once matrix    prints S, both numerators and the seconds
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
UNITS = {"ns": 1e-9, "µs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0}


def once(way):
    """One derivation; returns S, the numerators of U and V, and the seconds it took."""
    import sympy as sp
    from sympy.polys.matrices import DomainMatrix

    start = time.process_time()
    a, b, g, z = sp.symbols("a b g z")
    c = sp.symbols("c11 c12 c22")
    step = sp.Matrix([[1 - a, b], [-a, b]])
    noise = sp.Matrix([1, 1])
    x = sp.Matrix([[c[0], c[1]], [c[1], c[2]]])
    after = step * x * step.T - g * a**2 * c[0] * noise * noise.T
    operator = sp.Matrix([after[0, 0], after[0, 1], after[1, 1]]).jacobian(c)
    system = (sp.eye(3) - z * operator).T
    probe = sp.Matrix([1, 0, 0])
    if way == "matrix":
        row = (system.inv() * probe).applyfunc(sp.cancel)
    else:
        field = sp.QQ.frac_field(a, b, g, z)
        row = (
            DomainMatrix.from_Matrix(system)
            .convert_to(field)
            .lu_solve(DomainMatrix.from_Matrix(probe).convert_to(field))
            .to_Matrix()
        )
    tops, bottoms = zip(*(sp.fraction(sp.cancel(f)) for f in row))
    s = sp.lcm(list(bottoms))
    scale = s.subs(z, 0)
    numerators = [sp.expand(sp.cancel(n * s / d / scale)) for n, d in zip(tops, bottoms)]
    s = sp.expand(s / scale)
    return s, sp.expand(sum(numerators)), numerators[0], time.process_time() - start


def time_sympy(way):
    command = [sys.executable, __file__, "--once", way]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(out.split()[-1])


def bench_program():
    """Builds the bench and returns the path of its program."""
    command = ["cargo", "bench", "--bench", "derivation", "--no-run", "--message-format=json"]
    out = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout
    messages = [json.loads(line) for line in out.splitlines()]
    return next(
        m["executable"]
        for m in messages
        if m.get("executable") and m["target"]["name"] == "derivation"
    )


def time_tauber(program):
    command = [program, "--bench", "derive"]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(line for line in out.splitlines() if "heavy-ball" in line)
    # fastest | slowest | median | mean | samples | iterations
    median = line.split("│")[2].split()
    return float(median[0]) * UNITS[median[1]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--once", choices=["matrix", "domain"])
    arguments = parser.parse_args()
    if arguments.once:
        *formulas, seconds = once(arguments.once)
        for formula in formulas:
            print(formula)
        print(seconds)
        return
    program = bench_program()
    for way in "matrix", "domain":
        ours, theirs = [], []
        for pair in range(arguments.pairs):
            runs = [(ours, lambda: time_tauber(program)), (theirs, lambda: time_sympy(way))]
            for times, run in runs if pair % 2 == 0 else reversed(runs):
                times.append(run())
        ratios = [t / o for o, t in zip(ours, theirs, strict=True)]
        print(
            f"SymPy ({way}): {statistics.median(theirs) * 1e3:.1f} ms, "
            f"tauber: {statistics.median(ours) * 1e6:.1f} us, "
            f"SymPy / tauber = {statistics.median(ratios):.0f} "
            f"(pairs {min(ratios):.0f} to {max(ratios):.0f})"
        )


if __name__ == "__main__":
    main()
