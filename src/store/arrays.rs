//! Rows turned into columns: how many rows reach `PostgreSQL` as one array per column.
//!
//! The rows are the same `Serialize` structs that `SQLite` gets as one JSON text. An array of a native
//! type costs the server a fifth of what JSON does, and neither side escapes a document that is itself
//! JSON. Nothing here is specific to a table: a field finds its column by name.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{
    Serialize, Serializer,
    ser::{Error as _, Impossible, SerializeStruct},
};
use sqlx::{Arguments, postgres::PgArguments, sqlite::SqliteArguments};
use uuid::Uuid;

use super::{
    exec::{Binds, Encoded},
    rows::document,
    schema::{Columns, Kind},
};

/// Many rows as the parameters of one statement: one JSON text, or one array per column.
pub(super) struct Rows<'r, T> {
    /// The columns, in the order in which the statement names them.
    pub columns: Columns,
    /// The rows.
    pub rows: &'r [T],
}

impl<T: Serialize + Sync> Binds for Rows<'_, T> {
    fn sqlite(self) -> Encoded<SqliteArguments> {
        let mut arguments = SqliteArguments::default();
        arguments.add(document(&self.rows))?;
        Ok(arguments)
    }

    fn postgres(self) -> Encoded<PgArguments> {
        let mut arguments = PgArguments::default();
        self.add_to(&mut arguments)?;
        Ok(arguments)
    }
}

impl<T: Serialize> Rows<'_, T> {
    fn add_to(&self, arguments: &mut PgArguments) -> Encoded<()> {
        let size = self.rows.len();
        let mut cells: Vec<Cells> = self.columns.iter().map(|(_, kind)| Cells::of(*kind, size)).collect();
        for row in self.rows {
            row.serialize(Row { columns: self.columns, cells: &mut cells, next: 0 })?;
        }
        for cells in cells {
            cells.add_to(arguments)?;
        }
        Ok(())
    }
}

/// One column's values.
enum Cells {
    Id(Vec<Option<Uuid>>),
    Text(Vec<Option<String>>),
    Big(Vec<Option<i64>>),
    Int(Vec<Option<i32>>),
    Time(Vec<Option<DateTime<Utc>>>),
    Date(Vec<Option<NaiveDate>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Cells {
    fn of(kind: Kind, size: usize) -> Self {
        match kind {
            Kind::Id => Self::Id(Vec::with_capacity(size)),
            Kind::Text => Self::Text(Vec::with_capacity(size)),
            Kind::Big => Self::Big(Vec::with_capacity(size)),
            Kind::Int => Self::Int(Vec::with_capacity(size)),
            Kind::Time => Self::Time(Vec::with_capacity(size)),
            Kind::Date => Self::Date(Vec::with_capacity(size)),
            Kind::Bytes => Self::Bytes(Vec::with_capacity(size)),
        }
    }

    fn add_to(self, arguments: &mut PgArguments) -> Encoded<()> {
        match self {
            Self::Id(values) => arguments.add(values),
            Self::Text(values) => arguments.add(values),
            Self::Big(values) => arguments.add(values),
            Self::Int(values) => arguments.add(values),
            Self::Time(values) => arguments.add(values),
            Self::Date(values) => arguments.add(values),
            Self::Bytes(values) => arguments.add(values),
        }
    }

    fn push_null(&mut self) {
        match self {
            Self::Id(values) => values.push(None),
            Self::Text(values) => values.push(None),
            Self::Big(values) => values.push(None),
            Self::Int(values) => values.push(None),
            Self::Time(values) => values.push(None),
            Self::Date(values) => values.push(None),
            Self::Bytes(values) => values.push(None),
        }
    }

    fn push_text(&mut self, text: &str) -> Result<(), Misfit> {
        match self {
            Self::Text(values) => values.push(Some(text.to_owned())),
            Self::Date(values) => values.push(Some(text.parse().map_err(Misfit::custom)?)),
            _ => return Err(Misfit::custom(format_args!("{text:?} is not for this column"))),
        }
        Ok(())
    }

    /// A number; the microseconds of an instant.
    fn push_number(&mut self, number: i64) -> Result<(), Misfit> {
        match self {
            Self::Big(values) => values.push(Some(number)),
            Self::Int(values) => values.push(Some(i32::try_from(number).map_err(Misfit::custom)?)),
            Self::Time(values) => {
                let at = DateTime::from_timestamp_micros(number);
                values.push(Some(at.ok_or_else(|| Misfit::custom("an instant that no calendar has"))?));
            }
            _ => return Err(Misfit::custom(format_args!("{number} is not for this column"))),
        }
        Ok(())
    }

    fn push_bytes(&mut self, bytes: &[u8]) -> Result<(), Misfit> {
        match self {
            Self::Id(values) => values.push(Some(Uuid::from_slice(bytes).map_err(Misfit::custom)?)),
            Self::Bytes(values) => values.push(Some(bytes.to_vec())),
            _ => return Err(Misfit::custom("bytes are not for this column")),
        }
        Ok(())
    }
}

/// A value that its column cannot hold: a row and its table of columns disagree.
#[derive(Debug, thiserror::Error)]
#[error("a row does not fit its columns: {0}")]
struct Misfit(String);

impl serde::ser::Error for Misfit {
    fn custom<T: std::fmt::Display>(why: T) -> Self {
        Self(why.to_string())
    }
}

/// Takes one row.
struct Row<'c> {
    columns: Columns,
    cells: &'c mut [Cells],
    next: usize,
}

/// Takes one value.
struct Cell<'c>(&'c mut Cells);

impl SerializeStruct for Row<'_> {
    type Ok = ();
    type Error = Misfit;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Misfit> {
        if self.columns.get(self.next).is_none_or(|(column, _)| *column != name) {
            return Err(Misfit::custom(format_args!("{name} is not the column at its place")));
        }
        value.serialize(Cell(&mut self.cells[self.next]))?;
        self.next += 1;
        Ok(())
    }

    fn end(self) -> Result<(), Misfit> {
        match self.columns.get(self.next) {
            None => Ok(()),
            Some((column, _)) => Err(Misfit::custom(format_args!("{column} is missing"))),
        }
    }
}

macro_rules! refused {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$ok, Misfit> {
            Err(Misfit::custom(concat!(stringify!($method), " has no place in a row")))
        })*
    };
}

/// What neither a row nor a value can be.
macro_rules! refused_by_both {
    () => {
        type Ok = ();
        type Error = Misfit;
        type SerializeSeq = Impossible<(), Misfit>;
        type SerializeTuple = Impossible<(), Misfit>;
        type SerializeTupleStruct = Impossible<(), Misfit>;
        type SerializeTupleVariant = Impossible<(), Misfit>;
        type SerializeMap = Impossible<(), Misfit>;
        type SerializeStructVariant = Impossible<(), Misfit>;
        refused! {
            serialize_bool(bool) -> ();
            serialize_f32(f32) -> ();
            serialize_f64(f64) -> ();
            serialize_char(char) -> ();
            serialize_unit() -> ();
            serialize_unit_struct(&'static str) -> ();
            serialize_unit_variant(&'static str, u32, &'static str) -> ();
            serialize_seq(Option<usize>) -> Self::SerializeSeq;
            serialize_tuple(usize) -> Self::SerializeTuple;
            serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
            serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
            serialize_map(Option<usize>) -> Self::SerializeMap;
            serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
        }
        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            name: &'static str,
            _: &T,
        ) -> Result<(), Misfit> {
            Err(Misfit::custom(format_args!("the variant {name} has no place in a row")))
        }
        fn is_human_readable(&self) -> bool {
            false
        }
    };
}

impl<'c> Serializer for Row<'c> {
    refused_by_both!();
    type SerializeStruct = Row<'c>;
    refused! {
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Misfit> {
        value.serialize(self)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Misfit> {
        value.serialize(self)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Row<'c>, Misfit> {
        Ok(self)
    }
}

macro_rules! numbers {
    ($($method:ident($type:ty);)*) => {
        $(fn $method(self, number: $type) -> Result<(), Misfit> {
            self.0.push_number(i64::from(number))
        })*
    };
}

impl Serializer for Cell<'_> {
    refused_by_both!();
    type SerializeStruct = Impossible<(), Misfit>;
    refused! { serialize_struct(&'static str, usize) -> Self::SerializeStruct; }
    numbers! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
    }
    fn serialize_u64(self, number: u64) -> Result<(), Misfit> {
        self.0.push_number(i64::try_from(number).map_err(Misfit::custom)?)
    }
    fn serialize_str(self, text: &str) -> Result<(), Misfit> {
        self.0.push_text(text)
    }
    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Misfit> {
        self.0.push_bytes(bytes)
    }
    fn serialize_none(self) -> Result<(), Misfit> {
        self.0.push_null();
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Misfit> {
        value.serialize(self)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Misfit> {
        value.serialize(self)
    }
}
