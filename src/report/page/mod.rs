//! One self-contained HTML page: no script, no font, no picture from outside.
//!
//! | file | what |
//! |---|---|
//! | `content` | [`Section`], [`Block`], [`Inline`], [`Mark`]: the page as data |
//! | `formula` | formulas as MathML that wraps |
//! | `markdown` | documents of the repository |
//! | `style.css` | screen (light, dark, narrow) and print |
//!
//! Pictures are `data:` images: crisp at every size, and what is inside an SVG file can neither run
//! nor load anything, nor clash with the anchors of the page. The same content gives the same bytes.

mod content;
mod formula;
mod markdown;

pub use content::{Block, Inline, Line, Mark, Section, Summand};

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// The whole page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The title.
    pub title: String,
    /// One or two lines below it.
    pub lead: Line,
    /// Who wrote it: program and version; also tells our pages from others.
    pub generator: String,
    /// The sections.
    pub sections: Vec<Section>,
}

impl Page {
    /// The page as HTML.
    ///
    /// ```
    /// use tauber::report::page::{Block, Inline, Page, Section};
    /// let section = Section::new("a", "A < B").with(Block::Paragraph(vec![Inline::Formula("x^2 >= 0".into())]));
    /// let page = Page { title: "T".into(), lead: vec![], generator: "g".into(), sections: vec![section] };
    /// assert!(page.html().contains("A &lt; B") && page.html().contains("<msup>"));
    /// ```
    pub fn html(&self) -> String {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="generator" content=(self.generator);
                    title { (self.title) }
                    link rel="icon" href="data:,";
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#content" { "To the content" }
                    div.frame {
                        nav.contents aria-label="Contents" { (self.contents()) }
                        main #content {
                            header {
                                h1 { (self.title) }
                                p.lead { (line(&self.lead)) }
                            }
                            @for part in &self.sections { (section(part, 2)) }
                        }
                    }
                }
            }
        }
        .into_string()
    }

    fn contents(&self) -> Markup {
        html! {
            p.contents-title { a href="#content" { "Contents" } }
            ol {
                @for part in &self.sections {
                    li {
                        a href={ "#" (part.id) } { (part.title) }
                        @let below = below(part);
                        @if !below.is_empty() {
                            ol { @for (id, title) in below { li { a href={ "#" (id) } { (title) } } } }
                        }
                    }
                }
            }
        }
    }
}

/// The entries below a section in the table of contents.
fn below(part: &Section) -> Vec<(String, String)> {
    if !part.listed {
        return Vec::new();
    }
    let mut entries: Vec<(String, String)> = Vec::new();
    for block in &part.blocks {
        if let Block::Markdown { text, prefix } = block {
            entries.extend(markdown::headings(text, prefix));
        }
    }
    let sections = part.sections.iter();
    entries.extend(sections.map(|s| (s.id.clone(), s.title.clone())));
    entries
}

fn section(part: &Section, level: usize) -> Markup {
    let heading = html! {
        (part.title)
        @if let Some(found) = part.mark { " " (mark(found)) }
        a.anchor href={ "#" (part.id) } aria-label={ "Link to " (part.title) } { "#" }
    };
    html! {
        section id=(part.id) {
            @match level {
                2 => h2 { (heading) },
                3 => h3 { (heading) },
                _ => h4 { (heading) },
            }
            (blocks(&part.blocks))
            @for inner in &part.sections { (section(inner, level + 1)) }
        }
    }
}

fn blocks(list: &[Block]) -> Markup {
    html! { @for part in list { (block(part)) } }
}

fn block(part: &Block) -> Markup {
    match part {
        Block::Paragraph(words) => html! { p { (line(words)) } },
        Block::Small(words) => html! { p.small { (line(words)) } },
        Block::List(lines) => html! { ul { @for words in lines { li { (line(words)) } } } },
        Block::Numbered(lines) => html! {
            div.numbered {
                @for (id, label, words) in lines {
                    div id=(id) { span.label { (label) } span { (line(words)) } }
                }
            }
        },
        Block::Facts(lines) => html! {
            dl.facts { @for (label, words) in lines { div { dt { (label) } dd { (line(words)) } } } }
        },
        Block::Command(text) => html! { pre tabindex="0" { code { (text) } } },
        Block::Table {
            label,
            header,
            rows,
            numeric,
        } => table(label, header, rows, numeric),
        Block::Equation {
            left,
            summands,
            close,
        } => html! {
            div.equation {
                div.left { (formula::formula(left)) }
                @for (k, part) in summands.iter().enumerate() {
                    div.summand {
                        span.sign aria-hidden="true" { @if k == 0 { "=" } @else { "+" } }
                        span.term { (formula::formula(&part.formula)) }
                        span.note { (line(&part.note)) }
                    }
                }
                @if !close.is_empty() { p.close { (line(close)) } }
            }
        },
        Block::Nested {
            id,
            head,
            blocks: inner,
        } => html! {
            div.nested id=(id) { p.nested-head { (line(head)) } (blocks(inner)) }
        },
        Block::Fold {
            head,
            open,
            blocks: inner,
        } => html! {
            details open[*open] { summary { (line(head)) } div.folded { (blocks(inner)) } }
        },
        Block::Tiles(tiles) => html! {
            div.tiles {
                @for (found, number, words) in tiles {
                    div.tile.(found.word()) {
                        span.number { (number) }
                        span.words { span.symbol aria-hidden="true" { (found.sign()) } " " (words) }
                    }
                }
            }
        },
        Block::Card {
            id,
            head,
            mark: found,
            blocks: inner,
        } => html! {
            article.card.(found.word()) id=(id) {
                div.card-head { h4 { (line(head)) } (mark(*found)) }
                (blocks(inner))
            }
        },
        Block::Picture { svg, alt } => html! {
            figure tabindex="0" { img src=(data_address(svg)) alt=(alt); }
        },
        Block::Markdown { text, prefix } => html! {
            div.document { (markdown::markdown(text, prefix)) }
        },
    }
}

fn table(label: &str, header: &[String], rows: &[Vec<Line>], numeric: &[bool]) -> Markup {
    let class = |k: usize| numeric.get(k).copied().unwrap_or(false).then_some("number");
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table {
                thead { tr { @for (k, name) in header.iter().enumerate() {
                    th scope="col" class=[class(k)] { (name) }
                } } }
                tbody { @for row in rows { tr { @for (k, cell) in row.iter().enumerate() {
                    td class=[class(k)] { (line(cell)) }
                } } } }
            }
        }
    }
}

fn line(words: &[Inline]) -> Markup {
    html! { @for piece in words { (inline(piece)) } }
}

fn inline(piece: &Inline) -> Markup {
    match piece {
        Inline::Text(words) => html! { (words) },
        Inline::Strong(words) => html! { strong { (words) } },
        Inline::Code(words) => html! { code { (words) } },
        Inline::Hash(words) => html! { code.hash { (words) } },
        Inline::Formula(text) => formula::formula(text),
        Inline::Link { to, text } => html! { a href={ "#" (to) } { (text) } },
        Inline::Outside { to, text } => html! { a href=(to) rel="noreferrer" { (text) } },
        Inline::Mark(found) => mark(*found),
    }
}

fn mark(found: Mark) -> Markup {
    html! {
        span.mark.(found.word()) { span.symbol aria-hidden="true" { (found.sign()) } (found.word()) }
    }
}

/// An SVG document as an address that needs no network.
fn data_address(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len() * 5 / 4);
    out.push_str("data:image/svg+xml,");
    for byte in svg.bytes() {
        match byte {
            b' ' | b'\'' | b'(' | b')' | b',' | b'-' | b'.' | b'/' | b':' | b';' | b'=' | b'_' => {
                out.push(char::from(byte));
            }
            b if b.is_ascii_alphanumeric() => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_nothing_that_could_end_it() {
        let address = data_address("<svg a=\"é#%\">\n");
        assert_eq!(
            address,
            "data:image/svg+xml,%3Csvg a=%22%C3%A9%23%25%22%3E%0A"
        );
    }
}
