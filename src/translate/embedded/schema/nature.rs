//! What a column is for: what may be summed, what only averaged, what names a thing, what identifies it.

use super::super::language::ENGLISH;
use super::super::time::timewords;
use super::names::Splitter;
use crate::catalog::model::{Column, Table, TypeClass};
use crate::question::tokens::{stem, tokenize};

/// A list of codes has at most so many columns.
const MOST_OF_LIST: usize = 4;

/// The nature of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nature {
    /// A key or a code: never summed.
    Identifier,
    /// Summed by default.
    Amount,
    /// Averaged by default: prices, rates, ages, scores.
    Rate,
    /// A calendar year as a number.
    Year,
    /// A latitude or longitude: never summed.
    Coordinate,
    Date,
    Flag,
    /// Names the thing of its table.
    Name,
    /// Anything else: a category or a text.
    Category,
}

/// Whether a type holds numbers that can be calculated with.
pub fn is_numeric(class: TypeClass) -> bool {
    matches!(
        class,
        TypeClass::Integer | TypeClass::Numeric | TypeClass::Float
    )
}

/// Whether a type holds a day or a moment.
pub fn is_date(class: TypeClass) -> bool {
    matches!(
        class,
        TypeClass::Date | TypeClass::Timestamp | TypeClass::TimestampTz
    )
}

/// The nature of a column of a table.
pub fn nature(table: &Table, index: usize, splitter: &Splitter) -> Nature {
    let column = &table.columns[index];
    let words = splitter.words(&column.name);
    let has = |list: &[String]| words.iter().any(|w| list.contains(w));
    let ends = |list: &[String]| words.last().is_some_and(|w| list.contains(w));
    if is_date(column.class) {
        return Nature::Date;
    }
    if column.class == TypeClass::Boolean {
        return Nature::Flag;
    }
    let key = (table.primary_key.contains(&index)
        && table.primary_key.len() == 1
        && is_numeric(column.class))
        || table
            .foreign_keys
            .iter()
            .any(|f| f.columns.contains(&index));
    if key
        || column.class == TypeClass::Uuid
        || ends(&ENGLISH.id_words)
        || (has(&ENGLISH.identifiers) && !has(&ENGLISH.money_words))
    {
        return Nature::Identifier;
    }
    if is_numeric(column.class) {
        // "week of year" is none.
        let other =
            |s: &String| ENGLISH.calendar_words.contains(s) && !ENGLISH.year_words.contains(s);
        return if has(&ENGLISH.year_words)
            && !words.iter().any(other)
            && (column.class == TypeClass::Integer
                || ends(&ENGLISH.year_words) && column.class == TypeClass::Numeric)
            && !has(&ENGLISH.year_counts)
        {
            Nature::Year
        } else if has(&ENGLISH.coordinates) {
            Nature::Coordinate
        } else if has(&ENGLISH.sum_words) && !ends(&ENGLISH.numbering) {
            Nature::Amount
        } else if has(&ENGLISH.rates) || is_per_unit(column, &words) {
            Nature::Rate
        } else if ends(&ENGLISH.numbering) {
            Nature::Identifier
        } else {
            Nature::Amount
        };
    }
    if is_name(column, &words) {
        Nature::Name
    } else {
        Nature::Category
    }
}

/// Whether a number is one of each unit, by its name ("cost_per_kg") or by its comment ("Purchase cost per kg"): the numbers of several rows
/// are not added up. What a comment says of each day may be.
fn is_per_unit(column: &Column, words: &[String]) -> bool {
    let per = |word: &String| ENGLISH.per_words.contains(word);
    let named = words.iter().any(per);
    let comment = column.comment.as_deref().unwrap_or_default();
    let head = comment.split([';', '.', ',', ':', '(']).next();
    let said = tokenize(head.unwrap_or_default());
    let told = (1..said.len()).any(|at| {
        let time = timewords::unit(&said, at).is_some();
        per(&said[at - 1].lower) && said[at].is_word() && !time
    });
    named || told
}

/// What a column says that is true or false: its name without the verb before it and the word "flag" after it; `None` where
/// its name has neither, or nothing else.
pub fn flagged(stems: &[String]) -> Option<&[String]> {
    let verb = stems
        .first()
        .is_some_and(|first| ENGLISH.flag_verbs.contains(first));
    let said = &stems[usize::from(verb)..];
    let noun = said
        .last()
        .is_some_and(|last| ENGLISH.flag_nouns.contains(last));
    let said = &said[..said.len() - usize::from(noun)];
    (said.len() < stems.len() && !said.is_empty()).then_some(said)
}

fn is_name(column: &Column, words: &[String]) -> bool {
    column.class == TypeClass::Text && words.last().is_some_and(|w| ENGLISH.names.contains(w))
}

/// What the key of a table has before "id", where that is how the table's own name begins: `diag` of `diag_id` in `diagnoses`.
fn short_of_key(table: &Table) -> Option<String> {
    let [key] = table.primary_key[..] else {
        return None;
    };
    let pieces = super::names::pieces(&table.columns[key].name);
    let [short, id] = &pieces[..] else {
        return None;
    };
    let table_pieces = super::names::pieces(&table.name);
    let begins = table_pieces
        .iter()
        .any(|piece| piece.starts_with(short.as_str()));
    (begins && ENGLISH.id_words.contains(&stem(id))).then(|| short.clone())
}

/// The columns by which a thing of a table is shown: its name, or first and last name; empty when it has none.
pub fn display_columns(table: &Table, splitter: &Splitter) -> Vec<usize> {
    let own = splitter.thing(&table.name);
    let short = short_of_key(table);
    let rest: Vec<Vec<String>> = table
        .columns
        .iter()
        .map(|c| {
            let words = splitter.stems(&c.name);
            // `ins_nm` of `ins`, also where the short form is written out in longer names.
            let pieces = super::names::pieces(&c.name);
            let own_short = |piece: &String| {
                *piece == table.name.to_lowercase() || Some(piece) == short.as_ref()
            };
            if pieces.len() > 1 && own_short(&pieces[0]) {
                return splitter.stems(&pieces[1..].join("_"));
            }
            match words.strip_prefix(own.as_slice()) {
                Some(rest) if !rest.is_empty() => rest.to_vec(),
                _ => words,
            }
        })
        .collect();
    let text = |i: usize| {
        let column = &table.columns[i];
        column.part.is_none() && matches!(column.class, TypeClass::Text | TypeClass::Enum)
    };
    let find = |wanted: &String| {
        let wanted = super::super::language::stems(wanted);
        (0..rest.len()).find(|&i| text(i) && rest[i] == wanted)
    };
    if let Some(i) = ENGLISH.whole_names.iter().find_map(find) {
        return vec![i];
    }
    let first = ENGLISH.first_names.iter().find_map(find);
    let last = ENGLISH.last_names.iter().find_map(find);
    if let (Some(first), Some(last)) = (first, last) {
        return vec![first, last];
    }
    if let Some(i) = ENGLISH.other_names.iter().find_map(find) {
        return vec![i];
    }
    // A column called like its table ("country" in country) or its key, then the first that ends in "name" or "title".
    let whole: Vec<Vec<String>> = table
        .columns
        .iter()
        .map(|c| splitter.stems(&c.name))
        .collect();
    if let Some(i) = (0..whole.len()).find(|&i| text(i) && whole[i] == own) {
        return vec![i];
    }
    // One that is called like what the key tells apart: school beside school_id.
    if let [key] = table.primary_key[..]
        && let Some((last, thing)) = whole[key].split_last()
        && ENGLISH.id_words.contains(last)
        && !thing.is_empty()
        && let Some(i) = (0..whole.len()).find(|&i| text(i) && whole[i] == thing)
    {
        return vec![i];
    }
    for wanted in ["name", "titl"] {
        // Not the name of something that the table describes with more columns: ship_name beside ship_address.
        let shared = |i: usize| {
            rest[i].len() > 1
                && rest
                    .iter()
                    .enumerate()
                    .filter(|(j, _)| *j != i && !table.primary_key.contains(j))
                    .any(|(_, other)| other.len() > 1 && other[0] == rest[i][0])
        };
        // The name of the director names no production.
        let person = |word: &String| ENGLISH.people.contains(word);
        let of_person = |i: usize| {
            let of = &rest[i][..rest[i].len() - 1];
            of.last().is_some_and(person) && !own.iter().any(person)
        };
        // The name of a month names no day.
        let part = |i: usize| rest[i].len() > 1 && ENGLISH.calendar_words.contains(&rest[i][0]);
        let ends = |i: usize| rest[i].last().is_some_and(|w| w == wanted);
        let mut ending = (0..rest.len())
            .filter(|&i| text(i) && ends(i) && !shared(i) && !part(i) && !of_person(i));
        if let Some(i) = ending.next() {
            return vec![i];
        }
    }
    // `name_en`, and what is told by a code of its own.
    let first = |i: usize| rest[i].len() == 2 && ENGLISH.names.contains(&rest[i][0]);
    if let Some(i) = (0..rest.len()).find(|&i| text(i) && first(i)) {
        return vec![i];
    }
    let key = |i: usize| table.primary_key.contains(&i);
    let naming =
        |i: usize| matches!(&rest[i][..], [word] if ENGLISH.naming.contains(word)) && !key(i);
    if let Some(i) = (0..rest.len()).find(|&i| text(i) && naming(i)) {
        return vec![i];
    }
    // What tells its things apart beside their key: the number of a case, an order's reference, the plate number of a van.
    // Tables of dimensions declare no such key, and statistics tell it.
    let alone = |i: usize| {
        let unique = table.unique_keys.iter().any(|k| k[..] == [i]);
        unique || table.columns[i].distinct == Some(-1.0)
    };
    let numbered = |i: usize| {
        let last = rest[i].last();
        text(i) && !key(i) && alone(i) && last.is_some_and(|w| ENGLISH.number_names.contains(w))
    };
    let bare = |i: &usize| numbered(*i) && rest[*i].len() == 1;
    let mut several = (0..rest.len()).filter(|&i| numbered(i));
    let only = several.next().filter(|_| several.next().is_none());
    if let Some(i) = (0..rest.len()).find(bare).or(only) {
        return vec![i];
    }
    // "Name of the plan".
    let named = |i: usize| {
        let comment = table.columns[i].comment.as_deref().unwrap_or_default();
        let said = crate::question::tokens::tokenize(comment);
        let words =
            |at: usize, list: &[String]| said.get(at).is_some_and(|t| list.contains(&t.lower));
        let own = super::labels::called(table);
        let of_own = said
            .get(3)
            .is_some_and(|t| own.iter().any(|(label, _)| label.last() == Some(&t.stem)));
        words(0, &ENGLISH.names)
            && words(1, &ENGLISH.of_words)
            && words(2, &ENGLISH.articles)
            && of_own
    };
    if let Some(i) = (0..rest.len()).find(|&i| text(i) && named(i)) {
        return vec![i];
    }
    // A list of codes and what they mean.
    let is_list = table.columns.len() <= MOST_OF_LIST && table.primary_key.len() == 1;
    let means = |i: usize| rest[i].last().is_some_and(|w| ENGLISH.meanings.contains(w));
    match (0..rest.len()).find(|&i| is_list && text(i) && means(i)) {
        Some(i) => vec![i],
        None => Vec::new(),
    }
}
