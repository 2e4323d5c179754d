//! Rectangles, the part of a segment inside one, and dashed lines.

/// A rectangle of a figure, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Area {
    /// A rectangle by its upper left corner and its size.
    pub const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self {
            x,
            y,
            width,
            height,
        }
    }

    /// The rectangle without margins on the left, top, right and bottom.
    #[must_use]
    pub fn inset(self, left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self {
            x: self.x + left,
            y: self.y + top,
            width: (self.width - left - right).max(1.0),
            height: (self.height - top - bottom).max(1.0),
        }
    }
}

/// The drawn pieces of a line: `drawn` pixels of its length, then `gap` left out, and so on, however
/// many corners it has.
pub(super) fn dashes(points: &[(f64, f64)], [drawn, gap]: [f64; 2]) -> Vec<Vec<(f64, f64)>> {
    let Some((&first, rest)) = points.split_first() else {
        return Vec::new();
    };
    let (mut pieces, mut piece) = (Vec::new(), vec![first]);
    // Where the pattern is: what is left of the dash or of the gap.
    let (mut on, mut left) = (true, drawn);
    let mut from = first;
    for &to in rest {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let share = done / length;
            let corner = (from.0 + share * dx, from.1 + share * dy);
            if on {
                piece.push(corner);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![corner];
            }
            on = !on;
            left = if on { drawn } else { gap };
        }
        left -= length - done;
        if on {
            piece.push(to);
        }
        from = to;
    }
    pieces.push(piece);
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

/// The part of a segment inside the area (Liang and Barsky).
pub(super) fn clip(
    from: (f64, f64),
    to: (f64, f64),
    area: Area,
) -> Option<((f64, f64), (f64, f64))> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    if !(from.0.is_finite() && from.1.is_finite() && dx.is_finite() && dy.is_finite()) {
        return None;
    }
    let (mut start, mut end) = (0.0_f64, 1.0_f64);
    for (direction, distance) in [
        (-dx, from.0 - area.x),
        (dx, area.x + area.width - from.0),
        (-dy, from.1 - area.y),
        (dy, area.y + area.height - from.1),
    ] {
        if direction == 0.0 {
            if distance < 0.0 {
                return None;
            }
        } else if direction < 0.0 {
            start = start.max(distance / direction);
        } else {
            end = end.min(distance / direction);
        }
    }
    let at = |s: f64| {
        if s == 0.0 {
            from
        } else if s == 1.0 {
            to
        } else {
            (from.0 + s * dx, from.1 + s * dy)
        }
    };
    (start <= end).then(|| (at(start), at(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_end_at_the_frame_and_those_outside_vanish() {
        let area = Area::new(0.0, 0.0, 10.0, 10.0);
        assert_eq!(
            clip((2.0, 3.0), (4.0, 5.0), area),
            Some(((2.0, 3.0), (4.0, 5.0)))
        );
        assert_eq!(
            clip((-10.0, 5.0), (20.0, 5.0), area),
            Some(((0.0, 5.0), (10.0, 5.0)))
        );
        assert_eq!(clip((-1.0, 20.0), (20.0, 20.0), area), None);
        assert_eq!(clip((f64::NAN, 1.0), (2.0, 2.0), area), None);
    }

    /// Pixels drawn.
    fn inked(pieces: &[Vec<(f64, f64)>]) -> f64 {
        let length = |w: &[(f64, f64)]| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1);
        pieces.iter().flat_map(|p| p.windows(2)).map(length).sum()
    }

    #[test]
    fn a_dashed_line_has_the_same_gaps_however_many_points_it_has() {
        let line = |count: u32| -> Vec<(f64, f64)> {
            let x = |k: u32| 110.0 * f64::from(k) / f64::from(count);
            (0..=count).map(|k| (x(k), 0.75 * x(k))).collect()
        };
        // A length of 137.5: twelve dashes of 7 with gaps of 4, then 5.5 of a thirteenth.
        for count in [1, 7, 1000] {
            let pieces = dashes(&line(count), [7.0, 4.0]);
            assert_eq!(pieces.len(), 13, "{count} pieces of line");
            assert!((inked(&pieces) - 89.5).abs() < 1e-9, "{count}");
            let second = pieces[1][0];
            assert!((second.0 - 8.8).abs() < 1e-9 && (second.1 - 6.6).abs() < 1e-9);
        }
        // What the rasteriser did with the pattern: begun anew at each of 1,000 corners it has no gap.
        let anew = line(1000);
        let anew: Vec<_> = anew
            .windows(2)
            .flat_map(|w| dashes(w, [7.0, 4.0]))
            .collect();
        assert!((inked(&anew) - 137.5).abs() < 1e-9);
    }

    #[test]
    fn a_dashed_line_that_ends_in_a_gap_or_has_no_length_is_drawn_so_far() {
        let pieces = dashes(&[(0.0, 0.0), (9.0, 0.0)], [7.0, 4.0]);
        assert_eq!(pieces, [[(0.0, 0.0), (7.0, 0.0)]]);
        assert!(dashes(&[], [7.0, 4.0]).is_empty());
        assert_eq!(inked(&dashes(&[(1.0, 1.0); 3], [7.0, 4.0])), 0.0);
    }
}
