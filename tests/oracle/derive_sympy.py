"""Derives U, V and S in SymPy from the update rule alone and compares with `tauber derive`.

    python tests/oracle/derive_sympy.py target/debug/tauber
    python tests/oracle/derive_sympy.py target/debug/tauber --break

The moment operator is read off the congruence of a symbolic symmetric matrix, the resolvent is
solved by SymPy's Gauss-Jordan elimination over the fraction field Q(a, b, g, z). Given the program
(not a JSON file), the printed SymPy, Mathematica and Julia code is checked too: SymPy is executed,
Mathematica read by SymPy's parser of that language, Julia by Python's parser with `^` as `**`.
"""

import ast
import sys

import sympy as sp
from sympy.parsing.mathematica import parse_mathematica
from sympy.polys.matrices import DomainMatrix

import document as doc

SYMBOLS = sp.symbols("a b g z e x")
A, B, G, Z, E, X = SYMBOLS
BY_NAME = {s.name: s for s in SYMBOLS}


def rational(text):
    return doc.arithmetic(text, BY_NAME, sp.Integer)


def equal(left, right):
    """Equality as rational functions, with e = 1 - z."""
    return sp.cancel((left - right).subs(E, 1 - Z)) == 0


def operator(rule):
    """The operator A on (c_ij, i <= j), its source n n^T and its probe X -> q^T X q."""
    step = sp.Matrix([[rational(t) for t in row] for row in rule["step"]])
    noise = sp.Matrix([rational(t) for t in rule["noise"]])
    # s(0, b) - s = a n q^T, read along the first entry of n that is not zero.
    place = next(i for i in range(len(noise)) if noise[i] != 0)
    gradient = step.subs(A, 0) - step
    probe = (gradient.row(place) / (A * noise[place])).T.applyfunc(sp.cancel)
    if (gradient - A * noise * probe.T).applyfunc(sp.expand) != sp.zeros(*step.shape):
        raise doc.Difference("the rule is not that of a gradient")
    size = len(noise)
    basis = [(i, j) for i in range(size) for j in range(i, size)]
    c = {pair: sp.Symbol(f"c{pair[0] + 1}{pair[1] + 1}") for pair in basis}
    x = sp.Matrix(size, size, lambda i, j: c[min(i, j), max(i, j)])
    seen = (probe.T * x * probe)[0]
    after = step * x * step.T - G * A**2 * seen * noise * noise.T
    unknowns = list(c.values())
    matrix = sp.Matrix([after[pair] for pair in basis]).jacobian(unknowns).applyfunc(sp.expand)
    source = sp.Matrix([noise[i] * noise[j] for i, j in basis])
    return basis, matrix, source, sp.Matrix([seen]).jacobian(unknowns).applyfunc(sp.expand)


def resolvent_row(matrix, probe):
    """Numerators and denominator of r in r (1 - z A) = probe, coprime, denominator 1 at z = 0."""
    field = sp.QQ.frac_field(A, B, G, Z)
    system = DomainMatrix.from_Matrix((sp.eye(matrix.rows) - Z * matrix).T).convert_to(field)
    right = DomainMatrix.from_Matrix(probe.T).convert_to(field)
    row = [sp.fraction(sp.cancel(f)) for f in system.lu_solve(right).to_Matrix()]
    bottom = sp.lcm([d for _, d in row]) if len(row) > 1 else row[0][1]
    scale = bottom.subs(Z, 0)
    return [sp.expand(sp.cancel(n * bottom / d / scale)) for n, d in row], sp.expand(bottom / scale)


def derive(name):
    """All quantities of a rule: (quantity, label) -> expression."""
    basis, matrix, source, probe = operator(doc.RULES[name])
    numerators, s = resolvent_row(matrix, probe)
    noise = sp.expand((sp.Matrix([numerators]) * source)[0])
    signal = numerators[0]
    u, v = sp.cancel(noise / s), sp.cancel(signal / s)
    top, bottom = sp.fraction(u)
    r = sp.diff(Z * top, Z) * bottom - Z * top * sp.diff(bottom, Z)
    moment = lambda pair, letter: f"{letter}{pair[0] + 1}{pair[1] + 1}"
    result = {
        ("operator", f"{moment(i, 'c')}_{moment(j, 'c')}"): matrix[k, l]
        for k, i in enumerate(basis)
        for l, j in enumerate(basis)
    }
    result |= {
        ("first-row", moment(pair, "n")): n for pair, n in zip(basis, numerators, strict=True)
    }
    result |= {
        (quantity, ""): value
        for quantity, value in {
            "characteristic-polynomial": (X * sp.eye(matrix.rows) - matrix).det(),
            "denominator": s,
            "denominator-at-one": s.subs(Z, 1),
            "noise-numerator": noise,
            "signal-numerator": signal,
            "noise-term": u,
            "signal-term": v,
            "noise-term-at-one": sp.cancel((A**2 * u).subs(Z, 1)),
            "signal-term-at-one": sp.cancel(v.subs(Z, 1)),
            "zu-derivative-numerator": r,
        }.items()
    }
    if name == "heavy-ball":
        result |= {(quantity, ""): s for quantity in doc.HEAVY_BALL_ONLY}
    return result


DERIVED = {}


def expected(name):
    if name not in DERIVED:
        DERIVED[name] = derive(name)
    return DERIVED[name]


def check(document):
    return doc.compare(document, expected(document["rule"]), rational, equal)


def check_sympy(keys, printed, wanted):
    scope = {}
    exec(compile(printed, "<tauber derive --format sympy>", "exec"), scope)  # noqa: S102
    for quantity, label in keys:
        value = scope[doc.identifier(quantity, label)]
        if not equal(value, wanted[quantity, label]):
            raise doc.Difference(f"{doc.named(quantity, label)} (SymPy code): {value}")


def camel(name):
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def definitions(printed, comment, sign):
    """Name, arguments and body of the one-line definitions in a program."""
    for line in printed.splitlines():
        if line and not line.startswith(comment):
            head, body = line.split(sign, 1)
            name, arguments = head.strip().rstrip(")]").replace("[", "(").split("(")
            yield name, [word.strip() for word in arguments.split(",")], body.strip()


def check_functions(language, found, keys, wanted, naming, argument, read):
    names = {naming(doc.identifier(*key)): key for key in keys}
    if [name for name, _, _ in found] != list(names):
        raise doc.Difference(f"{language}: the defined names are not those of the quantities")
    for name, arguments, body in found:
        key = names[name]
        value = read(body)
        free = {argument(s.name) for s in value.free_symbols}
        if not free <= set(arguments) <= set(map(argument, BY_NAME)):
            raise doc.Difference(f"{doc.named(*key)} ({language}): arguments {arguments}")
        if not equal(value, wanted[key]):
            raise doc.Difference(f"{doc.named(*key)} ({language}): {body}")


def check_languages(document, printed):
    """The printed SymPy, Mathematica and Julia code."""
    wanted = expected(document["rule"])
    keys = [(quantity, label) for quantity, label, _ in doc.formulas(document)]
    check_sympy(keys, printed("sympy"), wanted)
    yield f"{len(keys)} formulas of the SymPy code, executed, equal"
    text = printed("mathematica")
    if text.count("(*") != text.count("*)"):
        raise doc.Difference("Mathematica: unbalanced comments")
    found = list(definitions(text, "(*", ":="))
    check_functions(
        "Mathematica", found, keys, wanted, camel, lambda n: f"{n}_",
        lambda body: parse_mathematica(body).subs(
            {s: BY_NAME[s.name] for s in parse_mathematica(body).free_symbols}
        ),
    )
    yield f"{len(keys)} formulas of the Mathematica code, read by SymPy's parser, equal"
    found = list(definitions(printed("julia"), "#", " = "))
    for _, _, body in found:
        ast.parse(body.replace("^", "**"), mode="eval")
    check_functions("Julia", found, keys, wanted, str, str, rational)
    yield f"{len(keys)} formulas of the Julia code, read by Python's parser, equal"


if __name__ == "__main__":
    sys.exit(doc.main("SymPy", check, check_languages))
