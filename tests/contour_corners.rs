//! Losses at corners: a right answer with an honest error, or a typed refusal; never a wrong digit.
//!
//! Reference values: `tests/oracle/corners.py`, the second-moment operator (65) of the exact binary inputs
//! squared in 400 digits, its early steps also in exact rationals.
// Reference values keep the digits they were computed with; log10 of 1/2 is one of them.
#![allow(clippy::excessive_precision, clippy::approx_constant)]

use tauber::dynamics::{CurveError, CurveMethod, LossCurve, LossPoint};
use tauber::generating::contour::{ContourRefusal, LossContour};
use tauber::moment::Hyperparameters;
use tauber::spectrum::{PowerLaw, Spectrum};

const STEPS: [u64; 8] = [
    0,
    1,
    2,
    63,
    1000,
    1_000_000,
    1_000_000_000,
    1_000_000_000_000,
];

type Case = (&'static str, Vec<f64>, Vec<f64>, [f64; 4], [f64; 8]);

/// Name, eigenvalues, signal, (alpha, beta, gamma, tau), log10 L at [`STEPS`].
#[rustfmt::skip]
fn cases() -> Vec<Case> {
    vec![
        ("one mode, tau = 1", vec![1.0], vec![1.0], [0.5, 0.25, 0.75, 1.0],
            [-0.3010299956639811952137, -0.9030899869919435856412, -2.107209969647868366496, -39.02948040141194288636, -602.3193808647549740659, -602060.874377945817635, -602059991.580744155607, -602059991333.3436636537]),
        ("one mode, tau = -1", vec![0.5], vec![2.0], [0.5, -0.5, 0.25, -1.0],
            [0.0, -0.2263963773670770145324, -0.3070085785211505730759, -8.964506048282617388075, -141.609088409952571986, -141563.100848611641072, -141563054.8610503001411, -141563054815.0627388002]),
        ("one slow mode", vec![9.094947017729282e-13], vec![1.0], [1.0, 0.5, 0.5, 0.0],
            [-0.3010299956639811952137, -0.3010299956647711722743, -0.3010299956659561378652, -0.3010299957619383507284, -0.301029997242355362297, -0.3010315756165224455905, -0.3026099497836057390945, -1.880984116866899243052]),
        ("seven equal modes", vec![0.5; 7], vec![1.0; 7], [0.125, 0.5, 0.5, 1.0],
            [0.5440680443502756354985, 0.4937629260388798630474, 0.4209632647517617797653, -5.26358070951958507999, -92.85864475694088020636, -93483.96748507057357097, -93484592.80779870326434, -93484593433.12143139403]),
        ("the edge", vec![1.0, 0.25], vec![1.0, 1.0], [3.0, 0.5, 0.5, 1.0],
            [0.0, 0.6456064615404030642765, 1.01216965612795742252, 22.50769814393785303679, 353.0702650131415184575, 352788.5070871417026233, 352788225.3292157028075, 352788225047.4577768077]),
        ("just below the edge", vec![1.0, 0.25], vec![1.0, 1.0], [2.9999999999999996, 0.5, 0.5, 1.0],
            [0.0, 0.6456064615404029102567, 1.012169656127957021368, 22.50769814393783997213, 353.0702650131413111436, 352788.5070871414953136, 352788225.3292154954978, 352788225047.457569498]),
        ("just above the edge", vec![1.0, 0.25], vec![1.0, 1.0], [3.0000000000000004, 0.5, 0.5, 1.0],
            [0.0, 0.6456064615404032182963, 1.012169656127957823671, 22.50769814393786610145, 353.0702650131417257713, 352788.507087141909933, 352788225.3292159101172, 352788225047.4579841174]),
        ("U(1) = 1", vec![1.0], vec![1.0], [1.0, 0.0, 1.0, 0.0],
            [-0.3010299956639811952137, -0.3010299956639811952137, -0.3010299956639811952137, -0.3010299956639811952137, -0.3010299956639811952137, -0.3010299956639811952137, -0.3010299956639811952137, -0.3010299956639811952137]),
        ("just below U(1) = 1", vec![1.0], vec![1.0], [0.9999999999999999, 0.0, 1.0, 0.0],
            [-0.3010299956639811952137, -0.3010299956639812916465, -0.3010299956639813880792, -0.3010299956639872704768, -0.3010299956640776279604, -0.3010299957604139418691, -0.3010300920967278505424, -0.3011264284106365239248]),
        ("just above U(1) = 1", vec![1.0], vec![1.0], [1.0000000000000002, 0.0, 1.0, 0.0],
            [-0.3010299956639811952137, -0.3010299956639810023482, -0.3010299956639808094828, -0.3010299956639690446877, -0.3010299956637883297204, -0.3010299954711157019031, -0.3010298027984878845563, -0.3008371301706705377916]),
        ("momentum 0.999999", vec![1.0, 0.25], vec![1.0, 0.5], [0.5, 0.999999, 9.5367431640625e-07, 1.0],
            [-0.1249387366082999531324, -0.4997548543942110879783, -0.8733809090465514309547, -0.6112910418121488602238, -0.2210410999337938772584, -0.9011731002087700078516, -378.4486697660163980826, -378062.9255957677579973]),
        ("momentum 0.999999, much noise", vec![1.0, 0.25], vec![1.0, 0.5], [0.5, 0.999999, 0.5, 0.0],
            [-0.1249387366082999531324, -0.3808903575370930335358, -0.3760908251631686310665, 4.334559519622277477219, 74.05153887438556792292, 74404.10773644152747744, 74404460.305303583437, 74404460657.87244549296]),
        ("momentum -0.999999", vec![1.0, 0.25], vec![1.0, 0.5], [9.5367431640625e-07, -0.999999, 0.5, 1.0],
            [-0.1249387366082999531324, -0.1249393578716384223297, -0.1249393578717165764622, -0.1249586169371731935278, -0.1252493436772133389153, -0.4093482557650011295533, -104.1459849633160209342, -103544.5271188913254457]),
        ("momentum -0.999999, neutral", vec![1.0, 0.0009765625], vec![1.0, 0.5], [4.76837158203125e-07, -0.999999, 1.0, 0.0],
            [-0.1249387366082999531324, -0.124939012860041419089, -0.1249390128601860080869, -0.1249475766205752727328, -0.1250768516221549887538, -0.2516139823675333261262, -0.8042941520011357701632, -202.8362885306809176057]),
    ]
}

/// log10 L of [1, 2^-20, 2^-40, 2^-400, 2^-1000] with signal [1, 1/2, 1/4, 2^-70, 2^-70].
#[rustfmt::skip]
const WIDE: [f64; 8] = [-0.05799194697768675492858, -0.2621121189710098189444, -0.3409836153000942510406, -0.3438049535483633506316, -0.344149838379493097569, -0.6275605671411166190559, -0.8214297987675857227599, -1.347554521127736511001];

fn point(
    s: &Spectrum,
    h: &Hyperparameters,
    step: u64,
    method: CurveMethod,
) -> Result<LossPoint, CurveError> {
    let curve = LossCurve::compute(s, h, &[step], method, 0.0, &|_| {})?;
    Ok(curve.points()[0])
}

/// The relative error of a point, or the absolute one of log10 outside the range of f64, and what the point says.
fn errors(point: &LossPoint, log10: f64) -> (f64, f64) {
    let off = (point.log10_loss() - log10).abs();
    // log10 itself is an f64 here and there.
    let printed = 2.0 * f64::EPSILON * log10.abs();
    match point.loss() {
        Some(loss) => (
            (off - printed).max(0.0) * std::f64::consts::LN_10,
            point.error_estimate() / loss,
        ),
        None => ((off - printed).max(0.0), point.error_estimate()),
    }
}

#[test]
fn at_every_corner_the_reported_error_covers_the_true_one_or_the_step_is_refused() {
    let (mut values, mut refusals) = (0, Vec::new());
    for (name, l, q, [alpha, beta, gamma, tau], exact) in cases() {
        let s = Spectrum::new(l, Some(q)).unwrap();
        let h = Hyperparameters::new(alpha, beta, gamma, tau).unwrap();
        for (step, log10) in STEPS.into_iter().zip(exact) {
            // Later steps would be iterated for minutes where the contour refuses.
            let method = if step <= 1_000_000 {
                CurveMethod::Auto
            } else {
                CurveMethod::Contour
            };
            match point(&s, &h, step, method) {
                Ok(point) => {
                    values += 1;
                    let (off, said) = errors(&point, log10);
                    assert!(
                        off <= said && said < 1e-2 * (1.0 + log10.abs()),
                        "{name}, t = {step} by {}: off {off:e}, said {said:e}",
                        point.method().name()
                    );
                }
                Err(CurveError::Contour(_) | CurveError::TooLong { .. }) => {
                    refusals.push((name, step));
                }
                Err(other) => panic!("{name}, t = {step}: {other}"),
            }
        }
    }
    println!("{values} values, refused: {refusals:?}");
    assert!(values >= 90, "{values}: {refusals:?}");
}

#[test]
fn the_contour_asked_for_by_name_never_gives_a_wrong_digit_either() {
    let mut values = 0;
    for (name, l, q, [alpha, beta, gamma, tau], exact) in cases() {
        let s = Spectrum::new(l, Some(q)).unwrap();
        let h = Hyperparameters::new(alpha, beta, gamma, tau).unwrap();
        for (step, log10) in STEPS.into_iter().zip(exact) {
            if let Ok(point) = point(&s, &h, step, CurveMethod::Contour) {
                values += 1;
                let (off, said) = errors(&point, log10);
                assert!(
                    off <= said,
                    "{name}, t = {step}: off {off:e}, said {said:e}"
                );
            }
        }
    }
    assert!(values >= 40, "{values}");
}

#[test]
fn eigenvalues_over_300_decades_are_right_and_what_never_moves_is_null_space() {
    let tiny = 2f64.powi(-70);
    let l = [0, -20, -40, -400, -1000].map(|k| 2f64.powi(k)).to_vec();
    let s = Spectrum::new(l, Some(vec![1.0, 0.5, 0.25, tiny, tiny])).unwrap();
    assert_eq!(s.null_space_loss(), tiny);
    let h = Hyperparameters::new(0.5, 0.25, 0.5, 1.0).unwrap();
    for (step, log10) in STEPS.into_iter().zip(WIDE) {
        let method = if step <= 1000 {
            CurveMethod::Auto
        } else {
            CurveMethod::Contour
        };
        let point = point(&s, &h, step, method).unwrap();
        let (off, said) = errors(&point, log10);
        assert!(off <= said && said < 1e-9, "{step}: {off:e} {said:e}");
    }
}

#[test]
fn a_law_of_300_decades_agrees_between_contour_and_iteration() {
    let law = PowerLaw::new(50.0, Some(2.0)).unwrap();
    let s = law.with_modes(1_000_000).unwrap().spectrum().0;
    let smallest = s.eigenvalues()[s.len() - 1];
    assert!(smallest > 0.0 && smallest < 1e-289, "{smallest:e}");
    let h = Hyperparameters::new(0.5, 0.25, 0.25, 1.0).unwrap();
    for step in [100, 10_000] {
        let [x, y] = [CurveMethod::Contour, CurveMethod::Iteration]
            .map(|method| point(&s, &h, step, method).unwrap());
        let off = (x.loss().unwrap() - y.loss().unwrap()).abs();
        assert!(
            off <= x.error_estimate() + y.error_estimate(),
            "{step}: {off:e}"
        );
        assert!(x.error_estimate() < 1e-9 * x.loss().unwrap());
    }
}

#[test]
fn steps_that_are_no_whole_numbers_or_too_large_are_refused_by_name() {
    let s = Spectrum::new(vec![1.0, 0.25], Some(vec![1.0, 1.0])).unwrap();
    let h = Hyperparameters::new(0.5, 0.25, 0.5, 1.0).unwrap();
    let contour = LossContour::new(&s, &h).unwrap();
    assert_eq!(contour.at(100.5), Err(ContourRefusal::NotWhole(100.5)));
    assert!(contour.at(100.0).is_ok());
    let many = contour.curve(&[100.0, 100.5, 101.0, 102.0]);
    assert_eq!(many[1], Err(ContourRefusal::NotWhole(100.5)));
    assert!(many[0].is_ok() && many[3].is_ok());
    for step in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1.0] {
        assert!(contour.at(step).is_err(), "{step}");
    }
    // s1 t has no digits left: no number is better than a wrong one.
    assert!(contour.at(1e300).is_err());
    let late = point(&s, &h, u64::MAX, CurveMethod::Auto);
    assert!(matches!(late, Err(CurveError::Contour(_))), "{late:?}");
}

#[test]
fn compression_does_not_blur_the_slowest_modes_at_late_steps() {
    // Iterated step by step by two programs, this one and a plain C loop; the loss falls
    // exponentially from about 3e4 on, as the slowest of 1000 modes do.
    let l: Vec<f64> = (1..=1000).map(|k| f64::from(k).powf(-1.5)).collect();
    let q: Vec<f64> = (1..=1000).map(|k| f64::from(k).powf(-1.75)).collect();
    let s = Spectrum::new(l, Some(q)).unwrap();
    let h = Hyperparameters::new(1.0, 0.5, 0.1, 1.0).unwrap();
    for (step, exact) in [
        (10_000, 4.727_107_843_859e-4),
        (300_000, 2.407_499_939_403e-21),
        (1_100_000, 8.035_346_431_470e-66),
    ] {
        let point = point(&s, &h, step, CurveMethod::Auto).unwrap();
        let off = (point.loss().unwrap() / exact - 1.0).abs();
        let said = point.error_estimate() / exact;
        assert_eq!(point.method(), CurveMethod::Contour);
        assert!(
            off < said + 1e-12 && said < 1e-9,
            "{step}: {off:e} {said:e}"
        );
    }
}
