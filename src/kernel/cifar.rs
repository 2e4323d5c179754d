//! CIFAR-10, "binary version": records of 3,073 bytes, plain or gzip'd.
//!
//! ```text
//! label (1 byte, 0..=9)   1,024 red   1,024 green   1,024 blue, each row by row
//! ```
//!
//! Features are the 3,072 bytes / 255 in the order of the file, the target is the label as a real
//! number, as for the digits.

use super::idx::unpacked;
use super::{Dataset, KernelError};
use std::path::Path;

/// Bytes of colour in an image.
const PIXELS: usize = 3072;
/// Bytes of a record.
const RECORD: usize = 1 + PIXELS;
/// Labels are below this.
const CLASSES: u8 = 10;

/// Reads all images of a file's bytes. `name` appears in errors.
///
/// # Errors
/// A damaged gzip stream, a length that is no multiple of 3,073, a label above 9.
pub fn cifar_dataset_from_bytes(bytes: &[u8], name: &str) -> Result<Dataset, KernelError> {
    let bytes = unpacked(bytes, name)?;
    let read = |reason: String| KernelError::Read {
        source_name: name.to_owned(),
        reason,
    };
    if bytes.is_empty() || !bytes.len().is_multiple_of(RECORD) {
        return Err(read(format!(
            "{} bytes are no whole number of CIFAR-10 records of {RECORD} bytes (label, red, green, blue)",
            bytes.len()
        )));
    }
    let count = bytes.len() / RECORD;
    let mut features = Vec::with_capacity(count * PIXELS);
    let mut target = Vec::with_capacity(count);
    for (i, record) in bytes.chunks_exact(RECORD).enumerate() {
        if record[0] >= CLASSES {
            return Err(read(format!(
                "record {i} (from 0) has the label {}, above 9: this is not the binary version of CIFAR-10",
                record[0]
            )));
        }
        target.push(f64::from(record[0]));
        features.extend(record[1..].iter().map(|&p| f64::from(p) / 255.0));
    }
    Dataset::new(features, PIXELS, target)
}

/// The same of a file.
///
/// # Errors
/// As [`cifar_dataset_from_bytes`], and a file that cannot be read.
pub fn cifar_dataset_from_file(path: &Path) -> Result<Dataset, KernelError> {
    cifar_dataset_from_bytes(&super::read_file(path)?, &path.display().to_string())
}
