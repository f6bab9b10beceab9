//! The language model: what the embedded translator does not understand, a model may.
//!
//! * [`ask`]: a question to the model and back, with the conversation of [`repair`] and the prices of [`price`].
//! * [`context`]: the tables that a question may need; [`prompt`]: what is sent, and what an error may tell the model.
//! * [`background`]: both for the current user.
//! * [`provider`]: one call, from a prompt to a completion, whatever service answers it.
//! * [`anthropic`], [`openai`]: the wire formats, one folder each. A further one is a folder, a [`wire::Wire`] and a name in
//!   `settings::llm`.
//! * [`transport`]: one HTTP exchange on the backend's own thread, which interrupts can end.

pub mod anthropic;
pub mod ask;
pub mod background;
mod call;
pub mod context;
mod extract;
mod fault;
pub mod openai;
pub mod price;
pub mod prompt;
pub mod provider;
pub mod repair;
mod secret;
mod server_file;
pub mod transport;
pub mod wire;
