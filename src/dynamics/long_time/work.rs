//! What the contour has computed so far, so that a stopped computation goes on from there.

use super::LongTimeLoss;

/// A solved node: the value times its weight, and the relative residual of the solver.
pub(super) type Solved = [f64; 3];

/// The work of [`super::LongTimeMoments::losses_from`]: everything that took long, in the order in which
/// it was computed. The same moments and steps find it again; other ones must start from an empty one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LongTimeWork {
    /// Answers of the search for the anchor, and the vector of its power iteration.
    pub(super) contractions: Vec<bool>,
    pub(super) vector: Vec<f64>,
    /// Losses of the window from step 0, and the moments at its end where the window was cut short.
    pub(super) losses: Vec<f64>,
    pub(super) state: Vec<f64>,
    pub(super) nodes: Vec<Solved>,
    /// Products with T.
    pub(super) products: usize,
    /// Losses beyond the window; found again from the nodes.
    pub(super) points: Vec<LongTimeLoss>,
}

impl LongTimeWork {
    /// Steps iterated so far.
    pub fn iterations(&self) -> u64 {
        (self.losses.len() as u64).saturating_sub(1)
    }

    /// The losses known so far of `steps`, in order, up to the first that is not known.
    pub fn finished(&self, steps: &[u64]) -> Vec<LongTimeLoss> {
        let mut found = Vec::new();
        for &step in steps {
            let iterated = usize::try_from(step).ok().and_then(|t| self.losses.get(t));
            let later = || self.points.iter().find(|p| p.step == step).copied();
            match iterated
                .map(|&loss| iterated_loss(step, loss))
                .or_else(later)
            {
                Some(point) => found.push(point),
                None => break,
            }
        }
        found
    }

    /// All of it as numbers, for [`LongTimeWork::from_numbers`].
    pub fn numbers(&self) -> Vec<f64> {
        let mut numbers = vec![
            self.products as f64,
            self.contractions.len() as f64,
            self.vector.len() as f64,
            self.losses.len() as f64,
            self.state.len() as f64,
        ];
        numbers.extend(
            self.contractions
                .iter()
                .map(|&yes| f64::from(u8::from(yes))),
        );
        for part in [&self.vector, &self.losses, &self.state] {
            numbers.extend_from_slice(part);
        }
        numbers.extend(self.nodes.iter().flatten());
        numbers
    }

    /// From [`LongTimeWork::numbers`]; nothing is the empty work, and `None` is no such list.
    pub fn from_numbers(numbers: &[f64]) -> Option<Self> {
        if numbers.is_empty() {
            return Some(Self::default());
        }
        let (&[products, contractions, vector, losses, state], rest) =
            numbers.split_first_chunk()?;
        let (contractions, rest) = rest.split_at_checked(contractions as usize)?;
        let (vector, rest) = rest.split_at_checked(vector as usize)?;
        let (losses, rest) = rest.split_at_checked(losses as usize)?;
        let (state, rest) = rest.split_at_checked(state as usize)?;
        let (nodes, rest) = rest.as_chunks();
        rest.is_empty().then(|| Self {
            contractions: contractions.iter().map(|&yes| yes != 0.0).collect(),
            vector: vector.to_vec(),
            losses: losses.to_vec(),
            state: state.to_vec(),
            nodes: nodes.to_vec(),
            products: products as usize,
            points: Vec::new(),
        })
    }
}

/// A loss of the window.
pub(super) fn iterated_loss(step: u64, loss: f64) -> LongTimeLoss {
    LongTimeLoss {
        step,
        loss,
        log10_loss: loss.log10(),
        relative_error: 0.0,
        iterated: true,
    }
}
