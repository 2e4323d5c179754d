//! The checker can be read: at most 500 lines, comments included, none wider than 120 characters; no floats.
use std::path::Path;

fn sources() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = std::fs::read_dir(folder).expect("src").map(|entry| entry.expect("entry").path());
    files.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("text"))).collect()
}

/// The first line with a type or a literal of floating point.
fn float(text: &str) -> Option<&str> {
    let literal = |word: &str| {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
        word.split_once('.').is_some_and(|(whole, fraction)| digits(whole) && digits(fraction))
    };
    let of = |line: &&str| {
        let code = line.split("//").next().unwrap_or_default();
        let mut words = code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
        words.any(|word| word.contains("f32") || word.contains("f64") || literal(word))
    };
    text.lines().find(of)
}

#[test]
fn at_most_five_hundred_lines_of_at_most_120_characters() {
    let all = sources();
    assert!(all.len() >= 4);
    let lines: usize = all.iter().map(|(_, text)| text.lines().count()).sum();
    assert!(lines <= 500, "{lines} lines");
    for (path, text) in &all {
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{path}");
    }
}

#[test]
fn no_floats() {
    for (path, text) in sources() {
        assert_eq!(float(&text), None, "{path}");
    }
    assert!(float("let x = 1.5;").is_some() && float("fn f(x: f64)").is_some());
    assert!(float("pair.0 // 1.5").is_none());
}
