//! `tauber phase --grid`: maps of U(1), r_L and the loss over (learning rate, momentum).

use super::Failure;
use super::arguments::{NoiseArguments, Run, SpectrumArguments, real, warning_lines, whole};
use super::output::{Output, json_number, rough, short, table};
use super::prove::interrupt_flag;
use crate::report::{
    Axis, Column, Dash, Figure, HeatMap, Journal, Rgb, Series, checksum, write_csv, write_npy,
};
use crate::stability::checked::{critical_regularization, upper_bound_22};
use crate::stability::grid::{Cell, Grid, GridSettings, critical_learning_rates};
use crate::stability::{checked, negative_tau_warning};
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// Numbers in a cell of the journal.
const WORDS: usize = 5;
/// Points of the curves over the maps.
const CURVE_POINTS: usize = 201;
/// Decades of loss that the colours show.
const DECADES: f64 = 12.0;

const MEANING: &str = "null: U(1) has no meaning at and beyond the noiseless edge; a loss is null where one step makes it infinite or no method reaches the step";

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

/// A range of values.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    from: f64,
    to: f64,
    count: usize,
    log: bool,
}

fn log_range(text: &str) -> Result<Range, String> {
    range(text, true)
}

fn linear_range(text: &str) -> Result<Range, String> {
    range(text, false)
}

fn range(text: &str, log: bool) -> Result<Range, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (ends, log) = match parts[..] {
        [from, to, count] => ([from, to, count], log),
        [from, to, count, "log"] => ([from, to, count], true),
        [from, to, count, "linear"] => ([from, to, count], false),
        _ => return Err("give FROM:TO:COUNT, COUNT:log or COUNT:linear, as in 0.01:3:100".into()),
    };
    let (from, to) = (real(ends[0])?, real(ends[1])?);
    let count = usize::try_from(whole(ends[2])?).map_err(|error| error.to_string())?;
    let single = count == 1 && from == to;
    if count == 0 || !(from < to || single) || (count == 1 && !single) {
        return Err(format!(
            "`{text}` must rise from FROM to TO in two or more values (or be one value twice)"
        ));
    }
    if count > 1_000_000 {
        return Err(format!("`{text}` has more than a million values"));
    }
    if log && from <= 0.0 {
        return Err(format!("`{text}` must be positive to be spaced as log"));
    }
    Ok(Range {
        from,
        to,
        count,
        log,
    })
}

impl Range {
    fn values(self) -> Vec<f64> {
        let last = self.count.max(2) - 1;
        (0..self.count)
            .map(|k| match k {
                0 => self.from,
                _ if k == last => self.to,
                _ if self.log => {
                    let share = k as f64 / last as f64;
                    (self.from.ln() + share * (self.to.ln() - self.from.ln())).exp()
                }
                _ => self.from + (self.to - self.from) * (k as f64 / last as f64),
            })
            .collect()
    }
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

/// A finished map with the edges beside it.
struct Map {
    settings: GridSettings,
    cells: Vec<Cell>,
    edge: Vec<f64>,
    noiseless: Vec<f64>,
    bound: Vec<f64>,
    curves: Vec<Series>,
    initial_loss: Option<f64>,
}

impl Map {
    fn of(grid: &Grid, run: &Run, cells: Vec<Cell>) -> Self {
        let settings = grid.settings().clone();
        let (gamma, tau) = (settings.noise_amplitude, settings.tau);
        let spectrum = grid.spectrum();
        let lambda_crit = critical_regularization(spectrum, tau);
        let noiseless = |b: f64| checked::noiseless_critical_learning_rate(spectrum, b);
        let bound = |b: f64| (1.0 - b) * upper_bound_22(gamma, lambda_crit);
        let edges = |momenta: &[f64]| critical_learning_rates(spectrum, momenta, gamma, tau);
        let ends = (
            settings.momenta[0],
            settings.momenta[settings.momenta.len() - 1],
        );
        let dense: Vec<f64> = (0..CURVE_POINTS)
            .map(|k| ends.0 + (ends.1 - ends.0) * k as f64 / (CURVE_POINTS - 1) as f64)
            .collect();
        let curve = |label: &str, rates: Vec<f64>| {
            Series::line(label, rates.into_iter().zip(dense.iter().copied()))
        };
        let curves = vec![
            curve("U(1) = 1 (edge)", edges(&dense)),
            curve("bound (22)", dense.iter().map(|b| bound(*b)).collect())
                .with_dash(Dash::Dashed)
                .with_colour(Rgb(213, 94, 0)),
            curve(
                "noiseless edge",
                dense.iter().map(|b| noiseless(*b)).collect(),
            )
            .with_dash(Dash::Dotted)
            .with_colour(Rgb(230, 60, 200)),
        ];
        Self {
            edge: edges(&settings.momenta),
            noiseless: settings.momenta.iter().map(|b| noiseless(*b)).collect(),
            bound: settings.momenta.iter().map(|b| bound(*b)).collect(),
            initial_loss: run.loaded.spectrum.initial_loss(),
            settings,
            cells,
            curves,
        }
    }

    fn column(&self, of: impl Fn(&Cell) -> f64) -> Vec<f64> {
        self.cells.iter().map(of).collect()
    }

    /// The quantities with their names, as they go into files.
    fn quantities(&self) -> Vec<(&'static str, Vec<f64>)> {
        let mut list = vec![
            (
                "noise_function_at_1",
                self.column(|c| c.noise_function_at_1),
            ),
            ("convergence_radius", self.column(|c| c.convergence_radius)),
            (
                "convergence_radius_complement",
                self.column(|c| c.convergence_radius_complement),
            ),
        ];
        if self.settings.step.is_some() {
            list.push(("log10_loss", self.column(|c| c.log10_loss)));
            list.push(("loss_relative_error", self.column(|c| c.loss_error)));
        }
        list
    }

    fn write(&self, folder: &Path, description: &str) -> Result<Vec<String>, Failure> {
        let s = &self.settings;
        let (width, height) = (s.learning_rates.len(), s.momenta.len());
        let mut files = Vec::new();
        let mut named = |name: String| {
            files.push(name.clone());
            folder.join(name)
        };
        let rates: Vec<f64> = (0..width * height)
            .map(|k| s.learning_rates[k % width])
            .collect();
        let momenta: Vec<f64> = (0..width * height).map(|k| s.momenta[k / width]).collect();
        let quantities = self.quantities();
        let mut columns = vec![
            Column {
                name: "learning_rate",
                values: &rates,
            },
            Column {
                name: "momentum",
                values: &momenta,
            },
        ];
        columns.extend(
            quantities
                .iter()
                .map(|(name, values)| Column { name, values }),
        );
        write_csv(&named("grid.csv".to_owned()), &columns).map_err(Failure::input)?;
        let edges = [
            ("momentum", &s.momenta),
            ("critical_learning_rate", &self.edge),
            ("upper_bound_22", &self.bound),
            ("noiseless_critical_learning_rate", &self.noiseless),
        ];
        let columns = edges.map(|(name, values)| Column { name, values });
        write_csv(&named("edges.csv".to_owned()), &columns).map_err(Failure::input)?;
        for (name, axis) in [
            ("learning_rates", &s.learning_rates),
            ("momenta", &s.momenta),
        ] {
            write_npy(&named(format!("{name}.npy")), &[axis.len()], axis)
                .map_err(Failure::input)?;
        }
        for (name, values) in &quantities {
            write_npy(&named(format!("{name}.npy")), &[height, width], values)
                .map_err(Failure::input)?;
        }
        for (name, figure) in self.figures(description) {
            let stem = folder.join(name);
            figure.save(&stem).map_err(Failure::input)?;
            files.extend([format!("{name}.svg"), format!("{name}.png")]);
        }
        Ok(files)
    }

    fn figures(&self, description: &str) -> Vec<(&'static str, Figure)> {
        let s = &self.settings;
        let log = s.learning_rates[0] > 0.0
            && s.learning_rates[s.learning_rates.len() - 1] > 20.0 * s.learning_rates[0];
        let across = || match log {
            true => Axis::log("learning rate"),
            false => Axis::linear("learning rate"),
        };
        let draw = |title: String, bar: Axis, values: &[f64], undefined: &str| {
            let axes = [across(), Axis::linear("momentum"), bar];
            let map = HeatMap::new(title, axes, &s.learning_rates, &s.momenta, values)
                .with_undefined(undefined);
            Figure::of(self.curves.iter().cloned().fold(map, HeatMap::with))
        };
        let mut figures = vec![
            (
                "noise_function_at_1",
                draw(
                    format!("Noise function U(1): {description}"),
                    Axis::log("U(1)"),
                    &self.column(|c| c.noise_function_at_1),
                    "no meaning",
                ),
            ),
            (
                "convergence_radius",
                draw(
                    format!("Convergence radius: {description}"),
                    Axis::linear("r_L"),
                    &self.column(|c| c.convergence_radius),
                    "undefined",
                ),
            ),
        ];
        if let Some(step) = s.step {
            let values = self.column(|c| c.log10_loss);
            let finite = || values.iter().copied().filter(|v| v.is_finite());
            let low = finite().fold(f64::INFINITY, f64::min);
            let high = finite().fold(f64::NEG_INFINITY, f64::max);
            let start = self.initial_loss.map_or(high, f64::log10);
            // Divergent losses beyond a hundred times the first take the end colour.
            let high = high.min(start + 2.0).max(low + 1e-6);
            let bar = Axis::linear("log10 of the loss").with_range(low.max(high - DECADES), high);
            let title = format!("Loss after {} steps: {description}", short(step as f64));
            figures.push(("log10_loss", draw(title, bar, &values, "infinite")));
        }
        figures
    }

    fn json(&self, run: &Run, word: &str, resumed: usize, files: &[String]) -> Value {
        let s = &self.settings;
        let numbers = |list: &[f64]| -> Value { list.iter().map(|v| json_number(*v)).collect() };
        let mut input = run.json(word);
        if let Value::Object(map) = &mut input {
            // One value each would be a lie here.
            map.remove("learning_rate");
            map.remove("momentum");
        }
        let mut document = json!({
            "learning_rates": s.learning_rates,
            "momenta": s.momenta,
            "step": s.step,
            "critical_learning_rate": numbers(&self.edge),
            "upper_bound_22": numbers(&self.bound),
            "noiseless_critical_learning_rate": numbers(&self.noiseless),
            "rows_resumed": resumed,
            "files": files,
            "input": input,
            "conventions": run.loaded.conventions,
            "meaning_of_null": MEANING,
            "warnings": warnings(run),
        });
        if let Value::Object(map) = &mut document {
            for (name, values) in self.quantities() {
                let rows = values.chunks(s.learning_rates.len()).map(numbers).collect();
                map.insert(name.to_owned(), rows);
            }
        }
        document
    }

    fn words(&self, run: &Run, resumed: usize, folder: &Path, files: &[String]) -> String {
        let s = &self.settings;
        let count = |of: &dyn Fn(&Cell) -> bool| self.cells.iter().filter(|c| of(c)).count();
        let span = |list: &[f64]| {
            format!(
                "{} from {} to {}",
                list.len(),
                short(list[0]),
                short(list[list.len() - 1])
            )
        };
        let row = |name: &str, value: String| vec![name.to_owned(), value];
        let mut rows = vec![
            row("learning rates", span(&s.learning_rates)),
            row("momenta", span(&s.momenta)),
            row(
                "stable cells, U(1) < 1",
                count(&|c| c.noise_function_at_1 < 1.0).to_string(),
            ),
            row(
                "cells at or beyond the noiseless edge",
                count(&|c| c.noise_function_at_1.is_nan()).to_string(),
            ),
            row("rows taken from the journal", resumed.to_string()),
        ];
        if let Some(step) = s.step {
            let worst = self.cells.iter().map(|c| c.loss_error).fold(0.0, f64::max);
            let missing = count(&|c| c.log10_loss.is_nan());
            rows.push(row("losses at step", step.to_string()));
            rows.push(row(
                "largest relative error of a loss, estimated",
                rough(worst),
            ));
            rows.push(row("losses that are undefined", missing.to_string()));
        }
        let mut text = format!(
            "{}\nnoise amplitude {}, tau {}\n\n",
            run.loaded.description,
            short(s.noise_amplitude),
            short(s.tau)
        );
        text.push_str(&table(&["map", "value"], rows));
        text.push_str(&format!("\nWritten to {}\n", folder.display()));
        for file in files {
            text.push_str(&format!("  {file}\n"));
        }
        text.push_str(&format!(
            "\n{MEANING} (NaN in NPY, an empty field in CSV)\n"
        ));
        text.push_str(&warning_lines(&warnings(run)));
        text.push_str(&run.conventions());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_with_both_spacings_and_their_ends_are_exact() {
        let log = log_range("0.01:3:100").unwrap().values();
        assert_eq!((log.len(), log[0], log[99]), (100, 0.01, 3.0));
        assert!((log[1] / log[0] - log[99] / log[98]).abs() < 1e-12);
        let linear = linear_range("-0.9:0.9:4").unwrap().values();
        assert!((linear[1] + 0.3).abs() < 1e-15 && linear[3] == 0.9);
        assert_eq!(log_range("1:2:3:linear").unwrap().values()[1], 1.5);
        assert_eq!(linear_range("0.5:0.5:1").unwrap().values(), [0.5]);
    }

    #[test]
    fn ranges_that_make_no_sense_are_refused_with_what_would_be_right() {
        for text in [
            "1:2",
            "2:1:5",
            "1:2:0",
            "1:2:1",
            "0:1:5",
            "1:2:x",
            "1:2:3:cubic",
            "1:2:1e9",
        ] {
            assert!(log_range(text).is_err(), "{text}");
        }
        let error = log_range("0:1:5").unwrap_err();
        assert!(error.contains("positive"), "{error}");
    }
}
