"""The engines: how each is asked, and what its answer means.

An engine is a function of an exported file and a time limit; it gives one of the words HOLDS, FAILS, NO_ANSWER.
What an engine prints besides its verdict is not interpreted; anything unexpected is NO_ANSWER with a reason, never a verdict.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

HOLDS, FAILS, NO_ANSWER = "holds", "fails", "no answer"

# The axioms that the standard library's real numbers rest on; a proof may use no other.
REAL_NUMBERS = {
    "ClassicalDedekindReals.sig_forall_dec",
    "ClassicalDedekindReals.sig_not_dec",
    "FunctionalExtensionality.functional_extensionality_dep",
}


def run(command, limit, stdin=None, cwd=None):
    """(exit status or None after `limit` seconds, output, seconds); ends the whole group it started."""
    start = time.monotonic()
    process = subprocess.Popen(
        command, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        cwd=cwd, start_new_session=True, text=True, errors="replace",
    )
    try:
        output, _ = process.communicate(timeout=limit)
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        status = None
    return status, output, time.monotonic() - start


def answer(status, output, seconds, holds, fails):
    """The verdict if exactly one of two whole lines was printed, and no SMT-LIB error."""
    lines = [line.strip() for line in output.splitlines()]
    said = [word for line, word in ((holds, HOLDS), (fails, FAILS)) if line in lines]
    if status == 0 and len(said) == 1 and not any(line.startswith("(error") for line in lines):
        return {"verdict": said[0], "seconds": seconds}
    reason = "time limit" if status is None else (lines[-1][:200] if lines else f"exit status {status}")
    return {"verdict": NO_ANSWER, "seconds": seconds, "reason": reason}


class Engines:
    """The solvers of one virtual environment and the programs on the path."""

    def __init__(self, venv):
        self.bin = Path(venv) / "bin"
        self.here = Path(__file__).resolve().parent

    def z3(self, folder, name, limit):
        return answer(*run([self.bin / "z3", folder / f"{name}.smt2"], limit), "unsat", "sat")

    def cvc5(self, folder, name, limit):
        command = [self.bin / "python", self.here / "cvc5_run.py", folder / f"{name}.smt2"]
        return answer(*run(command, limit), "unsat", "sat")

    def yices(self, folder, name, limit):
        return answer(*run([self.bin / "yices-smt2", folder / f"{name}.smt2"], limit), "unsat", "sat")

    def qepcad(self, folder, name, limit):
        with open(folder / f"{name}.qepcad") as file:
            return answer(*run(["qepcad", "+N20000000"], limit, stdin=file), "TRUE", "FALSE")

    def rocq(self, folder, name, limit):
        """Compiles the generated proof; HOLDS only if its axioms are those of the real numbers."""
        status, output, seconds = run(["coqc", "-q", "-R", ".", "Tauber", f"{name}.v"], limit, cwd=folder)
        axioms = assumptions(output)
        if status == 0 and axioms is not None and axioms <= REAL_NUMBERS:
            return {"verdict": HOLDS, "seconds": seconds, "axioms": sorted(axioms)}
        reason = "time limit" if status is None else output.strip()[-500:]
        return {"verdict": NO_ANSWER, "seconds": seconds, "reason": reason}

    def tactic(self, folder, name, limit, tactic):
        """Asks Rocq's own search for a proof of the statement (comparison only)."""
        text = (folder / f"{name}.statement.v").read_text()
        script = f"Theorem found : statement.\nProof. unfold statement. intros. repeat apply conj; {tactic}. Qed.\n"
        # A folder of its own: two tactics may work on one statement at the same time.
        own = folder / tactic.split()[0]
        own.mkdir(exist_ok=True)
        (own / f"{name}.v").write_text(text.replace("Reals Lra.", "Reals Lra Psatz.") + "\n" + script)
        status, output, seconds = run(["coqc", "-q", f"{name}.v"], limit, cwd=own)
        if status == 0:
            return {"verdict": HOLDS, "seconds": seconds}
        reason = "time limit" if status is None else output.strip()[-200:]
        return {"verdict": NO_ANSWER, "seconds": seconds, "reason": reason}

    def nra(self, folder, name, limit):
        return self.tactic(folder, name, limit, "nra")

    def psatz(self, folder, name, limit):
        return self.tactic(folder, name, limit, "psatz R 3")

    def versions(self):
        """Upstream versions, for the tables."""
        first = lambda command: run(command, 60)[1].splitlines()[0]
        number = lambda text: re.search(r"\d+(\.\d+)+", text).group()
        qepcad = run(["dpkg-query", "-W", "-f", "${Version}", "qepcad"], 60)[1]
        cvc5 = [self.bin / "python", "-c", "import cvc5; print(cvc5.__version__)"]
        return {
            "Rocq (coqc, coqchk)": number(first(["coqc", "--version"])),
            "Z3": number(first([self.bin / "z3", "--version"])),
            "cvc5": number(first(cvc5)),
            "Yices": number(first([self.bin / "yices-smt2", "--version"])),
            "QEPCAD": number(qepcad),
        }


def assumptions(output):
    """The axioms that `Print Assumptions` listed, or None if it did not speak."""
    if "Closed under the global context" in output:
        return set()
    if "Axioms:" not in output:
        return None
    listed = output.split("Axioms:", 1)[1]
    return set(re.findall(r"^([A-Za-z_][\w.']*)", listed, flags=re.MULTILINE))


def coqchk(folder, names, limit):
    """One run of the independent kernel over all compiled proofs: (accepted, axioms in its context, seconds)."""
    modules = [f"Tauber.{name}" for name in names]
    status, output, seconds = run(["coqchk", "-silent", "-o", "-R", ".", "Tauber", *modules], limit, cwd=folder)
    context = output.split("* Axioms:", 1)[-1].split("* Constants", 1)[0]
    axioms = sorted(line.strip() for line in context.splitlines() if line.strip() not in ("", "<none>"))
    clean = all(f"{what}: <none>" in output for what in (
        "* Constants/Inductives relying on type-in-type",
        "* Constants/Inductives relying on unsafe (co)fixpoints",
        "* Inductives whose positivity is assumed",
    ))
    if status != 0 or not clean:
        print(output, file=sys.stderr)
    return status == 0 and clean, axioms, seconds
