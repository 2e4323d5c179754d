#!/usr/bin/env python3
"""The second checker of tauber's certificates, written from FORMAT.md; Python 3.11 and its standard library alone.

    python3 proofs/check.py CERT... [--statement FILE] [--json]
    python3 proofs/check.py --batch DIR        every *.json in DIR, a statement X.toml beside X.json must equal X's
    python3 proofs/check.py --stdin-list       one line "CERT" or "CERT<tab>STATEMENT" each

Exit code 0: all accepted; 1: one or more rejected; 2: usage, or a file that cannot be read.
"""

import argparse
import hashlib
import json
import math
import re
import sys
import tomllib
from pathlib import Path

MAX_DEGREE, MAX_TERMS, MAX_WORK = 64, 100_000, 50_000_000
MAX_NODES, MAX_PARENTHESES, MAX_DIGITS = 64, 64, 4_000
MAX_CERTIFICATE, MAX_STATEMENT = 1 << 24, 1 << 20


class Rejected(Exception):
    """Why a certificate or a statement is not accepted."""


def need(condition, expected, got=""):
    if not condition:
        raise Rejected(f"expected {expected}" + (f", got {got!r:.200}" if got != "" else ""))


# ---------------------------------------------------------------- polynomials


def words(n):
    return 1 + n.bit_length() // 64


class Algebra:
    """Polynomials in the given variables. One is a pair (coefficients, D): a dict from exponent tuples to
    integers other than 0, and the common denominator D > 0. All operations are counted (FORMAT.md, 4)."""

    def __init__(self, variables, work=0):
        self.variables = variables
        self.work = work
        self.unit = (0,) * len(variables)
        self.zero = ({}, 1)
        self.one = self.constant(1, 1)

    def pay(self, cost):
        self.work += cost
        need(self.work <= MAX_WORK, f"at most {MAX_WORK} units of work")

    def constant(self, n, d):
        return ({self.unit: n} if n else {}, d)

    def variable(self, name):
        place = self.variables.index(name)
        return ({tuple(int(i == place) for i in range(len(self.variables))): 1}, 1)

    @staticmethod
    def size(p):
        return words(p[1]) + sum(1 + words(c) for c in p[0].values())

    @staticmethod
    def degree(p):
        return max(map(sum, p[0]), default=0)

    def is_constant(self, p):
        return p[0].keys() == {self.unit}

    def add(self, p, q, sign=1):
        """p + sign q."""
        self.pay(self.size(q))
        (a, d), (b, e) = p, q
        if d == e:
            total, scale = dict(a), sign
        else:
            self.pay(self.size(p) * words(e) + self.size(q) * words(d) + 4 * (words(d) + words(e)) ** 2)
            common = math.lcm(d, e)
            total = {m: c * (common // d) for m, c in a.items()}
            scale, d = sign * (common // e), common
        for m, c in b.items():
            value = total.get(m, 0) + scale * c
            if value:
                total[m] = value
            else:
                del total[m]
        need(len(total) <= MAX_TERMS, f"at most {MAX_TERMS} terms")
        return total, d

    def multiply(self, p, q):
        need(self.degree(p) + self.degree(q) <= MAX_DEGREE, f"degree at most {MAX_DEGREE}")
        self.pay(self.size(p) * self.size(q))
        product = {}
        for m, c in p[0].items():
            for n, d in q[0].items():
                key = tuple(map(int.__add__, m, n))
                product[key] = product.get(key, 0) + c * d
            need(len(product) <= MAX_TERMS, f"at most {MAX_TERMS} terms")
        return {m: c for m, c in product.items() if c}, p[1] * q[1]

    def multiply_power(self, p, q, times):
        for _ in range(times):
            p = self.multiply(p, q)
        return p

    def divide(self, p, q):
        need(self.is_constant(q), "division by a constant other than zero")
        n = q[0][self.unit]
        return self.multiply(p, self.constant(q[1] if n > 0 else -q[1], abs(n)))

    # ------------------------------------------------------------ the grammar

    TOKEN = re.compile(r"[ \t]*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>>=|<=|[-+*/^()<>]))")

    def tokens(self, text):
        """Pairs (kind, text), and at the end ("end", "")."""
        found, at, end = [], 0, len(text.rstrip(" \t"))
        while at < end:
            match = self.TOKEN.match(text, at, end)
            need(match, "a token of the grammar", text[at : at + 20])
            found.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        return found + [("end", "")]

    def polynomial(self, text):
        reader = Reader(self, self.tokens(text))
        p = reader.sum()
        need(reader.next()[0] == "end", "the end of the polynomial", text)
        return p

    def relation(self, text):
        """(polynomial, strict)."""
        reader = Reader(self, self.tokens(text))
        left = reader.sum()
        sign = reader.next()[1]
        need(sign in (">", ">=", "<", "<="), "one of > >= < <=", text)
        right = reader.sum()
        need(reader.next()[0] == "end", "the end of the relation", text)
        large, small = (left, right) if sign[0] == ">" else (right, left)
        return self.add(large, small, -1), len(sign) == 1


class Reader:
    """Recursive descent over tokens."""

    def __init__(self, algebra, tokens):
        self.algebra, self.tokens, self.at, self.open = algebra, tokens, 0, 0

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def take(self, signs):
        kind, text = self.tokens[self.at]
        if kind == "sign" and text in signs:
            self.at += 1
            return text
        return None

    def sum(self):
        total, sign = self.algebra.zero, self.take(("+", "-")) or "+"
        while sign:
            total = self.algebra.add(total, self.product(), 1 if sign == "+" else -1)
            sign = self.take(("+", "-"))
        return total

    def product(self):
        product, sign = self.algebra.one, "*"
        while sign:
            apply = self.algebra.multiply if sign == "*" else self.algebra.divide
            product = apply(product, self.power())
            sign = self.take(("*", "/"))
        return product

    def power(self):
        base = self.atom()
        if not self.take(("^",)):
            return base
        kind, text = self.next()
        need(kind == "number" and len(text) <= 2 and text.isdigit() and int(text) <= 64, "an exponent from 0 to 64", text)
        return self.algebra.multiply_power(self.algebra.one, base, int(text))

    def atom(self):
        kind, text = self.next()
        if kind == "number":
            whole, _, fraction = text.partition(".")
            need(len(whole) + len(fraction) <= MAX_DIGITS, f"at most {MAX_DIGITS} digits")
            return self.algebra.constant(int(whole + fraction), 10 ** len(fraction))
        if kind == "name":
            need(text in self.algebra.variables, "a variable of the statement", text)
            return self.algebra.variable(text)
        need(text == "(", "a number, a variable or '('", text)
        self.open += 1
        need(self.open <= MAX_PARENTHESES, f"at most {MAX_PARENTHESES} nested parentheses")
        inner = self.sum()
        need(self.next()[1] == ")", "')'")
        self.open -= 1
        return inner


# ----------------------------------------------------------------- statements


def canonical(value):
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return (text + "\n").encode("utf-8")


def keys(value, needed, optional=()):
    need(isinstance(value, dict), "an object", value)
    present = set(value)
    need(set(needed) <= present, f"the keys {sorted(needed)}", sorted(present))
    need(present <= set(needed) | set(optional), f"no keys but {sorted([*needed, *optional])}", sorted(present))


def is_natural(value):
    return type(value) is int and value >= 0


class Statement:
    """A statement object: checked, and its relations expanded."""

    def __init__(self, value):
        kind = "any" if isinstance(value, dict) and "any" in value else "claim"
        keys(value, ("title", "variables", "given", kind), ("paper",))
        title, paper = value["title"], value.get("paper", "")
        for text in (title, paper):
            need(isinstance(text, str) and not re.search("[\x00-\x1f\x7f]", text), "a string without control characters", text)
        need(title, "a title that is not empty")
        for key in ("variables", "given", kind):
            texts = value[key]
            need(isinstance(texts, list) and all(isinstance(t, str) for t in texts), f"`{key}`, an array of strings", texts)
        names = value["variables"]
        need(1 <= len(names) <= 16 and len(set(names)) == len(names), "1 to 16 different variables", names)
        for name in names:
            need(re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,31}", name), "a variable name", name)
        need(value[kind], f"`{kind}` not to be empty")
        self.value, self.any = value, kind == "any"
        self.algebra = Algebra(names)
        self.given = [self.algebra.relation(text) for text in value["given"]]
        self.goals = [self.algebra.relation(text) for text in value[kind]]
        self.sha256 = hashlib.sha256(canonical(value)).hexdigest()


def read_statement(data):
    """A statement from the bytes of a TOML file."""
    need(len(data) <= MAX_STATEMENT, "at most 1 MiB")
    try:
        text = data.decode("utf-8")
        need(not text.startswith("\ufeff"), "no byte order mark")
        value = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise Rejected(f"expected TOML: {error}") from None
    if isinstance(value.get("claim"), str):
        value["claim"] = [value["claim"]]
    return Statement(value)


# --------------------------------------------------------------- certificates


class Check:
    """One run over one certificate. After a rejection, `path` leads to the step that failed."""

    def __init__(self):
        self.path, self.rule = "", "certificate"

    def certificate(self, data, named=None):
        """Accepts by returning the statement and whether its domain was shown empty; raises Rejected otherwise."""
        need(len(data) <= MAX_CERTIFICATE, "at most 16 MiB")
        try:
            value = json.loads(data.decode("utf-8"))
            same = canonical(value) == data
        except (ValueError, RecursionError) as error:
            raise Rejected(f"expected JSON: {error}") from None
        need(same, "canonical bytes")
        keys(value, ("schema", "statement", "sha256", "vacuous", "proofs"))
        need(type(value["schema"]) is int and value["schema"] == 1, "schema 1", value["schema"])
        self.path = "statement"
        statement = Statement(value["statement"])
        self.path = ""
        need(value["sha256"] == statement.sha256, f"sha256 {statement.sha256}", value["sha256"])
        need(named is None or canonical(named.value) == canonical(statement.value), "the statement named")
        vacuous, proofs = value["vacuous"], value["proofs"]
        need(isinstance(vacuous, bool), "`vacuous`, true or false", vacuous)
        numbered = list(enumerate(statement.goals))
        if vacuous:
            tasks = [{}]
        elif statement.any:
            tasks = [dict(numbered)]
        else:
            tasks = [{number: goal} for number, goal in numbered]
        need(isinstance(proofs, list) and len(proofs) == len(tasks), f"`proofs`, an array of {len(tasks)}")
        self.algebra = statement.algebra
        for i, (node, goals) in enumerate(zip(proofs, tasks)):
            self.path = f"proofs[{i}]"
            empty = self.node(node, statement.given, goals, 1)
            need(empty == vacuous, f"vacuous to be {empty}", vacuous)
        return statement, vacuous

    def inside(self, place, check, *arguments):
        outer = self.path
        self.path += place
        result = check(*arguments)
        self.path = outer
        return result

    def node(self, node, scope, goals, depth):
        """Checks a node; tells whether it shows its scope empty."""
        need(depth <= MAX_NODES, f"at most {MAX_NODES} nested nodes")
        rule = node.get("rule") if isinstance(node, dict) else None
        rules = {"identity": self.identity, "absurd": self.absurd, "split": self.split, "fact": self.fact}
        need(isinstance(rule, str) and rule in rules, "one of the four rules", rule)
        self.rule = rule
        return rules[rule](node, scope, goals, depth)

    def identity(self, node, scope, goals, _depth):
        keys(node, ("rule", "claim", "terms"), ("multiplier",))
        claim = node["claim"]
        need(is_natural(claim) and claim in goals, "the number of a claim that is to be proved here", claim)
        polynomial, strict_goal = goals[claim]
        multiplier, strict = self.product(node.get("multiplier", []), scope)
        need(strict, "strict relations in the multiplier")
        need(node.get("multiplier") != [], "a multiplier that is not empty")
        strict_sum = self.expand(self.algebra.multiply(multiplier, polynomial), node["terms"], scope)
        need(strict_sum or not strict_goal, "a strict term, since the claim is strict")
        return False

    def absurd(self, node, scope, _goals, _depth):
        keys(node, ("rule", "terms"))
        need(self.expand(self.algebra.zero, node["terms"], scope), "a strict term")
        return True

    def split(self, node, scope, goals, depth):
        keys(node, ("rule", "on", "strict", "above", "below"))
        need(isinstance(node["strict"], bool), "`strict`, true or false", node["strict"])
        on = self.text(node["on"], self.algebra.polynomial)
        negative = self.algebra.add(self.algebra.zero, on, -1)
        above = self.inside(".above", self.node, node["above"], [*scope, (on, node["strict"])], goals, depth + 1)
        below = self.inside(".below", self.node, node["below"], [*scope, (negative, False)], goals, depth + 1)
        return above and below

    def fact(self, node, scope, goals, depth):
        keys(node, ("rule", "fact", "proof", "then"))
        fact = self.text(node["fact"], self.algebra.relation)
        proof = self.inside(".proof", self.node, node["proof"], scope, {0: fact}, depth + 1)
        then = self.inside(".then", self.node, node["then"], [*scope, fact], goals, depth + 1)
        return proof or then

    @staticmethod
    def text(value, read):
        need(isinstance(value, str), "a string", value)
        return read(value)

    def expand(self, rest, terms, scope):
        """Subtracts the terms from `rest`, which must become 0; tells whether one of them is strict."""
        need(isinstance(terms, list), "an array of terms", terms)
        any_strict = False
        for i, term in enumerate(terms):
            product, strict = self.inside(f".terms[{i}]", self.term, term, scope)
            any_strict = any_strict or strict
            rest = self.algebra.add(rest, product, -1)
        need(not rest[0], "both sides to be equal", f"a difference of {len(rest[0])} terms")
        return any_strict

    def term(self, term, scope):
        keys(term, ("coefficient", "factors"), ("square",))
        coefficient = self.coefficient(term["coefficient"])
        product, strict = self.product(term["factors"], scope)
        if "square" in term:
            root = self.text(term["square"], self.algebra.polynomial)
            strict = strict and self.algebra.is_constant(root)
            product = self.algebra.multiply_power(product, root, 2)
        return self.algebra.multiply(product, coefficient), strict

    def product(self, factors, scope):
        need(isinstance(factors, list), "an array of [ref, power]", factors)
        product, all_strict, last = self.algebra.one, True, -1
        for pair in factors:
            need(isinstance(pair, list) and len(pair) == 2 and all(map(is_natural, pair)), "[ref, power]", pair)
            ref, power = pair
            need(last < ref < len(scope), f"ascending references below {len(scope)}", ref)
            need(1 <= power <= 64, "a power from 1 to 64", power)
            polynomial, strict = scope[ref]
            product = self.algebra.multiply_power(product, polynomial, power)
            all_strict, last = all_strict and strict, ref
        return product, all_strict

    def coefficient(self, text):
        need(isinstance(text, str), "a string", text)
        match = re.fullmatch("([1-9][0-9]*)(?:/([1-9][0-9]*))?", text, re.ASCII)
        need(match, "a positive rational p or p/q", text)
        need(all(len(part or "") <= MAX_DIGITS for part in match.groups()), f"at most {MAX_DIGITS} digits")
        p, q = int(match[1]), int(match[2] or 1)
        self.algebra.pay(4 * (words(p) + words(q)) ** 2)
        need(match[2] is None or (q > 1 and math.gcd(p, q) == 1), "lowest terms", text)
        return self.algebra.constant(p, q)


def verdict(path, statement):
    """The outcome for one file as a dict. OSError if it cannot be read."""
    data, check = read_limited(path, MAX_CERTIFICATE), Check()
    try:
        proved, vacuous = check.certificate(data, statement)
    except Rejected as reason:
        return {"file": str(path), "accepted": False, "step": check.path, "rule": check.rule, "reason": str(reason)}
    return {"file": str(path), "accepted": True, "vacuous": vacuous, "statement": proved.value}


def read_limited(path, limit):
    """At most one byte more than allowed, so that a huge file does not fill the memory."""
    with open(path, "rb") as file:
        return file.read(limit + 1)


def main():
    parser = argparse.ArgumentParser(description="Second checker of tauber's certificates.")
    parser.add_argument("certificates", nargs="*", metavar="CERT")
    parser.add_argument("--statement", metavar="FILE")
    parser.add_argument("--batch", metavar="DIR")
    parser.add_argument("--stdin-list", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    jobs = [(path, options.statement) for path in options.certificates]
    if options.batch:
        for path in sorted(Path(options.batch).glob("*.json")):
            beside = path.with_suffix(".toml")
            jobs.append((path, beside if beside.exists() else options.statement))
    if options.stdin_list:
        for line in sys.stdin:
            path, _, statement = line.rstrip("\n").partition("\t")
            jobs.append((path, statement or options.statement))
    if not jobs:
        parser.error("no certificates")
    statements, results = {None: None}, []
    for path, named in jobs:
        try:
            if named not in statements:
                statements[named] = read_statement(read_limited(named, MAX_STATEMENT))
            results.append(verdict(path, statements[named]))
        except (OSError, Rejected) as error:
            print(f"{path if isinstance(error, OSError) else named}: {error}", file=sys.stderr)
            return 2
    if options.json:
        print(json.dumps(results))
    else:
        for result in results:
            print(describe(result))
    return 0 if all(result["accepted"] for result in results) else 1


def describe(result):
    if not result["accepted"]:
        return f"rejected {result['file']}: {result['step'] or 'certificate'} ({result['rule']}): {result['reason']}"
    statement = result["statement"]
    claim = " and ".join(statement["claim"]) if "claim" in statement else " or ".join(statement["any"])
    empty = " (vacuous: no point satisfies the hypotheses)" if result["vacuous"] else ""
    return f"accepted {result['file']}: {statement['title']}: {', '.join(statement['given']) or 'always'} => {claim}{empty}"


if __name__ == "__main__":
    sys.exit(main())
