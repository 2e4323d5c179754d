//! Ranges of learning rates and momenta, FROM:TO:COUNT.

use super::super::arguments::{real, whole};

/// A range of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) count: usize,
    pub(super) log: bool,
}

pub(super) fn log_range(text: &str) -> Result<Range, String> {
    range(text, true)
}

pub(super) fn linear_range(text: &str) -> Result<Range, String> {
    range(text, false)
}

fn range(text: &str, log: bool) -> Result<Range, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (ends, log) = match parts[..] {
        [from, to, count] => ([from, to, count], log),
        [from, to, count, "log"] => ([from, to, count], true),
        [from, to, count, "linear"] => ([from, to, count], false),
        _ => return Err("give FROM:TO:COUNT, COUNT:log or COUNT:linear, as in 0.01:3:100".into()),
    };
    let (from, to) = (real(ends[0])?, real(ends[1])?);
    let count = usize::try_from(whole(ends[2])?).map_err(|error| error.to_string())?;
    let single = count == 1 && from == to;
    if count == 0 || !(from < to || single) || (count == 1 && !single) {
        return Err(format!(
            "`{text}` must rise from FROM to TO in two or more values (or be one value twice)"
        ));
    }
    if count > 1_000_000 {
        return Err(format!("`{text}` has more than a million values"));
    }
    if log && from <= 0.0 {
        return Err(format!("`{text}` must be positive to be spaced as log"));
    }
    Ok(Range {
        from,
        to,
        count,
        log,
    })
}

impl Range {
    pub(super) fn values(self) -> Vec<f64> {
        let last = self.count.max(2) - 1;
        (0..self.count)
            .map(|k| match k {
                0 => self.from,
                _ if k == last => self.to,
                _ if self.log => {
                    let share = k as f64 / last as f64;
                    (self.from.ln() + share * (self.to.ln() - self.from.ln())).exp()
                }
                _ => self.from + (self.to - self.from) * (k as f64 / last as f64),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_with_both_spacings_and_their_ends_are_exact() {
        let log = log_range("0.01:3:100").unwrap().values();
        assert_eq!((log.len(), log[0], log[99]), (100, 0.01, 3.0));
        assert!((log[1] / log[0] - log[99] / log[98]).abs() < 1e-12);
        let linear = linear_range("-0.9:0.9:4").unwrap().values();
        assert!((linear[1] + 0.3).abs() < 1e-15 && linear[3] == 0.9);
        assert_eq!(log_range("1:2:3:linear").unwrap().values()[1], 1.5);
        assert_eq!(linear_range("0.5:0.5:1").unwrap().values(), [0.5]);
    }

    #[test]
    fn ranges_that_make_no_sense_are_refused_with_what_would_be_right() {
        for text in [
            "1:2",
            "2:1:5",
            "1:2:0",
            "1:2:1",
            "0:1:5",
            "1:2:x",
            "1:2:3:cubic",
            "1:2:1e9",
        ] {
            assert!(log_range(text).is_err(), "{text}");
        }
        let error = log_range("0:1:5").unwrap_err();
        assert!(error.contains("positive"), "{error}");
    }
}
