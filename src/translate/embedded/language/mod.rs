//! The words of the question's language, read once from the data files in `english/`.
//!
//! Code knows only tags ([`Op`]); which words carry them is data, so that another language is another folder.

pub mod lists;
pub mod ops;
pub mod spelling;
pub mod units;
pub mod wordclass;
pub mod words;

use super::rewording::paraphrases::{self, Paraphrase};
use crate::question::tokens::{Token, stem};
use ops::op;
pub use ops::{Aggregate, Arithmetic, Comparison, Like, Op};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
pub use units::{Quantity, UnitOfMeasure};
use words::Lists;

/// A word that compares a property of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjective {
    pub comparative: String,
    pub superlative: String,
    /// As "how …" has it; empty where no column is asked for so.
    pub positive: String,
    /// Stems of names of columns in which more of it is a greater value.
    pub greater: Vec<Vec<String>>,
    /// … in which more of it is a smaller value.
    pub smaller: Vec<Vec<String>>,
}

/// A measure by its several names.
#[derive(Clone, Debug, Default)]
pub struct MeasureWords {
    pub name: String,
    pub words: Vec<Vec<String>>,
    /// Those words as they are written: "takings" is no "take".
    pub written: Vec<String>,
    pub columns: Vec<Vec<String>>,
    pub weak: Vec<Vec<String>>,
    /// Columns that hold it where the table is called by one of its words: the price of sales.
    pub own: Vec<Vec<String>>,
    /// Columns that hold it where each row is something that happened and that comes to one amount of money: the charge of bookings.
    pub each: Vec<Vec<String>>,
    pub formulas: Vec<String>,
    pub ratios: Vec<(String, String)>,
}

/// All that is known of a language.
#[derive(Debug)]
pub struct Language {
    lists: Lists,
    phrases: HashMap<String, Vec<Op>>,
    longest: usize,
    /// Stems of columns that say where something is, the best first.
    pub places: Vec<Vec<String>>,
    /// Stems of columns that only persons have.
    pub person_columns: Vec<Vec<String>>,
    /// From a word to the stems of columns and the codes that may stand there for it.
    pub codes: HashMap<String, Code>,
    /// Abbreviations that are words of their own when they are the whole name.
    pub not_alone: HashSet<String>,
    /// Abbreviations that are ones where a name is nothing else: "long" beside "lat".
    pub only_alone: HashSet<String>,
    pub adjectives: Vec<Adjective>,
    /// What is measured, and in which units.
    pub units: Vec<Quantity>,
    /// What one thing is to another of its kind: nouns, and phrases that are said of the other.
    pub roles: Vec<(Vec<String>, Vec<String>)>,
    /// From the stems of a phrase to those of phrases that mean the same.
    pub synonyms: HashMap<Vec<String>, Vec<Vec<String>>>,
    pub abbreviations: HashMap<String, Vec<String>>,
    /// Roots of the words for where something begins, and for where it ends; the last of each is the preposition.
    pub directions: [Vec<String>; 2],
    /// Codes that say yes, with those that say no in the same column.
    pub yes_and_no: Vec<(String, String)>,
    pub measures: Vec<MeasureWords>,
    /// Forms of questions, with the words that mean the same.
    pub(crate) paraphrases: Vec<Paraphrase>,
    /// Forms that speak of what happens without naming it; see [`super::rewording::events`].
    pub(crate) event_forms: Vec<Paraphrase>,
    /// Forms that ask with what most is done.
    pub(crate) most_forms: Vec<Paraphrase>,
    /// Forms of questions that speak of how long something took.
    pub(crate) length_forms: Vec<Paraphrase>,
    /// What lasts, and where it begins and ends.
    pub(crate) courses: Vec<Course>,
    /// Forms of what is said after what is asked for, with what they mean.
    pub(crate) afterwords: Vec<Paraphrase>,
    /// Numbers in words, and words that multiply the number before them by a power of ten.
    pub numbers: HashMap<String, i64>,
    pub scales: HashMap<String, usize>,
    /// Tag and argument ("month 3", "unit week", "last") to the words that carry it, and back.
    times: HashMap<String, Vec<String>>,
}

impl std::ops::Deref for Language {
    type Target = Lists;

    fn deref(&self) -> &Lists {
        &self.lists
    }
}

/// English.
pub static ENGLISH: LazyLock<Language> = LazyLock::new(|| {
    Language::read(&Files {
        phrases: include_str!("../english/phrases.txt"),
        adjectives: include_str!("../english/adjectives.txt"),
        synonyms: include_str!("../english/synonyms.txt"),
        abbreviations: include_str!("../english/abbreviations.txt"),
        measures: include_str!("../english/measures.txt"),
        times: include_str!("../english/times.txt"),
        numbers: include_str!("../english/numbers.txt"),
        codes: include_str!("../english/codes.txt"),
        units: include_str!("../english/units.txt"),
        roles: include_str!("../english/roles.txt"),
        paraphrases: include_str!("../english/paraphrases.txt"),
        events: include_str!("../english/events.txt"),
        most: include_str!("../english/most.txt"),
        lengths: include_str!("../english/lengths.txt"),
        courses: include_str!("../english/courses.txt"),
        endings: include_str!("../english/endings.txt"),
    })
});

/// Whether a noun has the form of a plural.
pub fn is_plural(noun: &str) -> bool {
    let word = noun.to_lowercase();
    let singular = |ending: &String| word.ends_with(ending.as_str());
    ends_as_plural(&word) && !ENGLISH.singular_endings.iter().any(singular)
}

/// Whether a word ends as plurals do.
pub fn ends_as_plural(word: &str) -> bool {
    let word = word.to_lowercase();
    let ends = |ending: &String| word.ends_with(ending.as_str());
    ENGLISH.plural_endings.iter().any(ends)
}

/// The stems of the words of a phrase.
pub fn stems(phrase: &str) -> Vec<String> {
    phrase.split_whitespace().map(stem).collect()
}

fn lines(file: &str) -> impl Iterator<Item = &str> {
    file.lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
}

fn list(text: &str) -> Vec<String> {
    text.split('|')
        .map(|p| p.trim().to_owned())
        .filter(|p| !p.is_empty())
        .collect()
}

fn stem_list(text: &str) -> Vec<Vec<String>> {
    list(text).iter().map(|p| stems(p)).collect()
}

/// The data files of a language; `english/README.md` describes them.
struct Files {
    phrases: &'static str,
    adjectives: &'static str,
    synonyms: &'static str,
    abbreviations: &'static str,
    measures: &'static str,
    times: &'static str,
    numbers: &'static str,
    codes: &'static str,
    units: &'static str,
    roles: &'static str,
    paraphrases: &'static str,
    events: &'static str,
    most: &'static str,
    lengths: &'static str,
    courses: &'static str,
    endings: &'static str,
}

impl Language {
    /// Whether a word in lower case has the ending of an inflected verb: "billed", "sailing".
    pub(crate) fn ends_as_verb(&self, word: &str) -> bool {
        let ends = |ending: &String| word.ends_with(ending.as_str());
        self.verb_endings.iter().any(ends)
    }

    /// Whether a noun in lower case is one for people, by itself or by its ending: "staff", "skipper".
    pub(crate) fn names_person(&self, word: &str) -> bool {
        let ends = |ending: &String| word.ends_with(ending.as_str());
        self.people.iter().any(|noun| noun == word) || self.person_endings.iter().any(ends)
    }

    fn read(files: &Files) -> Language {
        let mut language = Language {
            lists: Lists::default(),
            phrases: HashMap::new(),
            longest: 1,
            places: Vec::new(),
            person_columns: Vec::new(),
            codes: lines(files.codes).flat_map(code).collect(),
            not_alone: HashSet::new(),
            only_alone: HashSet::new(),
            adjectives: lines(files.adjectives).filter_map(adjective).collect(),
            units: lines(files.units).filter_map(units::quantity).collect(),
            roles: lines(files.roles)
                .filter_map(|l| l.split_once(':'))
                .map(|(nouns, said)| (list(nouns), list(said)))
                .collect(),
            paraphrases: paraphrases::read(lines(files.paraphrases)),
            event_forms: paraphrases::read(lines(files.events)),
            most_forms: paraphrases::read(lines(files.most)),
            length_forms: paraphrases::read(lines(files.lengths)),
            courses: lines(files.courses).filter_map(course).collect(),
            afterwords: paraphrases::read(lines(files.endings)),
            synonyms: HashMap::new(),
            abbreviations: HashMap::new(),
            directions: [Vec::new(), Vec::new()],
            yes_and_no: Vec::new(),
            measures: Vec::new(),
            numbers: HashMap::new(),
            scales: HashMap::new(),
            times: HashMap::new(),
        };
        for (tag, words) in lines(files.phrases).filter_map(|l| l.split_once(':')) {
            language.lists.read(tag, list(words));
            match tag {
                "place words" => language.places = stem_list(words),
                "person columns" => language.person_columns = stem_list(words),
                "yes and no" => {
                    let pairs = list(words).into_iter();
                    language.yes_and_no = pairs
                        .filter_map(|pair| pair.split_once(' ').map(|(y, n)| (y.into(), n.into())))
                        .collect();
                }
                "origin words" => language.directions[0] = list(words),
                "destination words" => language.directions[1] = list(words),
                _ => {}
            }
            let Some(op) = op(tag) else { continue };
            for phrase in list(words) {
                language.longest = language.longest.max(phrase.split(' ').count());
                let ops = language.phrases.entry(phrase).or_default();
                if !ops.contains(&op) {
                    ops.push(op);
                }
            }
        }
        for group in lines(files.synonyms).map(stem_list) {
            for word in &group {
                let others = group.iter().filter(|w| *w != word).cloned();
                language
                    .synonyms
                    .entry(word.clone())
                    .or_default()
                    .extend(others);
            }
        }
        for (short, long) in lines(files.abbreviations).filter_map(|l| l.split_once('=')) {
            let short = short.trim().to_owned();
            let (long, not_alone) = match long.trim().strip_suffix('!') {
                Some(long) => (long, true),
                None => (long, false),
            };
            let (long, only_alone) = match long.trim().strip_suffix('?') {
                Some(long) => (long, true),
                None => (long, false),
            };
            if only_alone {
                language.only_alone.insert(short.clone());
            }
            if not_alone {
                language.not_alone.insert(short.clone());
            }
            language
                .abbreviations
                .insert(short, long.split_whitespace().map(str::to_owned).collect());
        }
        for (key, value) in lines(files.measures).filter_map(|l| l.split_once(':')) {
            if let Some(name) = key.strip_prefix("measure ") {
                language.measures.push(MeasureWords {
                    name: name.to_owned(),
                    words: stem_list(value),
                    written: list(value),
                    ..MeasureWords::default()
                });
            } else if let Some(measure) = language.measures.last_mut() {
                match key {
                    "column" => measure.columns = stem_list(value),
                    "weak" => measure.weak = stem_list(value),
                    "own" => measure.own = stem_list(value),
                    "each" => measure.each = stem_list(value),
                    "formula" => measure.formulas.push(value.trim().to_owned()),
                    "ratio" => measure.ratios.extend(
                        value
                            .rsplit_once('/')
                            .map(|(a, b)| (a.trim().to_owned(), b.trim().to_owned())),
                    ),
                    _ => {}
                }
            }
        }
        for (tag, words) in lines(files.times).filter_map(|l| l.split_once(':')) {
            for word in list(words) {
                language.times.entry(word).or_default().push(tag.to_owned());
            }
        }
        for (value, words) in lines(files.numbers).filter_map(|l| l.split_once(':')) {
            for word in list(words) {
                match value.strip_prefix('*') {
                    Some(scale) => {
                        language.scales.insert(word, scale.len() - 1);
                    }
                    None => {
                        language
                            .numbers
                            .extend(value.parse().ok().map(|n| (word, n)));
                    }
                }
            }
        }
        language
    }

    /// The singular of a word whose plural has a syllable more: "branches", "taxes".
    pub(crate) fn stem_of_hissing<'w>(&self, word: &'w str) -> Option<&'w str> {
        let mut endings = self
            .hissing_plurals
            .iter()
            .filter_map(|pair| pair.split_once(' '));
        endings.find_map(|(one, more)| word.strip_suffix(more).filter(|stem| stem.ends_with(one)))
    }

    /// Whether a phrase ends in a word for the number 0: "with zero".
    pub(crate) fn says_zero(&self, phrase: &str) -> bool {
        let last = phrase.rsplit(' ').next().unwrap_or_default();
        self.numbers.get(&last.to_lowercase()) == Some(&0)
    }

    /// The phrases that begin at a token: number of tokens and what they do.
    pub fn phrases_at(&self, tokens: &[Token], at: usize) -> Vec<(usize, &[Op])> {
        let mut found = Vec::new();
        let mut phrase = String::new();
        for (count, token) in tokens[at..].iter().take(self.longest).enumerate() {
            if count > 0 {
                phrase.push(' ');
            }
            phrase.push_str(&token.lower);
            if let Some(ops) = self.phrases.get(&phrase) {
                found.push((count + 1, ops.as_slice()));
            }
        }
        found
    }

    /// The words of which its phrases are made.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let adjectives = self.adjectives.iter();
        self.phrases
            .keys()
            .chain(self.times.keys())
            .chain(self.numbers.keys())
            .chain(adjectives.flat_map(|a| [&a.comparative, &a.superlative]))
            .flat_map(|phrase| phrase.split(' '))
    }

    /// Whether the words at a token carry a tag of `times.txt`: the number of tokens and the tag's argument.
    pub fn time_at(&self, tokens: &[Token], at: usize, tag: &str) -> Option<(usize, String)> {
        let mut phrase = String::new();
        let mut found = None;
        for (count, token) in tokens.get(at..)?.iter().take(4).enumerate() {
            if count > 0 {
                phrase.push(' ');
            }
            phrase.push_str(&token.lower);
            for entry in self.times.get(&phrase).into_iter().flatten() {
                if let Some(rest) = entry.strip_prefix(tag) {
                    found = Some((count + 1, rest.trim().to_owned()));
                }
            }
        }
        found
    }
}

/// Something that lasts, by the stems of its words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Course {
    /// What it is called; anything where there are none.
    pub nouns: Vec<Vec<String>>,
    /// In the names of dates where it begins, and where it ends.
    pub begins: Vec<Vec<String>>,
    pub ends: Vec<Vec<String>>,
    /// The unit that it is told in, as it is written.
    pub unit: Option<String>,
    /// It goes on up to now where nothing says that it has ended.
    pub goes_on: bool,
}

fn course(line: &str) -> Option<Course> {
    let (line, unit) = match line.split_once('=') {
        Some((line, unit)) => (line, Some(unit.trim().to_owned())),
        None => (line, None),
    };
    let goes_on = unit.as_deref().is_some_and(|unit| unit.ends_with('+'));
    let unit = unit.map(|unit| unit.trim_end_matches('+').trim_end().to_owned());
    let (nouns, dates) = line.split_once(':')?;
    let (begins, ends) = dates.split_once(':')?;
    Some(Course {
        goes_on,
        nouns: stem_list(nouns),
        begins: stem_list(begins),
        ends: stem_list(ends),
        unit,
    })
}

/// What a word may be stored as, and in which columns.
#[derive(Clone, Debug, Default)]
pub struct Code {
    pub columns: Vec<Vec<String>>,
    pub codes: Vec<String>,
}

fn code(line: &str) -> Vec<(String, Code)> {
    let Some((columns, (words, codes))) = line
        .split_once(':')
        .and_then(|(c, rest)| Some((c, rest.split_once('=')?)))
    else {
        return Vec::new();
    };
    let code = Code {
        columns: stem_list(columns),
        codes: list(codes),
    };
    list(words)
        .into_iter()
        .map(|word| (word, code.clone()))
        .collect()
}

fn adjective(line: &str) -> Option<Adjective> {
    let (head, rest) = line.split_once(':')?;
    let (comparative, superlative) = head.split_once(' ')?;
    let (greater, smaller) = rest.split_once(':').unwrap_or((rest, ""));
    let columns = |text: &str| stem_list(text.trim().trim_start_matches(['+', '-']));
    let (superlative, positive) = superlative
        .trim()
        .split_once(' ')
        .unwrap_or((superlative.trim(), ""));
    Some(Adjective {
        comparative: comparative.to_owned(),
        superlative: superlative.to_owned(),
        positive: positive.trim().to_owned(),
        greater: columns(greater),
        smaller: columns(smaller),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::tokens::tokenize;

    #[test]
    fn every_tag_of_the_phrases_is_known() {
        for line in lines(include_str!("../english/phrases.txt")) {
            let tag = line.split_once(':').map(|(tag, _)| tag);
            let others = [
                "place words",
                "person columns",
                "origin words",
                "destination words",
                "yes and no",
            ];
            let lists = tag.is_some_and(|tag| others.contains(&tag) || Lists::TAGS.contains(&tag));
            assert!(lists || tag.and_then(op).is_some(), "{line}");
        }
    }

    #[test]
    fn phrases_and_times_are_found() {
        let tokens = tokenize("how many customers last quarter");
        let found = ENGLISH.phrases_at(&tokens, 0);
        assert!(
            found
                .iter()
                .any(|(n, ops)| *n == 2 && ops.contains(&Op::Count))
        );
        assert_eq!(
            ENGLISH.time_at(&tokens, 4, "unit "),
            Some((1, "quarter".into()))
        );
        assert_eq!(ENGLISH.time_at(&tokens, 0, "unit "), None);
    }
}
