//! Sums of squares: forms from the literature, true and false, as statements.

use std::time::Duration;
use tauber::certificate::{Statement, Verdict, Why};
use tauber::prover::{Options, Outcome, prove};

fn outcome(variables: &str, given: &[&str], claim: &str) -> Outcome {
    let names: Vec<String> = variables.split(' ').map(|v| format!("{v:?}")).collect();
    let given: Vec<String> = given.iter().map(|g| format!("{g:?}")).collect();
    let text = format!(
        "title = 'test'\nvariables = [{}]\ngiven = [{}]\nclaim = {claim:?}\n",
        names.join(", "),
        given.join(", ")
    );
    let statement = Statement::from_toml(&text).unwrap();
    let options = Options {
        time: Some(Duration::from_secs(20)),
        ..Options::default()
    };
    prove(&statement, &options)
}

fn proved(variables: &str, given: &[&str], claim: &str) {
    let outcome = outcome(variables, given, claim);
    match &outcome.verdict {
        Verdict::Proved(certificate) => certificate.check().unwrap(),
        _ => panic!("{claim}: {outcome:?}"),
    }
}

fn refuted(variables: &str, given: &[&str], claim: &str) {
    let outcome = outcome(variables, given, claim);
    assert_eq!(outcome.verdict.word(), "refuted", "{claim}: {outcome:?}");
}

const MOTZKIN: &str = "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1";

#[test]
fn perfect_squares_have_singular_gram_matrices() {
    proved("x y", &[], "x^2 + y^2 >= 2*x*y");
    proved("x", &[], "x^4 - 2*x^2 + 1 >= 0");
    // Zeros at x = 1 and x = -2/3, none of them a candidate of the other strategies.
    proved("x", &[], "(3*x^2 - x - 2)^2 + (x - 1)^2 >= 0");
}

#[test]
fn a_form_with_a_gram_matrix_of_full_rank_is_proved() {
    // (x^2 - y^2 + 2 y z)^2 + (x y + 3 z^2 - x z)^2 + (y^2 + z^2 - x z)^2 + (2 x y - y z + z^2)^2
    // + (x^2 + y^2 + z^2)^2 / 4, expanded by the reader of statements.
    proved(
        "x y z",
        &[],
        "(x^2 - y^2 + 2*y*z)^2 + (x*y + 3*z^2 - x*z)^2 + (y^2 + z^2 - x*z)^2 \
         + (2*x*y - y*z + z^2)^2 + (x^2 + y^2 + z^2)^2/4 >= 0",
    );
}

#[test]
fn parrilos_quartic_is_proved() {
    proved("x y", &[], "2*x^4 + 2*x^3*y - x^2*y^2 + 5*y^4 >= 0");
}

#[test]
fn a_strict_claim_gets_a_strict_term() {
    proved("x y", &[], "2*x^4 + 2*x^3*y - x^2*y^2 + 5*y^4 + 1 > 0");
    refuted("x y", &[], "2*x^4 + 2*x^3*y - x^2*y^2 + 5*y^4 > 0");
}

#[test]
fn motzkins_polynomial_needs_a_multiplier() {
    proved("x y", &[], &format!("{MOTZKIN} >= 0"));
    refuted("x y", &[], &format!("{MOTZKIN} >= 1/100"));
}

#[test]
fn a_hypothesis_is_multiplied_by_a_sum_of_squares() {
    proved("x y", &["x^2 + y^2 <= 1"], "x + y <= 3/2");
    // The maximum is the square root of 2, about 1.41421.
    refuted("x y", &["x^2 + y^2 <= 1"], "x + y <= 7/5");
}

#[test]
fn an_indefinite_form_is_refuted() {
    refuted("x y", &[], "x^4 + y^4 - 3*x^2*y^2 >= 0");
}

/// Calls and successes of one strategy, and the successes of all others.
fn by_strategy(outcome: &Outcome, strategy: &str) -> (usize, usize, usize) {
    let of = |own: bool| {
        let list = outcome.attempts.iter();
        list.filter(move |a| (a.strategy == strategy) == own)
    };
    (
        of(true).map(|a| a.calls).sum(),
        of(true).map(|a| a.successes).sum(),
        of(false).map(|a| a.successes).sum(),
    )
}

#[test]
fn squares_and_no_other_strategy_prove_a_quartic_without_hypotheses() {
    // Parrilo's example: no hypothesis to multiply, no sign to distinguish, no vertex.
    let outcome = outcome("x y", &[], "2*x^4 + 2*x^3*y - x^2*y^2 + 5*y^4 >= 0");
    assert_eq!(outcome.verdict.word(), "proved");
    let (calls, own, others) = by_strategy(&outcome, "sums of squares");
    assert!(calls >= 1 && own >= 1 && others == 0, "{outcome:?}");
}

#[test]
fn squares_are_not_what_proves_a_product_of_hypotheses() {
    let outcome = outcome("x y", &["x > 0", "y > x"], "x*y > 0");
    assert_eq!(outcome.verdict.word(), "proved");
    assert_eq!(by_strategy(&outcome, "sums of squares").0, 0, "{outcome:?}");
}

#[test]
fn squares_never_succeed_on_a_form_that_is_not_a_sum_of_squares_on_its_own_degree() {
    // Motzkin's polynomial times 1 is none; what proves it is the multiplier 1 + x^2 + y^2.
    let outcome = outcome("x y", &[], &format!("{MOTZKIN} >= 0"));
    let Verdict::Proved(certificate) = &outcome.verdict else {
        panic!("{outcome:?}");
    };
    let (_, facts, multipliers) = certificate.proofs[0].structure();
    assert!(facts >= 1 && multipliers >= 1, "{outcome:?}");
}

#[test]
fn a_sum_of_squares_over_the_reals_but_not_over_the_rationals_is_unknown_and_says_so() {
    // The norm of x + y t + z t^2, t^4 - t + 1 = 0: a sum of squares of real, not of rational polynomials
    // (C. Scheiderer, Sums of squares of polynomials with rational coefficients, arXiv:1209.2976).
    let outcome = outcome(
        "x y z",
        &[],
        "x^4 + x*y^3 + y^4 - 3*x^2*y*z - 4*x*y^2*z + 2*x^2*z^2 + x*z^3 + y*z^3 + z^4 >= 0",
    );
    match &outcome.verdict {
        Verdict::Unknown(why @ Why::IrrationalKernel { goal: 0 }) => {
            let words = why.to_string();
            assert!(words.starts_with("claim [1] is nearly"), "{words}");
            assert!(words.contains("irrational points"), "{words}");
        }
        other => panic!("{other:?}: {:?}", outcome.attempts),
    }
}

#[test]
fn other_unknowns_do_not_blame_irrational_points() {
    let statement = Statement::from_toml(
        "title = 't'\nvariables = ['x']\ngiven = []\nclaim = 'x^4 >= x^2 - 1'",
    )
    .unwrap();
    let options = Options {
        time: Some(Duration::ZERO),
        ..Options::default()
    };
    let outcome = prove(&statement, &options);
    assert!(
        matches!(outcome.verdict, Verdict::Unknown(Why::OutOfTime { .. })),
        "{outcome:?}"
    );
}
