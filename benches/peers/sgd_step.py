#!/usr/bin/env python3
"""Peers of sampled SGD in output space, in place, in NumPy and in PyTorch (CPU).

    v = beta v - (alpha N/b) sum_{i in B} f_i K_i,   f += v

Usage: sgd_step.py numpy|torch N BATCH STEPS BETA. Prints: nanoseconds per step, final loss (a sample).
"""

import sys
import time

import numpy as np


def problem(n: int) -> tuple[np.ndarray, np.ndarray]:
    i = np.arange(n)
    kernel = np.exp(-20.0 * ((i[:, None] - i[None, :]) / n) ** 2) / n
    return kernel, np.cos(2.1 * i) + 0.3


def numpy_steps(n: int, batch: int, alpha: float, beta: float):
    kernel, f = problem(n)
    v, change = np.zeros(n), np.empty(n)
    generator = np.random.Generator(np.random.SFC64(42))
    rows = np.empty((batch, n))
    while True:
        if batch == 1:
            i = int(generator.integers(n))
            np.multiply(kernel[i], -alpha * n * f[i], out=change)
        else:
            chosen = generator.choice(n, batch, replace=False, shuffle=False)
            np.take(kernel, chosen, axis=0, out=rows, mode="clip")
            np.dot(f[chosen] * (-alpha * n / batch), rows, out=change)
        np.multiply(v, beta, out=v)
        np.add(v, change, out=v)
        np.add(f, v, out=f)
        yield f


def torch_steps(n: int, batch: int, alpha: float, beta: float):
    import torch

    torch.manual_seed(42)
    kernel, f = (torch.from_numpy(x) for x in problem(n))
    v = torch.zeros(n, dtype=torch.float64)
    while True:
        # No gradients are recorded: this is the update alone.
        with torch.inference_mode():
            if batch == 1:
                chosen = torch.randint(n, (1,))
            else:
                chosen = torch.randperm(n)[:batch]
            rows = kernel.index_select(0, chosen)
            v.mul_(beta).addmv_(rows.T, f.index_select(0, chosen), alpha=-alpha * n / batch)
            f.add_(v)
        yield f


def main() -> None:
    engine, n, batch, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    step = {"numpy": numpy_steps, "torch": torch_steps}[engine](n, batch, 0.02, float(sys.argv[5]))
    for _ in range(max(1, steps // 10)):
        next(step)
    start = time.perf_counter()
    for _ in range(steps):
        f = next(step)
    elapsed = time.perf_counter() - start
    print(f"{elapsed * 1e9 / steps:.6f} {float((f * f).sum()) / (2.0 * n):.17g}")


main()
