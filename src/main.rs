//! The command `tauber`; see [`tauber::cli`].

fn main() -> std::process::ExitCode {
    tauber::cli::main()
}
