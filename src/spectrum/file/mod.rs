//! Spectra from files: `.npy`, `.npz`, `.csv`, `.json`, by the extension of the name.
//!
//! | format | eigenvalues | signal = lambda_k C_kk,0 | coefficients = C_kk,0 |
//! |---|---|---|---|
//! | npy | the array | - | - |
//! | npz | array `eigenvalues` | array `signal` | array `coefficients` |
//! | csv | column `eigenvalue`, or the only column of a table without header | column `signal` | column `coefficient` |
//! | json | `{"eigenvalues": [...]}` | `"signal"` | `"coefficients"` |
//!
//! Signal and coefficients together are an error; any other array, column or key is too, so that
//! a misspelt name is not read as "no signal". Arrays of floats (2, 4, 8 bytes) and integers of
//! either byte order are read; a list may be a row or a column of a two-dimensional array, so
//! C and Fortran order mean the same. Object arrays would have to be unpickled, which can run code, and are refused.
//!
//! Order does not matter ([`Spectrum::new`] sorts). NaN at the end is taken as padding: trailing
//! positions whose eigenvalue is NaN are dropped, with a warning that counts them; the signal there must
//! be NaN or 0. NaN elsewhere is an error with its position.

mod csv;
mod error;
mod given;
mod json;
mod npy;
mod npz;

pub use error::{FileProblem, SpectrumFileError};
pub use given::{GivenNumbers, GivenSignal};

use super::Spectrum;
use std::io::ErrorKind;
use std::path::Path;

/// Which eigenvalues a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EigenvaluesOf {
    /// Those of the Hessian, = of K = Theta/N: used as they are.
    #[default]
    Hessian,
    /// Those of Theta: divided by N before use.
    Kernel {
        /// N >= 1; `None` takes the number of eigenvalues.
        dataset_size: Option<u64>,
    },
}

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpectrumFormat {
    /// One NumPy array.
    Npy,
    /// A zip of NumPy arrays.
    Npz,
    /// Comma-separated columns.
    Csv,
    /// An object of arrays.
    Json,
}

impl SpectrumFormat {
    /// By the extension, upper or lower case.
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "npy" => Some(Self::Npy),
            "npz" => Some(Self::Npz),
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// The lists as they stand in a file.
#[derive(Debug, Default)]
pub(super) struct Lists {
    eigenvalues: Vec<f64>,
    signal: Option<Vec<f64>>,
    coefficients: Option<Vec<f64>>,
}

/// A spectrum with what had to be said about its file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileSpectrum {
    /// The spectrum, eigenvalues of the Hessian.
    pub spectrum: Spectrum,
    /// How many eigenvalues the file has, padding left out.
    pub entries: usize,
    /// What was changed or looks odd.
    pub warnings: Vec<String>,
    /// The file's own numbers: the spectrum's may be rounded quotients and products of them.
    pub given: GivenNumbers,
}

/// Reads a spectrum from a file; see the module's head for formats.
///
/// # Errors
/// [`SpectrumFileError`]: the file, and in one sentence what is wrong and what would be right.
pub fn read_spectrum(
    path: &Path,
    eigenvalues_of: EigenvaluesOf,
) -> Result<FileSpectrum, SpectrumFileError> {
    let name = path.display().to_string();
    let fail = |problem| SpectrumFileError {
        name: name.clone(),
        problem,
    };
    let io = |error: std::io::Error| {
        fail(match error.kind() {
            ErrorKind::NotFound => FileProblem::Missing,
            ErrorKind::IsADirectory => FileProblem::Directory,
            _ => FileProblem::Unreadable {
                reason: error.to_string(),
            },
        })
    };
    let metadata = std::fs::metadata(path).map_err(io)?;
    if metadata.is_dir() {
        return Err(fail(FileProblem::Directory));
    }
    let format = SpectrumFormat::of(path).ok_or_else(|| fail(FileProblem::Extension))?;
    // The file may have vanished since: the same errors apply.
    let bytes = std::fs::read(path).map_err(io)?;
    read_spectrum_bytes(&bytes, format, &name, eigenvalues_of)
}

/// [`read_spectrum`] of bytes in memory; `name` stands for the file in errors.
///
/// # Errors
/// As [`read_spectrum`].
pub fn read_spectrum_bytes(
    bytes: &[u8],
    format: SpectrumFormat,
    name: &str,
    eigenvalues_of: EigenvaluesOf,
) -> Result<FileSpectrum, SpectrumFileError> {
    let read = || {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(FileProblem::Empty);
        }
        let lists = match format {
            SpectrumFormat::Npy => Lists {
                eigenvalues: npy::list(bytes, "the array")?,
                ..Lists::default()
            },
            SpectrumFormat::Npz => npz::lists(bytes)?,
            SpectrumFormat::Csv => csv::lists(bytes)?,
            SpectrumFormat::Json => json::lists(bytes)?,
        };
        assemble(lists, eigenvalues_of)
    };
    read().map_err(|problem| SpectrumFileError {
        name: name.to_owned(),
        problem,
    })
}

fn assemble(lists: Lists, eigenvalues_of: EigenvaluesOf) -> Result<FileSpectrum, FileProblem> {
    let Lists {
        mut eigenvalues,
        signal,
        coefficients,
    } = lists;
    let mut warnings = Vec::new();
    let (what, beside) = match (signal, coefficients) {
        (Some(_), Some(_)) => return Err(FileProblem::SignalAndCoefficients),
        (Some(signal), None) => ("signal", Some(signal)),
        (None, Some(coefficients)) => ("coefficients", Some(coefficients)),
        (None, None) => ("signal", None),
    };
    if let Some(beside) = &beside
        && beside.len() != eigenvalues.len()
    {
        return Err(FileProblem::Lengths {
            what,
            entries: beside.len(),
            eigenvalues: eigenvalues.len(),
        });
    }
    let read = eigenvalues.len();
    let entries = eigenvalues
        .iter()
        .rposition(|l| !l.is_nan())
        .map_or(0, |last| last + 1);
    if entries < read {
        if let Some(index) = beside
            .as_ref()
            .and_then(|b| (entries..read).find(|&k| !(b[k].is_nan() || b[k] == 0.0)))
        {
            return Err(FileProblem::PaddingWithSignal { what, index });
        }
        if entries == 0 {
            return Err(FileProblem::OnlyNan { count: read });
        }
        warnings.push(format!(
            "the last {} of {read} eigenvalues are NaN: taken as padding and left out",
            read - entries
        ));
        eigenvalues.truncate(entries);
    }
    let mut given = GivenNumbers {
        eigenvalues: eigenvalues.clone(),
        divisor: 1,
        beside: None,
    };
    if let EigenvaluesOf::Kernel { dataset_size } = eigenvalues_of {
        let n = dataset_size.unwrap_or(entries as u64);
        if n == 0 {
            return Err(FileProblem::DatasetSize);
        }
        given.divisor = n;
        eigenvalues.iter_mut().for_each(|l| *l /= n as f64);
    }
    let signal = match beside {
        None => None,
        Some(mut values) => {
            values.truncate(entries);
            if let Some((index, &value)) = values
                .iter()
                .enumerate()
                .find(|(_, v)| !(v.is_finite() && **v >= 0.0))
            {
                return Err(FileProblem::Entry { what, index, value });
            }
            if what == "coefficients" {
                given.beside = Some(GivenSignal::Coefficients(values.clone()));
                for (value, l) in values.iter_mut().zip(&eigenvalues) {
                    // A null eigenvalue may be negative by rounding; its signal is none.
                    *value *= l.max(0.0);
                }
            } else {
                given.beside = Some(GivenSignal::Signal(values.clone()));
            }
            Some(values)
        }
    };
    let spectrum = Spectrum::new(eigenvalues, signal).map_err(FileProblem::Spectrum)?;
    warnings.extend(spectrum.null_space_warning(entries));
    Ok(FileSpectrum {
        spectrum,
        entries,
        warnings,
        given,
    })
}
