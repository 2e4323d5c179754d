//! The word SPECTRUM of the command line: a file, an inline power law, or a shipped kernel.
//!
//! | word | meaning |
//! |---|---|
//! | `power-law:nu=1.5,kappa=0.75` | infinite power law; optional `modes=1e12`, `scale=2`, `signal-scale=1`, `signal=terms` |
//! | `mnist:N`, `bike:N` | kernel of the first N shipped points |
//! | `idx:IMAGES,LABELS[:N]` | kernel of (the first N of) the digits in two idx files, plain or gzip'd |
//! | `cifar:FILE[:N]` | kernel of the images in a file of CIFAR-10's binary version, plain or gzip'd |
//! | `sgemm:FILE[:N]` | kernel of rows of the SGEMM table, a csv file, plain or gzip'd |
//! | `kernel:THETA,TARGET` | a kernel matrix and its targets, two npy files |
//! | `jacobian:J,TARGET` | a Jacobian, a row for each point, and its targets, two npy files |
//!
//! After N, `:balanced` takes equally many points of each class (idx, cifar).
//!
//! | word | meaning |
//! |---|---|
//! | anything else | a file: `.npy`, `.npz`, `.csv`, `.json` |
//!
//! A word is an inline law if it starts with lower-case letters, digits or `-` followed by a colon; a
//! file of such a name is reached as `./name`. Numbers are read as exact rationals.

use super::power_law::{PowerLaw, PowerLawError, SignalLaw};
use crate::number::{ParseRationalError, Rational, parse_rational, rational_to_f64};
use num_traits::ToPrimitive;
use std::path::PathBuf;
use std::str::FromStr;
use thiserror::Error;

/// Why a SPECTRUM word is not understood.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The word is empty.
    #[error(
        "a spectrum is a file or one of power-law:nu=..., mnist:N, bike:N, idx:IMAGES,LABELS, cifar:FILE, sgemm:FILE, kernel:THETA,TARGET, jacobian:J,TARGET; got nothing"
    )]
    Empty,
    /// No law of that name.
    #[error(
        "unknown law `{0}`; the laws are power-law:nu=...[,kappa=...], mnist:N, bike:N, idx:IMAGES,LABELS[:N], cifar:FILE[:N], sgemm:FILE[:N], kernel:THETA,TARGET and jacobian:J,TARGET (a file of that name is ./{0}:...)"
    )]
    UnknownLaw(String),
    /// A law's name without what must follow.
    #[error("`{0}` needs parameters: write {1}")]
    Bare(&'static str, &'static str),
    /// No parameter of that name.
    #[error(
        "unknown key `{0}` in power-law; the keys are nu, kappa, modes, scale, signal-scale, signal"
    )]
    UnknownKey(String),
    /// A parameter without value.
    #[error("`{0}` in power-law is not of the form key=value")]
    NoValue(String),
    /// The same parameter twice.
    #[error("key `{0}` is given twice in power-law")]
    Duplicate(String),
    /// nu is missing.
    #[error("power-law needs nu, as in power-law:nu=1.5,kappa=0.75")]
    MissingNu,
    /// A signal's scale or law without a signal.
    #[error("`{0}` in power-law describes the signal, which needs kappa too")]
    SignalWithoutKappa(&'static str),
    /// An unknown signal law.
    #[error("signal={0} in power-law is unknown; write signal=tails (default) or signal=terms")]
    UnknownSignal(String),
    /// A value that is no number.
    #[error("{key}: {source}")]
    Number {
        /// Which parameter.
        key: String,
        /// What is wrong.
        source: ParseRationalError,
    },
    /// Two files are needed.
    #[error("idx needs two files and perhaps a number of points, idx:IMAGES,LABELS[:N], got `{0}`")]
    Idx(String),
    /// A file or two are needed.
    #[error("{name} needs {right}, got `{got}`")]
    Files {
        /// The word before the colon.
        name: &'static str,
        /// What would be right.
        right: &'static str,
        /// As written.
        got: String,
    },
    /// A count that is no positive integer.
    #[error("{key} must be a positive integer (1000 or 1e12), got {value}")]
    Count {
        /// `modes`, `mnist`, `bike` or `idx`.
        key: String,
        /// As written.
        value: String,
    },
    /// A number out of range.
    #[error("power-law: {0}")]
    Range(PowerLawError),
}

/// The parameters of a power law exactly as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExactPowerLaw {
    /// nu.
    pub eigenvalue_exponent: Rational,
    /// kappa.
    pub signal_exponent: Option<Rational>,
    /// Lambda.
    pub eigenvalue_scale: Rational,
    /// K for exact tails, c for `signal=terms`.
    pub given_signal_scale: Rational,
}

/// What a SPECTRUM word names; [`SpectrumSource::load`] fetches it.
#[derive(Debug, Clone, PartialEq)]
pub enum SpectrumSource {
    /// A file, its format told by its extension.
    File(PathBuf),
    /// An inline power law.
    PowerLaw {
        /// In f64.
        law: PowerLaw,
        /// As written.
        exact: Box<ExactPowerLaw>,
    },
    /// `mnist:N`.
    Mnist(u64),
    /// `bike:N`.
    Bike(u64),
    /// `idx:IMAGES,LABELS[:N]`.
    Idx {
        /// The file of images.
        images: PathBuf,
        /// The file of labels.
        labels: PathBuf,
        /// How many points; `None` is all.
        points: Option<u64>,
        /// Whether equally many of each class.
        balanced: bool,
    },
    /// `cifar:FILE[:N]`.
    Cifar {
        /// The file.
        file: PathBuf,
        /// How many points; `None` is all.
        points: Option<u64>,
        /// Whether equally many of each class.
        balanced: bool,
    },
    /// `sgemm:FILE[:N]`.
    Sgemm {
        /// The file.
        file: PathBuf,
        /// How many points; `None` is all.
        points: Option<u64>,
    },
    /// `kernel:THETA,TARGET`.
    Kernel {
        /// The matrix.
        theta: PathBuf,
        /// The targets.
        target: PathBuf,
    },
    /// `jacobian:J,TARGET`.
    Jacobian {
        /// The Jacobian.
        jacobian: PathBuf,
        /// The targets.
        target: PathBuf,
    },
}

impl FromStr for SpectrumSource {
    type Err = SourceError;

    /// Reads a SPECTRUM word without touching any file.
    ///
    /// ```
    /// use tauber::spectrum::SpectrumSource;
    /// assert!(matches!("mnist:1000".parse(), Ok(SpectrumSource::Mnist(1000))));
    /// assert!("power-law:mu=2".parse::<SpectrumSource>().is_err());
    /// ```
    fn from_str(word: &str) -> Result<Self, SourceError> {
        let bare = |name: &str| match name {
            "power-law" => Some(SourceError::Bare(
                "power-law",
                "power-law:nu=1.5,kappa=0.75",
            )),
            "mnist" => Some(SourceError::Bare("mnist", "mnist:1000")),
            "bike" => Some(SourceError::Bare("bike", "bike:1000")),
            "idx" => Some(SourceError::Bare("idx", "idx:IMAGES,LABELS[:N]")),
            "cifar" => Some(SourceError::Bare("cifar", "cifar:FILE[:N]")),
            "sgemm" => Some(SourceError::Bare("sgemm", "sgemm:FILE[:N]")),
            "kernel" => Some(SourceError::Bare("kernel", "kernel:THETA,TARGET")),
            "jacobian" => Some(SourceError::Bare("jacobian", "jacobian:J,TARGET")),
            _ => None,
        };
        if word.trim().is_empty() {
            return Err(SourceError::Empty);
        }
        if let Some(error) = bare(word) {
            return Err(error);
        }
        let law = word.split_once(':').filter(|(name, _)| {
            // One letter is a drive of Windows.
            name.len() > 1
                && name
                    .bytes()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
        });
        let Some((name, rest)) = law else {
            return Ok(Self::File(PathBuf::from(word)));
        };
        if let (true, Some(error)) = (rest.trim().is_empty(), bare(name)) {
            return Err(error);
        }
        match name {
            "power-law" => power_law(rest),
            "mnist" => Ok(Self::Mnist(count("mnist", rest)?)),
            "bike" => Ok(Self::Bike(count("bike", rest)?)),
            "idx" => idx(rest),
            "cifar" => {
                let (file, points, balanced) = counted("cifar", rest)?;
                let file = one_file("cifar", "cifar:FILE[:N[:balanced]]", file)?;
                Ok(Self::Cifar {
                    file,
                    points,
                    balanced,
                })
            }
            "sgemm" => {
                let (text, points, balanced) = counted("sgemm", rest)?;
                let file = one_file("sgemm", "sgemm:FILE[:N], whose target has no classes", text)?;
                if balanced {
                    return Err(SourceError::Files {
                        name: "sgemm",
                        right: "sgemm:FILE[:N], whose target has no classes",
                        got: rest.to_owned(),
                    });
                }
                Ok(Self::Sgemm { file, points })
            }
            "kernel" => match two_files(rest) {
                Some((theta, target)) => Ok(Self::Kernel { theta, target }),
                None => Err(SourceError::Files {
                    name: "kernel",
                    right: "two npy files, kernel:THETA,TARGET",
                    got: rest.to_owned(),
                }),
            },
            "jacobian" => match two_files(rest) {
                Some((jacobian, target)) => Ok(Self::Jacobian { jacobian, target }),
                None => Err(SourceError::Files {
                    name: "jacobian",
                    right: "two npy files, jacobian:J,TARGET",
                    got: rest.to_owned(),
                }),
            },
            _ => Err(SourceError::UnknownLaw(name.to_owned())),
        }
    }
}

fn number(key: &str, text: &str) -> Result<Rational, SourceError> {
    parse_rational(text).map_err(|source| SourceError::Number {
        key: key.to_owned(),
        source,
    })
}

fn count(key: &str, text: &str) -> Result<u64, SourceError> {
    let value = number(key, text)?;
    value
        .is_integer()
        .then(|| value.to_integer().to_u64())
        .flatten()
        .filter(|&n| n >= 1)
        .ok_or_else(|| SourceError::Count {
            key: key.to_owned(),
            value: text.trim().to_owned(),
        })
}

/// What precedes `[:N[:balanced]]`, N, and whether balanced; what follows the last colon is N if it
/// starts with a digit and is no path.
fn counted<'a>(name: &str, text: &'a str) -> Result<(&'a str, Option<u64>, bool), SourceError> {
    let (text, balanced) = match text.strip_suffix(":balanced") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let numbered = text.rsplit_once(':').filter(|(_, n)| {
        n.trim()
            .starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && !n.contains(['/', '\\', ','])
    });
    match numbered {
        Some((files, n)) => Ok((files, Some(count(name, n)?), balanced)),
        None => Ok((text, None, balanced)),
    }
}

fn one_file(name: &'static str, right: &'static str, text: &str) -> Result<PathBuf, SourceError> {
    if text.trim().is_empty() {
        let got = text.to_owned();
        return Err(SourceError::Files { name, right, got });
    }
    Ok(PathBuf::from(text.trim()))
}

fn two_files(text: &str) -> Option<(PathBuf, PathBuf)> {
    let (first, second) = text.split_once(',')?;
    let good = !first.trim().is_empty() && !second.trim().is_empty() && !second.contains(',');
    good.then(|| (PathBuf::from(first.trim()), PathBuf::from(second.trim())))
}

/// `IMAGES,LABELS[:N[:balanced]]`.
fn idx(text: &str) -> Result<SpectrumSource, SourceError> {
    let (files, points, balanced) = counted("idx", text)?;
    let (images, labels) = two_files(files).ok_or_else(|| SourceError::Idx(text.to_owned()))?;
    Ok(SpectrumSource::Idx {
        images,
        labels,
        points,
        balanced,
    })
}

fn power_law(text: &str) -> Result<SpectrumSource, SourceError> {
    const KEYS: [&str; 6] = ["nu", "kappa", "modes", "scale", "signal-scale", "signal"];
    let mut given: [Option<&str>; 6] = [None; 6];
    for part in text.split(',') {
        let (key, value) = part
            .split_once('=')
            .ok_or_else(|| SourceError::NoValue(part.trim().to_owned()))?;
        let key = key.trim();
        let at = KEYS
            .iter()
            .position(|&known| known == key)
            .ok_or_else(|| SourceError::UnknownKey(key.to_owned()))?;
        if given[at].replace(value.trim()).is_some() {
            return Err(SourceError::Duplicate(key.to_owned()));
        }
    }
    let [nu, kappa, modes, scale, signal_scale, signal] = given;
    let optional = |key, text: Option<&str>| text.map(|text| number(key, text)).transpose();
    let nu = number("nu", nu.ok_or(SourceError::MissingNu)?)?;
    let kappa = optional("kappa", kappa)?;
    let one = || Rational::from_integer(1.into());
    let scale = optional("scale", scale)?.unwrap_or_else(one);
    let signal_law = match signal {
        None | Some("tails") => SignalLaw::Tails,
        Some("terms") => SignalLaw::Terms,
        Some(other) => return Err(SourceError::UnknownSignal(other.to_owned())),
    };
    if kappa.is_none() {
        for (key, value) in [("signal-scale", signal_scale), ("signal", signal)] {
            if value.is_some() {
                return Err(SourceError::SignalWithoutKappa(key));
            }
        }
    }
    let signal_scale = optional("signal-scale", signal_scale)?.unwrap_or_else(one);
    let build = || -> Result<PowerLaw, PowerLawError> {
        PowerLaw::new(rational_to_f64(&nu), kappa.as_ref().map(rational_to_f64))?
            .with_eigenvalue_scale(rational_to_f64(&scale))?
            .with_signal(signal_law, rational_to_f64(&signal_scale))
    };
    let mut law = build().map_err(SourceError::Range)?;
    if let Some(modes) = modes {
        law = law
            .with_modes(count("modes", modes)?)
            .map_err(SourceError::Range)?;
    }
    Ok(SpectrumSource::PowerLaw {
        law,
        exact: Box::new(ExactPowerLaw {
            eigenvalue_exponent: nu,
            signal_exponent: kappa,
            eigenvalue_scale: scale,
            given_signal_scale: signal_scale,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(word: &str) -> Result<SpectrumSource, SourceError> {
        word.parse()
    }

    #[test]
    fn laws_kernels_and_files_are_told_apart() {
        let word = "power-law:nu=1.5, kappa=3/4,modes=1e12,scale=2,signal-scale=0.5,signal=terms";
        let Ok(SpectrumSource::PowerLaw { law, exact }) = parse(word) else {
            panic!("no power law")
        };
        assert_eq!(law.eigenvalue_exponent(), 1.5);
        assert_eq!(law.modes(), Some(1_000_000_000_000));
        assert_eq!(law.zeta(), Some(0.5));
        // K = c/kappa = 0.5/0.75.
        assert_eq!(law.signal_scale(), Some(0.5 / 0.75));
        assert_eq!(exact.signal_exponent, parse_rational("0.75").ok());
        assert!(parse(&law.to_string()).is_ok());
        assert_eq!(parse("mnist:1e3"), Ok(SpectrumSource::Mnist(1000)));
        assert_eq!(parse("bike:7"), Ok(SpectrumSource::Bike(7)));
        let idx = |images: &str, labels: &str, points| {
            Ok(SpectrumSource::Idx {
                images: images.into(),
                labels: labels.into(),
                points,
                balanced: false,
            })
        };
        assert_eq!(parse("idx:a.gz,d/b.gz"), idx("a.gz", "d/b.gz", None));
        assert_eq!(parse("idx:a,b:1e3"), idx("a", "b", Some(1000)));
        assert_eq!(parse("idx:C:\\a,C:\\b:20"), idx("C:\\a", "C:\\b", Some(20)));
        assert_eq!(parse("idx:a,C:\\1b"), idx("a", "C:\\1b", None));
        assert!(matches!(
            parse("cifar:b.bin:100:balanced"),
            Ok(SpectrumSource::Cifar {
                points: Some(100),
                balanced: true,
                ..
            })
        ));
        assert!(matches!(
            parse("kernel:k.npy,y.npy"),
            Ok(SpectrumSource::Kernel { .. })
        ));
        assert!(matches!(
            parse("jacobian:j.npy,y.npy"),
            Ok(SpectrumSource::Jacobian { .. })
        ));
        for file in [
            "a.npy",
            "./mnist:3",
            "dir/a:b.csv",
            "C:\\a.npy",
            "c:\\a.npy",
        ] {
            assert_eq!(parse(file), Ok(SpectrumSource::File(file.into())));
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        for (word, part) in [
            ("", "power-law:nu=..., mnist:N, bike:N, idx:IMAGES"),
            ("powerlaw:nu=2", "unknown law `powerlaw`; the laws are"),
            ("mnist", "write mnist:1000"),
            ("mnist:", "write mnist:1000"),
            ("mnist:0", "positive integer"),
            ("mnist:1.5", "positive integer"),
            ("mnist:x", "`x` is not a number"),
            ("bike:-3", "positive integer"),
            ("idx:", "write idx:IMAGES,LABELS[:N]"),
            ("idx:images.gz", "two files"),
            ("idx:images.gz,", "two files"),
            ("idx:a,b,c", "two files"),
            ("idx:a,b:0", "positive integer"),
            ("idx:a,b:1.5", "positive integer"),
            ("kernel:k.npy", "two npy files"),
            ("jacobian:j.npy", "two npy files, jacobian:J,TARGET"),
            ("jacobian", "write jacobian:J,TARGET"),
            ("cifar:", "write cifar:FILE"),
            ("cifar:f:0", "positive integer"),
            ("sgemm:f:10:balanced", "no classes"),
            ("power-law:", "write power-law:nu=1.5"),
            ("power-law:kappa=1", "needs nu"),
            ("power-law:nu", "key=value"),
            ("power-law:nu=2,", "key=value"),
            ("power-law:nu=2,mu=3", "the keys are nu, kappa"),
            ("power-law:nu=2,nu=2", "given twice"),
            ("power-law:nu=abc", "nu: `abc` is not a number"),
            ("power-law:nu=0", "nu must lie in (0, 100], got 0"),
            ("power-law:nu=1e4000", "nu must lie in (0, 100]"),
            ("power-law:nu=2,kappa=-1", "kappa must lie in (0, 100]"),
            ("power-law:nu=2,modes=0", "modes must be a positive integer"),
            ("power-law:nu=2,modes=1e16", "modes must lie in 1..=1e15"),
            ("power-law:nu=2,scale=0", "scale must lie in"),
            ("power-law:nu=2,kappa=1,signal=x", "signal=terms"),
            ("power-law:nu=2,signal=terms", "needs kappa too"),
            ("power-law:nu=2,signal-scale=2", "needs kappa too"),
        ] {
            let error = parse(word).unwrap_err().to_string();
            assert!(error.contains(part), "{word}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
