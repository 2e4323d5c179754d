//! The document and the words of an answer.

use super::super::arguments::Noise;
use super::super::output::{json_number, rough, short, table};
use super::Arguments;
use crate::asymptotics::{Phase, TailLaw};
use crate::optimize::{MomentumAdvice, Optimum, OptimumReport};
use serde_json::{Value, json};

/// The best point with what stands beside it.
pub(super) struct Answer {
    pub(super) steps: Option<u64>,
    pub(super) batch_size: Option<u64>,
    pub(super) tried: Option<Vec<(u64, f64)>>,
    pub(super) report: OptimumReport,
    pub(super) tail: Option<TailLaw>,
    pub(super) advice: Option<MomentumAdvice>,
    pub(super) scaling_end: Option<f64>,
    /// t_trans of (29) at the best point.
    pub(super) transition_time: Option<f64>,
    /// Relative error of the nodes that stand for an infinite law.
    pub(super) quadrature_error: f64,
}

impl Answer {
    fn point(&self, point: &Optimum) -> Value {
        let value = point.value();
        let finite = value.is_normal() || value == 0.0;
        json!({
            "learning_rate": json_number(point.learning_rate),
            "momentum": json_number(point.momentum),
            "effective_learning_rate": json_number(point.learning_rate / (1.0 - point.momentum)),
            "share_of_edge": json_number(point.share_of_edge),
            self.value_name(): if finite { json_number(value) } else { Value::Null },
            "log10_value": json_number(point.log10_value),
            "relative_error": self.relative_error(point).map(json_number),
            "price": json_number(self.report.price(point)),
        })
    }

    /// Whether the smallest loss is 0 within rounding.
    pub(super) fn vanishes(&self) -> bool {
        self.report.best.log10_value == f64::NEG_INFINITY
    }

    /// Estimated relative error of the value, that of the spectrum's nodes included; none for a constant and where the
    /// value is 0.
    fn relative_error(&self, point: &Optimum) -> Option<f64> {
        let error = point.relative_error? + self.quadrature_error;
        (point.log10_value > f64::NEG_INFINITY).then_some(error)
    }

    fn value_name(&self) -> &'static str {
        if self.tail.is_some() {
            "loss_constant"
        } else {
            "loss"
        }
    }

    pub(super) fn document(
        &self,
        arguments: &Arguments,
        noise: &Noise,
        (lo, hi): (f64, f64),
        warnings: &[String],
    ) -> Value {
        let report = &self.report;
        json!({
            "goal": match (arguments.budget, self.tail) {
                (Some(_), _) => "budget",
                (None, Some(_)) => "asymptotic",
                (None, None) => "step",
            },
            "steps": self.steps,
            "best": self.point(&report.best),
            "second_best": report.second.as_ref().map(|point| self.point(point)),
            "momentum_0_9": self.point(&report.usual),
            "momentum_0": self.point(&report.plain),
            "batch_size": self.batch_size,
            "momentum_on_boundary": report.momentum_on_boundary,
            "learning_rate_on_boundary": report.learning_rate_on_boundary,
            "compression_error": json_number(report.compression_error),
            "quadrature_error": json_number(self.quadrature_error),
            "evaluations": report.evaluations,
            "batch_sizes_tried": self.tried.as_ref().map(|tried| {
                tried
                    .iter()
                    .map(|(batch, value)| json!({"batch_size": batch, "log10_loss": json_number(*value)}))
                    .collect::<Vec<_>>()
            }),
            "phase": self.tail.map(|tail| tail.phase().name()),
            "sign_of_best_momentum": self.advice.map(|advice| json!({
                "learning_rate": json_number(advice.learning_rate),
                "derivative": json_number(advice.derivative),
                "characteristic": advice.characteristic.map(json_number),
            })),
            "linear_scaling_end": self.scaling_end.map(json_number),
            "transition_time": self.transition_time.map(json_number),
            "input": {
                "spectrum": arguments.spectrum.word(),
                "description": noise.loaded.description,
                "dataset_size": noise.dataset_size,
                "noise_amplitude": noise.amplitude.map(json_number),
                "tau": noise.tau,
                "momentum_range": [lo, hi],
                "budget": arguments.budget,
            },
            "conventions": noise.loaded.conventions,
            "warnings": warnings,
        })
    }

    pub(super) fn words(&self) -> String {
        let report = &self.report;
        let named = [
            ("best", Some(&report.best)),
            ("second-best minimum", report.second.as_ref()),
            ("momentum 0.9", Some(&report.usual)),
            ("momentum 0", Some(&report.plain)),
        ];
        let rows = named
            .into_iter()
            .filter_map(|(name, point)| Some((name, point?)))
            .map(|(name, point)| {
                vec![
                    name.to_owned(),
                    short(point.learning_rate),
                    short(point.momentum),
                    format!("{} %", rough(100.0 * point.share_of_edge)),
                    of_log10(point.log10_value),
                    short(report.price(point)),
                ]
            })
            .collect();
        let value = if self.tail.is_some() {
            "constant"
        } else {
            "loss"
        };
        let mut text = String::new();
        match (self.steps, self.batch_size) {
            (Some(steps), Some(batch)) => text.push_str(&format!(
                "Smallest loss at step {steps} with batches of {batch}\n\n"
            )),
            (Some(steps), None) => text.push_str(&format!("Smallest loss at step {steps}\n\n")),
            (None, _) => text.push_str("Smallest constant C of L_t ~ C t^-xi\n\n"),
        }
        text.push_str(&table(
            &[
                "",
                "learning rate",
                "momentum",
                "of the edge",
                value,
                "times the best",
            ],
            rows,
        ));
        if self.vanishes() {
            text.push_str("\nThe smallest loss is 0 within rounding.\n");
        } else if let Some(error) = self.relative_error(&report.best) {
            let parts: Vec<String> = [
                ("the compressed spectrum", report.compression_error),
                ("the nodes of the law", self.quadrature_error),
            ]
            .into_iter()
            .filter(|(_, part)| *part > 0.0)
            .map(|(name, part)| format!("{} from {name}", rough(part)))
            .collect();
            text.push_str(&format!(
                "\nEstimated relative error of the smallest loss: {}{}\n",
                rough(error),
                if parts.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", parts.join(", "))
                }
            ));
        }
        if let Some(advice) = &self.advice {
            let word = if advice.derivative < 0.0 {
                "positive"
            } else {
                "negative"
            };
            text.push_str(&format!(
                "\nAt momentum 0 the best learning rate is {}; there d ln L/d momentum is {}: {word} momentum helps",
                short(advice.learning_rate),
                short(advice.derivative)
            ));
            text.push_str(match advice.phase {
                Phase::SignalDominated => " (signal-dominated: it always does).\n",
                _ if advice.characteristic.is_some() => {
                    " (noise-dominated: the sign of E, (30)).\n"
                }
                _ => " (noise-dominated).\n",
            });
        }
        if let Some(time) = self.transition_time {
            text.push_str(&format!(
                "The constant counts well after step {} (29): until then the signal term is the larger one at the best point, and another momentum may be better (--at T).\n",
                short(time)
            ));
        }
        if let Some(end) = self.scaling_end {
            text.push_str(&format!(
                "Doubling the batch halves the steps up to batches of about {} (10 % lost there at the largest momentum).\n",
                short(end)
            ));
        }
        if let Some(tried) = &self.tried {
            text.push('\n');
            let rows = tried
                .iter()
                .map(|(batch, value)| vec![batch.to_string(), of_log10(*value)])
                .collect();
            text.push_str(&table(&["batch size", "best loss"], rows));
        }
        text
    }
}

/// A value given by its logarithm: as it is, or as a power of ten outside the range of `f64`.
fn of_log10(log10: f64) -> String {
    let value = 10f64.powf(log10);
    if value.is_normal() || log10 == f64::NEG_INFINITY {
        short(value)
    } else {
        format!("10^{log10:.6}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_as_it_is_where_f64_has_it() {
        for (log10, text) in [
            (-6.5, "3.16228e-7"),
            (0.0, "1"),
            (f64::NEG_INFINITY, "0"),
            (-1000.25, "10^-1000.250000"),
            (400.0, "10^400.000000"),
        ] {
            assert_eq!(of_log10(log10), text);
        }
    }
}
