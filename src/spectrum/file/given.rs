//! The numbers of a file as they stand there.
//!
//! A [`Spectrum`](super::Spectrum) holds `f64` numbers that were sorted, divided by N and multiplied with each
//! other, each time rounded. Rigorous evaluation starts from the file's own numbers instead.

/// What stands beside the eigenvalues, in their order.
#[derive(Debug, Clone, PartialEq)]
pub enum GivenSignal {
    /// lambda_k C_kk,0, finite and >= 0.
    Signal(Vec<f64>),
    /// C_kk,0, finite and >= 0; the signal is their product with the Hessian's eigenvalue.
    Coefficients(Vec<f64>),
}

/// The lists of a file, padding left out, before any arithmetic.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenNumbers {
    /// In the file's order; those of the Hessian are `eigenvalues[k]/divisor`.
    pub eigenvalues: Vec<f64>,
    /// N >= 1 where the file holds the eigenvalues of Theta, else 1.
    pub divisor: u64,
    /// Signal or coefficients, if the file has them.
    pub beside: Option<GivenSignal>,
}
