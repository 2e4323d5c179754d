//! Axes: a label, a scale, a range, and ticks at numbers that people like.
//!
//! A logarithmic axis has its ticks at powers of ten, written 10⁻³; if it spans less than a decade
//! and a half, or holds one power only, it has them at 1, 2 and 5 times powers of ten, written as decimals.

/// How values are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// Powers of ten at equal distances; only positive values have a place.
    Log,
}

/// A label, a scale and, if wanted, a fixed range.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    pub(super) label: String,
    pub(super) scale: Scale,
    pub(super) range: Option<(f64, f64)>,
}

impl Axis {
    /// A linear axis.
    pub fn linear(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            scale: Scale::Linear,
            range: None,
        }
    }

    /// A logarithmic axis; points that are not positive are left out.
    pub fn log(label: impl Into<String>) -> Self {
        Self {
            scale: Scale::Log,
            ..Self::linear(label)
        }
    }

    /// The same with fixed ends (in either order); ends that have no place on the axis are ignored.
    #[must_use]
    pub fn with_range(mut self, low: f64, high: f64) -> Self {
        let (low, high) = (low.min(high), low.max(high));
        let placed = low.is_finite() && high.is_finite() && low < high;
        if placed && (self.scale == Scale::Linear || low > 0.0) {
            self.range = Some((low, high));
        }
        self
    }

    /// Where a value lies, in units of the axis: itself or log10; `None` if it has no place.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        match self.scale {
            Scale::Linear => value.is_finite().then_some(value),
            Scale::Log => (value > 0.0 && value.is_finite()).then(|| value.log10()),
        }
    }

    /// The range in units of the axis: the fixed one, or that of the values with a margin.
    pub(super) fn span(&self, values: impl Iterator<Item = f64>, margin: f64) -> (f64, f64) {
        if let Some((low, high)) = self.range
            && let (Some(low), Some(high)) = (self.place(low), self.place(high))
        {
            return (low, high);
        }
        let (low, high) = values
            .filter_map(|v| self.place(v))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
                (l.min(v), h.max(v))
            });
        if low > high {
            return (0.0, 1.0);
        }
        let width = high - low;
        let extra = if width > 0.0 {
            margin * width
        } else {
            0.5 * low
                .abs()
                .max(if self.scale == Scale::Log { 1.0 } else { 1e-3 })
        };
        (low - extra, high + extra)
    }

    /// Ticks (position in units of the axis, text) inside the span, and positions of small ticks.
    pub(super) fn ticks(&self, span: (f64, f64), most: usize) -> (Vec<(f64, String)>, Vec<f64>) {
        match self.scale {
            Scale::Linear => (linear_ticks(span, most), Vec::new()),
            Scale::Log => log_ticks(span, most),
        }
    }
}

/// `10⁻³` for -3; 1 and 10 are written plainly.
pub fn power_label(exponent: i64) -> String {
    match exponent {
        0 => "1".to_owned(),
        1 => "10".to_owned(),
        _ => {
            let digits = exponent.to_string();
            let raised = digits.chars().map(|c| match c {
                '-' => '⁻',
                '1' => '¹',
                '2' => '²',
                '3' => '³',
                '4' => '⁴',
                '5' => '⁵',
                '6' => '⁶',
                '7' => '⁷',
                '8' => '⁸',
                '9' => '⁹',
                _ => '⁰',
            });
            "10".chars().chain(raised).collect()
        }
    }
}

/// 1, 2 or 5 times a power of ten, so that at most `most` steps fit.
fn nice_step(width: f64, most: usize) -> f64 {
    let raw = width / most.max(1) as f64;
    let power = 10f64.powf(raw.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|f| f * power >= raw * (1.0 - 1e-9))
        .unwrap_or(10.0);
    factor * power
}

fn linear_ticks((low, high): (f64, f64), most: usize) -> Vec<(f64, String)> {
    let step = nice_step(high - low, most);
    if !(step > 0.0 && step.is_finite()) {
        return Vec::new();
    }
    let slack = 1e-9 * step;
    let first = ((low - slack) / step).ceil();
    let count = (((high + slack) / step).floor() - first).clamp(-1.0, 1000.0) as i64;
    (0..=count)
        .map(|k| {
            let value = (first + k as f64) * step;
            (value, decimal(value, step))
        })
        .collect()
}

/// A tick's number with as many decimals as its step has; scientific when far from 1.
fn decimal(value: f64, step: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = value.abs().max(step);
    if !(1e-4..1e6).contains(&size) {
        let exponent = value.abs().log10().floor();
        let mantissa = value / 10f64.powf(exponent);
        let text = format!("{mantissa:.2}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        return format!("{text}·{}", power_label(exponent as i64));
    }
    let decimals = (-(step * (1.0 + 1e-9)).log10().floor()).max(0.0) as usize;
    format!("{value:.decimals$}").replace('-', "−")
}

fn log_ticks((low, high): (f64, f64), most: usize) -> (Vec<(f64, String)>, Vec<f64>) {
    let slack = 1e-9 * (high - low).max(1e-9);
    let decades = high - low;
    let (first, last) = ((low - slack).floor() as i64, (high + slack).ceil() as i64);
    let inside = |x: f64| x >= low - slack && x <= high + slack;
    let steps = |factors: &'static [i32]| {
        (first..=last).flat_map(move |e| {
            factors
                .iter()
                .map(move |&f| (e as f64 + f64::from(f).log10(), f, e))
        })
    };
    if decades < 0.3 {
        // Less than a factor of two: linear ticks in the value.
        let (a, b) = (10f64.powf(low), 10f64.powf(high));
        let ticks = linear_ticks((a, b), most)
            .into_iter()
            .filter(|(v, _)| *v > 0.0)
            .map(|(v, text)| (v.log10(), text))
            .collect();
        return (ticks, Vec::new());
    }
    let powers = (first..=last).filter(|e| inside(*e as f64)).count();
    if decades < 1.5 || powers < 2 {
        // 1, 2, 5 if that gives three numbers or more, else every digit but 7 and 9.
        let enough = steps(&[1, 2, 5]).filter(|(x, ..)| inside(*x)).count() >= 3;
        let digits: &'static [i32] = if enough {
            &[1, 2, 5]
        } else {
            &[1, 2, 3, 4, 5, 6, 8]
        };
        let ticks = steps(digits)
            .filter(|(x, ..)| inside(*x))
            .map(|(x, f, e)| {
                let value = f64::from(f) * 10f64.powi(e as i32);
                (x, decimal(value, 10f64.powi(e as i32)))
            })
            .collect();
        let small = steps(&[3, 4, 6, 7, 8, 9])
            .map(|(x, ..)| x)
            .filter(|x| inside(*x))
            .collect();
        return (ticks, small);
    }
    // Whole powers, thinned so that at most `most` are written.
    let every = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000]
        .into_iter()
        .find(|e| decades / *e as f64 <= most as f64)
        .unwrap_or(((decades / most.max(1) as f64).ceil() as i64).max(1));
    let ticks = (first..=last)
        .filter(|e| e.rem_euclid(every) == 0 && inside(*e as f64))
        .map(|e| (e as f64, power_label(e)))
        .collect();
    let small = if every > 1 {
        let count = last.saturating_sub(first);
        (first..=last)
            .filter(|e| count <= 60 && inside(*e as f64))
            .map(|e| e as f64)
            .collect()
    } else {
        steps(&[2, 3, 4, 5, 6, 7, 8, 9])
            .map(|(x, ..)| x)
            .filter(|x| inside(*x))
            .collect()
    };
    (ticks, small)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis, span: (f64, f64)) -> Vec<String> {
        axis.ticks(span, 6).0.into_iter().map(|t| t.1).collect()
    }

    #[test]
    fn powers_are_raised_and_not_written_with_an_e() {
        assert_eq!(power_label(-3), "10⁻³");
        assert_eq!(power_label(12), "10¹²");
        assert_eq!((power_label(0), power_label(1)), ("1".into(), "10".into()));
        let log = Axis::log("t");
        assert_eq!(texts(&log, (-3.0, 0.0)), ["10⁻³", "10⁻²", "10⁻¹", "1"]);
        assert_eq!(
            texts(&log, (0.0, 12.0)),
            ["1", "10²", "10⁴", "10⁶", "10⁸", "10¹⁰", "10¹²"]
        );
        assert!(texts(&log, (-2e7, 0.0)).len() <= 8);
    }

    #[test]
    fn linear_ticks_are_round_and_few() {
        let axis = Axis::linear("b");
        assert_eq!(texts(&axis, (-0.9, 0.9)), ["−0.5", "0", "0.5"]);
        assert_eq!(
            texts(&axis, (0.0, 3.0)),
            ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0"].map(|t| if t == "0.0" {
                "0"
            } else {
                t
            })
        );
        assert_eq!(texts(&axis, (0.0, 3e-7)).last().unwrap(), "3·10⁻⁷");
        for span in [(0.0, 1e-300), (1.0, 1.0 + 1e-12), (-1e300, 1e300)] {
            let n = texts(&axis, span).len();
            assert!(n <= 8, "{span:?}: {n}");
        }
    }

    #[test]
    fn short_logarithmic_axes_have_ticks_too() {
        let log = Axis::log("t");
        assert_eq!(texts(&log, (0.0, 1.0)), ["1", "2", "5", "10"]);
        assert!(texts(&log, (0.0, 0.1)).len() >= 2);
        // 0.11 to 0.35 has only 0.2 among 1, 2, 5.
        assert_eq!(texts(&log, (-0.96, -0.45)), ["0.2", "0.3"]);
        // 0.02 to 0.9: one power of ten is no scale.
        assert_eq!(
            texts(&log, (-1.7, -0.05)),
            ["0.02", "0.05", "0.1", "0.2", "0.5"]
        );
        assert_eq!(texts(&log, (-2.0, 0.0)), ["10⁻²", "10⁻¹", "1"]);
    }

    #[test]
    fn ranges_that_have_no_place_are_ignored_and_values_too() {
        let log = Axis::log("t").with_range(-1.0, 1.0);
        assert_eq!(log.range, None);
        assert_eq!(log.place(0.0), None);
        assert_eq!(log.span([f64::NAN, -1.0].into_iter(), 0.0), (0.0, 1.0));
        assert_eq!(
            Axis::log("t")
                .with_range(100.0, 1.0)
                .span([].into_iter(), 0.1),
            (0.0, 2.0)
        );
    }
}
