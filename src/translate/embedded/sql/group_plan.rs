//! What a question asks of groups, before a table is chosen to count them in: what they are of, what is measured of each, which
//! measures are shown and which only decide (a condition, the order).
//!
//! Invariant: `GroupPlan::measures` holds each measure once, those that are shown first, so that a condition or an order on what is
//! shown is one on the very same number.

use super::super::language::{Aggregate, Arithmetic, Comparison, ENGLISH};
use super::super::linking::shown::Shown;
use super::super::reading::frame::{Condition, Dimension, Key, MentionId, Operand, Output};
use super::super::schema::lexicon::{Formula, Target};
use super::super::schema::nature::Nature;
use super::build::{Builder, Measured, not_understood};
use super::denied::negated;
use super::formulas::parts_of;
use crate::catalog::model::ColumnRef;
use crate::error::Result;
use sqlparser::ast::Expr;

/// What is asked of groups.
pub(crate) struct GroupPlan {
    /// What the groups are of; none where it is all rows.
    pub shown: Vec<Shown>,
    /// What is measured of each group, with its name in the answer.
    pub measures: Vec<(Measured, String)>,
    /// How many of the measures, from the first on, were asked for themselves.
    pub asked: usize,
    /// The conditions on groups: which measure, how it is compared, with what.
    pub having: Vec<(usize, Comparison, Operand)>,
    /// The measure that the groups are put in the order of.
    pub ordered_by: Option<usize>,
    /// For each further order, the measure that it is of, if it is of one.
    pub then: Vec<Option<usize>>,
    /// The thing that the groups are, where they are one.
    pub thing: Option<usize>,
}

impl GroupPlan {
    /// Whether the question picks some of the groups.
    pub fn choosing(&self, superlative: bool) -> bool {
        superlative || !self.having.is_empty()
    }
}

impl Builder<'_> {
    /// What the question asks of groups. Errors: 22023 when what to measure, to count or to order by is not clear.
    pub(crate) fn group_plan(&mut self) -> Result<GroupPlan> {
        let frame = self.frame;
        let mut shown = self.shown();
        // "the average age of male and female students": a number for each.
        if let Some(column) = self.listed_values()
            && !shown.contains(&Shown::Column(column))
        {
            shown.push(Shown::Column(column));
        }
        let mut measures = self.measures_asked(&shown)?;
        if let (true, Some(table)) = (measures.is_empty(), self.counted_rows(&shown)) {
            measures.push((
                Measured::Rows(table),
                self.catalog.tables[table].name.clone(),
            ));
        }
        let asked = measures.len();
        let mut having = Vec::new();
        if !self.by_row {
            for condition in &frame.conditions {
                if let Some((of, measure, op, right)) = self.quantified(condition)? {
                    let name = match condition {
                        Condition::Aggregate { function, .. } => {
                            self.measure_name(Some(*function), of)
                        }
                        _ => frame.mentions[of].text.clone(),
                    };
                    having.push((self.add_measure(&mut measures, measure, &name), op, right));
                }
            }
            self.refuse_own_counts(&shown)?;
        }
        let thing = shown.iter().find_map(|s| self.shown_table(s));
        let ordered_by = self.measure_of_order(&shown, thing, &mut measures)?;
        let mut then = Vec::new();
        for further in &frame.then {
            then.push(self.measure_of_further(&further.key, &shown, &mut measures)?);
        }
        if frame.picks.is_some() && ordered_by.is_some() {
            return Err(not_understood(
                "The first of which rows is meant is not clear.",
            ));
        }
        if measures.is_empty() {
            return Err(not_understood("What to measure is not clear."));
        }
        self.drop_groups_of_one(&mut shown, &measures);
        // What a calculation is made of must make sense by itself.
        let parts: Vec<(Measured, String)> = measures
            .iter()
            .flat_map(|(m, name)| parts_of(m).into_iter().map(|p| (p.clone(), name.clone())))
            .collect();
        self.refuse_senseless(&shown, &parts)?;
        if shown.is_empty() && !having.is_empty() {
            return Err(not_understood(
                "Groups that fulfil a condition cannot be counted yet: ask for the groups themselves.",
            ));
        }
        Ok(GroupPlan {
            shown,
            measures,
            asked,
            having,
            ordered_by,
            then,
            thing,
        })
    }

    /// The measures that the question asks for, each once.
    fn measures_asked(&mut self, shown: &[Shown]) -> Result<Vec<(Measured, String)>> {
        let frame = self.frame;
        let mut measures: Vec<(Measured, String)> = Vec::new();
        let mut numbers: Vec<MentionId> = Vec::new();
        for output in &frame.outputs {
            match output {
                Output::Count { of, distinct } => {
                    self.refuse_count_of(*of, *distinct)?;
                    let name = frame.mentions[*of].text.clone();
                    measures.push(self.with_own(self.counted(*of, *distinct), *of, name));
                    numbers.push(*of);
                }
                Output::Aggregate { function, of } => {
                    let target = self.target(*of);
                    if let Some(function) = function
                        && let Some(between) = self.between(*function, *of)?
                    {
                        let Measured::Between { unit, .. } = between else {
                            continue;
                        };
                        let name = format!("{} {}s", function.word(), unit.name());
                        measures.push((between, name));
                        numbers.push(*of);
                        continue;
                    }
                    // The average of what it is grouped by is that.
                    let itself = match target {
                        Target::Column(c) => shown.contains(&Shown::Column(*c)),
                        _ => false,
                    };
                    if function.is_none() && itself {
                        continue;
                    }
                    let plain = matches!(target, Target::Column(_));
                    let named = function.or(plain.then(|| self.default_aggregate(target)));
                    let name = self.measure_name(*function, *of);
                    let measure = self.aggregate_of(named, *of)?;
                    measures.push(self.with_own(measure, *of, name));
                    numbers.push(*of);
                }
                Output::Plain(_) => {}
            }
        }
        self.refuse_repeated_extremes()?;
        if !frame.calculations.is_empty() {
            let measures = measures.into_iter();
            let numbers = numbers.into_iter().zip(measures);
            return self.calculated(numbers.map(|(of, (m, name))| (of, m, name)).collect());
        }
        let asked = measures.len();
        let once = Self::without_repeats(measures);
        // "the number of members and the number of active members": what is said of one is not said of the other.
        let time = |c: &Condition| matches!(c, Condition::Time { .. });
        if once.len() < asked && !frame.conditions.iter().all(time) {
            return Err(not_understood(
                "Of which of the numbers asked for a condition is said is not clear.",
            ));
        }
        Ok(once)
    }

    /// An aggregate of what a mention names: an average of parts is that of what they are parts of.
    ///
    /// # Errors
    /// 22023 where it is not clear what the average is of.
    pub(crate) fn aggregate_of(
        &self,
        function: Option<Aggregate>,
        of: MentionId,
    ) -> Result<Measured> {
        let target = self.target(of).clone();
        Ok(match self.whole_of_parts(function, of)? {
            Some(whole) => Measured::Calculated(
                Box::new(Measured::Aggregate(Some(Aggregate::Sum), target)),
                Arithmetic::Over,
                Box::new(Measured::Values(whole)),
            ),
            None => Measured::Aggregate(function, target),
        })
    }

    /// "The average order value" of the lines of orders, of which an order has several: what each order has together. The column by which
    /// the lines belong to it; `None` where the rows themselves are what the average is of.
    ///
    /// # Errors
    /// 22023 where it is the average of a column.
    fn whole_of_parts(&self, function: Option<Aggregate>, of: usize) -> Result<Option<ColumnRef>> {
        if function != Some(Aggregate::Avg) {
            return Ok(None);
        }
        let table = self.table(of);
        let words = &self.lexicon.tables[table];
        let own = |stem: &String| match self.target(of) {
            // How long something took has no parts.
            Target::Column(c)
                if super::super::schema::lengths::is_length(self.catalog.column(*c)) =>
            {
                true
            }
            Target::Column(c) => {
                words.columns[c.column].contains(stem) || words.stems.contains(stem)
            }
            _ => false,
        };
        let said = super::super::language::stems(&self.frame.mentions[of].text.to_lowercase());
        // "The average order item value" is that of the lines.
        let itself = words.stems.iter().all(|stem| said.contains(stem));
        let part = (0..words.columns.len()).find(|&c| {
            let name = &words.columns[c];
            let number = name.last().is_some_and(|last| ENGLISH.keys.contains(last));
            number
                && name.len() == 2
                && said.contains(&name[0])
                && !own(&name[0])
                && !super::measures::is_key(&self.catalog.tables[table], c)
        });
        // "The delivery value", "the value of deliveries"
        let mention = &self.frame.mentions[of];
        let measure = matches!(self.target(of), Target::Measure(_));
        let asked = |id: &MentionId| {
            let output =
                |o: &Output| matches!(o, Output::Plain(m) | Output::Count { of: m, .. } if m == id);
            let group = |d: &Dimension| matches!(d, Dimension::Mention(m) if m == id);
            self.frame.outputs.iter().any(output) || self.frame.group.iter().any(group)
        };
        let before = of.checked_sub(1).filter(|id| !asked(id));
        let owners = [mention.of, mention.near, before].into_iter().flatten();
        let owners = owners.filter(|id| measure && matches!(self.target(*id), Target::Table(_)));
        let mut owners = owners
            .map(|owner| self.table(owner))
            .filter(|t| *t != table);
        let belongs = |owner: usize| {
            let mut edges = self.lexicon.graph.of(table).map(|(_, e)| e);
            let edge = edges.find(|e| e.holder == table && e.target == owner && !e.one_to_one)?;
            match edge.columns[..] {
                [column] => Some(column),
                _ => None,
            }
        };
        if let Some(thing) = self.frame.average_of {
            let of_thing = belongs(self.table(thing)).map(|column| ColumnRef { table, column });
            return of_thing.map(Some).ok_or_else(|| {
                not_understood(format!(
                    "The average of what each {} brings can only be grouped where no table is between them.",
                    self.frame.mentions[thing].text
                ))
            });
        }
        let belongs = owners.find_map(belongs);
        let part = belongs.or(part.filter(|_| !itself));
        let part = part.map(|column| ColumnRef { table, column });
        let adds_up = match self.target(of) {
            Target::Measure(m) => {
                let measure = &self.lexicon.measures[*m];
                measure.denominator.is_none() && !matches!(measure.formula, Formula::Defined(_))
            }
            _ => false,
        };
        match part {
            Some(at) if !adds_up => Err(not_understood(format!(
                "Several rows of {} may have the same {}: of what the average is asked for is not clear.",
                self.table_name(table),
                self.catalog.column(at).name
            ))),
            part => Ok(part),
        }
    }

    /// Refuses to count what is a number, or what the question says the value of.
    fn refuse_count_of(&self, of: usize, distinct: bool) -> Result<()> {
        let frame = self.frame;
        let Target::Column(column) = self.target(of) else {
            return Ok(());
        };
        // "different types of beds" is no number of different numbers of beds.
        let kinds = frame.words.iter().any(|w| ENGLISH.kinds.contains(w));
        if (!distinct || kinds)
            && matches!(self.lexicon.nature(*column), Nature::Amount | Nature::Rate)
        {
            return Err(not_understood(format!(
                "{} is a number: ask for its sum or its average.",
                self.catalog.column(*column).name
            )));
        }
        let its_value = |condition: &Condition| match condition {
            Condition::Value {
                value,
                negated: false,
            } => matches!(self.target(*value), Target::Value(v, _) if v == column),
            _ => false,
        };
        if frame.conditions.iter().any(its_value) {
            return Err(not_understood(format!(
                "Of what the different {} are counted is not clear.",
                self.catalog.column(*column).name
            )));
        }
        Ok(())
    }

    /// The measure by which groups are put in order, added to the others when it is not among them.
    fn measure_of_order(
        &mut self,
        shown: &[Shown],
        thing: Option<usize>,
        measures: &mut Vec<(Measured, String)>,
    ) -> Result<Option<usize>> {
        let frame = self.frame;
        if frame.order.is_none() {
            return Ok(None);
        }
        if let Some((left, by, right)) = &frame.ranked {
            let (measure, name) = self.ranked_by(left, *by, right)?;
            return Ok(Some(self.add_measure(measures, measure, &name)));
        }
        Ok(match &self.order_key().unwrap_or(Key::Rows) {
            Key::Count(id) => {
                let measure = self.counted(*id, false);
                Some(self.add_measure(measures, measure, &frame.mentions[*id].text))
            }
            Key::Aggregate(function, id) => {
                let measure = self.aggregate_of(*function, *id)?;
                let name = self.measure_name(*function, *id);
                Some(self.add_measure(measures, measure, &name))
            }
            Key::Rows if measures.is_empty() => {
                let thing = thing.ok_or_else(|| not_understood("What to count is not clear."))?;
                let table = match self.occurs_in(thing)? {
                    Some(table) => table,
                    None => self.counted_where(shown, thing)?,
                };
                Some(self.add_measure(measures, Measured::Rows(table), "count"))
            }
            Key::Rows if frame.superlative => {
                // "the most common types and their counts": ranked by the counts that are shown.
                let counts = |m: &Measured| matches!(m, Measured::Rows(_));
                let shown = match thing.filter(|_| measures.iter().any(|(m, _)| counts(m))) {
                    Some(thing) => {
                        let table = match self.occurs_in(thing)? {
                            Some(table) => table,
                            None => self.counted_where(shown, thing)?,
                        };
                        measures
                            .iter()
                            .position(|(m, _)| *m == Measured::Rows(table))
                    }
                    None => None,
                };
                if shown.is_some() {
                    return Ok(shown);
                }
                return Err(not_understood(
                    "By what the first are to be found is not clear.",
                ));
            }
            Key::Rows => Some(0),
            // By what is measured, where that is not what the groups are of.
            Key::Mention(id) => match self.target(*id) {
                Target::Column(c) if shown.contains(&Shown::Column(*c)) => None,
                target => {
                    let same = measures
                        .iter()
                        .position(|(m, _)| matches!(m, Measured::Aggregate(_, of) if of == target));
                    match target {
                        // "top 3 specialties by total amount" beside other numbers.
                        Target::Column(c)
                            if same.is_none()
                                && frame.superlative
                                && self.lexicon.nature(*c) == Nature::Amount =>
                        {
                            let measure = self.aggregate_of(Some(Aggregate::Sum), *id)?;
                            let name = self.measure_name(Some(Aggregate::Sum), *id);
                            Some(self.add_measure(measures, measure, &name))
                        }
                        _ => same,
                    }
                }
            },
            Key::Size => return Err(not_understood("By which number to order is not clear.")),
            Key::Adjective(_) | Key::Date => None,
        })
    }

    /// "Which country has the most" asks for a country: rows that name none are no answer.
    pub(crate) fn without_nameless(&mut self, shown: &[Shown]) -> Vec<Expr> {
        let columns: Vec<ColumnRef> = shown
            .iter()
            .filter_map(|s| match s {
                Shown::Column(c) if self.frame.superlative => Some(*c),
                _ => None,
            })
            .filter(|c| !self.catalog.column(*c).not_null && !self.stands_for_thing(*c))
            .collect();
        columns
            .into_iter()
            .chain(self.undated(shown))
            .map(|c| Expr::IsNotNull(Box::new(self.column(c))))
            .collect()
    }

    /// "Permits *decided* per month": the date of what was done, which is missing where it was not. The only date of a thing is merely not
    /// known there.
    fn undated(&self, shown: &[Shown]) -> Option<ColumnRef> {
        let grouped = shown.iter().any(|s| matches!(s, Shown::Time(_)));
        let at = self
            .date_by_verb()
            .filter(|_| grouped && !self.has_time())?;
        let others = self.lexicon.date_columns(self.catalog, at.table).len() > 1;
        let missing = at.table == self.root && !self.catalog.column(at).not_null;
        (others && missing).then_some(at)
    }

    /// The column whose values a question lists with "and", when its rows hold one of them each.
    fn listed_values(&mut self) -> Option<ColumnRef> {
        let frame = self.frame;
        let of = |c: &Condition| self.value_column(c).filter(|_| !negated(c));
        let listed = frame.conditions.iter().find_map(|c| match c {
            Condition::All(several) if !frame.both => {
                let first = of(several.first()?)?;
                several
                    .iter()
                    .all(|c| of(c) == Some(first))
                    .then_some(first)
            }
            _ => None,
        })?;
        let subject = frame.head.map(|head| self.table(head)).or_else(|| {
            frame.outputs.iter().find_map(|o| match o {
                Output::Aggregate { of, .. } | Output::Count { of, .. } => Some(
                    super::super::linking::resolve::table_of(self.lexicon, self.target(*of)),
                ),
                Output::Plain(_) => None,
            })
        })?;
        (subject == listed.table).then_some(listed)
    }
}
