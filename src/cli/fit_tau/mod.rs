//! `tauber fit --tau`: which (tau_1, tau_2) describe the noise of a model, and which tau its loss.

mod words;

use super::Failure;
use super::arguments::{real, whole};
use super::output::Output;
use crate::dynamics::{KernelView, Space, TauFit, TauFitConfig, fit_tau};
use crate::kernel::KernelProblem;
use crate::moment::noise_amplitude_of_batch;
use crate::report::{Column, write_csv};
use crate::spectrum::LoadedSpectrum;
use crate::stability::critical_learning_rate;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use words::{document, remarks, text};

/// The space in which noises are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SpaceWord {
    /// Of the outputs f(x_i)
    Output,
    /// Of the parameters w
    Parameter,
}

/// How to run the kernel, without the kernel itself.
#[derive(Debug, Args)]
pub(crate) struct TauOptions {
    /// Learning rate alpha > 0 [default: half the edge at tau = 1]
    #[arg(long, requires = "tau", value_parser = real, allow_hyphen_values = true, value_name = "A")]
    learning_rate: Option<f64>,
    /// Momentum beta in (-1, 1)
    #[arg(long, requires = "tau", value_parser = real, default_value = "0", allow_hyphen_values = true, value_name = "B")]
    momentum: f64,
    /// Batch size b, below the number of points
    #[arg(long, requires = "tau", value_parser = whole, default_value = "1", allow_hyphen_values = true, value_name = "b")]
    batch_size: u64,
    /// Horizon T: the losses of steps 1 to T are compared
    #[arg(long, requires = "tau", value_parser = whole, default_value = "100", allow_hyphen_values = true, value_name = "T")]
    steps: u64,
    /// Steps at which the noise is compared, separated by commas [default: 0, 1, 10, 100, .., T]
    #[arg(long, requires = "tau", value_delimiter = ',', value_parser = whole, allow_hyphen_values = true, value_name = "STEPS")]
    at: Vec<u64>,
    /// Space in which the noise is compared
    #[arg(long, requires = "tau", value_enum, default_value = "output")]
    space: SpaceWord,
    /// Also write the exact noise of every mode at every step of --at, beside its SE form, as CSV
    #[arg(long, requires = "tau", value_name = "FILE")]
    noise: Option<PathBuf>,
}

/// `tauber fit SPECTRUM --tau`.
pub(crate) fn run_on(
    word: &str,
    loaded: &LoadedSpectrum,
    options: &TauOptions,
    output: &Output,
) -> Result<u8, Failure> {
    let problem = loaded.kernel.as_ref().ok_or_else(|| {
        Failure::with_help(
            "the noise needs a kernel matrix with its target, and this spectrum has none",
            "use kernel:THETA.npy,TARGET.npy or jacobian:J.npy,TARGET.npy (your own, with targets), idx:IMAGES,LABELS[:N], cifar:FILE[:N], sgemm:FILE[:N], mnist:N or bike:N",
        )
    })?;
    let config = configuration(options, loaded, problem)?;
    let view = KernelView::new(problem.dataset_size(), problem.kernel_row_major())
        .map_err(Failure::input)?;
    let bar = output.spinner();
    bar.set_message("exact second moments");
    let fit = fit_tau(view, &problem.initial_residual(), &config).map_err(Failure::input)?;
    bar.finish_and_clear();
    let mut warnings = loaded.warnings.clone();
    warnings.extend(remarks(&fit));
    if let Some(path) = &options.noise {
        write_noise(path, &config, &fit)?;
    }
    output.document(&document(
        word,
        loaded,
        &config,
        &fit,
        options.noise.as_deref(),
        &warnings,
    )?);
    output.text(&text(loaded, &config, &fit, &warnings)?);
    Ok(0)
}

/// One row a step and mode.
const NOISE_COLUMNS: [&str; 8] = [
    "step",
    "mode",
    "eigenvalue",
    "moment",
    "noise",
    "se_at_tau_1",
    "se_at_best",
    "loss",
];

/// `--noise`: C_kk and the exact Sigma_kk, with the SE forms at (1, 1) and at the best pair of the step.
fn write_noise(path: &Path, config: &TauFitConfig, fit: &TauFit) -> Result<(), Failure> {
    let mut columns: [Vec<f64>; 8] = std::array::from_fn(|_| Vec::new());
    for quality in &fit.quality {
        let se = |[tau_1, tau_2]: [f64; 2]| {
            quality.spectrally_expressible(&fit.eigenvalues, tau_1, tau_2, config.space)
        };
        // Where there is no best pair the field is empty.
        let nothing = || vec![f64::NAN; fit.eigenvalues.len()];
        let (one, best) = (se([1.0, 1.0]), quality.best.map_or_else(nothing, se));
        for (k, eigenvalue) in fit.eigenvalues.iter().enumerate() {
            let row = [
                quality.step as f64,
                (k + 1) as f64,
                *eigenvalue,
                quality.moments[k],
                quality.components[k],
                one[k],
                best[k],
                quality.loss,
            ];
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
    }
    let named: Vec<Column<'_>> = (NOISE_COLUMNS.iter().zip(&columns))
        .map(|(name, values)| Column { name, values })
        .collect();
    write_csv(path, &named).map_err(|error| {
        Failure::with_help(
            format!("--noise: {error}"),
            "give a path that can be written",
        )
    })
}

fn configuration(
    options: &TauOptions,
    loaded: &LoadedSpectrum,
    problem: &KernelProblem,
) -> Result<TauFitConfig, Failure> {
    let points = problem.dataset_size() as u64;
    let gamma =
        noise_amplitude_of_batch(options.batch_size, Some(points)).map_err(Failure::input)?;
    let mut at = options.at.clone();
    if at.is_empty() {
        at = vec![0, options.steps];
        at.extend(
            (0..19)
                .map(|k| 10_u64.pow(k))
                .filter(|t| *t < options.steps),
        );
    }
    at.sort_unstable();
    at.dedup();
    Ok(TauFitConfig {
        learning_rate: match options.learning_rate {
            Some(rate) => rate,
            None => {
                let edge = critical_learning_rate(&loaded.spectrum, options.momentum, gamma, 1.0);
                0.5 * edge.map_err(Failure::input)?
            }
        },
        momentum: options.momentum,
        batch_size: options.batch_size,
        steps: options.steps,
        at,
        space: match options.space {
            SpaceWord::Output => Space::Output,
            SpaceWord::Parameter => Space::Parameter,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::NoiseQuality;
    use crate::noise::DistanceError;
    use crate::spectrum::EigenvaluesOf;

    fn options() -> TauOptions {
        TauOptions {
            learning_rate: None,
            momentum: 0.3,
            batch_size: 2,
            steps: 20,
            at: Vec::new(),
            space: SpaceWord::Output,
            noise: None,
        }
    }

    fn loaded(word: &str) -> LoadedSpectrum {
        LoadedSpectrum::from_word(word, EigenvaluesOf::Hessian).unwrap()
    }

    #[test]
    fn the_document_has_a_column_for_each_step_and_the_tau_of_the_loss() {
        let loaded = loaded("mnist:30");
        let problem = loaded.kernel.as_ref().unwrap();
        let config = configuration(&options(), &loaded, problem).unwrap();
        assert_eq!(config.at, [0, 1, 10, 20]);
        let view = KernelView::new(30, problem.kernel_row_major()).unwrap();
        let fit = fit_tau(view, &problem.initial_residual(), &config).unwrap();
        let document = document("mnist:30", &loaded, &config, &fit, None, &[]).unwrap();
        for name in ["loss", "tau_1", "tau_2", "distance", "axis_ratio"] {
            assert_eq!(document[name].as_array().unwrap().len(), 4, "{name}");
        }
        assert!(document["loss_fit"]["tau"].as_f64().unwrap() <= 1.0);
        let text = text(&loaded, &config, &fit, &remarks(&fit)).unwrap();
        assert!(text.contains("Noise in output space") && text.contains("is nearest"));
    }

    #[test]
    fn the_noise_file_has_a_row_for_each_step_and_mode_and_a_bad_path_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("noise.csv");
        let run = |path: PathBuf| {
            let options = TauOptions {
                noise: Some(path),
                at: vec![0, 5],
                ..options()
            };
            run_on(
                "mnist:30",
                &loaded("mnist:30"),
                &options,
                &Output::new(false),
            )
        };
        assert!(run(path.clone()).is_ok());
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(NOISE_COLUMNS.join(",").as_str()));
        let rows: Vec<Vec<f64>> = lines
            .map(|line| line.split(',').map(|x| x.parse().unwrap()).collect())
            .collect();
        assert_eq!(rows.len(), 60);
        for step in [0.0, 5.0] {
            let here: Vec<_> = rows.iter().filter(|row| row[0] == step).collect();
            let twice: f64 = here.iter().map(|row| row[3]).sum();
            assert!((0.5 * twice / here[0][7] - 1.0).abs() < 1e-12);
            assert!(here.iter().all(|row| row[4] >= 0.0));
            assert!(here.windows(2).all(|pair| pair[0][2] >= pair[1][2]));
        }
        let text = run(folder.path().join("nowhere/noise.csv")).unwrap_err();
        assert!(text.to_string().contains("--noise"), "{text}");
    }

    /// A fit whose second step has no best pair and whose third was left out.
    fn partly_known() -> TauFit {
        let quality = |step, squares: [f64; 3], best| NoiseQuality {
            step,
            loss: 0.5,
            distance: crate::noise::TraceDistance {
                noise_square: 1.0,
                cross: [0.6, 0.2],
                squares,
            },
            best,
            best_tau_at_tau_1_one: 1.25,
            trace: 1.0,
            moments: vec![1.0],
            components: vec![1.0],
        };
        TauFit {
            noise_amplitude: 1.0,
            null_space_loss: 0.1,
            eigenvalues: vec![1.0],
            losses: vec![0.5, 0.4],
            quality: vec![
                quality(0, [1.0, 0.5, 1.0], Some([0.9, 0.4])),
                quality(1, [1.0, 1.0, 1.0], None),
            ],
            left_out: vec![(10, DistanceError::NoNoise)],
            loss_fit: crate::dynamics::LossFit {
                tau: 1.0,
                error: 0.02,
                error_at_named: [0.02, 0.1, 0.3],
                range: [-4.0, 1.0],
                at_end: true,
            },
        }
    }

    #[test]
    fn what_a_fit_leaves_open_is_null_a_dash_and_a_warning() {
        let loaded = loaded("mnist:30");
        let config = configuration(&options(), &loaded, loaded.kernel.as_ref().unwrap()).unwrap();
        let fit = partly_known();
        let warnings = remarks(&fit);
        for part in [
            "step 10 is left out of the comparison of the noise: the noise vanishes",
            "null at step 1:",
            "an end of its range -4 .. 1",
            "the axis ratio is small",
            "part of the target cannot be reached",
            "exceeds 1 at some step",
        ] {
            let told = warnings.iter().filter(|w| w.contains(part)).count();
            assert_eq!(told, 1, "{part}: {warnings:?}");
        }
        let document = document("mnist:30", &loaded, &config, &fit, None, &warnings).unwrap();
        for name in ["tau_1", "tau_2", "distance"] {
            assert!(document[name][0].is_number(), "{name}");
            assert!(document[name][1].is_null(), "{name}");
        }
        // E(1, 1) = 1 - 2 (0.6 - 0.2) + 1 - 2 (0.5) + 1, and with X_1 = X_2 it is 1 - 0.8.
        assert!((document["distance_at_tau_1"][0].as_f64().unwrap() - 1.2).abs() < 1e-12);
        assert!((document["distance_at_tau_1"][1].as_f64().unwrap() - 0.2).abs() < 1e-12);
        assert_eq!(document["tau_at_tau_1_one"][1], 1.25);
        assert_eq!(document["steps_left_out"][0]["step"], 10);
        assert_eq!(document["loss_fit"]["at_end_of_range"], true);
        let text = text(&loaded, &config, &fit, &warnings).unwrap();
        assert!(text.contains(" - ") && !text.contains("NaN"), "{text}");
        // A fit that leaves nothing open warns of nothing.
        let mut whole = partly_known();
        whole.quality.truncate(1);
        whole.quality[0].best_tau_at_tau_1_one = 0.7;
        whole.left_out.clear();
        whole.loss_fit.at_end = false;
        whole.null_space_loss = 0.0;
        assert_eq!(remarks(&whole), Vec::<String>::new());
    }

    #[test]
    fn a_law_has_no_noise_to_look_at() {
        let failure = run_on(
            "power-law:nu=1.5",
            &loaded("power-law:nu=1.5"),
            &options(),
            &Output::new(false),
        );
        assert!(failure.unwrap_err().to_string().contains("kernel matrix"));
    }
}
