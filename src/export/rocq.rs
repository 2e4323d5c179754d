//! Rocq (Coq 8.16): the statement over the real numbers, and the lemmas that generated proofs use.

use super::problem::Problem;

/// What a generated proof cites besides the standard library. Each lemma is linear, or divides by
/// a positive factor.
const LEMMAS: &str = "\
Lemma positive_of_gt (p q : R) : p > q -> 0 < p - q. Proof. lra. Qed.
Lemma positive_of_lt (p q : R) : p < q -> 0 < q - p. Proof. lra. Qed.
Lemma nonnegative_of_ge (p q : R) : p >= q -> 0 <= p - q. Proof. lra. Qed.
Lemma nonnegative_of_le (p q : R) : p <= q -> 0 <= q - p. Proof. lra. Qed.
Lemma gt_of_positive (p q : R) : 0 < p - q -> p > q. Proof. lra. Qed.
Lemma lt_of_positive (p q : R) : 0 < q - p -> p < q. Proof. lra. Qed.
Lemma ge_of_nonnegative (p q : R) : 0 <= p - q -> p >= q. Proof. lra. Qed.
Lemma le_of_nonnegative (p q : R) : 0 <= q - p -> p <= q. Proof. lra. Qed.
Lemma split_strict (q : R) : 0 < q \\/ 0 <= - q. Proof. lra. Qed.
Lemma split_weak (q : R) : 0 <= q \\/ 0 <= - q. Proof. lra. Qed.
Lemma strict_identity (p s : R) : p = s -> 0 < s -> 0 < p. Proof. lra. Qed.
Lemma weak_identity (p s : R) : p = s -> 0 <= s -> 0 <= p. Proof. lra. Qed.
Lemma sum_is_not_zero (s : R) : 0 = s -> 0 < s -> False. Proof. lra. Qed.
Lemma strict_quotient (m p s : R) : 0 < m -> m * p = s -> 0 < s -> 0 < p.
Proof.
  intros positive_m identity positive_s. apply (Rmult_lt_reg_l m); [exact positive_m |].
  rewrite Rmult_0_r, identity. exact positive_s.
Qed.
Lemma weak_quotient (m p s : R) : 0 < m -> m * p = s -> 0 <= s -> 0 <= p.
Proof.
  intros positive_m identity nonnegative_s. apply (Rmult_le_reg_l m); [exact positive_m |].
  rewrite Rmult_0_r, identity. exact nonnegative_s.
Qed.
";

/// A file that defines the statement and proves nothing.
pub(super) fn statement(problem: &Problem) -> String {
    format!("{}{}", head(problem), definition(problem))
}

/// Title and imports.
pub(super) fn head(problem: &Problem) -> String {
    let mut out = String::new();
    for line in problem.head() {
        out += &format!("(* {line} *)\n");
    }
    out + "Require Import Reals Lra.\nLocal Open Scope R_scope.\n\n"
}

/// The auxiliary lemmas, with a blank line after them.
pub(super) fn lemmas() -> String {
    format!("{LEMMAS}\n")
}

/// `Definition statement : Prop := ...`.
pub(super) fn definition(problem: &Problem) -> String {
    let goals: Vec<String> = problem
        .goals
        .iter()
        .map(|g| problem.infix(g, "*"))
        .collect();
    let claim = goals.join(if problem.any { " \\/\n  " } else { " /\\\n  " });
    format!(
        "Definition statement : Prop :=\n  {}.\n",
        implication(problem, &claim)
    )
}

/// `forall variables, given -> ... -> conclusion`, without a full stop.
pub(super) fn implication(problem: &Problem, conclusion: &str) -> String {
    let mut out = format!("forall {} : R,\n  ", problem.spelled().join(" "));
    for given in &problem.given {
        out += &format!("{} ->\n  ", problem.infix(given, "*"));
    }
    out + conclusion
}
