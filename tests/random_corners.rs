//! Losses at random corners (see `corner_sweep`) against the squared operator; more of them by `cargo run --release
//! --example corners`.

mod corner_sweep;
#[allow(dead_code)] // shared with tests/oracles.rs
mod high_precision;

use corner_sweep::{Outcome, Random, compare, setting};

#[test]
fn no_error_exceeds_its_estimate_and_the_median_estimate_is_no_thousandfold() {
    let seed = 20;
    let mut random = Random(seed);
    let mut ratios = Vec::new();
    for _ in 0..60 {
        let Some((s, step)) = setting(&mut random) else {
            continue;
        };
        if s.spectrum.len() > 4 {
            continue;
        }
        if let Ok(Outcome::Value(off, said, method)) = compare(&s, step) {
            assert!(
                off <= said,
                "seed {seed}, t = {step} by {method}: off {off:e}, said {said:e}: {}",
                s.name
            );
            if off > 0.0 {
                ratios.push(said / off);
            }
        }
    }
    assert!(ratios.len() >= 20, "{}", ratios.len());
    ratios.sort_by(f64::total_cmp);
    assert!(ratios[ratios.len() / 2] <= 1000.0, "{ratios:?}");
}
