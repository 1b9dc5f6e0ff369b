//! JSON objects by their fields, and forms.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use trunkline::{ErrorKind, Result, service};
use trunkline_tests::echo::{self, Echo};

#[derive(Clone, Serialize)]
struct Login {
    user: &'static str,
    #[serde(rename = "pass word")]
    password: &'static str,
    scopes: Vec<&'static str>,
    remember: Option<bool>,
}

#[derive(Serialize)]
struct Deep {
    login: Login,
}

#[service("fields")]
trait Fields {
    #[post("/users/{id}")]
    async fn several(
        &self,
        id: u8,
        #[field] name: &str,
        #[field("e-mail")] mail: Option<&str>,
        #[field] tags: &[u8],
        #[query] dry: bool,
    ) -> Result<Echo>;

    #[patch("/users")]
    async fn one(&self, #[field] name: &Value) -> Result<Echo>;

    #[post("/users")]
    async fn keys(&self, #[field] bad: &BTreeMap<(u8, u8), u8>) -> Result<Echo>;

    #[post("/login")]
    async fn form<T: Serialize>(&self, #[form] login: &T, #[query] next: &str) -> Result<Echo>;
}

async fn fields() -> FieldsClient {
    FieldsClient::new(&echo::client("fields").await)
}

const LOGIN: Login = Login {
    user: "a&b=c",
    password: "é +%",
    scopes: vec![],
    remember: None,
};

#[tokio::test]
async fn several_fields_make_one_object_in_their_order() -> Result<()> {
    let arrived = fields().await.several(7, "A \"B\"", None, &[1, 2], true).await?;
    assert_eq!(arrived.body, r#"{"name":"A \"B\"","e-mail":null,"tags":[1,2]}"#);
    assert_eq!(arrived.headers("content-type"), ["application/json"]);
    assert_eq!(
        (arrived.path.as_str(), arrived.raw_query.as_deref()),
        ("/users/7", Some("dry=true"))
    );
    Ok(())
}

#[tokio::test]
async fn one_field_is_an_object_too() -> Result<()> {
    let arrived = fields().await.one(&json!({ "first": "A" })).await?;
    assert_eq!(arrived.json::<Value>(), json!({ "name": { "first": "A" } }));
    Ok(())
}

#[tokio::test]
async fn a_field_that_is_no_json_is_named() {
    let error = fields().await.keys(&BTreeMap::from([((1, 2), 3)])).await;
    let error = error.expect_err("a key is text");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0));
    assert!(error.to_string().contains("field `bad`"), "{error}");
}

#[tokio::test]
async fn a_form_is_encoded_and_has_its_type() -> Result<()> {
    let login = Login {
        scopes: vec!["r", "w"],
        ..LOGIN
    };
    let arrived = fields().await.form(&login, "/home").await?;
    assert_eq!(
        arrived.body,
        "user=a%26b%3Dc&pass%20word=%C3%A9%20%2B%25&scopes=r&scopes=w"
    );
    assert_eq!(
        arrived.headers("content-type"),
        ["application/x-www-form-urlencoded"]
    );
    assert_eq!(arrived.raw_query.as_deref(), Some("next=/home"));
    Ok(())
}

#[tokio::test]
async fn an_empty_form_is_an_empty_body_with_the_type_of_a_form() -> Result<()> {
    let arrived = fields().await.form(&BTreeMap::<String, u8>::new(), "").await?;
    assert_eq!(arrived.body, "");
    assert_eq!(
        arrived.headers("content-type"),
        ["application/x-www-form-urlencoded"]
    );
    Ok(())
}

#[tokio::test]
async fn a_form_that_is_too_deep_or_has_no_names_is_refused() {
    let fields = fields().await;
    let error = fields
        .form(&Deep { login: LOGIN }, "")
        .await
        .expect_err("two levels");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0));
    assert!(
        error.to_string().contains("the field `login` is a struct"),
        "{error}"
    );
    let error = fields.form(&7, "").await.expect_err("no name");
    assert!(
        error.to_string().contains("a form is a struct or a map"),
        "{error}"
    );
}
