//! Shell completions and the man page, from the same definitions as the command line.

use super::output::Output;
use super::{CommandLine, Failure};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  tauber completions bash > ~/.local/share/bash-completion/completions/tauber
  tauber completions zsh  > ~/.zfunc/_tauber
  tauber completions fish > ~/.config/fish/completions/tauber.fish";

/// What `tauber man --help` adds.
pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  tauber man | man -l -
  tauber man > ~/.local/share/man/man1/tauber.1";

/// Which shell.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionArguments {
    /// The shell
    shell: Shell,
}

/// `tauber completions SHELL`.
pub(crate) fn completions(arguments: &CompletionArguments, output: &Output) -> Result<u8, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut CommandLine::command(),
        "tauber",
        &mut text,
    );
    output.raw(&String::from_utf8_lossy(&text));
    Ok(0)
}

/// `tauber man`.
pub(crate) fn man(output: &Output) -> Result<u8, Failure> {
    let mut text = Vec::new();
    let command = CommandLine::command();
    let result = clap_mangen::Man::new(command.clone())
        .render(&mut text)
        .and_then(|()| {
            command
                .get_subcommands()
                .filter(|c| c.get_name() != "help")
                .try_for_each(|sub| {
                    let title = format!("tauber-{}", sub.get_name());
                    clap_mangen::Man::new(sub.clone())
                        .title(title)
                        .render(&mut text)
                })
        });
    result.map_err(|error| Failure::Internal(error.to_string()))?;
    output.raw(&String::from_utf8_lossy(&text));
    Ok(0)
}
