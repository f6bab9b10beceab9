//! What rows are put in order by: "ordered by X", "in descending order of X", "sorted alphabetically".

use super::super::language::{Adjective, ENGLISH, Op};
use super::super::mentions::annotate::Segment;
use super::super::schema::lexicon::{Lexicon, Target};
use super::super::schema::nature::Nature;
use super::frame::{Condition, Dimension, Frame, Key, MentionId, Order, Output, Role};
use super::parse::{Parser, Step};

impl Parser<'_> {
    /// "highest amount first", "oldest year first": the order is said around what it is by.
    pub(crate) fn orders_first(&mut self, segment: &Segment) -> Option<Step> {
        let ends = |s: &Segment| ENGLISH.first_words.contains(&s.text.to_lowercase());
        let part = |k: usize| {
            self.is_filler(k)
                || self.is(k, Op::Of)
                || self.is(k, Op::Count)
                || self.segment(k).is_some_and(|s| {
                    let function = |o: &Op| matches!(o, Op::Aggregate(_));
                    self.is_name(s) || s.unit.is_some() || s.ops.iter().any(function)
                })
        };
        let mut k = 1;
        while part(k) && !self.segment(k).is_some_and(ends) {
            k += 1;
        }
        let asked = !self.frame.outputs.is_empty() || self.frame.head.is_some();
        if let Some((length, adjective, descending)) = self.adjective_first(ends)
            && asked
        {
            if self.frame.order.is_some() {
                return Some(Err(vec!["a second order".into()]));
            }
            self.at += length;
            self.frame.order = Some(Order {
                key: Key::Adjective(adjective),
                descending,
                quantity: false,
            });
            return Some(Ok(()));
        }
        if k == 1 || !asked || !self.ranks(segment) || !self.segment(k).is_some_and(ends) {
            return None;
        }
        let more = segment.is(Op::Most) || segment.is(Op::Latest);
        let less = segment.is(Op::Least) || segment.is(Op::Earliest);
        let adjective = segment.adjective.map(|(i, _)| &ENGLISH.adjectives[i]);
        let descending = match (more, less, adjective) {
            (true, false, _) => true,
            (false, true, _) => false,
            (_, _, Some(adjective)) => !adjective.greater.is_empty(),
            _ => return None,
        };
        let last = self.at + k;
        self.at += 1;
        Some(self.order_around(last, descending))
    }

    /// "youngest first", "most expensive first": the segments, the adjective, and whether more of it comes first.
    fn adjective_first(&self, ends: impl Fn(&Segment) -> bool) -> Option<(usize, usize, bool)> {
        let segment = self.segment(0)?;
        if let Some((adjective, true)) = segment.adjective
            && self.segment(1).is_some_and(&ends)
        {
            return Some((2, adjective, true));
        }
        let (adjective, _) = self.segment(1)?.adjective?;
        let more = segment.is(Op::Most);
        let ranks = (more || segment.is(Op::Least)) && !self.is_name(segment);
        (ranks && self.segment(2).is_some_and(ends)).then_some((3, adjective, more))
    }

    /// The rest of such an order, up to the word that ends it.
    fn order_around(&mut self, last: usize, descending: bool) -> Step {
        if self.frame.order.is_some() {
            return Err(vec!["a second order".into()]);
        }
        let unit = |s: &Segment| s.unit.is_some() && !self.is_name(s);
        let key = if self.at + 1 == last && self.segment(0).is_some_and(unit) {
            self.at += 1;
            Key::Date
        } else {
            match self.key()? {
                Key::Mention(id) if self.is_table(id) => {
                    self.frame.mentions[id].role = Role::Entity;
                    Key::Count(id)
                }
                key => key,
            }
        };
        if self.at != last {
            return self.fail();
        }
        self.at += 1;
        self.frame.order = Some(Order {
            key,
            descending,
            quantity: false,
        });
        Ok(())
    }

    /// "ordered by X", "in descending order of X", "sorted alphabetically".
    pub(crate) fn order(&mut self) -> Step {
        let mut descending = None;
        let mut key = None;
        // "in alphabetical order, the names": with nothing asked for yet, what follows is asked for.
        let asked = !self.frame.outputs.is_empty() || self.frame.head.is_some();
        let mut by = asked;
        // "of rank": a word that could order is what is ordered by.
        let mut of = false;
        // The order of letters is that of names, whatever is counted beside them.
        let mut letters = false;
        let mut by_time = false;
        // "by price descending": the direction is that of this key alone.
        let mut own = false;
        let mut ranked = false;
        let (mut timed, mut sized, mut sizing) = (false, false, None);
        while let Some(segment) = self.segment(0) {
            by_time |= segment.is(Op::Latest) || segment.is(Op::Earliest);
            let words = segment.text.to_lowercase();
            ranked |= ENGLISH.rankings.contains(&words);
            let series = self
                .frame
                .group
                .iter()
                .any(|d| matches!(d, Dimension::Time(_)));
            timed |= ENGLISH.time_orders.contains(&words)
                || series && ENGLISH.mere_orders.contains(&words);
            // "starting from the earliest month"
            let first = segment.is(Op::Latest) || segment.is(Op::Earliest);
            if first && key.is_none() && self.is_period_of_series(1) {
                (timed, by_time) = (true, false);
                descending = Some(segment.is(Op::Latest));
                self.at += 2;
                continue;
            }
            // "sorted by month"
            if by && key.is_none() && series && segment.unit.is_some() && !self.is_name(segment) {
                timed = true;
                self.at += 1;
                continue;
            }
            if ENGLISH.size_orders.contains(&words) {
                sized = true;
                let counted = |o: &Output| matches!(o, Output::Aggregate { .. });
                if ENGLISH.count_orders.contains(&words) && self.frame.outputs.iter().any(counted) {
                    return self.fail();
                }
                let first = words.split(' ').next();
                let named = |a: &Adjective| first == Some(a.superlative.as_str());
                sizing = ENGLISH.adjectives.iter().position(named);
            }
            let named = of && key.is_none() && self.is_name(segment);
            of = words
                .split_whitespace()
                .last()
                .is_some_and(|last| ENGLISH.order_words.iter().any(|word| word == last));
            by |= segment.is(Op::Order) || of;
            letters |= segment.is(Op::Ascending)
                && ENGLISH
                    .letter_orders
                    .iter()
                    .any(|word| words.contains(word));
            if !by && self.is_name(segment) {
                break;
            }
            if named {
                key = Some(self.key()?);
                continue;
            }
            // "sorted by lowest average price first"
            let extreme = segment.is(Op::Most) || segment.is(Op::Least);
            let measured = self.segment(1).is_some_and(|s| {
                self.is_name(s)
                    || s.is(Op::Count)
                    || s.ops.iter().any(|o| matches!(o, Op::Aggregate(_)))
            });
            let follows_by = self.at.checked_sub(1).is_some_and(|i| {
                let text = self.segments[i].text.to_lowercase();
                text.split_whitespace()
                    .last()
                    .is_some_and(|last| ENGLISH.by_words.iter().any(|by| by == last))
            });
            if follows_by && key.is_none() && extreme && measured && !self.is_name(segment) {
                descending = Some(segment.is(Op::Most));
                self.at += 1;
                key = Some(self.key()?);
                if self.is(0, Op::Top) && self.segment(0).is_some_and(|s| !self.is_name(s)) {
                    self.at += 1;
                }
                continue;
            }
            own |= key.is_some() && (segment.is(Op::Descending) || segment.is(Op::Ascending));
            if segment.is(Op::Descending) {
                descending = Some(true);
            } else if segment.is(Op::Ascending) {
                // "in descending alphabetical order"
                descending = Some(letters && descending == Some(true));
            } else if segment.is(Op::Order)
                || (segment.is(Op::Of) && key.is_none())
                || segment.is(Op::By)
                || self.is_filler(0) && !(key.is_some() && segment.is(Op::Than))
                || (segment.is(Op::Preposition) && key.is_none())
            {
            } else if key.is_none()
                && (self.is_name(segment)
                    || segment.unit.is_some()
                        && self
                            .segment(1)
                            .is_some_and(|s| ENGLISH.pronouns.contains(&s.text.to_lowercase()))
                    || segment.is(Op::Count)
                    || segment.is(Op::Frequency)
                    || segment.ops.iter().any(|o| matches!(o, Op::Aggregate(_))))
            {
                key = Some(self.key()?);
                continue;
            } else if segment.is(Op::Preposition)
                && self
                    .segment(1)
                    .is_some_and(|s| s.is(Op::Descending) || s.is(Op::Ascending))
            {
            } else {
                break;
            }
            self.at += 1;
        }
        if key.is_none() && self.frame.order.is_some() && !self.frame.superlative {
            // "by price descending": said of the keys that were read; of several it is not clear of which.
            if !self.frame.then.is_empty() {
                return Err(vec!["a second order".into()]);
            }
            if let Some(order) = &mut self.frame.order {
                order.descending = descending.unwrap_or(order.descending);
            }
            return Ok(());
        }
        if key.is_none() && by_time {
            return Err(vec!["by which date to order".into()]);
        }
        // "… and the number of schools in descending order": of what was said last.
        let counted = matches!(
            self.frame.outputs.last(),
            Some(Output::Count { .. } | Output::Aggregate { .. })
        );
        let bare = key.is_none() && !letters && !timed && !by_time;
        let key = match key {
            Some(key) => key,
            None if timed => Key::Date,
            None if sized => {
                self.frame.sized = sizing;
                Key::Size
            }
            None if counted && descending.is_some() && !letters => Key::Rows,
            None => match self.last_list().iter().find_map(|o| {
                if let Output::Plain(m) = o {
                    Some(*m)
                } else {
                    None
                }
            }) {
                Some(first) => Key::Mention(first),
                None => Key::Rows,
            },
        };
        let said_again = self.frame.superlative && self.frame.order.is_some();
        if said_again {
            // "the top 2 states by …, starting from the top": the direction alone says nothing else.
            let found = self.frame.order.as_ref().map(|o| o.descending);
            if bare && descending == found {
                return Ok(());
            }
            return self.order_of_first(key, descending);
        }
        if self.frame.order.is_some() {
            return Err(vec!["a second order".into()]);
        }
        if descending.is_none() {
            descending = self.direction_in_brackets();
            own = descending.is_some();
        }
        // "most first, then by name": the names are put in their own order.
        self.further_keys(descending, own || sized || timed)?;
        let most_first = ranked && self.is_quantity(&key);
        self.frame.order = Some(Order {
            key,
            descending: descending.unwrap_or(most_first),
            quantity: false,
        });
        Ok(())
    }
}

/// "Newest first" is by the date that is shown, "largest first" by the number: where it is not certain which, by none.
pub(crate) fn order_by_shown(frame: &mut Frame, lexicon: &Lexicon) {
    let Some(order) = frame.order.as_ref().filter(|_| !frame.superlative) else {
        return;
    };
    let named = |id: MentionId| frame.mentions[id].candidates.first().map(|c| &c.target);
    let number = |id: &MentionId| match named(*id) {
        Some(Target::Measure(_)) => true,
        Some(target) => lexicon.is_amount(target),
        None => false,
    };
    let date = |id: &MentionId| match named(*id) {
        Some(Target::Column(at)) => lexicon.nature(*at) == Nature::Date || lexicon.is_year(*at),
        _ => false,
    };
    let plain = || {
        frame.outputs.iter().filter_map(|o| match o {
            Output::Plain(m) => Some(*m),
            _ => None,
        })
    };
    let measured = frame
        .outputs
        .iter()
        .filter(|o| !matches!(o, Output::Plain(_)));
    let mut turned = false;
    let key = match order.key {
        Key::Date => {
            let series = frame.group.iter().any(|d| matches!(d, Dimension::Time(_)));
            let mut dates = plain().filter(date);
            match (dates.next(), dates.next()) {
                (Some(only), None) if !series => Key::Mention(only),
                _ => return,
            }
        }
        // "average stay by ward, longest first": by what is measured, if the adjective speaks of that.
        Key::Adjective(i) => {
            let adjective = &ENGLISH.adjectives[i];
            let spoken_of = |lists: &[Vec<String>], o: &Output| match o {
                Output::Aggregate { of, .. } => {
                    let between = frame.between.iter().any(|(end, ..)| end == of);
                    let name: Vec<&String> = match named(*of) {
                        _ if between => ENGLISH.lengths_of_time.iter().collect(),
                        Some(Target::Column(at)) => {
                            lexicon.tables[at.table].columns[at.column].iter().collect()
                        }
                        _ => Vec::new(),
                    };
                    lists
                        .iter()
                        .any(|words| words.iter().all(|w| name.contains(&w)))
                }
                _ => false,
            };
            let [measure] = measured.collect::<Vec<_>>()[..] else {
                return;
            };
            let more = spoken_of(&adjective.greater, measure);
            if !more && !spoken_of(&adjective.smaller, measure) {
                return;
            }
            turned = !more;
            Key::Rows
        }
        Key::Size => {
            let grouped = !frame.group.is_empty();
            let numbers: Vec<MentionId> = plain().filter(number).collect();
            let compared: Vec<MentionId> = frame
                .conditions
                .iter()
                .filter_map(|c| match c {
                    Condition::Compare { left, .. } | Condition::Between { left, .. } => *left,
                    _ => None,
                })
                .filter(number)
                .collect();
            match (measured.count(), &numbers[..], &compared[..]) {
                (1, [], _) => Key::Rows,
                (0, [_], _) | (0, [], []) if grouped => Key::Rows,
                (0, [only], _) | (0, [], [only]) => Key::Mention(*only),
                (0, ..) if !grouped => match frame.sized {
                    Some(adjective) => Key::Adjective(adjective),
                    None => return,
                },
                _ => return,
            }
        }
        _ => return,
    };
    if let Some(order) = &mut frame.order {
        // "the biggest" is the greatest size; only "the least" turns it round.
        order.descending |= matches!(key, Key::Adjective(_));
        order.descending ^= turned;
        order.key = key;
    }
}

/// "Top 5 patients by total invoice amount: the name and the *total amount*": the number that ranks them, though a column is called so.
pub(crate) fn show_what_ranks(frame: &mut Frame, targets: &[Target]) {
    let key = frame.order.as_ref().map(|order| &order.key);
    let (Some(Key::Mention(by) | Key::Aggregate(_, by)), Some(_)) = (key, frame.limit) else {
        return;
    };
    let (by, Target::Column(ranks)) = (*by, &targets[*by]) else {
        return;
    };
    // What is ranked has none of its own: it is of another table.
    let table = |id: &MentionId| match targets[*id] {
        Target::Table(table) => Some(table),
        _ => None,
    };
    let plain = |output: &Output| match output {
        Output::Plain(id) => Some(*id),
        _ => None,
    };
    let outputs = || frame.outputs.iter().filter_map(plain);
    let grouped = frame
        .group
        .iter()
        .filter_map(super::frame::mention_of_dimension);
    let things: Vec<MentionId> = frame
        .head
        .into_iter()
        .chain(grouped)
        .chain(outputs())
        .collect();
    let of_others = things
        .iter()
        .filter_map(table)
        .any(|thing| thing != ranks.table);
    let same = |id: MentionId| id != by && targets[id] == targets[by];
    if !of_others || !outputs().any(same) {
        return;
    }
    for output in &mut frame.outputs {
        if let Some(id) = plain(output).filter(|id| same(*id)) {
            let text = &frame.mentions[id].text;
            let function = super::super::language::ops::function_of_first_word(text);
            *output = Output::Aggregate { function, of: by };
        }
    }
}
