"""The pages: docs/proofs.md (verdicts, the same on every machine) and docs/compare/solvers.md (times of one run)."""

import platform
import re
from pathlib import Path

from engines import FAILS, HOLDS, NO_ANSWER

# Engines that share no code; Rocq's compiler and coqchk count once.
INDEPENDENT = ["checker", "check.py", "kernel", "z3", "cvc5", "yices", "qepcad"]
HEADS = {
    "checker": "checker (Rust)", "check.py": "check.py", "kernel": "Rocq kernel", "z3": "Z3", "cvc5": "cvc5", "yices": "Yices",
    "qepcad": "QEPCAD", "nra": "Rocq nra", "psatz": "Rocq psatz", "tauber": "tauber prove",
}
LEFT = {
    "tauber": "a certificate (or the point where the claim fails)", "z3": "nothing (a model, when it fails)",
    "cvc5": "nothing (a model, when it fails)", "yices": "nothing (a model, when it fails)", "qepcad": "nothing",
    "nra": "a proof term", "psatz": "a proof term",
}
TRUE, FALSE = "## True statements", "## False neighbours"


def row(cells):
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"


def table(heads, rows):
    return row(heads) + row(["---"] * len(heads)) + "".join(row(cells) for cells in rows)


def proofs(true, false, data):
    verdicts, checked = data["verdicts"], data["coqchk"]
    versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())

    def line(name):
        results = verdicts["true"][name]
        certificate = results["checker"]
        size = f"{certificate['terms']} {'term' if certificate['terms'] == 1 else 'terms'}, {certificate['bytes']:,} bytes" if "bytes" in certificate else "none"
        given = [results[engine]["verdict"] for engine in INDEPENDENT]
        return [f"`{name}`", true[name].get("paper", ""), size, *given, given.count(HOLDS)]

    solvers = [engine for engine in INDEPENDENT if engine not in ("checker", "check.py", "kernel")]
    refuted = [[f"`{name}`", *(verdicts["false"][name][engine]["verdict"] for engine in solvers)] for name in false]
    lists = lambda names: ", ".join(f"`{name}`" for name in names) or "none"
    return f"""# Proofs: which engines agree

Written by `proofs/solvers/run.py --refresh`; `run.py --check` fails when it differs from what the engines say.

Versions: {versions}. Time limit: {data['limit']:g} s a call.

- *checker (Rust)* and *check.py* accept the stored certificate for this statement file; they share no code.
- *Rocq kernel*: `coqc` compiles the proof that was generated from the certificate, and one run of `coqchk` accepts all of them.
- The solvers decide the statement itself, without the certificate, and leave nothing that could be checked.
- *no answer* is a result too: the engine gave up, or the time was over.
- Redlog is not among them: REDUCE could not be installed. Debian 12 has no package of it (`apt-cache search redlog`, `reduce
  algebra`), npm has no `redlog`, and what PyPI calls `redlog` is a logger. The exported files are read by a small reader of
  REDUCE's syntax instead (`tests/redlog_syntax.rs`: every formula closed, every statement ended); no verdict comes from it.

Axioms that the Rocq proofs use (`Print Assumptions`): {lists(checked['used'])}.
Axioms in the context of `coqchk` (all that the loaded parts of the standard library declare, used or not): {lists(checked['context'])}.

{TRUE}

{table(["statement", "paper", "certificate", *(HEADS[e] for e in INDEPENDENT), "agree"], [line(name) for name in true])}
{FALSE}

Each differs from a true statement in one place; `fails` means that the engine found that a point violates it.

{table(["statement", *(HEADS[e] for e in solvers)], refuted)}"""


def stored(page):
    """The verdicts that a page claims: {(kind, name, engine): verdict}."""
    claimed = (HOLDS, FAILS, NO_ANSWER)
    return {place: cell for place, cell in engine_cells(page) if cell in claimed}


def engine_cells(page):
    """Every engine's cell of the tables of statements: ((kind, name, engine), text)."""
    kind, heads = None, []
    engines = {head: engine for engine, head in HEADS.items()}
    for line in page.splitlines():
        kind = {TRUE: "true", FALSE: "false"}.get(line, kind)
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and cells[0] == "statement":
            heads = cells
        elif kind and cells and len(cells) == len(heads) and cells[0].startswith("`"):
            for head, cell in zip(heads, cells):
                if head in engines:
                    yield (kind, cells[0].strip("`"), engines[head]), cell


def compared(page):
    """The cells of the page of comparison: {(kind, name, engine): (verdict, seconds, or None if it says none)}."""
    found = {}
    for place, cell in engine_cells(page):
        if read := re.fullmatch(rf"({HOLDS}|{FAILS}) (\d+\.\d+) s", cell):
            found[place] = read[1], float(read[2])
        elif re.fullmatch(rf"{NO_ANSWER} \(.*\)", cell):
            found[place] = NO_ANSWER, None
    return found


def processor():
    try:
        return re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text()).group(1)
    except (OSError, AttributeError):
        return platform.machine()


def compare(true, false, data):
    verdicts = data["verdicts"]
    present = {engine for rows in verdicts.values() for results in rows.values() for engine in results}
    engines = [engine for engine in LEFT if engine in present]
    versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())

    def cell(result):
        if result["verdict"] == NO_ANSWER:
            spent = "time" if result.get("reason") == "time limit" else f"{result['seconds']:.2f} s"
            return f"{NO_ANSWER} ({spent})"
        return f"{result['verdict']} {result['seconds']:.2f} s"

    def summary(kind, right):
        for engine in engines:
            results = [row[engine] for row in verdicts[kind].values()]
            answered = sorted(r["seconds"] for r in results if r["verdict"] == right)
            median = f"{answered[len(answered) // 2]:.2f}" if answered else "-"
            longest = f"{answered[-1]:.2f}" if answered else "-"
            yield [HEADS[engine], f"{len(answered)} of {len(results)}", median, longest, LEFT[engine]]

    sections = []
    for title, kind, right, texts in ((TRUE, "true", HOLDS, true), (FALSE, "false", FAILS, false)):
        rows = [[f"`{name}`", *(cell(verdicts[kind][name][engine]) for engine in engines)] for name in texts]
        heads = ["engine", f"`{right}`", "median s", "longest s", "what is left to check"]
        sections.append(f"{title}\n\n{table(heads, summary(kind, right))}\n{table(['statement', *(HEADS[e] for e in engines)], rows)}")
    return f"""# Solvers compared

One run of `proofs/solvers/run.py --compare` on one machine: {processor()}, {platform.system()} {platform.machine()}.
Versions: {versions}. Time limit: {data['limit']:g} s a call. Times are wall-clock seconds of a whole process, its start
included; medians are over the answered calls.
nra and psatz search for a proof of the statement as it stands (degree 3 for psatz) and can never refute one.

""" + "\n".join(sections)
