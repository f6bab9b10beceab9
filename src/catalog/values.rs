//! What stands in the columns: the values that PostgreSQL's statistics know, and for what they do not know a bounded
//! look-up in the tables themselves. Both as the current user: `pg_stats` hides what he may not read.
//!
//! Invariant: bounded in memory, in the number of statements and in time; no function that a user wrote runs.

use super::fold;
use super::model::{Catalog, ColumnRef, StoredValue, TypeClass, ValueMatch, Values};
use super::probe;
use super::relations::Storage;
use crate::postgres::relation::Counters;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

/// Bytes of text that one catalog's values may take, so that a session stays small whatever the schema.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Columns whose statistics are loaded: the first so many in order of promise. `pg_stats` and the index over their values
/// take some 100 µs for each, which the first question of a session waits for.
const MOST_COLUMNS: usize = 500;

/// Of the columns that a question is about, so many are loaded beyond that.
const MOST_NAMED_COLUMNS: usize = 100;

/// A longer text is prose, not a value that a question names.
const LONGEST: usize = 120;

/// Results per phrase.
const MOST_RESULTS: usize = 24;

/// Values are read again after this time, with the next question that needs them.
const MAX_AGE: Duration = Duration::from_secs(300);

/// The known values of one catalog.
#[derive(Default)]
pub struct ValueCache {
    known: Vec<Known>,
    by_folded: HashMap<String, usize>,
    by_stem: HashMap<String, Vec<usize>>,
    by_length: BTreeMap<usize, Vec<usize>>,
    common: HashMap<ColumnRef, Vec<String>>,
    loaded: BTreeSet<ColumnRef>,
    /// Small tables whose values are all here, and what PostgreSQL had counted when they were read.
    whole: HashMap<usize, Counters>,
    bytes: usize,
    since: Option<Instant>,
}

/// All values that fold to the same text.
struct Known {
    folded: String,
    letters: u64,
    places: Vec<(ColumnRef, String)>,
}

impl ValueCache {
    /// Notes that a value stands in a column. What does not fit is left to the look-up.
    pub fn add(&mut self, column: ColumnRef, text: &str) {
        let length = text.chars().count();
        if length == 0 || length > LONGEST || self.bytes > MOST_BYTES {
            return;
        }
        let folded = fold::fold(text);
        let place = match self.by_folded.get(&folded) {
            Some(&place) => place,
            None => {
                let place = self.known.len();
                // The index by stem, the one by folded text, and their entries.
                self.bytes += 3 * folded.len() + 160;
                self.by_length
                    .entry(folded.chars().count())
                    .or_default()
                    .push(place);
                self.by_stem
                    .entry(fold::stem(&folded))
                    .or_default()
                    .push(place);
                self.by_folded.insert(folded.clone(), place);
                let letters = fold::letters(&folded);
                self.known.push(Known {
                    folded,
                    letters,
                    places: Vec::new(),
                });
                place
            }
        };
        let places = &mut self.known[place].places;
        if !places
            .iter()
            .any(|(at, known)| *at == column && known == text)
        {
            self.bytes += text.len() + 48;
            places.push((column, text.to_owned()));
        }
    }

    /// The known values that a phrase may mean, best first.
    /// Among equals, those of the tables in `named` come first.
    fn find(
        &self,
        phrase: &str,
        within: Option<&BTreeSet<ColumnRef>>,
        named: &BTreeSet<usize>,
    ) -> Vec<StoredValue> {
        let folded = fold::fold(phrase);
        let mut found = Vec::new();
        let take = |found: &mut Vec<StoredValue>, place: usize, quality: ValueMatch| {
            let places = self.known[place].places.iter();
            let places = places.filter(|(at, _)| within.is_none_or(|within| within.contains(at)));
            found.extend(places.map(|(column, text)| StoredValue {
                column: *column,
                text: text.clone(),
                found: match quality {
                    ValueMatch::Folded | ValueMatch::Stemmed if text == phrase => ValueMatch::Exact,
                    quality => quality,
                },
            }));
        };
        let equal = self.by_folded.get(&folded);
        if let Some(&place) = equal {
            take(&mut found, place, ValueMatch::Folded);
        }
        let stemmed = fold::stem(&folded);
        if !stemmed.is_empty() {
            for &place in self.by_stem.get(&stemmed).into_iter().flatten() {
                if Some(&place) != equal {
                    take(&mut found, place, ValueMatch::Stemmed);
                }
            }
        }
        if found.is_empty() {
            for (place, similarity) in self.near(&folded) {
                take(&mut found, place, ValueMatch::Near(similarity));
            }
        }
        sort(&mut found, named);
        found
    }

    fn near(&self, folded: &str) -> Vec<(usize, f32)> {
        let length = folded.chars().count();
        // A longer value may be apart by more edits than a value of the phrase's own length.
        let longest = length + fold::most_edits(length + length / 4 + 1);
        let shortest = length - fold::most_edits(length).min(length);
        let letters = fold::letters(folded);
        let (first, last) = (folded.bytes().next(), folded.bytes().last());
        let mut near = Vec::new();
        for (&other, places) in self.by_length.range(shortest..=longest) {
            let edits = fold::most_edits(length.max(other));
            if edits == 0 {
                continue;
            }
            for &place in places {
                let known = &self.known[place];
                // A slip rarely changes where a text begins and where it ends; the distance of all others is not worth its time.
                let ends =
                    known.folded.bytes().next() == first || known.folded.bytes().last() == last;
                if ends
                    && (known.letters ^ letters).count_ones() as usize <= 2 * edits
                    && let Some(similarity) = fold::similarity(folded, &known.folded)
                {
                    near.push((place, similarity));
                }
            }
        }
        near
    }
}

/// Best first, then what the question is about, then in the order of the catalog; bounded.
fn sort(found: &mut Vec<StoredValue>, named: &BTreeSet<usize>) {
    let rank = |found: ValueMatch| match found {
        ValueMatch::Exact | ValueMatch::Segment(_) => 0.0,
        ValueMatch::Folded => 1.0,
        ValueMatch::Stemmed => 2.0,
        ValueMatch::Near(similarity) => 4.0 - similarity,
    };
    found.sort_by(|a, b| {
        rank(a.found).total_cmp(&rank(b.found)).then_with(|| {
            let place = |v: &StoredValue| (!named.contains(&v.column.table), v.column);
            (place(a), &a.text).cmp(&(place(b), &b.text))
        })
    });
    found.dedup();
    found.truncate(MOST_RESULTS);
}

/// Whether a word of a table's name is among these words, plural or not.
fn is_named(table: &str, words: &HashSet<String>) -> bool {
    table
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .any(|word| words.contains(singular(&word.to_lowercase())))
}

/// Near enough to sort tables by: a word without its plural ending.
fn singular(word: &str) -> &str {
    word.strip_suffix('s')
        .filter(|rest| rest.len() > 1)
        .unwrap_or(word)
}

/// The values of a catalog; [`super::Snapshot::values`] makes it.
pub struct StoredValues<'a> {
    pub catalog: &'a Catalog,
    pub storage: &'a [Storage],
    pub cache: &'a RefCell<ValueCache>,
    /// What has been looked for already; it lasts for one question.
    pub asked: RefCell<probe::Asked>,
}

impl StoredValues<'_> {
    /// Columns whose values a question can name, the most promising first: those of tables whose name has a word of the
    /// question, then those found by a bare name, of tables before those of views. Also how many are of the first kind.
    fn candidates(
        &self,
        phrases: &[String],
        within: Option<&[ColumnRef]>,
    ) -> (Vec<ColumnRef>, usize) {
        let fits = |at: &ColumnRef| {
            let column = self.catalog.column(*at);
            matches!(column.class, TypeClass::Text | TypeClass::Enum) || column.is_list_of_texts()
        };
        if let Some(within) = within {
            let within: Vec<ColumnRef> = within.iter().copied().filter(fits).collect();
            let count = within.len();
            return (within, count);
        }
        let words: HashSet<String> = phrases
            .iter()
            .filter(|phrase| !phrase.contains(' '))
            .map(|phrase| singular(&phrase.to_lowercase()).to_owned())
            .collect();
        let mut tables: Vec<(bool, usize)> = self
            .catalog
            .tables
            .iter()
            .enumerate()
            .map(|(place, table)| (!is_named(&table.name, &words), place))
            .collect();
        tables.sort_by_key(|&(unnamed, place)| {
            let table = &self.catalog.tables[place];
            (unnamed, !table.visible, !table.reads.is_empty(), place)
        });
        let columns = |tables: &[(bool, usize)]| -> Vec<ColumnRef> {
            let all = tables.iter().flat_map(|&(_, table)| {
                let count = self.catalog.tables[table].columns.len();
                (0..count).map(move |column| ColumnRef { table, column })
            });
            all.filter(fits).collect()
        };
        let named = tables.partition_point(|&(unnamed, _)| !unnamed);
        let mut found = columns(&tables[..named]);
        let count = found.len();
        found.extend(columns(&tables[named..]));
        (found, count)
    }

    /// Loads the statistics of columns that are not there yet.
    /// The first `named` of them are what the question is about.
    fn load(&self, columns: &[ColumnRef], named: usize) {
        let wanted: Vec<ColumnRef> = {
            let mut cache = self.cache.borrow_mut();
            if cache.since.is_none_or(|since| since.elapsed() > MAX_AGE) {
                self.asked.take();
                *cache = ValueCache {
                    since: Some(Instant::now()),
                    ..ValueCache::default()
                };
            }
            let room = MOST_COLUMNS.saturating_sub(cache.loaded.len());
            let room = room.max(named.min(MOST_NAMED_COLUMNS));
            let new = columns
                .iter()
                .filter(|column| !cache.loaded.contains(column));
            new.take(room).copied().collect()
        };
        if wanted.is_empty() {
            return;
        }
        // Nothing is borrowed while PostgreSQL is asked: it may raise.
        let statistics = probe::statistics(self.catalog, &wanted);
        let mut cache = self.cache.borrow_mut();
        for &column in &wanted {
            let labels = &self.catalog.column(column).labels;
            labels.iter().for_each(|label| cache.add(column, label));
            if !labels.is_empty() {
                cache.common.insert(column, labels.clone());
            }
        }
        for (column, found) in statistics {
            found
                .common
                .iter()
                .chain(&found.others)
                .for_each(|text| cache.add(column, text));
            if !found.common.is_empty() {
                let short = found
                    .common
                    .into_iter()
                    .filter(|text| text.len() <= LONGEST);
                cache.common.insert(column, short.collect());
            }
        }
        cache.loaded.extend(wanted);
    }
}

impl Values for StoredValues<'_> {
    fn look_up(&self, phrases: &[String], within: Option<&[ColumnRef]>) -> Vec<Vec<StoredValue>> {
        let (candidates, named) = self.candidates(phrases, within);
        self.load(&candidates, named);
        let named: BTreeSet<usize> = candidates[..named].iter().map(|at| at.table).collect();
        let allowed: Option<BTreeSet<ColumnRef>> = within.map(|w| w.iter().copied().collect());
        let mut results: Vec<Vec<StoredValue>> = {
            let cache = self.cache.borrow();
            phrases
                .iter()
                .map(|phrase| cache.find(phrase, allowed.as_ref(), &named))
                .collect()
        };
        // Those too that the statistics of a column hold: which other columns hold them must not depend on what this session has
        // looked at before.
        let open: Vec<usize> = (0..phrases.len())
            .filter(|&at| probe::is_worth(&phrases[at]))
            .collect();
        if open.is_empty() {
            return results;
        }
        let mut spellings: Vec<String> = open
            .iter()
            .flat_map(|&at| fold::spellings(&phrases[at]))
            .collect();
        spellings.sort();
        spellings.dedup();
        let text: Vec<ColumnRef> = candidates
            .into_iter()
            .filter(|&at| self.catalog.column(at).class != TypeClass::Enum)
            .collect();
        let whole = self.cache.borrow().whole.clone();
        let current = |table: usize, now: &Counters| whole.get(&table) == Some(now);
        // Taken out meanwhile: PostgreSQL may raise.
        let mut asked = self.asked.take();
        let found = probe::look_up(
            self.catalog,
            self.storage,
            &text,
            current,
            &spellings,
            &mut asked,
        );
        self.asked.replace(asked);
        let mut cache = self.cache.borrow_mut();
        found
            .values
            .iter()
            .for_each(|(column, text)| cache.add(*column, text));
        cache.whole.extend(found.read);
        if !found.values.is_empty() {
            for at in open {
                results[at] = cache.find(&phrases[at], allowed.as_ref(), &named);
            }
        }
        results
    }

    fn documents(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        let known = probe::statistics(self.catalog, &[column]).remove(&column);
        let known = known.map(|known| known.common.into_iter().chain(known.others));
        let mut documents: Vec<String> = known.into_iter().flatten().take(limit).collect();
        if documents.is_empty() {
            documents = probe::documents(self.catalog, self.storage, column, limit);
        }
        documents
    }

    fn all_different(&self, column: ColumnRef) -> bool {
        probe::all_different(self.catalog, self.storage, column)
    }

    fn is_closed(&self, column: ColumnRef) -> bool {
        let storage = self.storage.get(column.table);
        storage.is_none_or(|storage| storage.runs_code)
    }

    fn common(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        let number = match self.catalog.column(column).class {
            TypeClass::Text | TypeClass::Enum | TypeClass::Array => false,
            TypeClass::Integer | TypeClass::Numeric | TypeClass::Float => true,
            _ => return Vec::new(),
        };
        if !number {
            self.load(&[column], 1);
        }
        if let Some(common) = self.cache.borrow().common.get(&column) {
            return common.iter().take(limit).cloned().collect();
        }
        if self.catalog.column(column).class == TypeClass::Array {
            return Vec::new();
        }
        // Numbers are no words that a phrase is compared with: they are not loaded with the others.
        let known = number.then(|| probe::statistics(self.catalog, &[column]));
        let known = known.and_then(|mut all| all.remove(&column));
        let common = match known {
            Some(statistics) if !statistics.common.is_empty() => statistics.common,
            _ => probe::common(self.catalog, self.storage, column),
        };
        let found = common.iter().take(limit).cloned().collect();
        self.cache.borrow_mut().common.insert(column, common);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: ColumnRef = ColumnRef {
        table: 0,
        column: 0,
    };
    const OTHER: ColumnRef = ColumnRef {
        table: 1,
        column: 2,
    };

    fn cache(values: &[(ColumnRef, &str)]) -> ValueCache {
        let mut cache = ValueCache::default();
        values
            .iter()
            .for_each(|(column, text)| cache.add(*column, text));
        cache
    }

    fn find(cache: &ValueCache, phrase: &str) -> Vec<StoredValue> {
        cache.find(phrase, None, &BTreeSet::new())
    }

    #[test]
    fn what_the_question_is_about_is_not_cut_off() {
        let mut cache = ValueCache::default();
        for table in 0..100 {
            cache.add(ColumnRef { table, column: 0 }, "paid");
        }
        let found = cache.find("paid", None, &BTreeSet::from([77]));
        assert_eq!(found.len(), MOST_RESULTS);
        assert_eq!(found[0].column.table, 77);
    }

    #[test]
    fn the_best_match_comes_first() {
        let cache = cache(&[
            (AT, "NORTH"),
            (OTHER, "north"),
            (AT, "Laptop"),
            (AT, "Keyboard"),
        ]);
        let found = find(&cache, "north");
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].column, found[0].found),
            (OTHER, ValueMatch::Exact)
        );
        assert_eq!((found[1].column, found[1].found), (AT, ValueMatch::Folded));
        assert_eq!(find(&cache, "laptops")[0].found, ValueMatch::Stemmed);
        assert_eq!(find(&cache, "keybaord")[0].text, "Keyboard");
        assert!(find(&cache, "mouse").is_empty());
        assert_eq!(
            cache
                .find("north", Some(&BTreeSet::from([AT])), &BTreeSet::new())
                .len(),
            1
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut cache = ValueCache::default();
        for number in 0..200_000 {
            cache.add(
                AT,
                &format!("a value that nobody has seen before, number {number}"),
            );
        }
        assert!(cache.bytes <= MOST_BYTES + 1024);
        cache.add(AT, &"x".repeat(LONGEST + 1));
        assert!(find(&cache, &"x".repeat(LONGEST + 1)).is_empty());
    }
}
