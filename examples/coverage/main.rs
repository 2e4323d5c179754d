//! The table of every numbered equation, and the mutations that its tests must notice.
//!
//! ```text
//! cargo run --example coverage -- table                      write docs/coverage.md
//! cargo run --example coverage -- check                      fail if it is out of date
//! cargo run --example coverage -- mutate                     every mutation on a copy; goes on where it was interrupted
//! cargo run --example coverage -- mutate --sample 3 --seed X three of them
//! cargo run --example coverage -- mutate --only "(28a)"      those rows or that test
//! cargo run --example coverage -- mutate --since REVISION    rows that are new or differ from it
//! ```

mod mutate;
mod rows;
mod table;

use rows::Coverage;
use std::path::Path;
use std::process::ExitCode;
use tauber::verify::{Effort, run};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match act(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("coverage: {why}");
            ExitCode::from(if why.starts_with("usage") { 2 } else { 1 })
        }
    }
}

fn act(arguments: &[String]) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let coverage = Coverage::read(root)?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if !matches!(words.first(), Some(&"mutate")) {
        let problems = coverage.problems(root);
        if !problems.is_empty() {
            return Err(problems.join("\n"));
        }
    }
    let path = root.join("docs/coverage.md");
    match words.as_slice() {
        ["table"] => {
            std::fs::write(&path, fresh(&coverage)?).map_err(|e| format!("{}: {e}", path.display()))
        }
        ["check"] => {
            let stored =
                std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            let same =
                table::without_deviations(&stored) == table::without_deviations(&fresh(&coverage)?);
            if same {
                println!("docs/coverage.md: {} rows, up to date", coverage.rows.len());
                Ok(())
            } else {
                Err("docs/coverage.md is out of date: run with `table`".to_owned())
            }
        }
        ["mutate"] => mutate::run(root, &coverage, None),
        ["mutate", "--only", text] => {
            let mut coverage = coverage;
            coverage
                .rows
                .retain(|row| row.equations.contains(text) || row.test.contains(text));
            mutate::run(root, &coverage, None)
        }
        ["mutate", "--since", revision] => {
            let mut coverage = coverage;
            let before = mutate::rows_at(root, revision)?;
            coverage.rows.retain(|row| !before.contains(row));
            mutate::run(root, &coverage, None)
        }
        ["mutate", "--sample", count, "--seed", seed] => {
            let count = count
                .parse()
                .map_err(|_| format!("usage: --sample {count}: expected a number"))?;
            mutate::run(root, &coverage, Some((count, seed)))
        }
        _ => Err(
            "usage: table | check | mutate [--only TEXT | --since REVISION | --sample COUNT --seed TEXT]".to_owned(),
        ),
    }
}

fn fresh(coverage: &Coverage) -> Result<String, String> {
    let checks = run(Effort::Full, &|name| eprintln!("{name}")).map_err(|e| e.to_string())?;
    table::page(coverage, &checks)
}
