//! The command line: one file per command, no mathematics.
//!
//! Exit codes: 0 proved / stable / all passed; 1 refuted / unstable / failed; 2 usage or input;
//! 3 unknown; 4 internal inconsistency.

mod arguments;
mod audit;
mod check;
mod curve;
mod derive;
mod export;
mod manual;
mod output;
mod prove;
mod simulate;
mod verify;

use clap::{Parser, Subcommand};
use miette::Diagnostic;
use output::Output;
use std::process::ExitCode;
use thiserror::Error;

const ABOUT: &str = "Mini-batch SGD with momentum on a quadratic loss, solved: closed forms, proofs, \
stability of your hyperparameters on your spectrum, losses at any step.";

const EXAMPLES: &str = "\
Examples:
  tauber verify --quick                 check the theory against itself and against sampled SGD
  tauber audit mnist:1000 --learning-rate 0.5 --momentum 0.9 --batch-size 10
  tauber audit spectrum.npz --learning-rate 1 --momentum -0.3 --noise-amplitude 0.1
  tauber curve power-law:nu=1.5,kappa=0.75 --learning-rate 0.2 --momentum 0.5 \\
               --noise-amplitude 0.5 --at 1,10,100,1000
  tauber derive --quantity denominator --format latex

SPECTRUM is a file (.npy, .npz, .csv, .json), a law (power-law:nu=1.5,kappa=0.75[,modes=1000])
or a shipped kernel (mnist:N, bike:N).

Exit codes: 0 stable / all passed, 1 unstable / failed, 2 usage or input, 3 unknown, 4 internal.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "tauber", version, about = ABOUT, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    command: Command,
    /// Print exactly one JSON document on standard output; text goes to standard error
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the theory: identities, series, verdicts, and theory against sampled SGD on real data
    Verify(verify::Arguments),
    /// Print closed forms derived from an update rule
    Derive(derive::Arguments),
    /// Prove or refute a statement about polynomial inequalities
    Prove(prove::Arguments),
    /// Re-check certificates
    Check(check::Arguments),
    /// Hand a statement or a proof to another engine: SMT solvers, QEPCAD, Redlog, Rocq
    Export(export::Arguments),
    /// Is this learning rate stable for your spectrum, and by what margin?
    Audit(audit::Arguments),
    /// The loss at chosen steps, with an error estimate
    Curve(curve::Arguments),
    /// Run the dynamics: SE recursion, exact second moments, or sampled SGD over many seeds
    Simulate(simulate::Arguments),
    /// Shell completions (bash, zsh, fish, elvish, powershell) on standard output
    Completions(manual::CompletionArguments),
    /// The man page (roff) on standard output
    Man,
}

/// What went wrong, with the exit code it means.
#[derive(Debug, Error, Diagnostic)]
pub(crate) enum Failure {
    /// Usage or input: exit 2.
    #[error("{message}")]
    Input {
        message: String,
        #[help]
        help: Option<String>,
    },
    /// A check of the program on itself failed: exit 4.
    #[error("internal inconsistency: {0}")]
    #[diagnostic(help("this is a defect of tauber: please report it with the command line"))]
    Internal(String),
}

impl Failure {
    /// Bad input, in one sentence.
    fn input(error: impl std::fmt::Display) -> Self {
        Self::Input {
            message: error.to_string(),
            help: None,
        }
    }

    /// Bad input, with the way out.
    fn with_help(error: impl std::fmt::Display, help: &str) -> Self {
        Self::Input {
            message: error.to_string(),
            help: Some(help.to_owned()),
        }
    }
}

/// Reads the command line, runs the command, returns the exit code.
pub fn main() -> ExitCode {
    let line = CommandLine::parse();
    let output = Output::new(line.json);
    let result = match line.command {
        Command::Verify(arguments) => verify::run(&arguments, &output),
        Command::Derive(arguments) => derive::run(&arguments, &output),
        Command::Prove(arguments) => prove::run(&arguments, &output),
        Command::Check(arguments) => check::run(&arguments, &output),
        Command::Export(arguments) => export::run(&arguments, &output),
        Command::Audit(arguments) => audit::run(&arguments, &output),
        Command::Curve(arguments) => curve::run(&arguments, &output),
        Command::Simulate(arguments) => simulate::run(&arguments, &output),
        Command::Completions(arguments) => manual::completions(&arguments, &output),
        Command::Man => manual::man(&output),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            let code = if matches!(failure, Failure::Internal(_)) {
                4
            } else {
                2
            };
            output.failure(failure);
            ExitCode::from(code)
        }
    }
}
