//! Settings of the router: who answers a question, and how far a model may go.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};

/// Who translates a question (`insightflow.routing`).
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PostgresGucEnum)]
pub enum Routing {
    /// The embedded translator alone: nothing is ever sent.
    #[name = c"embedded"]
    Embedded,
    /// The embedded translator; the model where it is not sure enough.
    #[name = c"auto"]
    Auto,
    /// The model; the embedded translator where the model cannot be reached.
    #[name = c"llm"]
    Llm,
}

/// Auto: it costs nothing until a superuser has named a provider, and then does what he named it for.
static ROUTING: GucSetting<Routing> = GucSetting::<Routing>::new(Routing::Auto);

/// Off: a model that was talked into something would have the rights to read everything.
static ALLOW_SUPERUSER: GucSetting<bool> = GucSetting::<bool>::new(false);

/// 2: most statements that can be repaired at all are after one message; each costs a call.
static MAX_REPAIRS: GucSetting<i32> = GucSetting::<i32>::new(2);

/// 0, no limit: without prices in insightflow.price no cost is known, so only who has entered them can choose one.
static MAX_COST_PER_QUESTION: GucSetting<f64> = GucSetting::<f64>::new(0.0);

/// Defines the settings. Called once, when the library is loaded.
pub(super) fn register() {
    let plain = GucFlags::empty();
    GucRegistry::define_bool_guc(
        c"insightflow.allow_superuser",
        c"Run SQL from a language model also for superusers and other all-powerful roles.",
        c"Off: their questions are answered by the embedded translator and by verified queries alone.",
        &ALLOW_SUPERUSER,
        GucContext::Suset,
        plain,
    );
    GucRegistry::define_float_guc(
        c"insightflow.max_cost_per_question",
        c"Most US dollars that the language model may cost for one question.",
        c"A call that could cost more than what is left is not made. It needs a price in insightflow.price. 0: no limit.",
        &MAX_COST_PER_QUESTION,
        0.0,
        1_000_000.0,
        GucContext::Suset,
        plain,
    );
    GucRegistry::define_int_guc(
        c"insightflow.max_repairs",
        c"How often the language model is told what is wrong with its SQL.",
        c"Each time is one more call. 0: its first statement must do.",
        &MAX_REPAIRS,
        0,
        10,
        GucContext::Suset,
        plain,
    );
    GucRegistry::define_enum_guc(
        c"insightflow.routing",
        c"Who translates a question.",
        c"embedded: the embedded translator alone. auto: the language model where that one is not sure enough. llm: the model first. Without insightflow.provider all three mean embedded.",
        &ROUTING,
        GucContext::Userset,
        plain,
    );
}

/// Who translates a question.
pub fn routing() -> Routing {
    ROUTING.get()
}

/// Whether SQL from a model runs for all-powerful roles.
pub fn allow_superuser() -> bool {
    ALLOW_SUPERUSER.get()
}

/// Repairs.
pub fn max_repairs() -> u32 {
    u32::try_from(MAX_REPAIRS.get()).unwrap_or(0)
}

/// US dollars; `None` when there is no limit.
pub fn max_cost_per_question() -> Option<f64> {
    Some(MAX_COST_PER_QUESTION.get()).filter(|&cost| cost > 0.0)
}
