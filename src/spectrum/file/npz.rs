//! A zip of NumPy arrays: `eigenvalues`, and `signal` or `coefficients`.

use super::{FileProblem, Lists, npy};
use npyz::npz::NpzArchive;
use std::io::{Cursor, Read};

/// An array unpacks to at most this many bytes; a zip bomb stops here.
const UNPACKED_LIMIT: u64 = 1 << 30;

pub(super) fn lists(bytes: &[u8]) -> Result<Lists, FileProblem> {
    let damaged = |reason: String| FileProblem::Damaged {
        format: "npz",
        reason,
    };
    let mut archive = NpzArchive::new(Cursor::new(bytes)).map_err(|error| {
        damaged(format!(
            "its zip directory cannot be read, so it may be truncated ({error})"
        ))
    })?;
    let zip = archive.zip_archive();
    let mut lists = Lists::default();
    let mut eigenvalues = None;
    let mut found = Vec::new();
    for index in 0..zip.len() {
        let entry = zip
            .by_index(index)
            .map_err(|error| damaged(format!("entry {index} cannot be read ({error})")))?;
        let file = entry.name().to_owned();
        let name = file.strip_suffix(".npy").unwrap_or(&file).to_owned();
        let slot = match name.as_str() {
            "eigenvalues" => &mut eigenvalues,
            "signal" => &mut lists.signal,
            "coefficients" => &mut lists.coefficients,
            _ => {
                return Err(FileProblem::Unknown {
                    kind: "array",
                    name,
                    known: "`eigenvalues` and `signal` or `coefficients`",
                });
            }
        };
        if slot.is_some() {
            return Err(FileProblem::Duplicate {
                kind: "array",
                name,
            });
        }
        let mut data = Vec::new();
        entry
            .take(UNPACKED_LIMIT)
            .read_to_end(&mut data)
            .map_err(|error| {
                damaged(format!("array `{name}` is truncated or damaged ({error})"))
            })?;
        *slot = Some(npy::list(&data, &format!("array `{name}`"))?);
        found.push(format!("`{name}`"));
    }
    lists.eigenvalues = eigenvalues.ok_or_else(|| FileProblem::Lacks {
        kind: "array",
        missing: "eigenvalues",
        found: if found.is_empty() {
            "no array at all".to_owned()
        } else {
            found.join(", ")
        },
    })?;
    Ok(lists)
}
