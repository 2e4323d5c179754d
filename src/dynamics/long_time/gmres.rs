//! GMRES for `(1 - T) x = r` with complex vectors, without restart: N unknowns, few products.
//!
//! Arnoldi with modified Gram-Schmidt and Givens rotations (Saad and Schultz 1986,
//! doi:10.1137/0907058). No preconditioner: T is nearly of rank one (the total loss feeds back into
//! all points alike), which one Krylov vector resolves.

use crate::number::Complex;

/// A complex f64.
pub(super) type C = Complex<f64>;

fn inner(x: &[C], y: &[C]) -> C {
    x.iter()
        .zip(y)
        .fold(Complex::real(0.0), |sum, (a, b)| sum + a.conjugate() * *b)
}

fn norm(x: &[C]) -> f64 {
    x.iter().map(Complex::norm_squared).sum::<f64>().sqrt()
}

/// x with its relative residual and the number of products with T.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    pub(super) x: Vec<C>,
    pub(super) residual: f64,
    pub(super) products: usize,
}

/// Solves to a residual of `tolerance * |r|`, or stops after `limit` products.
pub(super) fn solve(
    mut product: impl FnMut(&[C]) -> Vec<C>,
    r: &[C],
    tolerance: f64,
    limit: usize,
) -> Solution {
    let n = r.len();
    let size = norm(r);
    let done = |x, residual, products| Solution {
        x,
        residual,
        products,
    };
    if size == 0.0 || !size.is_finite() || tolerance >= 1.0 {
        return done(r.to_vec(), tolerance.min(1.0), 0);
    }
    let scale = |x: &[C], factor: f64| -> Vec<C> {
        x.iter()
            .map(|v| Complex::new(v.re * factor, v.im * factor))
            .collect()
    };
    let mut basis = vec![scale(r, 1.0 / size)];
    // Columns of the triangular factor, the rotations, the rotated right side.
    let mut triangle: Vec<Vec<C>> = Vec::new();
    let mut rotations: Vec<(f64, C)> = Vec::new();
    let mut right = vec![Complex::real(size)];
    let mut residual = 1.0;
    while residual > tolerance && triangle.len() < limit {
        let j = triangle.len();
        let t = product(&basis[j]);
        let mut w: Vec<C> = basis[j].iter().zip(&t).map(|(v, t)| *v - *t).collect();
        let mut column = Vec::with_capacity(j + 2);
        for v in &basis {
            let h = inner(v, &w);
            for (w, v) in w.iter_mut().zip(v) {
                *w = *w - h * *v;
            }
            column.push(h);
        }
        let below = norm(&w);
        for (i, (c, s)) in rotations.iter().enumerate() {
            let (x, y) = (column[i], column[i + 1]);
            column[i] = Complex::real(*c) * x + *s * y;
            column[i + 1] = Complex::real(*c) * y - s.conjugate() * x;
        }
        // Rotates (x, below) to (length phase, 0).
        let x = column[j];
        let modulus = x.modulus();
        let length = modulus.hypot(below);
        if length == 0.0 || !length.is_finite() {
            break;
        }
        let phase = if modulus == 0.0 {
            Complex::real(1.0)
        } else {
            scale(&[x], 1.0 / modulus)[0]
        };
        let (c, s) = (modulus / length, scale(&[phase], below / length)[0]);
        column[j] = scale(&[phase], length)[0];
        let g = right[j];
        right[j] = Complex::real(c) * g;
        right.push(-(s.conjugate() * g));
        rotations.push((c, s));
        triangle.push(column);
        residual = right[j + 1].modulus() / size;
        if below <= f64::EPSILON * length {
            residual = residual.min(f64::EPSILON);
            break;
        }
        basis.push(scale(&w, 1.0 / below));
    }
    let m = triangle.len();
    let mut y = vec![Complex::real(0.0); m];
    for i in (0..m).rev() {
        let known = (i + 1..m).fold(right[i], |sum, k| sum - triangle[k][i] * y[k]);
        y[i] = known / triangle[i][i];
    }
    let mut solution = vec![Complex::real(0.0); n];
    for (y, v) in y.iter().zip(&basis) {
        for (x, v) in solution.iter_mut().zip(v) {
            *x = *x + *y * *v;
        }
    }
    done(solution, residual, m)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_complex_system_is_solved_and_its_residual_is_true() {
        let n = 7;
        let t = |i: usize, j: usize| {
            let x = (i * 5 + j * 3) as f64;
            Complex::new(0.2 * x.sin(), 0.1 * (1.7 * x).cos())
        };
        let product = |v: &[C]| -> Vec<C> {
            (0..n)
                .map(|i| (0..n).fold(Complex::real(0.0), |s, j| s + t(i, j) * v[j]))
                .collect()
        };
        let r: Vec<C> = (0..n)
            .map(|i| Complex::new(1.0 + i as f64, 0.5 - i as f64))
            .collect();
        let check = |x: &[C]| {
            let tx = product(x);
            let rest: Vec<C> = (0..n).map(|i| x[i] - tx[i] - r[i]).collect();
            norm(&rest) / norm(&r)
        };
        let full = solve(product, &r, 1e-13, 40);
        assert!(full.products <= n && check(&full.x) < 1e-12, "{full:?}");
        // Stopped early, the reported residual is the true one, and it is not small.
        let early = solve(product, &r, 1e-13, 2);
        assert!((check(&early.x) / early.residual - 1.0).abs() < 1e-9);
        assert!(early.residual > 1e-6);
    }
}
