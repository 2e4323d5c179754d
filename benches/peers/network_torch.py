#!/usr/bin/env python3
"""The training step of benches/network.rs in PyTorch on the CPU: d = 784, width 1000, momentum 0.5.

Needs PyTorch (Debian: python3-torch). Prints microseconds a step, median of five runs of 100 steps.
"""
import statistics
import time

import torch


def run(batch: int, dtype: torch.dtype) -> float:
    torch.manual_seed(1)
    n, d, points = 1000, 784, 100
    x, y = torch.rand(points, d, dtype=dtype), torch.rand(points, dtype=dtype) * 9
    w = torch.randn(n, d, dtype=dtype, requires_grad=True)
    b = torch.randn(n, dtype=dtype, requires_grad=True)
    c = torch.randn(n, dtype=dtype, requires_grad=True)
    optimiser = torch.optim.SGD([w, b, c], lr=0.1, momentum=0.5)
    times = []
    for _ in range(6):
        start = time.perf_counter()
        for _ in range(100):
            chosen = torch.randperm(points)[:batch]
            hidden = torch.relu(x[chosen] @ w.T / d**0.5 + b)
            loss = ((hidden @ c / n**0.5 - y[chosen]) ** 2).mean() / 2
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
        times.append((time.perf_counter() - start) / 100)
    return 1e6 * statistics.median(times[1:])


if __name__ == "__main__":
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    for dtype in (torch.float64, torch.float32):
        for batch in (1, 10, 100):
            print(f"{str(dtype)[6:]}  batch {batch:3}  {run(batch, dtype):8.0f} us a step")
