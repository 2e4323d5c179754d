//! Reads relations and polynomials (grammar: FORMAT.md, 1).
use crate::polynomial::Polynomial;
use num_bigint::BigInt;
/// An inequality: polynomial > 0 (strict) or polynomial >= 0.
#[derive(Clone, Debug)]
pub struct Relation {
    /// The side that is positive, or not negative.
    pub polynomial: Polynomial,
    /// Whether zero is excluded.
    pub strict: bool,
}
/// After an error, `at` is the byte offset where it was found.
pub(crate) struct Parser<'a> {
    pub(crate) text: &'a str,
    pub(crate) variables: &'a [String],
    pub(crate) work: &'a mut u64,
    pub(crate) at: usize,
    pub(crate) nesting: usize,
}
impl<'a> Parser<'a> {
    /// Reads the whole text as `sum relation sum`.
    pub(crate) fn relation(&mut self) -> Result<Relation, String> {
        let left = self.sum()?;
        let Some(sign) = self.take(b"<>") else { return self.expected("an operator or one of > >= < <=") };
        let strict = self.text.as_bytes().get(self.at) != Some(&b'=');
        self.at += usize::from(!strict);
        let right = self.polynomial()?;
        let (large, small) = if sign == b'>' { (left, right) } else { (right, left) };
        Ok(Relation { polynomial: large.add(&small, true, self.work)?, strict })
    }
    /// Reads the rest of the text as one polynomial.
    pub(crate) fn polynomial(&mut self) -> Result<Polynomial, String> {
        let polynomial = self.sum()?;
        if self.at == self.text.len() { Ok(polynomial) } else { self.expected("an operator or the end") }
    }
    fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.text.get(self.at..).unwrap_or("");
        let length = rest.bytes().take_while(|&c| accept(c)).count();
        self.at += length;
        &rest[..length]
    }
    /// Skips blanks, then takes one of these bytes if it comes next.
    fn take(&mut self, bytes: &[u8]) -> Option<u8> {
        self.take_while(|c| matches!(c, b' ' | b'\t'));
        let next = self.text.as_bytes().get(self.at).copied().filter(|c| bytes.contains(c));
        self.at += usize::from(next.is_some());
        next
    }
    fn expected<T>(&self, what: &str) -> Result<T, String> {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        Err(format!("expected {what}, found {}", found.map_or("the end".into(), |c| format!("{c:?}"))))
    }
    fn sum(&mut self) -> Result<Polynomial, String> {
        let (mut sum, mut next) = (Polynomial::monomial(0, 0, 1), self.take(b"+-").or(Some(b'+')));
        while let Some(sign) = next {
            sum = sum.add(&self.product()?, sign == b'-', self.work)?;
            next = self.take(b"+-");
        }
        Ok(sum)
    }
    fn product(&mut self) -> Result<Polynomial, String> {
        let (mut product, mut next) = (Polynomial::monomial(0, 1, 1), Some(b'*'));
        while let Some(operator) = next {
            let mut factor = self.power()?;
            if operator == b'/' {
                factor = factor.inverse().ok_or("expected to divide by a constant other than zero")?;
            }
            product = product.times(&factor, self.work)?;
            next = self.take(b"*/");
        }
        Ok(product)
    }
    fn power(&mut self) -> Result<Polynomial, String> {
        let base = self.atom()?;
        if self.take(b"^").is_none() {
            return Ok(base);
        }
        self.take(b"");
        let digits = self.take_while(|c| c.is_ascii_digit());
        let exponent = digits.parse().ok().filter(|exponent| *exponent <= 64 && digits.len() <= 2);
        let exponent = exponent.ok_or("expected an exponent from 0 to 64, of at most 2 digits")?;
        Polynomial::monomial(0, 1, 1).times_power(&base, exponent, self.work)
    }
    fn atom(&mut self) -> Result<Polynomial, String> {
        if self.nesting < 64 && self.take(b"(").is_some() {
            self.nesting += 1;
            let inner = self.sum()?;
            self.nesting -= 1;
            return if self.take(b")").is_some() { Ok(inner) } else { self.expected("an operator or ')'") };
        }
        self.take(b"");
        let start = self.at;
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == b'_');
        if let Some(i) = self.variables.iter().position(|name| name == word) {
            return Ok(Polynomial::monomial(1 << (8 * i), 1, 1));
        }
        self.at = start;
        let whole = self.take_while(|c| c.is_ascii_digit());
        if whole.is_empty() {
            return self.expected(&format!("a number, one of {:?}, or '(' (at most 64 deep)", self.variables));
        }
        let point = self.text.as_bytes().get(self.at) == Some(&b'.');
        self.at += usize::from(point);
        let fraction = if point { self.take_while(|c| c.is_ascii_digit()) } else { "" };
        if point && fraction.is_empty() || whole.len() + fraction.len() > 4_000 {
            return self.expected("a number of at most 4000 digits, some after the point if there is one");
        }
        let digits: BigInt = [whole, fraction].concat().parse().map_err(|_| "expected digits")?;
        Ok(Polynomial::monomial(0, digits, BigInt::from(10).pow(fraction.len() as u32)))
    }
}
