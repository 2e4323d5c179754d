//! Applies the mutations one by one on a copy of the checkout; the test of each row must then fail.

use super::rows::{Coverage, File, Row, by_test};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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
    let mut bad = 0;
    for ((test, filter), rows) in by_test(&chosen) {
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

/// `count` different rows, the same for the same seed: the order of their FNV-1a hashes with it.
fn choose(rows: &[Row], count: usize, seed: &str) -> Vec<Row> {
    let hash = |row: &Row| {
        let text = format!("{seed}{}{}", row.equations, row.claim);
        text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    };
    let mut rows = rows.to_vec();
    rows.sort_by_key(hash);
    rows.truncate(count);
    rows
}

/// The files under version control, below `target/coverage`. It shares the target folder, where the
/// dependencies are built already. Its own crate may have the same file names there: build nothing else meanwhile.
struct Copy {
    tree: PathBuf,
    build: PathBuf,
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
            if let Some(folder) = to.parent() {
                std::fs::create_dir_all(folder)
                    .map_err(|e| format!("{}: {e}", folder.display()))?;
            }
            std::fs::copy(&from, &to).map_err(|e| format!("{}: {e}", to.display()))?;
        }
        Ok(Self { tree, build })
    }

    /// One test binary, built without optimisation of this crate (its dependencies keep theirs).
    fn cargo(&self, arguments: &[&str]) -> Result<Output, String> {
        Command::new("cargo")
            .args(arguments)
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", &self.build)
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
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
