//! The prover as a stranger meets it: statements nobody here prepared, false ones among them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tauber::certificate::{
    Certificate, Inequality, Node, Statement, Term, Verdict, Why, Witness, explain_latex,
    explain_text,
};
use tauber::number::{Rational, Ring, parse_rational};
use tauber::polynomial::Polynomial;
use tauber::prover::products::{self, Reach};
use tauber::prover::refute::share_holding;
use tauber::prover::sample::samples;
use tauber::prover::scope::Scope;
use tauber::prover::{Clock, Options, prove, shorten, splits};

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
    }
}

/// Whether products of at most five hypotheses, within the degrees of the claim, do not add up to it: a
/// linear program in floats says so, an estimate.
fn products_fail(statement: &Statement) -> bool {
    let scope = Scope::new(statement.variables(), statement.given());
    let reach = Reach {
        factors: 5,
        extra: 0,
        foreign: 0,
        columns: 20_000,
    };
    let shown = [
        "no combination at this degree",
        "a monomial that no product has",
        "only weak terms",
    ];
    let mut failed = statement.goals().iter().map(|goal| {
        let mut clock = Clock::new(None, None);
        let terms = products::search(&scope, goal, &[], &[], reach, &mut clock);
        let why = clock.last("products").unwrap_or_default();
        terms.is_none() && shown.contains(&why)
    });
    if statement.is_disjunction() {
        failed.all(|f| f)
    } else {
        failed.any(|f| f)
    }
}

#[test]
fn at_least_ten_statements_need_a_split_a_fact_or_a_multiplier() {
    let (mut needing, mut plain) = (0, 0);
    for (_, json) in folder("certificates") {
        let certificate = Certificate::from_json(json.as_bytes()).unwrap();
        if certificate.vacuous {
            continue;
        }
        let mut proofs = certificate.proofs.iter();
        let shaped = proofs.any(|node| node.structure() != (0, 0, 0));
        let fail = products_fail(&certificate.statement);
        needing += usize::from(shaped && fail);
        plain += usize::from(!fail);
    }
    assert!(needing >= 10, "{needing} of the statements");
    assert!(
        plain >= 5,
        "products suffice for {plain}: they are tried in vain"
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

/// "new", or a numbered lemma, proposition, section, appendix or equation of the paper.
fn is_reference(text: &str) -> bool {
    let numbered = [
        "Lemma ",
        "Proposition ",
        "Theorem ",
        "Section ",
        "Appendix ",
        "(",
    ];
    let names = |place: &str| {
        let mut rest = text.split(place).skip(1);
        rest.any(|rest| {
            let first = rest.chars().next();
            first.is_some_and(|c| {
                c.is_ascii_digit() || place == "Appendix " && c.is_ascii_uppercase()
            })
        })
    };
    text == "new" || text.starts_with("new;") || numbered.into_iter().any(names)
}

#[test]
fn a_reference_names_a_place_of_the_paper() {
    for text in [
        "new",
        "new; Section 4.1",
        "Lemma 1.3, (120)-(123)",
        "Appendix H, (250)",
    ] {
        assert!(is_reference(text), "{text}");
    }
    for text in ["", "the paper", "newer", "Lemma", "(see there)", "Appendix"] {
        assert!(!is_reference(text), "{text}");
    }
}

#[test]
fn no_two_statements_are_the_same_and_each_has_a_reference() {
    let mut seen = BTreeSet::new();
    for (name, text) in folder("statements") {
        let statement = Statement::from_toml(&text).unwrap();
        let paper = statement.paper().unwrap_or_default();
        assert!(is_reference(paper), "{name}: {paper:?}");
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
            // The place counts from 0, the words from 1 as the command line does.
            assert_eq!(witness.values[0].0, 3);
            let words = witness.to_string();
            assert!(words.contains(": claim [4] has the value -"), "{words}");
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
fn an_empty_domain_with_a_power_above_the_eighth_is_called_empty() {
    // The search for a contradiction once looked beyond its table of monomials.
    let empty = statement("x y", &["x^11 > 2", "x^2 < 1"], "claim = 'x + y > 7'");
    assert!(proved(&empty).vacuous);
    let other = statement("x y", &["x^11 > 2", "x^2 < 2"], "claim = 'x + y > 7'");
    match prove(&other, &Options::default()).verdict {
        Verdict::Refuted(witness) => confirm(&other, &witness),
        verdict => panic!("{verdict:?}"),
    }
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
        matches!(outcome.verdict, Verdict::Unknown(Why::OutOfTime { .. })),
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
fn the_callers_fact_is_used_where_it_can_be_proved() {
    // A positive multiple of the fact: with it one term suffices.
    let s = statement(
        "x y",
        &["x > 1", "y >= x"],
        "claim = '14*x^2*y + 6*x*y^3 > 20'",
    );
    let read = |text: &str| Inequality::parse(text, s.variables()).unwrap();
    let (fact, wrong) = (read("7*x^2*y + 3*x*y^3 > 10"), read("y > 2"));
    let with = |facts: Vec<Inequality>| {
        let options = Options {
            facts,
            ..Options::default()
        };
        match prove(&s, &options).verdict {
            Verdict::Proved(certificate) => certificate.proofs[0].clone(),
            other => panic!("{other:?}"),
        }
    };
    let Node::Fact {
        fact: found, then, ..
    } = with(vec![wrong.clone(), fact.clone()])
    else {
        panic!("the fact is not used");
    };
    assert_eq!(found, fact);
    assert_eq!(then.terms(), 1);
    // Without it, and with one that does not hold, the proof is another one.
    for node in [with(Vec::new()), with(vec![wrong])] {
        assert!(!matches!(&node, Node::Fact { fact: f, .. } if *f == fact));
    }
}

#[test]
fn the_callers_split_is_tried_first() {
    let s = statement(
        "x y",
        &["x > -2", "x < 2", "y > 0"],
        "claim = 'x^2*y + 1 > 0'",
    );
    let scope = scope_with_samples(&s);
    let own = Polynomial::parse("5*x - 7").unwrap();
    let elsewhere = Polynomial::parse("x - 7").unwrap();
    let first = |own: &[Polynomial]| splits::candidates(&scope, &s.goals()[0], own, 1)[0].clone();
    assert_eq!(first(std::slice::from_ref(&own)), own);
    // One that does not change sign on the domain is left out, and nobody has the first one of his own accord.
    for list in [vec![elsewhere], Vec::new()] {
        let found = splits::candidates(&scope, &s.goals()[0], &list, 1);
        assert!(
            !found.is_empty() && !found.contains(&own) && list.iter().all(|q| !found.contains(q))
        );
    }
}

fn scope_with_samples(statement: &Statement) -> Scope {
    let mut scope = Scope::new(statement.variables(), statement.given());
    scope.samples = samples(&scope, 200, 2_000, 3);
    scope
}

#[test]
fn shortening_removes_terms_that_are_not_needed_and_keeps_what_is_short() {
    let s = statement("x y", &["x > 0", "y > 0"], "claim = 'x + 2*y > 0'");
    let term = |coefficient: &str, entry: usize| Term {
        coefficient: parse_rational(coefficient).unwrap(),
        factors: vec![(entry, 1)],
        square: None,
    };
    let certificate = |terms: Vec<Term>| {
        let certificate = Certificate {
            statement: s.clone(),
            vacuous: false,
            proofs: vec![Node::Identity {
                claim: 0,
                multiplier: Vec::new(),
                terms,
            }],
        };
        certificate.check().unwrap();
        certificate
    };
    let long = certificate(vec![
        term("1/3", 0),
        term("2/3", 0),
        term("1/2", 1),
        term("1/2", 1),
        term("1", 1),
    ]);
    let short = certificate(vec![term("1", 0), term("2", 1)]);
    let options = Options {
        shortening: Duration::from_secs(20),
        ..Options::default()
    };
    let shortened = |c: &Certificate| shorten(c, &options, &mut Clock::new(None, None));
    let found = shortened(&long);
    found.check().unwrap();
    assert_eq!(found.terms(), 2);
    assert_eq!(shortened(&short).terms(), 2);
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
