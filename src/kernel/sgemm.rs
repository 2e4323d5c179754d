//! "SGEMM GPU kernel performance": fourteen integer parameters, target the mean of four run times.
//!
//! Features are shifted and scaled to mean 0 and variance 1 over the whole file (a constant column
//! becomes 0); the target is `(Run1 + Run2 + Run3 + Run4)/4` in milliseconds, as Appendix F.5 says.
//! Rows are put into one fixed random order (Fisher-Yates from the last row down, `j = next_u64 mod
//! (i + 1)`, ChaCha8 seeded by the 32 bytes `tauber: order of the sgemm rows `), since the file is sorted
//! by its parameters.

use super::idx::unpacked;
use super::{Dataset, KernelError};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;

/// The columns used as features, in the order of [`Dataset::features`].
pub const SGEMM_FEATURES: [&str; 14] = [
    "MWG", "NWG", "KWG", "MDIMC", "NDIMC", "MDIMA", "NDIMB", "KWI", "VWM", "VWN", "STRM", "STRN",
    "SA", "SB",
];

const RUNS: [&str; 4] = ["Run1 (ms)", "Run2 (ms)", "Run3 (ms)", "Run4 (ms)"];

const ORDER_SEED: &[u8; 32] = b"tauber: order of the sgemm rows ";

/// Reads the table's bytes, plain or gzip'd. `name` appears in errors.
///
/// # Errors
/// A damaged gzip stream, a missing column, a row of another length, an entry that is no finite
/// number, a table without rows.
pub fn sgemm_dataset_from_bytes(bytes: &[u8], name: &str) -> Result<Dataset, KernelError> {
    let bytes = unpacked(bytes, name)?;
    let at = |line: u64, reason: String| KernelError::Table {
        source_name: name.to_owned(),
        line,
        reason,
    };
    let mut reader = csv::Reader::from_reader(&*bytes);
    let header = reader
        .byte_headers()
        .map_err(|error| at(1, error.to_string()))?
        .clone();
    let columns = SGEMM_FEATURES
        .iter()
        .chain(&RUNS)
        .map(|column| {
            header
                .iter()
                .position(|field| field == column.as_bytes())
                .ok_or_else(|| {
                    at(
                        1,
                        format!("there is no column `{column}` of the SGEMM table"),
                    )
                })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let dimension = SGEMM_FEATURES.len();
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for record in reader.byte_records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            at(line, error.to_string())
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = columns
            .iter()
            .map(|&column| {
                let text = String::from_utf8_lossy(record.get(column).unwrap_or_default());
                let value: Option<f64> = text.trim().parse().ok();
                value.filter(|x| x.is_finite()).ok_or_else(|| {
                    at(
                        line,
                        format!("`{text}` in column {column} (from 0) is not a finite number"),
                    )
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(at(1, "the table has no rows below its header".to_owned()));
    }
    let count = rows.len() as f64;
    for feature in 0..dimension {
        let mean = rows.iter().map(|row| row[feature]).sum::<f64>() / count;
        let variance = rows
            .iter()
            .map(|row| (row[feature] - mean).powi(2))
            .sum::<f64>()
            / count;
        let scale = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        for row in &mut rows {
            row[feature] = (row[feature] - mean) / scale;
        }
    }
    let mut random = ChaCha8Rng::from_seed(*ORDER_SEED);
    for i in (1..rows.len()).rev() {
        let j = random.next_u64() % (i as u64 + 1);
        rows.swap(i, j as usize);
    }
    let features = rows
        .iter()
        .flat_map(|row| row[..dimension].iter().copied())
        .collect();
    let target = rows
        .iter()
        .map(|row| row[dimension..].iter().sum::<f64>() / RUNS.len() as f64)
        .collect();
    Dataset::new(features, dimension, target)
}

/// The same of a file.
///
/// # Errors
/// As [`sgemm_dataset_from_bytes`], and a file that cannot be read.
pub fn sgemm_dataset_from_file(path: &Path) -> Result<Dataset, KernelError> {
    sgemm_dataset_from_bytes(&super::read_file(path)?, &path.display().to_string())
}
