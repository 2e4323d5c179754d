//! A Markdown document of the repository inside the page.
//!
//! Headings move below the section's own and get anchors with the section's prefix; raw HTML is
//! shown as text; a link is kept if it leads to the network, otherwise only its text is (a file of
//! the repository is not inside the page); pictures are replaced by their description.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// The document as HTML, without its first heading, which the section has already.
pub(super) fn markdown(text: &str, prefix: &str) -> Markup {
    let options = Options::ENABLE_TABLES;
    let mut events: Vec<Event<'_>> = Vec::new();
    let mut number = 0;
    let mut first = false;
    let mut kept_links = Vec::new();
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::Heading {
                level: HeadingLevel::H1,
                ..
            }) => first = true,
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => first = false,
            _ if first => {}
            Event::Start(Tag::Heading { level, .. }) => {
                number += 1;
                events.push(Event::Start(Tag::Heading {
                    level: lower(level),
                    id: Some(format!("{prefix}-{number}").into()),
                    classes: Vec::new(),
                    attrs: Vec::new(),
                }));
            }
            Event::End(TagEnd::Heading(level)) => {
                events.push(Event::End(TagEnd::Heading(lower(level))));
            }
            Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
            Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock | TagEnd::Image) => {}
            Event::Start(Tag::Image { .. }) => {}
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                let keep = dest_url.starts_with("https://") || dest_url.starts_with("http://");
                kept_links.push(keep);
                if keep {
                    events.push(event);
                }
            }
            Event::End(TagEnd::Link) => {
                if kept_links.pop() == Some(true) {
                    events.push(event);
                }
            }
            Event::Start(Tag::Table(_)) => {
                let open =
                    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"table\">";
                events.push(Event::Html(CowStr::Borrowed(open)));
                events.push(event);
            }
            Event::End(TagEnd::Table) => {
                events.push(event);
                events.push(Event::Html(CowStr::Borrowed("</div>")));
            }
            other => events.push(other),
        }
    }
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    PreEscaped(out)
}

/// The headings below the first: anchor and text.
pub(super) fn headings(text: &str, prefix: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Heading { level, .. }) if level != HeadingLevel::H1 => {
                found.push((format!("{prefix}-{}", found.len() + 1), String::new()));
                inside = true;
            }
            Event::End(TagEnd::Heading(_)) => inside = false,
            Event::Text(words) | Event::Code(words) if inside => {
                if let Some((_, title)) = found.last_mut() {
                    title.push_str(&words);
                }
            }
            _ => {}
        }
    }
    found
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 | HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_html_and_pictures_become_text() {
        let out = markdown(
            "# T\n\na <script>x</script> ![no](http://e.org/p.png)\n\n<img src=x>\n",
            "m",
        )
        .into_string();
        assert!(!out.contains("<script") && !out.contains("<img"), "{out}");
        assert!(
            out.contains("&lt;script&gt;") && out.contains("&lt;img src=x&gt;"),
            "{out}"
        );
        assert!(!out.contains('T'), "{out}");
    }

    #[test]
    fn links_to_files_become_text_and_others_stay() {
        let out =
            markdown("[a](docs/x.md) [b](https://arxiv.org/abs/2206.11124)", "m").into_string();
        assert!(!out.contains("docs/x.md"), "{out}");
        assert!(
            out.contains("href=\"https://arxiv.org/abs/2206.11124\""),
            "{out}"
        );
    }

    #[test]
    fn headings_have_the_anchors_that_are_listed() {
        let text = "# T\n\n## One `x`\n\n## Two\n\n### Three\n";
        let out = markdown(text, "m").into_string();
        let found = headings(text, "m");
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], ("m-1".to_owned(), "One x".to_owned()));
        for (id, _) in found {
            assert!(out.contains(&format!("id=\"{id}\"")), "{out}");
        }
    }
}
