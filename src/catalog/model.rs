//! What a role may see of a database, as plain data. Pure: no PostgreSQL types, so that the embedded
//! translator is tested without a server.
//!
//! Invariant: only what the role may SELECT is in here. A table is present when the role has SELECT on it or on
//! at least one of its columns, a column when the role may read it, a foreign key when both ends are visible.

/// The tables that a role may read, in a stable order (schema, name).
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    pub tables: Vec<Table>,
    /// The effective search_path without `pg_catalog`, first schema first.
    pub search_path: Vec<String>,
    /// What administrators have defined about these tables; what they have hidden is not in `tables`.
    pub vocabulary: Vocabulary,
    /// Changes whenever anything in here changes, or the role.
    pub fingerprint: u64,
}

/// What kind of relation a [`Table`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TableKind {
    Table,
    Partitioned,
    View,
    MaterializedView,
    Foreign,
}

/// A relation that can stand in FROM. Partitions are left out: their parent stands for them.
#[derive(Clone, Debug)]
pub struct Table {
    pub oid: u32,
    pub schema: String,
    pub name: String,
    pub kind: TableKind,
    /// `COMMENT ON TABLE`.
    pub comment: Option<String>,
    /// Only those that the role may read, in order of their number.
    pub columns: Vec<Column>,
    /// Indexes into `columns`; empty when there is none or when not every key column is readable.
    pub primary_key: Vec<usize>,
    /// No index keeps the primary key unique: its values were looked at. False in the catalog as it is declared.
    pub key_is_taken: bool,
    /// Other unique keys over plain columns (no expression, no predicate), as indexes into `columns`.
    pub unique_keys: Vec<Vec<usize>>,
    pub foreign_keys: Vec<ForeignKey>,
    /// The planner's estimate; `None` when the table was never analyzed.
    pub estimated_rows: Option<f64>,
    /// Found by its bare name through the search_path.
    pub visible: bool,
    /// Row-level security is enabled and applies to the role.
    pub row_security: bool,
    /// For a view or materialized view: the OIDs of the relations that its definition reads.
    pub reads: Vec<u32>,
}

/// A column that the role may read.
#[derive(Clone, Debug)]
pub struct Column {
    /// `pg_attribute.attnum`.
    pub number: i16,
    pub name: String,
    /// As `format_type` writes it, such as `numeric(12,2)` or `timestamp with time zone`.
    pub type_name: String,
    pub class: TypeClass,
    pub not_null: bool,
    /// `COMMENT ON COLUMN`.
    pub comment: Option<String>,
    /// The labels of an enum type, in their order.
    pub labels: Vec<String>,
    /// How a date is stored in it that is read from texts or whole numbers; `None` in the catalog as it is declared.
    pub stored_date: Option<StoredDate>,
    /// Whole numbers that say whether something is so, 1 where it is and 0 where it is not: read as true and false. Never in the
    /// catalog as it is declared.
    pub ones_and_zeros: bool,
    /// `pg_stats.n_distinct`: positive is a count, negative a fraction of the rows; `None` when unknown.
    pub distinct: Option<f32>,
    /// What it is a part of, when it is read as a column and not declared as one.
    pub part: Option<Part>,
}

/// A part of a declared column of the same table, which is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// What a document holds under these keys, one inside the other.
    Key { of: String, keys: Vec<String> },
    /// Where a range of time begins.
    Start { of: String },
    /// Where a range of time ends: its last day, or the moment after it.
    End { of: String },
    /// The years since a birth, today.
    Age { of: String },
    /// How long it was from one date to another; nothing where either is missing. No column of the catalog as it is declared: a question
    /// that asks for it adds it.
    Length {
        from: Box<Dated>,
        to: Box<Dated>,
        unit: LengthUnit,
    },
    /// A column of the one row that a key points at, and whether there always is such a row.
    Pointed {
        over: Over,
        column: String,
        always: bool,
    },
    /// A key where the kind beside it is this one, and nothing elsewhere. No column of the catalog as it is declared.
    Kind {
        of: String,
        kind: String,
        value: String,
        /// The kind is a number.
        number: bool,
    },
}

/// A date of a row, or of the row that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dated {
    pub name: String,
    pub class: TypeClass,
    /// Where the date is one end of a range.
    pub part: Option<Part>,
    /// The rows of another table that hold it, if any.
    pub over: Option<Over>,
    /// What stands for it while it is not there yet.
    pub until: Until,
}

/// Whether what has not ended is measured up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Until {
    /// It is left out.
    Date,
    /// Up to now where the date is not there or yet to come.
    DateOrNow,
    /// All is measured up to now: the rows tell no end.
    Now,
}

/// Rows of another table, as keys tie them to a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Over {
    pub schema: String,
    pub table: String,
    /// Their columns with those of the row.
    pub on: Vec<(String, String)>,
    /// There may be many: the first of their dates is meant.
    pub first: bool,
}

/// In what a length of time is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LengthUnit {
    Minute,
    Hour,
    Day,
    Week,
    Year,
}

/// A form in which dates are stored as texts or whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoredDate {
    /// '2024-03-05'
    Iso,
    /// '2024-03-05 10:20:30'
    IsoTime,
    /// '20240305', or 20240305
    Compact,
    /// 202403
    CompactMonth,
    /// '05.03.2024'
    DayPoints,
    /// '05/03/2024' for the fifth of March
    DayStrokes,
    /// '03/05/2024' for the fifth of March
    MonthStrokes,
}

/// What can be done with a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeClass {
    Integer,
    /// `numeric` and `money`.
    Numeric,
    Float,
    Text,
    Boolean,
    Date,
    Timestamp,
    TimestampTz,
    Time,
    Interval,
    Enum,
    Uuid,
    Json,
    Array,
    Range,
    Other,
}

impl Column {
    /// Whether it holds numbers of single precision, in which a tenth is not quite 0.1.
    pub fn is_single_precision(&self) -> bool {
        self.type_name == "real"
    }

    /// Whether the column holds lists of one of PostgreSQL's own types of text, whose elements a question can name. A type of
    /// a user's could bring a cast of his own into the look-up.
    pub fn is_list_of_texts(&self) -> bool {
        let element = self.type_name.strip_suffix("[]").unwrap_or_default();
        // `character varying(20)[]`
        let element = element.split('(').next().unwrap_or_default();
        let text = ["text", "character varying", "character", "name"];
        self.class == TypeClass::Array && text.contains(&element)
    }
}

/// A foreign key from the table that holds it.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    /// Indexes into the columns of the table that holds it.
    pub columns: Vec<usize>,
    /// Index into [`Catalog::tables`].
    pub target: usize,
    /// Indexes into the columns of the target, in the order of `columns`.
    pub target_columns: Vec<usize>,
}

/// What words mean: `insightflow.vocabulary`, as far as it is about what the role can see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Vocabulary {
    pub synonyms: Vec<Synonym>,
    pub metrics: Vec<Term>,
    pub segments: Vec<Term>,
    /// Facts about the business, for a language model.
    pub notes: Vec<String>,
    /// What is taken out of the catalog, as `table` or `table.column`. It says why a word is not read as its name.
    pub hidden: Vec<String>,
}

/// Other words for a table or a column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Synonym {
    /// Index into [`Catalog::tables`].
    pub table: usize,
    /// Index into [`Table::columns`]; `None` for the table itself.
    pub column: Option<usize>,
    pub words: Vec<String>,
}

/// A metric (an aggregate over a table) or a segment (a condition on its rows).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    /// Its name, then its synonyms.
    pub words: Vec<String>,
    /// Index into [`Catalog::tables`].
    pub table: usize,
    /// An SQL expression over the columns of the table.
    pub definition: String,
    pub description: Option<String>,
}

/// A column of a catalog, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnRef {
    /// Index into [`Catalog::tables`].
    pub table: usize,
    /// Index into [`Table::columns`].
    pub column: usize,
}

/// How a phrase of the question met a stored value, best first.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum ValueMatch {
    /// A segment that an administrator has defined, by its place among those of the lexicon: no stored value, but it stands
    /// where one may stand.
    Segment(usize),
    Exact,
    /// Equal but for letter case and accents.
    Folded,
    /// Equal after stemming (plural, possessive).
    Stemmed,
    /// Near by spelling; the similarity is between 0 and 1.
    Near(f32),
}

/// A value that stands in the database.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredValue {
    pub column: ColumnRef,
    /// As it is stored.
    pub text: String,
    pub found: ValueMatch,
}

/// Looks stored values up, as the caller. Bounded in time and in the number of results.
pub trait Values {
    /// For each phrase (words of the question joined by one blank, letter case as typed) the stored values
    /// that it may mean, best first. `within` limits the search to these columns.
    fn look_up(&self, phrases: &[String], within: Option<&[ColumnRef]>) -> Vec<Vec<StoredValue>>;

    /// The most common values of a column of text, of an enum or of numbers, most common first, at most `limit`.
    fn common(&self, column: ColumnRef, limit: usize) -> Vec<String>;

    /// Documents of a jsonb column, at most `limit`; some may be cut off.
    fn documents(&self, column: ColumnRef, limit: usize) -> Vec<String> {
        let _ = (column, limit);
        Vec::new()
    }

    /// True when each row that the role sees has a value in a column and no two have the same one; false where that is not so, where
    /// there are fewer than two rows, and where finding it out could take long.
    fn all_different(&self, column: ColumnRef) -> bool {
        let _ = column;
        false
    }

    /// True when the values of a column cannot be looked up, because the look-up would run a policy or a view.
    fn is_closed(&self, column: ColumnRef) -> bool {
        let _ = column;
        false
    }
}

impl Catalog {
    /// The table of a reference.
    pub fn table(&self, at: ColumnRef) -> &Table {
        &self.tables[at.table]
    }

    /// The column of a reference.
    pub fn column(&self, at: ColumnRef) -> &Column {
        &self.tables[at.table].columns[at.column]
    }
}
