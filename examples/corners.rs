//! Losses at random corners against the squared operator in 380 bits and more:
//! `cargo run --release --example corners -- [hunt] [COUNT [SEED]]`.
//!
//! `hunt` takes up to 50 modes and compares the enclosures too: those of the proved contour, of the recursion in balls (t up to 300) and
//! of the squared operator must all intersect, and the fast value must lie within its error. It fails where one does not.
//!
//! Prints how many values and refusals there were, the ratio of estimated to true error (smallest, median,
//! largest) and every value whose error exceeds its estimate; exit code 1 if there is one, or if the median exceeds
//! 1,000. Values without any error have no ratio and are counted.

#[path = "../tests/corner_sweep/mod.rs"]
mod corner_sweep;
#[path = "../tests/high_precision/mod.rs"]
#[allow(dead_code)] // shared with tests/oracles.rs
mod high_precision;

use corner_sweep::{Outcome, Random, compare, hunted, setting};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::process::ExitCode;
use tauber::generating::rigorous::{
    ExactHyperparameters, RigorousSpectrum, loss_by_contour, loss_by_recursion,
};
use tauber::number::{Ball, Rational};
use tauber::spectrum::Spectrum;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    let hunting = words.next_if(|word| word == "hunt").is_some();
    let mut numbers = words.map(|word| word.parse::<u64>());
    let (Ok(count), Ok(seed)) = (
        numbers.next().unwrap_or(Ok(400)),
        numbers.next().unwrap_or(Ok(1)),
    ) else {
        eprintln!("usage: corners [hunt] [COUNT [SEED]], both whole numbers");
        return ExitCode::from(2);
    };
    if hunting {
        return hunt(count, seed);
    }
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

/// What the enclosures of one setting said.
enum Verdict {
    /// All intersect; whether the contour was proved, and whether a fast value was there.
    Agree(bool, bool),
    /// The squared operator gave no digits.
    NoOracle(String),
    Disagree(String),
}

fn hunt(count: u64, seed: u64) -> ExitCode {
    let mut random = Random(seed);
    let settings: Vec<_> = (0..count).filter_map(|_| hunted(&mut random)).collect();
    let verdicts: Vec<_> = settings.par_iter().map(|(s, t)| examine(s, *t)).collect();
    let (mut contours, mut fast, mut silent, mut failed) = (0, 0, 0, false);
    for ((s, step), verdict) in settings.iter().zip(&verdicts) {
        match verdict {
            Verdict::Agree(proved, valued) => {
                contours += usize::from(*proved);
                fast += usize::from(*valued);
            }
            Verdict::NoOracle(why) => {
                silent += 1;
                println!("no oracle at t = {step}: {why}: {}", s.name);
            }
            Verdict::Disagree(what) => {
                failed = true;
                println!("DISAGREE at t = {step}: {what}: {}", s.name);
            }
        }
    }
    println!(
        "seed {seed}: {} settings, {contours} proved contours and {fast} fast values compared, {silent} without an oracle",
        settings.len()
    );
    ExitCode::from(u8::from(failed))
}

fn examine(s: &high_precision::Setting, step: u64) -> Verdict {
    let zero = Rational::from_integer(0.into());
    // Without the eigenvalues that count as zero in `f64`: their loss is constant.
    let (l, q) = (s.spectrum.eigenvalues(), s.spectrum.signal());
    let moving = match Spectrum::new(l.to_vec(), q.map(<[f64]>::to_vec)) {
        Ok(spectrum) => high_precision::Setting {
            spectrum,
            ..s.clone()
        },
        Err(why) => return Verdict::NoOracle(why.to_string()),
    };
    let spectrum = match RigorousSpectrum::listed(&moving.spectrum, zero) {
        Ok(spectrum) => spectrum,
        Err(why) => return Verdict::NoOracle(why.to_string()),
    };
    let p = ExactHyperparameters::from(&s.hyper);
    let reference = match high_precision::squaring(&moving, step) {
        Ok(reference) => reference,
        Err(why) => return Verdict::NoOracle(why),
    };
    let apart = |other: &Ball| !(other.clone() - reference.clone()).below().is_zero();
    let contour = loss_by_contour(&spectrum, &p, step, 20).ok();
    if contour.as_ref().is_some_and(|proof| apart(&proof.loss)) {
        return Verdict::Disagree("the proved contour".into());
    }
    if step <= 300 && loss_by_recursion(&spectrum, &p, step, 20).is_ok_and(|loss| apart(&loss)) {
        return Verdict::Disagree("the recursion in balls".into());
    }
    match compare(s, step) {
        Ok(Outcome::Value(off, said, method)) if off.is_nan() || off > said => {
            Verdict::Disagree(format!("{method}, error {off:e} > {said:e}"))
        }
        Ok(Outcome::Value(..)) => Verdict::Agree(contour.is_some(), true),
        Ok(Outcome::Refused(_)) => Verdict::Agree(contour.is_some(), false),
        Err(why) => Verdict::NoOracle(why),
    }
}
