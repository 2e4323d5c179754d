//! What an argument of this module must be: finite, symmetric, positive semi-definite, orthogonal.
//!
//! One code for all numbers: over exact ones the tolerances are 0, over f64 they are multiples of the
//! rounding unit.

use super::dense::Dense;
use super::error::NoiseError;
use crate::number::{Field, Ring};

/// The gap between 1 and the next number, `|3 (4/3 - 1) - 1|`: 2^-52 in f64, 0 for exact numbers.
pub(crate) fn roundoff<T: Field + PartialOrd>() -> T {
    let third = T::from_integer(4) / T::from_integer(3) - T::one();
    absolute(&(T::from_integer(3) * third - T::one()))
}

/// `|x|`.
pub(crate) fn absolute<T: Ring + PartialOrd>(x: &T) -> T {
    if *x < T::zero() {
        -x.clone()
    } else {
        x.clone()
    }
}

/// False for NaN and infinities; true for every exact number.
pub(crate) fn is_finite<T: Ring>(x: &T) -> bool {
    let copy = x.clone();
    copy - x.clone() == T::zero()
}

/// A size as a ring element.
pub(crate) fn count<T: Ring>(size: usize) -> T {
    T::from_integer(i64::try_from(size).unwrap_or(i64::MAX))
}

/// Finite and >= 0.
pub(crate) fn non_negative<T: Ring + PartialOrd>(x: &T) -> bool {
    is_finite(x) && *x >= T::zero()
}

/// The largest |entry|.
fn largest<T: Ring + PartialOrd>(a: &Dense<T>) -> T {
    a.entries()
        .iter()
        .map(absolute)
        .fold(T::zero(), |most, x| if x > most { x } else { most })
}

/// Every entry finite.
pub(crate) fn finite<T: Ring>(what: &'static str, a: &Dense<T>) -> Result<(), NoiseError> {
    match a.entries().iter().position(|x| !is_finite(x)) {
        None => Ok(()),
        Some(at) => Err(NoiseError::Entry {
            what,
            row: at / a.columns(),
            column: at % a.columns(),
        }),
    }
}

/// Square, finite and symmetric: exactly, or to 9e-13 of the largest entry in f64.
pub(crate) fn symmetric<T: Field + PartialOrd>(
    what: &'static str,
    a: &Dense<T>,
) -> Result<(), NoiseError> {
    a.square_of(what, a.rows())?;
    finite(what, a)?;
    let limit = T::from_integer(1 << 12) * roundoff::<T>() * largest(a);
    for row in 0..a.rows() {
        for column in 0..row {
            if absolute(&(a.entry(row, column) - a.entry(column, row))) > limit {
                return Err(NoiseError::Asymmetric { what, row, column });
            }
        }
    }
    Ok(())
}

/// [`symmetric`] and positive semi-definite: no negative pivot in an elimination with the largest
/// pivot first. Exactly, or in f64 to `16 N eps` of the largest entry.
pub(crate) fn positive_semi_definite<T: Field + PartialOrd>(
    what: &'static str,
    a: &Dense<T>,
) -> Result<(), NoiseError> {
    symmetric(what, a)?;
    let n = a.rows();
    let slack = T::from_integer(16) * count::<T>(n) * roundoff::<T>() * largest(a);
    let mut rows: Vec<Vec<T>> = (0..n).map(|i| a.row(i).to_vec()).collect();
    let mut left: Vec<usize> = (0..n).collect();
    while let Some((at, pivot)) = (left.iter().enumerate())
        .map(|(at, &k)| (at, rows[k][k].clone()))
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
    {
        if let Some(&row) = left.iter().find(|&&k| rows[k][k] < -slack.clone()) {
            return Err(NoiseError::Indefinite { what, row });
        }
        if pivot <= slack {
            // |A_ij|^2 <= A_ii A_jj: what is left must vanish.
            let limit = T::from_integer(4) * slack;
            return match left
                .iter()
                .find(|&&i| left.iter().any(|&j| absolute(&rows[i][j]) > limit))
            {
                None => Ok(()),
                Some(&row) => Err(NoiseError::Indefinite { what, row }),
            };
        }
        let k = left.swap_remove(at);
        let pivot_row = rows[k].clone();
        for &i in &left {
            let factor = rows[i][k].clone() / pivot.clone();
            for &j in &left {
                rows[i][j] = rows[i][j].clone() - factor.clone() * pivot_row[j].clone();
            }
        }
    }
    Ok(())
}

/// Square with orthonormal columns: exactly, or to 2e-10 in f64.
pub(crate) fn orthogonal<T: Field + PartialOrd>(
    what: &'static str,
    o: &Dense<T>,
) -> Result<(), NoiseError> {
    o.square_of(what, o.rows())?;
    let limit = T::from_integer(1 << 20) * roundoff::<T>();
    let defect = o.transposed().times(o)?.minus(&Dense::identity(o.rows()))?;
    // A NaN is not below the limit.
    if defect.entries().iter().all(|x| absolute(x) <= limit) {
        Ok(())
    } else {
        Err(NoiseError::NotOrthogonal { what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Rational, parse_rational};

    fn of<T: Ring>(n: usize, entries: Vec<T>) -> Dense<T> {
        Dense::new(n, n, entries).unwrap()
    }

    #[test]
    fn exact_numbers_have_no_rounding_and_floats_that_of_the_machine() {
        assert_eq!(roundoff::<f64>(), f64::EPSILON);
        assert_eq!(roundoff::<Rational>(), Rational::zero());
        assert!(!is_finite(&f64::NAN) && !is_finite(&f64::NEG_INFINITY) && is_finite(&1e300));
    }

    #[test]
    fn positive_semi_definite_matrices_of_any_rank_are_accepted_and_others_are_not() {
        let check = |entries: [f64; 4]| positive_semi_definite("A", &of(2, entries.to_vec()));
        assert_eq!(check([1.0, 1.0, 1.0, 1.0]), Ok(()));
        assert_eq!(check([0.0; 4]), Ok(()));
        assert!(matches!(
            check([1.0, 2.0, 2.0, 1.0]),
            Err(NoiseError::Indefinite { .. })
        ));
        assert!(matches!(
            check([0.0, 1.0, 1.0, 0.0]),
            Err(NoiseError::Indefinite { .. })
        ));
        assert!(matches!(
            check([1.0, 0.0, 0.0, -1e-9]),
            Err(NoiseError::Indefinite { row: 1, .. })
        ));
        assert!(matches!(
            check([1.0, 0.5, 0.4, 1.0]),
            Err(NoiseError::Asymmetric { .. })
        ));
        assert!(matches!(
            check([1.0, f64::NAN, f64::NAN, 1.0]),
            Err(NoiseError::Entry {
                row: 0,
                column: 1,
                ..
            })
        ));
        // Over Q the least defect counts.
        let q = |text: &str| parse_rational(text).unwrap();
        let nearly = |last: &str| of(2, vec![q("1"), q("1"), q("1"), q(last)]);
        assert!(positive_semi_definite("A", &nearly("1")).is_ok());
        let below = nearly("999999999999999999999999/1000000000000000000000000");
        assert!(positive_semi_definite("A", &below).is_err());
    }

    #[test]
    fn products_of_rounded_matrices_of_low_rank_pass() {
        // B B^T with 2 columns and 40 rows: 38 eigenvalues are 0 up to rounding.
        let b = Dense::from_fn(40, 2, |i, j| ((i * 7 + j * 3) as f64).sin() * 1e3);
        let a = b.times(&b.transposed()).unwrap();
        assert_eq!(positive_semi_definite("A", &a), Ok(()));
        let shifted = a.minus(&Dense::identity(40).scaled(&1e-3)).unwrap();
        assert!(positive_semi_definite("A", &shifted).is_err());
    }

    #[test]
    fn matrices_that_are_not_orthogonal_are_refused() {
        let turn = of(2, vec![0.6, -0.8, 0.8, 0.6]);
        assert_eq!(orthogonal("O", &turn), Ok(()));
        assert!(orthogonal("O", &turn.scaled(&1.001)).is_err());
        assert!(orthogonal("O", &turn.scaled(&f64::NAN)).is_err());
        assert!(orthogonal("O", &Dense::<f64>::zeros(2, 3)).is_err());
    }
}
