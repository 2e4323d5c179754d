//! What can go wrong with a noise model.

use super::ShapeError;
use crate::kernel::KernelError;
use thiserror::Error;

/// Why a noise spectrum or a noise model was refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum NoiseError {
    /// Shapes that do not fit.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A matrix without eigenpairs: not finite, not symmetric, or no convergence.
    #[error(transparent)]
    Eigen(#[from] KernelError),
    /// A mode that is not there.
    #[error("mode {mode} does not exist: modes are numbered from 0 to {last}")]
    Mode {
        /// The number given.
        mode: usize,
        /// The largest that would be right.
        last: usize,
    },
    /// A value outside the interval (67).
    #[error(
        "the path from (70) to (69) reaches Sigma_kk in [{lower}, {upper}] (67), and {target} is outside"
    )]
    Target {
        /// The value asked for.
        target: f64,
        /// The smaller end of (67).
        lower: f64,
        /// The larger end.
        upper: f64,
    },
    /// A list of a grid has another length than its number of points.
    #[error("a grid of {points} points needs {points} {what}, got {got}")]
    GridLength {
        /// Kernel values or eigenvalues.
        what: &'static str,
        /// N, the product of the sizes.
        points: usize,
        /// Length found.
        got: usize,
    },
    /// A grid without points, or with more than memory can hold as a matrix.
    #[error("grid sizes must be at least 1 with a product of at most {limit}, got {sizes:?}")]
    GridSizes {
        /// The sizes given.
        sizes: Vec<usize>,
        /// The largest number of points.
        limit: usize,
    },
    /// A number on a grid that is not finite.
    #[error("{what} {index} is {value}: it must be a finite number")]
    NotFinite {
        /// Kernel value or eigenvalue.
        what: &'static str,
        /// Position, from 0.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// `f(-x)` is not `f(x)`.
    #[error(
        "{what} {index} and {opposite} differ ({value} and {other}): they belong to opposite points and must be equal"
    )]
    NotEven {
        /// Kernel value or eigenvalue.
        what: &'static str,
        /// Position, from 0.
        index: usize,
        /// The position of the opposite point.
        opposite: usize,
        /// The value at `index`.
        value: f64,
        /// The value at `opposite`.
        other: f64,
    },
    /// The kernel is not positive semi-definite.
    #[error(
        "eigenvalue {index} of the kernel is {value}: a kernel is positive semi-definite, so eigenvalues must be >= 0"
    )]
    Negative {
        /// Position of the wave vector, from 0.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// An entry of a matrix that is NaN or infinite.
    #[error("entry ({row}, {column}) of {what} is not a finite number")]
    Entry {
        /// Which matrix.
        what: &'static str,
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
    },
    /// A matrix of second moments that is not symmetric.
    #[error(
        "entries ({row}, {column}) and ({column}, {row}) of {what} differ beyond rounding: it must be symmetric, so average it with its transpose"
    )]
    Asymmetric {
        /// Which matrix.
        what: &'static str,
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
    },
    /// A symmetric matrix with `<x, A x> < 0` for some x.
    #[error(
        "{what} is not positive semi-definite (a negative pivot at row {row}), so it is no matrix of second moments"
    )]
    Indefinite {
        /// Which matrix.
        what: &'static str,
        /// The row of the pivot, from 0.
        row: usize,
    },
    /// A number of a formula outside its range.
    #[error("{what} must be {range}")]
    Range {
        /// Which number.
        what: &'static str,
        /// What would be right.
        range: &'static str,
    },
    /// An entry of a list outside its range.
    #[error("{what} {index} must be {range}")]
    Item {
        /// Which list.
        what: &'static str,
        /// Position, from 0.
        index: usize,
        /// What would be right.
        range: &'static str,
    },
    /// A size outside its range.
    #[error("{what} must lie in 1..={limit}, got {got}")]
    Size {
        /// Which size.
        what: &'static str,
        /// The largest that is computed.
        limit: usize,
        /// The size given.
        got: usize,
    },
    /// A tensor without the symmetries of (8).
    #[error(
        "entries {at:?} and {other:?} of the tensor differ: (8) needs R_ijkl = R_jikl = R_ijlk"
    )]
    Tensor {
        /// Indices from 0.
        at: [usize; 4],
        /// The entry that must be the same.
        other: [usize; 4],
    },
    /// A matrix O with `O^T O` other than 1.
    #[error("{what} is not orthogonal: its columns must be orthonormal")]
    NotOrthogonal {
        /// Which matrix.
        what: &'static str,
    },
}
