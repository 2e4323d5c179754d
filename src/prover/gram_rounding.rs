//! From a float Gram matrix to an exact one: rounding, the equations over Q, `L D L^T`, the kernel.

use super::exact::solve;
use super::floats::short_rational;
use super::gram_solver::{Square, eigen};
use crate::number::{Rational, Ring, rational_from_f64};
use crate::polynomial::Polynomial;
use num_traits::{Signed, Zero};

/// A rational matrix, by rows.
pub type Exact = Vec<Vec<Rational>>;

fn zeros(n: usize) -> Exact {
    vec![vec![<Rational as Zero>::zero(); n]; n]
}

/// `products[k][a][b]` for a <= b is the polynomial that entry (a, b) of block k multiplies (once
/// each for (a, b) and (b, a)). The float matrix is rounded to multiples of `2^-bits`, and a few
/// entries are corrected so that the equations hold over Q; `going` may end that.
pub fn rounded(
    products: &[Vec<Vec<Polynomial>>],
    float: &[Square],
    target: &Polynomial,
    bits: i32,
    going: impl Fn() -> bool,
) -> Option<Vec<Exact>> {
    let grid = 2.0_f64.powi(bits);
    let mut rest = target.clone();
    let mut result: Vec<Exact> = float.iter().map(|x| zeros(x.len())).collect();
    let mut places = Vec::new();
    let mut columns: Vec<Polynomial> = Vec::new();
    for (k, block) in products.iter().enumerate() {
        let n = block.len();
        for (a, b) in (0..n).flat_map(|a| (a..n).map(move |b| (a, b))) {
            let polynomial = &block[a][b - a];
            let value = rational_from_f64((float[k][a][b] * grid).round() / grid)?;
            if !value.is_zero() {
                let factor = if a == b {
                    value.clone()
                } else {
                    value.clone() + value.clone()
                };
                rest = rest - polynomial.scale(&factor);
                result[k][a][b] = value.clone();
                result[k][b][a] = value;
            }
            if !columns.contains(polynomial) {
                columns.push(polynomial.clone());
                places.push((k, a, b));
            }
        }
    }
    let half = Rational::new(1.into(), 2.into());
    for ((k, a, b), c) in places.into_iter().zip(solve(&columns, &rest, going)?) {
        let c = if a == b { c } else { c * &half };
        let value = &result[k][a][b] + c;
        result[k][a][b] = value.clone();
        result[k][b][a] = value;
    }
    Some(result)
}

/// `G = sum of d_i l_i l_i^T` with d_i > 0, if G is positive semidefinite.
pub fn squares(mut g: Exact) -> Option<Vec<(Rational, Vec<Rational>)>> {
    let n = g.len();
    let mut result = Vec::new();
    for i in 0..n {
        let d = g[i][i].clone();
        if d.is_negative() || d.is_zero() && g[i][i..].iter().any(|x| !x.is_zero()) {
            return None;
        }
        if d.is_zero() {
            continue;
        }
        let l: Vec<Rational> = g[i].iter().map(|x| x / &d).collect();
        for a in i..n {
            for b in i..n {
                let value = &g[a][b] - &(&d * &l[a] * &l[b]);
                g[a][b] = value;
            }
        }
        result.push((d, l));
    }
    Some(result)
}

/// Where eigenvalues stop being small: the widest gap below `most`, if it is a factor of 30.
pub fn cut(float: &[Square], most: f64) -> Option<f64> {
    let mut values: Vec<f64> = float.iter().flat_map(eigen).map(|pair| pair.0).collect();
    values.sort_by(f64::total_cmp);
    let ratio = |w: &[f64]| w[1] / w[0].max(1e-16);
    let gaps = values.windows(2).filter(|w| w[0] < most);
    let widest = gaps.max_by(|x, y| ratio(x).total_cmp(&ratio(y)))?;
    (ratio(widest) >= 30.0).then(|| (widest[0].max(1e-16) * widest[1]).sqrt())
}

/// A basis of the vectors orthogonal to the eigenvectors with eigenvalues below `cut`, whose span is
/// assumed to have a reduced basis of short rationals.
pub fn complement(block: &Square, cut: f64) -> Option<Vec<Vec<Rational>>> {
    let n = block.len();
    let mut kernel: Vec<Vec<f64>> = eigen(block)
        .into_iter()
        .filter(|pair| pair.0 < cut)
        .map(|pair| pair.1)
        .collect();
    let mut pivots: Vec<usize> = Vec::new();
    for i in 0..kernel.len() {
        let free = |j: &usize| !pivots.contains(j);
        // The first column that is large enough, so that the pivots are the same for every basis.
        let sizes: Vec<f64> = (0..n)
            .map(|j| kernel[i..].iter().map(|v| v[j].abs()).fold(0.0, f64::max))
            .collect();
        let j = (0..n).filter(free).find(|&j| sizes[j] > 0.05)?;
        let best = (i..kernel.len()).max_by(|&x, &y| {
            let (x, y) = (kernel[x][j].abs(), kernel[y][j].abs());
            x.total_cmp(&y)
        })?;
        kernel.swap(i, best);
        let scale = kernel[i][j].recip();
        kernel[i].iter_mut().for_each(|x| *x *= scale);
        let pivot = kernel[i].clone();
        for (other, row) in kernel.iter_mut().enumerate() {
            if other != i {
                let factor = row[j];
                row.iter_mut()
                    .zip(&pivot)
                    .for_each(|(x, p)| *x -= factor * p);
            }
        }
        pivots.push(j);
    }
    // v = e_f - sum over pivots of kernel[i][f] e_{pivot i}, for each free f.
    let mut basis = Vec::new();
    for f in (0..n).filter(|j| !pivots.contains(j)) {
        let mut v = vec![<Rational as Zero>::zero(); n];
        v[f] = Ring::one();
        for (row, &j) in kernel.iter().zip(&pivots) {
            v[j] = -short_rational(row[f], 2e-3)?;
        }
        basis.push(v);
    }
    Some(basis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::parse_rational;

    fn exact(rows: &[&[&str]]) -> Exact {
        let row = |r: &&[&str]| r.iter().map(|t| parse_rational(t).unwrap()).collect();
        rows.iter().map(row).collect()
    }

    #[test]
    fn squares_exist_exactly_for_semidefinite_matrices() {
        let found = squares(exact(&[&["4", "2"], &["2", "1"]])).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1[1], parse_rational("1/2").unwrap());
        assert!(squares(exact(&[&["4", "2"], &["2", "999/1000"]])).is_none());
        assert!(squares(exact(&[&["0", "1"], &["1", "5"]])).is_none());
    }

    #[test]
    fn the_complement_of_a_float_kernel_is_rational() {
        // Kernel (1, -2, 0) up to rounding.
        let block = vec![
            vec![4.0, 2.0, 0.0],
            vec![2.0, 1.0 + 1e-9, 0.0],
            vec![0.0, 0.0, 3.0],
        ];
        let at = cut(std::slice::from_ref(&block), 1e-2).unwrap();
        let basis = complement(&block, at).unwrap();
        assert_eq!(basis, exact(&[&["2", "1", "0"], &["0", "0", "1"]]));
        assert!(cut(&[vec![vec![1.0, 0.0], vec![0.0, 2.0]]], 1e-2).is_none());
    }
}
