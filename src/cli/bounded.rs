//! Input files of bounded size.

use super::Failure;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest file that is read at all: beyond it no statement, certificate or rule is valid.
const LIMIT: u64 = 16 * 1024 * 1024;

/// The file's bytes, at most one more than the limit of 16 MiB. The size is never asked for: devices and
/// pipes have none.
pub(super) fn read_start(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let start = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    start().map_err(|error| fail(path, what, &error))
}

/// The text of a file of at most 16 MiB.
pub(super) fn read_text(path: &Path, what: &str) -> Result<String, Failure> {
    let bytes = read_start(path, what)?;
    if bytes.len() as u64 > LIMIT {
        return Err(fail(path, what, &"it is larger than the limit of 16 MiB"));
    }
    String::from_utf8(bytes).map_err(|error| fail(path, what, &error))
}

fn fail(path: &Path, what: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::input(format!(
        "cannot read the {what} {}: {error}",
        path.display()
    ))
}
