//! The statement files say what the closed forms say: their polynomials are built again here from the
//! functions that all numerics call, instantiated at polynomials.

use std::fs;
use std::path::PathBuf;
use tauber::certificate::Statement;
use tauber::closed_form::per_mode::{
    denominator, denominator_coefficients, denominator_derivative_coefficients, noise_numerator,
    noise_term_at_one, signal_numerator_coefficients, step,
};
use tauber::moment::UpdateRule;
use tauber::number::{Ring, parse_rational};
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

/// The claims of every statement that comes from a derived closed form, derived here.
fn derived() -> Vec<(&'static str, Vec<Polynomial>)> {
    let f = Forms::new();
    let [z, b, a, g] = [f.z.clone(), f.b.clone(), f.a.clone(), f.g.clone()];
    let [c, w] = Polynomial::ring(["c", "w"]);
    let number = Polynomial::from_integer;
    let bz = b.clone() * z.clone();
    let s = f.s(&f.g);
    let no_rate = s.substitute("a", &Polynomial::zero());
    let signal = signal_numerator_coefficients(b.clone(), z.clone());
    let p = f.one.clone() + b.clone();
    let edge = number(2) * p.clone() - a.clone();
    let y = f.one.clone() - bz.clone();
    // The term of U(1) at a, at c and half way.
    let [term, denominator] = noise_term_at_one(a.clone(), b.clone(), g.clone());
    let at = |q: &Polynomial, value: &Polynomial| q.substitute("a", value);
    let half = (a.clone() + c.clone()).scale(&parse_rational("1/2").unwrap());
    let [term_c, denominator_c] = [at(&term, &c), at(&denominator, &c)];
    let rise = term_c.clone() * denominator.clone() - term.clone() * denominator_c.clone();
    let both = denominator.clone() * denominator_c.clone();
    let chord = term.clone() * denominator_c.clone() + term_c.clone() * denominator.clone();
    let convex =
        chord.clone() * at(&denominator, &half) - number(2) * at(&term, &half) * both.clone();
    // z U at z and at w; without noise, since the noise cancels.
    let numerator = z.clone() * noise_numerator(b.clone(), z.clone());
    let quiet = f.s(&Polynomial::zero());
    let to_w = |q: &Polynomial| q.substitute("z", &w);
    let growth = to_w(&numerator) * quiet.clone() - numerator.clone() * to_w(&quiet);
    let noisy = to_w(&numerator) * s.clone() - numerator * to_w(&s);
    assert_eq!(noisy, growth, "the noise cancels");
    // (211) without momentum: a term of dU(1)/d alpha is a over the square of its denominator.
    let [x, y_name] = Polynomial::ring(["x", "y"]);
    let plain = denominator.substitute("b", &Polynomial::zero());
    let bracket = |q: &Polynomial, r: &Polynomial| q.clone() * at(&plain, r).square();
    // Two modes at tau = 0: a + c against what U(1) < 1 says.
    let effective = number(2) * (f.one.clone() - b.clone()) - g.clone() * (a.clone() + c.clone());
    // U(1) over gamma is lambda/(lambda (t - d) + x) with a = 1/s, s = (1 + b) x/(2 (1 - b)) .. of (125).
    let by_p = |q: Polynomial| q.exact_division(&p).unwrap();
    let one_term: Vec<(&'static str, Polynomial)> = vec![
        ("s_positive_on_stable_box", s.clone()),
        ("s_positive_for_negative_tau", s.clone()),
        ("zu_increasing", f.r1()),
        ("zu_increasing_between_two_points", growth),
        ("s_margin", s.clone() - no_rate.clone()),
        (
            "s_margin_in_learning_rate",
            s.clone() - a.clone() * z.clone() * y * edge,
        ),
        (
            "s_upper_bound_for_positive_momentum",
            no_rate
                + number(2)
                    * a.clone()
                    * z.clone()
                    * p.clone()
                    * noise_numerator(b.clone(), z.clone())
                - s,
        ),
        ("noiseless_factor_positive", f.noiseless_factor()),
        (
            "noiseless_factor_positive_for_complex_roots",
            f.noiseless_factor(),
        ),
        ("u_numerator_positive", noise_numerator(b.clone(), z)),
        (
            "v_numerator_positive",
            signal[0].clone() + signal[1].clone() * a.clone(),
        ),
        ("u_at_one_denominator_positive", f.u1_denominator()),
        (
            "u_at_one_increasing_in_learning_rate",
            number(8) * rise - (f.one.clone() - b.clone()) * (c.clone() - a.clone()) * both,
        ),
        ("u_at_one_convex_in_learning_rate", by_p(convex)),
        ("zu_slope_margin", f.r1() - f.noiseless_factor()),
        (
            "optimum_bracket_increasing",
            bracket(&y_name, &x) - bracket(&x, &y_name),
        ),
        ("bound_22_for_two_neutral_modes", effective),
        (
            "heavy_ball_real_roots_for_negative_momentum",
            discriminant(&UpdateRule::heavy_ball()),
        ),
        (
            "heavy_ball_real_roots_below",
            discriminant(&UpdateRule::heavy_ball())
                .substitute("b", &Polynomial::variable("s").square()),
        ),
        (
            "heavy_ball_complex_roots",
            -discriminant(&UpdateRule::heavy_ball())
                .substitute("b", &Polynomial::variable("s").square()),
        ),
        (
            "nesterov_complex_roots",
            -discriminant(&UpdateRule::nesterov()),
        ),
    ];
    let mut all: Vec<_> = one_term
        .into_iter()
        .map(|(name, q)| (name, vec![q]))
        .collect();
    all.push(("jury_conditions_noiseless_operator", jury_conditions()));
    // x^2 - t x + d is Schur stable iff 1 - t + d, 1 + t + d and 1 - d are positive.
    let [trace, determinant] = trace_and_determinant(&UpdateRule::nesterov());
    let one = Polynomial::one;
    all.push((
        "nesterov_jury_conditions",
        vec![
            one() + trace + determinant.clone(),
            one() - determinant.clone(),
            one() + determinant,
        ],
    ));
    all
}

/// The Jury conditions of the noiseless operator, from its characteristic polynomial.
fn jury_conditions() -> Vec<Polynomial> {
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
    vec![
        one.clone() + c2.clone() + c1.clone() + c0.clone(),
        one - c2 + c1 - c0,
        top.clone(),
        top.clone() - low.clone(),
        top + low,
    ]
}

/// Trace and determinant of the step of a rule of two numbers.
fn trace_and_determinant(rule: &UpdateRule) -> [Polynomial; 2] {
    let m = rule.step();
    let entry = |i: usize, j: usize| m[i][j].clone();
    [
        entry(0, 0) + entry(1, 1),
        entry(0, 0) * entry(1, 1) - entry(0, 1) * entry(1, 0),
    ]
}

/// The discriminant of the characteristic polynomial: negative where the roots are complex.
fn discriminant(rule: &UpdateRule) -> Polynomial {
    let [trace, determinant] = trace_and_determinant(rule);
    trace.square() - Polynomial::from_integer(4) * determinant
}

fn claims(statement: &Statement) -> Vec<Polynomial> {
    statement
        .goals()
        .iter()
        .map(|g| g.polynomial.clone())
        .collect()
}

#[test]
fn claims_of_derived_statements_are_the_derived_polynomials() {
    for (name, derived) in derived() {
        assert_eq!(claims(&statement(name)), derived, "{name}");
    }
}

#[test]
fn every_statement_about_the_operator_or_its_functions_has_a_row() {
    // Those left are about eigenvalues, batches and signals alone, or their claim is a bare bound.
    let others = [
        "bound_23_for_two_modes",
        "complex_roots_need_a_below_four",
        "complex_roots_only_between",
        "critical_regularization_at_least_trace_minus_largest",
        "critical_regularization_at_most_trace",
        "critical_regularization_largest_for_equal_modes",
        "learning_rate_or_sign_kept",
        "negative_momentum_helps_where_signal_sits_high",
        "no_stable_learning_rate_below_minus_one",
        "noise_amplitude_between_zero_and_one",
        "se_noise_is_nonnegative",
    ];
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "proofs", "statements"]
        .iter()
        .collect();
    let mut files: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    files.sort();
    let mut known: Vec<&str> = derived()
        .iter()
        .map(|(name, _)| *name)
        .chain(others)
        .collect();
    known.sort_unstable();
    assert_eq!(files, known);
}

/// The text with its n-th number one larger, or `None` if it has fewer.
fn number_raised(text: &str, n: usize) -> Option<String> {
    let mut starts = text.char_indices().filter(|&(at, c)| {
        c.is_ascii_digit() && !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric())
    });
    let (start, _) = starts.nth(n)?;
    let rest = &text[start..];
    let length = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let value: u32 = rest[..length].parse().unwrap();
    Some(format!(
        "{}{}{}",
        &text[..start],
        value + 1,
        &rest[length..]
    ))
}

#[test]
fn every_row_notices_a_changed_number_anywhere_in_the_claim() {
    for (name, derived) in derived() {
        let path = format!(
            "{}/proofs/statements/{name}.toml",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = fs::read_to_string(path).unwrap();
        let (head, claim) = text.split_at(text.find("\nclaim").unwrap());
        let mut changed = 0;
        while let Some(mutant) = number_raised(claim, changed) {
            // The right side 0 of `> 0` becomes 1; exponents and factors change the polynomial.
            let read = Statement::from_toml(&format!("{head}{mutant}")).unwrap();
            assert_ne!(claims(&read), derived, "{name}: {mutant}");
            changed += 1;
        }
        assert!(changed > 0, "{name}");
    }
}

#[test]
fn every_row_notices_a_changed_sign_anywhere_in_the_claim() {
    for (name, derived) in derived() {
        let path = format!(
            "{}/proofs/statements/{name}.toml",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = fs::read_to_string(path).unwrap();
        let claim = text.find("\nclaim").unwrap();
        for (at, c) in text
            .char_indices()
            .filter(|&(at, c)| at > claim && "+-".contains(c))
        {
            let other = if c == '+' { "-" } else { "+" };
            let mutant = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            let read = Statement::from_toml(&mutant).unwrap();
            assert_ne!(claims(&read), derived, "{name}: {mutant}");
        }
    }
}

#[test]
fn the_hypothesis_of_bound_22_is_u_at_one_below_one() {
    // gamma tau = 0: a/D(a) + c/D(c) < 1/gamma, denominators cleared.
    let f = Forms::new();
    let c = Polynomial::variable("c");
    let term = |a: &Polynomial| noise_term_at_one(a.clone(), f.b.clone(), Polynomial::zero());
    let ([n, d], [m, e]) = (term(&f.a), term(&c));
    let below = d.clone() * e.clone() - f.g.clone() * (n * e + m * d);
    let below = below
        .exact_division(&(f.one.clone() - f.b.clone()))
        .unwrap();
    let statement = statement("bound_22_for_two_neutral_modes");
    assert!(
        statement
            .given()
            .iter()
            .any(|h| h.strict && h.polynomial == below)
    );
}

#[test]
fn the_claim_of_bound_23_is_u_at_one_below_one() {
    // (125): with a = 2 (1-b)(1+b) l/(gamma ..): U(1) = sum l/(l (t - d) + x), x = 2/(gamma alpha_eff) and
    // d = (1-b)/(gamma (1+b)), in units of the critical regularization.
    let [d, l, m, t, x] = Polynomial::ring(["d", "l", "m", "t", "x"]);
    let of = |l: &Polynomial| l.clone() * (t.clone() - d.clone()) + x.clone();
    let (p, q) = (of(&l), of(&m));
    let expected = vec![
        p.clone(),
        q.clone(),
        p.clone() * q.clone() - l.clone() * q.clone() - m.clone() * p.clone(),
    ];
    assert_eq!(claims(&statement("bound_23_for_two_modes")), expected);
    // The term of U(1), gamma (1+b) a/D(a): times 2/(gamma (1+b) alpha_eff .. ) it is l/(l (t - d) + x): check by
    // cross multiplication at gamma = 1, alpha = 1, where g = t, x = 2 (1 - b), d (1 + b) = 1 - b.
    let f = Forms::new();
    let [n, e] = noise_term_at_one(f.a.clone(), f.b.clone(), f.g.clone());
    let plus = f.one.clone() + f.b.clone();
    let minus = f.one.clone() - f.b.clone();
    let cleared = f.a.clone() * (f.g.clone() * plus.clone() - minus.clone())
        + Polynomial::from_integer(2) * minus * plus.clone();
    assert_eq!(n * cleared, f.a.clone() * plus * e);
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
