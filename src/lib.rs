//! Mini-batch SGD with momentum on a quadratic loss, solved and checked.
//!
//! Under the spectrally expressible (SE) approximation of Velikanov, Kuznedelev and Yarotsky
//! ("A view of mini-batch SGD via generating functions", ICLR 2023, arXiv:2206.11124) the averaged
//! losses have the generating function `L(z) = V(z) / (2 (1 - z U(z)))`, with U and V explicit sums
//! over the eigenvalues of the Hessian. This crate derives that theory, proves its lemmas with
//! certificates, evaluates it, audits hyperparameters with it, and simulates SGD beside it.
//!
//! ```
//! use tauber::moment::{Hyperparameters, noise_amplitude_of_batch};
//! use tauber::spectrum::Spectrum;
//! use tauber::stability::{Verdict, assess};
//!
//! let spectrum = Spectrum::new((1..=1000).map(|k| f64::from(k).powf(-1.5)).collect(), None)?;
//! let noise = noise_amplitude_of_batch(10, Some(1000))?;
//! let report = assess(&spectrum, &Hyperparameters::new(1.0, 0.9, noise, 1.0)?);
//! assert_eq!(report.verdict, Verdict::Unstable);
//! assert!((report.critical_learning_rate - 0.86096).abs() < 1e-5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | symbol | name | range |
//! |---|---|---|
//! | alpha | learning rate | > 0 |
//! | beta | momentum | (-1, 1) |
//! | gamma | noise amplitude | (N - b)/((N - 1) b) for batch size b of N points, 1/b for infinite data |
//! | tau | tau | 1 translation-invariant, 0 neutral, -1 Gaussian features |
//! | lambda_k | eigenvalues of the Hessian (= of the kernel matrix over N) | > 0, descending |
//! | lambda_k C_kk,0 | signal | >= 0; `L_0 = 1/2 sum` |
//!
//! Modules, from the ground up: [`number`]; [`polynomial`], [`moment`], [`spectrum`], [`kernel`];
//! [`closed_form`], [`generating`], [`dynamics`], [`noise`], [`certificate`]; [`stability`],
//! [`asymptotics`], [`prover`], [`export`]; [`verify`], [`optimize`], [`experiment`]; [`cli`]. An arrow runs down or within a floor.

pub mod asymptotics;
pub mod certificate;
pub mod cli;
pub mod closed_form;
pub mod dynamics;
pub mod experiment;
pub mod export;
pub mod generating;
pub mod kernel;
pub mod moment;
pub mod noise;
pub mod number;
pub mod optimize;
pub mod polynomial;
pub mod prover;
pub mod report;
pub mod spectrum;
pub mod stability;
pub mod verify;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
