//! gamma = 0: the loss of plain heavy ball at any step, however large.
//!
//! ```text
//! L_t = 1/2 sum_k lambda_k C_kk,0 p_t(a_k)^2,     p_t = h_(t+1) - b h_t
//! h_m = (x1^m - x2^m)/(x1 - x2),   x1, x2 the roots of x^2 - (1 + b - a) x + b = 0      (249)
//! ```
//!
//! | case | what is computed |
//! |---|---|
//! | real roots | with X the root of larger modulus, r = x/X: `p_t = X^t [ (1 - r^(t+1)) - x (1 - r^t) ]/(1 - r)` |
//! | X near 1 | `ln X = ln_1p(-a/(1 - x))`: a tiny a keeps all its digits at t = 1e12 and beyond |
//! | X near -1 | `1 + X = d/(1 + x)`, d = 2 (1 + b) - a with one rounding: the noiseless edge at t = 2^53 |
//! | r near 1 | `1 - r^t` by `expm1`; the double root is the limit t |
//! | complex roots | `h_m = b^((m-1)/2) sin(m theta)/sin theta` |
//!
//! Steps are `f64`: integers of any size (beyond 2^53 they are all even).

use super::contour::{ScaledLoss, power_of_two};
use crate::closed_form::from_edge;
use crate::spectrum::Spectrum;

/// The roots of one eigenvalue, ready for powers.
#[derive(Debug, Clone, Copy)]
enum Roots {
    /// ln |X|, sign of X, x, ln |x| for negative b (both roots may be near +-1 then), r and 1 - r.
    Real {
        log_modulus: f64,
        negative: bool,
        small: f64,
        log_small: f64,
        ratio: f64,
        one_minus_ratio: f64,
    },
    /// `(ln sqrt(b), theta, b)`.
    Complex {
        log_modulus: f64,
        theta: f64,
        momentum: f64,
    },
}

/// ln |root| of a root at the distance `from_one` from 1 or -1, which keeps its digits where that is small.
fn near_one(root: f64, from_one: f64) -> f64 {
    if from_one.abs() < 0.5 {
        (-from_one).ln_1p()
    } else {
        root.abs().ln()
    }
}

impl Roots {
    /// Without momentum the roots are 0 and `1 - alpha lambda`, which is rounded once: where the product rounds to 1, what
    /// is left decides.
    fn of_mode(learning_rate: f64, eigenvalue: f64, momentum: f64) -> Self {
        let left = (-learning_rate).mul_add(eigenvalue, 1.0);
        if momentum != 0.0 || left.abs() > 0.5 {
            let d = from_edge::distance(from_edge::edge(momentum), learning_rate, eigenvalue);
            return Self::of(learning_rate * eigenvalue, d, momentum);
        }
        Self::Real {
            log_modulus: left.abs().ln(),
            negative: left < 0.0,
            small: 0.0,
            log_small: f64::NEG_INFINITY,
            ratio: 0.0,
            one_minus_ratio: 1.0,
        }
    }

    /// With d = 2 (1 + b) - a beside a.
    fn of(a: f64, d: f64, b: f64) -> Self {
        let q = 1.0 - b;
        let sum = q + 2.0 * b - a;
        // (1 + b - a)^2 - 4 b = (1 - b - a)^2 - 4 a b = (1 - b)^2 - 2 (1 + b) d + d^2
        let discriminant = if sum >= 0.0 {
            (q - a) * (q - a) - 4.0 * a * b
        } else {
            q * q - d * (2.0 * (1.0 + b) - d)
        };
        if discriminant < 0.0 {
            let half = 0.5 * (-discriminant).sqrt();
            return Self::Complex {
                log_modulus: 0.5 * b.ln(),
                theta: half.atan2(0.5 * sum),
                momentum: b,
            };
        }
        let root = discriminant.sqrt();
        if sum >= 0.0 {
            // (1 - X)(1 - x) = a and 1 - x = (1 - b + a + root)/2.
            let one_minus_small = 0.5 * (q + a + root);
            let one_minus_large = a / one_minus_small;
            let large = 1.0 - one_minus_large;
            let small = if large == 0.0 { 0.0 } else { b / large };
            Self::Real {
                log_modulus: (-one_minus_large).ln_1p(),
                negative: false,
                small,
                // (1 + X)(1 + x) = d.
                log_small: near_one(small, d / (1.0 + large)),
                ratio: if large == 0.0 { 0.0 } else { small / large },
                one_minus_ratio: if large == 0.0 { 1.0 } else { root / large },
            }
        } else {
            // (1 + X)(1 + x) = d and 1 + x = (1 - b + d + root)/2.
            let one_plus_large = d / (0.5 * (q + d + root));
            let large = if one_plus_large.abs() < 0.5 {
                one_plus_large - 1.0
            } else {
                0.5 * (sum - root)
            };
            let small = b / large;
            Self::Real {
                log_modulus: near_one(large, one_plus_large),
                negative: true,
                small,
                // (1 - X)(1 - x) = a.
                log_small: near_one(small, a / (1.0 - large)),
                ratio: small / large,
                one_minus_ratio: root / -large,
            }
        }
    }

    /// ln |X|.
    const fn log_modulus(&self) -> f64 {
        match *self {
            Self::Real { log_modulus, .. } | Self::Complex { log_modulus, .. } => log_modulus,
        }
    }

    /// How far rounding may move `p_t e^(-shift t)`: an estimate that follows the discriminant.
    ///
    /// With c the size of its terms, the discriminant D is known to eps c, so sqrt D to
    /// eps c/sqrt D; ln |X| moves by the relative change of `1 - x` (`1 + x` near -1, or of X itself when it is
    /// negative otherwise), theta by that of sqrt(-D), and h_m grows by at most min(m, |X|/sqrt D).
    fn doubt(&self, [a, d]: [f64; 2], b: f64, t: f64, shift: f64) -> Doubt {
        let envelope = if t > 0.0 {
            ((self.log_modulus() - shift) * t).exp()
        } else {
            1.0
        };
        let drift = |each_step: f64| 4.0 * f64::EPSILON * t * each_step;
        if b == 0.0 && self.log_modulus() < -std::f64::consts::LN_2 {
            // X = 1 - a with one rounding, and its logarithm with another.
            return Doubt {
                error: 8.0 * f64::EPSILON * envelope,
                scale: envelope,
                drift: if envelope > 0.0 {
                    drift(1.0 - self.log_modulus())
                } else {
                    0.0
                },
            };
        }
        let q = 1.0 - b;
        let beyond = matches!(self, Self::Real { negative: true, .. });
        let (square, other) = if beyond {
            (q * q, d * (2.0 * (1.0 + b) - d))
        } else {
            ((q - a) * (q - a), 4.0 * a * b)
        };
        let (size, discriminant) = (square + other.abs(), (square - other).abs());
        let root = discriminant.sqrt().max((f64::EPSILON * size).sqrt());
        let modulus = self.log_modulus().exp();
        let growth = (t + 1.0).min(1.0 + modulus / root);
        let relative = size / (root * modulus);
        let (phase, each_step) = match *self {
            Self::Complex { log_modulus, .. } => (drift(1.0 + relative), log_modulus.abs()),
            Self::Real {
                log_modulus,
                small,
                log_small,
                ..
            } => {
                let from_one = if beyond { 1.0 + small } else { 1.0 - small };
                // For b < 0 the other root may be as slow; it is counted while it is there.
                let other = if b < 0.0 && (log_small - log_modulus) * t > -60.0 {
                    log_small.abs()
                } else {
                    0.0
                };
                let each_step = other
                    + if beyond && log_modulus.abs() > std::f64::consts::LN_2 {
                        1.0 + relative
                    } else {
                        log_modulus.abs() * (1.0 + size / (root * from_one))
                    };
                (0.0, each_step)
            }
        };
        let scale = envelope * growth;
        Doubt {
            // A phase that is lost altogether still leaves the amplitude.
            error: scale * (f64::EPSILON * (8.0 + 4.0 * growth * relative) + phase.min(2.0)),
            scale,
            drift: drift(each_step),
        }
    }

    /// `p_t e^(-shift t)`: what is left of the error of this eigenvalue after t steps.
    fn remaining(&self, t: f64, shift: f64) -> f64 {
        if t == 0.0 {
            return 1.0;
        }
        match *self {
            Self::Complex {
                log_modulus,
                theta,
                momentum,
            } => {
                // h_m = b^((m-1)/2) sin(m theta)/sin(theta)
                let h = |m: f64| {
                    (log_modulus * (m - 1.0) - shift * t).exp() * (m * theta).sin() / theta.sin()
                };
                h(t + 1.0) - momentum * h(t)
            }
            Self::Real {
                log_modulus,
                negative,
                small,
                log_small,
                ratio,
                one_minus_ratio,
            } => {
                let sign = if negative && t % 2.0 != 0.0 {
                    -1.0
                } else {
                    1.0
                };
                let scale = sign * ((log_modulus - shift) * t).exp();
                if one_minus_ratio == 0.0 {
                    return scale * ((t + 1.0) - small * t);
                }
                let one_minus_power = |m: f64| {
                    if ratio > 0.5 {
                        -((-one_minus_ratio).ln_1p() * m).exp_m1()
                    } else if ratio >= 0.0 {
                        1.0 - ratio.powf(m)
                    } else {
                        let sign = if m % 2.0 != 0.0 { -1.0 } else { 1.0 };
                        1.0 - sign * ((log_small - log_modulus) * m).exp()
                    }
                };
                scale * (one_minus_power(t + 1.0) - small * one_minus_power(t)) / one_minus_ratio
            }
        }
    }
}

/// What rounding may do to one `p_t`: `error + scale (e^drift - 1)`.
#[derive(Debug, Clone, Copy)]
struct Doubt {
    error: f64,
    scale: f64,
    /// How far t times the logarithm of the root may move.
    drift: f64,
}

impl Doubt {
    /// The logarithm of `q (|p| + error + scale (e^drift - 1))^2`, or what is above it.
    fn log_above(&self, q: f64, p: f64) -> f64 {
        let base = p.abs() + self.error - self.scale * (-self.drift).exp_m1();
        q.ln() + 2.0 * (base.ln() + self.drift)
    }
}

/// Beyond this drift an error is no longer taken to first order.
const LINEAR: f64 = 1e-2;

/// The noiseless loss of one spectrum at one (learning rate, momentum), ready for many steps.
#[derive(Debug, Clone)]
pub struct NoiselessLoss {
    modes: Vec<(Roots, f64)>,
    /// (a, d) of each mode.
    rates: Vec<[f64; 2]>,
    momentum: f64,
}

impl NoiselessLoss {
    /// `None` if the spectrum has no signal.
    pub fn new(spectrum: &Spectrum, learning_rate: f64, momentum: f64) -> Option<Self> {
        let signal = spectrum.signal()?;
        // A mode without signal says nothing, however large its root: 0 times infinity is not 0.
        let (modes, rates) = spectrum
            .eigenvalues()
            .iter()
            .zip(signal)
            .filter(|(_, q)| **q != 0.0)
            .map(|(&lambda, &q)| {
                let roots = Roots::of_mode(learning_rate, lambda, momentum);
                let d = from_edge::distance(from_edge::edge(momentum), learning_rate, lambda);
                ((roots, q), [learning_rate * lambda, d])
            })
            .unzip();
        Some(Self {
            modes,
            rates,
            momentum,
        })
    }

    /// L_t at the step `t` (rounded down to an integer; negative counts as 0), without the loss of
    /// the null space. Infinite where it leaves the range of `f64`, 0 where it falls below.
    pub fn at(&self, t: f64) -> f64 {
        let step = t.max(0.0).floor();
        let total: f64 = self
            .modes
            .iter()
            .map(|(roots, q)| {
                let p = roots.remaining(step, 0.0);
                q * p * p
            })
            .sum();
        0.5 * total
    }

    /// L_t at the step `t` with an estimate of its error, also outside the range of `f64`.
    pub fn scaled(&self, t: f64) -> ScaledLoss {
        let step = t.max(0.0).floor();
        let shift = self
            .modes
            .iter()
            .map(|(roots, _)| roots.log_modulus())
            .fold(f64::NEG_INFINITY, f64::max);
        let shift = if shift.is_finite() { shift } else { 0.0 };
        let terms: Vec<(f64, f64, Doubt)> = self
            .modes
            .iter()
            .zip(&self.rates)
            .map(|(&(roots, q), &rates)| {
                let doubt = roots.doubt(rates, self.momentum, step, shift);
                (q, roots.remaining(step, shift), doubt)
            })
            .collect();
        let total: f64 = terms.iter().map(|(q, p, _)| q * p * p).sum();
        let (factor, exponent) = power_of_two(2.0 * shift, step);
        let summation = self.modes.len() as f64 * f64::EPSILON;
        let mut loss = ScaledLoss {
            mantissa: 0.5 * total * factor,
            exponent,
            relative_error: 0.0,
        };
        if terms.iter().all(|(_, _, doubt)| doubt.drift < LINEAR) {
            let doubt: f64 = terms
                .iter()
                .map(|(q, p, doubt)| {
                    let error = doubt.error + doubt.scale * doubt.drift.exp_m1();
                    q * error * (2.0 * p.abs() + error)
                })
                .sum();
            if total > 0.0 {
                loss.relative_error = doubt / total + summation;
            } else if doubt > 0.0 {
                // Cancelled to nothing: what rounding may hide, halved, give or take all of it.
                loss.mantissa = 0.25 * doubt * factor;
                loss.relative_error = 1.0;
            }
        } else {
            let logs = terms.iter().map(|(q, p, doubt)| doubt.log_above(*q, *p));
            let logs: Vec<f64> = logs.collect();
            let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let above = largest + logs.iter().map(|x| (x - largest).exp()).sum::<f64>().ln();
            let of_logarithm = above - total.ln() + summation;
            // Out of range only the logarithm is given.
            loss.relative_error = if loss.value().is_normal() {
                of_logarithm.exp_m1()
            } else {
                of_logarithm
            };
        }
        loss
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// p_t from p_(t+1) = (1 + b - a) p_t - b p_(t-1), p_0 = 1, p_1 = 1 - a.
    fn by_steps(a: f64, b: f64, t: usize) -> f64 {
        let (mut before, mut now) = (1.0, 1.0 - a);
        if t == 0 {
            return before;
        }
        for _ in 1..t {
            (before, now) = (now, (1.0 + b - a) * now - b * before);
        }
        now
    }

    #[test]
    fn every_kind_of_root_agrees_with_the_iteration() {
        // Real, complex, double (b = 1/4, a = 1/4 and 9/4 exactly), negative, zero momentum.
        let cases = [
            (0.01, 0.5),
            (0.25, 0.25),
            (2.25, 0.25),
            (0.25 + 1e-9, 0.25),
            (0.25 - 1e-9, 0.25),
            (0.7, 0.9),
            (3.7, 0.9),
            (0.3, -0.6),
            (0.7, -0.6),
            (1.0, 0.0),
            (0.4, 0.0),
            (1.9, 0.0),
            (0.4, -0.6),
            (5.0, 0.3),
        ];
        for (a, b) in cases {
            let roots = Roots::of_mode(a, 1.0, b);
            for t in [0, 1, 2, 3, 10, 31] {
                let (fast, slow) = (roots.remaining(t as f64, 0.0), by_steps(a, b, t));
                let scale = slow.abs().max(1e-3 * b.abs().powf(0.5 * t as f64));
                assert!(
                    (fast - slow).abs() <= 1e-10 * scale,
                    "a={a} b={b} t={t}: {fast} against {slow}"
                );
            }
        }
    }

    #[test]
    fn a_tiny_eigenvalue_keeps_its_digits_at_a_trillion_steps() {
        // b = 1/2, a = 1e-12: 1 - X = 2.000000000004e-12..., p_t = X^t (1 + O(a)); with
        // X from x^2 - (1 + b - a) x + b = 0 in 50 digits: p_(1e12) = 0.135335283237...
        let p = Roots::of_mode(1e-12, 1.0, 0.5).remaining(1e12, 0.0);
        assert!((p - (-2.0_f64).exp()).abs() < 1e-11, "{p}");
    }

    #[test]
    fn beyond_the_noiseless_edge_the_loss_grows() {
        let s = Spectrum::new(vec![1.0], Some(vec![1.0])).unwrap();
        let inside = NoiselessLoss::new(&s, 2.9, 0.5).unwrap();
        let outside = NoiselessLoss::new(&s, 3.1, 0.5).unwrap();
        assert!(inside.at(500.0) < inside.at(0.0));
        assert!(outside.at(500.0) > 1e6 * outside.at(0.0));
        assert!(NoiselessLoss::new(&s.without_signal(), 1.0, 0.0).is_none());
    }
}
