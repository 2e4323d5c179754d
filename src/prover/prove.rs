//! From a statement to a verdict.

use super::boxes;
use super::candidates::Candidate;
use super::cases;
use super::clock::{Attempt, Clock};
use super::disjunction::{Chain, chains, prove_any};
use super::empty;
use super::facts::established;
use super::floats::FloatPolynomial;
use super::options::Options;
use super::prune::prune;
use super::refute::{Effort, refute, tight_points};
use super::sample::samples;
use super::scope::Scope;
use super::search::{Hints, Search};
use super::shorten::shorten;
use super::subdivide;
use super::task::Task;
use crate::certificate::{Certificate, Inequality, Node, Statement, Verdict, Why};
use crate::polynomial::Polynomial;
use std::time::{Duration, Instant};

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
const MOST_EFFORT: usize = 4;

/// At most so many parts of a box, by effort.
const PARTS: [usize; MOST_EFFORT + 1] = [0, 100, 400, 1_000, 2_000];

/// How many boxes the report of an open question looks at, and how long, whatever time the search took.
const BOXES: usize = 20_000;
const AFTERWARDS: Duration = Duration::from_millis(300);

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
    let squares_alone = certificate.proofs.iter().all(Node::uses_squares_alone);
    let first = if squares_alone {
        "sums of squares"
    } else {
        "products of hypotheses"
    };
    let mut words = vec![first.to_owned()];
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
    let empty = scope.samples.is_empty();
    if empty {
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
    if (suspicious || empty)
        && let Some(witness) = refute(statement, Effort::QUICK, clock)
    {
        return Verdict::Refuted(witness);
    }
    let own = options.facts.iter().cloned().map(Candidate::given);
    let own: Vec<Candidate> = own.collect();
    let (inner, facts) = established(&scope, &own, clock, &hints);
    let finish = |node: Node| prune(node.under(&facts), statement.given().len());
    let mut goals = Goals::new(statement, &inner, &hints);
    for effort in 0..=MOST_EFFORT {
        if empty && let Some(node) = empty::search(&scope, &hints, effort, clock) {
            return certificate(true, vec![prune(node, statement.given().len())]);
        }
        for with_facts in [false, true] {
            goals.attempt(&inner, &hints, effort, with_facts, clock);
            if let Some(nodes) = goals.proofs() {
                return certificate(false, nodes.into_iter().map(finish).collect());
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
    if clock.interrupted() {
        return Verdict::Unknown(Why::Interrupted);
    }
    if let Some(goal) = goals.irrational(clock) {
        return Verdict::Unknown(Why::IrrationalKernel { goal });
    }
    let out_of_time = clock.over();
    let open = goals.open();
    let report = clock.beyond(AFTERWARDS, |clock| {
        boxes::undecided(statement, &open, BOXES, clock)
    });
    let undecided = report.and_then(|report| report.words());
    Verdict::Unknown(if clock.interrupted() {
        Why::Interrupted
    } else if out_of_time {
        Why::OutOfTime { undecided }
    } else {
        Why::Exhausted { undecided }
    })
}

/// What has to be proved, and the proofs found so far.
struct Goals<'a> {
    statement: &'a Statement,
    tasks: Vec<Task>,
    chains: Vec<Chain>,
    found: Vec<Option<Node>>,
    tight: Option<Vec<Vec<f64>>>,
}

impl<'a> Goals<'a> {
    fn new(statement: &'a Statement, scope: &Scope, hints: &Hints) -> Self {
        let goals = statement.goals();
        let task = |(k, goal)| Task::new(scope, goal, k, hints);
        let (tasks, chains): (Vec<Task>, _) = if statement.is_disjunction() {
            let goals: Vec<_> = goals.iter().cloned().enumerate().collect();
            (Vec::new(), chains(scope, &goals, hints))
        } else {
            (goals.iter().enumerate().map(task).collect(), Vec::new())
        };
        Self {
            found: vec![None; tasks.len().max(1)],
            statement,
            tasks,
            chains,
            tight: None,
        }
    }

    /// An open goal that is a sum of squares in floats, but over no rational basis that was found.
    fn irrational(&self, clock: &Clock) -> Option<usize> {
        let open = self.tasks.iter().zip(&self.found);
        let mut open = open.filter(|(_, found)| found.is_none());
        let (task, _) = open.find(|(task, _)| clock.is_irrational(&task.goal().text()))?;
        Some(task.claim())
    }

    /// The goals without a proof; all of a disjunction.
    fn open(&self) -> Vec<Inequality> {
        let goals = self.statement.goals();
        if self.statement.is_disjunction() {
            return goals.to_vec();
        }
        let open = goals.iter().zip(&self.found);
        let open = open.filter(|(_, found)| found.is_none());
        open.map(|(goal, _)| goal.clone()).collect()
    }

    /// All proofs, if none is missing.
    fn proofs(&self) -> Option<Vec<Node>> {
        self.found.iter().cloned().collect()
    }

    /// One round for every goal that is still open.
    fn attempt(
        &mut self,
        scope: &Scope,
        hints: &Hints,
        effort: usize,
        with_facts: bool,
        clock: &mut Clock,
    ) {
        if self.statement.is_disjunction() {
            let goals = self.statement.goals().iter().cloned().enumerate();
            let goals: Vec<_> = goals.collect();
            // Quick tries first: the cases of a chain are deeper than one goal alone.
            if !with_facts {
                let mut search = Search::new(clock, hints);
                self.found[0] = prove_any(&mut search, scope, &goals, effort.min(1), 4);
            }
            let length = scope.entries.len();
            for chain in &mut self.chains {
                if self.found[0].is_none() {
                    self.found[0] = chain.attempt(length, effort, with_facts, hints, clock);
                }
            }
            if with_facts && effort > 0 && self.found[0].is_none() {
                self.found[0] = subdivide::search(scope, &goals, PARTS[effort], clock);
            }
            if with_facts && effort > 0 && self.found[0].is_none() {
                self.found[0] = cases::search(scope, &goals, hints, effort, clock);
            }
            if with_facts && effort > 1 && self.found[0].is_none() {
                let mut search = Search::new(clock, hints);
                self.found[0] = prove_any(&mut search, scope, &goals, effort, 4);
            }
            return;
        }
        for (task, found) in self.tasks.iter_mut().zip(&mut self.found) {
            if found.is_some() || clock.over() {
                continue;
            }
            let tight: &[Vec<f64>] = if with_facts {
                let statement = self.statement;
                self.tight
                    .get_or_insert_with(|| tight_points(statement, clock))
            } else {
                &[]
            };
            *found = task.attempt(effort, with_facts, hints, tight, clock);
            if found.is_none() && with_facts && effort > 0 {
                *found = task.subdivided(PARTS[effort], clock);
            }
            if found.is_none() && with_facts && effort > 1 {
                let goal = self.statement.goals()[task.claim()].clone();
                *found = cases::search(scope, &[(task.claim(), goal)], hints, effort, clock);
            }
        }
    }
}

fn over(list: &[Polynomial], scope: &Scope) -> Vec<Polynomial> {
    list.iter()
        .filter_map(|q| q.over(&scope.variables))
        .collect()
}
