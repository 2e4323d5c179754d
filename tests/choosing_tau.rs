//! Choosing tau from data: E(tau_1, tau_2) of (240)-(241), its minimiser, and the tau of the loss.

mod dynamics_support;
mod noise_support;

use dynamics_support::{Randoms, q};
use noise_support::{Floats, any_matrix, corner_list, diagonal, distance, moments, square_root};
use tauber::dynamics::{
    ExactMoments, KernelView, SeRecursion, SecondMoments, Space, StepCoefficients, TauFitConfig,
    TauFitError, fit_tau, fit_tau_of_jacobian, trace_distance,
};
use tauber::moment::Hyperparameters;
use tauber::noise::{
    Dense, DistanceError, TorusKernel, TraceDistance, covariance_of_jacobian, haar_average,
    output_space, spectrally_expressible,
};
use tauber::number::{Rational, Ring, rational_to_f64};
use tauber::spectrum::Spectrum;

#[test]
fn the_quadratic_is_the_distance_itself_and_its_minimiser_is_the_lowest_point() {
    for seed in 1..=5 {
        let mut randoms = Randoms(seed);
        let psi = any_matrix(3, 4, &mut randoms);
        let c = moments(3, &mut randoms);
        let h = psi.times(&psi.transposed()).unwrap();
        let sigma = covariance_of_jacobian(&psi, &c).unwrap();
        let e = TraceDistance::in_parameter_space(&sigma, &h, &c).unwrap();
        let literal = |tau_1: &Rational, tau_2: &Rational| {
            let se = spectrally_expressible(&h, &c, tau_1, tau_2).unwrap();
            let defect = sigma.minus(&se).unwrap();
            defect.times(&defect).unwrap().trace() / sigma.times(&sigma).unwrap().trace()
        };
        for (tau_1, tau_2) in [("1", "1"), ("1", "-1"), ("2/3", "1/5"), ("-1", "3")] {
            let (tau_1, tau_2) = (q(tau_1), q(tau_2));
            assert_eq!(e.at(&tau_1, &tau_2), Ok(literal(&tau_1, &tau_2)));
        }
        let [t_1, t_2] = e.minimiser().unwrap();
        let lowest = literal(&t_1, &t_2);
        let at_one = e.minimiser_at_tau_1_one().unwrap();
        let lowest_at_one = literal(&q("1"), &at_one);
        assert!(lowest <= lowest_at_one);
        for step in ["1/100", "-1/100"].map(q) {
            assert!(literal(&(&t_1 + &step), &t_2) > lowest);
            assert!(literal(&t_1, &(&t_2 + &step)) > lowest);
            assert!(literal(&(&t_1 + &step), &(&t_2 + &step)) > lowest);
            assert!(literal(&q("1"), &(&at_one + &step)) > lowest_at_one);
        }
    }
}

#[test]
fn on_three_thousand_models_e_is_not_negative_and_least_at_its_minimiser() {
    // Spectra and moments in corners, another for each model; two or three points; over Q.
    let (mut refused, mut compared) = (0, 0);
    for at in 0..3125_usize {
        let psi = any_matrix(3, 2 + at % 2, &mut Randoms(at as u64));
        let psi = diagonal(&corner_list(3, at, 150)).times(&psi).unwrap();
        let weights = diagonal(&corner_list(3, at / 5 + 1, 150));
        let c = moments(3, &mut Randoms(at as u64 + 5000));
        let c = weights.times(&c).unwrap().times(&weights).unwrap();
        let h = psi.times(&psi.transposed()).unwrap();
        let sigma = covariance_of_jacobian(&psi, &c).unwrap();
        let e = TraceDistance::in_parameter_space(&sigma, &h, &c).unwrap();
        let (Ok([t_1, t_2]), Ok(at_one)) = (e.minimiser(), e.minimiser_at_tau_1_one()) else {
            // Only where Sigma is 0 or X_1 and X_2 are proportional: rank one, or no moments.
            let [a, b, d] = e.squares.clone();
            assert!(
                e.noise_square == q("0") || a * d == b.square(),
                "model {at}"
            );
            refused += 1;
            continue;
        };
        let lowest = e.at(&t_1, &t_2).unwrap();
        let lowest_at_one = e.at(&q("1"), &at_one).unwrap();
        assert!(lowest >= q("0") && lowest <= lowest_at_one, "model {at}");
        for tau_2 in ["1", "0", "-1", "1/3"].map(q) {
            assert!(
                lowest_at_one <= e.at(&q("1"), &tau_2).unwrap(),
                "model {at}"
            );
        }
        // Q is positive semi-definite.
        let [[a, b], [_, d]] = e.quadratic_form().unwrap();
        assert!(a >= q("0") && d >= q("0") && a * d >= b.square());
        compared += 1;
    }
    assert!(compared > 3000 && refused < 125, "{compared} {refused}");
}

#[test]
fn the_axis_ratio_is_that_of_the_ellipse_measured_along_rays() {
    for (seed, squash) in [(1, 1.0), (2, 0.3), (3, 0.05)] {
        let mut floats = Floats::new(seed);
        let psi = floats.matrix(4, 5);
        let c = diagonal(&[1.0, squash, squash, squash])
            .plus(&floats.moments(4).scaled(&(0.1 * squash)))
            .unwrap();
        let h = psi.times(&psi.transposed()).unwrap();
        let sigma = covariance_of_jacobian(&psi, &c).unwrap();
        let e = TraceDistance::in_parameter_space(&sigma, &h, &c).unwrap();
        let [t_1, t_2] = e.minimiser().unwrap();
        let lowest = e.at(&t_1, &t_2).unwrap();
        // From the centre, E - E_min grows as the square of the distance: the level set at r has the
        // radius sqrt(level/growth) in each direction.
        let (mut shortest, mut longest) = (f64::INFINITY, 0.0_f64);
        for at in 0..200_000 {
            let (s, k) = (std::f64::consts::PI * f64::from(at) / 200_000.0).sin_cos();
            let growth = e.at(&(t_1 + k), &(t_2 + s)).unwrap() - lowest;
            let radius = growth.sqrt().recip();
            shortest = shortest.min(radius);
            longest = longest.max(radius);
        }
        let measured = shortest / longest;
        let found = e.axis_ratio().unwrap();
        assert!((measured / found - 1.0).abs() < 1e-6, "{measured} {found}");
        assert!(found > 0.0 && found < 1.0);
    }
}

#[test]
fn noise_of_the_family_gives_its_own_parameters_and_the_spaces_differ_otherwise() {
    let mut randoms = Randoms(3);
    let psi = any_matrix(3, 3, &mut randoms);
    let c = moments(3, &mut randoms);
    let h = psi.times(&psi.transposed()).unwrap();
    let se = spectrally_expressible(&h, &c, &q("2/3"), &q("-1/2")).unwrap();
    let own = TraceDistance::in_parameter_space(&se, &h, &c).unwrap();
    assert_eq!(own.minimiser().unwrap(), ["2/3", "-1/2"].map(q));
    assert_eq!(own.at(&q("2/3"), &q("-1/2")), Ok(q("0")));
    // True noise: output space weighs the modes otherwise.
    let sigma = covariance_of_jacobian(&psi, &c).unwrap();
    let image = |a: &Dense<Rational>| psi.transposed().times(a).unwrap().times(&psi).unwrap();
    let kernel = psi.transposed().times(&psi).unwrap();
    let outputs = output_space(&kernel, &image(&c)).unwrap();
    assert_eq!(outputs, image(&sigma));
    let parameter = TraceDistance::in_parameter_space(&sigma, &h, &c).unwrap();
    let output = TraceDistance::in_output_space(&outputs, &kernel, &image(&c)).unwrap();
    assert_ne!(parameter.minimiser().unwrap(), output.minimiser().unwrap());
}

/// A random kernel of 6 points and a residual.
fn problem() -> (Dense<f64>, Vec<f64>) {
    let mut floats = Floats::new(5);
    let kernel = floats.moments(6).scaled(&0.2);
    let residual = (0..6).map(|_| floats.next()).collect();
    (kernel, residual)
}

#[test]
fn distances_in_the_eigenbasis_are_those_of_the_full_matrices() {
    let (kernel, residual) = problem();
    let view = KernelView::new(6, kernel.entries()).unwrap();
    let mut exact = ExactMoments::new(view, &residual, 2).unwrap();
    let coefficients = StepCoefficients {
        learning_rate: 0.4,
        momentum: 0.3,
        noise_amplitude: exact.noise_amplitude(),
    };
    let mut full = SecondMoments::at_rest(Dense::outer(&residual, &residual));
    let psi = square_root(&kernel);
    let inverse = {
        // K^(-1/2): C in parameter space is K^(-1/2) C_out K^(-1/2).
        let eigen = tauber::kernel::symmetric_eigen(kernel.entries(), 6).unwrap();
        let basis = Dense::new(6, 6, eigen.eigenvectors_row_major).unwrap();
        let roots: Vec<f64> = eigen.eigenvalues.iter().map(|l| 1.0 / l.sqrt()).collect();
        let half = basis.times(&diagonal(&roots)).unwrap();
        half.times(&basis.transposed()).unwrap()
    };
    for step in 0..4 {
        let c = &full.positions;
        let sigma = output_space(&kernel, c).unwrap();
        let output = TraceDistance::in_output_space(&sigma, &kernel, c).unwrap();
        let c_parameter = inverse.times(c).unwrap().times(&inverse).unwrap();
        let sigma_parameter = covariance_of_jacobian(&psi, &c_parameter).unwrap();
        let h = psi.times(&psi).unwrap();
        assert!(distance(&h, &kernel) < 1e-13);
        let parameter =
            TraceDistance::in_parameter_space(&sigma_parameter, &h, &c_parameter).unwrap();
        for (space, literal) in [(Space::Output, output), (Space::Parameter, parameter)] {
            let fast = trace_distance(&mut exact, space);
            let pairs = [fast.minimiser().unwrap(), literal.minimiser().unwrap()];
            for (x, y) in pairs[0].iter().zip(&pairs[1]) {
                assert!(
                    (x - y).abs() < 1e-8 * y.abs().max(1.0),
                    "{step} {space:?}: {x} {y}"
                );
            }
            for tau in [1.0, 0.0, -1.0] {
                let (x, y) = (
                    fast.at(&1.0, &tau).unwrap(),
                    literal.at(&1.0, &tau).unwrap(),
                );
                assert!((x / y - 1.0).abs() < 1e-9, "{step} {space:?}: {x} {y}");
            }
        }
        full = full.step(&kernel, &coefficients, &sigma).unwrap();
        exact.step(0.4, 0.3).unwrap();
    }
}

fn config(space: Space) -> TauFitConfig {
    TauFitConfig {
        learning_rate: 0.5,
        momentum: 0.3,
        batch_size: 1,
        steps: 40,
        at: vec![0, 10, 40],
        space,
    }
}

#[test]
fn a_translation_invariant_kernel_gives_back_tau_1_for_the_loss_but_not_for_the_operators() {
    let lambda = vec![1.0, 0.5, 0.25, 0.1, 0.1, 0.25, 0.5];
    let torus = TorusKernel::from_eigenvalues(&[7], lambda).unwrap();
    let entries = torus.kernel_row_major();
    let view = KernelView::new(7, &entries).unwrap();
    let mut floats = Floats::new(2);
    let residual: Vec<f64> = (0..7).map(|_| floats.next()).collect();
    let fit = fit_tau(view, &residual, &config(Space::Parameter)).unwrap();
    assert!(fit.loss_fit.error < 1e-12, "{:?}", fit.loss_fit);
    assert!((fit.loss_fit.tau - 1.0).abs() < 1e-9 && fit.loss_fit.at_end);
    assert!(fit.loss_fit.error_at_named[1] > 1e-3);
    for quality in &fit.quality {
        assert!(quality.distance.at(&1.0, &1.0).unwrap() > 1e-3);
    }
}

#[test]
fn a_jacobian_and_its_kernel_give_the_same_answer() {
    let (kernel, residual) = problem();
    let view = KernelView::new(6, kernel.entries()).unwrap();
    let by_kernel = fit_tau(view, &residual, &config(Space::Output)).unwrap();
    let psi = square_root(&kernel);
    let by_jacobian = fit_tau_of_jacobian(&psi, &residual, &config(Space::Output)).unwrap();
    assert_eq!(by_jacobian.null_space_loss, 0.0);
    for (x, y) in by_kernel.losses.iter().zip(&by_jacobian.losses) {
        assert!((x / y - 1.0).abs() < 1e-10);
    }
    assert!((by_kernel.loss_fit.tau - by_jacobian.loss_fit.tau).abs() < 1e-5);
    assert!(fit_tau_of_jacobian(&psi, &residual[..5], &config(Space::Output)).is_err());
}

#[test]
fn the_tau_of_the_loss_is_the_best_of_a_fine_grid() {
    let (kernel, residual) = problem();
    let view = KernelView::new(6, kernel.entries()).unwrap();
    let fit = fit_tau(view, &residual, &config(Space::Output)).unwrap();
    assert_eq!(fit.losses.len(), 41);
    assert_eq!(
        fit.quality.iter().map(|q| q.step).collect::<Vec<_>>(),
        [0, 10, 40]
    );
    let exact = ExactMoments::new(view, &residual, 1).unwrap();
    let spectrum = Spectrum::new(exact.eigenvalues().to_vec(), Some(exact.mode_signal())).unwrap();
    let error = |tau: f64| -> f64 {
        let p = Hyperparameters::new(0.5, 0.3, fit.noise_amplitude, tau).unwrap();
        let se = SeRecursion::new(&spectrum, &p).unwrap().run(40);
        let sum: f64 = (1..=40).map(|t| (se[t] / fit.losses[t]).ln().powi(2)).sum();
        (sum / 40.0).sqrt()
    };
    let best = (0..=700)
        .map(|i| error(1.0 - 0.01 * f64::from(i)))
        .fold(f64::INFINITY, f64::min);
    assert!(
        fit.loss_fit.error <= best * (1.0 + 1e-9),
        "{:?} {best}",
        fit.loss_fit
    );
    assert!((error(fit.loss_fit.tau) / fit.loss_fit.error - 1.0).abs() < 1e-9);
    // It is a choice: another tau is clearly worse.
    assert!(fit.loss_fit.error_at_named.iter().any(|e| *e > 1.2 * best));
}

/// The reflections that generate the Weyl group of F4 (order 1152), over Q. Its polynomial invariants
/// have degrees 2, 6, 8, 12, so every orbit is a spherical 5-design: an average over the group of a
/// polynomial of degree 4 in one row is the average over the sphere.
fn weyl_group_of_f4() -> Vec<Dense<Rational>> {
    let roots = [
        ["0", "1", "-1", "0"],
        ["0", "0", "1", "-1"],
        ["0", "0", "0", "1"],
        ["1/2", "-1/2", "-1/2", "-1/2"],
    ];
    let reflections: Vec<Dense<Rational>> = roots
        .iter()
        .map(|root| {
            let r = root.map(q);
            let norm = r.iter().fold(Rational::zero(), |s, x| s + x.square());
            let outer = Dense::outer(&r, &r).scaled(&(q("2") / norm));
            Dense::identity(4).minus(&outer).unwrap()
        })
        .collect();
    let mut group = vec![Dense::<Rational>::identity(4)];
    let mut seen: std::collections::HashSet<String> =
        group.iter().map(|g| format!("{:?}", g.entries())).collect();
    let mut next = 0;
    while next < group.len() {
        for reflection in &reflections {
            let product = reflection.times(&group[next]).unwrap();
            if seen.insert(format!("{:?}", product.entries())) {
                group.push(product);
            }
        }
        next += 1;
    }
    group
}

#[test]
fn the_haar_average_of_the_noise_is_the_se_noise_with_its_own_parameters() {
    let group = weyl_group_of_f4();
    assert_eq!(group.len(), 1152);
    let roots = diagonal(&["1", "2/3", "1/2", "1/3"].map(q));
    let c = moments(4, &mut Randoms(6));
    let h = roots.times(&roots).unwrap();
    let mut sum = Dense::zeros(4, 4);
    for phi in &group {
        let psi = roots.times(&phi.transposed()).unwrap();
        sum = sum
            .plus(&covariance_of_jacobian(&psi, &c).unwrap())
            .unwrap();
    }
    let average = sum.scaled(&q("1/1152"));
    let taus = haar_average(4).unwrap();
    let expected = spectrally_expressible(&h, &c, &taus.tau_1, &taus.tau_2).unwrap();
    assert_eq!(average, expected);
    // Not every group will do: that of signed permutations is a 3-design only.
    assert_ne!(
        average,
        spectrally_expressible(&h, &c, &q("1"), &q("-1")).unwrap()
    );
}

#[test]
fn in_the_plane_five_rotations_and_their_mirror_images_average_like_haar() {
    let mut floats = Floats::new(4);
    let c = floats.moments(2);
    let roots = diagonal(&[1.0, 0.6]);
    let h = roots.times(&roots).unwrap();
    let average = |count: u8| {
        let mut sum = Dense::zeros(2, 2);
        for turn in 0..count {
            let (s, k) = (std::f64::consts::TAU * f64::from(turn) / f64::from(count)).sin_cos();
            for mirror in [1.0, -1.0] {
                let phi = Dense::new(2, 2, vec![k, -s * mirror, s, k * mirror]).unwrap();
                let psi = roots.times(&phi.transposed()).unwrap();
                let sigma = covariance_of_jacobian(&psi, &c).unwrap();
                sum = sum.plus(&sigma).unwrap();
            }
        }
        sum.scaled(&(0.5 / f64::from(count)))
    };
    let taus = haar_average(2).unwrap();
    let (tau_1, tau_2) = (rational_to_f64(&taus.tau_1), rational_to_f64(&taus.tau_2));
    let expected = spectrally_expressible(&h, &c, &tau_1, &tau_2).unwrap();
    assert!(distance(&average(5), &expected) < 1e-14);
    // The square is no 4-design.
    assert!(distance(&average(4), &expected) > 1e-3);
}

#[test]
fn on_real_digits_a_fit_is_no_worse_than_the_named_values() {
    let problem = tauber::kernel::mnist(40).unwrap();
    let view = KernelView::new(40, problem.kernel_row_major()).unwrap();
    for space in [Space::Output, Space::Parameter] {
        let fit = fit_tau(view, &problem.initial_residual(), &config(space)).unwrap();
        let loss = &fit.loss_fit;
        assert!(
            loss.error_at_named.iter().all(|e| loss.error <= *e),
            "{loss:?}"
        );
        for quality in &fit.quality {
            let [t_1, t_2] = quality.best.unwrap();
            let best = quality.distance.at(&t_1, &t_2).unwrap();
            let at_one = quality
                .distance
                .at(&1.0, &quality.best_tau_at_tau_1_one)
                .unwrap();
            assert!(
                best >= -1e-12 && best <= at_one && at_one < 1.0,
                "{quality:?}"
            );
            let ratio = quality.distance.axis_ratio().unwrap();
            assert!((0.0..=1.0).contains(&ratio));
        }
    }
}

/// Batches of one, a learning rate of 1/2, the noise of the start.
fn short(steps: u64) -> TauFitConfig {
    TauFitConfig {
        learning_rate: 0.5,
        momentum: 0.0,
        batch_size: 1,
        steps,
        at: vec![0],
        space: Space::Output,
    }
}

#[test]
fn a_step_without_noise_is_left_out_and_named_and_the_rest_is_kept() {
    let k = [1.0, 0.2, 0.2, 0.5];
    let view = KernelView::new(2, &k).unwrap();
    // At step 1,000 the loss is about 1e-190, and its square vanishes in f64.
    let mut long = short(1_000);
    long.at = vec![0, 10, 1_000];
    let fit = fit_tau(view, &[1.0, 2.0], &long).unwrap();
    let steps: Vec<u64> = fit.quality.iter().map(|q| q.step).collect();
    assert_eq!(steps, [0, 10]);
    assert_eq!(fit.left_out, [(1_000, DistanceError::NoNoise)]);
    assert!(fit.losses.len() == 1_001 && fit.loss_fit.error.is_finite());
    long.at = vec![1_000];
    assert_eq!(
        fit_tau(view, &[1.0, 2.0], &long),
        Err(TauFitError::Distance {
            step: 1_000,
            error: DistanceError::NoNoise
        })
    );
}

#[test]
fn proportional_matrices_leave_tau_2_at_tau_1_one() {
    // Two equal points: K has rank 1, so X_1 and X_2 are multiples of it, and Sigma = X_1 - tau X_2.
    let k = [0.5; 4];
    let view = KernelView::new(2, &k).unwrap();
    let fit = fit_tau(view, &[1.0, 2.0], &short(2)).unwrap();
    let quality = &fit.quality[0];
    assert_eq!((quality.best, fit.left_out.len()), (None, 0));
    let e = |tau: f64| quality.distance.at(&1.0, &tau).unwrap();
    let tau = quality.best_tau_at_tau_1_one;
    assert!(e(tau) < 1e-12 && e(tau + 0.1) > 1e-3 && e(tau - 0.1) > 1e-3);
    // Two different ones determine both.
    let k = [1.0, 0.2, 0.2, 0.5];
    let view = KernelView::new(2, &k).unwrap();
    let fit = fit_tau(view, &[1.0, 2.0], &short(2)).unwrap();
    assert!(fit.quality[0].best.is_some());
}
