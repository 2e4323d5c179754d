//! `tauber phase`: where exponents lie in the phase diagram, and what follows for a run.

use super::Failure;
use super::arguments::{NoiseArguments, ResolvedNoise, SpectrumArguments, real, warning_lines};
use super::output::{Output, json_number, short, table};
use super::phase_grid::{GridArguments, run_grid};
use super::phase_numbers::{Consequences, are, asymptotic, exact, null_warnings, why_null};
use crate::asymptotics::{Phase, TailLaw};
use crate::moment::Hyperparameters;
use crate::number::{Rational, parse_rational, rational_to_f64};
use crate::spectrum::LoadedSpectrum;
use clap::Args;
use serde_json::{Map, Value, json};

const EXAMPLES: &str = "\
Examples:
  tauber phase nu=1.5,kappa=0.75
  tauber phase nu=2,kappa=4 --learning-rate 0.5 --momentum -0.5 --noise-amplitude 0.3 --tau 0
  tauber phase power-law:nu=0.7,kappa=0.4 --learning-rate 1e-3 --batch-size 1
  tauber phase mnist:1000 --eigenvalue-exponent 1.3 --signal-exponent 0.325 \\
               --eigenvalue-scale 0.1 --signal-scale 1 --learning-rate 0.1 --batch-size 10
  tauber phase mnist:1000 --grid --batch-size 10 --at 1e4 --out map

lambda_k ~ Lambda k^-nu and sum_{l >= k} lambda_l C_ll,0 ~ K k^-kappa; zeta = kappa/nu. A measured
spectrum has no exponents of its own: `tauber fit` estimates them.

U(1), 1 - r_L, t_* and t_div are exact, as in `tauber audit`; what is called asymptotic is the limit
of small learning rates, (171), (198), (200), of the law without end.

With --grid it makes maps of U(1), r_L and (with --at) the loss over learning rates and momenta:
grid.csv, edges.csv, one NPY for each quantity (momenta x learning rates) and axis, SVG and PNG with
the edge U(1) = 1, the bound (22) and the noiseless edge drawn over them. Finished rows are kept in
journal.txt: after Ctrl-C the same command goes on where it stopped. Undefined cells are NaN in NPY,
empty in CSV, null in JSON.

Exit code: 0, also where the loss diverges (`tauber audit` gives the verdict); 2 bad input.";

/// The arguments of `phase`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    spectrum: SpectrumArguments,
    /// nu of a measured spectrum
    #[arg(long, allow_hyphen_values = true, value_name = "NU")]
    eigenvalue_exponent: Option<String>,
    /// kappa of a measured spectrum
    #[arg(long, allow_hyphen_values = true, value_name = "KAPPA")]
    signal_exponent: Option<String>,
    /// Lambda of a measured spectrum
    #[arg(long, value_parser = real, allow_hyphen_values = true, value_name = "LAMBDA")]
    eigenvalue_scale: Option<f64>,
    /// K of a measured spectrum (for terms c k^(-kappa-1): c/kappa)
    #[arg(long, value_parser = real, allow_hyphen_values = true, value_name = "K")]
    signal_scale: Option<f64>,
    /// Learning rate alpha > 0, for constants and times
    #[arg(long, value_parser = real, allow_hyphen_values = true, value_name = "A")]
    learning_rate: Option<f64>,
    /// Momentum beta in (-1, 1)
    #[arg(long, value_parser = real, default_value = "0", allow_hyphen_values = true, value_name = "B")]
    momentum: f64,
    #[command(flatten)]
    noise: NoiseArguments,
    #[command(flatten)]
    grid: GridArguments,
}

/// Exponents with the spectrum they belong to.
struct Law {
    loaded: LoadedSpectrum,
    nu: Rational,
    kappa: Option<Rational>,
    eigenvalue_scale: Option<f64>,
    signal_scale: Option<f64>,
    phase: Option<Phase>,
}

/// `tauber phase`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    let spectrum = arguments
        .spectrum
        .with_word(full_word(arguments.spectrum.word()));
    if arguments.grid.grid {
        return run_grid(&spectrum, &arguments.noise, &arguments.grid, output);
    }
    let loaded = spectrum.load(arguments.noise.finite_dataset_size()?)?;
    let law = law(loaded, arguments)?;
    let noise = arguments.noise.resolve(law.loaded.default_dataset_size)?;
    let hyperparameters = hyperparameters(arguments, &noise)?;
    let tail = tail(&law, hyperparameters.is_some())?;
    let consequences = hyperparameters.as_ref().map(|h| {
        let nu = rational_to_f64(&law.nu);
        Consequences::of(&law.loaded, (nu, law.eigenvalue_scale), tail, h)
    });
    let end = hyperparameters
        .as_ref()
        .and_then(|h| validity_end(&law.loaded, h));
    let late = consequences
        .as_ref()
        .zip(end)
        .map_or_else(Vec::new, |(found, end)| found.later_than(end));
    let mut document = document(&law, consequences.as_ref(), &late);
    let missing: Vec<&str> = document
        .iter()
        .filter(|(name, value)| value.is_null() && !late.contains(&name.as_str()))
        .map(|(name, _)| name.as_str())
        .collect();
    let mut warnings = warnings(&law, consequences.as_ref(), &missing);
    warnings.extend(end.map(|end| last_mode(end, &late)));
    document.insert(
        "input".into(),
        input(
            arguments.spectrum.word(),
            &law,
            hyperparameters.as_ref(),
            &noise,
        ),
    );
    document.insert("conventions".into(), json!(law.loaded.conventions));
    document.insert("warnings".into(), json!(warnings));
    output.document(&Value::Object(document));
    let mut text = law.loaded.description.clone();
    if let Some(h) = &hyperparameters {
        text.push_str(&format!(
            "\nlearning rate {}, momentum {}, noise amplitude {}, tau {}",
            short(h.learning_rate()),
            short(h.momentum()),
            short(h.noise_amplitude()),
            short(h.tau())
        ));
    }
    text.push_str(&format!("\n\nPhase: {}\n\n", sentence(&law)));
    text.push_str(&table(
        &["quantity", "value", "meaning"],
        rows(&law, consequences.as_ref(), &late),
    ));
    text.push_str(&warning_lines(&warnings));
    text.push_str("\nConventions\n");
    for line in &law.loaded.conventions {
        text.push_str(&format!("  {line}\n"));
    }
    output.text(&text);
    Ok(0)
}

/// `nu=1.5,kappa=0.75` is short for the power law of these exponents.
fn full_word(word: &str) -> String {
    let bare = word.contains('=') && !word.contains(':') && !std::path::Path::new(word).exists();
    if bare {
        format!("power-law:{word}")
    } else {
        word.to_owned()
    }
}

/// Takes the exponents from the law itself or from the flags.
fn law(loaded: LoadedSpectrum, arguments: &Arguments) -> Result<Law, Failure> {
    let flags = [
        arguments.eigenvalue_exponent.is_some(),
        arguments.signal_exponent.is_some(),
        arguments.eigenvalue_scale.is_some(),
        arguments.signal_scale.is_some(),
    ];
    if let (Some(exact), Some(own)) = (&loaded.exact_power_law, loaded.power_law) {
        if flags.contains(&true) {
            return Err(Failure::with_help(
                "the exponents and scales of a power law are its own",
                "write them into the law: power-law:nu=1.5,kappa=0.75,scale=2,signal-scale=1",
            ));
        }
        let (nu, kappa) = (
            exact.eigenvalue_exponent.clone(),
            exact.signal_exponent.clone(),
        );
        let phase = Phase::of_power_law(&nu, kappa.as_ref());
        return Ok(Law {
            loaded,
            nu,
            kappa,
            eigenvalue_scale: Some(own.eigenvalue_scale()),
            signal_scale: own.signal_scale(),
            phase,
        });
    }
    let exponent = |name: &str, text: &Option<String>| {
        let Some(text) = text else { return Ok(None) };
        let value =
            parse_rational(text).map_err(|error| Failure::input(format!("{name}: {error}")))?;
        if rational_to_f64(&value) > 0.0 {
            Ok(Some(value))
        } else {
            Err(Failure::input(format!(
                "{name} must be positive, got {text}"
            )))
        }
    };
    let Some(nu) = exponent("--eigenvalue-exponent", &arguments.eigenvalue_exponent)? else {
        return Err(Failure::with_help(
            "a measured spectrum has no exponents, and so no phase, before a power law is fitted to it",
            "run `tauber fit` on it and pass what it finds: --eigenvalue-exponent NU --signal-exponent KAPPA [--eigenvalue-scale LAMBDA --signal-scale K]",
        ));
    };
    let kappa = exponent("--signal-exponent", &arguments.signal_exponent)?;
    let phase = Phase::of_power_law(&nu, kappa.as_ref());
    Ok(Law {
        loaded,
        nu,
        kappa,
        eigenvalue_scale: arguments.eigenvalue_scale,
        signal_scale: arguments.signal_scale,
        phase,
    })
}

fn hyperparameters(
    arguments: &Arguments,
    noise: &ResolvedNoise,
) -> Result<Option<Hyperparameters>, Failure> {
    match (arguments.learning_rate, noise.noise_amplitude) {
        (Some(alpha), Some(gamma)) => {
            Hyperparameters::new(alpha, arguments.momentum, gamma, noise.tau)
                .map(Some)
                .map_err(Failure::input)
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err(Failure::with_help(
            "the noise is not given",
            "add --batch-size b (with --dataset-size N) or --noise-amplitude G",
        )),
        (None, Some(_)) => Err(Failure::with_help(
            "the learning rate is not given",
            "add --learning-rate A, or leave the noise out: the phase depends on neither",
        )),
    }
}

/// The tails, where both exponents are known; scales are needed for constants only.
fn tail(law: &Law, constants: bool) -> Result<Option<TailLaw>, Failure> {
    let Some(kappa) = &law.kappa else {
        return Ok(None);
    };
    let Some((lambda, k)) = law.eigenvalue_scale.zip(law.signal_scale) else {
        if constants {
            return Err(Failure::with_help(
                "constants and times need the scales of the fitted law",
                "add --eigenvalue-scale LAMBDA and --signal-scale K, or leave the learning rate out",
            ));
        }
        return Ok(None);
    };
    TailLaw::exact(&law.nu, kappa, lambda, k)
        .map(Some)
        .map_err(Failure::input)
}

fn sentence(law: &Law) -> String {
    let nu = short(rational_to_f64(&law.nu));
    let Some(phase) = law.phase else {
        return format!(
            "unknown - nu = {nu} is above 1, and the signal exponent kappa is not known"
        );
    };
    let why = match phase {
        Phase::ImmediateDivergence => {
            format!(
                "nu = {nu} is at most 1/2: Tr H^2 is infinite, and so is the loss after one noisy step"
            )
        }
        Phase::EventualDivergence => format!(
            "nu = {nu} lies in (1/2, 1]: Tr H is infinite, and with noise every learning rate diverges in the end"
        ),
        _ => {
            let exponents = exponents(law);
            let relation = match phase {
                Phase::SignalDominated => "below",
                Phase::Border => "equal to",
                _ => "above",
            };
            format!(
                "zeta = {} is {relation} 2 - 1/nu = {}",
                exponents.zeta.map_or_else(String::new, short),
                exponents.noise.map_or_else(String::new, short)
            )
        }
    };
    let infinite = law
        .loaded
        .power_law
        .is_some_and(|own| own.modes().is_none());
    let of = if infinite {
        ""
    } else {
        " of the law without end"
    };
    format!("{}{of} - {why}", phase.name())
}

/// zeta; for nu > 1 the exponent 2 - 1/nu of the noise, that of the loss and zeta - (2 - 1/nu).
struct Exponents {
    zeta: Option<f64>,
    noise: Option<f64>,
    loss: Option<f64>,
    distance: Option<f64>,
}

fn exponents(law: &Law) -> Exponents {
    let quotient = |a: &Rational, b: &Rational| rational_to_f64(&(a / b));
    let one = Rational::from_integer(1.into());
    let zeta = law.kappa.as_ref().map(|kappa| quotient(kappa, &law.nu));
    let above_one = law.nu > one;
    let noise = above_one.then(|| 2.0 - quotient(&one, &law.nu));
    let distance = law.kappa.as_ref().filter(|_| above_one).map(|kappa| {
        rational_to_f64(&((kappa + &one) / &law.nu - Rational::from_integer(2.into())))
    });
    let loss = match law.phase {
        Some(Phase::NoiseDominated) => noise,
        Some(Phase::SignalDominated | Phase::Border) => zeta,
        _ => None,
    };
    Exponents {
        zeta,
        noise,
        loss,
        distance,
    }
}

fn warnings(law: &Law, found: Option<&Consequences>, missing: &[&str]) -> Vec<String> {
    let mut warnings = law.loaded.warnings.clone();
    let outlook = found.and_then(|found| found.outlook.as_ref());
    let mut missing = missing.to_vec();
    if let Some(found) = found {
        // These say why a number of the report is null.
        let said = &found.report.warnings;
        missing.retain(|name| {
            let reported = exact(Some(found)).iter().any(|(own, _)| own == name);
            !(reported && said.iter().any(|warning| warning.contains(name)))
        });
        warnings.extend(said.iter().cloned());
    }
    warnings.extend(null_warnings(&missing, |name| match (law.phase, found, outlook) {
        (None, ..) => {
            "for nu > 1 the phase depends on the signal exponent kappa, which is not known".to_owned()
        }
        (_, None, _) => "constants and times depend on the hyperparameters: add --learning-rate, and --noise-amplitude or --batch-size".to_owned(),
        (_, _, None) => "the signal exponent kappa is not known".to_owned(),
        (Some(phase), _, Some(outlook)) => why_null(name, phase, outlook),
    }));
    warnings
}

/// The end of the power law's validity for a spectrum with a last mode, `1/(2 alpha_eff lambda_min)`
/// in steps; `None` for a law without end.
fn validity_end(loaded: &LoadedSpectrum, h: &Hyperparameters) -> Option<f64> {
    let infinite = loaded.power_law.is_some_and(|own| own.modes().is_none());
    let smallest = loaded.spectrum.eigenvalues().last().copied();
    (!infinite).then(|| smallest.map_or(0.0, |l| 0.5 / (h.effective_learning_rate() * l)))
}

/// The warning of a spectrum with a last mode.
fn last_mode(end: f64, late: &[&str]) -> String {
    let mut text = format!(
        "the spectrum has a last mode: its loss follows the power law for t well below 1/(2 alpha_eff lambda_min) = {} only",
        short(end)
    );
    if !late.is_empty() {
        text.push_str(&format!(
            "; {} null: of the law without end, this lies later (`tauber audit` judges the modes given)",
            are(late)
        ));
    }
    text
}

fn document(law: &Law, found: Option<&Consequences>, late: &[&str]) -> Map<String, Value> {
    let exponents = exponents(law);
    let mut map = Map::new();
    map.insert("phase".into(), json!(law.phase.map(Phase::name)));
    let fields = [
        ("eigenvalue_exponent", Some(rational_to_f64(&law.nu))),
        ("signal_exponent", law.kappa.as_ref().map(rational_to_f64)),
        ("eigenvalue_scale", law.eigenvalue_scale),
        ("signal_scale", law.signal_scale),
        ("zeta", exponents.zeta),
        ("noise_exponent", exponents.noise),
        ("border_distance", exponents.distance),
        ("loss_exponent", exponents.loss),
    ];
    for (name, value) in fields
        .into_iter()
        .chain(exact(found))
        .chain(asymptotic(found))
    {
        let value = value.filter(|_| !late.contains(&name));
        map.insert(name.into(), value.map_or(Value::Null, json_number));
    }
    map
}

fn input(word: &str, law: &Law, h: Option<&Hyperparameters>, noise: &ResolvedNoise) -> Value {
    json!({
        "spectrum": word,
        "description": law.loaded.description,
        "learning_rate": h.map(Hyperparameters::learning_rate),
        "momentum": h.map(Hyperparameters::momentum),
        "noise_amplitude": h.map(Hyperparameters::noise_amplitude),
        "batch_size": noise.batch_size,
        "dataset_size": noise.batch_size.map(|_| noise.dataset_size.map_or(Value::from("infinity"), Value::from)),
        "tau": noise.tau,
    })
}

fn rows(law: &Law, found: Option<&Consequences>, late: &[&str]) -> Vec<Vec<String>> {
    let exponents = exponents(law);
    let mut rows = Vec::new();
    let mut row = |name: &str, value: Option<f64>, meaning: &str| {
        if let Some(value) = value {
            rows.push([name, &short(value), meaning].map(str::to_owned).to_vec());
        }
    };
    row(
        "nu",
        Some(rational_to_f64(&law.nu)),
        "lambda_k ~ Lambda k^-nu",
    );
    row(
        "kappa",
        law.kappa.as_ref().map(rational_to_f64),
        "tails of lambda_k C_kk,0 ~ K k^-kappa",
    );
    row(
        "zeta = kappa/nu",
        exponents.zeta,
        "exponent of the signal; Tr C0 is finite above 1",
    );
    row("2 - 1/nu", exponents.noise, "exponent of the noise");
    row(
        "loss exponent xi",
        exponents.loss,
        "L_t ~ C t^-xi, if U(1) < 1",
    );
    if let Some(found) = found {
        rows.extend(found.rows(late));
    }
    rows
}
