//! Why data, a kernel matrix or its eigenvectors could not be had.

use thiserror::Error;

/// Why a kernel problem could not be built.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum KernelError {
    /// A file could not be opened or read, or its gzip stream is damaged.
    #[error("cannot read {source_name}: {reason}")]
    Read {
        /// The file.
        source_name: String,
        /// What the system said.
        reason: String,
    },
    /// An idx file starts with the wrong magic number.
    #[error(
        "{source_name} starts with the magic number {found:#010x}, but an idx file of {what} starts with {expected:#010x}"
    )]
    Magic {
        /// The file.
        source_name: String,
        /// `images` or `labels`.
        what: &'static str,
        /// 0x803 for images, 0x801 for labels.
        expected: u32,
        /// The first four bytes, big-endian.
        found: u32,
    },
    /// An idx file is shorter or longer than its header says.
    #[error("{source_name} has {found} bytes, but its header announces {expected}: {}", if found < expected { "it is truncated" } else { "it has trailing bytes" })]
    IdxLength {
        /// The file.
        source_name: String,
        /// Header and payload as announced.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// Images and labels differ in number.
    #[error(
        "{names} do not match: there are {images} images but {labels} labels, and each image needs one label"
    )]
    CountMismatch {
        /// The two files.
        names: String,
        /// Number of images.
        images: usize,
        /// Number of labels.
        labels: usize,
    },
    /// A table lacks a column.
    #[error("{source_name} has no column `{column}`: the hourly bike-sharing table needs it")]
    MissingColumn {
        /// The file.
        source_name: String,
        /// The column.
        column: &'static str,
    },
    /// A table entry is not a finite number, or a row has the wrong length.
    #[error("{source_name}, line {line}: {reason}")]
    Table {
        /// The file.
        source_name: String,
        /// Line, from 1; the header is line 1.
        line: u64,
        /// What is wrong there.
        reason: String,
    },
    /// More (or fewer) points were asked for than there are.
    #[error("{name}:N needs N in 1..={limit}, got {got}")]
    DatasetSize {
        /// The data set.
        name: String,
        /// The largest N.
        limit: usize,
        /// What was asked for.
        got: u64,
    },
    /// A data set is not a rectangle of finite numbers with one target a row.
    #[error(
        "a data set of {targets} targets in {dimension} dimensions needs {targets} x {dimension} finite features, got {features}"
    )]
    Shape {
        /// Number of features given.
        features: usize,
        /// Numbers a row.
        dimension: usize,
        /// Number of targets given.
        targets: usize,
    },
    /// A matrix is not square with as many rows as targets.
    #[error(
        "a kernel matrix for {targets} targets needs {targets} x {targets} entries, got {entries}"
    )]
    NotSquare {
        /// Entries given.
        entries: usize,
        /// N.
        targets: usize,
    },
    /// A matrix entry is NaN or infinite.
    #[error("kernel entry ({row}, {column}) is {value}: all entries must be finite")]
    NotFinite {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// The value.
        value: f64,
    },
    /// A matrix is not symmetric.
    #[error(
        "the kernel matrix is not symmetric: entries ({row}, {column}) and ({column}, {row}) differ by {difference:e}, the limit is {limit:e} (1e-12 times the largest entry)"
    )]
    NotSymmetric {
        /// Row of the worst pair, from 0.
        row: usize,
        /// Column of the worst pair, from 0.
        column: usize,
        /// |K_ij - K_ji|.
        difference: f64,
        /// What is allowed.
        limit: f64,
    },
    /// A kernel from a file is not symmetric.
    #[error(
        "{source_name}: the kernel is not symmetric: entries ({row}, {column}) and ({column}, {row}) differ by {difference:e}, the limit is {limit:e} for numbers of its precision; if that is rounding, save (theta + theta.T)/2"
    )]
    ImportedNotSymmetric {
        /// The file.
        source_name: String,
        /// Row of the worst pair, from 0.
        row: usize,
        /// Column of the worst pair, from 0.
        column: usize,
        /// |Theta_ij - Theta_ji|.
        difference: f64,
        /// What is allowed.
        limit: f64,
    },
    /// A kernel from a file has negative eigenvalues.
    #[error(
        "{source_name}: the kernel is not positive semi-definite: its smallest eigenvalue (over N) is {value:e}, {share:e} of the largest, and -{limit:e} is allowed; kernels computed in double precision have none"
    )]
    NotPositive {
        /// The file.
        source_name: String,
        /// The smallest eigenvalue of Theta/N.
        value: f64,
        /// Over the largest.
        share: f64,
        /// What is allowed, as a positive number.
        limit: f64,
    },
    /// Kernel and targets do not belong together.
    #[error(
        "{kernel} has {points} points but {target} has {targets} targets: one a point is needed, in the same order"
    )]
    TargetCount {
        /// The file of the kernel.
        kernel: String,
        /// That of the targets.
        target: String,
        /// N.
        points: usize,
        /// Targets given.
        targets: usize,
    },
    /// A subset with equally many points of each class cannot be had.
    #[error("no subset of {got} points with equally many of each class: {reason}")]
    NotBalanced {
        /// What was asked for.
        got: usize,
        /// Why not.
        reason: String,
    },
    /// A target is NaN or infinite.
    #[error("target {index} is {value}: all targets must be finite")]
    Target {
        /// Position, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// The eigensolver gave up.
    #[error("the eigensolver did not converge on a {size} x {size} matrix")]
    NoConvergence {
        /// N.
        size: usize,
    },
}
