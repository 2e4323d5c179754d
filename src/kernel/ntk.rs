//! The infinite-width neural tangent kernel of a one-hidden-layer ReLU network.
//!
//! The network is `f(x) = n^{-1/2} sum_i c_i relu(w_i . x / sqrt(d) + b_i)` with n -> inf and all
//! parameters standard normal and trained. With
//!
//! ```text
//! q(x, x') = x . x'/d + 1,     cos theta = q / sqrt(q_xx q_x'x'),    theta in [0, pi]
//! Theta(x, x') = sqrt(q_xx q_x'x') (sin theta + (pi - theta) cos theta)/(2 pi)     (layer 2: c)
//!              + q (pi - theta)/(2 pi)                                             (layer 1: w, b)
//! ```
//!
//! theta is computed as `atan2(sqrt(q_xx q_x'x' - q^2), q)`; where the difference is below
//! `16 eps q_xx q_x'x'`, which rounding alone can produce, the points count as equal, theta = 0.

use faer::{Accum, Mat, MatRef, Par};
use std::f64::consts::PI;

/// Theta(x, x') from q(x, x'), q(x, x), q(x', x'); the latter two are >= 1.
///
/// ```
/// // Equal points: theta = 0, Theta = q.
/// assert_eq!(tauber::kernel::ntk::ntk_of_products(2.0, 2.0, 2.0), 2.0);
/// ```
pub fn ntk_of_products(q: f64, q_left: f64, q_right: f64) -> f64 {
    let product = q_left * q_right;
    let gap = product - q * q;
    let sine_scaled = if gap <= 16.0 * f64::EPSILON * product {
        0.0
    } else {
        gap.sqrt()
    };
    let rest = PI - sine_scaled.atan2(q);
    // sqrt(product) sin theta = sqrt(gap), sqrt(product) cos theta = q.
    (sine_scaled + 2.0 * rest * q) / (2.0 * PI)
}

/// The matrix Theta(x_i, x_j), row-major N x N and exactly symmetric; `features` is row-major
/// N x `dimension`, `dimension >= 1`.
///
/// O(N^2 d) by one matrix product; not divided by N. An incomplete last row is left out.
pub fn ntk_matrix(features: &[f64], dimension: usize) -> Vec<f64> {
    let n = features.len() / dimension.max(1);
    let x = MatRef::from_row_major_slice(&features[..n * dimension], n, dimension);
    let mut gram = Mat::<f64>::zeros(n, n);
    faer::linalg::matmul::matmul(
        &mut gram,
        Accum::Replace,
        x,
        x.transpose(),
        1.0 / dimension.max(1) as f64,
        Par::rayon(0),
    );
    let mut theta = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let value = ntk_of_products(gram[(i, j)] + 1.0, gram[(i, i)] + 1.0, gram[(j, j)] + 1.0);
            theta[i * n + j] = value;
            theta[j * n + i] = value;
        }
    }
    theta
}
