//! Losses at random corners against the squared operator in 380 bits and more:
//! `cargo run --release --example corners -- [COUNT [SEED]]`.
//!
//! Prints how many values and refusals there were, the ratio of estimated to true error (smallest, median,
//! largest) and every value whose error exceeds its estimate; exit code 1 if there is one, or if the median exceeds
//! 1,000. Values without any error have no ratio and are counted.

#[path = "../tests/corner_sweep/mod.rs"]
mod corner_sweep;
#[path = "../tests/high_precision/mod.rs"]
#[allow(dead_code)] // shared with tests/oracles.rs
mod high_precision;

use corner_sweep::{Outcome, Random, compare, setting};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let (Ok(count), Ok(seed)) = (
        numbers.next().unwrap_or(Ok(400)),
        numbers.next().unwrap_or(Ok(1)),
    ) else {
        eprintln!("usage: corners [COUNT [SEED]], both whole numbers");
        return ExitCode::from(2);
    };
    let mut random = Random(seed);
    let settings: Vec<_> = (0..count).filter_map(|_| setting(&mut random)).collect();
    let found: Vec<_> = settings
        .par_iter()
        .map(|(s, step)| (s, step, compare(s, *step)))
        .collect();
    let mut ratios = Vec::new();
    let mut methods: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut exact, mut refused, mut failed, mut silent) = (0, 0, 0, 0);
    for (s, step, outcome) in found {
        match outcome {
            Ok(Outcome::Value(off, said, method)) => {
                *methods.entry(method).or_default() += 1;
                if off.is_nan() || off > said {
                    silent += 1;
                    println!(
                        "ERROR {off:e} > estimate {said:e} at t = {step} by {method}: {}",
                        s.name
                    );
                }
                if off > 0.0 {
                    ratios.push(said / off);
                } else {
                    exact += 1;
                }
            }
            Ok(Outcome::Refused(_)) => refused += 1,
            Err(why) => {
                failed += 1;
                println!("no comparison at t = {step}: {why}: {}", s.name);
            }
        }
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN);
    let ends = [ratios.first(), ratios.last()].map(|r| r.copied().unwrap_or(f64::NAN));
    println!(
        "seed {seed}: {} settings, {} values ({methods:?}), {exact} without any error, {refused} refused, {failed} without comparison",
        settings.len(),
        ratios.len() + exact
    );
    println!(
        "estimate/error: smallest {:.3}, median {median:.1}, largest {:.1e}; errors beyond the estimate: {silent}",
        ends[0], ends[1]
    );
    let fine = silent == 0 && median <= 1000.0;
    ExitCode::from(u8::from(!fine))
}
