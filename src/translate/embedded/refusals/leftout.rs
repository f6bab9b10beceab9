//! What an answer would leave out without a word: sentences that break off, and verbs whose rows the query does not look at.
//!
//! Invariant: a verb that names a table is of no account only where the query looks at that table, or at a column that is called
//! after the same verb. "Students who never attended a course" is not answered from those who registered.

use super::super::language::{ENGLISH, Op, stems};
use super::super::mentions::annotate::Segment;
use super::super::reading::frame::{Condition, MentionId, Output};
use super::super::reading::parse::{Parser, Step};
use super::super::schema::lexicon::Target;
use super::super::schema::nature;
use super::super::sql::build::{Builder, not_understood};
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use crate::question::tokens::tokenize;
use sqlparser::ast::{Query, visit_relations};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// A name that is written so in the catalog is that name.
const NAMED: f32 = 0.95;

impl Parser<'_> {
    /// Refuses a state that is all that is said of what is asked for.
    ///
    /// # Errors
    /// The verb.
    pub(crate) fn refuse_going_on(&self) -> Step {
        let said = |s: &&Segment| !s.is(Op::Sentence) && s.text.chars().any(char::is_alphanumeric);
        let timed = |c: &Condition| matches!(c, Condition::Time { .. });
        let last = self.segments.iter().rev().find(said);
        match last.filter(|last| self.is_going_on(last) && self.frame.conditions.iter().all(timed))
        {
            Some(last) => Err(vec![last.text.clone()]),
            None => Ok(()),
        }
    }

    /// "How many subscriptions are running": a state that nothing stored speaks of. "Which courses is she taking" asks for what is
    /// taken.
    fn is_going_on(&self, last: &Segment) -> bool {
        let word = last.text.to_lowercase();
        let going = ENGLISH
            .going_on
            .iter()
            .any(|ending| word.ends_with(ending.as_str()));
        let at = self.segments.partition_point(|s| s.first < last.first);
        let mut between = self.segments[..at]
            .iter()
            .rev()
            .take_while(|s| s.is(Op::Filler));
        let copula = between.any(|s| {
            let text = s.text.to_lowercase();
            text.split(' ')
                .any(|w| ENGLISH.copulas.iter().any(|c| c == w))
        });
        going && last.is(Op::Link) && last.values.is_empty() && copula
    }

    /// Refuses "that have hosted least two weddings": it is neither "the least" nor "at least".
    ///
    /// # Errors
    /// The word.
    pub(crate) fn refuse_bare_least(&self) -> Step {
        let article = |s: &Segment| {
            let text = s.text.to_lowercase();
            text.split(' ')
                .any(|w| ENGLISH.articles.iter().any(|a| a == w))
        };
        for three in self.segments.windows(3) {
            if let [before, least, number] = three
                && least.is(Op::Least)
                && ENGLISH.quantities.contains(&least.text.to_lowercase())
                && number.number.is_some()
                && !article(before)
                && !before.is(Op::Ask)
            {
                return Err(vec![least.text.clone()]);
            }
        }
        Ok(())
    }

    /// Refuses "have only ever been understudies": that they were nothing else is more than that they were so.
    ///
    /// # Errors
    /// The word.
    pub(crate) fn refuse_nothing_else(&self) -> Step {
        let word = |s: &Segment| s.text.to_lowercase();
        let had = |s: &Segment| {
            let text = word(s);
            text.split(' ')
                .next_back()
                .is_some_and(|w| ENGLISH.possession.iter().any(|p| p == w))
        };
        for three in self.segments.windows(3) {
            if let [before, only, after] = three
                && ENGLISH.only_words.contains(&word(only))
                && !self.is_name(only)
                && after.number.is_none()
                && (had(before)
                    || ENGLISH.perfect_words.contains(&word(after))
                    || ENGLISH.ever_words.contains(&word(after)))
            {
                return Err(vec![only.text.clone()]);
            }
        }
        Ok(())
    }

    /// Refuses "shows with their category" where no category is shown. Errors: the noun.
    pub(crate) fn refuse_unshown_possessions(&self) -> Step {
        let word = |s: &Segment| s.text.to_lowercase();
        for (i, three) in self.segments.windows(3).enumerate() {
            let [with, their, noun] = three else { continue };
            let ends = self.segments.get(i + 3).is_none_or(|s| s.is(Op::Sentence));
            if !ends
                || !with.is(Op::With)
                || !ENGLISH.possessives.contains(&word(their))
                || !self.is_name(noun)
            {
                continue;
            }
            let said = |m: &MentionId| self.frame.mentions[*m].text == noun.text;
            let idle = self.frame.conditions.iter().any(|c| match c {
                Condition::Flag { of, .. } => said(of),
                Condition::Related { to, inside, .. } => said(to) && inside.is_empty(),
                _ => false,
            });
            if idle {
                return Err(vec![noun.text.clone()]);
            }
        }
        Ok(())
    }

    /// Refuses a number of what something is able to do, as if it did it: "rooms that can seat more than 300 guests" asks for what the
    /// rooms are made for, not for the guests that there are.
    ///
    /// # Errors
    /// The verb.
    pub(crate) fn refuse_abilities(&self) -> Step {
        let able = |s: &Segment| ENGLISH.abilities.contains(&s.text.to_lowercase());
        let compares = |s: &Segment| {
            s.number.is_some()
                || s.ops
                    .iter()
                    .any(|o| matches!(o, Op::Compare(_) | Op::Between))
        };
        for four in self.segments.windows(4) {
            if let [can, verb, number, next] = four
                && able(can)
                && (number.number.is_some() || next.number.is_some())
                && verb.is(Op::Link)
                && verb.names.is_empty()
                && compares(number)
            {
                return Err(vec![format!("{} {}", can.text, verb.text)]);
            }
        }
        Ok(())
    }

    /// Refuses columns that a second sentence asks of somebody who is but a column of the first: "Who is the coach of Ann Lee? Give
    /// me the last name" asks for that of the coach.
    ///
    /// # Errors
    /// What the first sentence asks for.
    pub(crate) fn refuse_other_person(&self) -> Step {
        let person = self.segments.first().is_some_and(|s| {
            let text = s.text.to_lowercase();
            ENGLISH
                .persons
                .iter()
                .any(|word| text.split(' ').next() == Some(word))
        });
        let start = self.sentence_start;
        if let Some(Output::Plain(first)) = self.frame.outputs.first()
            && person
            && start == 1
            && self.frame.outputs.len() > start
            && !self.is_table(*first)
        {
            return Err(vec![self.frame.mentions[*first].text.clone()]);
        }
        Ok(())
    }

    /// Refuses "the numbers of all flights", which are those that they have; "of each" or "by" something they are counted.
    ///
    /// # Errors
    /// The words that ask for them.
    pub(crate) fn refuse_own_numbers(&self) -> Step {
        let Some(segment) = self.segment(0) else {
            return Ok(());
        };
        let text = segment.text.to_lowercase();
        let groups = |s: &Segment| s.is(Op::Each) || s.is(Op::By);
        let several = text
            .split(' ')
            .any(|w| ENGLISH.several_numbers.iter().any(|n| n == w));
        if several && self.frame.outputs.is_empty() && !self.segments.iter().any(groups) {
            return self.fail();
        }
        Ok(())
    }

    /// Refuses what asks for yes or no, or for the one or the other: "are the customers good or bad".
    ///
    /// # Errors
    /// The first word of the question.
    pub(crate) fn refuse_yes_or_no(&self) -> Step {
        let Some(first) = self.segments.first() else {
            return Ok(());
        };
        let words = first.text.to_lowercase();
        let word = words.split(' ').next().unwrap_or_default().to_owned();
        let asks = ENGLISH.copulas.contains(&word) || ENGLISH.auxiliaries.contains(&word);
        if asks && !self.is_name(first) && first.values.is_empty() {
            return Err(vec![first.text.clone()]);
        }
        Ok(())
    }

    /// Refuses an order that is that of something that happened: "in the order in which they are served".
    ///
    /// # Errors
    /// The words of the order.
    pub(crate) fn refuse_order_clause(&self) -> Step {
        let words = self.segments.iter().map(|s| s.text.to_lowercase());
        let words = words.collect::<Vec<_>>().join(" ");
        let clauses = ENGLISH.order_words.iter().flat_map(|order| {
            let clauses = ENGLISH.order_clauses.iter();
            clauses.map(move |clause| format!(" {order} {clause} "))
        });
        let mut said = clauses.filter(|clause| words.contains(clause.as_str()));
        match said.next() {
            Some(clause) => Err(vec![clause.trim().to_owned()]),
            None => Ok(()),
        }
    }

    /// Refuses a question that breaks off: "the staff who", "the towns which are involved in".
    ///
    /// # Errors
    /// The word that something should follow.
    pub(crate) fn refuse_open_end(&self) -> Step {
        let said = |s: &&Segment| !s.is(Op::Sentence) && s.text.chars().any(char::is_alphanumeric);
        let mut back = self.segments.iter().rev().filter(said);
        let Some(last) = back.next().filter(|s| !self.is_name(s)) else {
            return Ok(());
        };
        let word = |s: &Segment| s.text.to_lowercase();
        let verb = |s: &Segment| {
            let word = word(s);
            let lists = [&ENGLISH.possession, &ENGLISH.copulas, &ENGLISH.auxiliaries];
            lists.iter().any(|list| list.contains(&word))
        };
        let relative =
            |s: &Segment| (s.is(Op::With) || s.is(Op::Whose) || s.is(Op::Relative)) && !verb(s);
        if relative(last) {
            return Err(vec![last.text.clone()]);
        }
        if !last.is(Op::Preposition) {
            return Ok(());
        }
        // "Which clubs is she involved in" asks for what the preposition is of.
        let asks = self
            .segments
            .first()
            .is_some_and(|s| s.is(Op::Ask) && ENGLISH.choices.contains(&word(s)));
        let begins = back
            .find(|s| relative(s) || self.is_name(s) || !s.values.is_empty())
            .is_some_and(relative);
        if begins && !asks {
            return Err(vec![last.text.clone()]);
        }
        Ok(())
    }
}

impl Builder<'_> {
    /// Refuses a query that does not look at what a verb of the question names, and one that shows one column for two things.
    ///
    /// # Errors
    /// 22023, with the verb or the thing.
    pub(crate) fn refuse_left_out(&mut self, query: &Query) -> Result<()> {
        self.refuse_one_for_two()?;
        self.refuse_unrequested()?;
        self.refuse_had_far_away()?;
        self.refuse_number_for_popularity()?;
        self.refuse_length_of_others()?;
        self.refuse_misread()?;
        let mut looked_at: BTreeSet<usize> = BTreeSet::new();
        let _ = visit_relations(query, |name| {
            looked_at.extend(super::super::sql::ast::tables_named(self.catalog, name));
            ControlFlow::<()>::Continue(())
        });
        let sql = query.to_string();
        self.refuse_unseen(&looked_at, &sql)?;
        self.refuse_unseen_columns(&looked_at)?;
        self.refuse_unread(&sql)?;
        self.refuse_opaque(&looked_at)?;
        self.refuse_undone(&looked_at, query)?;
        self.refuse_unseen_verbs(&looked_at)
    }

    /// Whether a noun that is counted is the whole of what a column says: "subscribers" of `is_subscriber`.
    pub(crate) fn counts_flagged(&self, of: MentionId, at: ColumnRef) -> bool {
        let said = tokenize(&self.frame.mentions[of].text);
        let said: Vec<String> = said.into_iter().map(|t| t.stem).collect();
        let words = &self.lexicon.tables[at.table].columns[at.column];
        let plural = super::super::language::is_plural(&self.frame.mentions[of].text);
        let once = |o: &Output| matches!(o, Output::Count { of: m, distinct: false } if *m == of);
        plural
            && self.frame.outputs.iter().any(once)
            && (said == *words || nature::flagged(words).is_some_and(|name| name == said))
    }

    /// Refuses a query that looks neither at a thing that is asked for nor at a key that points at it: "category orders units".
    fn refuse_unseen(&self, looked_at: &BTreeSet<usize>, sql: &str) -> Result<()> {
        let shown = self.frame.outputs.iter().map(|o| match o {
            Output::Plain(m) | Output::Count { of: m, .. } | Output::Aggregate { of: m, .. } => *m,
        });
        for id in shown {
            let Target::Table(table) = self.target(id) else {
                continue;
            };
            let best = self.frame.mentions[id].candidates.iter();
            if !best
                .clone()
                .any(|c| c.target == Target::Table(*table) && c.score > NAMED)
            {
                continue;
            }
            let told = |edge: &super::super::schema::joins::Edge| {
                looked_at.contains(&edge.holder)
                    && edge.columns.iter().all(|&column| {
                        let at = ColumnRef {
                            table: edge.holder,
                            column,
                        };
                        let name = super::super::sql::ast::ident(&self.catalog.column(at).name);
                        sql.contains(&format!(".{name}"))
                    })
            };
            let mut keys = self.lexicon.graph.of(*table);
            if !looked_at.contains(table) && !keys.any(|(_, e)| e.target == *table && told(e)) {
                return Err(not_understood(format!(
                    "The answer would not look at \"{}\".",
                    self.frame.mentions[id].text
                )));
            }
        }
        // "Category orders units": whose they are said to be is one of them, is next to one, or is a part of its name.
        for output in &self.frame.outputs {
            let (Output::Plain(m) | Output::Count { of: m, .. } | Output::Aggregate { of: m, .. }) =
                output;
            let mut owner = self.frame.mentions[*m].of;
            for _ in 0..self.frame.mentions.len() {
                let Some(id) = owner else { break };
                if let Target::Table(table) = self.target(id)
                    && !looked_at.contains(table)
                    && !self.is_near(*table, looked_at)
                    && !looked_at.iter().any(|t| {
                        let stems = &self.lexicon.tables[*t].stems;
                        self.lexicon.tables[*table]
                            .stems
                            .iter()
                            .all(|s| stems.contains(s))
                    })
                {
                    return Err(not_understood(format!(
                        "The answer would not look at \"{}\".",
                        self.frame.mentions[id].text
                    )));
                }
                owner = self.frame.mentions[id].of;
            }
        }
        Ok(())
    }

    /// A key leads from a table to one of these.
    fn is_near(&self, table: usize, others: &BTreeSet<usize>) -> bool {
        let mut keys = self.lexicon.graph.of(table);
        keys.any(|(_, e)| others.contains(&e.holder) || others.contains(&e.target))
    }

    /// "The name of the work and the name of the festival" are two columns.
    fn refuse_one_for_two(&self) -> Result<()> {
        let shown: Vec<MentionId> = self
            .frame
            .outputs
            .iter()
            .filter_map(|o| match o {
                Output::Plain(m) if matches!(self.target(*m), Target::Column(_)) => Some(*m),
                _ => None,
            })
            .collect();
        let owner = |m: MentionId| self.frame.mentions[m].of.map(|of| self.target(of));
        // "Agents with the name of their mentor" where both are agents, and nothing leads from one to the other.
        let words = |m: MentionId| stems(&self.frame.mentions[m].text.to_lowercase());
        let things: Vec<MentionId> = self
            .frame
            .outputs
            .iter()
            .filter_map(|o| match o {
                Output::Plain(m) if matches!(self.target(*m), Target::Table(_)) => Some(*m),
                _ => None,
            })
            .collect();
        for &m in &shown {
            let Some(of) = self.frame.mentions[m].of else {
                continue;
            };
            let same = |t: &&MentionId| {
                **t != of && self.target(**t) == self.target(of) && words(**t) != words(of)
            };
            if things.iter().any(|t| same(&t)) {
                return Err(not_understood(format!(
                    "Whose \"{}\" is meant is not clear.",
                    self.frame.mentions[m].text
                )));
            }
        }
        for (i, &m) in shown.iter().enumerate() {
            let twice = shown[..i].iter().find(|&&n| {
                self.target(n) == self.target(m)
                    && owner(n).is_some()
                    && owner(m).is_some()
                    && owner(n) != owner(m)
            });
            if twice.is_some() {
                return Err(not_understood(format!(
                    "Whose \"{}\" is meant is not clear.",
                    self.frame.mentions[m].text
                )));
            }
        }
        Ok(())
    }
}
