//! Regimes with seeds: what was finished when a run stops is kept.

use super::{LossSeries, RegimeError, Settings, Watch, series};
use crate::dynamics::network::NetworkRunError;
use crate::dynamics::sampled::{
    SampledConfig, SampledError, SampledRun, Schedule, SeedStore, StepSize, StoppedSeed,
};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;

/// The store behind a sampled run: what the watch has, and what finishes now.
struct Kept<'a> {
    watch: &'a dyn Watch,
    rows: Mutex<BTreeMap<u64, Vec<f64>>>,
}

impl Kept<'_> {
    fn insert(&self, seed: u64, losses: &[f64]) {
        if let Ok(mut rows) = self.rows.lock() {
            rows.insert(seed, losses.to_vec());
        }
    }
}

impl SeedStore for Kept<'_> {
    fn finished(&self, seed: u64) -> Option<Vec<f64>> {
        let losses = self.watch.finished(seed)?;
        self.insert(seed, &losses);
        Some(losses)
    }

    fn keep(&self, seed: u64, losses: &[f64]) -> ControlFlow<()> {
        self.insert(seed, losses);
        self.watch.keep(seed, losses)
    }

    fn stopped(&self, seed: u64) -> Option<StoppedSeed> {
        let stopped = self.watch.stopped_seed(seed)?;
        // The bar counts them as made; a stop is seen at the next report.
        let _ = self.watch.advance(stopped.steps);
        Some(stopped)
    }

    fn keep_stopped(&self, seed: u64, stopped: &StoppedSeed) {
        self.watch.keep_stopped_seed(seed, stopped);
    }
}

pub(super) fn sampled(
    dataset_size: usize,
    settings: &Settings,
    watch: &dyn Watch,
    run: impl Fn(&SampledConfig, &dyn SeedStore) -> Result<SampledRun, RegimeError>,
) -> Result<LossSeries, RegimeError> {
    let b = settings.batch_size.ok_or(RegimeError::NoBatchSize)?;
    let size = StepSize::new(
        settings.hyperparameters.learning_rate(),
        settings.hyperparameters.momentum(),
    )?;
    let config = SampledConfig::new(
        dataset_size as u64,
        b,
        Schedule::Constant(size),
        settings.steps.clone(),
    )?
    .with_seeds(settings.seeds)?
    .with_master_seed(settings.master_seed)
    .with_sampling(settings.sampling)
    .with_generator(settings.generator);
    let store = Kept {
        watch,
        rows: Mutex::new(BTreeMap::new()),
    };
    let outcome = run(&config, &store);
    let cancelled = matches!(
        outcome,
        Err(RegimeError::Sampled(SampledError::Cancelled)
            | RegimeError::Network(NetworkRunError::Sampled(SampledError::Cancelled)))
    );
    let found = if cancelled {
        let rows = store.rows.into_inner().unwrap_or_default();
        SampledRun::from_losses(settings.steps.clone(), rows.into_values().collect())
    } else {
        outcome?
    };
    if found.seeds() == 0 {
        return Err(RegimeError::NothingFinished);
    }
    let statistics = found.statistics();
    let mut series = series(&settings.steps, statistics.iter().map(|s| s.mean).collect())?;
    if cancelled {
        series.interrupted = true;
        series.notes.push(format!(
            "stopped after {} of {} seeds: means are over those that finished",
            found.seeds(),
            settings.seeds
        ));
    }
    series.statistics = Some(statistics);
    Ok(series)
}
