//! Rigorous sums of an infinite law: U(1) and V(1) to 30, 50 and 100 digits, L_t by the proved contour.
//!
//! `benches/peers/rigorous.py` compares the same sums with mpmath and python-flint.

use divan::{Bencher, black_box};
use tauber::generating::rigorous::{
    ExactHyperparameters, LawAtOne, RigorousLaw, RigorousSpectrum, loss_by_contour,
};
use tauber::number::ball::Backend;
use tauber::number::{Ball, parse_rational};
use tauber::spectrum::SignalLaw;

fn main() {
    divan::main();
}

fn exact(values: [&str; 4]) -> ExactHyperparameters {
    let [a, b, g, t] = values.map(|v| parse_rational(v).expect("a number"));
    ExactHyperparameters::new(a, b, g, t).expect("in range")
}

fn law(kappa: &str) -> RigorousLaw {
    let q = |text: &str| parse_rational(text).expect("a number");
    RigorousLaw {
        signal_law: SignalLaw::Terms,
        ..RigorousLaw::new(q("1.5"), Some(q(kappa)))
    }
}

fn bits(digits: u32) -> u32 {
    digits * 10 / 3 + 24
}

/// Tables, zeta tails and sums: everything, from the law to both balls.
#[divan::bench(args = [30, 50, 100])]
fn u_and_v_at_one(bencher: Bencher<'_, '_>, digits: u32) {
    let p = exact(["0.7", "0.3", "0.1", "0"]);
    let law = law("4");
    bencher.bench(|| {
        let at_one = LawAtOne::<Backend>::new(black_box(&law), bits(digits)).expect("nu > 1");
        let balls = p.balls(bits(digits));
        let u = at_one.noise_function(&balls).expect("converges");
        let v = at_one.signal_function(&balls).expect("converges");
        assert!(u.has_digits(digits) && v.is_some_and(|v| v.has_digits(digits)));
    });
}

#[divan::bench(args = [64, 128, 256, 512])]
fn exp_and_ln(bencher: Bencher<'_, '_>, bits: u32) {
    let x = Ball::enclosing(&parse_rational("0.7").expect("a number"), bits);
    bencher.bench(|| black_box(black_box(&x).exp().ln()));
}

#[divan::bench(args = [64, 128, 256, 512])]
fn product(bencher: Bencher<'_, '_>, bits: u32) {
    let x = Ball::enclosing(&parse_rational("1/3").expect("a number"), bits);
    let y = Ball::enclosing(&parse_rational("1/7").expect("a number"), bits);
    bencher.bench(|| black_box(black_box(&x).clone() * black_box(&y).clone()));
}

#[divan::bench(args = [10, 30], sample_count = 5)]
fn a_trillion_steps_of_an_infinite_law(bencher: Bencher<'_, '_>, digits: u32) {
    let spectrum = RigorousSpectrum::law(law("0.75"), None).expect("infinite");
    let p = exact(["0.2", "0.5", "0.5", "1"]);
    bencher.bench(|| loss_by_contour(&spectrum, &p, 1_000_000_000_000, digits).expect("proved"));
}
