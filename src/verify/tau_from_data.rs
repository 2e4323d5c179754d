//! How tau is chosen from data (Appendix F.4).

use super::random_models::{shape, worse};
use super::{Check, VerifyError};
use crate::dynamics::{KernelView, Space, TauFitConfig, fit_tau};
use crate::kernel;
use crate::noise::TorusKernel;

fn tau_run(batch_size: u64) -> TauFitConfig {
    TauFitConfig {
        learning_rate: 0.2,
        momentum: 0.3,
        batch_size,
        steps: 100,
        at: vec![10],
        space: Space::Output,
    }
}

/// How far the tau of the loss is from 1, and its loss from the exact one, on a ring of 7 points whose
/// kernel gets `weight` more at one point (0, unless a test wants it to be no function of differences).
fn tau_of_the_torus(weight: f64) -> Result<f64, VerifyError> {
    let lambda = vec![1.0, 0.5, 0.25, 0.1, 0.1, 0.25, 0.5];
    let grid = TorusKernel::from_eigenvalues(&[7], lambda).map_err(shape)?;
    let mut entries = grid.kernel_row_major();
    entries[0] += weight;
    let view = KernelView::new(7, &entries).map_err(shape)?;
    let residual = [1.0, -0.4, 0.3, 0.9, -0.7, 0.2, 0.1];
    let fit = fit_tau(view, &residual, &tau_run(1)).map_err(shape)?;
    Ok(worse((fit.loss_fit.tau - 1.0).abs(), fit.loss_fit.error))
}

/// Best tau on real data, and on a torus grid where it must be 1.
pub(super) fn choosing_tau() -> Result<Check, VerifyError> {
    Check::timed(
        "choosing-tau",
        "the tau that best predicts the loss is 1 on a translation-invariant kernel; on real data it is what the fit says",
        "torus grid of 7 points: distance of tau from 1 and of the losses, limit 1e-8; mnist:100 and bike:100 reported",
        || {
            let worst = tau_of_the_torus(0.0)?;
            let mut details = Vec::new();
            for (name, problem) in [
                ("mnist:100", kernel::mnist(100)?),
                ("bike:100", kernel::bike(100)?),
            ] {
                let view = KernelView::new(100, problem.kernel_row_major()).map_err(shape)?;
                let fit =
                    fit_tau(view, &problem.initial_residual(), &tau_run(10)).map_err(shape)?;
                let loss = &fit.loss_fit;
                details.push(format!(
                    "{name}, batch 10: tau {:.4} for the loss ({:.3} % off; at tau = 1 {:.3} %), tau_2 at tau_1 = 1 for the noise {:.4}",
                    loss.tau,
                    100.0 * loss.error,
                    100.0 * loss.error_at_named[0],
                    fit.quality.first().map_or(f64::NAN, |q| q.best_tau_at_tau_1_one),
                ));
            }
            Ok((worst <= 1e-8, format!("{worst:.1e}"), details))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tau_is_1_on_a_torus_only() {
        assert!(tau_of_the_torus(0.0).unwrap() <= 1e-8);
        assert!(tau_of_the_torus(0.3).unwrap() > 1e-8);
    }
}
