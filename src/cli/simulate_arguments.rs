//! The arguments of `tauber simulate`.

use super::arguments::{OptimiserArguments, SpectrumArguments, whole};
use crate::dynamics::regime::Method;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  tauber simulate mnist:200 --regime network --width 1000 --learning-rate 0.5 --batch-size 10 --seeds 8
  tauber simulate mnist:200 --regime sampled --learning-rate 0.5 --batch-size 10 --steps 1000 --seeds 64
  tauber simulate mnist:200 --regime exact   --learning-rate 0.5 --batch-size 10 --steps 1e5
  tauber simulate mnist:200 --regime se      --learning-rate 0.5 --batch-size 10 --steps 1000

se       any spectrum: the SE recursion (exact second moments if the SE approximation is exact)
exact    kernels: second moments averaged over all batches, no approximation; O(N^3) a step,
         and without iterating beyond step 1000 (--method)
sampled  kernels: linearised SGD with sampled batches, mean and 95 % interval over seeds;
         the same --seed gives the same numbers whatever the number of threads
network  data: a one-hidden-layer ReLU network in the tangent-kernel parametrisation, trained;
         a seed has the same batches as in sampled. --tangent-kernel network lets the other
         regimes start from the same network

Ctrl-C prints what is finished (exit code 3), and with --journal the same command goes on from
there, in every regime, to the same numbers.";

/// Which dynamics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Regime {
    Se,
    Exact,
    Sampled,
    Network,
}

impl Regime {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Se => "se",
            Self::Exact => "exact",
            Self::Sampled => "sampled",
            Self::Network => "network",
        }
    }

    pub(super) const fn draws_seeds(self) -> bool {
        matches!(self, Self::Sampled | Self::Network)
    }
}

/// Which tangent kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TangentKernel {
    /// Of infinite width (or the kernel file's)
    Infinite,
    /// Of the network of --width neurons at its start, with its initial outputs
    Network,
}

/// How exact moments reach late steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum MethodWord {
    /// Iteration to step 1000, then the contour where it serves
    Auto,
    /// Step by step
    Iteration,
    /// Without iterating, with an error estimate
    Contour,
}

/// Which random generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GeneratorWord {
    Chacha8,
    Xoshiro256,
}

/// The arguments of `simulate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) spectrum: SpectrumArguments,
    #[command(flatten)]
    pub(super) optimiser: OptimiserArguments,
    /// Which dynamics
    #[arg(long, value_enum, default_value = "se")]
    pub(super) regime: Regime,
    /// Number of steps T (0: the initial loss only)
    #[arg(long, value_parser = whole, allow_hyphen_values = true, default_value = "1000", value_name = "T")]
    pub(super) steps: u64,
    /// Steps to print, separated by commas [default: about ten, log-spaced up to T]
    #[arg(long, value_delimiter = ',', value_parser = whole, allow_hyphen_values = true, value_name = "STEPS")]
    pub(super) at: Vec<u64>,
    /// Number of runs of sampled SGD or of the network
    #[arg(long, value_parser = whole, allow_hyphen_values = true, default_value = "64", value_name = "n")]
    pub(super) seeds: u64,
    /// Master seed: batches of every run, and the network's start
    #[arg(long, value_parser = whole, allow_hyphen_values = true, default_value = "1", value_name = "s")]
    pub(super) seed: u64,
    /// Random generator of the batches
    #[arg(long, value_enum, default_value = "chacha8")]
    pub(super) generator: GeneratorWord,
    /// Neurons of the network
    #[arg(long, value_parser = whole, allow_hyphen_values = true, default_value = "1000", value_name = "n")]
    pub(super) width: u64,
    /// Pair the neurons so that the network starts at f = 0 (even width)
    #[arg(long)]
    pub(super) symmetric: bool,
    /// The kernel of the regimes se, exact and sampled
    #[arg(long, value_enum, default_value = "infinite")]
    pub(super) tangent_kernel: TangentKernel,
    /// How exact moments reach late steps
    #[arg(long, value_enum, default_value = "auto")]
    pub(super) method: MethodWord,
    /// Keep finished seeds (for se and exact the state at Ctrl-C) in this file, and go on from it; seeds
    /// stopped on their way are kept in FILE.stopped until all are finished; a journal of other settings
    /// is refused
    #[arg(long, value_name = "FILE")]
    pub(super) journal: Option<PathBuf>,
    /// Also write the table as CSV; the file appears only when complete
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

impl GeneratorWord {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Chacha8 => "chacha8",
            Self::Xoshiro256 => "xoshiro256",
        }
    }
}

impl MethodWord {
    pub(super) const fn method(self) -> Method {
        match self {
            Self::Auto => Method::Auto,
            Self::Iteration => Method::Iteration,
            Self::Contour => Method::Contour,
        }
    }
}
