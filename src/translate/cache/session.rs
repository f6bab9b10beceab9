//! The translations that this session keeps.
//!
//! Invariant: at most `insightflow.translation_cache_size` of them, whatever is asked: the one that was not used longest
//! goes first. SQL is kept, never rows. Questions that differ in any number, date, name or word have different keys.

use crate::settings::Routing;
use crate::translate::Translation;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// All that a translation depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub question: String,
    /// The fingerprint of the catalog.
    pub catalog: u64,
    pub today: (i32, u32, u32),
    /// The bits of a number.
    pub fiscal_year_start: u32,
    pub min_confidence: u32,
    pub routing: Routing,
    /// The model that may be asked; `None` when none may.
    pub model: Option<u64>,
    /// [`super::shared::generation`], when a model may be asked.
    pub generation: u64,
}

/// A map that forgets what was not used longest.
#[derive(Default)]
struct Cache {
    entries: HashMap<Key, (u64, Rc<Translation>)>,
    /// When each was used last, the oldest first.
    order: BTreeMap<u64, Key>,
    clock: u64,
}

impl Cache {
    fn get(&mut self, key: &Key) -> Option<Rc<Translation>> {
        let (used, translation) = self.entries.get_mut(key)?;
        self.clock += 1;
        let owned = self.order.remove(used)?;
        *used = self.clock;
        self.order.insert(self.clock, owned);
        Some(Rc::clone(translation))
    }

    fn put(&mut self, key: Key, translation: Rc<Translation>, most: usize) {
        self.clock += 1;
        self.order.insert(self.clock, key.clone());
        if let Some((used, _)) = self.entries.insert(key, (self.clock, translation)) {
            self.order.remove(&used);
        }
        // The setting may have been lowered.
        while self.entries.len() > most {
            let Some((_, oldest)) = self.order.pop_first() else {
                break;
            };
            self.entries.remove(&oldest);
        }
    }
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// A kept translation.
pub fn get(key: &Key) -> Option<Rc<Translation>> {
    CACHE.with_borrow_mut(|cache| cache.get(key))
}

/// Forgets all.
pub fn forget() {
    CACHE.take();
}

/// Keeps a translation, and at most `most` in all.
pub fn put(key: Key, translation: Rc<Translation>, most: usize) {
    CACHE.with_borrow_mut(|cache| cache.put(key, translation, most));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::Source;

    fn key(question: &str) -> Key {
        Key {
            question: question.to_owned(),
            catalog: 1,
            today: (2026, 1, 1),
            fiscal_year_start: 1,
            min_confidence: 0,
            routing: Routing::Embedded,
            model: None,
            generation: 0,
        }
    }

    fn translation(sql: &str) -> Rc<Translation> {
        Rc::new(Translation {
            sql: sql.to_owned(),
            reading: String::new(),
            assumptions: Vec::new(),
            warnings: Vec::new(),
            confidence: 1.0,
            source: Source::Embedded,
            steps: Vec::new(),
            usage: None,
        })
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut cache = Cache::default();
        for name in ["a", "b", "c"] {
            cache.put(key(name), translation(name), 3);
        }
        assert!(cache.get(&key("a")).is_some());
        cache.put(key("d"), translation("d"), 3);
        assert!(cache.get(&key("b")).is_none());
        assert!(cache.get(&key("a")).is_some());
        assert_eq!(
            cache.get(&key("d")).map(|t| t.sql.clone()),
            Some("d".to_owned())
        );
    }

    #[test]
    fn it_stays_small_and_its_two_maps_agree() {
        let mut cache = Cache::default();
        for number in 0..10_000_u32 {
            cache.put(key(&(number % 700).to_string()), translation(""), 500);
            cache.get(&key(&(number % 13).to_string()));
            assert!(cache.entries.len() <= 500);
            assert_eq!(cache.entries.len(), cache.order.len());
        }
        cache.put(key("last"), translation(""), 0);
        assert!(cache.entries.is_empty() && cache.order.is_empty());
    }

    #[test]
    fn a_different_day_or_catalog_is_a_different_question() {
        let mut cache = Cache::default();
        cache.put(key("a"), translation("a"), 10);
        assert!(
            cache
                .get(&Key {
                    today: (2026, 1, 2),
                    ..key("a")
                })
                .is_none()
        );
        assert!(
            cache
                .get(&Key {
                    catalog: 2,
                    ..key("a")
                })
                .is_none()
        );
    }
}
