//! Time to derive U, V and S from an update rule, identity check included, and all quantities.
//! `cargo bench --bench derivation`; the ratio to SymPy comes from `benches/peers/derive_sympy.py`.

use divan::black_box;
use tauber::closed_form::{ClosedForms, Quantity};
use tauber::moment::UpdateRule;

fn main() {
    divan::main();
}

fn rule(name: &str) -> UpdateRule {
    UpdateRule::by_name(name).unwrap()
}

/// Operator, resolvent, identity check, cancellation, numerators of U and V.
#[divan::bench(args = ["plain", "heavy-ball", "nesterov"])]
fn derive(bencher: divan::Bencher, name: &str) {
    let rule = rule(name);
    bencher.bench_local(|| {
        let forms = ClosedForms::derive(black_box(&rule)).unwrap();
        black_box((forms.noise_numerator(), forms.signal_numerator(), forms))
    });
}

/// Everything that `tauber derive` prints, as trees.
#[divan::bench(args = ["heavy-ball", "nesterov"])]
fn every_quantity(bencher: divan::Bencher, name: &str) {
    let forms = ClosedForms::derive(&rule(name)).unwrap();
    bencher.bench_local(|| {
        Quantity::ALL
            .iter()
            .filter_map(|q| q.of(black_box(&forms)).ok())
            .collect::<Vec<_>>()
    });
}
