//! A map: cells coloured by a value, curves over them, a colour bar to the right.

use super::axis::{Axis, Scale};
use super::canvas::{Canvas, Entry, Map};
use super::figure::Panel;
use super::line::{Dash, Series};
use super::palette::{Rgb, colour_of, shade, shade_signed};
use super::segments::Area;

/// Colours of the curves over a map, which must stand out from dark blue and yellow alike.
const OVER: [Rgb; 4] = [
    Rgb(255, 255, 255),
    Rgb(213, 94, 0),
    Rgb(0, 0, 0),
    Rgb(230, 60, 200),
];
/// Steps of the colour bar.
const STEPS: usize = 64;

/// Values over a grid of x and y.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    title: String,
    x: Axis,
    y: Axis,
    bar: Axis,
    xs: Vec<f64>,
    ys: Vec<f64>,
    values: Vec<f64>,
    curves: Vec<Series>,
    undefined: String,
    undefined_colour: Rgb,
    signed: bool,
}

impl HeatMap {
    /// `values[j * xs.len() + i]` at `(xs[i], ys[j])`; `bar` is the axis of the colours. Cells reach
    /// half way to their neighbours (in units of the axes).
    ///
    /// Missing values are drawn as NaN; values beyond the range of `bar` take its end colours.
    pub fn new(
        title: impl Into<String>,
        [x, y, bar]: [Axis; 3],
        xs: &[f64],
        ys: &[f64],
        values: &[f64],
    ) -> Self {
        Self {
            title: title.into(),
            x,
            y,
            bar,
            xs: xs.to_vec(),
            ys: ys.to_vec(),
            values: values.to_vec(),
            curves: Vec::new(),
            undefined: "undefined".to_owned(),
            undefined_colour: shade(f64::NAN),
            signed: false,
        }
    }

    /// The same with a curve drawn over it.
    #[must_use]
    pub fn with(mut self, curve: Series) -> Self {
        self.curves.push(curve);
        self
    }

    /// The same with another word for white (NaN) cells in the legend.
    #[must_use]
    pub fn with_undefined(mut self, word: impl Into<String>) -> Self {
        self.undefined = word.into();
        self
    }
}

impl HeatMap {
    /// The same with another colour for missing cells.
    #[must_use]
    pub const fn with_undefined_colour(mut self, colour: Rgb) -> Self {
        self.undefined_colour = colour;
        self
    }

    /// The same in the colours of signs: blue below the middle of the bar, orange above. The bar's
    /// range should be symmetric about zero.
    #[must_use]
    pub const fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    fn colour(&self, share: f64) -> Rgb {
        if share.is_nan() {
            self.undefined_colour
        } else if self.signed {
            shade_signed(share)
        } else {
            shade(share)
        }
    }
}

/// The borders of cells around sorted or unsorted centres, in units of the axis.
fn borders(axis: &Axis, centres: &[f64]) -> Vec<f64> {
    let places: Vec<f64> = centres
        .iter()
        .map(|c| axis.place(*c).unwrap_or(f64::NAN))
        .collect();
    match places[..] {
        [] => vec![0.0, 1.0],
        [one] => vec![one - 0.5, one + 0.5],
        _ => {
            let n = places.len();
            let mut borders = vec![1.5 * places[0] - 0.5 * places[1]];
            borders.extend(places.windows(2).map(|w| 0.5 * (w[0] + w[1])));
            borders.push(1.5 * places[n - 1] - 0.5 * places[n - 2]);
            borders
        }
    }
}

impl Panel for HeatMap {
    fn draw(&self, canvas: &mut Canvas, area: Area) {
        let inner = area.inset(82.0, 38.0, 190.0, 56.0);
        let (across, down) = (borders(&self.x, &self.xs), borders(&self.y, &self.ys));
        let ends = |list: &[f64]| {
            list.iter()
                .filter(|v| v.is_finite())
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
                    (l.min(*v), h.max(*v))
                })
        };
        let map = Map {
            area: inner,
            x: &self.x,
            y: &self.y,
            xs: ends(&across),
            ys: ends(&down),
        };
        let span = self.bar.span(self.values.iter().copied(), 0.0);
        let share = |value: f64| {
            if value == f64::INFINITY {
                return 1.0;
            }
            if value == 0.0 && self.bar.scale == Scale::Log {
                return 0.0;
            }
            self.bar
                .place(value)
                .map_or(f64::NAN, |v| (v - span.0) / (span.1 - span.0))
        };
        canvas.title(area, inner.y, &self.title);
        let (mut cells, mut fills) = (Vec::new(), Vec::new());
        let mut holes = false;
        for (row, y) in down.windows(2).enumerate().take(self.ys.len()) {
            for (column, x) in across.windows(2).enumerate().take(self.xs.len()) {
                let index = row * self.xs.len() + column;
                let share = share(self.values.get(index).copied().unwrap_or(f64::NAN));
                holes |= share.is_nan();
                let (left, right) = (map.across(x[0].min(x[1])), map.across(x[0].max(x[1])));
                let (top, bottom) = (map.down(y[0].max(y[1])), map.down(y[0].min(y[1])));
                // A hair wider, so that no white seam shows between cells.
                let width = (right - left + 0.4).min(inner.x + inner.width - left);
                let height = (bottom - top + 0.4).min(inner.y + inner.height - top);
                cells.push(Area::new(left, top, width, height));
                fills.push(self.colour(share));
            }
        }
        canvas.cells(&cells, &fills);
        canvas.axes(&map, false);
        let mut entries = Vec::new();
        for (k, curve) in self.curves.iter().enumerate() {
            let own = curve.colour.unwrap_or(OVER[k % OVER.len()]);
            // A dark shadow keeps light solid curves visible where the map is light.
            if own != colour_of(0) && curve.dash == Dash::Solid {
                let shadow = curve.clone().with_width(curve.width + 2.0);
                shadow.draw(canvas, &map, colour_of(0));
            }
            curve.draw(canvas, &map, own);
            let on_paper = if own == Rgb(255, 255, 255) {
                Rgb(120, 120, 120)
            } else {
                own
            };
            entries.extend(curve.entry(on_paper).map(|mut entry| {
                if own == Rgb(255, 255, 255) {
                    entry.text.push_str(", white");
                }
                entry
            }));
        }
        canvas.frame(inner);
        if holes {
            entries.push(Entry {
                text: self.undefined.clone(),
                stroke: None,
                dot: None,
                ring: None,
                patch: Some(self.undefined_colour),
            });
        }
        self.colour_bar(canvas, inner, span);
        let y = inner.y + inner.height - 19.0 * (entries.len() as f64 - 1.0);
        canvas.legend(inner.x + inner.width + 16.0, y, &entries);
    }
}

impl HeatMap {
    fn colour_bar(&self, canvas: &mut Canvas, inner: Area, span: (f64, f64)) {
        let rows = self.curves.len() as f64 + 1.0;
        let height = (inner.height - 19.0 * rows - 14.0).max(60.0);
        let bar = Area::new(inner.x + inner.width + 84.0, inner.y, 18.0, height);
        let step = height / STEPS as f64;
        let cells: Vec<Area> = (0..STEPS)
            .map(|k| Area::new(bar.x, bar.y + step * k as f64, bar.width, step + 0.3))
            .collect();
        let fills: Vec<Rgb> = (0..STEPS)
            .map(|k| self.colour(1.0 - (k as f64 + 0.5) / STEPS as f64))
            .collect();
        canvas.cells(&cells, &fills);
        let across = Axis::linear("");
        let map = Map {
            area: bar,
            x: &across,
            y: &self.bar,
            xs: (0.0, 1.0),
            ys: span,
        };
        canvas.left_axis(&map, false);
        canvas.frame(bar);
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::Figure;
    use super::*;

    fn map(values: &[f64]) -> String {
        let axes = [
            Axis::log("learning rate"),
            Axis::linear("momentum"),
            Axis::log("U(1)"),
        ];
        let heat = HeatMap::new("map", axes, &[0.1, 1.0, 10.0], &[-0.5, 0.5], values)
            .with(Series::line("edge", [(0.1, -0.5), (10.0, 0.5)]))
            .with_undefined("beyond the edge");
        Figure::of(heat).svg()
    }

    #[test]
    fn a_map_names_its_white_cells_only_if_it_has_some() {
        let full = map(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert!(full.contains("edge") && full.contains("U(1)") && !full.contains("beyond"));
        assert!(!full.contains("NaN"));
        let holes = map(&[1.0, 2.0, f64::NAN, 4.0, 5.0, 6.0]);
        assert!(holes.contains("beyond the edge") && !holes.contains("NaN"));
        assert_ne!(full, holes);
    }

    #[test]
    fn cells_meet_half_way_between_their_centres() {
        assert_eq!(
            borders(&Axis::linear(""), &[0.0, 2.0, 3.0]),
            [-1.0, 1.0, 2.5, 3.5]
        );
        assert_eq!(borders(&Axis::log(""), &[1.0, 100.0]), [-1.0, 1.0, 3.0]);
    }
}
