//! Arguments that several commands share: the spectrum, the optimiser, the noise.

use super::Failure;
use crate::generating::rigorous::ExactHyperparameters;
use crate::moment::{Hyperparameters, noise_amplitude_of_batch};
use crate::number::{Rational, parse_rational, rational_from_f64, rational_to_f64};
use crate::spectrum::{EigenvaluesOf, LoadedSpectrum};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

/// A real number as people write it: 0.1, 1e-3, 2/3.
pub(crate) fn real(text: &str) -> Result<f64, String> {
    let value = parse_rational(text).map_err(|error| error.to_string())?;
    let value = rational_to_f64(&value);
    if value.is_finite() {
        Ok(value)
    } else {
        Err(format!("`{text}` is too large"))
    }
}

/// A number as written: exactly, and the nearest `f64`.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    exact: Rational,
    near: f64,
}

impl Written {
    /// A number that was computed, which is exactly itself (0 if it is not finite).
    fn of(near: f64) -> Self {
        let exact = rational_from_f64(near).unwrap_or_default();
        Self { exact, near }
    }
}

/// Reads a [`Written`] number.
pub(crate) fn written(text: &str) -> Result<Written, String> {
    let near = real(text)?;
    let exact = parse_rational(text).map_err(|error| error.to_string())?;
    Ok(Written { exact, near })
}

/// A whole number >= 0, also as 1e6.
pub(crate) fn whole(text: &str) -> Result<u64, String> {
    let value = parse_rational(text).map_err(|error| error.to_string())?;
    if !value.is_integer() {
        return Err(format!(
            "`{text}` is not a whole number such as 1000 or 1e6"
        ));
    }
    num_traits::ToPrimitive::to_u64(value.numer()).ok_or_else(|| {
        if num_traits::Signed::is_negative(&value) {
            format!("`{text}` is negative; a whole number >= 0 is needed")
        } else {
            format!("`{text}` is too large; the limit is {}", u64::MAX)
        }
    })
}

/// What the eigenvalues of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EigenvaluesWord {
    /// Of the Hessian, = of the kernel matrix divided by N
    Hessian,
    /// Of the kernel matrix itself: divided by N on reading
    Kernel,
}

/// The spectrum.
#[derive(Debug, Args)]
pub(crate) struct SpectrumArguments {
    /// File (.npy, .npz, .csv, .json), power-law:nu=1.5,kappa=0.75[,modes=..], mnist:N, bike:N,
    /// idx:IMAGES,LABELS[:N], cifar:FILE[:N], sgemm:FILE[:N], kernel:THETA.npy,TARGET.npy or jacobian:J.npy,TARGET.npy
    #[arg(value_name = "SPECTRUM")]
    spectrum: String,
    /// What the eigenvalues of a file are
    #[arg(long, value_enum, default_value = "hessian", value_name = "WHAT")]
    eigenvalues_of: EigenvaluesWord,
}

impl SpectrumArguments {
    /// Loads it; `dataset_size` is N for `--eigenvalues-of kernel`.
    pub(crate) fn load(&self, dataset_size: Option<u64>) -> Result<LoadedSpectrum, Failure> {
        let of = match self.eigenvalues_of {
            EigenvaluesWord::Hessian => EigenvaluesOf::Hessian,
            EigenvaluesWord::Kernel => EigenvaluesOf::Kernel { dataset_size },
        };
        LoadedSpectrum::from_word(&self.spectrum, of).map_err(Failure::input)
    }

    /// The word as given.
    pub(crate) fn word(&self) -> &str {
        &self.spectrum
    }

    /// Another word with the same meaning of eigenvalues.
    pub(crate) fn with_word(&self, word: String) -> Self {
        Self {
            spectrum: word,
            eigenvalues_of: self.eigenvalues_of,
        }
    }
}

/// Learning rate, momentum and noise.
#[derive(Debug, Args)]
pub(crate) struct OptimiserArguments {
    /// Learning rate alpha > 0
    #[arg(long, value_parser = written, allow_hyphen_values = true, value_name = "A")]
    learning_rate: Written,
    /// Momentum beta in (-1, 1); negative values are first class
    #[arg(long, value_parser = written, default_value = "0", allow_hyphen_values = true, value_name = "B")]
    momentum: Written,
    #[command(flatten)]
    noise: NoiseArguments,
}

/// The gradient noise.
#[derive(Debug, Clone, Args)]
pub(crate) struct NoiseArguments {
    /// Batch size b; the noise amplitude is then (N-b)/((N-1)b), or 1/b for infinite data
    #[arg(long, value_parser = whole, allow_hyphen_values = true, value_name = "b", conflicts_with = "noise_amplitude")]
    batch_size: Option<u64>,
    /// Dataset size N, a number or `infinite` [default: that of the kernel, else infinite]
    #[arg(
        long,
        allow_hyphen_values = true,
        value_name = "N",
        conflicts_with = "noise_amplitude"
    )]
    dataset_size: Option<String>,
    /// Noise amplitude gamma >= 0 instead of a batch size (0: full batch)
    #[arg(long, value_parser = written, allow_hyphen_values = true, value_name = "G")]
    noise_amplitude: Option<Written>,
    /// SE parameter tau <= 1: 1 translation-invariant, 0 neutral, -1 Gaussian features
    #[arg(long, value_parser = written, default_value = "1", allow_hyphen_values = true, value_name = "T")]
    tau: Written,
}

/// The noise without learning rate and momentum.
pub(crate) struct Noise {
    pub(crate) loaded: LoadedSpectrum,
    pub(crate) batch_size: Option<u64>,
    pub(crate) dataset_size: Option<u64>,
    /// `None` where neither a batch size nor an amplitude was given.
    pub(crate) amplitude: Option<f64>,
    pub(crate) tau: f64,
}

impl NoiseArguments {
    /// The same noise with a learning rate and momentum.
    pub(crate) fn at(&self, learning_rate: f64, momentum: f64) -> OptimiserArguments {
        OptimiserArguments {
            learning_rate: Written::of(learning_rate),
            momentum: Written::of(momentum),
            noise: self.clone(),
        }
    }

    /// N, if it was given and is finite.
    pub(crate) fn finite_dataset_size(&self) -> Result<Option<u64>, Failure> {
        Ok(self.given_dataset_size()?.flatten())
    }

    /// Loads the spectrum and fixes what is known of the noise.
    pub(crate) fn with(&self, spectrum: &SpectrumArguments) -> Result<Noise, Failure> {
        let given = self.given_dataset_size()?;
        let given_amplitude = self.noise_amplitude.as_ref().map(|gamma| gamma.near);
        Hyperparameters::new(1.0, 0.0, given_amplitude.unwrap_or(0.0), self.tau.near)
            .map_err(Failure::input)?;
        let loaded = spectrum.load(given.flatten())?;
        let dataset_size = given.unwrap_or(loaded.default_dataset_size);
        let amplitude = match self.batch_size {
            Some(b) => Some(noise_amplitude_of_batch(b, dataset_size).map_err(Failure::input)?),
            None => given_amplitude,
        };
        Ok(Noise {
            loaded,
            batch_size: self.batch_size,
            dataset_size,
            amplitude,
            tau: self.tau.near,
        })
    }

    /// N as given: `Some(None)` is infinite.
    fn given_dataset_size(&self) -> Result<Option<Option<u64>>, Failure> {
        match self.dataset_size.as_deref() {
            None => Ok(None),
            Some("infinite" | "infinity" | "inf") => Ok(Some(None)),
            Some(text) => whole(text).map(|n| Some(Some(n))).map_err(|error| {
                Failure::with_help(
                    format!("--dataset-size: {error}"),
                    "give a whole number such as 1000, or the word infinite",
                )
            }),
        }
    }
}

impl NoiseArguments {
    /// tau, gamma (`None` if no noise was given) and the batch size with N; `default` is N where none
    /// was given.
    pub(crate) fn resolve(&self, default: Option<u64>) -> Result<ResolvedNoise, Failure> {
        let dataset_size = self.given_dataset_size()?.unwrap_or(default);
        let noise_amplitude = match (self.batch_size, &self.noise_amplitude) {
            (Some(b), _) => {
                Some(noise_amplitude_of_batch(b, dataset_size).map_err(Failure::input)?)
            }
            (None, gamma) => gamma.as_ref().map(|gamma| gamma.near),
        };
        Ok(ResolvedNoise {
            tau: self.tau.near,
            noise_amplitude,
            batch_size: self.batch_size,
            dataset_size: self.batch_size.and(dataset_size),
        })
    }
}

/// The noise of a command that can do without it.
pub(crate) struct ResolvedNoise {
    pub(crate) tau: f64,
    pub(crate) noise_amplitude: Option<f64>,
    pub(crate) batch_size: Option<u64>,
    pub(crate) dataset_size: Option<u64>,
}

/// A validated run: hyperparameters and where their noise came from.
pub(crate) struct Run {
    pub(crate) hyperparameters: Hyperparameters,
    /// The same as the rationals written.
    pub(crate) exact: ExactHyperparameters,
    pub(crate) batch_size: Option<u64>,
    pub(crate) dataset_size: Option<u64>,
    pub(crate) loaded: LoadedSpectrum,
}

/// [`noise_amplitude_of_batch`] exactly, for arguments that it accepts.
fn exact_noise_amplitude(batch_size: u64, dataset_size: Option<u64>) -> Rational {
    let b = Rational::from_integer(batch_size.into());
    match dataset_size {
        None => b.recip(),
        Some(0 | 1) => Rational::from_integer(0.into()),
        Some(n) => Rational::new((n - batch_size).into(), (n - 1).into()) / b,
    }
}

impl OptimiserArguments {
    /// Loads the spectrum and fixes the noise.
    pub(crate) fn with(&self, spectrum: &SpectrumArguments) -> Result<Run, Failure> {
        let given = self.noise.given_dataset_size()?;
        // The ranges that need no data come first, so that a typo is not reported after a long load.
        let (alpha, beta, tau) = (&self.learning_rate, &self.momentum, &self.noise.tau);
        Hyperparameters::new(alpha.near, beta.near, 0.0, tau.near).map_err(Failure::input)?;
        let loaded = spectrum.load(given.flatten())?;
        let dataset_size = given.unwrap_or(loaded.default_dataset_size);
        let gamma = match (self.noise.batch_size, &self.noise.noise_amplitude) {
            (Some(b), _) => Written {
                near: noise_amplitude_of_batch(b, dataset_size).map_err(Failure::input)?,
                exact: exact_noise_amplitude(b, dataset_size),
            },
            (None, Some(gamma)) => gamma.clone(),
            (None, None) => {
                return Err(Failure::with_help(
                    "the noise is not given",
                    "add --batch-size b (with --dataset-size N) or --noise-amplitude G (0 is the full batch)",
                ));
            }
        };
        let hyperparameters = Hyperparameters::new(alpha.near, beta.near, gamma.near, tau.near)
            .map_err(Failure::input)?;
        let exact = ExactHyperparameters::new(
            alpha.exact.clone(),
            beta.exact.clone(),
            gamma.exact,
            tau.exact.clone(),
        )
        .map_err(Failure::input)?;
        Ok(Run {
            hyperparameters,
            exact,
            batch_size: self.noise.batch_size,
            dataset_size: self.noise.batch_size.and(dataset_size),
            loaded,
        })
    }
}

impl Run {
    /// The inputs as part of a JSON document.
    pub(crate) fn json(&self, word: &str) -> Value {
        let p = &self.hyperparameters;
        json!({
            "spectrum": word,
            "description": self.loaded.description,
            "learning_rate": p.learning_rate(),
            "momentum": p.momentum(),
            "batch_size": self.batch_size,
            "dataset_size": self.batch_size.map(|_| match self.dataset_size {
                Some(n) => Value::from(n),
                None => Value::from("infinity"),
            }),
            "noise_amplitude": p.noise_amplitude(),
            "tau": p.tau(),
            "modes": self.loaded.spectrum.len(),
            "largest_eigenvalue": self.loaded.spectrum.largest(),
        })
    }

    /// One line for people.
    pub(crate) fn headline(&self) -> String {
        use super::output::short;
        let p = &self.hyperparameters;
        let noise = match (self.batch_size, self.dataset_size) {
            (Some(b), Some(n)) => format!(
                "batch size {b} of {n} (noise amplitude {})",
                short(p.noise_amplitude())
            ),
            (Some(b), None) => format!(
                "batch size {b}, infinite data (noise amplitude {})",
                short(p.noise_amplitude())
            ),
            _ => format!("noise amplitude {}", short(p.noise_amplitude())),
        };
        format!(
            "{}\nlearning rate {}, momentum {}, {noise}, tau {}\n",
            self.loaded.description,
            short(p.learning_rate()),
            short(p.momentum()),
            short(p.tau())
        )
    }

    /// The conventions that the numbers depend on, as lines.
    pub(crate) fn conventions(&self) -> String {
        let mut text = String::from("\nConventions\n");
        for line in &self.loaded.conventions {
            text.push_str(&format!("  {line}\n"));
        }
        text.push_str("  --tau is tau_2/tau_1, and the noise amplitude is gamma tau_1\n");
        text
    }
}

/// Warnings as lines; nothing if there are none.
pub(crate) fn warning_lines(warnings: &[String]) -> String {
    if warnings.is_empty() {
        return String::new();
    }
    let lines: String = warnings.iter().map(|w| format!("  {w}\n")).collect();
    format!("\nWarnings\n{lines}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        assert_eq!(real("1e-3"), Ok(0.001));
        assert_eq!(real("2/3"), Ok(2.0 / 3.0));
        assert_eq!(real("-0.3"), Ok(-0.3));
        assert_eq!(whole("1e6"), Ok(1_000_000));
        assert_eq!(whole("12"), Ok(12));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["nan", "inf", "", "1e999", "0x1"] {
            assert!(real(text).is_err(), "{text}");
        }
        for text in ["1.5", "-1", "1e30", "ten"] {
            assert!(whole(text).is_err(), "{text}");
        }
    }
}
