//! The statement files say what the closed forms say: their polynomials are built again here from the
//! functions that all numerics call, instantiated at polynomials.

use std::fs;
use std::path::PathBuf;
use tauber::certificate::Statement;
use tauber::closed_form::per_mode::{
    denominator, denominator_coefficients, denominator_derivative_coefficients, noise_numerator,
    noise_term_at_one, signal_numerator_coefficients, step,
};
use tauber::number::Ring;
use tauber::polynomial::Polynomial;

fn statement(name: &str) -> Statement {
    let file = format!("{name}.toml");
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "proofs", "statements", &file]
        .iter()
        .collect();
    Statement::from_toml(&fs::read_to_string(path).unwrap()).unwrap()
}

struct Forms {
    a: Polynomial,
    b: Polynomial,
    g: Polynomial,
    z: Polynomial,
    one: Polynomial,
}

impl Forms {
    fn new() -> Self {
        let [a, b, g, z] = Polynomial::ring(["a", "b", "g", "z"]);
        let one = Polynomial::one();
        Self { a, b, g, z, one }
    }

    fn e(&self) -> Polynomial {
        self.one.clone() - self.z.clone()
    }

    fn s(&self, g: &Polynomial) -> Polynomial {
        let c = denominator_coefficients(self.b.clone(), g.clone(), self.z.clone(), self.e());
        denominator(&c, self.a.clone())
    }

    fn s_slope(&self) -> Polynomial {
        let (b, g, z) = (self.b.clone(), self.g.clone(), self.z.clone());
        let c = denominator_derivative_coefficients(b, g, z, self.e());
        denominator(&c, self.a.clone())
    }

    /// S^2 d/dz [z (1 + b z)/S].
    fn r1(&self) -> Polynomial {
        let numerator = self.z.clone() * noise_numerator(self.b.clone(), self.z.clone());
        numerator.derivative("z") * self.s(&self.g) - numerator * self.s_slope()
    }

    fn u1_denominator(&self) -> Polynomial {
        noise_term_at_one(self.a.clone(), self.b.clone(), self.g.clone())[1].clone()
    }

    /// (1 + b z)^2 - z (1 + b - a)^2 = S(g = 0)/(1 - b z).
    fn noiseless_factor(&self) -> Polynomial {
        let y = self.one.clone() - self.b.clone() * self.z.clone();
        self.s(&Polynomial::zero()).exact_division(&y).unwrap()
    }
}

#[test]
fn claims_of_derived_statements_are_the_derived_polynomials() {
    let f = Forms::new();
    let [z, b, a] = [f.z.clone(), f.b.clone(), f.a.clone()];
    let bz = b.clone() * z.clone();
    let s = f.s(&f.g);
    let no_rate = s.substitute("a", &Polynomial::zero());
    let numerator = z.clone() * noise_numerator(b.clone(), z.clone());
    let signal = signal_numerator_coefficients(b.clone(), z.clone());
    let edge = Polynomial::from_integer(2) * (f.one.clone() + b.clone()) - a.clone();
    let y = f.one.clone() - bz.clone();
    let at_one = s.substitute("z", &f.one);
    let cases: Vec<(&str, Polynomial)> = vec![
        ("s_positive_on_stable_box", s.clone()),
        ("s_positive_for_negative_tau", s.clone()),
        ("zu_increasing", f.r1()),
        ("s_margin", s.clone() - no_rate),
        (
            "s_margin_in_learning_rate",
            s.clone() - a.clone() * z.clone() * y.clone() * edge,
        ),
        ("noiseless_factor_positive", f.noiseless_factor()),
        (
            "noiseless_s_positive_at_negative_z",
            f.s(&Polynomial::zero()),
        ),
        (
            "u_numerator_positive",
            noise_numerator(b.clone(), z.clone()),
        ),
        (
            "v_numerator_positive",
            signal[0].clone() + signal[1].clone() * a.clone(),
        ),
        ("u_at_one_denominator_positive", f.u1_denominator()),
        ("zu_slope_margin", f.r1() - f.noiseless_factor()),
        (
            "u_at_one_term_below_inverse_noise",
            f.u1_denominator()
                - f.g.clone() * noise_term_at_one(a.clone(), b.clone(), f.g.clone())[0].clone(),
        ),
        (
            "u_term_below_its_value_at_one",
            noise_numerator(b.clone(), f.one.clone()) * s.clone() - numerator * at_one,
        ),
    ];
    for (name, derived) in cases {
        let statement = statement(name);
        assert_eq!(statement.goals().len(), 1, "{name}");
        let claimed = &statement.goals()[0].polynomial;
        assert_eq!(
            *claimed, derived,
            "{name}: claimed {claimed}, derived {derived}"
        );
    }
}

#[test]
fn the_condition_for_negative_tau_is_the_denominator_of_u_at_one() {
    let f = Forms::new();
    let statement = statement("s_positive_for_negative_tau");
    assert!(
        statement
            .given()
            .iter()
            .any(|h| h.strict && h.polynomial == f.u1_denominator())
    );
}

#[test]
fn jury_conditions_are_those_of_the_characteristic_polynomial() {
    // det(x - A) from the moment map: columns are the images of the unit vectors.
    let f = Forms::new();
    let [zero, one] = [Polynomial::zero(), Polynomial::one()];
    let image = |k: usize| {
        let mut unit = [zero.clone(), zero.clone(), zero.clone()];
        unit[k] = one.clone();
        step(f.a.clone(), f.b.clone(), zero.clone(), unit)
    };
    let columns = [image(0), image(1), image(2)];
    let entry = |i: usize, j: usize| columns[j][i].clone();
    let minor = |i: usize, j: usize| entry(i, i) * entry(j, j) - entry(i, j) * entry(j, i);
    let trace = entry(0, 0) + entry(1, 1) + entry(2, 2);
    let c2 = -trace;
    let c1 = minor(0, 1) + minor(0, 2) + minor(1, 2);
    let determinant = entry(0, 0) * (entry(1, 1) * entry(2, 2) - entry(1, 2) * entry(2, 1))
        - entry(0, 1) * (entry(1, 0) * entry(2, 2) - entry(1, 2) * entry(2, 0))
        + entry(0, 2) * (entry(1, 0) * entry(2, 1) - entry(1, 1) * entry(2, 0));
    let c0 = -determinant;
    let top = one.clone() - c0.clone() * c0.clone();
    let low = c1.clone() - c0.clone() * c2.clone();
    let expected = [
        one.clone() + c2.clone() + c1.clone() + c0.clone(),
        one - c2 + c1 - c0,
        top.clone(),
        top.clone() - low.clone(),
        top + low,
    ];
    let statement = statement("jury_conditions_noiseless_operator");
    let claimed: Vec<&Polynomial> = statement.goals().iter().map(|g| &g.polynomial).collect();
    assert_eq!(claimed, expected.iter().collect::<Vec<_>>());
}

#[test]
fn a_statement_that_differs_from_the_derivation_is_noticed() {
    let f = Forms::new();
    let wrong = f.s(&f.g) + f.a.clone() * f.z.clone();
    assert_ne!(
        statement("s_positive_on_stable_box").goals()[0].polynomial,
        wrong
    );
}
