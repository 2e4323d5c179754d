#!/usr/bin/env python3
"""A training step of the network against PyTorch: processor time on one thread, pairs in alternating order.

    python3 benches/peers/network_pairs.py TAUBER [PAIRS]

d = 784, width 1000, momentum 0.5, double precision, 100 points, as network_torch.py. The time of a step of `tauber`
is the difference of two runs of `tauber simulate` with S and 2 S steps. Processor time, since other work on the
machine changes it less than the clock. Needs PyTorch.
"""
import os
import resource
import statistics
import subprocess
import sys
import time

import torch

torch.set_num_threads(1)


def run(program, batch, steps):
    line = (f"simulate mnist:100 --regime network --width 1000 --learning-rate 0.1 --momentum 0.5 --batch-size {batch} "
            f"--seeds 1 --steps {steps} --at 0,{steps} --json")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([program, *line.split()], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env={**os.environ, "RAYON_NUM_THREADS": "1"})
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def ours(program, batch, steps):
    return 1e3 * (run(program, batch, 2 * steps) - run(program, batch, steps)) / steps


def theirs(batch, steps):
    torch.manual_seed(1)
    n, d, points = 1000, 784, 100
    x, y = torch.rand(points, d, dtype=torch.float64), torch.rand(points, dtype=torch.float64) * 9
    w, b, c = (torch.randn(*s, dtype=torch.float64, requires_grad=True) for s in ((n, d), (n,), (n,)))
    optimiser = torch.optim.SGD([w, b, c], lr=0.1, momentum=0.5)
    for k in range(steps + 5):
        if k == 5:
            start = time.process_time()
        chosen = torch.randperm(points)[:batch]
        hidden = torch.relu(x[chosen] @ w.T / d**0.5 + b)
        loss = ((hidden @ c / n**0.5 - y[chosen]) ** 2).mean() / 2
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    return 1e3 * (time.process_time() - start) / steps


def main(program, pairs=5):
    print(f"torch {torch.__version__}, one thread each, processor time in ms a step")
    for batch, steps in ((1, 150), (10, 100), (100, 40)):
        measured = []
        for k in range(pairs):
            if k % 2:
                other, own = theirs(batch, steps), ours(program, batch, steps)
            else:
                own, other = ours(program, batch, steps), theirs(batch, steps)
            measured.append((own / other, own, other))
        ratios = sorted(m[0] for m in measured)
        own, other = (statistics.median(m[k] for m in measured) for k in (1, 2))
        print(f"batch {batch:3}: tauber {own:.2f}, PyTorch {other:.2f}, ratio {statistics.median(ratios):.2f} "
              f"({ratios[0]:.2f} to {ratios[-1]:.2f})", flush=True)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], *map(int, sys.argv[2:]))
