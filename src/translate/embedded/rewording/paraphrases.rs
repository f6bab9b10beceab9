//! Questions that say in other words, or in another order, what the grammar reads best: "what percentage of sales does each region
//! make up" is "share of sales by region".
//!
//! `english/paraphrases.txt` holds pairs of a form and of the words that mean the same; what stands in for a slot is taken over as
//! it was written. Invariant: nothing is lost. A form must match a question from its first word (or the one after "show me")
//! to its last, each word of the question is one of the form or stands in a slot, and each slot of a form stands in what it becomes.
//! What is then not understood is refused as ever. A form is tried where the question as it stands is not understood; one that is marked with `!` in its place,
//! because the question as it stands could be taken for another one.

use super::super::language::{ENGLISH, Op};
use super::super::time::namedspans::year_number;
use crate::question::tokens::{Token, TokenKind, tokenize};

/// Longer questions have no form.
const MOST_TOKENS: usize = 40;
/// The most words that stand in for a slot.
const LONGEST: usize = 12;
/// The most words of a name.
const NOUN: usize = 3;
/// The most words of what is done: "check out".
const DEED: usize = 2;
/// Slots of a meaning that are filled from the catalog.
pub(crate) const EVENTS: &str = "{events}";
pub(crate) const LENGTH: &str = "{length}";
pub(crate) const ROWS: &str = "{rows}";
const FILLED: [&str; 3] = [EVENTS, LENGTH, ROWS];
/// The most ways in which the words of a question are laid out over a form before it is given up.
const MOST_STEPS: usize = 2_000;
/// The most forms of a question that are tried.
const MOST: usize = 4;
/// The most ways in which one form is laid out over a question where the catalog tells which is meant.
const MOST_WAYS: usize = 48;

/// What a slot may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Words,
    Number,
    /// A unit of time.
    Unit,
    /// A name of something: no small words, no times, no numbers.
    Noun,
    /// Such a name in the plural.
    Plural,
    /// Such a name that was said before.
    Again,
    /// What is done: at most two words.
    Deed,
    /// A year, or a month with or without one.
    Period,
}

/// A piece of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// One of several wordings, one of which may be empty.
    OneOf(Vec<Vec<String>>),
    Slot {
        name: String,
        holds: Holds,
        /// It may hold nothing.
        optional: bool,
        /// Its last word ends in 's.
        possessive: bool,
    },
}

/// A form, and the words that mean the same.
#[derive(Debug)]
pub(crate) struct Paraphrase {
    form: Vec<Piece>,
    means: Vec<Piece>,
    /// The question means nothing else.
    certain: bool,
}

impl Paraphrase {
    /// Whether the question means nothing else.
    pub(crate) fn is_certain(&self) -> bool {
        self.certain
    }
}

/// Reads the lines of a file: `form = meaning`, with `!` before those that are certain, `(a|b|)` for one of several wordings,
/// `{name}` for a slot, `{name?}` for one that may be empty, `{name}'s` for a possessive; a slot whose name begins with `number`
/// or `unit` holds a number or a unit of time, one that begins with `noun` no small words, times and numbers, one that begins with
/// `plural` a noun in the plural, one that begins with `deed` at most two words, one that begins with `period` a year or a month.
pub(crate) fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Paraphrase> {
    let mut read = Vec::new();
    for (form, means) in lines.filter_map(|l| l.split_once('=')) {
        let (certain, form) = match form.trim().strip_prefix('!') {
            Some(form) => (true, form),
            None => (false, form),
        };
        read.push(Paraphrase {
            form: pieces(form),
            means: pieces(means),
            certain,
        });
    }
    read
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let choice = rest.strip_prefix('(').and_then(|r| r.split_once(')'));
        let (piece, after) = match choice {
            Some((inside, after)) => {
                let words = |choice: &str| choice.split_whitespace().map(str::to_owned).collect();
                (Piece::OneOf(inside.split('|').map(words).collect()), after)
            }
            None => {
                let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
                (word_or_slot(word), after)
            }
        };
        pieces.push(piece);
        rest = after.trim_start();
    }
    pieces
}

fn word_or_slot(word: &str) -> Piece {
    let Some((name, ending)) = word.strip_prefix('{').and_then(|w| w.split_once('}')) else {
        return Piece::OneOf(vec![vec![word.to_owned()]]);
    };
    let (name, optional) = match name.strip_suffix('?') {
        Some(name) => (name, true),
        None => (name, false),
    };
    Piece::Slot {
        name: name.to_owned(),
        holds: match name {
            n if n.starts_with("number") => Holds::Number,
            n if n.starts_with("unit") => Holds::Unit,
            n if n.starts_with("noun") => Holds::Noun,
            n if n.starts_with("plural") => Holds::Plural,
            n if n.starts_with("again") => Holds::Again,
            n if n.starts_with("deed") => Holds::Deed,
            n if n.starts_with("period") => Holds::Period,
            _ => Holds::Words,
        },
        optional,
        possessive: ending == "'s",
    }
}

/// What a question that means nothing else is in other words: for before it is read.
pub(crate) fn certain(text: &str) -> Option<String> {
    of(text, true).into_iter().next()
}

/// What a question may mean that was not understood as it stands, the best first.
pub(crate) fn possible(text: &str) -> Vec<String> {
    of(text, false)
}

/// The question in other words by the forms that are certain, or by those that are not.
fn of(text: &str, certain: bool) -> Vec<String> {
    let forms = ENGLISH.paraphrases.iter().filter(|p| p.certain == certain);
    let others = laid_out(text, forms).into_iter().map(|other| other.text);
    others.collect()
}

/// A question in the words of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LaidOut {
    pub text: String,
    /// What stands in the slots of the form, by their names.
    slots: Vec<(String, String)>,
}

impl LaidOut {
    /// What stands in a slot.
    pub(crate) fn slot(&self, name: &str) -> Option<&str> {
        let mut slots = self.slots.iter();
        slots.find_map(|(own, held)| (own == name).then_some(held.as_str()))
    }
}

/// The question in the words of such forms: the first of them.
pub(crate) fn laid_out<'a>(
    text: &str,
    paraphrases: impl Iterator<Item = &'a Paraphrase>,
) -> Vec<LaidOut> {
    let mut others = laid_out_in(text, paraphrases, MOST);
    others.truncate(MOST);
    others
}

/// The question in the words of such forms, however its words may be laid out over them.
pub(crate) fn every_way<'a>(
    text: &str,
    paraphrases: impl Iterator<Item = &'a Paraphrase>,
) -> Vec<LaidOut> {
    laid_out_in(text, paraphrases, MOST_WAYS)
}

/// Each form in so many ways.
fn laid_out_in<'a>(
    text: &str,
    paraphrases: impl Iterator<Item = &'a Paraphrase>,
    most: usize,
) -> Vec<LaidOut> {
    let tokens = tokenize(text);
    let tokens = super::without_end(&tokens);
    // A form is one sentence: what follows the first one is kept as it is said.
    let mut sentences = tokens.splitn(2, super::ends_sentence);
    let tokens = sentences.next().unwrap_or_default();
    let end = tokens.last().filter(|_| sentences.next().is_some());
    let further = end.map_or("", |last| &text[last.end..]);
    if tokens.is_empty() || tokens.len() > MOST_TOKENS {
        return Vec::new();
    }
    // "Show me the …" is the same form.
    let asks = |(_, ops): &&(usize, &[Op])| ops.contains(&Op::Ask);
    let phrases = ENGLISH.phrases_at(tokens, 0);
    let asked = phrases.iter().rfind(asks).map_or(0, |(length, _)| *length);
    let mut others: Vec<LaidOut> = Vec::new();
    for paraphrase in paraphrases {
        if !may_fit(&paraphrase.form, tokens) {
            continue;
        }
        let mut held = Held {
            slots: Vec::new(),
            found: Vec::new(),
            steps: MOST_STEPS,
            most,
        };
        held.lay_out(&paraphrase.form, tokens, 0);
        if held.found.is_empty() && asked > 0 {
            held.lay_out(&paraphrase.form, tokens, asked);
        }
        for slots in held.found {
            let filled = slots.iter().filter(|(_, from, to)| from < to);
            let said = |(name, from, to): &Slot| {
                let held = &text[tokens[*from].start..tokens[*to - 1].end];
                ((*name).to_owned(), held.to_owned())
            };
            let text = written(&slots, &paraphrase.means, text, tokens) + further;
            let slots = filled.map(said).collect();
            let other = LaidOut { text, slots };
            if !others.contains(&other) {
                others.push(other);
            }
        }
    }
    others
}

/// What these tokens mean where they are a form; `said_before` tells of the words of a slot whether they were said before.
pub(super) fn in_words(
    paraphrase: &Paraphrase,
    text: &str,
    tokens: &[Token],
    said_before: &dyn Fn(&[Token]) -> bool,
) -> Option<String> {
    if !may_fit(&paraphrase.form, tokens) {
        return None;
    }
    let mut held = Held {
        slots: Vec::new(),
        found: Vec::new(),
        steps: MOST_STEPS,
        most: MOST,
    };
    held.lay_out(&paraphrase.form, tokens, 0);
    let again = |p: &&Piece| matches!(p, Piece::Slot { holds, .. } if *holds == Holds::Again);
    let known = |slots: &&Vec<Slot>| {
        paraphrase
            .form
            .iter()
            .filter(again)
            .all(|piece| match piece {
                Piece::Slot { name, .. } => slots
                    .iter()
                    .any(|(n, from, to)| n == name && said_before(&tokens[*from..*to])),
                Piece::OneOf(_) => true,
            })
    };
    let slots = held.found.iter().find(known)?;
    Some(written(slots, &paraphrase.means, text, tokens))
}

/// Whether all the words of a form stand somewhere among these.
fn may_fit(form: &[Piece], tokens: &[Token]) -> bool {
    let said = |word: &String| tokens.iter().any(|t| is_word(t, word));
    form.iter().all(|piece| match piece {
        Piece::OneOf(wordings) => wordings.iter().any(|words| words.iter().all(said)),
        Piece::Slot { .. } => true,
    })
}

fn is_word(token: &Token, word: &str) -> bool {
    token.lower == word && !matches!(token.kind, TokenKind::Quoted(_)) && !token.possessive
}

/// What stands in for a slot, from one token to another.
type Slot<'a> = (&'a str, usize, usize);

/// The ways in which tokens are laid out over a form.
struct Held<'a> {
    slots: Vec<Slot<'a>>,
    found: Vec<Vec<Slot<'a>>>,
    steps: usize,
    most: usize,
}

impl<'a> Held<'a> {
    /// Lays the tokens from `at` on out over the form, the shortest slots first.
    fn lay_out(&mut self, form: &'a [Piece], tokens: &[Token], at: usize) {
        let Some((piece, rest)) = form.split_first() else {
            if at == tokens.len() {
                self.found.push(self.slots.clone());
            }
            return;
        };
        if self.steps == 0 || self.found.len() == self.most {
            return;
        }
        self.steps -= 1;
        match piece {
            Piece::OneOf(wordings) => {
                for words in wordings {
                    let said = tokens.get(at..at + words.len()).unwrap_or_default();
                    let same = |(word, token): (&String, &Token)| is_word(token, word);
                    if said.len() == words.len() && words.iter().zip(said).all(same) {
                        self.lay_out(rest, tokens, at + words.len());
                    }
                }
            }
            Piece::Slot {
                name,
                holds,
                optional,
                possessive,
            } => {
                let said = self.slots.iter().find(|(n, ..)| n == name).copied();
                for length in usize::from(!optional)..=LONGEST.min(tokens.len() - at) {
                    let words = &tokens[at..at + length];
                    let owner = words.last().is_some_and(|t| t.possessive);
                    if !may_hold(*holds, words) || *possessive && !owner {
                        continue;
                    }
                    match said {
                        // The same words again.
                        Some((_, from, to)) => {
                            let mut pairs = tokens[from..to].iter().zip(words);
                            if to - from == length && pairs.all(|(a, b)| a.stem == b.stem) {
                                self.lay_out(rest, tokens, at + length);
                            }
                        }
                        None => {
                            self.slots.push((name, at, at + length));
                            self.lay_out(rest, tokens, at + length);
                            self.slots.pop();
                        }
                    }
                }
            }
        }
    }
}

/// The words of a meaning, with what stands in for its slots as it was written.
fn written(slots: &[Slot], means: &[Piece], text: &str, tokens: &[Token]) -> String {
    let mut words: Vec<String> = Vec::new();
    for piece in means {
        match piece {
            Piece::OneOf(wordings) => words.extend(wordings.iter().flatten().cloned()),
            Piece::Slot { name, .. } if is_filled(name) => words.push(format!("{{{name}}}")),
            Piece::Slot { name, .. } => {
                let held = slots.iter().find(|(n, ..)| n == name);
                let Some((_, from, to)) = held.filter(|(_, from, to)| from < to) else {
                    continue;
                };
                let (first, last) = (&tokens[*from], &tokens[*to - 1]);
                let said = &text[first.start..last.end];
                let said = match last.possessive {
                    true => said
                        .trim_end_matches(['s', 'S'])
                        .trim_end_matches(['\'', '’']),
                    false => said,
                };
                words.push(said.to_owned());
            }
        }
    }
    words.join(" ")
}

/// Whether a slot of this name is filled from the catalog.
fn is_filled(name: &str) -> bool {
    FILLED
        .iter()
        .any(|slot| slot.trim_matches(['{', '}']) == name)
}

/// Whether these words may stand in for a slot.
fn may_hold(holds: Holds, words: &[Token]) -> bool {
    match holds {
        // A slot is a part of one sentence.
        Holds::Words => !words
            .iter()
            .any(|t| matches!(t.kind, TokenKind::Mark('?' | '.' | '!' | ';' | ':'))),
        Holds::Number => {
            let number = |t: &Token| {
                matches!(t.kind, TokenKind::Number(_)) || ENGLISH.numbers.contains_key(&t.lower)
            };
            words.len() == 1 && words.iter().all(number)
        }
        Holds::Unit => ENGLISH
            .time_at(words, 0, "unit ")
            .is_some_and(|(length, _)| length == words.len()),
        Holds::Noun | Holds::Again => words.len() <= NOUN && words.iter().all(names_something),
        Holds::Deed => words.len() <= DEED && words.iter().all(Token::is_word),
        // "2025", "May 2025", "may".
        Holds::Period => {
            let month = |at| ENGLISH.time_at(words, at, "month ").is_some();
            let year = |at| year_number(words, at).is_some();
            words.len() == 1 && (year(0) || month(0)) || words.len() == 2 && month(0) && year(1)
        }
        Holds::Plural => {
            may_hold(Holds::Noun, words)
                && words
                    .last()
                    .is_some_and(|t| super::super::language::is_plural(&t.lower))
        }
    }
}

/// A word that may be a part of a name.
fn names_something(token: &Token) -> bool {
    let word = std::slice::from_ref(token);
    let timed = [
        "unit ", "last", "this", "past", "next", "since", "until", "month ",
    ];
    token.is_word()
        && !super::super::language::wordclass::is_functional(token)
        && !ENGLISH.numbers.contains_key(&token.lower)
        && timed
            .iter()
            .all(|tag| ENGLISH.time_at(word, 0, tag).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(question: &str) -> Vec<String> {
        [of(question, true), of(question, false)].concat()
    }

    #[test]
    fn forms_keep_what_stands_in_their_slots() {
        assert_eq!(
            texts("What percentage of net Sales does each Region make up in 2024?")[0],
            "share of net Sales by Region in 2024"
        );
        assert_eq!(
            texts("each category's share of sales")[0],
            "share of sales by category"
        );
        assert!(texts("share of sales by category").is_empty());
        assert!(texts("").is_empty());
        assert!(texts(&"each ".repeat(500)).is_empty());
    }

    #[test]
    fn a_slot_that_comes_twice_holds_the_same_words() {
        let both = texts("customers with paid orders and refunded orders");
        assert_eq!(both[0], "customers who have both paid and refunded orders");
        assert!(texts("customers with paid orders and refunded items").is_empty());
    }

    #[test]
    fn every_slot_of_a_form_stands_in_its_meaning() {
        for paraphrase in &ENGLISH.paraphrases {
            let slots = |pieces: &[Piece]| {
                let names = pieces.iter().filter_map(|p| match p {
                    Piece::Slot { name, .. } => Some(name.clone()),
                    Piece::OneOf(_) => None,
                });
                let mut names: Vec<String> = names.collect();
                names.sort();
                names.dedup();
                names
            };
            assert_eq!(slots(&paraphrase.form), slots(&paraphrase.means));
        }
    }

    #[test]
    fn many_words_over_many_slots_end_soon() {
        let question = format!("what share of {} each", "each each ".repeat(18));
        assert!(texts(&question).len() <= MOST);
    }
}
