//! Gauss rules for sums over consecutive integers: few positive weights instead of many terms.
//!
//! ```text
//! sum_{i=0}^{n-1} f(i) = sum_j w_j f(x_j)     for every polynomial f of degree <= 2q - 1
//! ```
//!
//! The nodes are the roots of the discrete Chebyshev (Gram) polynomial of degree q, that is the
//! eigenvalues of the Jacobi matrix with zero diagonal (around the centre (n-1)/2, in units of
//! n/2) and squared off-diagonal entries `b_i = i^2/(4 i^2 - 1) (1 - i^2/n^2)`, i = 1..q-1. As n
//! grows the rule becomes Gauss and Legendre's. All weights are positive and all nodes lie
//! inside [0, n-1], so nothing here can cancel.

/// Nodes in (-1, 1), ascending, and weights of sum 2, of the q-point rule for `n` integers (`None`:
/// the limit of many, the Gauss-Legendre rule on an interval); needs `q <= n`.
///
/// The integer i sits at `(2 i - (n - 1))/n`, and weights are in units of n/2.
pub(super) fn rule(q: usize, n: Option<u64>) -> Vec<(f64, f64)> {
    let shrink = n.map_or(0.0, |n| 1.0 / (n as f64 * n as f64));
    let squared: Vec<f64> = (1..q)
        .map(|i| {
            let square = (i * i) as f64;
            square / (4.0 * square - 1.0) * (1.0 - square * shrink)
        })
        .collect();
    let mut rule: Vec<(f64, f64)> = (0..q)
        .map(|index| {
            let x = root(&squared, index);
            (x, weight(&squared, x))
        })
        .collect();
    // The rule is symmetric; make it so exactly, and make the weights add up to 2.
    let total: f64 = rule.iter().map(|(_, w)| w).sum();
    for low in 0..q.div_ceil(2) {
        let high = q - 1 - low;
        let x = 0.5 * (rule[high].0 - rule[low].0);
        let w = (rule[high].1 + rule[low].1) / total;
        rule[low] = (-x, w);
        rule[high] = (x, w);
    }
    rule
}

/// How many eigenvalues of the Jacobi matrix lie below x: negative pivots of T - x.
fn count_below(squared: &[f64], x: f64) -> usize {
    let mut pivot = -x;
    let mut count = usize::from(pivot < 0.0);
    for b in squared {
        if pivot == 0.0 {
            pivot = f64::MIN_POSITIVE;
        }
        pivot = -x - b / pivot;
        count += usize::from(pivot < 0.0);
    }
    count
}

/// The eigenvalue number `index` (from 0, ascending), by bisection to the last bit.
fn root(squared: &[f64], index: usize) -> f64 {
    let (mut low, mut high) = (-1.0, 1.0);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return middle;
        }
        if count_below(squared, middle) > index {
            high = middle;
        } else {
            low = middle;
        }
    }
}

/// `2 / sum_i p_i(x)^2` with the orthonormal polynomials p_0 = 1, p_1, ..., p_{q-1}.
fn weight(squared: &[f64], x: f64) -> f64 {
    let (mut previous, mut current, mut last) = (0.0, 1.0, 0.0_f64);
    let mut sum = 1.0;
    for b in squared {
        let next = (x * current - last.sqrt() * previous) / b.sqrt();
        (previous, current, last) = (current, next, *b);
        sum += current * current;
    }
    2.0 / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_points_are_legendres() {
        let rule = rule(3, None);
        assert!((rule[2].0 - 0.6_f64.sqrt()).abs() < 1e-15);
        assert!((rule[1].1 - 8.0 / 9.0).abs() < 1e-15);
        assert!((rule[0].1 - 5.0 / 9.0).abs() < 1e-15);
    }

    #[test]
    fn powers_of_integers_are_summed_exactly_up_to_degree_2q_minus_1_and_not_beyond() {
        let (q, n) = (5, 40_u64);
        let sum_by_rule = |degree: i32| -> f64 {
            rule(q, Some(n))
                .iter()
                .map(|(x, w)| {
                    let i = 0.5 * (x * n as f64 + (n - 1) as f64);
                    0.5 * n as f64 * w * i.powi(degree)
                })
                .sum()
        };
        for degree in 0..=10 {
            let direct: f64 = (0..n).map(|i| (i as f64).powi(degree)).sum();
            let error = (sum_by_rule(degree) / direct - 1.0).abs();
            assert_eq!(error < 1e-14, degree <= 9, "{degree}: {error:e}");
        }
    }

    #[test]
    fn as_many_points_as_integers_give_the_integers_back() {
        for (i, (x, w)) in rule(6, Some(6)).iter().enumerate() {
            assert!((0.5 * (x * 6.0 + 5.0) - i as f64).abs() < 1e-13);
            assert!((3.0 * w - 1.0).abs() < 1e-12);
        }
    }
}
