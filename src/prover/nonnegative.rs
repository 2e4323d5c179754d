//! Non-negative least squares: is the target a non-negative combination of the columns?
//!
//! ```text
//! minimise |A x - t|^2   over x >= 0
//! ```
//!
//! by the active-set method of Lawson and Hanson, with a QR factorisation of the active columns
//! that is updated (a column enters by Gram-Schmidt, leaves by rotations). The active columns are
//! always linearly independent, so a solution with residual zero is a *vertex*: few terms, and
//! its support can be solved again exactly. Floats guide the search; nothing here proves anything.

/// A sparse column: (row, value), rows ascending.
pub type Column = Vec<(u32, f64)>;

/// Where the iteration ended.
#[derive(Debug, Clone)]
pub struct Combination {
    /// Active columns with their coefficients, all positive.
    pub support: Vec<(usize, f64)>,
    /// `|A x - t| / |t|`.
    pub residual: f64,
    /// How many columns entered.
    pub iterations: usize,
}

/// Below this relative residual the target counts as reached.
pub const REACHED: f64 = 1e-9;

struct Factorisation {
    rows: usize,
    /// Orthonormal columns.
    q: Vec<Vec<f64>>,
    /// Upper triangular: `r[j]` is column j, of length j + 1.
    r: Vec<Vec<f64>>,
    /// `Q^T t`.
    qt: Vec<f64>,
}

impl Factorisation {
    fn push(&mut self, column: &Column, target: &[f64]) -> bool {
        let mut v = vec![0.0; self.rows];
        for &(row, value) in column {
            v[row as usize] = value;
        }
        let norm = dot(&v, &v).sqrt();
        let mut r = vec![0.0; self.q.len() + 1];
        for _ in 0..2 {
            for (k, q) in self.q.iter().enumerate() {
                let c = dot(q, &v);
                r[k] += c;
                for (x, y) in v.iter_mut().zip(q) {
                    *x -= c * y;
                }
            }
        }
        let rest = dot(&v, &v).sqrt();
        if rest < 1e-8 * norm || rest == 0.0 {
            return false;
        }
        for x in &mut v {
            *x /= rest;
        }
        r[self.q.len()] = rest;
        self.qt.push(dot(&v, target));
        self.q.push(v);
        self.r.push(r);
        true
    }

    fn remove(&mut self, at: usize) {
        self.r.remove(at);
        let n = self.r.len();
        // Columns at.. have one entry too many below the diagonal: rotate rows (k, k+1).
        for k in at..n {
            let (x, y) = (self.r[k][k], self.r[k][k + 1]);
            let h = x.hypot(y);
            let (c, s) = if h == 0.0 { (1.0, 0.0) } else { (x / h, y / h) };
            for column in &mut self.r[k..n] {
                let (x, y) = (column[k], column[k + 1]);
                column[k] = c * x + s * y;
                column[k + 1] = c * y - s * x;
            }
            self.r[k].truncate(k + 1);
            let (left, right) = self.q.split_at_mut(k + 1);
            for (x, y) in left[k].iter_mut().zip(right[0].iter_mut()) {
                let (a, b) = (*x, *y);
                *x = c * a + s * b;
                *y = c * b - s * a;
            }
            let (a, b) = (self.qt[k], self.qt[k + 1]);
            self.qt[k] = c * a + s * b;
            self.qt[k + 1] = c * b - s * a;
        }
        self.q.truncate(n);
        self.qt.truncate(n);
    }

    fn solve(&self) -> Vec<f64> {
        let n = self.r.len();
        let mut x = self.qt.clone();
        for k in (0..n).rev() {
            x[k] /= self.r[k][k];
            let value = x[k];
            for (entry, r) in x[..k].iter_mut().zip(&self.r[k]) {
                *entry -= value * r;
            }
        }
        x
    }

    fn residual(&self, target: &[f64]) -> Vec<f64> {
        let mut rest = target.to_vec();
        for _ in 0..2 {
            for q in &self.q {
                let c = dot(q, &rest);
                for (x, y) in rest.iter_mut().zip(q) {
                    *x -= c * y;
                }
            }
        }
        rest
    }
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

/// Solves the problem of the module's head.
///
/// Columns should have norm of order 1. `preference[j]` (positive) multiplies the gain of column j
/// when the next column is chosen: larger means chosen earlier. `keep_going` is asked once per
/// iteration.
pub fn combine(
    columns: &[Column],
    preference: &[f64],
    target: &[f64],
    limit: usize,
    mut keep_going: impl FnMut() -> bool,
) -> Combination {
    let scale = dot(target, target).sqrt();
    let mut state = Factorisation {
        rows: target.len(),
        q: Vec::new(),
        r: Vec::new(),
        qt: Vec::new(),
    };
    let mut active: Vec<usize> = Vec::new();
    let mut x: Vec<f64> = Vec::new();
    let mut blocked = vec![false; columns.len()];
    let mut waiting: Vec<usize> = Vec::new();
    let mut rest = target.to_vec();
    let mut iterations = 0;
    while iterations < limit && keep_going() {
        let size = dot(&rest, &rest).sqrt();
        if size <= REACHED * scale {
            break;
        }
        let mut best = (0.0, None);
        for (j, column) in columns.iter().enumerate() {
            if blocked[j] {
                continue;
            }
            let gain: f64 = column.iter().map(|&(i, v)| v * rest[i as usize]).sum();
            let gain = gain * preference[j];
            if gain > best.0 {
                best = (gain, Some(j));
            }
        }
        let Some(entering) = best.1.filter(|_| best.0 > 1e-11 * scale) else {
            break;
        };
        if !state.push(&columns[entering], target) {
            blocked[entering] = true;
            continue;
        }
        iterations += 1;
        blocked[entering] = true;
        active.push(entering);
        x.push(0.0);
        let mut left_at_once = false;
        loop {
            let wanted = state.solve();
            let mut step = 1.0_f64;
            for (old, new) in x.iter().zip(&wanted) {
                if *new <= 0.0 {
                    let length = if old > new { old / (old - new) } else { 0.0 };
                    step = step.min(length);
                }
            }
            if wanted.iter().all(|w| *w > 0.0) {
                x = wanted;
                break;
            }
            for (old, new) in x.iter_mut().zip(&wanted) {
                *old += step * (new - *old);
            }
            let mut removed = false;
            for k in (0..x.len()).rev() {
                if wanted[k] <= 0.0 && x[k] <= 1e-13 * scale {
                    state.remove(k);
                    x.remove(k);
                    let j = active.remove(k);
                    blocked[j] = j == entering;
                    left_at_once |= j == entering;
                    removed = true;
                }
            }
            if !removed || x.is_empty() {
                break;
            }
        }
        rest = state.residual(target);
        // A column that leaves at once would enter again at once: it waits for another to move.
        if left_at_once {
            waiting.push(entering);
        } else {
            for j in waiting.drain(..) {
                blocked[j] = false;
            }
        }
    }
    let residual = dot(&rest, &rest).sqrt() / scale.max(f64::MIN_POSITIVE);
    Combination {
        // What is zero up to rounding is zero.
        support: active
            .into_iter()
            .zip(x)
            .filter(|(_, c)| *c > 1e-14 * scale)
            .collect(),
        residual,
        iterations,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_inside_the_cone_is_reached_and_one_outside_is_not() {
        let columns = vec![
            vec![(0, 1.0)],
            vec![(0, 0.6), (1, 0.8)],
            vec![(1, 1.0), (2, 0.1)],
        ];
        let ones = [1.0; 3];
        let inside = combine(&columns, &ones, &[1.1, 1.8, 0.1], 50, || true);
        assert!(inside.residual < 1e-12, "{inside:?}");
        assert!(inside.support.iter().all(|(_, c)| *c > 0.0));
        let outside = combine(&columns, &ones, &[-1.0, 1.0, 0.0], 50, || true);
        assert!(outside.residual > 0.1);
    }

    #[test]
    fn columns_that_leave_keep_the_factorisation_right() {
        // Greedy enters the first column, the solution does not use it.
        let columns = vec![
            vec![(0, 0.7), (1, 0.7), (2, 0.1)],
            vec![(0, 1.0)],
            vec![(1, 1.0)],
        ];
        let found = combine(&columns, &[1.0; 3], &[1.0, 1.0, 0.0], 50, || true);
        let mut support: Vec<usize> = found.support.iter().map(|s| s.0).collect();
        support.sort_unstable();
        assert_eq!(support, [1, 2]);
        assert!(found.residual < 1e-12);
    }
}
