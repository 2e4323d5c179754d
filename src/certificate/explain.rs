//! A certificate as mathematics: text for a terminal, LaTeX for a paper.
//!
//! Hypotheses are named (1), (2), ... in the order of the statement; a fact or a case of a split
//! continues the numbering. Every identity is followed by the reason for the sign of each term.

use super::{Certificate, Inequality, Node, Term};
use crate::number::Rational;
use crate::polynomial::Polynomial;
use num_traits::{One, Zero};

/// How formulas and references look.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Text,
    Latex,
}

struct Page {
    style: Style,
    lines: Vec<String>,
    /// The inequalities in force, in the numbering of the certificate.
    scope: Vec<Inequality>,
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
    let mut page = Page {
        style,
        lines: Vec::new(),
        scope: statement.given().to_vec(),
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
    if !statement.given().is_empty() {
        page.lines.push("Hypotheses:".to_owned());
        for (k, text) in statement.texts("given").iter().enumerate() {
            let line = format!("  {} {}", page.name(k), page.math(&formula(text, style)));
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
    for (k, node) in certificate.proofs.iter().enumerate() {
        if !statement.is_disjunction() && !certificate.vacuous {
            let line = format!(
                "Claim [{}]: {}",
                k + 1,
                page.math(&formula(goals[k], style))
            );
            page.lines.push(page.ended(line));
        }
        page.lines.push("Proof.".to_owned());
        page.node(node, statement.goals(), 1);
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

    fn name(&self, entry: usize) -> String {
        format!("({})", entry + 1)
    }

    fn say(&mut self, depth: usize, words: &str) {
        let indent = if self.style == Style::Text {
            "  ".repeat(depth)
        } else {
            String::new()
        };
        self.lines.push(format!("{indent}{words}"));
    }

    fn node(&mut self, node: &Node, goals: &[Inequality], depth: usize) {
        match node {
            Node::Identity {
                claim,
                multiplier,
                terms,
            } => {
                let Some(goal) = goals.get(*claim) else {
                    return;
                };
                let which = if goals.len() > 1 {
                    format!(" (goal [{}])", claim + 1)
                } else {
                    String::new()
                };
                let p = formula(&goal.polynomial.to_string(), self.style);
                let left = if multiplier.is_empty() {
                    p
                } else {
                    let m = self.product(multiplier);
                    format!("{m}{}({p})", self.times())
                };
                self.equation(depth, &left, terms);
                self.reasons(depth, terms);
                let strictly = if goal.strict {
                    "positive"
                } else {
                    "not negative"
                };
                let divided = if multiplier.is_empty() {
                    String::new()
                } else {
                    let why: Vec<String> = multiplier.iter().map(|(r, _)| self.name(*r)).collect();
                    format!(
                        " after division by the positive factor on the left {}",
                        why.join(" ")
                    )
                };
                self.say(
                    depth,
                    &format!("Hence the left side is {strictly}{divided}{which}."),
                );
            }
            Node::Absurd { terms } => {
                self.equation(depth, "0", terms);
                self.reasons(depth, terms);
                self.say(depth, "A positive number is not 0: this case is empty.");
            }
            Node::Split {
                on,
                strict,
                above,
                below,
            } => {
                for (case, node) in Inequality::cases(on, *strict)
                    .into_iter()
                    .zip([above, below])
                {
                    let name = self.name(self.scope.len());
                    let text = self.math(&formula(&case.text(), self.style));
                    self.say(depth, &format!("Case {name} {text}:"));
                    self.scope.push(case);
                    self.node(node, goals, depth + 1);
                    self.scope.pop();
                }
            }
            Node::Fact { fact, proof, then } => {
                let name = self.name(self.scope.len());
                let text = self.math(&formula(&fact.text(), self.style));
                self.say(depth, &format!("Fact {name} {text}:"));
                self.node(proof, std::slice::from_ref(fact), depth + 1);
                self.scope.push(fact.clone());
                self.node(then, goals, depth);
                self.scope.pop();
            }
        }
    }

    fn times(&self) -> &'static str {
        if self.style == Style::Text {
            "*"
        } else {
            "\\,"
        }
    }

    fn power(&self, base: &Polynomial, power: u32) -> String {
        let text = formula(&base.to_string(), self.style);
        let simple = base.len() == 1
            && base.total_degree() == 1
            && !text.starts_with('-')
            && !text.contains(['*', '/']);
        let text = if simple { text } else { format!("({text})") };
        match (power, self.style) {
            (1, _) => text,
            (_, Style::Text) => format!("{text}^{power}"),
            (_, Style::Latex) => format!("{text}^{{{power}}}"),
        }
    }

    fn product(&self, factors: &[(usize, u32)]) -> String {
        let list: Vec<String> = factors
            .iter()
            .map(|(r, p)| self.power(&self.scope[*r].polynomial, *p))
            .collect();
        list.join(self.times())
    }

    fn term(&self, term: &Term) -> String {
        let mut parts = Vec::new();
        if !term.coefficient.is_one() {
            parts.push(number(&term.coefficient, self.style));
        }
        if !term.factors.is_empty() {
            parts.push(self.product(&term.factors));
        }
        if let Some(square) = &term.square {
            parts.push(self.power(square, 2));
        }
        if parts.is_empty() {
            return "1".to_owned();
        }
        parts.join(self.times())
    }

    fn equation(&mut self, depth: usize, left: &str, terms: &[Term]) {
        let right: Vec<String> = terms.iter().map(|t| self.term(t)).collect();
        let right = if right.is_empty() {
            vec!["0".to_owned()]
        } else {
            right
        };
        if self.style == Style::Text {
            self.say(depth, left);
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
    }

    fn reasons(&mut self, depth: usize, terms: &[Term]) {
        for (k, term) in terms.iter().enumerate() {
            let strict = term.factors.iter().all(|(r, _)| self.scope[*r].strict);
            let square = term.square.as_ref();
            let whole = square.is_none_or(|q| q.as_constant().is_some_and(|c| !c.is_zero()));
            let sign = if strict && whole {
                "positive"
            } else {
                "not negative"
            };
            let mut why: Vec<String> = term.factors.iter().map(|(r, _)| self.name(*r)).collect();
            if square.is_some() {
                why.push("a square".to_owned());
            }
            if why.is_empty() {
                why.push("a positive number".to_owned());
            }
            let line = format!("Term {} is {sign}: {}.", k + 1, why.join(", "));
            let line = self.ended(line);
            self.say(depth + 1, &line);
        }
    }
}

fn number(value: &Rational, style: Style) -> String {
    match style {
        Style::Latex if !value.denom().is_one() => {
            format!("\\frac{{{}}}{{{}}}", value.numer(), value.denom())
        }
        _ => value.to_string(),
    }
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
    use crate::certificate::Statement;

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
