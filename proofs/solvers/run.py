#!/usr/bin/env python3
"""Runs every engine on every statement and every false neighbour, and writes what they said.

    run.py --refresh    all engines; writes docs/proofs.md (verdicts, no times) and verdicts.json in the work folder
    run.py --check      re-runs every verdict that docs/proofs.md claims; fails if the page would differ
    run.py --compare    also Rocq's nra and psatz and this prover, with times; writes docs/compare/solvers.md
    run.py --sample     re-runs 3 true and 2 false rows of docs/compare/solvers.md, chosen by --seed (default: the commit)

--sample asks every engine of the row again. A verdict may never become its opposite or be wrong. One that was given may
not be lost (it is given three times the limit), unless it had taken more than 10 s. No answer may become a verdict.
The page must have a row for every file and for no other. In docs/proofs.md a cell is `holds`, `fails` or `no answer`. --check does not repeat the calls that once gave no answer.
Exit status: 0 all agree and the page is as it should be; 1 a contradiction, a missing verdict or a drifted page; 2 usage.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tables
from engines import FAILS, HOLDS, NO_ANSWER, Engines, coqchk, run

ROOT = Path(__file__).resolve().parents[2]
SOLVERS = ["z3", "cvc5", "yices", "qepcad"]
TACTICS = ["nra", "psatz"]
SAMPLE = {"true": 3, "false": 2}
BORDERLINE = 10  # seconds: a verdict that took longer may be lost on another day
NEEDED = 4  # independent verdicts for each true statement


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group(required=True)
    for name in ("refresh", "check", "compare", "sample"):
        mode.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--statements", type=Path, default=ROOT / "proofs/statements", help="folder of true statements")
    parser.add_argument("--false", type=Path, default=ROOT / "proofs/false", help="folder of false neighbours")
    parser.add_argument("--certificates", type=Path, default=ROOT / "proofs/certificates")
    parser.add_argument("--only", nargs="*", help="names of statements; the pages are then printed, not written")
    parser.add_argument("--limit", type=float, default=20, help="seconds a call")
    parser.add_argument("--jobs", type=int, default=2, help="calls at the same time (use 1 for --compare)")
    parser.add_argument("--work", type=Path, default=ROOT / "target/solvers/work")
    parser.add_argument("--venv", default=os.environ.get("TAUBER_SOLVERS", ROOT / "target/solvers/venv"))
    parser.add_argument("--page", type=Path, default=ROOT / "docs/proofs.md")
    parser.add_argument("--compare-page", type=Path, default=ROOT / "docs/compare/solvers.md")
    parser.add_argument("--exporter", default="cargo run --quiet --example export_all --", help="command that exports")
    parser.add_argument("--prover", help="command that proves a statement (for --compare and --sample), such as 'target/release/tauber prove --shorten 0'")
    parser.add_argument("--seed", help="what chooses the rows of --sample (default: the hash of the commit)")
    return parser.parse_args()


def statements(folder, only):
    found = {path.stem: tomllib.loads(path.read_text()) for path in sorted(folder.glob("*.toml"))}
    return {name: text for name, text in found.items() if not only or name in only}


def export(option, true, false):
    """Writes the engines' inputs; gives what the Rust checker says about each certificate."""
    accepted = {}
    for kind, folder, names in (("true", option.statements, true), ("false", option.false, false)):
        out = option.work / kind
        out.mkdir(parents=True, exist_ok=True)
        files = [folder / f"{name}.toml" for name in names]
        if kind == "true":
            files += [path for name in names if (path := option.certificates / f"{name}.json").exists()]
        if not files:
            continue
        done = subprocess.run([*option.exporter.split(), out, *files], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            print(f"{option.exporter}: exit status {done.returncode}", file=sys.stderr)
        for line in done.stdout.splitlines():
            name, terms, size = line.split()
            accepted[name] = {"terms": int(terms), "bytes": int(size)}
    return accepted


def second_checker(option, name):
    certificate, statement = option.certificates / f"{name}.json", option.statements / f"{name}.toml"
    command = [sys.executable, ROOT / "proofs/check.py", "--statement", statement, certificate]
    status, output, seconds = run(command, 120)
    if status == 0:
        return {"verdict": HOLDS, "seconds": seconds}
    return {"verdict": NO_ANSWER, "seconds": seconds, "reason": output.strip()[-200:]}


def prover(option, folder, name, limit):
    """What `tauber prove --json` says, with its own times."""
    command = [*option.prover.split(), folder / f"{name}.toml", "--json", "-o", option.work / f"{name}.cert.json"]
    status, output, seconds = run(command, limit, cwd=ROOT)
    try:
        # The document stands first; text for people, on standard error, follows it.
        said, _ = json.JSONDecoder().raw_decode(output, output.index("{"))
    except ValueError:
        return {"verdict": NO_ANSWER, "seconds": seconds, "reason": "time limit" if status is None else output[-200:]}
    verdict = {"proved": HOLDS, "refuted": FAILS}.get(said.get("verdict"), NO_ANSWER)
    return {"verdict": verdict, "seconds": seconds, "search_seconds": said.get("search_seconds")}


def call(option, engines, kind, name, engine, limit):
    """The call of one engine of the comparison on one statement."""
    if engine == "tauber":
        folder = option.statements if kind == "true" else option.false
        return lambda: prover(option, folder, name, limit)
    return lambda: getattr(engines, engine)(option.work / kind, name, limit)


def ask(option, true, false, accepted, stored):
    """All verdicts: {kind: {name: {engine: result}}}."""
    engines = Engines(option.venv)
    verdicts = {"true": {name: {} for name in true}, "false": {name: {} for name in false}}
    calls = []

    def plan(kind, name, engine, asked):
        old = stored.get((kind, name, engine)) if option.check else None
        if old == NO_ANSWER:
            verdicts[kind][name][engine] = {"verdict": NO_ANSWER, "reason": "not repeated"}
        else:
            calls.append((kind, name, engine, asked))

    # A verdict that was once given is given three times the time before it counts as lost.
    limit = option.limit * (3 if option.check else 1)
    for kind, names in verdicts.items():
        folder = option.work / kind
        for name in names:
            if kind == "true":
                checked = name in accepted
                verdicts[kind][name]["checker"] = {"verdict": HOLDS if checked else NO_ANSWER, **accepted.get(name, {})}
                calls.append((kind, name, "check.py", lambda name=name: second_checker(option, name)))
                calls.append((kind, name, "kernel", lambda f=folder, name=name: engines.rocq(f, name, 120)))
            for engine in SOLVERS + (TACTICS if option.compare else []):
                plan(kind, name, engine, call(option, engines, kind, name, engine, limit))
            if option.compare and option.prover:
                plan(kind, name, "tauber", call(option, engines, kind, name, "tauber", limit))
    with ThreadPoolExecutor(option.jobs) as pool:
        results = pool.map(lambda asked: asked[3](), calls)
        for (kind, name, engine, _), result in zip(calls, results):
            verdicts[kind][name][engine] = result
    return verdicts, engines.versions()


def kernel(option, verdicts):
    """coqchk over everything that compiled; without it the kernel's verdicts do not count."""
    compiled = [name for name, row in verdicts["true"].items() if row["kernel"]["verdict"] == HOLDS]
    used = sorted({axiom for name in compiled for axiom in verdicts["true"][name]["kernel"]["axioms"]})
    accepted, context, seconds = coqchk(option.work / "true", compiled, 1800) if compiled else (False, [], 0)
    for name in compiled if not accepted else []:
        verdicts["true"][name]["kernel"] = {"verdict": NO_ANSWER, "reason": "coqchk"}
    return {"accepted": accepted, "used": used, "context": context, "seconds": seconds}


def faults(verdicts):
    """What must not be: a contradiction, too few verdicts, a false neighbour that nobody refutes."""
    for kind, right, wrong in (("true", HOLDS, FAILS), ("false", FAILS, HOLDS)):
        for name, row in verdicts[kind].items():
            agree = [engine for engine, result in row.items() if result["verdict"] == right]
            yield from (f"{name}: {engine} says {wrong}" for engine, r in row.items() if r["verdict"] == wrong)
            for engine in ("checker", "check.py", "kernel") if kind == "true" else ():
                if row[engine]["verdict"] != HOLDS:
                    yield f"{name}: no verdict from {engine}: {row[engine].get('reason', 'not accepted')}"
            solvers = [engine for engine in SOLVERS if engine in agree]
            independent = [engine for engine in agree if engine in tables.INDEPENDENT]
            if not solvers:
                yield f"{name}: no solver answers"
            if kind == "true" and len(independent) < NEEDED:
                yield f"{name}: {len(independent)} independent verdicts, {NEEDED} are needed"


def chosen(names, seed):
    """The rows of a sample: the same for the same names and seed."""
    pick = random.Random(seed)
    return {kind: sorted(pick.sample(sorted(names[kind]), min(count, len(names[kind])))) for kind, count in SAMPLE.items()}


def missing_rows(names, old):
    """The page has a row for every file, with every engine, and for no other."""
    engines = [engine for engine in tables.LEFT]
    for kind in SAMPLE:
        listed = {name for k, name, _ in old if k == kind}
        yield from (f"{name}: no row in the comparison" for name in sorted(set(names[kind]) - listed))
        yield from (f"{name}: a row in the comparison, but no file" for name in sorted(listed - set(names[kind])))
        for name in sorted(listed & set(names[kind])):
            yield from (f"{name}: the comparison has no {engine}" for engine in engines if (kind, name, engine) not in old)


def changed(kind, name, engine, old, result):
    """What is wrong with a verdict of today, given the row's (verdict, seconds); None if nothing is."""
    (before, seconds), now = old, result["verdict"]
    right, wrong = (HOLDS, FAILS) if kind == "true" else (FAILS, HOLDS)
    if now == wrong:
        return f"{name}: {engine} says {now}"
    if before == wrong:
        return f"{name}: the comparison says that {engine} found: {before}"
    if before == right and now == NO_ANSWER and seconds <= BORDERLINE:
        return f"{name}: {engine} said {before} after {seconds:g} s, and has no answer now: {result.get('reason', '')}"
    return None


def sample(option, true, false):
    """Asks the engines of the comparison again about a few of its rows: (faults, calls)."""
    names = {"true": true, "false": false}
    old = tables.compared(option.compare_page.read_text() if option.compare_page.exists() else "")
    wrong = list(missing_rows(names, old))
    if wrong:
        return wrong, 0
    seed = option.seed or run(["git", "rev-parse", "HEAD"], 60, cwd=ROOT)[1].strip()
    rows = chosen(names, seed)
    print(f"seed {seed}: {', '.join(rows['true'] + rows['false'])}", file=sys.stderr)
    export(option, {name: true[name] for name in rows["true"]}, {name: false[name] for name in rows["false"]})
    engines, asked = Engines(option.venv), []
    for kind, picked in rows.items():
        for name in picked:
            for engine in tables.LEFT:
                limit = option.limit * (1 if old[kind, name, engine][0] == NO_ANSWER else 3)
                asked.append((kind, name, engine, call(option, engines, kind, name, engine, limit)))
    with ThreadPoolExecutor(option.jobs) as pool:
        results = list(pool.map(lambda one: one[3](), asked))
    told = (changed(*one[:3], old[one[:3]], result) for one, result in zip(asked, results))
    return [fault for fault in told if fault], len(asked)


def main():
    option = options()
    true, false = statements(option.statements, option.only), statements(option.false, option.only)
    if not true:
        print(f"no statements in {option.statements}", file=sys.stderr)
        return 2
    if option.sample:
        if not option.prover:
            print("--sample needs --prover", file=sys.stderr)
            return 2
        wrong, count = sample(option, true, false)
        print("\n".join([*wrong, f"{count} calls of the comparison repeated; {len(wrong)} faults"]), file=sys.stderr)
        return 1 if wrong else 0
    page = option.page.read_text() if option.page.exists() else ""
    accepted = export(option, true, false)
    verdicts, versions = ask(option, true, false, accepted, tables.stored(page))
    checked = kernel(option, verdicts)
    data = {"versions": versions, "coqchk": checked, "limit": option.limit, "verdicts": verdicts}
    (option.work / "verdicts.json").write_text(json.dumps(data, indent=1, sort_keys=True) + "\n")
    wrong = list(faults(verdicts))
    new = tables.proofs(true, false, data)
    target, text = (option.compare_page, tables.compare(true, false, data)) if option.compare else (option.page, new)
    if option.only:
        print(text)
    elif option.check:
        if new != page:
            wrong.append(f"{option.page} is not what the engines say; the difference is in {option.work}/proofs.md")
            (option.work / "proofs.md").write_text(new)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    for line in wrong:
        print(line, file=sys.stderr)
    answers = [result["verdict"] for rows in verdicts.values() for row in rows.values() for result in row.values()]
    print(f"{len(true)} true, {len(false)} false; {len(answers) - answers.count(NO_ANSWER)} of {len(answers)} calls answered; "
          f"coqchk {checked['seconds']:.0f} s; {len(wrong)} faults", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
