//! Symbolica derives, and the identity check accepts: `cargo test --features symbolica --test symbolica`.
//!
//! Without a licence key a second thread of Symbolica ends the process, so this binary has no test
//! harness: `main` runs everything on the one thread it has. Never part of CI.

use tauber::closed_form::{ClosedForms, DerivationError, Engine, SymbolicaEngine};
use tauber::moment::{MomentOperator, UpdateRule};
use tauber::polynomial::Polynomial;

/// Symbolica's answer with one coefficient changed.
struct Spoiled;

impl Engine for Spoiled {
    fn name(&self) -> &str {
        "spoiled"
    }
    fn resolvent_row(
        &self,
        operator: &MomentOperator,
    ) -> Result<(Vec<Polynomial>, Polynomial), String> {
        let (mut row, denominator) = SymbolicaEngine::new().resolvent_row(operator)?;
        row[0] = row[0].clone() + Polynomial::parse("1/1000*b*z").map_err(|e| e.to_string())?;
        Ok((row, denominator))
    }
}

fn main() {
    for name in UpdateRule::NAMES {
        let rule = UpdateRule::by_name(name).unwrap();
        let forms = ClosedForms::derive_with(&rule, &SymbolicaEngine::new());
        assert!(forms.is_ok(), "{name}: {forms:?}");
        println!("symbolica_derives_{name} and the identity check accepts ... ok");
        let refused = ClosedForms::derive_with(&rule, &Spoiled).unwrap_err();
        assert!(
            matches!(refused, DerivationError::Identity { .. }),
            "{refused}"
        );
        println!("a_changed_coefficient_of_its_answer_is_refused ({name}) ... ok");
    }
    // The numerators of the notes, typed in here: U 1 + b z, V 2abz + b^3z^2 - b^2z - bz + 1.
    let forms =
        ClosedForms::derive_with(&UpdateRule::heavy_ball(), &SymbolicaEngine::new()).unwrap();
    let written = |text| Polynomial::parse(text).unwrap();
    assert_eq!(forms.noise_numerator(), written("1 + b*z"));
    assert_eq!(
        forms.signal_numerator(),
        written("2*a*b*z + b^3*z^2 - b^2*z - b*z + 1")
    );
    println!("the_numerators_are_those_of_18_and_20 ... ok");
}
