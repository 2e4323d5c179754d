//! `{"eigenvalues": [...], "signal": [...]}`, or `"coefficients"` in place of `"signal"`.

use super::{FileProblem, Lists};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    eigenvalues: Vec<f64>,
    signal: Option<Vec<f64>>,
    coefficients: Option<Vec<f64>>,
}

pub(super) fn lists(bytes: &[u8]) -> Result<Lists, FileProblem> {
    let damaged = |reason: String| FileProblem::Damaged {
        format: "json",
        reason,
    };
    // The derived reader would also take a bare array for an object.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(damaged(
            "it should be an object {\"eigenvalues\": [...], \"signal\": [...]}".to_owned(),
        ));
    }
    let object: Object =
        serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
    Ok(Lists {
        eigenvalues: object.eigenvalues,
        signal: object.signal,
        coefficients: object.coefficients,
    })
}
