//! A figure: one panel or a grid of panels, drawn once and written as SVG and PNG.

use super::canvas::{Anchor, Canvas, TEXT};
use super::palette::Rgb;
use super::segments::Area;
use kuva::PngBackend;
use kuva::backend::svg::SvgBackend;
use kuva::render::render::Scene;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a figure was not written.
#[derive(Debug, Error)]
pub enum FigureError {
    /// The rasteriser refused.
    #[error("the PNG could not be drawn: {0}")]
    Raster(String),
    /// The file system refused.
    #[error("cannot write {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Something that can be drawn into an area of a figure.
pub trait Panel {
    /// Draws itself; must not draw outside the area.
    fn draw(&self, canvas: &mut Canvas, area: Area);
}

/// Width and height of one panel, in pixels.
const PANEL: (f64, f64) = (620.0, 420.0);
/// Height of the title above a grid of panels.
const HEAD: f64 = 34.0;
/// Pixels of the PNG for one of the SVG.
const PNG_SCALE: f32 = 2.0;

/// A drawn figure.
#[derive(Debug)]
pub struct Figure {
    scene: Scene,
}

impl Figure {
    /// One panel.
    pub fn of(panel: impl Panel) -> Self {
        let mut canvas = Canvas::new(PANEL.0, PANEL.1);
        panel.draw(&mut canvas, Area::new(0.0, 0.0, PANEL.0, PANEL.1));
        Self {
            scene: canvas.into_scene(),
        }
    }

    /// Panels in rows of `columns` under a common title (which may be empty).
    pub fn grid(title: &str, columns: usize, panels: &[Box<dyn Panel>]) -> Self {
        let columns = columns.clamp(1, panels.len().max(1));
        let rows = panels.len().div_ceil(columns).max(1);
        let head = if title.is_empty() { 0.0 } else { HEAD };
        let (width, height) = (PANEL.0 * columns as f64, head + PANEL.1 * rows as f64);
        let mut canvas = Canvas::new(width, height);
        if !title.is_empty() {
            let black = Rgb(0, 0, 0);
            canvas.text(
                0.5 * width,
                24.0,
                title,
                TEXT + 4,
                Anchor::Middle,
                black,
                None,
            );
        }
        for (index, panel) in panels.iter().enumerate() {
            let x = PANEL.0 * (index % columns) as f64;
            let y = head + PANEL.1 * (index / columns) as f64;
            panel.draw(&mut canvas, Area::new(x, y, PANEL.0, PANEL.1));
        }
        Self {
            scene: canvas.into_scene(),
        }
    }

    /// The figure as SVG text.
    pub fn svg(&self) -> String {
        SvgBackend::new().render_scene(&self.scene)
    }

    /// The figure as the bytes of a PNG, two pixels for one of the SVG.
    ///
    /// # Errors
    /// [`FigureError::Raster`].
    pub fn png(&self) -> Result<Vec<u8>, FigureError> {
        PngBackend::new()
            .with_scale(PNG_SCALE)
            .render_scene(&self.scene)
            .map_err(FigureError::Raster)
    }

    /// Writes `stem`.svg and `stem`.png and returns the two paths.
    ///
    /// # Errors
    /// [`FigureError`].
    pub fn save(&self, stem: &Path) -> Result<[PathBuf; 2], FigureError> {
        let named = |extension: &str| {
            let mut name = stem.as_os_str().to_owned();
            name.push(extension);
            PathBuf::from(name)
        };
        let paths = [named(".svg"), named(".png")];
        let contents = [self.svg().into_bytes(), self.png()?];
        for (path, content) in paths.iter().zip(contents) {
            super::file::write_complete(path, &content).map_err(|source| FigureError::Io {
                path: path.clone(),
                source,
            })?;
        }
        Ok(paths)
    }
}

/// A frame with a title and a sentence in place of data: what would be here and why it is not.
#[derive(Debug, Clone, PartialEq)]
pub struct EmptyFrame {
    title: String,
    reason: String,
}

impl EmptyFrame {
    /// What the panel would show, and why it does not (lines as given, wrapped where too long).
    pub fn new(title: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            reason: reason.into(),
        }
    }
}

impl Panel for EmptyFrame {
    fn draw(&self, canvas: &mut Canvas, area: Area) {
        let inner = area.inset(70.0, 40.0, 30.0, 50.0);
        canvas.title(area, inner.y, &self.title);
        canvas.frame(inner);
        let grey = Rgb(90, 90, 90);
        let (x, y) = (inner.x + 0.5 * inner.width, inner.y + 0.5 * inner.height);
        let most = (inner.width / 8.0) as usize;
        let lines: Vec<String> = self.reason.lines().flat_map(|l| wrap(l, most)).collect();
        let first = y - 8.0 * (lines.len() as f64 - 1.0);
        for (k, line) in lines.iter().enumerate() {
            let y = first + 16.0 * k as f64;
            canvas.text(x, y, line, TEXT, Anchor::Middle, grey, None);
        }
    }
}

/// Words in lines of at most `most` characters (a longer word has its own line).
fn wrap(text: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= most {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_frame_says_what_is_missing_and_why() {
        let frame = EmptyFrame::new("(c) network", "needs CIFAR-10, which is not shipped");
        let svg = Figure::of(frame).svg();
        assert!(svg.contains("(c) network") && svg.contains("which is not shipped"));
        assert!(!svg.contains("polyline") && !svg.contains("NaN"));
    }

    #[test]
    fn panels_stand_in_rows_and_the_png_has_twice_the_pixels() {
        let panel =
            |k: u32| -> Box<dyn Panel> { Box::new(EmptyFrame::new(format!("p{k}"), "none")) };
        let figure = Figure::grid("all", 2, &[panel(1), panel(2), panel(3)]);
        let svg = figure.svg();
        assert!(["p1", "p2", "p3", "all"].iter().all(|t| svg.contains(t)));
        let png = figure.png().unwrap();
        assert_eq!(&png[1..4], b"PNG");
        let width = u32::from_be_bytes([png[16], png[17], png[18], png[19]]);
        assert_eq!(width, 4 * PANEL.0 as u32);
    }

    #[test]
    fn long_reasons_are_wrapped_between_words() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrap("abcdefgh b", 5), ["abcdefgh", "b"]);
        assert_eq!(wrap("", 5), [""]);
    }
}
