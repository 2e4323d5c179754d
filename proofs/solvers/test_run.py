"""What counts as a verdict, and what makes a run fail. No engine is needed: python3 -m unittest discover proofs/solvers"""

import unittest

import run
import tables
from engines import FAILS, HOLDS, NO_ANSWER, REAL_NUMBERS, answer, assumptions

AXIOMS = """Axioms:
ClassicalDedekindReals.sig_forall_dec
  : forall P : nat -> Prop,
    (forall n : nat, {P n} + {~ P n}) -> {n : nat | ~ P n} + {forall n : nat, P n}
FunctionalExtensionality.functional_extensionality_dep
  : forall (A : Type) (B : A -> Type) (f g : forall x : A, B x), (forall x : A, f x = g x) -> f = g
"""


def verdicts(**changes):
    row = {engine: {"verdict": HOLDS, "seconds": 0.5} for engine in tables.INDEPENDENT}
    row["checker"].update(terms=3, bytes=1234)
    row["kernel"]["axioms"] = []
    row.update({engine: {"verdict": verdict, "seconds": 1.0} for engine, verdict in changes.items()})
    wrong = {engine: {"verdict": FAILS, "seconds": 0.5} for engine in run.SOLVERS}
    return {"true": {"lemma": row}, "false": {"lemma_wider": wrong}}


class Answers(unittest.TestCase):
    def test_a_whole_line_is_an_answer(self):
        self.assertEqual(answer(0, "unsat\n", 1, "unsat", "sat")["verdict"], HOLDS)
        self.assertEqual(answer(0, "x\nsat\n", 1, "unsat", "sat")["verdict"], FAILS)

    def test_everything_else_is_none(self):
        for status, output in ((0, "unknown"), (0, "(error unsat)"), (0, "(error \"line 2\")\nunsat"), (0, "sat\nunsat"), (1, "unsat"), (None, "unsat"), (0, "")):
            self.assertEqual(answer(status, output, 1, "unsat", "sat")["verdict"], NO_ANSWER, output)


class Axioms(unittest.TestCase):
    def test_those_of_the_real_numbers_are_allowed(self):
        self.assertLessEqual(assumptions(AXIOMS), REAL_NUMBERS)
        self.assertEqual(len(assumptions(AXIOMS)), 2)
        self.assertEqual(assumptions("Closed under the global context\n"), set())

    def test_another_one_is_seen(self):
        self.assertFalse(assumptions(AXIOMS + "cheat : False\n") <= REAL_NUMBERS)

    def test_silence_is_no_proof(self):
        self.assertIsNone(assumptions(""))


class Faults(unittest.TestCase):
    def test_agreement_has_none(self):
        self.assertEqual(list(run.faults(verdicts())), [])

    def test_three_independent_verdicts_and_no_solver_are_too_few(self):
        quiet = dict.fromkeys(run.SOLVERS, NO_ANSWER)
        self.assertEqual(len(list(run.faults(verdicts(**quiet)))), 2)

    def test_one_contradiction_fails_the_run(self):
        self.assertEqual(list(run.faults(verdicts(qepcad=FAILS))), [f"lemma: qepcad says {FAILS}"])

    def test_a_false_neighbour_that_holds_fails_the_run(self):
        all_verdicts = verdicts()
        all_verdicts["false"]["lemma_wider"]["z3"]["verdict"] = HOLDS
        self.assertEqual(list(run.faults(all_verdicts)), [f"lemma_wider: z3 says {HOLDS}"])

    def test_a_rejected_certificate_fails_the_run(self):
        self.assertEqual(len(list(run.faults(verdicts(kernel=NO_ANSWER)))), 1)


class Pages(unittest.TestCase):
    def test_a_page_is_read_back(self):
        data = {
            "versions": {"Z3": "1.0"}, "limit": 20, "verdicts": verdicts(cvc5=NO_ANSWER),
            "coqchk": {"accepted": True, "used": ["a"], "context": ["a", "b"], "seconds": 1},
        }
        page = tables.proofs({"lemma": {"paper": "Lemma 1 | (2)"}}, {"lemma_wider": {}}, data)
        stored = tables.stored(page)
        self.assertEqual(stored["true", "lemma", "cvc5"], NO_ANSWER)
        self.assertEqual(stored["true", "lemma", "kernel"], HOLDS)
        self.assertEqual(stored["false", "lemma_wider", "qepcad"], FAILS)
        self.assertEqual(len(stored), len(tables.INDEPENDENT) + len(run.SOLVERS))
        self.assertIn("| 3 terms, 1,234 bytes |", page)
        self.assertNotIn("0.5", page)


if __name__ == "__main__":
    unittest.main()
