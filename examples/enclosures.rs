//! Tries to catch an enclosure of L_t that does not hold the truth.
//!
//! ```sh
//! cargo run --release --example enclosures -- --count 1000 --seed 1
//! ```
//!
//! Random finite spectra (N <= 8), biased to corners: equal and nearly equal eigenvalues, many decades, silent modes, learning
//! rates near the edges, momentum near +-1, tau in [-1, 1], steps from 0 to 2^63. Of each setting the proved contour
//! and what `--rigorous` would print are compared with the squared operator and, at small steps,
//! with exact rationals that are written from the update rule. The same enclosures moved by four radii must
//! be caught. Exit code 1 if an enclosure misses, or if a moved one passes.

#[path = "../tests/high_precision/exact.rs"]
mod exact;

use num_traits::Zero;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::process::ExitCode;
use std::time::Instant;
use tauber::generating::rigorous::{
    ExactHyperparameters, RigorousError, RigorousSpectrum, enclose_loss, loss_by_contour,
    loss_by_squaring,
};
use tauber::number::{Ball, Rational, rational_from_f64};
use tauber::spectrum::Spectrum;

const DIGITS: u32 = 12;
/// Exact rationals are carried this far.
const EXACT_STEPS: u64 = 12;

struct Setting {
    spectrum: Spectrum,
    exact: ExactHyperparameters,
    step: u64,
}

fn pick<T: Copy>(rng: &mut ChaCha8Rng, from: &[T]) -> T {
    from[rng.random_range(0..from.len())]
}

/// A number cut to few bits, so that rationals stay short.
fn short(value: f64) -> f64 {
    f64::from_bits(value.to_bits() & !((1 << 40) - 1))
}

fn eigenvalues(rng: &mut ChaCha8Rng) -> Vec<f64> {
    let n = rng.random_range(1..=8);
    let kind = rng.random_range(0..6);
    let decades = pick(rng, &[1.0, 3.0, 8.0, 12.0]);
    (0..n)
        .map(|k| {
            let k = f64::from(k);
            match kind {
                0 => 1.0,
                1 => 1.0 - k * 2f64.powi(-40),
                2 => 10f64.powf(-decades * k / 8.0),
                3 => (1.0 + k).powf(-pick(rng, &[1.1, 1.5, 4.0])),
                4 => rng.random_range(0.001..1.0),
                _ => pick(rng, &[1.0, 0.999_999, 0.5, 1e-3, 1e-9]),
            }
        })
        .map(|l| if kind == 1 { l } else { short(l) })
        .collect()
}

fn random(rng: &mut ChaCha8Rng) -> Option<Setting> {
    let eigenvalues = eigenvalues(rng);
    let signal: Vec<f64> = eigenvalues
        .iter()
        .map(|l| match rng.random_range(0..5) {
            0 => 0.0,
            1 => 1.0,
            2 => 1e-12,
            3 => *l,
            _ => rng.random_range(0.0..2.0),
        })
        .map(short)
        .collect();
    let spectrum = Spectrum::new(eigenvalues, Some(signal)).ok()?;
    let near_one = [0.0, 0.5, -0.5, 0.9, -0.9, 0.99, -0.95, 0.999];
    let momentum = match rng.random_range(0..10) {
        0 | 1 => short(rng.random_range(-1.0..1.0)),
        _ => pick(rng, &near_one),
    };
    let tau = match rng.random_range(0..4) {
        0 => short(rng.random_range(-1.0..1.0)),
        _ => pick(rng, &[-1.0, 0.0, 0.5, 1.0]),
    };
    let gamma = match rng.random_range(0..4) {
        0 => short(rng.random_range(0.0..1.0)),
        _ => pick(rng, &[0.0, 1.0, 0.5, 0.125, 1e-3, 1e-9]),
    };
    let edge = 2.0 * (1.0 + momentum) / spectrum.largest();
    let share = match rng.random_range(0..3) {
        0 => rng.random_range(0.0..1.2),
        _ => pick(
            rng,
            &[1e-6, 1e-3, 0.1, 0.3, 0.5, 0.9, 0.999, 1.0, 1.001, 1.5],
        ),
    };
    let step = match rng.random_range(0..4) {
        0 => rng.random_range(0..=EXACT_STEPS),
        1 => 10f64.powf(rng.random_range(1.0..6.0)) as u64,
        _ => pick(
            rng,
            &[
                299,
                300,
                1_000,
                10_000,
                1_000_000,
                1_000_000_000,
                1_000_000_000_000,
                1 << 63,
            ],
        ),
    };
    let q = |x: f64| rational_from_f64(x).unwrap_or_else(Rational::zero);
    let exact =
        ExactHyperparameters::new(q(short(share * edge)), q(momentum), q(gamma), q(tau)).ok()?;
    Some(Setting {
        spectrum,
        exact,
        step,
    })
}

#[derive(Default)]
struct Tally {
    settings: u64,
    by_contour: u64,
    contour_refused: u64,
    printed: u64,
    refused: u64,
    rationals: u64,
    moved: u64,
    moved_caught: u64,
    misses: Vec<String>,
}

impl Tally {
    fn merged(mut self, other: Self) -> Self {
        self.settings += other.settings;
        self.by_contour += other.by_contour;
        self.contour_refused += other.contour_refused;
        self.printed += other.printed;
        self.refused += other.refused;
        self.rationals += other.rationals;
        self.moved += other.moved;
        self.moved_caught += other.moved_caught;
        self.misses.extend(other.misses);
        self
    }
}

/// Whether two balls may hold the same number.
fn meet(x: &Ball, y: &Ball) -> bool {
    let gap = x.clone() - y.clone();
    !(gap.is_positive() || gap.is_negative())
}

fn rational_loss(s: &Setting) -> Option<Rational> {
    let lift = |x: f64| rational_from_f64(x).unwrap_or_else(Rational::zero);
    let e = &s.exact;
    let hyper = [
        e.learning_rate(),
        e.momentum(),
        e.noise_amplitude(),
        e.tau(),
    ]
    .map(Rational::clone);
    let nodes: Vec<exact::Node> = s
        .spectrum
        .eigenvalues()
        .iter()
        .zip(s.spectrum.signal()?)
        .map(|(l, q)| [lift(*l), lift(1.0), lift(*q)])
        .collect();
    exact::losses(&hyper, &nodes, &lift(0.0), s.step as usize).pop()
}

fn examine(s: &Setting, tally: &mut Tally) {
    let Ok(rigorous) = RigorousSpectrum::listed(&s.spectrum, Rational::zero()) else {
        return;
    };
    tally.settings += 1;
    let name = || {
        format!(
            "lambda {:?} signal {:?} alpha {} beta {} gamma {} tau {} t {}",
            s.spectrum.eigenvalues(),
            s.spectrum.signal(),
            s.exact.learning_rate(),
            s.exact.momentum(),
            s.exact.noise_amplitude(),
            s.exact.tau(),
            s.step
        )
    };
    let truth = loss_by_squaring(&rigorous, &s.exact, s.step, 2 * DIGITS);
    let mut found = Vec::new();
    if s.step > 0 {
        match loss_by_contour(&rigorous, &s.exact, s.step, DIGITS) {
            Ok(proof) => {
                tally.by_contour += 1;
                found.push(("contour", proof.loss));
            }
            Err(_) => tally.contour_refused += 1,
        }
    }
    match enclose_loss(&rigorous, &s.exact, s.step, DIGITS) {
        Ok(loss) => {
            tally.printed += 1;
            found.push(("printed", loss.loss));
        }
        Err(RigorousError::NoSignal) => {}
        Err(_) => tally.refused += 1,
    }
    let Ok(truth) = truth else {
        tally.misses.push(format!("{}: squaring refused", name()));
        return;
    };
    for (what, ball) in &found {
        if !meet(ball, &truth) {
            tally.misses.push(format!("{}: {what} misses", name()));
        }
        let radius = ball.radius().plus(truth.radius());
        if !radius.is_zero() {
            tally.moved += 1;
            // At least four times both radii.
            let shift = radius.log2().ceil() as i64 + 2;
            let moved = ball.at(ball.bits() + 64) + Ball::integer(1).shifted(shift);
            tally.moved_caught += u64::from(!meet(&moved, &truth));
        }
    }
    if s.step <= EXACT_STEPS
        && let Some(exact) = rational_loss(s)
    {
        tally.rationals += 1;
        if !truth.contains(&exact) {
            tally.misses.push(format!("{}: squaring misses", name()));
        }
        for (what, ball) in &found {
            if !ball.contains(&exact) {
                tally
                    .misses
                    .push(format!("{}: {what} misses the rational", name()));
            }
        }
    }
}

fn argument(name: &str, default: u64) -> u64 {
    let list: Vec<String> = std::env::args().collect();
    let place = list.iter().position(|word| word == name);
    place
        .and_then(|index| list.get(index + 1))
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

fn main() -> ExitCode {
    let (count, seed) = (argument("--count", 200), argument("--seed", 1));
    let start = Instant::now();
    let tally = (0..count)
        .into_par_iter()
        .map(|index| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(index);
            let mut tally = Tally::default();
            if let Some(setting) = random(&mut rng) {
                examine(&setting, &mut tally);
            }
            tally
        })
        .reduce(Tally::default, Tally::merged);
    println!(
        "{} settings, seed {seed}, {:.0} s: contour {} (refused {}), printed {} (refused {}), rationals {}",
        tally.settings,
        start.elapsed().as_secs_f64(),
        tally.by_contour,
        tally.contour_refused,
        tally.printed,
        tally.refused,
        tally.rationals
    );
    println!(
        "enclosures moved by four radii: {} of {} caught",
        tally.moved_caught, tally.moved
    );
    for miss in &tally.misses {
        println!("{miss}");
    }
    let clean = tally.misses.is_empty() && tally.moved > 0 && tally.moved_caught == tally.moved;
    println!("{}", if clean { "passed" } else { "FAILED" });
    ExitCode::from(u8::from(!clean))
}
