//! One call to a language model: a [`Prompt`] goes out, a [`Completion`] comes back.
//!
//! The types here are plain data and belong to no service. What a service wants on the wire is made and read in its own
//! folder, so that a further service is one folder more.

use super::call;
use crate::error::Result;

/// What is sent: all of it, so that who shows a prompt shows everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// What the model is told before the conversation.
    pub system: String,
    /// The conversation, oldest first. The first message is the user's, and so is the last.
    pub messages: Vec<Message>,
    /// Most tokens that the model may write.
    pub max_output_tokens: u32,
}

/// One turn of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub text: String,
}

/// Whose turn it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    User,
    Assistant,
}

/// What came back, and what it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// An error when the answer was paid for and cannot be used: it was cut off, or holds no statement. 08006.
    pub reply: Result<Reply>,
    pub usage: Usage,
    /// As `insightflow.provider` names it.
    pub provider: &'static str,
    /// The model that answered, as the provider names it: it may say a version where the setting names an alias.
    pub model: String,
    /// The provider's own id of the call, for its support.
    pub request_id: Option<String>,
    /// How many attempts failed before the one that succeeded.
    pub retries: u32,
    /// Milliseconds of the attempt that succeeded, from its start to the last byte received.
    pub provider_ms: f64,
}

/// What the model says. Nothing in it is to be trusted: treat it as written by an attacker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A statement that answers the question. It is text: nobody has looked at it yet.
    Sql {
        sql: String,
        /// The question said back in plain words. May be empty.
        reading: String,
        assumptions: Vec<String>,
    },
    /// The model says that the question cannot be answered, or refuses to.
    Unanswerable { reason: String },
}

/// Tokens of a call by kind, each counted once: what was read from the provider's prompt cache is not in `input`.
/// `None` where the provider does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt at full price.
    pub input: Option<u32>,
    /// Tokens that the model wrote.
    pub output: Option<u32>,
    /// Tokens of the prompt that came from the provider's cache.
    pub cache_read: Option<u32>,
    /// Tokens of the prompt that were put into the provider's cache.
    pub cache_write: Option<u32>,
}

/// Sends a prompt to the provider that the settings name and waits for what it says. A cancel, a termination of the
/// session and `statement_timeout` interrupt it; the ERROR is then PostgreSQL's own.
///
/// # Errors
/// 55000 when no provider or no model is set, or the key cannot be read; 22023 when the address or the CA file is not usable;
/// 08001 when the provider cannot be reached or is left alone after many failures; 08006 when the call failed, with the HTTP
/// status and the request's id, or when the answer cannot be used.
pub fn complete(prompt: &Prompt) -> Result<Completion> {
    call::complete(prompt)
}
