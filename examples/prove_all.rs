//! Proves every statement of `proofs/statements/` from nothing, shortens the certificates, checks them and
//! writes them to `proofs/certificates/` where that is missing or has more terms; then refutes every file of `proofs/false/`.
//!
//! ```text
//! cargo run --release --example prove_all [seconds of shortening for each statement, 4]
//! cargo run --release --example prove_all -- --repeat 5 --limit-seconds 60 --limit-lemmas 0.1 --limit-check 0.001 --limit-checks 1
//! ```
//!
//! With `--repeat N` nothing is shortened or written: every statement is proved N times, every stored certificate checked N
//! times, and medians are printed. It then exits with an error where a limit given is passed:
//!
//! | flag | limits, in seconds |
//! |---|---|
//! | `--limit-seconds` | the sum over all statements of the medians, from the statement to a checked certificate |
//! | `--limit-lemmas` | the same for the two main lemmas together (S > 0 and R1 > 0) |
//! | `--limit-check` | the slowest check of a stored certificate (median) |
//! | `--limit-checks` | the sum of the medians of all checks |

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tauber::certificate::{Certificate, Statement, Verdict};
use tauber::prover::{Options, prove};

/// Lemma 1.1 and 1.3.
const MAIN_LEMMAS: [&str; 2] = ["s_positive_on_stable_box", "zu_increasing"];

const FLAGS: [&str; 5] = [
    "--repeat",
    "--limit-seconds",
    "--limit-lemmas",
    "--limit-check",
    "--limit-checks",
];

type Failure = Box<dyn Error>;

fn statements(folder: &Path) -> Result<Vec<(String, Statement)>, Failure> {
    let mut list: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            list.push(path);
        }
    }
    list.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let statement = Statement::from_toml(&fs::read_to_string(&path)?)?;
        Ok((name.into_owned(), statement))
    };
    list.into_iter().map(read).collect()
}

fn stored(name: &str) -> PathBuf {
    Path::new("proofs/certificates").join(format!("{name}.json"))
}

/// Whether the file holds no valid certificate of the statement with at most as many terms.
fn shorter(certificate: &Certificate, file: &Path) -> bool {
    let stored = fs::read(file).ok();
    let stored = stored.and_then(|bytes| Certificate::from_json(&bytes).ok());
    stored.is_none_or(|stored| {
        stored.statement != certificate.statement || certificate.terms() < stored.terms()
    })
}

fn options(shortening: f64) -> Options {
    Options {
        time: Some(Duration::from_secs(120)),
        shortening: Duration::from_secs_f64(shortening),
        ..Options::default()
    }
}

/// The statements without the expected verdict.
fn prove_and_store(shortening: f64) -> Result<usize, Failure> {
    let (mut proving, mut checking, mut failures) = (0.0, 0.0, 0);
    for (name, statement) in statements(Path::new("proofs/statements"))? {
        let first = prove(&statement, &options(0.0));
        proving += first.search_seconds + first.check_seconds;
        let short = prove(&statement, &options(shortening));
        match &short.verdict {
            Verdict::Proved(certificate) => {
                let start = Instant::now();
                certificate.check()?;
                checking += start.elapsed().as_secs_f64();
                let file = stored(&name);
                if shorter(certificate, &file) {
                    fs::write(file, certificate.to_json())?;
                }
            }
            Verdict::Refuted(witness) => {
                failures += 1;
                println!("REFUTED {name}: {witness}");
            }
            Verdict::Unknown(why) => {
                failures += 1;
                println!("UNKNOWN {name}: {why}");
            }
        }
        println!(
            "{name:48} {:3} terms found in {:.4} s, shortened to {:3} ({})",
            first.terms, first.search_seconds, short.terms, short.method
        );
    }
    println!("proved in {proving:.3} s without shortening; checked in {checking:.4} s");
    Ok(failures)
}

fn refute_all() -> Result<usize, Failure> {
    let mut failures = 0;
    for (name, statement) in statements(Path::new("proofs/false"))? {
        match prove(&statement, &options(0.0)).verdict {
            Verdict::Refuted(witness) => println!("{name:48} refuted {witness}"),
            other => {
                failures += 1;
                println!("NOT REFUTED {name}: {}", other.word());
            }
        }
    }
    Ok(failures)
}

fn median(mut list: Vec<f64>) -> f64 {
    list.sort_by(f64::total_cmp);
    let n = list.len();
    0.5 * (list[(n - 1) / 2] + list[n / 2])
}

/// The seconds that limits are compared with.
#[derive(Debug, Default)]
struct Measured {
    all: f64,
    lemmas: f64,
    slowest_check: f64,
    checks: f64,
}

fn measure(repeat: usize) -> Result<Measured, Failure> {
    let mut sums = Measured::default();
    println!(
        "{:48} {:>12} {:>12}",
        "statement", "proved in s", "checked in s"
    );
    for (name, statement) in statements(Path::new("proofs/statements"))? {
        let (mut proving, mut checking) = (Vec::new(), Vec::new());
        let json = fs::read(stored(&name))?;
        for _ in 0..repeat {
            let outcome = prove(&statement, &options(0.0));
            if outcome.verdict.word() != "proved" {
                return Err(format!("{name}: {}", outcome.verdict.word()).into());
            }
            proving.push(outcome.search_seconds + outcome.check_seconds);
            let start = Instant::now();
            tauber_checker::check(&json, Some(statement.checked()))?;
            checking.push(start.elapsed().as_secs_f64());
        }
        let (proved, checked) = (median(proving), median(checking));
        println!("{name:48} {proved:12.4} {checked:12.6}");
        sums.all += proved;
        sums.checks += checked;
        sums.slowest_check = sums.slowest_check.max(checked);
        if MAIN_LEMMAS.contains(&name.as_str()) {
            sums.lemmas += proved;
        }
    }
    Ok(sums)
}

/// A flag's value, if it is there.
fn number(words: &[String], flag: &str) -> Result<Option<f64>, Failure> {
    let Some(place) = words.iter().position(|w| w == flag) else {
        return Ok(None);
    };
    let text = words
        .get(place + 1)
        .ok_or(format!("{flag} needs a number"))?;
    let value: f64 = text
        .parse()
        .map_err(|_| format!("{flag}: `{text}` is no number"))?;
    if !value.is_finite() || value <= 0.0 {
        return Err(format!("{flag} must be positive, got {text}").into());
    }
    Ok(Some(value))
}

fn timings(words: &[String], repeat: usize) -> Result<(), Failure> {
    let mut limits = BTreeMap::new();
    for flag in &FLAGS[1..] {
        limits.insert(*flag, number(words, flag)?);
    }
    let measured = measure(repeat)?;
    let mut passed = Vec::new();
    for (flag, what, seconds) in [
        (
            "--limit-seconds",
            "all statements, from nothing to a checked certificate",
            measured.all,
        ),
        (
            "--limit-lemmas",
            "the two main lemmas together",
            measured.lemmas,
        ),
        (
            "--limit-check",
            "the slowest check of a stored certificate",
            measured.slowest_check,
        ),
        ("--limit-checks", "all checks", measured.checks),
    ] {
        let limit = limits.get(flag).copied().flatten();
        let against = limit.map_or_else(String::new, |limit| format!(" (limit {limit} s)"));
        println!("{what}: {seconds:.6} s{against}");
        if limit.is_some_and(|limit| seconds > limit) {
            passed.push(format!("{what}: {seconds:.6} s{against}"));
        }
    }
    if passed.is_empty() {
        return Ok(());
    }
    Err(format!("over the limit: {}", passed.join("; ")).into())
}

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|w| w.starts_with("--")) {
        let odd = words
            .iter()
            .step_by(2)
            .find(|w| !FLAGS.contains(&w.as_str()));
        if let Some(odd) = odd {
            return Err(
                format!("unknown argument {odd}; the flags are {}", FLAGS.join(", ")).into(),
            );
        }
        let repeat = number(&words, "--repeat")?.unwrap_or(1.0).max(1.0);
        return timings(&words, repeat as usize);
    }
    let shortening = words.first().map_or(Ok(4.0), |text| text.parse())?;
    let failures = prove_and_store(shortening)? + refute_all()?;
    if failures > 0 {
        return Err(format!("{failures} statements without the expected verdict").into());
    }
    Ok(())
}
