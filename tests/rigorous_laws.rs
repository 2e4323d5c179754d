//! Rigorous evaluation of infinite power laws against values that were computed another way.
//!
//! - mpmath 1.3 at 50 to 120 digits, no code in common: U(1), edges and lambda_crit by zeta functions, U(z) and V(z) by the
//!   Abel-Plana formula, early losses by polynomials in a with zeta values;
//! - python-flint 0.9: late losses by geometric series of Hurwitz zeta values on a parabola.

mod rigorous_support;

use num_traits::Zero;
use rigorous_support::{exact, finite, law, meets, q};
use tauber::generating::Point;
use tauber::generating::rigorous::{
    LawAt, LawAtOne, RigorousError, RigorousLaw, RigorousSpectrum, enclose_loss, loss_by_contour,
    loss_by_recursion,
};
use tauber::number::ball::Backend;
use tauber::number::{Ball, Complex, Rational};
use tauber::spectrum::{PowerLaw, SignalLaw};
use tauber::stability::rigorous::{Enclosed, RigorousVerdict, assess_rigorously};

#[test]
fn u_and_v_at_one_of_an_infinite_law_have_the_digits_of_the_hurwitz_route() {
    let p = exact("0.7", "0.3", "0.1", "0");
    for (kind, v) in [
        (
            SignalLaw::Terms,
            "1.21750239549928791782795954695895889028625897",
        ),
        (
            SignalLaw::Tails,
            "1.21117919917282876071264568111954681717331471",
        ),
    ] {
        let bits = 256;
        let at_one = LawAtOne::<Backend>::new(&law("1.5", "4", kind), bits).unwrap();
        let u = at_one.noise_function(&p.balls(bits)).unwrap();
        meets(
            &u,
            "0.1519767013111071737034242342163279088374661768651893811",
            50,
            "U(1)",
        );
        meets(
            &at_one.signal_function(&p.balls(bits)).unwrap().unwrap(),
            v,
            50,
            "V(1)",
        );
    }
    let infinite = LawAtOne::<Backend>::new(&law("1.5", "1.5", SignalLaw::Tails), 96).unwrap();
    assert!(infinite.signal_function(&p.balls(96)).unwrap().is_none());
    let refused = LawAtOne::<Backend>::new(&law("1", "1", SignalLaw::Tails), 96);
    assert_eq!(refused.unwrap_err(), RigorousError::InfiniteTrace);
}

/// More digits than 160 Bernoulli numbers and one precision for every tail would serve. The references are python-flint
/// 0.9's: 190 by 110 Hurwitz zeta values from 300 on.
#[test]
fn u_and_v_at_one_have_four_hundred_digits() {
    let p = exact("0.7", "0.3", "0.1", "0");
    let bits = 400 * 10 / 3 + 24;
    let at_one = LawAtOne::<Backend>::new(&law("1.5", "2.25", SignalLaw::Tails), bits).unwrap();
    let u = at_one.noise_function(&p.balls(bits)).unwrap();
    let v = at_one.signal_function(&p.balls(bits)).unwrap().unwrap();
    meets(&u, U_LONG, 400, "U(1)");
    meets(&v, V_LONG, 400, "V(1)");
    // A last digit moved by one is noticed.
    let near = Ball::integer(1).at(bits).shifted(-1340);
    assert!(!(v + near).contains(&q(V_LONG)));
}

/// U(1), to 415 digits.
const U_LONG: &str = "\
    0.15197670131110717370342423421632790883746617686518938112971135279986419351121380353457\
    4060008287138156505439340812540497461775624035104033272506201597931761474468678372004872\
    8736614748732508728466425494908708196534399103996290940694210644620576698454811645720266\
    1344635267039293492101535084048058866990566113734094243696659100730721767599839963656419\
    22135896815383618586484702901827585551302232382177656942544298148605123333";

/// V(1), kappa = 2.25, exact tails, to 415 digits.
const V_LONG: &str = "\
    1.77610377578816608597535615686562268831342793481518760691151460764772720416223998926121\
    6681294515789229234554976079426689964465259423273537547265987040605760980297125340406421\
    7990670901140690852145212881695549392099280166494815472211913367940311988430980540600030\
    7164993596378668364114921627749624970316080855022620222343908062438843584904980626246144\
    1369253509796639946326338897593583269597136376243658004790124264943831559";

#[test]
fn u_and_v_off_the_cut_have_the_digits_of_abel_plana() {
    for (hyper, nu, kappa, kind, e, reference) in ABEL_PLANA {
        let [alpha, beta, gamma, tau] = hyper;
        let kind = if kind == "tails" {
            SignalLaw::Tails
        } else {
            SignalLaw::Terms
        };
        let bits = 200;
        let at = LawAt::new(&law(nu, kappa, kind), bits).unwrap();
        let ball = |text: &str| Ball::enclosing(&q(text), bits);
        let point = Point::from_complement(Complex::new(ball(e.0), ball(e.1)));
        let values = at
            .values(&exact(alpha, beta, gamma, tau).balls(bits), &point)
            .unwrap();
        let parts = [
            values.noise.re,
            values.noise.im,
            values.signal.re,
            values.signal.im,
        ];
        for (part, reference) in parts.iter().zip(reference) {
            if reference == "0" {
                assert!(part.contains(&Rational::zero()));
            } else {
                meets(
                    part,
                    reference,
                    32,
                    &format!("{hyper:?} {nu} {kappa} {e:?}"),
                );
            }
        }
    }
}

#[test]
fn points_on_the_cut_are_refused() {
    let at = LawAt::new(&law("1.5", "0.75", SignalLaw::Tails), 96).unwrap();
    let point = Point::from_complement(Complex::new(
        Ball::enclosing(&q("-1e-3"), 96),
        Ball::integer(0),
    ));
    let refused = at.values(&exact("0.2", "0.5", "0.5", "1").balls(96), &point);
    assert!(
        matches!(refused, Err(RigorousError::Tail { .. })),
        "{refused:?}"
    );
}

#[test]
fn edge_and_critical_regularization_of_infinite_laws_have_the_digits_of_the_zeta_route() {
    for (nu, tau, reference) in [
        (
            "1.5",
            "1",
            "2.2206003009936633649198686504516293511225802587645",
        ),
        (
            "2",
            "1",
            "1.1078910138802660554464677308428844398175690954439",
        ),
        (
            "1.5",
            "0.5",
            "2.4001019093294898943498884883672978482334944097404",
        ),
    ] {
        let near = PowerLaw::new(nu.parse().unwrap(), None)
            .unwrap()
            .spectrum()
            .0;
        let spectrum = RigorousSpectrum::law(RigorousLaw::new(q(nu), None), None).unwrap();
        let p = exact("0.2", "0.5", "0.5", tau);
        let report = assess_rigorously(&spectrum, &near, &p, 40).unwrap();
        meets(
            finite(&report.critical_regularization),
            reference,
            40,
            "lambda_crit",
        );
        if tau == "1" && nu == "1.5" {
            let edge = finite(&report.critical_learning_rate);
            meets(
                edge,
                "0.81070179483996188482441128160266619003279775404762",
                40,
                "edge",
            );
            assert_eq!(report.verdict, RigorousVerdict::ProvedStable);
        }
    }
}

#[test]
fn small_steps_of_infinite_laws_have_the_digits_of_exact_polynomials() {
    for (nu, kappa, kind, p, references) in [
        (
            "1.5",
            "0.75",
            SignalLaw::Tails,
            exact("0.2", "0.5", "0.5", "1"),
            [
                "0.417602094337412716252058091818680679187452808",
                "0.209030512627677957084819534772349060610062993",
                "0.110600516831481075067432644309616651432739251",
            ],
        ),
        (
            "2",
            "1",
            SignalLaw::Terms,
            exact("0.3", "-0.5", "0.25", "0"),
            [
                "0.563579442632890814506689352944012395425698484",
                "0.268384805393630657738899966233936867596452546",
                "0.13406001741443165147743536786638730893988278",
            ],
        ),
    ] {
        let spectrum = RigorousSpectrum::law(law(nu, kappa, kind), None).unwrap();
        for (t, reference) in [1, 7, 30].into_iter().zip(references) {
            let loss = loss_by_recursion(&spectrum, &p, t, 40).unwrap();
            meets(&loss, reference, 40, &format!("nu {nu} t {t}"));
        }
    }
}

#[test]
fn verdicts_at_the_edge_of_an_infinite_law_are_decided_on_both_sides() {
    let near = PowerLaw::new(1.5, None).unwrap().spectrum().0;
    let spectrum = RigorousSpectrum::law(RigorousLaw::new(q("1.5"), None), None).unwrap();
    let p = exact("0.2", "0.5", "0.5", "1");
    let report = assess_rigorously(&spectrum, &near, &p, 60).unwrap();
    let (low, high) = finite(&report.critical_learning_rate).ends().unwrap();
    assert!(&high - &low < q("1e-58"));
    for (alpha, want) in [
        (low, RigorousVerdict::ProvedStable),
        (high, RigorousVerdict::ProvedUnstable),
    ] {
        let p = p.clone().with_learning_rate(alpha).unwrap();
        let verdict = assess_rigorously(&spectrum, &near, &p, 10).unwrap().verdict;
        assert_eq!(verdict, want);
    }
}

#[test]
fn slow_laws_diverge_by_theorem_not_by_number() {
    let p = exact("0.01", "0", "1", "1");
    for (nu, want) in [
        ("0.5", RigorousVerdict::ImmediateDivergence),
        ("1", RigorousVerdict::EventualDivergence),
    ] {
        let near = PowerLaw::new(nu.parse().unwrap(), None)
            .unwrap()
            .spectrum()
            .0;
        let spectrum = RigorousSpectrum::law(RigorousLaw::new(q(nu), None), None).unwrap();
        let report = assess_rigorously(&spectrum, &near, &p, 20).unwrap();
        assert_eq!(report.verdict, want);
        assert!(matches!(report.critical_regularization, Enclosed::Infinite));
        assert!(finite(&report.critical_learning_rate).contains(&Rational::zero()));
    }
}

type Case = (
    [&'static str; 4],
    &'static str,
    &'static str,
    &'static str,
    (&'static str, &'static str),
    [&'static str; 4],
);

/// alpha, beta, gamma, tau; nu; kappa; signal law; e = 1 - z; re U, im U, re V, im V.
#[rustfmt::skip]
const ABEL_PLANA: [Case; 5] = [
    (["0.2", "0.5", "0.5", "1"], "1.5", "0.75", "tails", ("1e-6", "2e-6"),
     ["0.25416695988909456561064041750956484481", "-0.0012288499062186886720781996474117643486", "996.18081003453782018956874475977103041", "-617.36699242860255705585060237919766855"]),
    (["0.2", "0.5", "0.5", "1"], "1.5", "0.75", "tails", ("-1e-9", "3e-10"),
     ["0.25719050132295325748843686105447610942", "-0.00021497876888612261980314948509130771858", "7889.513381051051229074533618288293955", "-53776.176321823355006962716915280593172"]),
    (["0.3", "-0.5", "0.25", "0"], "2", "1", "terms", ("0.5", "0.25"),
     ["0.0262475567177028685957372527238862789", "-0.0027401644988378224283626317134691167886", "2.3273899391265150191422968969365733341", "-0.73983740372398387762597476955063029894"]),
    (["0.7", "0.3", "0.1", "0"], "1.5", "4", "terms", ("-0.001", "0.02"),
     ["0.12970075449149019346657502908480379438", "-0.013184112281554674395621883978809039119", "1.2174875572220881188169435707386466069", "-0.0068312125602206143760722926885653205262"]),
    (["0.2", "0", "1", "-1"], "0.75", "0.5", "tails", ("1e-4", "0"),
     ["7.3929596111207363128948602809604731407", "0", "90.96375855706014149414211988341603120669", "0"]),
];

#[test]
fn the_contour_agrees_with_the_recursion_for_an_infinite_law_at_a_thousand_steps() {
    let spectrum = RigorousSpectrum::law(law("1.5", "0.75", SignalLaw::Tails), None).unwrap();
    let p = exact("0.2", "0.5", "0.5", "1");
    let proof = loss_by_contour(&spectrum, &p, 1000, 25).unwrap();
    let direct = loss_by_recursion(&spectrum, &p, 1000, 35).unwrap();
    assert!(proof.loss.has_digits(25), "{proof:?}");
    assert!(
        proof.loss.encloses(&direct),
        "{:?} {:?}",
        proof.loss.to_decimal(40),
        direct.to_decimal(40)
    );
}

/// A row of [`LATE`].
type Late = (
    [&'static str; 4],
    &'static str,
    &'static str,
    SignalLaw,
    u64,
    &'static str,
);

/// alpha, beta, gamma, tau; nu; kappa; signal law; t; L_t. python-flint 0.9: the tail of every sum by a geometric series
/// of Hurwitz zeta values from K ~ 12 (alpha t/(1 - beta))^(1/nu) on, inverted on a parabola of 56 nodes at 260 bits.
#[rustfmt::skip]
const LATE: [Late; 5] = [
    (["0.1", "0", "0.1", "0"], "1.1", "0.5", SignalLaw::Tails, 1000, "0.04081925642925543191730176736108574271758130"),
    (["0.5", "-0.5", "1", "-1"], "2.5", "1.25", SignalLaw::Tails, 10_000, "0.01214041596358090839397656391208307433847896"),
    (["0.7", "0.3", "1", "1"], "3.9", "6", SignalLaw::Terms, 100_000, "1.61975223152263955265243833667738455102848e-9"),
    (["0.3", "0.9", "0", "0"], "2", "4", SignalLaw::Tails, 10_000, "2.737705621302353049241046682821630665453134e-10"),
    (["0.01", "0.5", "1", "1"], "1.05", "3", SignalLaw::Terms, 1000, "0.0001589322617426181390942241435495784287"),
];

#[test]
fn late_losses_of_infinite_laws_have_the_digits_of_flint() {
    for (hyper, nu, kappa, kind, t, reference) in LATE {
        let spectrum = RigorousSpectrum::law(law(nu, kappa, kind), None).unwrap();
        let [alpha, beta, gamma, tau] = hyper;
        let found = enclose_loss(&spectrum, &exact(alpha, beta, gamma, tau), t, 15).unwrap();
        meets(&found.loss, reference, 15, &format!("nu {nu} t {t}"));
    }
}

#[test]
fn divergent_infinite_laws_are_enclosed_by_the_contour_too() {
    // Late enough for (24) to hold to all digits: the ratio of two losses is r_L^-(t2 - t1).
    let spectrum = RigorousSpectrum::law(law("1.5", "4", SignalLaw::Tails), None).unwrap();
    let p = exact("0.2", "0.9", "0.5", "1");
    let near = PowerLaw::new(1.5, Some(4.0)).unwrap().spectrum().0;
    let report = assess_rigorously(&spectrum, &near, &p, 30).unwrap();
    assert_eq!(report.verdict, RigorousVerdict::ProvedUnstable);
    let [early, late] =
        [1_000_000, 1_000_100].map(|t| loss_by_contour(&spectrum, &p, t, 20).unwrap().loss);
    let growth = late / early * finite(&report.convergence_radius).powered(100);
    assert!(
        growth.contains(&q("1")) && growth.has_digits(18),
        "{:?}",
        growth.to_decimal(30)
    );
}
