//! Comma-separated columns: `eigenvalue`, and `signal` or `coefficient`; or one bare column.
//!
//! The first record is a header unless all its fields are numbers. Without a header only a single
//! column is read. Lines that start with `#` and empty lines are skipped.

use super::{FileProblem, Lists};

const KNOWN: &str = "`eigenvalue` and `signal` or `coefficient`";

pub(super) fn lists(bytes: &[u8]) -> Result<Lists, FileProblem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(::csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(bytes);
    // 0 eigenvalue, 1 signal, 2 coefficient
    let mut columns: Vec<usize> = Vec::new();
    let mut values: [Vec<f64>; 3] = Default::default();
    for record in reader.byte_records() {
        let record = record.map_err(|error| FileProblem::Line {
            line: error.position().map_or(0, ::csv::Position::line),
            reason: match error.kind() {
                ::csv::ErrorKind::UnequalLengths {
                    expected_len, len, ..
                } => format!("{len} fields, but the lines before have {expected_len}"),
                _ => error.to_string(),
            },
        })?;
        let line = record.position().map_or(0, ::csv::Position::line);
        let fields: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
        if columns.is_empty() {
            if !fields.iter().all(|field| field.parse::<f64>().is_ok()) {
                columns = header(&fields)?;
                continue;
            }
            if fields.len() > 1 {
                return Err(FileProblem::Line {
                    line,
                    reason: format!(
                        "{} columns without a header; name them {KNOWN} in the first line",
                        fields.len()
                    ),
                });
            }
            columns = vec![0];
        }
        for (field, &column) in fields.iter().zip(&columns) {
            let value = field.parse().map_err(|_| FileProblem::Line {
                line,
                reason: format!("`{field}` is not a number"),
            })?;
            values[column].push(value);
        }
    }
    let [eigenvalues, signal, coefficients] = values;
    let kept = |column, list| columns.contains(&column).then_some(list);
    Ok(Lists {
        eigenvalues,
        signal: kept(1, signal),
        coefficients: kept(2, coefficients),
    })
}

fn header(fields: &[std::borrow::Cow<'_, str>]) -> Result<Vec<usize>, FileProblem> {
    let mut columns = Vec::new();
    for field in fields {
        let column = match field.as_ref() {
            "eigenvalue" | "eigenvalues" => 0,
            "signal" => 1,
            "coefficient" | "coefficients" => 2,
            name => {
                return Err(FileProblem::Unknown {
                    kind: "column",
                    name: name.to_owned(),
                    known: KNOWN,
                });
            }
        };
        if columns.contains(&column) {
            return Err(FileProblem::Duplicate {
                kind: "column",
                name: field.to_string(),
            });
        }
        columns.push(column);
    }
    if !columns.contains(&0) {
        return Err(FileProblem::Lacks {
            kind: "column",
            missing: "eigenvalue",
            found: fields.join(", "),
        });
    }
    Ok(columns)
}
