//! What comments call columns in more words than a name: "list price per portion", "name of the auctioneer", "true if the shipment is
//! insured".
//!
//! Invariant: only the words before the sentence goes on name the column, and what it is said to be of before them; a mere "date" or
//! "number" names nothing, so that a comment never makes one column of many stand for a word that all have.

use super::super::language::wordclass::holds_together;
use super::super::language::{ENGLISH, Op};
use super::nature::is_date;
use crate::catalog::model::{Column, TypeClass};
use crate::question::tokens::{Token, TokenKind, stem, tokenize};

/// How well such words stand for a column, and the person whose name it holds.
const SAID: f32 = 0.93;
const PERSON: f32 = 0.9;
/// The longest name, in words.
const MOST_WORDS: usize = 3;

/// The names in the comment of a column, by their stems. `things` are what its table is called.
pub(super) fn names(column: &Column, things: &[&[String]]) -> Vec<(Vec<String>, f32)> {
    let Some(comment) = column.comment.as_deref() else {
        return Vec::new();
    };
    let (text, aside) = without_aside(&comment.to_lowercase());
    let end = text.find(['(', ':', ';', ',', '.', '=', '\n']);
    let head = without_range(&text[..end.unwrap_or(text.len())]);
    let head = tokenize(head);
    if head.iter().any(|t| !t.is_word()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    if column.class == TypeClass::Boolean {
        found.extend(flagged(&head, things));
        return found;
    }
    let stems = |tokens: &[Token]| tokens.iter().map(|t| t.stem.clone()).collect::<Vec<_>>();
    let cut = head.iter().position(holds_together).unwrap_or(head.len());
    let grammar = |words: &[Token]| {
        let phrases = ENGLISH.phrases_at(words, 0);
        phrases.iter().any(|(length, _)| *length == words.len())
    };
    let generic = |words: &[Token]| match words {
        // "how many" is no name of a quantity.
        words if grammar(words) => true,
        [word] => {
            ENGLISH.date_words.contains(&word.stem)
                || ENGLISH.keys.contains(&word.stem)
                || ENGLISH.numbers_of_things.contains(&word.stem)
                || ENGLISH.kinds.contains(&word.stem)
        }
        _ => false,
    };
    if (1..=MOST_WORDS).contains(&cut) && cut < head.len() && !generic(&head[..cut]) {
        found.push((stems(&head[..cut]), SAID));
    }
    if aside.is_some() && cut == head.len() && (2..=MOST_WORDS).contains(&cut) {
        found.push((stems(&head[..cut]), SAID));
    }
    if let Some(other) = aside.filter(|_| (2..=MOST_WORDS).contains(&cut)) {
        let other = [&[stem(&other)], &stems(&head[1..cut])[..]].concat();
        found.push((other, SAID));
    }
    if let Some((what, of)) = of_something(&head) {
        let named = [&stems(of)[..], &stems(what)].concat();
        found.push((named, SAID));
        let name = what.iter().all(|t| ENGLISH.names.contains(&t.lower));
        let person = |t: &Token| ENGLISH.names_person(&t.stem) || ENGLISH.names_person(&t.lower);
        if name && of.last().is_some_and(person) {
            found.push((stems(of), PERSON));
        }
    }
    // "date the listing was posted"
    let day = |t: &Token| ENGLISH.date_words.contains(&t.stem);
    let verb = |t: &Token| ENGLISH.ends_as_verb(&t.lower);
    // "time by which it has to be solved" is none.
    let plain = |t: &Token| {
        !holds_together(t)
            || ENGLISH.articles.contains(&t.lower)
            || ENGLISH.copulas.contains(&t.lower)
    };
    if let [first, between @ .., last] = &head[..]
        && is_date(column.class)
        && between.iter().all(plain)
        && day(first)
        && verb(last)
        && !holds_together(last)
    {
        found.push((vec![last.stem.clone(), first.stem.clone()], SAID));
        found.push((vec![first.stem.clone(), last.stem.clone()], SAID));
    }
    found
}

/// The roots of the verbs that say what the thing does that a key points at: "open" and "log" of "agent who opened (logged) the ticket".
pub(super) fn verbs(key: &Column) -> Vec<String> {
    let comment = key.comment.as_deref().unwrap_or_default();
    let text = comment.split([',', ';', '.', '\n']).next();
    let said = tokenize(text.unwrap_or_default());
    let verb = |t: &&Token| t.is_word() && ENGLISH.ends_as_verb(&t.lower);
    let verbs = said.iter().skip(1).filter(verb);
    verbs.map(|t| super::names::root(&t.stem)).collect()
}

/// The root of the verb that says what happened on a date: "promise" of "Date promised", "leave" of "Date the member left; empty if …".
pub(super) fn happened(column: &Column) -> Option<String> {
    let comment = column
        .comment
        .as_deref()
        .filter(|_| is_date(column.class))?;
    let end = comment.find(['(', ':', ';', ',', '.', '=', '\n']);
    let head = tokenize(&comment[..end.unwrap_or(comment.len())]);
    let [first, .., last] = &head[..] else {
        return None;
    };
    let day = ENGLISH.date_words.contains(&first.stem);
    // "left" is a form of "leave".
    let irregular = !last.lower.starts_with(last.stem.as_str());
    let verb = ENGLISH.ends_as_verb(&last.lower) || irregular;
    (day && verb && last.is_word()).then(|| super::names::root(&last.stem))
}

/// "satisfaction score 1 to 5" without what it goes from and to.
pub(super) fn without_range(head: &str) -> &str {
    let number = |t: &Token| matches!(t.kind, TokenKind::Number(_));
    let tokens = tokenize(head);
    match &tokens[..] {
        [.., before, from, to, last]
            if number(from)
                && number(last)
                && (to.is_mark('-') || ENGLISH.range_words.contains(&to.lower)) =>
        {
            &head[..before.end]
        }
        _ => head,
    }
}

/// "minimum (reserve) price" without the word in parentheses, and that word.
pub(super) fn without_aside(comment: &str) -> (String, Option<String>) {
    let whole = || (comment.to_owned(), None);
    let Some((before, rest)) = comment.split_once('(') else {
        return whole();
    };
    let Some((inside, after)) = rest.split_once(')') else {
        return whole();
    };
    let goes_on = after.trim_start().starts_with(char::is_alphabetic);
    let word = inside.chars().all(char::is_alphabetic) && !inside.is_empty();
    let one = before.split_whitespace().count() == 1;
    if !(goes_on && word && one) {
        return whole();
    }
    (
        format!("{before}{}", after.trim_start()),
        Some(inside.to_owned()),
    )
}

/// "name of the auctioneer": the noun, and what it is of.
fn of_something(head: &[Token]) -> Option<(&[Token], &[Token])> {
    let of = head
        .iter()
        .position(|t| ENGLISH.of_words.contains(&t.lower))?;
    let (what, rest) = (&head[..of], &head[of + 1..]);
    let article = rest
        .first()
        .is_some_and(|t| ENGLISH.articles.contains(&t.lower));
    let rest = &rest[usize::from(article)..];
    let plain = |words: &[Token]| !words.iter().any(holds_together);
    let short = (1..=2).contains(&what.len()) && rest.len() == 1;
    (short && plain(what) && plain(rest)).then_some((what, rest))
}

/// What a flag says of its rows: "insured" of "true if the shipment is insured", "kitchen" of "has a kitchen on site".
fn flagged(head: &[Token], things: &[&[String]]) -> Vec<(Vec<String>, f32)> {
    let condition = |t: &Token| {
        let phrases = ENGLISH.phrases_at(std::slice::from_ref(t), 0);
        phrases
            .iter()
            .any(|(_, ops)| ops.contains(&Op::Not) || ops.contains(&Op::Without))
    };
    if head.iter().any(condition) {
        return Vec::new();
    }
    let verb = |t: &Token| {
        ENGLISH.copulas.contains(&t.lower)
            || ENGLISH.possession.contains(&t.lower)
            || ENGLISH.perfect_words.contains(&t.lower)
    };
    let (said, is) = match head.iter().rposition(verb) {
        Some(last) => {
            let copula = ENGLISH.copulas.contains(&head[last].lower);
            (&head[last + 1..], copula)
        }
        None => (head, false),
    };
    let article = said
        .first()
        .is_some_and(|t| ENGLISH.articles.contains(&t.lower));
    let said = &said[usize::from(article)..];
    let cut = said.iter().position(holds_together).unwrap_or(said.len());
    let said = &said[..cut];
    // "VIP contact" of contacts: what some of them are, see `states`.
    if of_the_table(said, things).is_some() {
        return Vec::new();
    }
    if !(1..=MOST_WORDS).contains(&said.len()) {
        return Vec::new();
    }
    // "a professional dealer" is what a row is, and no property of it: see `states`.
    if article && is {
        return Vec::new();
    }
    vec![(said.iter().map(|t| t.stem.clone()).collect(), SAID)]
}

/// The words before the noun that the table is called by: "VIP" of "VIP contact", where it is one of contact persons.
fn of_the_table<'a>(said: &'a [Token], things: &[&[String]]) -> Option<&'a [Token]> {
    let (noun, before) = said.split_last()?;
    let named = things.iter().any(|thing| thing.contains(&noun.stem));
    let short = (1..MOST_WORDS).contains(&before.len());
    (named && short && !before.iter().any(holds_together)).then_some(before)
}

/// What the rows are for which a flag is true, in words: "professional dealer" of "true if the user is a professional dealer", "VIP" of
/// "VIP contact".
pub(super) fn kind(column: &Column, things: &[&[String]]) -> Option<Vec<String>> {
    let comment = column.comment.as_deref()?;
    if column.class != TypeClass::Boolean {
        return None;
    }
    let end = comment.find(['(', ':', ';', ',', '.', '=', '\n']);
    let head = tokenize(&comment[..end.unwrap_or(comment.len())]);
    let words = |said: &[Token]| Some(said.iter().map(|t| t.lower.clone()).collect());
    let copula = head
        .iter()
        .rposition(|t| ENGLISH.copulas.contains(&t.lower));
    let Some(copula) = copula else {
        return of_the_table(&head, things).and_then(words);
    };
    let (article, said) = head[copula + 1..].split_first()?;
    let plain = said.iter().all(|t| t.is_word() && !holds_together(t));
    let short = (1..=2).contains(&said.len());
    let article = ENGLISH.articles.contains(&article.lower);
    (article && plain && short).then(|| words(said))?
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::fixture::described;
    use super::*;

    fn read(comment: &str, class: TypeClass) -> Vec<String> {
        let column = described(comment, class);
        names(&column, &[&["boat".to_owned()]])
            .into_iter()
            .map(|(stems, _)| stems.join(" "))
            .collect()
    }

    #[test]
    fn comments_describe_columns() {
        let text = |comment| read(comment, TypeClass::Text);
        assert_eq!(text("list price per berth"), ["list price"]);
        assert_eq!(text("Name of the skipper"), ["skipper name", "skipper"]);
        assert_eq!(
            text("least (reserve) price in euros"),
            ["least price", "reserv price"]
        );
        assert!(text("Number of the berth").iter().all(|n| n != "number"));
        assert_eq!(
            read("Date the boat was launched", TypeClass::Date),
            ["launch date", "date launch"]
        );
        let flag = |comment| read(comment, TypeClass::Boolean);
        assert_eq!(flag("True if the boat is insured"), ["insur"]);
        assert_eq!(flag("has a crane on board"), ["crane"]);
        assert!(flag("True if the owner is a licensed skipper").is_empty());
        assert!(flag("True if the boat is not insured").is_empty());
    }
}
