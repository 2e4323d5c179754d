//! The verdicts: a summary, and every check in the group of its proposition.

use super::figures::{Counts, FigureRecord};
use super::provenance::Run;
use super::{count, mark_of};
use crate::report::page::{Block, Inline, Line, Mark, Section};
use crate::verify::{Check, Outcome};

/// Groups whose names are not those of a proposition: a part of the name, the heading.
const GROUPS: [(&str, &str); 21] = [
    ("resolvent", "Closed forms (Sections 3 and 4)"),
    ("numerics-are-the-theory", "Closed forms (Sections 3 and 4)"),
    ("r1-free-of-noise", "Closed forms (Sections 3 and 4)"),
    ("written-forms", "Closed forms (Sections 3 and 4)"),
    ("series", "Losses as series (Sections 3 and 4)"),
    ("generating-function", "Losses as series (Sections 3 and 4)"),
    ("verdict", "Stability verdicts (Section 5)"),
    ("edge", "Stability verdicts (Section 5)"),
    ("growth-rate", "Stability verdicts (Section 5)"),
    ("sgd", "Theory beside sampled SGD (Sections 2 and 3)"),
    ("moments", "Theory beside sampled SGD (Sections 2 and 3)"),
    ("phase", "Power laws (Section 6)"),
    ("transition", "Power laws (Section 6)"),
    ("crossover", "Power laws (Section 6)"),
    ("tau", "Noise models (Appendices B to D)"),
    ("gaussian", "Noise models (Appendices B to D)"),
    ("uncorrelated", "Noise models (Appendices B to D)"),
    ("haar", "Noise models (Appendices B to D)"),
    ("fit", "Choosing hyperparameters (Section 6, Appendix E)"),
    (
        "scaling",
        "Choosing hyperparameters (Section 6, Appendix E)",
    ),
    (
        "optimum",
        "Choosing hyperparameters (Section 6, Appendix E)",
    ),
];
const REST: &str = "Further checks";

/// The proposition or topic of a check.
fn group(name: &str) -> String {
    for (prefix, word) in [
        ("lemma-", "Lemma"),
        ("proposition-", "Proposition"),
        ("theorem-", "Theorem"),
        ("appendix-", "Appendix"),
        ("equation-", "Equation"),
    ] {
        if let Some(rest) = name.strip_prefix(prefix) {
            let number = rest.split('-').next().unwrap_or(rest).to_uppercase();
            return if word == "Equation" {
                format!("{word} ({number})")
            } else {
                format!("{word} {number}")
            };
        }
    }
    let found = GROUPS.iter().find(|(part, _)| name.contains(part));
    found.map_or(REST, |(_, heading)| heading).to_owned()
}

/// Topics first, then theorems, propositions, ... by number, further checks last.
fn rank(group: &str) -> (usize, usize, String) {
    let kinds = ["Theorem", "Lemma", "Proposition", "Equation", "Appendix"];
    let number = group
        .chars()
        .filter(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap_or(0);
    let kind = kinds.iter().position(|kind| group.starts_with(kind));
    match kind {
        Some(kind) => (kind + 1, number, group.to_owned()),
        None if group == REST => (kinds.len() + 1, 0, String::new()),
        None => {
            let place = GROUPS.iter().position(|(_, heading)| *heading == group);
            (0, place.unwrap_or(GROUPS.len()), String::new())
        }
    }
}

fn groups<'a>(checks: &[&'a Check]) -> Vec<(String, Vec<&'a Check>)> {
    let mut groups: Vec<(String, Vec<&Check>)> = Vec::new();
    for check in checks {
        let name = group(check.name);
        match groups.iter_mut().find(|(g, _)| *g == name) {
            Some((_, list)) => list.push(check),
            None => groups.push((name, vec![check])),
        }
    }
    groups.sort_by_key(|(name, _)| rank(name));
    groups
}

fn anchor(group: &str) -> String {
    let words: String = group
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' })
        .collect();
    let words: Vec<&str> = words.split_whitespace().collect();
    format!("group-{}", words.join("-"))
}

fn with(checks: &[&Check], outcome: Outcome) -> usize {
    checks.iter().filter(|c| c.outcome == outcome).count()
}

fn together(checks: &[&Check]) -> Mark {
    if with(checks, Outcome::Failed) > 0 {
        Mark::Failed
    } else if with(checks, Outcome::Passed) > 0 {
        Mark::Passed
    } else {
        Mark::Reported
    }
}

/// The numbers, and one line for each group.
pub(super) fn summary(
    lemmas: &[&Check],
    others: &[&Check],
    figures: Option<&[FigureRecord]>,
    run: &Run,
) -> Section {
    let failed = with(lemmas, Outcome::Failed) + with(others, Outcome::Failed);
    let proved = with(lemmas, Outcome::Passed);
    let words = |found: Mark| {
        let mut line: Line = vec![Inline::Mark(found), Inline::text(" ")];
        let meaning = match found {
            Mark::Proved => {
                "a certificate was expanded again by the checker, which shares no code with the search; "
            }
            Mark::Passed => {
                "a claim of equality, inequality or order held within the stated limit; "
            }
            Mark::Failed => "it did not; ",
            _ => "the size of an error that the theory does not claim to be zero.",
        };
        line.push(Inline::text(meaning));
        line
    };
    let kinds = [Mark::Proved, Mark::Passed, Mark::Failed, Mark::Reported];
    let mut rows: Vec<Vec<Line>> = vec![vec![
        vec![Inline::link("lemmas", "Lemmas")],
        vec![Inline::text(lemmas.len().to_string())],
        vec![Inline::Mark(if proved == lemmas.len() {
            Mark::Proved
        } else {
            Mark::Failed
        })],
    ]];
    if lemmas.is_empty() {
        rows.clear();
    }
    for (name, list) in groups(others) {
        let mut marks = Vec::new();
        for outcome in [Outcome::Passed, Outcome::Failed, Outcome::Reported] {
            if with(&list, outcome) > 0 {
                marks.extend([Inline::Mark(mark_of(outcome)), Inline::text(" ")]);
            }
        }
        rows.push(vec![
            vec![Inline::link(anchor(&name), name)],
            vec![Inline::text(list.len().to_string())],
            marks,
        ]);
    }
    if let Some(figures) = figures {
        let counts = Counts::of(figures);
        rows.push(vec![
            vec![Inline::link("figures", "Figures")],
            vec![Inline::text(counts.compared().to_string())],
            counts.marks(),
        ]);
    }
    let number = |n: usize| n.to_string();
    Section::new("summary", "Verdicts")
        .with(Block::Tiles(vec![
            (Mark::Proved, number(proved), "lemmas proved".to_owned()),
            (
                Mark::Passed,
                number(with(others, Outcome::Passed)),
                "checks passed".to_owned(),
            ),
            (
                if failed == 0 {
                    Mark::Passed
                } else {
                    Mark::Failed
                },
                number(failed),
                "failed".to_owned(),
            ),
            (
                Mark::Reported,
                number(with(others, Outcome::Reported)),
                "model errors reported".to_owned(),
            ),
        ]))
        .with(Block::Paragraph(
            kinds.into_iter().flat_map(words).collect(),
        ))
        .with(Block::Table {
            label: "Verdicts by claim".to_owned(),
            header: ["Claim", "Checks", "Verdict"].map(str::to_owned).to_vec(),
            rows,
            numeric: vec![false, true, false],
        })
        .with(Block::Small(vec![Inline::text(run.effort_words())]))
}

/// Every check that is not a lemma.
pub(super) fn section(checks: &[&Check], run: &Run) -> Section {
    let mut section = Section::new("checks", "Checks by proposition");
    if checks.is_empty() {
        section = section.with(Block::Paragraph(vec![Inline::text("No check was run.")]));
    } else if !run.is_full() {
        section = section
            .with(Block::Paragraph(vec![Inline::text(
                "This run left out most propositions; the command below checks all of them.",
            )]))
            .with(Block::Command(
                "tauber verify --full --report DIR".to_owned(),
            ));
    }
    for (name, list) in groups(checks) {
        let mut part = Section::new(anchor(&name), name).marked(together(&list));
        part.blocks = list.iter().map(|check| card(check)).collect();
        section.sections.push(part);
    }
    section
}

fn card(check: &Check) -> Block {
    let mut blocks = vec![
        Block::Paragraph(vec![Inline::text(sentence(&check.claim))]),
        Block::Facts(vec![
            ("How".to_owned(), vec![Inline::text(&check.method)]),
            (
                "Worst deviation".to_owned(),
                vec![Inline::Strong(check.deviation.clone())],
            ),
        ]),
    ];
    if !check.details.is_empty() {
        let lines = check.details.iter().map(|d| detail(d));
        blocks.push(Block::Fold {
            head: vec![Inline::text(count(check.details.len(), "detail"))],
            open: check.details.len() <= 3,
            blocks: vec![Block::List(lines.collect())],
        });
    }
    Block::Card {
        id: format!("check-{}", check.name),
        head: vec![Inline::code(check.name)],
        mark: mark_of(check.outcome),
        blocks,
    }
}

/// A detail; `NAME = POLYNOMIAL` as mathematics.
fn detail(text: &str) -> Vec<Inline> {
    let polynomial = |text: &str| {
        text.contains('^')
            && (text.chars()).all(|c| c.is_ascii_alphanumeric() || " +-*/^()_".contains(c))
    };
    match text.split_once(" = ") {
        Some((name, value)) if !name.contains(' ') && polynomial(value) => vec![
            Inline::Formula(name.to_owned()),
            Inline::text(" = "),
            Inline::Formula(value.to_owned()),
        ],
        _ => vec![Inline::text(text)],
    }
}

/// With a capital where it begins with a word.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second))
            if first.is_ascii_lowercase() && second.is_ascii_lowercase() =>
        {
            format!("{}{}", first.to_ascii_uppercase(), &text[1..])
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_their_proposition() {
        for (name, heading) in [
            ("proposition-3-certificates", "Proposition 3"),
            ("proposition-11", "Proposition 11"),
            ("appendix-g", "Appendix G"),
            ("equation-21", "Equation (21)"),
            ("growth-rate", "Stability verdicts (Section 5)"),
            ("haar-average", "Noise models (Appendices B to D)"),
            (
                "linear-scaling",
                "Choosing hyperparameters (Section 6, Appendix E)",
            ),
            ("never-heard-of", REST),
        ] {
            assert_eq!(group(name), heading);
        }
        assert!(rank("Proposition 3") < rank("Proposition 11"));
        assert!(rank("Proposition 11") < rank(REST));
        assert_eq!(anchor("Equation (21)"), "group-equation-21");
    }

    #[test]
    fn a_named_polynomial_is_a_formula_and_other_details_are_words() {
        assert!(matches!(
            &detail("R1 = -2*a^2*b*z^2 + 1")[..],
            [Inline::Formula(name), Inline::Text(_), Inline::Formula(value)]
                if name == "R1" && value == "-2*a^2*b*z^2 + 1"
        ));
        for words in ["largest = 2 at t = 10^6, b = 1", "all of x = x^2", "n = 3"] {
            assert!(matches!(&detail(words)[..], [Inline::Text(text)] if text == words));
        }
    }
}
