//! Colours: eight that colour-blind readers can tell apart, and one scale for maps.
//!
//! The eight are those of Okabe and Ito (2008), black first; the scale runs through nine colours
//! sampled from `cividis` (Nuñez, Anderton, Renslow 2018, doi:10.1371/journal.pone.0199239), whose
//! lightness rises evenly.

/// A colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// Black.
    pub const BLACK: Self = Self(0, 0, 0);
    /// Okabe and Ito's blue.
    pub const BLUE: Self = Self(0, 114, 178);
    /// Their vermilion.
    pub const ORANGE: Self = Self(213, 94, 0);
    /// Their bluish green.
    pub const GREEN: Self = Self(0, 158, 115);
    /// Their reddish purple.
    pub const PINK: Self = Self(204, 121, 167);
    /// Their orange.
    pub const YELLOW: Self = Self(230, 159, 0);
    /// For what is beside the point.
    pub const GREY: Self = Self(120, 120, 120);
    /// For cells without a value.
    pub const LIGHT_GREY: Self = Self(190, 190, 190);
    /// White.
    pub const WHITE: Self = Self(255, 255, 255);
}

const OKABE_ITO: [Rgb; 8] = [
    Rgb::BLACK,
    Rgb::BLUE,
    Rgb::ORANGE,
    Rgb::GREEN,
    Rgb::PINK,
    Rgb::YELLOW,
    Rgb(86, 180, 233),
    Rgb(150, 140, 30),
];

const CIVIDIS: [Rgb; 9] = [
    Rgb(0, 34, 78),
    Rgb(18, 53, 112),
    Rgb(59, 73, 108),
    Rgb(87, 93, 109),
    Rgb(112, 113, 115),
    Rgb(138, 134, 120),
    Rgb(165, 156, 116),
    Rgb(195, 179, 105),
    Rgb(254, 232, 56),
];

/// The colour number `index` of the palette; it repeats after eight.
pub fn colour_of(index: usize) -> Rgb {
    OKABE_ITO[index % OKABE_ITO.len()]
}

/// The colour at `share` of the scale of maps, 0 dark blue and 1 yellow; clamped, white for NaN.
pub fn shade(share: f64) -> Rgb {
    if share.is_nan() {
        return Rgb::WHITE;
    }
    let steps = CIVIDIS.len() - 1;
    let position = share.clamp(0.0, 1.0) * steps as f64;
    let left = (position as usize).min(steps - 1);
    let part = position - left as f64;
    let mix = |x: u8, y: u8| (f64::from(x) + part * (f64::from(y) - f64::from(x))).round() as u8;
    let (a, b) = (CIVIDIS[left], CIVIDIS[left + 1]);
    Rgb(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// The colour at `share` of a scale of signs: blue at 0, near white at 1/2, orange at 1.
pub fn shade_signed(share: f64) -> Rgb {
    let (low, middle, high) = ((0, 70, 140), (247, 247, 247), (190, 75, 0));
    let mix = |(a, b, c): (u8, u8, u8), (d, e, f): (u8, u8, u8), part: f64| {
        let one =
            |x: u8, y: u8| (f64::from(x) + part * (f64::from(y) - f64::from(x))).round() as u8;
        Rgb(one(a, d), one(b, e), one(c, f))
    };
    let share = share.clamp(0.0, 1.0);
    if share < 0.5 {
        mix(low, middle, 2.0 * share)
    } else {
        mix(middle, high, 2.0 * share - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lightness(c: Rgb) -> f64 {
        0.2126 * f64::from(c.0) + 0.7152 * f64::from(c.1) + 0.0722 * f64::from(c.2)
    }

    #[test]
    fn the_scale_gets_lighter_all_the_way_so_that_grey_prints_keep_its_order() {
        let all: Vec<f64> = (0..=100)
            .map(|k| lightness(shade(f64::from(k) / 100.0)))
            .collect();
        assert!(all.windows(2).all(|w| w[1] > w[0] - 0.5), "{all:?}");
        assert!(all[100] - all[0] > 150.0);
    }

    #[test]
    fn the_scale_of_signs_is_light_in_the_middle_and_its_ends_differ_in_hue() {
        assert_eq!(shade_signed(0.5), Rgb(247, 247, 247));
        assert!(lightness(shade_signed(0.5)) > lightness(shade_signed(0.2)) + 50.0);
        let (low, high) = (shade_signed(-1.0), shade_signed(2.0));
        assert!(low.2 > low.0 && high.0 > high.2);
    }

    #[test]
    fn what_lies_outside_takes_the_end_and_nan_is_no_colour_of_the_scale() {
        assert_eq!(shade(-3.0), shade(0.0));
        assert_eq!(shade(7.0), shade(1.0));
        assert_eq!(shade(f64::NAN), Rgb(255, 255, 255));
        assert_eq!(colour_of(9), colour_of(1));
    }
}
