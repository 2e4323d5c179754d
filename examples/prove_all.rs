//! Proves every statement of `proofs/statements/` from nothing, shortens the certificates, checks them and
//! writes them to `proofs/certificates/`; then refutes every file of `proofs/false/`.
//!
//! ```text
//! cargo run --release --example prove_all [seconds of shortening for each statement, 4]
//! ```

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tauber::certificate::{Inequality, Statement, Verdict};
use tauber::polynomial::Polynomial;
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

/// What a person adds for the statements that the search does not settle alone in the time given:
/// (statement, splits, squares, facts).
type Help = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);
const HELP: [Help; 1] = [(
    "s_positive_for_negative_tau",
    &["b"],
    &["a - b - 1"],
    &[
        "2*(1 + b) - a > 0",
        "1 + b*z > 0",
        "(1 + b)*(1 - b*z)*(1 - b^2*z) + 2*a*b*z*(2*(1 + b) - a) > 0",
    ],
)];

fn main() -> Result<(), Box<dyn Error>> {
    let shortening: f64 = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 4.0,
    };
    let root = Path::new("proofs");
    let options =
        |name: &str, statement: &Statement, shortening| -> Result<Options, Box<dyn Error>> {
            let mut options = Options {
                time: Some(Duration::from_secs(120)),
                shortening: Duration::from_secs_f64(shortening),
                ..Options::default()
            };
            for (_, splits, squares, facts) in HELP.iter().filter(|help| help.0 == name) {
                for text in *splits {
                    options.splits.push(Polynomial::parse(text)?);
                }
                for text in *squares {
                    options.squares.push(Polynomial::parse(text)?);
                }
                for text in *facts {
                    options
                        .facts
                        .push(Inequality::parse(text, statement.variables())?);
                }
            }
            Ok(options)
        };
    let (mut proving, mut checking, mut failures) = (0.0, 0.0, 0);
    for path in statements(&root.join("statements"))? {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let statement = Statement::from_toml(&fs::read_to_string(&path)?)?;
        let first = prove(&statement, &options(&name, &statement, 0.0)?);
        proving += first.search_seconds + first.check_seconds;
        let short = prove(&statement, &options(&name, &statement, shortening)?);
        match &short.verdict {
            Verdict::Proved(certificate) => {
                let start = Instant::now();
                certificate.check()?;
                checking += start.elapsed().as_secs_f64();
                let file = root.join("certificates").join(format!("{name}.json"));
                fs::write(file, certificate.to_json())?;
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
        let outcome = prove(&statement, &options(&name, &statement, 0.0)?);
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
