//! A campaign: mutants of all certificates of some folders, through the checker and, for a sample, the second checker.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tauber_checker::{Statement, check, parse_statement_toml};

use crate::mutation::{OPERATORS, Random, mutate, revalidate};

/// A certificate with the statement it must prove.
pub struct Subject {
    pub name: String,
    pub bytes: Vec<u8>,
    pub statement: Statement,
    pub file: PathBuf,
}

/// What happened to the mutants of one operator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    pub made: usize,
    pub killed: usize,
    /// Equal to the original, byte for byte: not a mutant, not counted in `made`.
    pub unchanged: usize,
    /// Accepted, re-expanded, and found to be a valid certificate of the same statement.
    pub equivalent: usize,
}

/// The certificates in a folder; statement `X.toml` is in `statements`, for certificate `X.json`.
pub fn subjects(certificates: &Path, statements: &Path) -> Result<Vec<Subject>, String> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(certificates).map_err(|e| format!("{}: {e}", certificates.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    for path in paths.into_iter().filter(|p| p.extension().is_some_and(|e| e == "json")) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let file = statements.join(format!("{name}.toml"));
        let toml = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let statement = parse_statement_toml(&toml).map_err(|e| format!("{}: {e:?}", file.display()))?;
        let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        check(&bytes, Some(&statement)).map_err(|r| format!("{}: {r:?}", path.display()))?;
        found.push(Subject { name, bytes, statement, file });
    }
    Ok(found)
}

/// Runs `count` mutants; `python` of them also go through the second checker at `script`. Errors are soundness failures.
pub fn run(
    subjects: &[Subject],
    count: usize,
    seed: u64,
    python: usize,
    script: &Path,
) -> Result<[Count; OPERATORS.len()], String> {
    let mut r = Random(seed);
    let mut counts = [Count::default(); OPERATORS.len()];
    let whole: Vec<Vec<u8>> = subjects.iter().map(|s| s.bytes.clone()).collect();
    let mut sample: Vec<(Vec<u8>, usize, bool)> = Vec::new();
    let (mut made, mut tries) = (0, 0);
    while made < count && tries < 50 * count {
        let (operator, which) = (tries % OPERATORS.len(), r.below(subjects.len()));
        tries += 1;
        let subject = &subjects[which];
        let Some(mutant) = mutate(operator, &subject.bytes, &whole, &mut r) else { continue };
        if mutant == subject.bytes {
            counts[operator].unchanged += 1;
            continue;
        }
        made += 1;
        counts[operator].made += 1;
        let verdict = check(&mutant, Some(&subject.statement));
        if verdict.is_ok() {
            revalidate(&mutant, &subject.bytes, 3, &mut r).ok_or_else(|| {
                format!(
                    "WRONGLY ACCEPTED ({}): {}\n{}",
                    OPERATORS[operator],
                    subject.name,
                    String::from_utf8_lossy(&mutant)
                )
            })?;
            counts[operator].equivalent += 1;
        } else {
            counts[operator].killed += 1;
        }
        // Every accepted mutant goes to the second checker, and the first `python` others.
        if python > 0 && (sample.len() < python || verdict.is_ok()) {
            sample.push((mutant, which, verdict.is_ok()));
        }
    }
    if made < count {
        return Err(format!("only {made} mutants could be made"));
    }
    if python > 0 { second_opinion(subjects, &sample, script).map(|()| counts) } else { Ok(counts) }
}

/// The second checker must give the same verdicts.
fn second_opinion(subjects: &[Subject], sample: &[(Vec<u8>, usize, bool)], script: &Path) -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("tauber-mutants-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let mut list = String::new();
    for (i, (mutant, which, _)) in sample.iter().enumerate() {
        let path = folder.join(format!("{i}.json"));
        std::fs::write(&path, mutant).map_err(|e| e.to_string())?;
        list += &format!("{}\t{}\n", path.display(), subjects[*which].file.display());
    }
    let mut child = Command::new("python3")
        .arg(script)
        .args(["--stdin-list", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("python3 (3.11 or later) is needed for the second checker: {e}"))?;
    child.stdin.take().map(|mut stdin| stdin.write_all(list.as_bytes())).transpose().map_err(|e| e.to_string())?;
    let output = child.wait_with_output().map_err(|e| e.to_string())?;
    std::fs::remove_dir_all(&folder).map_err(|e| e.to_string())?;
    let results: Vec<Value> = serde_json::from_slice(&output.stdout).map_err(|e| format!("second checker: {e}"))?;
    if results.len() != sample.len() {
        return Err(format!("second checker: {} verdicts for {} mutants", results.len(), sample.len()));
    }
    for ((mutant, _, accepted), result) in sample.iter().zip(&results) {
        if result["accepted"] != *accepted {
            let text = String::from_utf8_lossy(mutant);
            return Err(format!("THE CHECKERS DISAGREE (first: {accepted}): {result}\n{text}"));
        }
    }
    Ok(())
}

/// Each certificate against every other statement that differs: all must be rejected. Returns how many pairs.
pub fn crossed(subjects: &[Subject]) -> Result<usize, String> {
    let hashes: HashSet<String> = subjects.iter().map(|s| s.statement.sha256()).collect();
    let mut pairs = 0;
    for a in subjects {
        for b in subjects.iter().filter(|b| b.statement.sha256() != a.statement.sha256()) {
            if check(&a.bytes, Some(&b.statement)).is_ok() {
                return Err(format!("{} was accepted for the statement {}", a.name, b.name));
            }
            pairs += 1;
        }
    }
    if hashes.len() > 1 && pairs == 0 { Err("no pair was compared".into()) } else { Ok(pairs) }
}

/// The table of counts.
pub fn table(counts: &[Count]) -> String {
    let mut out = format!("{:<38}{:>9}{:>9}{:>12}{:>11}\n", "operator", "mutants", "killed", "equivalent", "unchanged");
    let mut total = Count::default();
    for (name, c) in OPERATORS.iter().zip(counts) {
        out += &format!("{name:<38}{:>9}{:>9}{:>12}{:>11}\n", c.made, c.killed, c.equivalent, c.unchanged);
        total.made += c.made;
        total.killed += c.killed;
        total.equivalent += c.equivalent;
        total.unchanged += c.unchanged;
    }
    let c = total;
    out + &format!("{:<38}{:>9}{:>9}{:>12}{:>11}\n", "all", c.made, c.killed, c.equivalent, c.unchanged)
}
