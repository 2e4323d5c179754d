//! JSON has no infinity: an infinite value is the string `"infinity"` (`"-infinity"`), NaN is null.
//!
//! Use as `#[serde(serialize_with = "...")]` on fields of type `f64` and `Option<f64>`.

use serde::Serializer;

/// A number, or the word for an infinite one.
///
/// # Errors
/// Those of the serializer.
pub fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() {
        serializer.serialize_f64(*value)
    } else if *value == f64::INFINITY {
        serializer.serialize_str("infinity")
    } else if *value == f64::NEG_INFINITY {
        serializer.serialize_str("-infinity")
    } else {
        serializer.serialize_none()
    }
}

/// The same, with `None` as null.
///
/// # Errors
/// Those of the serializer.
pub fn optional<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => number(value, serializer),
        None => serializer.serialize_none(),
    }
}
