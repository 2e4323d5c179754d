//! An inequality `p > 0` or `p >= 0`.

use crate::polynomial::{ParseError, Polynomial, Relation, parse_relation};

/// `polynomial > 0` if `strict`, else `polynomial >= 0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inequality {
    /// The side that is positive, or not negative.
    pub polynomial: Polynomial,
    /// Whether zero is excluded.
    pub strict: bool,
}

impl Inequality {
    /// `polynomial > 0`.
    pub fn positive(polynomial: Polynomial) -> Self {
        Self {
            polynomial,
            strict: true,
        }
    }

    /// `polynomial >= 0`.
    pub fn non_negative(polynomial: Polynomial) -> Self {
        Self {
            polynomial,
            strict: false,
        }
    }

    /// The two cases of a split: `on > 0` (or `>= 0`), and `on <= 0`.
    pub fn cases(on: &Polynomial, strict: bool) -> [Self; 2] {
        let above = Self {
            polynomial: on.clone(),
            strict,
        };
        [above, Self::non_negative(-on.clone())]
    }

    /// Reads `left relation right` over a list of variables; `left > right` becomes
    /// `left - right > 0`, `left < right` becomes `right - left > 0`.
    ///
    /// # Errors
    /// Text outside the grammar, or a variable that is not in the list.
    pub fn parse(text: &str, variables: &[String]) -> Result<Self, ParseError> {
        let (left, relation, right) = parse_relation(text)?;
        let (difference, strict) = match relation {
            Relation::Greater => (left - right, true),
            Relation::GreaterOrEqual => (left - right, false),
            Relation::Less => (right - left, true),
            Relation::LessOrEqual => (right - left, false),
        };
        let polynomial = difference.over(variables).ok_or_else(|| ParseError {
            line: 1,
            column: 1,
            message: format!("the variables are {}", variables.join(", ")),
        })?;
        Ok(Self { polynomial, strict })
    }

    /// The text in the grammar of statements: `polynomial > 0` or `polynomial >= 0`.
    pub fn text(&self) -> String {
        format!(
            "{} {} 0",
            self.polynomial,
            if self.strict { ">" } else { ">=" }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_and_both_strengths_are_read() {
        let names = ["x".to_owned(), "y".to_owned()];
        let read = |t| Inequality::parse(t, &names).unwrap();
        assert_eq!(read("x < 2*y").text(), "-x + 2*y > 0");
        assert_eq!(read("x^2 >= y").text(), "x^2 - y >= 0");
        assert!(Inequality::parse("x > w", &names).is_err());
        assert!(Inequality::parse("x = 1", &names).is_err());
    }
}
