"""Derives U, V and S with FLINT from the update rule alone and compares with `tauber derive`.

    python tests/oracle/derive_flint.py target/debug/tauber
    python tests/oracle/derive_flint.py target/debug/tauber --break

No linear system is solved. Faddeev-LeVerrier gives det(x - A); read backwards it is
D(z) = det(1 - z A), whose product with the power series p (1 - z A)^-1 = sum_k z^k p A^k ends at
z^(M-1) (Cayley-Hamilton), which gives the numerators. Common factors go by FLINT's gcd.
"""

import sys

from flint import Ordering, fmpq, fmpq_mpoly_ctx

import document as doc

NAMES = ["a", "b", "g", "z", "e", "x", "c11", "c12", "c22"]
CONTEXT = fmpq_mpoly_ctx.get(NAMES, Ordering.lex)
BY_NAME = dict(zip(NAMES, CONTEXT.gens(), strict=True))
A, B, G, Z, E, X, *MOMENTS = CONTEXT.gens()
ZERO, ONE = CONTEXT.constant(0), CONTEXT.constant(1)


def at(p, name, value):
    """p with one variable replaced."""
    return p.compose(*[value if n == name else BY_NAME[n] for n in NAMES], ctx=CONTEXT)


def exact(p, q):
    """p/q, which must be a polynomial."""
    quotient, remainder = divmod(p, q)
    if remainder != 0:
        raise doc.Difference(f"{q} does not divide {p}")
    return quotient


class Fraction:
    """A quotient of polynomials."""

    def __init__(self, top, bottom=ONE):
        if bottom == 0:
            raise doc.Difference("a printed formula divides by zero")
        common = top.gcd(bottom)
        self.top, self.bottom = exact(top, common), exact(bottom, common)

    def __add__(self, other):
        return Fraction(
            self.top * other.bottom + other.top * self.bottom, self.bottom * other.bottom
        )

    def __neg__(self):
        return Fraction(-self.top, self.bottom)

    def __sub__(self, other):
        return self + -other

    def __mul__(self, other):
        return Fraction(self.top * other.top, self.bottom * other.bottom)

    def __truediv__(self, other):
        return self * Fraction(other.bottom, other.top)

    def __pow__(self, n):
        return Fraction(self.top**n, self.bottom**n)

    def at(self, name, value):
        return Fraction(at(self.top, name, value), at(self.bottom, name, value))

    def __repr__(self):
        return f"({self.top})/({self.bottom})"


SYMBOLS = {name: Fraction(p) for name, p in BY_NAME.items()}


def rational(text):
    return doc.arithmetic(text, SYMBOLS, lambda n: Fraction(CONTEXT.constant(n)))


def polynomial(text):
    return doc.arithmetic(text, BY_NAME, CONTEXT.constant)


def equal(left, right):
    """Equality as rational functions, with e = 1 - z."""
    left, right = left.at("e", ONE - Z), right.at("e", ONE - Z)
    return left.top * right.bottom == right.top * left.bottom


def operator(rule):
    """The operator A on (c11, c12, c22), its source n n^T and its probe X -> q^T X q."""
    step = [[polynomial(t) for t in row] for row in rule["step"]]
    noise = [polynomial(t) for t in rule["noise"]]
    size = len(noise)
    span = range(size)
    # s(0, b) - s = a n q^T, read along the first entry of n that is not zero.
    gradient = [[at(step[i][j], "a", ZERO) - step[i][j] for j in span] for i in span]
    place = next(i for i in span if noise[i] != 0)
    probe = [exact(gradient[place][j], A * noise[place]) for j in span]
    if any(gradient[i][j] != A * noise[i] * probe[j] for i in span for j in span):
        raise doc.Difference("the rule is not that of a gradient")
    basis = [(i, j) for i in span for j in range(i, size)]
    moment = dict(zip(basis, MOMENTS, strict=True))
    x = [[moment[min(i, j), max(i, j)] for j in span] for i in span]
    seen = sum((probe[i] * x[i][j] * probe[j] for i in span for j in span), ZERO)
    after = [
        sum((step[i][k] * x[k][l] * step[j][l] for k in span for l in span), ZERO)
        - G * A**2 * seen * noise[i] * noise[j]
        for i, j in basis
    ]
    coefficients = lambda p: [p.derivative(m) for m in NAMES[6:]]
    matrix = [coefficients(p) for p in after]
    return basis, matrix, [noise[i] * noise[j] for i, j in basis], coefficients(seen)


def characteristic_coefficients(matrix):
    """c_0 = 1, c_1, .., c_M of det(x - A) = sum_k c_k x^(M-k), by Faddeev-LeVerrier."""
    span = range(len(matrix))
    product = lambda m: [
        [sum((matrix[i][k] * m[k][j] for k in span), ZERO) for j in span] for i in span
    ]
    coefficients = [ONE]
    m = [[ZERO for _ in span] for _ in span]
    for k in range(1, len(matrix) + 1):
        m = product(m)
        for i in span:
            m[i][i] += coefficients[-1]
        trace = sum((product(m)[i][i] for i in span), ZERO)
        coefficients.append(-trace * fmpq(1, k))
    return coefficients


def resolvent_row(matrix, probe, coefficients):
    """Numerators and denominator of p (1 - z A)^-1, coprime, denominator 1 at z = 0."""
    span = range(len(matrix))
    denominator = sum((c * Z**k for k, c in enumerate(coefficients)), ZERO)
    powers = [probe]
    for _ in span[1:]:
        powers.append([sum((powers[-1][i] * matrix[i][j] for i in span), ZERO) for j in span])
    numerators = [
        sum(
            (coefficients[k] * powers[l][j] * Z ** (k + l) for k in span for l in span if k + l < len(span)),
            ZERO,
        )
        for j in span
    ]
    common = denominator
    for n in numerators:
        common = common.gcd(n)
    denominator = exact(denominator, common)
    scale = at(denominator, "z", ZERO)
    return [exact(exact(n, common), scale) for n in numerators], exact(denominator, scale)


def derive(name):
    """All quantities of a rule: (quantity, label) -> Fraction."""
    basis, matrix, source, probe = operator(doc.RULES[name])
    coefficients = characteristic_coefficients(matrix)
    numerators, s = resolvent_row(matrix, probe, coefficients)
    noise = sum((n * c for n, c in zip(numerators, source, strict=True)), ZERO)
    u, v = Fraction(noise, s), Fraction(numerators[0], s)
    r = (Z * u.top).derivative("z") * u.bottom - Z * u.top * u.bottom.derivative("z")
    # u.bottom is S up to a constant factor, which is divided out of R (it enters twice).
    scale = at(u.bottom, "z", ZERO)
    moment = lambda pair, letter: f"{letter}{pair[0] + 1}{pair[1] + 1}"
    size = len(basis)
    result = {
        ("operator", f"{moment(i, 'c')}_{moment(j, 'c')}"): Fraction(matrix[k][l])
        for k, i in enumerate(basis)
        for l, j in enumerate(basis)
    }
    result |= {
        ("first-row", moment(pair, "n")): Fraction(n)
        for pair, n in zip(basis, numerators, strict=True)
    }
    result |= {
        (quantity, ""): value
        for quantity, value in {
            "characteristic-polynomial": Fraction(
                sum((c * X ** (size - k) for k, c in enumerate(coefficients)), ZERO)
            ),
            "denominator": Fraction(s),
            "denominator-at-one": Fraction(s).at("z", ONE),
            "noise-numerator": Fraction(noise),
            "signal-numerator": Fraction(numerators[0]),
            "noise-term": u,
            "signal-term": v,
            "noise-term-at-one": (Fraction(A**2) * u).at("z", ONE),
            "signal-term-at-one": v.at("z", ONE),
            "zu-derivative-numerator": Fraction(r, scale**2),
        }.items()
    }
    if name == "heavy-ball":
        result |= {(quantity, ""): Fraction(s) for quantity in doc.HEAVY_BALL_ONLY}
    return result


DERIVED = {}


def check(document):
    name = document["rule"]
    if name not in DERIVED:
        DERIVED[name] = derive(name)
    return doc.compare(document, DERIVED[name], rational, equal)


if __name__ == "__main__":
    sys.exit(doc.main("FLINT", check))
