//! The command line: one file per command, no mathematics.
//!
//! Exit codes: 0 proved / stable / all passed; 1 refuted / unstable / failed; 2 usage or input;
//! 3 unknown; 4 internal inconsistency.

mod arguments;
mod audit;
mod bounded;
mod check;
mod curve;
mod derive;
mod export;
mod figure;
mod fit;
mod fit_tau;
mod manual;
mod optimize;
mod output;
mod phase;
mod phase_grid;
mod phase_numbers;
mod prove;
mod rigorous;
mod simulate;
mod simulate_arguments;
mod simulate_watch;
mod verify;
pub mod verify_report;

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

SPECTRUM is a file (.npy, .npz, .csv, .json), a law (power-law:nu=1.5,kappa=0.75[,modes=1000]),
a shipped kernel (mnist:N, bike:N), data (idx:IMAGES,LABELS[:N], cifar:FILE[:N], sgemm:FILE[:N])
or a kernel matrix or a Jacobian with its targets (kernel:THETA.npy,TARGET.npy,
jacobian:J.npy,TARGET.npy).

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
    /// Exponents and phase of a measured spectrum, with confidence intervals
    Fit(fit::Arguments),
    /// Where exponents lie in the phase diagram: loss exponent, constants, transition and divergence times
    Phase(phase::Arguments),
    /// The learning rate, momentum or batch size with the smallest loss
    Optimize(optimize::Arguments),
    /// Draw a figure of the paper: data, SVG, PNG, and what agrees
    Figure(figure::Arguments),
    /// Run the dynamics: SE recursion, exact second moments, sampled SGD or a network over many seeds
    Simulate(simulate::Arguments),
    /// Shell completions (bash, zsh, fish, elvish, powershell) on standard output
    Completions(manual::CompletionArguments),
    /// The man page (roff) on standard output
    #[command(after_help = manual::MAN_EXAMPLES)]
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
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => return usage(&error),
    };
    let output = Output::new(line.json);
    let result = match line.command {
        Command::Verify(arguments) => verify::run(&arguments, &output),
        Command::Derive(arguments) => derive::run(&arguments, &output),
        Command::Prove(arguments) => prove::run(&arguments, &output),
        Command::Check(arguments) => check::run(&arguments, &output),
        Command::Export(arguments) => export::run(&arguments, &output),
        Command::Audit(arguments) => audit::run(&arguments, &output),
        Command::Curve(arguments) => curve::run(&arguments, &output),
        Command::Fit(arguments) => fit::run(&arguments, &output),
        Command::Phase(arguments) => phase::run(&arguments, &output),
        Command::Optimize(arguments) => optimize::run(&arguments, &output),
        Command::Figure(arguments) => figure::run(&arguments, &output),
        Command::Simulate(arguments) => simulate::run(&arguments, &output),
        Command::Completions(arguments) => manual::completions(&arguments, &output),
        Command::Man => manual::man(&output),
    };
    let result = match output.lost() {
        Some(why) if result.is_ok() => Err(Failure::input(format!(
            "cannot write to standard output: {why}"
        ))),
        _ => result,
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

/// What clap found: help and version as they are, everything else as one sentence.
fn usage(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind;
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        // A closed pipe is no error here either.
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
    }
    let json = std::env::args_os().any(|argument| argument == "--json");
    Output::new(json).usage_failure(&usage_sentence(&error.render().to_string()));
    ExitCode::from(2)
}

/// The parts of clap's text that say what is wrong and what would be right, joined to a line.
fn usage_sentence(text: &str) -> String {
    let end = text.find("\nUsage:").unwrap_or(text.len());
    let body = text[..end].split("\nFor more information").next();
    let words: Vec<&str> = body.unwrap_or_default().split_whitespace().collect();
    let line = words.join(" ");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    format!("{} (--help tells more)", line.replace(" tip: ", "; tip: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_of_the_command_line_are_consistent() {
        <CommandLine as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn no_line_of_a_help_is_broken_a_second_time() {
        let command = <CommandLine as clap::CommandFactory>::command();
        let mut seen = 0;
        for part in std::iter::once(&command).chain(command.get_subcommands()) {
            let after = part.get_after_help().map(ToString::to_string);
            for line in after.unwrap_or_default().lines() {
                // An example may be long: it is one line of the shell.
                let words = !line.starts_with("  ");
                assert!(!words || line.len() <= 100, "{}: {line}", part.get_name());
                seen += 1;
            }
        }
        assert!(seen > 50, "{seen}");
    }

    #[test]
    fn usage_errors_become_one_line() {
        let error = CommandLine::try_parse_from(["tauber", "audit"]).unwrap_err();
        let line = usage_sentence(&error.render().to_string());
        assert_eq!(
            line,
            "the following required arguments were not provided: --learning-rate <A> <SPECTRUM> (--help tells more)"
        );
        let error = CommandLine::try_parse_from(["tauber", "completions", "tcsh"]).unwrap_err();
        let line = usage_sentence(&error.render().to_string());
        assert!(line.contains("[possible values: bash"), "{line}");
        assert!(!line.contains('\n') && !line.contains("error:"), "{line}");
    }
}
