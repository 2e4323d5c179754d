//! What a figure leaves behind: panels, tables, statements of agreement, and what is missing.

use crate::report::{EmptyFrame, Panel};
use serde_json::{Value, json};

/// When a measured number agrees with a predicted one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// `|measured - predicted| <= tolerance |predicted|`.
    Relative(f64),
    /// `|measured - predicted| <= tolerance`, in the unit of both.
    Absolute(f64),
    /// `measured >= predicted`: shares of cells.
    AtLeast,
    /// `measured <= predicted`: deviations.
    AtMost,
    /// Stated without a verdict.
    Reported,
}

/// A measured number beside a predicted one.
///
/// # What this does not mean
/// The tolerances are those of a figure, at finite steps and on a grid; agreement proves nothing, and
/// disagreement may be the finite time. What a verdict is about stands in `what`.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// What is compared, with its setting.
    pub what: String,
    /// The unit of both numbers.
    pub unit: &'static str,
    /// From the run.
    pub measured: f64,
    /// From the theory, or the threshold.
    pub predicted: f64,
    /// The rule of the verdict.
    pub rule: Rule,
}

impl Agreement {
    /// A comparison.
    pub fn new(
        what: impl Into<String>,
        unit: &'static str,
        [measured, predicted]: [f64; 2],
        rule: Rule,
    ) -> Self {
        Self {
            what: what.into(),
            unit,
            measured,
            predicted,
            rule,
        }
    }

    /// A share of cells, which should be at least `least`.
    pub fn share(what: impl Into<String>, share: f64, least: f64) -> Self {
        Self::new(what, "share", [share, least], Rule::AtLeast)
    }

    /// A number with no verdict.
    pub fn reported(what: impl Into<String>, unit: &'static str, value: f64) -> Self {
        Self::new(what, unit, [value, f64::NAN], Rule::Reported)
    }

    /// The verdict; `None` where the rule has none. NaN never agrees.
    pub fn agrees(&self) -> Option<bool> {
        let distance = (self.measured - self.predicted).abs();
        match self.rule {
            Rule::Relative(tolerance) => Some(distance <= tolerance * self.predicted.abs()),
            Rule::Absolute(tolerance) => Some(distance <= tolerance),
            Rule::AtLeast => Some(self.measured >= self.predicted),
            Rule::AtMost => Some(self.measured <= self.predicted),
            Rule::Reported => None,
        }
    }

    /// The rule in words.
    pub fn rule_text(&self) -> String {
        match self.rule {
            Rule::Relative(t) => format!("within {}%", 100.0 * t),
            Rule::Absolute(t) => format!("within {t}"),
            Rule::AtLeast => "at least".to_owned(),
            Rule::AtMost => "at most".to_owned(),
            Rule::Reported => "reported".to_owned(),
        }
    }

    /// As a JSON object.
    pub fn json(&self) -> Value {
        let number = |v: f64| match v {
            v if v.is_finite() => Value::from(v),
            v if v.is_nan() => Value::Null,
            v if v > 0.0 => Value::from("infinity"),
            _ => Value::from("-infinity"),
        };
        json!({
            "what": self.what,
            "unit": self.unit,
            "measured": number(self.measured),
            "predicted": number(self.predicted),
            "rule": self.rule_text(),
            "agrees": self.agrees(),
        })
    }
}

/// A panel that could not be drawn, and how to get it.
#[derive(Debug, Clone, PartialEq)]
pub struct Absent {
    /// Its title.
    pub panel: String,
    /// Why.
    pub reason: String,
    /// The command that draws it.
    pub command: String,
}

impl Absent {
    /// What is missing, why, and what to type.
    pub fn new(
        panel: impl Into<String>,
        reason: impl Into<String>,
        command: impl Into<String>,
    ) -> Self {
        Self {
            panel: panel.into(),
            reason: reason.into(),
            command: command.into(),
        }
    }
}

/// A table of numbers: one CSV file.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The stem of the file's name.
    pub name: String,
    /// Header (with the unit in brackets where there is one) and values.
    pub columns: Vec<(String, Vec<f64>)>,
}

impl Table {
    /// From rows.
    pub fn of_rows(name: impl Into<String>, header: &[&str], rows: &[Vec<f64>]) -> Self {
        let column = |k: usize| {
            rows.iter()
                .map(move |r| r.get(k).copied().unwrap_or(f64::NAN))
        };
        Self {
            name: name.into(),
            columns: header
                .iter()
                .enumerate()
                .map(|(k, text)| ((*text).to_owned(), column(k).collect()))
                .collect(),
        }
    }
}

/// A whole figure.
pub struct Outcome {
    /// Its title.
    pub title: String,
    /// Panels in a row.
    pub columns: usize,
    /// The panels, row by row.
    pub panels: Vec<Box<dyn Panel>>,
    /// The numbers that the panels show.
    pub tables: Vec<Table>,
    /// What agrees and what does not.
    pub agreements: Vec<Agreement>,
    /// What could not be drawn.
    pub absent: Vec<Absent>,
    /// Settings, definitions, and what was reconstructed.
    pub notes: Vec<String>,
}

impl Outcome {
    /// An empty figure.
    pub fn new(title: impl Into<String>, columns: usize) -> Self {
        Self {
            title: title.into(),
            columns,
            panels: Vec::new(),
            tables: Vec::new(),
            agreements: Vec::new(),
            absent: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a panel.
    pub fn panel(&mut self, panel: impl Panel + 'static) {
        self.panels.push(Box::new(panel));
    }

    /// Adds an empty frame for what is missing, and lists it.
    pub fn missing(&mut self, absent: Absent) {
        self.panel(EmptyFrame::new(
            absent.panel.clone(),
            format!(
                "Not reproduced: {}. To draw it:\n{}",
                absent.reason, absent.command
            ),
        ));
        self.absent.push(absent);
    }

    /// Adds a sentence.
    pub fn note(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_follows_its_rule_and_nan_never_agrees() {
        let case = |measured, predicted, rule| {
            Agreement::new("x", "", [measured, predicted], rule).agrees()
        };
        assert_eq!(case(1.04, 1.0, Rule::Relative(0.05)), Some(true));
        assert_eq!(case(-1.06, -1.0, Rule::Relative(0.05)), Some(false));
        assert_eq!(case(0.4, 0.5, Rule::Absolute(0.2)), Some(true));
        assert_eq!(case(0.94, 0.95, Rule::AtLeast), Some(false));
        assert_eq!(case(0.94, 0.95, Rule::AtMost), Some(true));
        assert_eq!(case(1.0, 1.0, Rule::Reported), None);
        for rule in [
            Rule::Relative(1.0),
            Rule::Absolute(1.0),
            Rule::AtLeast,
            Rule::AtMost,
        ] {
            assert_eq!(case(f64::NAN, 1.0, rule), Some(false));
        }
    }

    #[test]
    fn what_is_missing_is_listed_and_keeps_its_place_among_the_panels() {
        let mut outcome = Outcome::new("t", 2);
        outcome.missing(Absent::new("(a)", "no data", "tauber figure 9"));
        assert_eq!((outcome.panels.len(), outcome.absent.len()), (1, 1));
    }
}
