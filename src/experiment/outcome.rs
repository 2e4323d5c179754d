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

/// A wrong theory, and the two numbers of the same comparison made with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rival {
    /// What is wrong with it.
    pub what: String,
    /// In place of the measured number.
    pub measured: f64,
    /// In place of the predicted one.
    pub predicted: f64,
}

/// What a comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The rule holds, and it does not hold for any of the wrong theories beside.
    Agrees,
    /// The rule does not hold.
    Disagrees,
    /// The rule holds, but also for a wrong theory, or none was tried: it says nothing.
    NoPower,
    /// Stated without a rule.
    Reported,
}

impl Verdict {
    /// For tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Disagrees => "DOES NOT AGREE",
            Self::NoPower => "no power",
            Self::Reported => "-",
        }
    }
}

/// A measured number beside a predicted one.
///
/// An agreement counts only where the same rule rejects a wrong theory ([`Rival`]): the noise halved, a
/// constant left out, another exponent. Each run makes that test anew, on its own data and grid.
///
/// # What this does not mean
/// The tolerances are those of a figure, at finite steps and on a grid; agreement proves nothing, and
/// disagreement may be the finite time. What a verdict is about stands in `what`. Theories nearer to the
/// right one than the rivals are may pass as well.
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
    /// Wrong theories that the rule should reject.
    pub rivals: Vec<Rival>,
}

impl Agreement {
    /// A comparison; without a rival ([`Self::against`]) its rule can fail but not agree.
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
            rivals: Vec::new(),
        }
    }

    /// A share of cells, which should be at least `least`.
    pub fn share(what: impl Into<String>, share: f64, least: f64) -> Self {
        Self::new(what, "share", [share, least], Rule::AtLeast)
    }

    /// A number without a prediction.
    pub fn reported(what: impl Into<String>, unit: &'static str, value: f64) -> Self {
        Self::new(what, unit, [value, f64::NAN], Rule::Reported)
    }

    /// The same beside a wrong theory: `[measured, predicted]` of the same comparison with it.
    #[must_use]
    pub fn against(mut self, what: impl Into<String>, [measured, predicted]: [f64; 2]) -> Self {
        self.rivals.push(Rival {
            what: what.into(),
            measured,
            predicted,
        });
        self
    }

    /// The same beside a wrong theory that gives another measured number (a share, a ratio).
    #[must_use]
    pub fn against_measured(self, what: impl Into<String>, measured: f64) -> Self {
        let predicted = self.predicted;
        self.against(what, [measured, predicted])
    }

    /// The same beside a wrong theory that predicts another number.
    #[must_use]
    pub fn against_predicted(self, what: impl Into<String>, predicted: f64) -> Self {
        let measured = self.measured;
        self.against(what, [measured, predicted])
    }

    /// Whether the rule holds of two numbers; never of NaN. `None` without a rule.
    fn holds(&self, measured: f64, predicted: f64) -> Option<bool> {
        let distance = (measured - predicted).abs();
        match self.rule {
            Rule::Relative(tolerance) => Some(distance <= tolerance * predicted.abs()),
            Rule::Absolute(tolerance) => Some(distance <= tolerance),
            Rule::AtLeast => Some(measured >= predicted),
            Rule::AtMost => Some(measured <= predicted),
            Rule::Reported => None,
        }
    }

    /// Whether the rule rejects a wrong theory. A NaN rejects nothing.
    pub fn rejects(&self, rival: &Rival) -> bool {
        let known = !rival.measured.is_nan() && !rival.predicted.is_nan();
        known && self.holds(rival.measured, rival.predicted) == Some(false)
    }

    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        match self.holds(self.measured, self.predicted) {
            None => Verdict::Reported,
            Some(false) => Verdict::Disagrees,
            Some(true)
                if !self.rivals.is_empty() && self.rivals.iter().all(|r| self.rejects(r)) =>
            {
                Verdict::Agrees
            }
            Some(true) => Verdict::NoPower,
        }
    }

    /// The verdict as yes or no; `None` where it says neither.
    pub fn agrees(&self) -> Option<bool> {
        match self.verdict() {
            Verdict::Agrees => Some(true),
            Verdict::Disagrees => Some(false),
            Verdict::NoPower | Verdict::Reported => None,
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
        let rivals: Vec<Value> = self
            .rivals
            .iter()
            .map(|r| {
                json!({
                    "what": r.what,
                    "measured": number(r.measured),
                    "predicted": number(r.predicted),
                    "rejected": self.rejects(r),
                })
            })
            .collect();
        json!({
            "what": self.what,
            "unit": self.unit,
            "measured": number(self.measured),
            "predicted": number(self.predicted),
            "rule": self.rule_text(),
            "agrees": self.agrees(),
            "verdict": match self.verdict() {
                Verdict::Agrees => "agrees",
                Verdict::Disagrees => "does not agree",
                Verdict::NoPower => "no power",
                Verdict::Reported => "reported",
            },
            "wrong_theories": rivals,
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
            Agreement::new("x", "", [measured, predicted], rule).holds(measured, predicted)
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
    fn a_rule_that_a_wrong_theory_passes_as_well_has_no_power() {
        let ratio = || Agreement::new("edge", "ratio", [1.02, 1.0], Rule::Relative(0.05));
        assert_eq!(ratio().verdict(), Verdict::NoPower);
        let told = ratio().against_measured("noise halved", 0.6);
        assert_eq!(
            (told.verdict(), told.agrees()),
            (Verdict::Agrees, Some(true))
        );
        assert_eq!(told.json()["wrong_theories"][0]["rejected"], true);
        let near = told.clone().against_measured("without noise", 0.97);
        assert_eq!((near.verdict(), near.agrees()), (Verdict::NoPower, None));
        assert_eq!(near.json()["verdict"], "no power");
        // A wrong theory without a number rejects nothing and is not rejected.
        let unknown = told.against_measured("not computed", f64::NAN);
        assert_eq!(unknown.verdict(), Verdict::NoPower);
        let wrong = Agreement::new("edge", "ratio", [1.2, 1.0], Rule::Relative(0.05));
        assert_eq!(
            wrong.against_measured("noise halved", 0.6).agrees(),
            Some(false)
        );
    }

    #[test]
    fn what_is_missing_is_listed_and_keeps_its_place_among_the_panels() {
        let mut outcome = Outcome::new("t", 2);
        outcome.missing(Absent::new("(a)", "no data", "tauber figure 9"));
        assert_eq!((outcome.panels.len(), outcome.absent.len()), (1, 1));
    }
}
