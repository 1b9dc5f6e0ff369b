//! A form: the body that `application/x-www-form-urlencoded` names.

use super::flat::Place;
use super::query::{Pairs, QueryArgument};
use crate::{Error, ErrorKind};

/// The most bytes of a form; what is larger is not a form but an upload.
const LIMIT: usize = 64 * 1024 * 1024;

/// Encodes a struct or a map as a form.
pub(crate) fn form(value: &dyn QueryArgument) -> Result<String, Error> {
    let mut out = String::new();
    let mut pairs = Pairs {
        out: &mut out,
        separator: "",
        limit: LIMIT,
    };
    match pairs.write("", Place::Whole, value) {
        Ok(()) => Ok(out),
        Err(fault) => Err(Error::new(ErrorKind::Request, format!("form: {fault}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::*;

    #[test]
    fn a_struct_is_a_form() {
        #[derive(Serialize)]
        struct Login {
            user: &'static str,
            scopes: Vec<&'static str>,
            otp: Option<u32>,
        }
        let login = Login {
            user: "a b&c",
            scopes: vec!["x", "+"],
            otp: None,
        };
        assert_eq!(form(&login).expect("flat"), "user=a%20b%26c&scopes=x&scopes=%2B");
        assert_eq!(form(&BTreeMap::from([(1, true)])).expect("flat"), "1=true");
        assert_eq!(form(&None::<Login>).expect("nothing"), "");
    }

    #[test]
    fn what_has_no_names_is_no_form() {
        for value in [&1 as &dyn QueryArgument, &"a=b", &vec![1, 2], &(1, 2)] {
            let error = form(value).expect_err("no names");
            assert_eq!(error.kind(), ErrorKind::Request);
            assert!(
                error.to_string().contains("a form is a struct or a map"),
                "{error}"
            );
        }
    }
}
