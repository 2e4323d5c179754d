#!/usr/bin/env python3
"""One loss at a late step: the contour against programs that iterate, in paired runs.

The peers are `se_recursion.c` (one fused vectorised pass a step) and `se_recursion.py` (the
per-step update in NumPy, in place), which warm up for a tenth of the steps first; the contour gives the
loss at the same last step, which must agree to 1e-9 or the comparison is void. A ratio is the
peer's time for its T steps divided by the time of one L_t of a prepared contour; in brackets, by the time of a
first L_t with nothing prepared.

Needs cargo, gcc and, for the NumPy rows, `pip install -r requirements.txt`.
Usage: contour.py [--pairs 5] [--numpy-pairs 1] [--steps 1000000] [--binary CONTOUR_PEER]
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FLAGS = ["-O3", "-march=native", "-ffast-math", "-lm"]


def words(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command} failed: {done.stderr}")
    return [float(word) for word in done.stdout.split()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--numpy-pairs", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--modes", type=int, default=1000)
    parser.add_argument("--momentum", default="0.5")
    parser.add_argument("--binary", help="a built `contour_peer` to use instead of building one")
    options = parser.parse_args()
    if options.binary:
        ours = options.binary
    else:
        cargo = ["cargo", "build", "--release", "--example", "contour_peer", "--quiet"]
        subprocess.run(cargo, cwd=ROOT, check=True)
        ours = str(ROOT / "target" / "release" / "examples" / "contour_peer")
    n, steps, beta = options.modes, options.steps, options.momentum
    last = steps + steps // 10
    arguments = [str(n), str(steps), beta]
    print("| peer, T steps of N modes | ratio (median) | range | one L_t, us | peer, s |")
    print("|---|---|---|---|---|")

    def row(label, peer, pairs):
        ratios, whole, own, first_ones, other = [], [], [], [], []
        for i in range(pairs):
            pair = [lambda: words([ours, str(n), str(last), beta]), lambda: words(peer + arguments)]
            first = i % 2
            results = {first: pair[first]()}
            results[1 - first] = pair[1 - first]()
            (at, first_loss, loss, _), (per_step, peer_loss) = results[0], results[1]
            if abs(loss / peer_loss - 1) > 1e-9:
                sys.exit(f"{label}: losses differ, {loss} against {peer_loss}")
            ratios.append(per_step * steps / at)
            whole.append(per_step * steps / first_loss)
            own.append(at / 1e3)
            first_ones.append(first_loss / 1e3)
            other.append(per_step * steps / 1e9)
        median = statistics.median
        print(
            f"| {label} | {median(ratios):.2g} ({median(whole):.2g} a first loss) "
            f"| {min(ratios):.2g} to {max(ratios):.2g} | {median(own):.1f} ({median(first_ones):.1f}) "
            f"| {median(other):.2f} |",
            flush=True,
        )

    with tempfile.TemporaryDirectory() as folder:
        out = str(pathlib.Path(folder) / "se_recursion")
        subprocess.run(["gcc", str(HERE / "se_recursion.c"), "-o", out, *FLAGS], check=True)
        row(f"fused C loop, T = {steps}, N = {n}", [out], options.pairs)
    try:
        import numpy
    except ImportError:
        print("numpy is not installed: no NumPy row", file=sys.stderr)
        return
    python = [sys.executable, str(HERE / "se_recursion.py")]
    row(f"NumPy {numpy.__version__}, T = {steps}, N = {n}", python, options.numpy_pairs)


main()
