//! The spectrum that every formula reads: eigenvalues, multiplicities, signal.
//!
//! | symbol | field | range, order |
//! |---|---|---|
//! | lambda_k | `eigenvalues` | > 0, descending; the Hessian's, = those of the kernel matrix K/N |
//! | m_k | `multiplicities` | > 0 weights (0 for a node of a compressed spectrum that carries signal only); 1 for a plain spectrum. A quadrature node of an infinite law stands for m_k modes |
//! | lambda_k C_kk,0 | `signal` | >= 0; the node's total. L_0 = 1/2 sum signal + `null_space_loss` |
//!
//! Because the SE dynamics are linear in the second moments of modes with one eigenvalue, a node
//! of multiplicity m behaves exactly as m modes: U sums `m_k lambda_k^2 ...`, V sums `signal_k ...`,
//! and the recursion keeps one state a node, forced by `m_k lambda_k^2`.

use thiserror::Error;

/// Why a list of numbers is not a spectrum.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SpectrumError {
    /// No eigenvalues at all.
    #[error("a spectrum needs at least one positive eigenvalue, got none")]
    Empty,
    /// An eigenvalue is NaN or infinite.
    #[error("eigenvalue {index} is {value}: eigenvalues must be finite numbers")]
    NotFinite {
        /// Position in the input, from 0.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// An eigenvalue is clearly negative: the matrix is not positive semi-definite.
    #[error(
        "eigenvalue {index} is {value:e}, negative beyond rounding (limit -1e-10 times the largest, {largest:e}): a Hessian or kernel matrix is positive semi-definite"
    )]
    Negative {
        /// Position in the input, from 0.
        index: usize,
        /// The value found.
        value: f64,
        /// The largest eigenvalue.
        largest: f64,
    },
    /// A signal entry is NaN, infinite or negative.
    #[error("signal {index} is {value}: signal (lambda_k C_kk,0) must be finite and >= 0")]
    Signal {
        /// Position in the input, from 0.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// Signal and eigenvalues differ in length.
    #[error(
        "signal has {signal} entries but there are {eigenvalues} eigenvalues: lengths must match"
    )]
    Length {
        /// Number of eigenvalues.
        eigenvalues: usize,
        /// Number of signal entries.
        signal: usize,
    },
}

/// Eigenvalues with multiplicities and, where known, the initial signal of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    eigenvalues: Vec<f64>,
    multiplicities: Vec<f64>,
    signal: Option<Vec<f64>>,
    null_space_loss: f64,
    null_signal: Vec<f64>,
    null_space_is_exact: bool,
    infinite_trace: bool,
    infinite_trace_of_square: bool,
    infinite_trace_of_covariance: bool,
    lumped_below: f64,
}

fn check_signal(signal: &[f64], eigenvalues: usize) -> Result<(), SpectrumError> {
    if signal.len() != eigenvalues {
        return Err(SpectrumError::Length {
            eigenvalues,
            signal: signal.len(),
        });
    }
    match signal
        .iter()
        .enumerate()
        .find(|(_, v)| !(v.is_finite() && **v >= 0.0))
    {
        Some((index, &value)) => Err(SpectrumError::Signal { index, value }),
        None => Ok(()),
    }
}

/// Eigenvalues at or below `-NEGATIVE_LIMIT * largest` are an error.
const NEGATIVE_LIMIT: f64 = 1e-10;

impl Spectrum {
    /// A finite spectrum from any order of eigenvalues: sorts them (with their signal) in
    /// descending order and splits off the null space `|lambda| <= N eps lambda_max`, whose signal
    /// becomes [`Spectrum::null_space_loss`].
    ///
    /// # Errors
    /// See [`SpectrumError`].
    pub fn new(eigenvalues: Vec<f64>, signal: Option<Vec<f64>>) -> Result<Self, SpectrumError> {
        if let Some(signal) = &signal {
            check_signal(signal, eigenvalues.len())?;
        }
        if let Some((index, &value)) = eigenvalues.iter().enumerate().find(|(_, v)| !v.is_finite())
        {
            return Err(SpectrumError::NotFinite { index, value });
        }
        let largest = eigenvalues.iter().copied().fold(0.0, f64::max);
        if let Some((index, &value)) = eigenvalues
            .iter()
            .enumerate()
            .find(|(_, v)| **v < 0.0 && **v <= -NEGATIVE_LIMIT * largest)
        {
            return Err(SpectrumError::Negative {
                index,
                value,
                largest,
            });
        }
        let floor = eigenvalues.len() as f64 * f64::EPSILON * largest;
        let mut order: Vec<usize> = (0..eigenvalues.len())
            .filter(|&k| eigenvalues[k] > floor)
            .collect();
        if order.is_empty() {
            return Err(SpectrumError::Empty);
        }
        order.sort_by(|&i, &j| eigenvalues[j].total_cmp(&eigenvalues[i]));
        let null_signal: Vec<f64> = signal.as_ref().map_or_else(Vec::new, |signal| {
            (0..eigenvalues.len())
                .filter(|&k| eigenvalues[k] <= floor)
                .map(|k| signal[k])
                .collect()
        });
        // An empty `sum()` is -0.
        let lost = null_signal.iter().fold(0.0, |total, signal| total + signal);
        Ok(Self {
            multiplicities: vec![1.0; order.len()],
            signal: signal.map(|signal| order.iter().map(|&k| signal[k]).collect()),
            eigenvalues: order.iter().map(|&k| eigenvalues[k]).collect(),
            null_space_loss: 0.5 * lost,
            null_signal,
            null_space_is_exact: eigenvalues.iter().all(|&l| l > floor || l == 0.0),
            infinite_trace: false,
            infinite_trace_of_square: false,
            infinite_trace_of_covariance: false,
            lumped_below: 0.0,
        })
    }

    /// Nodes that stand for a longer or infinite spectrum: already positive, descending and
    /// checked by the caller (the quadrature of a power law); the two flags say whether
    /// `sum lambda_k` and `sum lambda_k^2` of the spectrum meant diverge.
    pub(crate) fn from_nodes(
        eigenvalues: Vec<f64>,
        multiplicities: Vec<f64>,
        signal: Option<Vec<f64>>,
        infinite_trace: bool,
        infinite_trace_of_square: bool,
    ) -> Self {
        debug_assert_eq!(eigenvalues.len(), multiplicities.len());
        Self {
            eigenvalues,
            multiplicities,
            signal,
            null_space_loss: 0.0,
            null_signal: Vec::new(),
            null_space_is_exact: true,
            infinite_trace,
            infinite_trace_of_square,
            infinite_trace_of_covariance: false,
            lumped_below: 0.0,
        }
    }

    /// The same nodes with a share of the loss that never vanishes (finite, >= 0).
    pub(crate) fn with_null_space_loss(mut self, null_space_loss: f64) -> Self {
        debug_assert!(null_space_loss.is_finite() && null_space_loss >= 0.0);
        self.null_space_loss = null_space_loss;
        // What was left out is not listed here.
        self.null_space_is_exact &= null_space_loss == 0.0;
        self
    }

    /// The same nodes, of an infinite law whose modes below `eigenvalue` are lumped.
    pub(crate) fn with_lumped_below(mut self, eigenvalue: f64) -> Self {
        self.lumped_below = eigenvalue;
        self
    }

    /// The same nodes, of a spectrum whose `Tr C0 = sum C_kk,0` diverges or does not.
    pub(crate) fn with_infinite_trace_of_covariance(mut self, infinite: bool) -> Self {
        self.infinite_trace_of_covariance = infinite && self.signal.is_some();
        self
    }

    /// The same eigenvalues with another signal, in the order of [`Spectrum::eigenvalues`]; that of the null space
    /// stays.
    ///
    /// For a law whose head is distorted: the first modes of an infinite law keep their own nodes. Whether Tr C0
    /// diverges stays what it was, so the tails must be those of the law (of a law without signal it counts as finite).
    ///
    /// # Errors
    /// [`SpectrumError::Length`], [`SpectrumError::Signal`].
    pub fn with_signal(mut self, signal: Vec<f64>) -> Result<Self, SpectrumError> {
        check_signal(&signal, self.eigenvalues.len())?;
        self.signal = Some(signal);
        Ok(self)
    }

    /// The same spectrum without its signal.
    pub fn without_signal(mut self) -> Self {
        self.signal = None;
        self.infinite_trace_of_covariance = false;
        self.null_signal = Vec::new();
        self.null_space_loss = 0.0;
        self
    }

    /// lambda_k > 0, descending.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// m_k > 0 (>= 0 in a compressed spectrum); all 1 for a spectrum given mode by mode.
    pub fn multiplicities(&self) -> &[f64] {
        &self.multiplicities
    }

    /// lambda_k C_kk,0 >= 0 of each node, if known.
    pub fn signal(&self) -> Option<&[f64]> {
        self.signal.as_deref()
    }

    /// The share of L_0 that lies in the null space of the Hessian and never vanishes.
    pub const fn null_space_loss(&self) -> f64 {
        self.null_space_loss
    }

    /// The signal of each mode of the null space, in the order given; empty without signal.
    pub fn null_signal(&self) -> &[f64] {
        &self.null_signal
    }

    /// Whether every eigenvalue that was split off is 0 itself, and not only to rounding.
    pub const fn null_space_is_exact(&self) -> bool {
        self.null_space_is_exact
    }

    /// lambda_max.
    pub fn largest(&self) -> f64 {
        self.eigenvalues[0]
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.eigenvalues.len()
    }

    /// Never true: a spectrum has at least one mode.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Whether `Tr H = sum lambda_k` diverges (then every learning rate eventually diverges).
    pub const fn infinite_trace(&self) -> bool {
        self.infinite_trace
    }

    /// Whether `Tr H^2 = sum lambda_k^2` diverges (then the loss is infinite after one step).
    pub const fn infinite_trace_of_square(&self) -> bool {
        self.infinite_trace_of_square
    }

    /// Whether `Tr C0 = sum C_kk,0` diverges (then V(1) is infinite): an infinite law with zeta <= 1.
    pub const fn infinite_trace_of_covariance(&self) -> bool {
        self.infinite_trace_of_covariance
    }

    /// The eigenvalue below which an infinite law's modes are lumped into two nodes; 0 where nothing is lumped.
    pub const fn lumped_below(&self) -> f64 {
        self.lumped_below
    }

    /// `Tr H = sum m_k lambda_k`, infinite where it diverges.
    pub fn trace(&self) -> f64 {
        if self.infinite_trace {
            return f64::INFINITY;
        }
        self.eigenvalues
            .iter()
            .zip(&self.multiplicities)
            .map(|(l, m)| l * m)
            .sum()
    }

    /// `Tr H^2 = sum m_k lambda_k^2`, infinite where it diverges.
    pub fn trace_of_square(&self) -> f64 {
        if self.infinite_trace_of_square {
            return f64::INFINITY;
        }
        self.eigenvalues
            .iter()
            .zip(&self.multiplicities)
            .map(|(l, m)| (l * m) * l)
            .sum()
    }

    /// `Tr C0 = sum C_kk,0 = sum signal/eigenvalue`, infinite where it diverges; `None` without signal.
    pub fn trace_of_covariance(&self) -> Option<f64> {
        let signal = self.signal.as_ref()?;
        if self.infinite_trace_of_covariance {
            return Some(f64::INFINITY);
        }
        let terms = signal.iter().zip(&self.eigenvalues).map(|(q, l)| q / l);
        Some(terms.sum())
    }

    /// `L_0 = 1/2 sum signal + null_space_loss`, if the signal is known.
    pub fn initial_loss(&self) -> Option<f64> {
        self.signal
            .as_ref()
            .map(|signal| 0.5 * signal.iter().sum::<f64>() + self.null_space_loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_signal_must_fit_and_keeps_the_rest() {
        let s = Spectrum::new(vec![1.0, 0.5, 0.0], Some(vec![1.0, 2.0, 4.0])).unwrap();
        let other = s.clone().with_signal(vec![0.0, 3.0]).unwrap();
        assert_eq!(other.signal(), Some(&[0.0, 3.0][..]));
        assert_eq!(other.eigenvalues(), s.eigenvalues());
        assert_eq!(other.null_space_loss(), 2.0);
        let length = SpectrumError::Length {
            eigenvalues: 2,
            signal: 3,
        };
        assert_eq!(s.clone().with_signal(vec![1.0; 3]), Err(length));
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(
                s.clone().with_signal(vec![1.0, bad]),
                Err(SpectrumError::Signal { index: 1, .. })
            ));
        }
    }

    #[test]
    fn eigenvalues_are_sorted_together_with_their_signal() {
        let s = Spectrum::new(vec![0.2, 1.0, 0.5], Some(vec![3.0, 1.0, 2.0])).unwrap();
        assert_eq!(s.eigenvalues(), [1.0, 0.5, 0.2]);
        assert_eq!(s.signal().unwrap(), [1.0, 2.0, 3.0]);
    }

    #[test]
    fn without_null_space_its_loss_is_plus_zero() {
        let s = Spectrum::new(vec![1.0], Some(vec![1.0])).unwrap();
        assert!(s.null_space_loss().is_sign_positive());
    }

    #[test]
    fn the_null_space_keeps_its_loss() {
        let s = Spectrum::new(vec![1.0, 0.0, -1e-17], Some(vec![1.0, 4.0, 2.0])).unwrap();
        assert_eq!(s.len(), 1);
        assert_eq!(s.null_space_loss(), 3.0);
        assert_eq!(s.initial_loss(), Some(3.5));
        assert_eq!(s.without_signal().initial_loss(), None);
    }

    #[test]
    fn traces_count_multiplicities_and_know_when_they_diverge() {
        let nodes = |first, second| {
            Spectrum::from_nodes(vec![2.0, 0.5], vec![1.0, 8.0], None, first, second)
        };
        assert_eq!(nodes(false, false).trace(), 6.0);
        assert_eq!(nodes(false, false).trace_of_square(), 6.0);
        assert_eq!(nodes(true, false).trace(), f64::INFINITY);
        assert_eq!(nodes(true, true).trace_of_square(), f64::INFINITY);
    }

    #[test]
    fn what_is_no_spectrum_is_refused_with_its_position() {
        assert_eq!(Spectrum::new(vec![], None), Err(SpectrumError::Empty));
        assert_eq!(Spectrum::new(vec![0.0], None), Err(SpectrumError::Empty));
        let error = Spectrum::new(vec![1.0, -1e-9], None)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("eigenvalue 1") && error.contains("-1e-9"),
            "{error}"
        );
        assert!(Spectrum::new(vec![1.0, f64::NAN], None).is_err());
        assert!(Spectrum::new(vec![1.0], Some(vec![-1.0])).is_err());
        assert!(Spectrum::new(vec![1.0], Some(vec![])).is_err());
    }
}
