//! What calls cost, by the prices in `insightflow.price`. Pure.
//!
//! A cost that is not known is not zero: without a price, or without the number of tokens, there is none.

use super::provider::{Prompt, Usage};

/// US dollars for a million tokens of each kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    pub input: f64,
    pub output: f64,
    pub cache_read: f64,
    pub cache_write: f64,
}

/// Bytes of text in a token, at the least: English has about 4, SQL and other languages fewer. An estimate that decides about
/// money is rather too high.
const BYTES_PER_TOKEN: f64 = 3.0;
/// Tokens that a provider adds to every prompt for structured output and the roles of the messages.
const OVERHEAD: f64 = 500.0;

impl Price {
    /// US dollars of a call; `None` when the provider said nothing of its tokens.
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        let kinds = [
            (usage.input, self.input),
            (usage.output, self.output),
            (usage.cache_read, self.cache_read),
            (usage.cache_write, self.cache_write),
        ];
        if kinds.iter().all(|(tokens, _)| tokens.is_none()) {
            return None;
        }
        Some(
            kinds
                .iter()
                .map(|&(tokens, price)| f64::from(tokens.unwrap_or(0)) * price / 1e6)
                .sum(),
        )
    }

    /// US dollars that a call may cost, estimated from above: every token of the prompt at the dearest price it can have, and as
    /// many written tokens as are allowed.
    pub fn at_most(&self, prompt: &Prompt) -> f64 {
        let texts = prompt.messages.iter().map(|message| message.text.len());
        let bytes: usize = prompt.system.len() + texts.sum::<usize>();
        let input = bytes as f64 / BYTES_PER_TOKEN + OVERHEAD;
        let dearest = self.input.max(self.cache_write).max(self.cache_read);
        (input * dearest + f64::from(prompt.max_output_tokens) * self.output) / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::super::provider::{Message, Role};
    use super::*;

    const PRICE: Price = Price {
        input: 3.0,
        output: 15.0,
        cache_read: 0.3,
        cache_write: 3.75,
    };

    #[test]
    fn each_kind_has_its_price() {
        let usage = Usage {
            input: Some(1_000_000),
            output: Some(100_000),
            cache_read: Some(1_000_000),
            cache_write: Some(200_000),
        };
        let cost = PRICE.cost(&usage).unwrap_or_default();
        assert!((cost - (3.0 + 1.5 + 0.3 + 0.75)).abs() < 1e-9);
    }

    #[test]
    fn an_unknown_number_of_tokens_has_no_cost() {
        assert_eq!(PRICE.cost(&Usage::default()), None);
        let some = Usage {
            output: Some(0),
            ..Usage::default()
        };
        assert_eq!(PRICE.cost(&some), Some(0.0));
    }

    #[test]
    fn the_estimate_is_above_the_cost() {
        let prompt = Prompt {
            system: "You write SQL.".repeat(200),
            messages: vec![Message {
                role: Role::User,
                text: "sales by region".to_owned(),
            }],
            max_output_tokens: 1_000,
        };
        let bytes = 14 * 200 + 15;
        let usage = Usage {
            input: Some(bytes / 4 + 300),
            output: Some(1_000),
            ..Usage::default()
        };
        assert!(PRICE.at_most(&prompt) > PRICE.cost(&usage).unwrap_or(f64::MAX));
    }
}
