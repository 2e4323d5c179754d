//! Proposition 8: the spectral measures of C, J, V evolve on their own, (74)-(79). Against the full
//! matrices in exact rationals: degenerate eigenvalues, a zero eigenvalue, schedules, J_0, V_0 != 0.

mod dynamics_support;
mod noise_support;

use dynamics_support::{Randoms, q};
use noise_support::{any_matrix, diagonal, moments, rotation, turned};
use tauber::dynamics::{MeasureDynamics, NodeMoments, SeModes, SecondMoments, StepCoefficients};
use tauber::noise::{
    Dense, SpectralMeasure, covariance_of_jacobian, diagonal_in, spectrally_expressible,
};
use tauber::number::Rational;

const EIGENVALUES: [&str; 5] = ["3/2", "1/2", "1/2", "1/2", "0"];

/// alpha, beta, gamma, tau_1, tau_2 of four steps.
const SCHEDULE: [[&str; 5]; 4] = [
    ["1", "1/3", "1/2", "1", "1"],
    ["1/2", "-1/4", "1", "2/3", "-1"],
    ["2/3", "0", "1/4", "1", "0"],
    ["3/4", "4/5", "1/3", "1/2", "1/3"],
];

struct Full {
    /// Eigenvectors of H as columns.
    basis: Dense<Rational>,
    h: Dense<Rational>,
    state: SecondMoments<Rational>,
}

impl Full {
    fn new(seed: u64) -> Self {
        let basis = rotation(5, seed as usize);
        let h = turned(&diagonal(&EIGENVALUES.map(q)), &basis.transposed());
        let mut randoms = Randoms(seed);
        let state = SecondMoments {
            positions: moments(5, &mut randoms),
            mixed: any_matrix(5, 5, &mut randoms),
            velocities: moments(5, &mut randoms),
        };
        Self { basis, h, state }
    }

    fn measures(&self) -> [SpectralMeasure<Rational>; 3] {
        [
            &self.state.positions,
            &self.state.mixed,
            &self.state.velocities,
        ]
        .map(|a| {
            let components = diagonal_in(&self.basis, a).unwrap();
            SpectralMeasure::new(&EIGENVALUES.map(q), &components, &q("0")).unwrap()
        })
    }

    fn step(&mut self, [alpha, beta, gamma, _, _]: [&str; 5], sigma: &Dense<Rational>) {
        let coefficients = StepCoefficients {
            learning_rate: q(alpha),
            momentum: q(beta),
            noise_amplitude: q(gamma),
        };
        self.state = self.state.step(&self.h, &coefficients, sigma).unwrap();
    }

    fn se_noise(&self, [_, _, _, tau_1, tau_2]: [&str; 5]) -> Dense<Rational> {
        spectrally_expressible(&self.h, &self.state.positions, &q(tau_1), &q(tau_2)).unwrap()
    }
}

fn start(full: &Full) -> MeasureDynamics<Rational> {
    let [c, j, v] = full.measures();
    MeasureDynamics::new(&c, &j, &v).unwrap()
}

fn advance(measures: &mut MeasureDynamics<Rational>, entry: [&str; 5]) {
    let [alpha, beta, gamma, tau_1, tau_2] = entry.map(q);
    measures.step(&alpha, &beta, &(&gamma * tau_1), &(&gamma * tau_2));
}

#[test]
fn measures_follow_the_full_matrices_exactly() {
    for seed in 1..=2 {
        let mut full = Full::new(seed);
        let mut measures = start(&full);
        for entry in SCHEDULE {
            let sigma = full.se_noise(entry);
            full.step(entry, &sigma);
            advance(&mut measures, entry);
            assert_eq!(measures.measures(), full.measures());
            let loss = full.h.times(&full.state.positions).unwrap().trace();
            assert_eq!(measures.twice_loss(), loss);
        }
    }
}

#[test]
fn only_the_spectral_measure_of_the_noise_matters() {
    // Sigma plus a matrix without mass on any eigenspace: (7) still holds, nothing changes.
    let mut full = Full::new(3);
    let mut measures = start(&full);
    let mut hidden = Dense::<Rational>::zeros(5, 5);
    for (i, j, x) in [(0, 1, "3"), (1, 2, "-2"), (2, 4, "1/2")] {
        let e = |a: usize, b: usize| {
            Dense::from_fn(5, 5, |r, c| if (r, c) == (a, b) { q(x) } else { q("0") })
        };
        hidden = hidden.plus(&e(i, j)).unwrap().plus(&e(j, i)).unwrap();
    }
    // Trace zero inside the eigenspace of 1/2 too.
    let inside = diagonal(&["0", "1", "-1", "0", "0"].map(q));
    let hidden = turned(&hidden.plus(&inside).unwrap(), &full.basis.transposed());
    for entry in SCHEDULE {
        let sigma = full.se_noise(entry).plus(&hidden).unwrap();
        full.step(entry, &sigma);
        advance(&mut measures, entry);
        assert_eq!(measures.measures(), full.measures());
    }
}

#[test]
fn noise_that_is_not_spectrally_expressible_has_other_measures() {
    // Psi = Lambda^(1/2) Phi^T with square eigenvalues, and the true noise of mini-batches.
    let mut full = Full::new(4);
    let roots = ["3/2", "1", "1", "2/3", "0"].map(q);
    let eigenvalues = ["9/4", "1", "1", "4/9", "0"].map(q);
    full.h = diagonal(&eigenvalues);
    let psi = diagonal(&roots)
        .times(&rotation(5, 2).transposed())
        .unwrap();
    let measure = |a: &Dense<Rational>| {
        let components = diagonal_in(&Dense::identity(5), a).unwrap();
        SpectralMeasure::new(&eigenvalues, &components, &q("0")).unwrap()
    };
    let [c, j, v] = [
        &full.state.positions,
        &full.state.mixed,
        &full.state.velocities,
    ]
    .map(measure);
    let mut measures = MeasureDynamics::new(&c, &j, &v).unwrap();
    let entry = SCHEDULE[0];
    let sigma = covariance_of_jacobian(&psi, &full.state.positions).unwrap();
    full.step(entry, &sigma);
    advance(&mut measures, entry);
    let loss = full.h.times(&full.state.positions).unwrap().trace();
    assert_ne!(measures.twice_loss(), loss);
}

/// (65) as it is printed, for arrays of lambda C, lambda J, lambda V: no code of the library.
fn printed_65(
    modes: &mut [(Rational, Rational, [Rational; 3])],
    [alpha, beta, gamma, tau_2]: [&Rational; 4],
) {
    let two = q("2");
    let sum = modes.iter().fold(q("0"), |s, (_, _, x)| s + &x[0]);
    for (lambda, multiplicity, [c, j, p]) in modes {
        let a = alpha * &*lambda;
        let own = multiplicity.clone() * &sum - tau_2 * &*c;
        let common =
            &a * &a * &*c - &two * beta * &a * &*j + beta * beta * &*p + gamma * &a * &a * own;
        let old = c.clone();
        *c = &old - &two * &a * &old + &two * beta * &*j + &common;
        *j = beta * &*j - &a * old + &common;
        *p = common;
    }
}

#[test]
fn the_output_space_recursion_65_is_the_same_dynamics() {
    // tau_1 = 1 throughout: the recursion over nodes of lambda C, lambda J, lambda V.
    let full = Full::new(6);
    let mut measures = start(&full);
    let nodes = full.measures()[0]
        .atoms()
        .iter()
        .enumerate()
        .map(|(i, atom)| {
            let lambda = atom.eigenvalue.clone();
            let mass = |of: usize| &lambda * full.measures()[of].atoms()[i].mass.clone();
            NodeMoments {
                multiplicity: Rational::from_integer(atom.multiplicity.into()),
                moments: [mass(0), mass(1), mass(2)],
                eigenvalue: lambda.clone(),
            }
        })
        .collect();
    let mut written: Vec<_> = (full.measures()[0].atoms().iter().enumerate())
        .map(|(i, atom)| {
            let mass = |of: usize| &atom.eigenvalue * &full.measures()[of].atoms()[i].mass;
            let multiplicity = Rational::from_integer(atom.multiplicity.into());
            (atom.eigenvalue.clone(), multiplicity, [0, 1, 2].map(mass))
        })
        .collect();
    let mut modes = SeModes::new(nodes);
    for [alpha, beta, gamma, _, tau_2] in SCHEDULE {
        advance(&mut measures, [alpha, beta, gamma, "1", tau_2]);
        modes.step(&q(alpha), &q(beta), &q(gamma), &q(tau_2));
        printed_65(&mut written, [&q(alpha), &q(beta), &q(gamma), &q(tau_2)]);
        let sum = written.iter().fold(q("0"), |s, (_, _, x)| s + &x[0]);
        assert_eq!(measures.twice_loss(), sum);
        assert_eq!(modes.twice_loss(), sum);
        // All three measures, on every eigenvalue: lambda times (74) is the array of (65).
        for (which, measure) in measures.measures().iter().enumerate() {
            for (atom, (lambda, _, x)) in measure.atoms().iter().zip(&written) {
                assert_eq!(lambda * &atom.mass, x[which]);
            }
        }
    }
    // Not zero against zero.
    assert_ne!(measures.twice_loss(), q("0"));
}
