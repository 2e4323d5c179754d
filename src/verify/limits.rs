//! Limits of sequences from their first members, for claims that hold asymptotically.
//!
//! Neither knows a formula of the theory: they see numbers only, so that tests and `tauber verify` share them.

/// The limit of three values whose differences fall geometrically (Aitken's delta-squared); the last one where the
/// differences are equal to 1e-13.
///
/// ```
/// use tauber::verify::limits::geometric_limit;
/// assert!((geometric_limit([2.0, 1.5, 1.25]) - 1.0).abs() < 1e-15);
/// assert!((geometric_limit([2.0, 1.5, 1.3]) - 1.0).abs() > 0.1);
/// ```
pub fn geometric_limit([first, second, third]: [f64; 3]) -> f64 {
    let (d1, d2) = (second - first, third - second);
    if (d1 - d2).abs() < 1e-13 {
        third
    } else {
        third + d2 * d2 / (d1 - d2)
    }
}

/// The limit of an odd number 2 n + 1 of values whose deviation is a sum of n geometric sequences: Wynn's epsilon
/// algorithm. NaN without values, and where neighbours are equal.
///
/// ```
/// use tauber::verify::limits::wynn_epsilon;
/// // 1 + 2^-k + 3^-k
/// let values: Vec<f64> = (0..5).map(|k| 1.0 + 0.5f64.powi(k) + 3f64.powi(-k)).collect();
/// assert!((wynn_epsilon(&values) - 1.0).abs() < 1e-12);
/// // Three of them know of one sequence only.
/// assert!((wynn_epsilon(&values[..3]) - 1.0).abs() > 1e-3);
/// assert!(wynn_epsilon(&[]).is_nan());
/// ```
pub fn wynn_epsilon(values: &[f64]) -> f64 {
    let (mut before, mut now) = (vec![0.0; values.len() + 1], values.to_vec());
    while now.len() > 1 {
        let next = (0..now.len() - 1)
            .map(|i| before[i + 1] + 1.0 / (now[i + 1] - now[i]))
            .collect();
        before = now;
        now = next;
    }
    now.first().copied().unwrap_or(f64::NAN)
}
