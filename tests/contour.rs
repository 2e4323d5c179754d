//! The loss at any step by contour inversion, against independent values.
//!
//! High-precision values: the 3N x 3N second-moment operator (65) of the spectrum, squared 41 times in
//! 700-bit balls (python-flint 0.9, arb_mat), applied to the initial moments; log10 of half the sum
//! of the x11. Power laws: the values of long iterations and the constants of (28).
#![allow(clippy::excessive_precision)] // reference values keep the digits they were computed with

use tauber::dynamics::{CurveError, CurveMethod, LossCurve, SeRecursion};
use tauber::generating::contour::{ContourRefusal, LossContour};
use tauber::generating::{OwnedModes, Parameters, Point, Values, values};
use tauber::moment::Hyperparameters;
use tauber::number::{Complex, Ring};
use tauber::spectrum::{CompressedSpectrum, PowerLaw, Spectrum};

fn two(exponents: &[i32]) -> Vec<f64> {
    exponents.iter().map(|&k| 2f64.powi(k)).collect()
}

fn curve(s: &Spectrum, h: &Hyperparameters, steps: &[u64], method: CurveMethod) -> LossCurve {
    LossCurve::compute(s, h, steps, method, 0.0, &|_| {}).unwrap()
}

type Case = (&'static str, Vec<f64>, Vec<f64>, [f64; 4], [f64; 7]);

/// Steps of the values of [`cases`].
const STEPS: [u64; 7] = [20, 50, 100, 1000, 100_000, 1_000_000_000, 1_000_000_000_000];

/// Name, eigenvalues, signal, (alpha, beta, gamma, tau), log10 L at [`STEPS`].
#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let range = |n: i32, step: i32| (0..n).map(|k| -k * step).collect::<Vec<_>>();
    vec![
        ("a multiplier of -0.895", vec![1.0, 0.9, 0.02, 0.01], vec![1.0; 4], [1.0, 0.0, 1.0, 1.0],
         [1.111814664192069588436, 0.9505621419605804932757, 0.5948233913975505909074, -5.730585462119816065629,
          -700.7589066105512226846, -7020486.802419736603131, -7020488091.032455666053]),
        ("eleven octaves of four", two(&range(11, 4)), two(&range(11, 2)), [0.5, 0.5, 0.25, 1.0],
         [-1.264348946291868568559, -1.434215894124963045263, -1.547182810945710488617, -2.068626299851469122310,
          -3.117572185020645450278, -5.081687524724851599573, -7.046716742629881386934]),
        ("Gaussian features, negative momentum, unstable", two(&range(10, 3)), two(&range(10, 3)), [0.75, -0.5, 0.5, -1.0],
         [-0.3926155220223906137249, -0.3170437798791599379078, -0.2165433981212930461445, 1.216434028670642933722,
          155.4968529767256930130, 1558385.173503666376529, 1558385514.860511328328]),
        ("high momentum", vec![1.0, 0.5, 0.25, 0.015625, 2f64.powi(-12), 2f64.powi(-20)],
         vec![1.0, 0.5, 0.5, 0.25, 0.125, 0.001953125], [0.5, 0.875, 0.125, 0.5],
         [-0.5835385492433927352939, -0.9248314057769485135496, -1.014564810688515715338, -1.747963878046080703098,
          -3.086508869434817303850, -3316.252880365401323550, -3313500.476427190623585]),
        ("far beyond U(1) = 1", vec![1.0, 0.5, 0.25, 2f64.powi(-9)], vec![1.0, 1.0, 0.5, 0.25], [1.5, 0.25, 1.0, 0.0],
         [9.967375815378682423716, 24.67705380408325463566, 49.19318378525425372554, 490.4835234463322373435,
          49032.42088616491043531, 490322599.7843438047099, 490322599623.5809056206]),
        ("hardly beyond U(1) = 1", two(&[0, -10, -20]), two(&[0, -1, -2]), [1.0, 0.0, 1.0, 0.0],
         [0.9177343213580872997386, 1.279439075967143862457, 1.557743439722173563854, 2.425644796592997215506,
          20.12452566786862667787, 175763.6651586065152132, 175761119.2930271013046]),
        ("two slow modes", two(&[-10, -20]), vec![1.0, 1.0], [1.0, 0.0, 1.0, -1.0],
         [-0.008399709995893567892991, -0.02068975201052621583690, -0.04035000440897930547412, -0.2439425315475024575028,
          -0.3836525297427270819594, -828.6514085836880043819, -828350.8919305272143797]),
    ]
}

/// Compares with values in log10: (worst relative error where L is representable).
fn covers(name: &str, found: &LossCurve, steps: &[u64], exact: &[f64]) -> f64 {
    let mut worst = 0.0_f64;
    for ((point, t), exact) in found.points().iter().zip(steps).zip(exact) {
        let log = point.log10_loss();
        let off = (log - exact).abs() * std::f64::consts::LN_10;
        // log10 itself is rounded.
        let rounded = 2.0 * f64::EPSILON * (1.0 + exact.abs() * std::f64::consts::LN_10);
        let estimate = match point.loss() {
            Some(loss) => {
                worst = worst.max(off - rounded);
                point.error_estimate() / loss
            }
            None => point.error_estimate() * std::f64::consts::LN_10,
        };
        assert!(
            off <= estimate + rounded,
            "{name}, t = {t} by {}: off by {off:e}, estimated {estimate:e}",
            point.method().name()
        );
    }
    worst
}

#[test]
fn estimates_cover_the_error_against_700_bit_operators_up_to_a_trillion_steps() {
    for (name, l, q, [alpha, beta, gamma, tau], exact) in cases() {
        let s = Spectrum::new(l, Some(q)).unwrap();
        let h = Hyperparameters::new(alpha, beta, gamma, tau).unwrap();
        let worst = covers(
            name,
            &curve(&s, &h, &STEPS, CurveMethod::Auto),
            &STEPS,
            &exact,
        );
        assert!(worst < 1e-9, "{name}: {worst:e}");
        // One contour for a decade gives the same.
        let dense: Vec<f64> = (0..8).map(|k| 1e9 * f64::from(1 + k)).collect();
        let contour = LossContour::new(&s, &h).unwrap();
        for (t, many) in dense.iter().zip(contour.curve(&dense)) {
            let (one, many) = (contour.at(*t).unwrap(), many.unwrap());
            assert_eq!(one.exponent, many.exponent);
            let off = (one.mantissa / many.mantissa - 1.0).abs();
            assert!(
                off <= one.relative_error + many.relative_error,
                "{name} {t}: {off:e}"
            );
        }
    }
}

#[test]
fn a_dropped_multiplier_of_minus_0_895_sends_early_steps_to_the_iteration() {
    let (_, l, q, _, _) = cases().swap_remove(0);
    let s = Spectrum::new(l, Some(q)).unwrap();
    let h = Hyperparameters::new(1.0, 0.0, 1.0, 1.0).unwrap();
    let points = curve(&s, &h, &STEPS, CurveMethod::Auto);
    let methods: Vec<_> = points.points().iter().map(|p| p.method()).collect();
    assert_eq!(methods[..3], [CurveMethod::Iteration; 3]);
    assert_eq!(methods[3..], [CurveMethod::Contour; 4]);
    let contour = LossContour::new(&s, &h).unwrap();
    for t in [20.0, 50.0, 100.0] {
        assert!(
            matches!(contour.at(t), Err(ContourRefusal::TooEarly { .. })),
            "{t}"
        );
    }
    assert!(
        LossCurve::compute(&s, &h, &[50], CurveMethod::Contour, 0.0, &|_| {}).is_err(),
        "asked for by name, it refuses"
    );
}

/// log10 L without noise at t = 1, 20, 1000, 1e5, 1e9, 1e12, from the same operator.
#[test]
fn the_explicit_sum_covers_its_error_also_outside_the_range_of_f64() {
    #[rustfmt::skip]
    let cases = [
        (two(&[0, -1, -10, -30]), vec![1.0, 1.0, 0.5, 0.25], 0.5, 0.25,
         [-0.1073456748040066239075, -0.4333550031910875777583, -0.7145046044220848098729, -0.9031439159128781436623,
          -1.442380993794452300469, -540.1940969690845639616]),
        // The first eigenvalue is a double root: a = (1 - sqrt b)^2.
        (two(&[-2, -4, -12]), vec![1.0, 1.0, 0.125], 1.0, 0.25,
         [-0.1061425089419465900941, -1.116837597372753484739, -1.486846186852808720361, -29.48607956057351676699,
          -282821.7431541397247877, -282820540.3325176481953]),
        (two(&[0, -2, -20]), vec![1.0, 1.0, 0.5], 1.0, -0.25,
         [-0.2747014467538499587892, -0.6019112135465690946274, -0.6027228048049844186072, -0.6683282179355263830552,
          -663.2830008364093673084, -662681.5427726689597068]),
        // Beyond the edge: it diverges, X is negative.
        (two(&[0, -2]), vec![1.0, 0.5], 4.0, 0.5,
         [0.6532125137753436793763, 14.28222168410277947121, 716.1243367053998615588, 71616.50126232622754183,
          716165423.4500326857983, 716165423491.0783847322]),
    ];
    let steps = [1, 20, 1000, 100_000, 1_000_000_000, 1_000_000_000_000];
    for (l, q, alpha, beta, exact) in cases {
        let s = Spectrum::new(l, Some(q)).unwrap();
        let h = Hyperparameters::new(alpha, beta, 0.0, 1.0).unwrap();
        let found = curve(&s, &h, &steps, CurveMethod::Auto);
        covers(&format!("beta = {beta}"), &found, &steps, &exact);
        assert!(
            found
                .points()
                .iter()
                .all(|p| p.method() == CurveMethod::Explicit)
        );
    }
    let s = Spectrum::new(vec![1.0], Some(vec![1.0])).unwrap();
    let noisy = Hyperparameters::new(0.5, 0.0, 0.1, 1.0).unwrap();
    assert!(LossCurve::compute(&s, &noisy, &[5], CurveMethod::Explicit, 0.0, &|_| {}).is_err());
}

#[test]
fn infinite_power_laws_reach_their_reference_losses_and_their_asymptotic_constants() {
    // (nu, kappa, alpha, beta, gamma, tau), L_100, L_1000 (long iterations), then C and exponent of
    // (28a) and (28b), and how close the two-term law is at 1e12.
    let cases = [
        (
            [1.5, 0.75, 0.2, 0.5, 0.5, 1.0],
            [0.06329751972, 0.02073131154],
            0.6670868603,
            0.0,
            7e-4,
        ),
        (
            [1.5, 3.0, 0.2, 0.5, 0.5, 1.0],
            [4.648764253e-4, 1.574951854e-5],
            2.1039356902,
            0.1414007482,
            7e-3,
        ),
        (
            [2.0, 4.0, 0.5, -0.5, 0.3, 0.0],
            [2.217002719e-4, 3.53943208e-6],
            2.5998053823,
            0.038850998776,
            7e-3,
        ),
    ];
    for ([nu, kappa, alpha, beta, gamma, tau], early, signal, noise, close) in cases {
        let (s, error) = PowerLaw::new(nu, Some(kappa)).unwrap().spectrum();
        let h = Hyperparameters::new(alpha, beta, gamma, tau).unwrap();
        let steps = [100, 1000, 1_000_000_000_000];
        let found =
            LossCurve::compute(&s, &h, &steps, CurveMethod::Auto, error.unwrap(), &|_| {}).unwrap();
        let loss: Vec<f64> = found.points().iter().map(|p| p.loss().unwrap()).collect();
        for (loss, early) in loss.iter().zip(early) {
            assert!(
                (loss / early - 1.0).abs() < 1.5e-9,
                "{nu} {kappa}: {loss} {early}"
            );
        }
        assert_eq!(found.points()[2].method(), CurveMethod::Contour);
        assert!(found.points()[2].error_estimate() < 1e-9 * loss[2]);
        let t = 1e12_f64;
        let law = signal * t.powf(-kappa / nu) + noise * t.powf(-(2.0 - 1.0 / nu));
        assert!(
            (loss[2] / law - 1.0).abs() < close,
            "{nu} {kappa}: {}",
            loss[2] / law
        );
    }
}

/// A small generator of numbers in (0, 1), so that the models are the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64 + 1e-17
    }
}

#[test]
fn on_2000_random_models_the_estimate_covers_the_error_against_iteration_and_is_not_lavish() {
    let mut numbers = Numbers(20_240_501);
    let corners = [-0.99, -0.9, -0.5, 0.0, 0.5, 0.9, 0.99];
    let (mut ratios, mut refused) = (Vec::new(), 0);
    for model in 0..2000 {
        let n = 1 + (numbers.next() * 6.0) as usize;
        let spread = 6.0 * numbers.next();
        let l: Vec<f64> = (0..n).map(|_| (-spread * numbers.next()).exp()).collect();
        let q: Vec<f64> = (0..n).map(|_| (-4.0 * numbers.next()).exp()).collect();
        let beta = if model % 2 == 0 {
            corners[model / 2 % corners.len()]
        } else {
            2.0 * numbers.next() - 1.0
        };
        let tau = if model % 3 == 0 {
            [-1.0, 0.0, 1.0][model / 3 % 3]
        } else {
            2.0 * numbers.next() - 1.0
        };
        let gamma = if model % 5 == 0 { 1.0 } else { numbers.next() };
        let alpha = 2.0 * (1.0 + beta) * numbers.next();
        let s = Spectrum::new(l, Some(q)).unwrap();
        let h = Hyperparameters::new(alpha, beta, gamma, tau).unwrap();
        let Ok(contour) = LossContour::new(&s, &h) else {
            refused += 1;
            continue;
        };
        let mut run = SeRecursion::new(&s, &h).unwrap();
        for t in [40_u64, 100, 300, 1000, 3000] {
            run.advance_by(t - run.steps());
            let exact = run.loss();
            if !(1e-250..1e250).contains(&exact) {
                break;
            }
            let Ok(value) = contour.at(t as f64) else {
                continue;
            };
            let off = (value.value() / exact - 1.0).abs();
            let iteration = 4.0 * t as f64 * f64::EPSILON;
            assert!(
                off <= value.relative_error + iteration,
                "model {model}, t = {t}: off by {off:e}, estimated {:e}: {s:?} {h:?}",
                value.relative_error
            );
            ratios.push(value.relative_error / off.max(1e-15));
        }
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "{} values, {refused} models refused, median {:e}",
        ratios.len(),
        ratios[ratios.len() / 2]
    );
    assert!(ratios.len() > 2000, "{}", ratios.len());
    assert!(ratios[ratios.len() / 2] < 1000.0);
}

#[test]
fn bad_input_gives_a_right_answer_or_a_typed_refusal() {
    let h = |alpha, beta, gamma| Hyperparameters::new(alpha, beta, gamma, 1.0).unwrap();
    let one = Spectrum::new(vec![1.0], Some(vec![1.0])).unwrap();
    // One mode at tau = 1, beta = 0: the multiplier is (1-a)^2 whatever gamma.
    let steps = [0, 1, 2, 100, 1000, 1_000_000_000_000];
    let found = curve(&one, &h(0.5, 0.0, 1.0), &steps, CurveMethod::Auto);
    for (point, t) in found.points().iter().zip(steps) {
        let exact = 0.5_f64.log10() + t as f64 * 0.25_f64.log10();
        let off = (point.log10_loss() - exact).abs();
        assert!(
            off <= 1e-12 * exact.abs(),
            "{t}: {} {exact}",
            point.log10_loss()
        );
    }
    // So late that s1 t has no digits left: refused, and the reason is the contour's.
    let late = LossCurve::compute(
        &one,
        &h(0.5, 0.0, 1.0),
        &[u64::MAX],
        CurveMethod::Auto,
        0.0,
        &|_| {},
    );
    assert!(matches!(late, Err(CurveError::Contour(_))), "{late:?}");
    // All eigenvalues equal, sum x11 closes: the multiplier is (1-a)^2 + gamma (n - tau) a^2.
    let equal = Spectrum::new(vec![0.5; 7], Some(vec![1.0; 7])).unwrap();
    let found = curve(
        &equal,
        &h(0.125, 0.0, 0.5),
        &[0, 1, 50, 500, 1_000_000],
        CurveMethod::Auto,
    );
    let a = 0.0625_f64;
    let multiplier = (1.0 - a) * (1.0 - a) + 0.5 * 6.0 * a * a;
    for (point, t) in found.points().iter().zip([0.0, 1.0, 50.0, 500.0, 1e6]) {
        let exact = 3.5_f64.log10() + t * multiplier.log10();
        assert!(
            (point.log10_loss() - exact).abs() <= 1e-12 * (1.0 + exact.abs()),
            "{t}"
        );
    }
    // 300 decades: within 1e12 steps only the upper modes move.
    let wide = PowerLaw::new(48.0, Some(2.0))
        .unwrap()
        .with_modes(1_000_000)
        .unwrap()
        .spectrum()
        .0;
    let found = curve(
        &wide,
        &h(0.5, 0.25, 0.25),
        &[10, 1000, 1_000_000_000_000],
        CurveMethod::Auto,
    );
    let losses: Vec<f64> = found.points().iter().map(|p| p.loss().unwrap()).collect();
    assert!(
        losses.windows(2).all(|w| w[0] > w[1] && w[1] > 0.0),
        "{losses:?}"
    );
    // The noiseless edge to the last bit: iteration and contour agree, or the contour refuses.
    let two = Spectrum::new(vec![1.0, 0.25], Some(vec![1.0, 1.0])).unwrap();
    for (beta, gamma) in [
        (0.0, 0.25),
        (0.5, 0.5),
        (0.999_999, 1e-3),
        (-0.999_999, 0.1),
    ] {
        let edge: f64 = 2.0 * (1.0 + beta);
        for alpha in [edge, edge.next_down(), edge.next_up(), 0.5 * edge] {
            let h = h(alpha, beta, gamma);
            let mut run = SeRecursion::new(&two, &h).unwrap();
            let exact = run.advance_by(2000);
            let by_itself = curve(&two, &h, &[2000], CurveMethod::Auto).points()[0];
            let log = exact.log10();
            if log.is_finite() {
                let off = (by_itself.log10_loss() - log).abs();
                assert!(off < 1e-9 * (1.0 + log.abs()), "{beta} {alpha}: {off:e}");
            }
        }
    }
    let no_signal = Spectrum::new(vec![1.0], None).unwrap();
    assert_eq!(
        LossContour::new(&no_signal, &h(0.5, 0.0, 0.5)).err(),
        Some(ContourRefusal::NoSignal)
    );
    assert_eq!(
        LossContour::new(&one, &h(0.5, 0.0, 0.0)).err(),
        Some(ContourRefusal::NoNoise)
    );
    let contour = LossContour::new(&two, &h(0.5, 0.0, 0.5)).unwrap();
    assert!(matches!(
        contour.at(1.0),
        Err(ContourRefusal::TooEarly { .. })
    ));
    assert!(contour.at(f64::NAN).is_err() && contour.at(f64::INFINITY).is_err());
}

#[test]
fn a_compressed_spectrum_has_the_same_u_and_v_and_the_same_loss_within_its_error() {
    let n = 20_000;
    let l: Vec<f64> = (1..=n).map(|k| f64::from(k).powf(-1.5)).collect();
    let q: Vec<f64> = (1..=n)
        .map(|k| f64::from(k).powf(-1.75) * (2.0 + f64::from(k).sin()))
        .collect();
    let s = Spectrum::new(l, Some(q)).unwrap();
    let short = CompressedSpectrum::of(&s);
    assert!(short.spectrum().len() < 600, "{}", short.spectrum().len());
    assert!(short.error() < 1e-10, "{:e}", short.error());
    let h = Hyperparameters::new(0.3, 0.4, 0.2, 0.5).unwrap();
    let p = Parameters::lift(&h, Complex::real);
    let of = |s: &Spectrum, e| -> Values<Complex<f64>> {
        values(
            &p,
            &OwnedModes::lift(s, Complex::real).view(),
            &Point::from_complement(e),
        )
    };
    for modulus in [1e-1, 1e-3, 1e-5, 1e-8] {
        let e = Complex::new(-0.7 * modulus, 0.7 * modulus);
        let (x, y) = (of(&s, e), of(short.spectrum(), e));
        for (x, y) in [
            (x.noise, y.noise),
            (x.noise_derivative, y.noise_derivative),
            (x.signal, y.signal),
            (x.signal_derivative, y.signal_derivative),
        ] {
            let off = ((x - y) / x).norm_squared().sqrt();
            assert!(off < 10.0 * short.error(), "{modulus}: {off:e}");
            assert!(x.square() != Complex::zero());
        }
    }
    // Iterating the two gives the same loss.
    let run = |s: &Spectrum| SeRecursion::new(s, &h).unwrap().advance_by(500);
    assert!((run(&s) / run(short.spectrum()) - 1.0).abs() < 1e-10);
}
