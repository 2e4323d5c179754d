//! Progress, Ctrl-C and the journal of `tauber simulate`.

use super::Failure;
use super::arguments::Run;
use super::prove::interrupt_flag;
use super::simulate_arguments::{Arguments, Regime, TangentKernel};
use crate::dynamics::regime::Watch;
use crate::dynamics::sampled::StoppedSeed;
use crate::kernel::KernelProblem;
use crate::report::{Journal, JournalError, checksum};
use indicatif::ProgressBar;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
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

/// Where seeds were stopped: the file, the settings in its first line, and the file open if it is there.
struct Stopped {
    path: PathBuf,
    settings: Vec<(String, String)>,
    file: Option<Journal>,
}

impl Stopped {
    fn open(&mut self) -> Result<&mut Journal, JournalError> {
        if self.file.is_none() {
            let settings: Vec<(&str, String)> = (self.settings.iter())
                .map(|(name, text)| (name.as_str(), text.clone()))
                .collect();
            self.file = Some(Journal::open_uneven(&self.path, &settings)?);
        }
        // It was put there.
        self.file.as_mut().ok_or(JournalError::Io {
            path: self.path.clone(),
            source: std::io::Error::other("not open"),
        })
    }
}

/// Step, losses and state of a row of the second kind.
fn unpacked(row: &[f64]) -> Option<(u64, &[f64], &[f64])> {
    let (&[step, known], rest) = row.split_first_chunk()?;
    let (losses, state) = rest.split_at_checked(known as usize)?;
    Some((step as u64, losses, state))
}

fn packed(step: u64, losses: &[f64], state: &[f64]) -> Vec<f64> {
    [&[step as f64, losses.len() as f64], losses, state].concat()
}

/// Moves the bar, stops at Ctrl-C, keeps rows: one a seed, or one for each stop of a regime without
/// seeds (step, how many losses are known, these losses, the state). Seeds that are stopped on their way have
/// rows of the second kind in a file beside the journal, which is deleted when all seeds are finished.
pub(super) struct Watcher {
    bar: ProgressBar,
    interrupted: Arc<AtomicBool>,
    journal: Option<Mutex<Journal>>,
    stopped: Option<Mutex<Stopped>>,
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
        let mut stopped = None;
        if let (Some(path), Some(_)) = (path, width) {
            let mut name = path.as_os_str().to_owned();
            name.push(".stopped");
            let settings = settings.iter();
            let mut file = Stopped {
                path: PathBuf::from(name),
                settings: settings
                    .map(|(n, t)| ((*n).to_owned(), t.clone()))
                    .collect(),
                file: None,
            };
            if file.path.exists() {
                file.open().map_err(Failure::input)?;
            }
            stopped = Some(Mutex::new(file));
        }
        Ok(Self {
            bar,
            interrupted,
            journal: journal.map(Mutex::new),
            stopped,
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
                self.lose(why);
                ControlFlow::Break(())
            }
        }
    }

    fn lose(&self, why: String) {
        if let Ok(mut lost) = self.lost.lock() {
            lost.get_or_insert(why);
        }
    }

    /// All seeds are finished: nothing goes on from their states.
    pub(super) fn forget_stopped(&self) {
        if let Some(Ok(mut stopped)) = self.stopped.as_ref().map(Mutex::lock) {
            stopped.file = None;
            // Left behind it does no harm: finished seeds are not looked up there.
            let _ = std::fs::remove_file(&stopped.path);
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
        let (step, losses, state) = unpacked(row)?;
        self.bar.set_position(step);
        Some((step, losses.to_vec(), state.to_vec()))
    }

    fn keep_state(&self, step: u64, losses: &[f64], state: &[f64]) {
        let last = self.journal.as_ref().and_then(|journal| {
            let journal = journal.lock().ok()?;
            let (&last, _) = journal.rows().last_key_value()?;
            Some(last)
        });
        // A journal that fails is told by `close`.
        let _ = self.append(last.map_or(0, |last| last + 1), packed(step, losses, state));
    }

    fn stopped_seed(&self, seed: u64) -> Option<StoppedSeed> {
        let stopped = self.stopped.as_ref()?.lock().ok()?;
        let rows = stopped.file.as_ref()?.rows();
        let (steps, losses, state) = unpacked(rows.get(&usize::try_from(seed).ok()?)?)?;
        Some(StoppedSeed {
            steps,
            losses: losses.to_vec(),
            state: state.to_vec(),
        })
    }

    fn keep_stopped_seed(&self, seed: u64, stopped: &StoppedSeed) {
        let (Some(file), Ok(index)) = (&self.stopped, usize::try_from(seed)) else {
            return;
        };
        let row = packed(stopped.steps, &stopped.losses, &stopped.state);
        let kept = match file.lock() {
            Ok(mut file) => file
                .open()
                .and_then(|file| file.append(index, row))
                .map_err(|error| error.to_string()),
            Err(_) => Err("the file of stopped seeds is out of use".to_owned()),
        };
        if let Err(why) = kept {
            self.lose(why);
        }
    }
}
