//! Long work in rows: journaled, resumable, reported, stoppable.

use super::ExperimentError;
use crate::report::{Journal, checksum};
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

/// The surroundings of a figure's computation.
pub struct Work<'a> {
    /// Quick or full.
    pub scale: Scale,
    folder: Option<PathBuf>,
    progress: Progress<'a>,
    stop: &'a dyn Fn() -> bool,
    resumed: usize,
    computed: usize,
}

impl<'a> Work<'a> {
    /// Work whose finished rows are kept in `folder`; `stop` is asked before every row.
    pub fn new(
        scale: Scale,
        folder: Option<&Path>,
        progress: Progress<'a>,
        stop: &'a dyn Fn() -> bool,
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
        let mut journal = match &self.folder {
            None => None,
            Some(folder) => {
                let path = folder.join(format!("journal-{}-{stage}.txt", self.scale.name()));
                let mut all = vec![
                    ("program", format!("tauber {}", env!("CARGO_PKG_VERSION"))),
                    ("rows", count.to_string()),
                ];
                all.extend(settings.iter().cloned());
                Some(Journal::open(&path, &all, width)?)
            }
        };
        let mut rows = Vec::with_capacity(count);
        for index in 0..count {
            (self.progress)(stage, index, count);
            if let Some(row) = journal.as_ref().and_then(|j| j.rows().get(&index)) {
                self.resumed += 1;
                rows.push(row.clone());
                continue;
            }
            if (self.stop)() {
                return Err(ExperimentError::Interrupted {
                    stage: stage.to_owned(),
                    done: index,
                    rows: count,
                });
            }
            let mut row = compute(index)?;
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
    use std::cell::Cell;

    #[test]
    fn an_interrupted_stage_goes_on_where_it_stopped_and_other_settings_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let calls = Cell::new(0);
        let compute = |k: usize| {
            calls.set(calls.get() + 1);
            Ok(vec![k as f64, f64::NAN])
        };
        let quiet = |_: &str, _: usize, _: usize| {};
        let settings = [("step", "10".to_owned())];
        let stop = || calls.get() == 2;
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
        assert_eq!((rows.len(), rows[4][0], calls.get()), (5, 4.0, 5));
        assert_eq!(work.counts(), (2, 3));
        let other = [("step", "11".to_owned())];
        let refused = work.rows("map", &other, [5, 2], &compute);
        assert!(matches!(refused, Err(ExperimentError::Journal(_))));
    }
}
