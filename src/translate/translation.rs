//! What a translator makes of a question, as plain data.

/// Who wrote the SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The embedded translator.
    Embedded,
    /// The caller himself, through `insightflow.run`.
    Caller,
    /// A language model: treat it as written by an attacker.
    Model,
    /// A person, who approved it for this question (`insightflow.verify`).
    Verified,
}

impl Source {
    /// As it stands in `insightflow.query_log.source`.
    pub fn name(self) -> &'static str {
        match self {
            Source::Embedded => "embedded",
            Source::Caller => "caller",
            Source::Model => "model",
            Source::Verified => "verified",
        }
    }

    /// The opposite of [`Source::name`].
    pub fn named(name: &str) -> Option<Source> {
        [
            Source::Embedded,
            Source::Caller,
            Source::Model,
            Source::Verified,
        ]
        .into_iter()
        .find(|source| source.name() == name)
    }
}

/// One part of a question and how it was read: a row of `insightflow.explain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Words of the question, or what was added to it ("join", "order").
    pub part: String,
    pub reading: String,
}

/// What the language model took for one translation: all its calls together, those included that had no useful answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelUse {
    /// As `insightflow.provider` names it.
    pub provider: String,
    /// The model that answered last, as the provider names it.
    pub model: String,
    /// Tokens of the prompts at full price; `None` where the provider does not say. So for the other kinds.
    pub input: Option<u32>,
    /// Tokens that the model wrote.
    pub output: Option<u32>,
    /// Tokens of the prompts that came from the provider's cache.
    pub cache_read: Option<u32>,
    /// Tokens of the prompts that were put into the provider's cache.
    pub cache_write: Option<u32>,
    /// US dollars; `None` when `insightflow.price` has no row for this model, or the provider did not say how many tokens.
    pub cost_usd: Option<f64>,
    /// Calls that were sent again because the provider did not answer.
    pub retries: u32,
    /// Times that the model was told what is wrong with its statement.
    pub repairs: u32,
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
    /// What the model took; `None` when none was asked.
    pub usage: Option<ModelUse>,
}
