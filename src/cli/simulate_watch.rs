//! Progress, Ctrl-C and the journal of `tauber simulate`.

use super::Failure;
use super::arguments::Run;
use super::prove::interrupt_flag;
use super::simulate_arguments::{Arguments, Regime, TangentKernel};
use crate::dynamics::regime::Watch;
use crate::kernel::KernelProblem;
use crate::report::{Journal, checksum};
use indicatif::ProgressBar;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// What every row of the journal depends on.
pub(super) fn journal_settings(
    arguments: &Arguments,
    run: &Run,
    steps: &[u64],
    problem: Option<&KernelProblem>,
) -> Vec<(&'static str, String)> {
    let p = &run.hyperparameters;
    let spectrum = &run.loaded.spectrum;
    let numbers: Vec<&[f64]> = match problem {
        Some(problem) => vec![problem.kernel_row_major(), problem.target()],
        None => vec![
            spectrum.eigenvalues(),
            spectrum.multiplicities(),
            spectrum.signal().unwrap_or_default(),
        ],
    };
    let bytes = numbers
        .into_iter()
        .flatten()
        .flat_map(|x| x.to_bits().to_le_bytes());
    let steps: Vec<String> = steps.iter().map(u64::to_string).collect();
    let networked =
        arguments.tangent_kernel == TangentKernel::Network || arguments.regime == Regime::Network;
    let network = if networked {
        format!(
            "width {}, symmetric {}, {:?}",
            arguments.width, arguments.symmetric, arguments.tangent_kernel
        )
    } else {
        "none".to_owned()
    };
    let mut settings = vec![
        ("regime", arguments.regime.word().to_owned()),
        ("spectrum", arguments.spectrum.word().to_owned()),
        ("data", format!("{:016x}", checksum(bytes))),
        ("learning_rate", format!("{:e}", p.learning_rate())),
        ("momentum", format!("{:e}", p.momentum())),
        ("batch_size", format!("{:?}", run.batch_size)),
        ("steps", steps.join(",")),
        ("seed", arguments.seed.to_string()),
        ("generator", arguments.generator.word().to_owned()),
        ("network", network),
    ];
    match arguments.regime {
        Regime::Se => {
            settings.push(("noise_amplitude", format!("{:e}", p.noise_amplitude())));
            settings.push(("tau", format!("{:e}", p.tau())));
        }
        Regime::Exact => settings.push(("method", format!("{:?}", arguments.method.method()))),
        Regime::Sampled | Regime::Network => {}
    }
    settings
}

/// Moves the bar, stops at Ctrl-C, keeps rows: one a seed, or one for each stop of a regime without
/// seeds (step, how many losses are known, these losses, the state).
pub(super) struct Watcher {
    bar: ProgressBar,
    interrupted: Arc<AtomicBool>,
    journal: Option<Mutex<Journal>>,
    seeds: bool,
    lost: Mutex<Option<String>>,
}

impl Watcher {
    /// With the journal of these settings, if one is wanted; `width` is the number of recorded steps of
    /// a regime with seeds.
    pub(super) fn open(
        path: Option<&Path>,
        settings: &[(&str, String)],
        width: Option<usize>,
        bar: ProgressBar,
    ) -> Result<Self, Failure> {
        // First, so that a journal that is there means that Ctrl-C keeps what was computed.
        let interrupted = interrupt_flag();
        let journal = path
            .map(|path| match width {
                Some(width) => Journal::open(path, settings, width),
                None => Journal::open_uneven(path, settings),
            })
            .transpose()
            .map_err(Failure::input)?;
        Ok(Self {
            bar,
            interrupted,
            journal: journal.map(Mutex::new),
            seeds: width.is_some(),
            lost: Mutex::new(None),
        })
    }

    pub(super) fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Clears the bar; an error if the journal could not be written.
    pub(super) fn close(&self) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        match self.lost.lock().ok().and_then(|mut lost| lost.take()) {
            Some(why) => Err(Failure::with_help(
                why,
                "what the journal has is good: free some space and run the same command again",
            )),
            None => Ok(()),
        }
    }

    fn append(&self, index: usize, row: Vec<f64>) -> ControlFlow<()> {
        let Some(journal) = &self.journal else {
            return ControlFlow::Continue(());
        };
        let result = match journal.lock() {
            Ok(mut journal) => journal.append(index, row).map_err(|e| e.to_string()),
            Err(_) => Err("the journal is out of use".to_owned()),
        };
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(why) => {
                if let Ok(mut lost) = self.lost.lock() {
                    lost.get_or_insert(why);
                }
                ControlFlow::Break(())
            }
        }
    }
}

impl Watch for Watcher {
    fn advance(&self, steps: u64) -> ControlFlow<()> {
        self.bar.inc(steps);
        if self.interrupted() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn finished(&self, seed: u64) -> Option<Vec<f64>> {
        let journal = self.journal.as_ref()?.lock().ok()?;
        journal.rows().get(&usize::try_from(seed).ok()?).cloned()
    }

    fn keep(&self, seed: u64, losses: &[f64]) -> ControlFlow<()> {
        match usize::try_from(seed) {
            Ok(seed) => self.append(seed, losses.to_vec()),
            Err(_) => ControlFlow::Continue(()),
        }
    }

    fn stopped_state(&self) -> Option<(u64, Vec<f64>, Vec<f64>)> {
        if self.seeds {
            return None;
        }
        let journal = self.journal.as_ref()?.lock().ok()?;
        let (_, row) = journal.rows().last_key_value()?;
        let (&[step, known], rest) = row.split_first_chunk()?;
        let (losses, state) = rest.split_at_checked(known as usize)?;
        self.bar.set_position(step as u64);
        Some((step as u64, losses.to_vec(), state.to_vec()))
    }

    fn keep_state(&self, step: u64, losses: &[f64], state: &[f64]) {
        let last = self.journal.as_ref().and_then(|journal| {
            let journal = journal.lock().ok()?;
            let (&last, _) = journal.rows().last_key_value()?;
            Some(last)
        });
        let mut row = vec![step as f64, losses.len() as f64];
        row.extend_from_slice(losses);
        row.extend_from_slice(state);
        // A journal that fails is told by `close`.
        let _ = self.append(last.map_or(0, |last| last + 1), row);
    }
}
