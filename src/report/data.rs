//! Data files: CSV for people, NPY for programs.
//!
//! NPY is version 1.0 of NumPy's format: little-endian f64, C order. Undefined values are NaN in
//! NPY and empty fields in CSV.

use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a data file was not written.
#[derive(Debug, Error)]
pub enum DataError {
    /// The columns differ in length.
    #[error("column `{name}` has {found} values, the first column has {expected}")]
    Ragged {
        /// The column.
        name: String,
        /// Its length.
        found: usize,
        /// The length of the first.
        expected: usize,
    },
    /// The shape does not hold the values.
    #[error("an array of shape {shape:?} does not hold {values} values")]
    Shape {
        /// The shape.
        shape: Vec<usize>,
        /// The number of values.
        values: usize,
    },
    /// The file system refused.
    #[error("cannot write {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A named column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// The header.
    pub name: &'a str,
    /// The values; NaN becomes an empty field.
    pub values: &'a [f64],
}

/// The table as CSV (RFC 4180), numbers with all their digits.
///
/// # Errors
/// [`DataError::Ragged`].
pub fn csv_text(columns: &[Column<'_>]) -> Result<String, DataError> {
    let rows = columns.first().map_or(0, |c| c.values.len());
    for column in columns {
        if column.values.len() != rows {
            return Err(DataError::Ragged {
                name: column.name.to_owned(),
                found: column.values.len(),
                expected: rows,
            });
        }
    }
    let quoted = |name: &str| {
        if name.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", name.replace('"', "\"\""))
        } else {
            name.to_owned()
        }
    };
    let mut text = columns
        .iter()
        .map(|c| quoted(c.name))
        .collect::<Vec<_>>()
        .join(",");
    text.push('\n');
    for row in 0..rows {
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(&number(column.values[row]));
        }
        text.push('\n');
    }
    Ok(text)
}

/// The shortest text that reads back as the same number; nothing for NaN.
fn number(value: f64) -> String {
    if value.is_nan() {
        String::new()
    } else if value.is_infinite() {
        if value > 0.0 { "inf" } else { "-inf" }.to_owned()
    } else if value == value.trunc() && value.abs() < 1e15 {
        format!("{value}")
    } else {
        format!("{value:?}")
    }
}

/// The array as NPY.
///
/// # Errors
/// [`DataError::Shape`].
pub fn npy_bytes(shape: &[usize], values: &[f64]) -> Result<Vec<u8>, DataError> {
    if shape.iter().product::<usize>() != values.len() {
        return Err(DataError::Shape {
            shape: shape.to_vec(),
            values: values.len(),
        });
    }
    let dimensions: String = match shape {
        [one] => format!("({one},)"),
        _ => format!(
            "({})",
            shape
                .iter()
                .map(usize::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {dimensions}, }}");
    // Magic, version and length take 10 bytes; the data start at a multiple of 64.
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    Ok(bytes)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    super::file::write_complete(path, bytes).map_err(|source| DataError::Io {
        path: path.to_owned(),
        source,
    })
}

/// Writes a table as CSV.
///
/// # Errors
/// [`DataError`].
pub fn write_csv(path: &Path, columns: &[Column<'_>]) -> Result<(), DataError> {
    write(path, csv_text(columns)?.as_bytes())
}

/// Writes an array as NPY.
///
/// # Errors
/// [`DataError`].
pub fn write_npy(path: &Path, shape: &[usize], values: &[f64]) -> Result<(), DataError> {
    write(path, &npy_bytes(shape, values)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_reads_back_bit_by_bit_and_nan_is_an_empty_field() {
        let values = [0.1, f64::NAN, 1e300, -2.5e-308, 3.0];
        let text = csv_text(&[
            Column {
                name: "a,b",
                values: &values,
            },
            Column {
                name: "c",
                values: &[1.0; 5],
            },
        ])
        .unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("\"a,b\",c"));
        for (line, value) in lines.zip(values) {
            let field = line.split(',').next().unwrap();
            if value.is_nan() {
                assert_eq!(field, "");
            } else {
                assert_eq!(field.parse::<f64>().unwrap(), value);
            }
        }
    }

    #[test]
    fn ragged_columns_and_wrong_shapes_are_refused() {
        let ragged = csv_text(&[
            Column {
                name: "a",
                values: &[1.0],
            },
            Column {
                name: "b",
                values: &[],
            },
        ]);
        assert!(matches!(ragged, Err(DataError::Ragged { .. })));
        assert!(matches!(
            npy_bytes(&[2, 3], &[0.0; 5]),
            Err(DataError::Shape { .. })
        ));
    }

    #[test]
    fn the_npy_is_read_by_another_reader() {
        let values = [1.0, 2.5, f64::NAN, -4.0, 0.1, 6.0];
        let bytes = npy_bytes(&[2, 3], &values).unwrap();
        let file = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(file.shape(), [2, 3]);
        assert_eq!(file.order(), npyz::Order::C);
        let read: Vec<f64> = file.into_vec().unwrap();
        assert!(
            read.iter()
                .zip(values)
                .all(|(x, y)| x.to_bits() == y.to_bits())
        );
    }
}
