//! The transcripts of the README are what the program prints.
//!
//! Every console block of README.md is run; `...` stands for lines left out. When the program's
//! words change on purpose: `TRYCMD=overwrite cargo test --test readme`, and read the difference.

#[test]
fn transcripts_of_the_readme_are_what_the_program_prints() {
    trycmd::TestCases::new().case("README.md");
}
