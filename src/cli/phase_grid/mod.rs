//! `tauber phase --grid`: maps of U(1), r_L and the loss over (learning rate, momentum).

mod map;
mod range;

use super::Failure;
use super::arguments::{NoiseArguments, Run, SpectrumArguments, whole};
use super::output::Output;
use super::prove::interrupt_flag;
use crate::report::{Journal, checksum};
use crate::stability::grid::{Cell, Grid, GridSettings};
use crate::stability::{checked, negative_tau_warning};
use clap::Args;
use map::Map;
use range::{Range, linear_range, log_range};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// Numbers in a cell of the journal.
const WORDS: usize = 5;
/// The arguments of `phase --grid`, for flattening into a command that has the spectrum and the noise.
#[derive(Debug, Args)]
pub(crate) struct GridArguments {
    /// Map U(1), r_L and (with --at) the loss over learning rates and momenta
    #[arg(long, requires = "out")]
    pub(crate) grid: bool,
    /// Learning rates FROM:TO:COUNT[:log|:linear], log by default [default: around the noiseless edge]
    #[arg(long, value_name = "RANGE", value_parser = log_range, allow_hyphen_values = true, requires = "grid")]
    learning_rates: Option<Range>,
    /// Momenta FROM:TO:COUNT[:linear]
    #[arg(long, value_name = "RANGE", value_parser = linear_range, default_value = "-0.9:0.9:37", allow_hyphen_values = true)]
    momenta: Range,
    /// The step T of the loss
    #[arg(long, value_name = "T", value_parser = whole, allow_hyphen_values = true, requires = "grid")]
    at: Option<u64>,
    /// Folder for CSV, NPY, SVG, PNG and the journal of finished rows; a rerun goes on from it
    #[arg(long, value_name = "DIR", requires = "grid")]
    out: Option<PathBuf>,
}

/// `tauber phase --grid`.
pub(crate) fn run_grid(
    spectrum: &SpectrumArguments,
    noise: &NoiseArguments,
    arguments: &GridArguments,
    output: &Output,
) -> Result<u8, Failure> {
    let folder = arguments
        .out
        .as_deref()
        .ok_or_else(|| Failure::with_help("no folder for the maps is given", "add --out DIR"))?;
    let momenta = arguments.momenta.values();
    // The first cell fixes spectrum and noise; all others are checked with the map.
    let given = arguments.learning_rates.map(Range::values);
    let first = given.as_ref().map_or(1.0, |rates| rates[0]);
    let run = noise.at(first, momenta[0]).with(spectrum)?;
    let learning_rates = given.unwrap_or_else(|| {
        let most = momenta.iter().copied().fold(-1.0, f64::max);
        let edge = checked::noiseless_critical_learning_rate(&run.loaded.spectrum, most);
        let range = Range {
            from: 1e-3 * edge,
            to: 1.2 * edge,
            count: 60,
            log: true,
        };
        range.values()
    });
    let settings = GridSettings {
        learning_rates,
        momenta,
        noise_amplitude: run.hyperparameters.noise_amplitude(),
        tau: run.hyperparameters.tau(),
        step: arguments.at,
    };
    let grid = Grid::new(&run.loaded.spectrum, settings).map_err(Failure::input)?;
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::input(format!(
            "cannot make the folder {}: {error}",
            folder.display()
        ))
    })?;
    let Some(rows) = journaled(&grid, &run, spectrum.word(), folder, output)? else {
        return Ok(3);
    };
    let map = Map::of(&grid, &run, rows.cells);
    let files = map.write(folder, &run.loaded.description)?;
    output.document(&map.json(&run, spectrum.word(), rows.resumed, &files));
    output.text(&map.words(&run, rows.resumed, folder, &files));
    Ok(0)
}

/// All rows and how many of them were there before.
struct Rows {
    cells: Vec<Cell>,
    resumed: usize,
}

/// Computes the rows that the journal does not have; `None` after Ctrl-C.
fn journaled(
    grid: &Grid,
    run: &Run,
    word: &str,
    folder: &Path,
    output: &Output,
) -> Result<Option<Rows>, Failure> {
    let settings = grid.settings();
    let (width, height) = (settings.learning_rates.len(), settings.momenta.len());
    let path = folder.join("journal.txt");
    let header = header(run, word, settings);
    let mut journal = Journal::open(&path, &header, WORDS * width).map_err(Failure::input)?;
    let resumed = (0..height)
        .filter(|row| journal.rows().contains_key(row))
        .count();
    let interrupted = interrupt_flag();
    let bar = output.progress(height as u64, "rows");
    bar.set_position(resumed as u64);
    for row in 0..height {
        if journal.rows().contains_key(&row) {
            continue;
        }
        if interrupted.load(Ordering::Relaxed) {
            bar.finish_and_clear();
            let done = journal.rows().len();
            let why = format!(
                "interrupted: {done} of {height} rows are kept in {}; the same command goes on from there",
                path.display()
            );
            output.document(&json!({ "interrupted": why, "rows_done": done, "rows": height }));
            output.text(&format!("{why}\n"));
            return Ok(None);
        }
        let words = grid.row(row).into_iter().flat_map(|cell| {
            [
                cell.noise_function_at_1,
                cell.convergence_radius,
                cell.convergence_radius_complement,
                cell.log10_loss,
                cell.loss_error,
            ]
        });
        journal
            .append(row, words.collect())
            .map_err(Failure::input)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let cells = (0..height)
        .filter_map(|row| journal.rows().get(&row))
        .flat_map(|row| row.as_chunks::<WORDS>().0)
        .map(|&[u, r, complement, loss, error]| Cell {
            noise_function_at_1: u,
            convergence_radius: r,
            convergence_radius_complement: complement,
            log10_loss: loss,
            loss_error: error,
        })
        .collect();
    Ok(Some(Rows { cells, resumed }))
}

/// What loading had to say, and what the map rests on.
fn warnings(run: &Run) -> Vec<String> {
    let h = &run.hyperparameters;
    let mut warnings = run.loaded.warnings.clone();
    warnings.extend(negative_tau_warning(h.noise_amplitude(), h.tau()));
    warnings
}

/// Everything that the cells depend on.
fn header(run: &Run, word: &str, settings: &GridSettings) -> Vec<(&'static str, String)> {
    let sum = |lists: &[&[f64]]| {
        let bytes = lists
            .iter()
            .flat_map(|list| list.iter())
            .flat_map(|v| v.to_bits().to_le_bytes());
        format!("{:016x}", checksum(bytes))
    };
    let span = |list: &[f64]| {
        let (first, last) = (list[0], list[list.len() - 1]);
        format!("{first:?} to {last:?} in {} ({})", list.len(), sum(&[list]))
    };
    let s = &run.loaded.spectrum;
    vec![
        ("program", format!("tauber {}", env!("CARGO_PKG_VERSION"))),
        ("words_of_a_cell", WORDS.to_string()),
        ("spectrum", word.to_owned()),
        (
            "spectrum_values",
            sum(&[
                s.eigenvalues(),
                s.multiplicities(),
                s.signal().unwrap_or(&[]),
                &[s.null_space_loss()],
            ]),
        ),
        ("learning_rates", span(&settings.learning_rates)),
        ("momenta", span(&settings.momenta)),
        ("noise_amplitude", format!("{:?}", settings.noise_amplitude)),
        ("tau", format!("{:?}", settings.tau)),
        (
            "at",
            settings
                .step
                .map_or("none".to_owned(), |step| step.to_string()),
        ),
    ]
}
