//! The hyperbola in the s plane, s = -ln z, around the slow multipliers, and its quadrature rule.
//!
//! ```text
//! s_k = s1 + omega_k/t,   omega = mu (1 - sin phi cosh u + i cos phi sinh u),   u_k = (k + 1/2) h
//! d omega = mu (-sin phi sinh u + i cos phi cosh u) h
//! L_t = e^(s1 t)/(pi t) sum_k Im[ e^omega_k F_k d omega_k / t ],   F = z L'(z), of which t L_t is the inverse
//! ```
//!
//! | use | phi | h | mu |
//! |---|---|---|---|
//! | one step | 1.1721 | 1.0818/n | 4.4921 n |
//! | all steps in [t0, 10 t0] | 1.0236 | 3.3745/n | 0.8871 n/10, in units of 1/t0 |
//!
//! Weideman and Trefethen's parameters. Errors fall as 10.1^-n for one step and as 2.7^-n for a
//! decade until rounding.

use super::kernel::C;
use crate::number::Complex;
use std::sync::LazyLock;

/// Nodes of the rule for one step, and of its error probe.
const SINGLE: [usize; 2] = [14, 12];
/// Nodes of the rule for a decade, and of its error probe.
const DECADE: [usize; 2] = [32, 26];

/// One node: the offset `(s - s1)` and the weight `ds`, both in units of 1/t (1/t0 for a decade).
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) offset: C,
    pub(super) weight: C,
}

fn hyperbola(n: usize, phi: f64, h: f64, mu: f64) -> Vec<Node> {
    let (sin, cos) = phi.sin_cos();
    (0..n)
        .map(|k| {
            let u = (k as f64 + 0.5) * h;
            // 1 - sin phi cosh u, both close to 1 near u = 0: no harm, it is an offset.
            let offset = Complex::new(mu * (1.0 - sin * u.cosh()), mu * cos * u.sinh());
            let weight = Complex::new(-mu * sin * u.sinh() * h, mu * cos * u.cosh() * h);
            Node { offset, weight }
        })
        .collect()
}

/// The rule and the probe for one step, computed once.
pub(super) static SINGLE_RULES: LazyLock<[Vec<Node>; 2]> = LazyLock::new(|| SINGLE.map(single));
/// The rule and the probe for a decade, computed once.
pub(super) static DECADE_RULES: LazyLock<[Vec<Node>; 2]> = LazyLock::new(|| DECADE.map(decade));

/// The rule of n nodes for one step.
fn single(n: usize) -> Vec<Node> {
    let nodes = n as f64;
    hyperbola(n, 1.1721, 1.0818 / nodes, 4.4921 * nodes)
}

/// The rule of n nodes for the steps in [t0, 10 t0].
fn decade(n: usize) -> Vec<Node> {
    let nodes = n as f64;
    hyperbola(n, 1.0236, 3.3745 / nodes, 0.8871 * nodes / 10.0)
}

/// `1 - e^-s` without cancellation.
pub(super) fn complement(s: C) -> C {
    let half = (0.5 * s.im).sin();
    let scale = (-s.re).exp();
    // e^-s - 1 = expm1(-x) + e^-x (cos y - 1) - i e^-x sin y
    Complex::new(
        -(-s.re).exp_m1() + 2.0 * scale * half * half,
        scale * s.im.sin(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `1/(2 pi i) int F(s) e^(st) ds` of `F = 1/(s + r)` at t = 1, which is e^-r.
    fn exponential(nodes: &[Node], r: f64) -> f64 {
        let sum: f64 = nodes
            .iter()
            .map(|node| {
                let f = Complex::real(1.0) / (node.offset + Complex::real(r));
                (node.offset.exp() * f * node.weight).im
            })
            .sum();
        sum / std::f64::consts::PI
    }

    #[test]
    fn fourteen_nodes_invert_an_exponential_and_six_do_not() {
        for r in [0.0, 0.1, 1.0, 3.0] {
            assert!((exponential(&single(14), r) - (-r).exp()).abs() < 2e-11);
            assert!((exponential(&decade(32), r) - (-r).exp()).abs() < 1e-10);
        }
        assert!((exponential(&single(6), 1.0) - (-1.0_f64).exp()).abs() > 1e-9);
    }

    #[test]
    fn the_complement_keeps_its_digits_near_one_and_is_right_far_away() {
        let tiny = complement(Complex::new(1e-20, -3e-20));
        assert!((tiny.re / 1e-20 - 1.0).abs() < 1e-15 && (tiny.im / -3e-20 - 1.0).abs() < 1e-15);
        let far = complement(Complex::new(-1.0, 2.0));
        let direct = Complex::real(1.0) - Complex::new(1.0, -2.0).exp();
        assert!((far - direct).modulus() < 1e-14);
    }
}
