//! The figures of a folder that `tauber figure` wrote: `DIR/figure-N/{*.svg, *.csv, agreement.json}`.

use super::super::output::short;
use crate::report::page::{Block, Inline, Line, Mark, Section};
use serde_json::Value;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The figures of the paper.
const NUMBERS: std::ops::RangeInclusive<u8> = 1..=14;
/// Larger than any figure; a guard against a wrong file.
const LIMIT: u64 = 32 << 20;

/// Why a folder of figures was refused.
#[derive(Debug, Error)]
pub enum FigureError {
    /// There is no such folder.
    #[error("{0}: there is no such folder; `tauber figure all --quick --out DIR` makes one")]
    NoFolder(PathBuf),
    /// No figure is in it.
    #[error(
        "{0}: there is no figure-N with an agreement.json in it; `tauber figure all --quick --out DIR` makes them"
    )]
    Empty(PathBuf),
    /// A file could not be read.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureRecord {
    /// Its number in the paper.
    pub number: u8,
    /// The pictures: file name and SVG document.
    pub pictures: Vec<(String, String)>,
    /// The data files.
    pub tables: Vec<String>,
    /// The object in `agreement.json`.
    pub agreement: Value,
}

/// Reads every figure of a folder, in the order of their numbers.
///
/// # Errors
/// No such folder, no figure in it, or a file that cannot be read: which and why.
pub fn read_figures(folder: &Path) -> Result<Vec<FigureRecord>, FigureError> {
    if !folder.is_dir() {
        return Err(FigureError::NoFolder(folder.to_owned()));
    }
    let mut found = Vec::new();
    for number in NUMBERS {
        let inside = folder.join(format!("figure-{number}"));
        if inside.join("agreement.json").exists() {
            found.push(one(number, &inside)?);
        }
    }
    if found.is_empty() {
        return Err(FigureError::Empty(folder.to_owned()));
    }
    Ok(found)
}

fn one(number: u8, folder: &Path) -> Result<FigureRecord, FigureError> {
    let path = folder.join("agreement.json");
    let refuse = |why: String| FigureError::File {
        path: path.clone(),
        why,
    };
    let agreement: Value = serde_json::from_str(&read(&path)?)
        .map_err(|error| refuse(format!("this is not JSON: {error}")))?;
    if !agreement.is_object() {
        return Err(refuse("one JSON object was expected".to_owned()));
    }
    let entries = std::fs::read_dir(folder).map_err(|error| refuse(error.to_string()))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    let with = |end: &str| {
        names
            .iter()
            .filter(|n| n.ends_with(end))
            .cloned()
            .collect::<Vec<_>>()
    };
    let mut pictures = Vec::new();
    for name in with(".svg") {
        let path = folder.join(&name);
        let svg = read(&path)?;
        if !svg.contains("<svg") {
            let why = "this is not an SVG picture".to_owned();
            return Err(FigureError::File { path, why });
        }
        pictures.push((name, svg));
    }
    Ok(FigureRecord {
        number,
        pictures,
        tables: with(".csv"),
        agreement,
    })
}

fn read(path: &Path) -> Result<String, FigureError> {
    let fail = |why: String| FigureError::File {
        path: path.to_owned(),
        why,
    };
    let size = std::fs::metadata(path)
        .map_err(|e| fail(e.to_string()))?
        .len();
    if size > LIMIT {
        return Err(fail(format!(
            "{size} bytes are more than a figure has ({LIMIT})"
        )));
    }
    std::fs::read_to_string(path).map_err(|e| fail(e.to_string()))
}

/// The section; without a folder it says which command makes one.
pub(super) fn section(figures: Option<&[FigureRecord]>) -> Section {
    let section = Section::new("figures", "Figures");
    let Some(figures) = figures else {
        return section
            .with(Block::Paragraph(vec![Inline::text(
                "No folder of figures was given. These commands draw every figure of the paper and put them here:",
            )]))
            .with(Block::Command(
                "tauber figure all --quick --out figures\ntauber verify --full --report DIR --figures figures"
                    .to_owned(),
            ));
    };
    let absent: Vec<String> = NUMBERS
        .filter(|n| figures.iter().all(|f| f.number != *n))
        .map(|n| n.to_string())
        .collect();
    let counts = Counts::of(figures);
    let mut section = section
        .with(Block::Tiles(counts.tiles()))
        .with(Block::Paragraph(vec![
            Inline::text("A comparison "),
            Inline::Mark(Mark::Agrees),
            Inline::text(" where its rule holds, "),
            Inline::Mark(Mark::Differs),
            Inline::text(" where it fails, and is "),
            Inline::Mark(Mark::Undecided),
            Inline::text(" where a wrong theory would pass as well; the rule names the wrong theories that were tried. A tolerance at finite steps proves nothing. A click on a picture enlarges it."),
        ]))
        .with(Block::Table {
            label: "All figures".to_owned(),
            header: ["Figure", "Scale", "Compared", "Verdicts"]
                .map(str::to_owned)
                .to_vec(),
            rows: figures.iter().map(line_of).collect(),
            numeric: vec![false, false, true, false],
        });
    if !absent.is_empty() {
        section = section.with(Block::Paragraph(vec![
            Inline::Mark(Mark::Missing),
            Inline::text(format!(
                " Not in the folder: {} {}. ",
                if absent.len() == 1 {
                    "Figure"
                } else {
                    "Figures"
                },
                absent.join(", ")
            )),
            Inline::code("tauber figure N --out figures"),
            Inline::text(" draws one."),
        ]));
    }
    section.sections = figures.iter().map(figure).collect();
    section
}

/// Comparisons by verdict, and panels that were not drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    agree: usize,
    differ: usize,
    undecided: usize,
    reported: usize,
    missing: usize,
}

impl Counts {
    pub(super) fn of(figures: &[FigureRecord]) -> Self {
        let mut counts = Self::default();
        for figure in figures {
            for agreement in list(figure, "agreements") {
                *match verdict(agreement) {
                    Mark::Agrees => &mut counts.agree,
                    Mark::Differs => &mut counts.differ,
                    Mark::Undecided => &mut counts.undecided,
                    _ => &mut counts.reported,
                } += 1;
            }
            counts.missing += list(figure, "not_reproduced").len();
        }
        counts
    }

    const fn by_mark(self) -> [(Mark, usize, &'static str); 5] {
        [
            (Mark::Agrees, self.agree, "comparisons agree"),
            (Mark::Differs, self.differ, "differ"),
            (Mark::Undecided, self.undecided, "undecided"),
            (Mark::Reported, self.reported, "numbers reported"),
            (Mark::Missing, self.missing, "panels not drawn"),
        ]
    }

    /// Agreements, differences and undecided comparisons.
    pub(super) const fn compared(self) -> usize {
        self.agree + self.differ + self.undecided
    }

    fn tiles(self) -> Vec<(Mark, String, String)> {
        self.by_mark()
            .into_iter()
            .filter(|(mark, number, _)| *number > 0 || matches!(mark, Mark::Agrees | Mark::Differs))
            .map(|(mark, number, words)| {
                let none = mark == Mark::Differs && number == 0;
                let mark = if none { Mark::Passed } else { mark };
                (mark, number.to_string(), words.to_owned())
            })
            .collect()
    }

    /// `3 agrees 1 differs`.
    pub(super) fn marks(self) -> Line {
        let mut line = Vec::new();
        for (mark, number, _) in self.by_mark() {
            if number > 0 {
                line.extend([
                    Inline::text(format!("{number}\u{a0}")),
                    Inline::Mark(mark),
                    Inline::text(" "),
                ]);
            }
        }
        if line.is_empty() {
            line.push(Inline::text("–"));
        }
        line
    }
}

fn line_of(record: &FigureRecord) -> Vec<Line> {
    let counts = Counts::of(std::slice::from_ref(record));
    let title = string(&record.agreement["title"]);
    vec![
        vec![
            Inline::link(
                format!("figure-{}", record.number),
                format!("Figure {}", record.number),
            ),
            Inline::text(if title.is_empty() {
                title
            } else {
                format!(": {title}")
            }),
        ],
        vec![Inline::text(string(&record.agreement["scale"]))],
        vec![Inline::text(counts.compared().to_string())],
        counts.marks(),
    ]
}

fn list<'a>(record: &'a FigureRecord, key: &str) -> &'a [Value] {
    record.agreement[key].as_array().map_or(&[], Vec::as_slice)
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn figure(record: &FigureRecord) -> Section {
    let mut section = Section::new(
        format!("figure-{}", record.number),
        format!("Figure {}", record.number),
    );
    let title = string(&record.agreement["title"]);
    if !title.is_empty() {
        let words = vec![Inline::text(title.clone())];
        section.blocks.push(Block::Paragraph(words));
    }
    let mut made = Vec::new();
    for (what, key) in [("scale", "scale"), ("drawn by", "program")] {
        let word = string(&record.agreement[key]);
        if !word.is_empty() {
            made.push(format!("{what} {word}"));
        }
    }
    if !made.is_empty() {
        let mut words = vec![Inline::text(made.join(", "))];
        let program = string(&record.agreement["program"]);
        if !program.is_empty() && program != super::GENERATOR {
            words.extend([
                Inline::text(", and not by the program that wrote this page, "),
                Inline::text(super::GENERATOR),
            ]);
        }
        section.blocks.push(Block::Small(words));
    }
    for (_, svg) in &record.pictures {
        section.blocks.push(Block::Picture {
            svg: svg.clone(),
            alt: format!(
                "Figure {}: {title}. Its numbers are below and in the CSV files.",
                record.number
            ),
        });
    }
    let agreements = list(record, "agreements");
    if !agreements.is_empty() {
        section.blocks.push(Block::Table {
            label: format!("Agreement of Figure {}", record.number),
            header: ["Compared", "Measured", "Predicted", "Rule", "Verdict"]
                .map(str::to_owned)
                .to_vec(),
            rows: agreements.iter().map(row).collect(),
            numeric: vec![false, true, true, false, false],
        });
    }
    let absent = list(record, "not_reproduced");
    if !absent.is_empty() {
        let lines = absent.iter().map(|a| {
            vec![
                Inline::Mark(Mark::Missing),
                Inline::text(format!(
                    " {}: {}; ",
                    string(&a["panel"]),
                    string(&a["reason"])
                )),
                Inline::code(string(&a["command"])),
            ]
        });
        section.blocks.push(Block::List(lines.collect()));
    }
    let notes = list(record, "notes");
    if !notes.is_empty() {
        section.blocks.push(Block::Fold {
            head: vec![Inline::text("Notes")],
            open: true,
            blocks: vec![Block::List(
                notes
                    .iter()
                    .map(|n| vec![Inline::text(string(n))])
                    .collect(),
            )],
        });
    }
    if !record.tables.is_empty() {
        let mut words = vec![Inline::text("Numbers: ")];
        for (k, name) in record.tables.iter().enumerate() {
            if k > 0 {
                words.push(Inline::text(", "));
            }
            words.push(Inline::code(name));
        }
        section.blocks.push(Block::Small(words));
    }
    section
}

/// The word of the figure; files without one say yes, no or nothing.
fn verdict(agreement: &Value) -> Mark {
    match agreement["verdict"].as_str() {
        Some("agrees") => Mark::Agrees,
        Some("does not agree") => Mark::Differs,
        Some("no power") => Mark::Undecided,
        Some(_) => Mark::Reported,
        None => match agreement["agrees"].as_bool() {
            Some(true) => Mark::Agrees,
            Some(false) => Mark::Differs,
            None => Mark::Reported,
        },
    }
}

/// `rejects 1 of 2 wrong theories (not: noise halved)`.
fn power(agreement: &Value) -> Option<String> {
    let wrong = agreement["wrong_theories"]
        .as_array()
        .filter(|w| !w.is_empty())?;
    let passing: Vec<String> = wrong
        .iter()
        .filter(|w| w["rejected"] != Value::Bool(true))
        .map(|w| string(&w["what"]))
        .collect();
    let mut words = format!(
        "; rejects {} of {} wrong theories",
        wrong.len() - passing.len(),
        wrong.len()
    );
    if !passing.is_empty() {
        words.push_str(&format!(" (not: {})", passing.join("; ")));
    }
    Some(words)
}

fn row(agreement: &Value) -> Vec<Line> {
    let unit = string(&agreement["unit"]);
    let what = string(&agreement["what"]);
    vec![
        vec![Inline::text(if unit.is_empty() {
            what
        } else {
            format!("{what} [{unit}]")
        })],
        vec![Inline::text(number(&agreement["measured"]))],
        vec![Inline::text(number(&agreement["predicted"]))],
        vec![Inline::text(format!(
            "{}{}",
            string(&agreement["rule"]),
            power(agreement).unwrap_or_default()
        ))],
        vec![Inline::Mark(verdict(agreement))],
    ]
}

/// Four significant digits; a word (infinity) as it is; nothing for null.
fn number(value: &Value) -> String {
    match value {
        Value::Number(n) => {
            let v = n.as_f64().unwrap_or(f64::NAN);
            short(format!("{v:.3e}").parse().unwrap_or(v))
        }
        Value::String(word) => word.clone(),
        _ => "–".to_owned(),
    }
}
