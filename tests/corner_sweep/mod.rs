//! Random settings at corners, and the fast loss beside the squared operator.
//!
//! | what | corners it is drawn from |
//! |---|---|
//! | modes | 1 to 6; all equal, nearly equal, a power law, 20 to 300 decades, two clusters |
//! | momentum | 0, +-0.5, +-0.9, +-0.99, +-0.999999, anything between |
//! | noise amplitude, tau | 1e-9 to 1; -1, 0, 1/2, 1 |
//! | learning rate | the edge U(1) = 1 and the noiseless edge to the last bits and near them, a share of either |
//! | step | 0, 1, 2, 31 to 33, 63 to 66, anything up to 1e12 on a logarithmic scale |

use super::high_precision::{Setting, squaring};
use tauber::dynamics::{CurveError, CurveMethod, LossCurve};
use tauber::moment::Hyperparameters;
use tauber::number::Ball;
use tauber::spectrum::Spectrum;
use tauber::stability::{critical_learning_rate, noiseless_critical_learning_rate};

/// Later steps are left to the contour alone: iterating them takes too long here.
const ITERATED: u64 = 1_000_000;

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    /// In [0, 1).
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * 2f64.powi(-53)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// Between `low` and `high` on a logarithmic scale.
    fn log(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.unit())
    }
}

fn eigenvalues(random: &mut Random, n: usize) -> Vec<f64> {
    let scale = random.of(&[1.0, 1.0, 0.37, 1e-3, 1e3]);
    let mut list: Vec<f64> = match random.below(5) {
        0 => vec![scale; n],
        1 => (0..n)
            .map(|k| scale * (1.0 - k as f64 * 1e-15 * random.log(1.0, 1e12)))
            .collect(),
        2 => {
            let nu = random.log(0.6, 6.0);
            (1..=n).map(|k| scale * (k as f64).powf(-nu)).collect()
        }
        3 => {
            let decades = random.of(&[20.0, 100.0, 300.0]);
            (0..n)
                .map(|_| scale * 10f64.powf(-decades * random.unit()))
                .collect()
        }
        _ => (0..n)
            .map(|k| scale * if k % 2 == 0 { 1.0 } else { 1e-6 } * (1.0 - 0.1 * random.unit()))
            .collect(),
    };
    list.sort_by(|x, y| y.total_cmp(x));
    list
}

/// One setting of 1 to 6 modes and one step.
pub fn setting(random: &mut Random) -> Option<(Setting, u64)> {
    let n = 1 + random.below(6);
    with_modes(random, n)
}

/// One setting of up to 50 modes, most with few, and one step.
#[allow(dead_code)] // of examples/corners.rs
pub fn hunted(random: &mut Random) -> Option<(Setting, u64)> {
    let n = match random.below(100) {
        0 => 50,
        1..10 => 7 + random.below(14),
        _ => 1 + random.below(8),
    };
    with_modes(random, n)
}

fn with_modes(random: &mut Random, n: usize) -> Option<(Setting, u64)> {
    let l = eigenvalues(random, n);
    let kind = random.below(3);
    let q = l
        .iter()
        .map(|l| match kind {
            0 => 1.0,
            1 => random.log(1e-12, 1.0),
            _ => l.abs().powf(0.7),
        })
        .collect();
    let spectrum = Spectrum::new(l, Some(q)).ok()?;
    let between = 2.0 * random.unit() - 1.0;
    let sign = random.of(&[1.0, -1.0]);
    let momentum = sign * random.of(&[0.0, 0.5, 0.9, 0.99, 0.999_999, between]);
    let noise = random.of(&[1.0, 0.5, 0.1]) * random.of(&[1.0, 1.0, 1e-3, 1e-9]);
    let tau = random.of(&[1.0, 0.5, 0.0, -1.0]);
    let edge = random.of(&[
        critical_learning_rate(&spectrum, momentum, noise, tau).ok()?,
        noiseless_critical_learning_rate(&spectrum, momentum).ok()?,
    ]);
    let bits = random.of(&[-2_i64, -1, 0, 1, 2]);
    let rate = match random.below(4) {
        0 => f64::from_bits((edge.to_bits() as i64 + bits) as u64),
        1 => edge * (1.0 + bits as f64 * random.log(1e-12, 1e-2)),
        2 => edge * random.unit(),
        _ => edge * random.log(1e-6, 3.0),
    };
    let late = random.log(1.0, 1e12).floor() as u64;
    let step = random.of(&[0, 1, 2, 31, 32, 33, 63, 64, 65, 66, 100, 1000]);
    let step = random.of(&[step, late, late]);
    let hyper = Hyperparameters::new(rate, momentum, noise, tau).ok()?;
    let name = format!(
        "{:?} signal {:?} {hyper:?}",
        spectrum.eigenvalues(),
        spectrum.signal()?
    );
    Some((
        Setting {
            spectrum,
            hyper,
            name,
        },
        step,
    ))
}

/// What came of one setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// True error, error estimate (both of log10 L outside the range of `f64`), and the method.
    Value(f64, f64, &'static str),
    /// A typed refusal.
    Refused(String),
}

/// The fast value against the squared operator; `Err` where the oracle or the program fails otherwise.
pub fn compare(s: &Setting, step: u64) -> Result<Outcome, String> {
    let method = if step <= ITERATED {
        CurveMethod::Auto
    } else {
        CurveMethod::Contour
    };
    let curve = LossCurve::compute(&s.spectrum, &s.hyper, &[step], method, 0.0, &|_| {});
    let point = match curve {
        Ok(curve) => curve.points()[0],
        Err(refusal @ (CurveError::Contour(_) | CurveError::TooSteep(_))) => {
            return Ok(Outcome::Refused(refusal.to_string()));
        }
        Err(other) => return Err(other.to_string()),
    };
    // Eigenvalues below rounding do not move in `f64`: their loss is the constant that the spectrum reports.
    let (l, q) = (s.spectrum.eigenvalues(), s.spectrum.signal());
    let kept = Spectrum::new(l.to_vec(), q.map(<[f64]>::to_vec)).map_err(|e| e.to_string())?;
    let moving = Setting {
        spectrum: kept,
        ..s.clone()
    };
    let bits = 380;
    let exact = squaring(&moving, step)? + Ball::exact(s.spectrum.null_space_loss()).at(bits);
    let off = match point.loss() {
        // Relative first: differences of tiny losses are below what a bound in `f64` can say.
        Some(loss) if exact.is_positive() => {
            let difference = Ball::exact(loss).at(bits) - exact.clone();
            let relative = (difference / exact.clone()).above().to_f64();
            relative * exact.to_f64()
        }
        Some(loss) => (Ball::exact(loss).at(bits) - exact).above().to_f64(),
        None => {
            let ln10 = Ball::integer(10).at(bits).ln();
            let off = (exact.at(bits).ln() / ln10 - Ball::exact(point.log10_loss())).above();
            // log10 itself is an `f64`.
            (off.to_f64() - f64::EPSILON * point.log10_loss().abs()).max(0.0)
        }
    };
    let name = point.method().name();
    Ok(Outcome::Value(off, point.error_estimate(), name))
}
