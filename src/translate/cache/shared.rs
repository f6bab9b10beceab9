//! Translations of the language model that all sessions share.
//!
//! Invariant: a translation is found again only by the role for which it was made, in the same database, while that role sees
//! the same catalog by the same search_path, on the same day, with the same model set up. Role and database are compared
//! themselves and not by a hash, so nobody can make another's question find what he had written.

use super::store::{CAPACITY, SLOTS};
use crate::postgres::{session, translations};
use crate::translate::{ModelUse, Source, Step, Translation};
use serde::{Deserialize, Serialize};

/// All that a model's translation depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl Key {
    /// The key of a question of the current role. `catalog` is the fingerprint of what it sees, `model` stands for the model and
    /// for what it is told, `today` is there because the model is told the date and may write it.
    pub fn new(question: &str, catalog: u64, model: u64, today: (i32, u32, u32)) -> Key {
        Key::of(
            (session::database(), session::current_user()),
            question,
            catalog,
            model,
            today,
        )
    }

    fn of(
        (database, role): (u32, u32),
        question: &str,
        catalog: u64,
        model: u64,
        (year, month, day): (i32, u32, u32),
    ) -> Key {
        let mut bytes = Vec::with_capacity(36 + question.len());
        bytes.extend(database.to_le_bytes());
        bytes.extend(role.to_le_bytes());
        bytes.extend(catalog.to_le_bytes());
        bytes.extend(model.to_le_bytes());
        bytes.extend(year.to_le_bytes());
        bytes.extend(month.to_le_bytes());
        bytes.extend(day.to_le_bytes());
        bytes.extend(question.as_bytes());
        Key(bytes)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What is kept of a translation.
#[derive(Serialize, Deserialize)]
struct Kept {
    sql: String,
    reading: String,
    assumptions: Vec<String>,
    confidence: f32,
    step: String,
    part: String,
}

/// Whether sessions share anything: only when the library was preloaded.
pub fn exists() -> bool {
    translations::exists()
}

/// A kept translation. It cost nothing now, so its `usage` is `None`.
pub fn get(key: &Key) -> Option<Translation> {
    let kept: Kept = serde_json::from_slice(&translations::get(key.bytes())?).ok()?;
    Some(Translation {
        sql: kept.sql,
        reading: kept.reading,
        assumptions: kept.assumptions,
        warnings: Vec::new(),
        confidence: kept.confidence,
        source: Source::Model,
        steps: vec![Step {
            part: kept.part,
            reading: kept.step,
        }],
        usage: None::<ModelUse>,
    })
}

/// Keeps a translation for all sessions of the role, at most [`SLOTS`] in [`CAPACITY`] bytes.
pub fn put(key: &Key, translation: &Translation) {
    const { assert!(CAPACITY > SLOTS) };
    let step = translation.steps.first();
    let kept = Kept {
        sql: translation.sql.clone(),
        reading: translation.reading.clone(),
        assumptions: translation.assumptions.clone(),
        confidence: translation.confidence,
        step: step.map(|step| step.reading.clone()).unwrap_or_default(),
        part: step.map(|step| step.part.clone()).unwrap_or_default(),
    };
    if let Ok(value) = serde_json::to_vec(&kept) {
        translations::put(key.bytes(), &value);
    }
}

/// Forgets what is shared, and what each session has found there, and says how many translations were shared. Without
/// preload nothing is, and this session alone forgets.
pub fn forget() -> usize {
    super::session::forget();
    translations::clear().unwrap_or(0)
}

/// Changes when translations are forgotten: what a session has kept since before is not used any more.
pub fn generation() -> u64 {
    translations::generation()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_makes_another_key() {
        let key = Key::of((1, 2), "q", 3, 4, (2026, 1, 2));
        let others = [
            Key::of((9, 2), "q", 3, 4, (2026, 1, 2)),
            Key::of((1, 9), "q", 3, 4, (2026, 1, 2)),
            Key::of((1, 2), "r", 3, 4, (2026, 1, 2)),
            Key::of((1, 2), "q", 9, 4, (2026, 1, 2)),
            Key::of((1, 2), "q", 3, 9, (2026, 1, 2)),
            Key::of((1, 2), "q", 3, 4, (2026, 1, 3)),
        ];
        for other in others {
            assert_ne!(key, other);
        }
    }
}
