"""What both oracles share: the update rules, reading `tauber derive`, comparing, the self-test.

No formula of the paper stands here: a rule is its step matrix s(a, b) and its noise vector n(b),

    x' = s x - alpha n xi,        s(a, b) = s(0, b) - a n q^T,

and everything else is derived by the oracles themselves.
"""

import argparse
import ast
import copy
import json
import os
import subprocess
import sys

# One step of one eigenvalue's state, from the update equations:
# heavy ball  v' = b v - a x,            x' = x + v'
# Nesterov    v' = b v - a (x + b v),    x' = x + v'
RULES = {
    "heavy-ball": {"step": [["1 - a", "b"], ["-a", "b"]], "noise": ["1", "1"]},
    "nesterov": {
        "step": [["1 - a", "b - a*b"], ["-a", "b - a*b"]],
        "noise": ["1", "1"],
    },
}

# Written forms that exist for heavy ball alone; all others must be printed for every rule.
HEAVY_BALL_ONLY = {"denominator-factorised", "denominator-near-one"}


class Difference(Exception):
    """What `tauber derive` printed is not what was derived here."""


def arithmetic(text, symbols, number):
    """The value of a formula in + - * / ^ and brackets over any ring.

    `symbols` maps names to values, `number` an integer to the ring. Python's own parser reads the
    text, `^` being `**` (both bind more tightly than a minus in front).
    """

    def value(node):
        match node:
            case ast.Expression(body):
                return value(body)
            case ast.Constant(int(n)):
                return number(n)
            case ast.Name(name):
                return symbols[name]
            case ast.UnaryOp(ast.USub(), operand):
                return -value(operand)
            case ast.BinOp(left, ast.Pow(), ast.Constant(int(n))):
                return value(left) ** n
            case ast.BinOp(left, operator, right):
                x, y = value(left), value(right)
                match operator:
                    case ast.Add():
                        return x + y
                    case ast.Sub():
                        return x - y
                    case ast.Mult():
                        return x * y
                    case ast.Div():
                        return x / y
        raise Difference(f"not a formula: {ast.unparse(node)}")

    return value(ast.parse(text.replace("^", "**"), mode="eval"))


def formulas(document):
    """(quantity, label, entry) of a JSON document of `tauber derive`."""
    for formula in document["formulas"]:
        for entry in formula["entries"]:
            yield formula["quantity"], entry["label"], entry


def named(quantity, label):
    return f"{quantity} {label}" if label else quantity


def identifier(quantity, label):
    """The name of a formula in generated code."""
    return "_".join(filter(None, [quantity.replace("-", "_"), label]))


def compare(document, expected, rational, equal):
    """Compares every printed formula, as text and as numerator/denominator, with `expected`.

    `expected` maps (quantity, label) to what was derived; `rational` reads a text; `equal` decides
    equality. Returns how many formulas were compared. Missing and additional ones are differences.
    """
    printed = {(q, label): entry for q, label, entry in formulas(document)}
    for key in expected.keys() - printed.keys():
        raise Difference(f"{named(*key)}: derived here, not printed")
    for key, entry in printed.items():
        if key not in expected:
            raise Difference(f"{named(*key)}: printed, not derived here")
        quotient = f"({entry['numerator']})/({entry['denominator']})"
        for what, text in ("text", entry["text"]), ("numerator/denominator", quotient):
            if not equal(rational(text), expected[key]):
                raise Difference(
                    f"{named(*key)} ({what}): printed {text}, derived {expected[key]}"
                )
    return len(printed)


def broken(document):
    """Copies of the document with one coefficient of one formula changed, one copy for each."""
    for place, (quantity, label, _) in enumerate(formulas(document)):
        for field in "text", "numerator":
            copied = copy.deepcopy(document)
            entry = [e for _, _, e in formulas(copied)][place]
            entry[field] = f"({entry[field]}) + 1/1000*b"
            yield named(quantity, label), copied


def self_test(document, check):
    """Every broken copy must be refused, with the name of the broken quantity; returns how many."""
    count = 0
    for name, copied in broken(document):
        try:
            check(copied)
        except Difference as difference:
            if str(difference).startswith(f"{name} ("):
                count += 1
                continue
            raise Difference(f"broke {name}, but was told: {difference}") from None
        raise Difference(f"a changed coefficient of {name} was not noticed")
    return count


def run(binary, rule, form):
    command = [binary, "derive", "--rule", rule, "--format", form]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main(engine, check, check_languages=None):
    """The command line of an oracle; returns the exit code.

    `check(document)` compares one JSON document and returns the number of formulas.
    `check_languages(document, printed)` compares other output formats and returns what it checked.
    """
    parser = argparse.ArgumentParser(
        description=f"Derives U, V, S with {engine} and compares with `tauber derive`. "
        "Exit 0: all equal. Exit 1: a difference, named."
    )
    parser.add_argument(
        "source",
        help="the tauber program (all rules, all formats) or a JSON file of `tauber derive --quantity all`",
    )
    parser.add_argument(
        "--break",
        dest="break_",
        action="store_true",
        help="self-test: change one coefficient at a time; exit 0 if every change is noticed",
    )
    arguments = parser.parse_args()
    binary = None
    if arguments.source.endswith(".json"):
        with open(arguments.source, encoding="utf-8") as file:
            documents = [json.load(file)]
    else:
        binary = os.path.abspath(arguments.source)
        documents = [json.loads(run(binary, rule, "json")) for rule in RULES]
    if unknown := {d["rule"] for d in documents} - RULES.keys():
        parser.error(f"no oracle for rule {unknown.pop()}: there is one for {', '.join(RULES)}")
    try:
        for document in documents:
            rule = document["rule"]
            if arguments.break_:
                count = self_test(document, check)
                print(f"{engine}: {rule}: {count} changed coefficients, each noticed and named")
                continue
            count = check(document)
            names = list(dict.fromkeys(q for q, _, _ in formulas(document)))
            print(f"{engine}: {rule}: {count} formulas equal: {', '.join(names)}")
            if binary and check_languages:
                printed = lambda form, rule=rule: run(binary, rule, form)
                for line in check_languages(document, printed):
                    print(f"{engine}: {rule}: {line}")
    except Difference as difference:
        print(f"{engine}: {document['rule']}: DIFFERENCE: {difference}", file=sys.stderr)
        return 1
    return 0
