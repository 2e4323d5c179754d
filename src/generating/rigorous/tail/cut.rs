//! Where the tail begins and how many terms its Euler-Maclaurin sum gets.

use super::complex::modulus;
use crate::generating::rigorous::powers::PowerTable;
use crate::number::ball::Backend;
use crate::number::{Ball, ComplexBall};

/// What K and J were chosen to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// K.
    pub(super) k: u64,
    /// J.
    pub(super) terms: usize,
    pub(super) theta: f64,
    pub(super) s: f64,
}

/// What the choice needs of the law.
pub(super) struct Law<'a> {
    pub(super) nu: f64,
    pub(super) powers: &'a PowerTable<Backend>,
    /// How many Bernoulli numbers there are.
    pub(super) numbers: usize,
    pub(super) bits: u32,
}

/// The smallest K.
pub(super) fn first_cut(bits: u32) -> u64 {
    64 + u64::from(bits) / 2
}

impl Cut {
    /// K, J and theta, guessed in floats: the bounds themselves come later.
    pub(super) fn choose(
        law: &Law<'_>,
        c: &[ComplexBall; 3],
        scale: &Ball,
        ratio: &ComplexBall,
        angle: &Ball,
    ) -> Option<Self> {
        let p = modulus(ratio);
        let curvature = modulus(&c[2]) / modulus(&c[1]);
        let chi = angle.to_f64().abs() + angle.radius().to_f64();
        let free = std::f64::consts::PI - chi;
        let theta = (free / (2.2 * law.nu)).min(0.5);
        let theta = (theta * 4096.0).floor() / 4096.0;
        if theta <= 0.0 {
            return None;
        }
        // asin theta <= 1.0473 theta for theta <= 1/2.
        let reach = chi + 1.0473 * law.nu * theta;
        let s = if reach < 1.57 {
            1.0
        } else {
            // sin(pi - x) >= (2/pi) x, x below pi - reach.
            0.636 * (3.125 - reach) * 0.999
        };
        if s <= 0.0 {
            return None;
        }
        let first = first_cut(law.bits);
        let mut k = first;
        while k <= law.powers.last() {
            let a = scale.to_f64() * law.powers.at(k).to_f64();
            let eta = p / a;
            let margin = s - curvature * a * 2f64.powf((2.0 * law.nu * theta).ceil());
            if !(0.49..=2.05).contains(&eta) && margin > 0.25 * s && curvature * a < 0.4 {
                let base = (2.0 * std::f64::consts::PI * theta * k as f64).log2();
                let mut log = 2.0 - margin.log2() - (p * modulus(&c[1])).log2().min(0.0);
                for j in 1..law.numbers {
                    let n = 2.0 * j as f64;
                    log += (n * (n - 1.0)).log2() - 2.0 * base;
                    if log < -f64::from(law.bits) {
                        return Some(Self {
                            k,
                            terms: j,
                            theta,
                            s,
                        });
                    }
                    if (n * (n + 3.0)).log2() > 2.0 * base {
                        break;
                    }
                }
            }
            k += k / 4;
        }
        None
    }
}
