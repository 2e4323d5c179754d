//! Where text goes: one JSON document on stdout with `--json`, people's text on stdout without.

use super::Failure;
use serde_json::Value;
use std::io::{IsTerminal, Write};

/// Where the text of one command goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether a JSON document is wanted.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// Text for people: stdout, or stderr beside a JSON document.
    pub(crate) fn text(self, text: &str) {
        if self.json {
            write_ignoring_closed_pipes(std::io::stderr(), text);
        } else {
            write_ignoring_closed_pipes(std::io::stdout(), text);
        }
    }

    /// The document of `--json`; nothing without it.
    pub(crate) fn document(self, document: &Value) {
        if self.json {
            write_ignoring_closed_pipes(std::io::stdout(), &format!("{document:#}\n"));
        }
    }

    /// Output that is a program text itself (derive, completions): always stdout.
    pub(crate) fn raw(self, text: &str) {
        write_ignoring_closed_pipes(std::io::stdout(), text);
    }

    /// An error: graphical on a terminal, one plain line otherwise; with `--json` also a document.
    pub(crate) fn failure(self, failure: Failure) {
        if self.json {
            self.document(&serde_json::json!({ "error": failure.to_string() }));
        }
        let text = if std::io::stderr().is_terminal() {
            format!("{:?}", miette::Report::new(failure))
        } else {
            match &failure {
                Failure::Input {
                    help: Some(help), ..
                } => {
                    format!("tauber: {failure}\n  help: {help}\n")
                }
                _ => format!("tauber: {failure}\n"),
            }
        };
        write_ignoring_closed_pipes(std::io::stderr(), &text);
    }

    /// A spinner with a message, on a terminal only.
    pub(crate) fn spinner(self) -> indicatif::ProgressBar {
        if !std::io::stderr().is_terminal() {
            return indicatif::ProgressBar::hidden();
        }
        let bar = indicatif::ProgressBar::new_spinner();
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        bar
    }

    /// A progress bar with time left, on a terminal only.
    pub(crate) fn progress(self, length: u64, message: &'static str) -> indicatif::ProgressBar {
        let bar = if std::io::stderr().is_terminal() {
            indicatif::ProgressBar::new(length)
        } else {
            indicatif::ProgressBar::hidden()
        };
        let style =
            indicatif::ProgressStyle::with_template("{msg} {wide_bar} {percent}% {eta} left");
        bar.with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
            .with_message(message)
    }
}

/// A reader that closes the pipe early (`| head`) is no error.
fn write_ignoring_closed_pipes(mut stream: impl Write, text: &str) {
    let _ = stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush());
}

/// Writes a file that appears only when complete: into a temporary beside it, then renamed.
pub(crate) fn write_atomically(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => std::path::Path::new("."),
    };
    let fail = |error: &dyn std::fmt::Display| {
        Failure::input(format!("cannot write {}: {error}", path.display()))
    };
    if path.is_dir() {
        return Err(fail(&"it is a directory"));
    }
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| fail(&error))?;
    file.write_all(text.as_bytes())
        .map_err(|error| fail(&error))?;
    file.persist(path).map_err(|error| fail(&error.error))?;
    Ok(())
}

/// A table with aligned columns.
pub(crate) fn table(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::UTF8_HORIZONTAL_ONLY);
    table.remove_style(comfy_table::TableComponent::HorizontalLines);
    table.remove_style(comfy_table::TableComponent::TopBorder);
    table.remove_style(comfy_table::TableComponent::BottomBorder);
    table.set_header(header.to_vec());
    table.add_rows(rows);
    format!("{table}\n")
}

/// A number for people: 6 significant digits, scientific where that is shorter.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return match value {
            v if v == f64::INFINITY => "infinity".to_owned(),
            v if v == f64::NEG_INFINITY => "-infinity".to_owned(),
            v if v.is_nan() => "not a number".to_owned(),
            _ => "0".to_owned(),
        };
    }
    let exponent = value.abs().log10().floor() as i32;
    if (-4..6).contains(&exponent) {
        let decimals = usize::try_from(5 - exponent).unwrap_or(0);
        let text = format!("{value:.decimals$}");
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    } else {
        let text = format!("{value:.5e}");
        match text.split_once('e') {
            Some((mantissa, power)) if mantissa.contains('.') => {
                format!(
                    "{}e{power}",
                    mantissa.trim_end_matches('0').trim_end_matches('.')
                )
            }
            _ => text,
        }
    }
}

/// A number for JSON: an infinite one is the word, NaN is null.
pub(crate) fn json_number(value: f64) -> Value {
    if value.is_finite() {
        Value::from(value)
    } else if value == f64::INFINITY {
        Value::from("infinity")
    } else if value == f64::NEG_INFINITY {
        Value::from("-infinity")
    } else {
        Value::Null
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people_are_short_and_right() {
        for (value, text) in [
            (0.860_961, "0.860961"),
            (3.8, "3.8"),
            (1234.5678, "1234.57"),
            (1e-7, "1e-7"),
            (2.5e12, "2.5e12"),
            (-0.25, "-0.25"),
            (100_000.0, "100000"),
            (0.0, "0"),
            (f64::INFINITY, "infinity"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn json_has_words_for_infinities_and_null_for_nan() {
        assert_eq!(json_number(f64::INFINITY), Value::from("infinity"));
        assert_eq!(json_number(f64::NAN), Value::Null);
        assert_eq!(json_number(1.5), Value::from(1.5));
    }
}
