//! The words in the names of tables and columns: `order_items`, `CustomerId`, `stuid`, `qty`.

use super::super::language::ENGLISH;
use super::super::language::wordclass::is_same_word;
use super::{areas, nature, prefixes};
use crate::catalog::model::{Catalog, Column, Table, TypeClass};
use crate::question::tokens::stem;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

static PARTS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| words_of(include_str!("../english/parts.txt")));

/// Words that names are made of which are rows of words for certain; see the file.
static NAME_PARTS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| words_of(include_str!("../english/nameparts.txt")));

fn words_of(file: &'static str) -> HashSet<&'static str> {
    let lines = file.lines().filter(|l| !l.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
}

/// The words of the language's grammar.
static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| ENGLISH.words().collect());

/// Whether the grammar has this word.
pub(crate) fn is_grammar_word(word: &str) -> bool {
    WORDS.contains(word)
}

/// Whether names are made of this word.
pub(crate) fn is_part(word: &str) -> bool {
    PARTS.contains(word)
}

/// Takes names apart with the help of the words that occur in the same catalog.
#[derive(Debug, Default)]
pub struct Splitter {
    known: HashSet<String>,
    /// A short first word that all tables share, such as a system's prefix.
    prefix: Option<String>,
    /// What all names begin with, where they have no separators; see [`prefixes`].
    system: String,
    /// Short forms of tables that their columns begin with, and the tables' words.
    short: HashMap<String, Vec<String>>,
    /// What is left of the names of tables without the part of a system that they begin with; see [`areas`].
    areas: HashMap<String, String>,
    /// Tables whose names only say besides another's how often they are written: `hub_daily` beside `hubs`.
    rhythms: HashSet<String>,
    /// Short forms that comments write out.
    told: HashMap<String, String>,
    /// The words of columns whose names begin with a short form of their table's, by name.
    columns: HashMap<String, Vec<String>>,
}

/// The longest name without separators that is taken apart.
const MAX_JOINED: usize = 32;
/// The most words that a name without separators is taken apart into.
const MAX_WORDS: usize = 4;

impl Splitter {
    /// Learns the words of a catalog.
    pub fn new(catalog: &Catalog) -> Splitter {
        let mut splitter = Splitter::default();
        let mut firsts: HashMap<String, usize> = HashMap::new();
        for table in &catalog.tables {
            let words = pieces(&table.name);
            if words.len() > 1 {
                *firsts.entry(words[0].clone()).or_default() += 1;
            }
            for word in words.iter().cloned().chain(
                table
                    .columns
                    .iter()
                    .flat_map(|c| pieces(&c.name).into_iter().filter(|w| w.len() > 3)),
            ) {
                if word.len() > 2 && word.len() < 12 {
                    if let Some(singular) = singular(&word) {
                        splitter.known.insert(singular.to_owned());
                    }
                    splitter.known.insert(word);
                }
            }
        }
        let tables = catalog.tables.len();
        splitter.prefix = firsts
            .into_iter()
            .find(|(word, count)| tables > 1 && *count == tables && word.len() <= 4)
            .map(|(word, _)| word);
        splitter.learn_prefixes(catalog);
        splitter.learn_flags(catalog);
        splitter.told = super::shortforms::told(catalog);
        splitter.areas = areas::without(catalog, &splitter);
        splitter.rhythms = splitter.rhythms_of_others(catalog);
        splitter
    }

    /// Learns the prefixes of names that are written without separators.
    fn learn_prefixes(&mut self, catalog: &Catalog) {
        self.system = prefixes::of_system(catalog);
        for table in catalog.tables.iter().filter(|_| !self.system.is_empty()) {
            let name = table.name.to_lowercase();
            let name = name.strip_prefix(&self.system).unwrap_or(&name);
            self.known.insert(singular(name).unwrap_or(name).to_owned());
            self.known.insert(name.to_owned());
        }
        let reads = |rest: &str| PARTS.contains(rest) || self.segmented(rest).is_some();
        let ahead = self.prefix.as_deref();
        let prefix = |table| {
            let prefix = prefixes::of_table(table, &self.system, ahead, &reads)?;
            Some((table, prefix))
        };
        let prefixed: Vec<(&Table, String)> = catalog.tables.iter().filter_map(prefix).collect();
        // The short form may be a word of the table's name: `lab` of `labtest`.
        let first_word = |(table, prefix): &(&Table, String)| {
            let name = table.name.to_lowercase();
            let rest = name.strip_prefix(&self.system)?.strip_prefix(prefix)?;
            let reads = prefix.len() > 2 && rest.len() > 2 && self.segmented(rest).is_some();
            reads.then(|| prefix.clone())
        };
        let words: Vec<String> = prefixed.iter().filter_map(first_word).collect();
        self.known.extend(words);
        for (table, prefix) in &prefixed {
            let known =
                ENGLISH.abbreviations.contains_key(prefix) || PARTS.contains(prefix.as_str());
            if prefix.len() > 1 && !known && !self.known.contains(prefix) {
                self.short.insert(prefix.clone(), self.words(&table.name));
            }
        }
        let mut found: HashMap<String, Vec<String>> = HashMap::new();
        for (table, prefix) in &prefixed {
            for column in &table.columns {
                let mut words = pieces(&column.name);
                let mut first = words.remove(0);
                if !words.is_empty() && self.prefix.as_ref() == Some(&first) {
                    first = words.remove(0);
                }
                if self.system.is_empty() && !first.starts_with(prefix.as_str()) {
                    continue;
                }
                let rest = first
                    .strip_prefix(&self.system)
                    .and_then(|n| n.strip_prefix(prefix.as_str()));
                if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
                    words = [self.parted(rest, column), words].concat();
                } else if let [one] = &words[..] {
                    words = self.segmented(one).unwrap_or(words);
                }
                found.insert(column.name.clone(), words);
            }
        }
        self.columns = found;
    }

    /// Learns the names of columns of yes and no that are written as one word: `isofficial`.
    fn learn_flags(&mut self, catalog: &Catalog) {
        let columns = catalog.tables.iter().flat_map(|t| &t.columns);
        for column in columns.filter(|c| c.class == TypeClass::Boolean) {
            let name = column.name.to_lowercase();
            let mut fronts = ENGLISH.flag_verbs.iter();
            let Some(front) = fronts.find(|front| name.starts_with(front.as_str())) else {
                continue;
            };
            if pieces(&column.name).len() == 1
                && let Some(said) = self.segmented(&name[front.len()..])
                && !self.columns.contains_key(&column.name)
            {
                let words = [vec![front.clone()], said].concat();
                self.columns.insert(column.name.clone(), words);
            }
        }
    }

    /// The words of what is left of a column's name. Where one of them is not known, what a column of its type begins or ends with is
    /// taken off: `isdormant` of a flag, `admittedat` of a moment.
    fn parted(&self, rest: &str, column: &Column) -> Vec<String> {
        /// A word that is not known has so many letters.
        const LEAST: usize = 4;
        let known = self.segmented(rest);
        if let Some(words) = known.or_else(|| (!rest.is_ascii()).then(|| vec![rest.to_owned()])) {
            return words;
        }
        let flag = column.class == TypeClass::Boolean;
        let mut fronts = ENGLISH.flag_verbs.iter().filter(|_| flag);
        let date = nature::is_date(column.class);
        let mut ends = ENGLISH.date_endings.iter().filter(|_| date);
        let long = |letters: &usize| rest.len() - letters >= LEAST;
        let front = fronts.find(|front| rest.starts_with(front.as_str()));
        let end = ends.find(|end| rest.ends_with(end.as_str()));
        match (
            front.map(String::len).filter(long),
            end.map(String::len).filter(long),
        ) {
            (Some(letters), _) => {
                let (front, rest) = rest.split_at(letters);
                [vec![front.to_owned()], self.parted(rest, column)].concat()
            }
            (None, Some(letters)) => {
                let (rest, end) = rest.split_at(rest.len() - letters);
                [self.parted(rest, column), vec![end.to_owned()]].concat()
            }
            (None, None) => vec![rest.to_owned()],
        }
    }

    /// Takes a word apart into the fewest words that are all known: of the catalog, abbreviations, or of the language.
    fn segmented(&self, word: &str) -> Option<Vec<String>> {
        /// A word of the language alone must be so long.
        const LONG: usize = 4;
        if !(3..=MAX_JOINED).contains(&word.len()) || !word.is_ascii() {
            return None;
        }
        let listed = |w: &str| {
            PARTS.contains(w)
                || NAME_PARTS.contains(singular(w).unwrap_or(w))
                || NAME_PARTS.contains(w)
        };
        if listed(word) || ENGLISH.abbreviations.contains_key(word) {
            return Some(vec![word.to_owned()]);
        }
        let known = |w: &str| {
            listed(w)
                || self.short.contains_key(w)
                || ENGLISH.abbreviations.contains_key(w)
                || w.len() > 2 && w != word && self.known.contains(w)
                || w.len() >= LONG && WORDS.contains(w)
        };
        // The fewest words that end at each letter, and where the last of them begins.
        let mut best: Vec<Option<(usize, usize)>> = vec![None; word.len() + 1];
        best[0] = Some((0, 0));
        for end in 2..=word.len() {
            for start in 0..end - 1 {
                if let Some((count, _)) = best[start]
                    && best[end].is_none_or(|(least, _)| count + 1 < least)
                    && known(&word[start..end])
                {
                    best[end] = Some((count + 1, start));
                }
            }
        }
        let mut words = Vec::new();
        let mut end = word.len();
        while end > 0 {
            let Some((_, start)) = best[end] else {
                return self.known.contains(word).then(|| vec![word.to_owned()]);
            };
            words.push(word[start..end].to_owned());
            end = start;
        }
        words.reverse();
        (words.len() <= MAX_WORDS).then_some(words)
    }

    /// The words of a name, in lower case, abbreviations written out.
    pub fn words(&self, name: &str) -> Vec<String> {
        let mut words = match self.columns.get(name) {
            Some(words) => words.clone(),
            None => pieces(name),
        };
        if !self.system.is_empty()
            && !self.columns.contains_key(name)
            && let Some(rest) = words[0]
                .strip_prefix(&self.system)
                .filter(|rest| !rest.is_empty())
        {
            let rest = self
                .segmented(rest)
                .unwrap_or_else(|| vec![rest.to_owned()]);
            words.splice(..1, rest);
        }
        if words.len() > 1 && self.prefix.as_deref() == words.first().map(String::as_str) {
            words.remove(0);
        }
        if words.len() == 1
            && !self.told.contains_key(&words[0])
            && let Some(split) = self.split(&words[0])
        {
            words = split;
        }
        let alone = words.len() == 1;
        words
            .into_iter()
            .flat_map(|w| match self.told.get(&w) {
                Some(long) => vec![long.clone()],
                None => match self.short.get(&w).or_else(|| ENGLISH.abbreviations.get(&w)) {
                    // A name that is nothing but "min" is what it says.
                    Some(long) if alone && !ENGLISH.not_alone.contains(&w) => long.clone(),
                    Some(long) if !alone && !ENGLISH.only_alone.contains(&w) => long.clone(),
                    _ => vec![w],
                },
            })
            .collect()
    }

    /// The stems of the words of a name.
    pub fn stems(&self, name: &str) -> Vec<String> {
        self.words(name).iter().map(|w| stem(w)).collect()
    }

    /// The stems of what a table holds: without the word that says what kind of table it is (`ref_colors`, `dim_customer`), what part
    /// of a system it belongs to (`billing_invoice`), or how often it is written (`payments_daily`).
    pub fn thing(&self, table: &str) -> Vec<String> {
        let mut stems = self.stems(self.areas.get(table).map_or(table, String::as_str));
        let affix = |stem: Option<&String>| stem.is_some_and(|s| ENGLISH.affixes.contains(s));
        // `payments_daily` holds payments.
        let often = |stem: Option<&String>| {
            stem.is_some_and(|s| ENGLISH.kept_often.contains(s)) && !self.rhythms.contains(table)
        };
        if stems.len() > 1 && affix(stems.first()) {
            stems.remove(0);
        } else if stems.len() > 1 && (affix(stems.last()) || often(stems.last())) {
            stems.pop();
        }
        stems
    }

    fn rhythms_of_others(&self, catalog: &Catalog) -> HashSet<String> {
        let names = || catalog.tables.iter().map(|table| &table.name);
        let often = |name: &&String| {
            let last = pieces(name).pop();
            last.is_some_and(|last| ENGLISH.kept_often.contains(&stem(&last)))
        };
        if !names().any(|name| often(&name)) {
            return HashSet::new();
        }
        let others: HashSet<Vec<String>> = names()
            .filter(|name| !often(name))
            .map(|name| self.thing(name))
            .collect();
        let twin = |name: &&String| often(name) && others.contains(&self.thing(name));
        names().filter(twin).cloned().collect()
    }

    /// Takes a word without separators apart into two or three known words, or an abbreviation and a known word.
    fn split(&self, word: &str) -> Option<Vec<String>> {
        if ENGLISH.abbreviations.contains_key(word)
            || word.len() < 4
            || word.len() > MAX_JOINED
            || !word.is_ascii()
            || PARTS.contains(word)
        {
            return None;
        }
        let last =
            |w: &str| PARTS.contains(w) || (w.len() > 3 && ENGLISH.abbreviations.contains_key(w));
        let known =
            |w: &str| PARTS.contains(w) || (w.len() > 2 && self.known.contains(w) && w != word);
        let first = |w: &str| known(w) || (w.len() > 2 && ENGLISH.abbreviations.contains_key(w));
        let tail = ENGLISH.joined_ends.iter().find_map(|end| {
            let front = word.strip_suffix(end.as_str())?;
            (!front.is_empty()).then(|| vec![front.to_owned(), end.clone()])
        });
        if tail.is_some() {
            return tail;
        }
        // `headofstate`: what stands around "of" are words for certain.
        let listed = |w: &str| w.len() > 2 && (known(w) || NAME_PARTS.contains(w));
        for of in &ENGLISH.of_words {
            let places = word.match_indices(of.as_str());
            let mut around = places.map(|(at, _)| (&word[..at], &word[at + of.len()..]));
            if let Some((a, rest)) = around.find(|(a, rest)| listed(a) && listed(rest)) {
                return Some(vec![a.to_owned(), of.clone(), rest.to_owned()]);
            }
        }
        for i in (2..=word.len() - 2).rev() {
            let (a, rest) = word.split_at(i);
            if first(a) && last(rest) {
                return Some(vec![a.to_owned(), rest.to_owned()]);
            }
            if a.len() > 2 && known(a) && rest.len() > 2 && known(rest) {
                return Some(vec![a.to_owned(), rest.to_owned()]);
            }
        }
        None
    }
}

/// A word without the ending of a plural; `None` where it has none.
fn singular(word: &str) -> Option<&str> {
    let mut endings = ENGLISH.plural_endings.iter();
    endings.find_map(|ending| word.strip_suffix(ending.as_str()))
}

/// The pieces of a name between separators, at changes of letter case and between letters and digits.
pub fn pieces(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let characters: Vec<char> = name.chars().collect();
    for (i, &c) in characters.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            continue;
        }
        let previous = i.checked_sub(1).map(|p| characters[p]);
        let next_lower = characters.get(i + 1).is_some_and(|n| n.is_lowercase());
        let camel = c.is_uppercase()
            && previous.is_some_and(|p| p.is_lowercase() || (p.is_uppercase() && next_lower));
        let digit = previous.is_some_and(|p| {
            p.is_alphabetic() && c.is_ascii_digit() || p.is_ascii_digit() && c.is_alphabetic()
        });
        if (camel || digit) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.extend(c.to_lowercase());
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Whether a name of the catalog has the very word; `None` where it has none of the same stem.
pub fn has_word(name: &str, said: &str) -> Option<bool> {
    let said_stem = stem(said);
    let words = pieces(name);
    let long = |p: &String| ENGLISH.abbreviations.get(p).into_iter().flatten().cloned();
    let words = words.iter().flat_map(|p| long(p).chain([p.clone()]));
    let mut same = words.filter(|p| stem(p) == said_stem).peekable();
    same.peek()?;
    Some(same.any(|p| is_same_word(&p, said)))
}

/// The stems of verbs by those of their nouns.
static DEEDS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let pairs = ENGLISH.deeds.iter().filter_map(|pair| pair.split_once(' '));
    pairs.map(|(verb, noun)| (stem(noun), stem(verb))).collect()
});

/// A root that is shorter is not cut.
const SHORTEST: usize = 4;
/// … and one that may be a word by itself ("plane" is no form of "plan").
const LONG: usize = 5;

/// A stem without the first of these endings that leaves enough of it.
fn cut<'a>(stem: &'a str, endings: &[String], least: usize) -> Option<&'a str> {
    let mut rests = endings.iter().filter_map(|e| stem.strip_suffix(e.as_str()));
    rests.find(|rest| rest.chars().count() >= least)
}

/// Whether a stem is that of somebody to whom something is done: "assignee".
pub(super) fn is_worn(stem: &str) -> bool {
    cut(stem, &ENGLISH.endings, SHORTEST).is_none()
        && cut(stem, &ENGLISH.worn_endings, LONG).is_some()
}

/// What a verb and the nouns made of it have in common: "advised" and advisor, "enrolled" and enrollment, "teaches" and
/// teacher. Two different words may share it: it decides between ways that the keys allow, and nothing else.
pub fn root(stem: &str) -> String {
    let stem = DEEDS.get(stem).map_or(stem, String::as_str);
    cut(stem, &ENGLISH.endings, SHORTEST)
        .or_else(|| cut(stem, &ENGLISH.worn_endings, LONG))
        .unwrap_or(stem)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_names() {
        assert_eq!(pieces("order_items"), ["order", "items"]);
        assert_eq!(pieces("CustomerId"), ["customer", "id"]);
        assert_eq!(pieces("HTTPServer"), ["http", "server"]);
        assert_eq!(pieces("Sales 2024"), ["sales", "2024"]);
    }

    #[test]
    fn abbreviations_and_joined_words() {
        let splitter = Splitter::default();
        assert_eq!(splitter.words("unit_qty"), ["unit", "quantity"]);
        assert_eq!(splitter.words("stuid"), ["student", "id"]);
        assert_eq!(splitter.words("airportname"), ["airport", "name"]);
        assert_eq!(splitter.words("dob"), ["date", "of", "birth"]);
        assert_eq!(splitter.words("region"), ["region"]);
    }
}
