//! Regimes that average over all batches: one state, stepped or carried by the contour, which a stop keeps.

use super::{LossSeries, Method, RegimeError, Settings, Watch, series};
use crate::dynamics::SeRecursion;
use crate::dynamics::curve::check_iteration;
use crate::dynamics::exact::ExactMoments;
use crate::dynamics::long_time::{LongTimeError, LongTimeLoss, LongTimeMoments, LongTimeWork};
use crate::spectrum::Spectrum;

/// Steps between two reports of the SE recursion.
const REPORT_EVERY: u64 = 64;
/// Step from which exact moments are not iterated, for [`Method::Auto`].
const LONG: u64 = 1000;

/// The losses known at a stop, if they can be those of `steps` up to `step`.
fn known(stopped: &(u64, Vec<f64>, Vec<f64>), steps: &[u64]) -> Option<Vec<f64>> {
    let (step, losses, _) = stopped;
    let due = steps.partition_point(|s| s < step);
    (due..=steps.len())
        .contains(&losses.len())
        .then(|| losses.clone())
}

pub(super) fn se(
    spectrum: &Spectrum,
    settings: &Settings,
    watch: &dyn Watch,
) -> Result<LossSeries, RegimeError> {
    let steps = &settings.steps;
    let mut recursion = SeRecursion::new(spectrum, &settings.hyperparameters)?;
    let last = steps.last().copied().unwrap_or(0);
    check_iteration(spectrum, &settings.hyperparameters, last)?;
    let mut losses = Vec::with_capacity(steps.len());
    if let Some(stopped) = watch.stopped_state()
        && let Some(known) = known(&stopped, steps)
    {
        recursion.restore(stopped.0, &stopped.2)?;
        losses = known;
    }
    'all: for &step in &steps[losses.len()..] {
        while recursion.steps() < step {
            // The same parts whether stopped or not: at momentum 0 the last step of a part is made by
            // another pass, whose last bits may differ.
            let part = (step - recursion.steps()).min(REPORT_EVERY);
            recursion.advance_by(part);
            if watch.advance(part).is_break() {
                if recursion.steps() == step {
                    losses.push(recursion.loss());
                }
                watch.keep_state(recursion.steps(), &losses, &recursion.state());
                break 'all;
            }
        }
        losses.push(recursion.loss());
    }
    series(steps, losses)
}

/// The state of exact moments at a stop: the number of values of the contour's work, that work, the
/// moments if they are being iterated.
fn packed(work: Option<&LongTimeWork>, moments: &[f64]) -> Vec<f64> {
    let work = work.map_or_else(Vec::new, LongTimeWork::numbers);
    let mut packed = vec![work.len() as f64];
    packed.extend(work);
    packed.extend_from_slice(moments);
    packed
}

fn unpacked(state: &[f64]) -> Option<(LongTimeWork, &[f64])> {
    let (&count, rest) = state.split_first()?;
    let (work, moments) = rest.split_at_checked(count as usize)?;
    Some((LongTimeWork::from_numbers(work)?, moments))
}

/// By the contour; `None` where [`Method::Auto`] has to iterate, with the reason in `note`.
fn by_contour(
    moments: &ExactMoments,
    method: Method,
    settings: &Settings,
    watch: &dyn Watch,
    work: &mut LongTimeWork,
    note: &mut Option<String>,
) -> Result<Option<LossSeries>, RegimeError> {
    let size = &settings.hyperparameters;
    let steps = &settings.steps;
    let curve = |points: &[LongTimeLoss], iterations: u64| {
        let mut series = series(steps, points.iter().map(|p| p.loss).collect())?;
        series.relative_errors = Some(points.iter().map(|p| p.relative_error).collect());
        series.notes.push(format!(
            "steps beyond {iterations} were computed without iterating, by a contour: relative errors are estimated"
        ));
        Ok(Some(series))
    };
    let found = LongTimeMoments::new(moments.clone(), size.learning_rate(), size.momentum())
        .and_then(|long| long.losses_from(steps, work, &|| watch.advance(0)));
    match found {
        Ok(found) => curve(&found.points, found.iterations),
        Err(LongTimeError::Cancelled) => {
            let points = work.finished(steps);
            let losses: Vec<f64> = points.iter().map(|p| p.loss).collect();
            watch.keep_state(work.iterations(), &losses, &packed(Some(work), &[]));
            curve(&points, work.iterations())
        }
        Err(
            error @ (LongTimeError::Unsettled { .. }
            | LongTimeError::Rounding(_)
            | LongTimeError::Negative { .. }),
        ) if method == Method::Auto => {
            *note = Some(format!("iterated, since the contour was refused: {error}"));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn exact(
    mut moments: ExactMoments,
    method: Method,
    settings: &Settings,
    watch: &dyn Watch,
) -> Result<LossSeries, RegimeError> {
    let steps = &settings.steps;
    let last = steps.last().copied().unwrap_or(0);
    let (alpha, beta) = (
        settings.hyperparameters.learning_rate(),
        settings.hyperparameters.momentum(),
    );
    let stopped = watch.stopped_state();
    let (mut work, saved) = stopped
        .as_ref()
        .and_then(|(_, _, state)| unpacked(state))
        .unwrap_or_default();
    let mut note = None;
    let contour = method == Method::Contour || (method == Method::Auto && last > LONG);
    if contour
        && let Some(series) = by_contour(&moments, method, settings, watch, &mut work, &mut note)?
    {
        return Ok(series);
    }
    let mut losses = Vec::with_capacity(steps.len());
    if let Some(stopped) = &stopped
        && !saved.is_empty()
        && let Some(known) = known(stopped, steps)
    {
        moments.restore(stopped.0, saved)?;
        losses = known;
    }
    'all: for &step in &steps[losses.len()..] {
        while moments.steps() < step {
            moments.step(alpha, beta)?;
            if watch.advance(1).is_break() {
                if moments.steps() == step {
                    losses.push(moments.loss());
                }
                let state = packed(contour.then_some(&work), &moments.state());
                watch.keep_state(moments.steps(), &losses, &state);
                break 'all;
            }
        }
        losses.push(moments.loss());
    }
    let mut series = series(steps, losses)?;
    series.notes.extend(note);
    Ok(series)
}
