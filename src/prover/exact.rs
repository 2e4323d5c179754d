//! The exact solution of a small linear system over Q: which coefficients make the columns add up
//! to the target?
//!
//! First modulo the prime 2^61 - 1 with rational reconstruction, which settles every system whose
//! solution has small numerators and denominators; otherwise by elimination over Q. The caller
//! expands the result exactly, so a wrong reconstruction costs time, never truth.

use crate::number::{Rational, Ring};
use crate::polynomial::{Exponents, Polynomial};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};
use std::collections::BTreeMap;

const P: u64 = (1 << 61) - 1;

fn multiply(x: u64, y: u64) -> u64 {
    (u128::from(x) * u128::from(y) % u128::from(P)) as u64
}

fn inverse(x: u64) -> u64 {
    let (mut base, mut exponent, mut result) = (x, P - 2, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    result
}

fn residue(value: &Rational) -> Option<u64> {
    let p = BigInt::from(P);
    let top = value.numer().mod_floor(&p).to_u64()?;
    let bottom = value.denom().mod_floor(&p).to_u64()?;
    (bottom != 0).then(|| multiply(top, inverse(bottom)))
}

/// n/d = x mod P with |n|, d below 2^30.
fn reconstruct(x: u64) -> Option<Rational> {
    let bound = 1_i128 << 30;
    let (mut r0, mut r1) = (i128::from(P), i128::from(x));
    let (mut t0, mut t1) = (0_i128, 1_i128);
    while r1 >= bound {
        let q = r0 / r1;
        (r0, r1) = (r1, r0 - q * r1);
        (t0, t1) = (t1, t0 - q * t1);
    }
    (t1 != 0 && t1.abs() < bound).then(|| Rational::new(BigInt::from(r1), BigInt::from(t1)))
}

/// Coefficients c with `sum c_j columns_j = target`, if there are any; columns that the
/// elimination leaves free get 0. All polynomials must be over the same list of variables.
///
/// `going` is asked once per column; the search for coefficients ends where it says no.
pub fn solve(
    columns: &[Polynomial],
    target: &Polynomial,
    going: impl Fn() -> bool,
) -> Option<Vec<Rational>> {
    let mut rows: BTreeMap<&Exponents, Vec<(usize, &Rational)>> = BTreeMap::new();
    let n = columns.len();
    for (j, column) in columns.iter().chain([target]).enumerate() {
        for (exponents, coefficient) in column.terms() {
            rows.entry(exponents).or_default().push((j, coefficient));
        }
    }
    let rows: Vec<_> = rows.into_values().collect();
    if let Some(solution) = solve_modulo(&rows, n) {
        let mut sum = -target.clone();
        for (column, c) in columns.iter().zip(&solution) {
            sum = sum + column.scale(c);
        }
        if sum.is_zero() {
            return Some(solution);
        }
    }
    solve_rational(&rows, n, going)
}

fn solve_modulo(rows: &[Vec<(usize, &Rational)>], n: usize) -> Option<Vec<Rational>> {
    let mut matrix = Vec::with_capacity(rows.len());
    for row in rows {
        let mut dense = vec![0_u64; n + 1];
        for (j, value) in row {
            dense[*j] = residue(value)?;
        }
        matrix.push(dense);
    }
    let mut pivots = Vec::new();
    let mut top = 0;
    for j in 0..n {
        let Some(found) = (top..matrix.len()).find(|&i| matrix[i][j] != 0) else {
            continue;
        };
        matrix.swap(top, found);
        let scale = inverse(matrix[top][j]);
        for value in &mut matrix[top][j..] {
            *value = multiply(*value, scale);
        }
        let pivot = matrix[top].clone();
        for (i, row) in matrix.iter_mut().enumerate() {
            if i != top && row[j] != 0 {
                let factor = P - row[j];
                for (value, p) in row[j..].iter_mut().zip(&pivot[j..]) {
                    *value = (*value + multiply(factor, *p)) % P;
                }
            }
        }
        pivots.push(j);
        top += 1;
    }
    if matrix[top..].iter().any(|row| row[n] != 0) {
        return None;
    }
    let mut solution = vec![<Rational as Zero>::zero(); n];
    for (row, &j) in pivots.iter().enumerate() {
        solution[j] = reconstruct(matrix[row][n])?;
    }
    Some(solution)
}

fn solve_rational(
    rows: &[Vec<(usize, &Rational)>],
    n: usize,
    going: impl Fn() -> bool,
) -> Option<Vec<Rational>> {
    let mut matrix: Vec<Vec<Rational>> = rows
        .iter()
        .map(|row| {
            let mut dense = vec![<Rational as Zero>::zero(); n + 1];
            for (j, value) in row {
                dense[*j] = (*value).clone();
            }
            dense
        })
        .collect();
    let mut pivots = Vec::new();
    let mut top = 0;
    for j in 0..n {
        if !going() {
            return None;
        }
        let found = (top..matrix.len())
            .filter(|&i| !matrix[i][j].is_zero())
            .min_by_key(|&i| matrix[i][j].numer().bits() + matrix[i][j].denom().bits());
        let Some(found) = found else { continue };
        matrix.swap(top, found);
        let scale = matrix[top][j].recip();
        for value in &mut matrix[top][j..] {
            *value = &*value * &scale;
        }
        let pivot = matrix[top].clone();
        for (i, row) in matrix.iter_mut().enumerate() {
            if i != top && !row[j].is_zero() {
                let factor = row[j].clone();
                for (value, p) in row[j..].iter_mut().zip(&pivot[j..]) {
                    if !p.is_zero() {
                        *value = &*value - &factor * p;
                    }
                }
            }
        }
        pivots.push(j);
        top += 1;
    }
    if matrix[top..].iter().any(|row| !row[n].is_zero()) {
        return None;
    }
    let mut solution = vec![<Rational as Zero>::zero(); n];
    for (row, &j) in pivots.iter().enumerate() {
        solution[j] = matrix[row][n].clone();
    }
    Some(solution)
}

/// The positive rational factor that makes the coefficients coprime integers, and the polynomial
/// divided by it: `p = factor * primitive`, the sign is kept.
pub fn positive_content(polynomial: &Polynomial) -> (Rational, Polynomial) {
    let mut numerator = BigInt::zero();
    let mut denominator = BigInt::from(1);
    for (_, c) in polynomial.terms() {
        numerator = numerator.gcd(c.numer());
        denominator = denominator.lcm(c.denom());
    }
    if numerator.is_zero() {
        return (Ring::one(), polynomial.clone());
    }
    let content = Rational::new(numerator.abs(), denominator);
    let primitive = polynomial.scale(&content.recip());
    (content, primitive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::parse_rational;

    fn p(text: &str) -> Polynomial {
        let names = ["x".to_owned(), "y".to_owned()];
        Polynomial::parse(text).unwrap().over(&names).unwrap()
    }

    #[test]
    fn coefficients_are_found_exactly_small_and_large() {
        let q = |t: &str| parse_rational(t).unwrap();
        let columns = [p("x*(1-y)"), p("y"), p("x + y")];
        let target = p("1/3*x*(1-y) + 22/7*x + 22/7*y");
        let found = solve(&columns, &target, || true).unwrap();
        assert_eq!(found, [q("1/3"), q("0"), q("22/7")]);
        let large = q("123456789012345678901/7");
        let found = solve(&[p("x + y")], &p("x + y").scale(&large), || true).unwrap();
        assert_eq!(found, [large]);
    }

    #[test]
    fn an_inconsistent_system_has_no_solution() {
        assert_eq!(solve(&[p("x + y")], &p("x + 2*y"), || true), None);
    }

    #[test]
    fn content_is_positive_and_divides() {
        let (c, q) = positive_content(&p("-4/3*x + 2*y"));
        assert_eq!(c, parse_rational("2/3").unwrap());
        assert_eq!(q, p("-2*x + 3*y"));
    }
}
