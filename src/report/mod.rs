//! What a run leaves behind: figures (SVG, PNG) and data files (CSV, NPY). Knows no mathematics.
//!
//! | file | what |
//! |---|---|
//! | `axis` | linear and logarithmic axes, their ticks (10⁻³ as people write it) |
//! | `palette` | colours that colour-blind readers can tell apart; the colour scale of maps |
//! | `segments` | rectangles, clipped segments, dashed lines |
//! | `canvas` | drawing inside a frame: axes, polylines, legend, colour bar |
//! | `line` | [`LinePlot`]: curves and points, legend outside the data |
//! | `heat` | [`HeatMap`]: a grid of cells with curves drawn over it and a colour bar |
//! | `regions` | [`RegionPlot`]: labelled regions of a plane (phase diagrams) |
//! | `figure` | [`Figure`]: one panel or a grid of panels, as SVG and PNG |
//! | `file` | files that appear only when complete |
//! | `data` | CSV and NPY writers |
//! | `page` | the HTML page: sections, tables, formulas as MathML |
//! | `journal` | finished rows of a long run, so that it can go on after an interrupt |
//!
//! ```
//! use tauber::report::{Axis, Figure, LinePlot, Series};
//! let steps = [1.0_f64, 10.0, 100.0, 1000.0];
//! let plot = LinePlot::new("A power law", Axis::log("step t"), Axis::log("loss"))
//!     .with(Series::line("t⁻¹ᐟ²", steps.iter().map(|t| (*t, 1.0 / t.sqrt()))));
//! let svg = Figure::of(plot).svg();
//! assert!(svg.contains("10⁻") && svg.contains("A power law"));
//! ```

mod axis;
mod canvas;
mod data;
mod figure;
pub(crate) mod file;
mod heat;
mod journal;
mod line;
pub mod page;
mod palette;
mod regions;
mod segments;

pub use axis::{Axis, Scale, power_label};
pub use data::{Column, DataError, csv_text, npy_bytes, write_csv, write_npy};
pub use figure::{EmptyFrame, Figure, FigureError, Panel};
pub use file::write_complete;
pub use heat::HeatMap;
pub use journal::{Journal, JournalError, checksum};
pub use line::{Dash, LinePlot, Series};
pub use palette::{Rgb, colour_of, shade, shade_signed};
pub use regions::RegionPlot;
pub use segments::Area;
