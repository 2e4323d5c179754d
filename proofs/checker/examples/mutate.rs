//! The mutation campaign: `cargo run --release -p tauber-checker --example mutate -- --count 100000 --python 5000
//! [--seed S] [--certificates DIR --statements DIR]...`. Exit code 1 if a mutant is wrongly accepted or the checkers disagree.
#[path = "../tests/support/campaign.rs"]
mod campaign;
#[path = "../tests/support/mutation.rs"]
mod mutation;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn campaign() -> Result<(), String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut count, mut seed, mut python) = (100_000, 1_u64, 0);
    let (mut certificates, mut statements): (Vec<PathBuf>, Vec<PathBuf>) = (Vec::new(), Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or(format!("{flag} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|e| format!("{flag} {value}: {e}"));
        match flag.as_str() {
            "--count" => count = number()? as usize,
            "--seed" => seed = number()?,
            "--python" => python = number()? as usize,
            "--certificates" => certificates.push(value.into()),
            "--statements" => statements.push(value.into()),
            _ => return Err(format!("unknown flag {flag}")),
        }
    }
    if certificates.len() != statements.len() {
        return Err("as many --statements as --certificates are needed".into());
    }
    let own = here.join("tests/certificates");
    let mut all = campaign::subjects(&own, &own)?;
    for (certificates, statements) in certificates.iter().zip(&statements) {
        all.extend(campaign::subjects(certificates, statements)?);
    }
    println!("seed {seed}, {} certificates", all.len());
    println!("{} pairs of a certificate and another statement: all rejected", campaign::crossed(&all)?);
    let counts = campaign::run(&all, count, seed, python, &here.join("../check.py"))?;
    print!("{}", campaign::table(&counts));
    println!(
        "no mutant was wrongly accepted; the second checker agreed on {python} of them and on all that were accepted"
    );
    Ok(())
}

fn main() -> ExitCode {
    match campaign() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
