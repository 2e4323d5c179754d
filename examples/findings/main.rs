//! The numbers behind `docs/findings.md`: `cargo run --release --example findings -- 3` prints those of finding 3,
//! without a number all of them.

mod numbers;

use numbers::FINDINGS;
use std::fmt::Write as _;
use std::io::Write as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted = match std::env::args().nth(1) {
        None => None,
        Some(word) => match word.parse::<u8>() {
            Ok(number) if FINDINGS.iter().any(|f| f.number == number) => Some(number),
            _ => {
                return Err(format!(
                    "`{word}` is no finding with numbers: 1 to {}",
                    FINDINGS.len()
                )
                .into());
            }
        },
    };
    let mut text = String::new();
    for finding in FINDINGS {
        if wanted.is_some_and(|number| number != finding.number) {
            continue;
        }
        let [said, found] = finding.columns;
        writeln!(text, "finding {}", finding.number)?;
        writeln!(text, "{:52} {said:>24} {found:>30}", "")?;
        for line in (finding.lines)()? {
            let said = if line.said.is_nan() {
                "-".to_owned()
            } else {
                format!("{:.6e}", line.said)
            };
            writeln!(
                text,
                "{:52} {said:>24} {:>30}",
                line.what,
                format!("{:.6e}", line.found)
            )?;
        }
        text.push('\n');
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
