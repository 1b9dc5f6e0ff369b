//! Pages of both families.

use serde_json::json;
use trunkline::testing::{Script, Step};
use trunkline::{ErrorKind, Page, Reply, Result, service};
use trunkline_tests::scripted::{self, script};

#[service("pages")]
trait Pages {
    #[get("/plain")]
    async fn plain(&self) -> Result<Page<u32>>;
    #[get("/enveloped")]
    #[envelope]
    async fn enveloped(&self) -> Result<Page<u32>>;
    #[get("/reply")]
    #[envelope]
    async fn reply(&self) -> Result<Reply<Page<u32>>>;
}

fn pages(body: &serde_json::Value) -> PagesClient {
    let script: Script = script(Step::json(200, body));
    PagesClient::new(&scripted::client("pages", &script))
}

#[tokio::test(start_paused = true)]
async fn both_families_pages_are_read_with_and_without_envelopes() -> Result<()> {
    let expected = Page {
        items: vec![1, 2],
        total: 5,
        page: 2,
        size: 2,
    };
    for body in [
        json!({ "success": true, "data": [1, 2], "total": 5, "page": 2, "page_size": 2, "total_pages": 3 }),
        json!({ "code": 0, "message": "ok", "data": { "total": 5, "items": [1, 2], "page": 2, "size": 2 } }),
        json!({ "total": 5, "items": [1, 2], "page": 2, "size": 2 }),
    ] {
        let pages = pages(&body);
        assert_eq!(pages.plain().await?, expected, "{body}");
        assert_eq!(pages.enveloped().await?, expected, "{body}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_page_knows_whether_another_follows() -> Result<()> {
    let page = |total, page| json!({ "total": total, "items": [], "page": page, "size": 2 });
    for (body, count, follows) in [
        (page(5, 2), 3, true),
        (page(5, 3), 3, false),
        (page(0, 1), 0, false),
    ] {
        let page = pages(&body).plain().await?;
        assert_eq!((page.pages(), page.has_next()), (count, follows), "{body}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_page_keeps_its_head_and_its_envelope() -> Result<()> {
    let body = json!({ "code": "0000", "message": "ok", "data": { "total": 1, "items": [1], "page": 1, "size": 2 } });
    let reply = pages(&body).reply().await?;
    assert_eq!((reply.code(), reply.message()), (Some("0000"), Some("ok")));
    assert_eq!(reply.into_inner().into_iter().collect::<Vec<_>>(), [1]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_wrong_item_and_a_missing_figure_are_named() {
    let wrong_item = json!({ "code": 0, "data": { "total": 1, "items": [1, "x"], "page": 1, "size": 2 } });
    for (body, expected) in [
        (wrong_item, "`data.items[1]`"),
        (json!({ "items": [], "page": 1, "size": 2 }), "`total` is missing"),
        (json!({ "id": 1 }), "`items` is missing"),
        (json!([1, 2]), "expected a page"),
    ] {
        let error = pages(&body).enveloped().await.expect_err(expected);
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_page_is_a_business_error() {
    let body = json!({ "success": false, "message": "no index", "data": [], "error_code": "E7" });
    let error = pages(&body).enveloped().await.expect_err("it failed");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Business, Some("E7")));
}
