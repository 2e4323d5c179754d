//! Proves every statement of `proofs/statements/` from nothing, shortens the certificates, checks them and
//! writes them to `proofs/certificates/` where that is missing or has more terms; then refutes every file of `proofs/false/`.
//!
//! ```text
//! cargo run --release --example prove_all [seconds of shortening for each statement, 4]
//! ```

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tauber::certificate::{Certificate, Statement, Verdict};
use tauber::prover::{Options, prove};

fn statements(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut list = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            list.push(path);
        }
    }
    list.sort();
    Ok(list)
}

/// Whether the file holds no valid certificate of the statement with at most as many terms.
fn shorter(certificate: &Certificate, file: &Path) -> bool {
    let stored = fs::read(file).ok();
    let stored = stored.and_then(|bytes| Certificate::from_json(&bytes).ok());
    stored.is_none_or(|stored| {
        stored.statement != certificate.statement || certificate.terms() < stored.terms()
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let shortening: f64 = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 4.0,
    };
    let root = Path::new("proofs");
    let options = |shortening| Options {
        time: Some(Duration::from_secs(120)),
        shortening: Duration::from_secs_f64(shortening),
        ..Options::default()
    };
    let (mut proving, mut checking, mut failures) = (0.0, 0.0, 0);
    for path in statements(&root.join("statements"))? {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let statement = Statement::from_toml(&fs::read_to_string(&path)?)?;
        let first = prove(&statement, &options(0.0));
        proving += first.search_seconds + first.check_seconds;
        let short = prove(&statement, &options(shortening));
        match &short.verdict {
            Verdict::Proved(certificate) => {
                let start = Instant::now();
                certificate.check()?;
                checking += start.elapsed().as_secs_f64();
                let file = root.join("certificates").join(format!("{name}.json"));
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
    for path in statements(&root.join("false"))? {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let statement = Statement::from_toml(&fs::read_to_string(&path)?)?;
        let outcome = prove(&statement, &options(0.0));
        match outcome.verdict {
            Verdict::Refuted(witness) => println!("{name:48} refuted {witness}"),
            other => {
                failures += 1;
                println!("NOT REFUTED {name}: {}", other.word());
            }
        }
    }
    if failures > 0 {
        return Err(format!("{failures} statements without the expected verdict").into());
    }
    Ok(())
}
