//! Reads the catalog as the current user: a few set-based statements, whatever the number of tables.
//!
//! Invariant: a relation or column comes back only when the role may SELECT it and may use its schema. System
//! schemas, other sessions' temporary tables, partitions and members of extensions are left out: a partition is
//! reached through its parent, and the views of an extension are its machinery, not the user's data.

use super::model::{Column, Table, TableKind, TypeClass};
use super::relations::{RawForeignKey, Relation, Relations, Storage, places};
use crate::postgres::spi::{Argument, Moment, Path, Reader, Row, read};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// With more columns than this, `n_distinct` stays unknown: `pg_stats` checks the privilege of each column, which at
/// 20,000 columns takes longer than all other reads together and fills the system cache with their rows.
const MOST_COLUMNS_WITH_STATISTICS: usize = 4_000;

/// First OID that the system does not use for its own objects (`FirstNormalObjectId`).
const FIRST_USER_OID: u32 = 16_384;

/// Everything that the current user may read.
pub fn all() -> Relations {
    read(Moment::Newest, Path::Pinned, |reader| {
        let mut found = relations(reader, None);
        let columns: usize = found
            .values()
            .map(|relation| relation.table.columns.len())
            .sum();
        let with_statistics = columns <= MOST_COLUMNS_WITH_STATISTICS;
        if with_statistics {
            statistics(reader, &mut found);
        }
        let mut all = Relations {
            schemas: schemas(reader),
            with_statistics,
            ..Relations::default()
        };
        all.add(found.into_values().collect());
        all
    })
}

/// Those of these relations that there are and that the current user may read.
pub fn some(oids: &BTreeSet<u32>, with_statistics: bool) -> Vec<Relation> {
    let oids: Vec<u32> = oids.iter().copied().collect();
    read(Moment::Newest, Path::Pinned, |reader| {
        let mut found = relations(reader, Some(&oids));
        if with_statistics {
            statistics(reader, &mut found);
        }
        found.into_values().collect()
    })
}

/// As [`Relations::schemas`].
pub fn current_schemas() -> Vec<(u32, String, bool)> {
    read(Moment::Newest, Path::Pinned, schemas)
}

/// Those of these relations that are found by their bare name through the caller's search_path.
pub fn visible<'a>(oids: impl Iterator<Item = &'a u32>) -> BTreeSet<u32> {
    let oids: Vec<u32> = oids.copied().collect();
    let mut found = BTreeSet::new();
    let sql = "SELECT o.oid FROM pg_catalog.unnest($1) AS o(oid) WHERE pg_catalog.pg_table_is_visible(o.oid)";
    read(Moment::Newest, Path::Caller, |reader| {
        reader.query(sql, &[Argument::Oids(&oids)], |row| {
            found.insert(row.oid(0));
        });
    });
    found
}

fn schemas(reader: &Reader) -> Vec<(u32, String, bool)> {
    let mut schemas = Vec::new();
    let sql = "SELECT oid, nspname::text, coalesce(has_schema_privilege(oid, 'USAGE'), false)
               FROM pg_namespace
               WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
               ORDER BY oid";
    reader.query(sql, &[], |row| {
        schemas.push((row.oid(0), row.text(1).unwrap_or_default(), row.flag(2)));
    });
    schemas
}

/// `c` is pg_class and `n` its pg_namespace. A materialized view that was never refreshed cannot be read.
const READABLE: &str = "
    c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relispopulated
    AND (n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' OR n.oid = pg_my_temp_schema())
    AND has_schema_privilege(n.oid, 'USAGE')
    AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
    AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')";

fn relations(reader: &Reader, only: Option<&[u32]>) -> BTreeMap<u32, Relation> {
    let filter = if only.is_some() {
        "c.oid = ANY ($1)"
    } else {
        "true"
    };
    let sql = format!(
        "SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text,
                obj_description(c.oid, 'pg_class'), c.reltuples::float8, c.relpages,
                c.relrowsecurity AND row_security_active(c.oid), has_table_privilege(c.oid, 'SELECT')
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE {filter} AND {READABLE}"
    );
    let mut found: BTreeMap<u32, Relation> = BTreeMap::new();
    let mut by_column = Vec::new();
    let arguments: Vec<Argument> = only.into_iter().map(Argument::Oids).collect();
    reader.query(&sql, &arguments, |row| {
        let Some(relation) = relation(row) else {
            return;
        };
        if !row.flag(8) {
            by_column.push(relation.table.oid);
        }
        found.insert(relation.table.oid, relation);
    });
    if found.is_empty() {
        return found;
    }
    let oids: Vec<u32> = found.keys().copied().collect();
    columns(reader, &oids, &by_column, &mut found);
    // A relation can be readable as a whole and have no column.
    keys(reader, &oids, &mut found);
    foreign_keys(reader, &oids, &mut found);
    views(reader, &mut found);
    partitioned(reader, &mut found);
    found
}

fn relation(row: &Row) -> Option<Relation> {
    let kind = match row.text(3)?.as_str() {
        "r" => TableKind::Table,
        "p" => TableKind::Partitioned,
        "v" => TableKind::View,
        "m" => TableKind::MaterializedView,
        "f" => TableKind::Foreign,
        _ => return None,
    };
    let row_security = row.flag(7);
    let table = Table {
        oid: row.oid(0),
        schema: row.text(1)?,
        name: row.text(2)?,
        kind,
        comment: row.text(4),
        columns: Vec::new(),
        primary_key: Vec::new(),
        key_is_taken: false,
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
        // -1 says that the table was never analyzed; of a view nothing is known.
        estimated_rows: row
            .double(5)
            .filter(|&rows| rows >= 0.0 && kind != TableKind::View),
        visible: false,
        row_security,
        reads: Vec::new(),
    };
    let storage = Storage {
        pages: row.integer(6).unwrap_or(0),
        indexed: Vec::new(),
        runs_code: row_security || matches!(kind, TableKind::View | TableKind::Foreign),
    };
    Some(Relation {
        table,
        foreign_keys: Vec::new(),
        storage,
        user_types: Vec::new(),
    })
}

/// A column on its way: its type is resolved when all are read.
struct RawColumn {
    relation: u32,
    type_oid: u32,
    column: Column,
}

fn columns(reader: &Reader, oids: &[u32], by_column: &[u32], found: &mut BTreeMap<u32, Relation>) {
    let sql = "SELECT a.attrelid, a.attnum, a.attname::text, a.atttypid,
                      format_type(a.atttypid, a.atttypmod), a.attnotnull, d.description
               FROM pg_attribute a
               LEFT JOIN pg_description d
                    ON d.classoid = 'pg_class'::regclass AND d.objoid = a.attrelid AND d.objsubid = a.attnum
               WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped
                 AND (a.attrelid <> ALL ($2) OR has_column_privilege(a.attrelid, a.attnum, 'SELECT'))";
    let mut raw = Vec::new();
    reader.query(
        sql,
        &[Argument::Oids(oids), Argument::Oids(by_column)],
        |row| {
            let (Some(number), Some(name), Some(type_name)) =
                (row.small(1), row.text(2), row.text(4))
            else {
                return;
            };
            raw.push(RawColumn {
                relation: row.oid(0),
                type_oid: row.oid(3),
                column: Column {
                    number,
                    name,
                    type_name,
                    class: TypeClass::Other,
                    not_null: row.flag(5),
                    comment: row.text(6),
                    labels: Vec::new(),
                    stored_date: None,
                    ones_and_zeros: false,
                    distinct: None,
                    part: None,
                },
            });
        },
    );
    let types = types(reader, &raw.iter().map(|raw| raw.type_oid).collect());
    for mut raw in raw {
        let Some(relation) = found.get_mut(&raw.relation) else {
            continue;
        };
        let mut oid = raw.type_oid;
        // A domain is read as what it is made from.
        while let Some(kind) = types.get(&oid) {
            if oid >= FIRST_USER_OID && !relation.user_types.contains(&oid) {
                relation.user_types.push(oid);
            }
            raw.column.not_null |= kind.not_null;
            raw.column.class = kind.class;
            raw.column.labels.clone_from(&kind.labels);
            if kind.base == 0 {
                break;
            }
            oid = kind.base;
        }
        relation.table.columns.push(raw.column);
    }
    for relation in found.values_mut() {
        relation.table.columns.sort_by_key(|column| column.number);
    }
}

struct Type {
    class: TypeClass,
    /// For a domain the type under it, else 0.
    base: u32,
    not_null: bool,
    labels: Vec<String>,
}

fn types(reader: &Reader, oids: &BTreeSet<u32>) -> HashMap<u32, Type> {
    let oids: Vec<u32> = oids.iter().copied().collect();
    let sql = "WITH RECURSIVE used AS (
                   SELECT unnest($1) AS oid
                   UNION
                   SELECT t.typbasetype FROM used u JOIN pg_type t ON t.oid = u.oid WHERE t.typtype = 'd')
               SELECT t.oid, t.typtype::text, t.typcategory::text, t.typbasetype, t.typnotnull,
                      EXISTS (SELECT FROM pg_cast c WHERE c.castsource = t.oid
                              AND c.casttarget = 'text'::regtype AND c.castmethod = 'b'),
                      CASE t.typtype WHEN 'e' THEN
                          ARRAY(SELECT e.enumlabel::text FROM pg_enum e
                                WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) END
               FROM used u JOIN pg_type t ON t.oid = u.oid";
    let mut types = HashMap::new();
    reader.query(sql, &[Argument::Oids(&oids)], |row| {
        let oid = row.oid(0);
        let (kind, category) = (
            row.text(1).unwrap_or_default(),
            row.text(2).unwrap_or_default(),
        );
        types.insert(
            oid,
            Type {
                class: class(oid, &kind, &category, row.flag(5)),
                base: row.oid(3),
                not_null: row.flag(4),
                labels: row.texts(6),
            },
        );
    });
    types
}

/// The class of a type: the built-in ones by their OIDs (pg_type.dat), the others by their category.
fn class(oid: u32, kind: &str, category: &str, reads_as_text: bool) -> TypeClass {
    match oid {
        16 => TypeClass::Boolean,
        20 | 21 | 23 => TypeClass::Integer,
        18 | 19 | 25 | 1042 | 1043 => TypeClass::Text,
        114 | 3802 => TypeClass::Json,
        700 | 701 => TypeClass::Float,
        790 | 1700 => TypeClass::Numeric,
        1082 => TypeClass::Date,
        1083 | 1266 => TypeClass::Time,
        1114 => TypeClass::Timestamp,
        1184 => TypeClass::TimestampTz,
        1186 => TypeClass::Interval,
        2950 => TypeClass::Uuid,
        _ => match (kind, category) {
            ("e", _) => TypeClass::Enum,
            ("r" | "m", _) => TypeClass::Range,
            (_, "A") => TypeClass::Array,
            // Such as citext.
            (_, "S") if reads_as_text => TypeClass::Text,
            _ => TypeClass::Other,
        },
    }
}

fn keys(reader: &Reader, oids: &[u32], found: &mut BTreeMap<u32, Relation>) {
    let sql = "SELECT i.indrelid, i.indisprimary, i.indisunique AND i.indimmediate,
                      (i.indkey::int2[])[0:i.indnkeyatts - 1],
                      c.relam IN (SELECT oid FROM pg_am WHERE amname IN ('btree', 'hash'))
               FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
               WHERE i.indrelid = ANY ($1) AND i.indisvalid AND i.indislive AND i.indpred IS NULL
               ORDER BY i.indexrelid";
    reader.query(sql, &[Argument::Oids(oids)], |row| {
        let Some(relation) = found.get_mut(&row.oid(0)) else {
            return;
        };
        let numbers = row.smalls(3);
        // 0 stands for an expression.
        if let Some(&first) = numbers.first()
            && first > 0
            && row.flag(4)
            && !relation.storage.indexed.contains(&first)
        {
            relation.storage.indexed.push(first);
        }
        let Some(columns) = places(&relation.table, &numbers) else {
            return;
        };
        if row.flag(1) {
            relation.table.primary_key = columns;
        } else if row.flag(2) {
            relation.table.unique_keys.push(columns);
        }
    });
}

fn foreign_keys(reader: &Reader, oids: &[u32], found: &mut BTreeMap<u32, Relation>) {
    let sql = "SELECT conrelid, conkey, confrelid, confkey FROM pg_constraint
               WHERE contype = 'f' AND conrelid = ANY ($1) ORDER BY conrelid, conname";
    reader.query(sql, &[Argument::Oids(oids)], |row| {
        if let Some(relation) = found.get_mut(&row.oid(0)) {
            relation.foreign_keys.push(RawForeignKey {
                columns: row.smalls(1),
                target: row.oid(2),
                target_columns: row.smalls(3),
            });
        }
    });
}

fn views(reader: &Reader, found: &mut BTreeMap<u32, Relation>) {
    let views = of_kind(found, &[TableKind::View, TableKind::MaterializedView]);
    if views.is_empty() {
        return;
    }
    let sql = "SELECT r.ev_class, array_agg(DISTINCT d.refobjid)
               FROM pg_rewrite r
               JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                               AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
               WHERE r.ev_class = ANY ($1) AND r.ev_type = '1'
               GROUP BY r.ev_class";
    reader.query(sql, &[Argument::Oids(&views)], |row| {
        if let Some(relation) = found.get_mut(&row.oid(0)) {
            relation.table.reads = row.oids(1);
            relation.table.reads.sort_unstable();
        }
    });
}

/// Autovacuum never analyzes a partitioned table itself: its rows are those of its partitions.
fn partitioned(reader: &Reader, found: &mut BTreeMap<u32, Relation>) {
    let mut roots = of_kind(found, &[TableKind::Partitioned]);
    roots.retain(|oid| {
        found
            .get(oid)
            .is_some_and(|r| r.table.estimated_rows.is_none())
    });
    if roots.is_empty() {
        return;
    }
    let sql = "WITH RECURSIVE parts AS (
                   SELECT inhparent AS root, inhrelid AS oid FROM pg_inherits WHERE inhparent = ANY ($1)
                   UNION ALL
                   SELECT p.root, i.inhrelid FROM parts p JOIN pg_inherits i ON i.inhparent = p.oid)
               SELECT p.root, sum(c.reltuples)::float8, least(sum(c.relpages), 2147483647)::int4
               FROM parts p JOIN pg_class c ON c.oid = p.oid
               WHERE c.relkind IN ('r', 'f') AND c.reltuples >= 0 GROUP BY p.root";
    reader.query(sql, &[Argument::Oids(&roots)], |row| {
        if let Some(relation) = found.get_mut(&row.oid(0)) {
            relation.table.estimated_rows = row.double(1);
            relation.storage.pages = row.integer(2).unwrap_or(0);
        }
    });
}

fn of_kind(found: &BTreeMap<u32, Relation>, kinds: &[TableKind]) -> Vec<u32> {
    found
        .values()
        .filter(|relation| kinds.contains(&relation.table.kind))
        .map(|relation| relation.table.oid)
        .collect()
}

fn statistics(reader: &Reader, found: &mut BTreeMap<u32, Relation>) {
    let names: HashMap<(String, String), u32> = found
        .values()
        .filter(|relation| relation.table.kind != TableKind::View)
        .map(|relation| {
            (
                (relation.table.schema.clone(), relation.table.name.clone()),
                relation.table.oid,
            )
        })
        .collect();
    let listed = |names: BTreeSet<&String>| names.into_iter().cloned().collect::<Vec<_>>();
    let schemas = listed(names.keys().map(|(schema, _)| schema).collect());
    let tables = listed(names.keys().map(|(_, table)| table).collect());
    // Statistics over a whole inheritance tree come last and win: they are those of `FROM parent`. The planner is not shown the
    // names: it would look for each of them among the most common ones.
    let sql = "SELECT schemaname::text, tablename::text, attname::text, n_distinct FROM pg_stats
               WHERE schemaname = ANY ((SELECT $1)::text[]) AND tablename = ANY ((SELECT $2)::text[])
               ORDER BY inherited";
    let arguments = [Argument::Texts(&schemas), Argument::Texts(&tables)];
    reader.query(sql, &arguments, |row| {
        let (Some(schema), Some(table), Some(column)) = (row.text(0), row.text(1), row.text(2))
        else {
            return;
        };
        let relation = names.get(&(schema, table));
        let Some(relation) = relation.and_then(|oid| found.get_mut(oid)) else {
            return;
        };
        if let Some(place) = relation.table.columns.iter_mut().find(|c| c.name == column) {
            place.distinct = row.real(3);
        }
    });
}
