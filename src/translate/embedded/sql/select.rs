//! What is selected: rows of things, or measures of groups.

use super::super::language::ENGLISH;
use super::super::linking::shown::Shown;
use super::super::reading::adjectives;
use super::super::reading::frame::{Condition, Key, Output};
use super::super::schema::lexicon::Target;
use super::super::schema::measured;
use super::super::schema::nature::{self, Nature};
use super::ast::{self, Parts};
use super::build::{Builder, not_understood};
use crate::catalog::model::{ColumnRef, Part, TypeClass};
use crate::error::Result;
use sqlparser::ast::{Expr, Query};

/// `n_distinct` of a column in which most rows have a value of their own: a text, not a category.
const MOSTLY_DIFFERENT: f32 = -0.5;

impl Builder<'_> {
    /// Says by which column the first are found that an adjective asks for.
    fn assume_adjective(&mut self, superlative: &str, more: bool, column: ColumnRef) {
        let end = if more { "the greatest" } else { "the least" };
        let name = &self.catalog.column(column).name;
        self.assumptions
            .push(format!("\"{superlative}\" is read as {end} {name}"));
    }

    /// "Classes taught by each instructor": whose each of them is, where nothing that is shown tells it.
    fn owner_of_each(&self, shown: &[Shown]) -> Option<usize> {
        let frame = self.frame;
        let [Output::Plain(id)] = frame.outputs[..] else {
            return None;
        };
        let (Target::Table(thing) | Target::Column(ColumnRef { table: thing, .. }), Some(owner)) =
            (self.target(id).clone(), frame.mentions[id].of)
        else {
            return None;
        };
        let column = matches!(self.target(id), Target::Column(_));
        // Rows without a name are shown whole, with the key of whose they are.
        if !column && self.lexicon.tables[thing].display.is_empty() {
            return None;
        }
        let Target::Table(owner) = *self.target(owner) else {
            return None;
        };
        // That no two rows have the same amount says nothing of whose it is.
        let name = |at: ColumnRef| {
            let number = matches!(self.lexicon.nature(at), Nature::Amount | Nature::Rate);
            self.tells_apart(at) && !number
        };
        let told = |s: &Shown| match s {
            Shown::Column(at) => at.table == owner && (!column || name(*at)),
            _ => self.shown_table(s) == Some(owner),
        };
        let listed = frame.each && frame.group.is_empty() && frame.order.is_none();
        let named = !self.lexicon.tables[owner].display.is_empty();
        (listed && named && (column || owner != thing) && !shown.iter().any(told)).then_some(owner)
    }

    /// Rows of things, without aggregates.
    pub(crate) fn rows(&mut self) -> Result<Query> {
        let frame = self.frame;
        if frame.new.is_some() {
            return Err(not_understood("Ask how many of them are new."));
        }
        if frame.window.is_some() || frame.zeros || frame.versus.is_some() || frame.rollup.is_some()
        {
            return Err(not_understood("What is to be measured is not clear."));
        }
        let mut shown = self.shown();
        // "price minus cost of each article": of which it is, is shown.
        if let (true, true, Some(head)) = (
            shown.is_empty(),
            !frame.calculations.is_empty(),
            frame.head.map(|head| self.table(head)),
        ) {
            shown.push(Shown::Thing(head));
        }
        if let Some(owner) = self.owner_of_each(&shown) {
            shown.insert(0, Shown::Thing(owner));
            self.strict.insert(owner);
        }
        if shown.is_empty() && !frame.calculations.is_empty() {
            return Err(not_understood(
                "Whether the total of what is calculated is meant, or that of each row, is not clear.",
            ));
        }
        if frame.whole && !shown.iter().any(|s| matches!(s, Shown::Thing(_))) {
            return Err(not_understood("What all is asked for about is not clear."));
        }
        let order_table = match &self.frame.order {
            Some(order) => match order.key {
                Key::Mention(id) => Some(self.table(id)),
                Key::Adjective(_) => self.frame.dated.map(|m| self.table(m)),
                _ => None,
            },
            None => None,
        };
        let bare =
            |s: &Shown| matches!(s, Shown::Thing(t) if self.lexicon.tables[*t].display.is_empty());
        let roles = |s: &Shown| matches!(s, Shown::Thing(t) if self.lexicon.role(*t).is_some());
        let others = shown.iter().filter(|s| !roles(s)).count();
        if others > 1 && shown.iter().any(bare) {
            return Err(not_understood(
                "Which columns are to be shown is not clear.",
            ));
        }
        let mut tables: Vec<usize> = shown.iter().filter_map(|s| self.shown_table(s)).collect();
        let first = match self.frame.head {
            Some(head) => self.table(head),
            None => *tables
                .first()
                .ok_or_else(|| not_understood("Nothing was asked for."))?,
        };
        // Its columns may be those of what it points at: "the names of the body builders".
        let head = self.frame.head.map(|head| self.table(head));
        tables.extend(head.filter(|head| !tables.contains(head)));
        tables.extend(order_table);
        tables.extend(self.calculated_tables());
        tables.extend(frame.then.iter().filter_map(|then| match then.key {
            Key::Mention(id) => Some(self.table(id)),
            _ => None,
        }));
        tables.extend(self.picked_by_count().filter(|t| !tables.contains(t)));
        let dated = self.frame.dated.map(|m| self.table(m));
        tables.extend(dated.filter(|t| !tables.contains(t)));
        self.event = self.date_of_event(first)?;
        tables.extend(
            self.event
                .map(|at| at.table)
                .filter(|t| !tables.contains(t)),
        );
        let root = match self.finest(first, &tables)? {
            Some(root) => root,
            None => {
                return Err(not_understood(
                    "The columns asked for do not belong to the same rows.",
                ));
            }
        };
        self.join_all(root, &tables)?;
        let mut parts = Parts {
            distinct: self.frame.distinct || self.lists_values(&shown),
            ..Parts::default()
        };
        let condition = self.conditions(first)?;
        parts.condition = super::ast::all_of(condition.into_iter().chain(self.done()));
        let by_key = |s: &Shown| match s {
            Shown::Column(c) => super::measures::is_key(self.catalog.table(*c), c.column),
            _ => true,
        };
        if self.two_values && !shown.iter().any(by_key) {
            return Err(not_understood("One row cannot hold two values at once."));
        }
        for s in &shown {
            self.show_row(s, &mut parts);
        }
        self.show_calculated(&mut parts)?;
        let mut among_first = false;
        // "from which towns do no players come" denies it of the town, not of the row that it stands in.
        let denied = |c: &Condition| matches!(c, Condition::Related { negated: true, .. });
        let value = |s: &Shown| matches!(s, Shown::Column(c) if !self.lexicon.tables[c.table].display.contains(&c.column));
        if self.frame.head.is_none()
            && shown.iter().all(|s| value(s) && !by_key(s))
            && self.frame.conditions.iter().any(denied)
        {
            return Err(not_understood(
                "Whether it is denied of each row or of all that have the value is not clear.",
            ));
        }
        // "the cities in the county with the most officers": all that point at it.
        let picked = order_table
            .filter(|table| self.are_many(root, *table))
            .or(self.picked_by_count());
        if let (Some(table), Some(order)) = (picked, &self.frame.order) {
            let first = self.points_at_first(first, table, order)?;
            parts.condition = ast::all_of(parts.condition.take().into_iter().chain([first]));
        } else if let Some(order) = &self.frame.order {
            let (expr, descending) = self.row_order(&order.key, order.descending, first)?;
            let apart = parts.distinct && !parts.columns.iter().any(|(e, _)| *e == expr);
            // "the distinct ranges of the 3 highest mountains": the different ones among those of the first.
            among_first = apart && self.frame.superlative && self.frame.limit.is_some();
            // "the different names by label": what they are put in the order of is shown with them.
            if apart && !among_first {
                let Key::Mention(id) = order.key else {
                    return Err(not_understood(
                        "Different values cannot be put in the order of something else.",
                    ));
                };
                let (Target::Column(at), false, true) = (
                    self.target(id),
                    self.frame.superlative,
                    self.frame.then.is_empty(),
                ) else {
                    return Err(not_understood(
                        "Different values cannot be put in the order of something else.",
                    ));
                };
                self.push_column(*at, None, &mut parts);
                self.assumptions.push(format!(
                    "{} is shown as well, because different rows are put in its order",
                    self.catalog.column(*at).name
                ));
            }
            // "top 5 suppliers by number of plants, with that number"
            if self.frame.echoed && !parts.columns.iter().any(|(e, _)| *e == expr) {
                if !matches!(expr, sqlparser::ast::Expr::CompoundIdentifier(_)) {
                    return Err(not_understood(
                        "Which number is to be shown as well is not clear.",
                    ));
                }
                parts.columns.push((expr.clone(), None));
            }
            self.said.order = Some(self.said_order(&order.key, descending).into());
            parts.order_by.push((expr, descending));
            for then in &self.frame.then {
                // Equal ones may be put in the order of a text, by which no first is found.
                let key = match then.key {
                    Key::Mention(id) if let Target::Column(at) = self.target(id) => {
                        (self.column(*at), then.descending)
                    }
                    _ => self.row_order(&then.key, then.descending, first)?,
                };
                parts.order_by.push(key);
            }
            parts.limit = self.frame.limit;
        }
        self.from(&mut parts, true);
        if among_first {
            parts.distinct = false;
            let columns = (0..parts.columns.len())
                .map(|i| Ok((super::nested::named(&parts, i)?, None)))
                .collect::<Result<Vec<_>>>()?;
            return Ok(Parts {
                distinct: true,
                columns,
                from: Some(super::ast::derived(parts.query(), "ranked")),
                ..Parts::default()
            }
            .query());
        }
        Ok(parts.query())
    }

    /// "Which ranks are there?" asks for the values of a column, each once; "the rank of the teachers" for one per row.
    fn lists_values(&self, shown: &[Shown]) -> bool {
        let frame = self.frame;
        let ([Shown::Column(c)], [Output::Plain(m), things @ ..]) = (shown, &frame.outputs[..])
        else {
            return false;
        };
        // "in which countries do the suppliers work": of the suppliers.
        let its = |o: &Output| matches!(o, Output::Plain(m) if *self.target(*m) == Target::Table(c.table));
        if !things.iter().all(its) {
            return false;
        }
        let table = self.catalog.table(*c);
        frame.mentions[*m].of.is_none()
            && frame.order.is_none()
            && frame.limit.is_none()
            && !super::measures::is_key(table, c.column)
            && !self.lexicon.tables[c.table].display.contains(&c.column)
            && (frame.which
                || table.columns[c.column]
                    .distinct
                    .is_none_or(|distinct| distinct > MOSTLY_DIFFERENT)
                    && (table.columns[c.column].class == TypeClass::Integer
                        && !self.targets.contains(&Target::Table(c.table))
                        || !matches!(self.lexicon.nature(*c), Nature::Amount | Nature::Rate)))
    }

    /// An order as a reading has it: of times, of texts, or of numbers.
    pub(crate) fn said_order(&self, key: &Key, descending: bool) -> &'static str {
        let at = match key {
            Key::Mention(id) => match self.target(*id) {
                Target::Column(at) | Target::Value(at, _) => Some(*at),
                Target::Table(table) => match self.lexicon.tables[*table].display[..] {
                    [column] => Some(ColumnRef {
                        table: *table,
                        column,
                    }),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let class = at.map(|at| self.catalog.column(at).class);
        let time = *key == Key::Date || class.is_some_and(super::super::schema::nature::is_date);
        let text = matches!(class, Some(TypeClass::Text));
        match (time, text, descending) {
            (true, _, true) => "latest first",
            (true, _, false) => "earliest first",
            (_, true, true) => "in reverse alphabetical order",
            (_, true, false) => "in alphabetical order",
            (_, _, true) => "largest first",
            (_, _, false) => "smallest first",
        }
    }

    pub(crate) fn show_row(&mut self, shown: &Shown, parts: &mut Parts) {
        match shown {
            Shown::Column(c) => {
                self.said.shown.push(self.catalog.column(*c).name.clone());
                self.push_column(*c, None, parts);
            }
            Shown::Thing(t) => {
                self.said.shown.push(self.table_name(*t));
                let display = self.lexicon.tables[*t].display.clone();
                let columns: Vec<usize> = if display.is_empty() || self.frame.whole {
                    let columns = &self.catalog.tables[*t].columns;
                    (0..columns.len())
                        .filter(|&c| columns[c].part.is_none())
                        .collect()
                } else {
                    display
                };
                for column in columns {
                    self.push_column(ColumnRef { table: *t, column }, None, parts);
                }
            }
            Shown::Time(_) => {}
        }
    }

    pub(crate) fn push_column(&mut self, at: ColumnRef, name: Option<String>, parts: &mut Parts) {
        // A date is shown as it is stored, unless different ones are put in their order.
        let expr = if parts.distinct && self.frame.order.is_some() {
            self.column(at)
        } else {
            self.stored(at)
        };
        let own = self.catalog.column(at).name.clone();
        let wanted = name.unwrap_or_else(|| own.clone());
        let taken = parts
            .columns
            .iter()
            .any(|(_, n)| n.as_deref() == Some(own.as_str()));
        // A second column of the same name says whose it is.
        let role = self.lexicon.role(at.table).map(|role| &role.label);
        let wanted = if let Some(role) = role {
            format!("{role}_{own}")
        } else if taken {
            format!("{}_{own}", self.catalog.tables[at.table].name)
        } else {
            wanted
        };
        let name = self.unique_name(&wanted, &parts.columns);
        parts.columns.push((expr, Some(name)));
    }

    /// What rows are put in order by.
    pub(crate) fn row_order(
        &mut self,
        key: &Key,
        descending: bool,
        head: usize,
    ) -> Result<(Expr, bool)> {
        match key {
            Key::Mention(id) => {
                let expr = match self.target(*id) {
                    Target::Column(c) if self.frame.superlative && !self.is_ordered(*c) => {
                        return Err(not_understood(format!(
                            "{} is a text: say by what the first is to be found.",
                            self.catalog.column(*c).name
                        )));
                    }
                    Target::Column(c) => self.column(*c),
                    Target::Table(t) => {
                        let display = self.lexicon.tables[*t].display.first().copied();
                        let column = display.ok_or_else(|| {
                            not_understood(format!(
                                "What to order {} by is not clear.",
                                self.table_name(*t)
                            ))
                        })?;
                        self.column(ColumnRef { table: *t, column })
                    }
                    _ => return Err(not_understood("What to order by is not clear.")),
                };
                Ok((expr, descending))
            }
            Key::Adjective(i) => {
                let head = self.frame.dated.map_or(head, |m| self.table(m));
                let words = &ENGLISH.adjectives[*i];
                let tables = [head];
                // "The longest outage" is not the one with the latest `start_time`.
                let mut named = words.greater.iter().chain(&words.smaller).flatten();
                let lasts = named.any(|stem| ENGLISH.lasting.contains(stem));
                for (list, more) in [(&words.greater, true), (&words.smaller, false)] {
                    for stems in list {
                        let found = tables.iter().find_map(|t| {
                            let column = self.lexicon.tables[*t]
                                .columns
                                .iter()
                                .enumerate()
                                .position(|(c, name)| {
                                    let column = &self.catalog.tables[*t].columns[c];
                                    let class = column.class;
                                    // Of the same age the one who was born first is older.
                                    let born = matches!(column.part, Some(Part::Age { .. }));
                                    // What is due first is not the oldest.
                                    let at = ColumnRef {
                                        table: *t,
                                        column: c,
                                    };
                                    !born
                                        && !self.lexicon.is_due(at)
                                        && (name.ends_with(stems)
                                            || measured::without_unit(name).ends_with(stems))
                                        && (nature::is_numeric(class)
                                            || nature::is_date(class) && !lasts
                                            || class == TypeClass::Interval)
                                })?;
                            Some(ColumnRef { table: *t, column })
                        });
                        // Any day of theirs that is called otherwise: `created_at`.
                        let dated =
                            matches!(&stems[..], [noun] if ENGLISH.date_nouns.contains(noun));
                        let own = || {
                            let dates = self.lexicon.date_columns(self.catalog, head).into_iter();
                            let mut dates = dates.map(|column| ColumnRef {
                                table: head,
                                column,
                            });
                            dates.find(|at| !self.lexicon.is_due(*at))
                        };
                        let found = found.or_else(|| own().filter(|_| dated));
                        if let Some(column) = found {
                            self.assume_adjective(&words.superlative, more, column);
                            return Ok((self.column(column), more == descending));
                        }
                    }
                }
                // What a comment calls a length is one as well.
                let measured = |c: &ColumnRef| {
                    let class = self.catalog.column(*c).class;
                    nature::is_numeric(class) || class == TypeClass::Interval
                };
                let called = adjectives::own_columns(self.lexicon, *i, head);
                let columns = called.iter().filter_map(|c| match c.target {
                    Target::Column(at) => Some(at),
                    _ => None,
                });
                if let [column] = columns.filter(measured).collect::<Vec<_>>()[..] {
                    let more = !adjectives::is_turned(*i, column, self.lexicon);
                    self.assume_adjective(&words.superlative, more, column);
                    return Ok((self.column(column), more == descending));
                }
                Err(not_understood(format!(
                    "{} has no column that \"{}\" speaks of.",
                    self.table_name(head),
                    words.superlative
                )))
            }
            Key::Date if let Some(at) = self.event => Ok((self.column(at), descending)),
            Key::Date => {
                let head = self.frame.dated.map_or(head, |m| self.table(m));
                let columns = self.lexicon.date_columns(self.catalog, head);
                let column = columns
                    .first()
                    .or(self
                        .lexicon
                        .year_columns(head)
                        .first()
                        .filter(|_| columns.is_empty()))
                    .copied();
                let column = column.ok_or_else(|| {
                    not_understood(format!("{} has no date.", self.table_name(head)))
                })?;
                let at = ColumnRef {
                    table: head,
                    column,
                };
                self.assumptions
                    .push(format!("the date is {}", self.catalog.column(at).name));
                Ok((self.column(at), descending))
            }
            _ => Err(not_understood("What to order by is not clear.")),
        }
    }
}
