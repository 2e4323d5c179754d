//! A certificate as a Rocq proof.
//!
//! | in the certificate | in the proof |
//! |---|---|
//! | entry k of the scope | a hypothesis `scope_k : 0 < p` or `0 <= p` |
//! | `identity` | each term's sign as an application of library lemmas, the identity by `ring`, then `0 < p` |
//! | `absurd` | the same with `0` on the left, then a contradiction |
//! | `split` | `destruct (split_strict q)`: two blocks |
//! | `fact` | `assert`, then the rest |
//!
//! Where a number that is no integer occurs, the identity is shown by `field` (its only
//! denominators are numbers). `lra` is asked for signs of numbers only.

use super::expression::Inequality;
use super::problem::{Problem, expression, inequality};
use super::rocq_sign::{Entry, Shown, Sign, less, product, term};
use super::{ExportError, rocq};
use crate::certificate::{Certificate, Node, Term};
use crate::polynomial::Relation;

/// A relation to be shown.
struct Goal {
    /// Tactics that lead from what Rocq asks to `0 < text` or `0 <= text`.
    open: Vec<&'static str>,
    text: String,
    strict: bool,
    fraction: bool,
}

pub(super) fn text(problem: &Problem, certificate: &Certificate) -> Result<String, ExportError> {
    let mut writer = Writer {
        problem,
        out: rocq::head(problem) + &rocq::lemmas() + &rocq::definition(problem) + "\n",
        depth: 1,
    };
    if certificate.vacuous {
        writer.empty_domain(certificate)?;
    } else {
        writer.theorem(certificate)?;
    }
    writer.out += "Print Assumptions statement_holds.\n";
    Ok(writer.out)
}

struct Writer<'a> {
    problem: &'a Problem,
    out: String,
    depth: usize,
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        self.out += &format!("{}{line}\n", "  ".repeat(self.depth));
    }

    /// Writes `open`, then what `body` writes, indented, then `}`.
    fn block(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        self.line("{");
        self.depth += 1;
        body(self)?;
        self.depth -= 1;
        self.line("}");
        Ok(())
    }

    fn arguments(&self) -> String {
        let given = (0..self.problem.given.len()).map(|k| format!(" given_{k}"));
        self.problem.spelled().join(" ") + &given.collect::<String>()
    }

    /// The hypotheses as entries of the scope.
    fn scope(&mut self) -> Vec<Entry> {
        let mut scope = Vec::new();
        for (k, given) in self.problem.given.iter().enumerate() {
            let (text, way) = self.difference(given);
            let proof = match (way, given.relation) {
                (Way::Zero, Relation::GreaterOrEqual) => format!("(Rge_le _ _ given_{k})"),
                (Way::Zero, _) => format!("given_{k}"),
                (Way::Minus, Relation::Greater) => format!("(positive_of_gt _ _ given_{k})"),
                (Way::Minus, Relation::GreaterOrEqual) => {
                    format!("(nonnegative_of_ge _ _ given_{k})")
                }
                (Way::Minus, Relation::Less) => format!("(positive_of_lt _ _ given_{k})"),
                (Way::Minus, Relation::LessOrEqual) => {
                    format!("(nonnegative_of_le _ _ given_{k})")
                }
            };
            let sign = less(given.strict());
            self.line(&format!(
                "assert (scope_{k} : 0 {sign} {text}) by exact {proof}."
            ));
            scope.push(self.entry(given));
        }
        scope
    }

    /// The text that is positive, and whether a side that is 0 was left out.
    fn difference(&self, i: &Inequality) -> (String, Way) {
        let (high, low) = match i.relation {
            Relation::Greater | Relation::GreaterOrEqual => (&i.left, &i.right),
            Relation::Less | Relation::LessOrEqual => (&i.right, &i.left),
        };
        let names = &self.problem.names.map;
        let high = high.infix(names, "*");
        match low.is_zero() {
            true => (high, Way::Zero),
            false => (
                format!("{high} - {}", low.infix_operand(names, "*")),
                Way::Minus,
            ),
        }
    }

    fn entry(&self, inequality: &Inequality) -> Entry {
        let names = &self.problem.names.map;
        let factor = match (self.difference(inequality), inequality.relation) {
            ((_, Way::Zero), Relation::Greater | Relation::GreaterOrEqual) => {
                inequality.left.infix_atom(names, "*")
            }
            ((_, Way::Zero), _) => inequality.right.infix_atom(names, "*"),
            ((text, Way::Minus), _) => format!("({text})"),
        };
        Entry {
            factor,
            strict: inequality.strict(),
            fraction: inequality.left.has_fraction() || inequality.right.has_fraction(),
        }
    }

    /// The goal that Rocq shows as `inequality` itself.
    fn goal(&self, inequality: &Inequality) -> Goal {
        let (text, way) = self.difference(inequality);
        let open = match (way, inequality.relation) {
            (Way::Zero, Relation::GreaterOrEqual) => vec!["apply Rle_ge."],
            (Way::Zero, _) => vec![],
            (Way::Minus, Relation::Greater) => vec!["apply gt_of_positive."],
            (Way::Minus, Relation::GreaterOrEqual) => vec!["apply ge_of_nonnegative."],
            (Way::Minus, Relation::Less) => vec!["apply lt_of_positive."],
            (Way::Minus, Relation::LessOrEqual) => vec!["apply le_of_nonnegative."],
        };
        Goal {
            open,
            text,
            strict: inequality.strict(),
            fraction: inequality.left.has_fraction() || inequality.right.has_fraction(),
        }
    }

    fn theorem(&mut self, certificate: &Certificate) -> Result<(), ExportError> {
        self.out += "Theorem statement_holds : statement.\nProof.\n";
        self.line(&format!("unfold statement. intros {}.", self.arguments()));
        let scope = self.scope();
        let mut goals: Vec<Goal> = self.problem.goals.iter().map(|g| self.goal(g)).collect();
        let last = goals.len() - 1;
        if self.problem.any {
            for (index, goal) in goals.iter_mut().enumerate() {
                let mut open = vec!["right."; index];
                if index < last {
                    open.push("left.");
                }
                open.append(&mut goal.open);
                goal.open = open;
            }
        }
        let single = self.problem.any || goals.len() == 1;
        for (index, proof) in certificate.proofs.iter().enumerate() {
            if single {
                self.node(proof, &scope, &goals)?;
            } else {
                let claim = self.problem.infix(&self.problem.goals[index], "*");
                self.line(&format!("assert (claim_{index} : {claim})."));
                self.block(|writer| writer.node(proof, &scope, &goals))?;
            }
        }
        if !single {
            let mut all = format!("claim_{last}");
            for index in (0..last).rev() {
                all = format!("(conj claim_{index} {all})");
            }
            self.line(&format!("exact {all}."));
        }
        self.out += "Qed.\n\n";
        Ok(())
    }

    fn empty_domain(&mut self, certificate: &Certificate) -> Result<(), ExportError> {
        let claim = rocq::implication(self.problem, "False");
        self.out += &format!("Theorem domain_is_empty :\n  {claim}.\nProof.\n");
        let arguments = self.arguments();
        self.line(&format!("intros {arguments}."));
        let scope = self.scope();
        for proof in &certificate.proofs {
            self.node(proof, &scope, &[])?;
        }
        self.out += "Qed.\n\nTheorem statement_holds : statement.\nProof.\n";
        self.line(&format!("unfold statement. intros {arguments}."));
        self.line(&format!("exfalso. exact (domain_is_empty {arguments})."));
        self.out += "Qed.\n\n";
        Ok(())
    }

    fn node(&mut self, node: &Node, scope: &[Entry], goals: &[Goal]) -> Result<(), ExportError> {
        match node {
            Node::Identity {
                claim,
                multiplier,
                terms,
            } => {
                let missing = || ExportError::Dangling(format!("claim {claim}"));
                let goal = goals.get(*claim).ok_or_else(missing)?;
                self.identity(goal, multiplier, terms, scope)
            }
            Node::Absurd { terms } => {
                self.line("exfalso.");
                let sum = self.terms(terms, scope)?;
                let tactic = if sum.fraction { "field" } else { "ring" };
                self.line(&format!(
                    "assert (identity : 0 = {}) by {tactic}.",
                    sum.text
                ));
                self.line(&format!(
                    "exact (sum_is_not_zero _ identity {}).",
                    sum.sign.proof
                ));
                Ok(())
            }
            Node::Split {
                on,
                strict,
                above,
                below,
            } => {
                let on = expression(&on.to_string())?;
                let text = on.infix(&self.problem.names.map, "*");
                let k = scope.len();
                let lemma = if *strict {
                    "split_strict"
                } else {
                    "split_weak"
                };
                self.line(&format!(
                    "destruct ({lemma} ({text})) as [scope_{k} | scope_{k}]."
                ));
                let fraction = on.has_fraction();
                let factor = on.infix_atom(&self.problem.names.map, "*");
                let cases = [
                    (above, factor, *strict),
                    (below, format!("(-({text}))"), false),
                ];
                for (branch, factor, strict) in cases {
                    let mut inner = scope.to_vec();
                    inner.push(Entry {
                        factor,
                        strict,
                        fraction,
                    });
                    self.block(|writer| writer.node(branch, &inner, goals))?;
                }
                Ok(())
            }
            Node::Fact { fact, proof, then } => {
                let fact = inequality(&fact.text())?;
                let (text, _) = self.difference(&fact);
                let sign = less(fact.strict());
                self.line(&format!(
                    "assert (scope_{} : 0 {sign} {text}).",
                    scope.len()
                ));
                let goal = Goal {
                    open: vec![],
                    ..self.goal(&fact)
                };
                self.block(|writer| writer.node(proof, scope, &[goal]))?;
                let mut inner = scope.to_vec();
                inner.push(self.entry(&fact));
                self.node(then, &inner, goals)
            }
        }
    }

    fn identity(
        &mut self,
        goal: &Goal,
        multiplier: &[(usize, u32)],
        terms: &[Term],
        scope: &[Entry],
    ) -> Result<(), ExportError> {
        for tactic in &goal.open {
            self.line(tactic);
        }
        let sum = self.terms(terms, scope)?;
        let strength = if goal.strict { "strict" } else { "weak" };
        let shown = if goal.strict {
            sum.sign.proof
        } else {
            sum.sign.weak()
        };
        let mut fraction = sum.fraction || goal.fraction;
        let (left, conclusion) = if multiplier.is_empty() {
            (
                goal.text.clone(),
                format!("{strength}_identity _ _ identity {shown}"),
            )
        } else {
            let product = product(multiplier, scope, true)?;
            fraction |= product.fraction;
            let positive = product.sign.proof;
            let conclusion = format!("{strength}_quotient _ _ _ {positive} identity {shown}");
            (format!("{} * ({})", product.text, goal.text), conclusion)
        };
        let tactic = if fraction { "field" } else { "ring" };
        self.line(&format!(
            "assert (identity : {left} = {}) by {tactic}.",
            sum.text
        ));
        self.line(&format!("exact ({conclusion})."));
        Ok(())
    }

    /// Asserts the sign of each term as `term_i` and adds them up.
    fn terms(&mut self, terms: &[Term], scope: &[Entry]) -> Result<Shown, ExportError> {
        let mut total: Option<Shown> = None;
        for (index, one) in terms.iter().enumerate() {
            let shown = term(&self.problem.names, one, scope)?;
            let relation = less(shown.sign.strict);
            self.line(&format!(
                "assert (term_{index} : 0 {relation} {}) by exact {}.",
                shown.text, shown.sign.proof
            ));
            let named = Shown {
                sign: Sign {
                    proof: format!("term_{index}"),
                    strict: shown.sign.strict,
                },
                ..shown
            };
            total = Some(match total {
                None => named,
                Some(total) => total.plus(named),
            });
        }
        Ok(total.unwrap_or_else(|| Shown {
            text: "0".to_owned(),
            sign: Sign {
                proof: "(Rle_refl 0)".to_owned(),
                strict: false,
            },
            fraction: false,
        }))
    }
}

/// Whether a relation was compared with 0 or with another expression.
#[derive(Clone, Copy)]
enum Way {
    Zero,
    Minus,
}
