//! Applies the mutations one by one on a copy of the checkout; the test of each row must then fail.
//!
//! What was killed is kept in `target/coverage/killed.txt` under a checksum of the sources and the row, so that an
//! interrupted run goes on where it stopped, and a change of the sources begins anew.

use super::rows::{Coverage, File, Row, by_test};
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tauber::report::checksum;

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Its test failed, as it must.
    Killed,
    /// Its test passed: the test does not see the formula.
    Survived,
    /// It does not compile or its test did not run to its end, which proves nothing.
    NotBuilt,
}

/// Every row, or `count` rows chosen by `seed` (any text: the hash of a commit).
pub fn run(root: &Path, coverage: &Coverage, sample: Option<(usize, &str)>) -> Result<(), String> {
    let chosen: Vec<Row> = match sample {
        None => coverage.rows.clone(),
        Some((count, seed)) => choose(&coverage.rows, count, seed),
    };
    let copy = Copy::of(root)?;
    let before = copy.killed_before();
    let (left, done): (Vec<Row>, Vec<Row>) =
        (chosen.iter().cloned()).partition(|row| !before.contains(&copy.key(row)));
    if !done.is_empty() {
        println!(
            "{} of {} were killed before, on these sources",
            done.len(),
            chosen.len()
        );
    }
    let mut bad = 0;
    for ((test, filter), rows) in by_test(&left) {
        let output = copy.test(test, filter)?;
        if !output.status.success() {
            return Err(format!(
                "{test} {filter} fails without any mutation:\n{}",
                tail(&output)
            ));
        }
        if String::from_utf8_lossy(&output.stdout).contains("running 0 tests") {
            return Err(format!("{test} {filter} runs no test"));
        }
        for row in rows {
            let fate = copy.mutant(row)?;
            let word = match fate {
                Fate::Killed => "killed",
                Fate::Survived => "SURVIVED",
                Fate::NotBuilt => "NOT BUILT",
            };
            bad += usize::from(fate != Fate::Killed);
            if fate == Fate::Killed {
                copy.remember(row)?;
            }
            println!("{word:9} {:40} {test} {filter}", row.equations);
        }
    }
    println!(
        "{} mutants, {} killed, {bad} not",
        chosen.len(),
        chosen.len() - bad
    );
    if bad == 0 {
        Ok(())
    } else {
        Err(format!("{bad} of {} mutants were not killed", chosen.len()))
    }
}

/// The rows as they were at a revision.
pub fn rows_at(root: &Path, revision: &str) -> Result<Vec<Row>, String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(root)
            .output()
            .map_err(|e| format!("git: {e}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(format!("git {}: {}", arguments.join(" "), tail(&output)))
        }
    };
    let mut rows = Vec::new();
    let listed = git(&["ls-tree", "--name-only", revision, "tests/coverage/"])?;
    for name in listed.lines().filter(|name| name.ends_with(".toml")) {
        let text = git(&["show", &format!("{revision}:{name}")])?;
        let file: File = toml::from_str(&text).map_err(|e| format!("{revision}:{name}: {e}"))?;
        rows.extend(file.row);
    }
    Ok(rows)
}

/// `count` different rows, the same for the same seed: the order of their checksums with it.
fn choose(rows: &[Row], count: usize, seed: &str) -> Vec<Row> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| checksum(format!("{seed}{}{}", row.equations, row.claim).bytes()));
    rows.truncate(count);
    rows
}

/// The files under version control, below `target/coverage`. It shares the target folder, where the
/// dependencies are built already. Its own crate may have the same file names there: build nothing else meanwhile.
struct Copy {
    tree: PathBuf,
    build: PathBuf,
    /// Of everything but prose and these rows, which have their own.
    sources: u64,
    killed: PathBuf,
}

impl Copy {
    fn of(root: &Path) -> Result<Self, String> {
        let tree = root.join("target/coverage/tree");
        let build =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let listed = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(root)
            .output()
            .map_err(|e| format!("git ls-files: {e}"))?;
        if !listed.status.success() {
            return Err(format!("git ls-files: {}", tail(&listed)));
        }
        let mut sources = Vec::new();
        if tree.exists() {
            std::fs::remove_dir_all(&tree).map_err(|e| e.to_string())?;
        }
        for name in listed
            .stdout
            .split(|byte| *byte == 0)
            .filter(|n| !n.is_empty())
        {
            let name = String::from_utf8_lossy(name).into_owned();
            let (from, to) = (root.join(&name), tree.join(&name));
            if !from.is_file() {
                continue;
            }
            if !name.ends_with(".md") && !name.starts_with("tests/coverage/") {
                let bytes = std::fs::read(&from).map_err(|e| format!("{}: {e}", from.display()))?;
                sources.extend(checksum(name.bytes().chain(bytes)).to_le_bytes());
            }
            if let Some(folder) = to.parent() {
                std::fs::create_dir_all(folder)
                    .map_err(|e| format!("{}: {e}", folder.display()))?;
            }
            std::fs::copy(&from, &to).map_err(|e| format!("{}: {e}", to.display()))?;
        }
        Ok(Self {
            tree,
            build,
            sources: checksum(sources),
            killed: root.join("target/coverage/killed.txt"),
        })
    }

    fn key(&self, row: &Row) -> String {
        format!(
            "{:016x}",
            checksum(format!("{:016x}{row:?}", self.sources).bytes())
        )
    }

    fn killed_before(&self) -> BTreeSet<String> {
        let text = std::fs::read_to_string(&self.killed).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.split_whitespace().next())
            .map(str::to_owned)
            .collect()
    }

    fn remember(&self, row: &Row) -> Result<(), String> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.killed)
            .and_then(|mut file| writeln!(file, "{} {}", self.key(row), row.equations))
            .map_err(|e| format!("{}: {e}", self.killed.display()))
    }

    /// One test binary, built without optimisation of this crate (its dependencies keep theirs).
    fn cargo(&self, arguments: &[&str]) -> Result<Output, String> {
        Command::new("cargo")
            .args(["--config", "profile.dev.package.tauber.opt-level=0"])
            .args(["--config", "profile.dev.debug=0"])
            .args(arguments)
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", &self.build)
            .env("CARGO_INCREMENTAL", "1")
            .output()
            .map_err(|e| format!("cargo: {e}"))
    }

    fn test(&self, test: &str, filter: &str) -> Result<Output, String> {
        self.cargo(&["test", "--quiet", "--test", test, "--", filter])
    }

    fn mutant(&self, row: &Row) -> Result<Fate, String> {
        let path = self.tree.join(&row.mutation.file);
        let fail = |e: std::io::Error| format!("{}: {e}", path.display());
        let original = std::fs::read_to_string(&path).map_err(fail)?;
        let mutated = original.replacen(&row.mutation.find, &row.mutation.replace, 1);
        if mutated == original {
            return Err(format!(
                "{}: `{}` is not there",
                row.mutation.file, row.mutation.find
            ));
        }
        std::fs::write(&path, mutated).map_err(fail)?;
        let built = self.cargo(&["test", "--quiet", "--no-run", "--test", &row.test]);
        let fate = match built {
            Err(why) => Err(why),
            Ok(output) if !output.status.success() => Ok(Fate::NotBuilt),
            Ok(_) => self.test(&row.test, &row.filter).map(|output| {
                // Anything else that fails, such as a build that another one disturbed, proves nothing.
                if output.status.success() {
                    Fate::Survived
                } else if String::from_utf8_lossy(&output.stdout).contains("test result: FAILED") {
                    Fate::Killed
                } else {
                    Fate::NotBuilt
                }
            }),
        };
        std::fs::write(&path, original).map_err(fail)?;
        fate
    }
}

fn tail(output: &Output) -> String {
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}
