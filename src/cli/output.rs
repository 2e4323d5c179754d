//! Where text goes: one JSON document on stdout with `--json`, people's text on stdout without.

use super::Failure;
use crate::report::file::{self, is_special};
use serde_json::Value;
use std::cell::RefCell;
use std::io::{IsTerminal, Write};

/// Where the text of one command goes.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    /// Why standard output did not take everything, if so.
    lost: RefCell<Option<String>>,
}

impl Output {
    pub(crate) const fn new(json: bool) -> Self {
        Self {
            json,
            lost: RefCell::new(None),
        }
    }

    /// Whether a JSON document is wanted.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Text for people: stdout, or stderr beside a JSON document.
    pub(crate) fn text(&self, text: &str) {
        if self.json {
            to_stderr(text);
        } else {
            self.raw(text);
        }
    }

    /// The document of `--json`; nothing without it.
    pub(crate) fn document(&self, document: &Value) {
        if self.json {
            self.raw(&format!("{document:#}\n"));
        }
    }

    /// Output that is a program text itself (derive, completions): always stdout.
    pub(crate) fn raw(&self, text: &str) {
        let mut stream = std::io::stdout();
        match stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush())
        {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                self.lost.borrow_mut().get_or_insert(error.to_string());
            }
            // A reader that closes the pipe early (`| head`) is no error.
            _ => {}
        }
    }

    /// Why standard output did not take everything (a full disk, say); `None` if it did, or if its
    /// reader had read enough.
    pub(crate) fn lost(&self) -> Option<String> {
        self.lost.borrow().clone()
    }

    /// What went wrong with a part, while the rest goes on: stderr.
    pub(crate) fn aside(&self, text: &str) {
        to_stderr(text);
    }

    /// What the command line got wrong, in one line; with `--json` also a document.
    pub(crate) fn usage_failure(&self, message: &str) {
        if self.json {
            self.document(&serde_json::json!({ "error": message }));
        }
        to_stderr(&format!("tauber: {message}\n"));
    }

    /// An error: graphical on a terminal, one plain line otherwise; with `--json` also a document.
    pub(crate) fn failure(&self, failure: Failure) {
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
        to_stderr(&text);
    }

    /// A spinner with a message, on a terminal only.
    pub(crate) fn spinner(&self) -> indicatif::ProgressBar {
        if !std::io::stderr().is_terminal() {
            return indicatif::ProgressBar::hidden();
        }
        let bar = indicatif::ProgressBar::new_spinner();
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        bar
    }

    /// A progress bar with time left, on a terminal only.
    pub(crate) fn progress(&self, length: u64, message: &'static str) -> indicatif::ProgressBar {
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

/// There is nowhere to report that standard error is gone.
fn to_stderr(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Whether a file can be written at `path`: asked before long work, so that it is not lost.
pub(crate) fn check_writable(path: &std::path::Path) -> Result<(), Failure> {
    if is_special(path) {
        return Ok(());
    }
    temporary_beside(path).map(drop)
}

/// A temporary file in the folder of `path`, which must not be a directory.
fn temporary_beside(path: &std::path::Path) -> Result<tempfile::NamedTempFile, Failure> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => std::path::Path::new("."),
    };
    let fail = |why: String, help: &str| {
        Failure::with_help(format!("cannot write {}: {why}", path.display()), help)
    };
    if path.is_dir() {
        return Err(fail(
            "it is a directory".to_owned(),
            "name a file inside it",
        ));
    }
    if !folder.is_dir() {
        return Err(fail(
            format!("there is no folder {}", folder.display()),
            "create the folder first",
        ));
    }
    file::temporary_beside(path).map_err(|error| {
        // The error names the temporary file, which nobody knows: its kind says enough.
        fail(
            error.kind().to_string(),
            "name a file in a folder that you may write to",
        )
    })
}

/// Writes a file that appears only when complete: into a temporary beside it, then renamed. A new file
/// has the permissions that the umask leaves; one that was there keeps its own.
pub(crate) fn write_atomically(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    write_bytes_atomically(path, text.as_bytes())
}

/// The same of bytes.
pub(crate) fn write_bytes_atomically(
    path: &std::path::Path,
    content: &[u8],
) -> Result<(), Failure> {
    let written = if is_special(path) {
        std::fs::write(path, content)
    } else {
        file::fill(temporary_beside(path)?, path, content)
    };
    written.map_err(|error| Failure::input(format!("cannot write {}: {error}", path.display())))
}

/// A table with aligned columns.
pub(crate) fn table(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    table.set_style(comfy_table::TableComponent::HeaderLines, '─');
    table.set_style(comfy_table::TableComponent::MiddleHeaderIntersections, '─');
    table.set_header(header.to_vec());
    table.add_rows(rows);
    let text = table.to_string();
    text.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// A factor or an error estimate for people: 2 significant digits below 100.
pub(crate) fn rough(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 || !magnitude.is_finite() {
        short(value)
    } else if (0.01..0.995).contains(&magnitude) {
        short(format!("{value:.1e}").parse().unwrap_or(value))
    } else if (0.995..9.95).contains(&magnitude) {
        format!("{value:.1}")
    } else if (9.95..1e6).contains(&magnitude) {
        format!("{value:.0}")
    } else {
        format!("{value:.1e}")
    }
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
    fn rough_numbers_have_two_digits() {
        for (value, text) in [
            (4.413_66, "4.4"),
            (19.64, "20"),
            (1234.5, "1234"),
            (0.0234, "0.023"),
            (7.976e-16, "8.0e-16"),
            (2.5e9, "2.5e9"),
            (0.0, "0"),
            (f64::INFINITY, "infinity"),
        ] {
            assert_eq!(rough(value), text);
        }
    }

    #[test]
    fn json_has_words_for_infinities_and_null_for_nan() {
        assert_eq!(json_number(f64::INFINITY), Value::from("infinity"));
        assert_eq!(json_number(f64::NAN), Value::Null);
        assert_eq!(json_number(1.5), Value::from(1.5));
    }
}
