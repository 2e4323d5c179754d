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
        self.assertIn("REDUCE could not be installed", page)


class Sample(unittest.TestCase):
    NAMES = {"true": [f"lemma_{i}" for i in range(9)], "false": [f"wider_{i}" for i in range(9)]}

    def page(self, true_cell="holds"):
        """A page as --compare writes it, one row each."""
        seconds = {"holds": 0.5, "slow": 12.0}
        cell = lambda engine: {
            "verdict": NO_ANSWER if true_cell == "none" and engine == "psatz" else HOLDS,
            "seconds": seconds.get(true_cell, 0.5), "reason": "time limit",
        }
        both = {
            "true": {"lemma": {engine: cell(engine) for engine in tables.LEFT}},
            "false": {"lemma_wider": {engine: {"verdict": FAILS, "seconds": 0.25} for engine in tables.LEFT}},
        }
        return tables.compare({"lemma": {}}, {"lemma_wider": {}}, {"versions": {"Z3": "1"}, "limit": 20, "verdicts": both})

    def test_the_page_of_comparison_is_read_back(self):
        read = tables.compared(self.page("none"))
        self.assertEqual(len(read), 2 * len(tables.LEFT))
        self.assertEqual(read["true", "lemma", "z3"], (HOLDS, 0.5))
        self.assertEqual(read["true", "lemma", "psatz"], (NO_ANSWER, None))
        self.assertEqual(read["false", "lemma_wider", "tauber"], (FAILS, 0.25))

    def test_the_seed_chooses_three_and_two(self):
        first, again, other = (run.chosen(self.NAMES, seed) for seed in ("a", "a", "b"))
        self.assertEqual((len(first["true"]), len(first["false"])), (3, 2))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_a_statement_without_a_row_and_a_row_without_a_file_fail(self):
        read = tables.compared(self.page())
        self.assertEqual(list(run.missing_rows({"true": ["lemma"], "false": ["lemma_wider"]}, read)), [])
        for names in ({"true": ["lemma", "new"], "false": ["lemma_wider"]}, {"true": ["lemma"], "false": []}):
            self.assertEqual(len(list(run.missing_rows(names, read))), 1, names)
        del read["true", "lemma", "nra"]
        self.assertEqual(len(list(run.missing_rows({"true": ["lemma"], "false": ["lemma_wider"]}, read))), 1)

    def test_the_same_verdict_and_a_new_one_are_fine(self):
        for before in ((HOLDS, 0.5), (NO_ANSWER, None), (HOLDS, 12.0)):
            self.assertIsNone(run.changed("true", "lemma", "z3", before, {"verdict": HOLDS}), before)
        self.assertIsNone(run.changed("true", "lemma", "z3", (HOLDS, 12.0), {"verdict": NO_ANSWER}))
        self.assertIsNone(run.changed("true", "lemma", "z3", (NO_ANSWER, None), {"verdict": NO_ANSWER}))

    def test_the_opposite_verdict_fails(self):
        for before in ((HOLDS, 0.5), (HOLDS, 19.0), (NO_ANSWER, None)):
            self.assertIn("says fails", run.changed("true", "lemma", "z3", before, {"verdict": FAILS}))
        self.assertIn("says holds", run.changed("false", "wider", "z3", (FAILS, 0.5), {"verdict": HOLDS}))
        self.assertIn("found: holds", run.changed("false", "wider", "z3", (HOLDS, 0.5), {"verdict": NO_ANSWER}))

    def test_a_quick_verdict_that_is_lost_fails(self):
        lost = run.changed("true", "lemma", "z3", (HOLDS, 0.5), {"verdict": NO_ANSWER, "reason": "time limit"})
        self.assertIn("has no answer now: time limit", lost)


if __name__ == "__main__":
    unittest.main()
