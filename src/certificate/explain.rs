//! A certificate as mathematics: text for a terminal, LaTeX for a paper.
//!
//! Hypotheses are named (1), (2), ... in the order of the statement; a fact or a case of a split
//! continues the numbering. Every identity is followed by the reason for the sign of each term.

use super::Certificate;
use super::outline::{Assumption, Reference, SignedTerm, Step, outline};

/// How formulas and references look.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Text,
    Latex,
}

struct Page {
    style: Style,
    lines: Vec<String>,
}

/// The certificate in plain text.
pub fn explain_text(certificate: &Certificate) -> String {
    explain(certificate, Style::Text)
}

/// The certificate in LaTeX (needs amsmath).
pub fn explain_latex(certificate: &Certificate) -> String {
    explain(certificate, Style::Latex)
}

fn explain(certificate: &Certificate, style: Style) -> String {
    let statement = &certificate.statement;
    let outline = outline(certificate);
    let mut page = Page {
        style,
        lines: Vec::new(),
    };
    let title = escape(statement.title(), style);
    page.lines.push(match style {
        Style::Text => title,
        Style::Latex => format!("\\paragraph{{{title}}}"),
    });
    if let Some(paper) = statement.paper() {
        let paper = escape(paper, style);
        page.lines.push(format!("Reference: {paper}."));
    }
    if !outline.hypotheses.is_empty() {
        page.lines.push("Hypotheses:".to_owned());
        for given in &outline.hypotheses {
            let text = page.math(&formula(&given.relation, style));
            let line = format!("  {} {text}", name(given.reference));
            page.lines.push(page.ended(line));
        }
    }
    let goals = statement.goal_texts();
    if certificate.vacuous {
        let line = "No point satisfies the hypotheses, so whatever is claimed holds:".to_owned();
        page.lines.push(line);
    } else if statement.is_disjunction() {
        let line = "Claim: at each point one of the following holds.".to_owned();
        page.lines.push(line);
    }
    if statement.is_disjunction() || certificate.vacuous {
        for (k, text) in goals.iter().enumerate() {
            let line = format!("  [{}] {}", k + 1, page.math(&formula(text, style)));
            page.lines.push(page.ended(line));
        }
    }
    for (k, steps) in outline.proofs.iter().enumerate() {
        if !statement.is_disjunction() && !certificate.vacuous {
            let line = format!(
                "Claim [{}]: {}",
                k + 1,
                page.math(&formula(goals[k], style))
            );
            page.lines.push(page.ended(line));
        }
        page.lines.push("Proof.".to_owned());
        page.steps(steps, goals.len() > 1, 1);
        page.lines.push(match style {
            Style::Text => "  QED".to_owned(),
            Style::Latex => "\\qed".to_owned(),
        });
    }
    page.lines.join("\n") + "\n"
}

impl Page {
    fn math(&self, formula: &str) -> String {
        match self.style {
            Style::Text => formula.to_owned(),
            Style::Latex => format!("${formula}$"),
        }
    }

    fn ended(&self, line: String) -> String {
        match self.style {
            Style::Text => line,
            Style::Latex => line + " \\\\",
        }
    }

    fn say(&mut self, depth: usize, words: &str) {
        let indent = if self.style == Style::Text {
            "  ".repeat(depth)
        } else {
            String::new()
        };
        self.lines.push(format!("{indent}{words}"));
    }

    /// The steps of one proof; `several`: whether the goal that a step proves has to be named.
    fn steps(&mut self, steps: &[Step], several: bool, depth: usize) {
        for step in steps {
            self.step(step, several, depth);
        }
    }

    fn step(&mut self, step: &Step, several: bool, depth: usize) {
        match step {
            Step::Identity {
                left,
                terms,
                goal,
                strict,
                divided_by,
            } => {
                self.equation(depth, left, terms);
                let which = if several {
                    format!(" (goal [{goal}])")
                } else {
                    String::new()
                };
                let sign = sign(*strict);
                let divided = if divided_by.is_empty() {
                    String::new()
                } else {
                    format!(
                        " after division by the positive factor on the left {}",
                        names(divided_by).join(" ")
                    )
                };
                self.say(
                    depth,
                    &format!("Hence the left side is {sign}{divided}{which}."),
                );
            }
            Step::Empty { terms } => {
                self.equation(depth, "0", terms);
                self.say(depth, "A positive number is not 0: this case is empty.");
            }
            Step::Case { assumption, steps } => {
                self.assumption(depth, "Case", assumption);
                self.steps(steps, several, depth + 1);
            }
            Step::Fact { assumption, steps } => {
                self.assumption(depth, "Fact", assumption);
                self.steps(steps, false, depth + 1);
            }
        }
    }

    fn assumption(&mut self, depth: usize, word: &str, assumption: &Assumption) {
        let name = name(assumption.reference);
        let text = self.math(&formula(&assumption.relation, self.style));
        self.say(depth, &format!("{word} {name} {text}:"));
    }

    /// An identity, and the reason for the sign of each term.
    fn equation(&mut self, depth: usize, left: &str, terms: &[SignedTerm]) {
        let style = self.style;
        let left = formula(left, style);
        let mut right: Vec<String> = terms.iter().map(|t| formula(&t.formula, style)).collect();
        if right.is_empty() {
            right.push("0".to_owned());
        }
        if style == Style::Text {
            self.say(depth, &left);
            for (k, term) in right.iter().enumerate() {
                let sign = if k == 0 { '=' } else { '+' };
                self.say(depth + 1, &format!("{sign} {term}"));
            }
        } else {
            let lines = right.join(" \\\\\n  &\\quad + ");
            self.say(
                depth,
                &format!("\\begin{{align*}}\n  &{left} \\\\\n  &= {lines}\n\\end{{align*}}"),
            );
        }
        for (k, term) in terms.iter().enumerate() {
            let mut why = names(&term.because);
            if term.square {
                why.push("a square".to_owned());
            }
            if why.is_empty() {
                why.push("a positive number".to_owned());
            }
            let sign = sign(term.strict);
            let line = self.ended(format!("Term {} is {sign}: {}.", k + 1, why.join(", ")));
            self.say(depth + 1, &line);
        }
    }
}

fn name(reference: Reference) -> String {
    format!("({})", reference.number)
}

fn names(list: &[Reference]) -> Vec<String> {
    list.iter().map(|r| name(*r)).collect()
}

fn sign(strict: bool) -> &'static str {
    if strict { "positive" } else { "not negative" }
}

/// A text in the grammar of statements, as it is or in LaTeX.
fn formula(text: &str, style: Style) -> String {
    if style == Style::Text {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let mut word = c.to_string();
        let mut more = |keep: fn(&char) -> bool, word: &mut String| {
            while let Some(c) = rest.next_if(keep) {
                word.push(c);
            }
        };
        match c {
            '0'..='9' => {
                more(|c| c.is_ascii_digit() || *c == '.' || *c == '/', &mut word);
                match word.split_once('/') {
                    Some((p, q)) if !q.is_empty() => out += &format!("\\frac{{{p}}}{{{q}}}"),
                    _ => out += &word,
                }
            }
            '^' => {
                word.clear();
                more(|c| c.is_ascii_digit() || *c == ' ', &mut word);
                out += &format!("^{{{}}}", word.trim());
            }
            '*' => out += "\\,",
            '>' | '<' => {
                if rest.next_if_eq(&'=').is_some() {
                    out += if c == '>' { "\\ge " } else { "\\le " };
                } else {
                    out.push(c);
                }
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                more(|c| c.is_ascii_alphanumeric() || *c == '_', &mut word);
                if word.len() == 1 && word != "_" {
                    out += &word;
                } else {
                    out += &format!("\\mathit{{{}}}", word.replace('_', "\\_"));
                }
            }
            c => out.push(c),
        }
    }
    out
}

fn escape(text: &str, style: Style) -> String {
    if style == Style::Text {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' => out += "\\textbackslash{}",
            '^' => out += "\\^{}",
            '~' => out += "\\~{}",
            '<' => out += "\\textless{}",
            '>' => out += "\\textgreater{}",
            '#' | '$' | '%' | '&' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::{Node, Statement, Term};
    use crate::number::Rational;
    use num_traits::One;

    fn example() -> Certificate {
        let statement = Statement::from_toml(
            "title = 'x_1 & more'\nvariables = ['x', 'y_1']\ngiven = ['x > 0', 'y_1 >= 1/2']\nclaim = 'x^2*y_1 + x > 0'",
        )
        .unwrap();
        let one: Rational = One::one();
        let term = |factors: &[(usize, u32)], c: &Rational| Term {
            coefficient: c.clone(),
            factors: factors.to_vec(),
            square: None,
        };
        let half = Rational::new(1.into(), 2.into());
        let certificate = Certificate {
            statement,
            vacuous: false,
            proofs: vec![Node::Identity {
                claim: 0,
                multiplier: vec![],
                terms: vec![
                    term(&[(0, 2), (1, 1)], &one),
                    term(&[(0, 2)], &half),
                    term(&[(0, 1)], &one),
                ],
            }],
        };
        certificate.check().unwrap();
        certificate
    }

    #[test]
    fn every_term_has_its_reason() {
        let text = explain_text(&example());
        assert!(text.contains("= x^2*(y_1 - 1/2)"), "{text}");
        assert!(text.contains("Term 1 is not negative: (1), (2)."), "{text}");
        assert!(text.contains("Term 3 is positive: (1)."), "{text}");
        assert!(text.contains("Hence the left side is positive."), "{text}");
    }

    #[test]
    fn latex_escapes_and_sets_fractions_and_powers() {
        let text = explain_latex(&example());
        assert!(text.contains("x\\_1 \\& more"), "{text}");
        assert!(text.contains("\\frac{1}{2}\\,x^{2}"), "{text}");
        assert!(text.contains("\\mathit{y\\_1}"), "{text}");
        assert!(!text.contains("x^2"), "{text}");
    }
}
