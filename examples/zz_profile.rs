//! Profile.
use std::time::Instant;
use tauber::generating::contour::LossContour;
use tauber::moment::Hyperparameters;
use tauber::spectrum::{CompressedSpectrum, Spectrum};
fn main() {
    let n = 1000;
    let l = (1..=n).map(|k| (k as f64).powf(-1.5)).collect();
    let q = (1..=n).map(|k| (k as f64).powf(-1.75)).collect();
    let s = Spectrum::new(l, Some(q)).unwrap();
    let t0 = Instant::now();
    let c = CompressedSpectrum::of(&s);
    println!("compress {:?} {} err {:e}", t0.elapsed(), c.spectrum().len(), c.error());
    let s = c.into_spectrum();
    for _ in 0..3 {
    let h = Hyperparameters::new(0.5, 0.5, 0.1, 1.0).unwrap();
    let t = Instant::now();
    for _ in 0..1000 { std::hint::black_box(LossContour::for_step(&s, std::hint::black_box(&h), 1e4).ok()); }
    let c = LossContour::for_step(&s, &h, 1e4).unwrap();
    let d = t.elapsed();
    let t = Instant::now();
    for _ in 0..1000 { std::hint::black_box(c.at(std::hint::black_box(1e4)).ok()); }
    println!("stable: prep {:?}, at {:?} (per thousand)", d, t.elapsed());
    let h = Hyperparameters::new(2.9, 0.5, 0.1, 1.0).unwrap();
    let t = Instant::now();
    for _ in 0..1000 { std::hint::black_box(LossContour::for_step(&s, std::hint::black_box(&h), 1e4).ok()); }
    println!("unstable: prep {:?}", t.elapsed());
    }
    let (mut prep, mut at, mut refused, mut bad, mut slow) = (0.0, 0.0, 0, 0, 0);
    let mut slow_time = 0.0;
    let mut rows = vec![];
    for j in 0..50 {
        let b = -0.9 + 0.037 * j as f64;
        let mut row = 0.0;
        for i in 0..100 {
            let a = 10f64.powf(-2.0 + 0.025 * i as f64);
            let h = Hyperparameters::new(a, b, 0.1, 1.0).unwrap();
            let t = Instant::now();
            let c = LossContour::for_step(&s, &h, 1e4);
            let d = t.elapsed().as_secs_f64();
            row += d;
            prep += d;
            if d > 30e-6 { slow += 1; slow_time += d; }
            match c {
                Err(e) => { refused += 1; if refused < 5 { println!("{a} {b} {e}"); } }
                Ok(c) => {
                    let t = Instant::now();
                    let v = c.at(1e4);
                    at += t.elapsed().as_secs_f64();
                    match v { Ok(v) if v.relative_error < 1e-9 => {}, v => { bad += 1; if bad < 8 { println!("{a} {b} {v:?}"); } } }
                }
            }
        }
        rows.push(row * 1e4);
    }
    println!("prep {:.1} us, at {:.1} us, refused {refused}, bad {bad}, slow {slow} {slow_time}", prep * 1e6 / 5e3, at * 1e6 / 5e3);
    println!("{rows:.1?} us a cell");
}
