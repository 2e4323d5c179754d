//! Products in goals and hypotheses, vertices, and cases that exclude zeros.

use std::time::Duration;
use tauber::certificate::{Certificate, Inequality, Node, Statement, Verdict};
use tauber::number::{Rational, Ring};
use tauber::polynomial::Polynomial;
use tauber::prover::sample::samples;
use tauber::prover::scope::Scope;
use tauber::prover::search::{Hints, Search};
use tauber::prover::{Clock, Options, Outcome, prove};

const BOX: [&str; 6] = [
    "b > -1",
    "b < 1",
    "a > 0",
    "a < 2*(b + 1)",
    "z > 0",
    "z < 1",
];

fn statement(variables: &str, given: &[&str], claim: &str) -> Statement {
    let given: Vec<String> = given.iter().map(|g| format!("{g:?}")).collect();
    let names: Vec<String> = variables.split(' ').map(|v| format!("{v:?}")).collect();
    let text = format!(
        "title = 'test'\nvariables = [{}]\ngiven = [{}]\nclaim = {claim:?}\n",
        names.join(", "),
        given.join(", ")
    );
    Statement::from_toml(&text).unwrap()
}

fn outcome(statement: &Statement) -> Outcome {
    let options = Options {
        time: Some(Duration::from_secs(120)),
        ..Options::default()
    };
    prove(statement, &options)
}

fn proved(statement: &Statement) -> (Certificate, Outcome) {
    let outcome = outcome(statement);
    let Verdict::Proved(certificate) = &outcome.verdict else {
        panic!("{:?}", outcome.verdict);
    };
    certificate.check().unwrap();
    (certificate.clone(), outcome)
}

fn refuted(statement: &Statement) -> bool {
    matches!(outcome(statement).verdict, Verdict::Refuted(_))
}

/// All facts of a proof.
fn facts(node: &Node) -> Vec<Inequality> {
    match node {
        Node::Identity { .. } | Node::Absurd { .. } => Vec::new(),
        Node::Split { above, below, .. } => [facts(above), facts(below)].concat(),
        Node::Fact { fact, proof, then } => {
            [vec![fact.clone()], facts(proof), facts(then)].concat()
        }
    }
}

fn denominator(rate: &str) -> String {
    format!("((1 - b*z)*((1 + b*z)^2 - z*(1 + b - {rate})^2) + g*{rate}^2*z*(1 + b*z))")
}

#[test]
fn a_product_of_two_denominators_is_proved_by_its_factors() {
    let product = format!("{}*{}", denominator("a"), denominator("c"));
    let given = [&BOX[..], &["g >= 0", "g <= 1", "c > 0", "c < 2*(b + 1)"]].concat();
    let s = statement("a b c g z", &given, &format!("{product} > 0"));
    let (certificate, _) = proved(&s);
    let known = facts(&certificate.proofs[0]);
    for rate in ["a", "c"] {
        let factor = Polynomial::parse(&denominator(rate)).unwrap();
        let factor = factor.primitive().over(s.variables()).unwrap();
        let found = |f: &Inequality| {
            f.strict && (f.polynomial == factor || f.polynomial == -factor.clone())
        };
        assert!(known.iter().any(found), "{rate}: {known:?}");
    }
    // The expansion in the distances to the ends has more than 300.
    assert!(certificate.terms() < 100, "{}", certificate.terms());
}

#[test]
fn a_product_with_one_factor_below_zero_is_refuted() {
    let product = format!("{}*{}", denominator("a"), denominator("c"));
    let given = [
        &BOX[..],
        &["g >= 0", "g <= 1", "c > 0", "c < 21/10*(b + 1)"],
    ]
    .concat();
    assert!(refuted(&statement(
        "a b c g z",
        &given,
        &format!("{product} > 0")
    )));
}

#[test]
fn a_hypothesis_that_is_a_product_says_the_sign_of_its_factors() {
    let given = [
        "b^2 <= s^2",
        "s >= 0",
        "s < 1",
        "a > 0",
        "a <= 1 - s",
        "x > b",
    ];
    let s = statement("a b s x", &given, "a^3 + s <= 1 + a^2*x + 2*s - a^2*b");
    let (certificate, _) = proved(&s);
    certificate.check().unwrap();
    for (claim, holds) in [("1 + b > 0", true), ("b < s", false), ("2*b <= s", false)] {
        let s = statement("b s", &given[..3], claim);
        assert_eq!(
            matches!(outcome(&s).verdict, Verdict::Proved(_)),
            holds,
            "{claim}"
        );
        assert_eq!(refuted(&s), !holds, "{claim}");
    }
    // With s of either sign the factors may change sign together.
    let either = ["b^2 <= s^2", "s > -1", "s < 1"];
    assert!(refuted(&statement("b s", &either, "s - b >= 0")));
}

#[test]
fn a_vertex_that_is_a_polynomial_needs_no_division() {
    let r1 = "b^4*z^4 + 2*b^3*z^3 - 2*b^3*z^2 - 2*a^2*b*z^2 + 4*a*b^2*z^2 + 4*a*b*z^2 - 2*b^2*z^2 - 2*b*z^2 + 2*b*z + 1";
    let claim = |half: &str| format!("{r1} >= {half}*(1 - b^2*z)*(1 - b^2*z^2)");
    let (_, outcome) = proved(&statement("a b z", &BOX, &claim("1/2")));
    let attempts = outcome.attempts.iter();
    let vertex = attempts.filter(|a| a.strategy == "vertex");
    assert!(vertex.map(|a| a.successes).sum::<usize>() > 0);
    // The two sides meet at the corner b = -1, z = 1 with slopes that leave no room.
    assert!(refuted(&statement("a b z", &BOX, &claim("5001/10000"))));
}

/// A proof with one split at most.
fn shallow(statement: &Statement) -> Option<Node> {
    let mut scope = Scope::new(statement.variables(), statement.given());
    scope.samples = samples(&scope, 240, 4_000, 7);
    let mut clock = Clock::new(None, None);
    let hints = Hints::default();
    Search::new(&mut clock, &hints).prove(&scope, &statement.goals()[0], 0, 1)
}

#[test]
fn a_case_excludes_the_zeros_that_the_other_covers() {
    // x >= 0: (t - x) + x + x^4. x < 0: (t + x^3) + (-x)^3 + x^4, positive because x is not 0.
    let s = statement("t x", &["t > x", "t >= -x^3"], "t + x^4 > 0");
    let node = shallow(&s).unwrap();
    assert!(
        matches!(&node, Node::Split { strict: true, .. }),
        "{node:?}"
    );
    let certificate = Certificate {
        statement: s,
        vacuous: false,
        proofs: vec![node],
    };
    certificate.check().unwrap();
    // At t = x = 0 it fails once the first hypothesis is weak.
    let weak = statement("t x", &["t >= x", "t >= -x^3"], "t + x^4 > 0");
    assert_eq!(shallow(&weak), None);
    assert!(refuted(&weak));
    let zero = |_: &str| Some(Ring::zero());
    let value: Rational = weak.goals()[0].polynomial.evaluate(zero).unwrap();
    assert_eq!(value, Ring::zero());
}
