//! The derivation: identities of polynomials, exactly.

use super::{Check, VerifyError};
use crate::closed_form::from_edge::{self, FromEdge};
use crate::closed_form::{ClosedForms, Quantity, per_mode};
use crate::moment::UpdateRule;
use crate::number::Ring;
use crate::polynomial::Polynomial;

/// The checks of the derivation.
pub(super) fn checks() -> Result<Vec<Check>, VerifyError> {
    let fail = VerifyError::part("derivation");
    let forms = ClosedForms::derive(&UpdateRule::heavy_ball()).map_err(|e| fail(&e))?;
    let exact = || "exact".to_owned();
    let resolvent = Check::timed(
        "resolvent",
        "U, V and S are the resolvent of the moment operator, for every built-in rule ((17)-(20))",
        "n (1 - z A) = S p expanded over Q[a, b, g, z]",
        || {
            for name in UpdateRule::NAMES {
                let rule = UpdateRule::by_name(name).unwrap_or_else(UpdateRule::heavy_ball);
                ClosedForms::derive(&rule).map_err(|e| fail(&e))?;
            }
            Ok((
                true,
                exact(),
                vec![format!("rules: {}", UpdateRule::NAMES.join(", "))],
            ))
        },
    )?;
    let numerics = Check::timed(
        "numerics-are-the-theory",
        "the formulas that the numerics evaluate are the derived ones",
        "generic functions instantiated at polynomials, compared with the derivation",
        || Ok((generic_forms_agree(&forms), exact(), Vec::new())),
    )?;
    let r1 = Check::timed(
        "r1-free-of-noise",
        "the derivative of z U has a numerator R1 that does not depend on g ((120)-(121))",
        "derivative of the derived quotient, degree in g",
        || {
            let r1 = forms.zu_derivative_numerator();
            let held = r1.degree_in("g") == 0 && !r1.is_zero();
            Ok((held, exact(), vec![format!("R1 = {r1}")]))
        },
    )?;
    let written = Check::timed(
        "written-forms",
        "the factorised S and the S free of cancellation equal the derived S",
        "trees expanded and compared",
        || {
            let held = [
                Quantity::DenominatorFactorised,
                Quantity::DenominatorNearOne,
            ]
            .iter()
            .all(|q| q.of(&forms).is_ok());
            Ok((held, exact(), Vec::new()))
        },
    )?;
    Ok(vec![resolvent, numerics, r1, written])
}

fn generic_forms_agree(forms: &ClosedForms) -> bool {
    let [a, b, g, z] = Polynomial::ring(["a", "b", "g", "z"]);
    let e = Polynomial::one() - z.clone();
    let value = per_mode::denominator_coefficients(b.clone(), g.clone(), z.clone(), e.clone());
    let slope = per_mode::denominator_derivative_coefficients(b.clone(), g.clone(), z.clone(), e);
    let d = Polynomial::from_integer(2) * (Polynomial::one() + b.clone()) - a.clone();
    let from_edge = [false, true].into_iter().all(|negative| {
        let e = Polynomial::one() - z.clone();
        let form = FromEdge::new(b.clone(), g.clone(), z.clone(), e, negative);
        let at = |c: &[Polynomial; 3]| from_edge::at(c, a.clone(), d.clone());
        let moved = if negative { d.clone() } else { a.clone() };
        let signal = |[v0, v1]: [Polynomial; 2]| v0 + moved.clone() * v1;
        at(&form.denominator) == *forms.denominator()
            && at(&form.denominator_derivative) == forms.denominator().derivative("z")
            && form.noise == forms.noise_numerator()
            && signal(form.signal.clone()) == forms.signal_numerator()
            && signal(form.signal_derivative) == forms.signal_numerator().derivative("z")
    });
    let [v0, v1] = per_mode::signal_numerator_coefficients(b.clone(), z.clone());
    let x = Polynomial::ring(["x11", "x12", "x22"]);
    let stepped = per_mode::step(a.clone(), b.clone(), g, x.clone());
    let operator = forms.operator().matrix().iter().map(|row| {
        row.iter().zip(&x).fold(Polynomial::zero(), |sum, (m, x)| {
            sum + m.clone() * x.clone()
        })
    });
    per_mode::denominator(&value, a.clone()) == *forms.denominator()
        && per_mode::denominator(&slope, a.clone()) == forms.denominator().derivative("z")
        && per_mode::noise_numerator(b, z) == forms.noise_numerator()
        && v0 + a * v1 == forms.signal_numerator()
        && stepped.into_iter().eq(operator)
        && from_edge
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Outcome;

    #[test]
    fn all_identities_hold_for_heavy_ball() {
        for check in checks().unwrap() {
            assert_eq!(check.outcome, Outcome::Passed, "{}", check.name);
        }
    }

    #[test]
    fn the_numerics_of_heavy_ball_are_not_those_of_nesterov() {
        let forms = ClosedForms::derive(&UpdateRule::nesterov()).unwrap();
        assert!(!generic_forms_agree(&forms));
    }
}
