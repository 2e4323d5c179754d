//! U, V, S and R1 as derived from the heavy-ball rule, against the formulas of the paper
//! ((18), (20), (118), (121), Section 4.1) and against the generic forms that the numerics call.

use tauber::closed_form::from_edge::{self, FromEdge};
use tauber::closed_form::{ClosedForms, Quantity, per_mode};
use tauber::moment::UpdateRule;
use tauber::number::{Rational, Ring, parse_rational};
use tauber::polynomial::{Polynomial, RationalFunction};

fn forms() -> ClosedForms {
    ClosedForms::derive(&UpdateRule::heavy_ball()).unwrap()
}

fn p(text: &str) -> Polynomial {
    Polynomial::parse(text).unwrap()
}

fn q(text: &str) -> Rational {
    parse_rational(text).unwrap()
}

fn ring() -> [Polynomial; 4] {
    Polynomial::ring(["a", "b", "g", "z"])
}

/// The polynomial that the paper feeds to its quantifier eliminator.
const S: &str = "a^2*b*g*z^2 + a^2*b*z^2 + a^2*g*z - a^2*z - 2*a*b^2*z^2 - 2*a*b*z^2 + 2*a*b*z + 2*a*z \
                 - b^3*z^3 + b^3*z^2 + b^2*z^2 - b^2*z + b*z^2 - b*z - z + 1";

const R1: &str = "b^4*z^4 + 2*b^3*z^3 - 2*b^3*z^2 - 2*a^2*b*z^2 + 4*a*b^2*z^2 + 4*a*b*z^2 - 2*b^2*z^2 \
                  - 2*b*z^2 + 2*b*z + 1";

#[test]
fn denominator_is_the_s_of_the_paper() {
    assert_eq!(forms().denominator(), &p(S));
}

#[test]
fn numerators_are_those_of_18_and_20() {
    assert_eq!(forms().noise_numerator(), p("1 + b*z"));
    assert_eq!(
        forms().signal_numerator(),
        p("2*a*b*z + b^3*z^2 - b^2*z - b*z + 1")
    );
}

#[test]
fn first_row_is_free_of_g_and_sums_to_the_noise_numerator() {
    let expected = [
        "(1-b*z)*(1-b^2*z) + 2*a*b*z",
        "2*b*z*(1 - a - b^2*z)",
        "b^2*z*(1 + b*z)",
    ];
    let forms = forms();
    for (derived, text) in forms.row().iter().zip(expected) {
        assert_eq!(derived, &p(text));
        assert_eq!(derived.degree_in("g"), 0);
    }
}

#[test]
fn r1_is_121_and_free_of_g() {
    let r1 = forms().zu_derivative_numerator();
    assert_eq!(r1, p(R1));
    assert_eq!(r1.degree_in("g"), 0);
}

#[test]
fn characteristic_polynomial_is_s_reversed() {
    // det(x - A) = x^3 S(1/x).
    let mut reversed = Polynomial::zero();
    for (power, coefficient) in forms()
        .denominator()
        .coefficients_in("z")
        .iter()
        .enumerate()
    {
        reversed =
            reversed + coefficient.clone() * Polynomial::variable("x").power(3 - power as u32);
    }
    assert_eq!(forms().characteristic_polynomial(), reversed);
    assert_eq!(reversed, p("(x-b)*((x+b)^2 - x*(1+b-a)^2) + g*a^2*x*(x+b)"));
}

#[test]
fn special_values_of_s_and_of_the_terms_at_one() {
    let s = forms().denominator().clone();
    assert_eq!(s.substitute("a", &p("0")), p("(1-z)*(1-b*z)*(1-b^2*z)"));
    assert_eq!(s.substitute("b", &p("0")), p("1 - z*((1-a)^2 - g*a^2)"));
    assert_eq!(
        s.substitute("z", &p("1")),
        p("a*(2*(1-b^2) - a*(1-b) + g*a*(1+b))")
    );
    let at_one = |quantity: Quantity| {
        quantity.of(&forms()).unwrap().entries[0]
            .1
            .expand()
            .unwrap()
    };
    assert_eq!(
        at_one(Quantity::NoiseTermAtOne),
        RationalFunction::parse("a*(1+b)/(2*(1-b^2) - a*(1-b) + g*a*(1+b))").unwrap()
    );
    assert_eq!(
        at_one(Quantity::SignalTermAtOne),
        RationalFunction::parse("(2*a*b + (1-b)^2*(1+b))/(a*(2*(1-b^2) - a*(1-b) + g*a*(1+b)))")
            .unwrap()
    );
}

#[test]
fn generic_forms_instantiated_at_polynomials_equal_the_derivation() {
    let [a, b, g, z] = ring();
    let e = Polynomial::one() - z.clone();
    let forms = forms();
    let coefficients =
        per_mode::denominator_coefficients(b.clone(), g.clone(), z.clone(), e.clone());
    assert_eq!(
        &per_mode::denominator(&coefficients, a.clone()),
        forms.denominator()
    );
    let slopes =
        per_mode::denominator_derivative_coefficients(b.clone(), g.clone(), z.clone(), e.clone());
    assert_eq!(
        per_mode::denominator(&slopes, a.clone()),
        forms.denominator().derivative("z")
    );
    assert_eq!(
        per_mode::noise_numerator(b.clone(), z.clone()),
        forms.noise_numerator()
    );
    let [v0, v1] = per_mode::signal_numerator_coefficients(b.clone(), z.clone());
    assert_eq!(v0 + a.clone() * v1, forms.signal_numerator());
    let [w0, w1] = per_mode::signal_numerator_derivative_coefficients(b.clone(), z.clone());
    assert_eq!(
        w0 + a.clone() * w1,
        forms.signal_numerator().derivative("z")
    );
    let d = Polynomial::from_integer(2) * (Polynomial::one() + b.clone()) - a.clone();
    for negative in [false, true] {
        let form = FromEdge::new(b.clone(), g.clone(), z.clone(), e.clone(), negative);
        let at = |c: &[Polynomial; 3]| from_edge::at(c, a.clone(), d.clone());
        assert_eq!(&at(&form.denominator), forms.denominator());
        let slope = forms.denominator().derivative("z");
        assert_eq!(at(&form.denominator_derivative), slope);
        assert_eq!(form.noise, forms.noise_numerator());
        let moved = if negative { d.clone() } else { a.clone() };
        let signal = |[v0, v1]: [Polynomial; 2], m: Polynomial| v0 + m * v1;
        assert_eq!(
            signal(form.signal.clone(), moved.clone()),
            forms.signal_numerator()
        );
        let slope = forms.signal_numerator().derivative("z");
        assert_eq!(signal(form.signal_derivative, moved), slope);
        // With the wrong one of a and d it is another polynomial.
        let other = if negative { a.clone() } else { d.clone() };
        assert_ne!(signal(form.signal, other), forms.signal_numerator());
    }
    let factorised = per_mode::denominator_factorised(a.clone(), b.clone(), g.clone(), z.clone());
    assert_eq!(&factorised, forms.denominator());
    let r1 = per_mode::zu_derivative_numerator_factorised(a.clone(), b.clone(), z.clone());
    assert_eq!(r1, forms.zu_derivative_numerator());
    let quotient = |[n, d]: [Polynomial; 2]| RationalFunction::new(n, d).unwrap();
    let at_one = |quantity: Quantity| quantity.of(&forms).unwrap().entries[0].1.expand().unwrap();
    let noise = per_mode::noise_term_at_one(a.clone(), b.clone(), g.clone());
    assert_eq!(quotient(noise), at_one(Quantity::NoiseTermAtOne));
    let signal = quotient(per_mode::signal_term_at_one(
        a.clone(),
        b.clone(),
        g.clone(),
    ));
    let signal = signal.checked_division(a.clone().into()).unwrap();
    assert_eq!(signal, at_one(Quantity::SignalTermAtOne));
}

#[test]
fn generic_step_is_the_derived_operator() {
    let [a, b, g, _] = ring();
    let x = Polynomial::ring(["x11", "x12", "x22"]);
    let stepped = per_mode::step(a, b, g, x.clone());
    let matrix = forms().operator().matrix().clone();
    for (component, row) in stepped.iter().zip(matrix) {
        let product = row
            .into_iter()
            .zip(x.clone())
            .fold(Polynomial::zero(), |s, (m, x)| s + m * x);
        assert_eq!(component, &product);
    }
}

#[test]
fn resolvent_series_equals_powers_of_the_operator() {
    // Two ways that share no code: r/S expanded in z, and p A^t by repeated multiplication.
    let at = |p: &Polynomial| {
        p.evaluate(|name| match name {
            "a" => Some(q("3/4")),
            "b" => Some(q("-1/3")),
            "g" => Some(q("2/5")),
            _ => None,
        })
        .unwrap()
    };
    let forms = forms();
    let matrix: Vec<Vec<Rational>> = forms
        .operator()
        .matrix()
        .iter()
        .map(|row| row.iter().map(at).collect())
        .collect();
    let s: Vec<Rational> = forms
        .denominator()
        .coefficients_in("z")
        .iter()
        .map(at)
        .collect();
    for (column, numerator) in forms.row().iter().enumerate() {
        let n: Vec<Rational> = numerator.coefficients_in("z").iter().map(at).collect();
        let mut series: Vec<Rational> = Vec::new();
        let mut row = vec![Rational::one(), Rational::zero(), Rational::zero()];
        for t in 0..12 {
            let mut coefficient = n.get(t).cloned().unwrap_or_else(Rational::zero);
            for (k, s) in s.iter().enumerate().skip(1).take_while(|(k, _)| *k <= t) {
                coefficient -= s * &series[t - k];
            }
            assert_eq!(
                coefficient, row[column],
                "coefficient {t} of column {column}"
            );
            series.push(coefficient);
            row = (0..3)
                .map(|j| (0..3).fold(Rational::zero(), |sum, i| sum + &row[i] * &matrix[i][j]))
                .collect();
        }
    }
}

#[test]
fn a_typo_in_s_would_be_noticed() {
    // The comparison is not vacuous: each term of S matters.
    let s = p(S);
    for (exponents, coefficient) in s.terms() {
        let one = Polynomial::from_terms(s.variables(), [(exponents.clone(), coefficient.clone())]);
        assert_ne!(&(s.clone() - one), forms().denominator());
    }
}
