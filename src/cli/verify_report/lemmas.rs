//! Every lemma with its proof.

use super::count;
use crate::certificate::{Certificate, Outline, Reference, SignedTerm, Statement, Step, outline};
use crate::report::page::{Block, Inline, Line, Mark, Section, Summand};
use crate::verify::{Check, Lemma, Outcome, lemmas};

/// An index, then each lemma.
pub(super) fn section(checks: &[&Check]) -> Section {
    let all = lemmas();
    let mut section = Section {
        listed: false,
        ..Section::new("lemmas", "Lemmas and their proofs")
    };
    section = section.with(Block::Paragraph(vec![Inline::text(
        "Each statement is an implication between polynomial inequalities over the reals. Each proof is an identity \
         that expanding both sides confirms; beside every summand stands why it is positive or not negative. ",
    ), Inline::text("The proofs are read from the certificates in "), Inline::code("proofs/certificates"),
    Inline::text("; "), Inline::code("tauber check FILE"), Inline::text(" checks one again, "),
    Inline::code("docs/proofs.md"), Inline::text(" lists the other engines that agree.")]));
    let rows = all.iter().map(|lemma| {
        let (title, paper) = head(lemma);
        let mark = vec![Inline::Mark(mark(lemma, checks))];
        vec![
            vec![Inline::link(anchor(lemma), title)],
            vec![Inline::text(paper)],
            mark,
        ]
    });
    section = section.with(Block::Table {
        label: "All lemmas".to_owned(),
        header: ["Lemma", "In the paper", "Verdict"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
        numeric: vec![false; 3],
    });
    section.sections = all.iter().map(|lemma| one(lemma, checks)).collect();
    section
}

fn anchor(lemma: &Lemma) -> String {
    format!("lemma-{}", lemma.id)
}

fn head(lemma: &Lemma) -> (String, String) {
    match Statement::from_toml(lemma.statement) {
        Ok(statement) => (
            statement.title().to_owned(),
            statement.paper().unwrap_or("no reference").to_owned(),
        ),
        Err(_) => (lemma.id.to_owned(), "unreadable".to_owned()),
    }
}

fn mark(lemma: &Lemma, checks: &[&Check]) -> Mark {
    match checks.iter().find(|c| c.name == lemma.id) {
        Some(check) if check.outcome == Outcome::Passed => Mark::Proved,
        Some(_) => Mark::Failed,
        None => Mark::Missing,
    }
}

fn one(lemma: &Lemma, checks: &[&Check]) -> Section {
    let (title, paper) = head(lemma);
    let found = mark(lemma, checks);
    let mut section = Section::new(anchor(lemma), title).marked(found);
    section.blocks.push(Block::Small(vec![
        Inline::code(lemma.id),
        Inline::text(format!(" · {paper}")),
    ]));
    if found != Mark::Proved {
        let check = checks.iter().find(|c| c.name == lemma.id);
        let why = check.map_or("It was not checked in this run.", |c| c.deviation.as_str());
        section
            .blocks
            .push(Block::Paragraph(vec![Inline::Strong(why.to_owned())]));
    }
    let statement = match Statement::from_toml(lemma.statement) {
        Ok(statement) => statement,
        Err(error) => {
            let why = vec![Inline::text(error.to_string())];
            return section.with(Block::Paragraph(why));
        }
    };
    let certificate = lemma
        .certificate
        .and_then(|text| Certificate::from_json(text.as_bytes()).ok());
    let writer = Writer { id: anchor(lemma) };
    writer.statement(&statement, &mut section.blocks);
    // A proof that the checker refuses is not shown as one.
    if let Some(certificate) = certificate.filter(|_| found == Mark::Proved) {
        section.blocks.push(writer.proof(&certificate));
    }
    let hash = statement.sha256();
    section.blocks.push(Block::Small(vec![
        Inline::text("SHA-256 of the statement "),
        Inline::Hash(hash),
    ]));
    section
}

struct Writer {
    /// The prefix of the anchors.
    id: String,
}

impl Writer {
    fn key(&self, key: usize) -> String {
        format!("{}-{key}", self.id)
    }

    fn references(&self, list: &[Reference]) -> Line {
        let mut line = Vec::new();
        for (k, reference) in list.iter().enumerate() {
            if k > 0 {
                line.push(Inline::text(" "));
            }
            let number = format!("({})", reference.number);
            line.push(Inline::link(self.key(reference.key), number));
        }
        line
    }

    fn statement(&self, statement: &Statement, blocks: &mut Vec<Block>) {
        let given = statement.texts("given");
        if !given.is_empty() {
            blocks.push(Block::Paragraph(vec![Inline::Strong("If".to_owned())]));
            let lines = given.iter().enumerate().map(|(k, text)| {
                let formula = vec![Inline::Formula((*text).to_owned())];
                (self.key(k), format!("({})", k + 1), formula)
            });
            blocks.push(Block::Numbered(lines.collect()));
        }
        let goals = statement.goal_texts();
        let then = match (statement.is_disjunction(), given.is_empty()) {
            (true, _) => "then at each point at least one of these holds:",
            (false, true) => "Always",
            (false, false) => "then",
        };
        blocks.push(Block::Paragraph(vec![Inline::Strong(then.to_owned())]));
        let lines = goals.iter().enumerate().map(|(k, text)| {
            let label = if goals.len() > 1 {
                format!("[{}]", k + 1)
            } else {
                String::new()
            };
            let formula = vec![Inline::Formula((*text).to_owned())];
            (format!("{}-goal-{}", self.id, k + 1), label, formula)
        });
        blocks.push(Block::Numbered(lines.collect()));
    }

    fn proof(&self, certificate: &Certificate) -> Block {
        let Outline { proofs, .. } = outline(certificate);
        let many = proofs.len() > 1;
        let several = certificate.statement.goals().len() > 1;
        let mut blocks = Vec::new();
        if certificate.vacuous {
            blocks.push(Block::Paragraph(vec![Inline::text(
                "No point satisfies the hypotheses, so whatever is claimed holds.",
            )]));
        }
        for (k, steps) in proofs.iter().enumerate() {
            if many {
                blocks.push(Block::Paragraph(vec![
                    Inline::text("For "),
                    Inline::link(
                        format!("{}-goal-{}", self.id, k + 1),
                        format!("[{}]", k + 1),
                    ),
                    Inline::text(":"),
                ]));
            }
            blocks.extend(self.steps(steps, several && !many));
        }
        Block::Fold {
            head: vec![Inline::text(format!(
                "Proof ({})",
                count(certificate.terms(), "term")
            ))],
            open: true,
            blocks,
        }
    }

    fn steps(&self, steps: &[Step], several: bool) -> Vec<Block> {
        steps.iter().map(|step| self.step(step, several)).collect()
    }

    fn step(&self, step: &Step, several: bool) -> Block {
        match step {
            Step::Identity {
                left,
                terms,
                goal,
                strict,
                divided_by,
            } => {
                let sign = if *strict { "positive" } else { "not negative" };
                let mut close = vec![Inline::text(format!("Hence the left side is {sign}"))];
                if !divided_by.is_empty() {
                    close.push(Inline::text(", and dividing by its positive factor, "));
                    close.extend(self.references(divided_by));
                    close.push(Inline::text(", keeps the sign"));
                }
                if several {
                    close.push(Inline::text(": "));
                    let to = format!("{}-goal-{goal}", self.id);
                    close.push(Inline::link(to, format!("[{goal}]")));
                }
                close.push(Inline::text(". ∎"));
                Block::Equation {
                    left: left.clone(),
                    summands: self.summands(terms),
                    close,
                }
            }
            Step::Empty { terms } => Block::Equation {
                left: "0".to_owned(),
                summands: self.summands(terms),
                close: vec![Inline::text(
                    "A positive number is not 0: there is no such point. ∎",
                )],
            },
            Step::Case { assumption, steps } | Step::Fact { assumption, steps } => {
                let word = match step {
                    Step::Case { .. } => "Case",
                    _ => "First,",
                };
                let reference = assumption.reference;
                Block::Nested {
                    id: self.key(reference.key),
                    head: vec![
                        Inline::Strong(format!("{word} ({}) ", reference.number)),
                        Inline::Formula(assumption.relation.clone()),
                    ],
                    blocks: self.steps(steps, several && matches!(step, Step::Case { .. })),
                }
            }
        }
    }

    fn summands(&self, terms: &[SignedTerm]) -> Vec<Summand> {
        if terms.is_empty() {
            return vec![Summand {
                formula: "0".to_owned(),
                note: Vec::new(),
            }];
        }
        terms
            .iter()
            .map(|term| {
                let sign = if term.strict {
                    "positive"
                } else {
                    "not negative"
                };
                let mut note = vec![Inline::text(format!("{sign}: "))];
                let references = self.references(&term.because);
                let named = !references.is_empty();
                note.extend(references);
                if term.square {
                    note.push(Inline::text(if named { ", a square" } else { "a square" }));
                } else if !named {
                    note.push(Inline::text("a positive number"));
                }
                Summand {
                    formula: term.formula.clone(),
                    note,
                }
            })
            .collect()
    }
}
