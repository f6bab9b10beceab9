//! What "by" says: who did something, or what a list is put in order by.
//!
//! Invariant: "by" orders a list only where the question says that there is an order, by a word for it at its beginning ("sort the
//! rooms by price", "list the drivers by hire date") or by a direction around what stands after "by" ("the names by price descending"),
//! and where what is listed is no number that could be put together. Elsewhere it groups. Without this, who asks for a list would be
//! told how many drivers were hired on each day.

use super::super::language::{ENGLISH, Op, stems};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Candidate, Lexicon, Target};
use super::super::schema::nature;
use super::frame::{Dimension, Frame, Key, MentionId, Order, Output, Role};
use super::parse::Parser;
use crate::catalog::model::{Catalog, ColumnRef, TypeClass};

impl Parser<'_> {
    /// "the rooms by price in descending order", "by ascending order of price", "sort all rooms by price": a list in an order.
    pub(crate) fn orders_list(&self) -> bool {
        let plain = |o: &Output| matches!(o, Output::Plain(_));
        let listed = self.frame.outputs.iter().all(plain)
            && (!self.frame.outputs.is_empty() || self.frame.head.is_some());
        if !listed
            || self.ranking
            || self.frame.order.is_some()
            || !self.frame.group.is_empty()
            || self.frame.trend
        {
            return false;
        }
        let direction = |k: usize| {
            let says = self.is(k, Op::Descending) || self.is(k, Op::Ascending);
            says && self.segment(k).is_some_and(|s| !self.is_name(s))
        };
        let mut k = 0;
        while self.is_filler(k) {
            k += 1;
        }
        if direction(k) || self.is(k, Op::Frequency) {
            return true;
        }
        let sorted = self
            .segments
            .first()
            .is_some_and(|s| ENGLISH.sorting.contains(&s.text.to_lowercase()) && !self.is_name(s));
        let named = k;
        while self.is_filler(k)
            || self.is(k, Op::Of)
            || self
                .segment(k)
                .is_some_and(|s| self.is_name(s) || s.unit.is_some() && s.time.is_none())
        {
            k += 1;
        }
        k > named && sorted && self.sentence_start == 0
    }

    /// "enrolled in by students": a verb stands before the "by" that ends right before this place.
    pub(crate) fn done_by(&self, after: usize) -> bool {
        let mut before = self.segments[..after].iter().rev();
        let by = before.next().is_some_and(|by| {
            let text = by.text.to_lowercase();
            let words = text.split_whitespace();
            words
                .filter(|word| !ENGLISH.articles.iter().any(|a| a == word))
                .count()
                == 1
        });
        let mut verb = before.skip_while(|s| s.is(Op::Preposition) && !self.is_name(s));
        by && verb.next().is_some_and(|verb| {
            verb.is(Op::Link)
                && (!self.is_name(verb) || ENGLISH.ends_as_verb(&verb.text.to_lowercase()))
        })
    }
}

impl Parser<'_> {
    /// "Deposits by business customers": what is counted or added up is what some persons did, of whom a stored value says which; nobody
    /// asks for each of those few. A measure may be asked for each of them ("revenue by active customers").
    pub(crate) fn some_did(&self, value: usize) -> bool {
        let person = |s: &Segment| {
            let noun = stems(&s.text.to_lowercase()).pop();
            let lists = [&ENGLISH.served_people, &ENGLISH.headcounted];
            let table = |c: &Candidate| matches!(c.target, Target::Table(_));
            self.is_name(s)
                && s.names.first().is_some_and(table)
                && super::super::language::ends_as_plural(&s.text)
                && noun.is_some_and(|noun| {
                    ENGLISH.names_person(&noun) || lists.iter().any(|list| list.contains(&noun))
                })
        };
        let things = |o: &Output| match o {
            Output::Plain(m) | Output::Count { of: m, .. } => self.is_table(*m),
            Output::Aggregate { of, .. } => self.is_table(*of),
        };
        let after = self.segments.get(value + 1);
        after.is_some_and(person)
            && !self.frame.outputs.is_empty()
            && self.frame.outputs.iter().all(things)
    }

    /// "Number of orders placed by customer": a bare noun in the singular, of which nothing more is said, is what a number is asked for
    /// each of. Without this, it would be the number of all orders that any customer placed.
    pub(crate) fn each_did(&self, noun: usize) -> bool {
        let (Some(by), Some(said)) = (noun.checked_sub(1), self.segments.get(noun)) else {
            return false;
        };
        // "Leave days taken by employee", "billable hours by employee": a unit tells a number; what else stands before a verb may be a text.
        let verb = by
            .checked_sub(1)
            .is_some_and(|i| self.segments[i].is(Op::Link));
        let counts = |m: MentionId| {
            let text = self.frame.mentions[m].text.to_lowercase();
            let mut words = text.split(' ');
            words
                .next_back()
                .is_some_and(|last| !ENGLISH.units_alone(last).is_empty())
        };
        let number = |o: &Output| match o {
            Output::Plain(m) => !self.is_table(*m) && self.is_name(said) && (!verb || counts(*m)),
            _ => true,
        };
        let bare = !self.segments[by].text.contains(' ') && said.values.is_empty();
        let more = |s: &Segment| {
            !s.values.is_empty() || s.quoted.is_some() || s.is(Op::With) || s.is(Op::Relative)
        };
        bare && self.frame.outputs.iter().any(number)
            && !super::super::language::ends_as_plural(&said.text)
            && !self.segments.get(noun + 1).is_some_and(more)
    }
}

/// "the names by price in descending order", "each pupil's name, and the corresponding address": what reads as a group is what a list
/// of columns is put in the order of, or what begins it.
pub(crate) fn lists_columns(frame: &mut Frame, lexicon: &Lexicon) {
    let best = |m: MentionId| frame.mentions[m].candidates.first().map(|c| &c.target);
    let text = |o: &Output| match o {
        Output::Plain(m) => {
            matches!(best(*m), Some(Target::Column(_)))
                && !best(*m).is_some_and(|t| lexicon.is_amount(t))
        }
        _ => false,
    };
    let column = |m: MentionId| matches!(best(m), Some(Target::Column(_)));
    let plain = |o: &Output| matches!(o, Output::Plain(m) if column(*m));
    if frame.superlative || frame.trend || frame.distribution || frame.outputs.is_empty() {
        return;
    }
    if let ([Dimension::Mention(by)], false) = (&frame.group[..], frame.each)
        && let (by, true) = (*by, frame.outputs.iter().all(text))
        && column(by)
        && let Some(Output::Plain(first)) = frame.outputs.first()
        && let Some(order) = frame
            .order
            .as_mut()
            .filter(|o| o.key == Key::Mention(*first))
    {
        order.key = Key::Mention(by);
        frame.group.clear();
        frame.mentions[by].role = Role::Any;
        return;
    }
    let of_thing = |d: &Dimension| match d {
        Dimension::Mention(m) if column(*m) => frame.mentions[*m].of.map(|of| (*m, of)),
        _ => None,
    };
    let each: Option<Vec<_>> = frame.group.iter().map(of_thing).collect();
    let Some(each) = each.filter(|_| frame.each && frame.outputs.iter().all(plain)) else {
        return;
    };
    let Some(&(_, owner)) = each.first() else {
        return;
    };
    if !matches!(best(owner), Some(Target::Table(_))) {
        return;
    }
    frame.group.clear();
    frame.each = false;
    frame.head = frame.head.or(Some(owner));
    let listed = each.into_iter().map(|(m, _)| m).collect::<Vec<_>>();
    for m in &listed {
        frame.mentions[*m].role = Role::Any;
    }
    let before = listed.into_iter().map(Output::Plain);
    frame.outputs = before.chain(std::mem::take(&mut frame.outputs)).collect();
}

/// "List the drivers by hire date", "the invoices by amount, largest first": rows in an order, with what they are put in order by; a
/// number of them for each day or for each amount is nothing that a list has.
pub(crate) fn lists_things(frame: &mut Frame, catalog: &Catalog, lexicon: &Lexicon) {
    let best = |m: MentionId| frame.mentions[m].candidates.first().map(|c| &c.target);
    let plain = !(frame.each
        || frame.per
        || frame.trend
        || frame.distribution
        || frame.superlative
        || frame.pivot
        || frame.compared
        || frame.versus.is_some()
        || frame.window.is_some());
    let [Output::Plain(listed)] = frame.outputs[..] else {
        return;
    };
    let Some(Target::Table(thing)) = best(listed).filter(|_| plain) else {
        return;
    };
    let of_column = |d: &Dimension| match d {
        Dimension::Mention(m) => Some(*m),
        Dimension::Time(_) => None,
    };
    let keys: Option<Vec<MentionId>> = frame.group.iter().map(of_column).collect();
    let keys = keys.unwrap_or_default();
    let [first, ref then @ ..] = keys[..] else {
        return;
    };
    let own = |m: MentionId| {
        let said = &frame.mentions[m].candidates;
        let best = said.first().map_or(1.0, |c| c.score);
        let mut said = said.iter().take_while(|c| c.score >= best);
        said.find_map(|c| match c.target {
            Target::Column(at) if at.table == *thing => Some(at),
            _ => None,
        })
    };
    let single = own(first).filter(|_| then.is_empty());
    // What hardly two of them have in common.
    let measured = single.filter(|at| {
        nature::is_date(catalog.column(*at).class) || lexicon.is_amount(&Target::Column(*at))
    });
    let exact = |at: ColumnRef| {
        let class = catalog.column(at).class;
        matches!(class, TypeClass::Numeric | TypeClass::Float)
    };
    let ordered = measured.is_some_and(|at| frame.order.is_some() || exact(at));
    if !(asks_for_rows(&frame.words) || ordered) {
        return;
    }
    let descending = match frame.order.as_ref().map(|o| (&o.key, o.descending)) {
        None => false,
        Some((Key::Adjective(i), more)) => match single {
            Some(at) => more != super::adjectives::is_turned(*i, at, lexicon),
            None => return,
        },
        Some((Key::Date | Key::Size | Key::Rows, descending)) if measured.is_some() => descending,
        Some((Key::Mention(m), descending)) if *m == first || *m == listed => descending,
        Some(_) => return,
    };
    let by = |m: MentionId| Order {
        key: Key::Mention(m),
        descending,
        quantity: false,
    };
    let far = |m: &MentionId| own(*m).is_none();
    // What no name stands for is shown with all its columns.
    let named = !lexicon.tables[*thing].display.is_empty();
    if !named && keys.iter().any(far) {
        return;
    }
    let shown = |m: &MentionId| named && !is_name(lexicon, own(*m));
    let shown: Vec<MentionId> = keys.iter().copied().filter(shown).collect();
    let own: Vec<MentionId> = keys.iter().copied().filter(|m| !far(m)).collect();
    frame.order = Some(by(first));
    frame.then = then.iter().copied().map(by).collect();
    frame.outputs.extend(shown.into_iter().map(Output::Plain));
    frame.group.clear();
    frame.head = frame.head.or(Some(listed));
    frame.mentions[listed].role = Role::Entity;
    for m in keys {
        frame.mentions[m].role = Role::Any;
        if own.contains(&m) {
            frame.mentions[m].of = Some(listed);
        }
    }
}

/// A column that is shown for the name of its thing.
fn is_name(lexicon: &Lexicon, column: Option<ColumnRef>) -> bool {
    column.is_some_and(|at| lexicon.tables[at.table].display.contains(&at.column))
}

/// "List …", "please give me a list of …".
fn asks_for_rows(words: &[String]) -> bool {
    let mut words = words
        .iter()
        .skip_while(|w| ENGLISH.before_listing.contains(w));
    words.next().is_some_and(|w| ENGLISH.listing.contains(w))
}
