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
    /// `a^{2} b`, `\tfrac{1}{2}`.
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
            format!("\\left({text}\\right)")
        } else {
            format!("({text})")
        }
    }

    fn sum(self, terms: &[Expression]) -> String {
        let mut text = String::new();
        for (place, term) in terms.iter().enumerate() {
            let (negative, part) = match term {
                Expression::Negative(inner) => (true, self.inside(inner, Binding::Product)),
                Expression::Number(value) if value.is_negative() => (true, self.number(&-value).0),
                other => (false, self.inside(other, Binding::Product)),
            };
            text.push_str(match (place, negative) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            });
            text.push_str(&part);
        }
        text
    }

    fn product(self, factors: &[Expression]) -> String {
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
                "\\left(1 - a\\right)^{2} \\tfrac{1}{2} - \\frac{a^{3} b}{b + 1}",
            ),
        ] {
            assert_eq!(syntax.write(&sample()), text);
        }
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
