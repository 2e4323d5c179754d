//! Progress, Ctrl-C and the journal of `tauber simulate`.

use super::Failure;
use super::arguments::Run;
use super::prove::interrupt_flag;
use super::simulate::{Arguments, TangentKernel};
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
    problem: &KernelProblem,
) -> Vec<(&'static str, String)> {
    let p = &run.hyperparameters;
    let numbers = problem
        .kernel_row_major()
        .iter()
        .chain(problem.target())
        .flat_map(|x| x.to_bits().to_le_bytes());
    let steps: Vec<String> = steps.iter().map(u64::to_string).collect();
    let networked = arguments.tangent_kernel == TangentKernel::Network
        || arguments.regime == super::simulate::Regime::Network;
    let network = if networked {
        format!(
            "width {}, symmetric {}, {:?}",
            arguments.width, arguments.symmetric, arguments.tangent_kernel
        )
    } else {
        "none".to_owned()
    };
    vec![
        ("regime", arguments.regime.word().to_owned()),
        ("spectrum", arguments.spectrum.word().to_owned()),
        ("data", format!("{:016x}", checksum(numbers))),
        ("learning_rate", format!("{:e}", p.learning_rate())),
        ("momentum", format!("{:e}", p.momentum())),
        ("batch_size", format!("{:?}", run.batch_size)),
        ("steps", steps.join(",")),
        ("seed", arguments.seed.to_string()),
        ("generator", arguments.generator.word().to_owned()),
        ("network", network),
    ]
}

/// Moves the bar, stops at Ctrl-C, keeps rows.
pub(super) struct Watcher {
    bar: ProgressBar,
    interrupted: Arc<AtomicBool>,
    journal: Option<Mutex<Journal>>,
    /// Exact moments: the number of recorded steps. A row is then that many losses, how many of them
    /// are known, and the state.
    steps: usize,
    exact: bool,
    lost: Mutex<Option<String>>,
}

impl Watcher {
    /// With the journal of these settings, if one is wanted; `state` is the size of a state for exact
    /// moments.
    pub(super) fn open(
        path: Option<&Path>,
        settings: &[(&str, String)],
        steps: usize,
        state: Option<usize>,
        bar: ProgressBar,
    ) -> Result<Self, Failure> {
        let width = steps + state.map_or(0, |n| n + 1);
        let journal = path
            .map(|path| Journal::open(path, settings, width).map(Mutex::new))
            .transpose()
            .map_err(Failure::input)?;
        Ok(Self {
            bar,
            interrupted: interrupt_flag(),
            journal,
            steps,
            exact: state.is_some(),
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
        if !self.exact {
            return None;
        }
        let journal = self.journal.as_ref()?.lock().ok()?;
        let (step, row) = journal.rows().last_key_value()?;
        let known = (*row.get(self.steps)? as usize).min(self.steps);
        self.bar.set_position(*step as u64);
        Some((
            *step as u64,
            row[..known].to_vec(),
            row[self.steps + 1..].to_vec(),
        ))
    }

    fn keep_state(&self, step: u64, losses: &[f64], state: &[f64]) {
        let mut row = losses.to_vec();
        row.resize(self.steps, 0.0);
        row.push(losses.len() as f64);
        row.extend_from_slice(state);
        if let Ok(step) = usize::try_from(step) {
            let _ = self.append(step, row);
        }
    }
}
