//! Subdivision into parts: claims with a margin that no cheaper strategy proves, and claims without one.

use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tauber::certificate::{Certificate, Node, Statement, Verdict};
use tauber::prover::scope::Scope;
use tauber::prover::{Clock, Options, Outcome, prove, subdivide};

/// The Chebyshev polynomials T_4 and T_8, whose minimum on [-1, 1] is -1, at inner points.
fn t4(x: &str) -> String {
    format!("(8*({x})^4 - 8*({x})^2 + 1)")
}

fn t8(x: &str) -> String {
    format!("(128*({x})^8 - 256*({x})^6 + 160*({x})^4 - 32*({x})^2 + 1)")
}

fn statement(variables: &str, given: &[&str], goals: &[String], key: &str) -> Statement {
    let quoted = |list: Vec<String>| {
        list.iter()
            .map(|t| format!("{t:?}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let text = format!(
        "title = 'test'\nvariables = [{}]\ngiven = [{}]\n{key} = [{}]\n",
        quoted(variables.split(' ').map(str::to_owned).collect()),
        quoted(given.iter().map(|g| (*g).to_owned()).collect()),
        quoted(goals.to_vec()),
    );
    Statement::from_toml(&text).unwrap()
}

/// Subdivision alone, without any other strategy.
fn alone(statement: &Statement, parts: usize) -> (Option<Certificate>, String) {
    let scope = Scope::new(statement.variables(), statement.given());
    let goals: Vec<_> = statement.goals().iter().cloned().enumerate().collect();
    let mut clock = Clock::new(Some(Duration::from_secs(60)), None);
    let node = subdivide::search(&scope, &goals, parts, &mut clock);
    let certificate = node.map(|node| Certificate {
        statement: statement.clone(),
        vacuous: false,
        proofs: vec![node],
    });
    let why = clock.last("subdivision").unwrap_or_default().to_owned();
    (certificate, why)
}

fn accepted_by_both_checkers(certificate: &Certificate) {
    certificate.check().unwrap();
    let recent = "import sys; sys.exit(sys.version_info < (3, 11))";
    let python = Command::new("python3").args(["-c", recent]).status();
    if !python.is_ok_and(|status| status.success()) {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI needs python3, 3.11 or later"
        );
        println!("skipped: no python3 of version 3.11 or later, which the second checker needs");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.json");
    std::fs::write(&file, certificate.to_json()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs/check.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(&file)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

fn by_subdivision(outcome: &Outcome) -> usize {
    let attempts = outcome.attempts.iter();
    attempts
        .filter(|a| a.strategy == "subdivision")
        .map(|a| a.successes)
        .sum()
}

fn splits(node: &Node) -> usize {
    node.structure().0
}

#[test]
fn a_margin_inside_an_interval_is_proved_by_parts_and_by_nothing_cheaper() {
    let goals = [format!("{} > -102/100", t8("x"))];
    let s = statement("x", &["x >= -1", "x <= 1"], &goals, "claim");
    let outcome = prove(&s, &Options::default());
    let Verdict::Proved(certificate) = &outcome.verdict else {
        panic!("{outcome:?}");
    };
    assert_eq!(by_subdivision(&outcome), 1, "{:?}", outcome.attempts);
    assert!(splits(&certificate.proofs[0]) >= 3);
    accepted_by_both_checkers(certificate);
}

#[test]
fn a_margin_in_two_variables_is_proved_by_parts() {
    let goals = [format!("{} + {} >= -21/10", t4("x"), t4("y"))];
    let s = statement(
        "x y",
        &["x >= -1", "x <= 1", "y > -1", "y < 1"],
        &goals,
        "claim",
    );
    let (certificate, why) = alone(&s, 400);
    accepted_by_both_checkers(&certificate.expect(&why));
}

#[test]
fn an_end_that_is_missing_is_derived() {
    // 0 < a < 2 (b + 1) < 4.
    let goals = [format!("{} > -11/10", t4("a/2 - 1"))];
    let s = statement(
        "a b",
        &["b > -1", "b < 1", "a > 0", "a < 2*(b + 1)"],
        &goals,
        "claim",
    );
    let (certificate, why) = alone(&s, 200);
    let certificate = certificate.expect(&why);
    assert!(certificate.proofs[0].structure().1 >= 1, "a fact bounds a");
    accepted_by_both_checkers(&certificate);
    // Without b < 1 there is no such end.
    let s = statement(
        "a b",
        &["b > -1", "a > 0", "a < 2*(b + 1)"],
        &goals,
        "claim",
    );
    let (certificate, why) = alone(&s, 200);
    assert!(certificate.is_none());
    assert_eq!(why, "no box with rational sides");
}

#[test]
fn a_hypothesis_cuts_parts_of_the_box_away() {
    // On the disc x y <= 1/2; at the corner of the box it is 1.
    let given = ["x >= -1", "x <= 1", "y >= -1", "y <= 1", "x^2 + y^2 <= 1"];
    let goals = ["x*y < 3/5".to_owned()];
    let (certificate, why) = alone(&statement("x y", &given, &goals, "claim"), 400);
    accepted_by_both_checkers(&certificate.expect(&why));
    let (certificate, _) = alone(&statement("x y", &given[..4], &goals, "claim"), 400);
    assert!(certificate.is_none());
}

#[test]
fn a_disjunction_takes_another_goal_on_each_part() {
    // The parabola is below 0 inside |x| < 1/2 and above -1/4 outside |x| < 1/4.
    let given = ["x >= -1", "x <= 1"];
    let goals = ["4*x^2 < 1".to_owned(), "x^2 > 1/16".to_owned()];
    let (certificate, why) = alone(&statement("x", &given, &goals, "any"), 100);
    accepted_by_both_checkers(&certificate.expect(&why));
    // With a gap between the two.
    let goals = ["x^2 < 1/16".to_owned(), "4*x^2 > 1".to_owned()];
    let (certificate, _) = alone(&statement("x", &given, &goals, "any"), 100);
    assert!(certificate.is_none());
}

#[test]
fn zeros_on_strict_sides_are_no_obstacle() {
    let goals = ["x*(x^2 - x*y + 3/10*y^2 + 1/5) > 0".to_owned()];
    let s = statement(
        "x y",
        &["x > 0", "x < 1", "y >= -1", "y <= 1"],
        &goals,
        "claim",
    );
    let (certificate, why) = alone(&s, 400);
    accepted_by_both_checkers(&certificate.expect(&why));
    // Where the side belongs to the domain the strict claim fails on it.
    let s = statement(
        "x y",
        &["x >= 0", "x < 1", "y >= -1", "y <= 1"],
        &goals,
        "claim",
    );
    assert!(alone(&s, 400).0.is_none());
}

#[test]
fn a_claim_that_touches_zero_inside_has_no_margin_and_is_given_up() {
    let goals = [format!("{} >= -1", t8("x"))];
    let s = statement("x", &["x >= -1", "x <= 1"], &goals, "claim");
    let (certificate, why) = alone(&s, 10_000);
    assert!(certificate.is_none());
    assert!(why.starts_with("no margin"), "{why}");
}

#[test]
fn a_false_claim_is_never_proved_by_parts() {
    let goals = [format!("{} > -99/100", t8("x"))];
    let s = statement("x", &["x >= -1", "x <= 1"], &goals, "claim");
    assert!(alone(&s, 10_000).0.is_none());
    let outcome = prove(&s, &Options::default());
    assert_eq!(outcome.verdict.word(), "refuted");
    assert_eq!(by_subdivision(&outcome), 0);
}
