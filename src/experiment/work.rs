//! Long work in rows: journaled, resumable, reported, stoppable.

use super::ExperimentError;
use crate::report::{Journal, JournalError, checksum};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// How much of a figure is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Coarse grids and fewer seeds: under a minute.
    Quick,
    /// As in the paper.
    Full,
}

impl Scale {
    /// One of two values.
    pub fn pick<T>(self, quick: T, full: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Full => full,
        }
    }

    /// The word in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Full => "full",
        }
    }
}

/// Who is told how far the work is: stage, rows done, rows in all.
pub type Progress<'a> = &'a dyn Fn(&str, usize, usize);

/// Whether the work is to stop.
pub type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// Rows that follow one from another: a trajectory.
pub trait Chain {
    /// Row `index`, from the state after the row before it; `None` where `stop` said so on the way.
    ///
    /// # Errors
    /// [`ExperimentError`].
    fn row(&mut self, index: usize, stop: Stop<'_>) -> Result<Option<Vec<f64>>, ExperimentError>;

    /// Everything that the next row depends on, what was done of it included.
    fn state(&self) -> Vec<f64>;

    /// Goes on from a state.
    ///
    /// # Errors
    /// [`ExperimentError`]: the state of something else.
    fn restore(&mut self, state: &[f64]) -> Result<(), ExperimentError>;
}

/// The surroundings of a figure's computation.
pub struct Work<'a> {
    /// Quick or full.
    pub scale: Scale,
    folder: Option<PathBuf>,
    progress: Progress<'a>,
    stop: Stop<'a>,
    resumed: usize,
    computed: usize,
}

impl<'a> Work<'a> {
    /// Work whose finished rows are kept in `folder`; `stop` is asked before every row,
    /// and within the rows that listen to [`Work::stop`].
    pub fn new(
        scale: Scale,
        folder: Option<&Path>,
        progress: Progress<'a>,
        stop: Stop<'a>,
    ) -> Self {
        Self {
            scale,
            folder: folder.map(Path::to_owned),
            progress,
            stop,
            resumed: 0,
            computed: 0,
        }
    }

    /// For rows that take long: whoever listens returns any error, and the row is computed again.
    pub const fn stop(&self) -> Stop<'a> {
        self.stop
    }

    /// Rows that came from a journal, and rows that were computed.
    pub const fn counts(&self) -> (usize, usize) {
        (self.resumed, self.computed)
    }

    /// `count` rows of `width` numbers, from the journal of this stage or computed now.
    ///
    /// `settings` must name everything that a row depends on; the journal of other settings is
    /// refused. The journal of a stage is `journal-SCALE-STAGE.txt`.
    ///
    /// # Errors
    /// What `compute` returns, a journal that cannot be used, or [`ExperimentError::Interrupted`].
    pub fn rows(
        &mut self,
        stage: &str,
        settings: &[(&str, String)],
        [count, width]: [usize; 2],
        compute: &dyn Fn(usize) -> Result<Vec<f64>, ExperimentError>,
    ) -> Result<Vec<Vec<f64>>, ExperimentError> {
        let mut journal = self
            .journal_settings(stage, settings, count)
            .map(|(path, all)| Journal::open(&path, &all, width))
            .transpose()?;
        let mut rows = Vec::with_capacity(count);
        for index in 0..count {
            (self.progress)(stage, index, count);
            if let Some(row) = journal.as_ref().and_then(|j| j.rows().get(&index)) {
                self.resumed += 1;
                rows.push(row.clone());
                continue;
            }
            let interrupted = || ExperimentError::Interrupted {
                stage: stage.to_owned(),
                done: index,
                rows: count,
            };
            if (self.stop)() {
                return Err(interrupted());
            }
            // A row that listens to the stop itself ends with an error of its own.
            let row = compute(index);
            let mut row = row.map_err(|error| if (self.stop)() { interrupted() } else { error })?;
            row.resize(width, f64::NAN);
            self.computed += 1;
            if let Some(journal) = &mut journal {
                journal.append(index, row.clone())?;
            }
            rows.push(row);
        }
        (self.progress)(stage, count, count);
        Ok(rows)
    }

    /// The same for rows that follow one from another. A stop also keeps the state in the middle of a row, in
    /// `journal-SCALE-STAGE.stopped.txt`, which a finished stage deletes; without that file (the program was
    /// killed) the trajectory begins again.
    ///
    /// # Errors
    /// As [`Work::rows`].
    pub fn chain(
        &mut self,
        stage: &str,
        settings: &[(&str, String)],
        [count, width]: [usize; 2],
        chain: &mut dyn Chain,
    ) -> Result<Vec<Vec<f64>>, ExperimentError> {
        let files = self.journal_settings(stage, settings, count);
        let mut journal = None;
        let mut rows = Vec::with_capacity(count);
        if let Some((path, all)) = &files {
            let opened = Journal::open(path, all, width)?;
            rows.extend((0..count).map_while(|index| opened.rows().get(&index).cloned()));
            journal = Some(opened);
        }
        self.resumed += rows.len();
        let stopped = files.map(|(path, all)| (path.with_extension("stopped.txt"), all));
        // The next row of the chain: one that is there already where the state is not.
        let mut next = 0;
        if let Some((path, all)) = stopped.as_ref().filter(|(path, _)| path.exists()) {
            let kept = Journal::open_uneven(path, all)?;
            if let Some((_, row)) = kept.rows().last_key_value()
                && let Some((&index, state)) = row.split_first()
                && index == rows.len() as f64
            {
                chain.restore(state)?;
                next = rows.len();
            }
        }
        while rows.len() < count {
            (self.progress)(stage, next, count);
            let Some(mut row) = chain.row(next, self.stop)? else {
                if let Some((path, all)) = &stopped
                    && next == rows.len()
                {
                    let mut kept = Journal::open_uneven(path, all)?;
                    let index = kept.rows().last_key_value().map_or(0, |(last, _)| last + 1);
                    let mut state = vec![next as f64];
                    state.extend(chain.state());
                    kept.append(index, state)?;
                }
                return Err(ExperimentError::Interrupted {
                    stage: stage.to_owned(),
                    done: rows.len(),
                    rows: count,
                });
            };
            if next == rows.len() {
                row.resize(width, f64::NAN);
                self.computed += 1;
                if let Some(journal) = &mut journal {
                    journal.append(next, row.clone())?;
                }
                rows.push(row);
            }
            next += 1;
        }
        if let Some((path, _)) = stopped.filter(|(path, _)| path.exists()) {
            std::fs::remove_file(&path).map_err(|source| JournalError::Io { path, source })?;
        }
        (self.progress)(stage, count, count);
        Ok(rows)
    }

    /// The journal of a stage and what stands in its first line.
    fn journal_settings<'s>(
        &self,
        stage: &str,
        settings: &[(&'s str, String)],
        count: usize,
    ) -> Option<(PathBuf, Vec<(&'s str, String)>)> {
        let folder = self.folder.as_ref()?;
        let mut all = vec![
            ("program", format!("tauber {}", env!("CARGO_PKG_VERSION"))),
            ("rows", count.to_string()),
        ];
        all.extend(settings.iter().cloned());
        let name = format!("journal-{}-{stage}.txt", self.scale.name());
        Some((folder.join(name), all))
    }
}

/// For the hooks of simulations.
pub(super) fn going_on(stop: Stop<'_>) -> ControlFlow<()> {
    if stop() {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

/// A short text that stands for lists of numbers in a journal's settings.
pub fn fingerprint(lists: &[&[f64]]) -> String {
    let bytes = lists
        .iter()
        .flat_map(|list| list.iter())
        .flat_map(|v| v.to_bits().to_le_bytes());
    format!("{:016x}", checksum(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn an_interrupted_stage_goes_on_where_it_stopped_and_other_settings_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let calls = AtomicU64::new(0);
        let compute = |k: usize| {
            calls.fetch_add(1, Ordering::Relaxed);
            Ok(vec![k as f64, f64::NAN])
        };
        let quiet = |_: &str, _: usize, _: usize| {};
        let settings = [("step", "10".to_owned())];
        let stop = || calls.load(Ordering::Relaxed) == 2;
        let mut work = Work::new(Scale::Quick, Some(folder.path()), &quiet, &stop);
        let first = work.rows("map", &settings, [5, 2], &compute);
        assert!(matches!(
            first,
            Err(ExperimentError::Interrupted {
                done: 2,
                rows: 5,
                ..
            })
        ));
        let go = || false;
        let mut work = Work::new(Scale::Quick, Some(folder.path()), &quiet, &go);
        let rows = work.rows("map", &settings, [5, 2], &compute).unwrap();
        assert_eq!(
            (rows.len(), rows[4][0], calls.load(Ordering::Relaxed)),
            (5, 4.0, 5)
        );
        assert_eq!(work.counts(), (2, 3));
        let other = [("step", "11".to_owned())];
        let refused = work.rows("map", &other, [5, 2], &compute);
        assert!(matches!(refused, Err(ExperimentError::Journal(_))));
    }
    /// The sums 1 + 2 + .. + k at k = 10, 20, .., one addition a step.
    struct Sums<'a> {
        k: u64,
        sum: f64,
        additions: &'a AtomicU64,
    }

    impl Chain for Sums<'_> {
        fn row(
            &mut self,
            index: usize,
            stop: Stop<'_>,
        ) -> Result<Option<Vec<f64>>, ExperimentError> {
            while self.k < 10 * (index as u64 + 1) {
                if stop() {
                    return Ok(None);
                }
                self.k += 1;
                self.sum += self.k as f64;
                self.additions.fetch_add(1, Ordering::Relaxed);
            }
            Ok(Some(vec![self.sum]))
        }

        fn state(&self) -> Vec<f64> {
            vec![self.k as f64, self.sum]
        }

        fn restore(&mut self, state: &[f64]) -> Result<(), ExperimentError> {
            (self.k, self.sum) = (state[0] as u64, state[1]);
            Ok(())
        }
    }

    #[test]
    fn a_row_that_listens_to_the_stop_is_interrupted_and_another_error_is_itself() {
        let quiet = |_: &str, _: usize, _: usize| {};
        let calls = AtomicU64::new(0);
        let refused = |_: usize| {
            calls.fetch_add(1, Ordering::Relaxed);
            Err(ExperimentError::NoFigure(15))
        };
        let stop = || calls.load(Ordering::Relaxed) > 0;
        let mut work = Work::new(Scale::Quick, None, &quiet, &stop);
        let stopped = work.rows("a", &[], [2, 1], &refused);
        assert!(matches!(
            stopped,
            Err(ExperimentError::Interrupted { done: 0, .. })
        ));
        let mut work = Work::new(Scale::Quick, None, &quiet, &|| false);
        let failed = work.rows("a", &[], [2, 1], &refused);
        assert!(matches!(failed, Err(ExperimentError::NoFigure(15))));
    }

    #[test]
    fn a_chain_goes_on_in_the_middle_of_a_row_and_without_its_state_from_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let additions = AtomicU64::new(0);
        let quiet = |_: &str, _: usize, _: usize| {};
        let run = |stop: Stop<'_>, first: f64| {
            let mut work = Work::new(Scale::Quick, Some(folder.path()), &quiet, stop);
            let mut chain = Sums {
                k: 0,
                sum: first,
                additions: &additions,
            };
            work.chain("sums", &[], [4, 1], &mut chain)
        };
        let state = folder.path().join("journal-quick-sums.stopped.txt");
        let stopped_at = |k: u64| {
            let additions = &additions;
            move || additions.load(Ordering::Relaxed) == k
        };
        let interrupted = |rows| {
            matches!(
                rows,
                Err(ExperimentError::Interrupted {
                    done: 1,
                    rows: 4,
                    ..
                })
            )
        };
        assert!(interrupted(run(&stopped_at(13), 0.0)));
        assert!(state.exists());
        assert!(interrupted(run(&stopped_at(17), 0.0)));
        // Killed: the row before is kept, the state is not, and the 10 steps are made again.
        std::fs::remove_file(&state).unwrap();
        assert!(interrupted(run(&stopped_at(32), 0.0)));
        let rows = run(&|| false, 0.0).unwrap();
        assert_eq!(rows, [[55.0], [210.0], [465.0], [820.0]]);
        assert_eq!(additions.load(Ordering::Relaxed), 17 + 40);
        assert!(!state.exists());
        // A finished stage computes nothing: a start that would give other sums is not looked at.
        assert_eq!(run(&|| true, 1.0).unwrap(), rows);
    }
}
