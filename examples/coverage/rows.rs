//! The rows of `tests/coverage/*.toml`: which equation is which function, which test checks it, and
//! which mutation of its formula that test must notice.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The last numbered equation of the paper.
pub const LAST_EQUATION: u32 = 251;

/// A one-line change of a source file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutation {
    /// Path below the repository.
    pub file: String,
    /// Text that stands once in the file, on one line.
    pub find: String,
    /// What it becomes.
    pub replace: String,
}

/// One group of equations.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `(28a), (28b)`, `(111)-(114), Proposition 3`.
    pub equations: String,
    /// What is claimed, in one line.
    pub claim: String,
    /// A path below the crate.
    pub function: String,
    /// The integration test, a file in `tests/`.
    pub test: String,
    /// A filter inside it.
    #[serde(default)]
    pub filter: String,
    /// How the claim is checked.
    pub checked: String,
    /// The line of `tauber verify --full` that measures the deviation.
    pub check: Option<String>,
    /// Without such a line and without exact numbers: the largest deviation that the test lets pass,
    /// with the word `asserted`, as it is no measurement.
    pub deviation: Option<String>,
    /// The mutation that the test kills.
    pub mutation: Mutation,
}

/// Equations that have no function of their own, and why.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// As in [`Row`].
    pub equations: String,
    /// Why.
    pub reason: String,
}

/// One file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// What is covered.
    #[serde(default)]
    pub row: Vec<Row>,
    #[serde(default)]
    absent: Vec<Absent>,
}

/// All files together, in the order of the first equation.
#[derive(Debug, Default)]
pub struct Coverage {
    /// What is covered.
    pub rows: Vec<Row>,
    /// What is not, with its reason.
    pub absent: Vec<Absent>,
}

impl Coverage {
    /// Reads `tests/coverage/*.toml` of the checkout at `root`.
    pub fn read(root: &Path) -> Result<Self, String> {
        let folder = root.join("tests/coverage");
        let entries =
            std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        let mut coverage = Self::default();
        for path in paths {
            if path.extension().is_none_or(|e| e != "toml") {
                continue;
            }
            let text =
                std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            let file: File =
                toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
            coverage.rows.extend(file.row);
            coverage.absent.extend(file.absent);
        }
        coverage.rows.sort_by_key(|row| first(&row.equations));
        coverage
            .absent
            .sort_by_key(|absent| first(&absent.equations));
        Ok(coverage)
    }

    /// What is wrong with the rows themselves: an equation nobody names, a file, test or text that
    /// is not there. Empty if all is well.
    pub fn problems(&self, root: &Path) -> Vec<String> {
        let mut problems = Vec::new();
        let mut named = BTreeSet::new();
        for row in &self.rows {
            named.extend(numbers(&row.equations));
            problems.extend(row.problems(root));
        }
        for absent in &self.absent {
            let here = numbers(&absent.equations);
            if let Some(both) = here.intersection(&named).next() {
                problems.push(format!("({both}) is both covered and absent"));
            }
            named.extend(here);
        }
        let missing: Vec<String> = (1..=LAST_EQUATION)
            .filter(|n| !named.contains(n))
            .map(|n| format!("({n})"))
            .collect();
        if !missing.is_empty() {
            problems.push(format!("no row and no reason for {}", missing.join(", ")));
        }
        for proposition in 1..=12 {
            let name = format!("Proposition {proposition}");
            if !self
                .rows
                .iter()
                .any(|row| words(&row.equations).contains(&name.as_str()))
            {
                problems.push(format!("no row for {name}"));
            }
        }
        problems
    }
}

impl Row {
    /// Whether the test compares exact numbers, by what `checked` says.
    pub fn is_exact(&self) -> bool {
        ["exact rationals", "over Q"]
            .iter()
            .any(|words| self.checked.contains(words))
    }

    fn problems(&self, root: &Path) -> Vec<String> {
        let mut problems = Vec::new();
        let mut complain = |text: String| problems.push(format!("{}: {text}", self.equations));
        let test = root.join("tests").join(format!("{}.rs", self.test));
        match std::fs::read_to_string(&test) {
            Err(e) => complain(format!("tests/{}.rs: {e}", self.test)),
            Ok(text)
                if !text
                    .lines()
                    .any(|line| line.contains("fn ") && line.contains(&self.filter)) =>
            {
                complain(format!(
                    "tests/{}.rs has no test {}",
                    self.test, self.filter
                ));
            }
            Ok(_) => {}
        }
        match (&self.check, &self.deviation) {
            (None, None) if !self.is_exact() => {
                complain("neither a check, nor a deviation, nor exact numbers".to_owned());
            }
            (Some(_), Some(_)) => complain("both a check and a deviation".to_owned()),
            (None, Some(text)) if !text.contains("asserted") => {
                complain(format!(
                    "the deviation `{text}` does not say that it is asserted"
                ));
            }
            _ => {}
        }
        let Mutation {
            file,
            find,
            replace,
        } = &self.mutation;
        match std::fs::read_to_string(root.join(file)) {
            Err(e) => complain(format!("{file}: {e}")),
            Ok(text) => {
                let count = text.matches(find.as_str()).count();
                if count != 1 {
                    complain(format!(
                        "{file} has {count} places with `{find}`, expected 1"
                    ));
                }
                let name = self.function.rsplit("::").next().unwrap_or_default();
                if !has_item(&root.join("src"), name) {
                    complain(format!("no public function or type `{name}` in src/"));
                }
            }
        }
        if find == replace || find.contains('\n') {
            complain("a mutation changes one line".to_owned());
        }
        problems
    }
}

/// Whether some file below `folder` declares `name`.
fn has_item(folder: &Path, name: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return has_item(&path, name);
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        ["fn ", "struct ", "enum ", "trait "].iter().any(|kind| {
            text.match_indices(&format!("{kind}{name}"))
                .any(|(at, found)| {
                    !text[at + found.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
                })
        })
    })
}

/// The parts between commas and equals signs.
fn words(equations: &str) -> Vec<&str> {
    equations.split([',', '=']).map(str::trim).collect()
}

/// The numbers in `(28a), (24) = (165), (111)-(114)`: 24, 28, 111, 112, 113, 114, 165.
pub fn numbers(equations: &str) -> BTreeSet<u32> {
    let mut all = BTreeSet::new();
    let mut open_range = None;
    let pieces: Vec<&str> = equations.split('(').collect();
    for piece in pieces.into_iter().skip(1) {
        let Some((inside, after)) = piece.split_once(')') else {
            continue;
        };
        let digits = inside.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let Ok(number) = digits.parse::<u32>() else {
            continue;
        };
        all.extend(open_range.take().unwrap_or(number)..=number);
        open_range = (after == "-").then_some(number);
    }
    all
}

fn first(equations: &str) -> (u32, String) {
    (
        numbers(equations).first().copied().unwrap_or(u32::MAX),
        equations.to_owned(),
    )
}

/// The rows that share a test binary, so that it is linked once.
pub fn by_test(rows: &[Row]) -> BTreeMap<(&str, &str), Vec<&Row>> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        groups
            .entry((row.test.as_str(), row.filter.as_str()))
            .or_default()
            .push(row);
    }
    groups
}
