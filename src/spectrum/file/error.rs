//! Why a file is not a spectrum, in one sentence: what, where, what would be right.

use crate::spectrum::SpectrumError;
use thiserror::Error;

/// The file and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{name}: {problem}")]
pub struct SpectrumFileError {
    /// The file, as it was named.
    pub name: String,
    /// What is wrong.
    pub problem: FileProblem,
}

/// What is wrong with a file of a spectrum.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// There is no such file (any more).
    #[error(
        "there is no such file; a spectrum is a file or one of power-law:..., mnist:N, bike:N, idx:IMAGES,LABELS, cifar:FILE, sgemm:FILE, kernel:THETA,TARGET"
    )]
    Missing,
    /// It is a directory.
    #[error("this is a directory; name a file inside it (.npy, .npz, .csv or .json)")]
    Directory,
    /// The system refuses.
    #[error("cannot be read: {reason}")]
    Unreadable {
        /// What the system said.
        reason: String,
    },
    /// The extension is none of the four.
    #[error("the file's name must end in .npy, .npz, .csv or .json, which tells its format")]
    Extension,
    /// Nothing in it.
    #[error("the file is empty; it should hold at least one eigenvalue")]
    Empty,
    /// Not the format that its name says.
    #[error("this is not a valid {format} file: {reason}")]
    Damaged {
        /// `npy`, `npz`, `csv`, `json`.
        format: &'static str,
        /// Where and why.
        reason: String,
    },
    /// A pickled array.
    #[error(
        "{array} is an object array (dtype {dtype}), which only unpickling could read; save it with dtype float64"
    )]
    ObjectArray {
        /// Which array.
        array: String,
        /// As in the file.
        dtype: String,
    },
    /// An element type that is no real number, or one of unusual size.
    #[error(
        "{array} has dtype {dtype}; save it with dtype float64 (float16/32/64 and integers are read)"
    )]
    Dtype {
        /// Which array.
        array: String,
        /// As in the file.
        dtype: String,
    },
    /// An integer beyond 2^53 that no float64 holds.
    #[error(
        "{array}[{index}] is the integer {value}, which no float64 is equal to; save it with dtype float64, rounded as you mean it"
    )]
    LargeInteger {
        /// Which array.
        array: String,
        /// Position, from 0.
        index: usize,
        /// The integer.
        value: i128,
    },
    /// Not a list.
    #[error("{array} has shape {shape}; a list of shape (n,) is needed")]
    Shape {
        /// Which array.
        array: String,
        /// As in the file.
        shape: String,
    },
    /// Fewer or more bytes than shape and dtype need.
    #[error(
        "{array} needs {expected} bytes of data for its shape and dtype, but {found} are there"
    )]
    Length {
        /// Which array.
        array: String,
        /// Bytes needed.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// A needed array or column is missing.
    #[error("there is no {kind} `{missing}`; found {found}")]
    Lacks {
        /// `array` or `column`.
        kind: &'static str,
        /// Which one.
        missing: &'static str,
        /// What is there.
        found: String,
    },
    /// An array or column with an unknown name.
    #[error("unknown {kind} `{name}`; only {known} are read")]
    Unknown {
        /// `array` or `column`.
        kind: &'static str,
        /// The name.
        name: String,
        /// What would be known.
        known: &'static str,
    },
    /// The same name twice.
    #[error("the {kind} `{name}` appears twice")]
    Duplicate {
        /// `array` or `column`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Both forms of the initial moments.
    #[error("both signal and coefficients are given; keep one (signal = eigenvalue x coefficient)")]
    SignalAndCoefficients,
    /// Lists of different length.
    #[error(
        "{what} has {entries} entries but there are {eigenvalues} eigenvalues; lengths must match"
    )]
    Lengths {
        /// `signal` or `coefficients`.
        what: &'static str,
        /// Its length.
        entries: usize,
        /// The number of eigenvalues.
        eigenvalues: usize,
    },
    /// A signal or coefficient that is negative or not finite.
    #[error("{what}, entry {index} (from 0), is {value}; it must be finite and >= 0")]
    Entry {
        /// `signal` or `coefficients`.
        what: &'static str,
        /// Position, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// Eigenvalue NaN at the end, with a signal beside it.
    #[error(
        "eigenvalue {index} (from 0) is NaN like all after it, but its entry in {what} is a number; padding must be NaN in both"
    )]
    PaddingWithSignal {
        /// `signal` or `coefficients`.
        what: &'static str,
        /// Position, from 0.
        index: usize,
    },
    /// All eigenvalues are NaN.
    #[error("all {count} eigenvalues are NaN; at least one must be a positive number")]
    OnlyNan {
        /// How many.
        count: usize,
    },
    /// A text field that is no number.
    #[error("line {line}: {reason}")]
    Line {
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// N = 0 for kernel eigenvalues.
    #[error(
        "eigenvalues of the kernel are divided by the dataset size, which must be at least 1, got 0"
    )]
    DatasetSize,
    /// The numbers are read but are no spectrum.
    #[error(transparent)]
    Spectrum(SpectrumError),
}
