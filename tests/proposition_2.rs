//! Proposition 2: on a regular grid of the torus with a translation-invariant kernel the SE noise with
//! tau_1 = tau_2 = 1 is exact, for any C, with degenerate and zero eigenvalues.
//!
//! Two ways: characters of Z_2^D and Z_4 x Z_2 over Q and Q(i), exactly; larger grids in f64.

mod dynamics_support;
mod noise_support;

use dynamics_support::{Randoms, q};
use noise_support::{Floats, distance, moments, square_root};
use tauber::dynamics::{ExactMoments, KernelView, SeRecursion, SecondMoments, StepCoefficients};
use tauber::moment::Hyperparameters;
use tauber::noise::{
    Dense, NoiseSpectrum, SpectralMeasure, TorusKernel, TraceDistance, covariance_of_jacobian,
    output_space,
};
use tauber::number::{Complex, Rational, Ring};
use tauber::spectrum::Spectrum;

/// A character of Z_4 x Z_2 at a point, as a power of i.
fn character(wave: usize, point: usize) -> Complex<Rational> {
    let quarter_turns = (wave / 2) * (point / 2) + 2 * (wave % 2) * (point % 2);
    let (re, im) = [("1", "0"), ("0", "1"), ("-1", "0"), ("0", "-1")][quarter_turns % 4];
    Complex::new(q(re), q(im))
}

/// K_ij = 1/N sum_q lambda_q chi_q(i) conj(chi_q(j)), real for even lambda.
fn kernel_over_q(lambda: &[Rational]) -> Dense<Rational> {
    let n = lambda.len();
    Dense::from_fn(n, n, |i, j| {
        let sum = (0..n).fold(Complex::real(Rational::zero()), |sum, w| {
            sum + Complex::real(lambda[w].clone()) * character(w, i) * character(w, j).conjugate()
        });
        assert_eq!(sum.im, q("0"));
        sum.re / q("8")
    })
}

/// phi_q^* A phi_q over Q(i).
fn component(a: &Dense<Rational>, wave: usize) -> Rational {
    let n = a.rows();
    let mut sum = Complex::real(Rational::zero());
    for i in 0..n {
        for j in 0..n {
            sum = sum
                + character(wave, i).conjugate()
                    * Complex::real(a.entry(i, j))
                    * character(wave, j);
        }
    }
    assert_eq!(sum.im, q("0"));
    sum.re / q("8")
}

/// On Z_4 x Z_2, point (x, y) has number 2 x + y; lambda(-q) = lambda(q) makes waves 2, 3 pair with
/// 6, 7. Accidental degeneracies and zeros on purpose.
fn lambda_over_q() -> Vec<Rational> {
    ["2", "1/2", "1/2", "0", "1/3", "0", "1/2", "0"]
        .map(q)
        .to_vec()
}

#[test]
fn every_fourier_component_is_exact_over_q_with_degenerate_and_zero_eigenvalues() {
    let lambda = lambda_over_q();
    let kernel = kernel_over_q(&lambda);
    for seed in 1..=4 {
        // Any C, not translation invariant.
        let c = moments(8, &mut Randoms(seed));
        let sigma = output_space(&kernel, &c).unwrap();
        for (wave, l) in lambda.iter().enumerate() {
            let expected = l.square() * (c.trace() - component(&c, wave));
            assert_eq!(
                component(&sigma, wave),
                expected,
                "wave {wave}, seed {seed}"
            );
        }
    }
}

/// Losses `Tr C` of (55) with the noise (56), and those of (65) at `tau`, over Q from one residual.
fn trajectories_over_q(
    kernel: &Dense<Rational>,
    lambda: &[Rational],
    residual: &[Rational],
    tau: &Rational,
) -> [Vec<Rational>; 2] {
    // gamma of batches of 3 out of 8, and a schedule.
    let gamma = q("5/21");
    let mut full = SecondMoments::at_rest(Dense::outer(residual, residual));
    let mut modes: Vec<[Rational; 3]> = (0..lambda.len())
        .map(|w| [component(&full.positions, w), q("0"), q("0")])
        .collect();
    let mut losses = [vec![full.positions.trace()], vec![full.positions.trace()]];
    for (alpha, beta) in [
        ("1/2", "1/3"),
        ("1/4", "-1/2"),
        ("2/3", "1/5"),
        ("1/3", "0"),
    ] {
        let (alpha, beta) = (q(alpha), q(beta));
        let coefficients = StepCoefficients {
            learning_rate: alpha.clone(),
            momentum: beta.clone(),
            noise_amplitude: gamma.clone(),
        };
        let sigma = output_space(kernel, &full.positions).unwrap();
        full = full.step(kernel, &coefficients, &sigma).unwrap();
        // (65), written out.
        let sum = modes.iter().fold(q("0"), |s, [c, _, _]| s + c);
        for ([c, j, v], l) in modes.iter_mut().zip(lambda) {
            let a = &alpha * l;
            let noise = &gamma * &a * &a * (&sum - tau * &*c);
            let common = &a * &a * &*c - q("2") * &beta * &a * &*j + &beta * &beta * &*v + noise;
            let old = c.clone();
            *c = &old - q("2") * &a * &old + q("2") * &beta * &*j + &common;
            *j = &beta * &*j - &a * old + &common;
            *v = common;
        }
        losses[0].push(full.positions.trace());
        losses[1].push(modes.iter().fold(q("0"), |s, [c, _, _]| s + c));
        if *tau == q("1") {
            for (wave, [c, _, _]) in modes.iter().enumerate() {
                assert_eq!(component(&full.positions, wave), *c, "wave {wave}");
            }
        }
    }
    losses
}

#[test]
fn whole_trajectories_agree_exactly_over_q_reachable_or_not() {
    let lambda = lambda_over_q();
    let kernel = kernel_over_q(&lambda);
    let mut randoms = Randoms(12);
    let free = randoms.vector(8);
    // In the range of K, and any residual: (65) in output space keeps the null space too.
    let reachable: Vec<Rational> = (0..8)
        .map(|i| (0..8).fold(q("0"), |s, j| s + kernel.entry(i, j) * &free[j]))
        .collect();
    for residual in [reachable, free] {
        let [exact, se] = trajectories_over_q(&kernel, &lambda, &residual, &q("1"));
        assert_eq!(exact, se);
        let [exact, other] = trajectories_over_q(&kernel, &lambda, &residual, &q("0"));
        assert_eq!(exact[0], other[0]);
        assert!(exact[1..].iter().zip(&other[1..]).all(|(x, y)| x != y));
    }
}

#[test]
fn without_translation_invariance_it_fails_over_q() {
    let lambda = lambda_over_q();
    let kernel = kernel_over_q(&lambda);
    // Same eigenvalues, points of unequal weight: conjugate K by an exact rotation of two points.
    let turn = tauber::noise::plane_rotation(8, [0, 3], q("3/5"), q("4/5"));
    let broken = noise_support::turned(&kernel, &turn);
    let c = moments(8, &mut Randoms(1));
    let sigma = output_space(&broken, &c).unwrap();
    let trace = |a: &Dense<Rational>, b: &Dense<Rational>| a.times(b).unwrap().trace();
    let square = broken.times(&broken).unwrap();
    // Tr Sigma = Tr[K^2] Tr C - Tr[K^2 C] is (65) with phi = 1.
    let expected = square.trace() * c.trace() - trace(&square, &c);
    assert_ne!(sigma.trace(), expected);
    let sound = output_space(&kernel, &c).unwrap();
    let square = kernel.times(&kernel).unwrap();
    assert_eq!(
        sound.trace(),
        square.trace() * c.trace() - trace(&square, &c)
    );
}

#[test]
fn the_kernel_of_the_library_is_that_of_the_characters() {
    let lambda: Vec<f64> = vec![2.0, 0.5, 0.5, 0.0, 1.0 / 3.0, 0.0, 0.5, 0.0];
    let torus = TorusKernel::from_eigenvalues(&[4, 2], lambda).unwrap();
    let exact = kernel_over_q(&lambda_over_q());
    for (found, expected) in torus.kernel_row_major().iter().zip(exact.entries()) {
        let expected = tauber::number::rational_to_f64(expected);
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    }
}

/// Grids of one to three dimensions with an even, non-negative list of eigenvalues that has zeros and
/// accidental degeneracies.
fn grids() -> Vec<TorusKernel> {
    [
        vec![5],
        vec![4, 3],
        vec![2, 3, 2],
        vec![1, 7],
        vec![3, 2, 2, 2],
    ]
    .into_iter()
    .enumerate()
    .map(|(seed, sizes)| {
        let n: usize = sizes.iter().product();
        let plain = TorusKernel::from_eigenvalues(&sizes, vec![1.0; n]).unwrap();
        let levels = [1.0, 0.5, 0.0, 0.25, 0.5];
        let lambda = (0..n)
            .map(|k| levels[(k.min(plain.opposite(k)) + seed) % levels.len()])
            .collect();
        TorusKernel::from_eigenvalues(&sizes, lambda).unwrap()
    })
    .collect()
}

fn dense(kernel: &TorusKernel) -> Dense<f64> {
    let n = kernel.dataset_size();
    Dense::new(n, n, kernel.kernel_row_major()).unwrap()
}

#[test]
fn spectral_measures_agree_on_grids_of_any_dimension() {
    for (seed, torus) in grids().iter().enumerate() {
        let psi = square_root(&dense(torus));
        let c = Floats::new(seed as u64).moments(torus.dataset_size());
        let noise = NoiseSpectrum::of_jacobian(&psi, &c).unwrap();
        let rho_c = noise.moment_measure().unwrap();
        let found = noise.measure().unwrap();
        let worst = found.largest_difference(&rho_c.spectrally_expressible(&1.0, &1.0));
        let limit = 1e-12 * rho_c.integral(|l| *l);
        assert!(worst < limit, "{:?}: {worst:e}", torus.sizes());
        // Another tau is not it.
        let other = found.largest_difference(&rho_c.spectrally_expressible(&1.0, &0.9));
        assert!(other > 1e-4, "{:?}: {other:e}", torus.sizes());
        // (95) with phi = exp: Tr[phi(H)(Sigma + HCH)] = Tr[HC] Tr[H phi(H)].
        let h = psi.times(&psi).unwrap();
        let full = noise
            .covariance
            .plus(&h.times(&c).unwrap().times(&h).unwrap())
            .unwrap();
        let left = SpectralMeasure::of(&h, &full)
            .unwrap()
            .integral(|l| l.exp());
        let right = h.times(&c).unwrap().trace()
            * torus.eigenvalues().iter().map(|l| l * l.exp()).sum::<f64>();
        assert!((left / right - 1.0).abs() < 1e-12, "{left} {right}");
    }
}

#[test]
fn in_the_complex_basis_each_component_agrees_and_in_the_real_one_only_sums_do() {
    let sizes = [6];
    let lambda = vec![1.0, 0.7, 0.2, 0.4, 0.2, 0.7];
    let torus = TorusKernel::from_eigenvalues(&sizes, lambda.clone()).unwrap();
    let c = Floats::new(3).moments(6);
    let sigma = output_space(&dense(&torus), &c).unwrap();
    let trace = c.trace();
    for (wave, l) in lambda.iter().enumerate() {
        let own = torus.fourier_component(&c, wave).unwrap();
        let found = torus.fourier_component(&sigma, wave).unwrap();
        assert!((found - l * l * (trace - own)).abs() < 1e-13, "wave {wave}");
    }
    // cos and sin of wave 1, normalised.
    let vector = |f: fn(f64) -> f64| -> Vec<f64> {
        (0..6)
            .map(|i| f(std::f64::consts::TAU * f64::from(i) / 6.0) / 3.0_f64.sqrt())
            .collect()
    };
    let form = |a: &Dense<f64>, x: &[f64]| -> f64 {
        (0..36)
            .map(|ij| x[ij / 6] * a.entry(ij / 6, ij % 6) * x[ij % 6])
            .sum()
    };
    let defects: Vec<f64> = [f64::cos as fn(f64) -> f64, f64::sin]
        .iter()
        .map(|f| {
            let x = vector(*f);
            form(&sigma, &x) - 0.49 * (trace - form(&c, &x))
        })
        .collect();
    assert!(defects[0].abs() > 5e-3, "{defects:?}");
    assert!((defects[0] + defects[1]).abs() < 1e-13, "{defects:?}");
}

#[test]
fn the_operators_differ_although_the_measures_agree() {
    let torus = &grids()[1];
    let kernel = dense(torus);
    let psi = square_root(&kernel);
    let c = Floats::new(8).moments(torus.dataset_size());
    let sigma = covariance_of_jacobian(&psi, &c).unwrap();
    let h = psi.times(&psi).unwrap();
    assert!(distance(&h, &kernel) < 1e-13);
    let e = TraceDistance::in_parameter_space(&sigma, &h, &c)
        .unwrap()
        .at(&1.0, &1.0)
        .unwrap();
    assert!(e > 1e-3, "{e:e}");
}

#[test]
fn whole_trajectories_of_exact_moments_are_those_of_the_se_recursion_at_tau_1() {
    for (seed, torus) in grids().iter().enumerate() {
        let n = torus.dataset_size();
        let entries = torus.kernel_row_major();
        let view = KernelView::new(n, &entries).unwrap();
        let mut floats = Floats::new(40 + seed as u64);
        // A reachable target: the residual lies in the range of K.
        let free: Vec<f64> = (0..n).map(|_| floats.next()).collect();
        let residual: Vec<f64> = (0..n)
            .map(|i| view.row(i).iter().zip(&free).map(|(k, x)| k * x).sum())
            .collect();
        let mut exact = ExactMoments::new(view, &residual, 2).unwrap();
        let spectrum =
            Spectrum::new(exact.eigenvalues().to_vec(), Some(exact.mode_signal())).unwrap();
        let gamma = exact.noise_amplitude();
        let se = |tau| {
            let p = Hyperparameters::new(0.8, 0.4, gamma, tau).unwrap();
            SeRecursion::new(&spectrum, &p).unwrap().run(25)
        };
        let losses = exact.run(0.8, 0.4, 25).unwrap();
        let worst = |other: &[f64]| {
            losses
                .iter()
                .zip(other)
                .fold(0.0_f64, |w, (x, y)| w.max((x / y - 1.0).abs()))
        };
        assert!(
            worst(&se(1.0)) < 1e-11,
            "{:?}: {:e}",
            torus.sizes(),
            worst(&se(1.0))
        );
        assert!(
            worst(&se(0.0)) > 1e-3,
            "{:?}: {:e}",
            torus.sizes(),
            worst(&se(0.0))
        );
    }
}
