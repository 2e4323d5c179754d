//! How a tree is written in each language: operators, powers, numbers, brackets.

use super::Expression;
use crate::number::Rational;
use num_traits::{One, Signed};

/// One language's way to write a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `a^2*b`, `1/2`: text, Mathematica, Julia.
    Caret,
    /// `a**2*b`, `1/2`: Python.
    Stars,
    /// `a**2*b`, `Rational(1, 2)`: SymPy.
    Sympy,
    /// `a.powi(2) * b`, `0.5`.
    Rust,
    /// `a*a*b`, `0.5`.
    C,
    /// `a^2 b`, `\tfrac{1}{2}`.
    Latex,
}

/// How tightly the outermost operator binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Sum,
    Negative,
    Product,
    Atom,
}

impl Syntax {
    /// The formula as text.
    pub(super) fn write(self, e: &Expression) -> String {
        self.at(e).0
    }

    fn at(self, e: &Expression) -> (String, Binding) {
        match e {
            Expression::Number(value) => self.number(value),
            Expression::Symbol(name) => (name.clone(), Binding::Atom),
            Expression::Sum(terms) => (self.sum(terms), Binding::Sum),
            Expression::Product(factors) => (self.product(factors), Binding::Product),
            Expression::Negative(inner) => (
                format!("-{}", self.inside(inner, Binding::Product)),
                Binding::Negative,
            ),
            Expression::Power(base, exponent) => self.power(base, *exponent),
            Expression::Quotient(top, bottom) => match self {
                Self::Latex => (
                    format!("\\frac{{{}}}{{{}}}", self.write(top), self.write(bottom)),
                    Binding::Atom,
                ),
                _ => {
                    let slash = if self == Self::Rust { " / " } else { "/" };
                    let top = self.inside(top, Binding::Product);
                    let bottom = self.inside(bottom, Binding::Atom);
                    (format!("{top}{slash}{bottom}"), Binding::Product)
                }
            },
        }
    }

    /// The text of a part, in brackets where it binds less tightly than needed.
    fn inside(self, e: &Expression, needed: Binding) -> String {
        let (text, binding) = self.at(e);
        if binding >= needed {
            text
        } else if self == Self::Latex {
            let (open, close) = latex_brackets(&text);
            format!("{open}{text}{close}")
        } else {
            format!("({text})")
        }
    }

    fn sum(self, terms: &[Expression]) -> String {
        self.signed_terms(terms).concat()
    }

    /// The terms with their signs: `["a", " - b", " + 1"]`.
    fn signed_terms(self, terms: &[Expression]) -> Vec<String> {
        let signed = |(place, term): (usize, &Expression)| {
            let (negative, part) = match term {
                Expression::Negative(inner) => (true, self.inside(inner, Binding::Product)),
                Expression::Number(value) if value.is_negative() => (true, self.number(&-value).0),
                other => (false, self.inside(other, Binding::Product)),
            };
            let sign = match (place, negative) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            };
            format!("{sign}{part}")
        };
        terms.iter().enumerate().map(signed).collect()
    }

    /// The formula in lines of about `width` printed characters, broken before a sign.
    pub(super) fn lines(self, e: &Expression, width: usize) -> Vec<String> {
        let Expression::Sum(terms) = e else {
            return vec![self.write(e)];
        };
        let mut lines: Vec<String> = Vec::new();
        for term in self.signed_terms(terms) {
            match lines.last_mut() {
                Some(line) if printed_width(line) + printed_width(&term) <= width => {
                    line.push_str(&term);
                }
                Some(_) => lines.push(term.trim_start().to_owned()),
                None => lines.push(term),
            }
        }
        lines
    }

    fn product(self, factors: &[Expression]) -> String {
        let collected;
        let factors = if self == Self::Latex {
            collected = collect_factors(factors);
            &collected
        } else {
            factors
        };
        let parts: Vec<String> = factors
            .iter()
            .map(|f| self.inside(f, Binding::Product))
            .collect();
        parts.join(match self {
            Self::Latex => " ",
            Self::Rust => " * ",
            _ => "*",
        })
    }

    fn power(self, base: &Expression, exponent: u32) -> (String, Binding) {
        let base = self.inside(base, Binding::Atom);
        match self {
            Self::Caret => (format!("{base}^{exponent}"), Binding::Product),
            Self::Stars | Self::Sympy => (format!("{base}**{exponent}"), Binding::Product),
            Self::Rust => (format!("{base}.powi({exponent})"), Binding::Atom),
            Self::C => (vec![base; exponent as usize].join("*"), Binding::Product),
            Self::Latex if exponent < 10 => (format!("{base}^{exponent}"), Binding::Product),
            Self::Latex => (format!("{base}^{{{exponent}}}"), Binding::Product),
        }
    }

    fn number(self, value: &Rational) -> (String, Binding) {
        if value.is_negative() {
            return (format!("-{}", self.number(&-value).0), Binding::Negative);
        }
        let (top, bottom) = (value.numer(), value.denom());
        if bottom.is_one() {
            let dot = if matches!(self, Self::Rust | Self::C) {
                ".0"
            } else {
                ""
            };
            return (format!("{top}{dot}"), Binding::Atom);
        }
        match self {
            Self::Caret | Self::Stars => (format!("{top}/{bottom}"), Binding::Product),
            Self::Sympy => (format!("Rational({top}, {bottom})"), Binding::Atom),
            Self::Rust => (format!("{top}.0 / {bottom}.0"), Binding::Product),
            Self::C => (format!("{top}.0/{bottom}.0"), Binding::Product),
            Self::Latex => (format!("\\tfrac{{{top}}}{{{bottom}}}"), Binding::Atom),
        }
    }
}

/// A product as it is set: one number, then symbols, then brackets, each base once.
fn collect_factors(factors: &[Expression]) -> Vec<Expression> {
    let mut number = Rational::one();
    let mut powers: Vec<(Expression, u32)> = Vec::new();
    for factor in factors {
        let (base, exponent) = match factor {
            Expression::Number(value) => {
                number *= value;
                continue;
            }
            Expression::Power(base, exponent) => ((**base).clone(), *exponent),
            other => (other.clone(), 1),
        };
        match powers.iter_mut().find(|(known, _)| *known == base) {
            Some((_, power)) => *power += exponent,
            None => powers.push((base, exponent)),
        }
    }
    powers.sort_by_key(|(base, _)| !matches!(base, Expression::Symbol(_)));
    let powers = powers.into_iter().map(|(base, exponent)| match exponent {
        1 => base,
        _ => Expression::Power(Box::new(base), exponent),
    });
    let number = (!number.is_one() || factors.is_empty()).then_some(Expression::Number(number));
    number.into_iter().chain(powers).collect()
}

/// Brackets around LaTeX text, larger than those inside it.
fn latex_brackets(text: &str) -> (&'static str, &'static str) {
    let depth = text
        .chars()
        .scan(0_i32, |level, letter| {
            *level += i32::from(letter == '(') - i32::from(letter == ')');
            Some(*level)
        })
        .max();
    match depth {
        _ if text.contains("\\frac") => ("\\left(", "\\right)"),
        None | Some(..=0) => ("(", ")"),
        Some(1) => ("\\bigl(", "\\bigr)"),
        Some(_) => ("\\Bigl(", "\\Bigr)"),
    }
}

/// Roughly how many characters LaTeX text prints; a sign between terms counts for two.
fn printed_width(text: &str) -> usize {
    let mut width = 0;
    let mut command = false;
    for letter in text.chars() {
        match letter {
            '\\' => {
                command = true;
                width += 1;
            }
            '{' | '}' | '^' | ' ' => command = false,
            '+' | '-' => {
                command = false;
                width += 2;
            }
            _ if letter.is_ascii_alphabetic() && command => {}
            _ => {
                command = false;
                width += 1;
            }
        }
    }
    width
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Ring, parse_rational};

    fn sample() -> Expression {
        let (a, b) = (Expression::symbol("a"), Expression::symbol("b"));
        let half = Expression::Number(parse_rational("1/2").unwrap());
        (Expression::one() - a.clone()).square() * half
            - a.power(3) * b.clone() / (b + Expression::one())
    }

    #[test]
    fn each_language_writes_powers_numbers_and_brackets_its_own_way() {
        for (syntax, text) in [
            (Syntax::Caret, "(1 - a)^2*1/2 - a^3*b/(b + 1)"),
            (Syntax::Stars, "(1 - a)**2*1/2 - a**3*b/(b + 1)"),
            (Syntax::Sympy, "(1 - a)**2*Rational(1, 2) - a**3*b/(b + 1)"),
            (
                Syntax::Rust,
                "(1.0 - a).powi(2) * 1.0 / 2.0 - a.powi(3) * b / (b + 1.0)",
            ),
            (Syntax::C, "(1.0 - a)*(1.0 - a)*1.0/2.0 - a*a*a*b/(b + 1.0)"),
            (
                Syntax::Latex,
                "\\tfrac{1}{2} (1 - a)^2 - \\frac{a^3 b}{b + 1}",
            ),
        ] {
            assert_eq!(syntax.write(&sample()), text);
        }
    }

    #[test]
    fn latex_collects_powers_and_grows_brackets_outwards() {
        let [a, b] = ["a", "b"].map(Expression::symbol);
        let one = Expression::one();
        let inner = (one.clone() - a.clone()) * b.clone() * b.clone() + one.clone();
        let outer = inner * a.clone() + one;
        let text = Syntax::Latex.write(&(outer * b.power(12) * a));
        assert_eq!(
            text,
            "b^{12} a \\Bigl(a \\bigl(b^2 (1 - a) + 1\\bigr) + 1\\Bigr)"
        );
        // Two numbers side by side would read as one: 2 3 is 6, not 23.
        let two_three = [2, 3].map(Expression::from_integer).to_vec();
        assert_eq!(Syntax::Latex.write(&Expression::Product(two_three)), "6");
    }

    #[test]
    fn lines_break_before_a_sign_and_join_to_the_whole() {
        let p = crate::polynomial::Polynomial::parse("a^2*b - 3*a*b + a - b^2 + 1").unwrap();
        let e = Expression::from(&p);
        let lines = Syntax::Latex.lines(&e, 9);
        assert_eq!(lines, ["a^2 b - 3 a b", "+ a - b^2", "+ 1"]);
        assert_eq!(lines.join(" "), Syntax::Latex.write(&e));
        assert_eq!(Syntax::Latex.lines(&e, 100).len(), 1);
    }

    #[test]
    fn brackets_keep_the_meaning() {
        let text = Syntax::Caret.write(&sample());
        assert_eq!(
            crate::polynomial::RationalFunction::parse(&text).ok(),
            sample().expand()
        );
        let nested = Expression::symbol("a") / (Expression::symbol("b") / Expression::symbol("c"));
        assert_eq!(Syntax::Caret.write(&nested), "a/(b/c)");
        let minus = Expression::symbol("a") * Expression::from_integer(-2);
        assert_eq!(Syntax::Caret.write(&minus), "a*(-2)");
    }
}
