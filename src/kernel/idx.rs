//! The idx format of the MNIST files, plain or gzip'd.
//!
//! | file | header (big-endian u32) | payload |
//! |---|---|---|
//! | images | 0x803, count, rows, columns | count x rows x columns bytes |
//! | labels | 0x801, count | count bytes |

use super::{Dataset, KernelError};
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

const IMAGES_MAGIC: u32 = 0x803;
const LABELS_MAGIC: u32 = 0x801;

/// No shipped or published idx file is near this size; a gzip bomb stops here.
const UNPACKED_LIMIT: u64 = 1 << 30;

/// Grey images of equal size, one byte a pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxImages {
    /// Number of images.
    pub count: usize,
    /// Pixels an image: rows x columns, >= 1.
    pub pixels_each: usize,
    /// `count x pixels_each` bytes.
    pub pixels: Vec<u8>,
}

/// The bytes themselves, or what a gzip stream unpacks to (known by its first two bytes).
pub(super) fn unpacked<'a>(bytes: &'a [u8], name: &str) -> Result<Cow<'a, [u8]>, KernelError> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut out = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(UNPACKED_LIMIT)
        .read_to_end(&mut out)
        .map_err(|error| KernelError::Read {
            source_name: name.to_owned(),
            reason: format!("damaged or truncated gzip stream ({error})"),
        })?;
    Ok(Cow::Owned(out))
}

/// Reads `words` big-endian u32 after checking the magic number, and returns them with the payload.
fn header<'a, const WORDS: usize>(
    bytes: &'a [u8],
    name: &str,
    what: &'static str,
    expected: u32,
) -> Result<([u32; WORDS], &'a [u8]), KernelError> {
    let short = |needed: usize| KernelError::IdxLength {
        source_name: name.to_owned(),
        expected: needed as u64,
        found: bytes.len() as u64,
    };
    let needed = 4 * (WORDS + 1);
    let word = |i: usize| -> Option<u32> {
        let four = bytes.get(4 * i..4 * i + 4)?;
        Some(u32::from_be_bytes(four.try_into().ok()?))
    };
    let found = word(0).ok_or_else(|| short(needed))?;
    if found != expected {
        return Err(KernelError::Magic {
            source_name: name.to_owned(),
            what,
            expected,
            found,
        });
    }
    let mut words = [0; WORDS];
    for (i, slot) in words.iter_mut().enumerate() {
        *slot = word(i + 1).ok_or_else(|| short(needed))?;
    }
    let announced = words
        .iter()
        .try_fold(1_u64, |a, &w| a.checked_mul(w.into()));
    let payload = &bytes[needed..];
    if announced != Some(payload.len() as u64) {
        return Err(KernelError::IdxLength {
            source_name: name.to_owned(),
            expected: announced.map_or(u64::MAX, |a| a.saturating_add(needed as u64)),
            found: bytes.len() as u64,
        });
    }
    Ok((words, payload))
}

/// Reads an idx file of images. `name` appears in errors.
///
/// # Errors
/// A damaged gzip stream, a wrong magic number, a payload that is not exactly as announced.
pub fn images_from_bytes(bytes: &[u8], name: &str) -> Result<IdxImages, KernelError> {
    let bytes = unpacked(bytes, name)?;
    let ([count, rows, columns], pixels) = header(&bytes, name, "images", IMAGES_MAGIC)?;
    Ok(IdxImages {
        count: count as usize,
        // Fits: rows x columns divides the payload's length, or the payload is empty.
        pixels_each: (rows as usize).saturating_mul(columns as usize),
        pixels: pixels.to_vec(),
    })
}

/// Reads an idx file of labels. `name` appears in errors.
///
/// # Errors
/// As [`images_from_bytes`].
pub fn labels_from_bytes(bytes: &[u8], name: &str) -> Result<Vec<u8>, KernelError> {
    let bytes = unpacked(bytes, name)?;
    let ([_], labels) = header::<1>(&bytes, name, "labels", LABELS_MAGIC)?;
    Ok(labels.to_vec())
}

/// The first `n` digits (all for `None`): pixels / 255, labels as real numbers.
///
/// # Errors
/// As the two readers; [`KernelError::CountMismatch`]; [`KernelError::DatasetSize`].
pub fn digits_from_bytes(
    images: &[u8],
    labels: &[u8],
    names: [&str; 2],
    n: Option<usize>,
) -> Result<Dataset, KernelError> {
    let images = images_from_bytes(images, names[0])?;
    let labels = labels_from_bytes(labels, names[1])?;
    if images.count != labels.len() {
        return Err(KernelError::CountMismatch {
            names: format!("{} and {}", names[0], names[1]),
            images: images.count,
            labels: labels.len(),
        });
    }
    let n = n.unwrap_or(images.count);
    if !(1..=images.count).contains(&n) {
        return Err(KernelError::DatasetSize {
            name: names[0].to_owned(),
            limit: images.count,
            got: n as u64,
        });
    }
    let features = images
        .pixels
        .iter()
        .take(n.saturating_mul(images.pixels_each))
        .map(|&p| f64::from(p) / 255.0)
        .collect();
    let target = labels.iter().take(n).map(|&l| f64::from(l)).collect();
    Dataset::new(features, images.pixels_each, target)
}

/// [`digits_from_bytes`] of two files, plain or gzip'd.
///
/// # Errors
/// As there, and [`KernelError::Read`].
pub fn digits_from_files(
    images: &Path,
    labels: &Path,
    n: Option<usize>,
) -> Result<Dataset, KernelError> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| KernelError::Read {
            source_name: path.display().to_string(),
            reason: error.to_string(),
        })
    };
    digits_from_bytes(
        &read(images)?,
        &read(labels)?,
        [&images.display().to_string(), &labels.display().to_string()],
        n,
    )
}
