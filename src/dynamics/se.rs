//! The SE recursion in f64: the loss of spectrally expressible SGD, step by step.
//!
//! One step costs one fused pass over the nodes ([`super::lanes`]); at momentum 0 inside
//! [`SeRecursion::run`] only C is stepped. Formula, symbols and ranges: [`super::SeModes`], which is
//! the same recursion over any ring. `L_t = 1/2 sum_k x11 + null_space_loss`.
//!
//! Denormals: every 64 steps, moments below 2^-960 (1e-289) in magnitude become 0, because some
//! processors compute with denormal numbers 100 times slower. A loss that small is therefore not
//! resolved; it reads as 0 or as the null-space loss. A loss beyond the range of f64 reads as
//! infinity from then on, never as NaN.

use super::lanes::{Field, Lanes, PassCoefficients};
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;
use thiserror::Error;

/// Moments below this magnitude are set to zero every [`FLUSH_EVERY`] steps: 2^-960.
const FLUSH_LIMIT: f64 = f64::from_bits((1023 - 960) << 52);
/// Steps between two flushes.
const FLUSH_EVERY: u64 = 64;

/// Why a recursion cannot start.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SeError {
    /// The spectrum carries no initial moments.
    #[error(
        "the spectrum has no signal (lambda_k C_kk,0 per mode): the loss needs one, give signal or coefficients with the eigenvalues"
    )]
    NoSignal,
    /// `sum lambda_k^2` diverges and there is noise: L_1 is infinite.
    #[error(
        "sum lambda_k^2 diverges for this infinite spectrum: with noise the loss is infinite after one step; use eigenvalue_exponent > 1/2, finitely many modes, or noise amplitude 0"
    )]
    InfiniteTraceOfSquare,
    /// A list of moments has another length than the spectrum.
    #[error("{what}: expected {expected} numbers, one a node of the spectrum, got {got}")]
    Length {
        /// Which list.
        what: &'static str,
        /// Number of nodes.
        expected: usize,
        /// Length found.
        got: usize,
    },
    /// A saved state of another spectrum.
    #[error("a saved state of this spectrum has {expected} numbers, got {got}")]
    State {
        /// What would be right.
        expected: usize,
        /// What was given.
        got: usize,
    },
    /// An initial moment is NaN, infinite, or of the wrong sign.
    #[error("{what} {index} is {value}: {right}")]
    Moment {
        /// Which list.
        what: &'static str,
        /// Position, from 0.
        index: usize,
        /// The value found.
        value: f64,
        /// What would be right.
        right: &'static str,
    },
}

/// The SE recursion in its present state.
///
/// ```
/// use tauber::dynamics::SeRecursion;
/// use tauber::moment::Hyperparameters;
/// use tauber::spectrum::Spectrum;
/// let spectrum = Spectrum::new(vec![1.0, 0.5], Some(vec![1.0, 1.0]))?;
/// let hyperparameters = Hyperparameters::new(1.0, 0.0, 0.0, 1.0)?;
/// let mut run = SeRecursion::new(&spectrum, &hyperparameters)?;
/// // Gradient descent without noise: the first mode vanishes at once, the second is quartered.
/// assert_eq!(run.run(2), [1.0, 0.125, 0.03125]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct SeRecursion {
    lanes: Lanes,
    eigenvalues: Vec<f64>,
    hyperparameters: Hyperparameters,
    null_space_loss: f64,
    infinite_trace_of_square: bool,
    /// sum x11 of the present state.
    total: f64,
    steps: u64,
}

impl SeRecursion {
    /// Starts at rest (J = V = 0) from the spectrum's own signal.
    ///
    /// # Errors
    /// [`SeError::NoSignal`]; [`SeError::InfiniteTraceOfSquare`].
    pub fn new(spectrum: &Spectrum, hyperparameters: &Hyperparameters) -> Result<Self, SeError> {
        let signal = spectrum.signal().ok_or(SeError::NoSignal)?;
        let zeros = vec![0.0; spectrum.len()];
        Self::with_moments(spectrum, hyperparameters, signal, &zeros, &zeros)
    }

    /// Starts from any output-space moments, one a node: `positions` = lambda_k C_kk >= 0,
    /// `mixed` = lambda_k J_kk, `velocities` = lambda_k V_kk >= 0 (totals of a node). The
    /// spectrum's signal is not used; its null-space loss is kept.
    ///
    /// # Errors
    /// Lengths or values out of range; [`SeError::InfiniteTraceOfSquare`].
    pub fn with_moments(
        spectrum: &Spectrum,
        hyperparameters: &Hyperparameters,
        positions: &[f64],
        mixed: &[f64],
        velocities: &[f64],
    ) -> Result<Self, SeError> {
        let nodes = spectrum.len();
        check("position moment (lambda C)", positions, nodes, true)?;
        check("mixed moment (lambda J)", mixed, nodes, false)?;
        check("velocity moment (lambda V)", velocities, nodes, true)?;
        let infinite_trace_of_square = spectrum.infinite_trace_of_square();
        refuse_infinite_noise(infinite_trace_of_square, hyperparameters)?;
        let multiplicities = spectrum.multiplicities();
        let mut lanes = Lanes::zeros(nodes, multiplicities.iter().any(|&m| m != 1.0));
        lanes.set(Field::Position, positions.iter().copied());
        lanes.set(Field::Mixed, mixed.iter().copied());
        lanes.set(Field::Velocity, velocities.iter().copied());
        lanes.set(Field::Multiplicity, multiplicities.iter().copied());
        let mut recursion = Self {
            total: lanes.sum(),
            lanes,
            eigenvalues: spectrum.eigenvalues().to_vec(),
            hyperparameters: *hyperparameters,
            null_space_loss: spectrum.null_space_loss(),
            infinite_trace_of_square,
            steps: 0,
        };
        recursion.set_rates();
        Ok(recursion)
    }

    /// Uses other hyperparameters from the next step on.
    ///
    /// # Errors
    /// [`SeError::InfiniteTraceOfSquare`] if noise is switched on for such a spectrum.
    pub fn set_hyperparameters(
        &mut self,
        hyperparameters: &Hyperparameters,
    ) -> Result<(), SeError> {
        refuse_infinite_noise(self.infinite_trace_of_square, hyperparameters)?;
        let old_rate = self.hyperparameters.learning_rate();
        self.hyperparameters = *hyperparameters;
        if old_rate != hyperparameters.learning_rate() {
            self.set_rates();
        }
        Ok(())
    }

    fn set_rates(&mut self) {
        let alpha = self.hyperparameters.learning_rate();
        self.lanes
            .set(Field::Rate, self.eigenvalues.iter().map(|l| alpha * l));
    }

    /// The hyperparameters of the next step.
    pub const fn hyperparameters(&self) -> &Hyperparameters {
        &self.hyperparameters
    }

    /// Steps made so far, t.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// L_t of the present state; infinite once it left the range of f64.
    pub fn loss(&self) -> f64 {
        0.5 * self.total + self.null_space_loss
    }

    /// The output-space moments (lambda C, lambda J, lambda V) of the nodes, each in the order of
    /// the spectrum. Meaningless once the loss is infinite.
    pub fn moments(&self) -> [Vec<f64>; 3] {
        [Field::Position, Field::Mixed, Field::Velocity].map(|field| self.lanes.get(field))
    }

    /// What [`SeRecursion::restore`] needs to go on bit by bit: the sum of C, then C, J and V of the nodes.
    pub fn state(&self) -> Vec<f64> {
        let mut state = vec![self.total];
        state.extend(self.moments().into_iter().flatten());
        state
    }

    /// Goes on from a state of the same spectrum and hyperparameters after `steps` steps.
    ///
    /// # Errors
    /// [`SeError::Length`]: a state of another size; nothing is changed then.
    pub fn restore(&mut self, steps: u64, state: &[f64]) -> Result<(), SeError> {
        let nodes = self.eigenvalues.len();
        let expected = 3 * nodes + 1;
        let Some((&total, moments)) = state.split_first().filter(|_| state.len() == expected)
        else {
            return Err(SeError::State {
                expected,
                got: state.len(),
            });
        };
        let fields = [Field::Position, Field::Mixed, Field::Velocity];
        for (field, values) in fields.into_iter().zip(moments.chunks_exact(nodes.max(1))) {
            self.lanes.set(field, values.iter().copied());
        }
        (self.total, self.steps) = (total, steps);
        Ok(())
    }

    /// One step; returns the new loss.
    pub fn step(&mut self) -> f64 {
        self.advance(false)
    }

    /// `steps` steps; returns L_t of the present state and after each: `steps + 1` numbers.
    pub fn run(&mut self, steps: usize) -> Vec<f64> {
        let mut losses = Vec::with_capacity(steps.saturating_add(1));
        losses.push(self.loss());
        // The last step is a full one, so that J and P are right when others look at them.
        for left in (0..steps).rev() {
            losses.push(self.advance(left > 0));
        }
        losses
    }

    /// `steps` steps without keeping the losses; returns the last.
    pub fn advance_by(&mut self, steps: u64) -> f64 {
        for left in (0..steps).rev() {
            self.advance(left > 0);
        }
        self.loss()
    }

    /// One step for each entry of a schedule; returns L_t of the present state and after each.
    ///
    /// # Errors
    /// As [`SeRecursion::set_hyperparameters`]; the steps before the refused one were made.
    pub fn run_schedule(&mut self, schedule: &[Hyperparameters]) -> Result<Vec<f64>, SeError> {
        let mut losses = Vec::with_capacity(schedule.len() + 1);
        losses.push(self.loss());
        for hyperparameters in schedule {
            self.set_hyperparameters(hyperparameters)?;
            losses.push(self.step());
        }
        Ok(losses)
    }

    /// One step; `positions_suffice` says that the next step again has the same hyperparameters,
    /// so that at momentum 0 nobody reads J and P.
    fn advance(&mut self, positions_suffice: bool) -> f64 {
        self.steps += 1;
        if self.total == f64::INFINITY {
            return self.loss();
        }
        let h = &self.hyperparameters;
        let coefficients = PassCoefficients {
            momentum: h.momentum(),
            noise_tau: h.noise_tau(),
            source: h.noise_amplitude() * self.total,
        };
        let mut total = if positions_suffice && coefficients.momentum == 0.0 {
            self.lanes.position_pass(coefficients)
        } else {
            self.lanes.full_pass(coefficients)
        };
        if self.steps.is_multiple_of(FLUSH_EVERY) {
            total = self.lanes.flush(FLUSH_LIMIT);
        }
        self.total = if total.is_finite() {
            total
        } else {
            f64::INFINITY
        };
        self.loss()
    }
}

fn refuse_infinite_noise(
    infinite_trace_of_square: bool,
    hyperparameters: &Hyperparameters,
) -> Result<(), SeError> {
    if infinite_trace_of_square && hyperparameters.noise_amplitude() > 0.0 {
        return Err(SeError::InfiniteTraceOfSquare);
    }
    Ok(())
}

fn check(what: &'static str, list: &[f64], nodes: usize, signed: bool) -> Result<(), SeError> {
    if list.len() != nodes {
        return Err(SeError::Length {
            what,
            expected: nodes,
            got: list.len(),
        });
    }
    let (valid, right): (fn(f64) -> bool, _) = if signed {
        (|x| x.is_finite() && x >= 0.0, "must be finite and >= 0")
    } else {
        (f64::is_finite, "must be finite")
    };
    match list.iter().position(|&x| !valid(x)) {
        None => Ok(()),
        Some(index) => Err(SeError::Moment {
            what,
            index,
            value: list[index],
            right,
        }),
    }
}
