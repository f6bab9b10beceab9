//! Which words of a question name a role, and whose values are then meant: "their manager", "managed by Ada", "from Oslo to Bergen".
//!
//! Invariant: words are read as a role only where the question speaks of the table in that role and otherwise too; a value that the
//! words around it give to a role is no value of anything else.

use super::super::language::{ENGLISH, Op};
use super::super::reading::directions;
use super::super::schema::joins::Edge;
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::roles::RoleTable;
use super::annotate::Segment;
use crate::catalog::model::{ColumnRef, StoredValue};
use crate::question::tokens::Token;
use std::collections::BTreeSet;

/// How well the name of a role stands for it.
const SCORE: f32 = 0.97;
/// A name that fits a span less well is not what the question speaks of.
const SURE: f32 = 0.85;

/// Gives the segments that name a role the copy for it, where the question speaks of the table in that role and otherwise too: "employees and
/// their managers", "the home team and the away team". One role by itself needs no copy.
pub(crate) fn take_roles(segments: &mut [Segment], tokens: &[Token], lexicon: &Lexicon) {
    if lexicon.roles.is_empty() {
        return;
    }
    let mut roles = BTreeSet::new();
    for role in 0..lexicon.roles.len() {
        if take_said(segments, tokens, lexicon, role) {
            roles.insert(role);
        }
    }
    roles.extend(take_directions(segments, tokens, lexicon));
    roles.extend(take_verbs(segments, tokens, lexicon));
    roles.extend(take_nouns(segments, tokens, lexicon));
    // The columns and the values of the table may be those of the copy: `resolve` takes them where the words say so.
    for role in roles {
        let (base, copy) = (lexicon.roles[role].base, lexicon.roles[role].table);
        let moved = |at: ColumnRef| (at.table == base).then_some(ColumnRef { table: copy, ..at });
        for segment in segments.iter_mut() {
            let copies: Vec<Candidate> = segment
                .names
                .iter()
                .filter_map(|name| match name.target {
                    Target::Column(c) => Some(Candidate {
                        target: Target::Column(moved(c)?),
                        score: name.score,
                    }),
                    _ => None,
                })
                .collect();
            segment.names.extend(copies);
            for values in [&mut segment.values, &mut segment.last_names] {
                let copies: Vec<StoredValue> = values
                    .iter()
                    .filter_map(|v| {
                        Some(StoredValue {
                            column: moved(v.column)?,
                            ..v.clone()
                        })
                    })
                    .collect();
                values.extend(copies);
            }
        }
    }
}

/// Roles that are named by a noun.
fn take_nouns(segments: &mut [Segment], tokens: &[Token], lexicon: &Lexicon) -> BTreeSet<usize> {
    let named: Vec<(usize, usize)> = (0..segments.len())
        .flat_map(|at| {
            let roles = roles_of(segments, at, tokens, lexicon);
            roles.into_iter().map(move |role| (at, role))
        })
        .collect();
    let is_role = |at: usize| named.iter().any(|(a, _)| *a == at);
    let spoken = |table: usize| {
        (0..segments.len()).any(|at| !is_role(at) && speaks_of(&segments[at], table, lexicon))
    };
    let meant = |&(at, role): &(usize, usize)| {
        let own = &lexicon.roles[role];
        let key = &lexicon.graph.edges[own.key];
        let other = |(_, other): &(usize, usize)| {
            let other_key = &lexicon.graph.edges[lexicon.roles[*other].key];
            *other != role && (other_key.holder, other_key.target) == (key.holder, key.target)
        };
        let whole = own.through.is_some() || lexicon.has_other_end(own.key) && spoken(own.base);
        // "the president vote" is what a column of just that name holds.
        let written = |c: &Candidate| c.score >= 1.0 && c.target == key_column(key);
        let apart = named.iter().any(other) && !segments[at].names.iter().any(written);
        (whole || apart)
            && !is_said_to_be(segments, at)
            && !is_denied_or_counted(segments, at, lexicon.holder(own), key.target)
    };
    let kept: Vec<(usize, usize)> = named.iter().copied().filter(meant).collect();
    if let [(at, role)] = named[..]
        && kept.is_empty()
    {
        be_role(segments, at, role, lexicon);
    }
    // "Employees without a manager" have none, whoever else is called a manager by what he does.
    for &(at, role) in &named {
        let own = &lexicon.roles[role];
        if is_denied(segments, at) {
            let kind = |v: &StoredValue| {
                v.column.table == own.base && super::kindnouns::tells_kind(v.column, lexicon)
            };
            segments[at].values.retain(|v| !kind(v));
        }
    }
    // One name for two roles is said of neither.
    let alone = |(at, _): &(usize, usize)| kept.iter().filter(|(a, _)| a == at).count() == 1;
    let kept: Vec<(usize, usize)> = kept.iter().copied().filter(alone).collect();
    for &(at, role) in &kept {
        name(&mut segments[at], role, lexicon);
    }
    kept.into_iter().map(|(_, role)| role).collect()
}

pub(crate) fn key_column(key: &Edge) -> Target {
    Target::Column(ColumnRef {
        table: key.holder,
        column: key.columns[0],
    })
}

/// "teams that played as home team": what the things themselves are to others. The rows that point at them are meant, by the key that
/// the words of the role choose; see `ways`.
fn be_role(segments: &mut [Segment], at: usize, role: usize, lexicon: &Lexicon) {
    let own = &lexicon.roles[role];
    let holder = lexicon.graph.edges[own.key].holder;
    let things = segments[..at].iter().any(|s| speaks_by_name(s, own.base));
    let value = segments.iter().any(|s| holds_name(s, own.base, lexicon));
    // "staff whose role is dentist": that is stored.
    let kind = |v: &StoredValue| {
        v.column.table == own.base && super::kindnouns::tells_kind(v.column, lexicon)
    };
    let value = value || segments[at].values.iter().any(kind);
    if !things || value || own.through.is_some() || lexicon.has_other_end(own.key) {
        return;
    }
    if segments.iter().any(|s| speaks_by_name(s, holder)) {
        leads(&mut segments[at]);
        segments[at].ops = vec![Op::Filler];
    } else {
        let target = Target::Table(holder);
        segments[at].names = vec![Candidate {
            target,
            score: SCORE,
        }];
    }
}

/// Makes a segment the name of a role.
fn name(segment: &mut Segment, role: usize, lexicon: &Lexicon) {
    let own = &lexicon.roles[role];
    let key = &lexicon.graph.edges[own.key];
    // What is called just so, other than the tables and the key that make the role.
    segment.names.retain(|name| match name.target {
        Target::Table(t) => name.score > SCORE && t != own.base && t != key.holder,
        Target::Column(c) => {
            name.score > SCORE && !(c.table == key.holder && key.columns.contains(&c.column))
        }
        _ => false,
    });
    let score = if segment.names.is_empty() { SCORE } else { 1.0 };
    let target = Target::Table(own.table);
    segment.names.insert(0, Candidate { target, score });
    segment.ops.clear();
}

/// Words that do no more than lead to what follows.
fn leads(segment: &mut Segment) {
    segment.names.clear();
    segment.values.clear();
    (segment.time, segment.unit, segment.adjective) = (None, None, None);
    segment.ops = vec![Op::Link];
}

/// "report to Ada": the value after what is said is one of the role. "Who does Bo report to": the role is asked for. Tells
/// whether something is said so.
fn take_said(segments: &mut [Segment], tokens: &[Token], lexicon: &Lexicon, role: usize) -> bool {
    let own = &lexicon.roles[role];
    let spans = own.said.iter().filter_map(|phrase| {
        let first = tokens
            .windows(phrase.len())
            .position(|window| window.iter().zip(phrase).all(|(t, w)| t.lower == *w))?;
        Some((first, first + phrase.len()))
    });
    let mut taken = false;
    for (first, last) in spans {
        let Some(from) = segments.iter().position(|s| s.last > first) else {
            continue;
        };
        // "absences approved by" is the name of a column as well.
        let holder = lexicon.graph.edges[own.key].holder;
        let front: Vec<&String> = tokens[segments[from].first..first]
            .iter()
            .map(|t| &t.stem)
            .collect();
        if !front.is_empty() && !front.iter().copied().eq(&lexicon.tables[holder].stems) {
            continue;
        }
        let holds = !front.is_empty();
        let Some(to) = segments.iter().position(|s| s.last == last) else {
            continue;
        };
        let asks = |s: &Segment| {
            let word = &tokens[s.first].lower;
            ENGLISH.persons_asked.contains(word)
        };
        let ends = segments[to + 1..].iter().all(|s| {
            let text = s.text.chars().any(char::is_alphanumeric);
            !text
        });
        if gives_value(segments, to + 1, role, lexicon) {
            if segments.first().is_some_and(asks) && from == 1 {
                let target = Target::Table(own.base);
                segments[0].names = vec![Candidate {
                    target,
                    score: SCORE,
                }];
                segments[0].ops.clear();
            }
        } else if ends && segments.first().is_some_and(asks) {
            name(&mut segments[0], role, lexicon);
        } else {
            continue;
        }
        segments[from..=to].iter_mut().for_each(leads);
        if holds {
            let target = Target::Table(holder);
            segments[from].names = vec![Candidate {
                target,
                score: SCORE,
            }];
            segments[from].ops.clear();
        }
        taken = true;
    }
    taken
}

/// "managed by Ada": the value is one of the role that the verb says. "Who manages Ada", "employees who manage Ada": who does it is.
fn take_verbs(segments: &mut [Segment], tokens: &[Token], lexicon: &Lexicon) -> BTreeSet<usize> {
    let mut roles = BTreeSet::new();
    for at in 0..segments.len() {
        let segment = &segments[at];
        let verb = &tokens[segment.first];
        let by = segments.get(at + 1).is_some_and(|s| s.is(Op::By));
        let own = match lexicon.by_role.get(&verb.stem).map(Vec::as_slice) {
            Some([own]) if segment.last == segment.first + 1 => *own,
            _ => continue,
        };
        let role = &lexicon.roles[own];
        if is_noun(verb, role) || !lexicon.has_other_end(role.key) {
            continue;
        }
        if by {
            if gives_value(segments, at + 2, own, lexicon) {
                leads(&mut segments[at]);
                roles.insert(own);
            }
            continue;
        }
        let value = segments.get(at + 1);
        if !value.is_some_and(|s| holds_name(s, role.base, lexicon)) {
            continue;
        }
        let subject = segments[..at].iter().rposition(|s| {
            let relative = s.names.is_empty() && (s.is(Op::Relative) || s.is(Op::With));
            !relative || s.first == 0
        });
        let Some(subject) = subject else {
            continue;
        };
        let asks = subject == 0 && ENGLISH.persons_asked.contains(&tokens[0].lower);
        if asks || speaks_by_name(&segments[subject], role.base) {
            name(&mut segments[subject], own, lexicon);
            leads(&mut segments[at]);
            roles.insert(own);
        }
    }
    roles
}

/// "from Oslo to Bergen": each is a value of the key that bears the direction, where both are said.
fn take_directions(
    segments: &mut [Segment],
    tokens: &[Token],
    lexicon: &Lexicon,
) -> BTreeSet<usize> {
    let direction = |at: usize| {
        // The verb and the preposition right before the value: "departing from", "arriving at".
        let words = segments[..at]
            .iter()
            .rev()
            .take_while(|s| s.values.is_empty() && s.number.is_none())
            .filter(|s| s.names.first().is_none_or(|n| n.score < SURE))
            .take(2);
        let stems: Vec<String> = words
            .flat_map(|s| &tokens[s.first..s.last])
            .map(|t| t.stem.clone())
            .collect();
        directions::of_name(&stems)
    };
    let values: Vec<(usize, directions::Direction)> = (0..segments.len())
        .filter(|at| !segments[*at].values.is_empty())
        .filter_map(|at| Some((at, direction(at)?)))
        .collect();
    let mut found = Vec::new();
    for (role, own) in lexicon.roles.iter().enumerate() {
        let key = &lexicon.graph.edges[lexicon.behind(own).unwrap_or(own).key];
        let holder = segments.iter().any(|s| speaks_by_name(s, key.holder));
        let Some(way) = directions::of_name(&key.role).filter(|_| holder) else {
            continue;
        };
        for (at, said) in &values {
            if *said == way && holds_name(&segments[*at], own.base, lexicon) {
                found.push((*at, role, key.holder, own.base));
            }
        }
    }
    // Two ends of one thing, and no third.
    let [(a, first, holder, base), (b, second, other, to)] = found[..] else {
        return BTreeSet::new();
    };
    if a == b || first == second || (holder, base) != (other, to) {
        return BTreeSet::new();
    }
    restrict(&mut segments[a], first, lexicon);
    restrict(&mut segments[b], second, lexicon);
    BTreeSet::from([first, second])
}

/// Makes the value at a place, after an article, one of a role; false when there is none.
fn gives_value(segments: &mut [Segment], at: usize, role: usize, lexicon: &Lexicon) -> bool {
    let base = lexicon.roles[role].base;
    // "by the physician Rosa Lind": an article, and what the thing is.
    let skipped = segments[at.min(segments.len())..]
        .iter()
        .take_while(|s| {
            let filler = s.is(Op::Filler) && s.names.is_empty() && s.values.is_empty();
            filler || speaks_by_name(s, base)
        })
        .count();
    match segments.get_mut(at + skipped) {
        Some(segment) if skipped <= 2 && holds_name(segment, base, lexicon) => {
            restrict(segment, role, lexicon);
            for word in &mut segments[at..at + skipped] {
                leads(word);
                word.ops = vec![Op::Filler];
            }
            true
        }
        _ => false,
    }
}

/// Leaves a value no other meaning than that of the name of a role.
fn restrict(segment: &mut Segment, role: usize, lexicon: &Lexicon) {
    let own = &lexicon.roles[role];
    let display = &lexicon.tables[own.base].display;
    for values in [&mut segment.values, &mut segment.last_names] {
        values.retain(|v| v.column.table == own.base && display.contains(&v.column.column));
        for value in values.iter_mut() {
            value.column.table = own.table;
        }
    }
    segment.names.clear();
}

/// Whether a segment may be the name of a thing of a table.
fn holds_name(segment: &Segment, table: usize, lexicon: &Lexicon) -> bool {
    let display = &lexicon.tables[table].display;
    let name = |v: &StoredValue| v.column.table == table && display.contains(&v.column.column);
    segment.values.iter().any(name)
}

/// Whether a word is one of the nouns of a role, and no verb of the same stem: "manager", not "managed" or "manages".
fn is_noun(token: &Token, role: &RoleTable) -> bool {
    let word = token.lower.trim_end_matches("'s").trim_end_matches("’s");
    let word = word.trim_end_matches('\'');
    role.nouns.iter().any(|noun| {
        let ending = word.strip_prefix(noun.as_str());
        ending.is_some_and(|ending| {
            ending.is_empty() || ENGLISH.plural_forms.iter().any(|form| form == ending)
        })
    })
}

/// The roles that a segment names, by its own words or, in a list, with the noun of the next: "home and away team".
pub(crate) fn roles_of(
    segments: &[Segment],
    at: usize,
    tokens: &[Token],
    lexicon: &Lexicon,
) -> Vec<usize> {
    let segment = &segments[at];
    let words = &tokens[segment.first..segment.last];
    let said: Vec<String> = match segment.quoted {
        None => words.iter().map(|t| t.stem.clone()).collect(),
        Some(_) => Vec::new(),
    };
    let last = words.last();
    let named = |name: &str| lexicon.by_role.get(name).map_or(&[][..], Vec::as_slice);
    let own = named(&said.join(" "));
    // The name of the segment is then that of the table.
    let table = segment.names.first().and_then(|c| match c.target {
        Target::Table(t) => Some(t),
        _ => None,
    });
    let with_noun = match table {
        Some(t) if own.is_empty() && !said.is_empty() => {
            named(&[&said[..], &lexicon.tables[t].stems].concat().join(" "))
        }
        _ => &[],
    };
    // The noun of a table ("home team") is none that a verb is made of.
    let noun = |role: &usize| {
        let role = &lexicon.roles[*role];
        let of_table = last.is_some_and(|t| lexicon.tables[role.base].stems.contains(&t.stem));
        of_table || last.is_some_and(|t| is_noun(t, role))
    };
    let own: Vec<usize> = own.iter().copied().filter(noun).collect();
    own.into_iter().chain(with_noun.iter().copied()).collect()
}

/// Whether a segment speaks of a table: by its name, or by the name of one of its things.
fn speaks_of(segment: &Segment, table: usize, lexicon: &Lexicon) -> bool {
    speaks_by_name(segment, table) || holds_name(segment, table, lexicon)
}

pub(crate) fn speaks_by_name(segment: &Segment, table: usize) -> bool {
    let name = segment.names.first();
    name.is_some_and(|c| c.score > SURE && c.target == Target::Table(table))
}

/// "employees who are managers": what somebody is, and not what he has.
fn is_said_to_be(segments: &[Segment], at: usize) -> bool {
    let words = |segment: &Segment| -> Vec<String> {
        let text = segment.text.to_lowercase();
        text.split_whitespace().map(str::to_owned).collect()
    };
    let is = |segment: &Segment| words(segment).iter().any(|w| ENGLISH.copulas.contains(w));
    let article = |segment: &Segment| words(segment).iter().all(|w| ENGLISH.articles.contains(w));
    let mut before = segments[..at].iter().enumerate().rev();
    let copula = before.find(|(_, s)| !article(s)).filter(|(_, s)| is(s));
    copula.is_some_and(|(place, _)| {
        let subject = segments[..place].iter().rev();
        let subject = subject
            .clone()
            .find(|s| !s.is(Op::Relative) && !s.is(Op::With));
        subject.is_some_and(|s| !s.names.is_empty())
    })
}

/// "without a manager" asks no more than that the key is missing; "the number of prerequisites" counts the rows of the key.
fn is_denied_or_counted(segments: &[Segment], at: usize, holder: usize, base: usize) -> bool {
    let counted = |s: &Segment| holder != base && (s.is(Op::Count) || s.number.is_some());
    is_denied(segments, at) || word_before(segments, at).is_some_and(counted)
}

fn is_denied(segments: &[Segment], at: usize) -> bool {
    word_before(segments, at).is_some_and(|s| s.is(Op::Without))
}

/// What stands before a word and its article.
fn word_before(segments: &[Segment], at: usize) -> Option<&Segment> {
    segments[..at].iter().rev().find(|s| {
        let text = s.text.to_lowercase();
        let mut words = text.split_whitespace();
        !words.all(|w| ENGLISH.articles.iter().any(|a| a == w))
    })
}
