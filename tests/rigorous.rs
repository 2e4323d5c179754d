//! Rigorous evaluation of finite spectra, and the command line, against values that were computed another way.
//!
//! - exact rationals, by a recursion written from the update rule: finite spectra at small steps;
//! - the squared operator at any step: it shares the step of one mode and ball arithmetic with the recursion, nothing with the contour;
//! - mpmath 1.3 for single digits. Infinite laws: tests/rigorous_laws.rs.

#[path = "high_precision/exact.rs"]
mod oracle;
#[allow(dead_code)] // shared with tests/rigorous_laws.rs
mod rigorous_support;

use num_traits::{One, Zero};
use rigorous_support::{exact, finite, q};
use tauber::generating::rigorous::{
    ExactHyperparameters, RigorousError, RigorousLaw, RigorousMethod, RigorousSpectrum,
    enclose_loss, loss_by_contour, loss_by_recursion, loss_by_squaring,
};
use tauber::number::{Rational, rational_from_f64};
use tauber::spectrum::{EigenvaluesOf, LoadedSpectrum, Spectrum};
use tauber::stability::rigorous::{Enclosed, RigorousVerdict, assess_rigorously};

fn small() -> Spectrum {
    Spectrum::new(
        vec![1.0, 0.75, 0.125, 2f64.powi(-9)],
        Some(vec![1.0, 0.5, 0.25, 0.125]),
    )
    .unwrap()
}

/// L_t in exact rationals.
fn rational_losses(spectrum: &Spectrum, p: &ExactHyperparameters, steps: usize) -> Vec<Rational> {
    let lift = |x: f64| rational_from_f64(x).unwrap();
    let nodes: Vec<oracle::Node> = spectrum
        .eigenvalues()
        .iter()
        .zip(spectrum.signal().unwrap())
        .map(|(l, s)| [lift(*l), Rational::one(), lift(*s)])
        .collect();
    oracle::losses(&hyper(p), &nodes, &Rational::zero(), steps)
}

fn hyper(p: &ExactHyperparameters) -> oracle::Hyper {
    [
        p.learning_rate(),
        p.momentum(),
        p.noise_amplitude(),
        p.tau(),
    ]
    .map(Rational::clone)
}

#[test]
fn recursion_and_squaring_enclose_the_exact_rational_losses() {
    for p in [
        exact("0.5", "0.5", "0.25", "1"),
        exact("1.5", "-0.5", "0.5", "-1"),
        exact("0.1", "0.9", "1", "0.5"),
        exact("0.5", "0", "0", "1"),
    ] {
        let spectrum = RigorousSpectrum::listed(&small(), Rational::zero()).unwrap();
        let losses = rational_losses(&small(), &p, 24);
        for (t, loss) in losses.iter().enumerate() {
            for ball in [
                loss_by_recursion(&spectrum, &p, t as u64, 30).unwrap(),
                loss_by_squaring(&spectrum, &p, t as u64, 30).unwrap(),
            ] {
                assert!(ball.contains(loss) && ball.has_digits(30), "t = {t}");
                // A sister that must fail: the next loss is not in this ball.
                assert!(!ball.contains(&(loss * q("1.0000001"))));
            }
        }
    }
}

#[test]
fn squaring_reaches_a_trillion_steps_where_it_agrees_with_known_digits() {
    // The 700-bit operator of python-flint (the values of tests/contour.rs).
    let s = Spectrum::new(vec![1.0, 0.9, 0.02, 0.01], Some(vec![1.0; 4])).unwrap();
    let spectrum = RigorousSpectrum::listed(&s, Rational::zero()).unwrap();
    let p = exact("1", "0", "1", "1");
    for (t, log10) in [
        (1000, -5.730585462119816),
        (1_000_000_000_000, -7_020_488_091.032_456),
    ] {
        let loss = loss_by_squaring(&spectrum, &p, t, 40).unwrap();
        assert!(loss.has_digits(40));
        let found = loss.above().log2() * std::f64::consts::LOG10_2;
        assert!((found / log10 - 1.0).abs() < 1e-13, "{t}: {found}");
    }
}

#[test]
fn losses_beyond_the_exponents_of_balls_are_refused_by_name_and_those_just_within_enclosed() {
    // One mode: L_t = (1 - alpha)^(2 t)/2, with 1 - alpha = 1/2 and -2; balls keep exponents up to 2^60.
    let s = Spectrum::new(vec![1.0], Some(vec![1.0])).unwrap();
    let spectrum = RigorousSpectrum::listed(&s, Rational::zero()).unwrap();
    let last = 1_u64 << 59;
    for (alpha, sign) in [("1/2", -1), ("3", 1)] {
        let p = exact(alpha, "0", "0", "1");
        let within = last - 100_000;
        for loss in [
            loss_by_squaring(&spectrum, &p, within, 30).unwrap(),
            enclose_loss(&spectrum, &p, within, 30).unwrap().loss,
        ] {
            let power = sign * 2 * within as i64;
            assert!(loss.has_digits(30));
            assert!(loss.shifted(1 - power).contains(&q("1")), "{alpha}");
        }
        for step in [last + 8192, 1 << 63, u64::MAX] {
            for error in [
                loss_by_squaring(&spectrum, &p, step, 30).unwrap_err(),
                enclose_loss(&spectrum, &p, step, 30).unwrap_err(),
            ] {
                let (small, large) = (
                    matches!(error, RigorousError::TooSmall { .. }),
                    matches!(error, RigorousError::TooLarge { .. }),
                );
                assert!(if sign < 0 { small } else { large }, "{step}: {error}");
                assert!(error.to_string().contains("ask for an earlier step"));
            }
        }
    }
}

#[test]
fn an_eigenvalue_error_widens_the_verdict_to_unknown_with_the_width_that_decides() {
    let s = Spectrum::new(vec![1.0, 0.5, 0.25, 0.1], None).unwrap();
    let p = |alpha: &str| exact(alpha, "0", "1", "1");
    let judge = |alpha: &str, error: &str| {
        let spectrum = RigorousSpectrum::listed(&s, q(error)).unwrap();
        assess_rigorously(&spectrum, &s, &p(alpha), 20).unwrap()
    };
    // tau = 1, gamma = 1, beta = 0: U(1) = alpha/2 sum lambda, so that the edge is 2/1.85.
    let edge = finite(&judge("1", "0").critical_learning_rate).clone();
    let f64_trace = rational_from_f64(0.1).unwrap() + q("1.75");
    assert!(edge.contains(&(q("2") / f64_trace)) && edge.has_digits(20));
    assert_eq!(judge("1.08", "0").verdict, RigorousVerdict::ProvedStable);
    assert_eq!(
        judge("1.0811", "0").verdict,
        RigorousVerdict::ProvedUnstable
    );
    assert_eq!(judge("1.08", "1e-4").verdict, RigorousVerdict::ProvedStable);
    let RigorousVerdict::Unknown {
        test,
        deciding_width,
    } = judge("1.08", "0.01").verdict
    else {
        panic!("decided without knowing the eigenvalues")
    };
    assert_eq!(test, "U(1) < 1");
    let width = deciding_width.unwrap();
    assert!((width - (1.0 - 0.54 * 1.85)).abs() < 1e-9, "{width}");
    // U(1) is known to +-1 %: an error that makes that narrower than the width decides, a wider one does not.
    let relative = width / (0.54 * 1.85);
    for (error, decided) in [(0.99 * relative, true), (1.01 * relative, false)] {
        let verdict = judge("1.08", &format!("{error}")).verdict;
        assert_eq!(verdict == RigorousVerdict::ProvedStable, decided, "{error}");
    }
    // The edge is still enclosed, as widely as the eigenvalues are known.
    let wide = judge("1.08", "0.01");
    let wide = finite(&wide.critical_learning_rate);
    assert!(wide.encloses(&edge) && !wide.has_digits(3) && wide.has_digits(1));
}

#[test]
fn verdicts_are_proved_for_every_tau_and_agree_with_the_spectral_radius() {
    for (alpha, beta, gamma, tau, stable) in [
        ("0.5", "0.5", "0.25", "1", true),
        ("2.5", "0.5", "1", "0", false),
        ("3.5", "0.5", "0.01", "1", false),
        ("0.75", "-0.5", "0.5", "-1", false),
        ("0.3", "-0.5", "0.5", "-1", true),
        ("0.5", "0.9", "0", "1", true),
        ("3.9", "0.9", "0", "1", false),
    ] {
        let p = exact(alpha, beta, gamma, tau);
        let spectrum = RigorousSpectrum::listed(&small(), Rational::zero()).unwrap();
        let report = assess_rigorously(&spectrum, &small(), &p, 25).unwrap();
        let want = if stable {
            RigorousVerdict::ProvedStable
        } else {
            RigorousVerdict::ProvedUnstable
        };
        assert_eq!(report.verdict, want, "{alpha} {beta} {gamma} {tau}");
        // The operator's growth over the second half of 2^14 steps.
        let [early, late] = [1 << 13, 1 << 14].map(|t| {
            loss_by_squaring(&spectrum, &p, t, 20)
                .unwrap()
                .above()
                .log2()
        });
        assert_eq!(late < early, stable, "{alpha} {beta} {gamma} {tau}");
        if !stable && gamma != "0" {
            // r_L^-t is the growth in the end.
            let r = finite(&report.convergence_radius);
            assert!(r.has_digits(25));
            let rate = (late - early) / f64::from(1 << 13);
            assert!((-r.to_f64().log2() / rate - 1.0).abs() < 1e-6, "{rate}");
        }
    }
}

#[test]
fn verdicts_at_the_edge_are_decided_to_the_last_digit_and_an_equality_never_is() {
    let s = Spectrum::new(vec![1.0, 0.5], None).unwrap();
    let spectrum = RigorousSpectrum::listed(&s, Rational::zero()).unwrap();
    let judge = |alpha: &Rational, noise: [&str; 3]| {
        let [beta, gamma, tau] = noise.map(q);
        let p = ExactHyperparameters::new(alpha.clone(), beta, gamma, tau).unwrap();
        assess_rigorously(&spectrum, &s, &p, 20).unwrap()
    };
    let equality = |test| RigorousVerdict::Unknown {
        test,
        deciding_width: Some(0.0),
    };
    // tau = 1: U(1) = (alpha/2) 1.5 = 1 at 4/3. The noiseless edge 2 (1 + 1/2) = 3, without and with noise.
    let edges = [
        ("4/3", ["0", "1", "1"], "U(1) < 1"),
        (
            "3",
            ["1/2", "0", "1"],
            "learning rate below the noiseless edge",
        ),
        (
            "3",
            ["1/2", "1", "1"],
            "learning rate below the noiseless edge",
        ),
    ];
    for (edge, noise, test) in edges {
        let report = judge(&q(edge), noise);
        assert_eq!(report.verdict, equality(test), "{edge} {noise:?}");
        // 20 digits are asked for, and the sign of 10^-300 is still found.
        for offset in ["1e-6", "1e-30", "1e-300"] {
            let below = judge(&(q(edge) * (Rational::one() - q(offset))), noise).verdict;
            let above = judge(&(q(edge) * (Rational::one() + q(offset))), noise).verdict;
            assert_eq!(above, RigorousVerdict::ProvedUnstable, "{edge} {offset}");
            // Just below the noiseless edge, noise is unstable: its own edge is lower.
            let want = if edge == "3" && noise[1] == "1" {
                RigorousVerdict::ProvedUnstable
            } else {
                RigorousVerdict::ProvedStable
            };
            assert_eq!(below, want, "{edge} {noise:?} {offset}");
        }
        // Beyond all bits that are tried nothing is claimed.
        let lost = judge(&(q(edge) * (Rational::one() - q("1e-1000"))), noise).verdict;
        assert_eq!(lost, equality(test), "{edge} {noise:?}");
    }
    let report = judge(&q("4/3"), ["0", "1", "1"]);
    assert!(finite(&report.critical_learning_rate).contains(&q("4/3")));
    assert!(matches!(report.convergence_radius, Enclosed::Absent(_)));
}

#[test]
fn one_mode_at_tau_one_has_the_noiseless_edge_and_no_regularization() {
    let s = Spectrum::new(vec![0.5], None).unwrap();
    let spectrum = RigorousSpectrum::listed(&s, Rational::zero()).unwrap();
    let report = assess_rigorously(&spectrum, &s, &exact("1", "0.5", "0.25", "1"), 30).unwrap();
    assert!(finite(&report.critical_learning_rate).contains(&q("6")));
    assert!(finite(&report.critical_regularization).contains(&Rational::zero()));
    assert_eq!(report.verdict, RigorousVerdict::ProvedStable);
}

#[test]
fn what_cannot_be_enclosed_is_refused_with_its_reason() {
    let without = Spectrum::new(vec![1.0], None).unwrap();
    let p = exact("0.5", "0", "0.1", "1");
    let spectrum = RigorousSpectrum::listed(&without, Rational::zero()).unwrap();
    assert_eq!(
        loss_by_recursion(&spectrum, &p, 3, 10).unwrap_err(),
        RigorousError::NoSignal
    );
    let spectrum = RigorousSpectrum::listed(&small(), Rational::zero()).unwrap();
    let refused = loss_by_recursion(&spectrum, &p, 1_000_000_000, 10).unwrap_err();
    assert!(
        matches!(refused, RigorousError::TooLong { .. }),
        "{refused}"
    );
    let refused =
        RigorousSpectrum::law(RigorousLaw::new(q("2"), None), Some(10_000_000)).unwrap_err();
    assert!(refused.to_string().contains("at most 100000"), "{refused}");
    // Eigenvalues known to three digits do not give a loss to thirty.
    let rough = RigorousSpectrum::listed(&small(), q("1e-3")).unwrap();
    let refused = loss_by_recursion(&rough, &p, 50, 30).unwrap_err();
    assert!(matches!(refused, RigorousError::Digits { .. }), "{refused}");
    assert!(ExactHyperparameters::new(q("1"), Rational::one(), q("0"), q("0")).is_err());
}

#[test]
fn the_contour_agrees_with_the_squared_operator_at_a_trillion_steps() {
    let s = Spectrum::new(vec![1.0, 0.9, 0.02, 0.01], Some(vec![1.0; 4])).unwrap();
    let spectrum = RigorousSpectrum::listed(&s, Rational::zero()).unwrap();
    let p = exact("1", "0", "1", "1");
    for t in [100_000, 1_000_000_000_000] {
        let proof = loss_by_contour(&spectrum, &p, t, 30).unwrap();
        let direct = loss_by_squaring(&spectrum, &p, t, 40).unwrap();
        let ratio = proof.loss / direct;
        assert!(ratio.contains(&q("1")) && ratio.has_digits(29), "{t}");
    }
}

#[test]
fn dropped_multipliers_are_refused_by_name_not_ignored() {
    // A multiplier of -0.895 (see tests/contour.rs): at 100 steps the contour would drop too much.
    let s = Spectrum::new(vec![1.0, 0.9, 0.02, 0.01], Some(vec![1.0; 4])).unwrap();
    let spectrum = RigorousSpectrum::listed(&s, Rational::zero()).unwrap();
    let p = exact("1", "0", "1", "1");
    let refused = loss_by_contour(&spectrum, &p, 400, 30).unwrap_err();
    let RigorousError::Cover { test, re, .. } = &refused else {
        panic!("{refused}")
    };
    assert_eq!(*test, "1 - z U(z) may vanish");
    assert!((re - 1.0 / -0.895).abs() < 0.1, "{refused}");
    // The choice between the methods falls back to the recursion.
    let found = enclose_loss(&spectrum, &p, 400, 30).unwrap();
    let direct = loss_by_squaring(&spectrum, &p, 400, 40).unwrap();
    // Two enclosures of one number overlap; neither need hold the other.
    let ratio = found.loss.clone() / direct;
    assert!(found.loss.has_digits(30) && ratio.contains(&q("1")) && ratio.has_digits(29));
}

#[test]
fn short_spectra_are_squared_where_contour_and_recursion_refuse() {
    // Multipliers of modulus sqrt(0.99999) are as slow as these steps: the contour would drop too much, and 8e6
    // steps of modes are too many for the recursion.
    let spectrum = RigorousSpectrum::listed(&small(), Rational::zero()).unwrap();
    let p = exact("0.5", "0.99999", "0.0009765625", "1");
    let t = 2_000_000;
    assert!(matches!(
        loss_by_recursion(&spectrum, &p, t, 10),
        Err(RigorousError::TooLong { .. })
    ));
    assert!(loss_by_contour(&spectrum, &p, t, 10).is_err());
    let found = enclose_loss(&spectrum, &p, t, 10).unwrap();
    assert_eq!(found.method, RigorousMethod::Squaring);
    assert!(found.loss.has_digits(10));
}

fn tauber(arguments: &str) -> (Option<i32>, serde_json::Value) {
    let output = assert_cmd::Command::cargo_bin("tauber")
        .unwrap()
        .args(arguments.split_whitespace())
        .output()
        .unwrap();
    let value = serde_json::from_slice(&output.stdout).unwrap_or(serde_json::Value::Null);
    (output.status.code(), value)
}

fn ends(value: &serde_json::Value) -> (Rational, Rational) {
    (
        q(value["lower"].as_str().unwrap()),
        q(value["upper"].as_str().unwrap()),
    )
}

#[test]
fn the_command_line_prints_enclosures_as_decimal_strings() {
    let (code, curve) = tauber(
        "curve power-law:nu=1.5,kappa=0.75 --learning-rate 0.2 --momentum 0.5 --noise-amplitude 0.5 --at 1,30 --rigorous --digits 30 --json",
    );
    assert_eq!(code, Some(0));
    for (loss, reference) in curve["loss"].as_array().unwrap().iter().zip([
        "0.417602094337412716252058091818680679187452808",
        "0.110600516831481075067432644309616651432739251",
    ]) {
        // 0.2 is 1/5, not the nearest binary number: 30 digits tell them apart.
        let (low, high) = ends(loss);
        assert!(low <= q(reference) && q(reference) <= high && high.clone() - low < q("1e-29"));
    }
    let (code, audit) = tauber(
        "audit power-law:nu=1.5,kappa=0.75 --learning-rate 0.2 --momentum 0.5 --noise-amplitude 0.5 --rigorous --digits 40 --json",
    );
    assert_eq!((code, audit["verdict"].as_str()), (Some(0), Some("stable")));
    let (low, high) = ends(&audit["critical_learning_rate"]);
    let edge = q("0.81070179483996188482441128160266619003279775404762");
    assert!(low <= edge && edge <= high);
    assert_eq!(audit["signal_function_at_1"], "infinity");
    let (code, audit) = tauber(
        "audit power-law:nu=1.5,modes=2 --learning-rate 1 --noise-amplitude 1 --rigorous --json --batch-size 1",
    );
    let error = audit["error"].as_str().unwrap();
    assert!(
        error.contains("--batch-size") && error.contains("--noise-amplitude"),
        "{error}"
    );
    assert_eq!(code, Some(2));
}

#[test]
fn flags_without_meaning_are_refused() {
    for arguments in [
        "audit power-law:nu=2 --learning-rate 1 --noise-amplitude 1 --digits 30 --json",
        "audit power-law:nu=2 --learning-rate 1 --noise-amplitude 1 --rigorous --digits 0 --json",
        "audit power-law:nu=2 --learning-rate 1 --noise-amplitude 1 --rigorous --digits 5000 --json",
        "audit power-law:nu=2 --learning-rate 1 --noise-amplitude 1 --rigorous --eigenvalue-error 1e-3 --json",
        "audit power-law:nu=2 --learning-rate 1 --noise-amplitude 1 --rigorous --eigenvalue-error -1 --json",
        "curve power-law:nu=2 --learning-rate 1 --noise-amplitude 1 --at 5 --rigorous --json",
        "curve power-law:nu=2,kappa=1,modes=1e6 --learning-rate 1 --noise-amplitude 1 --at 5 --rigorous --json",
    ] {
        let (code, value) = tauber(arguments);
        assert_eq!(code, Some(2), "{arguments}");
        assert!(value["error"].is_string(), "{arguments}: {value}");
    }
}

#[test]
fn numbers_that_are_not_what_was_given_are_refused() {
    // 4e-16 is below 2 eps lambda_max and is split off as zero: U(1) of one mode is not U(1) of two.
    let dropped = Spectrum::new(vec![1.0, 4e-16], None).unwrap();
    let error = RigorousSpectrum::listed(&dropped, Rational::zero()).unwrap_err();
    assert_eq!(error, RigorousError::DroppedEigenvalues);
    let exact_zero = Spectrum::new(vec![1.0, 0.0], None).unwrap();
    assert!(RigorousSpectrum::listed(&exact_zero, Rational::zero()).is_ok());
    // Negative by rounding is no number of a Hessian.
    let negative = loaded(r#"{"eigenvalues": [1.0, -1e-17]}"#, EigenvaluesOf::Hessian);
    let error = RigorousSpectrum::of(&negative, Rational::zero()).unwrap_err();
    assert_eq!(
        error,
        RigorousError::NegativeEigenvalue {
            index: 1,
            value: -1e-17
        }
    );
}

fn loaded(json: &str, of: EigenvaluesOf) -> LoadedSpectrum {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("given.json");
    std::fs::write(&path, json).unwrap();
    LoadedSpectrum::from_word(path.to_str().unwrap(), of).unwrap()
}

#[test]
fn files_with_coefficients_and_kernel_eigenvalues_are_enclosed_exactly() {
    // Theta's eigenvalues over N = 3 and C_kk,0: neither quotient nor product is a binary number. One mode has
    // an eigenvalue that is zero to rounding (2e-17), one exactly.
    let text = r#"{"eigenvalues": [0.3, 1.0, 0.0, 2e-17], "coefficients": [0.7, 0.3, 5.0, 0.1]}"#;
    let kernel = EigenvaluesOf::Kernel {
        dataset_size: Some(3),
    };
    let p = exact("0.5", "0.5", "0.25", "1");
    let lift = |x: f64| rational_from_f64(x).unwrap();
    let loaded_kernel = loaded(text, kernel);
    let spectrum = RigorousSpectrum::of(&loaded_kernel, Rational::zero()).unwrap();
    assert_eq!(spectrum.kept_below_rounding(), 1);
    let nodes: Vec<oracle::Node> = [(1.0, 0.3), (0.3, 0.7), (2e-17, 0.1)]
        .into_iter()
        .map(|(l, c)| {
            let l = lift(l) / q("3");
            [l.clone(), Rational::one(), l * lift(c)]
        })
        .collect();
    let losses = oracle::losses(&hyper(&p), &nodes, &Rational::zero(), 12);
    let rounded = Spectrum::new(
        loaded_kernel.spectrum.eigenvalues().to_vec(),
        loaded_kernel.spectrum.signal().map(<[f64]>::to_vec),
    );
    let rounded = RigorousSpectrum::listed(&rounded.unwrap(), Rational::zero()).unwrap();
    for (t, loss) in losses.iter().enumerate() {
        for ball in [
            loss_by_recursion(&spectrum, &p, t as u64, 30).unwrap(),
            loss_by_squaring(&spectrum, &p, t as u64, 30).unwrap(),
        ] {
            assert!(ball.contains(loss) && ball.has_digits(30), "t = {t}");
        }
        // The numbers rounded on reading are another spectrum.
        let other = loss_by_recursion(&rounded, &p, t as u64, 30).unwrap();
        assert!(!other.contains(loss), "t = {t}");
    }
    // The contour, at a step that no rational reaches.
    let late = loss_by_contour(&spectrum, &p, 5000, 20).unwrap().loss;
    let ratio = late / loss_by_squaring(&spectrum, &p, 5000, 40).unwrap();
    assert!(ratio.contains(&q("1")) && ratio.has_digits(19));
    // U(1) = gamma/(2 (1-b)) sum a/(1 - a x) with x = (1 - b - gamma (1+b))/(2 (1-b^2)), every mode counted.
    let u: Rational = nodes
        .iter()
        .map(|[l, _, _]| {
            let a = l / q("2");
            &a / (Rational::one() - &a * q("1/12"))
        })
        .fold(Rational::zero(), |sum, x| sum + x)
        * q("0.25");
    let report = assess_rigorously(&spectrum, &loaded_kernel.spectrum, &p, 40).unwrap();
    let found = finite(&report.noise_function_at_1);
    assert!(found.contains(&u) && found.has_digits(40));
    assert!(!found.contains(&(u * (Rational::one() + q("1e-18")))));
}

#[test]
fn an_eigenvalue_error_widens_the_signal_of_coefficients_and_not_a_given_one() {
    let initial = |text: &str| {
        let loaded = loaded(text, EigenvaluesOf::Hessian);
        let spectrum = RigorousSpectrum::of(&loaded, q("0.01")).unwrap();
        loss_by_recursion(&spectrum, &exact("0.5", "0", "0.1", "1"), 0, 1).unwrap()
    };
    let given = initial(r#"{"eigenvalues": [1.0, 0.5], "signal": [1.0, 0.25]}"#);
    assert!(given.contains(&q("5/8")) && given.has_digits(30));
    let computed = initial(r#"{"eigenvalues": [1.0, 0.5], "coefficients": [1.0, 0.5]}"#);
    for factor in ["0.99", "1", "1.01"] {
        assert!(computed.contains(&(q("5/8") * q(factor))), "{factor}");
    }
    assert!(!computed.contains(&(q("5/8") * q("1.011"))) && !computed.has_digits(2));
}

#[test]
fn the_loss_of_the_null_space_is_summed_exactly() {
    // 1 + 2^-60 is no f64.
    let tiny = 2f64.powi(-60);
    let s = Spectrum::new(vec![1.0, 0.0, 0.0], Some(vec![1.0, 1.0, tiny])).unwrap();
    assert_eq!(s.null_space_loss(), 0.5);
    let spectrum = RigorousSpectrum::listed(&s, Rational::zero()).unwrap();
    let p = exact("0.5", "0", "0.25", "1");
    let null = (Rational::one() + rational_from_f64(tiny).unwrap()) / q("2");
    let nodes = [[q("1"), q("1"), q("1")]];
    let losses = oracle::losses(&hyper(&p), &nodes, &null, 3);
    for t in 0..4 {
        let loss = loss_by_recursion(&spectrum, &p, t, 40).unwrap();
        assert!(loss.contains(&losses[t as usize]) && loss.has_digits(40));
        assert!(!loss.contains(&(&losses[t as usize] - rational_from_f64(tiny).unwrap())));
    }
}

#[test]
fn steps_beyond_2_to_53_are_exact_integers() {
    let s = RigorousSpectrum::listed(&small(), Rational::zero()).unwrap();
    let p = exact("0.5", "0.5", "0.25", "1");
    for t in [(1 << 53) + 1, 10_u64.pow(18) + 1, u64::MAX] {
        let found = loss_by_contour(&s, &p, t, 15).unwrap().loss;
        let right = found.clone() / loss_by_squaring(&s, &p, t, 30).unwrap();
        assert!(right.contains(&q("1")) && right.has_digits(14), "{t}");
        // The step before, which f64 does not tell from this one.
        assert_eq!(t as f64, (t - 1) as f64);
        let wrong = found / loss_by_squaring(&s, &p, t - 1, 30).unwrap();
        assert!(!wrong.contains(&q("1")), "{t}");
    }
}

#[test]
fn without_noise_a_silent_mode_beyond_the_edge_proves_nothing() {
    // alpha lambda = 2.5 for a mode without signal: the loss is 1/2 (1 - 0.25)^(2t), which vanishes.
    let verdict = |signal: [f64; 2]| {
        let s = Spectrum::new(vec![1.0, 0.1], Some(signal.to_vec())).unwrap();
        let listed = RigorousSpectrum::listed(&s, Rational::zero()).unwrap();
        let p = ExactHyperparameters::new(q("5/2"), q("0"), q("0"), q("1")).unwrap();
        assess_rigorously(&listed, &s, &p, 20).unwrap().verdict
    };
    assert!(matches!(
        verdict([0.0, 1.0]),
        RigorousVerdict::Unknown { .. }
    ));
    assert!(matches!(
        verdict([1e-300, 1.0]),
        RigorousVerdict::ProvedUnstable
    ));
}
