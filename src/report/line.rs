//! Curves and points over two axes, with the legend to the right of the data.

use super::axis::Axis;
use super::canvas::{Canvas, Entry, Map, Stroke, TEXT, text_width};
use super::figure::Panel;
use super::palette::{Rgb, colour_of};
use super::segments::Area;

/// How a line is dashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    Solid,
    /// Dashed.
    Dashed,
    /// Dotted.
    Dotted,
}

impl Dash {
    /// Pixels drawn and left out.
    pub(super) const fn pattern(self) -> Option<[f64; 2]> {
        match self {
            Self::Solid => None,
            Self::Dashed => Some([7.0, 4.0]),
            Self::Dotted => Some([2.0, 3.0]),
        }
    }
}

/// One curve or cloud of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub(super) label: String,
    pub(super) points: Vec<(f64, f64)>,
    band: Vec<(f64, f64)>,
    pub(super) colour: Option<Rgb>,
    pub(super) dash: Dash,
    pub(super) width: f64,
    pub(super) joined: bool,
    pub(super) dots: bool,
    rings: bool,
}

impl Series {
    /// A line through the points, in their order; points without a place on the axes are gaps.
    pub fn line(label: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self {
            label: label.into(),
            points: points.into_iter().collect(),
            band: Vec::new(),
            colour: None,
            dash: Dash::Solid,
            width: 1.8,
            joined: true,
            dots: false,
            rings: false,
        }
    }

    /// Dots alone.
    pub fn dots(label: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self {
            joined: false,
            dots: true,
            ..Self::line(label, points)
        }
    }

    /// Rings alone, for points that may coincide with dots.
    pub fn rings(label: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self {
            joined: false,
            rings: true,
            ..Self::line(label, points)
        }
    }

    /// The same with dots at the points.
    #[must_use]
    pub fn with_dots(mut self) -> Self {
        self.dots = true;
        self
    }

    /// The same, dashed or dotted.
    #[must_use]
    pub fn with_dash(mut self, dash: Dash) -> Self {
        self.dash = dash;
        self
    }

    /// The same with a colour of its own instead of the next of the palette.
    #[must_use]
    pub fn with_colour(mut self, colour: Rgb) -> Self {
        self.colour = Some(colour);
        self
    }

    /// The same with another width, in pixels.
    #[must_use]
    pub fn with_width(mut self, width: f64) -> Self {
        self.width = width;
        self
    }

    /// The same with a band from `low` to `high` at each point (standard errors, enclosures).
    #[must_use]
    pub fn with_band(mut self, band: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.band = band.into_iter().collect();
        self
    }

    pub(super) fn stroke(&self, colour: Rgb) -> Stroke {
        Stroke {
            colour,
            width: self.width,
            dash: self.dash.pattern(),
        }
    }

    pub(super) fn entry(&self, colour: Rgb) -> Option<Entry> {
        (!self.label.is_empty()).then(|| Entry {
            text: self.label.clone(),
            stroke: self.joined.then(|| self.stroke(colour)),
            dot: self.dots.then_some(colour),
            ring: self.rings.then_some(colour),
            patch: None,
        })
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, map: &Map<'_>, colour: Rgb) {
        let gap = (f64::NAN, f64::NAN);
        let points: Vec<(f64, f64)> = self
            .points
            .iter()
            .map(|p| map.point(*p).unwrap_or(gap))
            .collect();
        let inside = |(x, y): (f64, f64)| {
            let a = map.area;
            (a.x..=a.x + a.width).contains(&x) && (a.y..=a.y + a.height).contains(&y)
        };
        let mut edges = (Vec::new(), Vec::new());
        for (&(x, _), &(low, high)) in self.points.iter().zip(&self.band) {
            let clamp = |p: (f64, f64)| (p.0, p.1.clamp(map.area.y, map.area.y + map.area.height));
            if let (Some(low), Some(high)) = (map.point((x, low)), map.point((x, high))) {
                edges.0.push(clamp(high));
                edges.1.push(clamp(low));
            }
        }
        edges.0.extend(edges.1.into_iter().rev());
        canvas.region(&edges.0, colour);
        if self.joined {
            canvas.polyline(&points, map.area, self.stroke(colour));
        }
        if self.dots {
            for point in points.iter().filter(|p| inside(**p)) {
                canvas.dot(*point, 2.6, colour);
            }
        }
        if self.rings {
            for point in points.iter().filter(|p| inside(**p)) {
                canvas.ring(*point, 4.2, colour);
            }
        }
    }
}

/// Curves over two axes.
#[derive(Debug, Clone, PartialEq)]
pub struct LinePlot {
    title: String,
    x: Axis,
    y: Axis,
    series: Vec<Series>,
}

impl LinePlot {
    /// An empty plot.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self {
            title: title.into(),
            x,
            y,
            series: Vec::new(),
        }
    }

    /// The same with one series more.
    #[must_use]
    pub fn with(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }
}

/// The legend of the series, and the area that it leaves to the data.
pub(super) fn beside_legend(series: &[Series], area: Area) -> (Vec<Entry>, Area) {
    let entries: Vec<Entry> = series
        .iter()
        .enumerate()
        .filter_map(|(k, s)| s.entry(s.colour.unwrap_or_else(|| colour_of(k))))
        .collect();
    let widest = entries
        .iter()
        .map(|e| text_width(&e.text, TEXT - 1))
        .fold(0.0, f64::max);
    let right = if entries.is_empty() {
        24.0
    } else {
        widest + 58.0
    };
    (entries, area.inset(82.0, 38.0, right, 56.0))
}

impl Panel for LinePlot {
    fn draw(&self, canvas: &mut Canvas, area: Area) {
        let colour = |k: usize| self.series[k].colour.unwrap_or_else(|| colour_of(k));
        let (entries, inner) = beside_legend(&self.series, area);
        // A point without a place across (t = 0 on a logarithmic axis, or beyond a fixed range) is not
        // drawn, so it must not stretch the other axis.
        let seen = |p: &&(f64, f64)| {
            self.x.place(p.0).is_some()
                && self
                    .x
                    .range
                    .is_none_or(|(low, high)| (low..=high).contains(&p.0))
        };
        let all = || self.series.iter().flat_map(|s| &s.points).filter(seen);
        let map = Map {
            area: inner,
            x: &self.x,
            y: &self.y,
            xs: self.x.span(all().map(|p| p.0), 0.02),
            ys: self.y.span(all().map(|p| p.1), 0.05),
        };
        canvas.title(area, inner.y, &self.title);
        canvas.axes(&map, true);
        for (k, series) in self.series.iter().enumerate() {
            series.draw(canvas, &map, colour(k));
        }
        canvas.frame(inner);
        canvas.legend(inner.x + inner.width + 16.0, inner.y + 14.0, &entries);
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::Figure;
    use super::*;

    fn plot() -> LinePlot {
        LinePlot::new("losses", Axis::log("t"), Axis::log("L"))
            .with(Series::line("theory", [(1.0, 1.0), (0.0, 3.0), (1e6, 1e-3)]).with_dots())
            .with(
                Series::line("mean", [(1.0, 0.5), (10.0, 0.4)])
                    .with_dash(Dash::Dashed)
                    .with_band([(0.4, 0.6), (0.3, 0.5)]),
            )
    }

    #[test]
    fn a_plot_has_its_labels_its_legend_and_raised_powers_and_no_nan() {
        let svg = Figure::of(plot()).svg();
        for text in ["losses", "theory", "mean", "10⁻³", "10⁶"] {
            assert!(svg.contains(text), "{text}");
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        assert!(Figure::of(plot()).png().is_ok());
    }

    #[test]
    fn a_point_that_is_not_drawn_does_not_stretch_the_axis() {
        let with = |first: f64| {
            let plot = LinePlot::new("t", Axis::log("x"), Axis::linear("y"))
                .with(Series::line("s", [(first, 1e6), (1.0, 1.0), (10.0, 2.0)]));
            Figure::of(plot).svg()
        };
        assert!(
            !with(0.0).contains("200000"),
            "t = 0 has no place on a log axis"
        );
        assert!(with(0.5).contains("200000"));
    }

    #[test]
    fn rings_do_not_hide_the_dots_inside_them() {
        let at = [(0.5, 0.5)];
        let plot = LinePlot::new("t", Axis::linear("x"), Axis::linear("y"))
            .with(Series::dots("dots", at))
            .with(Series::rings("rings", at));
        let svg = Figure::of(plot).svg();
        // A point and its entry in the legend, for both.
        let circles: Vec<&str> = svg.split("<circle").skip(1).collect();
        let hollow = |c: &&&str| c.contains("fill=\"none\"");
        assert_eq!(
            (circles.len(), circles.iter().filter(hollow).count()),
            (4, 2)
        );
    }

    #[test]
    fn a_plot_without_data_is_a_frame_with_axes() {
        let empty = LinePlot::new("nothing", Axis::linear("x"), Axis::log("y"));
        let svg = Figure::of(empty).svg();
        assert!(svg.contains("nothing") && !svg.contains("NaN"));
    }
}
