//! L_t in exact rationals, from the update rule alone: no formula of the crate is called.
//!
//! ```text
//! p' = b p - a w + n,   w' = w + p',   E n^2 = gamma a^2 (m Sigma - tau E w^2),   Sigma = sum_k E w_k^2 = 2 L
//! ```
//!
//! for each node of m modes, w scaled so that E w^2 starts at the node's signal; p starts at 0.

use tauber::number::{Rational, parse_rational};

/// alpha, beta, gamma, tau.
pub type Hyper = [Rational; 4];

/// One node: eigenvalue, multiplicity, signal.
pub type Node = [Rational; 3];

/// L_0, ..., L_steps; `null` is the loss of the null space.
pub fn losses(hyper: &Hyper, nodes: &[Node], null: &Rational, steps: usize) -> Vec<Rational> {
    let number = |text: &str| parse_rational(text).unwrap();
    let (zero, one, two) = (number("0"), number("1"), number("2"));
    let [alpha, b, gamma, tau] = hyper;
    // E w^2, E w p, E p^2.
    let mut state: Vec<[Rational; 3]> = nodes
        .iter()
        .map(|[_, _, q]| [q.clone(), zero.clone(), zero.clone()])
        .collect();
    let mut all = Vec::with_capacity(steps + 1);
    for _ in 0..=steps {
        let sigma = state.iter().fold(zero.clone(), |sum, x| sum + &x[0]);
        all.push(&sigma / &two + null);
        for (x, [l, m, _]) in state.iter_mut().zip(nodes) {
            let a = alpha * l;
            let noise = gamma * &a * &a * (m * &sigma - tau * &x[0]);
            let keep = &one - &a;
            let [ww, wp, pp] = &*x;
            // w' = (1-a) w + b p + n, p' = -a w + b p + n.
            *x = [
                &keep * &keep * ww + &two * b * &keep * wp + b * b * pp + &noise,
                -(&a * &keep * ww) + b * (&keep - &a) * wp + b * b * pp + &noise,
                &a * &a * ww - &two * b * &a * wp + b * b * pp + noise,
            ];
        }
    }
    all
}
