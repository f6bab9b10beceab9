//! A question goes to the model and comes back as a [`Translation`].
//!
//! Invariant: nothing is sent for a role that may not run what comes back ([`may_ask`]), and no lock on a table is taken before
//! the model has answered: its statement is analyzed only then, in the cage, whose rollback lets the locks go again.

use super::background;
use super::price::Price;
use super::prompt;
use super::provider::{self, Completion, Prompt};
use super::repair::{self, Failure, Side};
use crate::access;
use crate::catalog::{Fingerprint, Snapshot};
use crate::error::{Error, Result, SqlState};
use crate::execute;
use crate::history::paid;
use crate::postgres::{prices, session};
use crate::question::Question;
use crate::settings::{self, llm::ProviderName};
use crate::translate::{ModelUse, Source, Step, Translation, verified};
use std::hash::{Hash, Hasher};

/// How sure a model's statement is, on the scale of the embedded translator: nobody has measured it, so neither sure nor unsure.
const CONFIDENCE: f32 = 0.5;
/// The longest reading or assumption that is taken over, in characters, and how many assumptions.
const LONGEST: usize = 1_000;
const MOST: usize = 20;

/// The model that the settings name, as a number that changes with everything that changes its answers; `None` when none is
/// configured.
pub fn configured() -> Option<u64> {
    let provider = settings::llm::provider();
    let model = settings::llm::model()?;
    if provider == ProviderName::None {
        return None;
    }
    let mut hash = Fingerprint::new();
    (provider as i32).hash(&mut hash);
    (settings::llm::base_url(), model).hash(&mut hash);
    (settings::share_values(), settings::context_tokens()).hash(&mut hash);
    session::time_zone().hash(&mut hash);
    Some(hash.finish())
}

/// Whether the current role may run what a model writes.
///
/// # Errors
/// 42501 for an all-powerful role, and for one whose tier has no model.
pub fn may_ask() -> Result<()> {
    access::may_use_model()?;
    execute::check_origin(Source::Model)
}

/// Asks the model. What it cost goes to the history of this question, also when nothing comes of it.
///
/// # Errors
/// As [`repair::converse`].
pub fn translate(
    question: &Question,
    snapshot: &Snapshot,
) -> std::result::Result<Translation, Failure> {
    let mut spent = ModelUse::default();
    let outcome = repair::converse(
        background::build(
            question,
            snapshot,
            verified::nearest(question, snapshot, verified::EXAMPLES),
        ),
        settings::max_repairs(),
        &mut Provider::default(),
        &mut spent,
    );
    if !spent.provider.is_empty() {
        paid::paid(question, &spent);
    }
    let agreed = outcome?;
    let reading = match tidy(&agreed.reading) {
        reading if reading.is_empty() => question.text.clone(),
        reading => reading,
    };
    Ok(Translation {
        sql: agreed.sql,
        steps: vec![Step {
            part: question.text.clone(),
            reading: format!("{reading} (read by the language model {})", spent.model),
        }],
        reading,
        assumptions: agreed
            .assumptions
            .iter()
            .take(MOST)
            .map(|text| tidy(text))
            .filter(|text| !text.is_empty())
            .collect(),
        warnings: Vec::new(),
        confidence: CONFIDENCE,
        source: Source::Model,
        usage: Some(spent),
    })
}

/// A model's text for a terminal: no control characters, not too long.
fn tidy(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect();
    text.trim().to_owned()
}

/// The provider of the settings, the prices of the table, the guard.
#[derive(Default)]
struct Provider {
    /// What the call under way may cost at most, in US dollars.
    reserved: f64,
}

impl Provider {
    fn price(model: &str) -> Option<Price> {
        let provider = match settings::llm::provider() {
            ProviderName::None => return None,
            ProviderName::Anthropic => "anthropic",
            ProviderName::Openai => "openai",
        };
        prices::price(provider, model)
    }
}

impl Side for Provider {
    fn before(&mut self, prompt: &Prompt, spent: &ModelUse) -> Result<()> {
        let model = settings::llm::model().unwrap_or_default();
        let at_most = Provider::price(&model).map(|price| price.at_most(prompt));
        Provider::check_cost_of_question(&model, at_most, spent)?;
        access::admit_model_call(at_most)?;
        self.reserved = at_most.unwrap_or(0.0);
        Ok(())
    }

    fn call(&mut self, prompt: &Prompt) -> Result<Completion> {
        provider::complete(prompt).inspect_err(|_| access::settle_model_call(-self.reserved))
    }

    fn cost(&mut self, completion: &Completion) -> Option<f64> {
        let named = settings::llm::model().unwrap_or_default();
        let cost = Provider::price(&completion.model)
            .or_else(|| Provider::price(&named))?
            .cost(&completion.usage);
        if let Some(dollars) = cost {
            access::settle_model_call(dollars - self.reserved);
        }
        cost
    }

    fn check(&mut self, sql: &str) -> Result<()> {
        execute::try_describe(sql, Source::Model).map(|_| ())
    }

    fn tell(&mut self, prompt: &mut Prompt, sql: &str, error: &Error) {
        prompt::repair(prompt, sql, error, error.position, background::disclosure());
    }
}

impl Provider {
    /// Whether the next call keeps within `insightflow.max_cost_per_question`.
    fn check_cost_of_question(model: &str, at_most: Option<f64>, spent: &ModelUse) -> Result<()> {
        let Some(most) = settings::max_cost_per_question() else {
            return Ok(());
        };
        let too_dear = |message: &str| Error::new(SqlState::CONFIGURATION_LIMIT_EXCEEDED, message);
        let Some(next) = at_most else {
            return Err(too_dear("the cost of the language model is not known")
                .with_detail(format!(
                    "insightflow.max_cost_per_question is set, but insightflow.price has no row for {model}."
                ))
                .with_hint("INSERT INTO insightflow.price (provider, model, input_usd, output_usd) VALUES (…);"));
        };
        let so_far = match (spent.cost_usd, spent.provider.is_empty()) {
            (Some(cost), _) => cost,
            (None, true) => 0.0,
            (None, false) => {
                return Err(
                    too_dear("the cost of the language model is not known").with_detail(
                        "The provider did not say how many tokens the call before took.",
                    ),
                );
            }
        };
        if so_far + next <= most {
            return Ok(());
        }
        Err(
            too_dear("the question would cost more than the language model may")
                .with_detail(format!(
                    "So far it has cost {so_far:.6} US dollars, and the next call may cost {next:.6}; insightflow.max_cost_per_question is {most}."
                )),
        )
    }
}
