//! Where a page comes from: version, seeds, hashes of the data, machine, durations.

use super::figures::FigureRecord;
use crate::kernel::shipped_files;
use crate::report::page::{Block, Inline, Line, Section};
use crate::verify::{Check, SAMPLING_SEED};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The machine a run was made on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Operating system.
    pub system: String,
    /// Architecture.
    pub architecture: String,
    /// Cores that the program may use.
    pub cores: usize,
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        Self {
            system: std::env::consts::OS.to_owned(),
            architecture: std::env::consts::ARCH.to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// A run: how much was checked, where and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// `quick`, `standard` or `full`.
    pub effort: &'static str,
    /// The machine.
    pub machine: Machine,
    /// When, in seconds since 1970 (UTC).
    pub made_at: u64,
}

impl Run {
    /// A run on this machine.
    pub fn new(effort: &'static str, made_at: u64) -> Self {
        Self {
            effort,
            machine: Machine::here(),
            made_at,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.effort == "full"
    }

    /// What made the page, as it is typed; the folders have no names of this machine.
    fn command(&self, figures: Option<&[FigureRecord]>) -> String {
        let effort = match self.effort {
            "quick" => " --quick",
            "full" => " --full",
            _ => "",
        };
        let figures = figures.map_or("", |_| " --figures FIGURES");
        format!("tauber verify{effort} --report DIR{figures}")
    }

    pub(super) fn effort_words(&self) -> &'static str {
        match self.effort {
            "quick" => {
                "A quick run: fewer seeds, and only the checks that tauber verify --quick makes."
            }
            "full" => "A full run: every check, every proposition.",
            _ => "A standard run: all seeds, without the propositions that --full adds.",
        }
    }
}

/// The section; all that differs between two runs of the same program is here.
pub(super) fn section(checks: &[Check], figures: Option<&[FigureRecord]>, run: &Run) -> Section {
    let words = |text: String| vec![Inline::Text(text)];
    let mut data: Vec<Vec<Line>> = Vec::new();
    for (name, bytes) in shipped_files() {
        data.push(vec![
            vec![Inline::code(name)],
            words(bytes.len().to_string()),
            vec![Inline::Hash(hash(bytes))],
        ]);
    }
    let rows = checks.iter().map(|check| {
        vec![
            vec![Inline::code(check.name)],
            words(format!("{:.3}", check.seconds)),
        ]
    });
    let total: f64 = checks.iter().map(|c| c.seconds).sum();
    let section = Section {
        listed: false,
        ..Section::new("provenance", "Provenance")
    }
    .with(Block::Facts(vec![
        ("Program".to_owned(), words(format!("tauber {}", env!("CARGO_PKG_VERSION")))),
        ("Command".to_owned(), vec![Inline::code(run.command(figures))]),
        ("Made at".to_owned(), words(format!("{} UTC", date(run.made_at)))),
        (
            "Machine".to_owned(),
            words(format!(
                "{}, {}, {} cores",
                run.machine.system, run.machine.architecture, run.machine.cores
            )),
        ),
        (
            "Seeds".to_owned(),
            words(format!(
                "{SAMPLING_SEED} is the master seed of the sampled SGD of the checks (ChaCha, one stream for each run); other checks name theirs in the line \"How\"; the seeds of figures are fixed in the program that drew them"
            )),
        ),
        ("Checks".to_owned(), words(format!("{}, {total:.1} s together", checks.len()))),
    ]))
    .with(Block::Table {
        label: "Data compiled into the program".to_owned(),
        header: ["Data", "Bytes", "SHA-256"].map(str::to_owned).to_vec(),
        rows: data,
        numeric: vec![false, true, false],
    });
    let section = match figures {
        Some(figures) => section.with(Block::Table {
            label: "Figures on this page".to_owned(),
            header: [
                "Figure",
                "Program",
                "Scale",
                "Seconds",
                "SHA-256 of the pictures",
            ]
            .map(str::to_owned)
            .to_vec(),
            rows: figures.iter().map(figure).collect(),
            numeric: vec![false, false, false, true, false],
        }),
        None => section,
    };
    section.with(Block::Fold {
        head: vec![Inline::text("Duration of each check")],
        open: false,
        blocks: vec![Block::Table {
            label: "Duration of each check".to_owned(),
            header: ["Check", "Seconds"].map(str::to_owned).to_vec(),
            rows: rows.collect(),
            numeric: vec![false, true],
        }],
    })
}

fn figure(record: &FigureRecord) -> Vec<Line> {
    let word = |key: &str| {
        let value = &record.agreement[key];
        let text = match value {
            Value::String(word) => word.clone(),
            Value::Number(number) => number.to_string(),
            _ => "–".to_owned(),
        };
        vec![Inline::Text(text)]
    };
    let hashes = record
        .pictures
        .iter()
        .flat_map(|(_, svg)| [Inline::Hash(hash(svg.as_bytes())), Inline::text(" ")]);
    vec![
        vec![Inline::link(
            format!("figure-{}", record.number),
            format!("Figure {}", record.number),
        )],
        word("program"),
        word("scale"),
        word("seconds"),
        hashes.collect(),
    ]
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `2026-11-24 18:30`: the Gregorian calendar counted in eras of 400 years from 1 March of year 0.
fn date(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    format!(
        "{:04}-{month:02}-{day:02} {:02}:{:02}",
        era * 400 + year + next,
        rest / 3600,
        rest % 3600 / 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        // From `date -u -d @N '+%F %R'`.
        for (seconds, text) in [
            (0, "1970-01-01 00:00"),
            (951_782_400, "2000-02-29 00:00"),
            (1_709_251_199, "2024-02-29 23:59"),
            (1_709_251_200, "2024-03-01 00:00"),
            (4_107_542_400, "2100-03-01 00:00"),
        ] {
            assert_eq!(date(seconds), text);
        }
    }

    #[test]
    fn the_hash_is_sha_256() {
        // From `printf abc | sha256sum`.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash(b"abc"), abc);
        assert_ne!(hash(b"abd"), abc);
    }
}
