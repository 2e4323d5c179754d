//! What a page is made of: sections with blocks, blocks with inline pieces. All text is escaped
//! when it is written; nothing here takes HTML.

/// A verdict as people see it: a shape, a colour that colour-blind readers can tell apart, a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Proved: by a certificate.
    Proved,
    /// A check held.
    Passed,
    /// It did not.
    Failed,
    /// A measured number is as predicted.
    Agrees,
    /// It is not, which is no failure of a check.
    Differs,
    /// A number without a verdict.
    Reported,
    /// Not there.
    Missing,
    /// A comparison that a wrong theory would pass as well.
    Undecided,
}

impl Mark {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Agrees => "agrees",
            Self::Differs => "differs",
            Self::Undecided => "undecided",
            Self::Reported => "reported",
            Self::Missing => "missing",
        }
    }

    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Proved => "∎",
            Self::Passed => "✓",
            Self::Failed => "✗",
            Self::Agrees => "✓",
            Self::Differs => "≠",
            Self::Undecided => "?",
            Self::Reported => "≈",
            Self::Missing => "○",
        }
    }
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Inline {
    /// Words.
    Text(String),
    /// Words that carry weight.
    Strong(String),
    /// A name, a command, a path: fixed width.
    Code(String),
    /// A long hexadecimal word, which may break anywhere.
    Hash(String),
    /// A formula in the grammar of statements.
    Formula(String),
    /// A link inside the page.
    Link {
        /// The anchor, without `#`.
        to: String,
        /// The words.
        text: String,
    },
    /// A link to the network, followed only when the reader does.
    Outside {
        /// The address.
        to: String,
        /// The words.
        text: String,
    },
    /// A verdict.
    Mark(Mark),
}

impl Inline {
    /// Words.
    pub fn text(words: impl Into<String>) -> Self {
        Self::Text(words.into())
    }

    /// Fixed width.
    pub fn code(words: impl Into<String>) -> Self {
        Self::Code(words.into())
    }

    /// A link inside the page.
    pub fn link(to: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Link {
            to: to.into(),
            text: text.into(),
        }
    }
}

/// A line.
pub type Line = Vec<Inline>;

/// One summand of an [`Block::Equation`].
#[derive(Debug, Clone, PartialEq)]
pub struct Summand {
    /// The formula.
    pub formula: String,
    /// What is said beside it.
    pub note: Line,
}

/// A part of a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Line),
    /// A smaller, quieter paragraph.
    Small(Line),
    /// A list with points.
    List(Vec<Line>),
    /// Lines with an anchor and a label each: hypotheses, claims.
    Numbered(Vec<(String, String, Line)>),
    /// Labels with values.
    Facts(Vec<(String, Line)>),
    /// Commands, as they are typed.
    Command(String),
    /// A table that scrolls in its own box.
    Table {
        /// What it shows, for those who do not see it.
        label: String,
        /// The header.
        header: Vec<String>,
        /// The rows, as long as the header.
        rows: Vec<Vec<Line>>,
        /// Which columns are numbers (right-aligned).
        numeric: Vec<bool>,
    },
    /// `left = sum of summands`, with a note for each summand.
    Equation {
        /// The left side.
        left: String,
        /// The summands.
        summands: Vec<Summand>,
        /// What follows.
        close: Line,
    },
    /// Blocks under a heading line, indented.
    Nested {
        /// An anchor.
        id: String,
        /// The heading line.
        head: Line,
        /// What is inside.
        blocks: Vec<Block>,
    },
    /// Blocks that can be folded.
    Fold {
        /// The line that stays.
        head: Line,
        /// Whether it starts open.
        open: bool,
        /// What is inside.
        blocks: Vec<Block>,
    },
    /// Big numbers in a row.
    Tiles(Vec<(Mark, String, String)>),
    /// A card with an anchor, a heading, a verdict.
    Card {
        /// The anchor.
        id: String,
        /// The heading.
        head: Line,
        /// The verdict.
        mark: Mark,
        /// What is inside.
        blocks: Vec<Block>,
    },
    /// An SVG picture with its description.
    Picture {
        /// The SVG document.
        svg: String,
        /// The description.
        alt: String,
    },
    /// A Markdown document; its headings get anchors `prefix-1`, ...
    Markdown {
        /// The text.
        text: String,
        /// The prefix of the anchors.
        prefix: String,
    },
}

/// A section with its anchor.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The anchor.
    pub id: String,
    /// The heading.
    pub title: String,
    /// The verdict beside the heading, if any.
    pub mark: Option<Mark>,
    /// The blocks.
    pub blocks: Vec<Block>,
    /// Sections inside it.
    pub sections: Vec<Section>,
    /// Whether the table of contents names the sections inside.
    pub listed: bool,
}

impl Section {
    /// A section without blocks, whose parts the table of contents lists.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            mark: None,
            blocks: Vec::new(),
            sections: Vec::new(),
            listed: true,
        }
    }

    /// With a verdict.
    #[must_use]
    pub fn marked(mut self, mark: Mark) -> Self {
        self.mark = Some(mark);
        self
    }

    /// With one more block.
    #[must_use]
    pub fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }
}
