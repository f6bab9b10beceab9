//! What a question says about its own words, and about how it is to be answered: definitions ("revenue refers to the sum of
//! sale_price"), how tables are to be joined ("based on joining the customers and sales tables"), bounds that belong to a span
//! ("inclusive of 30 days ago").
//!
//! Invariant: an aside is taken out of the text only where each of its words is understood and what it says is done: a definition
//! replaces what it defines, tables that are named bound what the other words may mean, and a span holds the bounds that are said
//! to belong to it. Else it stays in the text, and its words are refused as any others.

use super::super::language::wordclass::listed_at;
use super::super::language::{Aggregate, ENGLISH, Op};
use super::super::linking::resolve::table_of;
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::time::dates::{Moment, Unit};
use super::annotate::Segment;
use crate::question::tokens::{Token, TokenKind, stem, tokenize};

/// A question without its asides.
#[derive(Debug, Default)]
pub(crate) struct Asides {
    pub text: String,
    /// What was said, with how it was read.
    pub notes: Vec<(String, String)>,
    /// The tables that are said to be joined; empty where none are.
    pub joined: Vec<usize>,
    /// A span of so many days until now is said to begin with the whole of its first day.
    pub since: Option<i64>,
}

/// The most words of a term that a question defines.
const MAX_TERM: usize = 3;
/// So much less may a name in a joined table be worth than the best.
const BESIDE: f32 = 0.1;
/// The longest name of a table or column, in tokens.
const MAX_NAME: usize = 5;

/// Takes the asides out of a question.
pub(crate) fn take(text: &str, lexicon: &Lexicon) -> Asides {
    let mut asides = Asides {
        text: text.to_owned(),
        ..Asides::default()
    };
    if let Some((text, note)) = super::spelledout::put(&asides.text) {
        asides.text = text;
        asides.notes.push(note);
    }
    asides.definitions(lexicon);
    asides.joins(lexicon);
    asides.bounds();
    if let Some(text) = super::bracketed::asked_for(&asides.text, lexicon) {
        asides.text = text;
    }
    asides
}

impl Asides {
    /// What was said bounds what the other words may mean: a span begins where it is said to. Tables that are said to be joined are
    /// those that are meant: of what a word may name, what stands in them is kept. A measure
    /// of one of them that no other word names is said for its rows: "made a purchase" of `sales`.
    pub(crate) fn bound(&self, segments: &mut [Segment], lexicon: &Lexicon) {
        for time in segments.iter_mut().filter_map(|s| s.time.as_mut()) {
            if let (Some(Moment::Ago(Unit::Day, days)), Some(since)) = (time.span.from, self.since)
                && days == -since
            {
                time.span.from = Some(Moment::Start(Unit::Day, days));
            }
        }
        if self.joined.is_empty() {
            return;
        }
        let inside = |c: &Candidate| self.joined.contains(&table_of(lexicon, &c.target));
        let other = |s: &Segment| match s.names.first().map(|c| &c.target) {
            Some(Target::Table(table)) => !self.joined.contains(table),
            _ => false,
        };
        let mut of_other = false;
        for segment in &mut *segments {
            let owned = std::mem::replace(&mut of_other, other(segment));
            if owned {
                continue;
            }
            // "freelancer IDs" of joined contracts are none of the contracts: no other name fits as well.
            let best = segment.names.first().map_or(0.0, |c| c.score);
            if segment
                .names
                .iter()
                .any(|c| inside(c) && c.score >= best - BESIDE)
            {
                segment.names.retain(inside);
            }
        }
        for &table in &self.joined {
            let named = |s: &Segment| s.names.iter().any(|c| c.target == Target::Table(table));
            if segments.iter().any(named) {
                continue;
            }
            let measure = |c: &Candidate| matches!(c.target, Target::Measure(m) if lexicon.measures[m].table == table);
            let one = |s: &&mut Segment| s.names.first().is_some_and(measure);
            for segment in segments.iter_mut().filter(one) {
                segment.names = vec![Candidate {
                    target: Target::Table(table),
                    score: 0.96,
                }];
            }
        }
    }

    /// "Note that revenue refers to the sum of sale_price in the sales table", "revenue (based on sale price)".
    fn definitions(&mut self, lexicon: &Lexicon) {
        for _ in 0..MAX_TERM {
            let tokens = tokenize(&self.text);
            let found = (0..tokens.len()).find_map(|at| {
                defined(&tokens, at, lexicon).or_else(|| based(&tokens, at, lexicon))
            });
            let Some(found) = found else {
                return;
            };
            let said = &self.text[tokens[found.first].start..tokens[found.last - 1].end];
            let column = &self.text[tokens[found.column.0].start..tokens[found.column.1 - 1].end];
            let term: Vec<&Token> = tokens[found.term.0..found.term.1].iter().collect();
            let reading = match found.function {
                Some(function) => format!("defined as the {} of {column}", function.word()),
                None => format!("defined as {column}"),
            };
            let note = (said.to_owned(), reading);
            let mut text = String::new();
            let mut copied = 0;
            let mut at = 0;
            while at < tokens.len() {
                if at == found.first {
                    text.push_str(&self.text[copied..tokens[at].start]);
                    copied = tokens[found.last - 1].end;
                    at = found.last;
                    continue;
                }
                let same = tokens[at..]
                    .iter()
                    .zip(&term)
                    .take_while(|(a, b)| a.stem == b.stem)
                    .count();
                if same == term.len() && at + same <= tokens.len() {
                    text.push_str(&self.text[copied..tokens[at].start]);
                    if let Some(function) = found.function.filter(|f| !follows(&tokens, at, *f)) {
                        text.push_str(function.word());
                        text.push(' ');
                    }
                    text.push_str(column);
                    copied = tokens[at + same - 1].end;
                    at += same;
                    continue;
                }
                at += 1;
            }
            text.push_str(&self.text[copied..]);
            self.text = text;
            self.notes.push(note);
        }
    }

    /// "based on joining the customers and sales tables", "by doing a left join from the cars to the sales table".
    fn joins(&mut self, lexicon: &Lexicon) {
        let tokens = tokenize(&self.text);
        let Some((first, last, tables)) =
            (0..tokens.len()).find_map(|at| joining(&tokens, at, lexicon))
        else {
            return;
        };
        self.note(&tokens, first, last, "how the tables are joined");
        self.joined = tables;
    }

    /// "past 30 days, inclusive of 30 days ago", "(inclusive of start and end dates)": bounds that belong to each span anyway.
    fn bounds(&mut self) {
        let tokens = tokenize(&self.text);
        let Some(found) = (0..tokens.len()).find_map(|at| inclusive(&tokens, at)) else {
            return;
        };
        self.note(
            &tokens,
            found.first,
            found.last,
            "the bounds belong to the span",
        );
        self.since = found.since;
    }

    /// Takes tokens out of the text.
    fn note(&mut self, tokens: &[Token], first: usize, last: usize, reading: &str) {
        let range = tokens[first].start..tokens[last - 1].end;
        let said = self.text[range.clone()].trim_matches([',', '(', ')', ' ']);
        self.notes.push((said.to_owned(), reading.to_owned()));
        self.text.replace_range(range, " ");
    }
}

/// A term that a question defines: the tokens of the definition, the term and the column, and the function of it.
struct Definition {
    first: usize,
    last: usize,
    term: (usize, usize),
    column: (usize, usize),
    function: Option<Aggregate>,
}

/// A definition whose verb stands at a token.
fn defined(tokens: &[Token], at: usize, lexicon: &Lexicon) -> Option<Definition> {
    let verb = listed_at(&ENGLISH.definitions, tokens, at)?;
    let first = (0..at)
        .rev()
        .find(|&i| ends(&tokens[i]))
        .map_or(0, |i| i + 1);
    let last = (at..tokens.len())
        .find(|&i| ends(&tokens[i]))
        .unwrap_or(tokens.len());
    let lead = listed_at(&ENGLISH.notes, tokens, first).unwrap_or(0);
    let term = (first + lead + articles(tokens, first + lead), at);
    if term.0 >= term.1 || term.1 - term.0 > MAX_TERM {
        return None;
    }
    let mut from = at + verb;
    from += articles(tokens, from);
    let phrases = ENGLISH.phrases_at(tokens, from);
    let function = phrases.iter().rev().find_map(|(length, ops)| {
        let function = ops.iter().find_map(|o| match o {
            Op::Aggregate(function) => Some(*function),
            _ => None,
        });
        function.map(|f| (*length, f))
    });
    from += function.map_or(0, |(length, _)| length);
    from += usize::from(
        tokens
            .get(from)
            .is_some_and(|t| ENGLISH.of_words.contains(&t.lower)),
    );
    from += articles(tokens, from);
    let (length, columns) = named(tokens, from, lexicon, |t| matches!(t, Target::Column(_)))?;
    let column = (from, from + length);
    let rest = &tokens[column.1..last];
    let tables: Vec<usize> = tables_in(rest, lexicon)?;
    let inside = |c: &Target| tables.is_empty() || tables.contains(&table_of(lexicon, c));
    let [_] = columns.iter().filter(|c| inside(c)).collect::<Vec<_>>()[..] else {
        return None;
    };
    // Where several tables have such a column, the name alone would not say which.
    (columns.len() == 1).then_some(Definition {
        first,
        last,
        term,
        column,
        function: function.map(|(_, f)| f),
    })
}

/// "revenue (based on sale price)": the column that a measure is made of, in parentheses after it.
fn based(tokens: &[Token], at: usize, lexicon: &Lexicon) -> Option<Definition> {
    let before = at.checked_sub(1)?;
    if !tokens[at].is_mark('(') || !tokens[before].is_word() {
        return None;
    }
    let from = at + 1 + listed_at(&ENGLISH.bases, tokens, at + 1)?;
    let from = from + articles(tokens, from);
    let (length, columns) = named(tokens, from, lexicon, |t| lexicon.is_amount(t))?;
    let last = from + length;
    let measure = lexicon.look_up(std::slice::from_ref(&tokens[before].stem), true);
    let measure = measure
        .iter()
        .any(|c| matches!(c.target, Target::Measure(_)));
    let closed = tokens.get(last).is_some_and(|t| t.is_mark(')'));
    (closed && measure && columns.len() == 1).then_some(Definition {
        first: at,
        last: last + 1,
        term: (before, at),
        column: (from, last),
        function: Some(Aggregate::Sum),
    })
}

/// How tables are to be joined, from a token on: the tokens and the tables.
fn joining(tokens: &[Token], at: usize, lexicon: &Lexicon) -> Option<(usize, usize, Vec<usize>)> {
    let mut k = at + listed_at(&ENGLISH.join_leads, tokens, at)?;
    while listed_at(&ENGLISH.join_kinds, tokens, k).is_some() || articles(tokens, k) > 0 {
        k += 1;
    }
    k += listed_at(&ENGLISH.joins, tokens, k)?;
    let last = (k..tokens.len())
        .find(|&i| ends(&tokens[i]) || tokens[i].is_mark(')'))
        .unwrap_or(tokens.len());
    let tables = tables_in(&tokens[k..last], lexicon).filter(|tables| tables.len() > 1)?;
    let opens = |t: &Token| t.is_mark(',') || t.is_mark('(');
    let first = at - usize::from(at > 0 && opens(&tokens[at - 1]));
    let last = last + usize::from(tokens.get(last).is_some_and(|t| t.is_mark(')')));
    Some((first, last, tables))
}

/// The tables that tokens name, which say nothing else.
fn tables_in(tokens: &[Token], lexicon: &Lexicon) -> Option<Vec<usize>> {
    let mut tables = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if let Some((length, found)) = named(tokens, at, lexicon, |t| matches!(t, Target::Table(_)))
        {
            let [Target::Table(table)] = found[..] else {
                return None;
            };
            tables.push(table);
            at += length;
            continue;
        }
        let word = &tokens[at];
        let light = tokens[at].kind == TokenKind::Mark(',')
            || ENGLISH.table_words.contains(&word.lower)
            || super::super::language::wordclass::is_functional(word);
        if !light {
            return None;
        }
        at += 1;
    }
    Some(tables)
}

/// Bounds that are said to belong to a span, where they do.
struct Bounds {
    first: usize,
    last: usize,
    /// The number of days ago with which the span begins.
    since: Option<i64>,
}

/// Bounds that are said at a token to belong to a span.
fn inclusive(tokens: &[Token], at: usize) -> Option<Bounds> {
    let mut since = None;
    let mut k = at + listed_at(&ENGLISH.inclusive, tokens, at)?;
    let bare = k;
    // "inclusive of both dates"
    let bound = |t: &Token| ENGLISH.bound_words.contains(&t.lower);
    k += usize::from(bare > at + 1 && tokens.get(k).is_some_and(bound));
    if tokens
        .get(k)
        .is_some_and(|t| ENGLISH.of_words.contains(&t.lower))
    {
        k += 1;
        // "inclusive of 30 days ago" where the span is that of the past 30 days.
        let ago = match tokens.get(k).map(|t| &t.kind) {
            Some(TokenKind::Number(_)) => ENGLISH
                .time_at(tokens, k + 1, "unit ")
                .and_then(|(n, _)| Some((n, ENGLISH.time_at(tokens, k + 1 + n, "ago")?.0)))
                .map(|(unit, ago)| (1 + unit + ago, &tokens[k..k + 1 + unit])),
            _ => None,
        };
        if let Some((length, count)) = ago {
            let days = ENGLISH
                .time_at(tokens, k + 1, "unit ")
                .is_some_and(|(_, unit)| unit == "day");
            let rolls = |i: usize| {
                let past = ENGLISH.time_at(tokens, i, "past").map(|(n, _)| i + n);
                past.is_some_and(|from| {
                    let span = tokens[from..at].iter().zip(count);
                    span.filter(|(a, b)| a.stem == b.stem).count() == count.len()
                })
            };
            let number = match &tokens[k].kind {
                TokenKind::Number(number) if days && (0..at).any(rolls) => number.as_whole(),
                _ => None,
            };
            since = Some(number?);
            k += length;
        } else {
            let today = |i: usize| ENGLISH.time_at(tokens, i, "today");
            let rolls = |i: usize| {
                ENGLISH.time_at(tokens, i, "past").is_some()
                    || ENGLISH.time_at(tokens, i, "this").is_some()
            };
            let from = k;
            while let Some(word) = tokens.get(k).filter(|t| t.is_word()) {
                let said = ENGLISH.bound_words.contains(&word.lower) || articles(tokens, k) > 0;
                match today(k) {
                    Some((length, _)) if (0..at).any(rolls) => k += length,
                    None if said || ENGLISH.joiners.contains(&word.lower) => k += 1,
                    _ => return None,
                }
            }
            (k > from).then_some(())?;
        }
    }
    // It must stand at the end of a part: "inclusive pricing" is something else.
    let closes = |i: usize| {
        tokens
            .get(i)
            .is_none_or(|t| matches!(t.kind, TokenKind::Mark(_)))
    };
    if !closes(k) || bare == k && at == 0 {
        return None;
    }
    let opens = |t: &Token| t.is_mark(',') || t.is_mark('(');
    let first = at - usize::from(at > 0 && opens(&tokens[at - 1]));
    let open = tokens[first].is_mark('(');
    let closed = tokens.get(k).is_some_and(|t| t.is_mark(')'));
    (open == closed).then_some(Bounds {
        first,
        last: k + usize::from(closed),
        since,
    })
}

/// The longest name of a table or column at a token: its tokens, and what it names among what is wanted.
pub(super) fn named(
    tokens: &[Token],
    at: usize,
    lexicon: &Lexicon,
    wanted: impl Fn(&Target) -> bool,
) -> Option<(usize, Vec<Target>)> {
    let words = tokens
        .get(at..)?
        .iter()
        .take(MAX_NAME)
        .take_while(|t| t.is_word());
    let stems: Vec<String> = words.map(|t| t.stem.clone()).collect();
    let long = |t: &Token| match ENGLISH.abbreviations.get(&t.lower) {
        Some(long) => long.iter().map(|w| stem(w)).collect(),
        None => vec![t.stem.clone()],
    };
    (1..=stems.len()).rev().find_map(|length| {
        let mut found = lexicon.look_up(&stems[..length], true);
        if found.is_empty() {
            let words: Vec<String> = tokens[at..at + length].iter().flat_map(long).collect();
            found = lexicon.look_up(&words, true);
        }
        let exact = found
            .into_iter()
            .filter(|c| c.score > 0.95 && wanted(&c.target));
        let targets: Vec<Target> = exact.map(|c| c.target).collect();
        (!targets.is_empty()).then_some((length, targets))
    })
}

/// Whether the function of a term is said before it: "total revenue".
fn follows(tokens: &[Token], at: usize, function: Aggregate) -> bool {
    (1..=3.min(at)).any(|back| {
        let said = |(length, ops): &(usize, &[Op])| {
            *length == back && ops.contains(&Op::Aggregate(function))
        };
        ENGLISH.phrases_at(tokens, at - back).iter().any(said)
    })
}

/// The end of a sentence.
pub(super) fn ends(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Mark('.' | '?' | '!' | ';'))
}

/// How many articles stand at a token.
pub(super) fn articles(tokens: &[Token], at: usize) -> usize {
    let article = |t: &Token| ENGLISH.articles.contains(&t.lower);
    usize::from(tokens.get(at).is_some_and(article))
}
