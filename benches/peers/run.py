#!/usr/bin/env python3
"""Builds the peers and prints paired ratios: tauber's time divided by the peer's.

Every pair runs both programs one after the other, the order alternating; the ratio of a
comparison is the median over pairs. The losses of the SE peers must agree to 1e-9, or the
comparison is void. The C peer is built with 256-bit and with 512-bit vectors where the compiler
knows them, and the faster one counts.

Needs cargo, gcc and, for the NumPy rows, `pip install -r requirements.txt`; the PyTorch rows
appear where torch is installed (OMP_NUM_THREADS=1 for one thread).
Usage: run.py [--pairs 9] [--quick] [--binary PEER]
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


def build_c(name: str, into: pathlib.Path) -> list[list[str]]:
    """The builds of one C peer that compile here."""
    builds = []
    for tag, extra in [("256", []), ("512", ["-mprefer-vector-width=512"])]:
        out = into / f"{name}-{tag}"
        command = ["gcc", str(HERE / f"{name}.c"), "-o", str(out), *extra, *FLAGS]
        if subprocess.run(command, capture_output=True).returncode == 0:
            builds.append([str(out)])
    if not builds:
        sys.exit(f"gcc could not build {name}.c")
    return builds


def run(command: list[str], arguments: list[str]) -> tuple[float, float]:
    done = subprocess.run([*command, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command} failed: {done.stderr}")
    nanoseconds, loss = done.stdout.split()
    return float(nanoseconds), float(loss)


def compare(label, ours, peer, pairs, same_loss):
    """`ours` and `peer` are (command, arguments)."""
    ratios, own, other = [], [], []
    for i in range(pairs):
        if i % 2 == 0:
            mine, theirs = run(*ours), run(*peer)
        else:
            theirs, mine = run(*peer), run(*ours)
        if same_loss and abs(mine[1] - theirs[1]) > 1e-9 * abs(theirs[1]):
            sys.exit(f"{label}: losses differ, {mine[1]} against {theirs[1]}")
        ratios.append(mine[0] / theirs[0])
        own.append(mine[0])
        other.append(theirs[0])
    return (
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        statistics.median(own),
        statistics.median(other),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")
    parser.add_argument("--binary", help="a built `peer` to use instead of building one")
    options = parser.parse_args()
    if options.binary:
        ours = [options.binary]
    else:
        cargo = ["cargo", "build", "--release", "--example", "peer", "--quiet"]
        subprocess.run(cargo, cwd=ROOT, check=True)
        ours = [str(ROOT / "target" / "release" / "examples" / "peer")]
    scale = 10 if options.quick else 1
    print("| comparison | ratio (median) | range | tauber ns/step | peer ns/step |")
    print("|---|---|---|---|---|")

    def row(label, mine, peers, same_loss):
        results = [compare(label, mine, peer, options.pairs, same_loss) for peer in peers]
        best = min(results, key=lambda r: r[4])
        median, low, high, own, other = best
        print(
            f"| {label} | {median:.2f} | {low:.2f}-{high:.2f} | {own:.0f} | {other:.0f} |",
            flush=True,
        )

    with tempfile.TemporaryDirectory() as folder:
        into = pathlib.Path(folder)
        c_se = build_c("se_recursion", into)
        c_sgd = build_c("sgd_step", into)
        for n, steps in [(1_000, 400_000), (10_000, 40_000), (100_000, 4_000), (1_000_000, 200)]:
            arguments = [str(n), str(steps // scale), "0.5"]
            row(
                f"SE step, N = {n}, against C",
                (ours, ["se", *arguments]),
                [(c, arguments) for c in c_se],
                True,
            )
        for batch, steps in [(1, 400_000), (10, 100_000), (100, 10_000)]:
            arguments = ["1000", str(batch), str(steps // scale), "0.5"]
            row(
                f"sampled SGD step, N = 1000, b = {batch}, against C",
                (ours, ["sgd", *arguments]),
                [(c, arguments) for c in c_sgd],
                False,
            )
        try:
            import numpy
        except ImportError:
            print("numpy is not installed: no NumPy rows", file=sys.stderr)
            return
        python = [sys.executable, str(HERE / "se_recursion.py")]
        for n, steps in [(1_000, 20_000), (100_000, 1_000)]:
            arguments = [str(n), str(steps // scale), "0.5"]
            row(
                f"SE step, N = {n}, against NumPy {numpy.__version__}",
                (ours, ["se", *arguments]),
                [(python, arguments)],
                True,
            )
        versions = {"numpy": f"NumPy {numpy.__version__}"}
        try:
            import torch

            versions["torch"] = f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"
        except ImportError:
            print("torch is not installed: no PyTorch rows", file=sys.stderr)
        for engine, version in versions.items():
            python = [sys.executable, str(HERE / "sgd_step.py"), engine]
            for batch, steps in [(1, 20_000), (10, 10_000), (100, 5_000)]:
                arguments = ["1000", str(batch), str(steps // scale), "0.5"]
                row(
                    f"sampled SGD step, N = 1000, b = {batch}, against {version}",
                    (ours, ["sgd", *arguments]),
                    [(python, arguments)],
                    False,
                )


main()
