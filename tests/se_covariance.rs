//! Which noises are covariances, on 3,125 models in corners each, over Q: the true noise always; the SE
//! noise for every C iff tau_2 <= tau_1 and, with two positive eigenvalues, tau_1 >= 0.
//!
//! A symmetric matrix is positive semi-definite iff no principal minor is negative: written out here for
//! three modes, where the library eliminates or looks at rank-one moments.

mod dynamics_support;
mod noise_support;

use dynamics_support::{Randoms, q};
use noise_support::{corner_list, diagonal, improper, moments, rotation, turned};
use tauber::noise::{
    Dense, SeParameters, SpectralMeasure, component_range, covariance_of_jacobian,
    spectrally_expressible,
};
use tauber::number::{Rational, Ring};

/// The seven principal minors of a symmetric 3 x 3 matrix.
fn principal_minors(a: &Dense<Rational>) -> [Rational; 7] {
    let two = |i: usize, j: usize| a.entry(i, i) * a.entry(j, j) - a.entry(i, j).square();
    let three = a.entry(0, 0) * two(1, 2)
        - a.entry(0, 1) * (a.entry(0, 1) * a.entry(2, 2) - a.entry(1, 2) * a.entry(0, 2))
        + a.entry(0, 2) * (a.entry(0, 1) * a.entry(1, 2) - a.entry(1, 1) * a.entry(0, 2));
    [
        a.entry(0, 0),
        a.entry(1, 1),
        a.entry(2, 2),
        two(0, 1),
        two(0, 2),
        two(1, 2),
        three,
    ]
}

fn is_covariance(a: &Dense<Rational>) -> bool {
    *a == a.transposed() && principal_minors(a).iter().all(|m| *m >= q("0"))
}

/// Square roots of eigenvalues in corners, another list for each model: random, equal, nearly equal, over 150 decades,
/// one that dominates; one or two of them zero in part of the models.
fn roots(at: usize) -> [Rational; 3] {
    let list = corner_list(3, at, 150);
    let zeros = [0, 0, 1, 0, 2][at / 6 % 5];
    [0, 1, 2].map(|k| {
        if k + zeros < 3 {
            list[k].clone()
        } else {
            q("0")
        }
    })
}

/// Moments in corners: full rank, rank one, one mode only, nearly singular.
fn state(at: usize) -> Dense<Rational> {
    let full = moments(3, &mut Randoms(at as u64));
    match at / 25 % 5 {
        0 => full,
        1 => {
            let x = Randoms(at as u64 + 7).vector(3);
            Dense::outer(&x, &x)
        }
        2 => {
            let mut one = [q("0"), q("0"), q("0")];
            one[at % 3] = q("1");
            diagonal(&one)
        }
        3 => full
            .scaled(&q("1/1000"))
            .plus(&diagonal(&["1", "0", "0"].map(q)))
            .unwrap(),
        _ => diagonal(&["1", "1/1000", "0"].map(q)),
    }
}

#[test]
fn the_true_noise_is_a_covariance_on_3125_models() {
    for at in 0..3125 {
        let phi = if at % 2 == 0 {
            rotation(3, at / 125)
        } else {
            improper(3, at / 125)
        };
        let psi = diagonal(&roots(at)).times(&phi.transposed()).unwrap();
        let sigma = covariance_of_jacobian(&psi, &state(at)).unwrap();
        assert!(is_covariance(&sigma), "model {at}");
    }
}

#[test]
fn a_state_that_is_no_covariance_gives_a_noise_that_is_none() {
    // The same minors must be able to fail: C = diag(1, -1, 0) at Phi = 1.
    let c = diagonal(&["1", "-1", "0"].map(q));
    let psi = diagonal(&roots(0));
    assert!(!is_covariance(&covariance_of_jacobian(&psi, &c).unwrap()));
}

#[test]
fn the_se_noise_is_a_covariance_for_every_state_iff_tau_2_is_at_most_tau_1_and_tau_1_is_not_negative()
 {
    let ones = ["0", "1", "1/1000", "-1/1000", "-1"];
    let gaps = ["0", "1/1000", "-1/1000", "2", "-3"];
    let (mut good, mut bad) = (0, 0);
    for at in 0..3125 {
        let tau_1 = q(ones[at / 125 % 5]);
        let tau_2 = &tau_1 + q(gaps[at / 625 % 5]);
        let lambda = roots(at).map(|r| r.square());
        let positive = lambda.iter().filter(|l| **l > q("0")).count();
        let allowed = tau_2 <= tau_1 && (positive < 2 || tau_1 >= q("0"));
        let h = diagonal(&lambda);
        let se = |c: &Dense<Rational>| spectrally_expressible(&h, c, &tau_1, &tau_2).unwrap();
        let taus = SeParameters {
            tau_1: tau_1.clone(),
            tau_2: tau_2.clone(),
        };
        match taus.negative_component(&lambda) {
            None => {
                assert!(allowed, "model {at}: {tau_1} {tau_2}");
                // In any basis of the eigenvectors.
                let o = rotation(3, at % 7);
                let c = turned(&state(at), &o);
                assert!(is_covariance(&se(&c)), "model {at}: {tau_1} {tau_2}");
                good += 1;
            }
            Some(found) => {
                assert!(!allowed, "model {at}: {tau_1} {tau_2}");
                let mut one = [q("0"), q("0"), q("0")];
                one[found.moment_mode] = q("1");
                let sigma = se(&diagonal(&one));
                let k = found.noise_mode;
                assert_eq!(sigma.entry(k, k), found.component);
                assert!(!is_covariance(&sigma));
                bad += 1;
            }
        }
    }
    assert!(good > 800 && bad > 800, "{good} {bad}");
}

#[test]
fn se_masses_are_not_negative_and_both_ends_of_67_lie_within_66() {
    for at in 0..3125 {
        let lambda = roots(at).map(|r| r.square());
        let c = state(at);
        let own = [0, 1, 2].map(|k| c.entry(k, k));
        let rho = SpectralMeasure::new(&lambda, &own, &q("0")).unwrap();
        let trace = rho.integral(Clone::clone);
        for tau_2 in ["1", "0", "-1"].map(q) {
            let noise = rho.spectrally_expressible(&q("1"), &tau_2);
            assert!(noise.atoms().iter().all(|atom| atom.mass >= q("0")));
        }
        for k in 0..3 {
            let range = component_range(3, &lambda[k], &own[k], &trace).unwrap();
            for end in [&range.overlapping, &range.orthogonal] {
                assert!(*end >= q("0") && *end <= range.upper_bound, "model {at}");
            }
        }
    }
}
