//! Rows of nobody: visits without a physician, where physicians are listed.
//!
//! Invariant: "the visits of each physician" and "physicians and their visits" are those of physicians, so that rows without one are left out,
//! and the assumptions say so; "by physician" and "for each physician" divide all rows, and show those of nobody as
//! such. An average over physicians never counts nobody as one.

use super::super::reading::frame::{MentionId, Output, mention_of_dimension};
use super::super::schema::lexicon::Target;
use super::build::Builder;

impl Builder<'_> {
    /// "How many visits does each physician have", "the visits of each physician", "physicians and their number of visits": rows of nobody are
    /// none of theirs. "By physician" and "for each physician" divide all rows, also those of nobody.
    pub(crate) fn keep_doers(&mut self) {
        // "The average number of tracks per album": rows without an album are none of an album.
        if let Some(rollup) = self.frame.rollup
            && let Some(id) = mention_of_dimension(&self.frame.group[rollup.over])
            && let Target::Table(table) = *self.target(id)
        {
            self.strict.insert(table);
        }
        // A share is one of all, also of what is nobody's.
        if self.frame.window.is_some() {
            return;
        }
        for table in self.things_listed() {
            if self.strict.insert(table) && self.may_lack(table) {
                let name = self.table_name(table);
                self.assumptions
                    .push(format!("rows without one of {name} are left out"));
            }
        }
    }

    /// The things of which each is asked for: "the policies of each agent", "employees and the number of customers they support".
    fn things_listed(&self) -> Vec<usize> {
        let frame = self.frame;
        let thing = |id: MentionId| match *self.target(id) {
            Target::Table(table) => Some(table),
            _ => None,
        };
        if let [group] = &frame.group[..] {
            let id = mention_of_dimension(group).filter(|_| frame.does);
            return id.and_then(thing).into_iter().collect();
        }
        let listed = frame.outputs.iter().filter_map(|o| match o {
            Output::Plain(id) if frame.group.is_empty() => thing(*id),
            _ => None,
        });
        listed.collect()
    }

    /// "Each physician's name and specialty": what is listed are columns of things, and rows without one are no such thing.
    pub(crate) fn keep_listed_things(&mut self) {
        let owned = |id: &MentionId| self.frame.mentions[*id].of.is_some();
        let listed = self.frame.outputs.iter().filter_map(|o| match o {
            Output::Plain(id) => Some(*id),
            _ => None,
        });
        let groups = self.frame.group.iter().filter_map(mention_of_dimension);
        let listed: Vec<MentionId> = listed.chain(groups.filter(owned)).collect();
        for id in listed {
            if let Target::Column(column) = self.target(id)
                && column.table != self.root
            {
                self.strict.insert(column.table);
            }
        }
    }
}
