//! The hourly bike-sharing table: target `cnt`, twelve standardised features.
//!
//! Dropped: `dteday` and `instant` (they name the row), `casual` and `registered` (their sum is the
//! target). Every feature is shifted and scaled to mean 0 and variance 1 (divisor: all rows) over
//! the whole table, before rows are chosen; the target stays as counted. Rows are then put into
//! one fixed random order: Fisher-Yates from the last row down, `j = next_u64 mod (i + 1)`, with
//! ChaCha8 seeded by the 32 bytes `tauber: order of bike-share rows`. So the first N rows are
//! a sample of the whole two years, and those of N are among those of N + 1.

use super::idx::unpacked;
use super::{Dataset, KernelError};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The columns used, in the order of [`Dataset::features`].
pub const BIKE_FEATURES: [&str; 12] = [
    "season",
    "yr",
    "mnth",
    "hr",
    "holiday",
    "weekday",
    "workingday",
    "weathersit",
    "temp",
    "atemp",
    "hum",
    "windspeed",
];

const TARGET: &str = "cnt";

const ORDER_SEED: &[u8; 32] = b"tauber: order of bike-share rows";

/// Reads `hour.csv` (plain or gzip'd): all rows, standardised, in the fixed order of the module's
/// head. `name` appears in errors.
///
/// # Errors
/// A damaged gzip stream, a missing column, a row of another length, an entry that is no finite
/// number, a table without rows.
pub fn bike_dataset_from_bytes(bytes: &[u8], name: &str) -> Result<Dataset, KernelError> {
    let bytes = unpacked(bytes, name)?;
    let rows = table(&bytes, name)?;
    let count = rows.len();
    let dimension = BIKE_FEATURES.len();
    let mut shift = [0.0; BIKE_FEATURES.len()];
    let mut scale = [1.0; BIKE_FEATURES.len()];
    for feature in 0..dimension {
        let mean = rows.iter().map(|row| row[feature]).sum::<f64>() / count as f64;
        let variance = rows
            .iter()
            .map(|row| (row[feature] - mean).powi(2))
            .sum::<f64>()
            / count as f64;
        shift[feature] = mean;
        // A constant column stays constant (0) rather than becoming NaN.
        scale[feature] = if variance > 0.0 { variance.sqrt() } else { 1.0 };
    }
    let mut features = Vec::with_capacity(count * dimension);
    let mut target = Vec::with_capacity(count);
    for &row in &fixed_order(count) {
        let row = &rows[row];
        for feature in 0..dimension {
            features.push((row[feature] - shift[feature]) / scale[feature]);
        }
        target.push(row[dimension]);
    }
    Dataset::new(features, dimension, target)
}

/// The rows: twelve features, then the target.
fn table(bytes: &[u8], name: &str) -> Result<Vec<[f64; BIKE_FEATURES.len() + 1]>, KernelError> {
    let at = |line: u64, reason: String| KernelError::Table {
        source_name: name.to_owned(),
        line,
        reason,
    };
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader
        .byte_headers()
        .map_err(|error| at(1, error.to_string()))?
        .clone();
    let mut columns = [0; BIKE_FEATURES.len() + 1];
    for (slot, column) in columns
        .iter_mut()
        .zip(BIKE_FEATURES.iter().chain([&TARGET]))
    {
        *slot = header
            .iter()
            .position(|field| field == column.as_bytes())
            .ok_or_else(|| KernelError::MissingColumn {
                source_name: name.to_owned(),
                column,
            })?;
    }
    let mut rows = Vec::new();
    for record in reader.byte_records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            at(line, error.to_string())
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = [0.0; BIKE_FEATURES.len() + 1];
        for (value, &column) in row.iter_mut().zip(&columns) {
            let text = String::from_utf8_lossy(record.get(column).unwrap_or_default());
            *value = text
                .trim()
                .parse()
                .ok()
                .filter(|x: &f64| x.is_finite())
                .ok_or_else(|| {
                    let column = String::from_utf8_lossy(header.get(column).unwrap_or_default());
                    at(
                        line,
                        format!("`{text}` in column `{column}` is not a finite number"),
                    )
                })?;
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(at(1, "the table has no rows below its header".to_owned()));
    }
    Ok(rows)
}

fn fixed_order(count: usize) -> Vec<usize> {
    let mut random = ChaCha8Rng::from_seed(*ORDER_SEED);
    let mut order: Vec<usize> = (0..count).collect();
    for i in (1..count).rev() {
        let j = random.next_u64() % (i as u64 + 1);
        order.swap(i, j as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_a_permutation_and_not_the_identity() {
        let mut order = fixed_order(1000);
        assert_ne!(order, (0..1000).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn a_damaged_table_is_refused_with_its_line() {
        let header = format!("{},cnt", BIKE_FEATURES.join(","));
        let good = format!("{header}\n1,2,3,4,5,6,7,8,9,10,11,12,13\n");
        let data = bike_dataset_from_bytes(good.as_bytes(), "t").unwrap();
        assert_eq!(data.features(), [0.0; 12]);
        assert_eq!(data.target(), [13.0]);
        for (text, word) in [
            (good.replace(",8,", ",x,"), "line 2"),
            (good.replace(",8,", ",nan,"), "weathersit"),
            (good.replace(",13", ""), "line"),
            (good.replace("cnt", "count"), "no column `cnt`"),
            (header, "no rows"),
            (String::new(), "no column `season`"),
        ] {
            let error = bike_dataset_from_bytes(text.as_bytes(), "t").unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
