//! What a translator makes of a question, as plain data.

/// Who wrote the SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The embedded translator.
    Embedded,
    /// The caller himself, through `insightflow.run`.
    Caller,
}

impl Source {
    /// As it stands in `insightflow.query_log.source`.
    pub fn name(self) -> &'static str {
        match self {
            Source::Embedded => "embedded",
            Source::Caller => "caller",
        }
    }
}

/// One part of a question and how it was read: a row of `insightflow.explain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Words of the question, or what was added to it ("join", "order").
    pub part: String,
    pub reading: String,
}

/// What a translator makes of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Translation {
    /// One SELECT statement, without a closing semicolon. Tables are qualified by their schema, dates are
    /// relative to `CURRENT_DATE` or `now()` when the question's are.
    pub sql: String,
    /// The question said back in plain words with the actual dates.
    pub reading: String,
    /// Every default that was applied.
    pub assumptions: Vec<String>,
    pub warnings: Vec<String>,
    /// 0 to 1.
    pub confidence: f32,
    pub source: Source,
    pub steps: Vec<Step>,
}
