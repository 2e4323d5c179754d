//! Sums of squares: forms from the literature, true and false, as statements.

use std::time::Duration;
use tauber::certificate::{Statement, Verdict};
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
        time: Some(Duration::from_secs(60)),
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
