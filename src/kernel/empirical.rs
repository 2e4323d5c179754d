//! Kernels computed elsewhere: a matrix Theta, or a Jacobian J with Theta = J J^T, and its targets as two
//! `.npy` files.
//!
//! | file | shape | type |
//! |---|---|---|
//! | Theta(x_i, x_j), *not* divided by N | (N, N), C or Fortran order | `<f8` or `<f4` |
//! | or J: row i is grad f(x_i) = psi(x_i), *not* divided by sqrt N | (N, d), any N and d >= 1 | `<f8` or `<f4` |
//! | y_i - f_0(x_i): what is left to learn at the start | (N,) or (N, 1) | floats or integers |
//!
//! `docs/export-ntk.md` shows how PyTorch writes them. Object arrays (pickles) are refused, whatever they
//! hold. What is checked, and how much of it failed, is in [`ImportedKernel`]; what is accepted:
//!
//! | check | limit, relative to the largest entry or eigenvalue |
//! |---|---|
//! | asymmetry, the largest difference of Theta_ij and Theta_ji | 1e-9 for `<f8`, 1e-5 for `<f4`; averaged away |
//! | most negative eigenvalue | -1e-10 for `<f8`, -1e-6 for `<f4`; what is above -1e-10 counts as zero, the rest of an `<f4` kernel is set to zero |

use super::{KernelError, KernelProblem};
use npyz::{NpyFile, Order};
use std::path::Path;

/// A kernel problem with what its file was found to be.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedKernel {
    /// K = Theta/N with its target.
    pub problem: KernelProblem,
    /// max |Theta_ij - Theta_ji| / max |Theta_ij| before averaging.
    pub asymmetry: f64,
    /// The smallest eigenvalue over the largest, before small negative ones were set to zero.
    pub smallest_ratio: f64,
    /// The share of L_0 in the null space of K: it never vanishes.
    pub share_that_stays: f64,
}

struct Array {
    shape: Vec<u64>,
    values: Vec<f64>,
    single_precision: bool,
}

/// Reads numbers; row-major whatever the order of the file.
fn array(bytes: &[u8], name: &str) -> Result<Array, KernelError> {
    let fail = |reason: String| KernelError::Read {
        source_name: name.to_owned(),
        reason,
    };
    if !plausible_shape(bytes) {
        return Err(fail(
            "its header announces more numbers than the file has bytes: it is truncated".to_owned(),
        ));
    }
    let file = NpyFile::new(bytes).map_err(|error| fail(format!("no npy file ({error})")))?;
    let shape = file.shape().to_vec();
    let descr = file.dtype().descr();
    let descr = descr.trim_matches(['\'', '"']).to_owned();
    if descr.contains('O') {
        return Err(fail(
            "an object array is a pickle, which is never loaded: save plain numbers".to_owned(),
        ));
    }
    let size = match descr.chars().last() {
        Some('8') => 8,
        Some('1') => 1,
        _ => 4,
    };
    let needed = shape.iter().try_fold(size, |n: u64, d| n.checked_mul(*d));
    if needed.is_none_or(|needed| needed > bytes.len() as u64) {
        return Err(fail(format!(
            "its header announces the shape {shape:?}, and the file is shorter: it is truncated"
        )));
    }
    let fortran = file.order() == Order::Fortran;
    let damaged = |error: std::io::Error| fail(format!("damaged or truncated ({error})"));
    let mut values: Vec<f64> = match descr.as_str() {
        "<f8" => file.into_vec::<f64>().map_err(damaged)?,
        "<f4" => widen(file.into_vec::<f32>().map_err(damaged)?),
        "<i8" => {
            let integers = file.into_vec::<i64>().map_err(damaged)?;
            integers.into_iter().map(|x| x as f64).collect()
        }
        "<i4" => widen(file.into_vec::<i32>().map_err(damaged)?),
        "|u1" => widen(file.into_vec::<u8>().map_err(damaged)?),
        other => {
            return Err(fail(format!(
                "its numbers are of type {other}; <f8, <f4, <i8, <i4 and |u1 are read"
            )));
        }
    };
    if let (true, [rows, columns]) = (fortran, shape.as_slice()) {
        let (rows, columns) = (*rows as usize, *columns as usize);
        values = (0..rows * columns)
            .map(|at| values[at % columns * rows + at / columns])
            .collect();
    }
    Ok(Array {
        shape,
        values,
        single_precision: descr == "<f4",
    })
}

/// Whether the product of the shape in the header stays below the number of bytes (asked before the
/// reader of headers, which multiplies without looking). True where there is no shape to be found.
fn plausible_shape(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1 << 16)];
    let text = String::from_utf8_lossy(head);
    let Some((_, rest)) = text.split_once("'shape'") else {
        return true;
    };
    let inside = rest
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'));
    let Some((inside, _)) = inside else {
        return true;
    };
    let product = inside
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .try_fold(1_u64, |product, word| {
            product.checked_mul(word.parse().ok()?)
        });
    product.is_some_and(|product| product <= bytes.len() as u64)
}

fn widen<T: Into<f64>>(values: Vec<T>) -> Vec<f64> {
    values.into_iter().map(Into::into).collect()
}

/// From the bytes of the two files. `names` appear in errors.
///
/// # Errors
/// Files that are not npy, object arrays, shapes that are not (N, N) and (N,), entries that are not
/// finite, a matrix that is not symmetric or not positive semi-definite (by how much).
pub fn imported_kernel_from_bytes(
    kernel: &[u8],
    target: &[u8],
    names: [&str; 2],
) -> Result<ImportedKernel, KernelError> {
    let matrix = array(kernel, names[0])?;
    let n = match matrix.shape.as_slice() {
        [rows, columns] if rows == columns && *rows > 0 => *rows as usize,
        other => {
            return Err(unreadable(
                names[0],
                format!("its shape is {other:?}, but a kernel matrix is (N, N), N >= 1"),
            ));
        }
    };
    all_finite(&matrix.values, n, names[0])?;
    let targets = targets(array(target, names[1])?, n, names)?;
    assemble(matrix.values, matrix.single_precision, targets, names[0])
}

/// The same of a Jacobian: Theta = J J^T, row i of J being the gradient of f(x_i).
///
/// # Errors
/// As [`imported_kernel_from_bytes`], with the shape (N, d) for the first file.
pub fn imported_jacobian_from_bytes(
    jacobian: &[u8],
    target: &[u8],
    names: [&str; 2],
) -> Result<ImportedKernel, KernelError> {
    let matrix = array(jacobian, names[0])?;
    let (n, d) = match matrix.shape.as_slice() {
        [rows, columns] if *rows > 0 && *columns > 0 => (*rows as usize, *columns as usize),
        other => {
            return Err(unreadable(
                names[0],
                format!("its shape is {other:?}, but a Jacobian is (N, d): a row for each point"),
            ));
        }
    };
    all_finite(&matrix.values, d, names[0])?;
    let targets = targets(array(target, names[1])?, n, names)?;
    let j = faer::MatRef::from_row_major_slice(&matrix.values, n, d);
    let theta = j * j.transpose();
    let values: Vec<f64> = (0..n * n).map(|at| theta[(at / n, at % n)]).collect();
    if values.iter().any(|x| !x.is_finite()) {
        return Err(unreadable(
            names[0],
            "J J^T overflows: its entries must be finite".to_owned(),
        ));
    }
    assemble(values, false, targets, names[0])
}

fn unreadable(name: &str, reason: String) -> KernelError {
    KernelError::Read {
        source_name: name.to_owned(),
        reason,
    }
}

fn all_finite(values: &[f64], columns: usize, name: &str) -> Result<(), KernelError> {
    match values.iter().position(|x| !x.is_finite()) {
        Some(at) => Err(unreadable(
            name,
            format!(
                "entry ({}, {}) is {}: all entries must be finite",
                at / columns,
                at % columns,
                values[at]
            ),
        )),
        None => Ok(()),
    }
}

/// One number a point.
fn targets(list: Array, n: usize, names: [&str; 2]) -> Result<Vec<f64>, KernelError> {
    let long = list.shape.iter().filter(|&&d| d != 1).count();
    if long > 1 {
        return Err(unreadable(
            names[1],
            format!(
                "its shape is {:?}, but targets are one number a point, (N,): one-hot targets must be summed up to a scalar first",
                list.shape
            ),
        ));
    }
    if list.values.len() != n {
        return Err(KernelError::TargetCount {
            kernel: names[0].to_owned(),
            target: names[1].to_owned(),
            points: n,
            targets: list.values.len(),
        });
    }
    Ok(list.values)
}

/// Theta, row by row and finite, made symmetric, divided by N and checked.
fn assemble(
    mut theta: Vec<f64>,
    single_precision: bool,
    targets: Vec<f64>,
    name: &str,
) -> Result<ImportedKernel, KernelError> {
    let n = targets.len();
    let largest = theta.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let mut worst = (0, 0, 0.0_f64);
    for row in 0..n {
        for column in 0..row {
            let (x, y) = (theta[row * n + column], theta[column * n + row]);
            if (x - y).abs() > worst.2 {
                worst = (row, column, (x - y).abs());
            }
            let mean = f64::midpoint(x, y);
            theta[row * n + column] = mean;
            theta[column * n + row] = mean;
        }
    }
    let (share, negative) = if single_precision {
        (1e-5, 1e-6)
    } else {
        (1e-9, 1e-10)
    };
    let (row, column, difference) = worst;
    let limit = share * largest;
    if difference > limit {
        return Err(KernelError::ImportedNotSymmetric {
            source_name: name.to_owned(),
            row,
            column,
            difference,
            limit,
        });
    }
    theta.iter_mut().for_each(|x| *x /= n as f64);
    let problem = KernelProblem::from_kernel(theta, targets)?;
    let eigenvalues = problem.eigenvalues();
    let (top, bottom) = (eigenvalues[0], eigenvalues[n - 1]);
    let smallest_ratio = bottom / top.abs().max(f64::MIN_POSITIVE);
    if top <= 0.0 || smallest_ratio < -negative {
        return Err(KernelError::NotPositive {
            source_name: name.to_owned(),
            value: bottom,
            share: smallest_ratio,
            limit: negative,
        });
    }
    let problem = if smallest_ratio <= -1e-10 {
        problem.without_negative_eigenvalues()?
    } else {
        problem
    };
    let null = n as f64 * f64::EPSILON * top;
    let pairs = problem.eigenvalues().iter().zip(problem.signal());
    let stays: f64 = pairs.filter(|(l, _)| **l <= null).map(|(_, s)| s).sum();
    let all: f64 = problem.signal().iter().sum();
    Ok(ImportedKernel {
        asymmetry: if largest > 0.0 {
            difference / largest
        } else {
            0.0
        },
        smallest_ratio,
        share_that_stays: if all > 0.0 { stays / all } else { 0.0 },
        problem,
    })
}

/// The same of two files.
///
/// # Errors
/// As [`imported_kernel_from_bytes`], and files that cannot be read.
pub fn imported_kernel_from_files(
    kernel: &Path,
    target: &Path,
) -> Result<ImportedKernel, KernelError> {
    imported_kernel_from_bytes(
        &super::read_file(kernel)?,
        &super::read_file(target)?,
        [&kernel.display().to_string(), &target.display().to_string()],
    )
}

/// [`imported_jacobian_from_bytes`] of two files.
///
/// # Errors
/// As there, and files that cannot be read.
pub fn imported_jacobian_from_files(
    jacobian: &Path,
    target: &Path,
) -> Result<ImportedKernel, KernelError> {
    imported_jacobian_from_bytes(
        &super::read_file(jacobian)?,
        &super::read_file(target)?,
        [
            &jacobian.display().to_string(),
            &target.display().to_string(),
        ],
    )
}
