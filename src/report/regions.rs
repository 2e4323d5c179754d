//! Regions of a plane with their names written into them, curves and points over them.

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Map, TEXT, text_width};
use super::figure::Panel;
use super::line::{Series, beside_legend};
use super::palette::{Rgb, colour_of};
use super::segments::Area;

const INK: Rgb = Rgb(40, 40, 40);

/// One region: a polygon, its name, where the name stands.
#[derive(Debug, Clone, PartialEq)]
struct Region {
    lines: Vec<String>,
    at: (f64, f64),
    corners: Vec<(f64, f64)>,
    colour: Rgb,
}

/// A phase diagram.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionPlot {
    title: String,
    x: Axis,
    y: Axis,
    regions: Vec<Region>,
    series: Vec<Series>,
}

impl RegionPlot {
    /// An empty diagram; the axes need fixed ranges.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self {
            title: title.into(),
            x,
            y,
            regions: Vec::new(),
            series: Vec::new(),
        }
    }

    /// The same with a region; its name (lines separated by `\n`) is centred at `at`.
    #[must_use]
    pub fn with_region(
        mut self,
        name: &str,
        at: (f64, f64),
        corners: impl IntoIterator<Item = (f64, f64)>,
        colour: Rgb,
    ) -> Self {
        self.regions.push(Region {
            lines: name.split('\n').map(str::to_owned).collect(),
            at,
            corners: corners.into_iter().collect(),
            colour,
        });
        self
    }

    /// The same with a series over the regions.
    #[must_use]
    pub fn with(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }
}

impl Panel for RegionPlot {
    fn draw(&self, canvas: &mut Canvas, area: Area) {
        let colour = |k: usize| self.series[k].colour.unwrap_or_else(|| colour_of(k));
        let (entries, inner) = beside_legend(&self.series, area);
        let corners = || self.regions.iter().flat_map(|r| &r.corners);
        let map = Map {
            area: inner,
            x: &self.x,
            y: &self.y,
            xs: self.x.span(corners().map(|p| p.0), 0.0),
            ys: self.y.span(corners().map(|p| p.1), 0.0),
        };
        canvas.title(area, inner.y, &self.title);
        let inside = |(x, y): (f64, f64)| {
            (
                x.clamp(inner.x, inner.x + inner.width),
                y.clamp(inner.y, inner.y + inner.height),
            )
        };
        for region in &self.regions {
            let points: Vec<(f64, f64)> = region
                .corners
                .iter()
                .filter_map(|p| map.point(*p))
                .map(inside)
                .collect();
            canvas.region(&points, region.colour);
        }
        canvas.axes(&map, false);
        for (k, series) in self.series.iter().enumerate() {
            series.draw(canvas, &map, colour(k));
        }
        for region in &self.regions {
            let Some((x, y)) = map.point(region.at) else {
                continue;
            };
            let first = y - 8.0 * (region.lines.len() as f64 - 1.0) + 4.0;
            for (k, line) in region.lines.iter().enumerate() {
                let y = first + 16.0 * k as f64;
                // A light plate keeps the name readable over points.
                let width = 0.92 * text_width(line, TEXT) + 6.0;
                let plate = Area::new(x - 0.5 * width, y - 12.0, width, 16.0);
                canvas.rectangle(plate, Rgb(255, 255, 255));
            }
            for (k, line) in region.lines.iter().enumerate() {
                let y = first + 16.0 * k as f64;
                canvas.text(x, y, line, TEXT, Anchor::Middle, INK, None);
            }
        }
        canvas.frame(inner);
        canvas.legend(inner.x + inner.width + 16.0, inner.y + 14.0, &entries);
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::Figure;
    use super::*;

    #[test]
    fn names_of_regions_are_written_and_corners_outside_stay_in_the_frame() {
        let plot = RegionPlot::new(
            "phases",
            Axis::linear("x").with_range(0.0, 1.0),
            Axis::linear("y").with_range(0.0, 1.0),
        )
        .with_region(
            "one\ntwo",
            (0.5, 0.5),
            [(0.0, 0.0), (9.0, 0.0), (0.0, 9.0)],
            Rgb(0, 114, 178),
        )
        .with(Series::dots("measured", [(0.2, 0.2)]));
        let svg = Figure::of(plot).svg();
        for text in ["phases", "one", "two", "measured"] {
            assert!(svg.contains(text), "{text}");
        }
        assert!(!svg.contains("NaN"));
    }
}
