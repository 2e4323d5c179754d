//! `tauber verify --report`: the page parses, every anchor resolves, nothing is loaded from outside,
//! every lemma is there with its proof, whatever is inserted is escaped. Each property is tested on
//! a page that lacks it as well.

use assert_cmd::Command;
use scraper::{Html, Selector};
use std::collections::HashSet;
use tauber::certificate::{Certificate, Step, explain_text, outline};
use tauber::cli::verify_report::{FigureRecord, Machine, Run, page, read_figures};
use tauber::verify::{Check, Outcome, lemmas};

const NASTY: &str = "a < b & \"c\" > 'd' </style><script>alert(1)</script> &amp;";

fn run() -> Run {
    Run {
        effort: "full",
        machine: Machine {
            system: "system".to_owned(),
            architecture: "architecture".to_owned(),
            cores: 2,
        },
        made_at: 0,
    }
}

fn check(name: &'static str, words: &str, outcome: Outcome) -> Check {
    Check {
        name,
        claim: words.to_owned(),
        method: words.to_owned(),
        deviation: words.to_owned(),
        outcome,
        details: vec![words.to_owned(); 5],
        seconds: 0.25,
    }
}

/// Every lemma, and checks of every outcome.
fn checks(words: &str) -> Vec<Check> {
    let mut all: Vec<Check> = lemmas()
        .iter()
        .map(|lemma| check(lemma.id, "proved", Outcome::Passed))
        .collect();
    all.push(check("proposition-3", words, Outcome::Passed));
    all.push(check("theorem-2", words, Outcome::Failed));
    all.push(check(
        "se-theory-against-sampled-sgd",
        words,
        Outcome::Reported,
    ));
    all
}

fn figure(words: &str) -> FigureRecord {
    FigureRecord {
        number: 3,
        pictures: vec![(
            "figure.svg".to_owned(),
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"summary\"><text>{words}</text></svg>"
            ),
        )],
        tables: vec![format!("{words}.csv")],
        agreement: serde_json::json!({
            "title": words, "scale": "quick", "notes": [words], "program": words, "seconds": 12.5,
            "agreements": [
                {"what": words, "unit": words, "measured": 1.234_56, "predicted": null, "rule": words, "agrees": false},
                {"what": "w", "unit": "", "measured": "infinity", "predicted": 2, "rule": "r", "agrees": true},
                {"what": "u", "unit": "", "measured": 1, "predicted": 1, "rule": "r", "agrees": true, "verdict": "no power",
                 "wrong_theories": [{"what": words, "rejected": false}, {"what": "x", "rejected": true}]},
                {"what": "n", "unit": "", "measured": 1, "predicted": null, "rule": "", "agrees": null, "verdict": "reported"},
            ],
            "not_reproduced": [{"panel": words, "reason": words, "command": words}],
        }),
    }
}

fn html(words: &str) -> String {
    page(&checks(words), Some(&[figure(words)]), &run()).html()
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

/// Links to anchors that are not there, and anchors that are there twice.
fn wrong_anchors(html: &str) -> Vec<String> {
    let document = Html::parse_document(html);
    let mut wrong = Vec::new();
    let mut ids = HashSet::new();
    for element in document.select(&selector("[id]")) {
        let id = element.value().id().unwrap();
        if !ids.insert(id.to_owned()) {
            wrong.push(format!("twice: {id}"));
        }
    }
    for link in document.select(&selector("a[href^='#']")) {
        let to = &link.value().attr("href").unwrap()[1..];
        if !ids.contains(to) {
            wrong.push(format!("dead: {to}"));
        }
    }
    wrong
}

/// Whatever a browser would load, run or apply from outside the page.
fn loads(html: &str) -> Vec<String> {
    let document = Html::parse_document(html);
    let mut found = Vec::new();
    for element in document.select(&selector(
        "script, iframe, object, embed, base, form, use, image",
    )) {
        found.push(element.html());
    }
    for element in document.select(&selector("*")) {
        let name = element.value().name();
        for (key, value) in element.value().attrs() {
            let address = matches!(
                key,
                "src" | "srcset" | "data" | "poster" | "action" | "background"
            ) || (key == "href" && name != "a");
            if (address && !value.starts_with("data:")) || key.starts_with("on") || key == "style" {
                found.push(format!("{name} {key}={value}"));
            }
        }
        if name == "a"
            && element.value().attr("href").is_some_and(|to| {
                !(to.starts_with('#')
                    || to.starts_with("https://arxiv.org/")
                    || to.starts_with("https://doi.org/"))
            })
        {
            found.push(element.html());
        }
    }
    for style in document.select(&selector("style")) {
        let text: String = style.text().collect();
        if text.contains("url(") || text.contains("@import") || text.contains("http") {
            found.push("style".to_owned());
        }
    }
    found
}

#[test]
fn the_page_is_valid_and_has_its_sections_in_order() {
    let html = html("words");
    assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    let document = Html::parse_document(&html);
    let ids: Vec<&str> = document
        .select(&selector("main > section"))
        .filter_map(|s| s.value().id())
        .collect();
    let sections = [
        "summary",
        "checks",
        "lemmas",
        "figures",
        "findings",
        "coverage",
        "provenance",
    ];
    assert_eq!(ids, sections);
    for id in sections {
        let entry = selector(&format!("nav a[href='#{id}']"));
        assert_eq!(document.select(&entry).count(), 1, "contents lack {id}");
    }
    assert_eq!(document.select(&selector("h1")).count(), 1);
    // A table outside its scrolling box would widen a phone's page.
    let boxed = document.select(&selector(".scroll > table")).count();
    assert_eq!(boxed, document.select(&selector("table")).count());
}

#[test]
fn every_link_inside_the_page_leads_somewhere() {
    assert_eq!(wrong_anchors(&html("words")), Vec::<String>::new());
    assert_eq!(
        wrong_anchors(&page(&[], None, &run()).html()),
        Vec::<String>::new()
    );
}

#[test]
fn a_dead_link_and_a_double_anchor_are_noticed() {
    assert_eq!(wrong_anchors("<a href='#x'>x</a>"), ["dead: x"]);
    assert_eq!(wrong_anchors("<p id='x'></p><p id='x'></p>"), ["twice: x"]);
    let broken = html("words").replace("id=\"findings\"", "id=\"finding\"");
    assert!(wrong_anchors(&broken).contains(&"dead: findings".to_owned()));
}

#[test]
fn nothing_is_loaded_from_outside() {
    assert_eq!(loads(&html("words")), Vec::<String>::new());
}

#[test]
fn a_page_that_loads_something_is_noticed() {
    for bad in [
        "<script>1</script>",
        "<img src='https://example.org/a.png'>",
        "<link rel='stylesheet' href='a.css'>",
        "<style>@import 'a.css'</style>",
        "<style>p { background: url(a.png) }</style>",
        "<p onclick='x()'>x</p>",
        "<a href='javascript:x()'>x</a>",
    ] {
        assert!(!loads(bad).is_empty(), "{bad}");
    }
}

#[test]
fn every_lemma_is_there_with_every_term_of_its_proof() {
    let document = Html::parse_document(&html("words"));
    for lemma in lemmas() {
        let section = selector(&format!("#lemma-{}", lemma.id));
        let found = document
            .select(&section)
            .next()
            .unwrap_or_else(|| panic!("{} is missing", lemma.id));
        let index = selector(&format!("td a[href='#lemma-{}']", lemma.id));
        assert_eq!(document.select(&index).count(), 1, "{}", lemma.id);
        let certificate = Certificate::from_json(lemma.certificate.unwrap().as_bytes()).unwrap();
        let shown = found.select(&selector(".summand")).count();
        assert_eq!(shown, certificate.terms(), "{}", lemma.id);
        let words: String = found.text().collect();
        assert!(
            words.contains(&certificate.statement.sha256()),
            "{}",
            lemma.id
        );
        assert!(words.contains("proved"), "{}", lemma.id);
        for text in certificate.statement.goal_texts() {
            let label = selector("[aria-label]");
            let labels = found.select(&label);
            let found = labels
                .filter(|e| e.value().attr("aria-label") == Some(text))
                .count();
            assert!(found > 0, "{}: {text}", lemma.id);
        }
    }
}

#[test]
fn a_refused_or_unchecked_certificate_shows_no_proof() {
    let all = lemmas();
    let [first, second, ..] = all.as_slice() else {
        panic!("two lemmas are needed");
    };
    let refused = [check(
        first.id,
        "term 3: expected x, got y",
        Outcome::Failed,
    )];
    let document = Html::parse_document(&page(&refused, None, &run()).html());
    for (lemma, word) in [
        (first, "expected x, got y"),
        (second, "not checked in this run"),
    ] {
        let section = selector(&format!("#lemma-{}", lemma.id));
        let found = document.select(&section).next().unwrap();
        assert_eq!(found.select(&selector(".summand")).count(), 0);
        let words: String = found.text().collect();
        assert!(words.contains(word) && !words.contains("proved"), "{words}");
    }
}

/// The formulas of all terms, from the outline.
fn formulas(steps: &[Step], out: &mut Vec<String>) {
    for step in steps {
        match step {
            Step::Identity { terms, .. } | Step::Empty { terms } => {
                out.extend(terms.iter().map(|t| t.formula.clone()));
            }
            Step::Case { steps, .. } | Step::Fact { steps, .. } => formulas(steps, out),
        }
    }
}

#[test]
fn the_outline_says_what_the_text_of_explain_says() {
    for lemma in lemmas() {
        let certificate = Certificate::from_json(lemma.certificate.unwrap().as_bytes()).unwrap();
        let mut ours = Vec::new();
        for proof in outline(&certificate).proofs {
            formulas(&proof, &mut ours);
        }
        let text = explain_text(&certificate);
        let terms = text.lines().map(str::trim);
        let theirs: Vec<&str> = terms
            .filter_map(|l| l.strip_prefix("= ").or_else(|| l.strip_prefix("+ ")))
            .collect();
        assert_eq!(ours, theirs, "{}", lemma.id);
    }
}

#[test]
fn inserted_text_is_escaped_everywhere() {
    let html = html(NASTY);
    assert_eq!(loads(&html), Vec::<String>::new());
    assert_eq!(wrong_anchors(&html), Vec::<String>::new());
    assert!(!html.contains("<script"));
    // It is there, as text: once read back it is what was inserted.
    let document = Html::parse_document(&html);
    for place in [
        "#check-proposition-3 p",
        "#check-theorem-2 dd",
        "#figure-3 td",
        "#figure-3 li",
        "#figure-3 code",
    ] {
        let found = document
            .select(&selector(place))
            .any(|e| e.text().collect::<String>().contains(NASTY));
        assert!(found, "{place}");
    }
}

#[test]
fn verdicts_have_words_and_not_only_colours() {
    let document = Html::parse_document(&html("words"));
    for (id, word) in [
        ("check-proposition-3", "passed"),
        ("check-theorem-2", "failed"),
        ("check-se-theory-against-sampled-sgd", "reported"),
    ] {
        let mark = selector(&format!("#{id} .mark"));
        let text: String = document.select(&mark).next().unwrap().text().collect();
        assert!(text.contains(word), "{id}: {text}");
    }
}

#[test]
fn durations_and_the_date_change_provenance_alone() {
    let mut slower = checks("words");
    for check in &mut slower {
        check.seconds *= 3.0;
    }
    let later = Run {
        made_at: 1_000_000_000,
        ..run()
    };
    let figures = [figure("words")];
    let split = |html: &str| {
        let (before, rest) = html.split_once("<section id=\"provenance\">").unwrap();
        (before.to_owned(), rest.to_owned())
    };
    let first = split(&html("words"));
    let second = split(&page(&slower, Some(&figures), &later).html());
    assert_eq!(first.0, second.0);
    assert_ne!(first.1, second.1);
    assert!(second.1.contains("2001-09-09 01:46 UTC"));
}

#[test]
fn without_figures_the_page_says_which_command_draws_them() {
    let html = page(&checks("words"), None, &run()).html();
    assert!(html.contains("tauber figure all --quick --out figures"));
    assert!(!html.contains("<img"));
    assert!(self::html("words").contains("<img src=\"data:image/svg+xml,%3Csvg"));
}

#[test]
fn comparisons_of_figures_are_counted_with_scale_and_program() {
    let html = page(
        &checks("words"),
        Some(&[figure("words"), figure("other")]),
        &run(),
    )
    .html();
    let document = Html::parse_document(&html);
    let words = |place: &str| -> Vec<String> {
        let found = selector(place);
        let found = document.select(&found);
        let plain = found.map(|e| e.text().collect::<Vec<_>>().concat());
        plain
            .map(|t| t.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    };
    assert_eq!(
        words("#figures > .tiles .tile"),
        [
            "2✓ comparisons agree",
            "2≠ differ",
            "2? undecided",
            "2≈ numbers reported",
            "2○ panels not drawn"
        ]
    );
    let row = words("#figures > .scroll tbody tr").swap_remove(0);
    assert!(
        row.contains("quick") && row.contains("1 ✓agrees 1 ≠differs 1 ?undecided"),
        "{row}"
    );
    let made = words("#figure-3 .small").swap_remove(0);
    assert!(
        made.starts_with("scale quick, drawn by words, and not by the program"),
        "{made}"
    );
    let rules = words("#figure-3 td").join("|");
    assert!(
        rules.contains("r; rejects 1 of 2 wrong theories (not: words)"),
        "{rules}"
    );
    // A page whose figures were drawn by this very program does not say otherwise.
    let mut ours = figure("words");
    ours.agreement["program"] = format!("tauber {}", env!("CARGO_PKG_VERSION")).into();
    let html = page(&[], Some(&[ours]), &run()).html();
    assert!(!html.contains("not by the program") && html.contains("drawn by tauber"));
}

#[test]
fn provenance_has_the_command_that_made_the_page_and_what_each_figure_took() {
    let text = |figures: Option<&[FigureRecord]>| {
        let html = page(&checks("words"), figures, &run()).html();
        let document = Html::parse_document(&html);
        let found = document.select(&selector("#provenance")).next().unwrap();
        found.text().collect::<String>()
    };
    let with = text(Some(&[figure("words")]));
    assert!(
        with.contains("tauber verify --full --report DIR --figures FIGURES"),
        "{with}"
    );
    assert!(with.contains("12.5"));
    // SHA-256 of the picture of `figure("words")`, by Python's hashlib.
    assert!(
        with.contains("1ed56e27de15ea59b08a7bd4b4e334f0a7b69eeba5739764030364a51a928dfd"),
        "{with}"
    );
    let without = text(None);
    assert!(
        without.contains("tauber verify --full --report DIR") && !without.contains("--figures")
    );
}

#[test]
fn folders_of_figures_are_read_and_damaged_ones_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |why: &str| {
        let error = read_figures(folder.path()).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    refusal("there is no figure-N");
    let inside = folder.path().join("figure-12");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(inside.join("agreement.json"), "{").unwrap();
    refusal("this is not JSON");
    std::fs::write(inside.join("agreement.json"), "[]").unwrap();
    refusal("one JSON object");
    std::fs::write(inside.join("agreement.json"), "{\"title\": \"t\"}").unwrap();
    std::fs::write(inside.join("figure.svg"), "plain").unwrap();
    refusal("not an SVG");
    std::fs::write(inside.join("figure.svg"), "<svg/>").unwrap();
    std::fs::write(inside.join("map.csv"), "a\n1\n").unwrap();
    let found = read_figures(folder.path()).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].number, found[0].tables.clone()),
        (12, vec!["map.csv".to_owned()])
    );
    let missing = read_figures(&folder.path().join("none"))
        .unwrap_err()
        .to_string();
    assert!(missing.contains("no such folder"), "{missing}");
}

fn refused(arguments: &[&str], words: &str) {
    let result = Command::cargo_bin("tauber")
        .unwrap()
        .arg("verify")
        .args(arguments)
        .assert()
        .code(2);
    let text = String::from_utf8_lossy(&result.get_output().stderr).into_owned();
    assert!(text.contains(words), "{text}");
    assert!(result.get_output().stdout.is_empty());
}

#[test]
fn bad_folders_are_refused_before_any_check_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(folder.path().join("file"), "mine").unwrap();
    refused(&["--report", &path("file")], "this is a file, not a folder");
    refused(&["--report", &path("file/below")], "cannot make the folder");
    refused(
        &["--report", &path("new"), "--figures", &path("none")],
        "there is no such folder",
    );
    refused(&["--figures", &path("")], "--report");
    std::fs::create_dir(folder.path().join("theirs")).unwrap();
    std::fs::write(folder.path().join("theirs/index.html"), "<p>mine</p>").unwrap();
    refused(&["--report", &path("theirs")], "no report of tauber");
    std::fs::create_dir_all(folder.path().join("odd/index.html")).unwrap();
    refused(&["--report", &path("odd")], "it is a directory");
    assert_eq!(
        std::fs::read_to_string(folder.path().join("file")).unwrap(),
        "mine"
    );
    assert!(!folder.path().join("new").exists());
    assert_eq!(
        std::fs::read_dir(folder.path().join("theirs"))
            .unwrap()
            .count(),
        1
    );
}
