//! The keys that hold the tables together, and the tree of joins that a set of tables needs.
//!
//! Invariant: a join is made over a key that proves it. A foreign key is one; where a table declares none, a column that
//! is named and typed like another table's one-column primary key is taken for one.

use super::names::Splitter;
use crate::catalog::model::Catalog;
use std::collections::HashMap;

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
    /// Not declared, but found by name and type.
    pub inferred: bool,
}

/// All the edges of a catalog.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub edges: Vec<Edge>,
    by_table: Vec<Vec<usize>>,
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
    pub fn new(catalog: &Catalog) -> Graph {
        let mut graph = Graph {
            edges: Vec::new(),
            by_table: vec![Vec::new(); catalog.tables.len()],
        };
        for (holder, table) in catalog.tables.iter().enumerate() {
            for key in &table.foreign_keys {
                let unique = |columns: &[usize]| {
                    columns.iter().all(|c| key.columns.contains(c)) && !columns.is_empty()
                };
                graph.push(Edge {
                    holder,
                    target: key.target,
                    columns: key.columns.clone(),
                    target_columns: key.target_columns.clone(),
                    nullable: key.columns.iter().any(|&c| !table.columns[c].not_null),
                    one_to_one: unique(&table.primary_key)
                        || table.unique_keys.iter().any(|k| unique(k)),
                    inferred: false,
                });
            }
        }
        graph.infer(catalog);
        graph
    }

    fn push(&mut self, edge: Edge) {
        let id = self.edges.len();
        self.by_table[edge.holder].push(id);
        if edge.target != edge.holder {
            self.by_table[edge.target].push(id);
        }
        self.edges.push(edge);
    }

    /// Where a column carries the name of another table's one-column primary key, or that table's name and "id".
    fn infer(&mut self, catalog: &Catalog) {
        let splitter = Splitter::new(catalog);
        let mut keys: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (t, table) in catalog.tables.iter().enumerate() {
            if let [key] = table.primary_key[..] {
                let own = splitter.stems(&table.name).join(" ");
                let name = splitter.stems(&table.columns[key].name).join(" ");
                if name != "id" && name != "name" && name != "code" && name != "date" {
                    keys.entry(name.clone()).or_default().push((t, key));
                }
                let long = format!("{own} id");
                if long != name {
                    keys.entry(long).or_default().push((t, key));
                }
            }
        }
        for (holder, table) in catalog.tables.iter().enumerate() {
            for (c, column) in table.columns.iter().enumerate() {
                if table.foreign_keys.iter().any(|k| k.columns.contains(&c))
                    || table.primary_key == [c]
                {
                    continue;
                }
                let Some([(target, key)]) = keys
                    .get(&splitter.stems(&column.name).join(" "))
                    .map(Vec::as_slice)
                else {
                    continue;
                };
                let fits = catalog.tables[*target].columns[*key].class == column.class
                    && catalog.tables[*target].schema == table.schema;
                if *target != holder && fits {
                    let edge = Edge {
                        holder,
                        target: *target,
                        columns: vec![c],
                        target_columns: vec![*key],
                        nullable: !column.not_null,
                        one_to_one: table.unique_keys.iter().any(|k| k[..] == [c]),
                        inferred: true,
                    };
                    self.push(edge);
                }
            }
        }
    }

    /// The keys of a table, both those that it holds and those that point at it.
    pub fn of(&self, table: usize) -> impl Iterator<Item = (usize, &Edge)> {
        self.by_table[table].iter().map(|&id| (id, &self.edges[id]))
    }

    /// The number of joins from one table to every other that is reached; `u8::MAX` for those that are not.
    pub fn distances(&self, from: usize) -> Vec<u8> {
        let mut distance = vec![u8::MAX; self.by_table.len()];
        let mut queue = std::collections::VecDeque::from([from]);
        distance[from] = 0;
        while let Some(table) = queue.pop_front() {
            for (_, edge) in self.of(table) {
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

    /// Joins `wanted` to `root`, the nearest first, each by the shortest path. `preferred` are keys that the question
    /// names; between equally short paths they decide.
    ///
    /// # Errors
    /// When a table cannot be reached, or can in two ways that are equally short.
    pub fn tree(
        &self,
        root: usize,
        wanted: &[usize],
        preferred: &[usize],
    ) -> Result<Vec<Join>, JoinError> {
        let mut inside = vec![root];
        let mut joins: Vec<Join> = Vec::new();
        let mut open: Vec<usize> = wanted.iter().copied().filter(|t| *t != root).collect();
        open.dedup();
        while !open.is_empty() {
            let (cost, ways, via) = self.spread(&inside, preferred);
            let nearest = open
                .iter()
                .copied()
                .min_by_key(|t| (cost[*t], *t))
                .unwrap_or(root);
            if cost[nearest] == u32::MAX {
                return Err(JoinError::Unconnected(root, nearest));
            }
            if ways[nearest].len() > 1 {
                return Err(JoinError::Ambiguous(ways[nearest].clone()));
            }
            let mut path = Vec::new();
            let mut at = nearest;
            while !inside.contains(&at) {
                let Some(join) = via[at] else {
                    return Err(JoinError::Unconnected(root, nearest));
                };
                if ways[at].len() > 1 {
                    return Err(JoinError::Ambiguous(ways[at].clone()));
                }
                path.push(join);
                at = join.parent;
            }
            for join in path.into_iter().rev() {
                inside.push(join.child);
                joins.push(join);
            }
            open.retain(|t| !inside.contains(t));
        }
        Ok(joins)
    }

    /// The cheapest way from a set of tables to every other: its cost, the equally cheap last edges, and the join.
    #[allow(clippy::type_complexity)]
    fn spread(
        &self,
        inside: &[usize],
        preferred: &[usize],
    ) -> (Vec<u32>, Vec<Vec<usize>>, Vec<Option<Join>>) {
        let tables = self.by_table.len();
        let mut cost = vec![u32::MAX; tables];
        let mut ways: Vec<Vec<usize>> = vec![Vec::new(); tables];
        let mut via: Vec<Option<Join>> = vec![None; tables];
        let mut heap = std::collections::BinaryHeap::new();
        for &t in inside {
            cost[t] = 0;
            heap.push((std::cmp::Reverse(0u32), t));
        }
        while let Some((std::cmp::Reverse(so_far), table)) = heap.pop() {
            if so_far > cost[table] || so_far > 10_000 {
                continue;
            }
            for (id, edge) in self.of(table) {
                let forward = edge.holder == table;
                let next = if forward { edge.target } else { edge.holder };
                if next == table {
                    continue;
                }
                // Fewer joins first; of as many, those to one row.
                let mut step = 1000
                    + u32::from(!forward && !edge.one_to_one) * 10
                    + u32::from(edge.inferred) * 100;
                if preferred.contains(&id) {
                    step -= 400;
                }
                let total = so_far + step;
                if total < cost[next] {
                    cost[next] = total;
                    ways[next] = vec![id];
                    via[next] = Some(Join {
                        edge: id,
                        parent: table,
                        child: next,
                        to_one: forward || edge.one_to_one,
                    });
                    heap.push((std::cmp::Reverse(total), next));
                } else if total == cost[next] && !ways[next].contains(&id) {
                    ways[next].push(id);
                }
            }
        }
        (cost, ways, via)
    }
}
