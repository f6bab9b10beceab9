//! The keys that hold the tables together, and the tree of joins that a set of tables needs.
//!
//! Invariant: a join is made over a key that proves it. A foreign key is one; what stands for one where a table declares none, says
//! [`super::undeclared`].

use super::keyroles::roles;
use super::names::Splitter;
use super::undeclared::{self, Found, Proof};
use crate::catalog::model::Catalog;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A key from the table that holds it to the table it points at.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    pub holder: usize,
    pub target: usize,
    pub columns: Vec<usize>,
    pub target_columns: Vec<usize>,
    /// A row of the holder may have no partner.
    pub nullable: bool,
    /// The holder's columns are unique: at most one row on either side.
    pub one_to_one: bool,
    /// What tells that it is a key.
    pub proof: Proof,
    /// The words before the target's name in the holder's column, which say what the target is to the holder: the
    /// "home" of `home_team_id`. Empty for a key of several columns.
    pub role: Vec<String>,
    /// The words of a comment that call the target so, where the column has a short form of them: "seller" of `slr_id`.
    pub called: Vec<String>,
}

/// All the edges of a catalog.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub edges: Vec<Edge>,
    /// The places of keys that lead from one table to the same other, where there are several.
    pub parallel: Vec<Vec<usize>>,
    pub(crate) by_table: Vec<Vec<usize>>,
    /// By the tables of the catalog: the edges to and from copies of tables, which stand for a role; see `roles`.
    pub(crate) to_copies: HashMap<usize, Vec<usize>>,
    /// Tables that are called after the two things that they tie together: `WorkerSkill`.
    links: Vec<bool>,
    /// Tables that hold nothing but pairs; see [`super::bridges`].
    pub(crate) bridges: Vec<bool>,
    /// The number of tables that are no copies.
    pub(crate) tables: usize,
}

/// One join of a tree: `child` is joined to `parent`, which is in the tree already.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Join {
    pub edge: usize,
    pub parent: usize,
    pub child: usize,
    /// Each row of the parent meets at most one of the child.
    pub to_one: bool,
}

/// Why a set of tables could not be joined.
#[derive(Clone, Debug, PartialEq)]
pub enum JoinError {
    /// No keys lead from one table to the other.
    Unconnected(usize, usize),
    /// Two different keys lead there equally well.
    Ambiguous(Vec<usize>),
}

impl Graph {
    /// Reads the keys of a catalog.
    pub fn new(catalog: &Catalog, splitter: &Splitter) -> Graph {
        let mut graph = Graph {
            edges: Vec::new(),
            parallel: Vec::new(),
            by_table: vec![Vec::new(); catalog.tables.len()],
            to_copies: HashMap::new(),
            links: Vec::new(),
            bridges: Vec::new(),
            tables: catalog.tables.len(),
        };
        for (holder, table) in catalog.tables.iter().enumerate() {
            for key in &table.foreign_keys {
                let unique = |columns: &[usize]| {
                    columns.iter().all(|c| key.columns.contains(c)) && !columns.is_empty()
                };
                let (role, called) = match (&key.columns[..], &key.target_columns[..]) {
                    ([c], [k]) => {
                        let to = (key.target, *k);
                        roles(splitter, catalog, (holder, *c), to, Proof::Declared)
                    }
                    _ => (Vec::new(), Vec::new()),
                };
                graph.push(Edge {
                    holder,
                    target: key.target,
                    columns: key.columns.clone(),
                    target_columns: key.target_columns.clone(),
                    nullable: key.columns.iter().any(|&c| !table.columns[c].not_null),
                    one_to_one: unique(&table.primary_key)
                        || table.unique_keys.iter().any(|k| unique(k)),
                    proof: Proof::Declared,
                    role,
                    called,
                });
            }
        }
        graph.infer(catalog, splitter);
        for holder in 0..catalog.tables.len() {
            let table = &catalog.tables[holder];
            let declared = |c: usize| table.foreign_keys.iter().any(|k| k.columns.contains(&c));
            let held = |c: usize| {
                let mut own = graph.of(holder).filter(|(_, e)| e.holder == holder);
                own.any(|(_, e)| e.columns.contains(&c))
            };
            let known = |c: usize| declared(c) || held(c);
            let own = super::selfkeys::of_table(catalog, holder, splitter, known);
            own.into_iter().for_each(|edge| graph.push(edge));
        }
        let mut ways: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (id, edge) in graph.edges.iter().enumerate() {
            ways.entry((edge.holder, edge.target)).or_default().push(id);
        }
        graph.links = graph.linking(catalog, splitter);
        graph.bridges = super::bridges::find(catalog, &graph.edges, splitter);
        graph.parallel = ways
            .into_values()
            .filter(|several| several.len() > 1)
            .collect();
        graph
    }

    /// Of each table whether it is called after two things that it holds keys to.
    fn linking(&self, catalog: &Catalog, splitter: &Splitter) -> Vec<bool> {
        let things: Vec<Vec<String>> = catalog
            .tables
            .iter()
            .map(|table| splitter.thing(&table.name))
            .collect();
        let links = |holder: usize| {
            let held = self.of(holder).filter(|(_, e)| e.holder == holder);
            let targets: Vec<&Vec<String>> = held.map(|(_, e)| &things[e.target]).collect();
            let after = |first: &&Vec<String>| {
                let rest = things[holder].strip_prefix(&first[..]).unwrap_or_default();
                targets.iter().any(|second| rest == &second[..])
            };
            targets.iter().any(after)
        };
        (0..things.len()).map(links).collect()
    }

    /// As [`Graph::of`], with the edges between the table and copies.
    fn ways_of(&self, table: usize) -> impl Iterator<Item = (usize, &Edge)> {
        let copies = self.to_copies.get(&table).into_iter().flatten();
        self.by_table[table]
            .iter()
            .chain(copies)
            .map(|&id| (id, &self.edges[id]))
    }

    fn push(&mut self, edge: Edge) {
        let id = self.edges.len();
        self.by_table[edge.holder].push(id);
        if edge.target != edge.holder {
            self.by_table[edge.target].push(id);
        }
        self.edges.push(edge);
    }

    /// Adds the keys that no table declares.
    fn infer(&mut self, catalog: &Catalog, splitter: &Splitter) {
        for found in undeclared::find(catalog, splitter) {
            let Found {
                holder,
                column: c,
                target,
                key,
                proof,
            } = found;
            let table = &catalog.tables[holder];
            let alone = |key: &[usize]| key == [c];
            let (role, called) = roles(splitter, catalog, (holder, c), (target, key), proof);
            self.push(Edge {
                holder,
                target,
                columns: vec![c],
                target_columns: vec![key],
                nullable: !table.columns[c].not_null,
                one_to_one: alone(&table.primary_key) || table.unique_keys.iter().any(|k| alone(k)),
                proof,
                role,
                called,
            });
        }
    }

    /// The keys of a table, both those that it holds and those that point at it; of a table of the catalog, without copies.
    pub fn of(&self, table: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.by_table[table].iter().map(|&id| (id, &self.edges[id]))
    }

    /// The number of joins from one table to every other that is reached; `u8::MAX` for those that are not.
    pub fn distances(&self, from: usize) -> Vec<u8> {
        let mut distance = vec![u8::MAX; self.by_table.len()];
        let mut queue = std::collections::VecDeque::from([from]);
        distance[from] = 0;
        while let Some(table) = queue.pop_front() {
            for (_, edge) in self.ways_of(table) {
                let next = if edge.holder == table {
                    edge.target
                } else {
                    edge.holder
                };
                if distance[next] == u8::MAX && distance[table] < 16 {
                    distance[next] = distance[table] + 1;
                    queue.push_back(next);
                }
            }
        }
        distance
    }

    /// The tables of which each row of one has no more than one: its venue, and the city of that.
    pub fn singles(&self, of: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::from([of]);
        let mut open = vec![of];
        while let Some(table) = open.pop() {
            let held = self.of(table).filter(|(_, e)| e.holder == table);
            let targets: Vec<usize> = held.map(|(_, e)| e.target).collect();
            open.extend(targets.into_iter().filter(|t| found.insert(*t)));
        }
        found
    }

    /// Joins `wanted` to `root`, the nearest first, each by the cheapest path; see [`Said`] for what the question itself
    /// says about the way.
    ///
    /// # Errors
    /// When a table cannot be reached, or can in two ways that are equally good.
    pub fn tree(&self, root: usize, wanted: &[usize], said: &Said) -> Result<Vec<Join>, JoinError> {
        self.grow(root, Vec::new(), wanted, said)
    }

    /// Joins `wanted` to a tree that stands, as [`Graph::tree`] does.
    ///
    /// # Errors
    /// As [`Graph::tree`].
    pub fn grow(
        &self,
        root: usize,
        mut joins: Vec<Join>,
        wanted: &[usize],
        said: &Said,
    ) -> Result<Vec<Join>, JoinError> {
        let mut inside: Vec<usize> = joins.iter().map(|j| j.child).chain([root]).collect();
        let mut open: Vec<usize> = wanted
            .iter()
            .copied()
            .filter(|t| !inside.contains(t))
            .collect();
        open.dedup();
        while !open.is_empty() {
            // A table that only joins others is no thing that other rows could be said to belong to.
            let through = |t: &usize| {
                !said.things.contains(t)
                    && joins.iter().any(|j| {
                        let edge = &self.edges[j.edge];
                        j.child == *t && edge.target == *t && !edge.one_to_one
                    })
            };
            let starts: Vec<usize> = inside
                .iter()
                .map(|t| 2 * t + usize::from(through(t)))
                .collect();
            let reached = self.spread(&inside, &starts, &open, said);
            let nearest = open
                .iter()
                .copied()
                // Copies first: what is said of them may be joined to them.
                .min_by_key(|t| {
                    let cost = reached.best(*t).map_or(u32::MAX, |n| reached.cost[n]);
                    (cost == u32::MAX, *t < self.tables, cost, *t)
                })
                .unwrap_or(root);
            let Some(mut at) = reached.best(nearest) else {
                return Err(JoinError::Unconnected(root, nearest));
            };
            let mut path = Vec::new();
            while !inside.contains(&(at / 2)) {
                let ways = &reached.ways[at];
                let way = match ways[..] {
                    [only] => only,
                    _ if said.calendars.contains(&(at / 2))
                        && ways.iter().filter(|w| w.node / 2 == root).count() == 1 =>
                    {
                        let own = ways.iter().find(|w| w.node / 2 == root);
                        own.copied().unwrap_or(ways[0])
                    }
                    _ => self.last_said(at / 2, ways, said).ok_or_else(|| {
                        JoinError::Ambiguous(ways.iter().map(|w| w.edge).collect())
                    })?,
                };
                path.push(self.join(way));
                at = way.node;
            }
            for join in path.into_iter().rev() {
                inside.push(join.child);
                joins.push(join);
            }
            open.retain(|t| !inside.contains(t));
        }
        Ok(joins)
    }

    fn join(&self, way: Way) -> Join {
        let (parent, edge) = (way.node / 2, &self.edges[way.edge]);
        let forward = edge.holder == parent;
        Join {
            edge: way.edge,
            parent,
            child: if forward { edge.target } else { edge.holder },
            to_one: forward || edge.one_to_one,
        }
    }

    /// Of equally good ways to a table the one from what owns its columns, or from the table that the question spoke of last:
    /// what follows a thing is said about it.
    fn last_said(&self, to: usize, ways: &[Way], said: &Said) -> Option<Way> {
        // Of a thing and what it has in a role, only what was spoken of before: "employees in Sales and their managers".
        let copies = ways.iter().any(|way| way.node / 2 >= self.tables);
        let first = said.order.iter().position(|t| *t == to);
        let before = match first.filter(|_| copies) {
            Some(first) => &said.order[..first],
            None => &said.order[..],
        };
        let place = |way: &Way| {
            let from = way.node / 2;
            let owns = said.owned.contains(&(to, from));
            let last = before.iter().rposition(|t| *t == from);
            last.map(|last| (owns, last))
        };
        let best = ways.iter().max_by_key(|way| place(way))?;
        let as_good = ways.iter().filter(|way| place(way) == place(best));
        (place(best).is_some() && as_good.count() == 1).then_some(*best)
    }

    /// The cheapest way from a set of tables to the nearest of others, and to all that are nearer still. A node is a table with
    /// how it was come to: `2 * table + 1` when over a key that it is the target of, so that leaving it to another holder of such a key makes a fork.
    /// No way has one.
    fn spread(&self, inside: &[usize], starts: &[usize], wanted: &[usize], said: &Said) -> Reached {
        let nodes = 2 * self.by_table.len();
        let mut cost = vec![u32::MAX; nodes];
        let mut ways: Vec<Vec<Way>> = vec![Vec::new(); nodes];
        let mut heap = std::collections::BinaryHeap::new();
        let mut nearest = FARTHEST;
        for &node in starts {
            cost[node] = 0;
            heap.push((std::cmp::Reverse(0u32), node));
        }
        while let Some((std::cmp::Reverse(so_far), node)) = heap.pop() {
            if so_far > cost[node] {
                continue;
            }
            // Ways as cheap as the nearest are known by then: each of their steps costs something.
            if so_far > nearest {
                break;
            }
            let (table, forked) = (node / 2, node % 2 == 1);
            if wanted.contains(&table) {
                nearest = nearest.min(so_far);
            }
            for (id, edge) in self.ways_of(table) {
                let forward = edge.holder == table;
                let next = if forward { edge.target } else { edge.holder };
                if next == table || inside.contains(&next) {
                    continue;
                }
                // A copy stands only where the question names its role, and its key then leads to nothing else.
                let stands =
                    next < self.tables || wanted.contains(&next) || said.passed.contains(&next);
                if !stands || said.taken.contains(&id) {
                    continue;
                }
                let many = !forward && !edge.one_to_one;
                // Two tables that hold a key to the same third have nothing to do with each other by that: a student and a
                // course of one department. Who means it names the department. What pairs tie together is no third.
                let pairs = said.pairs && self.bridges.get(edge.holder) == Some(&true);
                if many && forked && !pairs {
                    continue;
                }
                let mut step = STEP + u32::from(many) * TO_MANY + undeclared(edge);
                if self.links.get(edge.holder) == Some(&true) {
                    step -= LINK;
                }
                if said.verbs.contains(&id) {
                    step -= BY_VERB;
                } else if said.keys.contains(&id) {
                    step -= BY_NAME;
                } else if said.unsaid.binary_search(&id).is_ok()
                    || said.opinions.contains(&edge.holder)
                {
                    step += UNSAID;
                }
                if said.roles.contains(&id) {
                    step -= BY_ROLE;
                }
                let total = so_far + step;
                let to = 2 * next + usize::from(forward && !edge.one_to_one && !pairs);
                let way = Way { edge: id, node };
                if total < cost[to] {
                    cost[to] = total;
                    ways[to] = vec![way];
                    heap.push((std::cmp::Reverse(total), to));
                } else if total == cost[to] && !ways[to].contains(&way) {
                    ways[to].push(way);
                }
            }
        }
        Reached { cost, ways }
    }
}

/// What a key that is not declared costs more.
fn undeclared(edge: &Edge) -> u32 {
    match edge.proof {
        Proof::Declared => 0,
        Proof::Told | Proof::Named => PROVED,
        Proof::Alike => GUESSED,
    }
}

/// Fewer joins first; of as many, those to one row.
const STEP: u32 = 1000;
const TO_MANY: u32 = 10;
/// … over keys that are declared, then over those that are as good.
const PROVED: u32 = 5;
const GUESSED: u32 = 100;
/// What a key of a table is worth that is there to tie two things together.
const LINK: u32 = 8;
/// What a key is worth that the question names.
const BY_NAME: u32 = 400;
const BY_VERB: u32 = 600;
/// Of keys to one table the one of which the question says the role.
const BY_ROLE: u32 = 50;
/// The cost of a key with a role that the question does not say, more than that of one more join: who leads a project is not who
/// works in it, where another table tells that.
const UNSAID: u32 = 1100;
/// No way is longer.
const FARTHEST: u32 = 24_000;

/// What a question says about the ways between its tables.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Keys whose column or whose table it names.
    pub keys: Vec<usize>,
    /// Keys whose column or whose table a verb of it names: "advised" names an advisor.
    pub verbs: Vec<usize>,
    /// Of several keys between the same two tables the one of which it says the role.
    pub roles: Vec<usize>,
    /// Keys with a role of which it says no word, in their order.
    pub unsaid: Vec<usize>,
    /// Tables of what people say of things, of which it says no word: who reviewed an event did not attend it by that.
    pub opinions: Vec<usize>,
    /// Keys of which it names the role, so that they lead to a copy of the table that they point at.
    pub taken: Vec<usize>,
    /// Copies that lead to others which it names.
    pub passed: Vec<usize>,
    /// The tables that it names as things.
    pub things: Vec<usize>,
    /// A table and the table of the thing that its columns are said to be of.
    pub owned: Vec<(usize, usize)>,
    /// The tables in the order in which it speaks of them.
    pub order: Vec<usize>,
    /// What belongs to either side of pairs is of the other side as well; see [`super::bridges`].
    pub pairs: bool,
    /// Tables of days: a row's own day comes before that of what it belongs to.
    pub calendars: Vec<usize>,
}

/// The last join of a way and the node that it starts from.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Way {
    edge: usize,
    node: usize,
}

/// By node: the cost of the cheapest way, and its last joins, several where they are equally cheap. Beyond the nearest
/// table that is wanted, costs may be too high.
struct Reached {
    cost: Vec<u32>,
    ways: Vec<Vec<Way>>,
}

impl Reached {
    /// The cheaper of the two nodes of a table.
    fn best(&self, table: usize) -> Option<usize> {
        [2 * table, 2 * table + 1]
            .into_iter()
            .filter(|n| self.cost[*n] < u32::MAX)
            .min_by_key(|n| self.cost[*n])
    }
}
