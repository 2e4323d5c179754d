"""Losses, U(1), V(1), edges and r_L of the `tauber` program against mpmath at 60 digits.

    python tests/oracle/losses_mpmath.py target/release/tauber            hand-picked settings, 24 random corners
    python tests/oracle/losses_mpmath.py target/release/tauber --all      slow settings as well, 400 corners
    python tests/oracle/losses_mpmath.py target/release/tauber --break    self-test

Nothing is taken from the program. With a = alpha lambda and g = gamma tau,

    S = (1 - b z)((1 + b z)^2 - z (1 + b - a)^2) + g a^2 z (1 + b z)
    U = gamma (1 + b z) sum a^2/S        V = sum w ((1 - b z)(1 - b^2 z) + 2 a b z)/S        L(z) = V/(2 (1 - z U))

as the paper factorises them: they cancel near z = 1, and 60 digits pay for it. Two ways to a loss must agree
before one counts: powers of the second-moment operator (`corners`) and, for many modes, L(z) inverted on a
hyperbola and on a parabola. Infinite laws are summed by Euler and Maclaurin, with derivatives from a circle.

A value must lie within its reported error of the reference, an enclosure must contain it.
"""

import argparse
import json
import math
import random
import subprocess
import sys
import tempfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import mpmath
from mpmath import mp, mpc, mpf

import corners

DIGITS = 60
# Digits of the reference that two ways must share.
SHARED = 25


class Difference(Exception):
    """A value of the program that the reference contradicts."""


def real(x):
    """A decimal as written, or the exact value of a float."""
    q = Fraction(x)
    return mpf(q.numerator) / q.denominator


class Short:
    """A law of few modes, one by one: (alpha lambda, lambda C_kk,0, weight)."""

    def __init__(self, alpha, nu, kappa, count):
        nu, kappa = real(nu), real(kappa)
        self.terms = [
            (alpha * mpf(k) ** -nu, mpf(k) ** -kappa - mpf(k + 1) ** -kappa, 1)
            for k in range(1, count + 1)
        ]


def legendre(n):
    """Nodes and weights on [-1, 1]."""
    out = []
    for i in range(n):
        x = mp.cos(mp.pi * (i + mpf(3) / 4) / (n + mpf(1) / 2))
        for _ in range(200):
            p, q = mpf(1), mpf(0)
            for j in range(n):
                p, q = ((2 * j + 1) * x * p - j * q) / (j + 1), p
            slope = n * (x * p - q) / (x * x - 1)
            x, step = x - p / slope, abs(p / slope)
            if step < mpf(10) ** (-mp.dps + 3):
                break
        out.append((x, 2 / ((1 - x * x) * slope * slope)))
    return out


class Long:
    """Terms of a long or infinite law as a weighted sum: head, integral in log k, ends."""

    HEAD = 120

    def __init__(self, alpha, nu, kappa, count=None):
        self.alpha, self.nu, self.kappa = alpha, real(nu), real(kappa)
        self.terms = Short(alpha, nu, kappa, self.HEAD - 1).terms
        low = mp.log(self.HEAD)
        slowest = min(float(self.kappa), 2 * float(self.nu) - 1)
        high = mp.log(count) if count else low + mpf(2.4) * SHARED * 1.3 / slowest
        panels = int(2 * (high - low)) + 1
        h = (high - low) / panels
        nodes = legendre(28)
        for p in range(panels):
            for x, weight in nodes:
                u = low + h * (p + (x + 1) / 2)
                self.add(mp.exp(u), weight * h / 2 * mp.exp(u))
        ends = [(self.HEAD, 1)] + ([(count, -1)] if count else [])
        for k, sign in ends:
            self.add(mpf(k), mpf(1) / 2)
            radius = mpf(k) / 4 if k < 10**6 else mpf(100)
            points = 96
            for j in range(points):
                w = mp.expjpi(mpf(2 * j) / points)
                weight = sum(
                    mp.bernoulli(2 * p) / (2 * p) * w ** (1 - 2 * p) / radius ** (2 * p - 1)
                    for p in range(1, 24)
                )
                self.add(k + radius * w, -sign * weight / points)

    def add(self, k, weight):
        if abs(k) < 1e9:
            w = k**-self.kappa - (k + 1) ** -self.kappa
        else:
            w = -sum(mp.binomial(-self.kappa, j) * k ** (-self.kappa - j) for j in range(1, 9))
        self.terms.append((self.alpha * k**-self.nu, w, weight))


class Model:
    """One setting: hyperparameters and terms."""

    def __init__(self, parameters, make):
        self.alpha, self.b, self.gamma, self.tau = (real(x) for x in parameters)
        made = make(self.alpha)
        self.terms, self.long = made.terms, isinstance(made, Long)

    def functions(self, z):
        """U and V."""
        b, g = self.b, self.gamma * self.tau
        y, x = 1 - b * z, 1 + b * z
        square, zy, gzx = y * x * x, z * y, g * z * x
        v0, v1 = y * (1 - b * b * z), 2 * b * z
        u = v = mpf(0)
        for a, w, weight in self.terms:
            s = weight / (square - zy * (1 + b - a) ** 2 + gzx * a * a)
            u += a * a * s
            v += w * (v0 + v1 * a) * s
        return self.gamma * x * u, v

    def noise_at_one(self):
        """U(1) from S(z = 1) = a (2 (1 - b^2) - a (1 - b) + g a (1 + b))."""
        b, g = self.b, self.gamma * self.tau
        total = sum(
            weight * a / (2 * (1 - b * b) - a * (1 - b) + g * a * (1 + b))
            for a, _, weight in self.terms
        )
        return self.gamma * (1 + b) * mp.re(total)

    def slowest_pole(self):
        """1 - z just before the first zero of S beyond z = 1: that of the last mode."""
        a, b, g = self.terms[-1][0], self.b, self.gamma * self.tau
        # The zero is at -a (2 (1 + b) - a)/(1 - b^2), to first order in a.
        low, high = -2 * a * (2 * (1 + b) - a) / (1 - b * b), mpf(0)
        for _ in range(4 * mp.dps):
            middle = (low + high) / 2
            z = 1 - middle
            s = (1 - b * z) * ((1 + b * z) ** 2 - z * (1 + b - a) ** 2) + g * a * a * z * (1 + b * z)
            low, high = (low, middle) if s > 0 else (middle, high)
        return high

    def anchor(self, t):
        """1 - z near the dominant root of z U(z) = 1, to 0.01/t; 0 for a stable long law."""
        if self.noise_at_one() > 1:
            low, high = mpf(0), mpf(1)
        elif self.long:
            return mpf(0)
        else:
            low, high = self.slowest_pole(), mpf(0)
        while high - low > mpf(1) / (100 * t):
            middle = (low + high) / 2
            over = (1 - middle) * self.functions(1 - middle)[0] > 1
            low, high = (middle, high) if over else (low, middle)
        return high

    def contour(self, t, anchor, nodes, parabola):
        """L_t on a curve around the negative axis of s = -ln z, from the anchor."""
        s1 = -mp.log(1 - anchor)
        total = mpf(0)
        for k in range(nodes):
            if parabola:
                h, mu = mpf(3) / nodes, mp.pi * nodes / 12
                u = (k + mpf(1) / 2) * h
                omega, slope = mu * mpc(1 - u * u, 2 * u), 2 * mu * h * mpc(-u, 1)
            else:
                phi, h, mu = mpf("1.1721"), mpf("1.0818") / nodes, mpf("4.4921") * nodes
                u = (k + mpf(1) / 2) * h
                omega = mu * (1 + mp.sin(1j * u - phi))
                slope = mu * h * 1j * mp.cos(1j * u - phi)
            z = mp.exp(-(s1 + omega / t))
            u1, v1 = self.functions(z)
            total += mp.im(mp.exp(omega) * v1 / (2 * (1 - z * u1)) * slope)
        return mp.exp(s1 * t) / (mp.pi * t) * total

    def loss(self, t):
        """L_t by two curves that agree to SHARED digits."""
        anchor = self.anchor(t)
        first = self.contour(t, anchor, 38, False)
        second = self.contour(t, anchor, 42, True)
        if abs(first / second - 1) > mpf(10) ** -SHARED:
            raise Difference(f"two contours of the reference differ at step {t}: {first}, {second}")
        return first


def operator_losses(modes, parameters, steps):
    """L_t by powers of the operator, at 120 digits and again at 240 until they agree."""
    digits, before = 120, None
    while True:
        with mp.workdps(digits):
            exact = [float(x) for x in parameters]
            rows = corners.operator(mpf, [l for l, _ in modes], *exact)
            power = mpmath.matrix(rows)
            states = {t: mpmath.matrix(3 * len(modes), 1) for t in steps}
            for state in states.values():
                for k, (_, w) in enumerate(modes):
                    state[3 * k] = mpf(w)
            bit = 0
            while max(steps) >> bit:
                for t in steps:
                    if t >> bit & 1:
                        states[t] = power * states[t]
                bit += 1
                if max(steps) >> bit:
                    power = power * power
            found = {t: sum(x[3 * k] for k in range(len(modes))) / 2 for t, x in states.items()}
        if before and all(
            abs(found[t] - before[t]) <= abs(found[t]) * mpf(10) ** -DIGITS for t in steps
        ):
            return found
        digits, before = 2 * digits, found
        if digits > 4000:
            raise Difference("the operator's powers do not settle")


class Program:
    """The command line, and what it is compared with."""

    def __init__(self, path, factor):
        self.path, self.factor = path, factor
        self.counts = {}
        self.ratios = []
        # (step, reference) -> what the table says of it.
        self.rows = {}

    def run(self, *arguments):
        command = [self.path, *arguments, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode not in (0, 1, 2, 3) or "panicked" in done.stderr:
            raise Difference(f"{command}: exit {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def note(self, step, text):
        self.rows.setdefault(step, []).append(text)

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def inside(self, what, found, exact):
        exact *= self.factor
        if not mpf(found["lower"]) <= exact <= mpf(found["upper"]):
            raise Difference(f"{what}: {found} does not contain {mp.nstr(exact, 40)}")
        self.count("enclosures")

    def near(self, what, found, exact, relative):
        exact *= self.factor
        if abs(mpf(found) - exact) > relative * abs(exact):
            raise Difference(f"{what}: {found}, reference {mp.nstr(exact, 25)}")
        self.count("values")

    def losses(self, arguments, exact, digits=None):
        """`curve` at the steps of `exact`, and with `digits` its enclosures too."""
        steps = ",".join(map(str, exact))
        found = self.run("curve", *arguments, "--at", steps)
        if "error" in found:
            self.count("refused")
            if len(found["error"]) < 30:
                raise Difference(f"a refusal without a reason: {found}")
        else:
            for i, (t, loss) in enumerate(exact.items()):
                self.estimate(f"L_{t} of {arguments}", found, i, loss * self.factor)
        if digits is None:
            return
        found = self.run("curve", *arguments, "--at", steps, "--rigorous", "--digits", str(digits))
        for i, (t, loss) in enumerate(exact.items()):
            if found["loss"][i] is None:
                if not any(f"step {t} is not enclosed" in w for w in found["warnings"]):
                    raise Difference(f"L_{t} of {arguments} is null without a reason")
                self.count("refused")
            else:
                ends = found["loss"][i]
                self.inside(f"L_{t} of {arguments}", ends, loss)
                width = (mpf(ends["upper"]) - mpf(ends["lower"])) / loss
                self.note(t, f"{mp.nstr(width, 2)}")

    def estimate(self, what, found, i, exact):
        loss, error = found["loss"][i], found["error_estimate"][i]
        if loss is None:
            loss, exact = found["log10_loss"][i], mp.log10(exact)
        if loss is None or error is None:
            raise Difference(f"{what}: no number and no reason")
        off = abs(mpf(loss) - exact)
        if off > error:
            raise Difference(f"{what}: {loss} +- {error}, reference {mp.nstr(exact, 25)}")
        self.count("losses")
        if off:
            self.ratios.append(float(error / off))
        unit = " in log10" if found["loss"][i] is None else ""
        scale = 1 if unit else exact
        self.note(found["steps"][i], f"{float(off / scale):.1e} of {float(error / scale):.1e}{unit}")


def flags(parameters):
    names = ("--learning-rate", "--momentum", "--noise-amplitude", "--tau")
    return [x for name, value in zip(names, parameters, strict=True) for x in (name, str(value))]


def exact_decimal(x):
    """A float in all its digits, so that the program and the reference read the same number."""
    return format(Decimal(x), "f" if x == 0 or 1e-30 < abs(x) < 1e30 else "E")


# nu, kappa, modes (0: infinite), (alpha, beta, gamma, tau), step, digits, slow (only with --all).
LAWS = [
    ("1.5", "0.75", 0, ("0.2", "0.5", "0.5", "1"), 10**6, 20, True),
    ("1.5", "0.75", 1000, ("0.03", "-0.95", "0.1", "1"), 10**4, 20, False),
    ("1.1", "0.5", 1000, ("0.001", "0.99", "0.1", "-1"), 10**5, 20, True),
    ("4", "3", 1000, ("0.05", "0.9", "0.5", "0"), 10**9, 20, False),
    ("2", "1", 1000, ("0.5", "0", "0.25", "-1"), 10**5, 20, True),
    ("1.5", "0.75", 10**12, ("0.2", "0.5", "0.5", "1"), 10**9, None, True),
    ("4", "7.5", 0, ("0.1", "0.9", "0.25", "1"), 10**12, 20, True),
    ("1.5", "0.75", 100, ("0.75", "-0.5", "0.9", "0"), 10**6, 20, False),
]
# eigenvalues, signal, (alpha, beta, gamma, tau), steps.
LISTS = [
    ([1.0, 0.9, 0.02, 0.01], [1.0] * 4, (1.0, 0.0, 1.0, 1.0), [0, 1, 20, 50, 100, 10**12]),
    ([1.0, 1.0 - 2.0**-52, 0.5], [1.0, 2.0, 3.0], (1e-6, 0.999999, 1e-7, 0.5), [1, 10**9, 10**12]),
]


def check_law(program, setting):
    nu, kappa, count, parameters, step, digits, _ = setting
    mp.dps = DIGITS + 2 * len(str(step))
    if count and count <= 1000:
        model = Model(parameters, lambda alpha: Short(alpha, nu, kappa, count))
    else:
        model = Model(parameters, lambda alpha: Long(alpha, nu, kappa, count))
    word = f"power-law:nu={nu},kappa={kappa}" + (f",modes={count}" if count else "")
    arguments = [word, *flags(parameters)]
    program.losses(arguments, {step: model.loss(step)}, digits)
    if count and count <= 1000:
        check_audit(program, arguments, model)


def check_audit(program, arguments, model):
    """U(1), V(1), both edges and r_L."""
    u = model.noise_at_one()
    b, g = model.b, model.gamma * model.tau
    v = sum(
        w * ((1 - b) * (1 - b * b) + 2 * b * a) / (a * (2 * (1 - b * b) - a * (1 - b) + g * a * (1 + b)))
        for a, w, _ in model.terms
    )
    found = program.run("audit", *arguments)
    proved = program.run("audit", *arguments, "--rigorous")
    for document in (found, proved):
        if document["verdict"] != ("stable" if u < 1 else "unstable"):
            raise Difference(f"{arguments}: {document['verdict']}, U(1) = {mp.nstr(u, 20)}")
    program.near("U(1)", found["noise_function_at_1"], u, 1e-13)
    program.inside("U(1)", proved["noise_function_at_1"], u)
    program.inside("V(1)", proved["signal_function_at_1"], v)
    if u > 1:
        low, high = mpf(0), mpf(1)
        for _ in range(3 * mp.dps):
            middle = (low + high) / 2
            over = (1 - middle) * model.functions(1 - middle)[0] > 1
            low, high = (middle, high) if over else (low, middle)
        program.near("1 - r_L", found["convergence_radius_complement"], low, 1e-11)
        program.inside("1 - r_L", proved["convergence_radius_complement"], low)


def check_list(program, eigenvalues, signal, parameters, steps, digits):
    modes = list(zip(eigenvalues, signal, strict=True))
    mp.dps = DIGITS
    exact = operator_losses(modes, parameters, steps)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spectrum.csv"
        rows = [f"{l!r},{w!r}" for l, w in modes]
        path.write_text("\n".join(["eigenvalue,signal", *rows, ""]), encoding="utf-8")
        arguments = [str(path), *flags(exact_decimal(x) for x in parameters)]
        program.losses(arguments, exact, digits)


def random_corner(dice):
    """One to four modes; hyperparameters at corners; steps up to 2^53 + 1."""
    n = dice.randint(1, 4)
    kind = dice.choice(["random", "decades", "cluster", "equal", "near"])
    if kind == "random":
        l = [dice.random() for _ in range(n)]
    elif kind == "decades":
        l = [10 ** dice.uniform(-12, 0) for _ in range(n)]
    elif kind == "cluster":
        l = [0.3 * (1 + dice.randint(0, 4) * 2.0 ** -dice.choice([20, 40, 51])) for _ in range(n)]
    elif kind == "equal":
        l = [0.37] * n
    else:
        l = [1.0, 1.0 + 2.0 ** -dice.choice([10, 30, 52])]
    l = sorted((x * dice.choice([1.0, 1e-100, 37.0]) for x in l), reverse=True)
    l = [x for x in l if x > 1e-14 * l[0]]
    q = [10 ** dice.uniform(-30, 5) if dice.random() < 0.5 else dice.choice([0.0, 1.0]) for _ in l]
    q[0] = q[0] or 1.0
    b = dice.choice([-0.95, -0.5, 0.0, 0.5, 0.9, 0.99, 0.999999, -0.999999, dice.uniform(-1, 1)])
    share = dice.choice([1e-6, 0.01, 0.3, 0.9, 1 - 1e-9, 1 - 2.0**-52, 1.0, 1.05, dice.random()])
    gamma = dice.choice([0.0, 1e-12, 1e-3, 0.1, 0.5, 1.0, dice.random()])
    tau = dice.choice([-1.0, 0.0, 0.5, 1.0])
    steps = [0, 1, 2, 10, 30, 100, 300, 1000, 10**4, 10**6, 10**9, 10**12, 2**53 + 1]
    chosen = sorted(dice.sample(steps, 3))
    return l, q, (share * 2 * (1 + b) / l[0], b, gamma, tau), chosen


def settings(arguments):
    """(name, check) of everything asked for."""
    for setting in LAWS:
        if arguments.all or not setting[-1]:
            nu, kappa, count, parameters = setting[:4]
            name = f"nu {nu}, kappa {kappa}, {count or 'infinite'} | {', '.join(parameters)}"
            yield name, lambda p, s=setting: check_law(p, s)
    for l, q, parameters, steps in LISTS:
        yield (
            f"{l} | {', '.join(map(str, parameters))}",
            lambda p, x=(l, q, parameters, steps): check_list(p, *x, 20),
        )
    dice = random.Random(arguments.seed)
    for i in range(arguments.random or (400 if arguments.all else 24)):
        corner = random_corner(dice)
        rigorous = 20 if i % 8 == 0 and math.log2(max(corner[3]) + 1) < 45 else None
        yield f"corner {corner}", lambda p, x=corner, d=rigorous: check_list(p, *x, d)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="the tauber program")
    parser.add_argument("--all", action="store_true", help="slow settings as well")
    parser.add_argument("--table", action="store_true", help="a row for each step")
    parser.add_argument("--random", type=int, default=0, help="number of random corners")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--break",
        dest="break_",
        action="store_true",
        help="self-test: a reference wrong by 1e-3; exit 0 if every setting that answers notices",
    )
    arguments = parser.parse_args()
    program = Program(arguments.program, 1 + mpf(10) ** -3 if arguments.break_ else mpf(1))
    failed = []
    answered = noticed = 0
    for name, check in settings(arguments):
        program.rows = {}
        before = sum(program.counts.get(x, 0) for x in ("losses", "enclosures", "values"))
        try:
            check(program)
            if arguments.table:
                for step, texts in program.rows.items():
                    print(f"| {name} | {step:.0e} | {' | '.join(texts)} |")
            after = sum(program.counts.get(x, 0) for x in ("losses", "enclosures", "values"))
            answered += after > before
        except Difference as difference:
            answered += 1
            noticed += 1
            if not arguments.break_:
                failed.append(name)
                print(f"mpmath: {name}: DIFFERENCE: {difference}", file=sys.stderr)
    if arguments.break_:
        print(f"mpmath: {answered} settings with a reference wrong by 1e-3, {noticed} noticed")
        return 0 if answered == noticed > 0 else 1
    parts = ", ".join(f"{n} {what}" for what, n in sorted(program.counts.items()))
    ratios = sorted(program.ratios)
    spread = f"{ratios[0]:.3g} to {ratios[-1]:.3g}, median {ratios[len(ratios) // 2]:.3g}"
    print(f"mpmath: {answered} settings: {parts}; estimate over error {spread}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
