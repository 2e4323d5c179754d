//! The regimes behind one interface: the same start gives the same first loss, parameter and output space
//! agree, a stopped run resumes bit by bit, and the command line does all of it.

use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tauber::dynamics::network::Network;
use tauber::dynamics::regime::{
    LossSeries, Method, Model, RegimeError, Settings, Unwatched, Watch,
};
use tauber::dynamics::sampled::{Generator, Sampling};
use tauber::dynamics::{ExactMoments, KernelView};
use tauber::kernel::{KernelProblem, bike_dataset, mnist};
use tauber::moment::{Hyperparameters, noise_amplitude_of_batch};
use tauber::spectrum::Spectrum;

fn settings(n: u64, batch: u64, [alpha, beta]: [f64; 2], steps: &[u64]) -> Settings {
    let gamma = noise_amplitude_of_batch(batch, Some(n)).unwrap();
    Settings {
        hyperparameters: Hyperparameters::new(alpha, beta, gamma, 1.0).unwrap(),
        batch_size: Some(batch),
        steps: steps.to_vec(),
        seeds: 16,
        master_seed: 3,
        sampling: Sampling::WithoutReplacement,
        generator: Generator::ChaCha8,
    }
}

fn view(problem: &KernelProblem) -> KernelView<'_> {
    KernelView::new(problem.dataset_size(), problem.kernel_row_major()).unwrap()
}

#[test]
fn all_regimes_start_at_the_same_loss_and_stay_near_each_other() {
    let data = bike_dataset(24).unwrap();
    let network = Network::random(1024, data.dimension(), true, 4).unwrap();
    let mut k = network.tangent_kernel(&data).unwrap();
    k.iter_mut().for_each(|x| *x /= 24.0);
    let residual = network.residual(&data).unwrap();
    let target = residual.iter().map(|r| -r).collect();
    let problem = KernelProblem::from_kernel(k, target).unwrap();
    let spectrum = problem.spectrum().unwrap();
    let settings = settings(24, 6, [0.05, 0.3], &[0, 1, 10, 30]);
    let kernel = view(&problem);
    let residual = &residual;
    let models = [
        Model::Network {
            network: &network,
            data: &data,
        },
        Model::Sampled { kernel, residual },
        Model::Exact {
            kernel,
            residual,
            method: Method::Auto,
        },
        Model::Se(&spectrum),
    ];
    let series = models.map(|model| model.run(&settings, &Unwatched).unwrap());
    let expected = network.loss(&data).unwrap();
    for (i, s) in series.iter().enumerate() {
        assert_eq!(s.steps, settings.steps);
        assert!((s.losses[0] / expected - 1.0).abs() < 1e-11, "regime {i}");
        assert!(
            s.losses[3] < 0.8 * s.losses[0] && !s.interrupted,
            "regime {i}"
        );
        assert_eq!(s.statistics.is_some(), i < 2);
    }
    let statistics = series[1].statistics.as_ref().unwrap();
    for (s, loss) in statistics.iter().zip(&series[2].losses).skip(1) {
        assert!(s.z_score(*loss).abs() < 4.0);
    }
    // SE of one tau is not that of another.
    let other = Settings {
        hyperparameters: Hyperparameters::new(
            0.05,
            0.3,
            settings.hyperparameters.noise_amplitude(),
            -1.0,
        )
        .unwrap(),
        ..settings
    };
    let gaussian = Model::Se(&spectrum).run(&other, &Unwatched).unwrap();
    assert!(gaussian.losses[3] > series[3].losses[3]);
}

#[test]
fn parameter_and_output_space_give_the_same_exact_losses() {
    let (n, d) = (7, 4);
    let features: Vec<f64> = (0..n * d)
        .map(|e| ((e * e) as f64 * 0.9 + 0.2).cos())
        .collect();
    let deviation = [1.0, -0.5, 0.25, 2.0];
    let rows: Vec<&[f64]> = features.chunks_exact(d).collect();
    let dot = |x: &[f64], y: &[f64]| -> f64 { x.iter().zip(y).map(|(a, b)| a * b).sum() };
    let k: Vec<f64> = (0..n * n)
        .map(|e| dot(rows[e / n], rows[e % n]) / n as f64)
        .collect();
    let residual: Vec<f64> = rows.iter().map(|psi| dot(psi, &deviation)).collect();
    for (batch, beta) in [(1, 0.5), (3, -0.4), (7, 0.0)] {
        let settings = settings(n as u64, batch, [0.4, beta], &[0, 1, 2, 5, 40]);
        let parameters = Model::ExactParameters {
            features: &features,
            deviation: &deviation,
            method: Method::Iteration,
        };
        let outputs = Model::Exact {
            kernel: KernelView::new(n, &k).unwrap(),
            residual: &residual,
            method: Method::Iteration,
        };
        let [p, o] = [parameters, outputs].map(|m| m.run(&settings, &Unwatched).unwrap().losses);
        for (x, y) in p.iter().zip(&o) {
            assert!((x / y - 1.0).abs() < 1e-9, "b {batch}: {x} {y}");
        }
    }
    assert!(ExactMoments::in_parameter_space(&features[..5], &deviation, 1).is_err());
    assert!(ExactMoments::in_parameter_space(&features, &[1.0, f64::NAN, 0.0, 0.0], 1).is_err());
    assert!(ExactMoments::in_parameter_space(&features, &deviation, 8).is_err());
}

/// Step, losses so far, state.
type Stopped = (u64, Vec<f64>, Vec<f64>);

/// Keeps everything, and stops after a number of calls of `advance`.
#[derive(Default)]
struct Keeper {
    rows: Mutex<BTreeMap<u64, Vec<f64>>>,
    state: Mutex<Option<Stopped>>,
    left: AtomicU64,
    computed: AtomicU64,
}

impl Watch for Keeper {
    fn advance(&self, _: u64) -> ControlFlow<()> {
        let stop = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
            .is_err();
        if stop {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn finished(&self, seed: u64) -> Option<Vec<f64>> {
        self.rows.lock().unwrap().get(&seed).cloned()
    }

    fn keep(&self, seed: u64, losses: &[f64]) -> ControlFlow<()> {
        self.computed.fetch_add(1, Ordering::SeqCst);
        self.rows.lock().unwrap().insert(seed, losses.to_vec());
        ControlFlow::Continue(())
    }

    fn stopped_state(&self) -> Option<Stopped> {
        self.state.lock().unwrap().clone()
    }

    fn keep_state(&self, step: u64, losses: &[f64], state: &[f64]) {
        *self.state.lock().unwrap() = Some((step, losses.to_vec(), state.to_vec()));
    }
}

#[test]
fn a_stopped_run_has_what_was_finished_and_goes_on_bit_by_bit() {
    let problem = mnist(20).unwrap();
    let residual = problem.initial_residual();
    let kernel = view(&problem);
    let settings = settings(20, 4, [0.3, 0.2], &[0, 5, 20]);
    let sampled = Model::Sampled {
        kernel,
        residual: &residual,
    };
    let whole = sampled.run(&settings, &Unwatched).unwrap();
    let keeper = Keeper::default();
    keeper.left.store(7, Ordering::SeqCst);
    let part = sampled.run(&settings, &keeper).unwrap();
    assert!(part.interrupted);
    assert_eq!(keeper.rows.lock().unwrap().len(), 7);
    assert!(part.notes[0].contains("7 of 16 seeds"), "{:?}", part.notes);
    keeper.left.store(1000, Ordering::SeqCst);
    keeper.computed.store(0, Ordering::SeqCst);
    let rest = sampled.run(&settings, &keeper).unwrap();
    assert_eq!(rest, whole);
    assert_eq!(keeper.computed.load(Ordering::SeqCst), 9);

    let exact = Model::Exact {
        kernel,
        residual: &residual,
        method: Method::Iteration,
    };
    let whole = exact.run(&settings, &Unwatched).unwrap();
    for stop_after in [0, 4, 5, 11] {
        let keeper = Keeper::default();
        keeper.left.store(stop_after, Ordering::SeqCst);
        let part = exact.run(&settings, &keeper).unwrap();
        assert!(part.interrupted && part.losses[..] == whole.losses[..part.losses.len()]);
        assert_eq!(
            keeper.state.lock().unwrap().as_ref().unwrap().0,
            stop_after + 1
        );
        keeper.left.store(1000, Ordering::SeqCst);
        assert_eq!(exact.run(&settings, &keeper).unwrap(), whole);
        let made = 1000 - keeper.left.load(Ordering::SeqCst);
        assert_eq!(made, 20 - stop_after - 1);
    }
    let keeper = Keeper::default();
    assert_eq!(
        sampled.run(&settings, &keeper),
        Err(RegimeError::NothingFinished)
    );
}

/// Stops after 1, 2, 3, .. calls in a row, each time going on from the last stop: at most `most` times.
fn in_pieces(model: &Model<'_>, settings: &Settings, most: usize) -> (LossSeries, usize) {
    let keeper = Keeper::default();
    let whole = model.run(settings, &Unwatched).unwrap();
    for stops in 0..most {
        keeper.left.store(stops as u64, Ordering::SeqCst);
        match model.run(settings, &keeper) {
            Ok(part) if part.interrupted => {
                let known = part.losses.len();
                assert_eq!(part.losses[..], whole.losses[..known]);
                assert!(known < whole.losses.len());
            }
            Ok(all) => {
                assert_eq!(all, whole);
                return (all, stops);
            }
            Err(error) => assert_eq!(error, RegimeError::NothingFinished),
        }
    }
    panic!("not finished after {most} stops");
}

fn law(modes: u32) -> Spectrum {
    let power = |exponent: f64| (1..=modes).map(|k| f64::from(k).powf(exponent)).collect();
    Spectrum::new(power(-1.5), Some(power(-1.75))).unwrap()
}

#[test]
fn the_se_recursion_goes_on_bit_by_bit_with_and_without_momentum() {
    let spectrum = law(37);
    for beta in [0.0, 0.6, -0.4] {
        let settings = settings(100, 3, [0.4, beta], &[0, 7, 100, 1000, 1500]);
        let (all, stops) = in_pieces(&Model::Se(&spectrum), &settings, 100);
        assert!(stops > 3, "{stops}");
        assert!(all.losses[4] < all.losses[3]);
    }
    // A state of another spectrum is refused, not used.
    let keeper = Keeper::default();
    let settings = settings(100, 3, [0.4, 0.3], &[100]);
    let _ = Model::Se(&spectrum).run(&settings, &keeper);
    let other = law(38);
    let error = Model::Se(&other).run(&settings, &keeper).unwrap_err();
    assert!(error.to_string().contains("numbers, got 112"), "{error}");
}

#[test]
fn the_contour_goes_on_bit_by_bit_from_wherever_it_was_stopped() {
    let problem = mnist(20).unwrap();
    let residual = problem.initial_residual();
    let kernel = view(&problem);
    let model = |method| Model::Exact {
        kernel,
        residual: &residual,
        method,
    };
    let contour = settings(20, 4, [0.2, 0.3], &[0, 10, 70, 3000, 3100, 3500, 90_000]);
    let (all, stops) = in_pieces(&model(Method::Contour), &contour, 100);
    // Anchor, window and nodes: every one was stopped in.
    assert!(stops > 10 && all.relative_errors.is_some(), "{stops}");
    // Momentum near 1, where the contour refuses after its window: iteration, stopped and resumed too.
    let kernel = [1.0, 0.1, 0.1, 0.5];
    let refused = Model::Exact {
        kernel: KernelView::new(2, &kernel).unwrap(),
        residual: &[1.0, -1.0],
        method: Method::Auto,
    };
    let late = settings(2, 2, [0.1, 0.9999], &[10, 5000]);
    let (all, stops) = in_pieces(&refused, &late, 500);
    assert!(stops > 80 && all.relative_errors.is_none(), "{stops}");
    assert!(all.notes[0].contains("the contour was refused"));
}

#[test]
fn auto_takes_the_contour_for_late_steps_and_agrees_with_iteration() {
    let problem = mnist(20).unwrap();
    let residual = problem.initial_residual();
    let kernel = view(&problem);
    let settings = settings(20, 4, [0.2, 0.0], &[0, 10, 3000]);
    let [auto, iterated] = [Method::Auto, Method::Iteration].map(|method| {
        let model = Model::Exact {
            kernel,
            residual: &residual,
            method,
        };
        model.run(&settings, &Unwatched).unwrap()
    });
    assert!((auto.losses[2] / iterated.losses[2] - 1.0).abs() < 1e-8);
    assert!(auto.relative_errors.is_some() && iterated.relative_errors.is_none());
    assert!(auto.notes[0].contains("without iterating"));
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let problem = mnist(10).unwrap();
    let residual = problem.initial_residual();
    let model = Model::Sampled {
        kernel: view(&problem),
        residual: &residual,
    };
    let good = settings(10, 2, [0.2, 0.0], &[0, 10]);
    let no_batch = Settings {
        batch_size: None,
        ..good.clone()
    };
    assert_eq!(
        model.run(&no_batch, &Unwatched),
        Err(RegimeError::NoBatchSize)
    );
    for bad in [
        Settings {
            steps: vec![],
            ..good.clone()
        },
        Settings {
            steps: vec![3, 3],
            ..good.clone()
        },
        Settings {
            seeds: 0,
            ..good.clone()
        },
        Settings {
            batch_size: Some(11),
            ..good.clone()
        },
    ] {
        assert!(matches!(
            model.run(&bad, &Unwatched),
            Err(RegimeError::Config(_))
        ));
    }
    assert!(model.run(&good, &Unwatched).is_ok());
}

fn tauber(arguments: &str) -> (i32, Value, String) {
    let run = Command::cargo_bin("tauber")
        .unwrap()
        .args(arguments.split_whitespace())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&run.stderr).into_owned();
    let json = serde_json::from_slice(&run.stdout).unwrap_or(Value::Null);
    (run.status.code().unwrap_or(-1), json, text)
}

const COMMON: &str =
    "--learning-rate 0.2 --momentum -0.3 --batch-size 4 --steps 20 --seeds 8 --json";

#[test]
fn the_command_line_trains_networks_and_keeps_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal").display().to_string();
    let line = format!(
        "simulate mnist:20 --regime network --width 64 --symmetric {COMMON} --journal {journal}"
    );
    let (code, first, _) = tauber(&line);
    assert_eq!(code, 0);
    assert_eq!(first["regime"], "network");
    assert_eq!(first["width"], 64);
    assert!(first["confidence_interval_95"][3][0].as_f64().unwrap() > 0.0);
    let text = std::fs::read_to_string(&journal).unwrap();
    assert_eq!(text.lines().count(), 9);
    // The same command takes all from the journal; half of it gives the same again.
    let half: String = text.lines().take(4).map(|l| format!("{l}\n")).collect();
    std::fs::write(&journal, half).unwrap();
    let (_, again, _) = tauber(&line);
    assert_eq!(first, again);
    let (code, refused, _) = tauber(&line.replace("--momentum -0.3", "--momentum 0.3"));
    assert_eq!(code, 2);
    assert!(
        refused["error"].as_str().unwrap().contains("momentum was"),
        "{refused}"
    );
}

#[test]
fn the_command_line_compares_regimes_on_the_networks_own_kernel() {
    let tail = format!("--width 2048 --tangent-kernel network --symmetric {COMMON}");
    let loss = |regime: &str| {
        let (code, found, text) = tauber(&format!("simulate mnist:20 --regime {regime} {tail}"));
        assert_eq!(code, 0, "{text}");
        let losses = found["loss"].as_array().unwrap();
        [
            losses[0].as_f64().unwrap(),
            losses[losses.len() - 1].as_f64().unwrap(),
        ]
    };
    let [network, sampled, exact, se] = ["network", "sampled", "exact", "se"].map(loss);
    for (other, limit) in [(sampled, 0.05), (exact, 0.3), (se, 0.3)] {
        assert!((other[0] / network[0] - 1.0).abs() < 1e-9);
        assert!(
            (other[1] / network[1] - 1.0).abs() < limit,
            "{other:?} {network:?}"
        );
    }
}

#[test]
fn the_command_line_says_what_is_missing() {
    for (line, word) in [
        (
            "simulate power-law:nu=1.5,kappa=0.5,modes=9 --regime network",
            "trains on data",
        ),
        (
            "simulate mnist:20 --regime network --width 7 --symmetric",
            "even width",
        ),
        (
            "simulate mnist:20 --regime network --width 0",
            "at least one neuron",
        ),
        (
            "simulate mnist:20 --regime exact --method contours",
            "possible values",
        ),
        (
            "simulate mnist:20 --regime sampled --journal /nowhere/at/all",
            "cannot use the journal",
        ),
    ] {
        let (code, found, text) = tauber(&format!("{line} {COMMON}"));
        assert_eq!(code, 2, "{line}: {text}");
        assert!(
            found["error"].as_str().unwrap_or(&text).contains(word),
            "{line}: {found} {text}"
        );
    }
    let (code, found, _) = tauber(
        "simulate mnist:20 --regime exact --learning-rate 0.2 --batch-size 4 --steps 1e5 --at 1e5 --json",
    );
    assert_eq!(code, 0);
    assert!(
        found["relative_error"][0].as_f64().unwrap() < 1e-6,
        "{found}"
    );
}
