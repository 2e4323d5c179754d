//! Text to polynomials, rational functions and inequalities.
//!
//! ```text
//! relation   = sum (">" | ">=" | "<" | "<=") sum
//! sum        = ["+" | "-"] product { ("+" | "-") product }
//! product    = power { ("*" | "/") power }
//! power      = atom [ "^" digits ]              exponent 0..64
//! atom       = number | variable | "(" sum ")"
//! number     = digits [ "." digits ]            0.25 is exactly 1/4
//! variable   = letter or "_" { letter | digit | "_" }
//! ```
//!
//! No implicit product, no chain of relations, no `=`. In a polynomial a divisor must be a
//! non-zero constant. Errors carry line and column, counted from 1 in characters.

use super::{Polynomial, RationalFunction};
use crate::number::{Rational, RationalAlgebra, parse_rational};
use thiserror::Error;

/// The largest exponent the grammar allows.
const MAX_EXPONENT: u32 = 64;
/// How deep parentheses may nest.
const MAX_DEPTH: usize = 64;
/// The most term products one multiplication may take: beyond it the input is refused.
const MAX_PRODUCTS: usize = 4_000_000;
/// The most terms a polynomial may have.
const MAX_TERMS: usize = 100_000;

/// Where and why a text is not what the grammar allows.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What was found and what would be right.
    pub message: String,
}

/// The sign between the two sides of an inequality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

impl Polynomial {
    /// Reads a polynomial; see the module's grammar.
    ///
    /// # Errors
    /// Anything outside the grammar, with line and column.
    ///
    /// ```
    /// use tauber::polynomial::Polynomial;
    /// let p = Polynomial::parse("(a + b)^2 - 0.5*a")?;
    /// assert_eq!(p.to_string(), "a^2 + 2*a*b - 1/2*a + b^2");
    /// let error = Polynomial::parse("a + 2b").unwrap_err();
    /// assert_eq!((error.line, error.column), (1, 6));
    /// # Ok::<(), tauber::polynomial::ParseError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse_as(text)
    }
}

impl RationalFunction {
    /// Reads a rational function: the same grammar, with any non-zero divisor.
    ///
    /// # Errors
    /// Anything outside the grammar, with line and column.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse_as(text)
    }
}

/// Reads `left relation right`.
///
/// # Errors
/// Anything outside the grammar, a missing relation, a chain of two, and `=`.
pub fn parse_relation(text: &str) -> Result<(Polynomial, Relation, Polynomial), ParseError> {
    parse_relation_as(text)
}

/// [`parse_relation`] with sides of any type the grammar can build (export keeps the written form).
pub(crate) fn parse_relation_as<T: Target>(text: &str) -> Result<(T, Relation, T), ParseError> {
    let mut parser = Parser::new(text)?;
    let left = parser.sum(0)?;
    let relation = match parser.peek() {
        Token::Relation(relation) => *relation,
        _ => return Err(parser.error("expected `>`, `>=`, `<` or `<=`")),
    };
    parser.next += 1;
    let right = parser.sum(0)?;
    parser.expect_end()?;
    Ok((left, relation, right))
}

/// Reads a sum of any type the grammar can build.
pub(crate) fn parse_as<T: Target>(text: &str) -> Result<T, ParseError> {
    let mut parser = Parser::new(text)?;
    let value = parser.sum(0)?;
    parser.expect_end()?;
    Ok(value)
}

/// What the parser builds: polynomials refuse a divisor that is not a constant.
pub(crate) trait Target: RationalAlgebra {
    /// The variable of this name.
    fn symbol(name: &str) -> Self;
    /// `self / divisor`, or why that is not allowed.
    fn quotient(self, divisor: Self) -> Result<Self, &'static str>;
    /// Terms of the largest part, to bound the work of a product.
    fn size(&self) -> usize;
}

impl Target for Polynomial {
    fn symbol(name: &str) -> Self {
        Self::variable(name)
    }
    fn quotient(self, divisor: Self) -> Result<Self, &'static str> {
        match divisor.as_constant() {
            None => Err("a polynomial can only be divided by a constant"),
            Some(value) if num_traits::Zero::is_zero(&value) => Err("division by zero"),
            Some(value) => Ok(self.scale(&value.recip())),
        }
    }
    fn size(&self) -> usize {
        self.len()
    }
}

impl Target for RationalFunction {
    fn symbol(name: &str) -> Self {
        Self::from(Polynomial::variable(name))
    }
    fn quotient(self, divisor: Self) -> Result<Self, &'static str> {
        self.checked_division(divisor).ok_or("division by zero")
    }
    fn size(&self) -> usize {
        self.numerator().len().max(self.denominator().len())
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(Rational),
    Name(String),
    Sign(char),
    Relation(Relation),
    End,
}

struct Parser {
    tokens: Vec<(Token, usize, usize)>,
    next: usize,
}

impl Parser {
    fn new(text: &str) -> Result<Self, ParseError> {
        let mut tokens = Vec::new();
        let (mut line, mut column) = (1, 1);
        let mut rest = text.chars().peekable();
        while let Some(&c) = rest.peek() {
            let (at_line, at_column) = (line, column);
            let mut word = String::new();
            let mut take_while = |keep: &dyn Fn(char) -> bool, word: &mut String| {
                while let Some(&c) = rest.peek().filter(|c| keep(**c)) {
                    word.push(c);
                    rest.next();
                    column += 1;
                }
            };
            let token = if c.is_ascii_digit() || c == '.' {
                take_while(&|c| c.is_ascii_digit() || c == '.', &mut word);
                let bounded = word.len() <= 4_000 && !word.starts_with('.') && !word.ends_with('.');
                let number = parse_rational(&word).ok().filter(|_| bounded);
                Token::Number(number.ok_or_else(|| ParseError {
                    line: at_line,
                    column: at_column,
                    message: format!("`{}` is not a number: write 3, 1/2 or 0.25", clip(&word)),
                })?)
            } else if c.is_ascii_alphabetic() || c == '_' {
                take_while(&|c| c.is_ascii_alphanumeric() || c == '_', &mut word);
                Token::Name(word)
            } else {
                rest.next();
                column += 1;
                match c {
                    '\n' => {
                        line += 1;
                        column = 1;
                        continue;
                    }
                    ' ' | '\t' | '\r' => continue,
                    '+' | '-' | '*' | '/' | '^' | '(' | ')' => Token::Sign(c),
                    '>' | '<' => {
                        let or_equal = rest.next_if_eq(&'=').is_some();
                        column += usize::from(or_equal);
                        Token::Relation(match (c, or_equal) {
                            ('>', false) => Relation::Greater,
                            ('>', true) => Relation::GreaterOrEqual,
                            (_, false) => Relation::Less,
                            (_, true) => Relation::LessOrEqual,
                        })
                    }
                    _ => {
                        return Err(ParseError {
                            line: at_line,
                            column: at_column,
                            message: format!("unexpected character `{}`", c.escape_default()),
                        });
                    }
                }
            };
            tokens.push((token, at_line, at_column));
        }
        tokens.push((Token::End, line, column));
        Ok(Self { tokens, next: 0 })
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.next.min(self.tokens.len() - 1)].0
    }

    fn eat(&mut self, sign: char) -> bool {
        let found = *self.peek() == Token::Sign(sign);
        self.next += usize::from(found);
        found
    }

    fn error(&self, message: &str) -> ParseError {
        let (token, line, column) = &self.tokens[self.next.min(self.tokens.len() - 1)];
        let found = match token {
            Token::Number(_) => "a number".to_owned(),
            Token::Name(name) => format!("`{}`", clip(name)),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::Relation(_) => "a relation".to_owned(),
            Token::End => "the end".to_owned(),
        };
        ParseError {
            line: *line,
            column: *column,
            message: format!("{message}, found {found}"),
        }
    }

    fn expect_end(&self) -> Result<(), ParseError> {
        match self.peek() {
            Token::End => Ok(()),
            Token::Name(_) | Token::Number(_) | Token::Sign('(') => {
                Err(self.error("expected an operator (there is no implicit product: write 2*a)"))
            }
            _ => Err(self.error("expected the end")),
        }
    }

    fn sum<T: Target>(&mut self, depth: usize) -> Result<T, ParseError> {
        if depth > MAX_DEPTH {
            return Err(self.error("parentheses nest deeper than 64"));
        }
        let mut value: T = if self.eat('-') {
            -self.product::<T>(depth)?
        } else {
            self.eat('+');
            self.product(depth)?
        };
        loop {
            if self.eat('+') {
                value = value + self.product(depth)?;
            } else if self.eat('-') {
                value = value - self.product(depth)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product<T: Target>(&mut self, depth: usize) -> Result<T, ParseError> {
        let mut value: T = self.power(depth)?;
        loop {
            if self.eat('*') {
                let factor = self.power(depth)?;
                value = self.multiply(value, factor)?;
            } else if *self.peek() == Token::Sign('/') {
                let at = self.next;
                self.next += 1;
                let divisor: T = self.power(depth)?;
                value = value.quotient(divisor).map_err(|message| {
                    self.next = at;
                    self.error(message)
                })?;
            } else {
                return Ok(value);
            }
        }
    }

    fn multiply<T: Target>(&self, left: T, right: T) -> Result<T, ParseError> {
        if left.size().saturating_mul(right.size()) > MAX_PRODUCTS {
            return Err(self.error("the product has too many terms"));
        }
        let product = left * right;
        if product.size() > MAX_TERMS {
            return Err(self.error("more than 100,000 terms"));
        }
        Ok(product)
    }

    fn power<T: Target>(&mut self, depth: usize) -> Result<T, ParseError> {
        let base: T = self.atom(depth)?;
        if !self.eat('^') {
            return Ok(base);
        }
        let exponent = match self.peek() {
            Token::Number(value) if value.is_integer() => {
                num_traits::ToPrimitive::to_u32(value.numer()).filter(|e| *e <= MAX_EXPONENT)
            }
            _ => None,
        };
        let exponent =
            exponent.ok_or_else(|| self.error("an exponent is an integer from 0 to 64"))?;
        self.next += 1;
        if *self.peek() == Token::Sign('^') {
            return Err(self.error("towers of powers are not allowed: use parentheses"));
        }
        let mut value = T::one();
        for _ in 0..exponent {
            value = self.multiply(value, base.clone())?;
        }
        Ok(value)
    }

    fn atom<T: Target>(&mut self, depth: usize) -> Result<T, ParseError> {
        if self.eat('(') {
            let value = self.sum(depth + 1)?;
            if !self.eat(')') {
                return Err(self.error("expected `)`"));
            }
            return Ok(value);
        }
        let value = match self.peek() {
            Token::Number(value) => T::from_rational(value),
            Token::Name(name) => T::symbol(name),
            _ => return Err(self.error("expected a number, a variable or `(`")),
        };
        self.next += 1;
        Ok(value)
    }
}

fn clip(word: &str) -> String {
    if word.chars().count() > 40 {
        word.chars().take(37).chain("...".chars()).collect()
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence_is_the_usual_one() {
        let p = |t| Polynomial::parse(t).unwrap();
        assert_eq!(p("-a^2 + 2*b*3 - 1/2*c"), -p("a*a") + p("6*b") - p("0.5*c"));
        assert_eq!(p("(a - b)*(a + b)"), p("a^2 - b^2"));
        assert_eq!(p("a/2/3"), p("1/6*a"));
        assert_eq!(p("a^0"), p("1"));
    }

    #[test]
    fn relations_are_read_with_both_sides() {
        let (left, relation, right) = parse_relation("a^2 + 1 >= 2*a").unwrap();
        assert_eq!(
            (left.to_string(), relation),
            ("a^2 + 1".into(), Relation::GreaterOrEqual)
        );
        assert_eq!(right.to_string(), "2*a");
    }

    #[test]
    fn rational_functions_divide_and_cancel() {
        let f = RationalFunction::parse("(a^2 - b^2)/(a - b) + 1/a").unwrap();
        assert_eq!(f, RationalFunction::parse("(a^2 + a*b + 1)/a").unwrap());
        assert!(RationalFunction::parse("1/(a - a)").is_err());
    }

    #[test]
    fn errors_point_at_line_and_column() {
        for (text, place, word) in [
            ("a + 2b", (1, 6), "implicit"),
            ("a +\n  * b", (2, 3), "expected a number"),
            ("a^65", (1, 3), "0 to 64"),
            ("a^-1", (1, 3), "0 to 64"),
            ("a^2^3", (1, 4), "towers"),
            ("(a", (1, 3), "`)`"),
            ("a/b", (1, 2), "constant"),
            ("a/0", (1, 2), "zero"),
            ("a & b", (1, 3), "unexpected"),
            ("1.2.3", (1, 1), "not a number"),
            ("а", (1, 1), "unexpected"), // a Cyrillic letter
            ("", (1, 1), "the end"),
        ] {
            let error = Polynomial::parse(text).unwrap_err();
            assert_eq!((error.line, error.column), place, "{text}: {error}");
            assert!(error.message.contains(word), "{text}: {error}");
        }
        for text in ["a", "a > b > c", "a = b", "a >> b", "> a"] {
            assert!(parse_relation(text).is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn exploding_input_is_refused_quickly() {
        assert!(Polynomial::parse("(a+b+c+d+e+f+g+h)^64").is_err());
        assert!(Polynomial::parse(&"(".repeat(100_000)).is_err());
        assert!(Polynomial::parse(&"9".repeat(100_000)).is_err());
    }
}
