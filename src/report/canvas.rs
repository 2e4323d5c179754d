//! Drawing inside a frame: axes with ticks, polylines that end at the frame, text, legend.
//!
//! The primitives and the two backends (SVG, PNG) are `kuva`'s; positions are pixels from the upper left.

use super::axis::Axis;
use super::palette::Rgb;
use super::segments::{Area, clip, dashes};
use kuva::render::color::Color;
use kuva::render::render::{PathData, Primitive, Scene, TextAnchor};

/// The size of ordinary text.
pub(super) const TEXT: u32 = 13;
/// The mean width of a character, in units of its size.
const CHARACTER: f64 = 0.6;

/// On which side of its point a text stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub(super) colour: Rgb,
    pub(super) width: f64,
    /// Lengths drawn and left out, in pixels along the line.
    pub(super) dash: Option<[f64; 2]>,
}

/// One entry of a legend: its text and what stands before it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) text: String,
    pub(super) stroke: Option<Stroke>,
    pub(super) dot: Option<Rgb>,
    pub(super) ring: Option<Rgb>,
    pub(super) patch: Option<Rgb>,
}

/// Where a figure is drawn.
#[derive(Debug)]
pub struct Canvas {
    scene: Scene,
}

fn colour(c: Rgb) -> Color {
    Color::Rgb(c.0, c.1, c.2)
}

const INK: Rgb = Rgb(40, 40, 40);
const RULE: Rgb = Rgb(225, 225, 225);

const fn thin(colour: Rgb) -> Stroke {
    Stroke {
        colour,
        width: 1.0,
        dash: None,
    }
}

/// Width of a text, about.
pub(super) fn text_width(text: &str, size: u32) -> f64 {
    CHARACTER * f64::from(size) * text.chars().count() as f64
}

impl Canvas {
    pub(super) fn new(width: f64, height: f64) -> Self {
        let mut scene = Scene::new(width, height);
        scene.font_family = Some("DejaVu Sans, Verdana, sans-serif".to_owned());
        Self { scene }
    }

    pub(super) fn into_scene(self) -> Scene {
        self.scene
    }

    /// Text whose baseline starts, is centred or ends at a point; turned by degrees.
    #[expect(
        clippy::too_many_arguments,
        reason = "a point, a text and how it looks"
    )]
    pub(super) fn text(
        &mut self,
        x: f64,
        y: f64,
        content: &str,
        size: u32,
        anchor: Anchor,
        ink: Rgb,
        rotate: Option<f64>,
    ) {
        self.scene.add(Primitive::Text {
            x,
            y,
            // A dollar sign would start a formula.
            content: content.replace('$', "\\$"),
            size,
            anchor: match anchor {
                Anchor::Start => TextAnchor::Start,
                Anchor::Middle => TextAnchor::Middle,
                Anchor::End => TextAnchor::End,
            },
            rotate,
            bold: false,
            color: Some(colour(ink)),
        });
    }

    /// A straight line without dashes.
    fn segment(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
        self.scene.add(Primitive::Line {
            x1: from.0,
            y1: from.1,
            x2: to.0,
            y2: to.1,
            stroke: colour(stroke.colour),
            stroke_width: stroke.width,
            stroke_dasharray: None,
        });
    }

    pub(super) fn dot(&mut self, at: (f64, f64), radius: f64, fill: Rgb) {
        self.scene.add(Primitive::Circle {
            cx: at.0,
            cy: at.1,
            r: radius,
            fill: colour(fill),
            fill_opacity: None,
            stroke: None,
            stroke_width: None,
        });
    }

    /// A circle that leaves what it surrounds visible.
    pub(super) fn ring(&mut self, at: (f64, f64), radius: f64, ink: Rgb) {
        self.scene.add(Primitive::Circle {
            cx: at.0,
            cy: at.1,
            r: radius,
            fill: Color::None,
            fill_opacity: None,
            stroke: Some(colour(ink)),
            stroke_width: Some(1.4),
        });
    }

    pub(super) fn rectangle(&mut self, area: Area, fill: Rgb) {
        self.scene.add(Primitive::Rect {
            x: area.x,
            y: area.y,
            width: area.width,
            height: area.height,
            fill: colour(fill),
            stroke: None,
            stroke_width: None,
            opacity: None,
        });
    }

    pub(super) fn cells(&mut self, areas: &[Area], fills: &[Rgb]) {
        let column = |f: fn(&Area) -> f64| areas.iter().map(f).collect();
        self.scene.add(Primitive::RectBatch {
            x: column(|a| a.x),
            y: column(|a| a.y),
            w: column(|a| a.width),
            h: column(|a| a.height),
            fills: fills.iter().map(|c| colour(*c)).collect(),
        });
    }

    /// A closed region, half transparent.
    pub(super) fn region(&mut self, points: &[(f64, f64)], fill: Rgb) {
        let Some(((x, y), rest)) = points.split_first() else {
            return;
        };
        let mut d = format!("M {x:.2} {y:.2}");
        for (x, y) in rest {
            d.push_str(&format!(" L {x:.2} {y:.2}"));
        }
        d.push_str(" Z");
        self.scene.add(Primitive::Path(Box::new(PathData {
            d,
            fill: Some(colour(fill)),
            stroke: Color::None,
            stroke_width: 0.0,
            opacity: Some(0.2),
            stroke_dasharray: None,
        })));
    }

    /// The parts of a polyline that lie inside the area.
    pub(super) fn polyline(&mut self, points: &[(f64, f64)], area: Area, stroke: Stroke) {
        let mut run: Vec<(f64, f64)> = Vec::new();
        let mut runs = Vec::new();
        for pair in points.windows(2) {
            match clip(pair[0], pair[1], area) {
                Some((from, to)) => {
                    if run.last() != Some(&from) {
                        runs.push(std::mem::replace(&mut run, vec![from]));
                    }
                    run.push(to);
                }
                None => runs.push(std::mem::take(&mut run)),
            }
        }
        runs.push(run);
        for points in runs.into_iter().filter(|run| run.len() > 1) {
            let Some(dash) = stroke.dash else {
                self.scene.add(Primitive::PolyLine {
                    points,
                    stroke: colour(stroke.colour),
                    stroke_width: stroke.width,
                    stroke_dasharray: None,
                });
                continue;
            };
            // The rasteriser begins a pattern anew at every corner: the dashes are cut here.
            let mut d = String::new();
            for piece in dashes(&points, dash) {
                for (k, (x, y)) in piece.iter().enumerate() {
                    let command = if k == 0 { 'M' } else { 'L' };
                    d.push_str(&format!("{command} {x:.2} {y:.2} "));
                }
            }
            self.scene.add(Primitive::Path(Box::new(PathData {
                d,
                fill: None,
                stroke: colour(stroke.colour),
                stroke_width: stroke.width,
                opacity: None,
                stroke_dasharray: None,
            })));
        }
    }

    /// The title above the data, in the middle of the panel; smaller where it is long.
    pub(super) fn title(&mut self, area: Area, top: f64, title: &str) {
        let fits = |size: &u32| text_width(title, *size) <= area.width - 16.0;
        let size = (9..=TEXT + 2).rev().find(fits).unwrap_or(9);
        let x = area.x + 0.5 * area.width;
        self.text(x, top - 12.0, title, size, Anchor::Middle, INK, None);
    }

    /// The box around the data.
    pub(super) fn frame(&mut self, inner: Area) {
        let stroke = thin(INK);
        let (x, y) = (inner.x + inner.width, inner.y + inner.height);
        self.segment((inner.x, inner.y), (x, inner.y), stroke);
        self.segment((inner.x, y), (x, y), stroke);
        self.segment((inner.x, inner.y), (inner.x, y), stroke);
        self.segment((x, inner.y), (x, y), stroke);
    }

    /// Both axes of the data: rules across if wanted, ticks, numbers, labels.
    pub(super) fn axes(&mut self, map: &Map<'_>, rules: bool) {
        self.lower_axis(map, rules);
        self.left_axis(map, rules);
    }

    fn lower_axis(&mut self, map: &Map<'_>, rules: bool) {
        let area = map.area;
        let bottom = area.y + area.height;
        let (ticks, small) = map.x.ticks(map.xs, (area.width / 62.0) as usize);
        for (value, text) in ticks {
            let x = map.across(value);
            if rules {
                self.segment((x, area.y), (x, bottom), thin(RULE));
            }
            self.segment((x, bottom), (x, bottom + 5.0), thin(INK));
            let y = bottom + 19.0;
            self.text(x, y, &text, TEXT - 1, Anchor::Middle, INK, None);
        }
        for value in small {
            let x = map.across(value);
            self.segment((x, bottom), (x, bottom + 2.5), thin(INK));
        }
        let (x, y) = (area.x + 0.5 * area.width, bottom + 40.0);
        self.text(x, y, &map.x.label, TEXT, Anchor::Middle, INK, None);
    }

    /// The axis on the left alone, as a colour bar has it.
    pub(super) fn left_axis(&mut self, map: &Map<'_>, rules: bool) {
        let area = map.area;
        let right = area.x + area.width;
        let (ticks, small) = map.y.ticks(map.ys, (area.height / 36.0) as usize);
        for (value, text) in ticks {
            let y = map.down(value);
            if rules {
                self.segment((area.x, y), (right, y), thin(RULE));
            }
            self.segment((area.x - 5.0, y), (area.x, y), thin(INK));
            let x = area.x - 8.0;
            self.text(x, y + 4.0, &text, TEXT - 1, Anchor::End, INK, None);
        }
        for value in small {
            let y = map.down(value);
            self.segment((area.x - 2.5, y), (area.x, y), thin(INK));
        }
        let (x, y) = (area.x - 58.0, area.y + 0.5 * area.height);
        self.text(x, y, &map.y.label, TEXT, Anchor::Middle, INK, Some(-90.0));
    }

    /// Entries below each other from a point on.
    pub(super) fn legend(&mut self, x: f64, y: f64, entries: &[Entry]) {
        for (k, entry) in entries.iter().enumerate() {
            let y = y + 19.0 * k as f64;
            if let Some(stroke) = entry.stroke {
                let sample = [(x, y - 4.0), (x + 24.0, y - 4.0)];
                self.polyline(&sample, Area::new(x, y - 8.0, 24.0, 8.0), stroke);
            }
            if let Some(fill) = entry.dot {
                self.dot((x + 12.0, y - 4.0), 3.0, fill);
            }
            if let Some(ink) = entry.ring {
                self.ring((x + 12.0, y - 4.0), 4.2, ink);
            }
            if let Some(fill) = entry.patch {
                let grey = Rgb(150, 150, 150);
                self.rectangle(Area::new(x + 4.0, y - 10.0, 16.0, 12.0), grey);
                self.rectangle(Area::new(x + 5.0, y - 9.0, 14.0, 10.0), fill);
            }
            self.text(x + 30.0, y, &entry.text, TEXT - 1, Anchor::Start, INK, None);
        }
    }
}

/// From values to pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Map<'a> {
    pub(super) area: Area,
    pub(super) x: &'a Axis,
    pub(super) y: &'a Axis,
    /// Ends in units of the axes.
    pub(super) xs: (f64, f64),
    pub(super) ys: (f64, f64),
}

impl Map<'_> {
    /// Pixels of a position in units of the x axis.
    pub(super) fn across(&self, value: f64) -> f64 {
        self.area.x + self.area.width * (value - self.xs.0) / (self.xs.1 - self.xs.0)
    }

    /// Pixels of a position in units of the y axis.
    pub(super) fn down(&self, value: f64) -> f64 {
        self.area.y + self.area.height * (self.ys.1 - value) / (self.ys.1 - self.ys.0)
    }

    /// Pixels of a point; `None` if it has no place on the axes.
    pub(super) fn point(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        Some((self.across(self.x.place(x)?), self.down(self.y.place(y)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_in_the_data_is_a_gap_in_the_line() {
        let mut canvas = Canvas::new(10.0, 10.0);
        let stroke = Stroke {
            colour: INK,
            width: 1.0,
            dash: None,
        };
        let points = [
            (0.0, 1.0),
            (1.0, 2.0),
            (f64::NAN, 1.0),
            (3.0, 3.0),
            (4.0, 1.0),
        ];
        canvas.polyline(&points, Area::new(0.0, 0.0, 10.0, 10.0), stroke);
        assert_eq!(canvas.scene.elements.len(), 2);
    }
}
