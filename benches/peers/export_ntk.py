#!/usr/bin/env python3
"""Runs the PyTorch snippet of docs/export-ntk.md on a small convolutional network and hands the files to tauber.

    python3 benches/peers/export_ntk.py TAUBER

Needs PyTorch (2.0 or later) and NumPy; not part of the tests. Checks, each of which ends the script if it fails:
  1. Theta is the product of gradients taken point by point (another way than the snippet's);
  2. one small full-batch step moves the outputs by alpha Theta/N (y - f), so scale and sign of both files are right;
  3. `tauber audit` and `tauber simulate` accept the files, and L_0 is that of PyTorch;
  4. half of the outputs counted twice, or a kernel divided by N already, would not pass 2;
  5. a single-precision kernel is accepted too.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def snippet():
    text = (ROOT / "docs" / "export-ntk.md").read_text()
    found = re.search(r"```python\n(.*?)```", text, re.S).group(1)
    names = {}
    exec(found, names)
    return names["export"]


def network():
    torch.manual_seed(3)
    layers = torch.nn
    return layers.Sequential(
        layers.Conv2d(1, 8, 3, padding=1), layers.BatchNorm2d(8), layers.ReLU(), layers.MaxPool2d(2),
        layers.Conv2d(8, 16, 3), layers.ReLU(), layers.Dropout(0.5), layers.Flatten(), layers.Linear(256, 1),
    )


def require(condition, words):
    print(("ok    " if condition else "WRONG ") + words)
    if not condition:
        sys.exit(1)


def tauber(program, *arguments):
    done = subprocess.run([program, *arguments, "--json"], capture_output=True, text=True)
    why = f", {done.stderr.strip()[:200]}" if done.returncode else ""
    require(done.returncode == 0, f"tauber {arguments[0]}: exit code {done.returncode}{why}")
    return json.loads(done.stdout)


def main(program):
    program = str(pathlib.Path(program).resolve())
    print(f"torch {torch.__version__}, NumPy {np.__version__}, Python {sys.version.split()[0]}")
    export, model = snippet(), network()
    x = torch.rand(60, 1, 12, 12)
    y = (x.mean((1, 2, 3)) * 10).round()
    with tempfile.TemporaryDirectory() as folder:
        files = [str(pathlib.Path(folder, name)) for name in ("theta.npy", "target.npy")]
        # Labels as a column, as data loaders give them.
        export(model, x, y.unsqueeze(1), *files)
        theta, target = map(np.load, files)
        require(theta.shape == (60, 60) and target.shape == (60,), f"shapes {theta.shape} {target.shape}, {theta.dtype}")
        x, y = x.double(), y.double()
        rows = []
        for point in x[:8]:
            model.zero_grad()
            model(point.unsqueeze(0)).backward()
            rows.append(torch.cat([p.grad.flatten() for p in model.parameters()]).numpy())
        rows = np.array(rows)
        error = abs(rows @ rows.T - theta[:8, :8]).max() / theta.max()
        require(error < 1e-13, f"Theta against gradients one by one: {error:.1e} of its largest entry")
        alpha = 1e-6
        model.zero_grad()
        before = model(x).reshape(-1)
        loss = ((before - y) ** 2).mean() / 2
        loss.backward()
        torch.optim.SGD(model.parameters(), lr=alpha).step()
        moved = (model(x).reshape(-1) - before).detach().numpy()
        predicted = alpha * theta @ target / len(target)
        error = abs(moved - predicted).max() / abs(predicted).max()
        require(error < 1e-4, f"one step of size {alpha:g} against alpha Theta/N (y - f): {error:.1e}")
        for name, wrong in [("twice", 2 * predicted), ("over N again", predicted / 60), ("sign", -predicted)]:
            error = abs(moved - wrong).max() / abs(predicted).max()
            require(error > 0.5, f"a wrong kernel ({name}) is seen: {error:.1e}")
        word = "kernel:" + ",".join(files)
        audit = tauber(program, "audit", word, "--learning-rate", "0.01", "--momentum", "0.9", "--batch-size", "10")
        require(audit["verdict"] == "stable", f"audit: {audit['verdict']}, edge {audit['critical_learning_rate']:.4f}")
        exact = ["--regime", "exact", "--learning-rate", "0.01", "--batch-size", "10", "--steps", "100"]
        losses = tauber(program, "simulate", word, *exact)["loss"]
        error = abs(losses[0] / loss.item() - 1)
        require(error < 1e-12, f"L_0 {losses[0]:.6g} against PyTorch's: {error:.1e}")
        np.save(files[0], theta.astype(np.float32))
        single = tauber(program, "audit", word, "--learning-rate", "0.01", "--momentum", "0.9", "--batch-size", "10")
        change = abs(single["critical_learning_rate"] / audit["critical_learning_rate"] - 1)
        require(change < 1e-5, f"in single precision the edge moves by {change:.1e}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
