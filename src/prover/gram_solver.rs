//! Gram matrices in `f64`: a point well inside the feasible set, by Newton's method on the barrier.
//!
//! The unknown X is block diagonal, symmetric, positive definite, and subject to one linear
//! equation for each monomial, `A(X) = c`. The relaxed problem
//!
//! ```text
//! maximise log det X   subject to   A(X) = c + e A(1)
//! ```
//!
//! has a solution for large e; e falls by factors. With L a multiplier and `W = 1 + A*(L) X`, the
//! Newton step is `X W`, where `A(X A*(L) X) = c + e A(1) - 2 A(X)`. If the relaxed problem stays
//! solvable down to [`SMALLEST`] there may be a Gram matrix, and the eigenvectors of X whose
//! eigenvalues shrink with e span the kernel that all Gram matrices share. Estimates, never proofs.

/// A square matrix, by rows.
pub type Square = Vec<Vec<f64>>;

/// An entry of a constraint: block, row <= column, coefficient.
pub type Place = (usize, usize, usize, f64);

/// The last relaxation, relative to coefficients of order one.
pub const SMALLEST: f64 = 1e-5;

/// The equations `A(X) = c`.
#[derive(Debug, Clone)]
pub struct Equations {
    /// The size of each block.
    pub sizes: Vec<usize>,
    /// For each equation its symmetric coefficient matrix (upper triangle).
    pub rows: Vec<Vec<Place>>,
    /// The right-hand sides, of order one.
    pub target: Vec<f64>,
}

fn twice(a: usize, b: usize) -> f64 {
    if a == b { 1.0 } else { 2.0 }
}

fn scaled_identity(sizes: &[usize], value: f64) -> Vec<Square> {
    let diagonal = |n: usize| {
        let mut m = vec![vec![0.0; n]; n];
        for (k, row) in m.iter_mut().enumerate() {
            row[k] = value;
        }
        m
    };
    sizes.iter().map(|&n| diagonal(n)).collect()
}

fn product(x: &Square, y: &Square) -> Square {
    let row = |a: &Vec<f64>| {
        let mut result = vec![0.0; a.len()];
        for (value, other) in a.iter().zip(y) {
            for (r, o) in result.iter_mut().zip(other) {
                *r += value * o;
            }
        }
        result
    };
    x.iter().map(row).collect()
}

/// Whether the Cholesky factorisation exists.
fn definite(matrix: &Square) -> bool {
    let mut l: Square = Vec::with_capacity(matrix.len());
    for (i, row) in matrix.iter().enumerate() {
        let mut new = vec![0.0; i + 1];
        for j in 0..i {
            let dot: f64 = new[..j].iter().zip(&l[j]).map(|(x, y)| x * y).sum();
            new[j] = (row[j] - dot) / l[j][j];
        }
        let rest = row[i] - new[..i].iter().map(|x| x * x).sum::<f64>();
        if rest.is_nan() || rest <= 0.0 {
            return false;
        }
        new[i] = rest.sqrt();
        l.push(new);
    }
    true
}

/// Solves a positive semidefinite system; dependent rows get 0.
fn solve(matrix: &Square, right: &[f64]) -> Vec<f64> {
    let n = right.len();
    let mut l: Square = Vec::with_capacity(n);
    let mut kept = vec![true; n];
    for (i, row) in matrix.iter().enumerate() {
        let mut new = vec![0.0; i + 1];
        for j in (0..i).filter(|&j| kept[j]) {
            let dot: f64 = new[..j].iter().zip(&l[j]).map(|(x, y)| x * y).sum();
            new[j] = (row[j] - dot) / l[j][j];
        }
        let rest = row[i] - new[..i].iter().map(|x| x * x).sum::<f64>();
        if rest > 1e-14 * row[i].abs() {
            new[i] = rest.sqrt();
        } else {
            kept[i] = false;
            new = vec![0.0; i + 1];
        }
        l.push(new);
    }
    let mut x = vec![0.0; n];
    for i in (0..n).filter(|&i| kept[i]) {
        let dot: f64 = l[i][..i].iter().zip(&x).map(|(a, b)| a * b).sum();
        x[i] = (right[i] - dot) / l[i][i];
    }
    for i in (0..n).rev().filter(|&i| kept[i]) {
        x[i] /= l[i][i];
        let value = x[i];
        for (entry, a) in x[..i].iter_mut().zip(&l[i]) {
            *entry -= value * a;
        }
    }
    x
}

/// Eigenvalues and eigenvectors (as rows) of a symmetric matrix, by Jacobi's rotations.
pub fn eigen(matrix: &Square) -> Vec<(f64, Vec<f64>)> {
    let n = matrix.len();
    let mut a = matrix.clone();
    let mut v = scaled_identity(&[n], 1.0).remove(0);
    for _ in 0..40 {
        let off: f64 = (0..n)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| a[i][j] * a[i][j])
            .sum();
        if off < 1e-30 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q].abs() < 1e-300 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let c = t.hypot(1.0).recip();
                let s = t * c;
                for row in &mut a {
                    let (x, y) = (row[p], row[q]);
                    row[p] = c * x - s * y;
                    row[q] = s * x + c * y;
                }
                for m in [&mut a, &mut v] {
                    let (top, bottom) = m.split_at_mut(q);
                    for (x, y) in top[p].iter_mut().zip(bottom[0].iter_mut()) {
                        let (old, other) = (*x, *y);
                        *x = c * old - s * other;
                        *y = s * old + c * other;
                    }
                }
            }
        }
    }
    v.into_iter()
        .enumerate()
        .map(|(k, v)| (a[k][k], v))
        .collect()
}

impl Equations {
    fn apply(&self, x: &[Square]) -> Vec<f64> {
        let value = |row: &Vec<Place>| {
            let terms = row.iter();
            terms
                .map(|&(k, a, b, c)| twice(a, b) * c * x[k][a][b])
                .sum()
        };
        self.rows.iter().map(value).collect()
    }

    fn adjoint(&self, multipliers: &[f64]) -> Vec<Square> {
        let mut result = scaled_identity(&self.sizes, 0.0);
        for (row, m) in self.rows.iter().zip(multipliers) {
            for &(k, a, b, c) in row {
                result[k][a][b] += m * c;
                if a != b {
                    result[k][b][a] += m * c;
                }
            }
        }
        result
    }

    /// The matrix of `L -> A(X A*(L) X)`.
    fn normal(&self, x: &[Square]) -> Square {
        let mut result = Vec::with_capacity(self.rows.len());
        for (i, row) in self.rows.iter().enumerate() {
            let mut y: Vec<Option<Square>> = vec![None; self.sizes.len()];
            for &(k, a, b, c) in row {
                let n = self.sizes[k];
                let y = y[k].get_or_insert_with(|| vec![vec![0.0; n]; n]);
                let (left, right) = (&x[k][a], &x[k][b]);
                for (p, out) in y.iter_mut().enumerate() {
                    let (mut u, mut w) = (c * left[p], c * right[p]);
                    if a == b {
                        (u, w) = (0.5 * u, 0.5 * w);
                    }
                    for ((o, l), r) in out.iter_mut().zip(left).zip(right) {
                        *o += u * r + w * l;
                    }
                }
            }
            let against = |other: &Vec<Place>| -> f64 {
                let terms = other
                    .iter()
                    .map(|&(k, a, b, c)| y[k].as_ref().map_or(0.0, |y| twice(a, b) * c * y[a][b]));
                terms.sum()
            };
            // The lower triangle is enough.
            result.push(self.rows[..=i].iter().map(against).collect());
        }
        result
    }

    /// The centre of the problem relaxed by e, from a positive definite start.
    fn centre(
        &self,
        mut x: Vec<Square>,
        e: f64,
        keep_going: &impl Fn() -> bool,
    ) -> Option<Vec<Square>> {
        let ones = self.apply(&scaled_identity(&self.sizes, 1.0));
        let wanted: Vec<f64> = self
            .target
            .iter()
            .zip(&ones)
            .map(|(c, o)| c + e * o)
            .collect();
        for _ in 0..50 {
            if !keep_going() {
                return None;
            }
            let now = self.apply(&x);
            let gap = wanted.iter().zip(&now).map(|(w, n)| (w - n).abs());
            let gap = gap.fold(0.0, f64::max);
            let right: Vec<f64> = wanted.iter().zip(&now).map(|(w, n)| w - 2.0 * n).collect();
            let multipliers = solve(&self.normal(&x), &right);
            let adjoint = self.adjoint(&multipliers);
            let (mut steps, mut length) = (Vec::new(), 0.0);
            for (x, l) in x.iter().zip(&adjoint) {
                let mut w = product(l, x);
                for (k, row) in w.iter_mut().enumerate() {
                    row[k] += 1.0;
                }
                for (a, row) in w.iter().enumerate() {
                    length += row.iter().zip(&w).map(|(v, r)| v * r[a]).sum::<f64>();
                }
                steps.push(product(x, &w));
            }
            let length = length.max(0.0).sqrt();
            let moved = |by: f64| -> Vec<Square> {
                let blocks = x.iter().zip(&steps);
                blocks
                    .map(|(x, d)| {
                        let n = x.len();
                        let entry = |a: usize, b: usize| x[a][b] + by * 0.5 * (d[a][b] + d[b][a]);
                        let row = |a: usize| (0..n).map(|b| entry(a, b)).collect();
                        (0..n).map(row).collect()
                    })
                    .collect()
            };
            let mut by = 1.0;
            while !moved(by).iter().all(definite) {
                by *= 0.5;
                if by < 1e-4 {
                    return None;
                }
            }
            x = moved(if length < 0.9 { by } else { 0.8 * by });
            if length < 0.2 && gap < 1e-3 * e.max(1e-9) {
                return Some(x);
            }
        }
        None
    }

    /// A centre of the problem relaxed by [`SMALLEST`].
    pub fn relaxed(&self, keep_going: impl Fn() -> bool) -> Option<Vec<Square>> {
        let identity = scaled_identity(&self.sizes, 1.0);
        let least = self.adjoint(&solve(&self.normal(&identity), &self.target));
        let found = self.apply(&least);
        let gap = found.iter().zip(&self.target).map(|(f, t)| (f - t).abs());
        if gap.fold(0.0, f64::max) > 1e-8 {
            return None;
        }
        let lowest = least.iter().flat_map(eigen).map(|pair| pair.0);
        let mut e = 0.5 - 1.5 * lowest.fold(0.0, f64::min);
        let mut x = least;
        for block in &mut x {
            for (k, row) in block.iter_mut().enumerate() {
                row[k] += e;
            }
        }
        loop {
            x = self.centre(x, e, &keep_going)?;
            if e <= SMALLEST {
                return Some(x);
            }
            e = (0.15 * e).max(SMALLEST);
        }
    }

    /// The centre of the problem itself, from that of the relaxed one.
    pub fn exact(&self, x: Vec<Square>, keep_going: impl Fn() -> bool) -> Option<Vec<Square>> {
        self.centre(x, 0.0, &keep_going)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `p x^4 + q x^2 + r` with the basis x^2, x, 1.
    fn even_quartic(p: f64, q: f64, r: f64) -> Equations {
        Equations {
            sizes: vec![3],
            rows: vec![
                vec![(0, 0, 0, 1.0)],
                vec![(0, 0, 1, 1.0)],
                vec![(0, 0, 2, 1.0), (0, 1, 1, 1.0)],
                vec![(0, 1, 2, 1.0)],
                vec![(0, 2, 2, 1.0)],
            ],
            target: vec![p, 0.0, q, 0.0, r],
        }
    }

    #[test]
    fn the_centre_satisfies_the_equations() {
        let equations = even_quartic(1.0, 1.0, 1.0);
        let x = equations.relaxed(|| true).unwrap();
        let x = equations.exact(x, || true).unwrap();
        assert!((x[0][0][0] - 1.0).abs() < 1e-9 && (x[0][2][2] - 1.0).abs() < 1e-9);
        // log((1 - g^2)(1 - 2 g)) is largest where 3 g^2 - g - 1 = 0 on g < 1/2.
        let g = (1.0 - 13.0_f64.sqrt()) / 6.0;
        assert!((x[0][0][2] - g).abs() < 0.05, "{x:?}");
    }

    #[test]
    fn a_polynomial_that_is_negative_somewhere_has_no_centre() {
        assert!(even_quartic(1.0, -3.0, 1.0).relaxed(|| true).is_none());
    }

    #[test]
    fn eigenvalues_of_a_known_matrix() {
        let mut values: Vec<f64> = eigen(&vec![vec![2.0, 1.0], vec![1.0, 2.0]])
            .into_iter()
            .map(|pair| pair.0)
            .collect();
        values.sort_by(f64::total_cmp);
        assert!((values[0] - 1.0).abs() < 1e-12 && (values[1] - 3.0).abs() < 1e-12);
    }
}
