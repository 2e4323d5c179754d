//! What to say when eigenvalues count as zero.
//!
//! `lambda_k <= N eps lambda_max` is what an eigensolver leaves of a zero, and
//! [`Spectrum::new`] takes it for one: its signal becomes a loss that never vanishes. For eigenvalues
//! that are exact (a formula, a table) the same rule freezes signal that SGD would learn, in about
//! `1/(alpha lambda_k)` steps; nothing in the numbers tells the two cases apart, so it is said.

use super::Spectrum;

/// A share of the signal beyond which the warning says that it is frozen.
const SHARE: f64 = 1e-12;

impl Spectrum {
    /// The share of L_0 that lies in the null space, in [0, 1]; 0 without signal.
    pub fn null_space_share(&self) -> f64 {
        let total = self.initial_loss().unwrap_or(0.0);
        if total > 0.0 {
            (self.null_space_loss() / total).min(1.0)
        } else {
            0.0
        }
    }

    /// The warning for a spectrum read from `entries` eigenvalues; `None` if all of them are kept.
    pub(super) fn null_space_warning(&self, entries: usize) -> Option<String> {
        let null = entries.saturating_sub(self.len());
        if null == 0 {
            return None;
        }
        let limit = entries as f64 * f64::EPSILON * self.largest();
        let head = format!(
            "{null} of {entries} eigenvalues are zero to rounding (at most {limit:.3e} = N eps lambda_max): they are the null space"
        );
        let (loss, share) = (self.null_space_loss(), self.null_space_share());
        Some(if share > SHARE {
            format!(
                "{head}, which carries {share:.3e} of the signal ({:.2} % of L_0): a loss of {loss:e} that never vanishes here and makes no gradient noise; if these eigenvalues are exact and positive, SGD would learn that signal after about 1/(learning rate x eigenvalue) steps, and with small batches its noise would add to the loss of the other modes: `--rigorous` keeps them",
                100.0 * share
            )
        } else if loss > 0.0 {
            format!("{head}, whose loss of {loss:e} never vanishes")
        } else {
            head
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(eigenvalues: Vec<f64>, signal: Vec<f64>) -> Option<String> {
        let entries = eigenvalues.len();
        let s = Spectrum::new(eigenvalues, Some(signal)).unwrap();
        s.null_space_warning(entries)
    }

    #[test]
    fn frozen_signal_is_named_with_its_share_and_the_threshold() {
        // 2 eps = 4.441e-16; a quarter of the signal.
        let text = warning(vec![1.0, 1e-16], vec![3.0, 1.0]).unwrap();
        assert!(
            text.contains("1 of 2") && text.contains("4.441e-16"),
            "{text}"
        );
        assert!(
            text.contains("2.500e-1 of the signal") && text.contains("a loss of 5e-1"),
            "{text}"
        );
        assert!(text.contains("SGD would learn"), "{text}");
        assert!(text.contains("makes no gradient noise"), "{text}");
    }

    #[test]
    fn signal_that_is_rounding_is_no_frozen_signal_and_kept_modes_say_nothing() {
        let text = warning(vec![1.0, 1e-17], vec![1.0, 1e-13]).unwrap();
        assert!(!text.contains("SGD would learn"), "{text}");
        assert_eq!(warning(vec![1.0, 5e-16], vec![1.0, 1.0]), None);
    }
}
