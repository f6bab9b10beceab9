//! What a language model may be told. All are for superusers: a caller could otherwise send out what a DBA keeps in.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};

/// 6,000 tokens: some 100 tables; more costs money at every question and makes models look in the wrong place.
static CONTEXT_TOKENS: GucSetting<i32> = GucSetting::<i32>::new(6_000);

/// Off: names tell what a database is about, values tell whose.
static SHARE_VALUES: GucSetting<bool> = GucSetting::<bool>::new(false);

/// Off: no row of an answer, nor what an error quotes from one, leaves the server.
static SHARE_RESULTS: GucSetting<bool> = GucSetting::<bool>::new(false);

/// Defines the settings. Called once, when the library is loaded.
pub fn register() {
    GucRegistry::define_int_guc(
        c"insightflow.context_tokens",
        c"Most tokens that describe the schema to a language model.",
        c"A schema that fits is sent whole, of a larger one the tables that a question may need. insightflow.prompt() shows it.",
        &CONTEXT_TOKENS,
        500,
        200_000,
        GucContext::Suset,
        GucFlags::empty(),
    );
    GucRegistry::define_bool_guc(
        c"insightflow.share_results",
        c"Allow what was read from rows to be sent to a language model.",
        c"With insightflow.share_values it lets a model see the values that an error message quotes.",
        &SHARE_RESULTS,
        GucContext::Suset,
        GucFlags::empty(),
    );
    GucRegistry::define_bool_guc(
        c"insightflow.share_values",
        c"Allow common values of text columns to be sent to a language model.",
        c"Off: names, types, keys, comments and the labels of enum types only.",
        &SHARE_VALUES,
        GucContext::Suset,
        GucFlags::empty(),
    );
}

/// Tokens, by the estimate of `translate::llm::context::tokens`.
pub fn context_tokens() -> usize {
    usize::try_from(CONTEXT_TOKENS.get()).unwrap_or_default()
}

/// Whether stored values may be sent.
pub fn share_values() -> bool {
    SHARE_VALUES.get()
}

/// Whether what came from rows may be sent.
pub fn share_results() -> bool {
    SHARE_RESULTS.get()
}
