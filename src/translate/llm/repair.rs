//! A conversation with the model until its statement passes the guard and PostgreSQL's analyzer, or until enough is enough. Pure:
//! whom it talks to and who judges are given.
//!
//! Invariant: at most one call more than `max_repairs`, and none that was not asked for first ([`Side::before`]); whatever comes
//! of it, every token that was paid for is counted (`spent` of [`converse`]).

use super::provider::{Completion, Prompt, Reply};
use crate::error::{Error, SqlState};
use crate::translate::ModelUse;

/// What the conversation needs of the rest.
pub trait Side {
    /// Whether one more call may be made, `spent` having been paid for this question so far.
    ///
    /// # Errors
    /// Why not: 53400.
    fn before(&mut self, prompt: &Prompt, spent: &ModelUse) -> Result<(), Error>;
    /// One call.
    ///
    /// # Errors
    /// Those of `provider::complete`.
    fn call(&mut self, prompt: &Prompt) -> Result<Completion, Error>;
    /// US dollars of a call; `None` when it is not known.
    fn cost(&mut self, completion: &Completion) -> Option<f64>;
    /// Asks the guard and the analyzer.
    ///
    /// # Errors
    /// What is wrong with the statement.
    fn check(&mut self, sql: &str) -> Result<(), Error>;
    /// Adds to the conversation what is wrong with the statement.
    fn tell(&mut self, prompt: &mut Prompt, sql: &str, error: &Error);
}

/// A statement that passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreed {
    pub sql: String,
    /// May be empty.
    pub reading: String,
    pub assumptions: Vec<String>,
}

/// Why there is no statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The model was not asked, or did not answer: somebody else may.
    Unreachable(Error),
    /// The model answered, and that was its answer.
    Useless(Error),
}

impl Failure {
    /// What was wrong.
    pub fn error(&self) -> &Error {
        match self {
            Failure::Unreachable(error) | Failure::Useless(error) => error,
        }
    }
}

/// Talks until a statement passes. What was paid is in `spent` in any case.
///
/// # Errors
/// [`Failure::Unreachable`] when a call was not allowed, failed, or had no usable answer; [`Failure::Useless`] with 22023 when the model says that it
/// cannot answer, or when its last statement is wrong too (42501 when the guard refused that one).
pub fn converse(
    mut prompt: Prompt,
    max_repairs: u32,
    side: &mut impl Side,
    spent: &mut ModelUse,
) -> Result<Agreed, Failure> {
    let mut last: Option<Error> = None;
    loop {
        let asked = side
            .before(&prompt, spent)
            .and_then(|()| side.call(&prompt));
        let completion = match (asked, &last) {
            (Ok(completion), _) => completion,
            (Err(error), None) => return Err(Failure::Unreachable(error)),
            // It answered before, so what was wrong then is worth telling too.
            (Err(error), Some(reason)) => {
                return Err(Failure::Unreachable(also(error, reason)));
            }
        };
        let cost = side.cost(&completion);
        count(spent, &completion, cost);
        let (sql, reading, assumptions) = match completion.reply {
            Ok(Reply::Sql {
                sql,
                reading,
                assumptions,
            }) => (sql, reading, assumptions),
            Ok(Reply::Unanswerable { reason }) => {
                return Err(Failure::Useless(unanswerable(&reason)));
            }
            Err(error) => return Err(Failure::Unreachable(error)),
        };
        // A translation has no closing semicolon: it may become a subquery.
        let closed = |c: char| c == ';' || c.is_whitespace();
        let sql = sql.trim_end_matches(closed).to_owned();
        let Err(error) = side.check(&sql) else {
            return Ok(Agreed {
                sql,
                reading,
                assumptions,
            });
        };
        // The end of the time is not the model's to repair.
        if error.state == SqlState::QUERY_CANCELED {
            return Err(Failure::Useless(error));
        }
        if spent.repairs >= max_repairs {
            return Err(Failure::Useless(given_up(&error, spent.repairs)));
        }
        side.tell(&mut prompt, &sql, &error);
        spent.repairs += 1;
        last = Some(error);
    }
}

/// Adds a call to what was spent. A kind of tokens that was never told stays unknown; a cost that is not known once is not
/// known in all.
fn count(spent: &mut ModelUse, completion: &Completion, cost: Option<f64>) {
    fn add(sum: &mut Option<u32>, tokens: Option<u32>) {
        if let Some(tokens) = tokens {
            *sum = Some(sum.unwrap_or(0).saturating_add(tokens));
        }
    }
    let first = spent.provider.is_empty();
    add(&mut spent.input, completion.usage.input);
    add(&mut spent.output, completion.usage.output);
    add(&mut spent.cache_read, completion.usage.cache_read);
    add(&mut spent.cache_write, completion.usage.cache_write);
    spent.cost_usd = match (spent.cost_usd, cost) {
        (Some(sum), Some(cost)) => Some(sum + cost),
        (None, cost) if first => cost,
        _ => None,
    };
    completion.provider.clone_into(&mut spent.provider);
    completion.model.clone_into(&mut spent.model);
    spent.retries += completion.retries;
}

fn unanswerable(reason: &str) -> Error {
    let error = Error::question("the language model cannot answer this question");
    if reason.trim().is_empty() {
        return error;
    }
    error.with_detail(format!("It says: {}", shortened(reason.trim())))
}

fn given_up(last: &Error, repairs: u32) -> Error {
    let state = match last.state {
        SqlState::INSUFFICIENT_PRIVILEGE => SqlState::INSUFFICIENT_PRIVILEGE,
        _ => SqlState::INVALID_PARAMETER_VALUE,
    };
    let times = match repairs {
        0 => String::new(),
        1 => " after one repair".to_owned(),
        many => format!(" after {many} repairs"),
    };
    let mut detail = format!("The reason{times}: {} ({})", last.message, last.state.0);
    if let Some(more) = &last.detail {
        detail = format!("{detail}\n{more}");
    }
    Error::new(state, "the language model wrote no statement that may run")
        .with_detail(detail)
        .with_hint("Ask in other words, or see insightflow.max_repairs.")
}

fn also(mut error: Error, reason: &Error) -> Error {
    let line = format!(
        "Its last statement was wrong: {} ({})",
        reason.message, reason.state.0
    );
    error.detail = Some(match error.detail {
        Some(detail) => format!("{detail}\n{line}"),
        None => line,
    });
    error
}

/// What a model says of itself, for a terminal: at most so many characters, and none that controls it.
fn shortened(text: &str) -> String {
    const MOST: usize = 500;
    let text = text.replace(char::is_control, " ");
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::provider::{Message, Role, Usage};
    use super::*;
    use std::collections::VecDeque;

    /// Replies in order; statements are good when they hold "good".
    struct Script {
        replies: VecDeque<Result<Reply, Error>>,
        prompts: Vec<Prompt>,
        cost: Option<f64>,
        most: f64,
    }

    impl Script {
        fn new(replies: impl IntoIterator<Item = Result<Reply, Error>>) -> Script {
            Script {
                replies: replies.into_iter().collect(),
                prompts: Vec::new(),
                cost: Some(0.5),
                most: f64::MAX,
            }
        }
    }

    impl Side for Script {
        fn before(&mut self, _prompt: &Prompt, spent: &ModelUse) -> Result<(), Error> {
            if spent.cost_usd.unwrap_or(0.0) + 0.5 > self.most {
                return Err(Error::new(
                    SqlState::CONFIGURATION_LIMIT_EXCEEDED,
                    "too dear",
                ));
            }
            Ok(())
        }
        fn call(&mut self, prompt: &Prompt) -> Result<Completion, Error> {
            self.prompts.push(prompt.clone());
            let reply = match self.replies.pop_front().expect("one call too many") {
                Err(error) if error.message == "gone" => return Err(error),
                reply => reply,
            };
            Ok(Completion {
                reply,
                usage: Usage {
                    input: Some(10),
                    output: None,
                    ..Usage::default()
                },
                provider: "fake",
                model: "fake-1".to_owned(),
                request_id: None,
                retries: 1,
                provider_ms: 1.0,
            })
        }
        fn cost(&mut self, _completion: &Completion) -> Option<f64> {
            self.cost
        }
        fn check(&mut self, sql: &str) -> Result<(), Error> {
            match sql {
                good if good.contains("good") => Ok(()),
                "DROP" => Err(Error::refused("the guard refuses DROP")),
                _ => Err(Error::new(SqlState("42703"), format!("no column in {sql}"))),
            }
        }
        fn tell(&mut self, prompt: &mut Prompt, sql: &str, error: &Error) {
            for (role, text) in [(Role::Assistant, sql), (Role::User, &error.message)] {
                prompt.messages.push(Message {
                    role,
                    text: text.to_owned(),
                });
            }
        }
    }

    fn sql(text: &str) -> Result<Reply, Error> {
        Ok(Reply::Sql {
            sql: text.to_owned(),
            reading: "read".to_owned(),
            assumptions: Vec::new(),
        })
    }

    fn prompt() -> Prompt {
        Prompt {
            system: String::new(),
            messages: vec![Message {
                role: Role::User,
                text: "question".to_owned(),
            }],
            max_output_tokens: 10,
        }
    }

    fn run(script: &mut Script, max_repairs: u32) -> (Result<Agreed, Failure>, ModelUse) {
        let mut spent = ModelUse::default();
        let outcome = converse(prompt(), max_repairs, script, &mut spent);
        (outcome, spent)
    }

    #[test]
    fn a_good_statement_takes_one_call() {
        let mut script = Script::new([sql("good ;\n")]);
        let (outcome, spent) = run(&mut script, 2);
        assert_eq!(outcome.map(|agreed| agreed.sql), Ok("good".to_owned()));
        assert_eq!(
            (spent.input, spent.output, spent.repairs),
            (Some(10), None, 0)
        );
        assert_eq!((spent.cost_usd, spent.retries), (Some(0.5), 1));
    }

    #[test]
    fn each_repair_tells_of_the_statement_before_it() {
        let mut script = Script::new([sql("a"), sql("DROP"), sql("good")]);
        let (outcome, spent) = run(&mut script, 2);
        assert!(outcome.is_ok());
        let texts: Vec<&str> = script.prompts[2]
            .messages
            .iter()
            .map(|message| message.text.as_str())
            .collect();
        assert_eq!(
            texts,
            [
                "question",
                "a",
                "no column in a",
                "DROP",
                "the guard refuses DROP"
            ]
        );
        assert_eq!((spent.repairs, spent.retries), (2, 3));
        assert_eq!(spent.cost_usd, Some(1.5));
    }

    #[test]
    fn it_ends_after_the_last_repair_with_the_last_reason() {
        let mut script = Script::new([sql("a"), sql("b"), sql("DROP")]);
        let (outcome, spent) = run(&mut script, 2);
        let Err(Failure::Useless(error)) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(error.state, SqlState::INSUFFICIENT_PRIVILEGE);
        assert_eq!(
            error.detail.as_deref(),
            Some("The reason after 2 repairs: the guard refuses DROP (42501)")
        );
        assert_eq!((script.prompts.len(), spent.repairs), (3, 2));
        let mut script = Script::new([sql("a")]);
        let (outcome, _) = run(&mut script, 0);
        assert_eq!(
            outcome.map_err(|failure| failure.error().state),
            Err(SqlState::INVALID_PARAMETER_VALUE)
        );
    }

    #[test]
    fn what_was_paid_is_counted_also_when_the_next_call_fails() {
        let mut script = Script::new([sql("a"), Err(Error::new(SqlState("08006"), "gone"))]);
        let (outcome, spent) = run(&mut script, 2);
        let Err(Failure::Unreachable(error)) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(
            error.detail.as_deref(),
            Some("Its last statement was wrong: no column in a (42703)")
        );
        assert_eq!(spent.cost_usd, Some(0.5));
    }

    #[test]
    fn what_was_paid_is_counted_also_when_it_is_of_no_use() {
        let mut script = Script::new([Err(Error::new(SqlState("08006"), "cut off"))]);
        let (outcome, spent) = run(&mut script, 2);
        assert!(matches!(outcome, Err(Failure::Unreachable(_))));
        assert_eq!((spent.input, spent.cost_usd), (Some(10), Some(0.5)));
    }

    #[test]
    fn no_call_beyond_what_may_be_spent() {
        let mut script = Script::new([sql("a"), sql("b"), sql("c")]);
        script.most = 1.0;
        let (outcome, spent) = run(&mut script, 9);
        assert!(matches!(outcome, Err(Failure::Unreachable(_))));
        assert_eq!((script.prompts.len(), spent.cost_usd), (2, Some(1.0)));
    }

    #[test]
    fn a_cost_that_is_not_known_once_is_not_known_in_all() {
        let mut script = Script::new([sql("good")]);
        script.cost = None;
        assert_eq!(run(&mut script, 2).1.cost_usd, None);
        let mut spent = ModelUse {
            provider: "fake".to_owned(),
            cost_usd: None,
            ..ModelUse::default()
        };
        let mut script = Script::new([sql("good")]);
        let _ = converse(prompt(), 0, &mut script, &mut spent);
        assert_eq!(spent.cost_usd, None);
    }

    #[test]
    fn a_refusal_is_an_answer() {
        let mut script = Script::new([Ok(Reply::Unanswerable {
            reason: "no such\u{1b}data".to_owned(),
        })]);
        let (outcome, spent) = run(&mut script, 2);
        let Err(Failure::Useless(error)) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(error.detail.as_deref(), Some("It says: no such data"));
        assert_eq!(spent.input, Some(10));
    }
}
