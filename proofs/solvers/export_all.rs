//! Writes the exports of many statements and certificates into one folder, in one process.
//!
//! `export_all FOLDER FILE...`: a statement `x.toml` gives `x.smt2`, `x.qepcad`, `x.red` and `x.statement.v` (no
//! proof); a certificate `x.json` gives `x.v`, if the checker accepts it for the statement `x.toml` of the same call,
//! and a line `x TERMS BYTES`. `proofs/solvers/run.py` calls it.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tauber::certificate::{Certificate, Statement};
use tauber::export::{Format, certificate_to_rocq, statement};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: export_all FOLDER FILE...");
        return ExitCode::from(2);
    };
    let is = |file: &PathBuf, kind: &str| file.extension().is_some_and(|e| e == kind);
    let files: Vec<PathBuf> = arguments.collect();
    let mut statements = BTreeMap::new();
    let mut failed = false;
    let mut report = |file: &Path, result: Result<(), Box<dyn Error>>| {
        if let Err(error) = result {
            eprintln!("{}: {error}", file.display());
            failed = true;
        }
    };
    for file in files.iter().filter(|file| is(file, "toml")) {
        report(file, export_statement(&folder, file, &mut statements));
    }
    for file in files.iter().filter(|file| !is(file, "toml")) {
        report(file, export_certificate(&folder, file, &statements));
    }
    ExitCode::from(u8::from(failed))
}

fn stem(file: &Path) -> Result<&str, Box<dyn Error>> {
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    stem.ok_or_else(|| "expected a file with a name in UTF-8".into())
}

fn export_statement(
    folder: &Path,
    file: &Path,
    statements: &mut BTreeMap<String, Statement>,
) -> Result<(), Box<dyn Error>> {
    let name = stem(file)?;
    let read = Statement::from_toml(&fs::read_to_string(file)?)?;
    for format in Format::ALL {
        let infix = if format == Format::Rocq {
            ".statement"
        } else {
            ""
        };
        let target = folder.join(format!("{name}{infix}.{}", format.extension()));
        fs::write(target, statement(&read, format)?)?;
    }
    statements.insert(name.to_owned(), read);
    Ok(())
}

fn export_certificate(
    folder: &Path,
    file: &Path,
    statements: &BTreeMap<String, Statement>,
) -> Result<(), Box<dyn Error>> {
    let name = stem(file)?;
    let target = folder.join(format!("{name}.{}", Format::Rocq.extension()));
    // A proof of an earlier call must not stand in for one that fails now.
    if target.exists() {
        fs::remove_file(&target)?;
    }
    let named = statements
        .get(name)
        .ok_or("no statement of this name was given")?;
    let bytes = fs::read(file)?;
    tauber_checker::check(&bytes, Some(named.checked())).map_err(|r| format!("{r:?}"))?;
    let certificate = Certificate::from_json(&bytes)?;
    fs::write(target, certificate_to_rocq(&certificate)?)?;
    println!("{name} {} {}", certificate.terms(), bytes.len());
    Ok(())
}
