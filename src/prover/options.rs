//! What the caller of the prover may choose.

use crate::certificate::Inequality;
use crate::polynomial::Polynomial;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How to search.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Give up after this long; `None`: only when everything was tried.
    pub time: Option<Duration>,
    /// Set from outside to stop early.
    pub interrupt: Option<Arc<AtomicBool>>,
    /// Polynomials of the caller's choice at whose sign cases may be distinguished.
    pub splits: Vec<Polynomial>,
    /// Polynomials of the caller's choice whose squares may stand in terms.
    pub squares: Vec<Polynomial>,
    /// Intermediate inequalities of the caller's choice: used where they can be proved.
    pub facts: Vec<Inequality>,
    /// How long a certificate that was found is shortened; zero: not at all.
    pub shortening: Duration,
}
