//! Prints how long one check takes: `cargo run --release -p tauber-checker --example check_time -- CERT...`
use std::process::ExitCode;
use std::time::Instant;

use tauber_checker::check;

fn main() -> ExitCode {
    for path in std::env::args().skip(1) {
        let Ok(bytes) = std::fs::read(&path) else {
            eprintln!("{path} cannot be read");
            return ExitCode::from(2);
        };
        let (started, mut runs, mut accepted) = (Instant::now(), 0, 0);
        while runs < 1000 && started.elapsed().as_secs() < 1 {
            accepted += u32::from(check(&bytes, None).is_ok());
            runs += 1;
        }
        let each = started.elapsed() / runs;
        println!("{path}: {} in {each:?}", if accepted == runs { "accepted" } else { "rejected" });
    }
    ExitCode::SUCCESS
}
