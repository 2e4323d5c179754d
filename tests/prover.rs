//! The prover as a stranger meets it: statements nobody here prepared, false ones among them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tauber::certificate::{
    Certificate, Statement, Verdict, Why, Witness, explain_latex, explain_text,
};
use tauber::number::{Rational, Ring};
use tauber::prover::refute::share_holding;
use tauber::prover::{Options, prove};

fn folder(name: &str) -> Vec<(String, String)> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "proofs", name]
        .iter()
        .collect();
    let mut list: Vec<(String, String)> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    list.sort();
    list
}

fn statement(variables: &str, given: &[&str], goals: &str) -> Statement {
    let given: Vec<String> = given.iter().map(|g| format!("{g:?}")).collect();
    let names: Vec<String> = variables.split(' ').map(|v| format!("{v:?}")).collect();
    let text = format!(
        "title = 'test'\nvariables = [{}]\ngiven = [{}]\n{goals}\n",
        names.join(", "),
        given.join(", ")
    );
    Statement::from_toml(&text).unwrap()
}

fn proved(statement: &Statement) -> Certificate {
    let options = Options {
        time: Some(Duration::from_secs(60)),
        ..Options::default()
    };
    match prove(statement, &options).verdict {
        Verdict::Proved(certificate) => {
            certificate.check().unwrap();
            certificate
        }
        other => panic!("{:?}: {other:?}", statement.goal_texts()),
    }
}

/// The witness satisfies every hypothesis and violates the claim, by this test's own evaluation of the
/// texts (a recursive-descent reader of the grammar over rationals).
fn confirm(statement: &Statement, witness: &Witness) {
    let holds = |text: &str| {
        let (left, sign, right) = [">=", "<=", ">", "<"]
            .iter()
            .find_map(|s| text.split_once(s).map(|(l, r)| (l, *s, r)))
            .unwrap();
        let difference = evaluate(left, witness) - evaluate(right, witness);
        let zero = Rational::from_integer(0.into());
        match sign {
            ">" => difference > zero,
            ">=" => difference >= zero,
            "<" => difference < zero,
            _ => difference <= zero,
        }
    };
    assert!(statement.texts("given").into_iter().all(holds), "{witness}");
    let mut goals = statement.goal_texts().into_iter().map(holds);
    let claim = if statement.is_disjunction() {
        goals.any(|h| h)
    } else {
        goals.all(|h| h)
    };
    assert!(!claim, "{witness}");
}

fn evaluate(text: &str, witness: &Witness) -> Rational {
    let tokens: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut at = 0;
    let value = sum(&tokens, &mut at, witness);
    assert_eq!(at, tokens.len(), "{text}");
    value
}

fn sum(t: &[char], at: &mut usize, w: &Witness) -> Rational {
    let mut total = Rational::from_integer(0.into());
    let mut sign = if t.get(*at) == Some(&'-') { -1 } else { 1 };
    *at += usize::from(matches!(t.get(*at), Some('-' | '+')));
    loop {
        let mut product = power(t, at, w);
        while let Some(op @ ('*' | '/')) = t.get(*at) {
            *at += 1;
            let factor = power(t, at, w);
            product = if *op == '*' {
                product * factor
            } else {
                product / factor
            };
        }
        total += product * Rational::from_integer(sign.into());
        match t.get(*at) {
            Some('+') => sign = 1,
            Some('-') => sign = -1,
            _ => return total,
        }
        *at += 1;
    }
}

fn power(t: &[char], at: &mut usize, w: &Witness) -> Rational {
    let word = |at: &mut usize, keep: fn(&char) -> bool| {
        let start = *at;
        while t.get(*at).is_some_and(keep) {
            *at += 1;
        }
        t[start..*at].iter().collect::<String>()
    };
    let base = if t[*at] == '(' {
        *at += 1;
        let value = sum(t, at, w);
        assert_eq!(t[*at], ')');
        *at += 1;
        value
    } else if t[*at].is_ascii_digit() {
        let digits = word(at, |c| c.is_ascii_digit());
        Rational::from_integer(digits.parse().unwrap())
    } else {
        w.point[&word(at, |c| c.is_ascii_alphanumeric() || *c == '_')].clone()
    };
    if t.get(*at) == Some(&'^') {
        *at += 1;
        let exponent: u32 = word(at, |c| c.is_ascii_digit()).parse().unwrap();
        return Ring::power(&base, exponent);
    }
    base
}

#[test]
fn every_false_neighbour_is_refuted_by_a_confirmed_witness() {
    let list = folder("false");
    assert!(list.len() >= 25);
    for (name, text) in list {
        let statement = Statement::from_toml(&text).unwrap();
        let options = Options {
            time: Some(Duration::from_secs(30)),
            ..Options::default()
        };
        match prove(&statement, &options).verdict {
            Verdict::Refuted(witness) => confirm(&statement, &witness),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn at_least_eight_false_neighbours_look_true_at_random_points() {
    // A sample of the measurement on a million points: 999 in 1000.
    let needles = folder("false").into_iter().filter(|(_, text)| {
        let statement = Statement::from_toml(text).unwrap();
        let (inside, holding) = share_holding(&statement, 10_000, 99);
        inside == 10_000 && holding >= 9_990
    });
    assert!(needles.count() >= 8);
}

#[test]
fn every_true_statement_has_a_stored_certificate_of_exactly_itself() {
    let certificates = folder("certificates");
    let statements = folder("statements");
    assert!(statements.len() >= 25);
    let names = |l: &[(String, String)]| l.iter().map(|x| x.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&certificates), names(&statements));
    let mut shaped = 0;
    for ((name, json), (_, toml)) in certificates.iter().zip(&statements) {
        let statement = Statement::from_toml(toml).unwrap();
        let accepted = tauber_checker::check(json.as_bytes(), Some(statement.checked()));
        assert!(accepted.is_ok(), "{name}");
        let certificate = Certificate::from_json(json.as_bytes()).unwrap();
        assert_eq!(
            &certificate.to_json(),
            json,
            "{name}: reading and writing are inverse"
        );
        shaped += usize::from(
            certificate
                .proofs
                .iter()
                .any(|n| n.structure() != (0, 0, 0)),
        );
    }
    assert!(
        shaped >= 10,
        "{shaped} proofs with a split, a fact or a multiplier"
    );
}

#[test]
fn true_statements_are_proved_again_from_nothing() {
    for (name, text) in folder("statements") {
        let certificate = proved(&Statement::from_toml(&text).unwrap());
        assert_eq!(
            certificate.vacuous,
            name == "no_stable_learning_rate_below_minus_one"
        );
    }
}

#[test]
fn no_two_statements_are_the_same_and_each_has_a_reference() {
    let mut seen = BTreeSet::new();
    for (name, text) in folder("statements") {
        let statement = Statement::from_toml(&text).unwrap();
        assert!(statement.paper().is_some(), "{name}");
        let goals: Vec<String> = statement.goals().iter().map(|g| g.text()).collect();
        let given: BTreeSet<String> = statement.given().iter().map(|g| g.text()).collect();
        assert!(seen.insert((given, goals)), "{name}");
    }
}

#[test]
fn conjunctions_of_five_conditions_are_proved() {
    let s = statement(
        "a b g z",
        &[
            "b > -1",
            "b < 1",
            "a > 0",
            "a < 2*(b + 1)",
            "g >= 0",
            "g <= 1",
            "z > 0",
            "z < 1",
        ],
        "claim = ['1 + b*z > 0', '1 - b^2*z > 0', 'a*(2*(b+1) - a) <= (1+b)^2', 'a < 4', '(1-b)*(2*(1+b)-a) + g*a*(1+b) > 0']",
    );
    assert_eq!(proved(&s).proofs.len(), 5);
}

#[test]
fn one_false_claim_among_five_refutes_all() {
    let s = statement(
        "a b",
        &["b > -1", "b < 1", "a > 0", "a < 2*(b + 1)"],
        "claim = ['a > 0', 'a < 4', 'b < 1', 'a*b > -1/4', '1 + b > 0']",
    );
    match prove(&s, &Options::default()).verdict {
        Verdict::Refuted(witness) => {
            assert_eq!(witness.values[0].0, 3);
            confirm(&s, &witness);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn disjunctions_need_a_case_distinction() {
    let s = statement("x y", &["x*y > 0"], "any = ['x > 0', 'y < 0']");
    assert!(proved(&s).proofs[0].structure().0 > 0);
    let s = statement("x y", &["x*y >= 0"], "any = ['x > 0', 'y < 0']");
    match prove(&s, &Options::default()).verdict {
        Verdict::Refuted(witness) => confirm(&s, &witness),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_empty_domain_is_called_empty() {
    let s = statement("x y", &["x > y", "y > x + 1"], "claim = 'x^2 < -1'");
    assert!(proved(&s).vacuous);
}

#[test]
fn squares_and_boundary_zeros_are_no_obstacle() {
    proved(&statement("x y", &[], "claim = 'x^2 + y^2 >= 2*x*y'"));
    proved(&statement(
        "x",
        &["x >= 0", "x <= 1"],
        "claim = 'x^2*(1 - x) >= 0'",
    ));
    proved(&statement(
        "x y",
        &["x > 0", "y > 0"],
        "claim = '(x + y)^2 >= 4*x*y'",
    ));
}

#[test]
fn a_strict_claim_that_touches_zero_is_refuted_exactly() {
    let s = statement("x", &["x >= 0", "x <= 1"], "claim = 'x*(1 - x) > 0'");
    match prove(&s, &Options::default()).verdict {
        Verdict::Refuted(witness) => confirm(&s, &witness),
        other => panic!("{other:?}"),
    }
}

#[test]
fn time_and_interrupts_end_the_search_without_an_answer() {
    // Motzkin's polynomial is not negative, and not a sum of squares.
    let motzkin = statement("x y", &[], "claim = 'x^4*y^2 + x^2*y^4 + 1 >= 3*x^2*y^2'");
    let options = Options {
        time: Some(Duration::ZERO),
        ..Options::default()
    };
    let outcome = prove(&motzkin, &options);
    assert!(
        matches!(outcome.verdict, Verdict::Unknown(Why::OutOfTime)),
        "{outcome:?}"
    );
    let options = Options {
        interrupt: Some(Arc::new(AtomicBool::new(true))),
        ..Options::default()
    };
    let outcome = prove(&motzkin, &options);
    assert!(
        matches!(outcome.verdict, Verdict::Unknown(Why::Interrupted)),
        "{outcome:?}"
    );
}

#[test]
fn attempts_say_what_was_tried() {
    let s = statement("x y", &["x > 0", "y > 0"], "claim = 'x^2 + y > 0'");
    let outcome = prove(&s, &Options::default());
    assert_eq!(outcome.verdict.word(), "proved");
    assert!(outcome.terms > 0 && !outcome.method.is_empty());
    let successes: usize = outcome.attempts.iter().map(|a| a.successes).sum();
    assert!(successes > 0, "{:?}", outcome.attempts);
}

#[test]
fn the_callers_split_and_fact_are_used() {
    let s = statement("x y", &["x > 1", "y >= x"], "claim = 'x*y > 1'");
    let variables = s.variables().to_vec();
    let fact = tauber::certificate::Inequality::parse("y > 1", &variables).unwrap();
    let wrong = tauber::certificate::Inequality::parse("y > 2", &variables).unwrap();
    let options = Options {
        facts: vec![wrong, fact],
        ..Options::default()
    };
    assert_eq!(prove(&s, &options).verdict.word(), "proved");
}

#[test]
fn shortening_never_lengthens_and_stays_checked() {
    let s = statement(
        "b z",
        &["b > -1", "b < 1", "z > 0", "z < 1"],
        "claim = '(1 - b*z)*(1 + b*z)*(1 - b^2*z) > 0'",
    );
    let long = prove(&s, &Options::default());
    let options = Options {
        shortening: Duration::from_secs(2),
        ..Options::default()
    };
    let short = prove(&s, &options);
    assert_eq!(short.verdict.word(), "proved");
    assert!(short.terms <= long.terms);
}

#[test]
fn every_stored_certificate_is_explained() {
    for (name, json) in folder("certificates") {
        let certificate = Certificate::from_json(json.as_bytes()).unwrap();
        let (text, latex) = (explain_text(&certificate), explain_latex(&certificate));
        let reasons = |page: &str| page.matches("Term ").count();
        assert_eq!(reasons(&text), certificate.terms(), "{name}");
        assert_eq!(reasons(&latex), certificate.terms(), "{name}");
        assert_eq!(
            latex.matches('{').count(),
            latex.matches('}').count(),
            "{name}"
        );
    }
}
