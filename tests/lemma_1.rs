//! Lemma 1: S > 0 on the stable box, and z U(z) increases. The proofs are found from nothing, the stored
//! certificates are checked, and both must say the same as the paper's polynomials.

use num_traits::{One, Signed, Zero};
use std::fs;
use std::path::PathBuf;
use tauber::certificate::{Certificate, Node, Statement, Verdict};
use tauber::number::{Rational, parse_rational};
use tauber::prover::{Options, prove};

fn proofs(folder: &str, file: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "proofs", folder, file]
        .iter()
        .collect()
}

fn statement(name: &str) -> Statement {
    let text = fs::read_to_string(proofs("statements", &format!("{name}.toml"))).unwrap();
    Statement::from_toml(&text).unwrap()
}

fn stored(name: &str) -> Certificate {
    let bytes = fs::read(proofs("certificates", &format!("{name}.json"))).unwrap();
    Certificate::from_json(&bytes).unwrap()
}

fn q(text: &str) -> Rational {
    parse_rational(text).unwrap()
}

#[test]
fn both_lemmas_are_proved_from_the_statement_alone() {
    for name in ["s_positive_on_stable_box", "zu_increasing"] {
        let outcome = prove(&statement(name), &Options::default());
        assert!(
            matches!(outcome.verdict, Verdict::Proved(_)),
            "{name}: {:?}",
            outcome.verdict
        );
    }
}

#[test]
fn the_stored_proof_of_s_positive_has_at_most_eight_products_and_no_split() {
    let certificate = stored("s_positive_on_stable_box");
    assert_eq!(certificate.statement, statement("s_positive_on_stable_box"));
    assert!(certificate.terms() <= 8, "{} terms", certificate.terms());
    assert_eq!(certificate.proofs[0].structure().0, 0);
}

#[test]
fn the_stored_proof_of_zu_increasing_has_at_most_six_products() {
    let certificate = stored("zu_increasing");
    assert_eq!(certificate.statement, statement("zu_increasing"));
    assert!(certificate.terms() <= 6, "{} terms", certificate.terms());
}

#[test]
fn the_claims_are_the_determinant_and_the_derivative_at_exact_points() {
    // S = det(1 - z A), by cofactors at rational points; R = S^2 d/dz[z (1 + b z)/S], by the quotient
    // rule with S' from the three coefficients of S in z that the notes give (4.1).
    let s = statement("s_positive_on_stable_box");
    let r = statement("zu_increasing");
    let one = Rational::one();
    for (a, b, g, z) in [
        ("3/2", "1/2", "1/10", "1/3"),
        ("1", "-1/3", "1/4", "4/5"),
        ("1/7", "-9/10", "1", "1/2"),
    ] {
        let (a, b, g, z) = (q(a), q(b), q(g), q(z));
        let noise = &g * &a * &a;
        let two = q("2");
        let m = [
            [
                (&one - &a) * (&one - &a) - &noise,
                &two * &b * (&one - &a),
                &b * &b,
            ],
            [
                -(&a * (&one - &a)) - &noise,
                &b * (&one - &two * &a),
                &b * &b,
            ],
            [&a * &a - &noise, -(&two * &a * &b), &b * &b],
        ];
        let entry = |i: usize, j: usize| {
            let identity = if i == j {
                one.clone()
            } else {
                Rational::zero()
            };
            identity - &z * &m[i][j]
        };
        let minor = |i: usize, j: usize, k: usize, l: usize| {
            entry(1, i) * entry(2, j) - entry(1, k) * entry(2, l)
        };
        let determinant = entry(0, 0) * minor(1, 2, 2, 1) - entry(0, 1) * minor(0, 2, 2, 0)
            + entry(0, 2) * minor(0, 1, 1, 0);
        let value = |statement: &Statement, g: &Rational| {
            let at = |name: &str| match name {
                "a" => Some(a.clone()),
                "b" => Some(b.clone()),
                "g" => Some(g.clone()),
                "z" => Some(z.clone()),
                _ => None,
            };
            statement.goals()[0].polynomial.evaluate(at).unwrap()
        };
        assert_eq!(value(&s, &g), determinant);
        // S = 1 + s1 z + s2 z^2 + s3 z^3 (notes, 4.1).
        let c = &one + &b - &a;
        let s1 = &b - &c * &c + &noise;
        let s2 = &b * &b - &b * (&two * &b - &c * &c) + &noise * &b;
        let s3 = -(&b * &b * &b);
        assert_eq!(
            &one + &s1 * &z + &s2 * &z * &z + &s3 * &z * &z * &z,
            determinant
        );
        let slope = &s1 + &two * &s2 * &z + q("3") * &s3 * &z * &z;
        let numerator = &z * (&one + &b * &z);
        let derivative = (&one + &two * &b * &z) * &determinant - numerator * slope;
        assert_eq!(value(&r, &g), derivative);
        assert!(determinant.is_positive() && derivative.is_positive());
    }
}

#[test]
fn a_changed_coefficient_is_rejected() {
    let mut certificate = stored("s_positive_on_stable_box");
    certificate.check().unwrap();
    fn first_leaf(node: &mut Node) -> Option<&mut Rational> {
        match node {
            Node::Identity { terms, .. } | Node::Absurd { terms } => {
                terms.first_mut().map(|t| &mut t.coefficient)
            }
            Node::Split { above, .. } => first_leaf(above),
            Node::Fact { proof, .. } => first_leaf(proof),
        }
    }
    let coefficient = first_leaf(&mut certificate.proofs[0]).unwrap();
    *coefficient = coefficient.clone() + Rational::one();
    assert!(certificate.check().is_err());
}

#[test]
fn a_proof_of_another_statement_is_rejected() {
    let mut certificate = stored("zu_increasing");
    certificate.statement = statement("zu_slope_margin");
    assert!(certificate.check().is_err());
}
