//! What one loss costs, against t and N: CSV, SVG and PNG, with slopes.
//!
//! ```sh
//! cargo run --release --example costs -- docs/compare
//! ```
//!
//! Time against t: one L_t of a prepared contour beside the iteration. Time against N: the contour
//! directly, preparing and compressing. Time against digits: U(1) and V(1) of an infinite law, and L_t at t = 10^9 of
//! the same law, enclosed. Slopes are least squares in the logarithms.

use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use tauber::dynamics::SeRecursion;
use tauber::generating::contour::LossContour;
use tauber::generating::rigorous::{
    ExactHyperparameters, LawAtOne, RigorousLaw, RigorousSpectrum, loss_by_contour,
};
use tauber::moment::Hyperparameters;
use tauber::number::ball::Backend;
use tauber::number::parse_rational;
use tauber::report::{Axis, Column, Dash, Figure, LinePlot, Series, write_csv};
use tauber::spectrum::{CompressedSpectrum, Spectrum};

type AnyError = Box<dyn std::error::Error>;

fn law(n: usize) -> Result<Spectrum, AnyError> {
    let l = (1..=n).map(|k| (k as f64).powf(-1.5)).collect();
    let q = (1..=n).map(|k| (k as f64).powf(-1.75)).collect();
    Ok(Spectrum::new(l, Some(q))?)
}

/// The median time of a call, in seconds; calls for at least 50 ms, at least five times.
fn seconds<T>(mut call: impl FnMut() -> T) -> f64 {
    let mut times = Vec::new();
    let start = Instant::now();
    while times.len() < 5 || (start.elapsed().as_secs_f64() < 0.05 && times.len() < 2000) {
        let one = Instant::now();
        black_box(call());
        times.push(one.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The least-squares slope of log y against log x.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let logs = || points.iter().map(|(x, y)| (x.ln(), y.ln()));
    let (mx, my) = (
        logs().map(|p| p.0).sum::<f64>() / n,
        logs().map(|p| p.1).sum::<f64>() / n,
    );
    let top: f64 = logs().map(|(x, y)| (x - mx) * (y - my)).sum();
    let bottom: f64 = logs().map(|(x, _)| (x - mx) * (x - mx)).sum();
    top / bottom
}

struct Measured {
    label: &'static str,
    points: Vec<(f64, f64)>,
}

fn plot(
    folder: &std::path::Path,
    stem: &str,
    title: &str,
    across: &str,
    curves: &[Measured],
) -> Result<(), AnyError> {
    let mut plot = LinePlot::new(title, Axis::log(across), Axis::log("seconds"));
    for (k, curve) in curves.iter().enumerate() {
        let label = format!("{} (slope {:.2})", curve.label, slope(&curve.points));
        println!("{stem}: {label}");
        let dash = [Dash::Solid, Dash::Dashed, Dash::Dotted][k % 3];
        plot = plot.with(
            Series::line(label, curve.points.clone())
                .with_dots()
                .with_dash(dash),
        );
        let [x, y]: [Vec<f64>; 2] = [
            curve.points.iter().map(|p| p.0).collect(),
            curve.points.iter().map(|p| p.1).collect(),
        ];
        let words = curve.label.split(|c: char| !c.is_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let name = words.join("-");
        let columns = [
            Column {
                name: across,
                values: &x,
            },
            Column {
                name: "seconds",
                values: &y,
            },
        ];
        write_csv(&folder.join(format!("{stem}-{name}.csv")), &columns)?;
    }
    Figure::of(plot).save(&folder.join(stem))?;
    Ok(())
}

fn run(folder: PathBuf) -> Result<(), AnyError> {
    std::fs::create_dir_all(&folder)?;
    let parameters = Hyperparameters::new(0.2, 0.5, 0.5, 1.0)?;
    let spectrum = law(1000)?;
    let contour = LossContour::new(&spectrum, &parameters)?;
    let mut at = Vec::new();
    for k in 2..=12 {
        let t = 10f64.powi(k);
        at.push((t, seconds(|| contour.at(t))));
    }
    let mut iterated = Vec::new();
    for k in 2..=5 {
        let t = 10_u64.pow(k);
        let mut run = SeRecursion::new(&spectrum, &parameters)?;
        iterated.push((t as f64, seconds(|| run.advance_by(t))));
    }
    let curves = [
        Measured {
            label: "contour",
            points: at,
        },
        Measured {
            label: "iteration",
            points: iterated,
        },
    ];
    plot(
        &folder,
        "cost-steps",
        "One loss at step t, N = 1000",
        "step t",
        &curves,
    )?;

    let (mut direct, mut prepare, mut compress) = (Vec::new(), Vec::new(), Vec::new());
    for n in [
        100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000,
    ] {
        let spectrum = law(n)?;
        let contour = LossContour::new(&spectrum, &parameters)?;
        direct.push((n as f64, seconds(|| contour.at(1e6))));
        prepare.push((
            n as f64,
            seconds(|| LossContour::new(&spectrum, &parameters)),
        ));
        compress.push((n as f64, seconds(|| CompressedSpectrum::of(&spectrum))));
    }
    let curves = [
        Measured {
            label: "one loss, prepared",
            points: direct,
        },
        Measured {
            label: "preparing",
            points: prepare,
        },
        Measured {
            label: "compressing",
            points: compress,
        },
    ];
    plot(
        &folder,
        "cost-modes",
        "Time against the number of modes, t = 10⁶",
        "modes N",
        &curves,
    )?;
    digits(&folder)
}

/// U(1) and V(1) of the law of `benches/rigorous.rs`, whose signal is given by its tails here (the default, which costs
/// more than terms), and L_t; every ball has the digits asked for.
fn digits(folder: &std::path::Path) -> Result<(), AnyError> {
    let law = |kappa: &str| -> Result<RigorousLaw, AnyError> {
        Ok(RigorousLaw::new(
            parse_rational("1.5")?,
            Some(parse_rational(kappa)?),
        ))
    };
    let exact = |[a, b, g, t]: [&str; 4]| -> Result<ExactHyperparameters, AnyError> {
        let q = |text: &str| parse_rational(text);
        Ok(ExactHyperparameters::new(q(a)?, q(b)?, q(g)?, q(t)?)?)
    };
    let at_one = |digits: u32| -> Result<bool, AnyError> {
        let bits = digits * 10 / 3 + 24;
        let sums = LawAtOne::<Backend>::new(&law("4")?, bits)?;
        let p = exact(["0.7", "0.3", "0.1", "0"])?.balls(bits);
        let (u, v) = (sums.noise_function(&p)?, sums.signal_function(&p)?);
        Ok(u.has_digits(digits) && v.is_some_and(|v| v.has_digits(digits)))
    };
    let mut sums = Vec::new();
    for digits in [10, 20, 50, 100, 200, 500] {
        if !at_one(digits)? {
            return Err(format!("U(1) and V(1) do not have {digits} digits").into());
        }
        sums.push((f64::from(digits), seconds(|| at_one(digits))));
    }
    let spectrum = RigorousSpectrum::law(law("0.75")?, None)?;
    let p = exact(["0.2", "0.5", "0.5", "1"])?;
    let mut losses = Vec::new();
    for digits in [10, 20, 40, 60] {
        let loss = || loss_by_contour(&spectrum, &p, 1_000_000_000, digits);
        if !loss()?.loss.has_digits(digits) {
            return Err(format!("L_t does not have {digits} digits").into());
        }
        losses.push((f64::from(digits), seconds(loss)));
    }
    let curves = [
        Measured {
            label: "U(1) and V(1)",
            points: sums,
        },
        Measured {
            label: "one loss",
            points: losses,
        },
    ];
    plot(
        folder,
        "cost-digits",
        "Enclosures of an infinite law, ν = 1.5",
        "digits",
        &curves,
    )
}

fn main() -> ExitCode {
    let folder = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "docs/compare".to_owned());
    match run(folder.into()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
