//! A finished map: its files, its figures, its document and its words.

use super::super::Failure;
use super::super::arguments::{Run, warning_lines};
use super::super::output::{json_number, rough, short, table};
use super::warnings;
use crate::report::{Axis, Column, Dash, Figure, HeatMap, Rgb, Series, write_csv, write_npy};
use crate::stability::checked::{self, critical_regularization, upper_bound_22};
use crate::stability::grid::{Cell, Grid, GridSettings, critical_learning_rates};
use serde_json::{Value, json};
use std::path::Path;

/// Points of the curves over the maps.
const CURVE_POINTS: usize = 201;
/// Decades of loss that the colours show.
const DECADES: f64 = 12.0;

const MEANING: &str = "null: U(1) has no meaning at and beyond the noiseless edge; a loss is null where one step makes it infinite or no method reaches the step";

/// A finished map with the edges beside it.
pub(super) struct Map {
    settings: GridSettings,
    cells: Vec<Cell>,
    edge: Vec<f64>,
    noiseless: Vec<f64>,
    bound: Vec<f64>,
    curves: Vec<Series>,
    initial_loss: Option<f64>,
}

impl Map {
    pub(super) fn of(grid: &Grid, run: &Run, cells: Vec<Cell>) -> Self {
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

    pub(super) fn write(&self, folder: &Path, description: &str) -> Result<Vec<String>, Failure> {
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

    pub(super) fn json(&self, run: &Run, word: &str, resumed: usize, files: &[String]) -> Value {
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

    pub(super) fn words(
        &self,
        run: &Run,
        resumed: usize,
        folder: &Path,
        files: &[String],
    ) -> String {
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
