//! From a statement to a verdict.

use super::clock::{Attempt, Clock};
use super::disjunction::prove_any;
use super::facts::{Candidate, chained, collapsing, established, lore, squares, vanishing};
use super::floats::FloatPolynomial;
use super::prune::prune;
use super::refute::{Effort, refute, tight_points};
use super::sample::samples;
use super::scope::Scope;
use super::search::{Hints, Search};
use super::shorten::shorten;
use crate::certificate::{Certificate, Inequality, Node, Statement, Verdict, Why};
use crate::polynomial::Polynomial;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// How to search.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Give up after this long; `None`: only when everything was tried.
    pub time: Option<Duration>,
    /// Set from outside to stop early.
    pub interrupt: Option<Arc<AtomicBool>>,
    /// Polynomials of the caller's choice at whose sign cases may be distinguished.
    pub splits: Vec<Polynomial>,
    /// Polynomials of the caller's choice whose squares may stand in terms.
    pub squares: Vec<Polynomial>,
    /// Intermediate inequalities of the caller's choice: used where they can be proved.
    pub facts: Vec<Inequality>,
    /// How long a certificate that was found is shortened; zero: not at all.
    pub shortening: Duration,
}

/// A verdict and how it came about.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// What was tried, one line for each strategy.
    pub attempts: Vec<Attempt>,
    /// The shape of the proof or refutation, in words.
    pub method: String,
    /// Terms of the certificate; 0 without one.
    pub terms: usize,
    /// Seconds spent searching (and shortening).
    pub search_seconds: f64,
    /// Seconds spent checking the final certificate.
    pub check_seconds: f64,
}

/// The highest effort the search goes to; the clock usually ends it before.
const MOST_EFFORT: usize = 3;

/// Proves or refutes a statement, or says why not.
///
/// # What this does not mean
/// `Proved` means that the checker accepted the certificate for exactly this statement; `Refuted`
/// that exact evaluation at the witness violates it; `Unknown` says nothing about truth.
pub fn prove(statement: &Statement, options: &Options) -> Outcome {
    let start = Instant::now();
    let mut clock = Clock::new(options.time, options.interrupt.clone());
    let found = search(statement, options, &mut clock);
    let found = match found {
        Verdict::Proved(certificate) if !options.shortening.is_zero() => {
            Verdict::Proved(shorten(&certificate, options, &mut clock))
        }
        other => other,
    };
    let search_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let (verdict, method, terms) = match found {
        Verdict::Proved(certificate) => match certificate.check() {
            Ok(()) => {
                let (method, terms) = (method(&certificate), certificate.terms());
                (Verdict::Proved(certificate), method, terms)
            }
            Err(words) => {
                let why = Why::Inconsistent(words);
                (
                    Verdict::Unknown(why),
                    "rejected by the checker".to_owned(),
                    0,
                )
            }
        },
        Verdict::Refuted(witness) => (Verdict::Refuted(witness), "witness".to_owned(), 0),
        Verdict::Unknown(why) => (Verdict::Unknown(why), "none".to_owned(), 0),
    };
    Outcome {
        verdict,
        attempts: clock.attempts().to_vec(),
        method,
        terms,
        search_seconds,
        check_seconds: start.elapsed().as_secs_f64(),
    }
}

/// The shape of a proof in words.
pub fn method(certificate: &Certificate) -> String {
    if certificate.vacuous {
        return "empty domain".to_owned();
    }
    let (mut splits, mut facts, mut multipliers) = (0, 0, 0);
    for node in &certificate.proofs {
        let (a, b, c) = node.structure();
        (splits, facts, multipliers) = (splits + a, facts + b, multipliers + c);
    }
    let mut words = vec!["products of hypotheses".to_owned()];
    for (count, word) in [
        (splits, "split"),
        (facts, "fact"),
        (multipliers, "multiplier"),
    ] {
        if count > 0 {
            words.push(format!(
                "{count} {word}{}",
                if count == 1 { "" } else { "s" }
            ));
        }
    }
    words.join(", ")
}

fn search(statement: &Statement, options: &Options, clock: &mut Clock) -> Verdict {
    let mut scope = Scope::new(statement.variables(), statement.given());
    scope.samples = samples(&scope, 240, 4_000, 7);
    let certificate = |vacuous, proofs| {
        Verdict::Proved(Certificate {
            statement: statement.clone(),
            vacuous,
            proofs,
        })
    };
    let hints = Hints {
        splits: over(&options.splits, &scope),
        squares: over(&options.squares, &scope),
    };
    if scope.samples.is_empty() {
        let mut search = Search::new(clock, &hints);
        for effort in 0..=2 {
            if let Some(terms) = search.absurd(&scope, effort) {
                return certificate(true, vec![Node::Absurd { terms }]);
            }
        }
    }
    let suspicious = statement
        .goals()
        .iter()
        .any(|goal| scope.disproves(&FloatPolynomial::new(&goal.polynomial)));
    if (suspicious || scope.samples.is_empty())
        && let Some(witness) = refute(statement, Effort::QUICK, clock)
    {
        return Verdict::Refuted(witness);
    }
    let own: Vec<Candidate> = options
        .facts
        .iter()
        .cloned()
        .map(Candidate::given)
        .collect();
    let plain = established(&scope, &own, clock, &hints);
    let mut proofs: Vec<Option<Node>> = vec![None; statement.goals().len()];
    let mut enriched = None;
    for effort in 0..=MOST_EFFORT {
        for with_facts in [false, true] {
            let (scope, facts) = if with_facts {
                &*enriched.get_or_insert_with(|| enrich(&plain, clock, &hints))
            } else {
                &plain
            };
            let hints = if with_facts {
                let short = facts.iter().map(|(fact, _)| fact.polynomial.clone());
                let short: Vec<Polynomial> = short.filter(|q| q.len() == 2).take(2).collect();
                let mut richer = hints.clone();
                let tight = vanishing(scope, &tight_points(statement));
                richer.squares.extend(tight);
                richer.squares.extend(squares(scope, &short));
                richer
            } else {
                hints.clone()
            };
            let mut search = Search::new(clock, &hints);
            let finish = |node| prune(wrap(facts, node), statement.given().len());
            if statement.is_disjunction() {
                let goals: Vec<_> = statement.goals().iter().cloned().enumerate().collect();
                if let Some(node) = prove_any(&mut search, scope, &goals, effort, 4) {
                    return certificate(false, vec![finish(node)]);
                }
            } else {
                for (k, (goal, proof)) in statement.goals().iter().zip(&mut proofs).enumerate() {
                    if proof.is_none() {
                        *proof = search.prove(scope, goal, k, effort).map(finish);
                    }
                }
                if proofs.iter().all(Option::is_some) {
                    return certificate(false, proofs.into_iter().flatten().collect());
                }
            }
        }
        let seed = 11 + effort as u64;
        let again = Effort {
            seed,
            ..Effort::THOROUGH
        };
        if let Some(witness) = refute(statement, again, clock) {
            return Verdict::Refuted(witness);
        }
        if clock.over() {
            break;
        }
    }
    Verdict::Unknown(if clock.interrupted() {
        Why::Interrupted
    } else if clock.over() {
        Why::OutOfTime
    } else {
        let undecided = super::boxes::undecided(statement, 20_000, clock);
        Why::Exhausted { undecided }
    })
}

/// The scope with the facts of [`super::facts`] that can be proved at once.
fn enrich(
    plain: &(Scope, Vec<(Inequality, Node)>),
    clock: &mut Clock,
    hints: &Hints,
) -> (Scope, Vec<(Inequality, Node)>) {
    let (mut scope, mut facts) = plain.clone();
    for source in [chained, lore, collapsing] {
        let mut candidates = source(&scope);
        candidates.truncate(6);
        let (inner, more) = established(&scope, &candidates, clock, hints);
        scope = inner;
        facts.extend(more);
    }
    (scope, facts)
}

fn over(list: &[Polynomial], scope: &Scope) -> Vec<Polynomial> {
    list.iter()
        .filter_map(|q| q.over(&scope.variables))
        .collect()
}

/// The facts, innermost last, around a node.
pub fn wrap(facts: &[(Inequality, Node)], node: Node) -> Node {
    facts
        .iter()
        .rev()
        .fold(node, |then, (fact, proof)| Node::Fact {
            fact: fact.clone(),
            proof: Box::new(proof.clone()),
            then: Box::new(then),
        })
}
