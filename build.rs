//! Lists the statements and certificates of `proofs/` for `tauber verify`, and the table of equations
//! for its report if there is one: no other purpose.

use std::fmt::Write as _;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=proofs/statements");
    println!("cargo::rerun-if-changed=proofs/certificates");
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let certificates = Path::new(&root).join("proofs/certificates");
    let statements = Path::new(&root).join("proofs/statements");
    let mut ids: Vec<String> = std::fs::read_dir(&statements)
        .map(|entries| {
            entries
                .filter_map(|entry| {
                    let name = entry.ok()?.file_name().into_string().ok()?;
                    name.strip_suffix(".toml").map(str::to_owned)
                })
                .collect()
        })
        .unwrap_or_default();
    ids.sort();
    let mut text = String::from(
        "/// Id, statement file and certificate file (if there is one) of each lemma.\nconst PROOFS: &[(&str, &str, Option<&str>)] = &[\n",
    );
    for id in ids {
        let statement = statements.join(format!("{id}.toml"));
        let certificate = certificates.join(format!("{id}.json"));
        let included = |path: &Path| format!("include_str!({:?})", path.display().to_string());
        let proof = if certificate.exists() {
            format!("Some({})", included(&certificate))
        } else {
            "None".to_owned()
        };
        let _ = writeln!(text, "    ({id:?}, {}, {proof}),", included(&statement));
    }
    text.push_str("];\n");
    std::fs::write(Path::new(&out).join("proofs.rs"), text)
        .expect("cargo gives a writable OUT_DIR");
    coverage(Path::new(&root), Path::new(&out));
}

/// `docs/coverage.md` is generated, so it may not be there yet.
fn coverage(root: &Path, out: &Path) {
    println!("cargo::rerun-if-changed=docs");
    let table = root.join("docs/coverage.md");
    let value = if table.exists() {
        format!("Some(include_str!({:?}))", table.display().to_string())
    } else {
        "None".to_owned()
    };
    let text = format!(
        "/// The table of equations, if it was there at build time.\nconst COVERAGE: Option<&str> = {value};\n"
    );
    std::fs::write(out.join("coverage.rs"), text).expect("cargo gives a writable OUT_DIR");
}
