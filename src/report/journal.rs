//! A journal of finished rows, so that an interrupted run goes on where it stopped.
//!
//! A text file. The first line is a JSON object: the format, and the settings that every row depends
//! on, as names with texts. Each further line is a row: its index, its values as the hexadecimal bits
//! of `f64` (nothing is rounded, NaN stays NaN), and a checksum of the line. A row is written and
//! flushed in one call; a line that an interrupt cut short fails its checksum and is computed again. A
//! journal with other settings is refused, and the reason names the first that differs.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

const FORMAT: &str = "tauber-journal 1";

/// Why a journal was refused.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The file system refused.
    #[error("cannot use the journal {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not a journal.
    #[error("{path} is not a journal of this version: {found}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What its first line says.
        found: String,
    },
    /// Of another run.
    #[error(
        "the journal {path} belongs to other settings: {name} was {then}, now it is {now}; choose another folder or delete the journal"
    )]
    OtherSettings {
        /// The file.
        path: PathBuf,
        /// The first setting that differs.
        name: String,
        /// Its text in the journal.
        then: String,
        /// Its text now.
        now: String,
    },
}

/// FNV-1a of bytes: finds accidents, not attacks.
pub fn checksum(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    rows: BTreeMap<usize, Vec<f64>>,
}

impl Journal {
    /// Opens the journal at `path`, or begins one; `settings` are names with texts, and rows have `width`
    /// values.
    ///
    /// # Errors
    /// [`JournalError`]: above all a journal of other settings.
    pub fn open(
        path: &Path,
        settings: &[(&str, String)],
        width: usize,
    ) -> Result<Self, JournalError> {
        Self::open_rows(path, settings, Some(width))
    }

    /// The same for rows of any number of values.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open_uneven(path: &Path, settings: &[(&str, String)]) -> Result<Self, JournalError> {
        Self::open_rows(path, settings, None)
    }

    fn open_rows(
        path: &Path,
        settings: &[(&str, String)],
        width: Option<usize>,
    ) -> Result<Self, JournalError> {
        let fail = |source| JournalError::Io {
            path: path.to_owned(),
            source,
        };
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(fail)?;
        // A device such as /dev/full never ends when it is read.
        if !file.metadata().map_err(fail)?.is_file() {
            let why =
                io::Error::other("it is no file on a disk; name one that keeps what is written");
            return Err(fail(why));
        }
        let mut lines = BufReader::new(file.try_clone().map_err(fail)?).split(b'\n');
        let mut journal = Self {
            path: path.to_owned(),
            file,
            rows: BTreeMap::new(),
        };
        let fields: Map<String, Value> = settings
            .iter()
            .map(|(name, text)| ((*name).to_owned(), Value::from(text.as_str())))
            .collect();
        match lines.next().transpose().map_err(fail)? {
            None => {
                let header = json!({ "format": FORMAT, "settings": fields });
                journal.write(&format!("{header}\n"))?;
            }
            Some(line) => {
                journal.compare(&line, &fields)?;
                let mut torn = false;
                for line in lines {
                    let line = line.map_err(fail)?;
                    match parse(&line, width) {
                        Some((index, values)) => {
                            journal.rows.insert(index, values);
                            torn = false;
                        }
                        None => torn = true,
                    }
                }
                if torn {
                    // The next row begins on a line of its own.
                    journal.write("\n")?;
                }
            }
        }
        Ok(journal)
    }

    fn compare(&self, line: &[u8], now: &Map<String, Value>) -> Result<(), JournalError> {
        let text = String::from_utf8_lossy(line);
        let foreign = || JournalError::Foreign {
            path: self.path.clone(),
            found: text.chars().take(60).collect(),
        };
        let header: Value = serde_json::from_str(&text).map_err(|_| foreign())?;
        let then = header["settings"].as_object().ok_or_else(foreign)?;
        if header["format"] != FORMAT {
            return Err(foreign());
        }
        let names = now.keys().chain(then.keys());
        for name in names {
            let text = |map: &Map<String, Value>| match map.get(name) {
                Some(Value::String(text)) => text.clone(),
                _ => "absent".to_owned(),
            };
            if now.get(name) != then.get(name) {
                return Err(JournalError::OtherSettings {
                    path: self.path.clone(),
                    name: name.clone(),
                    then: text(then),
                    now: text(now),
                });
            }
        }
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<(), JournalError> {
        self.file
            .write_all(text.as_bytes())
            .and_then(|()| self.file.flush())
            .map_err(|source| JournalError::Io {
                path: self.path.clone(),
                source,
            })
    }

    /// The finished rows.
    pub const fn rows(&self) -> &BTreeMap<usize, Vec<f64>> {
        &self.rows
    }

    /// Writes a finished row.
    ///
    /// # Errors
    /// [`JournalError::Io`].
    pub fn append(&mut self, index: usize, values: Vec<f64>) -> Result<(), JournalError> {
        let mut line = index.to_string();
        for value in &values {
            line.push_str(&format!(" {:016x}", value.to_bits()));
        }
        let sum = checksum(line.bytes());
        self.write(&format!("{line} {sum:016x}\n"))?;
        self.rows.insert(index, values);
        Ok(())
    }
}

fn parse(line: &[u8], width: Option<usize>) -> Option<(usize, Vec<f64>)> {
    let text = std::str::from_utf8(line).ok()?;
    let (body, sum) = text.rsplit_once(' ')?;
    if u64::from_str_radix(sum, 16).ok()? != checksum(body.bytes()) || sum.len() != 16 {
        return None;
    }
    let mut words = body.split(' ');
    let index = words.next()?.parse().ok()?;
    let values = words
        .map(|word| u64::from_str_radix(word, 16).ok().map(f64::from_bits))
        .collect::<Option<Vec<f64>>>()?;
    width
        .is_none_or(|width| values.len() == width)
        .then_some((index, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(step: &str) -> Vec<(&'static str, String)> {
        vec![("step", step.to_owned()), ("tau", "1".to_owned())]
    }

    #[test]
    fn finished_rows_come_back_bit_by_bit_and_a_torn_line_is_computed_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path, &settings("5"), 2).unwrap();
        journal.append(0, vec![0.1, f64::NAN]).unwrap();
        journal.append(1, vec![-0.0, 5e-324]).unwrap();
        drop(journal);
        // Cut the last line in the middle, as a killed process may.
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 9]).unwrap();
        let mut journal = Journal::open(&path, &settings("5"), 2).unwrap();
        assert_eq!(journal.rows().len(), 1);
        assert_eq!(journal.rows()[&0][0], 0.1);
        assert!(journal.rows()[&0][1].is_nan());
        journal.append(1, vec![-0.0, 5e-324]).unwrap();
        drop(journal);
        let journal = Journal::open(&path, &settings("5"), 2).unwrap();
        assert_eq!(journal.rows()[&1][1], 5e-324);
        assert!(journal.rows()[&1][0].is_sign_negative());
    }

    #[test]
    fn other_settings_are_refused_by_name_and_other_files_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        drop(Journal::open(&path, &settings("5"), 2).unwrap());
        let error = Journal::open(&path, &settings("6"), 2).unwrap_err();
        assert!(
            error.to_string().contains("step was 5, now it is 6"),
            "{error}"
        );
        let fewer = Journal::open(&path, &settings("5")[..1], 2).unwrap_err();
        assert!(
            fewer.to_string().contains("tau was 1, now it is absent"),
            "{fewer}"
        );
        std::fs::write(&path, "learning_rate,momentum\n").unwrap();
        let foreign = Journal::open(&path, &settings("5"), 2).unwrap_err();
        assert!(matches!(foreign, JournalError::Foreign { .. }));
    }

    #[test]
    fn a_changed_digit_in_a_row_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path, &settings("5"), 1).unwrap();
        journal.append(3, vec![1.0]).unwrap();
        drop(journal);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("3ff0", "3ff1")).unwrap();
        assert!(
            Journal::open(&path, &settings("5"), 1)
                .unwrap()
                .rows()
                .is_empty()
        );
    }
}
