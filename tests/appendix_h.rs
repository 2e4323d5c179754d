//! Appendix H: the two roots of one eigenvalue without noise, and when both lie inside the circle.
//! Against powers of the 2 x 2 matrix itself, on 20,000 random (a, beta).

mod dynamics_support;
mod noise_support;

use dynamics_support::q;
use noise_support::Floats;
use tauber::dynamics::{NodeMoments, SeModes};
use tauber::generating::characteristic::{
    RootKind, characteristic_roots, contracts, noiseless_convergence, root_kind, spectral_radius,
};
use tauber::generating::noiseless::NoiselessLoss;
use tauber::number::{Complex, Rational, Ring};
use tauber::spectrum::Spectrum;

/// ln of the spectral radius of [[1 - a, b], [-a, b]] by 40 squarings: Gelfand's formula.
fn log_radius(a: f64, b: f64) -> f64 {
    let mut m = [[1.0 - a, b], [-a, b]];
    let mut log_scale = 0.0_f64;
    for _ in 0..40 {
        let mut square = [[0.0; 2]; 2];
        for (i, row) in square.iter_mut().enumerate() {
            for (j, x) in row.iter_mut().enumerate() {
                *x = m[i][0] * m[0][j] + m[i][1] * m[1][j];
            }
        }
        let size = square.iter().flatten().fold(0.0_f64, |s, x| s.max(x.abs()));
        if size == 0.0 {
            return f64::NEG_INFINITY;
        }
        log_scale = 2.0 * log_scale + size.ln();
        m = square.map(|row| row.map(|x| x / size));
    }
    log_scale / 2.0_f64.powi(40)
}

/// Random (a, b), a share of them near the corners and edges of the stable region.
fn random_pair(floats: &mut Floats, at: usize) -> (f64, f64) {
    let corner = |floats: &mut Floats| 10.0_f64.powf(floats.between(-6.0, -1.0));
    let b = match at % 5 {
        0 => 1.0 - corner(floats),
        1 => -1.0 + corner(floats),
        2 => corner(floats) * floats.next().signum(),
        _ => floats.between(-1.2, 1.2),
    };
    let a = match at % 3 {
        0 => 2.0 * (1.0 + b) * (1.0 + corner(floats) * floats.next().signum()),
        1 => corner(floats) * floats.next().signum(),
        _ => floats.between(-1.0, 5.0),
    };
    (a, b)
}

#[test]
fn both_roots_contract_iff_251_on_twenty_thousand_random_pairs() {
    let mut floats = Floats::new(251);
    let (mut inside, mut skipped) = (0, 0);
    for at in 0..20_000 {
        let (a, b) = random_pair(&mut floats, at);
        let growth = log_radius(a, b);
        let [x, y] = characteristic_roots(a, b);
        // (249), (250): sum and product.
        let (sum, product) = (x + y, x * y);
        let scale = 1.0 + a.abs() + b.abs();
        assert!((sum.re - (1.0 + b - a)).abs() < 1e-14 * scale && sum.im.abs() < 1e-15);
        assert!((product.re - b).abs() < 1e-13 * scale && product.im.abs() < 1e-13);
        // The squarings lose a factor 2^40 eps of digits near a double root of modulus 1.
        if growth.abs() < 1e-9 {
            skipped += 1;
            continue;
        }
        assert!(
            (spectral_radius(a, b).ln() - growth).abs() < 1e-6 * growth.abs().max(1e-2)
                || growth == f64::NEG_INFINITY,
            "a {a}, b {b}: {} {growth}",
            spectral_radius(a, b).ln()
        );
        assert_eq!(contracts(&a, &b), growth < 0.0, "a {a}, b {b}: {growth}");
        inside += usize::from(growth < 0.0);
    }
    assert!(
        inside > 5_000 && inside < 15_000 && skipped < 1_000,
        "{inside} {skipped}"
    );
}

#[test]
fn on_the_exact_boundary_nothing_contracts_and_the_error_does_not_fall() {
    let tiny = q("1/1000000000000");
    for b in ["-99/100", "-1/2", "0", "1/3", "9/10"].map(q) {
        let edge = q("2") * (q("1") + &b);
        // p(-1) = 0: the roots are -1 and -b.
        let p = |a: &Rational, x: &Rational| x.square() - (q("1") + &b - a) * x + &b;
        assert_eq!(p(&edge, &q("-1")), q("0"));
        assert_eq!(p(&edge, &-b.clone()), q("0"));
        assert!(!contracts(&edge, &b) && !contracts(&q("0"), &b));
        assert!(contracts(&(&edge - &tiny), &b) && contracts(&tiny, &b));
        assert!(!contracts(&(&edge + &tiny), &b) && !contracts(&-tiny.clone(), &b));
        // (248) itself: w_t = ((1 + b) (-1)^t - 2 b (-b)^t)/(1 - b) from w_0 = 1, v_0 = 0.
        let (mut w, mut v) = (q("1"), q("0"));
        for t in 0..20_u32 {
            let slow = (q("1") + &b) * q("-1").power(t);
            let fast = q("2") * &b * (-b.clone()).power(t);
            assert_eq!(w, (slow - fast) / (q("1") - &b), "b {b}, t {t}");
            v = &b * &v - &edge * &w;
            w += &v;
        }
    }
    // beta = +-1: outside for every learning rate.
    for a in ["1/1000", "1", "2", "3999/1000"].map(q) {
        assert!(!contracts(&a, &q("1")) && !contracts(&a, &q("-1")));
    }
}

#[test]
fn the_roots_are_complex_exactly_between_the_two_squares() {
    let mut floats = Floats::new(249);
    for _ in 0..20_000 {
        let (a, b) = (floats.between(-0.5, 5.0), floats.between(-1.0, 1.0));
        let complex = b > 0.0
            && (1.0 - b.sqrt()).powi(2) * (1.0 + 1e-12) < a
            && a < (1.0 + b.sqrt()).powi(2) * (1.0 - 1e-12);
        let [x, y] = characteristic_roots(a, b);
        if complex {
            assert_eq!(root_kind(&a, &b), RootKind::Complex);
            assert!((x.modulus() - b.sqrt()).abs() < 1e-14 && x == y.conjugate());
        } else if root_kind(&a, &b) == RootKind::Complex {
            // Only within rounding of the border.
            let borders = [(1.0 - b.sqrt()).powi(2), (1.0 + b.sqrt()).powi(2)];
            assert!(
                borders.iter().any(|s| (a - s).abs() < 1e-11),
                "a {a}, b {b}"
            );
        }
    }
    // On the border, exactly: b = r^2 and a = (1 -+ r)^2.
    for r in ["1/2", "1/3", "7/9"].map(q) {
        let b = r.square();
        for s in [Rational::one() - &r, Rational::one() + &r] {
            let a = s.square();
            assert_eq!(root_kind(&a, &b), RootKind::Double);
            let tiny = q("1/1000000000000");
            let inward = if s < Rational::one() {
                &a + &tiny
            } else {
                &a - &tiny
            };
            let outward = if s < Rational::one() {
                &a - &tiny
            } else {
                &a + &tiny
            };
            assert_eq!(root_kind(&inward, &b), RootKind::Complex);
            assert_eq!(root_kind(&outward, &b), RootKind::Real);
        }
    }
}

#[test]
fn an_eigenvector_shrinks_by_its_root_exactly() {
    // b = -1/2, a = 3/4: x^2 + x/4 - 1/2 has no rational root; b = 1/6, a = 1/3 gives
    // x^2 - 5/6 x + 1/6 = (x - 1/2)(x - 1/3). Eigenvector of [[1 - a, b], [-a, b]] for 1/2: (-1, 1).
    let (a, b, x) = (q("1/3"), q("1/6"), q("1/2"));
    let (w, v) = (q("-1"), q("1"));
    assert_eq!((Rational::one() - &a) * &w + &b * &v, &x * &w);
    assert_eq!(-&a * &w + &b * &v, &x * &v);
    let [large, small] = characteristic_roots(1.0 / 3.0, 1.0 / 6.0);
    assert!((large.re - 0.5).abs() < 1e-15 && (small.re - 1.0 / 3.0).abs() < 1e-15);
}

#[test]
fn a_zero_eigenvalue_does_not_move() {
    for b in [-0.9, 0.0, 0.5, 0.9] {
        let [x, y] = characteristic_roots(0.0, b);
        assert_eq!((x, y), (Complex::real(1.0), Complex::real(b)));
        assert!(!contracts(&0.0, &b));
    }
    let with_null_space = noiseless_convergence(&[1.0, 0.0], 1.5, 0.0).unwrap();
    assert!(with_null_space.converges && (with_null_space.loss_factor - 0.25).abs() < 1e-15);
}

#[test]
fn the_loss_falls_by_the_factor_of_the_slowest_eigenvalue() {
    let eigenvalues = vec![1.0, 0.3, 0.01];
    let spectrum = Spectrum::new(eigenvalues.clone(), Some(vec![1.0, 1.0, 1e-6])).unwrap();
    for (alpha, beta) in [(0.5, 0.0), (1.9, 0.0), (0.9, -0.4)] {
        let found = noiseless_convergence(&eigenvalues, alpha, beta).unwrap();
        let loss = NoiselessLoss::new(&spectrum, alpha, beta).unwrap();
        let rate = (loss.at(4000.0) / loss.at(3000.0)).powf(1e-3);
        assert!(
            (rate / found.loss_factor - 1.0).abs() < 1e-5,
            "{alpha} {beta}: {rate}"
        );
    }
}

/// C_kk of three modes after some steps over Q, with noise and without.
fn with_and_without_noise(at: usize, tau: &Rational) -> (Vec<Rational>, Vec<Rational>) {
    let corner = |list: [&str; 5], digit: usize| q(list[at / digit % 5]);
    let a = [
        corner(["1", "1/1000", "2", "19/10", "5/2"], 1),
        corner(["1/2", "1/2", "1/1000", "1", "2"], 5),
        match at % 50 {
            // A few over 300 decades: long numbers take long.
            7 => q("1e-300"),
            _ => corner(["1/2", "1/1000", "1", "3/2", "1/100"], 25),
        },
    ];
    let b = corner(["0", "-1/2", "1/3", "9/10", "-9/10"], 125);
    let gamma = corner(["1", "1/2", "1/1000", "1/4", "9/10"], 625);
    let nodes: Vec<_> = (a.into_iter().enumerate())
        .map(|(k, eigenvalue)| NodeMoments {
            eigenvalue,
            multiplicity: q("1"),
            moments: [q(["1", "1/1000", "0"][(at + k) % 3]), q("0"), q("0")],
        })
        .collect();
    let run = |gamma: &Rational| {
        let mut modes = SeModes::new(nodes.clone());
        for _ in 0..4 {
            modes.step(&q("1"), &b, gamma, tau);
        }
        let own = modes.nodes().iter().map(|node| node.moments[0].clone());
        own.collect::<Vec<_>>()
    };
    (run(&gamma), run(&q("0")))
}

#[test]
fn noise_only_adds_to_every_moment_so_that_251_is_necessary_for_any_noise() {
    // 3,125 spectra and noises in corners, each with three tau <= 1.
    for at in 0..3125 {
        let tau = q(["1", "0", "-1", "-5", "999/1000"][at % 7 % 5]);
        let (noisy, noiseless) = with_and_without_noise(at, &tau);
        let added = noisy.iter().zip(&noiseless).all(|(x, y)| x >= y);
        assert!(added, "model {at}, tau {tau}");
    }
    // tau > 1 is no covariance, and there noise can take away.
    let lowered = (0..200).any(|at| {
        let (noisy, noiseless) = with_and_without_noise(at, &q("2"));
        noisy.iter().zip(&noiseless).any(|(x, y)| x < y)
    });
    assert!(lowered);
}

#[test]
fn noise_cannot_save_what_diverges_without_it() {
    // a = 2 (1 + b) and beyond: the exact SE recursion does not fall below its start, for any noise.
    for (a, b) in [("3", "1/2"), ("2", "0"), ("7/5", "-2/5")] {
        assert!(!contracts(&q(a), &q(b)));
        for (gamma, tau) in [("0", "1"), ("1/4", "1"), ("1", "-1")] {
            let mut modes = SeModes::new(vec![NodeMoments {
                eigenvalue: q(a),
                multiplicity: q("1"),
                moments: ["1", "0", "0"].map(q),
            }]);
            for _ in 0..12 {
                modes.step(&q("1"), &q(b), &q(gamma), &q(tau));
            }
            assert!(modes.twice_loss() >= q("1"), "{a} {b} {gamma} {tau}");
        }
    }
}
