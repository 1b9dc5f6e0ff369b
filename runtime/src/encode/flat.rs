//! A serde `Serializer` for what has one level: scalars, sequences of them, and fields of those.
//!
//! Query parameters, forms, headers and map keys all go through it; they differ in what they do with a scalar.
//! Everything that is not generic by serde's own signatures is compiled here once.

use std::fmt::{self, Display};

use serde::ser::{self, Error as _, Impossible, Serialize};

use super::percent::{self, Fault};

/// The most bytes that a key of a map may have.
const KEY_LIMIT: usize = 64 * 1024;

/// What is done with the scalars that a value consists of.
pub(super) trait Scalars {
    fn scalar(&mut self, name: &str, value: &dyn Display) -> Result<(), FlatError>;

    /// Whether a struct or a map may be taken apart.
    fn spreads(&self) -> bool;
}

/// Where in an argument a value stands, which decides what it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The whole of something without a name: only what has names itself.
    Whole,
    /// The argument itself.
    Argument,
    /// A field of a struct, or a value of a map.
    Field,
    /// An element of a sequence.
    Element,
    /// A key of a map.
    Key,
}

/// The serializer; takes one value.
pub struct Flat<'a> {
    pub(super) out: &'a mut dyn Scalars,
    pub(super) name: &'a str,
    pub(super) place: Place,
}

/// Why a value cannot be flattened.
#[derive(Debug)]
pub struct FlatError(String);

impl Display for FlatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FlatError {}

impl ser::Error for FlatError {
    fn custom<T: Display>(fault: T) -> Self {
        Self(fault.to_string())
    }
}

impl From<Fault> for FlatError {
    fn from(fault: Fault) -> Self {
        Self(fault.to_string())
    }
}

impl<'a> Flat<'a> {
    fn scalar(self, value: &dyn Display) -> Result<(), FlatError> {
        if self.place == Place::Whole {
            return Err(self.refuse("a value without a name"));
        }
        self.out.scalar(self.name, value)
    }

    fn float(self, value: impl Serialize) -> Result<(), FlatError> {
        // The longest float has 24 characters.
        let mut text = [0; 32];
        let mut rest = &mut text[..];
        serde_json::to_writer(&mut rest, &value).map_err(FlatError::custom)?;
        let length = 32 - rest.len();
        let text = std::str::from_utf8(&text[..length]).map_err(FlatError::custom)?;
        self.scalar(&text)
    }

    fn nothing(self) -> Result<(), FlatError> {
        match self.place {
            Place::Key => Err(self.refuse("nothing")),
            Place::Whole | Place::Argument | Place::Field | Place::Element => Ok(()),
        }
    }

    fn sequence(self) -> Result<Elements<'a>, FlatError> {
        match self.place {
            Place::Argument | Place::Field => Ok(Elements {
                out: self.out,
                name: self.name,
            }),
            Place::Whole | Place::Element | Place::Key => Err(self.refuse("a sequence")),
        }
    }

    fn fields(self, what: &str) -> Result<Fields<'a>, FlatError> {
        match self.place {
            Place::Whole | Place::Argument if self.out.spreads() => Ok(Fields {
                out: self.out,
                key: String::new(),
            }),
            Place::Whole | Place::Argument | Place::Field | Place::Element | Place::Key => {
                Err(self.refuse(what))
            }
        }
    }

    fn refuse(&self, what: &str) -> FlatError {
        let name = self.name;
        FlatError(match self.place {
            Place::Whole => format!("a form is a struct or a map, not {what}"),
            Place::Argument => {
                format!("{what} cannot be sent here; a scalar, an option or a sequence of scalars can")
            }
            Place::Field => format!("the field `{name}` is {what}; only one level of fields can be sent"),
            Place::Element => format!("`{name}` has {what} as an element; only scalars can be repeated"),
            Place::Key => format!("{what} cannot be the key of a map; text and numbers can"),
        })
    }
}

macro_rules! scalars {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<(), FlatError> {
            self.scalar(&value)
        })*
    };
}

impl<'a> ser::Serializer for Flat<'a> {
    type Ok = ();
    type Error = FlatError;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = Elements<'a>;
    type SerializeMap = Fields<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Impossible<(), FlatError>;

    scalars! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_char: char,
        serialize_str: &str,
    }

    fn serialize_f32(self, value: f32) -> Result<(), FlatError> {
        if !value.is_finite() {
            return Err(self.refuse("a number that is not finite"));
        }
        self.float(value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), FlatError> {
        if !value.is_finite() {
            return Err(self.refuse("a number that is not finite"));
        }
        self.float(value)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), FlatError> {
        Err(self.refuse("a run of bytes, which has no one text form: encode it first"))
    }

    fn serialize_none(self) -> Result<(), FlatError> {
        self.nothing()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), FlatError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), FlatError> {
        self.nothing()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), FlatError> {
        self.nothing()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), FlatError> {
        self.scalar(&variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), FlatError> {
        value.serialize(self)
    }

    /// `Variant(value)` is a field of the variant's name, as in JSON.
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), FlatError> {
        let fields = self.fields("a variant with a value")?;
        value.serialize(field(fields.out, variant))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'a>, FlatError> {
        self.sequence()
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements<'a>, FlatError> {
        self.sequence()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements<'a>, FlatError> {
        self.sequence()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements<'a>, FlatError> {
        let fields = self.fields("a variant with values")?;
        Ok(Elements {
            out: fields.out,
            name: variant,
        })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'a>, FlatError> {
        self.fields("a map")
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, FlatError> {
        self.fields("a struct")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Impossible<(), FlatError>, FlatError> {
        let fields = self.fields("a variant with fields")?;
        Err(field(fields.out, variant).refuse("a struct"))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), FlatError> {
        self.scalar(&value)
    }
}

fn field<'a>(out: &'a mut dyn Scalars, name: &'a str) -> Flat<'a> {
    Flat {
        out,
        name,
        place: Place::Field,
    }
}

/// The elements of a sequence, each under the same name.
pub struct Elements<'a> {
    out: &'a mut dyn Scalars,
    name: &'a str,
}

impl Elements<'_> {
    fn next(&mut self) -> Flat<'_> {
        Flat {
            out: self.out,
            name: self.name,
            place: Place::Element,
        }
    }
}

macro_rules! elements {
    ($($of:ident::$method:ident),*) => {
        $(impl ser::$of for Elements<'_> {
            type Ok = ();
            type Error = FlatError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlatError> {
                value.serialize(self.next())
            }

            fn end(self) -> Result<(), FlatError> {
                Ok(())
            }
        })*
    };
}

elements!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

/// The fields of a struct, or the entries of a map.
pub struct Fields<'a> {
    out: &'a mut dyn Scalars,
    /// The key whose value comes next.
    key: String,
}

impl ser::SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = FlatError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), FlatError> {
        value.serialize(field(self.out, key))
    }

    fn end(self) -> Result<(), FlatError> {
        Ok(())
    }
}

impl ser::SerializeMap for Fields<'_> {
    type Ok = ();
    type Error = FlatError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), FlatError> {
        self.key.clear();
        key.serialize(Flat {
            out: &mut Key(&mut self.key),
            name: "",
            place: Place::Key,
        })
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FlatError> {
        value.serialize(field(self.out, &self.key))
    }

    fn end(self) -> Result<(), FlatError> {
        Ok(())
    }
}

/// Keeps a key until its value comes, which decides whether it is sent at all.
struct Key<'a>(&'a mut String);

impl Scalars for Key<'_> {
    fn scalar(&mut self, _: &str, value: &dyn Display) -> Result<(), FlatError> {
        Ok(percent::push_plain(self.0, KEY_LIMIT, value)?)
    }

    fn spreads(&self) -> bool {
        false
    }
}
